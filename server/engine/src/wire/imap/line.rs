//! What a session has seen of the line beneath it: how far the server is, and how fast the line is when it is the line
//! that is waited for.

use std::time::Duration;

/// A server that answers sooner is near: compressing would only cost time.
const NEAR: Duration = Duration::from_millis(5);
/// A line that brings less in a second is slow. A processor deflates many times as much.
const SLOW: u64 = 4_000_000;
/// Bytes after which it is judged, or else the time that was waited for fewer. A fast line is slow in its first round
/// trips too (RFC 5681, section 3.1): it is judged twice.
const ENOUGH: u64 = 1024 * 1024;
const LONG: Duration = Duration::from_secs(3);
const TIMES: u8 = 2;

/// What a session has seen of the line beneath it.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    /// The quickest answer so far.
    nearest: Option<Duration>,
    /// Waited for bytes that were on their way for certain, and how many came.
    waited: Duration,
    bytes: u64,
    /// How often in a row it was found slow.
    slow: u8,
}

impl Line {
    /// The server answered after so long.
    pub(super) fn answered(&mut self, after: Duration) {
        self.nearest = Some(self.nearest.map_or(after, |nearest| nearest.min(after)));
    }

    /// So many bytes of something that was on its way already took so long, in or out.
    pub(super) fn moved(&mut self, bytes: usize, waited: Duration) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.waited += waited;
        if self.bytes >= ENOUGH || self.waited >= LONG {
            let in_time = Duration::from_millis(self.bytes.saturating_mul(1000) / SLOW);
            self.slow = if self.waited > in_time { self.slow.saturating_add(1) } else { 0 };
            (self.bytes, self.waited) = (0, Duration::ZERO);
        }
    }

    /// Whether it is worth compressing what goes over it.
    pub(super) fn is_slow(&self) -> bool {
        self.slow >= TIMES && self.nearest.is_some_and(|nearest| nearest >= NEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(round_trip: u64, pieces: usize, bytes: usize, millis: u64) -> bool {
        let mut line = Line::default();
        line.answered(Duration::from_secs(1));
        line.answered(Duration::from_millis(round_trip));
        for _ in 0..pieces {
            line.moved(bytes, Duration::from_millis(millis));
        }
        line.is_slow()
    }

    #[test]
    fn a_line_is_slow_that_is_far_and_brings_little() {
        assert!(slow(20, 140, 16_000, 16), "1 MB/s");
        assert!(slow(600, 60, 120, 100), "1,200 bytes a second");
        assert!(!slow(20, 140, 160_000, 16), "10 MB/s");
        assert!(!slow(20, 70, 16_000, 16), "too little to judge by");
        assert!(!slow(1, 140, 16_000, 16), "a slow server next door");
    }

    #[test]
    fn a_line_that_only_begins_slowly_is_not_slow() {
        let mut line = Line::default();
        let round_trip = Duration::from_millis(100);
        line.answered(round_trip);
        let mut window = 14_000;
        for _ in 0..14 {
            line.moved(window, round_trip);
            assert!(!line.is_slow(), "{window} bytes on their way");
            window *= 2;
        }
    }

    #[test]
    fn what_a_line_brings_now_counts_more_than_what_it_brought() {
        let mut line = Line::default();
        line.answered(Duration::from_millis(20));
        line.moved(1_100_000, Duration::from_secs(1));
        line.moved(1_100_000, Duration::from_secs(1));
        assert!(line.is_slow());
        line.moved(1_100_000, Duration::from_millis(10));
        assert!(!line.is_slow());
    }
}
