//! What can be done with all mailboxes of a batch.

use leptos::prelude::*;
use shared::{
    batch::{BatchRow, BatchView},
    job::{JobAction, JobState},
    selection::Selection,
};

use crate::{
    api,
    components::{Notices, Submission},
    load::Loading,
    pages::decided::{AskFirst, Decided},
    view::{
        locale::count,
        words::{accepted, action_explained, action_title},
    },
};

/// In the order of the buttons.
const BUTTONS: [JobAction; 9] = [
    JobAction::DryRun,
    JobAction::Start,
    JobAction::Retry,
    JobAction::Verify,
    JobAction::Probe,
    JobAction::Pause,
    JobAction::Resume,
    JobAction::Cancel,
    JobAction::StopNow,
];

/// A button for each action, with the number of mailboxes it would reach now.
#[component]
pub(super) fn BatchActions(batch: Loading<BatchView>, row: Memo<BatchRow>) -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let asked = RwSignal::new(None::<Decided>);
    let asking = RwSignal::new(false);
    let id = row.with_untracked(|row| row.id);
    let reached = move |action: JobAction, wanted: fn(JobState) -> bool| {
        row.with(|row| {
            // Once it was cut over its mailboxes are only read; what is resumed may be that.
            if row.done.is_some() && action.copies_for_sure() {
                return 0;
            }
            let able = |state: JobState| wanted(state) && state.after(action).is_some();
            let groups = row.by_state.iter().filter(|group| able(group.state));
            groups.map(|group| group.count).sum::<u64>()
        })
    };
    // As on the project's page: what is complete is started again when nothing else is left to start.
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
            async move { api::act_on_batch(id, &form).await },
            move |applied| {
                notices.say(accepted(action, applied));
                batch.again();
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
            let decided = Decided::new(action, Selection::default(), number, anew);
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
                data-test=format!("batch-{}", action.word())
                on:click=click
            >
                {text}
            </button>
        }
    };
    let confirm = Callback::new(act);
    view! {
        <div class="actions" role="group" aria-label="All mailboxes of the batch">
            <span class="actions-label">"All of the batch"</span>
            {BUTTONS.map(button).collect_view()}
        </div>
        <AskFirst decided=asked open=asking whom="all of this batch" on_confirm=confirm/>
    }
}
