//! What is due when: pure, and over a store with a clock of the test's own.

use std::{
    num::NonZeroU16,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use shared::{
    audit::ActivityQuery,
    batch::{AssignForm, BatchForm},
    endpoint::{Endpoint, ImapEndpoint, Login},
    id::{JobId, ProjectId},
    job::{JobAction, NewJob},
    limits::Zone,
    project::{Options, ProjectForm, SideForm},
    selection::Selection,
};

use super::*;
use crate::secret::Sealer;

/// Far ahead: batches are made by the machine's clock, before anything of them is due.
const NOON: i64 = 4_099_982_400_000;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(NOON + hours * HOUR_MILLIS)
}

fn repeat(hours: u16, until: Option<Timestamp>) -> Option<Repeat> {
    NonZeroU16::new(hours).map(|hours| Repeat { hours, until })
}

fn scheduled(start_at: Option<i64>, started: Option<i64>, next_run: Option<i64>) -> Scheduled {
    Scheduled {
        id: BatchId(1),
        project: ProjectId(1),
        name: "First".into(),
        created: at(-1),
        start_at: start_at.map(at),
        repeat: repeat(6, None),
        started: started.map(at),
        next_run: next_run.map(at),
        done: false,
    }
}

#[test]
fn a_batch_starts_at_its_moment_and_once() {
    assert_eq!(scheduled(Some(2), None, None).due(at(1)), None);
    let due = scheduled(Some(2), None, None).due(at(2));
    assert_eq!(due, Some(Due::Start { at: at(2), next: Some(at(8)) }));
    assert_eq!(scheduled(Some(2), Some(2), Some(8)).due(at(3)), None);
}

#[test]
fn delta_passes_keep_to_their_grid_and_missed_ones_are_run_once() {
    let batch = scheduled(None, Some(0), Some(6));
    assert_eq!(batch.due(at(5)), None);
    assert_eq!(batch.due(at(6)), Some(Due::Again { at: at(6), missed: 0, next: Some(at(12)) }));
    let late = batch.due(at(20)).expect("due");
    assert_eq!(late, Due::Again { at: at(6), missed: 2, next: Some(at(24)) });
    let told = late.told(at(20), 3, true).expect("told");
    assert!(
        told.contains("late") && told.contains("3 mailboxes") && told.contains("2 more were left out"),
        "{told}"
    );
    assert!(told.contains(&moment(at(6))) && told.contains("no server was running"), "{told}");
    let told = late.told(at(20), 3, false).expect("told");
    assert!(!told.contains("no server"), "{told}");
}

#[test]
fn a_batch_that_an_admin_started_is_repeated_from_then() {
    let planned = scheduled(None, Some(1), None).due(at(2));
    assert_eq!(planned, Some(Due::Plan { next: Some(at(7)) }));
    assert_eq!(scheduled(None, None, None).due(at(2)), None, "nobody started it");
}

#[test]
fn no_server_was_running_only_while_nobody_had_the_duty() {
    let watch = Watch { since: at(10), before: Some(at(4)) };
    assert!(watch.missed(at(5)) && watch.missed(at(9)));
    assert!(!watch.missed(at(10)) && !watch.missed(at(4)) && !watch.missed(at(3)));
    assert!(Watch { since: at(10), before: None }.missed(at(3)));
}

#[test]
fn nothing_is_repeated_after_the_last_moment_or_the_cutover() {
    let mut batch = Scheduled { repeat: repeat(6, Some(at(13))), ..scheduled(None, Some(0), Some(12)) };
    assert_eq!(batch.due(at(12)), Some(Due::Again { at: at(12), missed: 0, next: None }));
    batch.done = true;
    assert_eq!(batch.due(at(12)), Some(Due::Plan { next: None }));
    batch.next_run = None;
    assert_eq!(batch.due(at(12)), None);
}

struct Bench {
    store: Store,
    schedule: Schedule,
    now: Arc<AtomicI64>,
    project: ProjectId,
    batch: BatchId,
    jobs: Vec<JobId>,
    _dir: tempfile::TempDir,
}

fn clock(now: &Arc<AtomicI64>) -> Clock {
    let now = Arc::clone(now);
    Clock::from_fn(move || Timestamp::from_millis(now.load(Ordering::SeqCst)))
}

async fn project(store: &Store) -> (ProjectId, Vec<JobId>) {
    let side = |host: &str| {
        let endpoint = ImapEndpoint::new(host, Login::Password);
        SideForm { endpoint: Endpoint::Imap(endpoint), secret: None }
    };
    let form = ProjectForm {
        name: "Move".into(),
        source: side("old.example"),
        target: side("new.example"),
        options: Options::default(),
    };
    let project = store.create_project(&form).await.expect("a project");
    let rows = ["anna", "bert", "carl"].map(|name| NewJob {
        source_user: format!("{name}@old.example"),
        source_secret: None,
        target_user: format!("{name}@new.example"),
        target_secret: None,
        below: None,
    });
    let jobs = store.create_jobs(project, &rows).await.expect("jobs");
    (project, jobs)
}

fn form() -> BatchForm {
    BatchForm {
        name: "First".into(),
        priority: 0,
        start_at: Some(at(2)),
        hours: Vec::new(),
        zone: Zone::Utc,
        parallel: None,
        repeat: repeat(6, None),
        day_one: None,
    }
}

async fn bench() -> Bench {
    let bench = empty().await;
    assert_eq!(bench.fill().await, 2);
    bench
}

/// A batch that nobody put a mailbox into yet.
async fn empty() -> Bench {
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", dir.path().join("test.db").display());
    let store = Store::open(&url, Sealer::ephemeral().expect("a key")).await.expect("a database");
    let (project, jobs) = project(&store).await;
    let batch = store.create_batch(project, &form()).await.expect("a batch");
    let now = Arc::new(AtomicI64::new(NOON));
    let schedule = Schedule::new(store.clone(), clock(&now));
    Bench { store, schedule, now, project, batch, jobs, _dir: dir }
}

impl Bench {
    /// Puts the first two mailboxes into the batch.
    async fn fill(&self) -> u64 {
        let selection = Selection::of(self.jobs[..2].to_vec());
        let form = AssignForm { batch: Some(self.batch), selection };
        self.store.assign(self.project, &form).await.expect("put")
    }

    async fn row(&self) -> shared::batch::BatchRow {
        self.store.batch_row(self.batch).await.expect("is there")
    }

    async fn tick_at(&mut self, hours: i64) {
        self.now.store(at(hours).millis(), Ordering::SeqCst);
        self.schedule.tick().await.expect("runs");
    }

    async fn states(&self) -> Vec<JobState> {
        let mut states = Vec::new();
        for job in &self.jobs {
            states.push(self.store.job_state(*job).await.expect("is there"));
        }
        states
    }
}

#[tokio::test]
async fn a_batch_is_started_at_its_moment_and_its_mailboxes_alone() {
    let mut bench = bench().await;
    bench.tick_at(1).await;
    assert_eq!(bench.states().await, [JobState::Ready; 3]);
    bench.tick_at(2).await;
    assert_eq!(bench.states().await, [JobState::Queued, JobState::Queued, JobState::Ready]);
    let row = bench.store.batch_row(bench.batch).await.expect("is there");
    assert_eq!((row.started, row.next_run), (Some(at(2)), Some(at(8))));
    assert_eq!(row.told.as_deref(), Some("Started on time: 2 mailboxes."));
    assert_eq!((row.counts.jobs, row.counts.active), (2, 2));
}

#[tokio::test]
async fn what_came_due_while_no_server_ran_is_done_late_and_says_so() {
    let mut bench = bench().await;
    bench.tick_at(30).await;
    let row = bench.store.batch_row(bench.batch).await.expect("is there");
    assert!(row.told.as_deref().is_some_and(|told| told.contains("late")), "{:?}", row.told);
    assert_eq!(row.counts.active, 2);
    // Cancelled on purpose: the repetition leaves it alone.
    bench.store.apply(bench.jobs[0], JobAction::Cancel).await.expect("stops");
    bench.tick_at(40).await;
    assert_eq!(bench.states().await[0], JobState::Cancelled);
    let told = bench.store.activity(&ActivityQuery::default()).await.expect("reads");
    assert!(told.iter().any(|line| line.who == "schedule" && line.subject.contains("late")));
}

#[tokio::test]
async fn a_start_waits_for_mailboxes_and_blames_no_server() {
    let mut bench = empty().await;
    bench.tick_at(1).await;
    bench.tick_at(3).await;
    let row = bench.row().await;
    assert_eq!((row.started, row.told), (None, None), "nothing was there to start");
    assert_eq!(bench.fill().await, 2);
    bench.tick_at(5).await;
    assert_eq!(bench.states().await, [JobState::Queued, JobState::Queued, JobState::Ready]);
    let told = bench.row().await.told.expect("told");
    assert!(told.starts_with("Started at once") && told.ends_with("2 mailboxes."), "{told}");
    assert!(told.contains(&moment(at(2))) && !told.contains("no server"), "{told}");
}

#[tokio::test]
async fn an_outage_is_no_reason_for_what_could_not_begin_after_it() {
    let mut bench = empty().await;
    bench.tick_at(3).await;
    assert_eq!(bench.fill().await, 2);
    bench.tick_at(5).await;
    let told = bench.row().await.told.expect("told");
    assert!(told.starts_with("Started at once") && !told.contains("no server"), "{told}");
}

#[tokio::test]
async fn a_start_that_has_passed_is_moved_and_comes_again() {
    let mut bench = bench().await;
    bench.tick_at(2).await;
    assert_eq!(bench.row().await.started, Some(at(2)));
    for job in &bench.jobs[..2] {
        bench.store.apply(*job, JobAction::Cancel).await.expect("stops");
        bench.store.apply(*job, JobAction::Skip).await.expect("left out");
        bench.store.apply(*job, JobAction::Unskip).await.expect("taken back in");
    }
    let same = BatchForm { name: "Renamed".into(), ..form() };
    bench.store.update_batch(bench.batch, &same, None).await.expect("changes");
    assert_eq!(bench.row().await.started, Some(at(2)), "its start stayed where it was");
    let later = BatchForm { start_at: Some(at(4)), ..same };
    bench.store.update_batch(bench.batch, &later, None).await.expect("changes");
    assert_eq!(bench.row().await.started, None);
    bench.tick_at(3).await;
    assert_eq!(bench.states().await, [JobState::Ready; 3]);
    bench.tick_at(4).await;
    assert_eq!(bench.states().await, [JobState::Queued, JobState::Queued, JobState::Ready]);
    assert_eq!(bench.row().await.started, Some(at(4)));
}
