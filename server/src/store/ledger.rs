//! The ledger of one job under one lease, as the engine writes it.

mod baselines;
mod entries;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use engine::{
    baseline::Baseline,
    ledger::{Entry, FolderId, FolderRecord, Ledger, LedgerError},
    model::{Fingerprint, ItemId, Watermark},
};
use sea_orm::FromQueryResult;
use shared::{
    check::Side,
    finding::Finding,
    id::{JobId, PassId},
};
use tokio::sync::OnceCell;

use super::{
    Lease, Store, StoreError,
    db::{Durability, Tx},
    findings,
    leases::{fence, fence_progress},
    passes,
    sql::Sql,
    words::{count, from_json, from_word, json, whole, word},
};

/// The ledger of one job under one lease. A write under a stale epoch is refused by the database.
#[derive(Debug, Clone)]
pub(crate) struct JobLedger {
    store: Store,
    job: JobId,
    pass: PassId,
    epoch: i64,
    /// Passes of the job that ended with their process: none ends while this one runs.
    dead: Arc<OnceCell<BTreeSet<i64>>>,
}

impl Store {
    /// The ledger of the lease's job, for one pass.
    pub(crate) fn ledger(&self, lease: &Lease, pass: PassId) -> JobLedger {
        JobLedger { store: self.clone(), job: lease.job, pass, epoch: lease.epoch, dead: Arc::default() }
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::LeaseLost,
            StoreError::Database { detail, .. } => Self::Database(detail),
            StoreError::DiskFull { detail, .. } => Self::DiskFull(detail),
            other @ (StoreError::Open(_)
            | StoreError::NotFound(_)
            | StoreError::Taken(_)
            | StoreError::Conflict(_)
            | StoreError::Changed(_)
            | StoreError::State { .. }
            | StoreError::NoSecret(_)
            | StoreError::Secret(_)
            | StoreError::Corrupt { .. }) => Self::Database(other.to_string()),
        }
    }
}

#[derive(FromQueryResult)]
struct FolderRow {
    id: i64,
    source: String,
    target: String,
    role: Option<String>,
    source_validity: Option<i64>,
    bracket_validity: Option<i64>,
    bracket_next: Option<i64>,
    items: i64,
    bytes: i64,
    compared: Option<String>,
}

impl JobLedger {
    /// Begins a transaction that the database refuses under a stale epoch.
    async fn begin(&self, lasts: Durability, doing: &'static str) -> Result<Tx<'_>, StoreError> {
        let tx = self.store.db().begin_as(lasts, doing).await?;
        fence(&tx, self.job, self.epoch).await?;
        Ok(tx)
    }

    /// The same for entries, which may show that the job gets on.
    async fn begin_progress(
        &self,
        doing: &'static str,
        entries: &[(FolderId, Entry)],
    ) -> Result<Tx<'_>, StoreError> {
        let tx = self.store.db().begin(doing).await?;
        match entries.iter().any(|(_, entry)| entry.is_progress()) {
            true => fence_progress(&tx, self.job, self.epoch).await?,
            false => fence(&tx, self.job, self.epoch).await?,
        }
        Ok(tx)
    }

    async fn put_folder(&self, tx: &Tx<'_>, folder: &FolderRecord) -> Result<FolderId, StoreError> {
        let values = [
            self.job.0.into(),
            json("folder", &folder.source)?.into(),
            json("folder", &folder.target)?.into(),
            folder.role.map(|role| word(&role)).transpose()?.into(),
            folder.source_validity.map(u64::cast_signed).into(),
            folder.bracket.map(|bracket| i64::from(bracket.validity)).into(),
            folder.bracket.map(|bracket| i64::from(bracket.next)).into(),
            whole(folder.items).into(),
            whole(folder.bytes).into(),
            folder.compared.as_ref().map(|compared| json("comparison", compared)).transpose()?.into(),
        ];
        let id: Option<i64> = tx
            .cell(
                "INSERT INTO ledger_folder (job, source, target, role, source_validity, bracket_validity,
                    bracket_next, items, bytes, compared) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (job, source) DO UPDATE SET target = excluded.target, role = excluded.role,
                    source_validity = excluded.source_validity, bracket_validity = excluded.bracket_validity,
                    bracket_next = excluded.bracket_next, items = excluded.items, bytes = excluded.bytes,
                    compared = excluded.compared
                 RETURNING id",
                values,
            )
            .await?;
        Ok(FolderId(id.ok_or(StoreError::NotFound("folder"))?))
    }
}

#[async_trait]
impl Ledger for JobLedger {
    async fn folders(&self) -> Result<Vec<(FolderId, FolderRecord)>, LedgerError> {
        let rows: Vec<FolderRow> = self
            .store
            .db()
            .reading("Reading the ledger's folders")
            .all(
                "SELECT id, source, target, role, source_validity, bracket_validity, bracket_next, items, bytes,
                    compared
                 FROM ledger_folder WHERE job = ? ORDER BY id",
                [self.job.0.into()],
            )
            .await?;
        Ok(rows.into_iter().map(FolderRow::record).collect::<Result<_, _>>()?)
    }

    async fn put_folders(&self, folders: &[FolderRecord]) -> Result<Vec<FolderId>, LedgerError> {
        // The bracket is what recovery stands on: it must be on the disk before the first item is sent.
        let tx = self.begin(Durability::Power, "Writing folders into the ledger").await?;
        let mut ids = Vec::with_capacity(folders.len());
        for folder in folders {
            ids.push(self.put_folder(&tx, folder).await?);
        }
        tx.commit().await?;
        Ok(ids)
    }

    async fn entries(&self, folder: FolderId) -> Result<Vec<Entry>, LedgerError> {
        let db = self.store.db();
        let dead = self.dead.get_or_try_init(|| passes::dead(db, self.job)).await?;
        Ok(entries::read(db, folder, dead).await?)
    }

    async fn put_entries(&self, entries: &[(FolderId, Entry)]) -> Result<(), LedgerError> {
        let tx = self.begin_progress("Writing items into the ledger", entries).await?;
        entries::write(&tx, self.pass, entries).await?;
        Ok(tx.commit().await?)
    }

    async fn put_and_forget(
        &self,
        entries: &[(FolderId, Entry)],
        folder: FolderId,
        items: &[ItemId],
    ) -> Result<(), LedgerError> {
        let tx = self.begin_progress("Writing items into the ledger in place of others", entries).await?;
        entries::write(&tx, self.pass, entries).await?;
        entries::forget(&tx, folder, items).await?;
        Ok(tx.commit().await?)
    }

    async fn stayed(&self) -> Result<Vec<Fingerprint>, LedgerError> {
        Ok(entries::stayed(self.store.db(), self.job).await?)
    }

    async fn forget_items(&self, folder: FolderId, items: &[ItemId]) -> Result<(), LedgerError> {
        let tx = self.begin(Durability::Process, "Forgetting items of a folder").await?;
        entries::forget(&tx, folder, items).await?;
        Ok(tx.commit().await?)
    }

    async fn forget_entries(&self, folder: FolderId) -> Result<(), LedgerError> {
        let tx = self.begin(Durability::Process, "Forgetting a folder's items").await?;
        tx.run("DELETE FROM ledger_entry WHERE folder = ?", [folder.0.into()]).await?;
        Ok(tx.commit().await?)
    }

    async fn baselines(
        &self,
        side: Side,
        folders: &[FolderId],
    ) -> Result<Vec<Option<Baseline>>, LedgerError> {
        Ok(baselines::read(self.store.db(), side, folders).await?)
    }

    async fn put_baselines(&self, baselines: &[(FolderId, Side, Baseline)]) -> Result<(), LedgerError> {
        let tx = self.begin(Durability::Process, "Keeping what was listed").await?;
        for (folder, side, baseline) in baselines {
            baselines::write(&tx, *folder, *side, baseline).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn note(&self, findings: &[Finding]) -> Result<(), LedgerError> {
        let tx = self.begin(Durability::Process, "Keeping findings").await?;
        findings::insert(&tx, self.job, self.pass, findings).await?;
        Ok(tx.commit().await?)
    }
}

impl FolderRow {
    fn record(self) -> Result<(FolderId, FolderRecord), StoreError> {
        let mark = |number: i64| {
            u32::try_from(number)
                .map_err(|_| StoreError::Corrupt { what: "bracket", detail: format!("number {number}") })
        };
        let bracket = match (self.bracket_validity, self.bracket_next) {
            (Some(validity), Some(next)) => Some(Watermark { validity: mark(validity)?, next: mark(next)? }),
            (Some(_) | None, Some(_) | None) => None,
        };
        let record = FolderRecord {
            source: from_json("folder", &self.source)?,
            target: from_json("folder", &self.target)?,
            role: self.role.map(|role| from_word("folder role", &role)).transpose()?,
            source_validity: self.source_validity.map(i64::cast_unsigned),
            bracket,
            items: count(self.items),
            bytes: count(self.bytes),
            // One that cannot be read is made again.
            compared: self.compared.and_then(|compared| from_json("comparison", &compared).ok()),
        };
        Ok((FolderId(self.id), record))
    }
}
