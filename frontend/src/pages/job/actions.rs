//! What can be done with one job: a button for each action, greyed by the same rule that guards the server.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    id::JobId,
    job::{JobAction, JobRow, JobState},
};

use crate::{
    api,
    components::{Confirm, Notices, Submission},
    view::words::{action_accepted, action_explained, action_title},
};

/// What is done with one mailbox, in the order of the buttons.
const BUTTONS: [JobAction; 11] = [
    JobAction::DryRun,
    JobAction::Start,
    JobAction::Verify,
    JobAction::Pause,
    JobAction::Resume,
    JobAction::Cancel,
    JobAction::StopNow,
    JobAction::Probe,
    JobAction::Prioritise,
    JobAction::Skip,
    JobAction::Unskip,
];

/// The buttons. One that makes no sense now stays in its place, so that none moves under the pointer.
#[component]
pub(super) fn JobActions(id: JobId, state: Signal<JobState>) -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let asking = RwSignal::new(false);
    let act = move |action: JobAction| {
        sending.send_or(
            async move { api::act(id, action).await },
            move |_| notices.say(format!("{}.", action_accepted(action))),
            move |failure| notices.fail(&failure),
        );
    };
    let click = move |action: JobAction| {
        let state = state.get_untracked();
        if state.after(action).is_none() {
            return;
        }
        // As where many are started: what is complete is started again only when somebody says so.
        match action == JobAction::Start && state.is_finished() {
            true => asking.set(true),
            false => act(action),
        }
    };
    let again = Callback::new(move |()| act(JobAction::Start));
    let button = move |action: JobAction| {
        let primary = move || match action {
            JobAction::Start => state.get() != JobState::Paused,
            JobAction::Resume => state.get() == JobState::Paused,
            JobAction::DryRun
            | JobAction::Retry
            | JobAction::Final
            | JobAction::Verify
            | JobAction::Probe
            | JobAction::Pause
            | JobAction::Cancel
            | JobAction::StopNow
            | JobAction::Skip
            | JobAction::Unskip
            | JobAction::Prioritise => false,
        };
        view! {
            <button
                type="button"
                class="button"
                class:primary=primary
                title=action_explained(action)
                aria-disabled=move || state.get().after(action).is_none().then_some("true")
                data-test=format!("action-{}", action.word())
                on:click=move |_| click(action)
            >
                {action_title(action)}
            </button>
        }
    };
    view! {
        <div class="actions" role="group" aria-label="Actions">
            {BUTTONS.map(button).collect_view()}
        </div>
        <Confirm
            title="Run a delta pass?"
            text="This mailbox is complete already. What is new on the source is copied, and both sides are compared again."
            deed="Run a delta pass"
            open=asking
            on_confirm=again
        />
    }
}

/// Takes the mailbox out of the project.
#[component]
pub(super) fn RemoveJob(id: JobId, row: Memo<JobRow>) -> impl IntoView {
    let notices = Notices::here();
    let navigate = use_navigate();
    let sending = Submission::new();
    let asking = RwSignal::new(false);
    let project = row.with_untracked(|row| row.project);
    let active = move || row.with(|row| row.state.is_active());
    let remove = Callback::new(move |()| {
        let navigate = navigate.clone();
        sending.send_or(
            async move { api::delete_job(id).await },
            move |_| {
                notices.say("The mailbox was removed from the project.");
                navigate(&format!("/projects/{project}"), NavigateOptions::default());
            },
            move |failure| notices.fail(&failure),
        );
    });
    let ask = move |_| {
        if !row.with_untracked(|row| row.state.is_active()) {
            asking.set(true);
        }
    };
    view! {
        <section class="card danger-zone">
            <div>
                <h2>"Remove this mailbox from the project"</h2>
                <p>"Its history, report and stored passwords go with it. Both mailboxes stay as they are."</p>
            </div>
            <button
                type="button"
                class="button danger"
                data-test="delete-job"
                aria-disabled=move || active().then_some("true")
                title=move || active().then_some("Cancel it first.")
                on:click=ask
            >
                "Remove mailbox"
            </button>
        </section>
        <Confirm
            title="Remove this mailbox?"
            text="Its history, report and stored passwords are deleted here. Nothing is deleted on either mail system. If it is added again later, what is on the target already is recognised by its content."
            deed="Remove mailbox"
            open=asking
            on_confirm=remove
        />
    }
}
