//! Counts of jobs: queries over the ledger, asked again only when the ledger changed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sea_orm::{FromQueryResult, Value};
use shared::{id::JobId, pass::Counts};

use super::{
    Store, StoreError,
    sql::{Sql, marks},
    words::count,
};

/// Counts by job, each with the version of the ledger it was read under.
///
/// Every write to a job's ledger raises its version in the same transaction, on whatever node it happens. So a count of
/// the present version is what the query would say again.
#[derive(Debug, Default)]
pub(super) struct CountsCache(Mutex<HashMap<i64, (i64, Counts)>>);

/// How many jobs one query counts: far below every limit of bound values.
const JOBS_AT_ONCE: usize = 500;

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

/// The sums over entries `e`, by whatever they are grouped.
pub(super) const ENTRY_SUMS: &str = "
    COUNT(CASE WHEN e.state = 1 THEN 1 END) AS copied,
    CAST(COALESCE(SUM(CASE WHEN e.state = 1 THEN e.size END), 0) AS BIGINT) AS copied_bytes,
    COUNT(CASE WHEN e.state = 1 AND e.adopted THEN 1 END) AS adopted,
    COUNT(CASE WHEN e.state = 2 THEN 1 END) AS skipped";

impl Store {
    /// The counts of jobs, each given with the version of its ledger as it was read before.
    pub(super) async fn counts(&self, jobs: &[(JobId, i64)]) -> Result<HashMap<JobId, Counts>, StoreError> {
        let cache = &self.inner.counts.0;
        let mut known = HashMap::with_capacity(jobs.len());
        let mut stale = Vec::new();
        {
            let cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            for (job, version) in jobs {
                match cache.get(&job.0) {
                    Some((of, counts)) if of == version => drop(known.insert(*job, *counts)),
                    Some(_) | None => stale.push((*job, *version)),
                }
            }
        }
        for jobs in stale.chunks(JOBS_AT_ONCE) {
            let fresh = self.query_counts(jobs).await?;
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            for (job, version) in jobs {
                let counts = fresh.get(&job.0).copied().unwrap_or_default();
                cache.insert(job.0, (*version, counts));
                known.insert(*job, counts);
            }
        }
        Ok(known)
    }

    async fn query_counts(&self, jobs: &[(JobId, i64)]) -> Result<HashMap<i64, Counts>, StoreError> {
        let reading = self.db().reading("Counting what is in the ledger");
        let marks = marks(jobs.len());
        let ids = || jobs.iter().map(|(job, _)| Value::from(job.0));

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
