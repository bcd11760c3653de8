//! The schedule: starts batches at their moment and repeats their delta passes. One node at a time does it for all.

use std::time::Duration;

use shared::{
    batch::Repeat,
    id::{BatchId, ProjectId},
    job::JobState,
    time::Timestamp,
};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    report::words::{counted, moment},
    store::{REPEATS, STARTS, Store, StoreError},
};

/// Between two looks at what is due.
const LOOK: Duration = Duration::from_secs(5);
/// How long the duty is held without being renewed: so long nothing is started when its node dies.
const DUTY_MILLIS: i64 = 30_000;
/// The duty's name in the database.
const DUTY: &str = "schedule";
/// Later than this is said.
const LATE_MILLIS: i64 = 60_000;
/// Between two notes of how projects get on.
const PACE_MILLIS: i64 = 60_000;
const HOUR_MILLIS: i64 = 3_600_000;

/// A batch as far as the schedule goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scheduled {
    pub(crate) id: BatchId,
    pub(crate) project: ProjectId,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) start_at: Option<Timestamp>,
    pub(crate) repeat: Option<Repeat>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) next_run: Option<Timestamp>,
    /// Its cutover is done.
    pub(crate) done: bool,
}

/// What is due of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// The moment to start it has come.
    Start {
        /// The moment.
        at: Timestamp,
        /// When it is repeated.
        next: Option<Timestamp>,
    },
    /// The moment for another delta pass has come.
    Again {
        /// The moment.
        at: Timestamp,
        /// How many moments passed by besides.
        missed: i64,
        /// The one after.
        next: Option<Timestamp>,
    },
    /// Nothing yet, but it is known when.
    Plan {
        /// When it is repeated; none: it is not, any more.
        next: Option<Timestamp>,
    },
}

impl Scheduled {
    /// What is due now; none: nothing.
    pub(crate) fn due(&self, now: Timestamp) -> Option<Due> {
        if self.done {
            return self.next_run.map(|_| Due::Plan { next: None });
        }
        match (self.start_at, self.started) {
            (Some(at), None) if at <= now => return Some(Due::Start { at, next: self.after(now, now) }),
            (Some(_), None) => return None,
            (Some(_) | None, _) => {}
        }
        let started = self.started?;
        let Some(at) = self.next_run else {
            let next = self.after(started, started)?;
            return Some(Due::Plan { next: Some(next) });
        };
        if self.repeat.is_none() {
            return Some(Due::Plan { next: None });
        }
        if at > now {
            return None;
        }
        let next = self.after(at, now);
        let every = self.repeat.map_or(HOUR_MILLIS, every);
        Some(Due::Again { at, missed: (now.millis() - at.millis()) / every, next })
    }

    /// The next moment of those that follow `from`, after `now`; none when no pass is to begin any more.
    fn after(&self, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let repeat = self.repeat?;
        let every = every(repeat);
        let past = (now.millis() - from.millis()).div_euclid(every);
        let next = from.plus_millis((past + 1) * every);
        repeat.until.is_none_or(|until| next <= until).then_some(next)
    }
}

fn every(repeat: Repeat) -> i64 {
    i64::from(repeat.hours.get()) * HOUR_MILLIS
}

impl Due {
    /// The jobs it reaches.
    pub(crate) const fn states(&self) -> &'static [JobState] {
        match self {
            Self::Start { .. } => STARTS,
            Self::Again { .. } => REPEATS,
            Self::Plan { .. } => &[],
        }
    }

    /// When the batch is run next.
    pub(crate) const fn next(&self) -> Option<Timestamp> {
        match self {
            Self::Start { next, .. } | Self::Again { next, .. } | Self::Plan { next } => *next,
        }
    }

    /// The moment it came due; none: nothing is to be done.
    const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Start { at, .. } | Self::Again { at, .. } => Some(*at),
            Self::Plan { .. } => None,
        }
    }

    /// What was done, in a sentence. `off`: no server was running when it came due.
    pub(crate) fn told(&self, now: Timestamp, reached: u64, off: bool) -> Option<String> {
        let (what, at, missed) = match self {
            Self::Start { at, .. } => ("Started", *at, 0),
            Self::Again { at, missed, .. } => ("Delta pass begun", *at, *missed),
            Self::Plan { .. } => return None,
        };
        let mailboxes = counted(reached, "mailbox");
        if now.millis() - at.millis() <= LATE_MILLIS {
            return Some(format!("{what} on time: {mailboxes}."));
        }
        let at = moment(at);
        let why = match (self, off) {
            (_, true) => format!("late: it was due at {at}, when no server was running"),
            (Self::Start { .. }, false) => {
                format!("at once: its moment, {at}, had passed when it was saved or got its mailboxes")
            }
            (Self::Again { .. } | Self::Plan { .. }, false) => format!("late: it was due at {at}"),
        };
        let also = match missed {
            0 => String::new(),
            missed => format!(" {missed} more {} left out.", if missed == 1 { "was" } else { "were" }),
        };
        Some(format!("{what} {why}. {mailboxes}.{also}"))
    }
}

/// Since when a node has the duty without a break.
#[derive(Debug, Clone, Copy)]
struct Watch {
    since: Timestamp,
    /// When it was had before, by whichever node, for certain; none: never.
    before: Option<Timestamp>,
}

impl Watch {
    /// Whether nobody had the duty at a moment.
    fn missed(self, at: Timestamp) -> bool {
        at < self.since && self.before.is_none_or(|before| before < at)
    }
}

/// Runs the schedule.
#[derive(Debug)]
pub(crate) struct Schedule {
    store: Store,
    clock: Clock,
    /// When it was noted last how projects get on.
    noted: Option<Timestamp>,
    /// None while another node has the duty.
    watch: Option<Watch>,
    /// All that came due before this watch was looked at once: what is run later has another reason to be late.
    caught_up: bool,
}

impl Schedule {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, noted: None, watch: None, caught_up: false }
    }

    /// Works until told to stop.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "running the schedule failed; trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.changed() => {}
            }
        }
        if let Err(error) = self.store.drop_duty(DUTY).await {
            tracing::debug!(%error, "giving the schedule to another node failed; it takes it by itself");
        }
    }

    /// Does what is due now, if this node has the duty.
    pub(crate) async fn tick(&mut self) -> Result<(), StoreError> {
        let until = match self.watch {
            Some(_) => None,
            None => self.store.duty_until(DUTY).await?,
        };
        if !self.store.take_duty(DUTY, DUTY_MILLIS).await? {
            self.watch = None;
            return Ok(());
        }
        // Where nodes share a database they share its clock: one node's may be wrong.
        let now = match self.store.is_shared() {
            true => self.store.database_clock().await?,
            false => self.clock.now(),
        };
        // Whoever had it renewed it at the latest so long before it ended.
        let before = until.map(|until| until.plus_millis(-DUTY_MILLIS));
        self.caught_up &= self.watch.is_some();
        let watch = *self.watch.get_or_insert(Watch { since: now, before });
        if self.noted.is_none_or(|noted| now.millis() - noted.millis() >= PACE_MILLIS) {
            self.noted = Some(now);
            self.store.note_pace(now).await?;
        }
        for batch in self.store.scheduled().await? {
            let Some(due) = batch.due(now) else { continue };
            // A batch that was made later did not miss it.
            let missed = due.at().is_some_and(|at| batch.created <= at && watch.missed(at));
            let off = missed && !self.caught_up;
            let Some(reached) = self.store.run_due(&batch, &due, now, off).await? else { continue };
            if let Some(told) = due.told(now, reached, off) {
                tracing::info!(batch.id = %batch.id, reached, "the schedule ran a batch");
                let subject = format!("{}: {told}", batch.name);
                self.store.log_activity("schedule", "batch.run", &subject).await?;
            }
        }
        self.caught_up = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
