//! The comparison in small cases, one string each.

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::{FolderPath, Role},
    pass::PassKind,
    project::VerifyDepth,
    report::{ReportFolder, ReportSide, Totals, Verdict},
    time::Timestamp,
};

use super::{FolderPair, Keeps, KeywordRule, Reasons, Settled, Summary, build_report, compare, verdict};
use crate::{
    matching::Seen,
    model::{Fingerprint, Flags, ItemId, ItemMeta, Received},
};

/// One message: a letter for its content, `'` behind it when a server rewrote it, `?` when the ledger knows why it is
/// not on the target, `*120` for its bytes, `@9` for its date (`@-` for none), `+Seen` and `#keyword` for its marks.
fn message(text: &str, uid: u32) -> (Seen, bool) {
    let letter = text.as_bytes()[0];
    let rewritten = text.contains('\'');
    let mut meta = ItemMeta {
        id: ItemId::Uid(uid),
        size: 100,
        received: Some(Received { seconds: 0, zone_minutes: 60 }),
        flags: Flags::default(),
    };
    let mut marks = text[1..].trim_start_matches(['\'', '?']);
    while let Some(sign) = marks.chars().next() {
        let end = marks[1..].find(['*', '@', '+', '#']).map_or(marks.len(), |at| at + 1);
        let (value, rest) = (&marks[1..end], &marks[end..]);
        marks = rest;
        match sign {
            '*' => meta.size = value.parse().expect("a size"),
            '@' => {
                meta.received = value.parse().ok().map(|seconds| Received { seconds, zone_minutes: 0 });
            }
            '+' => assert!(meta.flags.system.insert(&format!("\\{value}"))),
            '#' => meta.flags.keywords.push(value.into()),
            _ => panic!("no mark: {text}"),
        }
    }
    let fingerprint =
        Fingerprint { exact: [letter | u8::from(rewritten) << 7; 16], loose: Some([letter; 16]) };
    (
        Seen {
            meta,
            fingerprint,
            message_id: Some(format!("<{uid}@example.org>")),
            stable: None,
            anew: false,
        },
        text.contains('?'),
    )
}

/// Two sides with ` | ` between; the source's ids count from 1, the target's from 101.
pub(super) fn pair(case: &str) -> (FolderPair, Reasons) {
    let (source, target) = case.split_once('|').expect("two sides");
    let read = |side: &str, first: u32| -> Vec<_> {
        side.split_whitespace().zip(first..).map(|(text, uid)| message(text, uid)).collect()
    };
    let source = read(source, 1);
    let excused = source.iter().filter(|(_, excused)| *excused);
    let reasons =
        excused.map(|(seen, _)| (seen.meta.id.clone(), (Cause::TooBig, "Larger than 10 MB.".to_owned())));
    let pair = FolderPair {
        source: FolderPath::new(["Here"]),
        target: FolderPath::new(["There"]),
        role: None,
        depth: VerifyDepth::Content,
        source_items: source.iter().map(|(seen, _)| seen.clone()).collect(),
        target_items: read(target, 101).into_iter().map(|(seen, _)| seen).collect(),
        settled: Settled::default(),
        keeps: Keeps::default(),
        told: Reasons::new(),
    };
    (pair, reasons.collect())
}

/// The numbers, then the findings: what the source's messages became, and what the target has.
fn outcome(folder: &ReportFolder, findings: &[Finding]) -> String {
    let Totals { matched, identical, altered, missing, extra, .. } = folder.totals;
    let mut text = format!("{identical}/{matched}");
    for (count, name) in [(altered, "altered"), (missing, "missing"), (extra, "extra")] {
        if count > 0 {
            text.push_str(&format!(" {count} {name}"));
        }
    }
    for finding in findings {
        let sign = match finding.severity {
            Severity::Info => "",
            Severity::Warning => "!",
            Severity::Loss => "!!",
        };
        let item = finding.subject.item.as_ref().expect("an item");
        text.push_str(&format!("; {} {sign}{}", item.id, finding.cause.id().trim_start_matches("message.")));
    }
    text
}

fn check(case: &str, expected: &str) {
    let (pair, reasons) = pair(case);
    let (folder, findings) = compare(&pair, &reasons);
    assert_eq!(outcome(&folder, &findings), expected, "{case}");
}

fn check_details(pair: &FolderPair, expected: &[&str]) {
    let (_, findings) = compare(pair, &Reasons::new());
    let details: Vec<_> = findings.iter().map(|finding| finding.detail.as_str()).collect();
    assert_eq!(details, expected);
}

#[test]
fn messages_are_matched_by_content_as_often_as_they_are_there() {
    check("|", "0/0");
    check("a b c | c a b", "3/3");
    check("a | ", "0/0 1 missing; 1 !!missing");
    check("| a", "0/0 1 extra; 101 extra");
    check("a b | b c", "1/1 1 missing 1 extra; 1 !!missing; 102 extra");
}

#[test]
fn edge_006_identical_copies_are_each_there() {
    check("a a b | a b a", "3/3");
    check("a a b | a b", "2/2 1 missing; 2 !!missing");
    check("a b | a a b", "2/2 1 extra; 102 !duplicate");
}

#[test]
fn twins_pair_up_with_those_that_agree_most() {
    check("a@1 a@2 | a@2 a@1", "2/2");
    check("a+Seen a | a a+Seen", "2/2");
    check("a@1+Seen a@2 | a@2 a@1", "1/2; 1 !flags");
    check("a@1 a@2 a@3 | a@3 a@9 a@1", "2/3; 2 !date");
    check("a@1 a@2 | a@2", "1/1 1 missing; 1 !!missing");
}

#[test]
fn the_ledger_tells_why_and_never_whether() {
    check("a? b | b", "1/1 1 missing; 1 !!too-big");
    check("a? | a", "1/1");
    // Of twins the one with a cause is the one that is missing.
    check("a? a | a", "1/1 1 missing; 1 !!too-big");
    check("a a? | a", "1/1 1 missing; 2 !!too-big");
    let (pair, reasons) = pair("a? |");
    let (_, findings) = compare(&pair, &reasons);
    assert_eq!(findings[0].detail, "Larger than 10 MB.");
    assert_eq!(findings[0].subject.folder, Some(FolderPath::new(["Here"])));
}

#[test]
fn edge_009_a_rewritten_message_is_altered_and_not_missing() {
    check("a*100 | a'*101", "0/0 1 altered; 1 !bytes");
    check("a a | a a'", "1/1 1 altered; 2 !bytes");
    check("a | a a'", "1/1 1 extra; 102 !duplicate");
    check("a | a' a'", "0/0 1 altered 1 extra; 1 !bytes; 102 !duplicate");
    check("a@1+Seen | a'@2", "0/0 1 altered; 1 !bytes; 1 !date; 1 !flags");
    check_details(
        &pair("a*100 b | a'*101 b'").0,
        &["100 bytes became 101.", "Some of its 100 bytes were replaced."],
    );
}

#[test]
fn edge_035_a_date_that_the_target_changed_is_named_with_both() {
    check("a@1 | a@1", "1/1");
    check("a@- | a@-", "1/1");
    check_details(
        &pair("a@0 b@- c@2147483648 | a@1 b@0 c@-").0,
        &[
            "1-Jan-1970 00:00:00 +0000 became 1-Jan-1970 00:00:01 +0000.",
            "A date that cannot be read became 1-Jan-1970 00:00:00 +0000.",
            "19-Jan-2038 03:14:08 +0000 became a date that cannot be read.",
        ],
    );
}

#[test]
fn a_date_in_another_zone_is_the_same_moment() {
    let (mut pair, _) = pair("a@0 | a@0");
    pair.target_items[0].meta.received = Some(Received { seconds: 0, zone_minutes: -480 });
    check_details(&pair, &[]);
}

#[test]
fn flags_that_differ_are_named() {
    check_details(
        &pair("a+Seen b c+Seen | a b+Flagged+Answered c+Deleted#x").0,
        &[
            "The target lacks \\Seen.",
            "The target has \\Answered, \\Flagged besides.",
            "The target lacks \\Seen and has \\Deleted, x besides.",
        ],
    );
}

#[test]
fn edge_040_keywords_that_the_target_does_not_keep_are_named() {
    let (mut pair, _) = pair("a#one#two#three b#ONE | a b#one");
    check_details(&pair, &["The target lacks one, two, three, although its folder could keep it."]);
    pair.keeps.keywords = KeywordRule::Only(["Two".to_owned()].into());
    check_details(
        &pair,
        &[
            "The target's folder does not keep one, three. The target lacks two, although its folder could keep it.",
        ],
    );
    pair.keeps.keywords = KeywordRule::None;
    check_details(&pair, &["The target's folder does not keep one, two, three."]);
}

#[test]
fn edge_040_a_keyword_whose_name_the_target_lost_is_named_with_what_to_do() {
    let (pair, _) = pair("a#$Label1 b#two c | a#unknown-0 b#unknown-known c#unknown-1");
    check_details(
        &pair,
        &[
            "The target took $Label1 and lost the name: it shows unknown-0 instead, as Dovecot does when it is killed \
             while it writes. Set $Label1 on the message there.",
            "The target has unknown-known besides.",
            "The target lacks two, although its folder could keep it.",
            "The target has unknown-1 besides.",
        ],
    );
}

#[test]
fn edge_041_a_spam_filters_judgement_that_cannot_stay_is_no_loss() {
    let (mut pair, _) = pair("a#nonjunk b#$junk | a b");
    pair.source_items[1].meta.flags.keywords = vec!["$Junk".into()];
    pair.keeps.keywords = KeywordRule::None;
    check_details(&pair, &[]);
    pair.keeps.keywords = KeywordRule::All;
    assert_eq!(compare(&pair, &Reasons::new()).1.len(), 2);
}

#[test]
fn edge_048_a_draft_in_drafts_is_marked_so_and_right() {
    let (mut pair, _) = pair("a | a+Draft");
    check_details(&pair, &["The target has \\Draft besides."]);
    pair.role = Some(Role::Drafts);
    check_details(&pair, &[]);
}

#[test]
fn where_only_headers_were_read_sizes_must_agree() {
    let (mut pair, reasons) = pair("a*10 a*20 b*5 | a*20 a*10 b*6");
    assert_eq!(outcome(&compare(&pair, &reasons).0, &[]), "3/3");
    pair.depth = VerifyDepth::Headers;
    let (folder, findings) = compare(&pair, &reasons);
    assert_eq!(outcome(&folder, &findings), "2/2 1 altered; 3 !bytes");
}

fn judged(case: &str, depth: VerifyDepth, more: &[(Severity, Cause)]) -> (Verdict, String) {
    let (pair, reasons) = pair(case);
    let (folder, mut findings) = compare(&pair, &reasons);
    findings.extend(more.iter().map(|(severity, cause)| Finding {
        severity: *severity,
        cause: *cause,
        subject: Default::default(),
        detail: String::new(),
    }));
    let summary = Summary {
        version: "1.2.3".into(),
        project: "Move".into(),
        created: Timestamp::from_millis(7),
        pass: PassKind::Verify,
        depth,
        source: ReportSide { host: "old".into(), user: "u".into() },
        target: ReportSide { host: "new".into(), user: "v".into() },
    };
    let report = build_report(summary, vec![folder], findings);
    (report.verdict, report.sentence)
}

fn check_verdict(case: &str, verdict: Verdict, sentence: &str) {
    assert_eq!(judged(case, VerifyDepth::Content, &[]), (verdict, sentence.into()), "{case}");
}

#[test]
fn everything_there_and_alike_is_perfect() {
    check_verdict("|", Verdict::Perfect, "The source has no message to compare.");
    check_verdict(
        "a | a",
        Verdict::Perfect,
        "The one message of the source is on the target, byte for byte.",
    );
    check_verdict(
        "a b | a b",
        Verdict::Perfect,
        "All 2 messages of the source are on the target, byte for byte.",
    );
    check_verdict(
        "a b | a b c",
        Verdict::Perfect,
        "All 2 messages of the source are on the target, byte for byte. 1 message is on the target only.",
    );
    let headers = judged("a | a", VerifyDepth::Headers, &[(Severity::Info, Cause::FolderRenamed)]);
    let sentence = "The one message of the source is on the target, with the same header and size (bodies were not compared).";
    assert_eq!(headers, (Verdict::Perfect, sentence.into()));
}

#[test]
fn small_differences_are_good() {
    check_verdict(
        "a b+Seen c#x | a@5 b c",
        Verdict::Good,
        "All 3 messages of the source are on the target, byte for byte. \
         1 has another received date, 1 has other flags, 1 lost keywords.",
    );
    let renamed = judged("a | a", VerifyDepth::Content, &[(Severity::Warning, Cause::FolderRenamed); 2]);
    let sentence =
        "The one message of the source is on the target, byte for byte. 2 folders got another name.";
    assert_eq!(renamed, (Verdict::Good, sentence.into()));
}

#[test]
fn folders_with_other_names_are_counted_as_their_list_counts_them() {
    let remarks = [(Severity::Info, Cause::FolderRenamed); 5];
    let noted = judged("a | a", VerifyDepth::Content, &remarks);
    assert_eq!(noted.0, Verdict::Perfect);
    assert!(!noted.1.contains("another name"), "nobody has to look at remarks: {}", noted.1);
    let six = [&remarks[..], &[(Severity::Warning, Cause::FolderRenamed)]].concat();
    let sentence =
        "The one message of the source is on the target, byte for byte. 6 folders got another name.";
    assert_eq!(judged("a | a", VerifyDepth::Content, &six), (Verdict::Good, sentence.into()));
}

#[test]
fn the_first_days_alone_are_never_perfect_nor_good() {
    let put_off = |case: &str| {
        let (pair, mut reasons) = pair(case);
        for (cause, detail) in reasons.values_mut() {
            *cause = Cause::NextPass;
            *detail = "The newest 30 days come first.".into();
        }
        let (folder, findings) = compare(&pair, &reasons);
        assert!(
            findings
                .iter()
                .all(|finding| finding.severity < Severity::Loss || finding.cause == Cause::Missing)
        );
        verdict(&folder.totals, &findings, VerifyDepth::Content)
    };
    let sentence = "First days only: 2 of 3 messages follow with the next pass.";
    assert_eq!(put_off("a b? c? | a"), (Verdict::Investigate, sentence.into()));
    let sentence = "First days only: 1 of 1 message follows with the next pass.";
    assert_eq!(put_off("a? | "), (Verdict::Investigate, sentence.into()));
    let sentence = "First days only: 1 of 3 messages follows with the next pass. Of the others: 1 of 2 messages is missing \
                    on the target, without a known cause.";
    assert_eq!(put_off("a b? c | a"), (Verdict::Poor, sentence.into()));
}

#[test]
fn what_is_missing_or_changed_with_a_cause_wants_a_look() {
    check_verdict(
        "a? b c | b c",
        Verdict::Investigate,
        "1 of 3 messages is missing on the target, with a known cause.",
    );
    check_verdict(
        "a? b? c | c",
        Verdict::Investigate,
        "2 of 3 messages are missing on the target, each with a known cause.",
    );
    check_verdict(
        "a b | a' b",
        Verdict::Investigate,
        "All 2 messages of the source are on the target, but not all as they were. 1 message has changed bytes.",
    );
    check_verdict(
        "a | a a a",
        Verdict::Investigate,
        "The one message of the source is on the target, byte for byte. 2 copies too many are on the target.",
    );
    let unread = judged("a | a", VerifyDepth::Content, &[(Severity::Loss, Cause::FolderUnreadable)]);
    let sentence =
        "The one message of the source is on the target, byte for byte. 1 folder could not be moved.";
    assert_eq!(unread, (Verdict::Investigate, sentence.into()));
}

#[test]
fn what_is_missing_without_a_cause_is_poor() {
    check_verdict("a | ", Verdict::Poor, "1 of 1 message is missing on the target, without a known cause.");
    check_verdict(
        "a? b c | ",
        Verdict::Poor,
        "3 of 3 messages are missing on the target, 2 of them without a known cause.",
    );
}

#[test]
fn too_many_missing_are_poor_even_with_a_cause() {
    let judged = |source_items: u64, missing: u64| {
        let totals = Totals { source_items, missing, matched: source_items - missing, ..Totals::default() };
        verdict(&totals, &[], VerifyDepth::Content)
    };
    assert_eq!(judged(20, 10).0, Verdict::Investigate);
    assert_eq!(judged(1_100, 11).0, Verdict::Investigate);
    assert_eq!(judged(1_099, 11).0, Verdict::Poor);
    let (verdict, sentence) = judged(3_037_000, 31_000);
    assert_eq!(verdict, Verdict::Poor);
    assert_eq!(sentence, "31,000 of 3,037,000 messages are missing on the target, each with a known cause.");
}

#[test]
fn a_report_adds_its_folders_up_and_puts_the_worst_first() {
    let (first, reasons) = pair("a@1*10 b*20 | a@2*11 c*5");
    let (second, _) = pair("d*7 | d*7");
    let (first, findings) = compare(&first, &reasons);
    let (second, _) = compare(&second, &reasons);
    let summary = Summary {
        version: "1".into(),
        project: String::new(),
        created: Timestamp::from_millis(0),
        pass: PassKind::Initial,
        depth: VerifyDepth::Content,
        source: ReportSide { host: "old".into(), user: "u".into() },
        target: ReportSide { host: "new".into(), user: "v".into() },
    };
    let report = build_report(summary, vec![first, second], findings);
    let totals = Totals {
        source_items: 3,
        source_bytes: 37,
        target_items: 3,
        target_bytes: 23,
        matched: 2,
        identical: 1,
        altered: 0,
        missing: 1,
        left_out: 0,
        extra: 1,
    };
    assert_eq!(report.totals, totals);
    let causes: Vec<_> = report.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, [Cause::Missing, Cause::DateAltered, Cause::Extra]);
    let counts: Vec<_> = report.causes.iter().map(|group| (group.cause, group.count)).collect();
    assert_eq!(counts, [(Cause::Missing, 1), (Cause::DateAltered, 1), (Cause::Extra, 1)]);
}
