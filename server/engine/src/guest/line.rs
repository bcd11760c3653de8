//! What sessions have seen of the line to a system, for those that come after them.

use std::time::Duration;

use tokio::time::Instant;

/// A line that was slow is taken for slow for so long; then the next session looks for itself.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// What sessions have seen of the line to a system.
#[derive(Debug, Default)]
pub(super) struct Line {
    slow: Option<Instant>,
    /// What came of compressing made no sense.
    garbled: bool,
}

impl Line {
    pub(super) fn note_slow(&mut self, now: Instant) {
        self.slow = Some(now);
    }

    pub(super) fn is_slow(&self, now: Instant) -> bool {
        self.slow.is_some_and(|seen| now.saturating_duration_since(seen) < REMEMBERED)
    }

    /// True the first time.
    pub(super) fn note_garbled(&mut self) -> bool {
        !std::mem::replace(&mut self.garbled, true)
    }

    pub(super) const fn is_garbled(&self) -> bool {
        self.garbled
    }
}
