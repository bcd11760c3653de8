//! How projects get on: noted once a minute while they do, and read for forecasts.

use sea_orm::FromQueryResult;
use shared::{
    forecast::PaceRow,
    id::{BatchId, ProjectId},
    time::Timestamp,
};

use super::{Store, StoreError, counts::Of, sql::Sql, words::count};

/// Kept for so long, in milliseconds: thirty days.
const KEPT_MILLIS: i64 = 30 * 86_400_000;
/// What a quarter of an hour has.
const QUARTER_MILLIS: i64 = 900_000;

/// How much there is to do in a project. Jobs that are left out do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Amounts {
    /// Messages of the jobs that were looked at.
    pub(crate) items: i64,
    pub(crate) bytes: i64,
    /// Copied or left out with a cause.
    pub(crate) items_done: i64,
    pub(crate) bytes_done: i64,
    /// Jobs that were looked at.
    pub(crate) seen: i64,
    /// Jobs that were not.
    pub(crate) unseen: i64,
    /// Jobs that have nothing to do any more.
    pub(crate) ended: i64,
    /// Jobs that wait or run.
    pub(crate) active: i64,
}

#[derive(Debug, Clone, Copy, FromQueryResult)]
pub(crate) struct PaceRecord {
    pub(crate) at: i64,
    pub(crate) items: i64,
    pub(crate) bytes: i64,
}

/// Whether a job's ledger or its inventory tells what there is.
const SEEN: &str = "(c.folders > 0 OR v.job IS NOT NULL)";

#[derive(FromQueryResult)]
struct IdRecord {
    id: i64,
}

impl Store {
    /// How much there is to do in a project, and how much is done.
    pub(crate) async fn amounts(&self, project: ProjectId) -> Result<Amounts, StoreError> {
        self.amounts_of(project, None).await
    }

    /// The same of one batch of it. Of a job that no pass copied yet counts what its inventory says is to be copied.
    pub(crate) async fn amounts_of(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
    ) -> Result<Amounts, StoreError> {
        self.recount(Of::Project(project)).await?;
        let sum = |what: &str| format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT)");
        let sql = format!(
            "SELECT {} AS items, {} AS bytes, {} AS items_done, {} AS bytes_done,
                COUNT(CASE WHEN {SEEN} THEN 1 END) AS seen,
                COUNT(CASE WHEN {SEEN} THEN NULL ELSE 1 END) AS unseen,
                COUNT(CASE WHEN j.state IN ('complete', 'exceptions') THEN 1 END) AS ended,
                COUNT(CASE WHEN j.state IN ('queued', 'running', 'pausing', 'stopping') THEN 1 END) AS active
             FROM job j LEFT JOIN job_count c ON c.job = j.id LEFT JOIN inventory v ON v.job = j.id
             WHERE j.project = ? AND j.state <> 'skipped'{}",
            sum("CASE WHEN c.folders > 0 THEN c.items ELSE v.copy_items END"),
            sum("CASE WHEN c.folders > 0 THEN c.bytes ELSE v.copy_bytes END"),
            sum("c.copied + c.skipped"),
            // What is left out has no bytes of its own in the counts: it is taken to be as large as the rest.
            sum("CASE WHEN c.copied > 0 AND c.skipped > 0
                    THEN c.copied_bytes + c.skipped * (c.copied_bytes / c.copied) ELSE c.copied_bytes END"),
            batch.map_or(String::new(), |batch| format!(" AND j.batch = {}", batch.0)),
        );
        let amounts = self.db().reading("Adding up a project").one(&sql, [project.0.into()]).await?;
        Ok(amounts.unwrap_or_default())
    }

    /// Notes how far every project is in which something runs.
    pub(crate) async fn note_pace(&self, now: Timestamp) -> Result<(), StoreError> {
        let projects: Vec<IdRecord> = self
            .db()
            .reading("Looking for projects that run")
            .all(
                // While others only look, or compare, nothing is copied: that is no pace.
                "SELECT DISTINCT project AS id FROM job WHERE state IN ('running', 'pausing', 'stopping')
                    AND wanted IN ('initial', 'delta', 'final')",
                [],
            )
            .await?;
        for IdRecord { id } in projects {
            let amounts = self.amounts(ProjectId(id)).await?;
            let tx = self.db().begin("Noting how a project gets on").await?;
            tx.run(
                "INSERT INTO pace (project, at, items, bytes) SELECT id, CAST(? AS BIGINT), CAST(? AS BIGINT),
                    CAST(? AS BIGINT) FROM project WHERE id = ? ON CONFLICT (project, at) DO NOTHING",
                [now.millis().into(), amounts.items_done.into(), amounts.bytes_done.into(), id.into()],
            )
            .await?;
            tx.run(
                "DELETE FROM pace WHERE project = ? AND at < ?",
                [id.into(), (now.millis() - KEPT_MILLIS).into()],
            )
            .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// What was noted of a project since a moment, oldest first.
    pub(crate) async fn pace(
        &self,
        project: ProjectId,
        since: Timestamp,
    ) -> Result<Vec<PaceRecord>, StoreError> {
        self.db()
            .reading("Reading how a project got on")
            .all(
                "SELECT at, items, bytes FROM pace WHERE project = ? AND at >= ? ORDER BY at",
                [project.0.into(), since.millis().into()],
            )
            .await
    }
}

/// What was moved in each quarter of an hour.
pub(crate) fn quarters(records: &[PaceRecord]) -> Vec<PaceRow> {
    let mut rows: Vec<PaceRow> = Vec::new();
    for pair in records.windows(2) {
        let from = Timestamp::from_millis(pair[1].at.div_euclid(QUARTER_MILLIS) * QUARTER_MILLIS);
        let items = count(pair[1].items - pair[0].items);
        let bytes = count(pair[1].bytes - pair[0].bytes);
        match rows.last_mut() {
            Some(row) if row.from == from => {
                row.items += items;
                row.bytes += bytes;
            }
            Some(_) | None => rows.push(PaceRow { from, items, bytes }),
        }
    }
    rows
}
