//! The cutover of a batch: a checklist of what people tick off and what the program knows by itself.

use serde::{Deserialize, Serialize};

use crate::{finding::CauseCount, time::Timestamp};

/// One step of a cutover, in the order they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The MX record may be cached for a short time only.
    Ttl,
    /// New mail goes to the new system.
    Mx,
    /// Nobody works on the old system any more.
    Freeze,
    /// What arrived since is copied.
    LastDelta,
    /// Both sides were compared afterwards.
    Verify,
    /// A named admin accepts the differences.
    Approve,
    /// The batch is moved.
    Done,
}

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// An admin ticks it off.
    Admin,
    /// The program knows by itself.
    Program,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 7] =
        [Self::Ttl, Self::Mx, Self::Freeze, Self::LastDelta, Self::Verify, Self::Approve, Self::Done];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ttl => "ttl",
            Self::Mx => "mx",
            Self::Freeze => "freeze",
            Self::LastDelta => "last-delta",
            Self::Verify => "verify",
            Self::Approve => "approve",
            Self::Done => "done",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ttl => "The MX record's time to live is short",
            Self::Mx => "MX points to the new system",
            Self::Freeze => "The old system is frozen",
            Self::LastDelta => "The final pass has run",
            Self::Verify => "Both sides were compared",
            Self::Approve => "The differences are approved",
            Self::Done => "Cut over",
        }
    }

    /// What to do.
    pub const fn explained(self) -> &'static str {
        match self {
            Self::Ttl => {
                "Days before: set the time to live of the domain's MX record to 300 seconds, so that the change is known \
                 everywhere within minutes."
            }
            Self::Mx => {
                "Let the MX record name the new system, and wait as long as the old time to live was."
            }
            Self::Freeze => {
                "Close IMAP, POP and web mail of the old system for these people; leave it open to the migration."
            }
            Self::LastDelta => "Run the final pass: it copies what arrived since, and compares every byte.",
            Self::Verify => "Part of the final pass; every mailbox must have a verdict.",
            Self::Approve => {
                "A named admin accepts what differs. It stands in the reports and in the activity."
            }
            Self::Done => "Ends the schedule of this batch.",
        }
    }

    /// Whether DNS may speak against it.
    pub const fn is_about_dns(self) -> bool {
        match self {
            Self::Ttl | Self::Mx => true,
            Self::Freeze | Self::LastDelta | Self::Verify | Self::Approve | Self::Done => false,
        }
    }

    /// Who does it.
    pub const fn by(self) -> By {
        match self {
            Self::Ttl | Self::Mx | Self::Freeze | Self::Approve | Self::Done => By::Admin,
            Self::LastDelta | Self::Verify => By::Program,
        }
    }
}

/// A step that an admin ticked off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tick {
    /// Which.
    pub step: Step,
    /// Who.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// What they had to say.
    pub note: String,
    /// What DNS said against it at that moment, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

/// What was ticked off and approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Cutover {
    /// Steps that an admin ticked off.
    pub ticks: Vec<Tick>,
    /// What differed when it was approved, by cause.
    pub approved: Vec<CauseCount>,
}

/// Ticks a step off, or takes the tick back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TickForm {
    /// Which step.
    pub step: Step,
    /// Whether it is done.
    pub done: bool,
    /// A note: what was seen, who was asked.
    #[serde(default)]
    pub note: String,
}

/// What the program knows of a batch's mailboxes; those left out on purpose do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facts {
    /// How many there are.
    pub jobs: u64,
    /// Whose last pass that copied was a final one and came to its end.
    pub finished: u64,
    /// With a verdict.
    pub judged: u64,
    /// With the verdict Perfect.
    pub perfect: u64,
    /// With differences that nobody approved as they are.
    pub unapproved: u64,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Done.
    Done,
    /// Can be done now.
    Open,
    /// Another step comes first.
    Locked,
}

/// A step as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepView {
    /// Which.
    pub step: Step,
    /// How it stands.
    pub state: StepState,
    /// The particulars in a sentence.
    pub detail: String,
    /// Who ticked it off, when and with which note.
    pub tick: Option<Tick>,
}

impl Cutover {
    /// The tick of a step.
    pub fn tick(&self, step: Step) -> Option<&Tick> {
        self.ticks.iter().find(|tick| tick.step == step)
    }

    /// The checklist as it stands.
    pub fn steps(&self, facts: Facts) -> Vec<StepView> {
        Step::ALL.map(|step| self.view(step, facts)).into()
    }

    /// Why a step cannot be ticked off now; none: it can.
    pub fn refuses(&self, step: Step, facts: Facts) -> Option<&'static str> {
        match step {
            Step::Ttl | Step::Mx | Step::Freeze => None,
            Step::LastDelta | Step::Verify => {
                Some("This step is judged by the program: run the final pass of the batch.")
            }
            Step::Approve if self.stands(Step::Verify, facts) => None,
            Step::Approve => Some("Run the final pass first: only what it found can be approved."),
            Step::Done => Step::ALL
                .into_iter()
                .any(|step| step != Step::Done && !self.stands(step, facts))
                .then_some("Steps before this one are not done."),
        }
    }

    fn stands(&self, step: Step, facts: Facts) -> bool {
        match step {
            Step::Ttl | Step::Mx | Step::Freeze | Step::Done => self.tick(step).is_some(),
            Step::LastDelta => facts.jobs > 0 && facts.finished == facts.jobs,
            Step::Verify => self.stands(Step::LastDelta, facts) && facts.judged == facts.jobs,
            Step::Approve => {
                self.stands(Step::Verify, facts) && facts.unapproved == 0 && self.tick(step).is_some()
            }
        }
    }

    fn view(&self, step: Step, facts: Facts) -> StepView {
        let state = match (self.stands(step, facts), self.refuses(step, facts), step.by()) {
            (true, _, _) => StepState::Done,
            (false, None, _) => StepState::Open,
            // The final pass can be run at any time; what it leads to comes by itself.
            (false, Some(_), By::Program) if step == Step::LastDelta => StepState::Open,
            (false, Some(_), By::Program | By::Admin) => StepState::Locked,
        };
        let Facts { jobs, finished, judged, perfect, unapproved } = facts;
        let detail = match step {
            Step::LastDelta => format!("{finished} of {jobs} mailboxes have had it."),
            Step::Verify => {
                format!("{judged} of {jobs} mailboxes have a verdict, {perfect} of them Perfect.")
            }
            Step::Approve if self.stands(Step::Verify, facts) && unapproved > 0 => {
                format!("Differences in {unapproved} of {jobs} mailboxes are to be looked at.")
            }
            Step::Approve if self.stands(Step::Verify, facts) => "No difference waits for approval.".into(),
            Step::Ttl | Step::Mx | Step::Freeze | Step::Approve | Step::Done => step.explained().into(),
        };
        StepView { step, state, detail, tick: self.tick(step).cloned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_DONE: Facts = Facts { jobs: 3, finished: 3, judged: 3, perfect: 2, unapproved: 1 };

    fn ticked(steps: &[Step]) -> Cutover {
        let tick = |step: &Step| Tick {
            step: *step,
            who: "anna".into(),
            at: Timestamp::from_millis(0),
            note: String::new(),
            against: None,
        };
        Cutover { ticks: steps.iter().map(tick).collect(), approved: Vec::new() }
    }

    #[test]
    fn what_the_program_knows_cannot_be_ticked_off() {
        for step in [Step::LastDelta, Step::Verify] {
            assert!(Cutover::default().refuses(step, ALL_DONE).is_some());
        }
    }

    #[test]
    fn differences_are_approved_after_the_final_pass_only() {
        let cutover = Cutover::default();
        assert_eq!(cutover.refuses(Step::Approve, ALL_DONE), None);
        assert!(cutover.refuses(Step::Approve, Facts { finished: 2, ..ALL_DONE }).is_some());
        assert!(cutover.refuses(Step::Approve, Facts::default()).is_some(), "an empty batch proves nothing");
    }

    #[test]
    fn an_approval_does_not_cover_what_a_later_pass_found() {
        let all = [Step::Ttl, Step::Mx, Step::Freeze, Step::Approve];
        let approved = Facts { unapproved: 0, ..ALL_DONE };
        assert_eq!(ticked(&all).refuses(Step::Done, approved), None);
        assert!(ticked(&all).refuses(Step::Done, ALL_DONE).is_some());
        assert!(ticked(&all[1..]).refuses(Step::Done, approved).is_some(), "a step is missing");
    }

    #[test]
    fn every_step_is_shown_in_order() {
        let steps = Cutover::default().steps(Facts { jobs: 2, ..Facts::default() });
        assert_eq!(steps.iter().map(|view| view.step).collect::<Vec<_>>(), Step::ALL);
        let open: Vec<_> =
            steps.iter().filter(|view| view.state == StepState::Open).map(|view| view.step).collect();
        assert_eq!(open, [Step::Ttl, Step::Mx, Step::Freeze, Step::LastDelta]);
    }
}
