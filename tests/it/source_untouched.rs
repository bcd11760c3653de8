//! The source is the same after as before: flags, `\Recent`, modification numbers, and what was said to it.

use std::collections::BTreeMap;

use servers::{corpus::Corpus, dovecot::Dovecot, verify::Snapshot};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

/// Numbers of every folder that any look with SELECT, any fetch without PEEK and any change would move.
fn numbers(server: &Dovecot) -> BTreeMap<String, [u64; 5]> {
    let mut imap = server.open(USER).expect("opens");
    let folders = imap.folders().expect("lists");
    let mut numbers = BTreeMap::new();
    for folder in folders.iter().filter(|folder| folder.selectable()) {
        let row = ["HIGHESTMODSEQ", "UIDNEXT", "UIDVALIDITY", "RECENT", "UNSEEN"]
            .map(|item| imap.status(&folder.wire, item).expect("tells"));
        numbers.insert(folder.wire.clone(), row);
    }
    numbers
}

#[test]
fn the_source_is_the_same_after_as_before() {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    // Appended, so that there are messages that are still `\Recent`.
    Corpus::spread(80).append(&mut source.open(USER).expect("opens")).expect("appends");
    let read = || Snapshot::read(&mut source.open(USER).expect("opens")).expect("reads");
    let before = (read(), numbers(&source));
    assert!(
        before.1.values().any(|row| row[3] > 0 && row[4] > 0),
        "some are recent and unseen: {:?}",
        before.1
    );

    let log = source.wire().from_now();
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    cli.run().ends_with(0);
    cli.run().ends_with(0);
    assert_eq!(log.writing(), [], "only looking is allowed");
    let fetched: Vec<_> = log.commands().into_iter().filter(|one| one.name.contains("FETCH")).collect();
    assert!(!fetched.is_empty() && fetched.iter().all(|one| !one.arguments.contains("BODY[")), "{fetched:?}");
    assert_eq!((read(), numbers(&source)), before);
}
