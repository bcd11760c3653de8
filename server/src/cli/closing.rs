//! What is printed at the end: folder by folder, findings by cause with advice, the verdict, and where things are.

use std::path::{Path, PathBuf};

use shared::{
    cause::Cause,
    finding::{CauseCount, Finding, Severity, SeverityCount, by_cause},
    folder::FolderPath,
    job::FolderRow,
    pass::{PassEnd, PassKind},
    plan::PlanView,
    report::Report,
};

use super::{
    Exit,
    table::{Row, table},
};
use crate::report::words;

/// Examples shown of each cause; the report has them all.
pub(super) const EXAMPLES: usize = 3;
/// The same in a dry run, which writes no report; what rules leave out is shown too.
const DRY_EXAMPLES: usize = 100;

/// How a run went.
#[derive(Debug)]
pub(super) struct Closing<'a> {
    /// Source mailbox in words.
    pub(super) source: String,
    /// Target mailbox in words.
    pub(super) target: String,
    /// What was done.
    pub(super) kind: PassKind,
    /// How it ended.
    pub(super) end: &'a PassEnd,
    /// The plan, of a dry run.
    pub(super) plan: Option<&'a PlanView>,
    /// The comparison, when it came that far.
    pub(super) report: Option<&'a Report>,
    /// The ledger's folders.
    pub(super) folders: &'a [FolderRow],
    /// Findings of this pass by cause, where there is no report.
    pub(super) causes: &'a [CauseCount],
    /// Some of them.
    pub(super) examples: &'a [Finding],
    /// How long it took.
    pub(super) seconds: u64,
    /// The report's files; none: no report was asked for.
    pub(super) files: Option<&'a [PathBuf]>,
    /// The ledger.
    pub(super) ledger: &'a Path,
}

impl Closing<'_> {
    /// The text, ready to print.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{}: {} → {}, {}\n\n",
            self.kind.title(),
            words::shown(&self.source),
            words::shown(&self.target),
            words::span(self.seconds)
        );
        text.push_str(&self.folder_table());
        text.push_str(&self.findings());
        text.push_str(&self.last_words());
        text
    }

    fn folder_table(&self) -> String {
        let (heads, rows, last): (&[&str], Vec<Row>, Row) = match (self.plan, self.report) {
            (Some(plan), _) => (&PLAN_HEADS, plan_rows(plan), plan_total(plan)),
            (None, Some(report)) => {
                (&REPORT_HEADS, report_rows(report, self.folders), report_total(report, self.folders))
            }
            (None, None) => (&LEDGER_HEADS, ledger_rows(self.folders), ledger_total(self.folders)),
        };
        if rows.is_empty() {
            return String::new();
        }
        format!("{}\n", table(heads, "folder", &rows, Some(&last)))
    }

    fn findings(&self) -> String {
        let (counted, findings): (Vec<CauseCount>, &[Finding]) = match (self.plan, self.report) {
            (Some(plan), _) => (by_cause(&plan.findings), &plan.findings),
            (None, Some(report)) => (report.causes.clone(), &report.findings),
            (None, None) => (self.causes.to_vec(), self.examples),
        };
        if counted.is_empty() {
            return String::new();
        }
        let mut text = String::from("Findings by cause\n");
        for cause in &counted {
            text.push_str(&cause_text(cause, findings, self.plan.is_some()));
        }
        text.push('\n');
        text
    }

    fn last_words(&self) -> String {
        let mut lines = vec![match (self.end, self.plan, self.report) {
            (PassEnd::Finished, Some(plan), _) => foretold(plan),
            (PassEnd::Finished, None, Some(report)) => {
                format!("Verdict: {}. {}", report.verdict.title(), words::visible(&report.sentence))
            }
            (PassEnd::Finished, None, None) => "The run ended without a comparison. Run it again.".into(),
            (PassEnd::Paused | PassEnd::Cancelled, ..) => {
                "Stopped. Run the same command again to go on: nothing is copied twice.".into()
            }
            (PassEnd::Aborted { cause, .. }, ..) => not_complete(*cause),
        }];
        match self.files {
            None => {}
            Some([]) => lines.push(format!("Report:  none was written, because {}.", self.why_no_report())),
            Some(files) => {
                lines.extend(
                    files.iter().map(|file| format!("Report:  {}", words::visible(&file.to_string_lossy()))),
                );
            }
        }
        lines.push(format!("Ledger:  {}", words::visible(&self.ledger.to_string_lossy())));
        lines.join("\n") + "\n"
    }

    fn why_no_report(&self) -> &'static str {
        match self.kind {
            PassKind::DryRun => "a dry run compares nothing",
            PassKind::Probe => "counting changes compares nothing",
            PassKind::Initial | PassKind::Delta | PassKind::Final | PassKind::Verify => {
                "the run did not come to the end of the comparison"
            }
        }
    }
}

/// What to do about a run that could not go on: the same command ends the same way where it has to say something else first.
fn not_complete(cause: Cause) -> String {
    let exit = Exit::of_cause(cause);
    if matches!(exit, Exit::Arguments | Exit::LoginRefused | Exit::TlsNotTrusted) {
        return format!(
            "Not complete. {} Then run the command again: nothing is copied twice.",
            cause.advice()
        );
    }
    "Not complete. Run the same command again to go on: nothing is copied twice.".into()
}

const PLAN_HEADS: [&str; 5] = ["source", "there already", "to copy", "to leave out", "size to copy"];
const REPORT_HEADS: [&str; 8] =
    ["source", "copied", "skipped", "target", "identical", "altered", "missing", "extra"];
const LEDGER_HEADS: [&str; 4] = ["source", "copied", "skipped", "size"];

fn cells<const N: usize>(numbers: [u64; N]) -> Vec<String> {
    numbers.map(words::count).to_vec()
}

fn name(source: &FolderPath, target: &FolderPath) -> String {
    let source_name = source.to_string();
    if source == target {
        return words::shown(&source_name).into_owned();
    }
    format!("{} → {}", words::shown(&source_name), words::shown(&target.to_string()))
}

fn all(folders: usize) -> String {
    format!("all {}", words::counted(folders as u64, "folder"))
}

fn plan_rows(plan: &PlanView) -> Vec<Row> {
    let row = |folder: &shared::plan::PlannedFolder| {
        let mut row = cells([folder.items, folder.done, folder.copy, folder.skip]);
        row.push(words::size(folder.copy_bytes));
        let new = if folder.create { " (new)" } else { "" };
        (row, format!("{}{new}", name(&folder.source, &folder.target)))
    };
    plan.folders.iter().map(row).collect()
}

fn plan_total(plan: &PlanView) -> Row {
    let sum = |number: fn(&shared::plan::PlannedFolder) -> u64| plan.folders.iter().map(number).sum();
    let mut row = cells([sum(|f| f.items), sum(|f| f.done), sum(|f| f.copy), sum(|f| f.skip)]);
    row.push(words::size(sum(|f| f.copy_bytes)));
    (row, all(plan.folders.len()))
}

/// What the ledger knows of a folder: copied and left out. Nothing, after a comparison without a copy before it.
fn remembered(folders: &[FolderRow], source: &FolderPath) -> [u64; 2] {
    let known = folders.iter().find(|folder| folder.source == *source);
    known.map_or([0, 0], |folder| [folder.copied, folder.skipped])
}

fn report_rows(report: &Report, folders: &[FolderRow]) -> Vec<Row> {
    let row = |folder: &shared::report::ReportFolder| {
        let totals = &folder.totals;
        let [copied, skipped] = remembered(folders, &folder.source);
        let numbers = [
            totals.source_items,
            copied,
            skipped,
            totals.target_items,
            totals.identical,
            totals.altered,
            totals.missing,
            totals.extra,
        ];
        (cells(numbers), name(&folder.source, &folder.target))
    };
    report.folders.iter().map(row).collect()
}

fn report_total(report: &Report, folders: &[FolderRow]) -> Row {
    let totals = &report.totals;
    let [copied, skipped] = report.folders.iter().fold([0, 0], |[copied, skipped], folder| {
        let known = remembered(folders, &folder.source);
        [copied + known[0], skipped + known[1]]
    });
    let numbers = [
        totals.source_items,
        copied,
        skipped,
        totals.target_items,
        totals.identical,
        totals.altered,
        totals.missing,
        totals.extra,
    ];
    (cells(numbers), all(report.folders.len()))
}

fn ledger_rows(folders: &[FolderRow]) -> Vec<Row> {
    let row = |folder: &FolderRow| {
        let mut row = cells([folder.items, folder.copied, folder.skipped]);
        row.push(words::size(folder.bytes));
        (row, name(&folder.source, &folder.target))
    };
    folders.iter().map(row).collect()
}

fn ledger_total(folders: &[FolderRow]) -> Row {
    let sum = |number: fn(&FolderRow) -> u64| folders.iter().map(number).sum();
    let mut row = cells([sum(|f| f.items), sum(|f| f.copied), sum(|f| f.skipped)]);
    row.push(words::size(sum(|f| f.bytes)));
    (row, all(folders.len()))
}

fn foretold(plan: &PlanView) -> String {
    let copy: u64 = plan.folders.iter().map(|folder| folder.copy).sum();
    let bytes: u64 = plan.folders.iter().map(|folder| folder.copy_bytes).sum();
    format!(
        "This was a dry run: nothing was written. Without --dry-run, {} ({}) would be copied.",
        words::counted(copy, "message"),
        words::size(bytes)
    )
}

/// `  Loss        4  Message larger than the target allows`, a few examples, and what to do.
fn cause_text(cause: &CauseCount, findings: &[Finding], dry: bool) -> String {
    let indent = " ".repeat(INDENT);
    let mut text = String::new();
    for SeverityCount { severity, count } in cause.by_severity() {
        let (severity, count) = (words::severity(severity), words::count(count));
        text.push_str(&format!("  {severity:<7}  {count:>7}  {}\n", cause.title));
    }
    let shown = match (cause.severity, dry) {
        (Severity::Info, true) if cause.cause.is_by_rule() => DRY_EXAMPLES,
        (Severity::Info, _) => 0,
        (Severity::Warning | Severity::Loss, true) => DRY_EXAMPLES,
        (Severity::Warning | Severity::Loss, false) => EXAMPLES,
    };
    let mut unshown = cause.count;
    for finding in findings.iter().filter(|finding| finding.cause == cause.cause).take(shown) {
        text.push_str(&format!("{indent}{}\n", example(finding)));
        unshown = unshown.saturating_sub(1);
    }
    if shown > 0 && (1..cause.count).contains(&unshown) {
        text.push_str(&format!("{indent}… and {} more\n", words::count(unshown)));
    }
    text.push_str(&format!("{indent}→ {}\n", cause.advice));
    text
}

/// Where titles begin in the list of causes.
const INDENT: usize = 20;

fn example(finding: &Finding) -> String {
    let mut text = words::place(finding.subject.folder.as_ref());
    if let Some(item) = &finding.subject.item {
        text = format!("{text}: {}", words::item(item));
    }
    if finding.detail.is_empty() {
        return words::shown(&text).into_owned();
    }
    format!("{}: {}", words::shown(&text), words::shown(&finding.detail))
}

#[cfg(test)]
mod tests;
