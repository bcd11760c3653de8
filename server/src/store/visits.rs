//! Visits: connections of those who only look at a system, counted with those of passes over all nodes.
//!
//! A visit lasts two minutes at most. It is given back when it ends, also by being dropped; what a process left behind that
//! is gone is free when the two minutes are over. Who waits for one holds nothing meanwhile, so that nobody waits for two
//! things at once: passes take theirs on both sides in one step, visits one on one side.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{check::Side, endpoint::Endpoint, limits::Limits};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use super::{
    Store, StoreError,
    leases::{clock, one_claim_at_a_time},
    slots::{
        Wanted,
        line::{self, Row, VISIT_MILLIS},
    },
};

/// How long a visit lasts at most.
const VISIT: Duration = Duration::from_millis(VISIT_MILLIS.unsigned_abs());
/// How often who stands in line looks whether it is its turn.
const LOOK: Duration = Duration::from_millis(500);

/// The way to visits of one side of a system. Without a database that nodes share there is one process, whose own gate
/// counts: then every visit begins at once and lasts as long as it likes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visits(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    store: Store,
    wanted: Wanted,
    waiting: AtomicUsize,
}

/// One visit. To be dropped after its connection is closed.
#[derive(Debug)]
pub(crate) struct Visit {
    /// When its connection must be closed.
    until: Option<Instant>,
    _held: Option<Held>,
}

impl Visit {
    /// The earlier of a moment and of when the visit is over.
    pub(crate) fn at_most(&self, moment: Instant) -> Instant {
        self.until.map_or(moment, |until| until.min(moment))
    }
}

impl Store {
    /// The way to visits of a system, under the limits of whoever visits it.
    pub(crate) fn visits(&self, side: Side, endpoint: &Endpoint, limits: &Limits) -> Visits {
        let inner = || Inner {
            store: self.clone(),
            wanted: Wanted::new(side, endpoint, limits),
            waiting: AtomicUsize::new(0),
        };
        Visits(self.is_shared().then(|| Arc::new(inner())))
    }
}

impl Visits {
    /// Whether visits are counted over several nodes.
    pub(crate) const fn are_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether somebody waits for one.
    pub(crate) fn wait(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.waiting.load(Ordering::Relaxed) > 0)
    }

    /// A visit, as soon as it is its turn among all visits and passes of this system.
    pub(crate) async fn begin(&self) -> Result<Visit, StoreError> {
        let Some(inner) = &self.0 else { return Ok(Visit { until: None, _held: None }) };
        let mut place: Option<Held> = None;
        let mut waiting = None;
        loop {
            // Its time begins before the database's does.
            let asked = Instant::now();
            let (held, step) = (Arc::clone(inner), place.take());
            // A task of its own: should nobody wait for it any more, it gives back what it just took.
            let came = tokio::spawn(async move { Held::come(held, step).await }).await;
            let held = came.map_err(|_| StoreError::Database {
                doing: DOING,
                detail: "an error inside carbonio-migrate ended it".into(),
            })??;
            if held.row.is_in() {
                return Ok(Visit { until: Some(asked + VISIT), _held: Some(held) });
            }
            place = Some(held);
            waiting.get_or_insert_with(|| Waiting::new(inner));
            sleep(LOOK).await;
        }
    }
}

const DOING: &str = "Taking a connection to look at a mail system";

/// What the database keeps for a visit; given back when it is dropped.
#[derive(Debug)]
struct Held {
    inner: Arc<Inner>,
    row: Row,
}

impl Held {
    async fn come(inner: Arc<Inner>, place: Option<Self>) -> Result<Self, StoreError> {
        let store = &inner.store;
        let tx = store.db().begin(DOING).await?;
        one_claim_at_a_time(&tx, store.is_shared()).await?;
        let (before, clock) = (place.as_ref().map(|held| held.row), clock(store.db()));
        let row = line::come(&tx, &inner.wanted, before, &store.inner.node, clock).await?;
        tx.commit().await?;
        if let Some(mut held) = place {
            held.row = row;
            return Ok(held);
        }
        Ok(Self { inner, row })
    }

    async fn go(inner: &Inner, row: Row) -> Result<(), StoreError> {
        let tx = inner.store.db().begin("Giving a connection back").await?;
        line::go(&tx, inner.wanted.endpoint(), row, &inner.store.inner.node).await?;
        tx.commit().await
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Outside of every runtime the process is about to end.
        let Ok(runtime) = Handle::try_current() else { return };
        let (inner, row) = (Arc::clone(&self.inner), self.row);
        runtime.spawn(async move {
            if let Err(error) = Self::go(&inner, row).await {
                tracing::warn!(%error, "a connection was not given back; it is free again within minutes");
            }
        });
    }
}

/// Counts somebody who waits, as long as it does.
struct Waiting(Arc<Inner>);

impl Waiting {
    fn new(inner: &Arc<Inner>) -> Self {
        inner.waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(inner))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
