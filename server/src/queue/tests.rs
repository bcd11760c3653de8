//! Waiting jobs are run to an end that is told, and a stopping queue lets go of them.

use std::{net::TcpListener, num::NonZeroU16, time::Duration};

use shared::{
    cause::Cause,
    endpoint::{Endpoint, ImapEndpoint, Login, Tls},
    id::JobId,
    job::{JobAction, JobRow, JobState, NewJob},
    pass::PassEnd,
    project::{Options, ProjectForm, SideForm},
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use super::Queue;
use crate::{
    disk::{Disk, Space},
    runner::Running,
    secret::Sealer,
    store::Store,
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

impl Bench {
    /// A queue over a project whose both sides are at this port of loopback, with one job that was started.
    async fn new(port: u16, login: Login) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", dir.path().join("test.db").display());
        let store = Store::open(&url, Sealer::ephemeral().expect("a key")).await.expect("a database");
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
        let (stop, stopped) = watch::channel(false);
        let running = Running::new(Disk::read_by(dir.path(), written));
        let queue = Queue::new(store.clone(), running.clone(), NonZeroU16::MIN);
        Self { store, running, stop, queue: tokio::spawn(queue.run(stopped)), dir }
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
        self.stop.send_replace(true);
        timeout(PATIENCE, self.queue).await.expect("in time").expect("no panic");
        self.store.job_state(JobId(1)).await.expect("the job")
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
