//! What admins ask of the jobs that this process runs.

use sea_orm::FromQueryResult;
use shared::{id::JobId, job::JobState};

use super::{
    Store, StoreError,
    batches::{BatchRecord, COLUMNS},
    sql::Sql,
    words::from_word,
};

/// What is asked of a job that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) job: JobId,
    /// Pausing or stopping.
    pub(crate) state: JobState,
    /// Whether its connections are to be dropped.
    pub(crate) at_once: bool,
}

#[derive(FromQueryResult)]
struct WishRecord {
    id: i64,
    state: String,
    at_once: bool,
}

#[derive(FromQueryResult)]
struct IdRecord {
    id: i64,
}

impl Store {
    /// The jobs held by this process that are to pause or to stop.
    pub(crate) async fn wishes(&self) -> Result<Vec<Wish>, StoreError> {
        let records: Vec<WishRecord> = self
            .db()
            .reading("Reading what is asked of running mailboxes")
            .all(
                "SELECT id, state, at_once FROM job WHERE state IN ('pausing', 'stopping') AND lease_owner = ?",
                [self.inner.node.as_str().into()],
            )
            .await?;
        let wish = |record: WishRecord| {
            let state = from_word("job state", &record.state)?;
            Ok(Wish { job: JobId(record.id), state, at_once: record.at_once && state == JobState::Stopping })
        };
        let mut wishes: Vec<Wish> = records.into_iter().map(wish).collect::<Result<_, StoreError>>()?;
        wishes.extend(self.outside_hours().await?);
        wishes.extend(self.drained().await?);
        Ok(wishes)
    }

    /// Jobs held by this process that it is to let go of, because it drains. They go on elsewhere.
    async fn drained(&self) -> Result<Vec<Wish>, StoreError> {
        let reading = self.db().reading("Reading whether this node drains");
        if !self.is_draining(&reading).await? {
            return Ok(Vec::new());
        }
        let sql = "SELECT id FROM job WHERE state = 'running' AND lease_owner = ?";
        let jobs: Vec<IdRecord> = reading.all(sql, [self.inner.node.as_str().into()]).await?;
        Ok(jobs.into_iter().map(letting_go).collect())
    }

    /// Jobs held by this process whose batch may not run now. They pause without being asked to in their state, so that
    /// they go on by themselves when the hours open.
    async fn outside_hours(&self) -> Result<Vec<Wish>, StoreError> {
        let reading = self.db().reading("Reading the hours of batches");
        let sql = format!(
            "{COLUMNS} WHERE hours <> '[]' AND id IN (
                SELECT batch FROM job WHERE state = 'running' AND lease_owner = ?)"
        );
        let batches: Vec<BatchRecord> = reading.all(&sql, [self.inner.node.as_str().into()]).await?;
        if batches.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.moment(&reading).await?;
        let mut wishes = Vec::new();
        for batch in batches {
            if batch.is_open(now)? {
                continue;
            }
            let jobs: Vec<IdRecord> = reading
                .all(
                    "SELECT id FROM job WHERE batch = ? AND state = 'running' AND lease_owner = ?",
                    [batch.id.into(), self.inner.node.as_str().into()],
                )
                .await?;
            wishes.extend(jobs.into_iter().map(letting_go));
        }
        Ok(wishes)
    }
}

/// Pausing without being paused: the job waits again.
fn letting_go(IdRecord { id }: IdRecord) -> Wish {
    Wish { job: JobId(id), state: JobState::Pausing, at_once: false }
}
