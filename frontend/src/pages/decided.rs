//! An action on many mailboxes as a click decided it: what is asked before it is done, and what is sent then.

use leptos::prelude::*;
use shared::{
    job::{ActionForm, JobAction},
    selection::Selection,
};

use crate::{
    components::Confirm,
    view::{amount::counted, locale::count, words::action_explained},
};

/// What was decided. Between the question and its answer mailboxes move on: what is done is what was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decided {
    form: ActionForm,
    /// How many mailboxes it would have reached.
    number: u64,
    /// How many it would leave alone, because their batch was cut over.
    left_alone: u64,
    /// A start of what is complete already.
    anew: bool,
}

impl Decided {
    /// An action on so many mailboxes. A start brings on what is unfinished; with `anew` it looks for what is new to what
    /// is complete.
    pub(super) fn new(action: JobAction, selection: Selection, number: u64, anew: bool) -> Self {
        let selection = match action == JobAction::Start {
            true => selection.to_start(anew),
            false => selection,
        };
        Self { form: ActionForm { action, selection }, number, left_alone: 0, anew }
    }

    /// The same, with so many mailboxes besides that it leaves alone because their batch was cut over.
    pub(super) fn leaving(self, left_alone: u64) -> Self {
        Self { left_alone, ..self }
    }

    /// What is sent.
    pub(super) fn into_form(self) -> ActionForm {
        self.form
    }

    /// Whether somebody has to say so first.
    pub(super) fn asks(&self) -> bool {
        self.anew || matches!(self.form.action, JobAction::Cancel | JobAction::StopNow)
    }

    fn title(&self, whom: &str) -> String {
        match (self.anew, self.form.action) {
            (true, _) => "Run a delta pass?".into(),
            (false, JobAction::StopNow) => format!("Stop {whom} at once?"),
            (false, _) => format!("Cancel {whom}?"),
        }
    }

    fn text(&self) -> String {
        let mailboxes = counted(self.number, "mailbox", "mailboxes");
        if self.anew {
            let left_alone = match self.left_alone {
                0 => String::new(),
                1 => " 1 more is left alone: its batch was cut over.".into(),
                more => format!(" {} more are left alone: their batch was cut over.", count(more)),
            };
            return format!(
                "{mailboxes}, complete already. What is new on the source is copied, and both sides are compared again.{left_alone}"
            );
        }
        format!("{mailboxes}. {} Starting again copies nothing twice.", action_explained(self.form.action))
    }

    fn deed(&self) -> &'static str {
        match (self.anew, self.form.action) {
            (true, _) => "Run a delta pass",
            (false, JobAction::StopNow) => "Stop at once",
            (false, _) => "Cancel mailboxes",
        }
    }
}

/// Asks about what was decided, and does just that. `whom`: whose mailboxes, as in "Cancel … ?".
#[component]
pub(super) fn AskFirst(
    decided: RwSignal<Option<Decided>>,
    open: RwSignal<bool>,
    whom: &'static str,
    on_confirm: Callback<Decided>,
) -> impl IntoView {
    let of = move |told: fn(&Decided) -> String| {
        Signal::derive(move || decided.with(|decided| decided.as_ref().map(told).unwrap_or_default()))
    };
    let title = Signal::derive(move || {
        decided.with(|decided| decided.as_ref().map(|decided| decided.title(whom)).unwrap_or_default())
    });
    let confirm = Callback::new(move |()| {
        if let Some(decided) = decided.get_untracked() {
            on_confirm.run(decided);
        }
    });
    let deed = of(|decided| decided.deed().to_owned());
    view! { <Confirm title=title text=of(Decided::text) deed=deed open=open on_confirm=confirm/> }
}

#[cfg(test)]
mod tests {
    use shared::{
        job::{JobAction, JobState, JobStates},
        selection::Selection,
    };

    use super::Decided;

    #[test]
    fn what_is_complete_is_asked_about_and_what_was_asked_about_is_sent() {
        let start = Decided::new(JobAction::Start, Selection::default(), 3, false);
        assert!(!start.asks());
        let anew = Decided::new(JobAction::Start, Selection::default(), 1, true);
        assert!(anew.asks() && anew.text().starts_with("1 mailbox, complete"), "{}", anew.text());
        let some = Decided::new(JobAction::Start, Selection::default(), 2, true).leaving(3);
        assert!(some.text().ends_with("3 more are left alone: their batch was cut over."), "{}", some.text());
        assert!(!anew.text().contains("left alone"));
        let JobStates(states) = anew.into_form().selection.filter.state;
        assert_eq!(states, [JobState::Complete, JobState::Exceptions]);
        let JobStates(states) = start.into_form().selection.filter.state;
        assert!(!states.contains(&JobState::Complete));
    }

    #[test]
    fn the_button_that_cancels_says_so() {
        let told = |action| {
            let decided = Decided::new(action, Selection::default(), 2, false);
            assert!(decided.asks());
            (decided.title("all that run or wait"), decided.deed())
        };
        assert_eq!(told(JobAction::Cancel), ("Cancel all that run or wait?".into(), "Cancel mailboxes"));
        assert_eq!(told(JobAction::StopNow), ("Stop all that run or wait at once?".into(), "Stop at once"));
    }
}
