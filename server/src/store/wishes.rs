//! What admins ask of the jobs that this process runs.

use sea_orm::FromQueryResult;
use shared::{id::JobId, job::JobState};

use super::{Store, StoreError, sql::Sql, words::from_word};

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
        records.into_iter().map(wish).collect()
    }
}
