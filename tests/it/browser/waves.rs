//! A wave from its making to its cutover: batch → start → pause → resume → retry by cause → cutover.

use std::time::Duration;

use serde_json::json;
use servers::{
    corpus::Corpus,
    dns::{self, Dns},
    dovecot::{Dovecot, PASSWORD},
    proxy::Proxy,
};
use tests::{
    app::{OWNER, TestApp},
    browser::Browser,
    mailbox::Mailbox,
};

const PASS: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_wave_is_made_run_repaired_and_cut_over() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let users = ["anna@old.example", "bea@old.example", "carl@old.example"];
    for user in users {
        Corpus::spread(120).write(&source, user).expect("writes");
    }
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(60_000);
    let names = Dns::start().expect("starts");
    names.set("old.example", dns::Reply::Records(vec![(86_400, dns::Data::mx(10, "filter.example"))]));
    let filter = dns::Data::Address([198, 51, 100, 1].into());
    names.set("filter.example", dns::Reply::Records(vec![(60, filter)]));
    let app = TestApp::start_with(&["--dns-server", &names.address().to_string()]).await;
    let client = app.make_owner().await;
    let mut pairs: Vec<_> =
        users.iter().map(|user| (Mailbox::on(&source, user), Mailbox::at(line.port(), user))).collect();
    pairs[2].1.secret = "not the password".into();
    let (project, jobs) = client.make_project_of("Headquarters", &pairs).await;

    let mut browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.log_in(OWNER).await;
    browser.test("project").await;
    browser.go(&format!("{}/projects/{project}", app.url())).await;
    let batch = make(&mut browser).await;
    run(&mut browser, &line).await;

    browser.go(&format!("{}/projects/{project}/errors", app.url())).await;
    browser.test("cause-row").await;
    browser.look("34-errors").await;
    browser.click("cause-mailboxes").await;
    browser.until("[data-test='narrowed']", PASS, |text| text.contains("Only mailboxes with")).await;
    browser
        .until("[data-test='jobs']", PASS, |text| text.contains("carl@old") && !text.contains("anna@old"))
        .await;
    browser.look("35-errors-mailboxes").await;
    let right = json!({ "target_secret": PASSWORD });
    client.put(&format!("/jobs/{}/secrets", jobs[2]), &right).await.expect(204);
    browser.click("tab-errors").await;
    browser.click("retry-cause").await;
    browser.until("[data-test='empty']", PASS, |text| text.contains("Nothing differs")).await;
    browser.look("36-no-errors").await;

    browser.go(&batch).await;
    cut_over(&mut browser).await;
    browser.go(&format!("{}/projects/{project}/cutover", app.url())).await;
    browser.test("cutover-row").await;
    browser.look("39-cutovers").await;
    browser.close().await;
}

/// Makes a batch and puts every mailbox into it; returns its address.
async fn make(browser: &mut Browser) -> String {
    browser.click("tab-batches").await;
    browser.test("empty").await;
    browser.look("30-no-batches").await;
    browser.click("add-batch").await;
    browser.test("batch-form").await;
    browser.fill("priority", "high").await;
    browser.fill("name", "Pilot").await;
    browser.click("save-batch").await;
    browser.css("[aria-invalid='true']").await;
    browser.look("31-new-batch").await;
    browser.fill("priority", "5").await;
    browser.fill("hours", "Mon-Sun 00:00-24:00").await;
    browser.fill("zone", "Europe/Rome").await;
    browser.click("save-batch").await;
    browser.test("cutover").await;
    let batch = browser.url().await;
    browser.look("32-empty-batch").await;

    let id = batch.rsplit('/').next().expect("an id").to_owned();
    browser.click_css(".crumbs li:nth-child(2) a").await;
    browser.test("job-row").await;
    browser.click("pick-all").await;
    browser.until("[data-test='bulk-whom']", PASS, |text| text == "3 selected").await;
    browser.click("more").await;
    browser.css(&format!("select[name='batch'] option[value='{id}']")).await;
    browser.select("batch", &id).await;
    browser.look("33-bulk").await;
    browser.click("assign").await;
    browser.until("[data-test='bulk-whom']", PASS, |text| text == "All mailboxes").await;
    browser.click("tab-batches").await;
    browser.until("[data-test='batch-row']", PASS, |text| text.contains("Pilot") && text.contains('3')).await;
    browser.look("33-batches").await;
    browser.go(&batch).await;
    batch
}

async fn run(browser: &mut Browser, line: &Proxy) {
    browser.until("[data-test='batch-start']", PASS, |text| text == "Start (3)").await;
    browser.click("batch-start").await;
    let begun = line.passed();
    while line.passed() < begun + 20_000 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // One of the three has a wrong password: it fails beside the others.
    browser.until("[data-test='batch-retry']", PASS, |text| text == "Try again (1)").await;
    browser.look("33-running-batch").await;
    browser.click("batch-pause").await;
    browser.until("[data-test='batch-resume']", PASS, |text| text.starts_with("Resume (")).await;
    browser.click("batch-resume").await;
    line.limit(u64::MAX);
    browser.until("[data-test='batch-verify']", PASS, |text| text == "Verify (3)").await;
}

async fn cut_over(browser: &mut Browser) {
    browser.click("ask-dns").await;
    browser
        .until("[data-test='dns']", PASS, |text| {
            text.contains("MX 10 filter.example") && text.contains("TTL 86400 s")
        })
        .await;
    browser.look("37-dns").await;
    for (step, note) in [("ttl", "300 s since Monday"), ("mx", ""), ("freeze", "IMAP closed")] {
        browser.click(&format!("tick-{step}")).await;
        browser.test("tick-form").await;
        if !note.is_empty() {
            browser.fill("note", note).await;
        }
        if step == "ttl" {
            browser.until("[data-test='against']", PASS, |text| text.contains("86400 seconds")).await;
            browser.look("37-tick").await;
        }
        browser.click("save-tick").await;
        browser.css(&format!("[data-test='step-{step}'][data-status='passed']")).await;
    }
    browser.click("run-final").await;
    browser.css("[data-test='step-last-delta'][data-status='passed']").await;
    browser.css("[data-test='step-verify'][data-status='passed']").await;
    browser.click("tick-approve").await;
    browser.test("tick-form").await;
    browser.fill("note", "Looked at with the helpdesk.").await;
    browser.look("37-approve").await;
    browser.click("save-tick").await;
    browser.css("[data-test='step-approve'][data-status='passed']").await;
    // What was ticked off is taken back only when somebody says so.
    browser.click("untick-approve").await;
    browser.click("confirm").await;
    browser.css("[data-test='step-approve'][data-status='open']").await;
    browser.click("tick-approve").await;
    browser.test("tick-form").await;
    browser.click("save-tick").await;
    browser.css("[data-test='step-approve'][data-status='passed']").await;
    browser.click("tick-done").await;
    browser.test("tick-form").await;
    browser.click("save-tick").await;
    browser.css("[data-test='step-done'][data-status='passed']").await;
    browser.until("[data-test='schedule']", PASS, |text| text.starts_with("Cut over")).await;
    let list = browser.text("[data-test='cutover']").await;
    assert!(list.contains(OWNER) && list.contains("300 s since Monday"), "{list}");
    assert!(list.contains("DNS said otherwise"), "the warning is kept with the tick: {list}");
    browser.look("38-cut-over").await;
}
