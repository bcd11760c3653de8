//! Actions on many mailboxes of a project: on all, on those the list is narrowed to, or on those that are selected.

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::ProjectId,
    job::{ActionForm, JobAction, JobPage, JobState, JobStates, StateCount},
};

use super::{assign::Assign, table::Ask};
use crate::{
    api,
    components::{Confirm, Notices, Submission},
    session::Session,
    view::{
        amount::counted,
        locale::count,
        words::{accepted, action_explained, action_title},
    },
};

/// What is done every day, in the order of the buttons.
const USUAL: [JobAction; 7] = [
    JobAction::DryRun,
    JobAction::Start,
    JobAction::Retry,
    JobAction::Verify,
    JobAction::Pause,
    JobAction::Resume,
    JobAction::Cancel,
];
/// What is done now and then.
const MORE: [JobAction; 5] =
    [JobAction::StopNow, JobAction::Probe, JobAction::Prioritise, JobAction::Skip, JobAction::Unskip];

/// A button for each action, with the number of mailboxes it would reach now, and what puts them into a batch.
#[component]
pub(super) fn ProjectActions(
    id: ProjectId,
    by_state: Signal<Vec<StateCount>>,
    page: Memo<JobPage>,
    ask: Ask,
) -> impl IntoView {
    let session = Session::here();
    let notices = Notices::here();
    let sending = Submission::new();
    let asked = RwSignal::new(JobAction::Cancel);
    let asking = RwSignal::new(false);
    let asking_anew = RwSignal::new(false);
    let reached = move |action: JobAction, wanted: fn(JobState) -> bool| {
        let able = move |state: JobState| wanted(state) && state.after(action).is_some();
        if !ask.picked.with(|picked| picked.is_empty()) {
            return ask.picked.with(|picked| picked.values().filter(|state| able(**state)).count() as u64);
        }
        let sum = |groups: &[StateCount]| {
            let reached = groups.iter().filter(|group| ask.holds(group.state) && able(group.state));
            reached.map(|group| group.count).sum::<u64>()
        };
        if ask.narrowed() {
            page.with(|page| sum(&page.by_state))
        } else {
            by_state.with(|groups| sum(groups))
        }
    };
    // What is complete is started again when nothing else is left to start, and only when somebody says so.
    let unfinished = Memo::new(move |_| reached(JobAction::Start, is_unfinished));
    let anew = move |action: JobAction| action == JobAction::Start && unfinished.get() == 0;
    let reach = move |action: JobAction| match action == JobAction::Start && !anew(action) {
        true => unfinished.get(),
        false => reached(action, |_| true),
    };
    let act = move |action: JobAction| {
        let mut selection = ask.selection();
        if action == JobAction::Start && untrack(move || !anew(action)) {
            let JobStates(states) = &mut selection.filter.state;
            if states.is_empty() {
                states.extend(JobState::ALL);
            }
            states.retain(|state| is_unfinished(*state) && state.after(action).is_some());
        }
        let form = ActionForm { action, selection };
        sending.send_or(
            async move { api::act_on_project(id, &form).await },
            move |applied| {
                notices.say(accepted(action, applied));
                ask.picked.update(|picked| picked.clear());
            },
            move |failure| notices.fail(&failure),
        );
    };
    let button = move |action: JobAction| {
        let number = Memo::new(move |_| reach(action));
        let ends = matches!(action, JobAction::Cancel | JobAction::StopNow);
        let click = move |_| match (number.get_untracked(), ends) {
            (0, _) => {}
            (_, true) => {
                asked.set(action);
                asking.set(true);
            }
            (_, false) if untrack(move || anew(action)) => asking_anew.set(true),
            (_, false) => act(action),
        };
        let text = move || match (number.get(), anew(action)) {
            (0, _) => action_title(action).to_owned(),
            (number, true) => format!("Run a delta pass ({})", count(number)),
            (number, false) => format!("{} ({})", action_title(action), count(number)),
        };
        view! {
            <button
                type="button"
                class="button"
                class:primary=move || action == JobAction::Start && !anew(action)
                title=action_explained(action)
                aria-disabled=move || (number.get() == 0).then_some("true")
                data-test=format!("all-{}", action.word())
                on:click=click
            >
                {text}
            </button>
        }
    };
    let confirm = Callback::new(move |()| act(asked.get_untracked()));
    let title = Signal::derive(move || match asked.get() {
        JobAction::StopNow => "Stop them at once?".to_owned(),
        JobAction::DryRun
        | JobAction::Start
        | JobAction::Retry
        | JobAction::Final
        | JobAction::Verify
        | JobAction::Probe
        | JobAction::Pause
        | JobAction::Resume
        | JobAction::Cancel
        | JobAction::Skip
        | JobAction::Unskip
        | JobAction::Prioritise => "Cancel all that run or wait?".to_owned(),
    });
    let warning = Signal::derive(move || {
        let action = asked.get();
        format!(
            "{}. {} Starting again copies nothing twice.",
            counted(reach(action), "mailbox", "mailboxes"),
            action_explained(action)
        )
    });
    let confirm_anew = Callback::new(move |()| act(JobAction::Start));
    let warning_anew = Signal::derive(move || {
        format!(
            "{}, complete already. What is new on the source is copied, and both sides are compared again.",
            counted(reach(JobAction::Start), "mailbox", "mailboxes")
        )
    });
    let whom = move || ask.whom(page);
    view! {
        <Show when=move || session.may(Role::Operator)>
            <div class="actions" role="group" aria-label=whom data-test="bulk">
                <span class="actions-label" data-test="bulk-whom">{whom}</span>
                {USUAL.map(button).collect_view()}
                <details class="rarely">
                    <summary class="button" data-test="more">"More"</summary>
                    <div class="rarely-body">
                        {MORE.map(button).collect_view()}
                        <Assign id=id ask=ask/>
                    </div>
                </details>
            </div>
        </Show>
        <Confirm title=title text=warning deed="Stop mailboxes" open=asking on_confirm=confirm/>
        <Confirm title="Run a delta pass?" text=warning_anew deed="Run a delta pass" open=asking_anew on_confirm=confirm_anew/>
    }
}

/// Whether a start brings a mailbox further, rather than to where it is.
const fn is_unfinished(state: JobState) -> bool {
    !matches!(state, JobState::Complete | JobState::Exceptions)
}
