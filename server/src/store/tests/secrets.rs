//! Secrets of projects and jobs: sealed, opened only for their use, forgotten.

use secrecy::ExposeSecret;
use shared::{
    check::Side,
    endpoint::Login,
    job::{JobAction, JobSecrets},
    pass::PassKind,
};

use super::{on_both, sample, setting::Setting};
use crate::store::{StoreError, sql::Sql};

async fn no_secret_stands_in_the_database_in_the_clear(setting: &Setting) {
    let (_, jobs) = sample::jobs(&setting.store, 1, &["anna"]).await;
    setting.store.apply(jobs[0], JobAction::Start).await.expect("starts");
    // As text, whatever the bytes are: PostgreSQL shows them as hexadecimal digits.
    for (table, column) in [("project", "source_secret"), ("job", "target_secret")] {
        let canary = hex::encode_upper("canary");
        let hexadecimal = if setting.store.db().is_shared() { "encode({}, 'hex')" } else { "hex({})" };
        let shown = hexadecimal.replace("{}", column);
        let sealed = format!("SELECT COUNT(*) FROM {table} WHERE {column} IS NOT NULL");
        let clear = format!("SELECT COUNT(*) FROM {table} WHERE UPPER({shown}) LIKE '%{canary}%'");
        assert_eq!((setting.number(&sealed).await, setting.number(&clear).await), (1, 0), "{table}");
    }
}

async fn secrets_swapped_between_rows_do_not_open(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 2, &["anna", "bert"]).await;
    for job in &jobs {
        store.apply(*job, JobAction::Start).await.expect("starts");
    }
    let first = store.claim().await.expect("claims").expect("there is one");
    let order = store.pass_order(&first).await.expect("an order");
    assert_eq!(order.target.secret.expose_secret(), "target-canary-anna");
    setting
        .meddle(&format!(
            "UPDATE job SET target_secret = (SELECT target_secret FROM job WHERE id = {}) WHERE id = {}",
            jobs[1], jobs[0]
        ))
        .await;
    let error = store.pass_order(&first).await.expect_err("is refused");
    assert!(matches!(error, StoreError::Secret(_)), "{error}");
}

async fn a_pass_gets_the_secret_of_the_mailbox_or_of_the_admin(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let order = store.pass_order(&lease).await.expect("an order");
    assert_eq!((order.kind, order.project.as_str()), (PassKind::Initial, "Move"));
    assert_eq!(
        (order.source.user.as_str(), order.target.user.as_str()),
        ("anna@old.example", "anna@new.example")
    );
    assert_eq!(order.source.secret.expose_secret(), "source-canary", "the admin's");
    assert_eq!(order.target.secret.expose_secret(), "target-canary-anna", "the mailbox's own");
    assert!(!format!("{order:?}").contains("canary"));

    let removed = JobSecrets { source_secret: None, target_secret: Some(String::new()) };
    store.set_job_secrets(lease.job, &removed).await.expect("changes");
    let error = store.pass_order(&lease).await.expect_err("is refused");
    assert!(matches!(error, StoreError::NoSecret(Side::Target)), "{error}");
    assert!(error.to_string().contains("target"), "{error}");
}

async fn a_mailbox_s_own_secret_is_never_sent_to_another_server(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let mut form = sample::project("Renamed", 1);
    store.update_project(lease.project, &form, None).await.expect("changes");
    assert!(store.pass_order(&lease).await.is_ok(), "the servers are the same");
    form.target = sample::side("elsewhere.example", Login::Password, None);
    store.update_project(lease.project, &form, None).await.expect("changes");
    let error = store.pass_order(&lease).await.expect_err("is refused");
    assert!(matches!(error, StoreError::NoSecret(Side::Target)), "{error}");
}

/// Whether these bytes stand in SQLite's file or in its log.
fn stands_in_the_files(setting: &Setting, sealed: &[u8]) -> bool {
    let files = ["store.db", "store.db-wal"].map(|name| setting.dir.path().join(name));
    let bytes = files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect::<Vec<_>>();
    bytes.windows(sealed.len()).any(|window| window == sealed)
}

async fn what_a_removed_project_was_opened_with_is_gone_from_the_files(setting: &Setting) {
    let store = &setting.store;
    let (project, _) = sample::jobs(store, 2, &["anna"]).await;
    let reading = store.db().reading("Testing");
    let mut sealed = Vec::new();
    for sql in ["SELECT source_secret FROM project", "SELECT target_secret FROM job"] {
        let secret: Option<Vec<u8>> = reading.cell(sql, []).await.expect("reads");
        sealed.push(secret.expect("a sealed secret"));
    }
    store.delete_project(project).await.expect("removes");
    for secret in &sealed {
        assert!(!stands_in_the_files(setting, secret), "not even sealed");
    }
    if store.is_shared() {
        return;
    }
    let tx = store.db().begin("Testing").await.expect("begins");
    let patience: Option<i64> = tx.cell("PRAGMA busy_timeout", []).await.expect("reads");
    assert_eq!(patience, Some(30_000), "the writer is as patient as before");
}

async fn credentials_that_were_forgotten_are_gone_missed_by_name_and_entered_again(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 2, &["anna"]).await;
    let kept =
        "SELECT (SELECT COUNT(*) FROM project WHERE source_secret IS NOT NULL OR target_secret IS NOT NULL)
        + (SELECT COUNT(*) FROM job WHERE source_secret IS NOT NULL OR target_secret IS NOT NULL)";
    assert_eq!(setting.number(kept).await, 2);
    let sealed: Option<Vec<u8>> =
        store.db().reading("Testing").cell("SELECT target_secret FROM job", []).await.expect("reads");
    let sealed = sealed.expect("a sealed secret");
    assert_eq!(stands_in_the_files(setting, &sealed), !store.is_shared());
    assert_eq!(store.forget_secrets(project).await.expect("forgets"), 2);
    assert_eq!(setting.number(kept).await, 0);
    assert!(!stands_in_the_files(setting, &sealed), "not even sealed");
    store.apply(jobs[0], JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let missed = async || match store.pass_order(&lease).await {
        Err(StoreError::NoSecret(side)) => Some(side),
        Err(error) => panic!("{error}"),
        Ok(_) => None,
    };
    assert_eq!(missed().await, Some(Side::Source));
    store.update_project(project, &sample::project("Move", 2), None).await.expect("enters the admin's again");
    assert_eq!(missed().await, Some(Side::Target));
    let again = JobSecrets { source_secret: None, target_secret: Some("entered again".into()) };
    store.set_job_secrets(jobs[0], &again).await.expect("enters the mailbox's again");
    assert_eq!(missed().await, None);
    let order = store.pass_order(&lease).await.expect("an order");
    assert_eq!(
        (order.source.secret.expose_secret(), order.target.secret.expose_secret()),
        ("source-canary", "entered again")
    );
}

async fn a_list_of_passwords_is_not_stored_for_a_server_that_it_was_not_made_for(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 2, &["anna"]).await;
    let then = sample::project("Move", 2);
    let endpoints = [&then.source.endpoint, &then.target.endpoint];
    let renewed =
        [(jobs[0], JobSecrets { source_secret: None, target_secret: Some("for the old one".into()) })];
    let mut form = sample::project("Move", 2);
    form.target = sample::side("elsewhere.example", Login::Password, None);
    store.update_project(project, &form, None).await.expect("changes");
    let refused = store.renew_secrets(project, &renewed, endpoints).await;
    let Err(StoreError::Conflict(why)) = refused else { panic!("it was stored: {refused:?}") };
    assert!(why.contains("Nothing was stored"), "{why}");
    assert_eq!(setting.number("SELECT COUNT(*) FROM job WHERE target_secret IS NOT NULL").await, 0);
    let now = [&form.source.endpoint, &form.target.endpoint];
    assert_eq!(store.renew_secrets(project, &renewed, now).await.expect("stores"), 0);
}

on_both! {
    a_list_of_passwords_is_not_stored_for_a_server_that_it_was_not_made_for,
    no_secret_stands_in_the_database_in_the_clear,
    secrets_swapped_between_rows_do_not_open,
    a_pass_gets_the_secret_of_the_mailbox_or_of_the_admin,
    a_mailbox_s_own_secret_is_never_sent_to_another_server,
    what_a_removed_project_was_opened_with_is_gone_from_the_files,
    credentials_that_were_forgotten_are_gone_missed_by_name_and_entered_again,
}
