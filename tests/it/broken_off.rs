//! Servers that break off at one message of a real mailbox, whenever it is on its way: it is named, and the rest is moved.

use servers::{
    corpus::{Corpus, Message},
    dovecot::Dovecot,
    proxy::Proxy,
    verify::Snapshot,
};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";
const WORDS: &str = "the words at which the connection ends";

#[test]
fn a_message_at_which_the_connection_ends_on_either_side_is_named_and_the_others_are_moved() {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let mut corpus = Corpus::spread(1200);
    let folder = &mut corpus.folders[0].messages;
    let body = format!("Subject: ends it\r\n\r\n{WORDS}\r\n");
    folder.insert(folder.len() / 2, Message::new("ends", body));
    corpus.write(&source, USER).expect("writes");
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads");
    let whole = read(&source);
    for (side, cause) in [("source", "message.unreadable"), ("target", "message.ends-connection")] {
        let target = Dovecot::builder().start().expect("starts");
        let far = if side == "source" { &source } else { &target };
        let line = Proxy::start(far.plain_port()).expect("starts");
        line.cut_at(Some(WORDS.as_bytes()));
        let through = Mailbox::at(line.port(), USER);
        let cli = match side {
            "source" => Cli::new(through, Mailbox::on(&target, USER)),
            _ => Cli::new(Mailbox::on(&source, USER), through),
        };
        cli.run().ends_with(3).says(&["1 message"]);
        let report = cli.report();
        let named: Vec<_> = report.findings.iter().filter(|finding| finding.cause.id() == cause).collect();
        assert_eq!(named.len(), 1, "{side}: {:?}", report.findings);
        assert!(named[0].detail.contains("before everything else"), "{}", named[0].detail);
        let missing = whole.differences(&read(&target), <[String]>::to_vec);
        assert_eq!(missing.len(), 1, "{side}: {missing:?}");
        // Mended, it comes, and nothing is there twice.
        line.cut_at(None);
        cli.run().ends_with(0);
        assert_eq!(whole.differences(&read(&target), <[String]>::to_vec), [], "{side}");
    }
}
