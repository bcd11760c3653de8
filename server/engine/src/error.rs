//! Errors of the two sides: how far the damage reaches, and whether patience helps.

use std::time::Duration;

use shared::cause::Cause;

/// How far the damage of an error reaches: what is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One item: it becomes a finding and the pass goes on.
    Item,
    /// One folder: it becomes a finding and the pass goes on with the next.
    Folder,
    /// The mailbox: the pass ends.
    Mailbox,
    /// The whole system: every mailbox on it would fail the same way.
    Endpoint,
}

/// Whether patience helps: what the runner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Connect again and go on.
    Now,
    /// The same after a pause the server asked for.
    After(Duration),
    /// The same after a pause that grows: the server is well, and opens other mailboxes with this login.
    Alone,
    /// Trying again changes nothing.
    Never,
}

/// What one side could not do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{doing}: {detail}")]
pub struct ConnectorError {
    /// How far the damage reaches.
    pub reach: Reach,
    /// Whether patience helps.
    pub retry: Retry,
    /// Why, from the closed list.
    pub cause: Cause,
    /// What was being done, as the beginning of a sentence: "opening folder Sent on the source".
    pub doing: String,
    /// What happened: the server's words (cleaned and cut) or the system's. Never mail content or a secret.
    pub detail: String,
}

impl ConnectorError {
    /// The error where a folder was there a moment ago and is not, or means something else now: everything is looked at
    /// anew.
    pub(crate) fn anew(self) -> Self {
        match self.reach {
            Reach::Folder => Self { reach: Reach::Mailbox, retry: Retry::Now, ..self },
            Reach::Item | Reach::Mailbox | Reach::Endpoint => self,
        }
    }

    /// What was being done and what happened, as a sentence.
    pub fn sentence(&self) -> String {
        let mut doing = self.doing.chars();
        let doing: String =
            doing.next().map(|first| first.to_uppercase().chain(doing).collect()).unwrap_or_default();
        let detail = self.detail.trim_end_matches('.');
        // A server's own sentence ends this one, too.
        let end = if detail.ends_with(".”") { "" } else { "." };
        format!("{doing} failed: {detail}{end}")
    }

    /// What was being done, what happened and what to do, for people.
    pub fn explained(&self) -> String {
        format!("{} {}", self.sentence(), self.cause.advice())
    }
}
