//! What sessions have seen of the line to a system, for those that come after them.

use std::time::Duration;

use tokio::time::Instant;

/// A line that was slow is taken for slow for so long, and compression that failed for failing; then the next session looks
/// for itself.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// What sessions have seen of the line to a system.
#[derive(Debug, Default)]
pub(super) struct Line {
    slow: Option<Instant>,
    /// When compressed sessions broke so that the next go without.
    doubted: Option<Instant>,
}

impl Line {
    pub(super) fn note_slow(&mut self, now: Instant) {
        self.slow = Some(now);
    }

    pub(super) fn is_slow(&self, now: Instant) -> bool {
        self.slow.is_some_and(|seen| now.saturating_duration_since(seen) < REMEMBERED)
    }

    /// True when sessions went on compressing until now.
    pub(super) fn note_doubt(&mut self, now: Instant) -> bool {
        let before = self.is_doubted(now);
        self.doubted = Some(now);
        !before
    }

    pub(super) fn is_doubted(&self, now: Instant) -> bool {
        self.doubted.is_some_and(|seen| now.saturating_duration_since(seen) < REMEMBERED)
    }
}
