//! Runs one pass of one job: under its lease, steered by admins, with its outcome kept whatever happens.

mod limits;
mod running;
mod slow;

use std::{sync::Arc, time::Duration};

use engine::{
    hold::Hold,
    pass::{Control, PassOrder, PassOutcome},
};
use shared::{
    cause::Cause,
    id::PassId,
    job::JobState,
    live::{Phase, Progress},
    pass::{Counts, PassEnd},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};
use tracing::Instrument as _;

pub(crate) use running::Running;

use crate::{
    disk,
    store::{Lease, Store, StoreError},
};

/// Between attempts to write to a database that fails.
const RETRY: Duration = Duration::from_secs(2);

/// Runs passes and keeps their outcomes.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    store: Store,
    running: Running,
}

impl Runner {
    pub(crate) fn new(store: Store, running: Running) -> Self {
        Self { store, running }
    }

    /// Runs the pass of a claimed job to its end and gives the lease back.
    pub(crate) async fn run(&self, lease: Lease) {
        let Some(pass) = persist("beginning the pass", || self.store.begin_pass(&lease)).await else {
            return self.let_go(&lease).await;
        };
        let span = tracing::info_span!(
            "pass",
            project.id = %lease.project,
            job.id = %lease.job,
            pass.id = %pass,
            pass.kind = lease.kind.title(),
        );
        self.run_begun(lease, pass).instrument(span).await;
    }

    async fn run_begun(&self, lease: Lease, pass: PassId) {
        tracing::info!("the pass begins");
        let mut passes_by = true;
        let outcome = match self.store.pass_order(&lease).await {
            Ok(mut order) => match self.running.guests.admit(&mut order) {
                // The project's limits count until the pass has ended, and change with it.
                Ok(joined) => {
                    let _limits = self.running.limits.keep(&lease, &order.options, joined);
                    self.drive(&lease, pass, order).await
                }
                Err(error) => {
                    Some(aborted(Cause::OutsideHours, format!("Reading the allowed hours failed: {error}.")))
                }
            },
            Err(StoreError::LeaseLost) => None,
            Err(error) => {
                // What is missing or cannot be opened is so the next time, too.
                passes_by = matches!(error, StoreError::Database { .. } | StoreError::DiskFull { .. });
                Some(aborted(cause_of(&error), error.to_string()))
            }
        };
        let Some(mut outcome) = outcome else {
            return self.let_go(&lease).await;
        };
        // Where an admin asked for it meanwhile, nothing goes on by itself.
        let asked =
            matches!(self.store.job_state(lease.job).await, Ok(JobState::Pausing | JobState::Stopping));
        let held = passes_by && self.interrupted(&mut outcome, asked);
        let state = persist("keeping the outcome", || async {
            match held {
                true => self.store.interrupt_pass(&lease, pass, &outcome).await,
                false => self.store.finish_pass(&lease, pass, &outcome).await,
            }
        })
        .await;
        let Some(state) = state else { return self.let_go(&lease).await };
        tracing::info!(
            outcome = outcome_word(&outcome.end),
            state = state.title(),
            copied = outcome.counts.copied,
            skipped = outcome.counts.skipped,
            "the pass has ended"
        );
    }

    /// The job is another process's: what may be open to its mail systems is closed by now, and others may have it.
    async fn let_go(&self, lease: &Lease) {
        tracing::warn!("another process took the job over; this one lets go of it");
        persist("giving connections back", || self.store.give_back_connections(lease)).await;
    }

    /// Whether a pass ended before its time for something that passes by itself: a full disk, which it says then, or a
    /// database elsewhere that went away. That of SQLite is this machine's, and somebody has to look. `asked`: an admin asked
    /// it to end.
    fn interrupted(&self, outcome: &mut PassOutcome, asked: bool) -> bool {
        // The disk of a database elsewhere is not the one that is looked at here.
        let database = match outcome.end {
            PassEnd::Aborted { cause: Cause::Ledger, .. } => true,
            PassEnd::Aborted { cause: Cause::DiskFull, .. } => {
                self.store.is_shared() && self.running.have_room()
            }
            PassEnd::Finished | PassEnd::Paused | PassEnd::Cancelled | PassEnd::Aborted { .. } => false,
        };
        if database {
            return self.store.is_shared();
        }
        let held = match &outcome.end {
            PassEnd::Paused if asked => None,
            PassEnd::Paused => self.running.disk.full(),
            // It was full before anybody looked.
            PassEnd::Aborted { cause: Cause::DiskFull, .. } if !self.running.have_room() => {
                self.running.disk.full()
            }
            PassEnd::Finished | PassEnd::Cancelled | PassEnd::Aborted { .. } => None,
        };
        let Some(full) = held else { return false };
        let then = match asked {
            true => "Nothing is lost: start or resume the mailbox then.",
            false => "The pass goes on by itself then: nothing is lost.",
        };
        let message = format!("{} {then}", disk::told(&full));
        outcome.end = PassEnd::Aborted { cause: Cause::DiskFull, message };
        true
    }

    /// Runs the engine beside heartbeat and steering. None: the lease is lost and nothing may be written any more.
    async fn drive(&self, lease: &Lease, pass: PassId, mut order: PassOrder) -> Option<PassOutcome> {
        let (progress_in, mut progress) = watch::channel(Progress::begin(Phase::Connecting));
        let (control_in, control) = watch::channel(Control::Go);
        let _registered = self.running.register((lease.job, lease.epoch), control_in, progress.clone());
        // An admin may have asked between the claim and the registration.
        if let Ok(state) = self.store.job_state(lease.job).await {
            self.running.steer_to(lease.job, state);
        }
        let times = self.store.times();
        let hold = Hold::until(lease.asked + times.deadline());
        order.source.hold = hold.clone();
        order.target.hold = hold.clone();
        let _answering = Answering(hold.clone());
        let ledger = Arc::new(self.store.ledger(lease, pass));
        // A set of one: dropping it aborts the task, so that no pass outlives whoever answers for it.
        let mut engine = JoinSet::new();
        engine.spawn(engine::pass::run(order, ledger, progress_in, control).in_current_span());
        let (mut renewed, mut next) = (lease.asked, lease.asked + times.heartbeat());
        let mut moving = true;
        let ended = loop {
            let deadline = renewed + times.deadline();
            tokio::select! {
                ended = engine.join_next() => return Some(outcome_of(ended)),
                still = progress.changed(), if moving => {
                    moving = still.is_ok();
                    self.running.moved();
                }
                () = sleep_until(next.min(deadline)) => {
                    let asked = Instant::now();
                    if asked >= deadline {
                        break Some(silence());
                    }
                    match timeout_at(deadline, self.store.heartbeat(lease)).await {
                        Ok(Ok(state)) => {
                            (renewed, next) = (asked, asked + times.heartbeat());
                            hold.renew(renewed + times.deadline());
                            self.running.steer_to(lease.job, state);
                        }
                        Ok(Err(StoreError::LeaseLost)) => break None,
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "renewing the lease failed; trying again");
                            next = Instant::now() + RETRY;
                        }
                        Err(_) => break Some(silence()),
                    }
                }
            }
        };
        // Only when its connections are closed may others have them.
        engine.shutdown().await;
        ended
    }
}

/// Ends the right of a pass to write with whoever answers for it: its last step may still be under way elsewhere.
#[derive(Debug)]
struct Answering(Hold);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.renew(Instant::now());
    }
}

/// The end of a pass whose lease could not be renewed in time.
fn silence() -> PassOutcome {
    let what = "Renewing the hold on this job failed because the database did not answer.";
    aborted(Cause::Ledger, explained(what, Cause::Ledger))
}

/// Writes until it is written, or until the job is held by another process or gone.
async fn persist<T, F>(doing: &'static str, write: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match write().await {
            Ok(written) => return Some(written),
            Err(error @ (StoreError::LeaseLost | StoreError::NotFound(_))) => {
                tracing::warn!(%error, doing, "the job is no longer held here");
                return None;
            }
            Err(error) => tracing::error!(%error, doing, "trying again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// What the engine's task came to: its own outcome, or what stands for a panic.
fn outcome_of(ended: Option<Result<PassOutcome, tokio::task::JoinError>>) -> PassOutcome {
    match ended {
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) | None => aborted(
            Cause::Internal,
            explained(
                "Moving this mailbox stopped because of an error inside carbonio-migrate. Nothing is lost: start again \
                 to go on.",
                Cause::Internal,
            ),
        ),
    }
}

fn explained(what: &str, cause: Cause) -> String {
    format!("{what} {}", cause.advice())
}

/// A pass that could not go on, without counts of its own.
fn aborted(cause: Cause, message: String) -> PassOutcome {
    PassOutcome {
        end: PassEnd::Aborted { cause, message },
        counts: Counts::default(),
        plan: None,
        report: None,
        drift: None,
        inventory: None,
    }
}

fn cause_of(error: &StoreError) -> Cause {
    match error {
        StoreError::NoSecret(_) => Cause::NotConfigured,
        StoreError::LeaseLost => Cause::LeaseLost,
        StoreError::DiskFull { .. } => Cause::DiskFull,
        StoreError::Open(_)
        | StoreError::NotFound(_)
        | StoreError::Taken(_)
        | StoreError::Conflict(_)
        | StoreError::Changed(_)
        | StoreError::State { .. }
        | StoreError::Secret(_)
        | StoreError::Corrupt { .. }
        | StoreError::Database { .. } => Cause::Ledger,
    }
}

/// The word for the log.
const fn outcome_word(end: &PassEnd) -> &'static str {
    match end {
        PassEnd::Finished => "finished",
        PassEnd::Paused => "paused",
        PassEnd::Cancelled => "cancelled",
        PassEnd::Aborted { .. } => "aborted",
    }
}

#[cfg(test)]
mod tests {
    use shared::pass::PassEnd;
    use tokio::task::JoinSet;

    use super::{Cause, PassOutcome, outcome_of};

    #[tokio::test]
    async fn a_panic_inside_the_engine_becomes_a_failed_pass() {
        let mut engine = JoinSet::<PassOutcome>::new();
        engine.spawn(async { panic!("a server said something unheard of") });
        let outcome = outcome_of(engine.join_next().await);
        let PassEnd::Aborted { cause: Cause::Internal, message } = outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert!(!message.contains("unheard"), "the panic's words may hold mail: {message}");
    }
}
