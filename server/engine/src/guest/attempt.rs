//! Logins as they are tried: asked for before, told of after.

use std::sync::Arc;

use secrecy::SecretString;
use shared::limits::{BreakerView, LoginKey};

use super::{
    Gate,
    breaker::{Leave, Outcome},
};

impl Gate {
    /// Asks whether a login may be tried for a mailbox. Waits while other attempts of the same login could still be refused.
    pub async fn login(
        self: &Arc<Self>,
        login: &LoginKey,
        secret: &SecretString,
        mailbox: &str,
    ) -> Result<Entry, Box<BreakerView>> {
        loop {
            let tried = self.tried.notified();
            let attempt = |secret, mailbox: &str| Attempt {
                gate: Arc::clone(self),
                login: login.clone(),
                secret,
                mailbox: mailbox.to_owned(),
                told: false,
            };
            match self.lock().breakers.ask(login, secret, mailbox, self.wall.now()) {
                Leave::Go { secret, good, refused } => {
                    return Ok(Entry::Try { attempt: attempt(secret, mailbox), good, refused });
                }
                Leave::Prove { secret, mailbox } => {
                    return Ok(Entry::Prove { attempt: attempt(secret, &mailbox), mailbox });
                }
                Leave::Open(view) => return Err(Box::new(view)),
                Leave::Wait => {}
            }
            tried.await;
        }
    }
}

/// What a login may do.
#[derive(Debug)]
pub enum Entry {
    /// It may be tried.
    Try {
        /// The try.
        attempt: Attempt,
        /// The login opened another mailbox, and nothing was refused since.
        good: bool,
        /// The server's words, when it refused the very same for this mailbox last.
        refused: Option<String>,
    },
    /// An admin's login was refused for a mailbox. Before anything else, another one proves that it is still good.
    Prove {
        /// The try.
        attempt: Attempt,
        /// The mailbox that it opened last.
        mailbox: String,
    },
}

impl Entry {
    /// There is no connection to try it over: nothing was sent.
    pub fn not_tried(self) {
        match self {
            Self::Try { mut attempt, .. } | Self::Prove { mut attempt, .. } => {
                _ = attempt.tell(Outcome::NotTried)
            }
        }
    }
}

/// A login that is being tried. Dropped without a word, it counts neither way.
#[derive(Debug)]
pub struct Attempt {
    gate: Arc<Gate>,
    login: LoginKey,
    secret: u64,
    mailbox: String,
    told: bool,
}

impl Attempt {
    /// It was accepted.
    pub fn accepted(mut self) {
        self.tell(Outcome::Accepted);
    }

    /// The admin's own login was accepted, but may not open this mailbox.
    pub fn admitted(mut self) {
        self.tell(Outcome::Admitted);
    }

    /// It was refused, with the server's words. Tells whether it can be proved that it is the mailbox that is refused, and not
    /// the login: by asking [`Gate::login`] once more.
    pub fn refused(mut self, words: &str) -> bool {
        self.tell(Outcome::Refused(words.to_owned()))
    }

    fn tell(&mut self, outcome: Outcome) -> bool {
        self.told = true;
        let now = self.gate.wall.now();
        let provable = self.gate.lock().breakers.tell(&self.login, self.secret, &self.mailbox, outcome, now);
        self.gate.tried.notify_waiters();
        provable
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.told {
            self.tell(Outcome::Unknown);
        }
    }
}
