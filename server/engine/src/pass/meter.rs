//! Measures a running pass: rate over the last seconds, time left as a range, snapshots a few times a second.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use shared::live::{Phase, Progress};
use tokio::sync::watch;

/// Time between two snapshots.
const PUBLISH: Duration = Duration::from_millis(200);
/// The rate is taken over so much time.
const SPAN: Duration = Duration::from_secs(10);
/// No forecast before so much time of a phase and so much of its work.
const EARLY: Duration = Duration::from_secs(3);
const EARLY_PART: f64 = 0.02;

/// Measures a running pass. Shared by both sides of a comparison.
#[derive(Debug)]
pub(super) struct Meter(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    sender: watch::Sender<Progress>,
    progress: Progress,
    began: Instant,
    published: Option<Instant>,
    samples: VecDeque<(Instant, u64, u64)>,
}

/// How much there is to do in a phase.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    pub folders: u64,
    pub items: u64,
    pub bytes: u64,
}

impl Meter {
    pub(super) fn new(sender: watch::Sender<Progress>) -> Self {
        Self(Mutex::new(Inner {
            sender,
            progress: Progress::begin(Phase::Connecting),
            began: Instant::now(),
            published: None,
            samples: VecDeque::new(),
        }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a phase.
    pub(super) fn phase(&self, phase: Phase, total: Amount) {
        let mut inner = self.inner();
        inner.progress = Progress {
            folders_total: total.folders,
            items_total: total.items,
            bytes_total: total.bytes,
            ..Progress::begin(phase)
        };
        inner.began = Instant::now();
        inner.samples.clear();
        inner.publish(true);
    }

    /// Begins a folder.
    pub(super) fn folder(&self, name: String) {
        let mut inner = self.inner();
        inner.progress.folder = Some(name);
        inner.publish(false);
    }

    /// Ends a folder.
    pub(super) fn folder_done(&self) {
        let mut inner = self.inner();
        inner.progress.folders_done += 1;
        inner.publish(false);
    }

    /// Counts work that is done.
    pub(super) fn add(&self, items: u64, bytes: u64) {
        let mut inner = self.inner();
        inner.progress.items_done += items;
        inner.progress.bytes_done += bytes;
        inner.publish(false);
    }

    /// Says why the pass waits.
    pub(super) fn waiting(&self, why: String) {
        let mut inner = self.inner();
        inner.progress.phase = Phase::Waiting;
        inner.progress.waiting = Some(why);
        inner.publish(true);
    }

    /// Sends the last snapshot.
    pub(super) fn finish(&self) {
        self.inner().publish(true);
    }
}

impl Inner {
    fn publish(&mut self, now: bool) {
        let at = Instant::now();
        if !now && self.published.is_some_and(|last| at.duration_since(last) < PUBLISH) {
            return;
        }
        self.published = Some(at);
        let Progress { items_done, bytes_done, .. } = self.progress;
        self.samples.push_back((at, items_done, bytes_done));
        while self.samples.len() > 2 && self.samples.front().is_some_and(|sample| at - sample.0 > SPAN) {
            self.samples.pop_front();
        }
        let recent = self.samples.front().map_or((0.0, 0.0), |(then, items, bytes)| {
            rates(at.duration_since(*then), items_done - items, bytes_done - bytes)
        });
        (self.progress.items_per_second, self.progress.bytes_per_second) = recent;
        let overall = rates(at.duration_since(self.began), items_done, bytes_done);
        let early = at.duration_since(self.began) < EARLY || self.progress.fraction() < EARLY_PART;
        self.progress.seconds_left = if early { None } else { forecast(&self.progress, &[recent, overall]) };
        self.sender.send_replace(self.progress.clone());
    }
}

fn rates(time: Duration, items: u64, bytes: u64) -> (f64, f64) {
    let seconds = time.as_secs_f64();
    if seconds < 0.05 { (0.0, 0.0) } else { (items as f64 / seconds, bytes as f64 / seconds) }
}

/// The least and the most seconds left that any of the rates gives, by items and by bytes.
fn forecast(progress: &Progress, rates: &[(f64, f64)]) -> Option<(u64, u64)> {
    let items = progress.items_total.saturating_sub(progress.items_done) as f64;
    let bytes = progress.bytes_total.saturating_sub(progress.bytes_done) as f64;
    let guesses = rates.iter().flat_map(|(items_rate, bytes_rate)| {
        [(items, *items_rate), (bytes, *bytes_rate)]
            .into_iter()
            .filter(|(_, rate)| *rate > 0.0)
            .map(|(left, rate)| (left / rate).ceil() as u64)
    });
    guesses.fold(None, |range, guess| match range {
        None => Some((guess, guess)),
        Some((least, most)) => Some((least.min(guess), most.max(guess))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_a_range_over_the_rates() {
        let progress = Progress {
            items_done: 50,
            items_total: 100,
            bytes_done: 500,
            bytes_total: 2000,
            ..Progress::begin(Phase::Copying)
        };
        assert_eq!(forecast(&progress, &[(10.0, 100.0), (5.0, 150.0)]), Some((5, 15)));
        assert_eq!(forecast(&progress, &[(0.0, 0.0)]), None);
    }
}
