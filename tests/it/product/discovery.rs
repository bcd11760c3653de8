//! The accounts of a source: Cyrus lists them to its admin, and they move; Dovecot lists none to its master user, and the
//! program says so.

use std::fs;

use serde_json::{Value, json};
use servers::{corpus::Corpus, cyrus::Cyrus, dovecot::Dovecot, verify::Snapshot};
use shared::{
    endpoint::Login,
    job::{JobState, JobView},
    project::{Options, ProjectForm},
    token::Scope,
};
use tests::{app::TestApp, client::Client, mailbox::Mailbox};

use super::{
    PASS, ended,
    verbs::{run, token},
};

const USERS: [&str; 3] = ["anna@old.example", "bert.berg@old.example", "carla"];

/// A project without mailboxes.
async fn project(client: &Client, name: &str, source: &Mailbox, target: &Mailbox) -> String {
    let (source, target, options) = (source.side(), target.side(), Options::default());
    let form = ProjectForm { name: name.into(), source, target, options };
    let made = client.post("/projects", &form).await.expect(201).json();
    made["row"]["id"].to_string()
}

#[tokio::test]
async fn accounts_that_cyrus_lists_to_its_admin_are_brought_and_move() {
    let (source, target) = (Cyrus::start().expect("starts"), Dovecot::builder().start().expect("starts"));
    for (user, messages) in USERS.into_iter().zip([3, 4, 5]) {
        let mut imap = source.open(user).expect("opens");
        assert_eq!(Corpus::small(messages).append(&mut imap).expect("appends"), Vec::<String>::new());
        imap.create("Sent").expect("makes a folder");
    }
    let (app, owner) = TestApp::set_up().await;
    let mut from = Mailbox::at(source.plain_port(), USERS[0]);
    from.endpoint.login = Login::AuthorizationId { admin: servers::cyrus::ADMIN.into() };
    let project = project(&owner, "Found", &from, &Mailbox::on(&target, USERS[0]).by_master()).await;
    let token = token(&owner, Scope::Operate).await;

    let found = run(&app, &token, &["project", "discover", &project, "--json"]).ends_with(0);
    let found: Value = serde_json::from_str(&found.stdout).expect("JSON");
    assert_eq!((&found["accounts"], found.get("note")), (&json!(USERS), None), "{found}");

    let list = run(&app, &token, &["project", "discover", &project]).ends_with(0);
    assert_eq!(list.stdout.lines().count(), 4, "{}", list.stdout);
    let [found, form] = ["found.csv", "form.json"].map(|name| app.dir().join(name));
    fs::write(&found, &list.stdout).expect("writes");
    fs::write(&form, r#"{"all_or_nothing":true}"#).expect("writes");
    let [found, form] = [found, form].map(|path| path.display().to_string());
    let list = ["mailbox", "import", &project, "--list", &found, "--form", &form];
    run(&app, &token, &list).ends_with(0);
    let watched = run(&app, &token, &["project", "start", &project, "--watch"]);
    let jobs = owner.get(&format!("/projects/{project}/jobs")).await.expect(200).json();
    let jobs = jobs["rows"].as_array().expect("rows");
    assert_eq!(jobs.len(), USERS.len());
    for job in jobs {
        let view: JobView = owner.live(&format!("/jobs/{}", job["id"])).await.until(PASS, ended).await;
        assert_eq!(view.row.state, JobState::Complete, "{job}");
    }
    watched.ends_with(0);
    for user in USERS {
        let before = Snapshot::read(&mut source.open(user).expect("opens")).expect("reads");
        let after = Snapshot::read(&mut target.open(user).expect("opens")).expect("reads");
        assert_eq!(before.differences(&after, <[String]>::to_vec), [], "{user}");
    }
}

#[tokio::test]
async fn dovecot_lists_no_accounts_to_its_master_user_and_that_is_said_with_what_to_do() {
    let (source, target) =
        (Dovecot::builder().start().expect("starts"), Dovecot::builder().start().expect("starts"));
    Corpus::small(2).write(&source, USERS[0]).expect("writes");
    let (from, to) = (Mailbox::on(&source, USERS[0]).by_master(), Mailbox::on(&target, USERS[0]));
    let (app, owner) = TestApp::set_up().await;
    let token = token(&owner, Scope::Operate).await;
    let (project, job) = owner.make_project("Not found", &from, &to).await;
    let (project, job) = (project.to_string(), job.to_string());
    let discover = ["project", "discover", project.as_str()];
    let says = ["lists no accounts for this login", "doveadm user '*'"];
    for _ in 0..3 {
        run(&app, &token, &discover).ends_with(4).says(&says);
    }
    // Nobody is held up by it, because it is sent once: the mailbox opens, and from then on it is known whom the refusal is about.
    run(&app, &token, &["mailbox", "start", &job, "--watch"]).ends_with(0);
    for _ in 0..3 {
        run(&app, &token, &discover)
            .ends_with(4)
            .says(&["lists no accounts for the login", "does not let this admin in for itself"]);
    }
    run(&app, &token, &["mailbox", "start", &job, "--watch"]).ends_with(0);

    // A login as somebody whom everybody is: it is let in, and shown its own folders.
    let mut own = Mailbox::on(&source, USERS[0]);
    own.endpoint.login = Login::AuthorizationId { admin: USERS[0].into() };
    let project = self::project(&owner, "Own", &own, &to).await;
    run(&app, &token, &["project", "discover", &project])
        .ends_with(4)
        .says(&["it names no place for other users' folders"]);
}
