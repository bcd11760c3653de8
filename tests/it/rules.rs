//! Rules on the command line, between real servers: what they leave out stays and is named, everything else arrives.

use servers::{
    corpus::{Corpus, Folder, Message},
    dovecot::{Dovecot, SpecialUse},
    verify::Snapshot,
};
use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    report::{Report, Verdict},
};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";
/// 2020-01-01T00:00:00Z.
const Y2020: i64 = 1_577_836_800;

fn message(name: &str) -> Message {
    let text = format!(
        "From: anna@old.example\r\nSubject: {name}\r\nMessage-ID: <{name}@old.example>\r\n\r\n{name}\r\n"
    );
    Message::new(name, text)
}

fn letters(names: &[&str]) -> Vec<Message> {
    names.iter().map(|name| message(name)).collect()
}

/// A mailbox with folders of every sort.
fn corpus() -> Corpus {
    let folder = |path: &[&str], names: &[&str]| Folder::new(path, letters(names));
    Corpus {
        folders: vec![
            folder(&["INBOX"], &["in-1", "in-2"]),
            folder(&["Work"], &["work-1"]),
            folder(&["Work", "2024"], &["year-1", "year-2", "year-3"]),
            folder(&["Lists", "rust"], &["rust-1"]),
            folder(&["Papierkorb"], &["gone-1"]),
        ],
    }
}

/// Moves a mailbox under rules: how it ended, what is on the target, the report.
struct Moved {
    cli: Cli,
    source: Dovecot,
    target: Dovecot,
}

impl Moved {
    fn of(corpus: &Corpus, rules: &[&str]) -> Self {
        Self::to(Dovecot::builder().start().expect("starts"), corpus, rules)
    }

    fn to(target: Dovecot, corpus: &Corpus, rules: &[&str]) -> Self {
        let source =
            Dovecot::builder().separator('.').special_use(SpecialUse::German).start().expect("starts");
        corpus.write(&source, USER).expect("writes");
        let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER)).with(rules);
        Self { cli, source, target }
    }

    fn there(&self) -> Snapshot {
        Snapshot::read(&mut self.target.open(USER).expect("opens")).expect("reads")
    }

    #[track_caller]
    fn holds(&self, expected: &[(&str, Option<usize>)]) {
        let there = self.there();
        for (path, count) in expected {
            let names: Vec<_> = path.split('/').collect();
            assert_eq!(there.count(&names), *count, "{path}");
        }
    }
}

fn of(report: &Report, cause: Cause) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.cause == cause).collect()
}

/// Nothing is missed of what a rule leaves out, and every finding of it only remarks.
#[track_caller]
fn is_clean(report: &Report, left_out: u64) {
    assert_eq!((report.verdict, report.totals.missing), (Verdict::Perfect, 0), "{}", report.sentence);
    assert_eq!(report.totals.left_out, left_out);
    let by_rule = report.findings.iter().filter(|finding| finding.cause.is_by_rule());
    assert!(by_rule.clone().all(|finding| finding.severity == Severity::Info));
    let items = by_rule.filter(|finding| finding.subject.item.is_some()).count();
    assert_eq!(items as u64, left_out, "each message is named");
}

#[test]
fn only_included_folders_are_moved_and_the_others_are_named_with_their_messages() {
    let moved = Moved::of(&corpus(), &["--include", "INBOX", "--include", "work/2024"]);
    moved.cli.run().ends_with(0);
    moved.holds(&[("INBOX", Some(2)), ("Work/2024", Some(3)), ("Lists/rust", None), ("Trash", Some(0))]);
    assert_eq!(moved.there().len(), 5);
    let report = moved.cli.report();
    is_clean(&report, 0);
    let folders = of(&report, Cause::FolderExcluded);
    let rust = folders.iter().find(|finding| finding.detail.contains("Lists / rust")).expect("named");
    assert!(rust.detail.ends_with("It holds 1 message."), "{}", rust.detail);
    moved.cli.run().ends_with(0);
    assert_eq!(moved.there().len(), 5, "again");
}

#[test]
fn excluded_folders_stay_behind_by_name_by_pattern_and_by_role() {
    let rules = ["--exclude", "\\Trash", "--exclude", "Work/20*"];
    let moved = Moved::of(&corpus(), &rules);
    moved.cli.run().ends_with(0);
    moved.holds(&[("INBOX", Some(2)), ("Work", Some(1)), ("Work/2024", None), ("Trash", Some(0))]);
    assert_eq!(moved.there().len(), 4);
    is_clean(&moved.cli.report(), 0);
    assert_eq!(of(&moved.cli.report(), Cause::FolderExcluded).len(), 2);
}

#[test]
fn a_folder_that_is_excluded_after_it_was_moved_stays_on_both_sides() {
    let moved = Moved::of(&corpus(), &[]);
    moved.cli.run().ends_with(0);
    let before = moved.there();
    let cli = moved.cli.with(&["--exclude", "Work"]);
    cli.run().ends_with(0);
    let moved = Moved { cli, ..moved };
    assert_eq!(moved.there(), before);
    assert_eq!(of(&moved.cli.report(), Cause::DeletedAtSource).len(), 0);
    is_clean(&moved.cli.report(), 0);
}

#[test]
fn folders_are_moved_by_prefix_and_by_expression_and_stay_there_in_later_passes() {
    let rules = ["--move", "Work=Archive/Old work", "--folder-regex", "s|^Lists/(.*)|Mailing lists/$1|"];
    let moved = Moved::of(&corpus(), &rules);
    moved.cli.run().ends_with(0);
    let places = [
        ("Archive/Old work", Some(1)),
        ("Archive/Old work/2024", Some(3)),
        ("Mailing lists/rust", Some(1)),
        ("Work", None),
        ("INBOX", Some(2)),
        ("Trash", Some(1)),
    ];
    moved.holds(&places);
    let report = moved.cli.report();
    is_clean(&report, 0);
    let renamed = of(&report, Cause::FolderRenamed);
    assert!(renamed.iter().any(|finding| finding.detail.contains("a rule of the project moves it")));
    let mut source = moved.source.open(USER).expect("opens");
    source.append("Work.2024", &[], None, b"Subject: late\r\n\r\nLate.\r\n").expect("appends");
    let log = moved.target.wire().from_now();
    moved.cli.run().ends_with(0);
    assert_eq!((log.count("APPEND"), log.count("CREATE")), (1, 0));
    moved.holds(&[("Archive/Old work/2024", Some(4)), ("Archive/Old work (2)", None)]);
}

#[test]
fn edge_067_a_folder_for_a_use_that_no_name_tells_is_said_on_the_command_line() {
    let corpus = Corpus {
        folders: vec![
            Folder::new(&["INBOX"], letters(&["in"])),
            Folder::new(&["Weg damit"], letters(&["away"])),
        ],
    };
    let moved = Moved::of(&corpus, &["--folder-role", "Weg damit=trash"]);
    moved.cli.run().ends_with(0);
    moved.holds(&[("Trash", Some(1)), ("Weg damit", None)]);
}

#[test]
fn messages_are_left_out_by_age_and_come_when_the_filter_is_lifted() {
    let messages =
        vec![message("old").at(Y2020 - 1), message("edge").at(Y2020), message("new").at(Y2020 + 1)];
    let corpus = Corpus { folders: vec![Folder::new(&["INBOX"], messages)] };
    let moved = Moved::of(&corpus, &["--newer-than", "2020-01-01"]);
    moved.cli.run().ends_with(0);
    moved.holds(&[("INBOX", Some(2))]);
    let report = moved.cli.report();
    is_clean(&report, 1);
    let left = of(&report, Cause::Filtered);
    assert!(left[0].detail.contains("the project moves messages since 1-Jan-2020"), "{}", left[0].detail);
    // A second pass with the same rule sends nothing; without it, the rest comes.
    let log = moved.target.wire().from_now();
    moved.cli.run().ends_with(0);
    assert_eq!(log.count("APPEND"), 0);
    is_clean(&moved.cli.report(), 1);
    let words: Vec<_> = moved.cli.command().get_args().map(ToOwned::to_owned).collect();
    let at = words.iter().position(|word| word == "--newer-than").expect("given");
    let mut open = tests::binary::command();
    open.args(&words[..at]).args(&words[at + 2..]).env("HOME", moved.cli.dir());
    assert_eq!(open.output().expect("runs").status.code(), Some(0));
    moved.holds(&[("INBOX", Some(3))]);
}

#[test]
fn messages_before_a_moment_are_moved_and_later_ones_stay() {
    let messages =
        vec![message("old").at(Y2020 - 1), message("edge").at(Y2020), message("new").at(Y2020 + 1)];
    let corpus = Corpus { folders: vec![Folder::new(&["INBOX"], messages)] };
    let moved = Moved::of(&corpus, &["--older-than", "2020-01-01"]);
    moved.cli.run().ends_with(0);
    moved.holds(&[("INBOX", Some(1))]);
    is_clean(&moved.cli.report(), 2);
    assert_eq!(moved.there().messages().map(|(_, one)| one.received).collect::<Vec<_>>(), [Y2020 - 1]);
}

#[test]
fn messages_are_left_out_by_size_each_by_name() {
    let large = Message::new("large", format!("Subject: large\r\n\r\n{}", "x\r\n".repeat(2000)));
    let corpus = Corpus { folders: vec![Folder::new(&["INBOX"], vec![message("small"), large])] };
    let moved = Moved::of(&corpus, &["--max-size", "5K"]);
    moved.cli.run().ends_with(0);
    moved.holds(&[("INBOX", Some(1))]);
    let report = moved.cli.report();
    is_clean(&report, 1);
    assert!(of(&report, Cause::Filtered)[0].detail.contains("messages of 5120 bytes or less"));
    let html = moved.cli.report_file("report.html");
    assert!(
        html.contains(Cause::Filtered.title()) && html.contains("by a rule of the project"),
        "the report has a number"
    );
}

#[test]
fn edge_047_what_is_marked_as_deleted_is_carried_unless_the_project_leaves_it_out() {
    let messages = vec![message("kept"), message("marked").flagged(&["\\Deleted", "\\Seen"])];
    let corpus = Corpus { folders: vec![Folder::new(&["INBOX"], messages)] };
    let carried = Moved::of(&corpus, &[]);
    carried.cli.run().ends_with(0);
    carried.holds(&[("INBOX", Some(2))]);
    let marked = carried.there().messages().filter(|(_, one)| one.flags.contains("\\Deleted")).count();
    assert_eq!(marked, 1, "with its mark");
    let skipped = Moved::of(&corpus, &["--deleted", "skip"]);
    skipped.cli.run().ends_with(0);
    skipped.holds(&[("INBOX", Some(1))]);
    let report = skipped.cli.report();
    is_clean(&report, 1);
    assert_eq!(of(&report, Cause::MarkedDeleted).len(), 1);
}

#[test]
fn edge_027_a_target_that_is_too_small_is_not_written_to_when_the_project_says_so() {
    let large = Message::new("large", format!("Subject: large\r\n\r\n{}", "x\r\n".repeat(2000)));
    let corpus = Corpus { folders: vec![Folder::new(&["INBOX"], vec![message("small"), large])] };
    let target = || Dovecot::builder().capability("+APPENDLIMIT=5000").start().expect("starts");
    let moved = Moved::to(target(), &corpus, &["--oversized", "stop-before"]);
    let log = moved.target.wire().from_now();
    moved.cli.run().ends_with(4).says(&["larger than the target", "nothing is written"]);
    assert_eq!(log.count("APPEND"), 0);
    moved.holds(&[("INBOX", Some(0))]);
    let other = Moved::to(target(), &corpus, &[]);
    other.cli.run().ends_with(3);
    other.holds(&[("INBOX", Some(1))]);
    assert_eq!(of(&other.cli.report(), Cause::TooBig).len(), 1);
}

#[test]
fn a_dry_run_tells_what_rules_leave_out_and_where_folders_go() {
    let rules = ["--exclude", "Lists", "--move", "Work=Old", "--max-size", "10", "--dry-run"];
    let moved = Moved::of(&corpus(), &rules);
    let log = moved.target.wire().from_now();
    let run = moved.cli.run().ends_with(0);
    assert!(log.writing().is_empty());
    run.says(&["Lists", "Old", Cause::FolderExcluded.title(), Cause::Filtered.title()]);
}
