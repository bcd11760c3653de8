//! One admin of the list, with what an owner may change.

use leptos::prelude::*;
use shared::auth::{AdminChange, AdminRow, PASSWORD_MIN, Role};

use super::roles;
use crate::{
    api::{self, http::Failure},
    components::{Ago, Badge, Confirm, Dialog, Form, Notices, SecretField, Submission, Submit},
    load::Loading,
    session::Session,
    view::words::Tone,
};

#[component]
pub(super) fn Row(row: AdminRow, admins: Loading<Vec<AdminRow>>) -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let id = row.id;
    let name = StoredValue::new(row.name.clone());
    let session = Session::here();
    let is_me = untrack(move || session.me()).is_some_and(|me| me.id == id);
    let (resetting, deleting) = (RwSignal::new(false), RwSignal::new(false));
    let change = move |change: AdminChange, said: &'static str| {
        sending.send_or(
            async move { api::change_admin(id, &change).await },
            move |_| {
                notices.say(format!("{}: {said}.", name.get_value()));
                admins.again();
            },
            move |failure| {
                notices.fail(&failure);
                admins.again();
            },
        );
    };
    let set_role = move |word: String| {
        if let Some(choice) = roles().into_iter().find(|choice| choice.word == word) {
            change(AdminChange { role: Some(choice.value), ..AdminChange::default() }, "role changed");
        }
    };
    let enabled = row.enabled;
    let switch = move |_| {
        let said = if enabled { "may not log in any more" } else { "may log in again" };
        change(AdminChange { enabled: Some(!enabled), ..AdminChange::default() }, said);
    };
    let delete = Callback::new(move |()| {
        sending.send_or(
            async move { api::delete_admin(id).await },
            move |_| {
                notices.say(format!("{} was deleted.", name.get_value()));
                admins.again();
            },
            move |failure| notices.fail(&failure),
        );
    });
    let role = if is_me {
        view! { {row.role.title()} }.into_any()
    } else {
        view! { <RoleChoice role=row.role label=format!("Role of {}", row.name) on_chosen=Callback::new(set_role)/> }.into_any()
    };
    let state = if row.enabled {
        view! { <Badge tone=Tone::Good text="May log in"/> }.into_any()
    } else {
        view! { <Badge tone=Tone::Plain text="Disabled"/> }.into_any()
    };
    let last_login = match row.last_login {
        Some(at) => view! { <Ago at=at/> }.into_any(),
        None => view! { <span class="faint">"Never"</span> }.into_any(),
    };
    let for_whom = move || view! { <span class="unseen">{format!(" {}", name.get_value())}</span> };
    let buttons = (!is_me).then(|| {
        view! {
            <button type="button" class="button small" data-test="reset-password" on:click=move |_| resetting.set(true)>"Reset password"{for_whom()}</button>
            <button type="button" class="button small" data-test="switch-admin" on:click=switch>{if enabled { "Disable" } else { "Enable" }}{for_whom()}</button>
            <button type="button" class="button small danger" data-test="delete-admin" on:click=move |_| deleting.set(true)>"Delete"{for_whom()}</button>
        }
    });
    view! {
        <tr data-test="admin-row">
            <th scope="row"><bdi>{row.name.clone()}</bdi>{is_me.then(|| view! { " " <span class="faint">"(you)"</span> })}</th>
            <td>{role}</td>
            <td>{state}</td>
            <td class="nowrap">{last_login}</td>
            <td class="nowrap"><Ago at=row.created/></td>
            <td>
                <div class="row-actions">{buttons}</div>
                <Dialog title=format!("New password for {}", row.name) open=resetting>
                    <Reset open=resetting on_reset=Callback::new(move |password| {
                        change(AdminChange { password: Some(password), ..AdminChange::default() }, "password changed");
                    })/>
                </Dialog>
                <Confirm
                    title=format!("Delete {}?", row.name)
                    text="The admin is logged out at once. What they did stays in the activity."
                    deed="Delete admin"
                    open=deleting
                    on_confirm=delete
                />
            </td>
        </tr>
    }
}

#[component]
fn RoleChoice(role: Role, label: String, on_chosen: Callback<String>) -> impl IntoView {
    let options: Vec<_> = roles()
        .into_iter()
        .map(|choice| view! { <option value=choice.word selected=choice.value == role>{choice.title}</option> })
        .collect();
    view! {
        <select class="input short" name="role" aria-label=label on:change:target=move |event| on_chosen.run(event.target().value())>
            {options}
        </select>
    }
}

#[component]
fn Reset(open: RwSignal<bool>, on_reset: Callback<String>) -> impl IntoView {
    let password = RwSignal::new(String::new());
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let new = password.get_untracked();
        if new.chars().count() < PASSWORD_MIN {
            let problem = format!("Enter at least {PASSWORD_MIN} characters.");
            return submission.fail(Failure::invalid("password", &problem));
        }
        open.set(false);
        on_reset.run(new);
    });
    view! {
        <p class="dialog-text">"The admin is logged out everywhere. Tell them the new password in a safe way."</p>
        <Form submission=submission on_submit=submit test="reset-form">
            <SecretField
                name="password"
                label="New password"
                value=password
                hint=format!("At least {PASSWORD_MIN} characters.")
                autocomplete="new-password"
            />
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| open.set(false)>"Back"</button>
                <Submit text="Set password" test="save-password"/>
            </div>
        </Form>
    }
}
