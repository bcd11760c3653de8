//! Running the same command again copies what is new and nothing else.

use std::time::{Duration, Instant};

use servers::{corpus::Corpus, dovecot::Dovecot, process::Ask, proxy::Proxy, verify::Snapshot};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

fn same(source: &Dovecot, target: &Dovecot) -> bool {
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads");
    read(source).differences(&read(target), <[String]>::to_vec).is_empty()
}

#[test]
fn a_second_pass_sends_no_append() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(150).write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    cli.run().ends_with(0);
    assert!(target.wire().count("APPEND") > 0, "the first pass appends");

    let log = target.wire().from_now();
    cli.run().ends_with(0);
    let written: Vec<_> =
        log.writing().into_iter().filter(|one| !matches!(&*one.name, "SELECT" | "CLOSE")).collect();
    assert_eq!(written, [], "a second pass writes nothing");
    assert!(same(&source, &target));
}

#[test]
fn a_second_pass_copies_exactly_what_came_since() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(60).write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    cli.run().ends_with(0);

    let mut imap = source.open(USER).expect("opens");
    imap.append("Projects", &["\\Seen".into()], None, b"Subject: late\r\n\r\nLate.\r\n").expect("appends");
    imap.create("New folder").expect("creates");
    imap.subscribe("New folder").expect("subscribes");
    imap.append("New folder", &[], None, b"Subject: new\r\n\r\nNew.\r\n").expect("appends");
    let report = {
        cli.run().ends_with(0);
        cli.report()
    };
    assert_eq!(report.totals.source_items, 62);
    assert!(same(&source, &target));
}

#[test]
fn without_its_ledger_a_second_pass_recognises_what_is_there() {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(100).write(&source, USER).expect("writes");
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    Cli::new(from.clone(), to.clone()).run().ends_with(0);
    let log = target.wire().from_now();
    let run = Cli::new(from, to).run().ends_with(0);
    assert_eq!(log.count("APPEND"), 0, "{}", run.said());
    assert!(same(&source, &target));
}

#[test]
fn the_ledger_is_kept_in_the_data_directory_when_none_is_named() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::small(10).write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let data = cli.dir().join("data");
    let ledger = cli.ledger();
    let command = || {
        let mut command = cli.command();
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let place = arguments.iter().position(|argument| *argument == *ledger).expect("names the ledger");
        let kept: Vec<_> = arguments
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != place && *at + 1 != place)
            .map(|(_, one)| one)
            .collect();
        command = tests::binary::command();
        command.args(kept).arg("--data-dir").arg(&data).output().expect("runs")
    };
    assert_eq!(command().status.code(), Some(0));
    let log = target.wire().from_now();
    assert_eq!(command().status.code(), Some(0));
    assert_eq!(log.count("APPEND"), 0);
    let kept = std::fs::read_dir(data.join("ledgers")).expect("a folder of ledgers").count();
    assert!(kept > 0);
}

#[test]
fn a_comparison_alone_writes_nothing_and_tells_what_is_missing() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::small(8).write(&source, USER).expect("writes");
    let log = target.wire().from_now();
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER)).with(&["--verify-only"]);
    let run = cli.run();
    assert_eq!(log.writing(), [], "{}", run.said());
    assert!(!matches!(run.code, Some(0 | 3)), "eight messages are missing without a cause: {}", run.said());
    assert_eq!((cli.report().totals.missing, cli.report().totals.source_items), (8, 8));
}

#[test]
fn ctrl_c_ends_a_run_in_time_and_the_same_command_goes_on() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(400).write(&source, USER).expect("writes");
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(200_000);
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::at(line.port(), USER));
    let mut process = cli.start();
    let begun = Instant::now();
    while line.passed() < 100_000 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let begun = Instant::now();
    let status = process.stop(Ask::Interrupt, Duration::from_secs(10)).expect("it ends by itself");
    assert!(begun.elapsed() < Duration::from_secs(6), "it took {:?}", begun.elapsed());
    assert_eq!(status.code(), Some(12));
    line.limit(u64::MAX);
    cli.run().ends_with(0);
    assert!(same(&source, &target));
}
