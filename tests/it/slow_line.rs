//! Lines that are slow: mail is compressed where the server can and it helps, and what takes long is waited for.

use std::time::Duration;

use servers::{
    corpus::Corpus, cyrus::Cyrus, dovecot::Dovecot, imap::Imap, long_line::LongLine, proxy::Proxy,
    verify::Snapshot,
};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

/// A line to a server on this machine: its bandwidth, then its length.
struct Line {
    narrow: Proxy,
    _long: LongLine,
}

impl Line {
    fn new(server: &Dovecot, round_trip: u64, bytes_per_second: u64) -> Self {
        let long =
            LongLine::start(server.plain_port(), Duration::from_millis(round_trip)).expect("a long line");
        let narrow = Proxy::start(long.port()).expect("a proxy");
        narrow.limit(bytes_per_second);
        Self { narrow, _long: long }
    }

    fn mailbox(&self) -> Mailbox {
        Mailbox::at(self.narrow.port(), USER)
    }
}

fn server() -> Dovecot {
    Dovecot::builder().compress().start().expect("starts")
}

fn check_same(source: &Dovecot, target: &Dovecot) {
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads");
    assert_eq!(read(source).differences(&read(target), <[String]>::to_vec), []);
}

#[test]
fn compressed_mail_takes_a_fraction_of_the_bytes_in_both_directions_and_arrives_as_it_was() {
    let source = server();
    let mut corpus = Corpus::spread(300);
    // Larger than any window of the compressor, and of what is held in memory.
    let large = servers::corpus::Message::new(
        "large",
        "Subject: large\r\n\r\n".to_owned() + &"0123456789abcdef\r\n".repeat(1_500_000),
    );
    corpus.folders[0].messages.push(large);
    corpus.write(&source, USER).expect("writes");
    let size = corpus.bytes() as u64;
    let mut passed = Vec::new();
    for how in ["off", "on"] {
        let target = server();
        let (from, to) = (Line::new(&source, 0, u64::MAX), Line::new(&target, 0, u64::MAX));
        let cli = Cli::new(from.mailbox(), to.mailbox()).with(&[
            "--compress",
            how,
            "--target-compress",
            how,
            "--verify",
            "content",
        ]);
        cli.run().ends_with(0);
        check_same(&source, &target);
        passed.push([from.narrow.passed(), to.narrow.passed()]);
    }
    println!("{size} bytes of mail; off and on, source and target: {passed:?}");
    for side in [0, 1] {
        assert!(passed[0][side] > size, "{passed:?}");
        assert!(passed[1][side] < passed[0][side] / 3, "{passed:?}");
    }
}

#[test]
fn a_line_that_is_slow_is_compressed_by_itself_unless_that_is_forbidden() {
    let source = server();
    let corpus = Corpus::spread(3000);
    corpus.write(&source, USER).expect("writes");
    for (how, times) in [("auto", 1), ("off", 0)] {
        let target = server();
        let line = Line::new(&source, 40, 1_500_000);
        let log = source.wire().from_now();
        let cli = Cli::new(line.mailbox(), Mailbox::on(&target, USER)).with(&["--compress", how]);
        let run = cli.with(&["--verify", "listing"]).run().ends_with(0);
        check_same(&source, &target);
        let passed = line.narrow.passed();
        println!("{how}: {passed} bytes for {} of mail in {:?}", corpus.bytes(), run.took);
        assert_eq!(log.count("COMPRESS"), times, "{how}");
        assert_eq!(passed < corpus.bytes() as u64, times == 1, "{how}: {passed}");
    }
}

#[test]
fn a_slow_line_to_the_target_is_compressed_by_itself() {
    let source = server();
    let target = server();
    let corpus = Corpus::small(3000);
    corpus.write(&source, USER).expect("writes");
    let line = Line::new(&target, 40, 1_500_000);
    let log = target.wire().from_now();
    Cli::new(Mailbox::on(&source, USER), line.mailbox()).with(&["--verify", "listing"]).run().ends_with(0);
    check_same(&source, &target);
    println!("{} of {} bytes", line.narrow.passed(), corpus.bytes());
    assert_eq!(log.count("COMPRESS"), 1);
    assert!(line.narrow.passed() < corpus.bytes() as u64);
}

#[test]
fn a_compressed_line_may_be_cut_within_any_block() {
    let source = server();
    Corpus::spread(120).write(&source, USER).expect("writes");
    for on_target in [false, true] {
        for after in [400, 900, 3_000, 20_000, 60_000] {
            let target = server();
            let (from, to) = (Line::new(&source, 0, u64::MAX), Line::new(&target, 0, u64::MAX));
            let cli =
                Cli::new(from.mailbox(), to.mailbox()).with(&["--compress", "on", "--target-compress", "on"]);
            let line = if on_target { &to } else { &from };
            line.narrow.cut_after(after);
            let run = cli.run();
            // Before both sides were reached once, a lost connection ends the run.
            if run.code != Some(0) {
                line.narrow.disarm();
                cli.run().ends_with(0);
            }
            check_same(&source, &target);
        }
    }
}

#[test]
fn a_modem_of_9600_bit_a_second_and_600_ms_is_slow_and_no_more() {
    let source = Dovecot::builder().start().expect("starts");
    Corpus::spread(5).write(&source, USER).expect("writes");
    let said = |round_trip, rate| {
        let target = Dovecot::builder().start().expect("starts");
        let (from, to) = (Line::new(&source, round_trip, rate), Line::new(&target, round_trip, rate));
        let log = source.wire().from_now();
        let run = Cli::new(from.mailbox(), to.mailbox()).with(&["--verify", "headers"]).run().ends_with(0);
        check_same(&source, &target);
        println!("{:?} for {} and {} bytes", run.took, from.narrow.passed(), to.narrow.passed());
        (log.count("ID"), target.wire().count("ID"))
    };
    // Nothing takes so long that it is given up and begun anew.
    assert_eq!(said(600, 1_200), said(0, u64::MAX));
}

/// Moves 27 megabytes to a server that gives each connection 1.5 MB a second: over one, over as many as bring something,
/// and once killed half-way. All is there once, and several are faster.
fn is_written_over_several(port: u16, open: &dyn Fn(&str) -> Imap) {
    let source = Dovecot::builder().start().expect("starts");
    let corpus = Corpus::small(6000);
    let snapshot = |mut imap: Imap| Snapshot::read(&mut imap).expect("reads");
    let moved = |user: &str, connections: &str, dies: bool| {
        corpus.write(&source, user).expect("writes");
        let narrow = Proxy::start(port).expect("a proxy");
        narrow.limit(1_500_000);
        let target = Mailbox::at(narrow.port(), user);
        let cli = Cli::new(Mailbox::on(&source, user), target).with(&["--target-compress", "off"]);
        let cli = cli.with(&["--verify", "listing", "--target-connections", connections]);
        if dies {
            let mut process = cli.start();
            while narrow.connections() < 2 && process.wait(Duration::from_millis(100)).is_none() {}
            assert!(narrow.connections() > 1, "it ended over one connection");
            std::thread::sleep(Duration::from_secs(1));
            process.kill();
        }
        let run = cli.run().ends_with(0);
        println!("{:?} for {} bytes over {} connections", run.took, corpus.bytes(), narrow.connections());
        let (here, there) = (snapshot(source.open(user).expect("opens")), snapshot(open(user)));
        assert_eq!(here.differences(&there, <[String]>::to_vec), []);
        (run.took.as_secs_f64(), narrow.connections())
    };
    let (alone, one) = moved("anna@old.example", "1", false);
    let (together, several) = moved("bela@old.example", "32", false);
    assert!(one == 1 && several > 1 && together < alone * 0.9, "{together} s, alone {alone} s");
    moved("cleo@old.example", "32", true);
}

#[test]
fn a_dovecot_that_gives_each_connection_little_is_written_over_several() {
    let target = Dovecot::builder().start().expect("starts");
    is_written_over_several(target.plain_port(), &|user| target.open(user).expect("opens"));
}

#[test]
fn a_cyrus_that_gives_each_connection_little_is_written_over_several() {
    let target = Cyrus::start().expect("starts");
    is_written_over_several(target.plain_port(), &|user| target.open(user).expect("opens"));
}
