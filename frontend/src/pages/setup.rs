//! The first run: making the first admin with the one-time token that the server printed.

use leptos::prelude::*;
use shared::auth::{PASSWORD_MIN, SetupForm};

use super::shell::Outside;
use crate::{
    api, browser,
    components::{Form, Icon, IconName, SecretField, Submission, Submit, TextField},
    session::{Session, Standing},
};

/// Makes the first admin, who is logged in by that.
#[component]
pub(crate) fn SetupPage() -> impl IntoView {
    browser::set_title("Set up");
    let token_in_link = browser::take_token();
    browser::focus_soon(if token_in_link.is_some() { "input[name=name]" } else { "input[name=token]" });
    let has_token = token_in_link.is_some();
    let session = Session::here();
    let token = RwSignal::new(token_in_link.unwrap_or_default());
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let form = SetupForm {
            token: token.get_untracked().trim().into(),
            name: name.get_untracked(),
            password: password.get_untracked(),
        };
        submission.send(async move { api::set_up(&form).await }, move |me| session.set(Standing::In(me)));
    });
    let hint = format!(
        "At least {PASSWORD_MIN} characters. A few unrelated words are easy to remember and hard to guess."
    );
    let token_field = if has_token {
        view! {
            <p class="note tone-good" data-test="token-from-link">
                <Icon name=IconName::Check/>
                "The one-time token came with the link."
            </p>
        }
        .into_any()
    } else {
        view! {
            <TextField
                name="token"
                label="One-time token"
                value=token
                hint="The server printed it when it started, and keeps it in a file named setup-token in its data directory."
                mono=true
            />
        }
        .into_any()
    };
    view! {
        <Outside>
            <h1>"Welcome"</h1>
            <p>"carbonio-migrate moves mailboxes to Carbonio and proves that they arrived. Make the first admin to begin: an owner, who can add others."</p>
            <Form submission=submission on_submit=submit test="setup-form">
                {token_field}
                <TextField name="name" label="Your login name" value=name autocomplete="username"/>
                <SecretField name="password" label="Password" value=password hint=hint autocomplete="new-password"/>
                <Submit text="Make the first admin" test="setup"/>
            </Form>
        </Outside>
    }
}
