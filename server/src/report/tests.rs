//! All three forms together: same numbers, nothing lost, nothing dangerous.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use shared::{
    cause::Cause,
    finding::{Severity, by_cause},
    folder::FolderPath,
    report::{Report, ReportFormat, Totals, Verdict},
};

use super::{render, sample};

fn html(report: &Report) -> String {
    String::from_utf8(render(report, ReportFormat::Html).bytes).expect("is UTF-8")
}

/// The page after its style.
fn body(page: &str) -> &str {
    page.split_once("</style>").expect("has a style").1
}

/// The sheet's rows, their cells by column.
fn sheet(report: &Report) -> Vec<BTreeMap<String, String>> {
    let bytes = render(report, ReportFormat::Csv).bytes;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let columns = reader.headers().expect("has a head").clone();
    let named =
        |row: csv::StringRecord| columns.iter().map(Into::into).zip(row.iter().map(Into::into)).collect();
    reader.records().map(|row| named(row.expect("is a row"))).collect()
}

fn numbers(totals: &Totals) -> Vec<u64> {
    vec![
        totals.source_items,
        totals.target_items,
        totals.matched,
        totals.identical,
        totals.altered,
        totals.missing,
        totals.left_out,
        totals.extra,
        totals.source_bytes,
        totals.target_bytes,
    ]
}

/// The numbers of every row of a table of the page.
fn table_numbers(page: &str, opening: &str) -> Vec<Vec<u64>> {
    let table =
        page.split_once(opening).and_then(|(_, rest)| rest.split_once("</table>")).expect("is there").0;
    let cell = |rest: &str| rest.split('"').next().and_then(|value| value.parse().ok()).expect("is a number");
    table.split("<tr>").skip(1).map(|row| row.split("<data value=\"").skip(1).map(cell).collect()).collect()
}

#[test]
fn all_three_forms_say_the_same_numbers() {
    let mut report = sample::report();
    report.folders[0].totals.left_out = 3;
    report.totals.left_out = 3;
    let folders: Vec<_> = report.folders.iter().map(|folder| numbers(&folder.totals)).collect();
    let total = numbers(&report.totals);

    let mut shown = table_numbers(&html(&report), "<table class=\"folders\">");
    assert!(shown.remove(0).is_empty(), "the head has no numbers");
    assert_eq!(shown.pop().as_ref(), Some(&total));
    assert_eq!(shown, folders);

    let rows = sheet(&report);
    let columns = [
        "source_messages",
        "target_messages",
        "matched",
        "identical",
        "altered",
        "missing",
        "left_out",
        "extra",
        "source_bytes",
        "target_bytes",
    ];
    let of = |kind: &str| -> Vec<Vec<u64>> {
        let rows = rows.iter().filter(|row| row["row"] == kind);
        rows.map(|row| columns.map(|column| row[column].parse().expect("is a number")).to_vec()).collect()
    };
    assert_eq!(of("folder"), folders);
    assert_eq!(of("total"), [total]);

    let read: Report = serde_json::from_slice(&render(&report, ReportFormat::Json).bytes).expect("is JSON");
    assert_eq!(read, report);
}

#[test]
fn every_finding_is_in_every_form_under_its_cause() {
    let report = sample::report();
    let rows = sheet(&report);
    assert_eq!(rows.iter().filter(|row| row["row"] == "finding").count(), report.findings.len());
    for cause in &report.causes {
        let count =
            rows.iter().filter(|row| row["row"] == "finding" && row["cause"] == cause.cause.id()).count();
        assert_eq!(count as u64, cause.count, "{}", cause.title);
    }
    let page = html(&report);
    let (_, every) = page.split_once("Every finding</h2>").expect("is there");
    let groups: Vec<_> = every.split("<section class=\"group\">").skip(1).collect();
    let lines: Vec<_> = groups.iter().map(|group| group.matches("<tr><td>").count() as u64).collect();
    assert_eq!(lines, report.causes.iter().map(|cause| cause.count).collect::<Vec<_>>());
    for (group, cause) in groups.iter().zip(&report.causes) {
        assert!(group.contains(&format!("<code>{}</code>", cause.cause.id())), "{}", cause.title);
    }
}

#[test]
fn a_finding_without_a_counted_cause_is_shown_all_the_same() {
    let mut report = sample::perfect();
    report.findings = vec![sample::finding(Severity::Loss, Cause::Missing, "INBOX", None, "here I am")];
    let page = html(&report);
    assert!(page.contains("here I am") && page.contains(Cause::Missing.title()));
}

#[test]
fn the_page_and_the_sheet_name_the_hash_of_the_json_form() {
    let report = sample::report();
    let hash = hex::encode(Sha256::digest(render(&report, ReportFormat::Json).bytes));
    assert!(html(&report).contains(&hash));
    assert!(sheet(&report).iter().any(|row| row["detail"] == hash));
}

#[test]
fn the_page_stands_alone_and_is_built_for_readers() {
    for report in [sample::report(), sample::perfect()] {
        let page = html(&report);
        for part in [
            "<!DOCTYPE html>",
            "<html lang=\"en\">",
            "default-src 'none'",
            "<h1>Migration report</h1>",
            "<h2 id=\"verdict\">",
            "<h2 id=\"totals\">",
            "<h2 id=\"folders\">",
            "<h2 id=\"causes\">",
            "<h2 id=\"method\">",
            "prefers-color-scheme: dark",
            "@media print",
            &report.version,
            "2026-01-31 12:00:00 UTC",
        ] {
            assert!(page.contains(part), "{part} is missing");
        }
        for foreign in
            ["<script", "<link", "<img", "<iframe", "@import", "url(", "http:", "https:", " style="]
        {
            assert!(!page.contains(foreign), "{foreign} is in the page");
        }
        assert!(!page.contains("<th>"), "every heading cell has a scope");
        for tag in [
            "main", "section", "table", "thead", "tbody", "tr", "td", "th", "div", "dl", "svg", "bdi",
            "data", "footer",
        ] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "every {tag} is closed");
        }
    }
}

#[test]
fn no_text_of_a_mailbox_becomes_markup() {
    let clean = html(&hostile("x"));
    for text in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</bdi></td></table><iframe src=javascript:alert(1)>",
        "</style><style>*{display:none}</style>",
        "</title><script>alert(1)</script>",
        "<!--",
        "]]>",
        "&lt;script&gt;",
        "<a href=\"javascript:alert(1)\">x</a>",
        "\u{202e}\u{2066}moc.elpmaxe\0<b>\u{9b}31m",
        "<\0script>",
        "＜script＞",
    ] {
        let page = html(&hostile(text));
        assert_eq!(page.matches('<').count(), clean.matches('<').count(), "{text:?} made or broke a tag");
        let body = body(&page);
        assert_eq!(body.matches('"').count(), self::body(&clean).matches('"').count(), "{text:?}");
        for c in body.chars() {
            assert!(!c.is_control() || c == '\n', "{text:?} let {c:?} through");
            assert!(
                !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
                "{text:?} let {c:?} through"
            );
        }
    }
}

#[test]
fn no_text_of_a_mailbox_becomes_a_formula() {
    for text in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\0=1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
        "=cmd|' /C calc'!A0",
    ] {
        let rows = sheet(&hostile(text));
        let finding = rows.iter().find(|row| row["row"] == "finding").expect("is there");
        for column in ["folder", "uid", "message_id", "detail"] {
            assert!(finding[column].starts_with('\''), "{column} of {text:?} is {:?}", finding[column]);
        }
        for cell in rows.iter().flat_map(BTreeMap::values) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:?}");
        }
    }
}

#[test]
fn the_sheet_is_rfc_4180_whatever_a_cell_holds() {
    let mut report = hostile("a,\"b\"\r\nc");
    report.project = "x".repeat(5000);
    let text = String::from_utf8(render(&report, ReportFormat::Csv).bytes).expect("is UTF-8");
    assert!(text.starts_with("\u{feff}row,severity,cause,title,folder,") && text.ends_with("\r\n"));
    let rows = sheet(&report);
    let finding = rows.iter().find(|row| row["row"] == "finding").expect("is there");
    assert_eq!(finding["folder"], "a,\"b\"␍␊c");
    assert_eq!(text.matches("\r\n").count(), rows.len() + 1, "one line a row");
}

#[test]
fn a_file_name_is_safe_in_a_header_and_on_a_disk() {
    let mut report = sample::report();
    for user in ["anna@example.org", "../../x", "a\"; filename=\"b\r\nX: y", "日本語", ""] {
        report.target.user = user.into();
        for format in ReportFormat::ALL {
            let name = render(&report, format).file_name;
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b)), "{name}");
            assert!(name.starts_with("migration-report_") && name.ends_with(format.extension()), "{name}");
        }
    }
}

#[test]
fn every_verdict_has_its_own_look_and_word() {
    let mut report = sample::report();
    for (verdict, class) in [
        (Verdict::Perfect, "verdict perfect"),
        (Verdict::Good, "verdict good"),
        (Verdict::Investigate, "verdict investigate"),
        (Verdict::Poor, "verdict poor"),
    ] {
        report.verdict = verdict;
        let page = html(&report);
        assert!(page.contains(class) && page.contains(&format!("</span>{}</h2>", verdict.title())));
    }
}

/// A report in which every field that others write holds one text.
fn hostile(text: &str) -> Report {
    let mut report = sample::perfect();
    let mut item = sample::item(1, 1, Some(text));
    item.id = text.into();
    let mut finding = sample::finding(Severity::Loss, Cause::Missing, "INBOX", Some(item), text);
    finding.subject.folder = Some(FolderPath::new([text]));
    report.findings = vec![finding];
    report.causes = by_cause(&report.findings);
    report.project = text.into();
    report.sentence = text.into();
    report.version = text.into();
    for side in [&mut report.source, &mut report.target] {
        side.host = text.into();
        side.user = text.into();
    }
    for folder in &mut report.folders {
        folder.source = FolderPath::new([text]);
        folder.target = FolderPath::new([text, "elsewhere"]);
    }
    report
}

#[test]
fn findings_of_one_cause_are_counted_by_their_own_severity_in_every_form() {
    let mut report = sample::perfect();
    let renamed =
        |severity| sample::finding(severity, Cause::FolderRenamed, "Old", None, "“Old” became “New”.");
    report.findings = [Severity::Info, Severity::Warning, Severity::Info].map(renamed).to_vec();
    report.causes = by_cause(&report.findings);
    // A report of an earlier version does not say how many matter less.
    let mut older = report.clone();
    older.causes.iter_mut().for_each(|cause| cause.lesser.clear());
    for report in [&report, &older] {
        let shown = table_numbers(&html(report), "<table class=\"causes\">");
        assert_eq!(shown[1..], [[1], [2]], "one differs, two are notes");
    }
    let rows = sheet(&report);
    let told = rows.iter().filter(|row| row["row"] == "cause");
    let told: Vec<_> = told.map(|row| (row["severity"].as_str(), row["findings"].as_str())).collect();
    assert_eq!(told, [("Warning", "1"), ("Info", "2")]);
}
