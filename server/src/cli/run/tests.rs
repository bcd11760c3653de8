//! A run against ledgers that cannot be used, and against servers that are not there.

use std::path::Path;

use clap::Parser as _;

use super::{
    super::{Exit, MigrateArgs, Problem, order::Order},
    run,
};

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    migrate: MigrateArgs,
}

/// Runs with the ledger `a.db` of a folder, from a port where nothing listens, for one user.
fn attempt(dir: &Path, user: &str, more: &[&str]) -> Result<Exit, Problem> {
    std::fs::write(dir.join("password"), "secret\n").expect("written");
    let port = closed_port().to_string();
    let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
    let (password, ledger) = (at("password"), at("a.db"));
    let words = [
        &[
            "carbonio-migrate",
            "--source",
            "imap",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
            "--tls",
            "none",
            "-q",
        ][..],
        &["--user", user, "--password-file", &password, "--target-host", "localhost", "--target-port", &port],
        &[
            "--target-tls",
            "none",
            "--target-user",
            user,
            "--target-password-file",
            &password,
            "--ledger",
            &ledger,
        ],
        more,
    ];
    let line = Line::try_parse_from(words.concat()).expect("parses");
    run(Order::try_from(line.migrate).expect("makes sense"))
}

/// A port that was free a moment ago.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn a_server_that_is_not_there_ends_the_run_with_its_own_code_and_without_a_report() {
    let dir = tempfile::tempdir().expect("a folder");
    let report = dir.path().join("report");
    let exit = attempt(dir.path(), "anna", &["--report", &report.to_string_lossy()]).expect("runs");
    assert_eq!(exit, Exit::Unreachable);
    assert!(!report.exists(), "nothing is written without a comparison");
}

#[test]
fn a_ledger_is_used_again_by_its_own_mailboxes_and_refused_to_others() {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(attempt(dir.path(), "anna", &[]).expect("runs"), Exit::Unreachable);
    assert_eq!(attempt(dir.path(), "anna", &["--verify-only"]).expect("runs again"), Exit::Unreachable);
    let problem = attempt(dir.path(), "berta", &[]).expect_err("refused");
    assert_eq!(problem.exit, Exit::Files);
    assert!(
        problem.message.contains("a.db") && problem.message.contains("belongs to"),
        "{}",
        problem.message
    );
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.db");
    let content = "this is a letter to somebody and no database whatever its name says";
    std::fs::write(&file, content).expect("written");
    let problem = attempt(dir.path(), "anna", &[]).expect_err("refused");
    assert_eq!(problem.exit, Exit::Files);
    assert!(problem.message.contains("a.db"), "{}", problem.message);
    assert_eq!(std::fs::read_to_string(&file).expect("is there"), content);
}
