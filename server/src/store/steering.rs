//! What an admin asks of jobs, one or fifty thousand: one statement in one transaction, guarded by their states.

use sea_orm::Value;
use shared::{
    id::JobId,
    job::{JobAction, JobState},
    pass::PassKind,
};

use super::{
    Store, StoreError,
    db::Tx,
    selection::Which,
    sql::Sql,
    words::{from_word, now, word},
};

/// The pass a start means: the initial one until something was copied.
const START_KIND: &str =
    "CASE WHEN EXISTS (SELECT 1 FROM ledger_folder f JOIN ledger_entry e ON e.folder = f.id
    WHERE f.job = job.id AND e.state = 1) THEN 'delta' ELSE 'initial' END";

/// Passes that only look: the words of [`PassKind::only_looks`].
const LOOKS: &str = "('dry-run', 'probe')";

/// What an action sets beside the state: columns and what they become, out of the row as it was.
#[derive(Debug, Default)]
struct Changes {
    sql: String,
    values: Vec<Value>,
}

impl Changes {
    fn set(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(", ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }
}

impl Store {
    /// Does what an admin asks of a job, guarded by [`JobState::after`]: returns the state after, or
    /// [`StoreError::State`].
    pub(crate) async fn apply(&self, id: JobId, action: JobAction) -> Result<JobState, StoreError> {
        let tx = self.db().begin("Steering a mailbox").await?;
        let sql = format!("SELECT state FROM job WHERE id = ?{}", tx.locking());
        let state: Option<String> = tx.cell(&sql, [id.0.into()]).await?;
        let state: JobState = from_word("job state", &state.ok_or(StoreError::NotFound("job"))?)?;
        let Some(after) = state.after(action) else { return Err(StoreError::State { state, action }) };
        steer(&tx, Which::Job(id), action).await?;
        tx.commit().await?;
        self.wake();
        Ok(after)
    }

    /// Does what an admin asks of many jobs, all or none: of those for which it makes sense now. Tells how many.
    pub(crate) async fn apply_to(&self, which: Which<'_>, action: JobAction) -> Result<u64, StoreError> {
        let tx = self.db().begin("Steering mailboxes").await?;
        let changed = steer(&tx, which, action).await?;
        tx.commit().await?;
        self.wake();
        Ok(changed)
    }
}

/// Changes every job of `which` for which the action makes sense now, within a transaction; tells how many. A start is
/// an initial pass when nothing was ever copied, else a delta pass.
pub(super) async fn steer(tx: &Tx<'_>, which: Which<'_>, action: JobAction) -> Result<u64, StoreError> {
    let condition = which.condition();
    let mut values: Vec<Value> = Vec::new();
    let (mut become_sql, mut from) = (String::from("CASE state"), Vec::new());
    for state in JobState::ALL {
        if let Some(after) = state.after(action) {
            become_sql.push_str(" WHEN ? THEN ?");
            values.extend([word(&state)?.into(), word(&after)?.into()]);
            from.push(Value::from(word(&state)?));
        }
    }
    become_sql.push_str(" ELSE state END");
    let now = now().millis();
    let changes = changes(tx, action, now).await?;
    let marks = vec!["?"; from.len()].join(", ");
    let sql = format!(
        "UPDATE job SET state = {become_sql}, updated = ?, at_once = ?{} WHERE {} AND job.state IN ({marks})",
        changes.sql, condition.sql
    );
    values.extend([now.into(), (action == JobAction::StopNow).into()]);
    values.extend(changes.values);
    values.extend(condition.values);
    values.extend(from);
    tx.run(&sql, values).await
}

/// The pass a start means for one job.
pub(super) async fn start_kind(tx: &Tx<'_>, id: JobId) -> Result<PassKind, StoreError> {
    let kind: Option<String> =
        tx.cell(&format!("SELECT {START_KIND} FROM job WHERE id = ?"), [id.0.into()]).await?;
    from_word("pass kind", &kind.ok_or(StoreError::NotFound("job"))?)
}

async fn changes(tx: &Tx<'_>, action: JobAction, now: i64) -> Result<Changes, StoreError> {
    let mut changes = Changes::default();
    let asks_for = match action {
        JobAction::DryRun => Some(PassKind::DryRun),
        JobAction::Final => Some(PassKind::Final),
        JobAction::Verify => Some(PassKind::Verify),
        JobAction::Probe => Some(PassKind::Probe),
        JobAction::Start => {
            changes.set(&format!("wanted = {START_KIND}"), []);
            None
        }
        JobAction::Retry => {
            // What was the last pass of a cutover is it again.
            let sql = format!("wanted = CASE WHEN wanted = 'final' THEN wanted ELSE {START_KIND} END");
            changes.set(&sql, []);
            None
        }
        JobAction::Pause
        | JobAction::Resume
        | JobAction::Cancel
        | JobAction::StopNow
        | JobAction::Skip
        | JobAction::Unskip
        | JobAction::Prioritise => None,
    };
    if let Some(kind) = asks_for {
        changes.set("wanted = ?", [word(&kind)?.into()]);
    }
    match action {
        JobAction::DryRun | JobAction::Probe => changes.set("queued = ?", [now.into()]),
        JobAction::Start | JobAction::Retry | JobAction::Final | JobAction::Verify => {
            // What an earlier pass failed of is no news any more once it is tried again. What the target refused for good
            // is offered once more when somebody asks for it.
            let again = action == JobAction::Retry;
            changes.set("queued = ?, problem = NULL, retry_refused = ?", [now.into(), again.into()]);
        }
        JobAction::Resume => {
            let sql = format!("queued = ?, problem = CASE WHEN wanted IN {LOOKS} THEN problem END");
            changes.set(&sql, [now.into()]);
        }
        JobAction::Cancel | JobAction::StopNow => {
            let sql = format!(
                "settled = CASE WHEN state IN ('queued', 'paused') AND (wanted IS NULL OR wanted NOT IN {LOOKS})
                    THEN 'cancelled' ELSE settled END"
            );
            changes.set(&sql, []);
        }
        JobAction::Unskip => changes.set("settled = 'ready'", []),
        JobAction::Prioritise => {
            let highest: Option<i64> =
                tx.cell("SELECT CAST(COALESCE(MAX(priority), 0) AS BIGINT) FROM job", []).await?;
            changes.set("priority = ?", [(highest.unwrap_or(0) + 1).into()]);
        }
        JobAction::Pause | JobAction::Skip => {}
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use shared::pass::PassKind;

    use super::{LOOKS, word};

    #[test]
    fn the_passes_that_only_look_are_the_ones_named_in_sql() {
        for kind in [
            PassKind::DryRun,
            PassKind::Initial,
            PassKind::Delta,
            PassKind::Final,
            PassKind::Verify,
            PassKind::Probe,
        ] {
            let named = LOOKS.contains(&format!("'{}'", word(&kind).expect("a word")));
            assert_eq!(named, kind.only_looks(), "{kind:?}");
        }
    }
}
