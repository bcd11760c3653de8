//! Everything that can be wrong gets its own exit code and its own sentence; nothing is lost and nothing half done.

use std::{
    fs,
    time::{Duration, Instant},
};

use servers::{
    corpus::{Corpus, Message},
    dovecot::Dovecot,
    process::{Ask, free_port},
    stub::{Manner, Stub},
    verify::Snapshot,
};
use shared::cause::Cause;
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

fn pair() -> (Dovecot, Dovecot) {
    let (source, target) = (Dovecot::builder().start(), Dovecot::builder().start());
    let (source, target) = (source.expect("starts"), target.expect("starts"));
    Corpus::small(5).write(&source, USER).expect("writes");
    (source, target)
}

fn count(server: &Dovecot) -> u64 {
    server.open(USER).expect("opens").status("INBOX", "MESSAGES").expect("counts")
}

#[test]
fn a_wrong_host_is_told_on_either_side() {
    let (source, target) = pair();
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let nowhere = "no-such-host.invalid";
    Cli::new(from.clone().host(nowhere), to.clone()).run().ends_with(6).says(&["source", nowhere, "DNS"]);
    Cli::new(from, to.host(nowhere)).run().ends_with(6).says(&["target", nowhere, "DNS"]);
}

#[test]
fn a_port_where_nobody_listens_is_told_on_either_side() {
    let (source, target) = pair();
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let closed = free_port().expect("a port");
    let port = closed.to_string();
    Cli::new(from.clone().port(closed), to.clone()).run().ends_with(6).says(&["source", &port, "refused"]);
    Cli::new(from, to.port(closed)).run().ends_with(6).says(&["target", &port, "refused"]);
    assert_eq!(count(&target), 0);
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let (_, target) = pair();
    let to = Mailbox::on(&target, USER);
    let mute = Stub::start(Manner::Silent).expect("starts");
    let begun = Instant::now();
    let run = Cli::new(Mailbox::at(mute.port(), USER), to).run();
    run.ends_with(6).says(&["source", "seconds"]);
    assert!(begun.elapsed() < Duration::from_secs(40), "it took {:?}", begun.elapsed());
}

#[test]
fn a_server_that_falls_silent_after_its_greeting_is_given_up_in_time() {
    let (_, target) = pair();
    let mute = Stub::start(Manner::SilentAfterGreeting).expect("starts");
    let begun = Instant::now();
    let run = Cli::new(Mailbox::at(mute.port(), USER), Mailbox::on(&target, USER)).run();
    run.ends_with(6).says(&["source", "seconds"]);
    assert!(begun.elapsed() < Duration::from_secs(90), "it took {:?}", begun.elapsed());
}

#[test]
fn a_server_that_speaks_no_imap_is_told_as_such() {
    let (source, target) = pair();
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    for manner in [Manner::Smtp, Manner::Http] {
        let stub = Stub::start(manner).expect("starts");
        let begun = Instant::now();
        let run = Cli::new(Mailbox::at(stub.port(), USER), to.clone()).run();
        run.ends_with(8).says(&["source", "IMAP"]);
        assert!(begun.elapsed() < Duration::from_secs(40), "{manner:?} took {:?}", begun.elapsed());
    }
    let stub = Stub::start(Manner::Smtp).expect("starts");
    Cli::new(from, Mailbox::at(stub.port(), USER)).run().ends_with(8).says(&["target", "IMAP"]);
}

#[test]
fn a_server_that_hangs_up_is_told_as_such() {
    let (_, target) = pair();
    let stub = Stub::start(Manner::HangsUp).expect("starts");
    let run = Cli::new(Mailbox::at(stub.port(), USER), Mailbox::on(&target, USER)).run();
    run.ends_with(4).says(&["source", "closed the connection"]);
    assert_eq!(count(&target), 0);
}

#[test]
fn a_busy_server_is_waited_for_until_somebody_stops_it() {
    let (_, target) = pair();
    let busy = Stub::start(Manner::Busy).expect("starts");
    let cli = Cli::new(Mailbox::at(busy.port(), USER), Mailbox::on(&target, USER));
    let mut process = cli.start();
    assert!(process.wait(Duration::from_secs(4)).is_none(), "it waits");
    let begun = Instant::now();
    let status = process.stop(Ask::Interrupt, Duration::from_secs(8)).expect("it stops when asked");
    assert!(begun.elapsed() < Duration::from_secs(6), "it took {:?}", begun.elapsed());
    assert_eq!(status.code(), Some(12));
}

#[test]
fn a_full_target_is_told_and_goes_on_when_there_is_room() {
    let source = Dovecot::builder().start().expect("starts");
    Corpus::small(60).write(&source, USER).expect("writes");
    let small = Dovecot::builder().quota_kib(100).start().expect("starts");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&small, USER));
    let run = cli.run();
    let stored = count(&small);
    assert!((1..60).contains(&stored), "{stored} of 60 fit: {}", run.said());
    // Said before anything was written, and by the server when it came true.
    run.ends_with(9).says(&["full", "quota", "What is to be copied needs"]);
    // Nothing is there twice after a second try, and all is there once there is room.
    cli.run().ends_with(9);
    assert_eq!(count(&small), stored);
    let mut small = small;
    small.set_quota_kib(10_000).expect("restarts with more room");
    cli.run().ends_with(0);
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads");
    assert_eq!(read(&source).differences(&read(&small), <[String]>::to_vec), []);
}

#[test]
fn a_message_larger_than_the_target_allows_is_named_and_the_others_arrive() {
    let source = Dovecot::builder().start().expect("starts");
    let mut corpus = Corpus::small(20);
    let huge = format!("Subject: huge\r\nMessage-ID: <huge@old.example>\r\n\r\n{}\r\n", "x".repeat(300_000));
    corpus.folders[0].messages.insert(7, Message::new("huge", huge));
    corpus.write(&source, USER).expect("writes");
    let target = Dovecot::builder().max_message(100_000).start().expect("starts");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    cli.run().ends_with(3).says(&[Cause::TooBig.title()]);
    assert_eq!(count(&target), 20);
    let report = cli.report();
    let named: Vec<_> = report.findings.iter().filter(|finding| finding.cause == Cause::TooBig).collect();
    assert_eq!(named.len(), 1, "{:#?}", report.findings);
    let size = named[0].subject.item.as_ref().expect("names the message").size;
    assert!(size > 300_000, "{size}");
    assert_eq!((report.totals.missing, report.totals.matched), (1, 20));
}

#[test]
fn folders_and_files_that_cannot_be_written_are_told_before_anything_is_sent() {
    let (source, target) = pair();
    let cli = || Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let log = target.wire();
    // A file stands where a folder is needed: that stops root too.
    let blocked = |cli: &Cli| {
        let file = cli.dir().join("file");
        fs::write(&file, "in the way").expect("writes");
        file.join("folder").to_string_lossy().into_owned()
    };
    for flag in ["--report", "--ledger", "--data-dir"] {
        let cli = cli();
        let place = blocked(&cli);
        let mut command = cli.command();
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        command = tests::binary::command();
        let mut skip = false;
        for argument in arguments {
            let known = argument == *flag || (flag == "--data-dir" && argument == *"--ledger");
            if !std::mem::replace(&mut skip, known) && !known {
                command.arg(argument);
            }
        }
        let output = command.args([flag, &place]).env("HOME", cli.dir()).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(10), "{flag}: {said}");
        assert!(said.contains("file"), "{flag}: {said}");
    }
    assert_eq!(log.commands(), [], "nobody was asked for anything");
    let broken = cli();
    fs::write(broken.ledger(), "this is no database, and long enough not to be taken for an empty one")
        .expect("writes");
    broken.run().ends_with(10).says(&["ledger"]);
    assert_eq!(log.commands(), []);
}

#[test]
fn two_runs_on_one_ledger_are_refused() {
    let (source, target) = pair();
    let busy = Stub::start(Manner::Silent).expect("starts");
    let first = Cli::new(Mailbox::at(busy.port(), USER), Mailbox::on(&target, USER));
    let mut process = first.start();
    assert!(process.wait(Duration::from_secs(2)).is_none(), "it waits for the silent server");
    let ledger = first.ledger().to_string_lossy().into_owned();
    let second = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let mut command = second.command();
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let place = arguments.iter().position(|argument| argument == "--ledger").expect("names a ledger") + 1;
    command = tests::binary::command();
    command.args(&arguments[..place]).arg(ledger).args(&arguments[place + 1..]);
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(11), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(count(&target), 0);
}

#[test]
fn one_mailbox_cannot_be_both_sides() {
    let (source, _) = pair();
    let mailbox = Mailbox::on(&source, USER);
    let before = Snapshot::read(&mut source.open(USER).expect("opens")).expect("reads");
    Cli::new(mailbox.clone(), mailbox).run().ends_with(2);
    assert_eq!(Snapshot::read(&mut source.open(USER).expect("opens")).expect("reads"), before);
}

#[test]
fn a_command_line_that_says_too_little_is_told_what_is_missing() {
    let run = |arguments: &[&str]| {
        let output = tests::binary::command().args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["--source", "imap", "--host", "old.example"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--user") && said.contains("--target-host"), "{said}");
    let (code, said) = run(&[]);
    assert_eq!(code, Some(2));
    assert!(said.contains("serve"), "{said}");
    let (code, said) = run(&["--source", "pop3", "--host", "x", "--user", "x"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("pop3") && said.contains("imap"), "{said}");
}

#[test]
fn help_is_a_word_as_well() {
    let output = tests::binary::command().arg("help").output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Usage"), "{output:?}");
}

#[test]
fn help_tells_how_to_begin_and_what_every_exit_code_means() {
    let output = tests::binary::command().arg("--help").output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0));
    for part in ["--source imap", "--target-host", "--dry-run", "--report", "--ledger", "--pin", "Exit codes"]
    {
        assert!(said.contains(part), "{part} is not in the help");
    }
    assert!(
        (0..=12).all(|code| said.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))))
    );
}
