//! Set-up → login → endpoints with a live checklist → dry run → start → live progress → report downloaded.

use std::time::Duration;

use servers::{
    corpus::{Corpus, Folder, Message},
    dovecot::{Dovecot, PASSWORD, SpecialUse},
    proxy::Proxy,
    verify::Snapshot,
};
use shared::report::Report;
use tests::{
    app::{ADMIN_PASSWORD, OWNER, TestApp},
    artefacts,
    browser::Browser,
    expect::{by_report, by_role},
};

const USER: &str = "anna@old.example";
const NEW: &str = "anna@new.example";

/// How long the browser waits for a step of a pass.
const PASS: Duration = Duration::from_secs(90);

/// Two servers, the mailbox between them, and a line slow enough to watch.
struct Scene {
    source: Dovecot,
    target: Dovecot,
    line: Proxy,
}

fn scene() -> Scene {
    let source = Dovecot::builder().separator('.').special_use(SpecialUse::German).start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let mut corpus = Corpus::spread(260);
    let letter = |text: &str| Message::new(text, format!("Subject: {text}\r\n\r\n{text}\r\n"));
    corpus.folders.push(Folder::new(&["either/or"], vec![letter("with a slash")]));
    corpus.folders.push(Folder::new(&["日本語", "受信箱"], vec![letter("from Japan")]));
    corpus.folders.push(Folder::new(&["Entwürfe"], vec![letter("a draft").flagged(&["\\Draft"])]));
    corpus.folders.push(Folder::new(&["Late"], vec![letter("from the future").at(2_060_000_000)]));
    corpus.write(&source, USER).expect("writes");
    let line = Proxy::start(target.tls_port().expect("TLS")).expect("starts");
    line.limit(250_000);
    Scene { source, target, line }
}

#[tokio::test]
async fn a_newcomer_moves_a_mailbox_and_downloads_the_proof() {
    let scene = scene();
    let app = TestApp::start().await;
    let mut browser = Browser::start().await;
    set_up(&mut browser, &app).await;
    new_project(&mut browser, &scene).await;
    add_mailboxes(&mut browser).await;
    let job = move_it(&mut browser, &scene).await;
    let report = download(&mut browser).await;
    the_other_pages(&mut browser, &app, &job).await;
    browser.close().await;

    let read =
        |server: &Dovecot, user| Snapshot::read(&mut server.open(user).expect("opens")).expect("reads");
    let roles = by_role(SpecialUse::German, SpecialUse::English);
    let place = by_report(&report, |path| path[0].contains('/'), roles);
    let differences = read(&scene.source, USER).differences(&read(&scene.target, NEW), place);
    assert!(
        differences.len() == 1 && differences[0].to_string().contains("from the future"),
        "{differences:#?}"
    );
}

async fn set_up(browser: &mut Browser, app: &TestApp) {
    browser.go(&app.url()).await;
    browser.test("setup-form").await;
    browser.look("01-set-up").await;
    // The link that the server prints.
    browser.go("about:blank").await;
    browser.go(&format!("{}/setup#token={}", app.url(), app.setup_token())).await;
    browser.test("token-from-link").await;
    assert!(!browser.url().await.contains("token="), "the token leaves the address bar");
    browser.fill("name", OWNER).await;
    browser.fill("password", "short").await;
    browser.click("setup").await;
    browser.css("[aria-invalid='true']").await;
    browser.look("02-set-up-refused").await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.click("setup").await;
    browser.test("empty").await;
    browser.look("03-no-project").await;

    browser.click("logout").await;
    browser.test("login-form").await;
    browser.fill("name", OWNER).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.look("04-login").await;
    browser.click("login").await;
    browser.test("new-project").await;
}

async fn new_project(browser: &mut Browser, scene: &Scene) {
    browser.click("new-project").await;
    browser.test("project-form").await;
    browser.fill("name", "Headquarters").await;
    for (side, port, user) in
        [("source", scene.source.tls_port().expect("TLS"), USER), ("target", scene.line.port(), NEW)]
    {
        browser.fill(&format!("{side}.endpoint.host"), "127.0.0.1").await;
        browser.fill(&format!("{side}.endpoint.port"), &port.to_string()).await;
        browser.fill(&format!("{side}.user"), user).await;
        browser.fill(&format!("{side}.test_secret"), "a wrong password").await;
        let list = format!("[data-test='checklist-{side}']");
        let step =
            |name: &str, status: &str| format!("{list} [data-test='step-{name}'][data-status='{status}']");
        // A certificate nobody signed: shown, compared, pinned; then a password that is wrong; then the right one.
        browser.click(&format!("check-{side}")).await;
        browser.css(&step("tls", "failed")).await;
        let shown = browser.text(&format!("{list} [data-test='certificate']")).await;
        let own = if side == "source" { &scene.source } else { &scene.target };
        let sha256 = &own.certificate().expect("a certificate").sha256;
        assert!(shown.replace(':', "").to_lowercase().contains(sha256.as_str()), "{shown}");
        if side == "source" {
            browser.look("05-certificate").await;
        }
        browser.click_css(&format!("{list} [data-test='trust']")).await;
        browser.css(&step("login", "failed")).await;
        if side == "source" {
            browser.look("06-login-refused").await;
        }
        browser.fill(&format!("{side}.test_secret"), PASSWORD).await;
        browser.click(&format!("check-{side}")).await;
        for name in ["dns", "tcp", "tls", "greeting", "login", "capabilities", "namespace"] {
            browser.css(&step(name, "passed")).await;
        }
    }
    browser.look("07-new-project").await;
    browser.click("save-project").await;
    browser.test("add-one").await;
}

async fn add_mailboxes(browser: &mut Browser) {
    for (name, value) in [
        ("jobs[0].source_user", USER),
        ("jobs[0].source_secret", PASSWORD),
        ("jobs[0].target_user", NEW),
        ("jobs[0].target_secret", PASSWORD),
    ] {
        browser.fill(name, value).await;
    }
    browser.click("add-one-submit").await;
    browser.until("[data-test='notices']", PASS, |text| text.contains("was added")).await;
    browser.look("08-add-mailboxes").await;
    browser.click("bring-list").await;
    let list = format!("bea@old.example,{PASSWORD},bea@new.example,{PASSWORD}\n");
    browser.fill("text", &list).await;
    browser.until("[data-test='add-list']", PASS, |text| text == "Add 1 mailbox").await;
    browser.click("add-list").await;
    browser.click("to-list").await;
    browser.test("job-row").await;
    browser.until("[data-test='jobs']", PASS, |text| text.contains(USER) && text.contains("bea@")).await;
    browser.look("09-project").await;
}

/// Returns the address of the job's page.
async fn move_it(browser: &mut Browser, scene: &Scene) -> String {
    browser.click_css("[data-test='job-row'] [data-test='job-link']").await;
    browser.test("action-dry-run").await;
    let job = browser.url().await;
    browser.look("10-job").await;
    let log = scene.target.wire().from_now();
    browser.click("action-dry-run").await;
    browser.test("plan").await;
    browser.look("11-dry-run").await;
    assert_eq!(log.writing(), [], "a dry run writes nothing");

    browser.click("action-start").await;
    browser.test("now").await;
    // Numbers move by themselves.
    let first = browser
        .until("[data-test='now']", PASS, |text| text.contains("Copying") || text.contains("copying"))
        .await;
    browser.look("12-running").await;
    browser.until("[data-test='now']", PASS, |text| text != first).await;
    browser.click("action-pause").await;
    browser.until("[data-test='job-state']", Duration::from_secs(6), |text| text == "Paused").await;
    browser.look("13-paused").await;
    browser.click("action-resume").await;
    browser.test("now").await;
    scene.line.limit(u64::MAX);
    browser.until("[data-test='job-state']", PASS, |text| text.starts_with("Complete")).await;
    browser.click_css("[data-test='cause'] summary").await;
    browser.test("finding").await;
    browser.look("14-complete").await;
    job
}

async fn download(browser: &mut Browser) -> Report {
    browser.click("open-report").await;
    browser.test("report-verdict").await;
    browser.look("15-report").await;
    for format in ["html", "csv", "json"] {
        browser.click(&format!("download-{format}")).await;
    }
    let (name, html) = browser.downloaded(".html").await;
    artefacts::keep("report.html", &html);
    assert!(String::from_utf8_lossy(&html).contains("either"), "{name}");
    let (_, csv) = browser.downloaded(".csv").await;
    artefacts::keep("report.csv", &csv);
    assert!(String::from_utf8_lossy(&csv).contains("folder.renamed"));
    let (_, json) = browser.downloaded(".json").await;
    artefacts::keep("report.json", &json);
    let report: Report = serde_json::from_slice(&json).expect("a report");
    assert_eq!((report.totals.source_items, report.totals.matched), (264, 264));
    let shown = browser.text("[data-test='report-verdict']").await;
    assert!(shown.contains(report.verdict.title()), "{shown}");
    report
}

async fn the_other_pages(browser: &mut Browser, app: &TestApp, job: &str) {
    let url = app.url();
    browser.go(&format!("{url}/")).await;
    browser.test("project").await;
    browser.look("16-projects").await;
    browser.go(&format!("{url}/admins")).await;
    browser.test("admin-row").await;
    browser.look("17-admins").await;
    browser.click("add-admin").await;
    browser.test("admin-form").await;
    browser.look("18-add-admin").await;
    browser.fill("name", "otto").await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.choose("role", "auditor").await;
    browser.click("save-admin").await;
    browser.until("[data-test='admins']", PASS, |text| text.contains("otto")).await;
    browser.go(&format!("{url}/activity")).await;
    browser.until("[data-test='activity']", PASS, |text| text.contains(OWNER)).await;
    browser.look("19-activity").await;
    browser.go(&format!("{url}/account")).await;
    browser.test("password-form").await;
    browser.look("20-account").await;
    browser.go(&format!("{url}/projects/1/settings")).await;
    browser.test("delete-project").await;
    browser.look("21-settings").await;
    browser.click("forget-secrets").await;
    browser.test("confirm").await;
    browser.look("21-forget-secrets").await;
    browser.click("confirm").await;
    // Four passwords were entered, two for each of the two mailboxes.
    browser.until("[data-test='notices']", PASS, |text| text.contains("4 credentials were forgotten")).await;
    browser.go(&format!("{url}/projects/1")).await;
    browser.click("enter-passwords").await;
    browser.fill("text", &format!("{USER},{PASSWORD},{PASSWORD}\nnobody@old.example,{PASSWORD},\n")).await;
    browser.click("store-passwords").await;
    browser.until("[data-test='bad-passwords']", PASS, |text| text.contains("Row 2: ")).await;
    browser.look("21-passwords").await;
    browser.fill("text", &format!("{USER},{PASSWORD},{PASSWORD}\n")).await;
    browser.click("store-passwords").await;
    browser.until("[data-test='notices']", PASS, |text| text.contains("1 mailbox still has none")).await;
    browser.go(&format!("{url}/no/such/page")).await;
    browser.test("empty").await;
    browser.look("22-missing").await;

    // An auditor sees everything and can start nothing.
    browser.click("logout").await;
    browser.log_in("otto").await;
    browser.test("empty").await;
    browser.go(job).await;
    browser.test("open-report").await;
    assert!(!browser.has("[data-test='action-start']").await, "an auditor has no buttons");
    browser.until("[data-test='read-only']", PASS, |text| text.contains("change nothing")).await;
    browser.look("23-auditor").await;
}
