//! How often somebody may try: logins by place and by account, connection checks by admin.
//!
//! A flood against an account must not lock its owner out: places from which the account was opened before have a
//! bucket of their own.

use std::{
    collections::HashSet,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use shared::id::AdminId;

/// Attempts from one place: twenty at once, then one every six seconds.
const BY_PLACE: (u32, Duration) = (20, Duration::from_secs(6));
/// Attempts at one account from unknown places: ten at once, then fifteen an hour.
const BY_ACCOUNT: (u32, Duration) = (10, Duration::from_secs(240));
/// Attempts at one account from a place that opened it before.
const BY_KNOWN: (u32, Duration) = (20, Duration::from_secs(15));
/// Connection checks by one admin: ten a minute.
const CHECKS: (u32, Duration) = (10, Duration::from_secs(6));

/// Bad API tokens from one place: twenty at once, then one every six seconds.
const BAD_TOKENS: (u32, Duration) = (20, Duration::from_secs(6));

/// Refusals from one place that are written to the audit log: more would only fill it.
const REFUSALS: (u32, Duration) = (20, Duration::from_secs(6));

/// How many known places are remembered; beyond it the memory starts afresh.
const KNOWN_MAX: usize = 10_000;
/// Login names are cut here before they become a key.
const NAME_MAX: usize = 128;

/// A bucket for each key.
struct Gate<K: Hash + Eq + Clone, C: Clock> {
    limiter: RateLimiter<K, DashMapStateStore<K>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Gate<K, C> {
    fn new((burst, refill): (u32, Duration), clock: &C) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(refill).unwrap_or_else(|| Quota::per_second(burst)).allow_burst(burst);
        Self {
            limiter: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            clock: clock.clone(),
        }
    }

    fn pass(&self, key: &K) -> Result<(), TooMany> {
        let Err(refused) = self.limiter.check_key(key) else { return Ok(()) };
        let wait = refused.wait_time_from(self.clock.now());
        Err(TooMany { seconds: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) })
    }
}

/// Too many attempts; the next one counts after some seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// When to come back.
    pub(crate) seconds: u64,
}

/// Every limit there is.
pub(crate) struct Limits<C: Clock = DefaultClock> {
    by_place: Gate<IpAddr, C>,
    by_account: Gate<String, C>,
    by_known: Gate<(String, IpAddr), C>,
    known: Mutex<HashSet<(String, IpAddr)>>,
    checks: Gate<AdminId, C>,
    bad_tokens: Gate<IpAddr, C>,
    refusals: Gate<IpAddr, C>,
}

impl<C: Clock> std::fmt::Debug for Limits<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self::with_clock(&DefaultClock::default())
    }
}

impl<C: Clock + Clone> Limits<C> {
    fn with_clock(clock: &C) -> Self {
        Self {
            by_place: Gate::new(BY_PLACE, clock),
            by_account: Gate::new(BY_ACCOUNT, clock),
            by_known: Gate::new(BY_KNOWN, clock),
            known: Mutex::default(),
            checks: Gate::new(CHECKS, clock),
            bad_tokens: Gate::new(BAD_TOKENS, clock),
            refusals: Gate::new(REFUSALS, clock),
        }
    }

    /// Before a password is looked at.
    pub(crate) fn login(&self, name: &str, from: IpAddr) -> Result<(), TooMany> {
        let place = place(from);
        self.by_place.pass(&place)?;
        let key = (account(name), place);
        let known = self.known().contains(&key);
        match known {
            true => self.by_known.pass(&key),
            false => self.by_account.pass(&key.0),
        }
    }

    /// Before a set-up token is looked at.
    pub(crate) fn set_up(&self, from: IpAddr) -> Result<(), TooMany> {
        self.by_place.pass(&place(from))
    }

    /// After a password fitted: this place is known for this account.
    pub(crate) fn succeeded(&self, name: &str, from: IpAddr) {
        let mut known = self.known();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert((account(name), place(from)));
    }

    /// Before a connection check.
    pub(crate) fn check(&self, admin: AdminId) -> Result<(), TooMany> {
        self.checks.pass(&admin)
    }

    /// After a token that is none. Good ones are never held up: nobody guesses 256 bits, so the limit saves work alone.
    pub(crate) fn bad_token(&self, from: IpAddr) -> Result<(), TooMany> {
        self.bad_tokens.pass(&place(from))
    }

    /// Whether a refusal is still worth a line of the audit log.
    pub(crate) fn is_news(&self, from: IpAddr) -> bool {
        self.refusals.pass(&place(from)).is_ok()
    }

    /// Forgets buckets that are full again, so that invented names cost no memory for long.
    pub(crate) fn forget_idle(&self) {
        self.by_place.limiter.retain_recent();
        self.by_account.limiter.retain_recent();
        self.by_known.limiter.retain_recent();
        self.checks.limiter.retain_recent();
        self.bad_tokens.limiter.retain_recent();
        self.refusals.limiter.retain_recent();
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<(String, IpAddr)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn account(name: &str) -> String {
    name.to_lowercase().chars().take(NAME_MAX).collect()
}

/// The address itself, or the /64 network for IPv6, where one customer has a whole network to try from.
fn place(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use governor::clock::FakeRelativeClock;
    use shared::id::AdminId;

    use super::Limits;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_account_is_guessed_at_no_more_than_a_few_times_an_hour_from_anywhere() {
        let clock = FakeRelativeClock::default();
        let limits = Limits::with_clock(&clock);
        let mut accepted = 0;
        for second in 0..3600_u32 {
            let from = ip(&format!("10.0.{}.{}", second % 50, second % 7));
            accepted += u32::from(limits.login("anna", from).is_ok());
            clock.advance(Duration::from_secs(1));
        }
        assert!((20..=26).contains(&accepted), "{accepted}");
    }

    #[test]
    fn a_flood_does_not_lock_out_a_known_place() {
        let limits = Limits::with_clock(&FakeRelativeClock::default());
        let office = ip("192.0.2.1");
        limits.succeeded("Anna", office);
        for last in 0..200 {
            let _ = limits.login("anna", ip(&format!("198.51.100.{last}")));
        }
        assert!(limits.login("anna", ip("203.0.113.9")).is_err(), "unknown places wait");
        assert_eq!(limits.login("anna", office), Ok(()));
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let clock = FakeRelativeClock::default();
        let limits = Limits::with_clock(&clock);
        let from = ip("2001:db8::1");
        let refused = loop {
            if let Err(refused) = limits.login("anna", from) {
                break refused;
            }
        };
        assert!((1..=240).contains(&refused.seconds), "{refused:?}");
        clock.advance(Duration::from_secs(refused.seconds));
        assert_eq!(limits.login("anna", from), Ok(()));
    }

    #[test]
    fn one_network_of_ipv6_is_one_place() {
        let limits = Limits::with_clock(&FakeRelativeClock::default());
        let refused =
            (0..30).filter(|n| limits.login(&format!("user{n}"), ip(&format!("2001:db8::{n}"))).is_err());
        assert_eq!(refused.count(), 10);
    }

    #[test]
    fn an_admin_checks_ten_times_a_minute() {
        let limits = Limits::with_clock(&FakeRelativeClock::default());
        let accepted = (0..30).filter(|_| limits.check(AdminId(1)).is_ok()).count();
        assert_eq!(accepted, 10);
        assert_eq!(limits.check(AdminId(2)), Ok(()), "each admin has an own bucket");
    }
}
