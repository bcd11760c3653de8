//! `kill -9` at any moment, again and again: nothing is lost and nothing is there twice.

use std::{
    os::unix::process::ExitStatusExt,
    time::{Duration, Instant},
};

use servers::{corpus::Corpus, dovecot::Dovecot, proxy::Proxy, random::Random, verify::Snapshot};
use tests::{cli::Cli, mailbox::Mailbox};

const SIGKILL: i32 = 9;

/// Mailboxes that are moved and killed side by side: most of a run is waiting.
const MAILBOXES: u64 = 6;
/// Kills for each of them.
const KILLS: usize = 10;
/// Messages in each, some of them three times.
const MESSAGES: usize = 500;
/// Dovecot's capabilities without MULTIAPPEND: every message is sent by itself.
const ONE_BY_ONE: &str =
    "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE SPECIAL-USE LIST-EXTENDED CHILDREN ENABLE CONDSTORE";

#[test]
fn fifty_kills_at_random_moments_lose_nothing_and_duplicate_nothing() {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let whole = Dovecot::builder().start().expect("starts");
    let single = Dovecot::builder().capability(ONE_BY_ONE).start().expect("starts");
    let (source, targets) = (&source, [&whole, &single]);
    let (mut kills, mut midway) = (0, 0);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..MAILBOXES)
            .map(|number| scope.spawn(move || torment(source, targets[number as usize % 2], number)))
            .collect();
        for run in runs {
            let (more, of_them_midway) = run.join().expect("a mailbox comes through");
            kills += more;
            midway += of_them_midway;
        }
    });
    println!("{kills} kills, {midway} of them midway");
    assert!(kills >= 50, "only {kills} kills");
    assert!(midway >= 20, "only {midway} of {kills} kills hit a mailbox that was partly moved");
}

/// Moves a mailbox over a slow line and kills the run after a random number of bytes; then lets it come to its end.
/// Returns how many kills there were, and how many of them left a part of the messages on the target.
fn torment(source: &Dovecot, target: &Dovecot, number: u64) -> (usize, usize) {
    let user = format!("user{number}@old.example");
    let corpus = with_twins();
    corpus.write(source, &user).expect("writes");
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(&user).expect("opens")).expect("reads");
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(1_000_000);
    let cli = Cli::new(Mailbox::on(source, &user), Mailbox::at(line.port(), &user));
    let mut random = Random::new(number + 1);
    let (mut kills, mut midway) = (0, 0);
    while kills < KILLS {
        let (before, wanted) = (line.passed(), random.below(500_000));
        let begun = Instant::now();
        let mut process = cli.start();
        while line.passed() - before < wanted && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(2));
        }
        if process.ended().is_some() {
            break;
        }
        process.kill();
        // What was on the line is lost with the process, as it is when a machine dies.
        line.cut();
        kills += 1;
        midway += usize::from((1..corpus.len()).contains(&read(target).len()));
    }
    line.limit(u64::MAX);
    let run = cli.run();
    let differences = read(source).differences(&read(target), <[String]>::to_vec);
    assert_eq!(differences, [], "after {kills} kills: {}", run.said());
    run.ends_with(0);
    let after = read(target);
    cli.run().ends_with(0);
    assert_eq!(read(target), after, "one more pass changes nothing");
    (kills, midway)
}

/// Every tenth message is there three times, so that what was sent cannot be told by its content alone.
fn with_twins() -> Corpus {
    let mut corpus = Corpus::spread(MESSAGES);
    for folder in &mut corpus.folders {
        let twins: Vec<_> = folder.messages.iter().step_by(10).cloned().collect();
        folder.messages.extend(twins.iter().chain(&twins).cloned());
    }
    corpus
}

#[test]
fn a_run_is_killed_by_a_signal_and_not_by_accident() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::small(MESSAGES).write(&source, "anna").expect("writes");
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(200_000);
    let cli = Cli::new(Mailbox::on(&source, "anna"), Mailbox::at(line.port(), "anna"));
    let mut process = cli.start();
    assert!(process.wait(Duration::from_millis(1500)).is_none(), "a slow line takes longer");
    process.kill();
    assert_eq!(process.ended().and_then(|status| status.signal()), Some(SIGKILL));
    line.cut();
    // The target dies as well, in the middle of what it had been sent.
    let mut target = target;
    target.kill9();
    target.start().expect("starts again");
    line.limit(u64::MAX);
    cli.run().ends_with(0);
    let read = |server: &Dovecot| Snapshot::read(&mut server.open("anna").expect("opens")).expect("reads");
    assert_eq!(read(&source).differences(&read(&target), <[String]>::to_vec), []);
}

#[test]
fn a_target_that_dies_in_the_middle_is_waited_for() {
    let source = Dovecot::builder().start().expect("starts");
    let mut target = Dovecot::builder().start().expect("starts");
    Corpus::spread(MESSAGES).write(&source, "anna").expect("writes");
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(400_000);
    let cli = Cli::new(Mailbox::on(&source, "anna"), Mailbox::at(line.port(), "anna"));
    let mut process = cli.start();
    for _ in 0..3 {
        assert!(process.wait(Duration::from_millis(1500)).is_none(), "it goes on");
        target.kill9();
        line.cut();
        std::thread::sleep(Duration::from_millis(300));
        target.start().expect("starts again");
    }
    line.limit(u64::MAX);
    let status = process.wait(Duration::from_secs(60)).expect("it comes to its end");
    let read = |server: &Dovecot| Snapshot::read(&mut server.open("anna").expect("opens")).expect("reads");
    assert_eq!(read(&source).differences(&read(&target), <[String]>::to_vec), []);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_message_at_which_the_process_dies_again_and_again_is_left_out_by_name_and_the_rest_is_moved() {
    const HEAD: &[u8] = b"Subject: deadly\r\nMessage-ID: <deadly@old.example>\r\n\r\n";
    const DEADLY: &[u8] = b"the words that end it";
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::small(40).write(&source, "anna").expect("writes");
    let mut mailbox = source.open("anna").expect("opens");
    let deadly = [HEAD, DEADLY, b"\r\n"].concat();
    mailbox.append("INBOX", &[], None, &deadly).expect("appends");
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.stall_at(DEADLY);
    let cli = Cli::new(Mailbox::on(&source, "anna"), Mailbox::at(line.port(), "anna"));
    let mut deaths = 0;
    let status = loop {
        let mut process = cli.start();
        let begun = Instant::now();
        let ended = loop {
            if line.is_stalled() {
                break None;
            }
            if let Some(status) = process.ended() {
                break Some(status);
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it neither ends nor sends the message");
            std::thread::sleep(Duration::from_millis(2));
        };
        if let Some(status) = ended {
            break status;
        }
        process.kill();
        deaths += 1;
        assert!(deaths < 8, "it never learns");
        line.cut();
        line.stall(false);
    };
    assert_eq!((deaths, status.code()), (4, Some(3)));
    let read = |server: &Dovecot| Snapshot::read(&mut server.open("anna").expect("opens")).expect("reads");
    assert_eq!((read(&source).len(), read(&target).len()), (41, 40));
    let report = cli.report();
    let poison: Vec<_> =
        report.findings.iter().filter(|finding| finding.cause == shared::cause::Cause::Poison).collect();
    assert_eq!(poison.len(), 1, "{:?}", report.findings);
    let label = poison[0].subject.item.as_ref().expect("a message");
    assert_eq!(label.message_id.as_deref(), Some("<deadly@old.example>"));
    // Nobody dies of it any more: it stays left out until somebody asks for it.
    let one_more = cli.run();
    assert_eq!((one_more.code, line.is_stalled()), (Some(3), false), "{}", one_more.said());
    line.stall_at(b"words that nobody says");
    let again = cli.with(&["--retry-refused"]);
    again.run().ends_with(0);
    assert_eq!(read(&source).differences(&read(&target), <[String]>::to_vec), []);
}
