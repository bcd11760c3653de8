//! Writes a report in the form somebody asked for: the same numbers as HTML, CSV and JSON.

pub(crate) mod cell;
mod html;
mod markup;
mod sheet;
pub(crate) mod words;

use sha2::{Digest, Sha256};
use shared::report::{Report, ReportFormat};

/// A report, ready to be saved or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// The media type, with its character set.
    pub(crate) content_type: &'static str,
    /// A name to save it under: ASCII letters, digits, `.`, `-`, `_` and `@` only.
    pub(crate) file_name: String,
    /// The file.
    pub(crate) bytes: Vec<u8>,
}

/// Writes a report in one of its forms.
pub(crate) fn render(report: &Report, format: ReportFormat) -> Rendered {
    let json = json(report);
    let json_sha256 = hex::encode(Sha256::digest(&json));
    let (content_type, bytes) = match format {
        ReportFormat::Html => ("text/html; charset=utf-8", html::page(report, &json_sha256)),
        ReportFormat::Csv => ("text/csv; charset=utf-8; header=present", sheet::write(report, &json_sha256)),
        ReportFormat::Json => ("application/json", json),
    };
    Rendered { content_type, file_name: file_name(report, format), bytes }
}

/// The form the others are measured by: its SHA-256 stands in them.
fn json(report: &Report) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(report)
        .expect("a report has no map keys but names and no value that refuses to be written");
    bytes.push(b'\n');
    bytes
}

/// `migration-report_anna@example.org_2026-01-31.html`
fn file_name(report: &Report, format: ReportFormat) -> String {
    let user = words::file_safe(&report.target.user, 64);
    let created = report.created.to_string();
    let day = created.get(..10).unwrap_or("undated");
    format!("migration-report_{user}_{day}.{}", format.extension())
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
