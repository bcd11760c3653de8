//! Delta passes between real servers: what their users did meanwhile, on either side.

use servers::{corpus::Corpus, cyrus::Cyrus, dovecot::Dovecot, imap::Imap, proxy::Proxy, verify::Snapshot};
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

/// Messages of the large folder.
const MANY: usize = 3000;

/// A few changes on the source of a folder of thousands, and a pass that must carry them exactly and read little.
#[track_caller]
fn carries_a_few_changes(source: &mut Imap, target: &mut Imap, cli: &Cli, lines: [&Proxy; 2]) {
    source.select("INBOX").expect("opens");
    tell(source, "STORE 7 +FLAGS (\\Flagged work)");
    tell(source, "STORE 2000:2002 -FLAGS (\\Seen)");
    tell(source, "STORE 2002 +FLAGS (\\Answered)");
    for number in 0..4 {
        let body = format!("Subject: late {number}\r\n\r\nLate.\r\n");
        source.append("INBOX", &["\\Seen".into()], Some(1_700_000_000), body.as_bytes()).expect("appends");
    }
    // Deletions stay on the target and are told of.
    tell(source, "STORE 1500 +FLAGS (\\Deleted)");
    tell(source, "EXPUNGE");
    let before = lines.map(Proxy::passed);
    let run = cli.run().ends_with(0);
    let [read, written] = [0, 1].map(|at| lines[at].passed() - before[at]);
    let report = cli.report();
    let deleted = report.findings.iter().filter(|finding| finding.cause == Cause::DeletedAtSource).count();
    assert_eq!((report.verdict, deleted), (Verdict::Perfect, 1), "{}", run.said());
    // A listing of all takes some 300,000 bytes; what is read of a few messages to be sure of their ids is in it too.
    println!("{read} bytes with the source, {written} with the target");
    assert!(read < 120_000 && written < 120_000, "{read} and {written}");
    let all = |imap: &mut Imap| {
        let seen = Snapshot::read_where(imap, |folder| folder.wire == "INBOX").expect("reads");
        let mut prints: Vec<_> = seen.messages().map(|(_, print)| print.clone()).collect();
        prints.sort();
        prints
    };
    let (here, mut there) = (all(source), all(target));
    assert_eq!((here.len(), there.len()), (MANY + 3, MANY + 4));
    there.retain(|print| here.binary_search(print).is_ok());
    assert_eq!(here, there, "every message as it is on the source");
}

#[test]
fn a_few_changes_in_a_folder_of_thousands_are_carried_exactly_and_cost_few_bytes() {
    let first = Dovecot::builder().start().expect("starts");
    let middle = Cyrus::start().expect("starts");
    let last = Dovecot::builder().start().expect("starts");
    Corpus::small(MANY).write(&first, USER).expect("writes");
    let lines = [first.plain_port(), middle.plain_port(), last.plain_port()]
        .map(|port| Proxy::start(port).expect("starts"));
    let [from, over, to] = &lines;
    let cli = |from: &Proxy, to: &Proxy| {
        let cli = Cli::new(Mailbox::at(from.port(), USER), Mailbox::at(to.port(), USER));
        cli.with(&["--verify", "listing"])
    };
    let (there, onward) = (cli(from, over), cli(over, to));
    there.run().ends_with(0);
    let open = || {
        let all = [first.open(USER), middle.open(USER), last.open(USER)];
        all.map(|opened| opened.expect("opens"))
    };
    let [mut first, mut middle, mut last] = open();
    carries_a_few_changes(&mut first, &mut middle, &there, [from, over]);
    // What it holds now goes on from there: Cyrus is the source.
    tell(&mut middle, "SELECT INBOX");
    tell(&mut middle, "STORE 1500 +FLAGS (\\Deleted)");
    tell(&mut middle, "EXPUNGE");
    while middle.status("INBOX", "MESSAGES").expect("tells") > MANY as u64 {
        tell(&mut middle, "STORE 1 +FLAGS (\\Deleted)");
        tell(&mut middle, "EXPUNGE");
    }
    onward.run().ends_with(0);
    carries_a_few_changes(&mut middle, &mut last, &onward, [over, to]);
}
