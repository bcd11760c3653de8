//! `kill -9` at any moment, again and again: nothing is lost and nothing is there twice.

use std::{os::unix::process::ExitStatusExt, time::Duration};

use servers::{corpus::Corpus, dovecot::Dovecot, proxy::Proxy, random::Random, verify::Snapshot};
use tests::{cli::Cli, mailbox::Mailbox};

const SIGKILL: i32 = 9;

/// Mailboxes that are moved and killed side by side: most of a run is waiting.
const MAILBOXES: u64 = 5;
/// Kills for each of them.
const KILLS: usize = 11;
/// Messages in each.
const MESSAGES: usize = 400;

#[test]
fn fifty_kills_at_random_moments_lose_nothing_and_duplicate_nothing() {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let (source, target) = (&source, &target);
    let kills: usize = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..MAILBOXES).map(|number| scope.spawn(move || torment(source, target, number))).collect();
        runs.into_iter().map(|run| run.join().expect("a mailbox comes through")).sum()
    });
    assert!(kills >= 50, "only {kills} kills");
}

/// Moves a mailbox over a slow line and kills the run at random moments; then lets it come to its end.
fn torment(source: &Dovecot, target: &Dovecot, number: u64) -> usize {
    let user = format!("user{number}@old.example");
    Corpus::spread(MESSAGES).write(source, &user).expect("writes");
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(&user).expect("opens")).expect("reads");
    let line = Proxy::start(target.plain_port()).expect("starts");
    // About 1.7 MB in all: some ten times what passes between two kills.
    line.limit(400_000);
    let cli = Cli::new(Mailbox::on(source, &user), Mailbox::at(line.port(), &user));
    let mut random = Random::new(number + 1);
    let mut kills = 0;
    while kills < KILLS {
        let mut process = cli.start();
        // The first hundred milliseconds are connecting; after an interruption it looks around for a second or so.
        let moment = Duration::from_millis(30 + random.below(if kills % 3 == 0 { 400 } else { 2200 }));
        if process.wait(moment).is_some() {
            break;
        }
        process.kill();
        // What was on the line is lost with the process, as it is when a machine dies.
        line.cut();
        kills += 1;
    }
    let half_way = read(target).len();
    line.limit(u64::MAX);
    let run = cli.run();
    let differences = read(source).differences(&read(target), <[String]>::to_vec);
    assert_eq!(differences, [], "after {kills} kills and {half_way} messages: {}", run.said());
    run.ends_with(0);
    let after = read(target);
    cli.run().ends_with(0);
    assert_eq!(read(target), after, "one more pass changes nothing");
    kills
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
