//! Passes: one run over a job, and how it ended.

use serde::{Deserialize, Serialize};

use crate::{cause::Cause, finding::CauseCount, id::PassId, plan::PlanView, time::Timestamp};

/// What a run over a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PassKind {
    /// Shows the plan; sends not one write command.
    DryRun,
    /// Copies everything, then verifies.
    Initial,
    /// Copies what is new since, then verifies.
    Delta,
    /// The last delta pass of a cutover: copies what is new since, then compares every byte.
    Final,
    /// Reads both sides afresh and compares; writes nothing.
    Verify,
    /// Counts what changed on the source since the last pass that copied; opens no folder and writes nothing.
    Probe,
}

impl PassKind {
    /// Whether it only looks: it copies nothing, judges nothing and leaves the job where it was.
    pub const fn only_looks(self) -> bool {
        match self {
            Self::DryRun | Self::Probe => true,
            Self::Initial | Self::Delta | Self::Final | Self::Verify => false,
        }
    }

    /// Whether it may write to the target.
    pub const fn copies(self) -> bool {
        match self {
            Self::Initial | Self::Delta | Self::Final => true,
            Self::DryRun | Self::Verify | Self::Probe => false,
        }
    }

    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::DryRun => "Dry run",
            Self::Initial => "Initial pass",
            Self::Delta => "Delta pass",
            Self::Final => "Final pass",
            Self::Verify => "Verify pass",
            Self::Probe => "Count of changes",
        }
    }
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum PassEnd {
    /// Came to its end; findings tell what was exceptional.
    Finished,
    /// An admin paused it; it can be resumed.
    Paused,
    /// An admin stopped it.
    Cancelled,
    /// Could not go on.
    Aborted {
        /// Why.
        cause: Cause,
        /// What was being done, what happened, what to do.
        message: String,
    },
}

/// What a pass did, in numbers. On a finished job they are queries over the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Folders on the source that are moved.
    pub folders: u64,
    /// Messages on the source in those folders.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages known to be on the target (copied or adopted).
    pub copied: u64,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Messages among them that were on the target already.
    pub adopted: u64,
    /// Messages left out, each with a cause.
    pub skipped: u64,
}

/// What changed on a job's source since the last pass that copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Drift {
    /// When it was counted.
    pub counted: Timestamp,
    /// Messages that arrived.
    pub new: u64,
    /// Messages that are gone.
    pub gone: u64,
    /// Folders in which anything changed, flags included; where a server tells nothing of flags, only what it tells.
    pub folders: u64,
}

impl Drift {
    /// Whether nothing changed.
    pub const fn is_none(&self) -> bool {
        self.new == 0 && self.gone == 0 && self.folders == 0
    }
}

/// One pass in a job's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassView {
    /// Its id.
    pub id: PassId,
    /// What it does.
    pub kind: PassKind,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; none while it runs.
    pub ended: Option<Timestamp>,
    /// How it ended; none while it runs.
    pub end: Option<PassEnd>,
    /// What it did: this pass alone.
    pub counts: Counts,
    /// Its findings by cause.
    pub causes: Vec<CauseCount>,
    /// The plan, for a dry run.
    pub plan: Option<PlanView>,
    /// Whether it brought the newest days alone, so that people can work; the rest is another pass's.
    #[serde(default)]
    pub newest_only: bool,
}

impl PassView {
    /// What it was, in words.
    pub fn title(&self) -> String {
        match self.newest_only {
            true => format!("{}, newest days only", self.kind.title()),
            false => self.kind.title().to_owned(),
        }
    }
}
