//! Cyrus proves itself before it meets the product.

use std::time::{Duration, Instant};

use servers::{corpus::Corpus, cyrus::Cyrus, imap::Imap, verify::Snapshot};

const USER: &str = "user@old.example";

fn read(server: &Cyrus) -> Snapshot {
    Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads")
}

#[test]
fn cyrus_is_up_within_three_seconds_and_gone_when_dropped() {
    let begun = Instant::now();
    let server = Cyrus::start().expect("starts");
    assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
    server.open(USER).expect("any user may log in");
    let port = server.plain_port();
    assert!(Imap::connect(port).expect("connects").login(USER, "wrong").is_err());
    drop(server);
    assert!(Imap::connect(port).is_err());
}

#[test]
fn cyrus_tells_what_the_engine_builds_on() {
    let server = Cyrus::start().expect("starts");
    let mut imap = server.open(USER).expect("opens");
    assert_eq!(imap.namespace().expect("tells"), (String::new(), "/".into()));
    let told = imap.capabilities().expect("tells");
    for word in ["MULTIAPPEND", "LITERAL+", "UIDPLUS", "LIST-STATUS", "SPECIAL-USE", "QRESYNC"] {
        assert!(told.iter().any(|own| own == word), "{word} is missing: {told:?}");
    }
}

#[test]
fn cyrus_keeps_ordinary_mail_over_a_restart_and_a_kill() {
    let mut server = Cyrus::start().expect("starts");
    let corpus = Corpus::spread(30);
    let refused = corpus.append(&mut server.open(USER).expect("opens")).expect("appends");
    assert_eq!(refused, Vec::<String>::new());
    let before = read(&server);
    assert_eq!(before.len(), 30);
    server.stop();
    assert!(server.open(USER).is_err());
    server.resume().expect("starts again");
    assert_eq!(read(&server), before);
    server.kill9();
    server.resume().expect("starts again");
    assert_eq!(read(&server), before);
}

#[test]
fn cyrus_refuses_what_it_cannot_hold() {
    let server = Cyrus::start().expect("starts");
    let mut imap = server.open(USER).expect("opens");
    for (bytes, why) in [
        (&b"Subject: x\n\nbare\n"[..], "bare newlines"),
        (b"Subject: x\r\n\r\na\0b\r\n", "NUL"),
        (b"", "Zero-length"),
        (b"no header at all\r\n", "invalid header"),
    ] {
        let error = imap.append("INBOX", &[], None, bytes).expect_err("is refused").to_string();
        assert!(error.contains(why), "{error}");
    }
}
