//! Adding an admin.

use leptos::prelude::*;
use shared::auth::{AdminRow, NewAdmin, PASSWORD_MIN, Role};

use super::roles;
use crate::{
    api,
    components::{Form, Notices, RadioField, SecretField, Submission, Submit, TextField},
    load::Loading,
};

#[component]
pub(super) fn AddAdmin(open: RwSignal<bool>, admins: Loading<Vec<AdminRow>>) -> impl IntoView {
    let notices = Notices::here();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = RwSignal::new(Role::Operator);
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let form = NewAdmin {
            name: name.get_untracked(),
            password: password.get_untracked(),
            role: role.get_untracked(),
        };
        submission.send(
            async move {
                api::add_admin(&form).await?;
                Ok(form.name)
            },
            move |name| {
                open.set(false);
                notices.say(format!("{name} may log in now."));
                admins.again();
            },
        );
    });
    view! {
        <Form submission=submission on_submit=submit test="admin-form">
            <TextField name="name" label="Login name" value=name/>
            <SecretField
                name="password"
                label="Password"
                value=password
                hint=format!("At least {PASSWORD_MIN} characters; to be changed by the admin after the first login.")
                autocomplete="new-password"
            />
            <RadioField name="role" legend="Role" value=role choices=roles()/>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| open.set(false)>"Back"</button>
                <Submit text="Add admin" test="save-admin"/>
            </div>
        </Form>
    }
}
