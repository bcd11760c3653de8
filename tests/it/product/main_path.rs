//! Set-up → login → project → check → dry run → start → live progress → report.

use std::time::Duration;

use servers::{corpus::Corpus, demo::Demo, verify::Snapshot};
use shared::{
    check::{CheckForm, CheckReport, StepName, StepStatus},
    endpoint::Endpoint,
    finding::FindingRow,
    id::JobId,
    job::{JobAction, JobPage, JobState, JobView},
    live::ProjectLive,
    project::ProjectPage,
    report::{Report, Verdict},
};
use tests::{app::TestApp, client::Client, mailbox::Mailbox};

use super::{PASS, USER, assert_same, ended, mailboxes, pair};

#[tokio::test]
async fn a_mailbox_moves_from_the_first_link_to_the_downloaded_report() {
    let (source, target) = pair(120);
    let (from, to) = mailboxes(&source, &target);
    let (_app, client) = TestApp::set_up().await;
    let checked = check(&client, &from).await;
    assert!(checked.passed(), "{checked:#?}");

    let (project, job) = client.make_project("Move", &from, &to).await;
    assert_eq!(client.job(job).await.row.state, JobState::Ready);
    let log = target.wire().from_now();
    client.act(job, JobAction::DryRun).await.expect(202);
    let dry = wait(&client, job).await;
    assert_eq!((dry.row.state, log.writing()), (JobState::Ready, vec![]), "a dry run leaves no trace");
    let plan = dry.passes[0].plan.as_ref().expect("the plan is shown");
    assert_eq!(plan.folders.iter().map(|folder| folder.copy).sum::<u64>(), 120);

    let mut live = client.live(&format!("/jobs/{job}")).await;
    let first: JobView = live.next(Duration::from_secs(5)).await.expect("a stream begins with a snapshot");
    assert_eq!(first.row.id, job);
    client.act(job, JobAction::Start).await.expect(202);
    let done = live.until(PASS, |view: &JobView| view.row.state == JobState::Complete).await;
    assert_eq!((done.row.counts.copied, done.row.verdict), (120, Some(Verdict::Perfect)));
    assert!(done.has_report && done.folders.iter().map(|folder| folder.copied).sum::<u64>() == 120);
    assert_same(&source, &target);

    let get =
        async |format: &str| client.get(&format!("/jobs/{job}/report?format={format}")).await.expect(200);
    let report: Report = get("json").await.read();
    assert_eq!((report.totals.matched, report.verdict), (120, Verdict::Perfect));
    let html = get("html").await;
    assert!(html.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(html.header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
    assert!(
        html.text().contains("Perfect") && html.text().contains("120") && !html.text().contains("<script")
    );
    assert!(get("csv").await.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")));
    let page: ProjectPage = client.get("/projects").await.expect(200).read();
    let rows = page.rows;
    assert_eq!((rows[0].id, rows[0].complete, rows[0].copied), (project, 1, 120));
}

#[tokio::test]
async fn a_second_start_is_a_delta_pass_and_sends_no_append() {
    let (source, target) = pair(60);
    let (from, to) = mailboxes(&source, &target);
    let (_app, client) = TestApp::set_up().await;
    let (_, job) = client.make_project("Twice", &from, &to).await;
    client.act(job, JobAction::Start).await.expect(202);
    assert_eq!(wait(&client, job).await.row.state, JobState::Complete);
    let log = target.wire().from_now();
    for action in [JobAction::Start, JobAction::Verify] {
        client.act(job, action).await.expect(202);
        let view = wait(&client, job).await;
        assert_eq!((view.row.state, view.row.counts.copied), (JobState::Complete, 60));
    }
    let written: Vec<_> =
        log.writing().into_iter().filter(|one| one.name != "SELECT" && one.name != "CLOSE").collect();
    assert_eq!(written, []);
}

#[tokio::test]
async fn every_difference_is_a_finding_that_can_be_listed_and_downloaded() {
    let (source, target) = pair(0);
    Corpus::nasty().write(&source, "nasty").expect("writes");
    let (from, to) = (Mailbox::on(&source, "nasty"), Mailbox::on(&target, "nasty"));
    let (_app, client) = TestApp::set_up().await;
    let (_, job) = client.make_project("Nasty", &from, &to).await;
    client.act(job, JobAction::Start).await.expect(202);
    let view = wait(&client, job).await;
    assert_eq!(view.row.state, JobState::Exceptions, "{:?}", view.row.problem);
    let counted: u64 = view.causes.iter().map(|cause| cause.count).sum();
    let mut listed = Vec::<FindingRow>::new();
    while let page = client
        .get(&format!("/jobs/{job}/findings?limit=2&after={}", listed.last().map_or(0, |row| row.id)))
        .await
        .expect(200)
        .read::<Vec<FindingRow>>()
        && !page.is_empty()
    {
        listed.extend(page);
    }
    assert_eq!(listed.len() as u64, counted);
    let csv = client.get(&format!("/jobs/{job}/report?format=csv")).await.expect(200).text();
    for cause in &view.causes {
        assert!(csv.contains(cause.cause.id()), "{:?} is not in the CSV", cause.cause);
    }
}

#[tokio::test]
async fn the_demo_organisation_moves_after_one_click() {
    let dir = tempfile::tempdir().expect("a directory");
    let demo = Demo::start(dir.path()).expect("starts");
    let file = demo.project_file().to_string_lossy().into_owned();
    let app = TestApp::start_with(&["--demo-project", &file]).await;
    let client = app.make_owner().await;
    let projects: ProjectPage = client.get("/projects").await.expect(200).read();
    let projects = projects.rows;
    assert_eq!((projects.len(), projects[0].jobs), (1, 12));
    let project = projects[0].id;
    let mut live = client.live(&format!("/projects/{project}")).await;
    let all = serde_json::json!({ "action": JobAction::Start });
    let applied = client.post(&format!("/projects/{project}/actions"), &all).await.expect(202).json();
    assert_eq!(applied["applied"], 12);
    let over = |live: &ProjectLive| live.project.complete + live.project.failed == 12;
    let done = live.until(Duration::from_secs(180), over).await;
    assert!(done.jobs.rows.iter().all(|row| row.problem.is_none()), "{:#?}", done.jobs);
    assert_eq!(done.project.copied as usize, demo.messages());
    let page: JobPage = client.get(&format!("/projects/{project}/jobs")).await.expect(200).read();
    for row in &page.rows {
        let open = |server: &servers::dovecot::Dovecot| {
            Snapshot::read(&mut server.open(&row.source_user).expect("opens")).expect("reads")
        };
        assert_eq!(open(demo.source()).len(), open(demo.target()).len(), "{}", row.source_user);
    }
}

#[tokio::test]
async fn a_check_tells_each_step_and_stops_at_the_first_that_fails() {
    let (source, _) = pair(1);
    let (_app, client) = TestApp::set_up().await;
    let good = Mailbox::on(&source, USER);
    let failed_at = async |mailbox: Mailbox| {
        let report = check(&client, &mailbox).await;
        let failed = report.steps.iter().find(|step| matches!(step.status, StepStatus::Failed { .. }));
        (failed.map(|step| step.name), report)
    };
    let (step, report) = failed_at(good.clone().host("no-such-host.invalid")).await;
    assert_eq!(step, Some(StepName::Dns), "{report:#?}");
    let closed = servers::process::free_port().expect("a port");
    assert_eq!(failed_at(good.clone().port(closed)).await.0, Some(StepName::Tcp));
    let (step, report) = failed_at(good.clone().pinned(None)).await;
    assert_eq!(step, Some(StepName::Tls), "{report:#?}");
    let card = report.certificate.expect("the certificate is shown");
    assert_eq!(Some(&card.sha256), good.endpoint.pin.as_ref());
    assert!(!card.trusted && card.names.iter().any(|name| name == "localhost"));
    assert_eq!(failed_at(good.clone().secret("wrong password")).await.0, Some(StepName::Login));
    assert_eq!(failed_at(good).await.0, None);
}

/// Begins a check and reads it to its end.
async fn check(client: &Client, mailbox: &Mailbox) -> CheckReport {
    let form = CheckForm {
        endpoint: Endpoint::Imap(mailbox.endpoint.clone()),
        user: Some(mailbox.user.clone()),
        secret: Some(mailbox.secret.clone()),
        stored: None,
        side: None,
    };
    let id = client.post("/checks", &form).await.expect(202).json()["id"].as_str().expect("an id").to_owned();
    for _ in 0..400 {
        let report: CheckReport = client.get(&format!("/checks/{id}")).await.expect(200).read();
        if report.done {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the check did not come to an end");
}

/// Waits until a job's pass is over.
async fn wait(client: &Client, job: JobId) -> JobView {
    client.live(&format!("/jobs/{job}")).await.until(PASS, ended).await
}
