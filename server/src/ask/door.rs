//! The door of one system: who goes in, and when nobody should try any more.
//!
//! Two refusals of a login open its breaker, for everybody who uses it. Where each mailbox has a login of its own, one that is
//! refused concerns nobody else. Where an admin logs in for all, a mailbox that is not there looks like a wrong password: so
//! one goes in at a time, and after a refusal a mailbox that is known to open proves that the admin's login still stands,
//! before another one is tried.

use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::{
    account::Account,
    ask,
    error::{ConnectorError, Reach},
    guest::Slot,
    model::Allowance,
};
use shared::{cause::Cause, check::Side, limits::LoginKey, project::Options};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use crate::{
    import::RowKey,
    store::{StoreError, Visit, Visits},
};

/// Longest wait for one mailbox, once a connection is free for it.
const PATIENCE: Duration = Duration::from_secs(90);
/// Longest wait among those who use the system by this process, once a connection of all nodes is free.
const HERE: Duration = Duration::from_secs(5);
/// How often a system that asks for patience is asked again.
const AGAIN: u32 = 2;
/// Failures in a row that are not about a mailbox, after which nobody tries any more.
const STRIKES: u32 = 3;

/// The door of one system.
pub(crate) struct Door {
    side: Side,
    options: Options,
    /// An admin logs in for all mailboxes.
    shared: bool,
    /// A mailbox that is known to open, now or in a pass before. Who holds it is the only one to go in.
    known: tokio::sync::Mutex<Option<Account>>,
    state: Mutex<State>,
    /// Any mailbox, for its gate and host.
    any: Account,
    /// Its connections over all nodes.
    visits: Visits,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("side", &self.side).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    strikes: u32,
    /// Why nobody tries any more.
    shut: Option<String>,
    /// Rows that an admin's login was refused for, while nothing proves that it is good.
    doubted: Vec<RowKey>,
}

/// What a mailbox told that opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    /// Bytes it holds of what is moved, on the source.
    pub(super) holds: Option<u64>,
    /// Bytes it may hold, on the target.
    pub(super) room: Option<Allowance>,
}

/// What a system is asked about a mailbox.
#[derive(Debug, Clone, Copy)]
enum Question {
    /// All that counts for a row.
    All,
    /// Whether it opens, and nothing else.
    Opens,
}

/// What came of a try.
pub(super) enum Came {
    /// It opened.
    In(Told),
    /// It is refused.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

impl Door {
    /// The door that `any` mailbox of a round goes in by. `known` is one that opened in a pass, where there is one.
    pub(crate) fn new(
        side: Side,
        options: Options,
        any: Account,
        known: Option<Account>,
        visits: Visits,
    ) -> Self {
        let shared = matches!(any.login_key(), LoginKey::Admin(_));
        let known = tokio::sync::Mutex::new(known.filter(|_| shared));
        Self { side, options, shared, known, state: Mutex::default(), any, visits }
    }

    /// Why nothing new is asked at the moment.
    pub(super) fn waits(&self) -> Option<String> {
        let Some(wait) = self.any.gate.waits() else {
            let words = "all connections that are allowed are in use; it goes on as soon as one is free";
            let told = || format!("The {} {}: {words}.", self.side.title(), self.any.endpoint.host());
            return self.visits.wait().then(told);
        };
        let until = wait.until.map(|until| format!("; it goes on at {until}")).unwrap_or_default();
        Some(format!("The {} {}: {}{until}.", self.side.title(), self.any.endpoint.host(), wait.why))
    }

    /// Why nobody tries any more.
    pub(super) fn is_shut(&self) -> Option<String> {
        self.lock().shut.clone()
    }

    /// Rows whose refusal means nothing, because nothing proved that the admin's login is good; and why.
    pub(super) fn doubted(&self) -> (Vec<RowKey>, String) {
        let mut state = self.lock();
        let why = state.shut.clone().unwrap_or_else(|| {
            format!(
                "The admin's login on the {} was refused, and no other mailbox opened to prove that it is good.",
                self.side.title()
            )
        });
        (std::mem::take(&mut state.doubted), why)
    }

    /// Asks about the mailbox of a row.
    pub(super) async fn ask(&self, key: RowKey, account: &Account) -> Came {
        if !self.shared {
            return match self.try_in(account, Question::All).await {
                Tried::In(told) => Came::In(told),
                Tried::Refused(error) => Came::Refused(error.sentence()),
                Tried::Failed(why) => Came::Unknown(why),
            };
        }
        let mut known = self.known.lock().await;
        match self.try_in(account, Question::All).await {
            Tried::In(told) => {
                self.lock().doubted.clear();
                *known = Some(account.clone());
                Came::In(told)
            }
            // The login itself proved to be good meanwhile.
            Tried::Refused(error) if error.reach == Reach::Mailbox => Came::Refused(error.sentence()),
            Tried::Refused(error) => match &*known {
                Some(known) => match self.try_in(known, Question::Opens).await {
                    Tried::In(_) => Came::Refused(error.sentence()),
                    Tried::Refused(_) => Came::Unknown(self.shut_admin(&error)),
                    // It proves nothing, neither way.
                    Tried::Failed(why) => Came::Unknown(why),
                },
                None => {
                    let mut state = self.lock();
                    state.doubted.push(key);
                    let second = state.doubted.len() > 1;
                    drop(state);
                    if second {
                        self.shut_admin(&error);
                    }
                    Came::Refused(error.sentence())
                }
            },
            Tried::Failed(why) => Came::Unknown(why),
        }
    }

    /// One try, and more where the system asks for patience.
    async fn try_in(&self, account: &Account, question: Question) -> Tried {
        let mut tries = 0;
        loop {
            if let Some(why) = self.is_shut() {
                return Tried::Failed(why);
            }
            let (visit, slot) = match enter(&self.visits, account).await {
                Ok(entered) => entered,
                Err(error) => return Tried::Failed(self.strike(error.to_string())),
            };
            let until = visit.at_most(Instant::now() + PATIENCE);
            let asked = timeout_at(until, self.once(account, question)).await;
            drop((slot, visit));
            let error = match asked {
                Ok(Ok(told)) => {
                    self.lock().strikes = 0;
                    return Tried::In(told);
                }
                Ok(Err(error)) => error,
                Err(_) => {
                    let seconds = PATIENCE.as_secs();
                    let why = format!("The {} did not answer within {seconds} seconds.", self.side.title());
                    return Tried::Failed(self.strike(why));
                }
            };
            if self.shared && matches!(error.cause, Cause::LoginHeld | Cause::LoginExpired) {
                return Tried::Failed(self.shut_admin(&error));
            }
            if self.is_about_the_mailbox(&error) {
                self.lock().strikes = 0;
                return Tried::Refused(error);
            }
            if !error.cause.passes_by_itself() || tries >= AGAIN {
                return Tried::Failed(self.strike(error.explained()));
            }
            tries += 1;
        }
    }

    async fn once(&self, account: &Account, question: Question) -> Result<Told, ConnectorError> {
        Ok(match (question, self.side) {
            (Question::Opens, side) => {
                ask::knock(account, side).await?;
                Told::default()
            }
            (Question::All, Side::Source) => {
                Told { holds: ask::source(account, &self.options).await?, room: None }
            }
            (Question::All, Side::Target) => Told { holds: None, room: ask::target(account).await? },
        })
    }

    /// Whether an error says that this mailbox does not open, rather than that the system cannot be asked.
    fn is_about_the_mailbox(&self, error: &ConnectorError) -> bool {
        let own_token = error.cause == Cause::TokenFailed && self.any.endpoint.secret_per_mailbox();
        own_token
            || matches!(
                error.cause,
                Cause::LoginRefused
                    | Cause::LoginNotAllowed
                    | Cause::LoginExpired
                    | Cause::LoginHeld
                    | Cause::ContactAdmin
                    | Cause::NoFolders
            )
    }

    /// Counts a failure that is not about a mailbox.
    fn strike(&self, why: String) -> String {
        let mut state = self.lock();
        state.strikes += 1;
        if state.strikes >= STRIKES {
            state.shut.get_or_insert_with(|| why.clone());
        }
        why
    }

    /// Nobody tries an admin's login any more that is refused.
    fn shut_admin(&self, error: &ConnectorError) -> String {
        let why = format!(
            "The admin's login on the {} is refused, so nobody else was asked about. {} Check the admin's password in the \
             project's settings, and that one of the first mailboxes exists; a login that was refused twice is let in \
             again on the project's page.",
            self.side.title(),
            error.sentence()
        );
        self.lock().shut.get_or_insert(why).clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on behalf of a mailbox: of all nodes together, and of this process. Waits for its turn among passes, for open
/// hours, and as long as the server wants, with nothing in its hands that others need.
pub(crate) async fn enter(visits: &Visits, account: &Account) -> Result<(Visit, Slot), StoreError> {
    let gate = &account.gate;
    if !visits.are_shared() {
        return Ok((visits.begin().await?, gate.slot(&account.user).await));
    }
    loop {
        drop(gate.slot(&account.user).await);
        let visit = visits.begin().await?;
        if let Ok(slot) = timeout(HERE, gate.slot(&account.user)).await {
            return Ok((visit, slot));
        }
    }
}

enum Tried {
    In(Told),
    Refused(ConnectorError),
    Failed(String),
}
