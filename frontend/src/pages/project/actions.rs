//! Actions on many mailboxes of a project: on all, on those the list is narrowed to, or on those that are selected.

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::ProjectId,
    job::{ActionForm, JobAction, JobPage, StateCount},
};

use super::{assign::Assign, table::Ask};
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
    let reach = move |action: JobAction| {
        if !ask.picked.with(|picked| picked.is_empty()) {
            let able = |picked: &std::collections::BTreeMap<_, shared::job::JobState>| {
                picked.values().filter(|state| state.after(action).is_some()).count() as u64
            };
            return ask.picked.with(able);
        }
        let able = |groups: &[StateCount]| {
            let reached =
                groups.iter().filter(|group| ask.holds(group.state) && group.state.after(action).is_some());
            reached.map(|group| group.count).sum::<u64>()
        };
        if ask.narrowed() {
            page.with(|page| able(&page.by_state))
        } else {
            by_state.with(|groups| able(groups))
        }
    };
    let act = move |action: JobAction| {
        let form = ActionForm { action, selection: ask.selection() };
        sending.send_or(
            async move { api::act_on_project(id, &form).await },
            move |applied| {
                let mailboxes = counted(applied.applied, "mailbox", "mailboxes");
                notices.say(format!("{}: {mailboxes}.", action_accepted(action)));
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
            (_, false) => act(action),
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
    }
}
