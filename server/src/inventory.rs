//! The file of an inventory: a row for each mailbox, written a stretch at a time.
//!
//! RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets misread every name that is not ASCII. Sizes are
//! bytes, times RFC 3339 in UTC; what is not known is empty.

use shared::inventory::{InventoryRow, MailboxInventory};

use crate::report::cell::guarded;

/// The columns, in order.
const COLUMNS: [&str; 22] = [
    "source_user",
    "target_user",
    "folder_below",
    "batch",
    "looked_utc",
    "folders",
    "messages",
    "bytes",
    "messages_to_copy",
    "bytes_to_copy",
    "messages_too_large",
    "bytes_too_large",
    "folders_renamed",
    "folders_whose_name_clashes",
    "folders_unreadable",
    "target_bytes_free",
    "target_bytes_limit",
    "target_messages_free",
    "mailboxes_to_same_target",
    "messages_to_same_target",
    "bytes_to_same_target",
    "fits",
];

/// Writes the head of the file.
pub(crate) fn head() -> Result<Vec<u8>, csv::Error> {
    let mut sheet = sheet(Vec::from("\u{feff}".as_bytes()));
    sheet.write_record(COLUMNS)?;
    sheet.into_inner().map_err(|error| error.into_error().into())
}

/// Writes rows.
pub(crate) fn rows(rows: &[InventoryRow]) -> Result<Vec<u8>, csv::Error> {
    let mut sheet = sheet(Vec::new());
    for row in rows {
        sheet.write_record(cells(row))?;
    }
    sheet.into_inner().map_err(|error| error.into_error().into())
}

fn sheet(into: Vec<u8>) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(into)
}

fn cells(row: &InventoryRow) -> [String; COLUMNS.len()] {
    let found = |of: fn(&MailboxInventory) -> Option<u64>| {
        row.found.and_then(|it| of(&it)).map_or(String::new(), |number| number.to_string())
    };
    [
        guarded(&row.source_user),
        guarded(&row.target_user),
        guarded(&row.below.as_ref().map(ToString::to_string).unwrap_or_default()),
        guarded(row.batch.as_deref().unwrap_or_default()),
        row.found.map_or(String::new(), |it| it.looked.to_string()),
        found(|it| Some(it.folders)),
        found(|it| Some(it.items)),
        found(|it| Some(it.bytes)),
        found(|it| Some(it.copy)),
        found(|it| Some(it.copy_bytes)),
        found(|it| Some(it.oversized)),
        found(|it| Some(it.oversized_bytes)),
        found(|it| Some(it.renamed)),
        found(|it| Some(it.clashes)),
        found(|it| Some(it.unreadable)),
        found(|it| it.free_bytes),
        found(|it| it.limit_bytes),
        found(|it| it.free_items),
        row.together.to_string(),
        row.need.to_string(),
        row.need_bytes.to_string(),
        row.fit.word().to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use shared::{
        id::JobId,
        inventory::{Fit, InventoryRow, MailboxInventory},
        time::Timestamp,
    };

    use super::{COLUMNS, head, rows};

    fn row(source: &str, found: Option<MailboxInventory>) -> InventoryRow {
        InventoryRow {
            id: JobId(1),
            source_user: source.into(),
            target_user: "anna@new.example".into(),
            below: None,
            batch: Some("@SUM(1)".into()),
            found,
            together: 1,
            need: 3,
            need_bytes: 900,
            fit: Fit::Short,
        }
    }

    #[test]
    fn every_number_stands_below_its_name_and_no_cell_is_a_formula() {
        let found = MailboxInventory {
            looked: Timestamp::from_millis(1_769_860_800_000),
            folders: 2,
            unreadable: 1,
            items: 4,
            bytes: 1000,
            copy: 3,
            copy_bytes: 900,
            oversized: 1,
            oversized_bytes: 100,
            renamed: 2,
            clashes: 1,
            free_bytes: Some(500),
            limit_bytes: Some(800),
            free_items: None,
        };
        let mut file = head().expect("writes");
        file.extend(rows(&[row("=1+1", Some(found)), row("bert", None)]).expect("writes"));
        let text = String::from_utf8(file).expect("UTF-8");
        assert!(text.starts_with('\u{feff}'));
        let mut sheet = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        assert_eq!(sheet.headers().expect("a head").len(), COLUMNS.len());
        let read: Vec<csv::StringRecord> = sheet.records().map(|row| row.expect("a row")).collect();
        let of = |row: usize, name: &str| {
            let at = COLUMNS.iter().position(|column| *column == name).expect("a column");
            read[row].get(at).expect("a cell").to_owned()
        };
        assert_eq!(of(0, "source_user"), "'=1+1");
        assert_eq!(of(0, "batch"), "'@SUM(1)");
        for (name, value) in [
            ("looked_utc", "2026-01-31T12:00:00Z"),
            ("folders", "2"),
            ("messages", "4"),
            ("bytes_to_copy", "900"),
            ("messages_too_large", "1"),
            ("bytes_too_large", "100"),
            ("folders_renamed", "2"),
            ("folders_whose_name_clashes", "1"),
            ("folders_unreadable", "1"),
            ("target_bytes_free", "500"),
            ("target_bytes_limit", "800"),
            ("target_messages_free", ""),
            ("bytes_to_same_target", "900"),
            ("fits", "short"),
        ] {
            assert_eq!(of(0, name), value, "{name}");
        }
        assert_eq!([of(1, "looked_utc"), of(1, "messages")], ["", ""], "nobody looked at it");
    }
}
