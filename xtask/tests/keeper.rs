//! The process that keeps the demo's mail servers, on its own.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The keeper, once it said that all is ready, and what it said.
fn start() -> (Child, serde_json::Value) {
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("demo-servers")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the keeper starts");
    let mut line = String::new();
    let output = keeper.stdout.take().expect("a pipe");
    BufReader::new(output).read_line(&mut line).expect("the keeper says a line");
    (keeper, serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}")))
}

#[test]
fn the_keeper_leaves_nothing_behind_when_nobody_holds_it_any_more() {
    let (mut keeper, ready) = start();
    let folder = PathBuf::from(ready["folder"].as_str().expect("a folder"));
    let project = std::fs::read(ready["project"].as_str().expect("a file")).expect("the project");
    let project: serde_json::Value = serde_json::from_slice(&project).expect("the project is JSON");
    assert_eq!(project["jobs"].as_array().map(Vec::len), ready["mailboxes"].as_u64().map(|n| n as usize));
    let children = children(keeper.id());
    assert!(!children.is_empty(), "it keeps no servers");

    // What the death of the process that holds the other end does.
    drop(keeper.stdin.take());
    assert!(keeper.wait().expect("the keeper ends").success());
    assert!(!folder.exists(), "{} is still there", folder.display());
    let deadline = Instant::now() + Duration::from_secs(5);
    for child in children {
        while PathBuf::from(format!("/proc/{child}")).exists() {
            assert!(Instant::now() < deadline, "process {child} is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The processes that another one started.
fn children(of: u32) -> Vec<String> {
    let list = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).expect("its children");
    list.split_whitespace().map(String::from).collect()
}
