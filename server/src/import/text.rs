//! Text of any usual character set, separated by commas, semicolons or tabs, into a table.

use shared::import::ROWS_MAX;

use super::{Line, Sheet, Written};

/// Rows that are looked at to find the separator.
const LOOKED_AT: usize = 50;

/// Bytes as text: a byte order mark decides, then whether it is UTF-8, and what is left is Windows-1252.
/// And whether the same text in UTF-8 is to have a mark: not, where the bytes are UTF-8 without one.
pub(super) fn decode(bytes: &[u8]) -> (String, &'static str, bool) {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (String::from_utf8_lossy(rest).into_owned(), "UTF-8", true),
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), "UTF-16", true),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), "UTF-16", true),
        _ => match str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), "UTF-8", false),
            Err(_) => (bytes.iter().copied().map(windows_1252).collect(), "Windows-1252", true),
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The characters of 0x80 to 0x9F, where Windows-1252 is not Latin-1 (WHATWG Encoding Standard, index windows-1252).
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Text as a table, as RFC 4180 says; rows without any text are passed over. `marked`: what is written of it begins with a
/// byte order mark.
pub(super) fn table(text: &str, from: &str, marked: bool) -> Sheet {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let separator = separator(text);
    let mut rows = Vec::new();
    let mut line = 1;
    let mut rest = text;
    // A list with more is refused, whatever else is in it.
    while !rest.is_empty() && rows.len() <= ROWS_MAX + 1 {
        let Row { cells, torn, breaks, after } = row(rest, separator);
        if torn || cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(Line { number: line, cells, torn });
        }
        line += breaks;
        rest = after;
    }
    let (word, separator) = match separator {
        '\t' => ("tabs", b'\t'),
        ';' => ("semicolons", b';'),
        _ => ("commas", b','),
    };
    Sheet { kind: format!("{from}, {word} between"), rows, written: Written { separator, marked } }
}

struct Row<'a> {
    cells: Vec<String>,
    torn: bool,
    breaks: u64,
    after: &'a str,
}

/// The first row of a text. A quote that is never closed ends with its line: the rows below must not be lost in it.
fn row(text: &str, separator: char) -> Row<'_> {
    let mut row = read(text, separator);
    if row.torn {
        let end = text.find('\n').map_or(text.len(), |at| at + 1);
        let cells = text[..end].trim_end().split(separator).map(str::to_owned).collect();
        row = Row { cells, torn: true, breaks: 1, after: &text[end..] };
    }
    row
}

/// Longest cell with quotes, in bytes and in line breaks: beyond it the quote is taken for one that is never closed, so
/// that a file full of such quotes is still read quickly.
const CELL_MAX: usize = 20 * 1024;
const BREAKS_MAX: u64 = 20;

fn read(text: &str, separator: char) -> Row<'_> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut breaks = 0;
    let mut quoted = None;
    let mut characters = text.char_indices().peekable();
    let mut end = text.len();
    while let Some((at, character)) = characters.next() {
        match (character, quoted) {
            ('"', Some(_)) if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                cell.push('"');
            }
            // Behind a quote that closes, the cell is over (RFC 4180, section 2): else it is another row's.
            ('"', Some(_)) => match characters.peek() {
                Some((_, next)) if *next != separator && !matches!(next, '\r' | '\n') => break,
                Some(_) | None => quoted = None,
            },
            (_, Some(begun)) if at - begun > CELL_MAX || breaks > BREAKS_MAX => break,
            ('\n', Some(_)) => {
                breaks += 1;
                cell.push('\n');
            }
            ('"', None) if cell.is_empty() => quoted = Some(at),
            ('\n', None) => {
                end = at + 1;
                break;
            }
            ('\r', None) if characters.peek().is_none_or(|(_, next)| *next == '\n') => {}
            (character, None) if character == separator => cells.push(std::mem::take(&mut cell)),
            (character, Some(_) | None) => cell.push(character),
        }
    }
    cells.push(cell);
    Row { cells, torn: quoted.is_some(), breaks: breaks + 1, after: &text[end..] }
}

/// The separator that cuts the first rows into the same number of cells most often; of equal ones the first of the first
/// row, because a password may hold the others.
fn separator(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut candidates = [',', ';', '\t'];
    candidates.sort_by_key(|candidate| first.find(*candidate).unwrap_or(usize::MAX));
    let agreement = |separator: char| {
        let mut sizes = Vec::new();
        let mut rest = text;
        while sizes.len() < LOOKED_AT && !rest.is_empty() {
            let row = row(rest, separator);
            if row.cells.iter().any(|cell| !cell.trim().is_empty()) {
                sizes.push(row.cells.len());
            }
            rest = row.after;
        }
        let of_first = sizes.first().copied().unwrap_or(1);
        if of_first < 2 { 0 } else { sizes.iter().filter(|size| **size == of_first).count() }
    };
    let mut best = (candidates[0], agreement(candidates[0]));
    for candidate in candidates[1..].iter().copied() {
        let agrees = agreement(candidate);
        if agrees > best.1 {
            best = (candidate, agrees);
        }
    }
    best.0
}
