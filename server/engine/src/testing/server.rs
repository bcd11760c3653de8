//! An IMAP server in this process: memory mailboxes, every habit a switch, every command remembered, and a fuse.

mod answer;
mod append;
mod changes;
mod command;
mod fetch;
mod folders;
mod fuse;
mod habits;
mod line;
mod numbers;
mod search;
mod session;
mod tls;
mod wire;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use shared::endpoint::{Compress, Endpoint, ImapEndpoint, Login, Tls};
use tokio::{net::TcpListener, sync::Notify, task::AbortHandle, time::Instant};

pub(crate) use self::{
    fuse::{Fuse, Tally},
    habits::{ADMIN, Breaks, Cover, Draft, Greeting, Habits, SECRET, TOKEN, USER},
};
use super::{clock, mailbox::Mailbox};
use crate::account::Account;

/// An IMAP server in this process. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
    state: Shared,
    accepting: AbortHandle,
}

type Shared = Arc<Mutex<State>>;

#[derive(Debug, Default)]
struct State {
    mailbox: Mailbox,
    /// What was numbered of its folders.
    numbers: BTreeMap<Vec<u8>, numbers::Numbers>,
    habits: Habits,
    /// Every command, without its tag and its literals.
    log: Vec<String>,
    /// What no client may do.
    offences: Vec<String>,
    tally: Tally,
    fuse: Option<Fuse>,
    /// Only commands that begin so count for the fuse.
    counts: &'static str,
    /// Connections now, and at most at once.
    seats: (usize, usize),
    /// Connections so far.
    connections: usize,
    wear: line::Wear,
    /// Until when it works.
    busy: Option<Instant>,
    /// Whoever sent something deadly dies now.
    death: Arc<Notify>,
}

impl Server {
    /// Starts a quick and faithful server with a mailbox.
    pub(crate) async fn start(mailbox: Mailbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let port = listener.local_addr().expect("a bound port").port();
        let state = Shared::new(Mutex::new(State { mailbox, ..State::default() }));
        let shared = Arc::clone(&state);
        let accepting = clock::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                clock::spawn(session::serve(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state, accepting: accepting.abort_handle() }
    }

    /// The same server with other habits.
    pub(crate) fn with(self, change: impl FnOnce(&mut Habits)) -> Self {
        self.habits(change);
        self
    }

    /// Changes its habits; connections that are open follow.
    pub(crate) fn habits(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.state().habits);
    }

    /// Changes what is in the mailbox.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Mailbox) -> T) -> T {
        change(&mut self.state().mailbox)
    }

    /// What is in the mailbox.
    pub(crate) fn mailbox(&self) -> Mailbox {
        self.state().mailbox.clone()
    }

    /// Sets the fuse; counting begins anew.
    pub(crate) fn light(&self, fuse: Fuse) {
        self.light_on("", fuse);
    }

    /// Sets the fuse, for which only commands count that begin so.
    pub(crate) fn light_on(&self, beginning: &'static str, fuse: Fuse) {
        let mut state = self.state();
        state.tally = Tally::default();
        (state.fuse, state.counts) = (Some(fuse), beginning);
    }

    /// Whether the fuse is still to blow.
    pub(crate) fn lit(&self) -> bool {
        self.state().fuse.is_some()
    }

    /// Breaks the line that sends more than so many bytes, under whatever it speaks; counting begins anew, and after each break
    /// once more.
    pub(crate) fn break_line_at(&self, bytes: &[usize]) {
        self.state().wear = line::Wear { sent: 0, breaks_at: bytes.iter().copied().collect() };
    }

    /// What was sent over its lines, under whatever it speaks; whether one is still to break.
    pub(crate) fn wear(&self) -> (usize, bool) {
        let state = self.state();
        (state.wear.sent, !state.wear.breaks_at.is_empty())
    }

    /// Resolves when somebody sent something deadly.
    pub(crate) async fn dealt_death(&self) {
        let death = Arc::clone(&self.state().death);
        death.notified().await;
    }

    /// Connections there were at most at once.
    pub(crate) fn most_connections(&self) -> usize {
        self.state().seats.1
    }

    /// Connections there are now.
    pub(crate) fn connections(&self) -> usize {
        self.state().seats.0
    }

    pub(crate) fn tally(&self) -> Tally {
        self.state().tally
    }

    /// Every command so far, without its tag and its literals.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// Commands so far that begin so.
    pub(crate) fn heard(&self, beginning: &str) -> usize {
        self.state().log.iter().filter(|line| line.starts_with(beginning)).count()
    }

    /// What no client may do and ours did.
    pub(crate) fn offences(&self) -> Vec<String> {
        self.state().offences.clone()
    }

    /// What a client pins to trust it.
    pub(crate) fn pin(&self) -> String {
        tls::pin(self.state().habits.other_key)
    }

    /// How to reach it; compressed where it can be.
    pub(crate) fn endpoint(&self) -> ImapEndpoint {
        let compresses = self.state().habits.can("COMPRESS=DEFLATE");
        let tls = match self.state().habits.cover {
            Cover::Clear => Tls::None,
            Cover::Tls => Tls::Implicit,
            Cover::Starttls | Cover::Injected => Tls::Starttls,
        };
        ImapEndpoint {
            host: "127.0.0.1".into(),
            port: self.port,
            tls,
            pin: None,
            login: Login::Password,
            preset: None,
            compress: if compresses { Compress::On } else { Compress::Auto },
        }
    }

    /// Its mailbox, with what opens it.
    pub(crate) fn account(&self) -> Account {
        Account::new(Endpoint::Imap(self.endpoint()), USER.into(), SECRET.into())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().expect("no task fails while it holds the server")
}

impl State {
    /// The numbers of a folder's changes as they are now.
    fn numbered(&mut self, name: &[u8]) -> Option<&numbers::Numbers> {
        let folder = self.mailbox.folders.get(name)?;
        let numbers = self.numbers.entry(name.to_vec()).or_default();
        numbers.look(folder);
        Some(numbers)
    }

    /// HIGHESTMODSEQ as it is told.
    fn modseq(&mut self, name: &[u8]) -> u64 {
        let highest = self.numbered(name).map_or(0, numbers::Numbers::highest);
        (self.habits.modseqs)(highest)
    }

    fn offence(&mut self, what: impl Into<String>) {
        self.offences.push(what.into());
    }
}
