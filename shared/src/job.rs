//! Jobs: one mailbox moving.

mod filter;

use serde::{Deserialize, Serialize};

use crate::{
    finding::CauseCount,
    folder::{FolderPath, Role},
    id::{JobId, ProjectId},
    live::Progress,
    pass::{Counts, PassKind, PassView},
    report::Verdict,
    time::Timestamp,
};

pub use filter::{JobFilter, JobPage, JobQuery, JobSort, JobStates, StateCount};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Nothing was run yet, or only dry runs.
    Ready,
    /// Waits for a free worker.
    Queued,
    /// A pass is running.
    Running,
    /// Finishes the window in flight, then pauses.
    Pausing,
    /// Paused; can be resumed.
    Paused,
    /// Finishes the window in flight, then stops.
    Stopping,
    /// Stopped by an admin.
    Cancelled,
    /// Done, and the validator found no difference.
    Complete,
    /// Done; every difference is named with a cause.
    Exceptions,
    /// The last pass could not go on.
    Failed,
}

/// What an admin may ask of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JobAction {
    /// Show the plan without writing.
    DryRun,
    /// Copy everything that is not copied yet: the initial pass, or a delta pass after one.
    Start,
    /// Compare both sides.
    Verify,
    /// Stop after the window in flight, to go on later.
    Pause,
    /// Go on where the pass was paused.
    Resume,
    /// Stop after the window in flight.
    Cancel,
}

impl JobAction {
    /// Every action there is.
    pub const ALL: [Self; 6] =
        [Self::DryRun, Self::Start, Self::Verify, Self::Pause, Self::Resume, Self::Cancel];
}

impl JobState {
    /// Every state there is.
    pub const ALL: [Self; 10] = [
        Self::Ready,
        Self::Queued,
        Self::Running,
        Self::Pausing,
        Self::Paused,
        Self::Stopping,
        Self::Cancelled,
        Self::Complete,
        Self::Exceptions,
        Self::Failed,
    ];

    /// The state right after an action was accepted; none when the action makes no sense now.
    /// The handler is guarded by it and the button is greyed by it.
    pub const fn after(self, action: JobAction) -> Option<Self> {
        use JobAction as A;
        use JobState as S;
        match (self, action) {
            (
                S::Ready | S::Cancelled | S::Complete | S::Exceptions | S::Failed,
                A::DryRun | A::Start | A::Verify,
            ) => Some(S::Queued),
            (S::Paused, A::Resume) => Some(S::Queued),
            (S::Queued, A::Pause) => Some(S::Paused),
            (S::Running, A::Pause) => Some(S::Pausing),
            (S::Queued | S::Paused, A::Cancel) => Some(S::Cancelled),
            (S::Running | S::Pausing, A::Cancel) => Some(S::Stopping),
            (
                S::Queued | S::Running | S::Pausing | S::Paused | S::Stopping,
                A::DryRun | A::Start | A::Verify,
            )
            | (
                S::Pausing
                | S::Paused
                | S::Stopping
                | S::Ready
                | S::Cancelled
                | S::Complete
                | S::Exceptions
                | S::Failed,
                A::Pause,
            )
            | (
                S::Ready
                | S::Queued
                | S::Running
                | S::Pausing
                | S::Stopping
                | S::Cancelled
                | S::Complete
                | S::Exceptions
                | S::Failed,
                A::Resume,
            )
            | (S::Ready | S::Stopping | S::Cancelled | S::Complete | S::Exceptions | S::Failed, A::Cancel) => {
                None
            }
        }
    }

    /// Whether a worker holds the job.
    pub const fn is_active(self) -> bool {
        match self {
            Self::Running | Self::Pausing | Self::Stopping => true,
            Self::Ready
            | Self::Queued
            | Self::Paused
            | Self::Cancelled
            | Self::Complete
            | Self::Exceptions
            | Self::Failed => false,
        }
    }

    /// The stable word, as it stands in the API and the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Cancelled => "cancelled",
            Self::Complete => "complete",
            Self::Exceptions => "exceptions",
            Self::Failed => "failed",
        }
    }

    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Pausing => "Pausing",
            Self::Paused => "Paused",
            Self::Stopping => "Stopping",
            Self::Cancelled => "Cancelled",
            Self::Complete => "Complete",
            Self::Exceptions => "Complete with exceptions",
            Self::Failed => "Failed",
        }
    }
}

/// A mailbox to move: one row of the form or of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// Login name on the source.
    pub source_user: String,
    /// Password or token on the source, where each mailbox brings its own.
    #[serde(default)]
    pub source_secret: Option<String>,
    /// Login name on the target.
    pub target_user: String,
    /// Password or token on the target, where each mailbox brings its own.
    #[serde(default)]
    pub target_secret: Option<String>,
}

/// New secrets for a job's mailboxes; write-only. An absent field leaves the stored one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobSecrets {
    /// Password or token on the source.
    #[serde(default)]
    pub source_secret: Option<String>,
    /// Password or token on the target.
    #[serde(default)]
    pub target_secret: Option<String>,
}

/// Asks for an action on a job, or on all jobs of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActionForm {
    /// What to do.
    pub action: JobAction,
}

/// How many jobs an action on a whole project reached: those for which it makes sense now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applied {
    /// How many.
    pub applied: u64,
}

/// A job as a row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Login name on the source.
    pub source_user: String,
    /// Login name on the target.
    pub target_user: String,
    /// Where it stands.
    pub state: JobState,
    /// The pass that runs, waits or ran last.
    pub pass: Option<PassKind>,
    /// Over all passes, from the ledger.
    pub counts: Counts,
    /// The last validation's verdict.
    pub verdict: Option<Verdict>,
    /// Why the last pass could not go on, in a sentence.
    pub problem: Option<String>,
    /// How the running pass gets on.
    pub progress: Option<Progress>,
    /// When anything last changed.
    pub updated: Timestamp,
}

/// A job with all its page shows: also the snapshot its live stream sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobView {
    /// What a list shows of it.
    pub row: JobRow,
    /// The project's name.
    pub project_name: String,
    /// Folder by folder.
    pub folders: Vec<FolderRow>,
    /// Findings by cause as they stand now: of the latest pass that found or compared anything.
    pub causes: Vec<CauseCount>,
    /// Passes, newest first.
    pub passes: Vec<PassView>,
    /// Whether a report can be downloaded.
    pub has_report: bool,
}

/// A folder of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FolderRow {
    /// Where it is on the source.
    pub source: FolderPath,
    /// Where it is on the target.
    pub target: FolderPath,
    /// What it is for.
    pub role: Option<Role>,
    /// Messages on the source at the last look.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages known to be on the target.
    pub copied: u64,
    /// Messages left out, each with a cause.
    pub skipped: u64,
}

#[cfg(test)]
mod tests {
    use super::{JobAction, JobState};

    fn check(from: JobState, action: JobAction, to: Option<JobState>) {
        assert_eq!(from.after(action), to, "{from:?} after {action:?}");
    }

    #[test]
    fn a_running_job_can_be_paused_and_stopped_but_not_started() {
        check(JobState::Running, JobAction::Pause, Some(JobState::Pausing));
        check(JobState::Running, JobAction::Cancel, Some(JobState::Stopping));
        check(JobState::Running, JobAction::Start, None);
        check(JobState::Running, JobAction::DryRun, None);
    }

    #[test]
    fn a_paused_job_resumes_or_stops() {
        check(JobState::Paused, JobAction::Resume, Some(JobState::Queued));
        check(JobState::Paused, JobAction::Cancel, Some(JobState::Cancelled));
        check(JobState::Paused, JobAction::Start, None);
    }

    #[test]
    fn every_state_has_the_word_of_the_wire() {
        for state in JobState::ALL {
            assert_eq!(serde_json::to_value(state).expect("serialises"), state.word());
        }
    }

    #[test]
    fn every_ended_job_starts_again() {
        for state in [JobState::Ready, JobState::Cancelled, JobState::Complete, JobState::Failed] {
            check(state, JobAction::Start, Some(JobState::Queued));
        }
    }
}
