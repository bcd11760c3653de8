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
            Self::LastDelta => {
                "Once the old system is frozen, run the final pass: it copies what arrived since, and compares every \
                 byte."
            }
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
    /// Whose last final pass came to its end.
    pub finished: u64,
    /// Of them those whose final pass began before the old system was frozen: mail may have arrived since.
    #[serde(default)]
    pub early: u64,
    /// When the latest of those final passes began: an older approval is not about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Timestamp>,
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
    pub fn refuses(&self, step: Step, facts: Facts) -> Option<String> {
        match step {
            Step::Ttl | Step::Mx | Step::Freeze => None,
            Step::LastDelta | Step::Verify => {
                Some("This step is judged by the program: run the final pass of the batch.".into())
            }
            Step::Approve if self.stands(Step::Verify, facts) => None,
            Step::Approve => {
                let why = "Run the final pass first: only what it found can be approved.";
                Some(self.and_early(why.into(), facts))
            }
            Step::Done => {
                let before = Step::ALL.into_iter().filter(|step| *step != Step::Done);
                let missing: Vec<_> =
                    before.filter(|step| !self.stands(*step, facts)).map(Step::title).collect();
                if missing.is_empty() {
                    return None;
                }
                let why = format!("Steps before this one are not done: {}.", missing.join("; "));
                Some(self.and_early(why, facts))
            }
        }
    }

    /// A refusal, and that the final pass came too early where that is so.
    fn and_early(&self, why: String, facts: Facts) -> String {
        if facts.early == 0 { why } else { format!("{why} The final pass: {}", self.had(facts)) }
    }

    /// How many mailboxes had the final pass, and whether it counts.
    fn had(&self, Facts { jobs, finished, early, .. }: Facts) -> String {
        let jobs = mailboxes(jobs);
        match (early, self.tick(Step::Freeze)) {
            (0, _) => format!("{finished} of {jobs} had it."),
            (_, Some(_)) => format!(
                "{finished} of {jobs} had it, {early} of them before the old system was frozen: run it \
                 once more."
            ),
            (_, None) => format!(
                "{finished} of {jobs} had it, but the old system is not frozen: mail may still arrive there. \
                 Freeze it, then run it once more."
            ),
        }
    }

    fn stands(&self, step: Step, facts: Facts) -> bool {
        match step {
            Step::Ttl | Step::Mx | Step::Freeze | Step::Done => self.tick(step).is_some(),
            Step::LastDelta => facts.jobs > 0 && facts.finished == facts.jobs && facts.early == 0,
            Step::Verify => self.stands(Step::LastDelta, facts) && facts.judged == facts.jobs,
            Step::Approve => {
                let of_this = |tick: &Tick| facts.begun.is_none_or(|begun| tick.at >= begun);
                self.stands(Step::Verify, facts)
                    && facts.unapproved == 0
                    && self.tick(step).is_some_and(of_this)
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
        let Facts { jobs, judged, perfect, unapproved, .. } = facts;
        let detail = match step {
            Step::LastDelta => self.had(facts),
            Step::Verify => {
                format!("{judged} of {} with a verdict, {perfect} of them Perfect.", mailboxes(jobs))
            }
            Step::Approve if self.stands(Step::Verify, facts) && unapproved > 0 => {
                format!("Differences in {unapproved} of {} are to be looked at.", mailboxes(jobs))
            }
            Step::Approve if state == StepState::Open && self.tick(step).is_some() => {
                "It was approved before the final pass began: look at what that found.".into()
            }
            Step::Approve if self.stands(Step::Verify, facts) => "No difference waits for approval.".into(),
            Step::Ttl | Step::Mx | Step::Freeze | Step::Approve | Step::Done => step.explained().into(),
        };
        StepView { step, state, detail, tick: self.tick(step).cloned() }
    }
}

/// So many mailboxes.
fn mailboxes(number: u64) -> String {
    if number == 1 { "1 mailbox".into() } else { format!("{number} mailboxes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_DONE: Facts =
        Facts { jobs: 3, finished: 3, early: 0, begun: None, judged: 3, perfect: 2, unapproved: 1 };

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
    fn a_final_pass_before_the_old_system_was_frozen_does_not_count() {
        let all = ticked(&[Step::Ttl, Step::Mx, Step::Freeze, Step::Approve]);
        let early = Facts { early: 2, unapproved: 0, ..ALL_DONE };
        let refused = all.refuses(Step::Done, early).expect("refused");
        assert!(
            refused.contains("3 of 3 mailboxes had it, 2 of them before the old system was frozen"),
            "{refused}"
        );
        assert!(all.refuses(Step::Approve, early).is_some());
        let steps = all.steps(early);
        let state = |step: Step| steps.iter().find(|view| view.step == step).map(|view| view.state);
        assert_eq!(state(Step::LastDelta), Some(StepState::Open), "it can be run once more");
        assert_eq!(state(Step::Approve), Some(StepState::Locked));
        let thawed = ticked(&[Step::Ttl, Step::Mx, Step::Approve]).refuses(Step::Done, early);
        assert!(thawed.is_some_and(|why| why.contains("is not frozen")));
    }

    #[test]
    fn an_approval_from_before_the_final_pass_does_not_stand() {
        let all = ticked(&[Step::Ttl, Step::Mx, Step::Freeze, Step::Approve]);
        let later = Facts { begun: Some(Timestamp::from_millis(1)), unapproved: 0, ..ALL_DONE };
        assert!(all.refuses(Step::Done, later).is_some_and(|why| why.contains(Step::Approve.title())));
        assert_eq!(all.refuses(Step::Approve, later), None, "it can be approved anew");
        let same = Facts { begun: Some(Timestamp::from_millis(0)), ..later };
        assert_eq!(all.refuses(Step::Done, same), None);
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
