//! Counts of jobs: queries over the ledger, kept beside the jobs and asked again only when the ledger changed.
//!
//! Every write to a job's ledger raises its version in the same transaction, on whatever node it happens. So counts that
//! are kept under the present version are what the query would say again.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, Value};
use shared::{
    id::{JobId, ProjectId},
    pass::Counts,
};

use super::{
    Store, StoreError,
    sql::{Sql, marks},
    words::{count, whole},
};

/// How many jobs one query counts: far below every limit of bound values.
const JOBS_AT_ONCE: usize = 500;

/// Whose counts are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// Every job there is.
    All,
    /// The jobs of a project.
    Project(ProjectId),
    /// One job.
    Job(JobId),
}

#[derive(FromQueryResult)]
struct Stale {
    id: i64,
    ledger_version: i64,
}

#[derive(FromQueryResult)]
struct FolderSums {
    job: i64,
    folders: i64,
    items: i64,
    bytes: i64,
}

#[derive(FromQueryResult)]
struct EntrySums {
    job: i64,
    copied: i64,
    copied_bytes: i64,
    adopted: i64,
    skipped: i64,
}

/// The sums over entries `e`, by whatever they are grouped. What the next pass brings is neither there nor left out.
pub(super) const ENTRY_SUMS: &str = "
    COUNT(CASE WHEN e.state = 1 THEN 1 END) AS copied,
    CAST(COALESCE(SUM(CASE WHEN e.state = 1 THEN e.size END), 0) AS BIGINT) AS copied_bytes,
    COUNT(CASE WHEN e.state = 1 AND e.adopted THEN 1 END) AS adopted,
    COUNT(CASE WHEN e.state = 2 AND e.cause <> 'message.next-pass' THEN 1 END) AS skipped";

impl Store {
    /// Brings the kept counts up to date: counts the jobs again whose ledger changed since.
    pub(super) async fn recount(&self, of: Of) -> Result<(), StoreError> {
        let stale = "SELECT j.id, j.ledger_version FROM job j LEFT JOIN job_count c ON c.job = j.id
            WHERE j.ledger_version > COALESCE(c.version, 0)";
        let reading = self.db().reading("Looking for changed mailboxes");
        let stale: Vec<Stale> = match of {
            Of::All => reading.all(&format!("{stale} ORDER BY j.id"), []).await?,
            Of::Project(id) => {
                reading.all(&format!("{stale} AND j.project = ? ORDER BY j.id"), [id.0.into()]).await?
            }
            Of::Job(id) => reading.all(&format!("{stale} AND j.id = ?"), [id.0.into()]).await?,
        };
        for jobs in stale.chunks(JOBS_AT_ONCE) {
            let fresh = self.query_counts(jobs).await?;
            self.keep_counts(jobs, &fresh).await?;
        }
        Ok(())
    }

    /// Keeps counts that were read after the versions they are kept under: what changed meanwhile is counted again.
    async fn keep_counts(&self, jobs: &[Stale], fresh: &HashMap<i64, Counts>) -> Result<(), StoreError> {
        let tx = self.db().begin("Keeping counts").await?;
        // The job may have been removed meanwhile. In the order of ids, so that no two writers wait for each other.
        let sql = "INSERT INTO job_count
                (job, version, folders, items, bytes, copied, copied_bytes, adopted, skipped)
            SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM job WHERE id = ?
            ON CONFLICT (job) DO UPDATE SET version = excluded.version, folders = excluded.folders,
                items = excluded.items, bytes = excluded.bytes, copied = excluded.copied,
                copied_bytes = excluded.copied_bytes, adopted = excluded.adopted, skipped = excluded.skipped
            WHERE job_count.version < excluded.version";
        for job in jobs {
            let counts = fresh.get(&job.id).copied().unwrap_or_default();
            let values = [
                job.ledger_version.into(),
                whole(counts.folders).into(),
                whole(counts.items).into(),
                whole(counts.bytes).into(),
                whole(counts.copied).into(),
                whole(counts.copied_bytes).into(),
                whole(counts.adopted).into(),
                whole(counts.skipped).into(),
                job.id.into(),
            ];
            tx.run(sql, values).await?;
        }
        tx.commit().await
    }

    async fn query_counts(&self, jobs: &[Stale]) -> Result<HashMap<i64, Counts>, StoreError> {
        let reading = self.db().reading("Counting what is in the ledger");
        let marks = marks(jobs.len());
        let ids = || jobs.iter().map(|job| Value::from(job.id));

        let sql = format!(
            "SELECT job, COUNT(*) AS folders, CAST(SUM(items) AS BIGINT) AS items, CAST(SUM(bytes) AS BIGINT) AS bytes
             FROM ledger_folder WHERE job IN ({marks}) GROUP BY job"
        );
        let folders: Vec<FolderSums> = reading.all(&sql, ids()).await?;
        let sql = format!(
            "SELECT f.job AS job, {ENTRY_SUMS} FROM ledger_folder f JOIN ledger_entry e ON e.folder = f.id
             WHERE f.job IN ({marks}) GROUP BY f.job"
        );
        let entries: Vec<EntrySums> = reading.all(&sql, ids()).await?;

        let mut counts = HashMap::<i64, Counts>::new();
        for sums in folders {
            let counts = counts.entry(sums.job).or_default();
            counts.folders = count(sums.folders);
            counts.items = count(sums.items);
            counts.bytes = count(sums.bytes);
        }
        for sums in entries {
            let counts = counts.entry(sums.job).or_default();
            counts.copied = count(sums.copied);
            counts.copied_bytes = count(sums.copied_bytes);
            counts.adopted = count(sums.adopted);
            counts.skipped = count(sums.skipped);
        }
        Ok(counts)
    }
}
