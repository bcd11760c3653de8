//! The passes that run in this process: how each gets on, and how to steer it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use engine::pass::Control;
use shared::{
    id::JobId,
    job::{JobRow, JobState},
    live::Progress,
};
use tokio::{sync::watch, time::timeout};

use super::{limits::Kept, slow::Pace};
use crate::{
    disk::Disk,
    guest::Guests,
    store::{Store, Told, Wish},
};

/// How often it is looked what admins ask, though nothing told of it.
const HEED: Duration = Duration::from_secs(2);
/// Between two looks.
const HEED_PAUSE: Duration = Duration::from_millis(500);

/// The passes that run in this process. Cheap to clone; every clone is the same list.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    list: Arc<Mutex<List>>,
    moved: watch::Sender<u64>,
    /// The limits they keep.
    pub(super) limits: Kept,
    /// The systems they use.
    pub(crate) guests: Guests,
    /// The disk they need room on.
    pub(crate) disk: Disk,
}

#[derive(Debug, Default)]
struct List {
    passes: BTreeMap<JobId, Pass>,
    /// The server is stopping: passes that register from now on pause at once.
    stopping: bool,
}

#[derive(Debug)]
struct Pass {
    /// The epoch of its lease.
    epoch: i64,
    control: watch::Sender<Control>,
    progress: watch::Receiver<Progress>,
    begun: Instant,
    pace: Pace,
}

impl Pass {
    fn progress(&self) -> Progress {
        let mut progress = self.progress.borrow().clone();
        progress.slow = self.pace.slow();
        progress
    }
}

/// Takes its pass off the list when dropped.
#[derive(Debug)]
pub(super) struct Registered {
    running: Running,
    job: JobId,
    control: watch::Sender<Control>,
}

impl Running {
    /// With the disk they need room on.
    pub(crate) fn new(disk: Disk) -> Self {
        Self {
            list: Arc::default(),
            moved: watch::Sender::new(0),
            limits: Kept::default(),
            guests: Guests::new(),
            disk,
        }
    }

    /// Puts a pass on the list, under the epoch of its lease.
    pub(super) fn register(
        &self,
        (job, epoch): (JobId, i64),
        control: watch::Sender<Control>,
        progress: watch::Receiver<Progress>,
    ) -> Registered {
        let mut list = self.lock();
        let own = control.clone();
        let pass = Pass { epoch, control, progress, begun: Instant::now(), pace: Pace::default() };
        if list.stopping || self.disk.full().is_some() {
            steer(&pass, Control::Pause);
        }
        list.passes.insert(job, pass);
        drop(list);
        self.moved();
        Registered { running: self.clone(), job, control: own }
    }

    /// Tells a pass at once what the job's new state asks of it. A job that does not run here is left alone.
    pub(crate) fn steer_to(&self, job: JobId, state: JobState) {
        let control = match state {
            JobState::Pausing | JobState::Paused => Control::Pause,
            JobState::Stopping | JobState::Cancelled => Control::Cancel,
            JobState::Ready
            | JobState::Queued
            | JobState::Running
            | JobState::Complete
            | JobState::Exceptions
            | JobState::Failed
            | JobState::Skipped => return,
        };
        if let Some(pass) = self.lock().passes.get(&job) {
            steer(pass, control);
        }
    }

    /// Tells a pass to drop its connections. A job that does not run here is left alone.
    pub(crate) fn stop_now(&self, job: JobId) {
        if let Some(pass) = self.lock().passes.get(&job) {
            steer(pass, Control::StopNow);
        }
    }

    /// Tells the passes that run here what admins ask of their jobs, wherever they asked.
    pub(crate) async fn heed(&self, store: &Store) {
        if self.lock().passes.is_empty() {
            return;
        }
        match store.wishes().await {
            Ok(wishes) => {
                for Wish { job, state, at_once } in wishes {
                    if at_once {
                        self.stop_now(job);
                    }
                    self.steer_to(job, state);
                }
            }
            Err(error) => tracing::warn!(%error, "reading what admins ask of running mailboxes failed"),
        }
    }

    /// Heeds admins on all nodes, for ever: a change of a state, or of a project's limits, is acted upon within [`HEED`].
    pub(crate) async fn keep_heeding(self, store: Store) {
        let mut changed = store.changed();
        let mut told = Vec::new();
        loop {
            changed.mark_unchanged();
            self.note_paces();
            self.heed(&store).await;
            if self.limits.renew(&store).await {
                self.moved();
            }
            if store.is_shared() {
                self.tell(&store, &mut told).await;
            }
            // Never more often than twice a second, however busy the store is.
            tokio::time::sleep(HEED_PAUSE).await;
            let _ = timeout(HEED, changed.changed()).await;
        }
    }

    /// Tells other nodes how the passes of this one get on, when that is not what was told last.
    async fn tell(&self, store: &Store, last: &mut Vec<Told>) {
        let told: Vec<Told> = self
            .lock()
            .passes
            .iter()
            .map(|(job, pass)| Told { job: *job, epoch: pass.epoch, progress: pass.progress() })
            .collect();
        if told.is_empty() || told == *last {
            return;
        }
        match timeout(store.times().heartbeat(), store.tell_progress(&told)).await {
            Ok(Ok(())) => *last = told,
            Ok(Err(error)) => tracing::debug!(%error, "telling other nodes how mailboxes get on failed"),
            Err(_) => tracing::debug!("telling other nodes how mailboxes get on took too long"),
        }
    }

    /// Notes how fast each pass gets on, to tell when one slows down.
    fn note_paces(&self) {
        for pass in self.lock().passes.values_mut() {
            pass.pace.note(pass.begun.elapsed(), &pass.progress.borrow());
        }
    }

    /// Pauses every pass, now and from now on, because the server is stopping.
    pub(crate) fn stop(&self) {
        let mut list = self.lock();
        list.stopping = true;
        list.passes.values().for_each(|pass| steer(pass, Control::Pause));
    }

    /// Looks whether the disk has room for passes. While it has too little, those that run are paused.
    pub(crate) fn have_room(&self) -> bool {
        let was_full = self.disk.full().is_some();
        let is_full = self.disk.look();
        if is_full {
            self.lock().passes.values().for_each(|pass| steer(pass, Control::Pause));
        }
        if is_full || was_full {
            self.moved();
        }
        !is_full
    }

    /// Adds the progress of the pass that runs here, if one does; what another node told of its own stays.
    pub(crate) fn overlay(&self, row: &mut JobRow) {
        if !row.state.is_active() {
            row.progress = None;
        } else if let Some(pass) = self.lock().passes.get(&row.id) {
            row.progress = Some(pass.progress());
        }
    }

    /// Counts up whenever a pass moved. A wake-up only: what is true stands in the store.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    pub(crate) fn moved(&self) {
        self.moved.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut list = self.running.lock();
        // Another pass of the job may have begun here meanwhile, when the lease of this one was lost.
        if list.passes.get(&self.job).is_some_and(|pass| pass.control.same_channel(&self.control)) {
            list.passes.remove(&self.job);
        }
        drop(list);
        self.running.moved();
    }
}

/// A wish to stop outranks a wish to pause.
fn steer(pass: &Pass, wanted: Control) {
    pass.control.send_if_modified(|control| {
        let stronger = strength(wanted) > strength(*control);
        if stronger {
            *control = wanted;
        }
        stronger
    });
}

/// How much of the pass a wish takes.
const fn strength(control: Control) -> u8 {
    match control {
        Control::Go => 0,
        Control::Pause => 1,
        Control::Cancel => 2,
        Control::StopNow => 3,
    }
}

#[cfg(test)]
mod tests {
    use shared::live::Phase;

    use super::{Control, Disk, JobId, JobState, Progress, Registered, Running, watch};
    use crate::disk::Space;

    fn running() -> Running {
        Running::new(Disk::of(std::path::Path::new("/")))
    }

    fn pass(running: &Running, job: i64) -> (watch::Receiver<Control>, Registered) {
        let (control, steered) = watch::channel(Control::Go);
        let (_, progress) = watch::channel(Progress::begin(Phase::Copying));
        (steered, running.register((JobId(job), 1), control, progress))
    }

    #[test]
    fn an_action_reaches_its_own_pass_only_and_stopping_outranks_pausing() {
        let running = running();
        let ((one, _one), (two, _two)) = (pass(&running, 1), pass(&running, 2));
        running.steer_to(JobId(1), JobState::Pausing);
        assert_eq!((*one.borrow(), *two.borrow()), (Control::Pause, Control::Go));
        running.steer_to(JobId(1), JobState::Stopping);
        running.steer_to(JobId(1), JobState::Pausing);
        assert_eq!(*one.borrow(), Control::Cancel);
    }

    #[test]
    fn a_stopping_server_pauses_the_passes_of_now_and_of_later() {
        let running = running();
        let (early, _early) = pass(&running, 1);
        running.stop();
        let (late, _late) = pass(&running, 2);
        assert_eq!((*early.borrow(), *late.borrow()), (Control::Pause, Control::Pause));
    }

    #[test]
    fn an_ended_pass_is_off_the_list() {
        let running = running();
        let (_, registered) = pass(&running, 1);
        assert_eq!(running.lock().passes.len(), 1);
        drop(registered);
        assert!(running.lock().passes.is_empty());
    }

    #[test]
    fn a_full_disk_pauses_the_passes_of_now_and_of_later_until_there_is_room() {
        let dir = tempfile::tempdir().expect("a folder");
        let written = |place: &std::path::Path| {
            let free = std::fs::read_to_string(place.join("free")).ok()?.parse().ok()?;
            Some(Space { free, size: 100 })
        };
        let running = Running::new(Disk::read_by(dir.path(), written));
        let room = |free: &str| {
            std::fs::write(dir.path().join("free"), free).expect("writes");
            running.have_room()
        };
        let (early, _early) = pass(&running, 1);
        assert!(room("50") && *early.borrow() == Control::Go);
        assert!(!room("1"));
        let (late, _late) = pass(&running, 2);
        assert_eq!((*early.borrow(), *late.borrow()), (Control::Pause, Control::Pause));
        assert!(room("50"));
        let (next, _next) = pass(&running, 3);
        assert_eq!(*next.borrow(), Control::Go);
    }
}
