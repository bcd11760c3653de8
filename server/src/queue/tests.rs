//! Waiting jobs are run to an end that is told, and a stopping queue lets go of them.

use std::{net::TcpListener, num::NonZeroU16, time::Duration};

use shared::{
    cause::Cause,
    endpoint::{Endpoint, ImapEndpoint, Login, Tls},
    id::JobId,
    job::{JobAction, JobRow, JobState, JobView, NewJob},
    pass::PassEnd,
    project::{Options, ProjectForm, SideForm},
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

use super::Queue;
use crate::{
    disk::{Disk, Space},
    runner::Running,
    secret::Sealer,
    store::{LeaseTimes, Store},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// How much room there is, of a hundred, as a file says; without one the disk cannot be asked.
fn written(place: &std::path::Path) -> Option<Space> {
    let free = std::fs::read_to_string(place.join("free")).ok()?.parse().ok()?;
    Some(Space { free, size: 100 })
}

struct Bench {
    store: Store,
    running: Running,
    stop: watch::Sender<bool>,
    queue: JoinHandle<()>,
    dir: tempfile::TempDir,
}

/// What a queue is started over: a project whose both sides are at a port of loopback, with one job that was started.
struct Ground {
    store: Store,
    running: Running,
    dir: tempfile::TempDir,
}

impl Ground {
    async fn new(port: u16, login: Login, times: LeaseTimes) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", dir.path().join("test.db").display());
        let sealer = Sealer::ephemeral().expect("a key");
        let store = Store::open_with(&url, sealer, times, true).await.expect("a database");
        let endpoint = ImapEndpoint { port, tls: Tls::None, ..ImapEndpoint::new("127.0.0.1", login) };
        let side = || SideForm { endpoint: Endpoint::Imap(endpoint.clone()), secret: None };
        let form =
            ProjectForm { name: "Move".into(), source: side(), target: side(), options: Options::default() };
        let project = store.create_project(&form).await.expect("a project");
        let row = NewJob {
            source_user: "anna".into(),
            source_secret: Some("secret".into()),
            target_user: "bert".into(),
            target_secret: Some("secret".into()),
            below: None,
        };
        let jobs = store.create_jobs(project, &[row]).await.expect("a job");
        store.apply(jobs[0], JobAction::Start).await.expect("started");
        let running = Running::new(Disk::read_by(dir.path(), written));
        Self { store, running, dir }
    }

    fn start(self) -> Bench {
        let Self { store, running, dir } = self;
        let (stop, stopped) = watch::channel(false);
        let queue = Queue::new(store.clone(), running.clone(), NonZeroU16::MIN);
        Bench { store, running, stop, queue: tokio::spawn(queue.run(stopped)), dir }
    }
}

/// Another process has the one place of a writer in the database for so long.
async fn occupy(dir: &tempfile::TempDir, time: Duration) {
    let other = Store::open_file(&dir.path().join("test.db")).await.expect("the same database");
    let (taken, is_taken) = oneshot::channel();
    tokio::spawn(async move { other.keep_others_from_writing(time, taken).await });
    is_taken.await.expect("taken");
}

impl Bench {
    /// A queue over a project whose both sides are at this port of loopback, with one job that was started.
    async fn new(port: u16, login: Login) -> Self {
        Ground::new(port, login, LeaseTimes::default()).await.start()
    }

    async fn until(&self, wanted: impl Fn(&JobRow) -> bool) -> JobRow {
        let found = async {
            loop {
                let mut row = self.store.job_row(JobId(1)).await.expect("the job");
                self.running.overlay(&mut row);
                if wanted(&row) {
                    return row;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("in time")
    }

    /// From now on so much of the disk is free.
    fn free(&self, bytes: &str) {
        let place = self.dir.path();
        std::fs::write(place.join("next"), bytes).expect("writes");
        std::fs::rename(place.join("next"), place.join("free")).expect("renames");
    }

    async fn end(self) -> JobState {
        self.ended().await.row.state
    }

    /// The job as it stands when the queue has ended.
    async fn ended(self) -> JobView {
        self.stop.send_replace(true);
        timeout(PATIENCE, self.queue).await.expect("in time").expect("no panic");
        self.store.job(JobId(1)).await.expect("the job")
    }
}

/// A port of loopback where nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_as_a_failed_job_with_a_sentence() {
    let bench = Bench::new(closed_port(), Login::Password).await;
    let row = bench.until(|row| row.state == JobState::Failed).await;
    let problem = row.problem.expect("a sentence");
    assert!(problem.contains("127.0.0.1") && problem.ends_with('.'), "{problem}");
    assert_eq!(row.progress, None);
    assert_eq!(bench.end().await, JobState::Failed);
}

#[tokio::test]
async fn a_password_that_was_never_entered_is_asked_for() {
    let login = Login::AuthorizationId { admin: "root".into() };
    let bench = Bench::new(closed_port(), login).await;
    let row = bench.until(|row| row.state == JobState::Failed).await;
    assert!(row.problem.is_some_and(|problem| problem.contains("password")));
    bench.end().await;
}

#[tokio::test]
async fn a_stopping_queue_leaves_its_jobs_waiting_for_the_next_start() {
    // Accepts connections and never says a word, as a hanging server does.
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let bench = Bench::new(silent.local_addr().expect("an address").port(), Login::Password).await;
    bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    let begun = std::time::Instant::now();
    assert_eq!(bench.end().await, JobState::Queued);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_pass_that_cannot_write_its_end_in_time_at_an_ordered_stop_counts_for_nothing() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = silent.local_addr().expect("an address").port();
    let bench = Bench::new(port, Login::Password).await;
    bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    // From before the pass ends until after the patience with it is over.
    occupy(&bench.dir, Duration::from_secs(9)).await;
    let begun = std::time::Instant::now();
    let view = bench.ended().await;
    assert!(begun.elapsed() > Duration::from_secs(8), "it ended in time: {:?}", begun.elapsed());
    assert_eq!(view.row.state, JobState::Queued);
    assert_eq!(view.passes[0].end, Some(PassEnd::Paused), "and not as one that died");
}

#[tokio::test]
async fn a_stop_is_not_kept_waiting_by_a_database_that_does_not_answer() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let bench = Bench::new(silent.local_addr().expect("an address").port(), Login::Password).await;
    bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    occupy(&bench.dir, Duration::from_secs(18)).await;
    let begun = std::time::Instant::now();
    let Bench { stop, queue, dir: _dir, .. } = bench;
    stop.send_replace(true);
    timeout(PATIENCE, queue).await.expect("in time").expect("no panic");
    assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_was_claimed_without_an_answer_is_given_back_as_soon_as_the_database_answers() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = silent.local_addr().expect("an address").port();
    let times = LeaseTimes::of_seconds(const { NonZeroU16::new(4).expect("four is not zero") });
    let ground = Ground::new(port, Login::Password, times).await;
    let lost = ground.store.claim().await.expect("claims").expect("there is one");
    // For as long as it looks for orphans, and then waits for an answer to a claim.
    occupy(&ground.dir, times.deadline() * 2 + Duration::from_secs(1)).await;
    let bench = ground.start();
    let row = bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    assert_eq!(row.id, lost.job);
    bench.end().await;
}

#[tokio::test]
async fn a_pass_that_an_admin_paused_does_not_say_that_it_goes_on_by_itself() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let bench = Bench::new(silent.local_addr().expect("an address").port(), Login::Password).await;
    bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    bench.store.apply(JobId(1), JobAction::Pause).await.expect("accepted");
    bench.free("4");
    bench.until(|row| row.state == JobState::Paused).await;
    assert!(bench.running.disk.full().is_some(), "the disk was full before the pass ended");
    let view = bench.store.job(JobId(1)).await.expect("the job");
    assert_eq!(view.passes[0].end, Some(PassEnd::Paused));
    bench.end().await;
}

#[tokio::test]
async fn a_job_that_hangs_can_be_stopped() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let bench = Bench::new(silent.local_addr().expect("an address").port(), Login::Password).await;
    bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    let begun = std::time::Instant::now();
    let state = bench.store.apply(JobId(1), JobAction::Cancel).await.expect("accepted");
    bench.running.steer_to(JobId(1), state);
    bench.until(|row| row.state == JobState::Cancelled).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    bench.end().await;
}

#[tokio::test]
async fn a_full_disk_interrupts_what_runs_and_holds_what_waits_until_there_is_room() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let bench = Bench::new(silent.local_addr().expect("an address").port(), Login::Password).await;
    bench.until(|row| row.state == JobState::Running && row.progress.is_some()).await;
    bench.free("4");
    let row = bench.until(|row| row.state == JobState::Queued).await;
    assert_eq!(row.problem, None);
    let view = bench.store.job(JobId(1)).await.expect("the job");
    let Some(PassEnd::Aborted { cause: Cause::DiskFull, message }) = &view.passes[0].end else {
        panic!("{:?}", view.passes)
    };
    assert!(message.contains("4 B free of 100 B") && message.contains("by itself"), "{message}");
    // Less than a tenth is not enough, however long one waits.
    bench.free("9");
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(bench.store.job_state(JobId(1)).await.expect("the job"), JobState::Queued);
    assert!(bench.running.disk.full().is_some_and(|full| full.free == 9));
    bench.free("10");
    bench.until(|row| row.state == JobState::Running).await;
    assert_eq!(bench.end().await, JobState::Queued);
}
