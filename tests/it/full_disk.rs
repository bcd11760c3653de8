//! The disk of the ledger fills up: nothing is begun, what runs comes to rest, and all goes on when there is room.

use std::time::Duration;

use servers::{corpus::Corpus, dovecot::Dovecot, verify::Snapshot};
use tests::{cli::Cli, disk::SmallDisk, mailbox::Mailbox};

const USER: &str = "anna@old.example";
const MESSAGES: usize = 60;

#[test]
fn a_full_disk_ends_a_run_at_rest_and_the_next_one_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(32) else {
        eprintln!("no disk can be mounted here: not tested");
        return;
    };
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::small(MESSAGES).write(&source, USER).expect("writes");
    let count = || target.open(USER).expect("opens").status("INBOX", "MESSAGES").expect("counts");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER))
        .with_ledger(&disk.path().join("ledger.db"))
        .with(&["--messages-per-second", "5"]);

    disk.fill(500);
    cli.run().ends_with(10).says(&["The disk of", "free of 33.6 MB", "Make room"]);
    assert_eq!(count(), 0);

    disk.empty();
    let mut process = cli.start();
    let moved = |least: usize| {
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while (count() as usize) < least {
            assert!(std::time::Instant::now() < deadline, "nothing is moved");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    moved(1);
    // Enough for what is under way to be written down, too little to go on.
    disk.fill(1000);
    let status = process.wait(Duration::from_secs(15)).expect("it ends by itself");
    assert_eq!(status.code(), Some(10));
    let stored = count() as usize;
    assert!((1..MESSAGES).contains(&stored), "{stored} of {MESSAGES}");

    disk.empty();
    let run = cli.run().ends_with(0);
    assert!(!run.said().contains("settled"), "what was under way was written down:\n{}", run.said());
    let read = |server: &Dovecot| Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads");
    assert_eq!(read(&source).differences(&read(&target), <[String]>::to_vec), []);
}
