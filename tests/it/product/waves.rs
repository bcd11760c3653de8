//! Batches against real servers: many mailboxes are steered at once, changes are counted, the newest days come first,
//! and a batch is cut over.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use servers::{
    corpus::{Corpus, Folder, Message},
    dovecot::Dovecot,
    proxy::Proxy,
    verify::Snapshot,
};
use shared::{
    batch::BatchView,
    cutover::StepState,
    id::{BatchId, JobId, ProjectId},
    job::{JobState, JobView},
    pass::PassKind,
    report::Report,
};
use tests::{app::TestApp, client::Client, mailbox::Mailbox};

use super::PASS;

/// A line on which a window of messages takes some seconds.
const SLOW: u64 = 300_000;

struct Wave {
    source: Dovecot,
    target: Dovecot,
    line: Proxy,
    app: TestApp,
    client: Client,
    project: ProjectId,
    jobs: Vec<JobId>,
    batch: BatchId,
    users: Vec<String>,
}

async fn wave(mailboxes: usize, messages: usize, settings: Value) -> Wave {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let users: Vec<String> = (0..mailboxes).map(|number| format!("user{number}@old.example")).collect();
    for user in &users {
        Corpus::spread(messages).write(&source, user).expect("writes");
    }
    let line = Proxy::start(target.plain_port()).expect("starts");
    let (app, client) = TestApp::set_up().await;
    let pairs: Vec<_> =
        users.iter().map(|user| (Mailbox::on(&source, user), Mailbox::at(line.port(), user))).collect();
    let (project, jobs) = client.make_project_of("Wave", &pairs).await;
    let mut form = json!({ "name": "First" });
    form.as_object_mut().expect("an object").extend(settings.as_object().expect("an object").clone());
    let made: BatchView =
        client.post(&format!("/projects/{project}/batches"), &form).await.expect(201).read();
    let batch = made.row.id;
    let put = json!({ "batch": batch, "selection": { "ids": jobs } });
    let put = client.post(&format!("/projects/{project}/assignments"), &put).await.expect(200).json();
    assert_eq!(put["applied"], mailboxes);
    Wave { source, target, line, app, client, project, jobs, batch, users }
}

impl Wave {
    async fn act(&self, action: &str) -> u64 {
        let path = format!("/batches/{}/actions", self.batch);
        let applied = self.client.post(&path, &json!({ "action": action })).await.expect(202).json();
        applied["applied"].as_u64().expect("a number")
    }

    async fn view(&self) -> BatchView {
        self.client.get(&format!("/batches/{}", self.batch)).await.expect(200).read()
    }

    async fn tick(&self, step: &str) -> u16 {
        let form = json!({ "step": step, "done": true, "note": "seen" });
        self.client.post(&format!("/batches/{}/cutover", self.batch), &form).await.status
    }

    /// Waits until every mailbox is in one of these states, and tells how long it took.
    async fn until(&self, states: &[JobState], patience: Duration) -> Duration {
        let begun = Instant::now();
        loop {
            let mut now = Vec::new();
            for job in &self.jobs {
                now.push(self.client.job(*job).await.row.state);
            }
            if now.iter().all(|state| states.contains(state)) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < patience, "{now:?}\n{}", self.app.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn under_way(&self) {
        let begun = self.line.passed();
        while self.line.passed() < begun + 100_000 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn job(&self, at: usize) -> JobView {
        self.client.job(self.jobs[at]).await
    }

    fn assert_same(&self) {
        for user in &self.users {
            let read =
                |server: &Dovecot| Snapshot::read(&mut server.open(user).expect("opens")).expect("reads");
            assert_eq!(read(&self.source).differences(&read(&self.target), <[String]>::to_vec), [], "{user}");
        }
    }
}

const DONE: [JobState; 2] = [JobState::Complete, JobState::Exceptions];

#[tokio::test]
async fn many_mailboxes_pause_resume_and_stop_at_once_within_five_seconds_and_nothing_is_lost_or_doubled() {
    let wave = wave(4, 150, json!({})).await;
    wave.line.limit(SLOW);
    assert_eq!(wave.act("start").await, 4);
    wave.under_way().await;
    assert!(wave.act("pause").await >= 1);
    let took = wave.until(&[JobState::Paused], Duration::from_secs(30)).await;
    assert!(took < Duration::from_secs(6), "pausing took {took:?}");
    assert_eq!(wave.act("resume").await, 4);
    wave.under_way().await;
    // Nothing passes any more: who waits for the window in flight waits for ever.
    wave.line.stall(true);
    assert_eq!(wave.act("stop-now").await, 4);
    let took = wave.until(&[JobState::Cancelled], Duration::from_secs(30)).await;
    assert!(took < Duration::from_secs(4), "stopping at once took {took:?}");
    wave.line.stall(false);
    wave.line.limit(u64::MAX);
    assert_eq!(wave.act("start").await, 4);
    wave.until(&DONE, PASS).await;
    wave.assert_same();
}

#[tokio::test]
async fn what_changed_on_the_source_is_counted_without_copying_and_a_batch_is_cut_over() {
    let wave = wave(2, 20, json!({ "parallel": 1 })).await;
    wave.act("start").await;
    wave.until(&DONE, PASS).await;
    let letter = Message::new("late", "Subject: late\r\n\r\nIt arrived after the first pass.\r\n".to_owned());
    let corpus = Corpus { folders: vec![Folder::new(&["INBOX"], vec![letter])] };
    corpus.write(&wave.source, &wave.users[0]).expect("writes");
    let log = wave.target.wire().from_now();
    assert_eq!(wave.act("probe").await, 2);
    wave.until(&DONE, PASS).await;
    assert_eq!(log.writing(), [], "counting writes nothing");
    let counted = wave.job(0).await.row.drift.expect("counted");
    assert_eq!((counted.new, counted.gone, counted.folders), (1, 0, 1));
    assert!(wave.job(1).await.row.drift.expect("counted").is_none());
    assert_eq!(wave.view().await.row.drift.expect("counted").new, 1);

    for step in ["ttl", "mx", "freeze"] {
        assert_eq!(wave.tick(step).await, 200, "{step}");
    }
    assert_eq!(wave.tick("approve").await, 409, "the final pass comes first");
    assert_eq!(wave.act("final").await, 2);
    wave.until(&DONE, PASS).await;
    assert!(wave.job(0).await.row.drift.expect("counted").is_none());
    wave.assert_same();
    let view = wave.view().await;
    assert_eq!((view.facts.jobs, view.facts.finished, view.facts.judged), (2, 2, 2));
    let report: Report =
        wave.client.get(&format!("/jobs/{}/report?format=json", wave.jobs[0])).await.expect(200).read();
    assert_eq!(report.pass, PassKind::Final);
    assert_eq!(wave.tick("done").await, 409, "nobody approved yet");
    assert_eq!(wave.tick("approve").await, 200);
    assert_eq!(wave.tick("done").await, 200);
    let view = wave.view().await;
    assert!(view.steps.iter().all(|step| step.state == StepState::Done), "{:#?}", view.steps);
    let path = format!("/batches/{}/actions", wave.batch);
    wave.client.post(&path, &json!({ "action": "start" })).await.expect(409);
    let of_one = format!("/jobs/{}/actions", wave.jobs[0]);
    wave.client.post(&of_one, &json!({ "action": "start" })).await.expect(409);
    let of_all = format!("/projects/{}/actions", wave.project);
    let told = wave.client.post(&of_all, &json!({ "action": "start" })).await.expect(202).json();
    assert_eq!(told["applied"], 0);
    assert!(told["note"].as_str().is_some_and(|note| note.starts_with("2 mailboxes left out")), "{told}");
    assert_eq!(wave.act("verify").await, 2, "reading is allowed");
    wave.until(&DONE, PASS).await;
    let view = wave.view().await;
    assert!(view.steps.iter().all(|step| step.state == StepState::Done), "{:#?}", view.steps);
    let activity = wave.client.get("/activity").await.expect(200).text();
    for action in ["batch.create", "batch.assign", "batch.final", "batch.mx", "batch.approve", "batch.done"] {
        assert!(activity.contains(&format!("\"{action}\"")), "{action}");
    }
}

#[tokio::test]
async fn the_newest_days_are_there_before_the_rest() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let user = "anna@old.example";
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let days_ago = |days: i64| i64::try_from(now.as_secs()).expect("fits") - days * 86_400;
    let letter = |name: String, days: i64| {
        Message::new(&name, format!("Subject: {name}\r\n\r\n{name}\r\n")).at(days_ago(days))
    };
    let mut messages: Vec<Message> = (0..40).map(|n| letter(format!("old {n}"), 400)).collect();
    messages.extend((0..10).map(|n| letter(format!("new {n}"), 3)));
    Corpus { folders: vec![Folder::new(&["INBOX"], messages)] }.write(&source, user).expect("writes");
    let (app, client) = TestApp::set_up().await;
    let pair = (Mailbox::on(&source, user), Mailbox::on(&target, user));
    let (project, jobs) = client.make_project_of("Day one", &[pair]).await;
    let form = json!({ "name": "First", "day_one": 30 });
    let made: BatchView =
        client.post(&format!("/projects/{project}/batches"), &form).await.expect(201).read();
    let put = json!({ "batch": made.row.id, "selection": { "ids": jobs } });
    client.post(&format!("/projects/{project}/assignments"), &put).await.expect(200);
    client.act(jobs[0], shared::job::JobAction::Start).await.expect(202);
    let begun = Instant::now();
    let done = loop {
        let view = client.job(jobs[0]).await;
        if DONE.contains(&view.row.state) {
            break view;
        }
        assert!(begun.elapsed() < PASS, "{:?}\n{}", view.row, app.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(done.row.day_one.is_some());
    let passes: Vec<_> = done.passes.iter().rev().map(|pass| (pass.kind, pass.counts.copied)).collect();
    assert_eq!(passes, [(PassKind::Initial, 10), (PassKind::Delta, 40)]);
    let put_off = &done.passes.last().expect("a first pass").causes;
    let put_off = put_off.iter().find(|group| group.cause == shared::cause::Cause::NextPass);
    assert_eq!(put_off.map(|group| group.count), Some(40), "no rule of the project left them out");
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(user).expect("opens")).expect("reads");
    assert_eq!(read(&source).differences(&read(&target), <[String]>::to_vec), []);
}

#[tokio::test]
async fn errors_are_grouped_by_cause_and_retried_once_fixed() {
    let wave = wave(2, 5, json!({})).await;
    let wrong = json!({ "target_secret": "not the password" });
    wave.client.put(&format!("/jobs/{}/secrets", wave.jobs[1]), &wrong).await.expect(204);
    wave.act("start").await;
    wave.until(&[JobState::Complete, JobState::Failed], PASS).await;
    let causes = wave.client.get(&format!("/projects/{}/causes", wave.project)).await.expect(200).json();
    let refused =
        causes.as_array().expect("rows").iter().find(|row| row["stopped"] == 1).expect("one stopped");
    assert!(refused["advice"].as_str().expect("advice").len() > 10);
    let cause = refused["cause"].as_str().expect("a cause").to_owned();
    assert!(cause.starts_with("login."), "{cause}");
    let right = json!({ "target_secret": servers::dovecot::PASSWORD });
    wave.client.put(&format!("/jobs/{}/secrets", wave.jobs[1]), &right).await.expect(204);
    let form = json!({ "action": "retry", "selection": { "filter": { "cause": cause } } });
    let path = format!("/projects/{}/actions", wave.project);
    let applied = wave.client.post(&path, &form).await.expect(202).json();
    assert_eq!(applied["applied"], 1);
    wave.until(&DONE, PASS).await;
    wave.assert_same();
}

#[tokio::test]
async fn a_batch_starts_by_itself_though_the_server_was_off_at_its_moment() {
    let soon = std::time::SystemTime::now() + Duration::from_secs(4);
    let start_at = shared::time::Timestamp::from(soon).to_string();
    let mut wave = wave(1, 5, json!({ "start_at": start_at })).await;
    assert_eq!(wave.job(0).await.row.state, JobState::Ready);
    wave.app.stop();
    tokio::time::sleep(soon.duration_since(std::time::SystemTime::now()).unwrap_or_default()).await;
    wave.app.resume().await;
    wave.until(&DONE, PASS).await;
    wave.assert_same();
    let row = wave.view().await.row;
    assert!(row.started.is_some() && row.told.expect("told").starts_with("Started"));
}
