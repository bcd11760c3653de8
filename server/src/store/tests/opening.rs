//! Opening: what is refused, in which words, and what is left alone.

use std::{fs, os::unix::fs::PermissionsExt};

use engine::ledger::{EntryState, Ledger};
use sea_orm::ConnectionTrait;
use shared::{endpoint::Login, job::JobAction, project::ProjectQuery};

use super::{
    on_both, sample,
    setting::{Setting, new_database},
};
use crate::{
    secret::Sealer,
    store::{Store, StoreError, backup, sql::Sql},
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

async fn edge_169_a_database_of_a_newer_version_is_refused_and_left_alone(setting: &Setting) {
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
    edge_169_a_database_of_a_newer_version_is_refused_and_left_alone,
    a_key_that_sealed_nothing_here_is_refused,
    an_answering_database_is_ready,
}

/// What a project in the middle of its move looked like in the first version.
const OLD: [&str; 4] = [
    "INSERT INTO project (name, source, target, options, created) VALUES ('Move', '{source}', '{target}',
        '{\"verify\":\"content\",\"parallel\":2}', 1)",
    "INSERT INTO job (project, source_user, target_user, state, settled, wanted, queued, updated, lease_epoch, ledger_version)
        SELECT id, 'anna@old.example', 'anna@new.example', 'paused', 'paused', 'initial', 0, 1, 3, 9 FROM project",
    "INSERT INTO ledger_folder (job, source, target, source_validity, bracket_validity, bracket_next, items, bytes)
        SELECT id, '[\"INBOX\"]', '[\"INBOX\"]', 7, 9, 100, 3, 30 FROM job",
    "INSERT INTO ledger_entry (folder, item, state, target, adopted, size, fingerprint)
        SELECT id, '1', 1, 101, FALSE, 10, {print} FROM ledger_folder UNION ALL
        SELECT id, '2', 0, NULL, FALSE, 10, {print} FROM ledger_folder",
];

async fn check_an_older_version_goes_on(url: &str, dir: &tempfile::TempDir) {
    let old = sea_orm::Database::connect(url).await.expect("connects");
    migrations::apply_first(&old, 1).await.expect("the first schema");
    let print = if url.starts_with("sqlite") {
        format!("x'{}'", "ab".repeat(16))
    } else {
        format!("'\\x{}'::bytea", "ab".repeat(16))
    };
    let endpoint = |host: &str| {
        serde_json::to_string(&sample::side(host, Login::Password, None).endpoint).expect("serialises")
    };
    for statement in OLD {
        let statement = statement
            .replace("{source}", &endpoint("old.example"))
            .replace("{target}", &endpoint("new.example"))
            .replace("{print}", &print);
        old.execute_unprepared(&statement).await.expect("the old version wrote it");
    }
    old.close().await.expect("closes");

    let store = Store::open(
        url.split('?').next().unwrap_or(url),
        Sealer::load(None, &dir.path().join("key")).expect("a key"),
    )
    .await
    .expect("the new version opens it");
    let project = store.project_page(&ProjectQuery::default()).await.expect("lists").rows[0].id;
    assert_eq!(store.project(project).await.expect("is there").options.parallel, 2);
    let job = sample::listed(&store, project).await[0];
    store.apply(job, JobAction::Resume).await.expect("goes on");
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!((lease.job, lease.epoch), (job, 4), "the epoch of before counts on");
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    let (folder, record) = ledger.folders().await.expect("reads").pop().expect("the folder");
    assert_eq!((record.items, record.bracket.map(|mark| mark.next), record.compared), (3, Some(100), None));
    let mut entries = ledger.entries(folder).await.expect("reads");
    entries.sort_by(|a, b| a.item.cmp(&b.item));
    let states: Vec<_> = entries.iter().map(|entry| entry.state.clone()).collect();
    assert_eq!(states, [sample::copied(101), EntryState::Intended]);
    assert!(entries.iter().all(|entry| entry.marks.is_none() && entry.fingerprint.is_some()));
    sample::put_entries(&ledger, folder, &[sample::entry(2, sample::copied(102))]).await.expect("writes");
}

#[tokio::test]
async fn edge_169_a_move_that_an_older_version_began_goes_on_where_it_was() {
    let dir = tempfile::tempdir().expect("temp dir");
    let file = dir.path().join("store.db");
    check_an_older_version_goes_on(&format!("sqlite:{}?mode=rwc", file.display()), &dir).await;
    let dir = tempfile::tempdir().expect("temp dir");
    check_an_older_version_goes_on(&new_database(), &dir).await;
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

#[tokio::test]
async fn a_copy_is_made_while_the_database_is_in_use_and_is_whole() {
    let setting = Setting::sqlite().await;
    let id = setting.store.create_project(&sample::project("Move", 4)).await.expect("a project");
    let copy = setting.dir.path().join("copy.db");
    let writer = setting.store.db().begin("Testing").await.expect("begins");
    writer.run("UPDATE project SET name = 'Half-way'", []).await.expect("writes");
    let bytes = backup(&setting.url, &copy).await.expect("copies");
    drop(writer);
    assert_eq!(
        fs::metadata(&copy).map(|copy| (copy.len(), copy.permissions().mode() & 0o777)).expect("is there"),
        (bytes, 0o600)
    );
    let key = setting.dir.path().join("key/master.key");
    let again =
        Store::open(&format!("sqlite:{}", copy.display()), Sealer::load(None, &key).expect("the key")).await;
    assert_eq!(again.expect("opens").project(id).await.expect("is there").row.name, "Move");
    let twice = backup(&setting.url, &copy).await.expect_err("is refused").to_string();
    assert!(twice.contains("already"), "{twice}");
    let nowhere =
        backup(&setting.url, &setting.dir.path().join("not/there.db")).await.expect_err("is refused");
    assert!(nowhere.to_string().contains("directory that exists"), "{nowhere}");
    let postgres = backup("postgres://u@h/d", &copy).await.expect_err("is refused").to_string();
    assert!(postgres.contains("pg_dump"), "{postgres}");
}

#[tokio::test]
async fn a_file_that_an_unclean_stop_left_damaged_is_refused_with_what_to_do() {
    let setting = Setting::sqlite().await;
    sample::jobs(&setting.store, 4, &["anna", "bert"]).await;
    setting.store.close().await.expect("closes");
    let file = setting.dir.path().join("store.db");
    let mut bytes = fs::read(&file).expect("reads");
    // The pages behind the schema: it opens, and what it holds is not what was written.
    let (page, pages) = (4096, bytes.len() / 4096);
    for number in pages / 2..pages {
        bytes[number * page..number * page + 512].fill(0xa5);
    }
    fs::write(&file, &bytes).expect("writes");
    // A log beside the file says that nobody closed it.
    fs::write(setting.dir.path().join("store.db-wal"), b"left behind").expect("writes");
    let error = setting.again().await.expect_err("is refused").to_string();
    assert!(error.contains("carbonio-migrate backup") && error.contains("store.db"), "{error}");
}

#[tokio::test]
async fn a_file_that_an_unclean_stop_left_whole_is_opened() {
    let setting = Setting::sqlite().await;
    let id = setting.store.create_project(&sample::project("Move", 4)).await.expect("a project");
    let (left, dir) = (setting.dir.path(), tempfile::tempdir().expect("temp dir"));
    for name in ["store.db", "store.db-wal"] {
        fs::copy(left.join(name), dir.path().join(name)).expect("copies");
    }
    let key = left.join("key/master.key");
    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let store = Store::open(&url, Sealer::load(None, &key).expect("the key")).await.expect("opens");
    assert_eq!(store.project(id).await.expect("is there").row.name, "Move");
}
