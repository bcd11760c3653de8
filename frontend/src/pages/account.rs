//! One's own account: who one is, a new password, API tokens.

mod tokens;
mod told;

use leptos::prelude::*;
use shared::auth::{PASSWORD_MIN, PasswordChange};

use crate::{
    api,
    components::{Form, Notices, PageHead, SecretField, Submission, Submit},
    session::Session,
};

use tokens::Tokens;
pub(crate) use tokens::revoker;
use told::Told;

/// Changes one's own password, and keeps one's tokens.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let session = Session::here();
    let notices = Notices::here();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let form = PasswordChange { current: current.get_untracked(), new: new.get_untracked() };
        submission.send(async move { api::change_password(&form).await }, move |_| {
            current.set(String::new());
            new.set(String::new());
            notices.say("Your password was changed.");
        });
    });
    let who = move || {
        session.me().map(|me| {
            view! {
                <dl class="pairs">
                    <div><dt>"Login name"</dt><dd><bdi>{me.name}</bdi></dd></div>
                    <div><dt>"Role"</dt><dd>{format!("{}: {}", me.role.title(), me.role.explained())}</dd></div>
                </dl>
            }
        })
    };
    view! {
        <PageHead title="Your account"/>
        <section class="card narrow">{who}</section>
        <section class="card narrow">
            <h2>"Change your password"</h2>
            <Form submission=submission on_submit=submit test="password-form">
                <SecretField name="current" label="Present password" value=current autocomplete="current-password"/>
                <SecretField
                    name="new"
                    label="New password"
                    value=new
                    hint=format!("At least {PASSWORD_MIN} characters.")
                    autocomplete="new-password"
                />
                <Submit text="Change password" test="change-password"/>
            </Form>
        </section>
        <Told/>
        <Tokens/>
    }
}
