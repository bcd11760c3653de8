//! Entries of a folder: many rows at once, in few statements.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    ledger::{Entry, EntryState, FolderId},
    model::{Fingerprint, Flags, ItemId},
};
use sea_orm::{FromQueryResult, Value};
use shared::{
    cause::{Cause, UnknownCause},
    id::{JobId, PassId},
};

use crate::store::{
    StoreError,
    db::{Db, Tx},
    sql::marks,
    words::{clean, count, whole},
};

/// What the column `state` says.
const INTENDED: i16 = 0;
const COPIED: i16 = 1;
const SKIPPED: i16 = 2;

#[derive(FromQueryResult)]
struct EntryRow {
    item: String,
    state: i16,
    target: Option<i64>,
    adopted: bool,
    cause: Option<String>,
    detail: Option<String>,
    size: i64,
    fingerprint: Option<Vec<u8>>,
    marks: Option<String>,
    sent_by: Option<i64>,
    deaths: Option<i16>,
}

/// Every entry of a folder. `dead`: passes of its job that ended with their process.
pub(super) async fn read(db: &Db, folder: FolderId, dead: &BTreeSet<i64>) -> Result<Vec<Entry>, StoreError> {
    db.reading("Reading the ledger's items")
        .each(
            "SELECT item, state, target, adopted, cause, detail, size, fingerprint, marks, sent_by, deaths
             FROM ledger_entry WHERE folder = ?",
            [folder.0.into()],
            |row: EntryRow| row.entry(dead),
        )
        .await
}

/// Creates or replaces entries, in a pass. Of an item that is named twice the last word stands.
pub(super) async fn write(
    tx: &Tx<'_>,
    pass: PassId,
    entries: &[(FolderId, Entry)],
) -> Result<(), StoreError> {
    let last: BTreeMap<(FolderId, &ItemId), &Entry> =
        entries.iter().map(|(folder, entry)| ((*folder, &entry.item), entry)).collect();
    let last: Vec<(FolderId, &Entry)> =
        last.into_iter().map(|((folder, _), entry)| (folder, entry)).collect();
    tx.insert_many(
        "INSERT INTO ledger_entry
            (folder, item, state, target, adopted, cause, detail, size, fingerprint, marks,
            sent_by, deaths)",
        &last,
        "ON CONFLICT (folder, item) DO UPDATE SET state = excluded.state, target = excluded.target,
            adopted = excluded.adopted, cause = excluded.cause, detail = excluded.detail, size = excluded.size,
            fingerprint = excluded.fingerprint, marks = excluded.marks, sent_by = excluded.sent_by,
            deaths = excluded.deaths",
        |(folder, entry)| Ok(values(pass, *folder, entry)),
    )
    .await
}

#[derive(FromQueryResult)]
struct PrintRow {
    fingerprint: Vec<u8>,
}

impl PrintRow {
    fn read(self) -> Result<Fingerprint, StoreError> {
        let corrupt =
            || StoreError::Corrupt { what: "ledger entry", detail: "its fingerprint's length".into() };
        Fingerprint::from_bytes(&self.fingerprint).ok_or_else(corrupt)
    }
}

/// Recognises every item of a job that moved on the source and stayed where it was on the target.
pub(super) async fn stayed(db: &Db, job: JobId) -> Result<Vec<Fingerprint>, StoreError> {
    let values = [job.0.into(), SKIPPED.into(), Cause::MovedAtSource.id().into()];
    db.reading("Reading what stayed where it was on the target")
        .each(
            "SELECT e.fingerprint FROM ledger_entry e JOIN ledger_folder f ON f.id = e.folder
             WHERE f.job = ? AND e.state = ? AND e.cause = ? AND e.fingerprint IS NOT NULL",
            values,
            PrintRow::read,
        )
        .await
}

/// Forgets items of a folder.
pub(super) async fn forget(tx: &Tx<'_>, folder: FolderId, items: &[ItemId]) -> Result<(), StoreError> {
    for items in items.chunks(500) {
        let sql = format!("DELETE FROM ledger_entry WHERE folder = ? AND item IN ({})", marks(items.len()));
        let values = items.iter().map(|item| item.to_string().into());
        tx.run(&sql, std::iter::once(folder.0.into()).chain(values)).await?;
    }
    Ok(())
}

fn values(pass: PassId, folder: FolderId, entry: &Entry) -> [Value; 12] {
    // Without a fingerprint it was not read: it is not on its way.
    let on_its_way = entry.state == EntryState::Intended && entry.fingerprint.is_some();
    let (state, target, adopted, cause, detail) = match &entry.state {
        EntryState::Intended => (INTENDED, None, false, None, None),
        EntryState::Copied { target, adopted } => (COPIED, target.map(i64::from), *adopted, None, None),
        EntryState::Skipped { cause, detail } => {
            (SKIPPED, None, false, Some(cause.id().to_owned()), Some(clean(detail)))
        }
    };
    [
        folder.0.into(),
        entry.item.to_string().into(),
        state.into(),
        target.into(),
        adopted.into(),
        cause.into(),
        detail.into(),
        whole(entry.size).into(),
        entry.fingerprint.map(Fingerprint::to_bytes).into(),
        entry.marks.as_ref().map(written).into(),
        on_its_way.then_some(pass.0).into(),
        (entry.deaths > 0).then_some(i16::from(entry.deaths)).into(),
    ]
}

/// Marks in one line: no flag and no keyword holds a blank (RFC 3501, section 9, atom).
fn written(marks: &Flags) -> String {
    let keywords = marks.keywords.iter().map(|keyword| clean(keyword));
    marks.system.names().map(str::to_owned).chain(keywords).collect::<Vec<_>>().join(" ")
}

fn read_marks(line: &str) -> Flags {
    let mut marks = Flags::default();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        if !marks.system.insert(word) {
            marks.keywords.push(word.into());
        }
    }
    marks
}

impl EntryRow {
    /// `dead`: passes that ended with their process.
    fn entry(self, dead: &BTreeSet<i64>) -> Result<Entry, StoreError> {
        let corrupt = |detail: &str| StoreError::Corrupt { what: "ledger entry", detail: detail.into() };
        let state = match self.state {
            INTENDED => EntryState::Intended,
            COPIED => {
                let target =
                    self.target.map(u32::try_from).transpose().map_err(|_| corrupt("its target id"))?;
                EntryState::Copied { target, adopted: self.adopted }
            }
            SKIPPED => EntryState::Skipped {
                // Nothing is decided on what is not understood: that mailbox is left to a node that understands it.
                cause: self
                    .cause
                    .as_deref()
                    .unwrap_or_default()
                    .parse()
                    .map_err(|UnknownCause| corrupt("its cause, which this version does not know"))?,
                detail: self.detail.unwrap_or_default(),
            },
            _ => return Err(corrupt("its state")),
        };
        let fingerprint = match self.fingerprint {
            Some(bytes) => {
                Some(Fingerprint::from_bytes(&bytes).ok_or_else(|| corrupt("its fingerprint's length"))?)
            }
            None => None,
        };
        let item: ItemId = self.item.parse().map_err(|_| corrupt("its item's id"))?;
        let marks = self.marks.as_deref().map(read_marks);
        let once_more = self.sent_by.is_some_and(|pass| dead.contains(&pass));
        let deaths = self.deaths.unwrap_or(0).saturating_add(i16::from(once_more));
        let deaths = u8::try_from(deaths).unwrap_or(u8::MAX);
        Ok(Entry { item, size: count(self.size), fingerprint, state, marks, deaths })
    }
}
