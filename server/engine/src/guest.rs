//! Being a good guest: one system as all passes of this process share it. How many connections, how many bytes and
//! messages a second, at what hours, how long to wait when the server asks for it, and when a login is not tried again.

mod attempt;
mod breaker;
mod bucket;
mod claims;
mod line;
mod memory;
mod schedule;
mod slots;
mod state;
#[cfg(test)]
mod tests;
mod tide;
mod wall;
pub(crate) mod zone;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use secrecy::SecretString;
use shared::{
    cause::Cause,
    check::Side,
    limits::{GateView, Limits, LoginKey},
    time::Timestamp,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

use crate::error::{ConnectorError, Reach, Retry};
use state::State;

pub use attempt::{Attempt, Entry};
pub(crate) use claims::Claim;
pub use memory::{Held, Memory};
pub use wall::Wall;
pub use zone::ZoneError;

/// A wait that is not longer than this is waited with connections open.
const SHORT: Duration = Duration::from_secs(60);

/// How often it is looked whether a glance may be had.
const GLANCE: Duration = Duration::from_millis(100);

/// One system as all passes of this process share it. Every wait in here can be given up at any point without harm.
pub struct Gate {
    state: Mutex<State>,
    wall: Wall,
    /// The settings or what is allowed changed.
    changed: Notify,
    /// An attempt to log in ended.
    tried: Notify,
}

/// Whether this machine can tell the hours of these limits.
pub fn check(limits: &Limits) -> Result<(), ZoneError> {
    schedule::Schedule::new(limits).map(drop)
}

/// Whether the hours of these limits are open at a moment.
pub fn is_open(limits: &Limits, at: Timestamp) -> Result<bool, ZoneError> {
    Ok(schedule::Schedule::new(limits)?.is_none_or(|schedule| schedule::open(&[schedule], at)))
}

/// When so many seconds of work are done that begins at a moment and rests outside the hours of all these limits; none:
/// not within a year.
pub fn worked(limits: &[&Limits], from: Timestamp, seconds: u64) -> Result<Option<Timestamp>, ZoneError> {
    let mut schedules = Vec::new();
    for limits in limits {
        schedules.extend(schedule::Schedule::new(limits)?);
    }
    Ok(schedule::worked(&schedules, from, seconds))
}

/// What may be asked for or sent at once where a rate is set: what passes in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Messages.
    pub messages: u64,
    /// Their bytes; one message may have more.
    pub bytes: u64,
}

/// Why nothing new begins, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Why, as the end of a sentence.
    pub why: String,
    /// Until when, on the wall; none: nobody can say.
    pub until: Option<Timestamp>,
    /// How long that is.
    pub left: Duration,
}

impl Gate {
    /// A system with limits that stay. Fails when their time zone is not known here.
    pub fn new(limits: &Limits, wall: Wall) -> Result<Arc<Self>, ZoneError> {
        let gate = Self::unused(wall);
        gate.lock().join(limits, Instant::now())?;
        Ok(gate)
    }

    /// A system that nobody set limits for yet; see [`Self::join`].
    pub fn unused(wall: Wall) -> Arc<Self> {
        let state = Mutex::new(State::new(Instant::now()));
        Arc::new(Self { state, wall, changed: Notify::new(), tried: Notify::new() })
    }

    /// A system without limits, for throw-away servers.
    pub fn unlimited() -> Arc<Self> {
        let gate = Self::unused(Wall::system());
        // Without hours there is no zone that could be unknown.
        let joined = gate.lock().join(&Limits::unlimited(), Instant::now());
        debug_assert!(joined.is_ok());
        gate
    }

    /// Adds somebody's limits for as long as the answer is kept: of all that use a system, the strictest limit counts.
    pub fn join(self: &Arc<Self>, limits: &Limits) -> Result<Joined, ZoneError> {
        let user = self.lock().join(limits, Instant::now())?;
        self.stir();
        Ok(Joined { gate: Arc::clone(self), user })
    }

    /// A connection on behalf of a mailbox; waits for its turn. Whoever holds one already must not wait for a second
    /// one, or two could wait for each other: see [`Self::try_slot`].
    pub async fn slot(self: &Arc<Self>, mailbox: &str) -> Slot {
        let (ticket, mut granted) = self.lock().slots.wait(mailbox_key(mailbox));
        let _in_line = InLine { gate: Arc::clone(self), ticket };
        loop {
            let changed = self.changed.notified();
            let again = self.grant();
            tokio::select! {
                biased;
                slot = &mut granted => if let Ok(slot) = slot { return slot },
                () = changed => {}
                () = sleep_until(again) => {}
            }
        }
    }

    /// One more connection for a mailbox, if one is free now and nobody waits.
    pub fn try_slot(self: &Arc<Self>, mailbox: &str) -> Option<Slot> {
        let mailbox = mailbox_key(mailbox);
        let mut state = self.lock();
        let now = Instant::now();
        if state.pass(now, self.wall.now()).is_some() || state.glances > 0 {
            return None;
        }
        let (most, per_mailbox) = (state.tide.present(now), state.per_mailbox());
        let taken = state.slots.try_take(&mailbox, most, per_mailbox);
        drop(state);
        taken.then(|| Slot { gate: Arc::clone(self), mailbox })
    }

    /// Whether a mailbox waits for a connection.
    pub fn is_waited_for(&self) -> bool {
        self.lock().is_waited_for()
    }

    /// A connection for somebody who looks whether a system can be reached: it counts as every other one does and waits
    /// while the server wants patience, but neither in line nor for the allowed hours: an admin asks, and wants to know now.
    pub async fn glance(self: &Arc<Self>, mailbox: &str) -> Slot {
        let mailbox = mailbox_key(mailbox);
        self.lock().glances += 1;
        let _looking = Looking(Arc::clone(self));
        loop {
            if self.lock().try_glance(&mailbox, Instant::now()) {
                return Slot { gate: Arc::clone(self), mailbox };
            }
            sleep(GLANCE).await;
        }
    }

    /// Why nothing new may begin now; none: it may.
    pub fn waits(&self) -> Option<Wait> {
        let (now, wall) = (Instant::now(), self.wall.now());
        let pass = self.lock().pass(now, wall)?;
        let left = pass.until.map_or(Duration::MAX, |until| until.saturating_duration_since(now));
        Some(Wait { why: pass.why, until: pass.until.map(|until| moment(until, now, wall)), left })
    }

    /// Why somebody who only looks has to wait, apart from the connections in use: at any hour, but not while the server wants
    /// patience. None: it does not.
    pub fn asks_patience(&self) -> Option<String> {
        self.lock().asks_patience(Instant::now())
    }

    /// Waits until something new may begin: the server's wish for patience is over and the hours are open.
    pub async fn ready(&self) {
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            let Some(pass) = self.lock().pass(now, self.wall.now()) else { return };
            tokio::select! {
                () = changed => {}
                () = sleep_until(pass.again) => {}
            }
        }
    }

    /// The same for whoever has a connection open: a long wait is an error, so that connections and memory are given up.
    pub(crate) async fn patience(&self, peer: &str) -> Result<(), ConnectorError> {
        let Some(wait) = self.waits() else { return Ok(()) };
        if wait.left <= SHORT {
            self.ready().await;
            return Ok(());
        }
        let until = wait.until.map(|until| format!("; it goes on at {until}")).unwrap_or_default();
        Err(ConnectorError {
            reach: Reach::Mailbox,
            retry: Retry::Now,
            cause: Cause::OutsideHours,
            doing: format!("using {peer}"),
            detail: format!("{}{until}", wait.why),
        })
    }

    /// Takes part of the bandwidth, before so many bytes of messages are asked for or sent.
    pub async fn take(&self, bytes: u64) {
        self.take_from(Kind::Bytes, bytes).await;
    }

    /// Takes part of the message rate, before so many messages are asked for or sent.
    pub async fn take_messages(&self, count: u64) {
        self.take_from(Kind::Messages, count).await;
    }

    async fn take_from(&self, kind: Kind, units: u64) {
        let (at, cost) = kind.of(&mut self.lock()).take(Instant::now(), units);
        if !cost.is_zero() {
            let refund = Refund { gate: self, kind, cost };
            sleep_until(at).await;
            std::mem::forget(refund);
        }
        kind.of(&mut self.lock()).note(Instant::now(), units);
    }

    /// How many messages and bytes to ask for or to send at once, so that the other side is never kept waiting for us
    /// for long; none: any.
    pub fn portion(&self) -> Option<Portion> {
        let state = self.lock();
        let most = |rate: Option<std::num::NonZeroU64>| rate.map_or(u64::MAX, std::num::NonZeroU64::get);
        let (bytes, messages) = (state.bytes.rate(), state.messages.rate());
        (bytes.is_some() || messages.is_some())
            .then(|| Portion { messages: most(messages), bytes: most(bytes) })
    }

    /// The server wants to be left alone for a while: nothing new begins until it has passed, and fewer connections are
    /// allowed from then on. Never counted against a message.
    pub fn complain(&self, pause: Duration, why: &str) {
        let mut state = self.lock();
        let in_use = state.slots.in_use();
        state.tide.complain(Instant::now(), in_use, pause, why.to_owned());
        drop(state);
        self.stir();
    }

    /// The line to the system is slow: sessions that begin from now on compress what they say.
    pub(crate) fn note_slow_line(&self) {
        self.lock().line.note_slow(Instant::now());
    }

    /// Whether the line was slow a while ago.
    pub(crate) fn line_is_slow(&self) -> bool {
        self.lock().line.is_slow(Instant::now())
    }

    /// A compressed session broke: with `nonsense` what came made none, otherwise nothing had come yet, which a line may do
    /// at any time. One is enough for either: to go without for a while costs less than a pass that cannot begin.
    pub(crate) fn doubt_compression(&self, peer: &str, nonsense: bool) {
        if self.lock().line.note_doubt(Instant::now()) {
            tracing::warn!(
                server = peer,
                nonsense,
                "Compressed sessions break: for an hour it goes on without"
            );
        }
    }

    /// It was found out whether the server does what it says.
    pub(crate) fn found(&self, peer: &str, claim: Claim, holds: bool) {
        let news = self.lock().claims.found(claim, holds, Instant::now());
        if news && !holds {
            let words = claim.capabilities();
            tracing::warn!(
                server = peer,
                ?words,
                "It does not do what it says: for an hour it goes on without"
            );
        }
    }

    /// The connection ended when it was tried whether the server does what it says. It is tried once more before that means
    /// anything.
    pub(crate) fn doubt(&self, peer: &str, claim: Claim) {
        let lies = self.lock().claims.doubt(claim);
        if lies {
            self.found(peer, claim, false);
        }
    }

    /// How often it is doubted that the server does what it says.
    pub(crate) fn doubts(&self) -> u32 {
        self.lock().claims.doubts()
    }

    /// Whether the server does what it says; none: nobody knows.
    pub(crate) fn holds(&self, claim: Claim) -> Option<bool> {
        self.lock().claims.holds(claim, Instant::now())
    }

    /// What the server says and does not do.
    pub(crate) fn lies(&self) -> Vec<Claim> {
        self.lock().claims.lies(Instant::now())
    }

    /// Whether compressed sessions broke a while ago.
    pub(crate) fn distrusts_compression(&self) -> bool {
        self.lock().line.is_doubted(Instant::now())
    }

    /// The mailbox that an admin's login opened last; none: none, or something was refused since.
    pub(crate) fn opened(&self, login: &LoginKey, secret: &SecretString) -> Option<String> {
        self.lock().breakers.opened(login, secret)
    }

    /// Lets a login be tried again; false when nothing kept it from that.
    pub fn reset(&self, login: &LoginKey) -> bool {
        let reset = self.lock().breakers.reset(login);
        self.tried.notify_waiters();
        reset
    }

    /// Whether anybody's limits are in force.
    pub fn is_used(&self) -> bool {
        self.lock().is_used()
    }

    /// What the panel shows.
    pub fn view(&self, side: Side, host: &str) -> GateView {
        let (now, wall) = (Instant::now(), self.wall.now());
        self.lock().view(side, host, now, wall)
    }

    /// Grants what may be granted; tells when to ask again at the latest.
    fn grant(self: &Arc<Self>) -> Instant {
        let now = Instant::now();
        let mut grants = Vec::new();
        let again = self.lock().grant(now, self.wall.now(), &mut grants);
        for (granted, mailbox) in grants {
            // Nobody waits for it any more: it comes back by being dropped.
            _ = granted.send(Slot { gate: Arc::clone(self), mailbox });
        }
        again
    }

    /// Wakes everybody who waits, to look again.
    fn stir(&self) {
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

/// Somebody's limits; they end when it is dropped.
#[derive(Debug)]
pub struct Joined {
    gate: Arc<Gate>,
    user: u64,
}

impl Joined {
    /// The system.
    pub const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.gate.lock().leave(self.user, Instant::now());
        self.gate.stir();
    }
}

/// The right to one connection; given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    gate: Arc<Gate>,
    mailbox: Arc<str>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.gate.lock().slots.give_back(&self.mailbox);
        self.gate.grant();
    }
}

/// Somebody waits to look whether a system can be reached.
struct Looking(Arc<Gate>);

impl Drop for Looking {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.glances = state.glances.saturating_sub(1);
    }
}

/// A place in the line for a connection.
struct InLine {
    gate: Arc<Gate>,
    ticket: u64,
}

impl Drop for InLine {
    fn drop(&mut self) {
        self.gate.lock().slots.leave(self.ticket);
    }
}

/// What was taken and not used comes back.
struct Refund<'a> {
    gate: &'a Gate,
    kind: Kind,
    cost: Duration,
}

impl Drop for Refund<'_> {
    fn drop(&mut self) {
        self.kind.of(&mut self.gate.lock()).refund(self.cost);
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Bytes,
    Messages,
}

impl Kind {
    const fn of(self, state: &mut State) -> &mut bucket::Bucket {
        match self {
            Self::Bytes => &mut state.bytes,
            Self::Messages => &mut state.messages,
        }
    }
}

/// Login names differ in case only by accident.
fn mailbox_key(mailbox: &str) -> Arc<str> {
    mailbox.to_lowercase().into()
}

/// A moment on the wall.
fn moment(at: Instant, now: Instant, wall: Timestamp) -> Timestamp {
    let left = at.saturating_duration_since(now).as_millis();
    wall.plus_millis(i64::try_from(left).unwrap_or(i64::MAX / 4))
}
