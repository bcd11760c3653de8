//! Mailboxes that are under way together.

use serde::{Deserialize, Serialize};

/// How far the mailboxes are that were begun together, beside how each of them stood before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UnderWay {
    /// Mailboxes that were complete when they were begun again, and that a pass is not through with yet: what is on the
    /// target is there all the same.
    pub again: u64,
    /// Mailboxes that were begun since the earliest that still waits or runs, with that one; 0 while none does.
    pub jobs: u64,
    /// Mailboxes among them that a pass is through with, however it ended.
    pub done: u64,
}

impl UnderWay {
    /// Whether something that was complete is under way again, so that how far this is says nothing of what is complete.
    pub const fn is_again(&self) -> bool {
        self.again > 0 && self.jobs > 0
    }
}
