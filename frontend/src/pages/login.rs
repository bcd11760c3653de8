//! Logging in.

use leptos::prelude::*;
use shared::auth::LoginForm;

use super::shell::Outside;
use crate::{
    api, browser,
    components::{Form, SecretField, Submission, Submit, TextField},
    session::{Session, Standing},
};

/// Asks for name and password. The address stays, so that the page asked for comes right after.
#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    browser::set_title("Log in");
    browser::focus_soon("input[name=name]");
    let session = Session::here();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let form = LoginForm { name: name.get_untracked(), password: password.get_untracked() };
        submission.send(async move { api::log_in(&form).await }, move |me| session.set(Standing::In(me)));
    });
    view! {
        <Outside>
            <h1>"Log in"</h1>
            <Form submission=submission on_submit=submit test="login-form">
                <TextField name="name" label="Name" value=name autocomplete="username"/>
                <SecretField name="password" label="Password" value=password autocomplete="current-password"/>
                <Submit text="Log in" test="login"/>
            </Form>
            <details class="help">
                <summary>"Forgotten the password?"</summary>
                <p>
                    "Another owner can set a new one. On the server itself: "
                    <code>"carbonio-migrate admin reset-password NAME"</code>
                </p>
            </details>
        </Outside>
    }
}
