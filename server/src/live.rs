//! Live snapshots: whole, newest only, a few a second at most.
//!
//! Wake-ups come from the store (something was written) and from running passes (something moved). They carry nothing:
//! a snapshot is always read afresh, and losing a wake-up only costs latency.

mod topic;

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use topic::OwnLogins;
pub(crate) use topic::{Snapshot, Topic};

use crate::{
    clock::Clock,
    runner::Running,
    store::{Proof, Store, StoreError},
};

/// Between two snapshots of one stream.
const PAUSE: Duration = Duration::from_millis(250);
/// Between two readings of the database for one stream while only progress moves.
const READ_PAUSE: Duration = Duration::from_secs(1);
/// A reading that took long is not repeated before this many times its duration.
const READ_SHARE: u32 = 4;
/// Silence is broken this often: proxies keep the stream open, and one that nobody reads any more ends at the second time,
/// before it is looked what is new. Nobody reads a whole project for a page that was left.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How often it is looked whether the session still lives, and whether another node wrote something.
const SESSION_LOOK: Duration = Duration::from_secs(3);

/// What a stream sends next.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    /// The newest state.
    Snapshot(Box<Snapshot>),
    /// Nothing new; the stream is alive.
    Heartbeat,
}

/// What every stream needs.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(crate) store: Store,
    pub(crate) running: Running,
    pub(crate) clock: Clock,
    /// True when the server stops.
    pub(crate) closing: watch::Receiver<bool>,
}

/// One admin's stream on one topic. Lazy: nothing is read while the last snapshot has not been taken.
#[derive(Debug)]
pub(crate) struct Feed {
    sources: Sources,
    topic: Topic,
    proof: Proof,
    changed: watch::Receiver<u64>,
    moved: watch::Receiver<u64>,
    /// As read from the store, without progress.
    read: Snapshot,
    /// The project's own logins that are held back, as looked up since it was read.
    own: OwnLogins,
    /// As sent last.
    sent: Option<Snapshot>,
    /// The store was written to since the last reading.
    stale: bool,
    /// Something may be new since the last snapshot.
    dirty: bool,
    next_send: Instant,
    next_read: Instant,
    next_look: Instant,
    next_heartbeat: Instant,
}

/// The stream is over: the session ended, the topic is gone or the server stops.
struct Over;

impl Feed {
    /// Begins a stream; the topic must exist.
    pub(crate) async fn begin(sources: Sources, topic: Topic, proof: Proof) -> Result<Self, StoreError> {
        // Subscribed before the first reading: what is written during it wakes the stream.
        let (changed, moved) = (sources.store.changed(), sources.running.watch());
        let read = topic.read(&sources.store).await?;
        let now = Instant::now();
        Ok(Self {
            sources,
            topic,
            proof,
            changed,
            moved,
            read,
            own: OwnLogins::default(),
            sent: None,
            stale: false,
            dirty: true,
            next_send: now,
            next_read: now + READ_PAUSE,
            next_look: now + SESSION_LOOK,
            next_heartbeat: now + HEARTBEAT,
        })
    }

    /// The next event; none when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let now = Instant::now();
            if *self.sources.closing.borrow() || (now >= self.next_look && !self.look_around(now).await) {
                return None;
            }
            if self.dirty && now >= self.next_send {
                match self.fresh(now).await {
                    Ok(Some(snapshot)) => return Some(Event::Snapshot(Box::new(snapshot))),
                    Ok(None) => {}
                    Err(Over) => return None,
                }
            }
            if now >= self.next_heartbeat {
                self.next_heartbeat = now + HEARTBEAT;
                return Some(Event::Heartbeat);
            }
            self.wait().await.ok()?;
        }
    }

    /// Waits until something may be new or something is due.
    async fn wait(&mut self) -> Result<(), Over> {
        let mut wake = self.next_look.min(self.next_heartbeat);
        if self.dirty {
            wake = wake.min(self.next_send);
        }
        tokio::select! {
            written = self.changed.changed() => {
                written.map_err(|_| Over)?;
                (self.stale, self.dirty) = (true, true);
            }
            moved = self.moved.changed() => {
                moved.map_err(|_| Over)?;
                self.dirty = true;
            }
            _ = self.sources.closing.changed() => return Err(Over),
            () = tokio::time::sleep_until(wake) => {}
        }
        Ok(())
    }

    /// The newest snapshot, when it differs from the one sent last.
    async fn fresh(&mut self, now: Instant) -> Result<Option<Snapshot>, Over> {
        (self.dirty, self.next_send) = (false, now + PAUSE);
        if self.stale || now >= self.next_read {
            match self.topic.read(&self.sources.store).await {
                Ok(read) => self.read = read,
                Err(StoreError::NotFound(_)) => return Err(Over),
                Err(error) => tracing::error!(%error, "reading a live snapshot failed"),
            }
            let took = now.elapsed();
            self.own = OwnLogins::default();
            self.stale = false;
            self.next_read = Instant::now() + READ_PAUSE.max(took * READ_SHARE);
            self.next_send = Instant::now() + PAUSE.max(took * READ_SHARE);
        }
        let mut snapshot = self.read.clone();
        snapshot.overlay(&self.sources.running);
        if let Err(error) = snapshot.keep_own_logins(&self.sources.store, &mut self.own).await {
            tracing::warn!(%error, "looking whose logins are held back failed; none are shown");
        }
        if self.sent.as_ref() == Some(&snapshot) {
            return Ok(None);
        }
        self.sent = Some(snapshot.clone());
        self.next_heartbeat = now + HEARTBEAT;
        Ok(Some(snapshot))
    }

    /// Whether the session or the token still lives. Streams do not count as activity: an idle session ends although its page is
    /// open. Nobody wakes this node up when another one writes, so the next snapshot is read afresh.
    async fn look_around(&mut self, now: Instant) -> bool {
        self.next_look = now + SESSION_LOOK;
        (self.stale, self.dirty) = (true, true);
        match self.sources.store.holds(self.proof, self.sources.clock.now()).await {
            Ok(holds) => holds,
            Err(error) => {
                tracing::error!(%error, "looking up who a live stream is for failed");
                false
            }
        }
    }
}
