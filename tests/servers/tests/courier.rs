//! Courier proves itself before it meets the product.

use std::time::{Duration, Instant};

use servers::{corpus::Corpus, courier::Courier, imap::Imap, verify::Snapshot};

const USER: &str = "user@old.example";

fn read(server: &Courier) -> Snapshot {
    Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads")
}

#[test]
fn courier_is_up_within_three_seconds_and_gone_when_dropped() {
    let begun = Instant::now();
    let server = Courier::start().expect("starts");
    server.open(USER).expect("any user may log in");
    assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
    let port = server.plain_port();
    assert!(Imap::connect(port).expect("connects").login(USER, "wrong").is_err());
    drop(server);
    assert!(Imap::connect(port).is_err());
}

#[test]
fn courier_keeps_everything_under_the_inbox_and_knows_few_extensions() {
    let server = Courier::start().expect("starts");
    let mut imap = server.open(USER).expect("opens");
    assert_eq!(imap.namespace().expect("tells"), ("INBOX.".into(), ".".into()));
    let told = imap.capabilities().expect("tells");
    assert!(told.iter().any(|word| word == "UIDPLUS"), "{told:?}");
    for word in ["LITERAL+", "MULTIAPPEND", "SPECIAL-USE"] {
        assert!(!told.iter().any(|own| own == word), "{word}: {told:?}");
    }
    assert!(imap.create("Outside").is_err() && imap.create("INBOX.either/or").is_err());
}

#[test]
fn courier_keeps_ordinary_mail_over_a_kill() {
    let mut server = Courier::start().expect("starts");
    let refused = Corpus::spread(30).append(&mut server.open(USER).expect("opens")).expect("appends");
    assert_eq!(refused, Vec::<String>::new());
    let before = read(&server);
    assert_eq!((before.len(), before.count(&["Projects", "2024"]).is_some()), (30, true));
    server.kill9();
    assert!(server.open(USER).is_err());
    server.resume().expect("starts again");
    assert_eq!(read(&server), before);
}
