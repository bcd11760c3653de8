//! Passwords go in and never come out: not over the API, not in the log, not in the clear on disk.

use std::{fs, path::Path};

use servers::dovecot::MASTER_PASSWORD;
use shared::{
    endpoint::{Endpoint, ImapEndpoint},
    job::JobAction,
    project::{Options, ProjectForm, ProjectView, SideForm},
};
use tests::{app::TestApp, mailbox::Mailbox};

use super::{PASS, USER, ended, pair};

/// Unlike anything else on disk.
const CANARY: &str = "canary-4f1d9-secret";

/// Whether any file below a folder holds the text.
fn holds(folder: &Path, text: &str) -> Option<String> {
    fs::read_dir(folder).into_iter().flatten().flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found.then(|| path.display().to_string())
    })
}

#[tokio::test]
async fn a_stored_password_is_nowhere_in_the_clear() {
    let (source, target) = pair(10);
    let (app, client) = TestApp::set_up().await;
    let from = Mailbox::on(&source, USER).by_master();
    // The target refuses this one, so that errors are told about it too.
    let to = Mailbox::on(&target, USER).secret(CANARY);
    let (project, job) = client.make_project("Secrets", &from, &to).await;
    client.act(job, JobAction::Start).await.expect(202);
    let view = client.live(&format!("/jobs/{job}")).await.until(PASS, ended).await;
    assert!(view.row.problem.is_some_and(|problem| problem.contains("target")));
    let mut answers = String::new();
    for path in
        ["/projects".into(), format!("/projects/{project}"), format!("/jobs/{job}"), "/activity".into()]
    {
        answers.push_str(&client.get(&path).await.expect(200).text());
    }
    assert!(answers.contains("\"source_has_secret\":true"));
    let logged = app.everything_logged();
    for secret in [CANARY, MASTER_PASSWORD] {
        assert!(!answers.contains(secret) && !logged.contains(secret));
        assert_eq!(holds(app.dir(), secret), None);
    }
    // Addresses are nobody's business in a log either.
    assert!(!logged.contains(USER), "{logged}");
}

#[tokio::test]
async fn a_stored_password_goes_to_the_server_it_was_entered_for_and_no_other() {
    let (source, target) = pair(1);
    let (_app, client) = TestApp::set_up().await;
    let (from, to) = (Mailbox::on(&source, USER).by_master(), Mailbox::on(&target, USER));
    let (project, _) = client.make_project("Redirected", &from, &to).await;
    let view: ProjectView = client.get(&format!("/projects/{project}")).await.expect(200).read();
    let Endpoint::Imap(endpoint) = view.source.clone();
    let elsewhere = Endpoint::Imap(ImapEndpoint { host: "attacker.example".into(), ..endpoint });
    let check = serde_json::json!({
        "endpoint": elsewhere, "user": USER, "stored": { "project": project, "side": "source" },
    });
    assert_eq!(client.post("/checks", &check).await.expect(400).error().field.as_deref(), Some("secret"));
    let form = ProjectForm {
        name: "Redirected".into(),
        source: SideForm { endpoint: elsewhere, secret: None },
        target: SideForm { endpoint: view.target.clone(), secret: None },
        options: Options::default(),
    };
    let refused = client.put(&format!("/projects/{project}"), &form).await.expect(400).error();
    assert_eq!(refused.field.as_deref(), Some("source.secret"));
    let same = serde_json::json!({
        "endpoint": view.source, "user": USER, "stored": { "project": project, "side": "source" },
    });
    client.post("/checks", &same).await.expect(202);
}
