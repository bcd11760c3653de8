//! What an admin asks of jobs, one or fifty thousand: one statement in one transaction, guarded by their states.

use sea_orm::{FromQueryResult, Value};
use shared::{
    check::Side,
    id::{JobId, ProjectId},
    job::{Applied, JobAction, JobState},
    pass::PassKind,
};

use super::{
    Store, StoreError, closed,
    db::Tx,
    selection::Which,
    sql::{Sql, marks},
    words::{count, from_word, now, word},
};

/// The pass a start means: the initial one until something was copied.
const START_KIND: &str =
    "CASE WHEN EXISTS (SELECT 1 FROM ledger_folder f JOIN ledger_entry e ON e.folder = f.id
    WHERE f.job = job.id AND e.state = 1) THEN 'delta' ELSE 'initial' END";

/// Passes that only look: the words of [`PassKind::only_looks`].
const LOOKS: &str = "('dry-run', 'probe')";
/// Passes that only read: the words of those of which [`PassKind::copies`] says no.
pub(super) const READS: &str = "('dry-run', 'probe', 'verify')";

/// How many mailboxes there are, and how many have a password of their own.
#[derive(FromQueryResult)]
struct Stored {
    jobs: i64,
    source: i64,
    target: i64,
}

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
    /// [`StoreError::State`], or [`StoreError::Conflict`] when its batch was cut over.
    pub(crate) async fn apply(&self, id: JobId, action: JobAction) -> Result<JobState, StoreError> {
        let tx = self.db().begin("Steering a mailbox").await?;
        let sql = format!("SELECT state FROM job WHERE id = ?{}", tx.locking());
        let state: Option<String> = tx.cell(&sql, [id.0.into()]).await?;
        let state: JobState = from_word("job state", &state.ok_or(StoreError::NotFound("mailbox"))?)?;
        let Some(after) = state.after(action) else { return Err(StoreError::State { state, action }) };
        if let Some(why) = closed::refuses(&tx, Which::Job(id), action).await? {
            return Err(StoreError::Conflict(why));
        }
        steer(&tx, Which::Job(id), action).await?;
        tx.commit().await?;
        self.wake();
        Ok(after)
    }

    /// [`StoreError::NoSecret`] when every pass that an action begins would fail because nothing is stored to log in with.
    pub(crate) async fn can_log_in(
        &self,
        project: ProjectId,
        which: Which<'_>,
        action: JobAction,
    ) -> Result<(), StoreError> {
        if !action.begins() {
            return Ok(());
        }
        let from = reaches(action);
        let condition = which.condition();
        let sql = format!(
            "SELECT COUNT(*) AS jobs, COUNT(job.source_secret) AS source, COUNT(job.target_secret) AS target
             FROM job WHERE {} AND job.state IN ({})",
            condition.sql,
            marks(from.len())
        );
        let values: Vec<Value> = condition.values.into_iter().chain(from).collect();
        let stored: Option<Stored> = self.db().reading("Looking for passwords").one(&sql, values).await?;
        let Some(stored) = stored.filter(|stored| stored.jobs > 0) else { return Ok(()) };
        for (side, of_jobs) in [(Side::Source, stored.source > 0), (Side::Target, stored.target > 0)] {
            let (endpoint, of_project) = self.way_in(project, side).await?;
            let any = if endpoint.secret_per_mailbox() { of_jobs } else { of_project };
            if !any {
                return Err(StoreError::NoSecret(side));
            }
        }
        Ok(())
    }

    /// Does what an admin asks of many jobs, all or none: of those for which it makes sense now. Tells how many.
    pub(crate) async fn apply_to(&self, which: Which<'_>, action: JobAction) -> Result<Applied, StoreError> {
        let tx = self.db().begin("Steering mailboxes").await?;
        let applied = steer_counted(&tx, which, action).await?;
        tx.commit().await?;
        self.wake();
        Ok(applied)
    }
}

/// As [`steer`], and of a start tells how many get a delta pass because something was copied already.
pub(super) async fn steer_counted(
    tx: &Tx<'_>,
    which: Which<'_>,
    action: JobAction,
) -> Result<Applied, StoreError> {
    let again = match action == JobAction::Start {
        true => begun_before(tx, which).await?,
        false => 0,
    };
    let applied = steer(tx, which, action).await?;
    Ok(Applied { again: again.min(applied), ..Applied::to(applied) })
}

/// How many of the jobs that a start would reach have something copied. Looked at before it: afterwards they are in
/// another state, which the selection may leave out.
async fn begun_before(tx: &Tx<'_>, which: Which<'_>) -> Result<u64, StoreError> {
    let condition = which.condition();
    let from = reaches(JobAction::Start);
    let open = closed::condition(tx, which, JobAction::Start).await?;
    let sql = format!(
        "SELECT COUNT(*) FROM job WHERE {} AND job.state IN ({}){open} AND {START_KIND} = 'delta'",
        condition.sql,
        marks(from.len())
    );
    let values: Vec<Value> = condition.values.into_iter().chain(from).collect();
    let number: Option<i64> = tx.cell(&sql, values).await?;
    Ok(count(number.unwrap_or_default()))
}

/// The words of the states in which an action reaches a job.
pub(super) fn reaches(action: JobAction) -> Vec<Value> {
    let states = JobState::ALL.into_iter().filter(|state| state.after(action).is_some());
    states.map(|state| state.word().into()).collect()
}

/// Changes every job of `which` for which the action makes sense now, within a transaction; tells how many. A start is
/// an initial pass when nothing was ever copied, else a delta pass. Jobs whose batch was cut over are not copied any more.
pub(super) async fn steer(tx: &Tx<'_>, which: Which<'_>, action: JobAction) -> Result<u64, StoreError> {
    let condition = which.condition();
    let mut values: Vec<Value> = Vec::new();
    let mut become_sql = String::from("CASE state");
    for state in JobState::ALL {
        if let Some(after) = state.after(action) {
            become_sql.push_str(" WHEN ? THEN ?");
            values.extend([word(&state)?.into(), word(&after)?.into()]);
        }
    }
    become_sql.push_str(" ELSE state END");
    let now = now().millis();
    let changes = changes(tx, action, now).await?;
    let from = reaches(action);
    let open = closed::condition(tx, which, action).await?;
    let sql = format!(
        "UPDATE job SET state = {become_sql}, updated = ?, at_once = ?{} WHERE {} AND job.state IN ({}){open}",
        changes.sql,
        condition.sql,
        marks(from.len())
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
    from_word("pass kind", &kind.ok_or(StoreError::NotFound("mailbox"))?)
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

    use super::{LOOKS, READS, word};

    #[test]
    fn the_passes_that_only_look_and_those_that_only_read_are_the_ones_named_in_sql() {
        for kind in [
            PassKind::DryRun,
            PassKind::Initial,
            PassKind::Delta,
            PassKind::Final,
            PassKind::Verify,
            PassKind::Probe,
        ] {
            let word = format!("'{}'", word(&kind).expect("a word"));
            assert_eq!(LOOKS.contains(&word), kind.only_looks(), "{kind:?}");
            assert_eq!(READS.contains(&word), !kind.copies(), "{kind:?}");
        }
    }
}
