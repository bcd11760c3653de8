//! The first sheet of an XLSX file (ECMA-376: a ZIP archive of XML parts) as a table. Bounded before and after inflating.

mod archive;
mod markup;

use std::collections::HashMap;

use archive::Archive;
use markup::{Token, tokens};

use super::{Line, Sheet, Written};

/// Most columns that are looked at.
const COLUMNS_MAX: usize = 64;
/// Most rows that are looked at: one more than a list may have, so that too many are told as such.
const ROWS_MAX: usize = shared::import::ROWS_MAX + 2;
/// Strings that are kept: more than the rows of a list can name.
const STRINGS_MAX: usize = 16 * ROWS_MAX;

/// Reads the first sheet; the error is a sentence.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, String> {
    let archive = Archive::open(bytes)?;
    let workbook = archive
        .text("xl/workbook.xml")?
        .ok_or("This is no XLSX file: it has no workbook. Save it as XLSX or CSV.")?;
    let (name, relation) = first_sheet(&workbook).ok_or("The workbook has no sheet.")?;
    let relations = archive.text("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
    let path = target(&relations, &relation).unwrap_or_else(|| "xl/worksheets/sheet1.xml".into());
    let sheet = archive.text(&path)?.ok_or("The workbook's first sheet is not in the file.")?;
    let shared = archive.text("xl/sharedStrings.xml")?.map(|text| strings(&text)).unwrap_or_default();
    Ok(Sheet { kind: format!("Sheet {name}"), rows: rows(&sheet, &shared), written: Written::default() })
}

fn first_sheet(workbook: &str) -> Option<(String, String)> {
    tokens(workbook).find_map(|token| match token {
        Token::Open { name: "sheet", attributes, .. } => {
            Some((attributes.get("name").unwrap_or_default(), attributes.get("id")?))
        }
        Token::Open { .. } | Token::Close(_) | Token::Text(_) => None,
    })
}

fn target(relations: &str, id: &str) -> Option<String> {
    tokens(relations).find_map(|token| match token {
        Token::Open { name: "Relationship", attributes, .. }
            if attributes.get("Id").as_deref() == Some(id) =>
        {
            let target = attributes.get("Target")?;
            Some(match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            })
        }
        Token::Open { .. } | Token::Close(_) | Token::Text(_) => None,
    })
}

/// The strings that cells name by number. How a word is pronounced (`rPh`) is no part of it.
fn strings(text: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let (mut in_text, mut in_phonetic) = (false, false);
    for token in tokens(text) {
        match token {
            Token::Open { name: "si", .. } if strings.len() >= STRINGS_MAX => break,
            Token::Open { name: "si", closed, .. } => {
                strings.push(String::new());
                in_text = in_text && !closed;
            }
            Token::Open { name: "t", closed, .. } => in_text = !closed,
            Token::Close("t") => in_text = false,
            Token::Open { name: "rPh", closed, .. } => in_phonetic = !closed,
            Token::Close("rPh") => in_phonetic = false,
            Token::Text(text) if in_text && !in_phonetic => {
                if let Some(string) = strings.last_mut() {
                    string.push_str(&text);
                }
            }
            Token::Open { .. } | Token::Close(_) | Token::Text(_) => {}
        }
    }
    strings
}

fn rows(sheet: &str, shared: &[String]) -> Vec<Line> {
    let mut rows: Vec<Line> = Vec::new();
    let (mut number, mut cells) = (0_u64, HashMap::<usize, String>::new());
    let (mut column, mut kind, mut value, mut in_value) = (0_usize, String::new(), String::new(), false);
    let mut next = 0;
    for token in tokens(sheet) {
        match token {
            Token::Open { name: "row", attributes, .. } => {
                if rows.len() >= ROWS_MAX {
                    break;
                }
                number = attributes
                    .get("r")
                    .and_then(|r| r.parse().ok())
                    .unwrap_or_else(|| number.saturating_add(1));
                cells.clear();
                next = 0;
            }
            Token::Open { name: "c", attributes, .. } => {
                column = attributes.get("r").and_then(|r| column_of(&r)).unwrap_or(next);
                next = column.saturating_add(1);
                kind = attributes.get("t").unwrap_or_default();
                value.clear();
            }
            Token::Open { name: "v" | "t", closed, .. } => in_value = !closed,
            Token::Close("v" | "t") => in_value = false,
            Token::Text(text) if in_value => value.push_str(&text),
            Token::Close("c") => {
                let text = match kind.as_str() {
                    "s" => value.trim().parse().ok().and_then(|at: usize| shared.get(at)).cloned(),
                    _ => Some(std::mem::take(&mut value)),
                };
                if let Some(text) = text.filter(|text| !text.is_empty() && column < COLUMNS_MAX) {
                    cells.insert(column, text);
                }
            }
            Token::Close("row") if cells.values().any(|cell| !cell.trim().is_empty()) => {
                let width = cells.keys().max().map_or(0, |last| last + 1);
                let row = (0..width).map(|at| cells.remove(&at).unwrap_or_default()).collect();
                rows.push(Line { number, cells: row, torn: false });
            }
            Token::Close("sheetData") => break,
            Token::Open { .. } | Token::Close(_) | Token::Text(_) => {}
        }
    }
    rows
}

/// The column of a cell's name: `AB12` is 27.
fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters
        .fold(0_usize, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}
