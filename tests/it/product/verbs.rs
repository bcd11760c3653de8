//! The same from the command line: verbs against a running server, with a token.

use std::{fs, process::Stdio, time::Duration};

use serde_json::json;
use servers::{
    dns::{Data, Dns, Reply},
    process::Guarded,
};
use shared::token::{MadeToken, NewToken, Scope};
use tests::{
    app::{ADMIN_PASSWORD, TestApp},
    cli::Run,
    client::Client,
};

use super::{assert_same, mailboxes, pair};

const PATIENCE: Duration = Duration::from_secs(90);

pub(super) async fn token(client: &Client, scope: Scope) -> String {
    let form = NewToken { name: "the command line".into(), scope, days: Some(1) };
    client.post("/tokens", &form).await.expect(201).read::<MadeToken>().token
}

/// Runs the program with these words to its end. The token comes from the environment.
pub(super) fn run(app: &TestApp, token: &str, words: &[&str]) -> Run {
    run_at(&app.url(), token, words)
}

fn run_at(server: &str, token: &str, words: &[&str]) -> Run {
    let begun = std::time::Instant::now();
    let dir = tempfile::tempdir().expect("a directory");
    let file = |name: &str| fs::File::create(dir.path().join(name)).expect("makes a file");
    let mut command = tests::binary::command();
    command.args(words).env("CARBONIO_MIGRATE_SERVER", server).env("CARBONIO_MIGRATE_TOKEN", token);
    command.env("HOME", dir.path()).stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
    let mut process = Guarded::start(&mut command, None).expect("starts");
    let status = process.wait(PATIENCE);
    process.kill();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).expect("text");
    let code = status.and_then(|status| status.code());
    Run { code, stdout: read("stdout"), stderr: read("stderr"), took: begun.elapsed() }
}

#[tokio::test]
async fn a_mailbox_moves_by_verbs_alone() {
    let (app, owner) = TestApp::set_up().await;
    let (source, target) = pair(40);
    let (from, to) = mailboxes(&source, &target);
    let (project, job) = owner.make_project("By verbs", &from, &to).await;
    let token = token(&owner, Scope::Own).await;
    let (project, job) = (project.to_string(), job.to_string());

    run(&app, &token, &["project", "list"]).ends_with(0).says(&["By verbs", "Source"]);
    let listed = run(&app, &token, &["mailbox", "list", &project, "--json"]).ends_with(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert!(listed.to_string().contains("anna@old.example"), "{listed}");

    run(&app, &token, &["project", "inventory", &project]).ends_with(0).says(&["no mailbox was looked at"]);
    run(&app, &token, &["mailbox", "dry-run", &job, "--watch"]).ends_with(0);
    let inventory = run(&app, &token, &["project", "inventory", &project, "--json"]).ends_with(0);
    let inventory: serde_json::Value = serde_json::from_str(&inventory.stdout).expect("JSON");
    assert_eq!(
        (&inventory["seen"], &inventory["items"], &inventory["copy"]),
        (&1.into(), &40.into(), &40.into())
    );
    run(&app, &token, &["mailbox", "inventory", &project])
        .ends_with(0)
        .says(&["anna@old.example", "Messages"]);
    let table = run(&app, &token, &["project", "inventory", &project, "--format", "csv"]).ends_with(0);
    assert!(
        table.stdout.lines().count() == 2 && table.stdout.contains("anna@old.example"),
        "{}",
        table.stdout
    );

    let moved = run(&app, &token, &["mailbox", "start", &job, "--watch"]).ends_with(0);
    assert!(moved.stdout.contains("complete: 40 messages"), "{}", moved.stdout);
    assert_same(&source, &target);
    run(&app, &token, &["mailbox", "start", &job, "--watch"]).ends_with(0);
    run(&app, &token, &["project", "show", &project, "--watch"])
        .ends_with(0)
        .says(&["1 of 1 mailbox complete"]);
    run(&app, &token, &["pass", "list", &job]).ends_with(0).says(&["initial", "delta"]);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("report.csv").display().to_string();
    run(&app, &token, &["report", "download", &job, "--format", "csv", "--output", &file]).ends_with(0);
    assert!(fs::read_to_string(&file).expect("a report").contains("INBOX"));

    // Nobody's mail goes into another one's mailbox unasked, nor are settings overwritten that were changed since.
    let form = dir.path().join("form.json").display().to_string();
    let twin = json!([{ "source_user": "other@old.example", "source_secret": "x", "target_user": to.user,
        "target_secret": "x" }]);
    fs::write(&form, twin.to_string()).expect("writes");
    run(&app, &token, &["mailbox", "add", &project, "--form", &form]).ends_with(4).says(&["same place"]);
    let shown = run(&app, &token, &["project", "show", &project, "--json"]).ends_with(0);
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let side = |side: &str| json!({ "endpoint": shown[side] });
    let mut options = shown["options"].clone();
    options["parallel"] = json!(3);
    let change = json!({ "name": "By verbs", "source": side("source"), "target": side("target"),
        "options": options });
    fs::write(&form, change.to_string()).expect("writes");
    let version = shown["version"].as_str().expect("a version");
    let change = ["project", "change", &project, "--form", &form, "--seen", version];
    run(&app, &token, &change).ends_with(0);
    run(&app, &token, &change).ends_with(4).says(&["olivia changed these settings at", "load the settings"]);

    // What makes no sense now, what is not there, what the name does not fit.
    run(&app, &token, &["mailbox", "resume", &job]).ends_with(4).says(&["not possible now"]);
    run(&app, &token, &["mailbox", "show", "999"]).ends_with(2).says(&["no such mailbox"]);
    run(&app, &token, &["project", "show", "abc"]).ends_with(2).says(&["project list"]);
    for words in [
        &["project", "start", &project, "--batch", "99", "--watch"][..],
        &["project", "causes", &project, "--batch", "99"],
        &["mailbox", "list", &project, "--batch", "99"],
        &["mailbox", "inventory", &project, "--batch", "99"],
    ] {
        run(&app, &token, words).ends_with(2).says(&["no such batch"]);
    }
    run(&app, &token, &["project", "delete", &project, "--name", "by verbs"]).ends_with(2).says(&["name"]);
    run(&app, &token, &["project", "delete", &project, "--name", "By verbs"]).ends_with(0);
    run(&app, &token, &["project", "show", &project]).ends_with(2).says(&["no such"]);
    run(&app, &token, &["audit", "list"]).ends_with(0).says(&["project.delete", "job.start", "token.create"]);
}

#[tokio::test]
async fn where_mail_goes_is_told_by_a_verb() {
    let names = Dns::start().expect("starts");
    names.set("old.example", Reply::Records(vec![(60, Data::Address([192, 0, 2, 1].into()))]));
    names.set("moved.example", Reply::Records(vec![(86_400, Data::mx(10, "old.example"))]));
    let app = TestApp::start_with(&["--dns-server", &names.address().to_string()]).await;
    let owner = app.make_owner().await;
    let token = token(&owner, Scope::Operate).await;
    let side = |host: &str| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit", "pin": null,
            "login": { "method": "password" } } })
    };
    let project = json!({ "name": "Move", "source": side("old.example"), "target": side("new.example") });
    owner.post("/projects", &project).await.expect(201);
    let rows = json!([
        { "source_user": "a", "source_secret": "x", "target_user": "a@moved.example", "target_secret": "x" }
    ]);
    owner.post("/projects/1/jobs", &rows).await.expect(201);
    owner.post("/projects/1/batches", &json!({ "name": "Pilot" })).await.expect(201);
    owner.post("/projects/1/assignments", &json!({ "batch": 1 })).await.expect(200);
    run(&app, &token, &["batch", "dns", "1"]).ends_with(0).says(&[
        "moved.example (1 mailbox): Old system",
        "MX 10 old.example, TTL 86400 s, old system (192.0.2.1)",
        "lower it to 300 s at least 1 day before the switch",
    ]);
    let ticked = ["batch", "tick", "1", "--step", "mx", "--done", "true", "--json"];
    run(&app, &token, &ticked).ends_with(0).says(&["still goes to the old system"]);
}

#[tokio::test]
async fn tokens_and_admins_are_managed_by_verbs() {
    let (app, owner) = TestApp::set_up().await;
    let token = token(&owner, Scope::Own).await;
    let made =
        run(&app, &token, &["token", "create", "nightly", "--scope", "read", "--days", "7"]).ends_with(0);
    let reader = made.stdout.trim().to_owned();
    assert!(
        reader.starts_with("cmt_") && reader.len() == 68,
        "the token alone, ready for a file: {reader:?}"
    );
    run(&app, &reader, &["project", "list"]).ends_with(0);
    run(&app, &reader, &["project", "delete", "1", "--name", "x"]).ends_with(5).says(&["role"]);
    run(&app, &token, &["token", "list"]).ends_with(0).says(&["nightly", "read"]);
    run(&app, &token, &["token", "revoke", "2"]).ends_with(0);
    run(&app, &reader, &["project", "list"]).ends_with(5).says(&["token was refused"]);

    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("password").display().to_string();
    fs::write(&file, format!("{ADMIN_PASSWORD}\n")).expect("writes");
    let add = ["admin", "add", "otto", "--role", "auditor", "--password-file", &file];
    run(&app, &token, &add).ends_with(0);
    run(&app, &token, &["admin", "list"]).ends_with(0).says(&["otto", "auditor", "olivia"]);
    app.client().log_in("otto", ADMIN_PASSWORD).await.expect(200);
    run(&app, &token, &["admin", "change", "2", "--enabled", "false"]).ends_with(0);
    app.client().log_in("otto", ADMIN_PASSWORD).await.expect(401);
}

#[tokio::test]
async fn what_stands_in_the_way_has_its_exit_code() {
    let free = servers::process::free_port().expect("a port");
    let nobody = format!("http://127.0.0.1:{free}");
    run_at(&nobody, "cmt_0", &["project", "list"]).ends_with(6).says(&["--server"]);
    run_at("http://mail.example", "cmt_0", &["project", "list"]).ends_with(2).says(&["clear text"]);
    run_at(&nobody, "", &["project", "list"]).ends_with(5).says(&["--token-file"]);
    let gone = ["project", "list", "--token-file", "/does/not/exist"];
    run_at(&nobody, "", &gone).ends_with(2).says(&["/does/not/exist"]);
    run_at(&nobody, "cmt_0", &["project", "fly"]).ends_with(2);
    let bash = run_at(&nobody, "", &["completions", "bash"]).ends_with(0);
    assert!(bash.stdout.contains("mailbox") && bash.stdout.contains("complete -F"), "{}", bash.stdout);
    let man = run_at(&nobody, "", &["man"]).ends_with(0);
    assert!(man.stdout.contains(".TH carbonio-migrate 1"), "{}", man.stdout);
    let dir = tempfile::tempdir().expect("a directory");
    let pages = dir.path().display().to_string();
    run_at(&nobody, "", &["man", "--dir", &pages]).ends_with(0);
    assert!(dir.path().join("carbonio-migrate-mailbox-start.1").exists());
}

#[tokio::test]
async fn the_audit_log_is_proved_on_a_server_and_on_its_host() {
    let (mut app, owner) = TestApp::set_up().await;
    let token = token(&owner, Scope::Read).await;
    let proved = run(&app, &token, &["audit", "verify", "--json"]).ends_with(0);
    let proof: serde_json::Value = serde_json::from_str(&proved.stdout).expect("JSON");
    let head = proof["head"].as_str().expect("a hash").to_owned();
    run(&app, &token, &["audit", "verify", "--hash", &head]).ends_with(0);
    run(&app, &token, &["audit", "verify", "--hash", &"0".repeat(64)]).ends_with(4);
    let exported = run(&app, &token, &["audit", "export"]).ends_with(0);
    assert!(exported.stdout.lines().all(|line| line.contains("\"hash\":")), "{}", exported.stdout);
    app.stop();

    let data = app.data_dir().display().to_string();
    let on_host = || {
        let mut command = tests::binary::command();
        command.args(["audit", "verify", "--data-dir", &data, "--hash", &head]);
        command.output().expect("runs")
    };
    let output = on_host();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // A byte of the database is changed behind the product's back: the same length, another name.
    let database = app.data_dir().join("carbonio-migrate.db");
    let mut bytes = fs::read(&database).expect("reads");
    let known = b"the first owner";
    let places: Vec<_> =
        (0..bytes.len() - known.len()).filter(|at| bytes[*at..].starts_with(known)).collect();
    assert!(!places.is_empty(), "the log holds who made the first owner");
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(&database, &bytes).expect("writes");
    let output = on_host();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("Line 1 is not as it was written"),
        "{output:?}"
    );
}
