//! A whole report out of its folders and findings.

use shared::{
    finding::{Finding, by_cause},
    pass::PassKind,
    project::VerifyDepth,
    report::{Report, ReportFolder, ReportSide, Totals},
    time::Timestamp,
};

use super::verdict;

/// What stands at the head of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The product's version.
    pub version: String,
    /// The project's name; empty on the command line.
    pub project: String,
    /// When the comparison was finished.
    pub created: Timestamp,
    /// The pass that made it.
    pub pass: PassKind,
    /// How far it looked.
    pub depth: VerifyDepth,
    /// The source mailbox.
    pub source: ReportSide,
    /// The target mailbox.
    pub target: ReportSide,
}

/// Assembles a report: totals over the folders, findings worst first, and the verdict.
pub fn build_report(summary: Summary, folders: Vec<ReportFolder>, mut findings: Vec<Finding>) -> Report {
    let Summary { version, project, created, pass, depth, source, target } = summary;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let totals = folders.iter().fold(Totals::default(), |sum, folder| add(sum, folder.totals));
    let (verdict, sentence) = verdict(&totals, &findings, depth);
    Report {
        version,
        project,
        created,
        pass,
        depth,
        source,
        target,
        verdict,
        sentence,
        totals,
        folders,
        causes: by_cause(&findings),
        findings,
        approved: None,
    }
}

fn add(left: Totals, right: Totals) -> Totals {
    Totals {
        source_items: left.source_items + right.source_items,
        source_bytes: left.source_bytes + right.source_bytes,
        target_items: left.target_items + right.target_items,
        target_bytes: left.target_bytes + right.target_bytes,
        matched: left.matched + right.matched,
        identical: left.identical + right.identical,
        altered: left.altered + right.altered,
        missing: left.missing + right.missing,
        left_out: left.left_out + right.left_out,
        extra: left.extra + right.extra,
    }
}
