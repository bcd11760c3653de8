//! Opening: what is refused, in which words, and what is left alone.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{
    on_both, sample,
    setting::{Setting, new_database},
};
use crate::{
    secret::Sealer,
    store::{Store, StoreError, sql::Sql},
};

async fn refusal(url: &str) -> String {
    match Store::open(url, Sealer::ephemeral().expect("random key")).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string(),
    }
}

async fn what_was_kept_is_there_at_the_next_start(setting: &Setting) {
    let id = setting.store.create_project(&sample::project("Move", 4)).await.expect("a project");
    setting.store.close().await.expect("closes");
    let again = setting.again().await.expect("opens again");
    assert_eq!(again.project(id).await.expect("is there").row.name, "Move");
}

async fn a_database_of_a_newer_version_is_refused_and_left_alone(setting: &Setting) {
    let ours = setting.number("SELECT COUNT(*) FROM seaql_migrations").await;
    setting.meddle("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_future', 0)").await;
    let error = setting.again().await.expect_err("is refused").to_string();
    assert!(error.contains("newer version") && error.contains("m20991231_future"), "{error}");
    assert_eq!(setting.number("SELECT COUNT(*) FROM seaql_migrations").await, ours + 1);
}

async fn a_key_that_sealed_nothing_here_is_refused(setting: &Setting) {
    let error = refusal(&setting.url).await;
    assert!(error.contains("another key"), "{error}");
    setting.again().await.expect("the right key still opens it");
}

async fn an_answering_database_is_ready(setting: &Setting) {
    setting.store.ping().await.expect("answers");
    setting.store.close().await.expect("closes");
    assert!(matches!(setting.store.ping().await, Err(StoreError::Database { .. })));
}

on_both! {
    what_was_kept_is_there_at_the_next_start,
    a_database_of_a_newer_version_is_refused_and_left_alone,
    a_key_that_sealed_nothing_here_is_refused,
    an_answering_database_is_ready,
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused_without_repeating_it() {
    for url in
        ["mysql://u:hidden-canary@host/db", "store.db", "sqlite:", "postgres://u:hidden-canary@host:port/db"]
    {
        let error = refusal(url).await;
        assert!(error.contains("URL") && error.contains("Write "), "{url}: {error}");
        assert!(!error.contains("hidden-canary"), "{error}");
    }
}

#[tokio::test]
async fn a_directory_that_cannot_hold_the_file_is_named() {
    let dir = tempfile::tempdir().expect("temp dir");
    let missing = dir.path().join("not/there/store.db");
    let error = refusal(&format!("sqlite:{}", missing.display())).await;
    assert!(
        error.contains(&missing.display().to_string()) && error.contains("Check that the directory"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("temp dir");
    let file = dir.path().join("letter.txt");
    let text = "Dear Sir or Madam, ".repeat(500);
    fs::write(&file, &text).expect("writes");
    let error = refusal(&format!("sqlite:{}", file.display())).await;
    assert!(error.contains("not a database"), "{error}");
    assert_eq!(fs::read_to_string(&file).expect("reads"), text);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_refuses_the_login_is_named_without_the_password() {
    let good = new_database();
    let port = good.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/')).expect("a port").0.to_owned();
    for (url, expected) in [
        ("postgres://me:hidden-canary@127.0.0.1:1/db".to_owned(), "Check host and port"),
        (format!("postgres://postgres:hidden-canary@127.0.0.1:{port}/postgres"), "Check user and password"),
        (good.rsplit_once('/').expect("a path").0.to_owned() + "/nothing_here", "Create the database first"),
    ] {
        let error = refusal(&url).await;
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hidden-canary") && !error.contains("throw-away"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_on_a_new_database_all_open_it() {
    let url = new_database();
    let dir = tempfile::tempdir().expect("temp dir");
    let key = dir.path().join("master.key");
    Sealer::load(None, &key).expect("a key");
    let starts = (0..4).map(|_| {
        let (url, key) = (url.clone(), key.clone());
        tokio::spawn(async move { Store::open(&url, Sealer::load(None, &key).expect("the key")).await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.expect("runs").expect("opens");
    }
}

#[tokio::test]
async fn the_database_file_is_for_its_owner_alone() {
    let setting = Setting::sqlite().await;
    setting.store.log_activity("system", "test", "writes").await.expect("writes");
    for file in ["store.db", "store.db-wal"] {
        let mode = fs::metadata(setting.dir.path().join(file)).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_bracket_is_written_to_the_disk_and_the_rest_to_the_log() {
    let setting = Setting::sqlite().await;
    let db = setting.store.db();
    let full = db.begin_as(crate::store::db::Durability::Power, "Testing").await.expect("begins");
    assert_eq!(full.cell::<i64>("PRAGMA synchronous", []).await.expect("reads"), Some(2));
    drop(full);
    let normal = db.begin("Testing").await.expect("begins");
    assert_eq!(normal.cell::<i64>("PRAGMA synchronous", []).await.expect("reads"), Some(1));
    assert_eq!(
        normal.cell::<String>("PRAGMA journal_mode", []).await.expect("reads").as_deref(),
        Some("wal")
    );
    assert_eq!(normal.cell::<i64>("PRAGMA foreign_keys", []).await.expect("reads"), Some(1));
}
