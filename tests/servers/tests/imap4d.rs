//! GNU Mailutils imap4d proves itself before it meets the product.

use std::time::{Duration, Instant};

use servers::{corpus::Corpus, imap::Imap, imap4d::Imap4d};

const USER: &str = "user@old.example";

#[test]
fn imap4d_is_up_within_three_seconds_and_gone_when_dropped() {
    let begun = Instant::now();
    let server = Imap4d::start().expect("starts");
    assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
    server.open(USER).expect("logs in");
    let port = server.plain_port();
    assert!(Imap::connect(port).expect("connects").login(USER, "wrong").is_err());
    drop(server);
    assert!(Imap::connect(port).is_err());
}

#[test]
fn imap4d_refuses_keywords_and_ignores_dates() {
    let server = Imap4d::start().expect("starts");
    let mut imap = server.open(USER).expect("opens");
    assert_eq!(imap.namespace().expect("tells"), (String::new(), "/".into()));
    assert!(imap.append("INBOX", &["$Forwarded".into()], None, b"Subject: x\r\n\r\nx\r\n").is_err());
    let long_ago = 1_000_000_000;
    imap.append("INBOX", &[], Some(long_ago), b"Subject: x\r\n\r\nx\r\n").expect("appends");
    let messages = imap.messages("INBOX").expect("reads");
    assert_eq!(messages.len(), 1);
    assert_ne!(messages[0].received, long_ago);
}

#[test]
fn imap4d_keeps_the_users_folders_apart() {
    let mut server = Imap4d::start().expect("starts");
    let corpus = Corpus::spread(20);
    let refused = corpus.append(&mut server.open(USER).expect("opens")).expect("appends");
    // Those with keywords, and no other.
    let messages = corpus.folders.iter().flat_map(|folder| &folder.messages);
    let worded = messages.filter(|message| message.flags.iter().any(|flag| !flag.starts_with('\\'))).count();
    assert_eq!(refused.len(), worded, "{refused:?}");
    server.stop();
    server.resume().expect("starts again");
    let count = |user: &str| {
        let mut imap = server.open(user).expect("opens");
        let folders = imap.folders().expect("lists");
        let open = folders.iter().filter(|folder| folder.selectable());
        open.map(|folder| imap.messages(&folder.wire).expect("reads").len()).sum::<usize>()
    };
    assert_eq!((count(USER), count("other@old.example")), (20 - worded, 0));
}
