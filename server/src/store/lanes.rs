//! Which job of a project comes next: batch by batch, the highest priority first, within it who goes first, then who
//! waits longest.

use sea_orm::FromQueryResult;
use shared::time::Timestamp;

use super::{
    StoreError,
    batches::{BatchRecord, COLUMNS},
    db::Tx,
    leases::ACTIVE,
    sql::Sql,
};

/// Jobs that take turns among themselves: those of a batch, or those of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lane {
    batch: Option<i64>,
    priority: i64,
}

#[derive(FromQueryResult)]
struct Next {
    id: i64,
}

/// The next job of a project that waits and may run now, by the database's clock. No two jobs write one target mailbox at
/// once.
pub(super) async fn next(tx: &Tx<'_>, project: i64, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let sql = format!("{COLUMNS} WHERE project = ? AND (start_at IS NULL OR start_at <= ?)");
    let batches: Vec<BatchRecord> = tx.all(&sql, [project.into(), now.millis().into()]).await?;
    let mut lanes = vec![Lane { batch: None, priority: 0 }];
    for batch in batches {
        if batch.is_open(now)? && has_room(tx, &batch).await? {
            lanes.push(Lane { batch: Some(batch.id), priority: batch.priority });
        }
    }
    // Of equal ones the older batch goes first, and what belongs to none last.
    lanes.sort_by_key(|lane| (std::cmp::Reverse(lane.priority), lane.batch.unwrap_or(i64::MAX)));
    for lane in lanes {
        let of = match lane.batch {
            Some(batch) => &format!("j.batch = {batch}"),
            None => "j.batch IS NULL",
        };
        let sql = format!(
            "SELECT j.id FROM job j WHERE j.project = ? AND j.state = 'queued' AND {of} AND NOT EXISTS (
                SELECT 1 FROM job b WHERE b.project = j.project AND b.target_user = j.target_user
                AND b.state IN {ACTIVE}) ORDER BY j.priority DESC, j.queued, j.id LIMIT 1"
        );
        let next: Option<Next> = tx.one(&sql, [project.into()]).await?;
        if let Some(Next { id }) = next {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Whether one more of the batch's jobs may run.
async fn has_room(tx: &Tx<'_>, batch: &BatchRecord) -> Result<bool, StoreError> {
    let Some(parallel) = batch.parallel else { return Ok(true) };
    let sql = format!("SELECT COUNT(*) FROM job WHERE batch = ? AND state IN {ACTIVE}");
    let active: Option<i64> = tx.cell(&sql, [batch.id.into()]).await?;
    Ok(active.unwrap_or(0) < parallel)
}
