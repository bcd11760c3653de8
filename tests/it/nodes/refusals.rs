//! Workers that refuse to start, and why.

use std::{fs, os::unix::fs::PermissionsExt as _};

use servers::postgres::Postgres;
use tests::{app::TestApp, worker::refused};

#[test]
fn over_sqlite_a_worker_is_refused_with_what_to_do() {
    for arguments in [&[][..], &["--database", "sqlite:/tmp/nothing.db"]] {
        let (code, said) = refused(None, arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("postgres://") && said.contains("carbonio-migrate serve"), "{said}");
    }
}

#[tokio::test]
async fn a_worker_without_the_servers_key_or_with_another_is_refused_and_makes_none() {
    let postgres = Postgres::start().expect("starts");
    let app = TestApp::start_with(&["--database", &postgres.url()]).await;
    let arguments = ["--database", &postgres.url()];
    let (code, said) = refused(None, &arguments);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("There is no key file") && said.contains("Copy the server's there"), "{said}");

    let other = app.dir().join("other.key");
    fs::write(&other, "ab".repeat(32)).expect("writes");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o400)).expect("sets the mode");
    let (code, said) = refused(Some(&other), &arguments);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("another key") && said.contains("every node"), "{said}");
    assert_eq!(postgres.query("SELECT count(*) FROM node").expect("counts"), "1", "it is on no list");
}

#[test]
fn a_worker_whose_database_is_not_there_says_so_without_the_password() {
    let dir = tempfile::tempdir().expect("a directory");
    let key = dir.path().join("master.key");
    fs::write(&key, "ab".repeat(32)).expect("writes");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).expect("sets the mode");
    let (code, said) = refused(Some(&key), &["--database", "postgres://me:hidden-canary@127.0.0.1:1/db"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Check host and port") && !said.contains("hidden-canary"), "{said}");
}
