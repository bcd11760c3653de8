//! The server may stop or die at any moment: jobs go on after the next start, and nothing is there twice.

use std::time::{Duration, Instant};

use servers::proxy::Proxy;
use shared::job::{JobAction, JobState, JobView};
use tests::{
    app::{ADMIN_PASSWORD, OWNER, TestApp},
    client::Client,
    mailbox::Mailbox,
};

use super::{PASS, USER, assert_same, ended, pair};

async fn moving(stop: impl Fn(&mut TestApp)) {
    let (source, target) = pair(500);
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(300_000);
    let (mut app, mut client) = TestApp::set_up().await;
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::at(line.port(), USER));
    let (_, job) = client.make_project("Interrupted", &from, &to).await;
    client.act(job, JobAction::Start).await.expect(202);
    for bytes in [30_000, 250_000, 600_000] {
        let (begun, passed) = (Instant::now(), line.passed());
        while line.passed() < passed + bytes && begun.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop(&mut app);
        app.resume().await;
        client = log_in(&app).await;
    }
    line.limit(u64::MAX);
    let done: JobView = client.live(&format!("/jobs/{job}")).await.until(PASS, ended).await;
    assert_eq!(done.row.state, JobState::Complete, "{:?}\n{}", done.row.problem, app.log());
    assert_same(&source, &target);
}

async fn log_in(app: &TestApp) -> Client {
    let client = app.client();
    client.log_in(OWNER, ADMIN_PASSWORD).await.expect(200);
    client
}

#[tokio::test]
async fn a_killed_server_goes_on_with_its_jobs_after_the_next_start() {
    moving(TestApp::kill9).await;
}

#[tokio::test]
async fn a_stopped_server_ends_well_and_goes_on_after_the_next_start() {
    moving(|app| {
        let begun = Instant::now();
        let status = app.stop().expect("it ends by itself");
        assert!(status.success(), "{status}\n{}", app.log());
        assert!(begun.elapsed() < Duration::from_secs(8), "it took {:?}", begun.elapsed());
    })
    .await;
}
