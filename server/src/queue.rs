//! Gives waiting jobs to free workers.

use std::{
    collections::BTreeSet,
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::id::JobId;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

use crate::{
    runner::{Runner, Running},
    store::Store,
};

/// Wake-ups may be lost, so the queue is looked at this often anyway.
pub(crate) const POLL: Duration = Duration::from_secs(3);

/// How long passes may take to finish the window in flight when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(8);
/// How long it may take to give back those that did not.
const LET_GO_PATIENCE: Duration = Duration::from_secs(4);

/// The jobs that wait, seen from this process.
#[derive(Debug)]
pub(crate) struct Queue {
    store: Store,
    running: Running,
    workers: NonZeroU16,
    /// The leases of the passes that run here, by job and epoch.
    held: Held,
}

type Held = Arc<Mutex<BTreeSet<(JobId, i64)>>>;

impl Queue {
    pub(crate) fn new(store: Store, running: Running, workers: NonZeroU16) -> Self {
        Self { store, running, workers, held: Held::default() }
    }

    /// Works until told to stop; then pauses what runs, so that it goes on at the next start, and returns.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        self.settle().await;
        let slots = Arc::new(Semaphore::new(usize::from(self.workers.get())));
        let mut passes = JoinSet::new();
        let heeding = tokio::spawn(self.running.clone().keep_heeding(self.store.clone()));
        // Subscribed before the first look: what changes during a look wakes the wait after it.
        let mut changed = self.store.changed();
        let mut settle = tokio::time::interval(self.store.times().heartbeat());
        // Whether a claim may have come true though nobody here heard of it.
        let mut in_doubt = false;
        while !*stop.borrow() {
            changed.mark_unchanged();
            if in_doubt {
                in_doubt = self.give_back(self.store.times().deadline()).await.is_err();
            }
            if !in_doubt && self.running.have_room() {
                in_doubt = self.fill(&slots, &mut passes).await.is_err();
            }
            tokio::select! {
                _ = changed.changed() => {}
                Some(_) = passes.join_next() => {}
                () = tokio::time::sleep(POLL) => {}
                // Other processes may die while this one lives.
                _ = settle.tick(), if self.store.is_shared() => self.settle().await,
                _ = stop.changed() => {}
            }
        }
        heeding.abort();
        self.running.stop();
        let ended = async { while passes.join_next().await.is_some() {} };
        if timeout(STOP_PATIENCE, ended).await.is_err() {
            tracing::warn!(
                passes = passes.len(),
                "some passes did not finish their window in time and are dropped"
            );
            // The engine of each is aborted with it, and not waited for: its connections are closed a moment later, or by the
            // end of this process.
            passes.shutdown().await;
        }
        // Nothing is held any more, whatever the database says: who was dropped, or claimed without a word, is no dead one's.
        lock(&self.held).clear();
        if self.give_back(LET_GO_PATIENCE).await.is_err() {
            tracing::warn!("what this process held is settled at the next start, or by another node");
        }
    }

    /// Claims waiting jobs while workers are free. An error: a claim may have come true though its answer did not come.
    async fn fill(&self, slots: &Arc<Semaphore>, passes: &mut JoinSet<()>) -> Result<(), InDoubt> {
        while let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
            // A database that is out of reach without a word must not keep this node from ending.
            let lease = match timeout(self.store.times().deadline(), self.store.claim()).await {
                Ok(Ok(Some(lease))) => lease,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => {
                    tracing::error!(%error, "looking for waiting jobs failed");
                    return Err(InDoubt);
                }
                Err(_) => {
                    tracing::error!("looking for waiting jobs took too long");
                    return Err(InDoubt);
                }
            };
            let holding = Holding::new(&self.held, (lease.job, lease.epoch));
            let runner = Runner::new(self.store.clone(), self.running.clone());
            passes.spawn(async move {
                runner.run(lease).await;
                drop((holding, slot));
            });
        }
        Ok(())
    }

    /// Gives back what is this process's in the database and does not run here.
    async fn give_back(&self, patience: Duration) -> Result<(), InDoubt> {
        let held = lock(&self.held).clone();
        match timeout(patience, self.store.give_back_all_but(&held)).await {
            Ok(Ok(0)) => Ok(()),
            Ok(Ok(jobs)) => {
                tracing::warn!(jobs, "jobs that were held and not run here were given back");
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "giving back what is not run here failed");
                Err(InDoubt)
            }
            Err(_) => {
                tracing::error!("giving back what is not run here took too long");
                Err(InDoubt)
            }
        }
    }

    /// Puts jobs of dead processes back in order.
    async fn settle(&self) {
        match timeout(self.store.times().deadline(), self.store.settle_orphans()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(jobs)) => tracing::info!(jobs, "jobs of a process that is gone were settled"),
            Ok(Err(error)) => tracing::error!(%error, "settling jobs of a process that is gone failed"),
            Err(_) => tracing::error!("settling jobs of a process that is gone took too long"),
        }
    }
}

/// A claim may have come true though nobody here heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InDoubt;

/// Keeps a lease on the list of those that are run here; off it when dropped.
#[derive(Debug)]
struct Holding {
    held: Held,
    lease: (JobId, i64),
}

impl Holding {
    fn new(held: &Held, lease: (JobId, i64)) -> Self {
        lock(held).insert(lease);
        Self { held: Arc::clone(held), lease }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.lease);
    }
}

fn lock(held: &Held) -> MutexGuard<'_, BTreeSet<(JobId, i64)>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
