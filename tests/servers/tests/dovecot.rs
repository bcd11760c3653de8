//! The servers, the client and the corpus prove themselves before they judge anything else.

use std::time::{Duration, Instant};

use servers::{
    corpus::{Corpus, Message},
    dovecot::{Dovecot, Encryption, MASTER, MASTER_PASSWORD, SpecialUse, Storage},
    imap::Imap,
    maildir::Maildir,
    proxy::Proxy,
    utf7,
    verify::{Difference, Snapshot},
};

const USER: &str = "user@old.example";

fn old() -> Dovecot {
    let builder = Dovecot::builder().separator('.').special_use(SpecialUse::German);
    builder.encryption(Encryption::None).start().expect("starts")
}

fn snapshot(server: &Dovecot) -> Snapshot {
    Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads")
}

fn names(path: &[&str]) -> Vec<String> {
    path.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn it_is_up_within_three_seconds_and_gone_when_dropped() {
    let begun = Instant::now();
    let server = Dovecot::builder().start().expect("starts");
    assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
    assert!(server.tls_port().is_some() && server.certificate().is_some());
    let (port, home) = (server.plain_port(), server.user_dir(USER));
    server.open(USER).expect("any user may log in");
    drop(server);
    assert!(Imap::connect(port).is_err() && !home.exists());
}

#[test]
fn a_failed_start_tells_the_end_of_the_log() {
    let error = Dovecot::builder().prefix("x/\n  nonsense = yes").start().expect_err("fails").to_string();
    assert!(error.contains("nonsense"), "{error}");
}

#[test]
fn mail_survives_a_restart_and_a_kill() {
    let mut server = old();
    Corpus::small(5).append(&mut server.open(USER).expect("opens")).expect("appends");
    let before = snapshot(&server);
    server.restart().expect("restarts");
    assert_eq!(snapshot(&server), before);
    server.kill9();
    assert!(server.open(USER).is_err());
    server.start().expect("starts again");
    assert_eq!(snapshot(&server), before);
}

#[test]
fn a_written_maildir_reads_as_an_appended_one() {
    let server = old();
    let corpus = Corpus::spread(60);
    corpus.write(&server, "written").expect("writes");
    let refused = corpus.append(&mut server.open("appended").expect("opens")).expect("appends");
    assert_eq!(refused, Vec::<String>::new());
    let read = |user| Snapshot::read(&mut server.open(user).expect("opens")).expect("reads");
    let differences = read("written").differences(&read("appended"), <[String]>::to_vec);
    assert_eq!(differences, []);
    assert_eq!(read("written").len(), 60);
}

#[test]
fn escaped_names_lie_where_the_server_puts_them() {
    for (separator, name) in
        [('.', "either/or"), ('.', "~tilde & 100%"), ('/', "dotted.name"), ('/', "back\\slash")]
    {
        let server = Dovecot::builder().separator(separator).start().expect("starts");
        server.open(USER).expect("opens").create(&utf7::encode(name)).expect("creates");
        let maildir = Maildir::new(&server, USER).expect("a maildir");
        let folder = maildir.folder(&names(&[name]));
        assert!(folder.is_dir(), "{name} is not at {}", folder.display());
    }
}

#[test]
fn the_nasty_corpus_stands_in_the_source_as_it_was_written() {
    let server = old();
    let corpus = Corpus::nasty();
    corpus.write(&server, USER).expect("writes");
    let mut imap = server.open(USER).expect("opens");
    let folders = imap.folders().expect("lists");
    for folder in &corpus.folders {
        let listed = folders.iter().find(|listed| listed.path == folder.path);
        let listed = listed.unwrap_or_else(|| panic!("{:?} is not listed", folder.path));
        assert!(listed.selectable(), "{:?}", listed);
        assert_eq!(listed.subscribed, folder.subscribed, "{:?}", listed.path);
        let messages = imap.messages(&listed.wire).expect("reads");
        assert_eq!(messages.len(), folder.messages.len(), "{:?}", folder.path);
        for (wanted, found) in folder.messages.iter().zip(&messages) {
            check_stored(wanted, &found.body);
            assert_eq!(found.received, wanted.received, "{}", wanted.label);
            let sorted = |flags: &[String]| flags.iter().cloned().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(sorted(&found.flags), sorted(&wanted.flags), "{}", wanted.label);
        }
    }
    for parent in [&["Noselect parent"][..], &["日本語"], &["one", "two"]] {
        let listed = folders.iter().find(|listed| listed.path == names(parent));
        assert!(!listed.expect("is listed").selectable(), "{parent:?}");
    }
}

/// The server delivers what was written, but for what its protocol cannot say: a bare LF comes as CRLF, NUL as 0x80.
fn check_stored(wanted: &Message, found: &[u8]) {
    let sayable: Vec<_> = wanted.bytes.iter().map(|byte| if *byte == 0 { 0x80 } else { *byte }).collect();
    assert_eq!(servers::verify::sha256(found), servers::verify::sha256(&sayable), "{}", wanted.label);
}

#[test]
fn what_cannot_be_appended_is_only_in_the_written_corpus() {
    let server = old();
    let mut imap = server.open(USER).expect("opens");
    let refused = Corpus::nasty().append(&mut imap).expect("appends");
    assert_eq!(refused, ["Odd structure: zero bytes"]);
    Corpus::nasty().write(&server, "written").expect("writes");
    let written = Snapshot::read(&mut server.open("written").expect("opens")).expect("reads");
    let differences = written.differences(&snapshot(&server), <[String]>::to_vec);
    let [Difference::Date(_, late, _), Difference::Missing(_, zero)] = &differences[..] else {
        panic!("{differences:?}");
    };
    assert!(late.shown.contains("2035") && zero.shown.is_empty(), "{differences:?}");
}

#[test]
fn the_wire_log_counts_commands_and_steps_over_messages() {
    let server = old();
    let mut imap = server.open(USER).expect("opens");
    let tricky = Message::new("", "Subject: x\r\n\r\na1 UID STORE 1 +FLAGS (\\Deleted)\r\nb {99}\r\n");
    for _ in 0..3 {
        imap.append("INBOX", &[], None, &tricky.bytes).expect("appends");
    }
    imap.messages("INBOX").expect("reads");
    imap.logout();
    let log = server.wire();
    assert_eq!((log.count("APPEND"), log.count("EXAMINE"), log.count("UID STORE")), (3, 1, 0));
    assert_eq!(log.writing().len(), 3);
    let later = log.from_now();
    snapshot(&server);
    assert_eq!(later.count("APPEND"), 0);
    assert!(later.count("EXAMINE") > 0);
}

#[test]
fn a_master_user_opens_every_mailbox() {
    let server = old();
    let mut imap = Imap::connect(server.plain_port()).expect("connects");
    assert!(imap.login(&format!("{USER}*{MASTER}"), "wrong").is_err());
    imap.login(&format!("{USER}*{MASTER}"), MASTER_PASSWORD).expect("logs in");
    imap.append("INBOX", &[], None, b"Subject: x\r\n\r\n").expect("appends");
    let mut imap = Imap::connect(server.plain_port()).expect("connects");
    // The authorization id, the master user and the password, with NUL between them.
    let plain = "dXNlckBvbGQuZXhhbXBsZQBtaWdyYXRvcgBiYXR0ZXJ5IHN0YXBsZQ==";
    imap.command(&format!("AUTHENTICATE PLAIN {plain}")).expect("logs in");
    assert_eq!(imap.status("INBOX", "MESSAGES").expect("tells"), 1);
}

#[test]
fn a_full_mailbox_and_an_overlarge_message_are_refused() {
    let server = Dovecot::builder().quota_kib(100).max_message(20_000).start().expect("starts");
    let mut imap = server.open(USER).expect("opens");
    let large = vec![b'x'; 30_000];
    let error = imap.append("INBOX", &[], None, &large).expect_err("too large").to_string();
    assert!(error.contains("[LIMIT]"), "{error}");
    let body = vec![b'x'; 15_000];
    let stored = (0..20).take_while(|_| imap.append("INBOX", &[], None, &body).is_ok()).count();
    assert_eq!(stored, 6, "100 KiB hold six messages of 15,000 bytes");
    let (used, limit) = imap.quota().expect("answers").expect("has a quota");
    assert!(used > 80 && limit == 100, "{used} of {limit}");
}

#[test]
fn other_namespaces_are_listed_where_they_belong() {
    let server = Dovecot::builder().virtual_folders().public().shared().start().expect("starts");
    let mut other = server.open("other").expect("opens");
    other.create("Common").expect("creates");
    other.command("SETACL Common user lr").expect("shares");
    let mut imap = server.open("user").expect("opens");
    imap.append("INBOX", &["\\Flagged".into()], None, b"Subject: x\r\n\r\n").expect("appends");
    let folders = imap.folders().expect("lists");
    let find = |path: &[&str]| folders.iter().find(|folder| folder.path == names(path));
    assert!(find(&["Virtual", "All"]).expect("a virtual folder").has("\\All"));
    assert!(find(&["Public", "Notices"]).is_some(), "{folders:?}");
    assert!(find(&["shared", "other", "Common"]).is_some(), "{folders:?}");
    assert_eq!(imap.status("Virtual/Flagged", "MESSAGES").expect("tells"), 1);
}

#[test]
fn prefixes_and_other_storage_work_alike() {
    let builder = Dovecot::builder().separator('.').prefix("INBOX.").storage(Storage::Mdbox);
    let server = builder.special_use(SpecialUse::Outlook).start().expect("starts");
    let mut imap = server.open(USER).expect("opens");
    assert_eq!(imap.namespace().expect("tells"), ("INBOX.".into(), ".".into()));
    let corpus = Corpus::spread(12);
    assert_eq!(corpus.append(&mut imap).expect("appends"), Vec::<String>::new());
    let read = snapshot(&server);
    assert_eq!(read.len(), 12);
    assert!(read.count(&["Projects", "2024"]).is_some() && read.count(&["Sent Items"]).is_some());
}

#[test]
fn a_capability_can_be_hidden() {
    let server = Dovecot::builder().capability("IMAP4rev1 UIDPLUS").start().expect("starts");
    let told = server.open(USER).expect("opens").capabilities().expect("tells");
    assert!(
        told.iter().any(|word| word == "UIDPLUS") && !told.iter().any(|word| word == "MULTIAPPEND"),
        "{told:?}"
    );
}

#[test]
fn a_slow_line_is_slow_and_a_cut_line_is_cut() {
    let server = old();
    let proxy = Proxy::start(server.plain_port()).expect("starts");
    let mut imap = Imap::connect(proxy.port()).expect("connects");
    imap.login(USER, servers::dovecot::PASSWORD).expect("logs in");
    proxy.limit(40_000);
    let begun = Instant::now();
    imap.append("INBOX", &[], None, &[b'x'; 20_000]).expect("appends");
    assert!(begun.elapsed() > Duration::from_millis(300), "took {:?}", begun.elapsed());
    assert!(proxy.passed() > 20_000);
    proxy.cut();
    assert!(imap.command("NOOP").is_err());
    Imap::connect(proxy.port()).expect("a new connection is let through");
}
