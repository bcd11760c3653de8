//! What can be done with all mailboxes of a batch.

use leptos::prelude::*;
use shared::{
    batch::{BatchRow, BatchView},
    job::{ActionForm, JobAction},
};

use crate::{
    api,
    components::{Confirm, Notices, Submission},
    load::Loading,
    view::{
        amount::counted,
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
    let asked = RwSignal::new(None::<JobAction>);
    let asking = RwSignal::new(false);
    let id = row.with_untracked(|row| row.id);
    let reach = move |action: JobAction| {
        row.with(|row| {
            // Once it was cut over its mailboxes are only read; what is resumed may be that.
            if row.done.is_some() && action.may_copy() && action != JobAction::Resume {
                return 0;
            }
            let groups = row.by_state.iter().filter(|group| group.state.after(action).is_some());
            groups.map(|group| group.count).sum::<u64>()
        })
    };
    let act = move |action: JobAction| {
        sending.send_or(
            async move { api::act_on_batch(id, &ActionForm::on_all(action)).await },
            move |applied| {
                notices.say(accepted(action, applied));
                batch.again();
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
                asked.set(Some(action));
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
                data-test=format!("batch-{}", action.word())
                on:click=click
            >
                {text}
            </button>
        }
    };
    let title = Signal::derive(move || match asked.get() {
        Some(JobAction::StopNow) => "Stop all of this batch at once?".to_owned(),
        Some(_) | None => "Cancel all of this batch?".to_owned(),
    });
    let text = Signal::derive(move || {
        let action = asked.get().unwrap_or(JobAction::Cancel);
        let mailboxes = counted(reach(action), "mailbox", "mailboxes");
        format!("{mailboxes}: {} Starting again copies nothing twice.", action_explained(action))
    });
    let confirm = Callback::new(move |()| {
        if let Some(action) = asked.get_untracked() {
            act(action);
        }
    });
    view! {
        <div class="actions" role="group" aria-label="All mailboxes of the batch">
            <span class="actions-label">"All of the batch"</span>
            {BUTTONS.map(button).collect_view()}
        </div>
        <Confirm title=title text=text deed="Stop them" open=asking on_confirm=confirm/>
    }
}
