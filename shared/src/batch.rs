//! Batches: mailboxes that are started, scheduled, paused and cut over together.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::{
    cutover::{Cutover, Facts, StepView},
    finding::CauseCount,
    id::{BatchId, ProjectId},
    job::StateCount,
    limits::{AllowedHours, Zone},
    pass::Drift,
    selection::Selection,
    time::Timestamp,
    under_way::UnderWay,
};

/// Delta passes that come again by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Hours from one to the next.
    #[cfg_attr(feature = "openapi", schema(value_type = u16, minimum = 1))]
    pub hours: NonZeroU16,
    /// None begins after this moment; absent: until somebody ends it, or the cutover is done.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// A new batch, or new settings for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchForm {
    /// Its name, which no other batch of the project has.
    pub name: String,
    /// Mailboxes of the batch with the highest priority go first; those of none have 0.
    #[serde(default)]
    pub priority: i32,
    /// Nothing of it begins earlier, and at this moment it starts by itself; absent: when somebody starts it.
    #[serde(default)]
    pub start_at: Option<Timestamp>,
    /// When its passes may run, beside the hours of the two systems; empty: always.
    #[serde(default)]
    pub hours: Vec<AllowedHours>,
    /// Whose clock the hours are read on.
    #[serde(default)]
    pub zone: Zone,
    /// How many of its mailboxes move at once; absent: as many as the project allows.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>, minimum = 1))]
    pub parallel: Option<NonZeroU16>,
    /// Delta passes that come again by themselves.
    #[serde(default)]
    pub repeat: Option<Repeat>,
    /// The newest so many days of each mailbox come first, so that people can work; absent: as the project says.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>, minimum = 1))]
    pub day_one: Option<NonZeroU16>,
}

/// How the mailboxes of a batch stand, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchCounts {
    /// All of them.
    pub jobs: u64,
    /// Nothing was begun yet.
    pub ready: u64,
    /// Waiting or running.
    pub active: u64,
    /// Paused.
    pub paused: u64,
    /// Complete without a difference.
    pub complete: u64,
    /// Complete with exceptions.
    pub exceptions: u64,
    /// The last pass failed.
    pub failed: u64,
    /// Stopped by an admin.
    pub cancelled: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// The newest days are on the target.
    pub day_one: u64,
    /// How far those are that are under way now.
    #[serde(default)]
    pub under_way: UnderWay,
}

impl BatchCounts {
    /// Complete, or complete before a pass that is not through with it yet.
    pub const fn complete_or_again(&self) -> u64 {
        self.complete + self.exceptions + self.under_way.again
    }
}

/// A batch as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRow {
    /// Its id.
    pub id: BatchId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its settings.
    pub settings: BatchForm,
    /// When it was made.
    pub created: Timestamp,
    /// When it was started first, by an admin or by the schedule.
    pub started: Option<Timestamp>,
    /// When the schedule runs it again.
    pub next_run: Option<Timestamp>,
    /// What the schedule did last, in a sentence.
    pub told: Option<String>,
    /// Whether its hours are open now.
    pub open: bool,
    /// Its mailboxes.
    pub counts: BatchCounts,
    /// How many of them are in each state.
    pub by_state: Vec<StateCount>,
    /// What changed on the source of those mailboxes where it was counted; the moment is the earliest.
    pub drift: Option<Drift>,
    /// When the cutover was finished.
    pub done: Option<Timestamp>,
}

impl BatchRow {
    /// Why no pass can be begun for any of its mailboxes, with what to do; none: one can.
    pub const fn nothing_to_begin(&self) -> Option<&'static str> {
        if self.counts.jobs > self.counts.skipped {
            return None;
        }
        Some(match self.counts.jobs {
            0 => {
                "This batch has no mailboxes. Put some into it first, on the page of the project's mailboxes."
            }
            _ => "Every mailbox of this batch is left out. Take some back in first.",
        })
    }
}

/// A batch with all its page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchView {
    /// What a list shows of it.
    pub row: BatchRow,
    /// The project's name.
    pub project_name: String,
    /// What was ticked off, and what was approved.
    pub cutover: Cutover,
    /// What the checklist is judged by.
    pub facts: Facts,
    /// The checklist as it stands.
    pub steps: Vec<StepView>,
    /// What differs in its mailboxes, by cause: what an approval is about.
    pub differences: Vec<CauseCount>,
    /// Another whenever the settings are others: who changes them says which ones were read.
    #[serde(default)]
    pub version: String,
}

/// Puts jobs of a project into a batch, or takes them out of any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssignForm {
    /// Which batch; null: none.
    pub batch: Option<BatchId>,
    /// Which jobs; absent: all of the project.
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
}
