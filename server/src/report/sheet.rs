//! The report as a spreadsheet: one row per finding, after rows for the report itself, the totals, folders and causes.
//!
//! RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets misread every name that is not ASCII. The first
//! column says what a row is; cells that make no sense for it are empty. Sizes are bytes, times RFC 3339 in UTC.

use shared::{
    finding::Finding,
    report::{Report, ReportSide, Totals},
};

use super::{cell::guarded, words};

/// The columns: their names, in order, and what a row of each kind has in them.
///
/// | row       | title       | detail      | numbers      | rest                              |
/// |-----------|-------------|-------------|--------------|-----------------------------------|
/// | `report`  | what        | its value   |              |                                   |
/// | `total`   | All folders |             | all          |                                   |
/// | `folder`  | role        |             | all          | `folder`, `target_folder`         |
/// | `cause`   | cause       |             | `findings`   | `severity`, `cause`, `what_to_do` |
/// | `finding` | cause       | particulars | `size_bytes` | all but `target_folder`           |
const COLUMNS: [&str; 23] = [
    "row",
    "severity",
    "cause",
    "title",
    "folder",
    "target_folder",
    "uid",
    "received_utc",
    "size_bytes",
    "message_id",
    "detail",
    "what_to_do",
    "findings",
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

/// One line, filled by column name so that no value can slip into a neighbour's column.
#[derive(Debug, Default)]
struct Row([String; COLUMNS.len()]);

impl Row {
    fn new(kind: &'static str) -> Self {
        Self::default().text("row", kind)
    }

    fn text(mut self, column: &'static str, value: &str) -> Self {
        if let Some(cell) = COLUMNS.iter().position(|name| *name == column).and_then(|at| self.0.get_mut(at))
        {
            *cell = guarded(value);
        }
        self
    }

    fn number(self, column: &'static str, value: u64) -> Self {
        self.text(column, &value.to_string())
    }

    fn totals(self, totals: &Totals) -> Self {
        self.number("source_messages", totals.source_items)
            .number("target_messages", totals.target_items)
            .number("matched", totals.matched)
            .number("identical", totals.identical)
            .number("altered", totals.altered)
            .number("missing", totals.missing)
            .number("left_out", totals.left_out)
            .number("extra", totals.extra)
            .number("source_bytes", totals.source_bytes)
            .number("target_bytes", totals.target_bytes)
    }
}

/// Writes the file. `json_sha256` identifies the JSON form of the same report.
pub(super) fn write(report: &Report, json_sha256: &str) -> Vec<u8> {
    let mut sheet = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::from("\u{feff}".as_bytes()));
    let mut put = |row: Row| {
        sheet
            .write_record(&row.0)
            .expect("a line in memory has nothing to fail on, and all have the same length");
    };
    put(Row(COLUMNS.map(Into::into)));
    for row in about(report, json_sha256) {
        put(row);
    }
    put(Row::new("total").text("title", "All folders").totals(&report.totals));
    for folder in &report.folders {
        let row = Row::new("folder").text("title", folder.role.map_or("", words::role));
        let row =
            row.text("folder", &folder.source.to_string()).text("target_folder", &folder.target.to_string());
        put(row.totals(&folder.totals));
    }
    for (cause, group) in
        report.causes.iter().flat_map(|cause| cause.by_severity().map(move |group| (cause, group)))
    {
        let row = Row::new("cause")
            .text("severity", words::severity(group.severity))
            .text("cause", cause.cause.id());
        put(row
            .text("title", &cause.title)
            .text("what_to_do", &cause.advice)
            .number("findings", group.count));
    }
    for finding in &report.findings {
        put(finding_row(finding));
    }
    sheet.into_inner().expect("memory has nothing left to flush")
}

fn about(report: &Report, json_sha256: &str) -> Vec<Row> {
    let mailbox = |side: &ReportSide| format!("{} at {}", side.user, side.host);
    let lines = [
        ("Verdict", report.verdict.title().into()),
        ("Verdict in a sentence", report.sentence.clone()),
        ("Project", report.project.clone()),
        ("Source mailbox", mailbox(&report.source)),
        ("Target mailbox", mailbox(&report.target)),
        ("Pass", report.pass.title().into()),
        ("Compared", report.created.to_string()),
        ("How it was compared", words::depth(report.depth).into()),
        ("Version of carbonio-migrate", report.version.clone()),
        ("SHA-256 of the JSON form", json_sha256.into()),
    ];
    let approved = report.approved.iter().map(|approval| {
        let note = if approval.note.is_empty() { String::new() } else { format!(": {}", approval.note) };
        ("Differences approved", format!("by {} on {}{note}", approval.who, approval.at))
    });
    lines
        .into_iter()
        .chain(approved)
        .map(|(title, value)| Row::new("report").text("title", title).text("detail", &value))
        .collect()
}

fn finding_row(finding: &Finding) -> Row {
    let mut row = Row::new("finding")
        .text("severity", words::severity(finding.severity))
        .text("cause", finding.cause.id())
        .text("title", finding.cause.title())
        .text("detail", &finding.detail)
        .text("what_to_do", finding.cause.advice());
    if let Some(folder) = &finding.subject.folder {
        row = row.text("folder", &folder.to_string());
    }
    if let Some(item) = &finding.subject.item {
        row = row.text("uid", &item.id).number("size_bytes", item.size);
        row = row.text("message_id", item.message_id.as_deref().unwrap_or_default());
        row = row.text("received_utc", &item.received.map(|at| at.to_string()).unwrap_or_default());
    }
    row
}
