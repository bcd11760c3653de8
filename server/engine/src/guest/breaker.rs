//! Circuit breakers of logins: after two refusals in a row a login is not tried any more, so that no account is locked.
//!
//! Where an admin logs in for all mailboxes, many servers refuse one that is not there in the very words in which they refuse
//! a wrong password. So the mailbox that an admin's login opened last is kept: after a refusal nothing is sent but a login for
//! that one. When it opens, the refusal was about its mailbox; when it does not, the breaker opens. A secret that opened
//! nothing yet is sent twice at most; one that did, and does not any more, once more to find that out.

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
/// Proofs of which nothing came, in a row, before a mailbox proves nothing any more: all others wait for it meanwhile.
const SILENCES: u8 = 2;

/// The breakers of one system. A login that was accepted and is not being tried takes no room, unless it is an admin's.
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
    /// The mailbox for which it was refused last.
    refused_for: String,
    /// The mailbox that an admin's login opened last with this secret.
    opened: Option<String>,
    /// How often that one neither opened nor was refused since.
    silences: u8,
}

/// Whether a login may be tried.
#[derive(Debug, PartialEq)]
pub(super) enum Leave {
    /// Now.
    Go {
        /// Recognises the secret when the outcome is told.
        secret: u64,
        /// Nothing speaks against the secret, and it opened a mailbox.
        good: bool,
        /// The server's words, when it refused the very same for this mailbox last.
        refused: Option<String>,
    },
    /// Not before it is proved that the secret is still good: by opening this mailbox, now.
    Prove {
        /// Recognises the secret when the outcome is told.
        secret: u64,
        /// One that it opened.
        mailbox: String,
    },
    /// Not before the outcome of another attempt is known: together they could be refused once too often.
    Wait,
    /// Not at all.
    Open(BreakerView),
}

impl Breakers {
    pub(super) fn ask(
        &mut self,
        login: &LoginKey,
        secret: &SecretString,
        mailbox: &str,
        now: Timestamp,
    ) -> Leave {
        let secret = self.hasher.hash_one(secret.expose_secret());
        let fresh = || Breaker {
            secret,
            refusals: 0,
            trying: 0,
            since: now,
            words: String::new(),
            refused_for: String::new(),
            opened: None,
            silences: 0,
        };
        let breaker = self.logins.entry(login.clone()).or_insert_with(fresh);
        if breaker.secret != secret {
            // Another secret is another chance; attempts with the old one do not count any more.
            *breaker = fresh();
        }
        if let Some(mailbox) = breaker.opened.clone().filter(|_| breaker.refusals > 0) {
            if breaker.trying > 0 {
                return Leave::Wait;
            }
            breaker.trying = 1;
            return Leave::Prove { secret, mailbox };
        }
        if breaker.refusals >= REFUSALS {
            return Leave::Open(breaker.view(login));
        }
        if breaker.refusals + breaker.trying >= REFUSALS {
            return Leave::Wait;
        }
        breaker.trying += 1;
        let refused = (breaker.refusals > 0 && breaker.refused_for == mailbox).then(|| breaker.words.clone());
        Leave::Go { secret, good: breaker.opened.is_some(), refused }
    }

    /// An attempt to open a mailbox ended; `outcome` has the server's words when it was refused, nothing when nobody can say.
    /// Tells whether it can be proved whom a refusal concerns.
    pub(super) fn tell(
        &mut self,
        login: &LoginKey,
        secret: u64,
        mailbox: &str,
        outcome: Outcome,
        now: Timestamp,
    ) -> bool {
        let Some(breaker) = self.logins.get_mut(login).filter(|breaker| breaker.secret == secret) else {
            return false;
        };
        breaker.trying = breaker.trying.saturating_sub(1);
        match outcome {
            Outcome::Accepted => {
                (breaker.refusals, breaker.silences) = (0, 0);
                breaker.opened = match login {
                    LoginKey::Admin(_) => Some(mailbox.to_owned()),
                    LoginKey::Mailbox(_) => None,
                };
            }
            Outcome::Admitted => (breaker.refusals, breaker.silences) = (0, 0),
            Outcome::Refused(words) => {
                breaker.refusals = breaker.refusals.saturating_add(1);
                (breaker.since, breaker.words) = (now, words);
                mailbox.clone_into(&mut breaker.refused_for);
                // It proves nothing any more.
                breaker.opened.take_if(|opened| opened == mailbox);
            }
            Outcome::Unknown => {
                if breaker.refusals > 0 && breaker.opened.as_deref() == Some(mailbox) {
                    breaker.silences += 1;
                }
                // Nor does one that neither opens nor is refused: all others would wait for it for ever.
                breaker.opened.take_if(|_| breaker.silences >= SILENCES);
            }
            Outcome::NotTried => {}
        }
        let provable = breaker.refusals > 0 && breaker.opened.is_some();
        if breaker.refusals == 0 && breaker.trying == 0 && breaker.opened.is_none() {
            self.logins.remove(login);
        }
        provable
    }

    /// The mailbox that an admin's login opened last with this secret; none: none, or something was refused since.
    pub(super) fn opened(&self, login: &LoginKey, secret: &SecretString) -> Option<String> {
        let secret = self.hasher.hash_one(secret.expose_secret());
        let breaker = self.logins.get(login)?;
        breaker.opened.clone().filter(|_| breaker.secret == secret && breaker.refusals == 0)
    }

    /// Forgets what was refused; false when nothing was.
    pub(super) fn reset(&mut self, login: &LoginKey) -> bool {
        let refused = self.logins.get(login).is_some_and(|breaker| breaker.refusals > 0);
        if refused {
            self.logins.remove(login);
        }
        refused
    }

    /// The open ones.
    pub(super) fn open(&self) -> Vec<BreakerView> {
        let open = self.logins.iter().filter(|(_, breaker)| breaker.is_open());
        open.map(|(login, breaker)| breaker.view(login)).collect()
    }
}

impl Breaker {
    /// Two refusals, and nothing that could prove that they are about mailboxes.
    const fn is_open(&self) -> bool {
        self.refusals >= REFUSALS && self.opened.is_none()
    }

    fn view(&self, login: &LoginKey) -> BreakerView {
        BreakerView { login: login.clone(), since: self.since, words: self.words.clone() }
    }
}

/// How an attempt to log in ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Accepted,
    /// The admin's own login was, but not for this mailbox.
    Admitted,
    /// With the server's words.
    Refused(String),
    /// The connection broke, or nobody waited for the answer.
    Unknown,
    /// There was no connection to send it over.
    NotTried,
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
            let Leave::Go { secret, .. } = breakers.ask(&anna(), &"wrong".into(), "anna", NOW) else {
                panic!("may be tried")
            };
            breakers.tell(&anna(), secret, "anna", Outcome::Refused("no".into()), NOW);
        }
        let open = BreakerView { login: anna(), since: NOW, words: "no".into() };
        assert_eq!(breakers.ask(&anna(), &"wrong".into(), "anna", NOW), Leave::Open(open.clone()));
        assert_eq!(breakers.open(), [open]);
        let other = LoginKey::Mailbox("bert".into());
        assert!(
            matches!(breakers.ask(&other, &"wrong".into(), "bert", NOW), Leave::Go { .. }),
            "another account"
        );
        let Leave::Go { secret, .. } = breakers.ask(&anna(), &"right".into(), "anna", NOW) else {
            panic!("another secret")
        };
        breakers.tell(&anna(), secret, "anna", Outcome::Accepted, NOW);
        assert!(breakers.open().is_empty());
        for _ in 0..2 {
            let Leave::Go { secret, .. } = breakers.ask(&anna(), &"wrong".into(), "anna", NOW) else {
                panic!("may be tried")
            };
            breakers.tell(&anna(), secret, "anna", Outcome::Refused("no".into()), NOW);
        }
        assert!(breakers.reset(&anna()) && !breakers.reset(&anna()));
        assert!(matches!(breakers.ask(&anna(), &"wrong".into(), "anna", NOW), Leave::Go { .. }));
    }

    #[test]
    fn nothing_the_breakers_keep_shows_the_secret() {
        let mut breakers = Breakers::default();
        breakers.ask(&anna(), &"hunter2-canary".into(), "anna", NOW);
        assert!(!format!("{breakers:?}").contains("canary"));
    }

    fn root() -> LoginKey {
        LoginKey::Admin("root".into())
    }

    /// One try of the admin's login at a server that has some mailboxes and lets the admin in, or not any more. Gives what to
    /// do, and tells the outcome at once.
    fn try_one(breakers: &mut Breakers, mailbox: &str, has: &[&str], lets_in: bool) -> &'static str {
        match breakers.ask(&root(), &"once right".into(), mailbox, NOW) {
            Leave::Go { secret, .. } => {
                let opens = lets_in && has.contains(&mailbox);
                let outcome = if opens { Outcome::Accepted } else { Outcome::Refused("no".into()) };
                breakers.tell(&root(), secret, mailbox, outcome, NOW);
                "tried"
            }
            Leave::Prove { secret, mailbox } => {
                let opens = lets_in && has.contains(&mailbox.as_str());
                let outcome = if opens { Outcome::Accepted } else { Outcome::Refused("no".into()) };
                breakers.tell(&root(), secret, &mailbox, outcome, NOW);
                "proved"
            }
            Leave::Wait => "waits",
            Leave::Open(_) => "open",
        }
    }

    #[test]
    fn mailboxes_that_are_not_there_open_no_breaker_of_an_admin_whose_login_opens_others() {
        let mut breakers = Breakers::default();
        let mut sent = Vec::new();
        for mailbox in ["anna", "ghost1", "ghost1", "ghost2", "ghost2", "ghost3", "ghost3"] {
            sent.push(try_one(&mut breakers, mailbox, &["anna"], true));
        }
        assert_eq!(sent, ["tried", "tried", "proved", "tried", "proved", "tried", "proved"]);
        assert!(breakers.open().is_empty());
    }

    #[test]
    fn an_admins_password_that_was_changed_is_found_out_by_one_proof() {
        let mut breakers = Breakers::default();
        assert_eq!(try_one(&mut breakers, "anna", &["anna", "bert"], true), "tried");
        let mut sent = Vec::new();
        for _ in 0..4 {
            sent.push(try_one(&mut breakers, "bert", &["anna", "bert"], false));
        }
        assert_eq!(sent, ["tried", "proved", "open", "open"]);
        assert_eq!(breakers.open().len(), 1);
        assert!(breakers.reset(&root()));
    }

    #[test]
    fn a_mailbox_that_could_prove_a_login_and_does_not_answer_keeps_nobody_waiting() {
        let mut breakers = Breakers::default();
        assert_eq!(try_one(&mut breakers, "anna", &["anna"], true), "tried");
        assert_eq!(try_one(&mut breakers, "ghost", &["anna"], true), "tried");
        // While nobody can connect nothing is sent, and nothing is known of it either.
        for outcome in
            [Outcome::NotTried, Outcome::NotTried, Outcome::Unknown, Outcome::NotTried, Outcome::Unknown]
        {
            let Leave::Prove { secret, mailbox } = breakers.ask(&root(), &"once right".into(), "ghost", NOW)
            else {
                panic!("it is proved by anna's")
            };
            breakers.tell(&root(), secret, &mailbox, outcome, NOW);
        }
        assert_eq!(try_one(&mut breakers, "bert", &["anna", "bert"], true), "tried");
        assert_eq!(breakers.opened(&root(), &"once right".into()), Some("bert".to_owned()));
    }

    #[test]
    fn a_proof_that_fails_once_holds_nobody_for_the_mailboxes_that_are_not_there() {
        let mut breakers = Breakers::default();
        let mut sent = Vec::new();
        for mailbox in ["anna", "ghost1"] {
            sent.push(try_one(&mut breakers, mailbox, &["anna"], true));
        }
        let Leave::Prove { secret, mailbox } = breakers.ask(&root(), &"once right".into(), "ghost", NOW)
        else {
            panic!("it is proved by anna's")
        };
        breakers.tell(&root(), secret, &mailbox, Outcome::Unknown, NOW);
        for mailbox in ["ghost2", "ghost2", "ghost3", "ghost3"] {
            sent.push(try_one(&mut breakers, mailbox, &["anna"], true));
        }
        assert_eq!(sent, ["tried", "tried", "proved", "tried", "proved", "tried"]);
        assert!(breakers.open().is_empty());
    }

    #[test]
    fn before_an_admins_login_opened_anything_two_refusals_open_its_breaker() {
        let mut breakers = Breakers::default();
        let mut tries = || try_one(&mut breakers, "ghost", &[], true);
        assert_eq!([tries(), tries(), tries()], ["tried", "tried", "open"]);
    }

    proptest! {
        /// However attempts overlap: a password that was right and is not any more is sent three times at most after it was last
        /// accepted, and missing mailboxes alone never open the breaker.
        #[test]
        fn an_admins_login_is_neither_hammered_nor_held_for_what_is_not_about_it(
            steps in proptest::collection::vec((any::<bool>(), 0_u8..4), 0..60),
            turns_wrong in proptest::option::of(0_usize..30),
        ) {
            let mut breakers = Breakers::default();
            prop_assert_eq!(try_one(&mut breakers, "here", &["here"], true), "tried");
            let (mut under_way, mut sent_wrong) = (Vec::<(u64, String, bool)>::new(), 0);
            for (step, (answered, number)) in steps.into_iter().enumerate() {
                let wrong = turns_wrong.is_some_and(|turn| step >= turn);
                if answered {
                    if let Some((secret, mailbox, sent_when_wrong)) = under_way.pop() {
                        let opens = !sent_when_wrong && mailbox == "here";
                        let outcome = if opens { Outcome::Accepted } else { Outcome::Refused("no".into()) };
                        // Sent before the password was changed, answered after: what came between begins anew.
                        sent_wrong = if opens { 0 } else { sent_wrong };
                        breakers.tell(&root(), secret, &mailbox, outcome, NOW);
                    }
                    continue;
                }
                let mailbox = if number == 0 { "here".to_owned() } else { format!("ghost{number}") };
                match breakers.ask(&root(), &"once right".into(), &mailbox, NOW) {
                    Leave::Go { secret, .. } => under_way.push((secret, mailbox, wrong)),
                    Leave::Prove { secret, mailbox } => under_way.push((secret, mailbox, wrong)),
                    Leave::Wait => continue,
                    Leave::Open(_) => {
                        prop_assert!(turns_wrong.is_some());
                        continue;
                    }
                }
                sent_wrong += u32::from(wrong);
            }
            prop_assert!(sent_wrong <= 3, "{sent_wrong}");
        }

        /// However attempts overlap: with one wrong secret no third attempt begins.
        #[test]
        fn a_wrong_secret_is_never_sent_a_third_time(answers in proptest::collection::vec(any::<bool>(), 0..40)) {
            let mut breakers = Breakers::default();
            let (mut under_way, mut sent) = (Vec::new(), 0);
            for answered in answers {
                if answered {
                    if let Some(secret) = under_way.pop() {
                        breakers.tell(&anna(), secret, "anna", Outcome::Refused("no".into()), NOW);
                    }
                } else if let Leave::Go { secret, .. } = breakers.ask(&anna(), &"wrong".into(), "anna", NOW) {
                    under_way.push(secret);
                    sent += 1;
                }
            }
            prop_assert!(sent <= 2);
        }
    }
}
