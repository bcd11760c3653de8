//! How far mailboxes are that are under way together: an action begins all it reaches at one moment.

use std::collections::BTreeMap;

use sea_orm::FromQueryResult;
use shared::under_way::UnderWay;

use super::{Store, StoreError, sql::Sql, words::count};

#[derive(FromQueryResult)]
struct WayRecord {
    owner: i64,
    jobs: i64,
    done: i64,
}

/// Whose mailboxes are counted together.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    Project,
    Batch,
}

/// States in which a mailbox waits or runs.
const UNDER_WAY: &str = "('queued', 'running', 'pausing', 'stopping')";
/// States in which an action that began something is not through.
const NOT_THROUGH: &str = "('queued', 'running', 'pausing', 'stopping', 'paused')";
/// A column of a query over jobs: how many were complete before a pass that is not through with them.
pub(super) const AGAIN: &str =
    "COUNT(CASE WHEN state IN ('queued', 'running', 'pausing', 'stopping', 'paused')
    AND settled IN ('complete', 'exceptions') THEN 1 END) AS again";

impl Store {
    /// How far the mailboxes of projects, or of batches, are of which something waits or runs. `condition` is on `job` and
    /// binds one value, if one is given.
    pub(super) async fn under_way(
        &self,
        owner: Owner,
        condition: &str,
        value: Option<i64>,
    ) -> Result<BTreeMap<i64, UnderWay>, StoreError> {
        let column = match owner {
            Owner::Project => "project",
            Owner::Batch => "batch",
        };
        let sql = format!(
            "SELECT job.{column} AS owner, COUNT(*) AS jobs,
                COUNT(CASE WHEN job.state NOT IN {NOT_THROUGH} THEN 1 END) AS done
             FROM job JOIN (
                SELECT job.{column} AS owner, MIN(job.queued) AS began FROM job
                WHERE {condition} AND job.{column} IS NOT NULL AND job.state IN {UNDER_WAY} GROUP BY job.{column}
             ) r ON r.owner = job.{column}
             WHERE job.queued >= r.began AND job.state <> 'skipped' GROUP BY job.{column}"
        );
        let records: Vec<WayRecord> =
            self.db().reading("Counting what is under way").all(&sql, value.map(Into::into)).await?;
        let known = |WayRecord { owner, jobs, done }| {
            (owner, UnderWay { again: 0, jobs: count(jobs), done: count(done) })
        };
        Ok(records.into_iter().map(known).collect())
    }
}
