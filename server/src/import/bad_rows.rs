//! The rows that are left out as a CSV file: as they were brought, with a column that says what is wrong. Corrected, the
//! file is brought again.

use super::{Import, Line, Written, columns};
use crate::report::cell::guarded;

/// The name of the column that says what is wrong. A list that has it was written here.
const PROBLEM: &str = "Problem (leave this column, it is not read)";

/// Why a row was left out in which nothing is wrong.
const EXCLUDED: &str = "The name on the source is one of those that are left out.";

/// Whether the first row of a list was written here.
pub(super) fn is_ours(cells: &[String]) -> bool {
    cells.last().is_some_and(|cell| cell.trim() == PROBLEM)
}

/// Takes back what was put before cells that a spreadsheet would have run as formulas.
pub(super) fn unguard(lines: &mut [Line]) {
    for cell in lines.iter_mut().flat_map(|line| &mut line.cells) {
        if let Some(bare) = cell.strip_prefix('\'')
            && guard(bare) == *cell
        {
            *cell = bare.to_owned();
        }
    }
}

/// A cell that no spreadsheet runs as a formula, with one sign before it that [`unguard`] takes away.
pub(super) fn guard(cell: &str) -> String {
    if cell.starts_with('\'') || guarded(cell).starts_with('\'') {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Writes the file: RFC 4180 in UTF-8, with the separator of the list that was brought, and with a byte order mark, as
/// spreadsheets expect it, unless that list was UTF-8 without one.
pub(crate) fn write(import: &Import) -> Result<Vec<u8>, csv::Error> {
    let Written { separator, marked } = import.written;
    let mark = if marked { "\u{feff}" } else { "" };
    let mut sheet = csv::WriterBuilder::new()
        .delimiter(separator)
        .terminator(csv::Terminator::CRLF)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::from(mark.as_bytes()));
    let width = import.lines.iter().map(|line| line.cells.len()).max().unwrap_or_default();
    let width = width.max(import.columns.len());
    let titles = (0..width).map(|at| {
        let own = import.header.as_ref().and_then(|header| header.cells.get(at));
        let own = own.filter(|name| !name.trim().is_empty()).map(|name| guard(name));
        let said = import.columns.get(at).copied().flatten().map(|field| columns::words(field).to_owned());
        own.or(said).unwrap_or_else(|| format!("Column {}", columns::letter(at)))
    });
    let ours = import.header.as_ref().is_some_and(|header| is_ours(&header.cells));
    // A file that comes back has the column already: its reasons are replaced.
    let kept = if ours { width.saturating_sub(1) } else { width };
    sheet.write_record(titles.take(kept).chain([PROBLEM.to_owned()]))?;
    for (line, row) in import.lines.iter().zip(&import.judged).filter(|(_, row)| !row.is_good()) {
        let cells = (0..kept).map(|at| line.cells.get(at).map(|cell| guard(cell)).unwrap_or_default());
        let excluded = row.excluded.then(|| EXCLUDED.to_owned());
        let reasons: Vec<_> =
            excluded.into_iter().chain(row.problems.iter().map(ToString::to_string)).collect();
        sheet.write_record(cells.chain([reasons.join(" ")]))?;
    }
    sheet.into_inner().map_err(|error| error.into_error().into())
}
