//! Jobs: one mailbox moving.

mod filter;

use serde::{Deserialize, Serialize};

use crate::{
    finding::CauseCount,
    folder::{FolderPath, Role},
    id::{BatchId, JobId, ProjectId},
    live::Progress,
    pass::{Counts, Drift, PassKind, PassView},
    report::Verdict,
    selection::Selection,
    time::Timestamp,
};

pub use filter::{JobFilter, JobPage, JobQuery, JobSort, JobStates, StateCount};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Nothing was run yet, or only dry runs; or it was taken back in.
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
    /// The last pass could not go on, or found messages missing without a cause, or too many with one.
    Failed,
    /// Left out on purpose, until it is taken back in.
    Skipped,
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
    /// Try again what failed or differs.
    Retry,
    /// The last delta pass of a cutover, with a comparison of every byte.
    Final,
    /// Compare both sides.
    Verify,
    /// Count what changed on the source.
    Probe,
    /// Stop after the window in flight, to go on later.
    Pause,
    /// Go on where the pass was paused.
    Resume,
    /// Stop after the window in flight.
    Cancel,
    /// Stop at once: connections are dropped, and the next pass finds out what arrived.
    StopNow,
    /// Leave the mailbox out on purpose.
    Skip,
    /// Take a mailbox back in that was left out.
    Unskip,
    /// Go before all others that wait in the same batch.
    Prioritise,
}

impl JobAction {
    /// Every action there is.
    pub const ALL: [Self; 13] = [
        Self::DryRun,
        Self::Start,
        Self::Retry,
        Self::Final,
        Self::Verify,
        Self::Probe,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::StopNow,
        Self::Skip,
        Self::Unskip,
        Self::Prioritise,
    ];

    /// Whether it begins something.
    pub const fn begins(self) -> bool {
        match self {
            Self::DryRun
            | Self::Start
            | Self::Retry
            | Self::Final
            | Self::Verify
            | Self::Probe
            | Self::Resume => true,
            Self::Pause | Self::Cancel | Self::StopNow | Self::Skip | Self::Unskip | Self::Prioritise => {
                false
            }
        }
    }

    /// Whether it may begin a pass that writes to the target. What is resumed may be one.
    pub const fn may_copy(self) -> bool {
        match self {
            Self::Start | Self::Retry | Self::Final | Self::Resume => true,
            Self::DryRun
            | Self::Verify
            | Self::Probe
            | Self::Pause
            | Self::Cancel
            | Self::StopNow
            | Self::Skip
            | Self::Unskip
            | Self::Prioritise => false,
        }
    }

    /// Whether whatever it begins writes to the target.
    pub const fn copies_for_sure(self) -> bool {
        match self {
            Self::Start | Self::Retry | Self::Final => true,
            Self::DryRun
            | Self::Verify
            | Self::Probe
            | Self::Pause
            | Self::Resume
            | Self::Cancel
            | Self::StopNow
            | Self::Skip
            | Self::Unskip
            | Self::Prioritise => false,
        }
    }

    /// The stable word: in the API, on the command line and in the activity log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DryRun => "dry-run",
            Self::Start => "start",
            Self::Retry => "retry",
            Self::Final => "final",
            Self::Verify => "verify",
            Self::Probe => "probe",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::StopNow => "stop-now",
            Self::Skip => "skip",
            Self::Unskip => "unskip",
            Self::Prioritise => "prioritise",
        }
    }
}

impl JobState {
    /// Every state there is.
    pub const ALL: [Self; 11] = [
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
        Self::Skipped,
    ];

    /// The state right after an action was accepted; none when the action makes no sense now.
    /// The handler is guarded by it and the button is greyed by it.
    pub const fn after(self, action: JobAction) -> Option<Self> {
        use JobAction as A;
        match action {
            A::DryRun | A::Start | A::Final | A::Verify | A::Probe => match self {
                Self::Ready | Self::Cancelled | Self::Complete | Self::Exceptions | Self::Failed => {
                    Some(Self::Queued)
                }
                Self::Queued
                | Self::Running
                | Self::Pausing
                | Self::Paused
                | Self::Stopping
                | Self::Skipped => None,
            },
            A::Retry => match self {
                Self::Exceptions | Self::Failed => Some(Self::Queued),
                Self::Ready
                | Self::Queued
                | Self::Running
                | Self::Pausing
                | Self::Paused
                | Self::Stopping
                | Self::Cancelled
                | Self::Complete
                | Self::Skipped => None,
            },
            A::Pause => match self {
                Self::Queued => Some(Self::Paused),
                Self::Running => Some(Self::Pausing),
                Self::Ready
                | Self::Pausing
                | Self::Paused
                | Self::Stopping
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed
                | Self::Skipped => None,
            },
            A::Resume => match self {
                Self::Paused => Some(Self::Queued),
                Self::Ready
                | Self::Queued
                | Self::Running
                | Self::Pausing
                | Self::Stopping
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed
                | Self::Skipped => None,
            },
            A::Cancel => match self {
                Self::Queued | Self::Paused => Some(Self::Cancelled),
                Self::Running | Self::Pausing => Some(Self::Stopping),
                Self::Ready
                | Self::Stopping
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed
                | Self::Skipped => None,
            },
            A::StopNow => match self {
                Self::Queued | Self::Paused => Some(Self::Cancelled),
                // Stopping too: who waits for the window in flight may lose patience.
                Self::Running | Self::Pausing | Self::Stopping => Some(Self::Stopping),
                Self::Ready
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed
                | Self::Skipped => None,
            },
            A::Skip => match self {
                Self::Ready
                | Self::Queued
                | Self::Paused
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed => Some(Self::Skipped),
                Self::Running | Self::Pausing | Self::Stopping | Self::Skipped => None,
            },
            A::Unskip => match self {
                Self::Skipped => Some(Self::Ready),
                Self::Ready
                | Self::Queued
                | Self::Running
                | Self::Pausing
                | Self::Paused
                | Self::Stopping
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed => None,
            },
            A::Prioritise => match self {
                Self::Ready
                | Self::Queued
                | Self::Paused
                | Self::Cancelled
                | Self::Complete
                | Self::Exceptions
                | Self::Failed => Some(self),
                Self::Running | Self::Pausing | Self::Stopping | Self::Skipped => None,
            },
        }
    }

    /// Whether all was brought: a start brings it no further, it looks for what is new.
    pub const fn is_finished(self) -> bool {
        match self {
            Self::Complete | Self::Exceptions => true,
            Self::Ready
            | Self::Queued
            | Self::Running
            | Self::Pausing
            | Self::Paused
            | Self::Stopping
            | Self::Cancelled
            | Self::Failed
            | Self::Skipped => false,
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
            | Self::Failed
            | Self::Skipped => false,
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
            Self::Skipped => "skipped",
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
            Self::Skipped => "Left out",
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
    /// The folder on the target that everything goes below; none: to the top. Several mailboxes become one so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<FolderPath>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActionForm {
    /// What to do.
    pub action: JobAction,
    /// With which jobs of a project or batch; absent: with all. An action on one job has no use for it.
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
}

impl ActionForm {
    /// The action on all jobs.
    pub fn on_all(action: JobAction) -> Self {
        Self { action, selection: Selection::default() }
    }
}

/// How many jobs an action on a whole project reached: those for which it makes sense now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Applied {
    /// How many.
    pub applied: u64,
    /// How many of them something was copied of already: started, they get a delta pass. Absent: none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub again: u64,
    /// What is to be known besides, in sentences: how many were left out and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Applied {
    /// So many, and nothing to be known besides.
    pub const fn to(applied: u64) -> Self {
        Self { applied, again: 0, note: None }
    }
}

/// Whether it goes without saying.
const fn is_none(number: &u64) -> bool {
    *number == 0
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
    /// The folder on the target that everything goes below; none: to the top.
    #[serde(default)]
    pub below: Option<FolderPath>,
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
    /// The batch it belongs to.
    #[serde(default)]
    pub batch: Option<BatchId>,
    /// Goes before others that wait; 0 where nobody asked for it.
    #[serde(default)]
    pub priority: i64,
    /// What changed on the source since the last pass that copied, as far as it was counted.
    #[serde(default)]
    pub drift: Option<Drift>,
    /// When its newest days were on the target, where they come first.
    #[serde(default)]
    pub day_one: Option<Timestamp>,
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

    #[test]
    fn what_is_left_out_does_nothing_until_it_is_taken_back_in() {
        for action in JobAction::ALL {
            let after = (action == JobAction::Unskip).then_some(JobState::Ready);
            check(JobState::Skipped, action, after);
        }
        check(JobState::Failed, JobAction::Skip, Some(JobState::Skipped));
        check(JobState::Running, JobAction::Skip, None);
    }

    #[test]
    fn stopping_now_is_possible_wherever_something_waits_or_runs() {
        for state in JobState::ALL {
            let waits_or_runs = state.is_active() || state == JobState::Queued || state == JobState::Paused;
            assert_eq!(state.after(JobAction::StopNow).is_some(), waits_or_runs, "{state:?}");
        }
    }

    #[test]
    fn the_word_of_an_action_is_the_one_on_the_wire() {
        for action in JobAction::ALL {
            let wire = serde_json::to_string(&action).expect("serialises");
            assert_eq!(wire, format!("\"{}\"", action.word()));
        }
    }
}
