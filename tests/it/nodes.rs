//! Several nodes on one PostgreSQL, as real processes on one machine: who takes over, who lets go, and what never happens.
//!
//! Leases are short here, so that what takes two minutes takes seconds; every time is a part of the lease's.

mod budget;
mod many;
mod mixed;
mod refusals;
mod silence;
mod takeover;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::json;
use servers::{corpus::Corpus, dovecot::Dovecot, postgres::Postgres, proxy::Proxy, verify::Snapshot};
use shared::{
    id::{JobId, NodeId, ProjectId},
    job::{JobPage, JobState},
    node::{NodeKind, NodeRow, NodeState},
    project::{ProjectForm, ProjectView, SideForm},
};
use tests::{app::TestApp, client::Client, connections::connections, mailbox::Mailbox, worker::Worker};

/// How long a lease lasts here, in seconds.
const LEASE: &str = "4";
/// A dead node's mailboxes go on within the lease, half of it to settle, a quarter until somebody looks, and a poll.
const TAKEN_OVER: Duration = Duration::from_secs(4 + 2 + 1 + 3);
/// Without a wake-up work is found by looking.
const FOUND: Duration = Duration::from_secs(5);
/// How much later a busy machine may be.
const BUSY: Duration = Duration::from_secs(5);
/// How long all of it may take.
const DONE: Duration = Duration::from_secs(150);
/// A line on which a mailbox takes some seconds.
const SLOW: u64 = 150_000;

/// A project with mailboxes on real servers, a server with its panel, and the database that nodes share.
struct Site {
    // Dropped in this order: who uses a server goes before it.
    app: TestApp,
    client: Client,
    line: Proxy,
    source: Dovecot,
    target: Dovecot,
    postgres: Postgres,
    users: Vec<String>,
    project: ProjectId,
    jobs: Vec<JobId>,
}

impl Site {
    /// So many mailboxes of so many messages each, behind a slow line to the target. The server itself moves nothing.
    async fn new(mailboxes: usize, messages: usize) -> Self {
        let site = Self::with_server_at_work(mailboxes, messages).await;
        site.keep_the_server_out().await;
        site
    }

    /// Lets the server itself move nothing.
    async fn keep_the_server_out(&self) {
        let own = self.nodes().await[0].id;
        self.client.post(&format!("/nodes/{own}/drain"), &()).await.expect(204);
    }

    /// The same with a server that moves mailboxes, too.
    async fn with_server_at_work(mailboxes: usize, messages: usize) -> Self {
        let mut site = Self::without_jobs(mailboxes, messages).await;
        let pairs: Vec<_> = site.users.iter().map(|user| site.pair(user)).collect();
        let rows: Vec<_> = pairs
            .iter()
            .map(|(from, to)| {
                json!({ "source_user": from.user, "source_secret": from.secret, "target_user": to.user,
                    "target_secret": to.secret })
            })
            .collect();
        let path = format!("/projects/{}/jobs", site.project);
        site.client.post(&path, &rows).await.expect(201);
        site.find_jobs().await;
        site
    }

    /// The same without a mailbox in the project.
    async fn without_jobs(mailboxes: usize, messages: usize) -> Self {
        let source = Dovecot::builder().separator('.').without_wire_log().start().expect("starts");
        let target = Dovecot::builder().without_wire_log().start().expect("starts");
        let users: Vec<String> = (0..mailboxes).map(|number| format!("user{number}@old.example")).collect();
        for user in &users {
            Corpus::spread(messages).write(&source, user).expect("writes");
        }
        let line = Proxy::start(target.plain_port()).expect("starts");
        line.limit(SLOW);
        let postgres = Postgres::start().expect("starts");
        let app = TestApp::start_with(&["--database", &postgres.url(), "--lease-seconds", LEASE]).await;
        let client = app.make_owner().await;
        let (from, to) = (Mailbox::plain(&source, &users[0]), Mailbox::at(line.port(), &users[0]));
        let form = json!({ "name": "Nodes", "source": from.side(), "target": to.side() });
        let made = client.post("/projects", &form).await.expect(201).json();
        let project = ProjectId(made["row"]["id"].as_i64().expect("an id"));
        Self { app, client, line, source, target, postgres, users, project, jobs: Vec::new() }
    }

    /// A user's mailbox on both sides.
    fn pair(&self, user: &str) -> (Mailbox, Mailbox) {
        (Mailbox::plain(&self.source, user), Mailbox::at(self.line.port(), user))
    }

    /// Brings a list of mailboxes, as an admin does, all or none.
    async fn bring(&mut self, csv: &str) {
        let path = format!("/projects/{}/import/commit", self.project);
        let form = json!({ "text": csv, "all_or_nothing": true });
        self.client.post(&path, &form).await.expect(201);
        self.find_jobs().await;
    }

    async fn find_jobs(&mut self) {
        self.jobs.clear();
        loop {
            let path = format!("/projects/{}/jobs?limit=100&offset={}", self.project, self.jobs.len());
            let page: JobPage = self.client.get(&path).await.expect(200).read();
            if page.rows.is_empty() {
                return;
            }
            self.jobs.extend(page.rows.iter().map(|row| row.id));
        }
    }

    /// Starts a worker that moves so many mailboxes at once.
    fn worker(&self, mailboxes: u16) -> Worker {
        let mailboxes = mailboxes.to_string();
        let arguments = ["--lease-seconds", LEASE, "--workers", &mailboxes];
        Worker::start(&self.app, &self.postgres.url(), &arguments)
    }

    async fn start(&self) {
        let path = format!("/projects/{}/actions", self.project);
        self.client.post(&path, &json!({ "action": "start" })).await.expect(202);
    }

    /// How many mailboxes move at once, and how many connections each side may have.
    async fn limit(&self, parallel: u16, connections: u16) {
        let path = format!("/projects/{}", self.project);
        let view: ProjectView = self.client.get(&path).await.expect(200).read();
        let mut options = view.options;
        options.parallel = parallel;
        let connections = std::num::NonZeroU16::new(connections).expect("some");
        options.source_limits.connections = connections;
        options.target_limits.connections = connections;
        let side = |endpoint| SideForm { endpoint, secret: None };
        let (source, target) = (side(view.source), side(view.target));
        let form = ProjectForm { name: view.row.name, source, target, options };
        self.client.put(&path, &form).await.expect(200);
    }

    async fn nodes(&self) -> Vec<NodeRow> {
        self.client.get("/nodes").await.expect(200).read()
    }

    /// Waits until the nodes are as wanted; tells how long it took.
    async fn until(&self, what: &str, patience: Duration, wanted: impl Fn(&[NodeRow]) -> bool) -> Duration {
        let begun = Instant::now();
        loop {
            let nodes = self.nodes().await;
            if wanted(&nodes) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < patience, "{what}: {nodes:#?}\n{}", self.app.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until so many workers are there, and tells which.
    async fn workers(&self, number: usize) -> Vec<NodeId> {
        self.until("workers join", BUSY * 4, |nodes| at_work(nodes).len() == number).await;
        at_work(&self.nodes().await)
    }

    /// Waits until something was moved since now.
    async fn under_way(&self) {
        let (begun, passed) = (Instant::now(), self.line.passed());
        while self.line.passed() < passed + 100_000 {
            assert!(begun.elapsed() < DONE, "nothing moves: {:#?}\n{}", self.nodes().await, self.app.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn states(&self) -> Vec<JobState> {
        let mut states = Vec::new();
        for job in &self.jobs {
            states.push(self.client.job(*job).await.row.state);
        }
        states
    }

    /// Waits until every mailbox is complete, and compares all of them as another client reads them.
    async fn all_arrive(&self) {
        self.all_arrive_within(DONE).await;
    }

    async fn all_arrive_within(&self, patience: Duration) {
        self.until_complete(self.jobs.len(), patience).await;
        self.assert_same();
    }

    /// Waits until so many mailboxes are complete.
    async fn until_complete(&self, number: usize, patience: Duration) {
        let begun = Instant::now();
        let project = format!("/projects/{}", self.project);
        loop {
            let view: ProjectView = self.client.get(&project).await.expect(200).read();
            if view.row.complete >= number as u64 {
                return;
            }
            if begun.elapsed() > patience || (view.row.active == 0 && view.row.failed > 0) {
                let mut problems = Vec::new();
                for job in &self.jobs {
                    let row = self.client.job(*job).await.row;
                    problems.push((row.id, row.state, row.problem));
                }
                panic!("{problems:#?}\n{:#?}\n{}", self.nodes().await, self.app.log());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    #[track_caller]
    fn assert_same(&self) {
        for user in &self.users {
            let read =
                |server: &Dovecot| Snapshot::read(&mut server.open(user).expect("opens")).expect("reads");
            let (left, arrived) = (read(&self.source), read(&self.target));
            assert_eq!(left.differences(&arrived, <[String]>::to_vec), [], "{user}");
            assert_eq!(left.len(), arrived.len(), "{user}: nothing is there twice");
        }
    }
}

/// Workers that take mailboxes.
fn at_work(nodes: &[NodeRow]) -> Vec<NodeId> {
    let worker = |node: &&NodeRow| node.kind == NodeKind::Worker && node.state == NodeState::Working;
    nodes.iter().filter(worker).map(|node| node.id).collect()
}

/// How many mailboxes a node moves.
fn moved_by(nodes: &[NodeRow], id: NodeId) -> usize {
    nodes.iter().find(|node| node.id == id).map_or(0, |node| node.mailboxes.len())
}

/// Counts the connections that servers on this machine have, as the kernel does, again and again.
struct Sampler {
    most: Arc<Vec<AtomicUsize>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Sampler {
    fn start(ports: &[u16]) -> Self {
        let most: Arc<Vec<AtomicUsize>> = Arc::new(ports.iter().map(|_| AtomicUsize::new(0)).collect());
        let stop = Arc::new(AtomicBool::new(false));
        let (ports, counted, stopped) = (ports.to_vec(), Arc::clone(&most), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut samples = 0;
            while !stopped.load(Ordering::Relaxed) {
                for (port, most) in ports.iter().zip(counted.iter()) {
                    most.fetch_max(connections(*port), Ordering::Relaxed);
                }
                samples += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            samples
        });
        Self { most, stop, thread }
    }

    /// How often it looked, and the most connections it saw at each port.
    fn end(self) -> (u64, Vec<usize>) {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().expect("no panic");
        (samples, self.most.iter().map(|most| most.load(Ordering::Relaxed)).collect())
    }
}
