//! The demo's organisation is there at once and is what it says it is.

use std::time::{Duration, Instant};

use servers::{
    demo::Demo,
    dovecot::{MASTER, MASTER_PASSWORD, PASSWORD},
    imap::Imap,
    verify::Snapshot,
};

#[test]
fn an_organisation_is_up_within_three_seconds() {
    let dir = tempfile::tempdir().expect("a directory");
    let begun = Instant::now();
    let demo = Demo::start(dir.path()).expect("starts");
    let took = begun.elapsed();
    let text = std::fs::read_to_string(demo.project_file()).expect("a project file");
    let project: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let jobs = project["jobs"].as_array().expect("jobs");
    assert_eq!(jobs.len(), 12);
    assert_eq!(project["project"]["source"]["endpoint"]["port"], demo.source().tls_port().expect("TLS"));

    let mut messages = 0;
    for job in jobs {
        let user = job["source_user"].as_str().expect("a name");
        let mut imap = Imap::connect(demo.source().plain_port()).expect("connects");
        imap.login(&format!("{user}*{MASTER}"), MASTER_PASSWORD).expect("the master user opens it");
        for folder in imap.folders().expect("lists").iter().filter(|folder| folder.selectable()) {
            messages += imap.status(&folder.wire, "MESSAGES").expect("counts") as usize;
        }
        let mut imap = Imap::connect(demo.target().plain_port()).expect("connects");
        imap.login(user, PASSWORD).expect("the password opens it");
        assert!(Snapshot::read(&mut imap).expect("reads").is_empty());
    }
    assert_eq!(messages, demo.messages());
    assert!(messages > 4000, "{messages} messages");
    // In a debug build on a busy machine it may take longer than a newcomer would see.
    assert!(took < Duration::from_secs(10), "took {took:?}");
    println!("{messages} messages in {took:?}");
}

#[test]
fn the_same_letters_are_written_in_every_run() {
    let read = || {
        let dir = tempfile::tempdir().expect("a directory");
        let demo = Demo::start(dir.path()).expect("starts");
        let mut imap = demo.source().open("emiko.tanaka@nordlicht.example").expect("opens");
        Snapshot::read(&mut imap).expect("reads")
    };
    let once = read();
    assert!(once.count(&["日本語", "受信箱"]).is_some_and(|count| count > 0));
    assert_eq!(once, read());
}
