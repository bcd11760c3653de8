//! The product as a guest of real servers: connections counted from outside, logins counted by the server, hours kept.

use std::{
    collections::BTreeSet,
    num::NonZeroU16,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use servers::{corpus::Corpus, dovecot::Dovecot, proxy::Proxy, verify::Snapshot};
use shared::{
    check::Side,
    id::ProjectId,
    job::{JobAction, JobState, JobView},
    limits::{AllowedHours, Day, GateView, Limits, LoginKey, ResetForm, TimeOfDay},
    live::ProjectLive,
    project::{Options, ProjectForm, ProjectView, SideForm},
};
use tests::{
    app::TestApp, cli::Cli, client::Client, connections::connections, events::Events, mailbox::Mailbox,
};

use super::{PASS, USER, assert_same, ended, mailboxes, pair};

/// Gives a project other limits.
async fn limit(client: &Client, project: ProjectId, options: impl FnOnce(&mut Options)) {
    let view: ProjectView = client.get(&format!("/projects/{project}")).await.expect(200).read();
    let mut changed = view.options;
    options(&mut changed);
    let side = |endpoint| SideForm { endpoint, secret: None };
    let form = ProjectForm {
        name: view.row.name,
        source: side(view.source),
        target: side(view.target),
        options: changed,
    };
    client.put(&format!("/projects/{project}"), &form).await.expect(200);
}

/// Why a mailbox waits, as soon as it does.
async fn until_it_waits(live: &mut Events) -> String {
    let waits =
        |view: &JobView| view.row.progress.as_ref().is_some_and(|progress| progress.waiting.is_some());
    let view = live.until(PASS, waits).await;
    view.row.progress.and_then(|progress| progress.waiting).expect("waits")
}

#[tokio::test]
async fn edge_145_six_mailboxes_at_once_never_have_more_than_three_connections() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let users: Vec<String> = (0..6).map(|number| format!("user{number}@old.example")).collect();
    for user in &users {
        Corpus::spread(150).write(&source, user).expect("writes");
    }
    let ports = [source.plain_port(), target.plain_port()];
    let most = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let stop = Arc::new(AtomicBool::new(false));
    let sampler = std::thread::spawn({
        let (most, stop) = (Arc::clone(&most), Arc::clone(&stop));
        move || {
            let mut samples = 0;
            while !stop.load(Ordering::Relaxed) {
                for (port, most) in ports.iter().zip(most.iter()) {
                    most.fetch_max(connections(*port), Ordering::Relaxed);
                }
                samples += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            samples
        }
    });
    let (_app, client) = TestApp::set_up().await;
    let pairs: Vec<_> =
        users.iter().map(|user| (Mailbox::plain(&source, user), Mailbox::plain(&target, user))).collect();
    let (project, jobs) = client.make_project_of("Six", &pairs).await;
    limit(&client, project, |options| {
        options.parallel = 6;
        let three = NonZeroU16::new(3).expect("some");
        options.source_limits.connections = three;
        options.target_limits.connections = three;
    })
    .await;
    let mut live = client.live(&format!("/projects/{project}")).await;
    client
        .post(&format!("/projects/{project}/actions"), &serde_json::json!({ "action": JobAction::Start }))
        .await
        .expect(202);
    let shown = Mutex::new(BTreeSet::new());
    live.until(PASS, |live: &ProjectLive| {
        shown
            .lock()
            .expect("no panic")
            .extend(live.gates.iter().map(|gate| (gate.side, gate.in_use, gate.configured)));
        live.project.complete == jobs.len() as u64
    })
    .await;
    let shown = shown.into_inner().expect("no panic");
    stop.store(true, Ordering::Relaxed);
    let samples = sampler.join().expect("no panic");
    let most = [most[0].load(Ordering::Relaxed), most[1].load(Ordering::Relaxed)];
    println!("most connections seen in {samples} samples: {most:?}; shown: {shown:?}");
    assert_eq!(most, [3, 3], "the whole budget is used, and not one more");
    assert!(shown.iter().all(|(_, in_use, configured)| in_use <= configured), "{shown:?}");
    for user in &users {
        let read = |server: &Dovecot| Snapshot::read(&mut server.open(user).expect("opens")).expect("reads");
        assert_eq!(read(&source).differences(&read(&target), <[String]>::to_vec), []);
    }
}

#[tokio::test]
async fn edge_159_a_login_that_was_refused_twice_is_not_sent_again_before_an_admin_resets_it() {
    let (source, target) = pair(3);
    let (_app, client) = TestApp::set_up().await;
    let (from, to) = (Mailbox::plain(&source, USER), Mailbox::plain(&target, USER).secret("wr0ng-secret"));
    let (project, job) = client.make_project("Refused", &from, &to).await;
    let attempt = async || {
        let mut live = client.live(&format!("/jobs/{job}")).await;
        client.act(job, JobAction::Start).await.expect(202);
        live.until(PASS, |view: &JobView| view.row.state == JobState::Running || ended(view)).await;
        live.until(PASS, ended).await
    };
    let refused = || target.log().matches("auth failed").count();
    for _ in 0..2 {
        attempt().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(refused(), 2, "{}", target.log());
    for _ in 0..3 {
        let view = attempt().await;
        let problem = format!("{:?}", view.row.problem);
        assert!(problem.contains("two refusals"), "{problem}");
    }
    let gates: Vec<GateView> = client.get(&format!("/projects/{project}/limits")).await.expect(200).read();
    assert_eq!(gates[1].breakers.len(), 1, "{gates:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(refused(), 2, "not one more");
    let form = ResetForm { side: Side::Target, login: LoginKey::Mailbox(USER.into()) };
    client.post(&format!("/projects/{project}/logins"), &form).await.expect(204);
    client.post(&format!("/projects/{project}/logins"), &form).await.expect(409);
    let secrets = serde_json::json!({ "target_secret": Mailbox::plain(&target, USER).secret });
    client.put(&format!("/jobs/{job}/secrets"), &secrets).await;
    let view = attempt().await;
    assert_eq!(view.row.state, JobState::Complete, "{:?}", view.row.problem);
    assert_same(&source, &target);
}

/// The day after tomorrow, whatever the day is.
fn on_another_day() -> AllowedHours {
    let seconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let day = Day::of(i64::try_from(seconds).expect("in time")).after().after();
    AllowedHours { days: vec![day], from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END }
}

#[tokio::test]
async fn edge_159_mailboxes_that_are_not_there_fail_alone_where_an_admin_logs_in_for_all() {
    let users: Vec<String> = (0..3).map(|number| format!("user{number}@old.example")).collect();
    let known: Vec<&str> = users.iter().map(String::as_str).collect();
    let source = Dovecot::builder().users(&known).start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    for user in &users {
        Corpus::spread(3).write(&source, user).expect("writes");
    }
    let (_app, client) = TestApp::set_up().await;
    let ghosts = ["ghost0@old.example", "ghost1@old.example", "ghost2@old.example"];
    let order = [known[0], ghosts[0], ghosts[1], known[1], ghosts[2], known[2]];
    let pair = |user: &&str| (Mailbox::on(&source, user).by_admin(), Mailbox::on(&target, user).by_master());
    let pairs: Vec<_> = order.iter().map(pair).collect();
    let (project, jobs) = client.make_project_of("Ghosts", &pairs).await;
    limit(&client, project, |options| options.parallel = 1).await;
    let path = format!("/projects/{project}/actions");
    client.post(&path, &serde_json::json!({ "action": "start" })).await.expect(202);
    for (user, job) in order.iter().zip(&jobs) {
        let mut live = client.live(&format!("/jobs/{job}")).await;
        // Such a mailbox is tried again after half a minute and a whole one, should its server only be starting anew.
        let view: JobView = live.until(PASS * 4, ended).await;
        let problem = view.row.problem.unwrap_or_default();
        if known.contains(user) {
            assert_eq!(view.row.state, JobState::Complete, "{user}: {problem}");
        } else {
            assert_eq!(view.row.state, JobState::Failed, "{user}");
            assert!(problem.contains("the same login opens other mailboxes"), "{user}: {problem}");
        }
    }
    let gates: Vec<GateView> = client.get(&format!("/projects/{project}/limits")).await.expect(200).read();
    assert!(gates.iter().all(|gate| gate.breakers.is_empty() && gate.reduced.is_none()), "{gates:?}");
}

#[tokio::test]
async fn edge_166_a_mailbox_waits_for_its_hours_without_a_connection_and_can_be_paused() {
    let (source, target) = pair(5);
    let (_app, client) = TestApp::set_up().await;
    let (from, to) = mailboxes(&source, &target);
    let (project, job) = client.make_project("Nights", &from, &to).await;
    limit(&client, project, |options| options.source_limits.hours = vec![on_another_day()]).await;
    let mut live = client.live(&format!("/jobs/{job}")).await;
    client.act(job, JobAction::Start).await.expect(202);
    let why = until_it_waits(&mut live).await;
    assert!(why.contains("outside the allowed hours"), "{why}");
    assert_eq!((source.wire().commands().len(), target.wire().commands().len()), (0, 0));
    let begun = Instant::now();
    client.act(job, JobAction::Pause).await.expect(202);
    live.until(PASS, |view: &JobView| view.row.state == JobState::Paused).await;
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    limit(&client, project, |options| options.source_limits = Limits::default()).await;
    client.act(job, JobAction::Resume).await.expect(202);
    let done = live
        .until(PASS, |view: &JobView| {
            view.row.state == JobState::Complete || view.row.state == JobState::Failed
        })
        .await;
    assert_eq!(done.row.state, JobState::Complete, "{:?}", done.row.problem);
    assert_same(&source, &target);
}

#[tokio::test]
async fn edge_166_hours_that_are_taken_away_hold_nothing_any_more() {
    let (source, target) = pair(5);
    let (_app, client) = TestApp::set_up().await;
    let (from, to) = mailboxes(&source, &target);
    let (project, job) = client.make_project("Nights", &from, &to).await;
    limit(&client, project, |options| options.source_limits.hours = vec![on_another_day()]).await;
    let mut live = client.live(&format!("/jobs/{job}")).await;
    client.act(job, JobAction::Start).await.expect(202);
    until_it_waits(&mut live).await;
    limit(&client, project, |options| options.source_limits.hours.clear()).await;
    let changed = Instant::now();
    while source.wire().commands().is_empty() {
        assert!(changed.elapsed() < Duration::from_secs(5), "it waits on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let done = live.until(PASS, ended).await;
    assert_eq!(done.row.state, JobState::Complete, "{:?}", done.row.problem);
    assert_same(&source, &target);
}

#[test]
fn bandwidth_is_kept_within_a_tenth() {
    const RATE: f64 = 200_000.0;
    let (source, target) = pair(700);
    let line = Proxy::start(source.plain_port()).expect("starts");
    let cli = Cli::new(Mailbox::at(line.port(), USER), Mailbox::plain(&target, USER));
    let begun = Instant::now();
    cli.with(&["--bandwidth", "200KB/s"]).run().ends_with(0);
    let (took, passed) = (begun.elapsed().as_secs_f64(), line.passed() as f64);
    println!("{passed} bytes in {took:.1} s: {:.0} bytes/s of {RATE} allowed", passed / took);
    assert!(passed > 3.0 * RATE, "enough to measure: {passed}");
    // A second's worth may pass at once at the beginning.
    assert!(passed <= 1.1 * RATE * (took + 1.0), "{passed} in {took}");
    assert!(took <= 1.25 * passed / RATE + 6.0, "not slower than it must be: {passed} in {took}");
    assert_same(&source, &target);
}
