//! Notices when a mailbox slows down: its pace of the last minute beside its pace until then. Pure.

use std::{collections::VecDeque, time::Duration};

use shared::live::{Phase, Progress};

/// The last so long is now; what was before is what it could do.
const NOW: Duration = Duration::from_secs(60);
/// Before that, nobody knows what it could do.
const BEFORE: Duration = Duration::from_secs(60);
/// Between two samples that are kept.
const STEP: Duration = Duration::from_secs(5);
/// A message costs as much as so many bytes, so that a folder of many small ones is no slow folder.
const ITEM_BYTES: u64 = 16 * 1024;

/// How the pace of one pass goes.
#[derive(Debug, Default)]
pub(super) struct Pace {
    phase: Option<Phase>,
    /// When, since the pass was registered, and what was done until then.
    samples: VecDeque<(Duration, u64)>,
    /// The first of this phase.
    first: Option<(Duration, u64)>,
}

impl Pace {
    /// Notes how far the pass is.
    pub(super) fn note(&mut self, at: Duration, progress: &Progress) {
        if self.phase != Some(progress.phase) {
            *self = Self { phase: Some(progress.phase), ..Self::default() };
        }
        if self.samples.back().is_some_and(|(last, _)| at < *last + STEP) {
            return;
        }
        let done = progress.bytes_done + progress.items_done * ITEM_BYTES;
        self.first.get_or_insert((at, done));
        self.samples.push_back((at, done));
        // One sample older than a minute stays: the minute begins with it.
        while self.samples.get(1).is_some_and(|(second, _)| *second + NOW <= at) {
            self.samples.pop_front();
        }
    }

    /// A warning when the last minute brought less than half of what the minutes before did.
    pub(super) fn slow(&self) -> Option<String> {
        match self.phase? {
            Phase::Copying | Phase::Verifying => {}
            Phase::Connecting | Phase::Inventory | Phase::Recovering | Phase::Waiting => return None,
        }
        let (first, now, last) = (self.first?, *self.samples.front()?, *self.samples.back()?);
        if now.0 < first.0 + BEFORE || last.0 < now.0 + NOW / 2 {
            return None;
        }
        let pace = |from: (Duration, u64), to: (Duration, u64)| {
            to.1.saturating_sub(from.1) as f64 / (to.0 - from.0).as_secs_f64().max(1.0)
        };
        let (before, lately) = (pace(first, now), pace(now, last));
        (before > 0.0 && lately < before / 2.0).then(|| {
            let part = (lately / before * 100.0).round();
            format!("It has slowed down to {part} % of its pace until now. Nothing is lost; look whether a server is busy.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pass that copies so many bytes a second for some seconds each.
    fn check(paces: &[(u64, u64)], slow: bool) {
        let mut pace = Pace::default();
        let mut progress = Progress::begin(Phase::Copying);
        let mut at = 0;
        for (seconds, rate) in paces {
            for _ in 0..*seconds {
                at += 1;
                progress.bytes_done += rate;
                pace.note(Duration::from_secs(at), &progress);
            }
        }
        assert_eq!(pace.slow().is_some(), slow, "{paces:?}: {:?}", pace.slow());
    }

    #[test]
    fn edge_171_a_mailbox_that_slows_down_by_half_is_noticed_and_a_steady_one_is_not() {
        check(&[(300, 1_000_000)], false);
        check(&[(300, 1_000_000), (70, 400_000)], true);
        check(&[(300, 1_000_000), (70, 700_000)], false);
        check(&[(300, 1_000_000), (70, 0)], true);
        check(&[(20, 1_000_000), (20, 10)], false);
        check(&[(120, 1_000_000), (70, 100_000), (100, 1_000_000)], false);
    }

    #[test]
    fn another_phase_has_a_pace_of_its_own() {
        let mut pace = Pace::default();
        let mut progress = Progress::begin(Phase::Copying);
        for at in 0..200 {
            progress.bytes_done += 1_000_000;
            pace.note(Duration::from_secs(at), &progress);
        }
        progress = Progress::begin(Phase::Verifying);
        for at in 200..260 {
            progress.bytes_done += 1000;
            pace.note(Duration::from_secs(at), &progress);
        }
        assert_eq!(pace.slow(), None);
    }
}
