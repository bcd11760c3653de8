//! Numbers for Prometheus, on a listener of their own.

use std::process::{Command, Stdio};

use servers::process::free_port;
use shared::job::JobAction;
use tests::{app::TestApp, client::Client};

use super::{PASS, ended, mailboxes, pair};

#[tokio::test]
async fn numbers_are_told_where_they_were_asked_for_and_name_nobody() {
    let port = free_port().expect("a port");
    let app = TestApp::start_with(&["--metrics-listen", &format!("127.0.0.1:{port}")]).await;
    let client = app.make_owner().await;
    let (source, target) = pair(12);
    let (from, to) = mailboxes(&source, &target);
    let (_, job) = client.make_project("A telling name", &from, &to).await;
    client.act(job, JobAction::Start).await.expect(202);
    client.live(&format!("/jobs/{job}")).await.until(PASS, ended).await;
    let listener = Client::new(&format!("http://127.0.0.1:{port}"));
    // Counting is kept for lists: asking for one keeps it.
    client.get("/projects").await.expect(200);
    let page = listener.raw("GET", "/metrics", |request| request).await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = page.text();
    for line in [
        "carbonio_migrate_mailboxes{project=\"1\",state=\"complete\"} 1",
        "carbonio_migrate_messages{project=\"1\"} 12",
        "carbonio_migrate_queue_lag_seconds 0",
        "carbonio_migrate_lease_losses_total 0",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} is missing in:\n{text}");
    }
    for secret in ["anna", "telling", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} is nobody's business:\n{text}");
    }
    listener.raw("GET", "/", |request| request).await.expect(404);
    listener.raw("POST", "/metrics", |request| request).await.expect(404);
    client.raw("GET", "/metrics", |request| request).await.expect(404);
    judge(&text);
}

/// The format's own checker has the last word, where this machine has it.
fn judge(page: &str) {
    let started = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn();
    let Ok(mut promtool) = started else { return };
    let mut input = promtool.stdin.take().expect("an input");
    std::io::Write::write_all(&mut input, page.as_bytes()).expect("writes");
    drop(input);
    assert!(promtool.wait().expect("ends").success());
}
