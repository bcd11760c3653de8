//! What stopped the last pass; and new passwords, when a login was what stopped it or the stored ones were forgotten.

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::JobId,
    job::{JobRow, JobSecrets, JobState},
};

use crate::{
    api,
    components::{Dialog, Form, Icon, IconName, Notices, SecretField, Submission, Submit},
    session::Session,
    view::safe::clean_sentence,
};

/// The problem in a sentence, with the way out.
#[component]
pub(super) fn Problem(id: JobId, row: Memo<JobRow>, open: RwSignal<bool>) -> impl IntoView {
    let session = Session::here();
    let problem = Memo::new(move |_| row.with(problem));
    let may = move || session.may(Role::Operator);
    let settings = row.with_untracked(|row| format!("/projects/{}/settings", row.project));
    view! {
        {move || problem.get().map(|problem| view! {
            <div class="alert tone-bad" role="alert" data-test="problem">
                <Icon name=IconName::Warning/>
                <div>
                    <h2>"The last pass did not complete the mailbox"</h2>
                    <p>{clean_sentence(&problem)}</p>
                </div>
                <Show when=may>
                    <div class="alert-actions">
                        <button type="button" class="button" data-test="change-secrets" on:click=move |_| open.set(true)>
                            "Enter passwords again"
                        </button>
                    </div>
                </Show>
            </div>
        })}
        <Dialog title="Passwords of this mailbox" open=open>
            <Secrets id=id open=open settings=settings.clone()/>
        </Dialog>
    }
}

/// What is told of the last pass, while something is to be done about it.
fn problem(row: &JobRow) -> Option<String> {
    row.problem.clone().filter(|_| matches!(row.state, JobState::Failed | JobState::Paused))
}

/// Where passwords are entered anew that were changed or forgotten, while no problem asks for them.
#[component]
pub(super) fn Passwords(row: Memo<JobRow>, open: RwSignal<bool>) -> impl IntoView {
    let asked = Memo::new(move |_| row.with(|row| problem(row).is_none() && !row.state.is_active()));
    view! {
        <Show when=move || asked.get()>
            <section class="card danger-zone">
                <div>
                    <h2>"Passwords of this mailbox"</h2>
                    <p>"Stored for this mailbox alone, sealed, until they are forgotten. Enter them again when they changed."</p>
                </div>
                <button type="button" class="button" data-test="change-secrets" on:click=move |_| open.set(true)>
                    "Enter passwords again"
                </button>
            </section>
        </Show>
    }
}

#[component]
fn Secrets(id: JobId, open: RwSignal<bool>, settings: String) -> impl IntoView {
    let notices = Notices::here();
    let (source, target) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let given =
            |secret: RwSignal<String>| Some(secret.get_untracked()).filter(|secret| !secret.is_empty());
        let secrets = JobSecrets { source_secret: given(source), target_secret: given(target) };
        submission.send(async move { api::change_secrets(id, &secrets).await }, move |_| {
            open.set(false);
            notices.say("Saved. Start again to go on.");
        });
    });
    let hint = "Leave empty to keep the stored one.";
    view! {
        <p class="dialog-text">
            "They are for this mailbox alone. Where an admin logs in for all mailboxes, the password is in the "
            <a href=settings>"project's settings"</a> "."
        </p>
        <Form submission=submission on_submit=submit test="secrets-form">
            <SecretField name="source_secret" label="Password or token on the source" value=source hint=hint/>
            <SecretField name="target_secret" label="Password or token on the target" value=target hint=hint/>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| open.set(false)>"Back"</button>
                <Submit text="Save" test="save-secrets"/>
            </div>
        </Form>
    }
}
