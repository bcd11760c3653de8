//! A dry run shows the plan and sends not one write command.

use servers::{
    corpus::Corpus,
    dovecot::{Dovecot, SpecialUse},
    verify::Snapshot,
};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

#[test]
fn a_dry_run_sends_not_one_write_command() {
    let source = Dovecot::builder().separator('.').special_use(SpecialUse::German).start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(70).write(&source, USER).expect("writes");
    let read = || Snapshot::read(&mut target.open(USER).expect("opens")).expect("reads");
    let before = read();
    let (from, to) = (source.wire().from_now(), target.wire().from_now());
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER)).with(&["--dry-run"]);
    let run = cli.run().ends_with(0);
    assert_eq!((from.writing(), to.writing()), (vec![], vec![]));
    assert!(!to.commands().is_empty(), "the target is looked at");
    assert_eq!(read(), before);
    // The plan names folders, with the place where they go, and counts.
    run.says(&["Projects", "2024", "Gesendet", "Sent", "70"]);
}

#[test]
fn a_dry_run_foretells_that_the_target_mailbox_is_too_small() {
    let source = Dovecot::builder().start().expect("starts");
    Corpus::small(60).write(&source, USER).expect("writes");
    let dry = |quota_kib| {
        let target = Dovecot::builder().quota_kib(quota_kib).start().expect("starts");
        Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER)).with(&["--dry-run"]).run()
    };
    dry(100).ends_with(3).says(&[
        "The target mailbox is full",
        "What is to be copied needs",
        "the mailbox has 102.4 kB free of 102.4 kB",
    ]);
    let run = dry(100_000).ends_with(0);
    assert!(!run.said().contains("mailbox is full"), "{}", run.said());
}

#[test]
fn a_dry_run_does_not_stand_in_the_way_of_the_run_after_it() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::small(30).write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let mut command = cli.command();
    assert_eq!(command.arg("--dry-run").output().expect("runs").status.code(), Some(0));
    cli.run().ends_with(0);
    assert_eq!(target.open(USER).expect("opens").status("INBOX", "MESSAGES").expect("counts"), 30);
}
