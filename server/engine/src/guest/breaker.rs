//! Circuit breakers of logins: after two refusals in a row a login is not tried any more, so that no account is locked.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    hash::BuildHasher,
};

use secrecy::{ExposeSecret, SecretString};
use shared::{
    limits::{BreakerView, LoginKey},
    time::Timestamp,
};

/// Refusals in a row that open a breaker.
const REFUSALS: u8 = 2;

/// The breakers of one system. A login that was accepted and is not being tried takes no room.
#[derive(Debug, Default)]
pub(super) struct Breakers {
    logins: BTreeMap<LoginKey, Breaker>,
    /// Its keys are this process's own: what it makes of a secret tells nobody anything.
    hasher: RandomState,
}

#[derive(Debug)]
struct Breaker {
    /// Recognises the secret that was tried.
    secret: u64,
    refusals: u8,
    /// Attempts whose outcome is not known yet.
    trying: u8,
    since: Timestamp,
    words: String,
}

/// Whether a login may be tried.
#[derive(Debug, PartialEq)]
pub(super) enum Leave {
    /// Now; recognises the secret when the outcome is told.
    Go(u64),
    /// Not before the outcome of another attempt is known: together they could be refused once too often.
    Wait,
    /// Not at all.
    Open(BreakerView),
}

impl Breakers {
    pub(super) fn ask(&mut self, login: &LoginKey, secret: &SecretString, now: Timestamp) -> Leave {
        let secret = self.hasher.hash_one(secret.expose_secret());
        let fresh = || Breaker { secret, refusals: 0, trying: 0, since: now, words: String::new() };
        let breaker = self.logins.entry(login.clone()).or_insert_with(fresh);
        if breaker.secret != secret {
            // Another secret is another chance; attempts with the old one do not count any more.
            *breaker = fresh();
        }
        if breaker.refusals >= REFUSALS {
            return Leave::Open(breaker.view(login));
        }
        if breaker.refusals + breaker.trying >= REFUSALS {
            return Leave::Wait;
        }
        breaker.trying += 1;
        Leave::Go(secret)
    }

    /// An attempt ended; `outcome` has the server's words when it was refused, nothing when nobody can say.
    pub(super) fn tell(&mut self, login: &LoginKey, secret: u64, outcome: Outcome, now: Timestamp) {
        let Some(breaker) = self.logins.get_mut(login).filter(|breaker| breaker.secret == secret) else {
            return;
        };
        breaker.trying = breaker.trying.saturating_sub(1);
        match outcome {
            Outcome::Accepted => breaker.refusals = 0,
            Outcome::Refused(words) => {
                breaker.refusals = breaker.refusals.saturating_add(1);
                (breaker.since, breaker.words) = (now, words);
            }
            Outcome::Unknown => {}
        }
        if breaker.refusals == 0 && breaker.trying == 0 {
            self.logins.remove(login);
        }
    }

    /// Closes a breaker; false when it was not open.
    pub(super) fn reset(&mut self, login: &LoginKey) -> bool {
        let open = self.logins.get(login).is_some_and(|breaker| breaker.refusals >= REFUSALS);
        if open {
            self.logins.remove(login);
        }
        open
    }

    /// The open ones.
    pub(super) fn open(&self) -> Vec<BreakerView> {
        let open = self.logins.iter().filter(|(_, breaker)| breaker.refusals >= REFUSALS);
        open.map(|(login, breaker)| breaker.view(login)).collect()
    }
}

impl Breaker {
    fn view(&self, login: &LoginKey) -> BreakerView {
        BreakerView { login: login.clone(), since: self.since, words: self.words.clone() }
    }
}

/// How an attempt to log in ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Accepted,
    /// With the server's words.
    Refused(String),
    /// The connection broke, or nobody waited for the answer.
    Unknown,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn anna() -> LoginKey {
        LoginKey::Mailbox("anna".into())
    }

    #[test]
    fn edge_159_two_refusals_open_the_breaker_until_the_secret_changed_or_it_is_reset() {
        let mut breakers = Breakers::default();
        for _ in 0..2 {
            let Leave::Go(secret) = breakers.ask(&anna(), &"wrong".into(), NOW) else {
                panic!("may be tried")
            };
            breakers.tell(&anna(), secret, Outcome::Refused("no".into()), NOW);
        }
        let open = BreakerView { login: anna(), since: NOW, words: "no".into() };
        assert_eq!(breakers.ask(&anna(), &"wrong".into(), NOW), Leave::Open(open.clone()));
        assert_eq!(breakers.open(), [open]);
        let other = LoginKey::Mailbox("bert".into());
        assert!(matches!(breakers.ask(&other, &"wrong".into(), NOW), Leave::Go(_)), "another account");
        let Leave::Go(secret) = breakers.ask(&anna(), &"right".into(), NOW) else { panic!("another secret") };
        breakers.tell(&anna(), secret, Outcome::Accepted, NOW);
        assert!(breakers.open().is_empty());
        for _ in 0..2 {
            let Leave::Go(secret) = breakers.ask(&anna(), &"wrong".into(), NOW) else {
                panic!("may be tried")
            };
            breakers.tell(&anna(), secret, Outcome::Refused("no".into()), NOW);
        }
        assert!(breakers.reset(&anna()) && !breakers.reset(&anna()));
        assert!(matches!(breakers.ask(&anna(), &"wrong".into(), NOW), Leave::Go(_)));
    }

    #[test]
    fn nothing_the_breakers_keep_shows_the_secret() {
        let mut breakers = Breakers::default();
        breakers.ask(&anna(), &"hunter2-canary".into(), NOW);
        assert!(!format!("{breakers:?}").contains("canary"));
    }

    proptest! {
        /// However attempts overlap: with one wrong secret no third attempt begins.
        #[test]
        fn a_wrong_secret_is_never_sent_a_third_time(answers in proptest::collection::vec(any::<bool>(), 0..40)) {
            let mut breakers = Breakers::default();
            let (mut under_way, mut sent) = (Vec::new(), 0);
            for answered in answers {
                if answered {
                    if let Some(secret) = under_way.pop() {
                        breakers.tell(&anna(), secret, Outcome::Refused("no".into()), NOW);
                    }
                } else if let Leave::Go(secret) = breakers.ask(&anna(), &"wrong".into(), NOW) {
                    under_way.push(secret);
                    sent += 1;
                }
            }
            prop_assert!(sent <= 2);
        }
    }
}
