//! How many connections are allowed now: half as many after a complaint of the server, one more for each clean minute.

use std::time::Duration;

use tokio::time::Instant;

/// After so long without a complaint one more connection is allowed.
const CLEAN: Duration = Duration::from_secs(60);

/// How many connections are allowed now. Additive increase, multiplicative decrease: from all that share a system,
/// every one comes to a fair part of what it bears.
#[derive(Debug)]
pub(super) struct Tide {
    most: u16,
    /// Allowed at `since`.
    base: u16,
    since: Instant,
    /// Until when nothing new begins, and why.
    held: Option<(Instant, String)>,
    /// What the server said last.
    why: String,
}

impl Tide {
    pub(super) fn new(most: u16, now: Instant) -> Self {
        Self { most, base: most, since: now, held: None, why: String::new() }
    }

    /// Allows another number at most.
    pub(super) fn set_most(&mut self, most: u16, now: Instant) {
        // Without a complaint in force everything is allowed at once.
        let free = self.present(now) == self.most;
        self.most = most;
        if free {
            self.base = most;
        }
    }

    pub(super) const fn most(&self) -> u16 {
        self.most
    }

    /// Allowed now.
    pub(super) fn present(&self, now: Instant) -> u16 {
        let minutes = now.saturating_duration_since(self.since).as_secs() / CLEAN.as_secs();
        let grown = u64::from(self.base).saturating_add(minutes).min(u64::from(self.most));
        u16::try_from(grown).unwrap_or(self.most)
    }

    /// The server complained while so many connections were in use.
    pub(super) fn complain(&mut self, now: Instant, in_use: u16, pause: Duration, why: String) {
        let until = now.checked_add(pause).unwrap_or(now + Duration::from_secs(24 * 60 * 60));
        if self.held_until(now).is_none() {
            // What the server bears is seen from what is in use, not from what would be allowed (RFC 5681, section 3.1,
            // halves the data in flight for the same reason).
            self.base = (self.present(now).min(in_use.max(1)) / 2).max(1);
        }
        // Several connections hear the same complaint: together they count once, and the longest wait counts.
        let longest = self.held.as_ref().map_or(until, |(held, _)| until.max(*held));
        self.since = longest;
        self.held = Some((longest, why.clone()));
        self.why = why;
    }

    /// Until when nothing new begins.
    pub(super) fn held_until(&self, now: Instant) -> Option<Instant> {
        self.held.as_ref().map(|(until, _)| *until).filter(|until| *until > now)
    }

    /// What the server said last.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// When the next connection is allowed; none: all are.
    pub(super) fn next_growth(&self, now: Instant) -> Option<Instant> {
        let missing = self.most.saturating_sub(self.present(now));
        if missing == 0 {
            return None;
        }
        let minutes = now.saturating_duration_since(self.since).as_secs() / CLEAN.as_secs();
        Some(self.since + CLEAN * u32::try_from(minutes + 1).unwrap_or(u32::MAX))
    }

    /// When all connections are allowed again if nothing happens; none: all are.
    pub(super) fn whole(&self, now: Instant) -> Option<Instant> {
        let missing = self.most.saturating_sub(self.present(now));
        let first = self.next_growth(now)?;
        Some(first + CLEAN * u32::from(missing.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the server says and however time goes: at least one connection, never more than configured, never
        /// more than one more a minute, and never fewer than half of what was in use.
        #[test]
        fn the_limit_stays_between_one_and_all_and_grows_by_one_a_minute(
            most in 1_u16..100,
            events in proptest::collection::vec((0_u64..200, proptest::option::of((0_u64..300, 0_u16..120))), 1..50),
        ) {
            let mut now = Instant::now();
            let mut tide = Tide::new(most, now);
            let mut before = most;
            for (pause, complaint) in events {
                now += Duration::from_secs(pause);
                let present = tide.present(now);
                prop_assert!((1..=most).contains(&present));
                prop_assert!(u64::from(present.saturating_sub(before)) <= pause / 60 + 1);
                if let Some((wait, in_use)) = complaint {
                    let held = tide.held_until(now).is_some();
                    tide.complain(now, in_use, Duration::from_secs(wait), "slow down".into());
                    let after = tide.present(now);
                    prop_assert!(after <= present);
                    prop_assert!(held || u32::from(after) * 2 + 1 >= u32::from(present.min(in_use)));
                }
                before = tide.present(now);
            }
            let whole = tide.whole(now).unwrap_or(now);
            prop_assert_eq!(tide.present(whole), most);
        }
    }

    #[test]
    fn a_complaint_halves_what_was_in_use_once_however_many_hear_it() {
        let now = Instant::now();
        let mut tide = Tide::new(32, now);
        for _ in 0..8 {
            tide.complain(now, 8, Duration::from_secs(179), "throttled".into());
        }
        assert_eq!(tide.present(now), 4);
        assert_eq!(tide.held_until(now), Some(now + Duration::from_secs(179)));
        let over = now + Duration::from_secs(179);
        assert_eq!((tide.held_until(over), tide.present(over)), (None, 4));
        assert_eq!(tide.present(over + Duration::from_secs(59)), 4);
        assert_eq!(tide.present(over + Duration::from_secs(60)), 5);
        assert_eq!(tide.next_growth(over), Some(over + Duration::from_secs(60)));
        tide.complain(over + Duration::from_secs(60), 1, Duration::ZERO, "again".into());
        assert_eq!(tide.present(over + Duration::from_secs(60)), 1, "one is the least");
    }

    #[test]
    fn a_shorter_wait_does_not_end_a_longer_one() {
        let now = Instant::now();
        let mut tide = Tide::new(4, now);
        tide.complain(now, 4, Duration::from_secs(100), "long".into());
        tide.complain(now + Duration::from_secs(50), 4, Duration::from_secs(5), "short".into());
        assert_eq!(tide.held_until(now), Some(now + Duration::from_secs(100)));
        assert_eq!(tide.present(now), 2);
    }

    #[test]
    fn another_setting_counts_at_once_unless_the_server_complained() {
        let now = Instant::now();
        let mut tide = Tide::new(4, now);
        tide.set_most(10, now);
        assert_eq!(tide.present(now), 10);
        tide.complain(now, 10, Duration::ZERO, "slow".into());
        tide.set_most(20, now);
        assert_eq!(tide.present(now), 5);
        tide.set_most(3, now);
        assert_eq!(tide.present(now), 3);
    }
}
