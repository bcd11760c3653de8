//! What both sides listed of folders when they were compared: one row for each folder and side.

use std::collections::HashMap;

use engine::{baseline::Baseline, ledger::FolderId};
use sea_orm::FromQueryResult;
use shared::check::Side;

use crate::store::{
    StoreError,
    db::{Db, Tx},
    sql::{Sql, marks},
};

/// Folders that are asked for in one statement.
const TOGETHER: usize = 500;

#[derive(FromQueryResult)]
struct Row {
    folder: i64,
    listed: Vec<u8>,
}

/// What one side listed of folders, in their order.
pub(super) async fn read(
    db: &Db,
    side: Side,
    folders: &[FolderId],
) -> Result<Vec<Option<Baseline>>, StoreError> {
    let mut kept: HashMap<i64, Baseline> = HashMap::new();
    for folders in folders.chunks(TOGETHER) {
        let sql = format!(
            "SELECT folder, listed FROM ledger_baseline WHERE side = ? AND folder IN ({})",
            marks(folders.len())
        );
        let ids = folders.iter().map(|folder| folder.0.into());
        let rows: Vec<Row> = db
            .reading("Reading what was listed before")
            .all(&sql, std::iter::once(number(side).into()).chain(ids))
            .await?;
        // One that cannot be read is made again.
        let read = |row: Row| Some((row.folder, Baseline::from_bytes(row.listed)?));
        kept.extend(rows.into_iter().filter_map(read));
    }
    Ok(folders.iter().map(|folder| kept.remove(&folder.0)).collect())
}

/// Keeps what one side listed of a folder. What is the same already is not written again.
pub(super) async fn write(
    tx: &Tx<'_>,
    folder: FolderId,
    side: Side,
    baseline: &Baseline,
) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO ledger_baseline (folder, side, listed) VALUES (?, ?, ?)
         ON CONFLICT (folder, side) DO UPDATE SET listed = excluded.listed
         WHERE ledger_baseline.listed <> excluded.listed",
        [folder.0.into(), number(side).into(), baseline.as_bytes().to_vec().into()],
    )
    .await?;
    Ok(())
}

/// What the column `side` says.
const fn number(side: Side) -> i16 {
    match side {
        Side::Source => 0,
        Side::Target => 1,
    }
}
