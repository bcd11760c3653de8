//! The words and tones on screen for states, actions, phases and severities.

use shared::{
    finding::Severity,
    folder::{FolderPath, Role},
    job::{Applied, JobAction, JobState},
    live::Phase,
    pass::PassEnd,
    project::VerifyDepth,
    report::Verdict,
};

use super::{amount::counted, safe::clean};

/// How a thing is coloured. A word or a shape always says the same, so colour is never alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Busy,
    Good,
    Warning,
    Bad,
}

impl Tone {
    /// The class that carries the colour.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "tone-plain",
            Self::Busy => "tone-busy",
            Self::Good => "tone-good",
            Self::Warning => "tone-warning",
            Self::Bad => "tone-bad",
        }
    }
}

pub(crate) const fn state_tone(state: JobState) -> Tone {
    match state {
        JobState::Ready | JobState::Queued | JobState::Paused | JobState::Cancelled | JobState::Skipped => {
            Tone::Plain
        }
        JobState::Running | JobState::Pausing | JobState::Stopping => Tone::Busy,
        JobState::Complete => Tone::Good,
        JobState::Exceptions => Tone::Warning,
        JobState::Failed => Tone::Bad,
    }
}

/// The state as a stable word for tests.
pub(crate) const fn state_word(state: JobState) -> &'static str {
    match state {
        JobState::Ready => "ready",
        JobState::Queued => "queued",
        JobState::Running => "running",
        JobState::Pausing => "pausing",
        JobState::Paused => "paused",
        JobState::Stopping => "stopping",
        JobState::Cancelled => "cancelled",
        JobState::Complete => "complete",
        JobState::Exceptions => "exceptions",
        JobState::Failed => "failed",
        JobState::Skipped => "skipped",
    }
}

pub(crate) const fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Perfect | Verdict::Good => Tone::Good,
        Verdict::Investigate => Tone::Warning,
        Verdict::Poor => Tone::Bad,
    }
}

pub(crate) const fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Warning,
        Severity::Loss => Tone::Bad,
    }
}

pub(crate) const fn action_title(action: JobAction) -> &'static str {
    match action {
        JobAction::DryRun => "Dry run",
        JobAction::Start => "Start",
        JobAction::Verify => "Verify",
        JobAction::Pause => "Pause",
        JobAction::Resume => "Resume",
        JobAction::Cancel => "Cancel",
        JobAction::StopNow => "Stop now",
        JobAction::Retry => "Try again",
        JobAction::Final => "Final pass",
        JobAction::Probe => "Count changes",
        JobAction::Skip => "Leave out",
        JobAction::Unskip => "Take back in",
        JobAction::Prioritise => "Go first",
    }
}

pub(crate) const fn action_explained(action: JobAction) -> &'static str {
    match action {
        JobAction::DryRun => "Show what would be done; writes nothing.",
        JobAction::Start => "Copy everything that is not copied yet, then verify.",
        JobAction::Verify => "Read both sides afresh and compare; writes nothing.",
        JobAction::Pause => "Stop after the messages in flight, to go on later.",
        JobAction::Resume => "Go on where it was paused.",
        JobAction::Cancel => "Stop after the messages in flight. What was copied stays.",
        JobAction::StopNow => "Drop the connections at once. The next pass finds out what arrived.",
        JobAction::Retry => "Copy again what failed or differs; what is there already is not copied twice.",
        JobAction::Final => "The last delta pass of a cutover: copy what is new, then compare every byte.",
        JobAction::Probe => "Count what changed on the source since the last pass; writes nothing.",
        JobAction::Skip => "Leave the mailbox out of everything until it is taken back in.",
        JobAction::Unskip => "Take the mailbox back in.",
        JobAction::Prioritise => "Let it go before all others that wait.",
    }
}

/// What the server has accepted, told right after.
pub(crate) const fn action_accepted(action: JobAction) -> &'static str {
    match action {
        JobAction::DryRun => "Dry run queued",
        JobAction::Start => "Start queued",
        JobAction::Verify => "Verify pass queued",
        JobAction::Pause => "Pausing",
        JobAction::Resume => "Resuming",
        JobAction::Cancel => "Cancelling",
        JobAction::StopNow => "Stopping now",
        JobAction::Retry => "Trying again",
        JobAction::Final => "Final pass queued",
        JobAction::Probe => "Counting changes",
        JobAction::Skip => "Left out",
        JobAction::Unskip => "Taken back in",
        JobAction::Prioritise => "Goes first",
    }
}

/// Where on the target everything of a mailbox goes, unless it is its top.
pub(crate) fn below_folder(folder: Option<&FolderPath>) -> String {
    folder.map(|folder| format!(" · below {}", clean(&folder.to_string()))).unwrap_or_default()
}

/// What the server has accepted, and what it says besides.
pub(crate) fn accepted(action: JobAction, Applied { applied, note, .. }: Applied) -> String {
    let accepted = format!("{}: {}.", action_accepted(action), counted(applied, "mailbox", "mailboxes"));
    match note {
        Some(note) => format!("{accepted} {note}"),
        None => accepted,
    }
}

pub(crate) const fn phase_title(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "Connecting to both servers",
        Phase::Inventory => "Reading what both sides hold",
        Phase::Recovering => "Settling what an interrupted pass left",
        Phase::Copying => "Copying",
        Phase::Verifying => "Comparing both sides",
        Phase::Waiting => "Waiting",
    }
}

pub(crate) const fn end_title(end: Option<&PassEnd>) -> &'static str {
    match end {
        None => "Running",
        Some(PassEnd::Finished) => "Finished",
        Some(PassEnd::Paused) => "Paused",
        Some(PassEnd::Cancelled) => "Cancelled",
        Some(PassEnd::Aborted { .. }) => "Could not go on",
    }
}

pub(crate) const fn end_tone(end: Option<&PassEnd>) -> Tone {
    match end {
        None => Tone::Busy,
        Some(PassEnd::Finished) => Tone::Good,
        Some(PassEnd::Paused | PassEnd::Cancelled) => Tone::Plain,
        Some(PassEnd::Aborted { .. }) => Tone::Bad,
    }
}

pub(crate) const fn role_title(role: Role) -> &'static str {
    match role {
        Role::Inbox => "Inbox",
        Role::Sent => "Sent",
        Role::Drafts => "Drafts",
        Role::Trash => "Trash",
        Role::Junk => "Junk",
        Role::Archive => "Archive",
    }
}

pub(crate) const fn depth_title(depth: VerifyDepth) -> &'static str {
    match depth {
        VerifyDepth::Content => "Every byte",
        VerifyDepth::Headers => "Headers only",
        VerifyDepth::Listing => "Listings only",
    }
}

pub(crate) const fn depth_explained(depth: VerifyDepth) -> &'static str {
    match depth {
        VerifyDepth::Content => "Reads every message on both sides in full and compares its bytes.",
        VerifyDepth::Headers => {
            "Compares headers, size, date and flags of every message: quicker, proves less."
        }
        VerifyDepth::Listing => {
            "Compares what both sides list of every message: quickest, trusts what the target says it stored."
        }
    }
}
