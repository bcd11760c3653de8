//! Gives waiting jobs to free workers.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

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

/// The jobs that wait, seen from this process.
#[derive(Debug)]
pub(crate) struct Queue {
    store: Store,
    running: Running,
    workers: NonZeroU16,
}

impl Queue {
    pub(crate) fn new(store: Store, running: Running, workers: NonZeroU16) -> Self {
        Self { store, running, workers }
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
        while !*stop.borrow() {
            changed.mark_unchanged();
            if self.running.have_room() {
                self.fill(&slots, &mut passes).await;
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
                "some passes did not finish their window in time; they are settled at the next start, or by another node"
            );
        }
    }

    /// Claims waiting jobs while workers are free.
    async fn fill(&self, slots: &Arc<Semaphore>, passes: &mut JoinSet<()>) {
        while let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
            // A database that is out of reach without a word must not keep this node from ending.
            let lease = match timeout(self.store.times().deadline(), self.store.claim()).await {
                Ok(Ok(Some(lease))) => lease,
                Ok(Ok(None)) => return,
                Ok(Err(error)) => return tracing::error!(%error, "looking for waiting jobs failed"),
                Err(_) => return tracing::error!("looking for waiting jobs took too long"),
            };
            let runner = Runner::new(self.store.clone(), self.running.clone());
            passes.spawn(async move {
                runner.run(lease).await;
                drop(slot);
            });
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

#[cfg(test)]
mod tests;
