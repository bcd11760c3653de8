//! How passes get on, from the nodes that run them to those that show it. For people alone: nothing depends on it.

use std::collections::BTreeMap;

use sea_orm::{FromQueryResult, Value};
use shared::{id::JobId, job::JobRow, live::Progress};

use super::{
    Store, StoreError,
    leases::{ACTIVE, clock},
    sql::{Sql as _, marks},
    words::{from_json, json},
};

/// What was told longer ago is not shown: its node is silent or gone.
const SHOWN_MILLIS: i64 = 30_000;

/// How a pass gets on, under its lease.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) job: JobId,
    pub(crate) epoch: i64,
    pub(crate) progress: Progress,
}

#[derive(FromQueryResult)]
struct ProgressRecord {
    job: i64,
    progress: String,
}

impl Store {
    /// Tells other nodes how the passes of this one get on.
    pub(crate) async fn tell_progress(&self, told: &[Told]) -> Result<(), StoreError> {
        let clock = clock(self.db());
        let tx = self.db().begin("Telling how mailboxes get on").await?;
        for Told { job, epoch, progress } in told {
            // Whoever lost its lease tells nothing any more.
            let sql = format!(
                "INSERT INTO job_progress (job, epoch, told, progress)
                 SELECT id, lease_epoch, {clock}, CAST(? AS TEXT) FROM job WHERE id = ? AND lease_epoch = ?
                 ON CONFLICT (job) DO UPDATE SET epoch = excluded.epoch, told = excluded.told,
                    progress = excluded.progress"
            );
            tx.run(&sql, [json("progress", progress)?.into(), job.0.into(), (*epoch).into()]).await?;
        }
        tx.commit().await
    }

    /// Adds to rows how their passes get on, where another node runs them and told of it a moment ago.
    pub(super) async fn add_progress(&self, rows: &mut [JobRow]) -> Result<(), StoreError> {
        let active: Vec<Value> =
            rows.iter().filter(|row| row.state.is_active()).map(|row| row.id.0.into()).collect();
        if active.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT p.job, p.progress FROM job_progress p JOIN job j ON j.id = p.job AND j.lease_epoch = p.epoch
             WHERE j.state IN {ACTIVE} AND p.told + ? > {} AND p.job IN ({})",
            clock(self.db()),
            marks(active.len())
        );
        let values = std::iter::once(SHOWN_MILLIS.into()).chain(active);
        let records: Vec<ProgressRecord> =
            self.db().reading("Reading how mailboxes get on").all(&sql, values).await?;
        // What a newer version tells may be more than is understood here: then nothing is shown.
        let mut told: BTreeMap<JobId, Progress> = records
            .into_iter()
            .filter_map(|record| Some((JobId(record.job), from_json("progress", &record.progress).ok()?)))
            .collect();
        for row in rows {
            row.progress = told.remove(&row.id);
        }
        Ok(())
    }
}
