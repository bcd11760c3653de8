//! What the store could not do, in sentences.

use shared::{
    check::Side,
    job::{JobAction, JobState},
};

use crate::secret::SecretError;

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database cannot be opened: what was tried, what happened, what to do.
    #[error("{0}")]
    Open(String),
    /// There is no such thing (any more).
    #[error("There is no such {0}. It may have been removed meanwhile.")]
    NotFound(&'static str),
    /// The name is in use already.
    #[error("This {0} is in use already. Choose another.")]
    Taken(&'static str),
    /// Not possible in the present state: why, and what to do.
    #[error("{0}")]
    Conflict(String),
    /// The job's state does not allow the action.
    #[error("This mailbox is {}: {} is not possible now.", state.title().to_lowercase(), action_words(*action))]
    State {
        /// The job's state.
        state: JobState,
        /// What was asked.
        action: JobAction,
    },
    /// Another process took the job over; nothing was written.
    #[error("Another process took the job over. Nothing to do: the other process goes on.")]
    LeaseLost,
    /// Settings were changed since those were read that a change was made from: by whom, and what to do.
    #[error("{0}")]
    Changed(String),
    /// No password or token is stored for a side of a job.
    #[error(
        "No password is stored for the {}. Enter it with \"Enter passwords again\" on the mailbox's page, or for many on the project's; where an \
        admin logs in for all mailboxes, in the project's settings.", .0.title()
    )]
    NoSecret(Side),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A row holds something this version does not understand.
    #[error(
        "The database holds a {what} that cannot be read ({detail}). Restore it from a backup or ask for help."
    )]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// What is wrong with it; never its content.
        detail: String,
    },
    /// The database failed.
    #[error(
        "{doing} failed in the database: {detail}. Check that it runs, has room on its disk and can be written."
    )]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The database's words.
        detail: String,
    },
    /// There is no room left where the database is kept.
    #[error(
        "{doing} failed: the disk of the database is full ({detail}). Make room on it, then try again: nothing is lost."
    )]
    DiskFull {
        /// What was being done.
        doing: &'static str,
        /// The database's words.
        detail: String,
    },
}

fn action_words(action: JobAction) -> &'static str {
    match action {
        JobAction::DryRun => "a dry run",
        JobAction::Start => "starting",
        JobAction::Verify => "verifying",
        JobAction::Pause => "pausing",
        JobAction::Resume => "resuming",
        JobAction::Cancel => "stopping",
        JobAction::StopNow => "stopping at once",
        JobAction::Retry => "trying again",
        JobAction::Final => "a final pass",
        JobAction::Probe => "counting changes",
        JobAction::Skip => "leaving it out",
        JobAction::Unskip => "taking it back in",
        JobAction::Prioritise => "going first",
    }
}
