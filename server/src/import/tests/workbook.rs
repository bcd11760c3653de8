//! Workbooks as spreadsheets write them, made here.

use std::io::Write as _;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// A workbook with one sheet of these cells, as shared strings.
pub(super) fn of(rows: &[&[&str]]) -> Vec<u8> {
    let (mut sheet, mut strings) = (String::new(), String::new());
    let mut number = 0;
    for (at, row) in rows.iter().enumerate() {
        sheet.push_str(&format!("<row r=\"{}\">", at + 1));
        for (column, cell) in row.iter().enumerate() {
            let letter = char::from(b'A' + column as u8);
            sheet.push_str(&format!("<c r=\"{letter}{}\" t=\"s\"><v>{number}</v></c>", at + 1));
            strings.push_str(&format!("<si><t xml:space=\"preserve\">{cell}</t></si>"));
            number += 1;
        }
        sheet.push_str("</row>");
    }
    let sheet = format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>");
    archive(&[
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", format!("<sst>{strings}</sst>").as_bytes()),
    ])
}

/// A workbook with this sheet.
pub(super) fn with_sheet(sheet: &str) -> Vec<u8> {
    archive(&[
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A workbook whose sheet is a thousand times as large as the file.
pub(super) fn bomb() -> Vec<u8> {
    with_sheet(&" ".repeat(300 * 1024 * 1024))
}

const WORKBOOK: &str = "<?xml version=\"1.0\"?><workbook xmlns:r=\"x\"><sheets><sheet name=\"List\" sheetId=\"1\" r:id=\"rId1\"/>\
    </sheets></workbook>";
const RELATIONS: &str =
    "<Relationships><Relationship Id=\"rId1\" Type=\"x\" Target=\"worksheets/sheet1.xml\"/></Relationships>";

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, inside) in parts {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(inside).expect("deflates");
        let stored = encoder.finish().expect("deflates");
        let mut crc = Crc::new();
        crc.update(inside);
        let offset = bytes.len() as u32;
        let mut common = Vec::new();
        for field in [20_u16, 0, 8, 0, 0] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc.sum(), stored.len() as u32, inside.len() as u32] {
            common.extend(field.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(stored);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (begin, length, count) = (bytes.len() as u32, directory.len() as u32, parts.len() as u16);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(begin.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}
