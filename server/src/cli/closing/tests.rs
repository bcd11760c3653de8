//! The closing text of every kind of end.

use std::path::{Path, PathBuf};

use shared::{
    cause::Cause,
    finding::{CauseCount, Severity},
    folder::FolderPath,
    job::FolderRow,
    pass::{PassEnd, PassKind},
    plan::{PlanView, PlannedFolder},
};

use super::Closing;
use crate::report::sample;

fn closing<'a>(kind: PassKind, end: &'a PassEnd) -> Closing<'a> {
    Closing {
        source: "anna at old.example".into(),
        target: "anna at new.example".into(),
        kind,
        end,
        plan: None,
        report: None,
        folders: &[],
        causes: &[],
        examples: &[],
        seconds: 80,
        files: None,
        ledger: Path::new("/data/ledgers/a.db"),
    }
}

fn remembered(source: &str, items: u64, copied: u64, skipped: u64) -> FolderRow {
    let path = FolderPath::new([source]);
    FolderRow { source: path.clone(), target: path, role: None, items, bytes: items * 1000, copied, skipped }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn a_finished_run_closes_with_numbers_findings_verdict_and_places() {
    let report = sample::report();
    let folders = [remembered("INBOX", 1204, 1200, 4), remembered("Gesendete Objekte", 2210, 2210, 0)];
    let files = [PathBuf::from("/r/report.html")];
    let text = Closing {
        report: Some(&report),
        folders: &folders,
        files: Some(&files),
        ..closing(PassKind::Delta, &PassEnd::Finished)
    }
    .text();
    has(
        &text,
        &[
            "Delta pass: anna at old.example → anna at new.example, 1 min 20 s",
            "   1,204   1,200        4   1,205      1,180        1        4      5  INBOX\n",
            "Gesendete Objekte → Sent",
            "   4,442   3,410        4   4,443      4,390        1        4      5  all 5 folders\n",
            "  Loss           2  Message larger than the target allows\n",
            "INBOX: UID 811, 62.9 MB, 2019-10-03 16:24:31 UTC, <20190302.7f3a@mail.example.org>: The target answered",
            "… and 25 more",
            "→ Raise the target's message size limit and try again.",
            "Verdict: Investigate. 4,438 of 4,442 messages",
            "Report:  /r/report.html",
            "Ledger:  /data/ledgers/a.db",
        ],
    );
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_no_report() {
    let folder = |source: &str, target: &str, create| PlannedFolder {
        source: FolderPath::new([source]),
        target: FolderPath::new([target]),
        role: None,
        create,
        items: 10,
        bytes: 10_000,
        copy: 7,
        copy_bytes: 7_000,
        done: 2,
        skip: 1,
    };
    let plan = PlanView {
        folders: vec![folder("INBOX", "INBOX", false), folder("Gesendet", "Sent", true)],
        findings: vec![
            sample::finding(Severity::Loss, Cause::TooBig, "INBOX", Some(sample::item(3, 99, None)), ""),
            sample::finding(Severity::Info, Cause::FolderExcluded, "Lists", None, "it stays"),
            sample::finding(Severity::Info, Cause::FolderRenamed, "Gesendet", None, "same use"),
        ],
    };
    let text =
        Closing { plan: Some(&plan), files: Some(&[]), ..closing(PassKind::DryRun, &PassEnd::Finished) }
            .text();
    has(
        &text,
        &[
            "Dry run:",
            "      10              2        7             1        7.0 kB  Gesendet → Sent (new)\n",
            "      20              4       14             2       14.0 kB  all 2 folders\n",
            "  Loss           1  Message larger than the target allows\n",
            "INBOX: UID 3, 99 B, ",
            "Lists: it stays\n",
            "nothing was written. Without --dry-run, 14 messages (14.0 kB) would be copied.",
            "Report:  none was written, because a dry run compares nothing.",
        ],
    );
}

#[test]
fn an_aborted_run_shows_what_was_reached_and_how_to_go_on() {
    let end = PassEnd::Aborted { cause: Cause::TargetFull, message: "told on standard error".into() };
    let folders = [remembered("INBOX", 100, 60, 0)];
    let causes = [
        CauseCount::new(Cause::TargetFull, Severity::Loss, 1),
        CauseCount::new(Cause::TooBig, Severity::Loss, 9),
    ];
    let examples =
        [sample::finding(Severity::Loss, Cause::TooBig, "INBOX", Some(sample::item(7, 99, None)), "")];
    let text = Closing {
        folders: &folders,
        causes: &causes,
        examples: &examples,
        files: Some(&[]),
        ..closing(PassKind::Initial, &end)
    }
    .text();
    has(
        &text,
        &[
            "     100      60        0  100.0 kB  INBOX\n",
            "The target mailbox is full",
            "INBOX: UID 7, 99 B, ",
            "… and 8 more",
            "Not complete. Run the same command again to go on: nothing is copied twice.",
            "Report:  none was written, because the run did not come to the end of the comparison.",
        ],
    );
}

#[test]
fn a_run_that_would_end_the_same_way_again_says_what_to_change_first() {
    for (cause, first) in [
        (Cause::LoginRefused, "Check the name and the password that log in"),
        (Cause::TlsUntrusted, "Compare its SHA-256"),
        (Cause::SameMailbox, "Choose another target mailbox"),
    ] {
        let end = PassEnd::Aborted { cause, message: "told on standard error".into() };
        let text = closing(PassKind::Initial, &end).text();
        has(
            &text,
            &[&format!("Not complete. {first}"), "Then run the command again: nothing is copied twice."],
        );
        assert!(!text.contains("same command"), "{text}");
    }
}

#[test]
fn a_run_that_reached_nothing_has_no_empty_table() {
    let text = closing(PassKind::Initial, &PassEnd::Cancelled).text();
    has(&text, &["Stopped. Run the same command again"]);
    assert!(!text.contains("folder") && !text.contains("Findings") && !text.contains("Report"), "{text}");
}

#[test]
fn no_name_can_play_with_the_terminal() {
    let mut report = sample::perfect();
    let escape = "\u{1b}]0;x\u{7}\u{9b}2J";
    report.folders[0].source = FolderPath::new([escape]);
    report.sentence = escape.into();
    let mut finding = sample::finding(Severity::Loss, Cause::Missing, "INBOX", None, escape);
    finding.subject.folder = Some(FolderPath::new([escape]));
    report.causes = vec![CauseCount::new(Cause::Missing, Severity::Loss, 1)];
    report.findings = vec![finding];
    let mut closing = closing(PassKind::Delta, &PassEnd::Finished);
    closing.source = escape.into();
    closing.report = Some(&report);
    let text = closing.text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
