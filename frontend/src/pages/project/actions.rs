//! Actions on many mailboxes of a project: on all, on those the list is narrowed to, or on those that are selected.

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::{BatchId, ProjectId},
    job::{JobAction, JobPage, JobState, StateCount},
};

use super::{
    assign::Assign,
    table::{Ask, Picked},
};
use crate::{
    api,
    components::{Notices, Submission},
    pages::decided::{AskFirst, Decided},
    session::Session,
    view::{
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
    /// Batches that were cut over.
    closed: Memo<Vec<BatchId>>,
) -> impl IntoView {
    let session = Session::here();
    let notices = Notices::here();
    let sending = Submission::new();
    let asked = RwSignal::new(None::<Decided>);
    let asking = RwSignal::new(false);
    // How many mailboxes an action would reach, and how many more, were their batch not cut over.
    let both = move |action: JobAction, wanted: fn(JobState) -> bool| {
        let able = move |state: JobState| wanted(state) && state.after(action).is_some();
        if !ask.picked.with(|picked| picked.is_empty()) {
            return ask.picked.with(|picked| {
                let able: Vec<_> = picked.values().filter(|picked| able(picked.state)).collect();
                let closed = |picked: &&&Picked| {
                    action.copies_for_sure() && closed.with(|closed| picked.is_of(closed))
                };
                let left_alone = able.iter().filter(closed).count() as u64;
                (able.len() as u64 - left_alone, left_alone)
            });
        }
        let sum = |groups: &[StateCount]| {
            let able = groups.iter().filter(|group| ask.holds(group.state) && able(group.state));
            let each = able.map(|group| (group.reached_by(action), group.count - group.reached_by(action)));
            each.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
        };
        if ask.narrowed() {
            page.with(|page| sum(&page.by_state))
        } else {
            by_state.with(|groups| sum(groups))
        }
    };
    let reached = move |action: JobAction, wanted: fn(JobState) -> bool| both(action, wanted).0;
    // What is complete is started again when nothing else is left to start, and only when somebody says so.
    let unfinished = Memo::new(move |_| reached(JobAction::Start, |state| !state.is_finished()));
    let anew = move |action: JobAction| action == JobAction::Start && unfinished.get() == 0;
    let reach = move |action: JobAction| match action == JobAction::Start && !anew(action) {
        true => unfinished.get(),
        false => reached(action, |_| true),
    };
    let act = move |decided: Decided| {
        let form = decided.into_form();
        let action = form.action;
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
        let click = move |_| {
            let (number, anew) = untrack(move || (number.get(), anew(action)));
            if number == 0 {
                return;
            }
            let left_alone = untrack(move || both(action, JobState::is_finished).1);
            let decided = Decided::new(action, ask.selection(), number, anew).leaving(left_alone);
            if decided.asks() {
                asked.set(Some(decided));
                asking.set(true);
            } else {
                act(decided);
            }
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
    let confirm = Callback::new(act);
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
        <AskFirst decided=asked open=asking whom="all that run or wait" on_confirm=confirm/>
    }
}
