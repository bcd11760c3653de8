//! A server that cannot start says why, and what to do.

use std::{fs, net::TcpListener, process::Stdio, time::Duration};

use servers::process::Guarded;
use tests::app::TestApp;

/// A start that is meant to fail: its exit code and what it said.
fn serve(arguments: &[&str]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let said = dir.path().join("said");
    let mut command = tests::binary::command();
    let file = fs::File::create(&said).expect("makes a file");
    command.arg("serve").args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let mut process = Guarded::start(&mut command, None).expect("starts");
    let status = process.wait(Duration::from_secs(20));
    process.kill();
    let said = fs::read_to_string(said).expect("reads");
    let status = status.unwrap_or_else(|| panic!("it did not end, and said: {said}"));
    (status.code(), said)
}

#[track_caller]
fn refused((ended, said): &(Option<i32>, String), code: i32, parts: &[&str]) {
    assert_eq!(*ended, Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing in: {said}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let data = dir.path().to_string_lossy().into_owned();
    refused(
        &serve(&["--data-dir", &data, "--listen", &address]),
        1,
        &[&address, "another program", "listen"],
    );
}

#[test]
fn a_data_directory_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    fs::write(&file, "in the way").expect("writes");
    let below = file.join("data").to_string_lossy().into_owned();
    refused(&serve(&["--data-dir", &below, "--listen", "127.0.0.1:0"]), 1, &[&below, "data_dir"]);
}

#[tokio::test]
async fn two_servers_on_one_data_directory_are_refused() {
    let app = TestApp::start().await;
    let data = app.data_dir().to_string_lossy().into_owned();
    refused(
        &serve(&["--data-dir", &data, "--listen", "127.0.0.1:0"]),
        1,
        &[&data, "Another carbonio-migrate"],
    );
}

#[test]
fn a_setting_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().to_string_lossy().into_owned();
    refused(&serve(&["--data-dir", &data, "--listen", "nowhere"]), 2, &["listen", "nowhere"]);
    refused(&serve(&["--data-dir", &data, "--workers", "many"]), 2, &["workers", "many"]);
    let file = dir.path().join("config.toml");
    fs::write(&file, "data_dir = \"/tmp/x\"\nlisten = 7\nlog_levle = \"info\"\n").expect("writes");
    let file = file.to_string_lossy().into_owned();
    refused(&serve(&["--config", &file]), 2, &["config.toml"]);
    let missing = dir.path().join("missing.toml").to_string_lossy().into_owned();
    refused(&serve(&["--config", &missing]), 2, &[&missing]);
}

#[test]
fn a_panel_in_clear_text_is_for_this_machine_only() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().to_string_lossy().into_owned();
    let output = serve(&["--data-dir", &data, "--listen", "0.0.0.0:0"]);
    refused(&output, 2, &["0.0.0.0", "public_url"]);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_untouched() {
    let mut app = TestApp::start().await;
    app.stop();
    let database = app.data_dir().join("carbonio-migrate.db");
    // The names of migrations stand in the database as text: one that this version does not know has another name.
    let mut newer = fs::read(&database).expect("reads");
    let known = b"m20261123_first";
    let places: Vec<_> =
        (0..newer.len() - known.len()).filter(|at| newer[*at..].starts_with(known)).collect();
    assert!(!places.is_empty(), "the database names its migrations");
    for at in places {
        newer[at..at + known.len()].copy_from_slice(b"m20991231_later");
    }
    fs::write(&database, &newer).expect("writes");
    let data = app.data_dir().to_string_lossy().into_owned();
    refused(&serve(&["--data-dir", &data, "--listen", "127.0.0.1:0"]), 1, &["newer version"]);
    assert_eq!(fs::read(&database).expect("reads"), newer, "it was not changed");
}

#[tokio::test]
async fn the_server_tells_whether_it_lives_and_is_ready() {
    let app = TestApp::start().await;
    let client = app.client();
    assert_eq!(client.raw("GET", "/healthz", |request| request).await.status, 200);
    assert_eq!(client.raw("GET", "/readyz", |request| request).await.status, 200);
}
