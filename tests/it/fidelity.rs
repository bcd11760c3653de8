//! Everything that commonly breaks a migration arrives byte for byte, or is named with a cause.

use servers::{
    corpus::Corpus,
    dovecot::{Dovecot, SpecialUse, Storage},
    verify::{Difference, Snapshot},
};
use shared::{cause::Cause, report::Verdict};
use tests::{
    cli::Cli,
    expect::{by_report, by_role, unnamed},
    mailbox::Mailbox,
};

const USER: &str = "anna@old.example";

fn read(server: &Dovecot) -> Snapshot {
    Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads")
}

#[test]
fn every_nasty_message_is_on_the_target_byte_for_byte_or_named_with_a_cause() {
    let source = Dovecot::builder().separator('.').special_use(SpecialUse::German).start().expect("starts");
    let target = Dovecot::builder().separator('/').start().expect("starts");
    let corpus = Corpus::nasty();
    corpus.write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let run = cli.run().ends_with(3);

    let (before, after, report) = (read(&source), read(&target), cli.report());
    // A name with the target's own separator cannot be, and a leading tilde only on some Dovecots; everything else keeps
    // its name, and special-use folders their role.
    let roles = by_role(SpecialUse::German, SpecialUse::English);
    let place =
        by_report(&report, |path| path.iter().any(|name| name.contains('/') || name.starts_with('~')), roles);
    let differences = before.differences(&after, &place);
    let unnamed = unnamed(&differences, &report, &place);
    assert!(unnamed.is_empty(), "{unnamed:#?}\n{}", run.said());

    // Between two such servers there is hardly a reason to differ: the rest has to be equal, not only named.
    let mut excused = Vec::new();
    for difference in &differences {
        match difference {
            Difference::Date(_, one, _) if one.shown.contains("2035") => excused.push("date"),
            Difference::Missing(_, one) if one.shown.is_empty() => excused.push("zero bytes"),
            other => panic!("{other}\n{}", run.said()),
        }
    }
    excused.sort_unstable();
    assert_eq!(excused, ["date", "zero bytes"]);
    assert_eq!(report.totals.source_items as usize, corpus.len());
    assert_eq!(report.totals.target_items as usize, corpus.len() - 1);
    assert_eq!((report.totals.missing, report.totals.extra), (1, 0));
    assert_ne!(report.verdict, Verdict::Perfect);
    let html = cli.report_file("report.html");
    assert!(html.contains("<!DOCTYPE html>") || html.contains("<!doctype html>"));
    assert!(cli.report_file("report.csv").contains(Cause::DateAltered.id()));
}

#[test]
fn an_ordinary_mailbox_arrives_without_a_single_difference() {
    for storage in [Storage::Maildir, Storage::Mdbox] {
        let builder = Dovecot::builder().separator('.').prefix("INBOX.").storage(storage);
        let source = builder.special_use(SpecialUse::Outlook).start().expect("starts");
        let target = Dovecot::builder().storage(storage).start().expect("starts");
        let refused = Corpus::spread(200).append(&mut source.open(USER).expect("opens")).expect("appends");
        assert_eq!(refused, Vec::<String>::new());
        let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
        let run = cli.run().ends_with(0);

        let place = by_role(SpecialUse::Outlook, SpecialUse::English);
        assert_eq!(read(&source).differences(&read(&target), place), [], "{}", run.said());
        let report = cli.report();
        assert_eq!(
            (report.verdict, report.totals.matched, report.totals.identical),
            (Verdict::Perfect, 200, 200)
        );
    }
}

#[test]
fn special_folders_are_recognised_by_name_where_the_server_does_not_tell() {
    let builder = Dovecot::builder().separator('.').special_use(SpecialUse::GermanUnmarked);
    let source = builder.start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let mut imap = source.open(USER).expect("opens");
    for name in ["Gesendet", "Papierkorb", "Entw&APw-rfe"] {
        imap.append(name, &[], None, format!("Subject: in {name}\r\n\r\n").as_bytes()).expect("appends");
    }
    Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER)).run().ends_with(0);
    let after = read(&target);
    for name in ["Sent", "Trash", "Drafts"] {
        assert_eq!(after.count(&[name]), Some(1), "{name}");
    }
    assert_eq!(after.count(&["Gesendet"]), None);
}

#[test]
fn what_is_not_the_users_own_is_left_out_and_listed() {
    let builder = Dovecot::builder().virtual_folders().public().shared();
    let source = builder.start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    let mut other = source.open("other").expect("opens");
    other.create("Common").expect("creates");
    other.command("SETACL Common anna lr").expect("shares");
    other.append("Common", &[], None, b"Subject: not anna's\r\n\r\n").expect("appends");
    let mut imap = source.open("anna").expect("opens");
    imap.append("INBOX", &["\\Flagged".into()], None, b"Subject: anna's\r\n\r\n").expect("appends");

    let cli = Cli::new(Mailbox::on(&source, "anna"), Mailbox::on(&target, "anna"));
    let run = cli.run();
    let after = Snapshot::read(&mut target.open("anna").expect("opens")).expect("reads");
    assert_eq!((after.len(), after.count(&["INBOX"])), (1, Some(1)), "{}", run.said());
    for name in ["Virtual", "Public", "shared"] {
        assert!(!after.paths().any(|path| path[0] == name), "{name} came along");
    }
    let report = cli.report();
    let about = |cause: Cause, last: &str| {
        report.findings.iter().any(|one| {
            let folder = one.subject.folder.as_ref();
            one.cause == cause && folder.is_some_and(|path| path.0.last().is_some_and(|name| name == last))
        })
    };
    assert!(
        about(Cause::FolderVirtual, "All") && about(Cause::FolderVirtual, "Flagged"),
        "{:#?}",
        report.findings
    );
    assert!(
        about(Cause::FolderForeign, "Common") && about(Cause::FolderForeign, "Notices"),
        "{:#?}",
        report.findings
    );
}
