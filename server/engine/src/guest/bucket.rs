//! A rate: so many units a second, smoothly, with bursts of a second at most; and what really passed.

use std::{collections::VecDeque, num::NonZeroU64, time::Duration};

use tokio::time::Instant;

/// What may pass at once after a rest, as time at the full rate.
const BURST: Duration = Duration::from_secs(1);
/// What passed is told over so many seconds.
const SPAN: u64 = 5;

/// A rate. What is taken moves the moment up to which the rate is used; whoever takes waits until that moment is no
/// more than a burst away. Everybody is served in the order of asking, and what is larger than a burst goes through
/// after its time.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Option<NonZeroU64>,
    used_until: Instant,
    passed: VecDeque<(Instant, u64)>,
}

impl Bucket {
    pub(super) fn new(now: Instant) -> Self {
        Self { rate: None, used_until: now, passed: VecDeque::new() }
    }

    pub(super) const fn set_rate(&mut self, rate: Option<NonZeroU64>) {
        self.rate = rate;
    }

    pub(super) const fn rate(&self) -> Option<NonZeroU64> {
        self.rate
    }

    /// Takes units; tells when they may pass and what time they cost.
    pub(super) fn take(&mut self, now: Instant, units: u64) -> (Instant, Duration) {
        let cost = self.rate.map_or(Duration::ZERO, |rate| span(units, rate));
        // After a rest the rate is unused since at most a burst ago: a bucket that was full cannot overflow.
        self.used_until = self.used_until.max(now) + cost;
        (self.used_until.checked_sub(BURST).unwrap_or(now).max(now), cost)
    }

    /// Gives back what was taken and not used.
    pub(super) fn refund(&mut self, cost: Duration) {
        self.used_until = self.used_until.checked_sub(cost).unwrap_or(self.used_until);
    }

    /// Notes what passed.
    pub(super) fn note(&mut self, now: Instant, units: u64) {
        match self.passed.back_mut() {
            Some((at, sum)) if now.duration_since(*at) < Duration::from_millis(200) => *sum += units,
            Some(_) | None => self.passed.push_back((now, units)),
        }
        self.forget(now);
    }

    /// Units a second over the last seconds.
    pub(super) fn pace(&mut self, now: Instant) -> u64 {
        self.forget(now);
        self.passed.iter().map(|(_, units)| units).sum::<u64>() / SPAN
    }

    fn forget(&mut self, now: Instant) {
        let old = |at: &Instant| now.duration_since(*at) >= Duration::from_secs(SPAN);
        while self.passed.front().is_some_and(|(at, _)| old(at)) {
            self.passed.pop_front();
        }
    }
}

/// The time that units take at a rate.
fn span(units: u64, rate: NonZeroU64) -> Duration {
    let nanos = u128::from(units) * 1_000_000_000 / u128::from(rate.get());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 4))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is taken when: in no stretch of time passes more than the rate and one burst allow.
        #[test]
        fn no_stretch_of_time_sees_more_than_the_rate_and_a_burst(
            rate in 1_u64..10_000,
            asked in proptest::collection::vec((0_u64..3_000, 1_u64..5_000), 1..60),
        ) {
            let begin = Instant::now();
            let mut bucket = Bucket::new(begin);
            bucket.set_rate(NonZeroU64::new(rate));
            let mut now = begin;
            let mut passed = Vec::new();
            for (pause, units) in asked {
                now += Duration::from_millis(pause);
                let (at, _) = bucket.take(now, units);
                prop_assert!(at >= now);
                passed.push((at, units));
            }
            for (first, (from, _)) in passed.iter().enumerate() {
                let mut sum = 0.0;
                for (to, units) in &passed[first..] {
                    sum += *units as f64;
                    // The first one was paid for before it passed.
                    let free = passed[first].1 as f64;
                    let allowed = (*to - *from).as_secs_f64() * rate as f64 + rate as f64 + free;
                    prop_assert!(sum <= allowed + 1.0, "{sum} in {:?} at {rate}", *to - *from);
                }
            }
        }
    }

    #[test]
    fn what_is_larger_than_a_burst_takes_its_time_and_what_is_given_back_costs_nothing() {
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        bucket.set_rate(NonZeroU64::new(100));
        let (at, cost) = bucket.take(now, 1000);
        assert_eq!((at - now, cost), (Duration::from_secs(9), Duration::from_secs(10)));
        bucket.refund(cost);
        assert_eq!(bucket.take(now, 100).0, now, "a burst of a second is free");
        assert_eq!(bucket.take(now, 50).0 - now, Duration::from_millis(500));
        bucket.set_rate(None);
        assert!(bucket.take(now + Duration::from_secs(60), u64::MAX).0 <= now + Duration::from_secs(60));
    }

    #[test]
    fn the_pace_is_what_passed_over_the_last_seconds() {
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        for second in 0..10 {
            bucket.note(now + Duration::from_secs(second), 100);
        }
        assert_eq!(bucket.pace(now + Duration::from_millis(9_500)), 100);
        assert_eq!(bucket.pace(now + Duration::from_secs(20)), 0);
    }
}
