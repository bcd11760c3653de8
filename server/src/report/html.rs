//! The report as one self-contained page: no script, nothing loaded, prints on A4 and Letter.

mod findings;
mod folders;
mod method;
mod summary;

use shared::report::Report;

use super::markup::Markup;

/// Everything before the title. The policy holds when the file is opened from a disk, where no server can send one.
const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta name=\"referrer\" content=\"no-referrer\">
<meta name=\"robots\" content=\"noindex\">
<title>";

/// Writes the page. `json_sha256` identifies the JSON form of the same report.
pub(super) fn page(report: &Report, json_sha256: &str) -> Vec<u8> {
    let mut page = Markup::default();
    page.raw(HEAD).say(&title(report)).raw("</title>\n<style>\n").raw(include_str!("report.css"));
    page.raw("</style>\n</head>\n<body>\n<main>\n");
    summary::write(&mut page, report);
    findings::write_causes(&mut page, report);
    folders::write(&mut page, report);
    findings::write_all(&mut page, report);
    method::write(&mut page, report);
    page.raw("</main>\n");
    method::write_colophon(&mut page, report, json_sha256);
    page.raw("</body>\n</html>\n");
    page.into_bytes()
}

fn title(report: &Report) -> String {
    let user = super::words::shown(&report.source.user);
    format!("Migration report of {user}: {}", report.verdict.title())
}
