//! What an admin asks of a job, guarded by its state.

use sea_orm::FromQueryResult;
use shared::{
    id::JobId,
    job::{JobAction, JobState},
    pass::PassKind,
};

use super::{
    Store, StoreError,
    db::Tx,
    sql::Sql,
    words::{from_word, now, word},
};

#[derive(FromQueryResult)]
struct Standing {
    state: String,
    settled: String,
    wanted: Option<String>,
    problem: Option<String>,
}

impl Store {
    /// Does what an admin asks of a job, guarded by [`JobState::after`]: returns the state after, or
    /// [`StoreError::State`]. A start is an initial pass when nothing was ever copied, else a delta pass.
    pub(crate) async fn apply(&self, id: JobId, action: JobAction) -> Result<JobState, StoreError> {
        let tx = self.db().begin("Steering a mailbox").await?;
        let sql = format!("SELECT state, settled, wanted, problem FROM job WHERE id = ?{}", tx.locking());
        let standing: Option<Standing> = tx.one(&sql, [id.0.into()]).await?;
        let Standing { state, settled, wanted, problem } = standing.ok_or(StoreError::NotFound("job"))?;
        let state: JobState = from_word("job state", &state)?;
        let Some(after) = state.after(action) else { return Err(StoreError::State { state, action }) };

        let wanted = match action {
            JobAction::DryRun => Some(word(&PassKind::DryRun)?),
            JobAction::Start => Some(word(&start_kind(&tx, id).await?)?),
            JobAction::Verify => Some(word(&PassKind::Verify)?),
            JobAction::Pause | JobAction::Resume | JobAction::Cancel => wanted,
        };
        let dry = wanted.as_deref() == Some(&word(&PassKind::DryRun)?);
        // What an earlier pass failed of is no news any more once it is tried again; a dry run tries nothing.
        let problem = if after == JobState::Queued && !dry { None } else { problem };
        let settled = if after == JobState::Cancelled && !dry { word(&after)? } else { settled };
        let now = now().millis();
        tx.run(
            "UPDATE job SET state = ?, settled = ?, wanted = ?, problem = ?, updated = ?,
                queued = CASE WHEN ? THEN ? ELSE queued END WHERE id = ?",
            [
                word(&after)?.into(),
                settled.into(),
                wanted.into(),
                problem.into(),
                now.into(),
                (after == JobState::Queued).into(),
                now.into(),
                id.0.into(),
            ],
        )
        .await?;
        tx.commit().await?;
        self.wake();
        Ok(after)
    }
}

/// The pass a start means: the initial one until something was copied.
pub(super) async fn start_kind(tx: &Tx<'_>, id: JobId) -> Result<PassKind, StoreError> {
    let copied: Option<i64> = tx
        .cell(
            "SELECT f.id FROM ledger_folder f JOIN ledger_entry e ON e.folder = f.id
             WHERE f.job = ? AND e.state = 1 LIMIT 1",
            [id.0.into()],
        )
        .await?;
    Ok(if copied.is_some() { PassKind::Delta } else { PassKind::Initial })
}
