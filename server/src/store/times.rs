//! How long leases last, and what follows from it.

use std::{num::NonZeroU16, time::Duration};

/// How long leases last; every other time is a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeaseTimes(NonZeroU16);

impl Default for LeaseTimes {
    fn default() -> Self {
        Self::of_seconds(const { NonZeroU16::new(60).expect("a minute is not zero") })
    }
}

impl LeaseTimes {
    /// A lease of so many seconds.
    pub(crate) const fn of_seconds(seconds: NonZeroU16) -> Self {
        Self(seconds)
    }

    /// A lease that was not renewed this long is over.
    pub(super) const fn lease_millis(self) -> i64 {
        self.0.get() as i64 * 1000
    }

    /// After that the other side gets this long to store what was still on its way.
    pub(super) const fn settle_millis(self) -> i64 {
        self.lease_millis() / 2
    }

    /// How often a lease is to be renewed.
    pub(crate) const fn heartbeat(self) -> Duration {
        Duration::from_millis(self.0.get() as u64 * 250)
    }

    /// Without a lease that was renewed this lately, another process may soon take the job: connections are dropped.
    /// Counted from when the renewal was asked for, so that it is over here before it is over in the database.
    pub(crate) const fn deadline(self) -> Duration {
        Duration::from_millis(self.0.get() as u64 * 750)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::LeaseTimes;
    use crate::queue::POLL;

    #[test]
    fn a_dead_nodes_mailboxes_go_on_elsewhere_within_two_minutes() {
        let times = LeaseTimes::default();
        let whole = |millis: i64| Duration::from_millis(millis.unsigned_abs());
        // It died right after a heartbeat; the others look for orphans with each of theirs, and for work with each poll.
        let latest = whole(times.lease_millis()) + whole(times.settle_millis()) + times.heartbeat() + POLL;
        assert!(latest <= Duration::from_secs(120), "{latest:?}");
    }

    #[test]
    fn a_node_lets_go_before_its_lease_is_over_and_misses_a_heartbeat_without_harm() {
        let times = LeaseTimes::default();
        assert!(times.deadline() < Duration::from_millis(times.lease_millis().unsigned_abs()));
        assert!(times.heartbeat() * 2 < times.deadline());
    }

    #[test]
    fn work_is_found_within_five_seconds_without_any_wake_up() {
        assert!(POLL < Duration::from_secs(5));
    }
}
