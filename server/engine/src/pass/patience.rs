//! How patient a pass is with servers and lines that fail: when it tries again, and when it gives up.

use std::time::Duration;

use shared::cause::Cause;
use tokio::time::Instant;

use crate::error::{ConnectorError, Retry};

/// Give up after so long without a connection to both sides: a line or a server may be away for a day.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Failures in a row while both sides can be reached and nothing is achieved, before that is taken for a fault that stays.
const MOST_IN_VAIN: u32 = 30;
/// Longest pause between two attempts, unless the server asks for a longer one; and once it was away for long.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(600);
const LONGEST_PAUSE_AFTER_LONG: Duration = Duration::from_secs(300);
/// The first pause before a server is asked again for a mailbox that it does not open although it opens others; each
/// further one is twice as long. One part of it may be starting anew.
const ALONE_PAUSE: Duration = Duration::from_secs(30);
/// Answers that make no sense, in a row, before it is taken for a fault that stays: enough to find out the one message
/// that they are about.
const MOST_NONSENSE: u32 = 8;

/// Whether both sides were reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// By the attempt that failed.
    Now,
    /// By an earlier attempt of the pass.
    Before,
    Never,
}

/// What went wrong since something was achieved.
#[derive(Debug)]
pub(super) struct Patience {
    /// A number that grows whenever something is achieved, and since when it is what it is.
    milestone: u64,
    since: Instant,
    /// Failures in a row; those of this mailbox alone; those while both sides were reached.
    failures: u32,
    alone: u32,
    in_vain: u32,
}

impl Patience {
    pub(super) fn new(milestone: u64) -> Self {
        Self { milestone, since: Instant::now(), failures: 0, alone: 0, in_vain: 0 }
    }

    /// A long wait for one of the systems ended then: no time without progress.
    pub(super) fn waited(&mut self, until: Option<Instant>) {
        self.since = until.unwrap_or(self.since);
    }

    /// How long to wait before the next attempt, after this error; none: give up.
    pub(super) fn after(
        &mut self,
        error: &ConnectorError,
        milestone: u64,
        reached: Reached,
    ) -> Option<Duration> {
        if milestone != self.milestone {
            *self = Self::new(milestone);
        }
        if reached == Reached::Now {
            // Work that is long has no milestones: whoever was connected did some.
            self.since = Instant::now();
            // Who is asked to wait waits as long as it takes.
            self.in_vain += u32::from(error.cause != Cause::Throttled);
        }
        self.failures += 1;
        self.alone += u32::from(error.retry == Retry::Alone);
        self.pause(error, reached != Reached::Never).filter(|_| self.in_vain <= MOST_IN_VAIN)
    }

    fn pause(&self, error: &ConnectorError, reached: bool) -> Option<Duration> {
        let without_progress = self.since.elapsed();
        let asked = match error.retry {
            Retry::Never => return None,
            Retry::Alone => {
                let pause = ALONE_PAUSE * 2_u32.pow(self.failures.saturating_sub(1).min(4));
                // What was open in this pass is there for certain. Another may not be there at all, and others wait for its
                // place: it has one more chance, however long it waited for the first.
                let worth_it = if reached { without_progress + pause < LONG } else { self.alone == 1 };
                return worth_it.then_some(pause);
            }
            Retry::Now => Duration::ZERO,
            Retry::After(pause) => pause,
        };
        let worth_it = match error.cause {
            cause if cause.passes_by_itself() => true,
            Cause::Protocol => reached && self.failures <= MOST_NONSENSE,
            _ => reached,
        };
        let longest = if without_progress < LONG { LONGEST_PAUSE } else { LONGEST_PAUSE_AFTER_LONG };
        let doubled = Duration::from_millis(250) * 2_u32.pow(self.failures.min(11));
        let pause = asked.max(doubled.min(longest));
        // Who is asked to wait waits as long as it takes.
        let in_time = error.cause == Cause::Throttled || without_progress + pause < PATIENCE;
        (worth_it && in_time).then_some(pause)
    }
}
