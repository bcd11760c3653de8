//! Actions on all mailboxes of a project.

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::ProjectId,
    job::{JobAction, StateCount},
};

use crate::{
    api,
    components::{Confirm, Notices, Submission},
    session::Session,
    view::{
        amount::counted,
        locale::count,
        words::{action_accepted, action_explained, action_title},
    },
};

/// What is done with all mailboxes of a project, in the order of the buttons.
const BUTTONS: [JobAction; 7] = [
    JobAction::DryRun,
    JobAction::Start,
    JobAction::Retry,
    JobAction::Verify,
    JobAction::Pause,
    JobAction::Resume,
    JobAction::Cancel,
];

/// A button for each action, with the number of mailboxes it would reach now.
#[component]
pub(super) fn ProjectActions(id: ProjectId, by_state: Signal<Vec<StateCount>>) -> impl IntoView {
    let session = Session::here();
    let notices = Notices::here();
    let sending = Submission::new();
    let asking = RwSignal::new(false);
    let reach = move |action| {
        by_state.with(|groups| {
            let reached = groups.iter().filter(|group| group.state.after(action).is_some());
            reached.map(|group| group.count).sum::<u64>()
        })
    };
    let act = move |action: JobAction| {
        sending.send_or(
            async move { api::act_on_all(id, action).await },
            move |applied| {
                notices.say(format!(
                    "{}: {}.",
                    action_accepted(action),
                    counted(applied.applied, "mailbox", "mailboxes")
                ))
            },
            move |failure| notices.fail(&failure),
        );
    };
    let buttons = BUTTONS.map(|action| {
        let number = Memo::new(move |_| reach(action));
        let click = move |_| match (number.get(), action) {
            (0, _) => {}
            (_, JobAction::Cancel) => asking.set(true),
            (
                _,
                JobAction::DryRun
                | JobAction::Start
                | JobAction::Retry
                | JobAction::Final
                | JobAction::Verify
                | JobAction::Probe
                | JobAction::Pause
                | JobAction::Resume
                | JobAction::StopNow
                | JobAction::Skip
                | JobAction::Unskip
                | JobAction::Prioritise,
            ) => act(action),
        };
        let text = move || match number.get() {
            0 => action_title(action).to_owned(),
            number => format!("{} ({})", action_title(action), count(number)),
        };
        view! {
            <button
                type="button"
                class="button"
                class:primary=action == JobAction::Start
                title=action_explained(action)
                aria-disabled=move || (number.get() == 0).then_some("true")
                data-test=format!("all-{}", action.word())
                on:click=click
            >
                {text}
            </button>
        }
    });
    let buttons = StoredValue::new_local(Some(buttons));
    let cancel = Callback::new(move |()| act(JobAction::Cancel));
    let warning = Signal::derive(move || {
        format!(
            "{} stop after the messages in flight. What was copied stays, and starting again copies nothing twice.",
            counted(reach(JobAction::Cancel), "mailbox will", "mailboxes will")
        )
    });
    view! {
        <Show when=move || session.may(Role::Operator)>
            <div class="actions" role="group" aria-label="All mailboxes">
                <span class="actions-label">"All mailboxes"</span>
                {buttons.try_update_value(Option::take).flatten().map(|buttons| buttons.collect_view())}
            </div>
        </Show>
        <Confirm title="Cancel all that run or wait?" text=warning deed="Cancel mailboxes" open=asking on_confirm=cancel/>
    }
}
