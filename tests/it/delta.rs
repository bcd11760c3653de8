//! Delta passes between real servers: what their users did meanwhile, on either side.

use servers::{corpus::Corpus, dovecot::Dovecot, imap::Imap, verify::Snapshot};
use shared::{cause::Cause, report::Verdict};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

/// Both servers, after a first pass that ended well.
fn moved(depth: &str) -> (Dovecot, Dovecot, Cli) {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(60).write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER)).with(&["--verify", depth]);
    cli.run().ends_with(0);
    (source, target, cli)
}

fn same(source: &Dovecot, target: &Dovecot) -> bool {
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads");
    read(source).differences(&read(target), <[String]>::to_vec).is_empty()
}

fn tell(imap: &mut Imap, command: &str) {
    imap.command(command).expect("does it");
}

/// Folders of the source that hold several messages.
fn two_folders(imap: &mut Imap) -> (String, String) {
    let folders = imap.folders().expect("lists");
    let mut names = folders.into_iter().map(|folder| folder.wire);
    let mut full = Vec::new();
    while let (Some(name), true) = (names.next(), full.len() < 2) {
        if name != "INBOX" && imap.status(&name, "MESSAGES").is_ok_and(|messages| messages >= 3) {
            full.push(name);
        }
    }
    let [one, other] = full.try_into().expect("two folders with three messages");
    (one, other)
}

#[test]
fn edge_046_flags_that_change_on_the_source_are_carried_and_a_quiet_pass_opens_nothing() {
    for depth in ["content", "listing"] {
        let (source, target, cli) = moved(depth);
        let log = source.wire().from_now();
        cli.run().ends_with(0);
        assert_eq!(log.count("EXAMINE"), 0, "nothing changed: no folder is opened");
        let mut imap = source.open(USER).expect("opens");
        let (folder, _) = two_folders(&mut imap);
        imap.select(&folder).expect("opens");
        tell(&mut imap, "STORE 1 +FLAGS (\\Flagged work)");
        tell(&mut imap, "STORE 2 -FLAGS (\\Seen)");
        tell(&mut imap, "STORE 2 +FLAGS (\\Answered)");
        imap.logout();
        let log = target.wire().from_now();
        cli.run().ends_with(0);
        assert_eq!((log.count("APPEND"), cli.report().verdict), (0, Verdict::Perfect), "{depth}");
        assert!(same(&source, &target), "{depth}");
    }
}

#[test]
fn edge_163_messages_that_move_on_the_source_move_on_the_target() {
    let (source, target, cli) = moved("content");
    let mut imap = source.open(USER).expect("opens");
    let (from, to) = two_folders(&mut imap);
    imap.select(&from).expect("opens");
    tell(&mut imap, &format!("MOVE 1:2 \"{to}\""));
    imap.logout();
    let log = target.wire().from_now();
    cli.run().ends_with(0);
    assert_eq!(log.count("APPEND"), 0, "nothing is copied twice");
    assert_eq!(cli.report().findings.iter().filter(|it| it.cause == Cause::MovedAtSource).count(), 2);
    assert!(same(&source, &target));
}

#[test]
fn edge_164_what_users_delete_is_neither_brought_back_nor_taken_away() {
    let (source, target, cli) = moved("listing");
    let (one, other) = two_folders(&mut source.open(USER).expect("opens"));
    for (server, folder) in [(&target, &one), (&source, &other)] {
        let mut imap = server.open(USER).expect("opens");
        imap.select(folder).expect("opens");
        tell(&mut imap, "STORE 1 +FLAGS (\\Deleted)");
        tell(&mut imap, "EXPUNGE");
        imap.logout();
    }
    let log = target.wire().from_now();
    let run = cli.run();
    assert_eq!(log.count("APPEND"), 0);
    let found = |cause| cli.report().findings.iter().filter(|finding| finding.cause == cause).count();
    assert_eq!(
        (found(Cause::RemovedOnTarget), found(Cause::DeletedAtSource), found(Cause::Missing)),
        (1, 1, 0),
        "{}",
        run.said()
    );
}

#[test]
fn a_message_too_large_to_be_held_arrives_in_pieces() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let mut body = b"Subject: large\r\nMessage-ID: <large@old.example>\r\n\r\n".to_vec();
    while body.len() < 60_000_000 {
        body.extend_from_slice(format!("{:072}\r\n", body.len()).as_bytes());
    }
    let mut imap = source.open(USER).expect("opens");
    imap.append("INBOX", &["\\Seen".into()], Some(1_600_000_000), &body).expect("appends");
    imap.append("INBOX", &[], None, b"Subject: small\r\n\r\nSmall.\r\n").expect("appends");
    imap.logout();
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    cli.run().ends_with(0);
    assert!(same(&source, &target));
    let log = target.wire().from_now();
    cli.run().ends_with(0);
    assert_eq!(log.count("APPEND"), 0);
}
