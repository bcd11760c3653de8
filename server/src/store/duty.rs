//! What one node at a time does for all, and what the schedule needs of batches.

use shared::{
    id::{BatchId, ProjectId},
    job::{JobAction, JobFilter, JobState, JobStates},
    selection::Selection,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    batches::{BatchRecord, COLUMNS},
    leases::clock,
    selection::Which,
    sql::Sql,
    steering::steer,
};
use crate::schedule::{Due, Scheduled};

impl Store {
    /// Takes a duty, or keeps it, for so many milliseconds; false while another process has it. By the database's clock.
    pub(crate) async fn take_duty(&self, name: &str, millis: i64) -> Result<bool, StoreError> {
        let tx = self.db().begin("Taking a duty").await?;
        let clock = clock(self.db());
        let sql = format!(
            "INSERT INTO duty (name, holder, expires) VALUES (?, ?, {clock} + ?)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
             WHERE duty.holder = excluded.holder OR duty.expires < {clock}"
        );
        let values = [name.into(), self.inner.node.as_str().into(), millis.into()];
        let taken = tx.run(&sql, values).await? > 0;
        tx.commit().await?;
        Ok(taken)
    }

    /// Gives a duty back, so that another process need not wait for it. Until when it was held stays known.
    pub(crate) async fn drop_duty(&self, name: &str) -> Result<(), StoreError> {
        let tx = self.db().begin("Giving a duty back").await?;
        let values = [name.into(), self.inner.node.as_str().into()];
        let sql = format!("UPDATE duty SET expires = {} - 1 WHERE name = ? AND holder = ?", clock(self.db()));
        tx.run(&sql, values).await?;
        tx.commit().await
    }

    /// Until when a duty is or was held by anybody; none: nobody ever had it.
    pub(crate) async fn duty_until(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let reading = self.db().reading("Reading who has a duty");
        let until: Option<i64> =
            reading.cell("SELECT expires FROM duty WHERE name = ?", [name.into()]).await?;
        Ok(until.map(Timestamp::from_millis))
    }

    /// Every batch that has anything to do with the schedule.
    pub(crate) async fn scheduled(&self) -> Result<Vec<Scheduled>, StoreError> {
        let sql = format!("{COLUMNS} WHERE start_at IS NOT NULL OR repeat_hours IS NOT NULL ORDER BY id");
        let records: Vec<BatchRecord> = self.db().reading("Reading the schedule").all(&sql, []).await?;
        let scheduled = |record: BatchRecord| {
            let cutover = record.checklist()?;
            let settings = record.settings()?;
            Ok(Scheduled {
                id: BatchId(record.id),
                project: ProjectId(record.project),
                name: settings.name,
                created: record.created(),
                start_at: settings.start_at,
                repeat: settings.repeat,
                started: record.started(),
                next_run: record.next_run(),
                done: cutover.tick(shared::cutover::Step::Done).is_some(),
            })
        };
        records.into_iter().map(scheduled).collect()
    }

    /// Does what is due, once: whoever finds it done already does nothing. Tells how many jobs it reached; none when it
    /// was done already, or is a start that waits for mailboxes. `off`: no server was running when it came due.
    pub(crate) async fn run_due(
        &self,
        batch: &Scheduled,
        due: &Due,
        now: Timestamp,
        off: bool,
    ) -> Result<Option<u64>, StoreError> {
        // An empty batch is due at every look: nothing is written for it, and nobody is kept from writing.
        if matches!(due, Due::Start { .. })
            && !any(&self.db().reading("Running the schedule"), batch.id).await?
        {
            return Ok(None);
        }
        let tx = self.db().begin("Running the schedule").await?;
        if matches!(due, Due::Start { .. }) && !any(&tx, batch.id).await? {
            return Ok(None);
        }
        let filter = JobFilter { state: JobStates(due.states().to_vec()), ..JobFilter::default() };
        let selection = Selection::like(filter).within(batch.id);
        let reached = match due {
            Due::Plan { .. } => 0,
            Due::Start { .. } | Due::Again { .. } => {
                steer(&tx, Which::Project(batch.project, &selection), JobAction::Start).await?
            }
        };
        let changed = tx
            .run(
                "UPDATE batch SET started = COALESCE(started, ?), next_run = ?, told = COALESCE(?, told)
                 WHERE id = ? AND COALESCE(started, 0) = ? AND COALESCE(next_run, 0) = ?",
                [
                    now.millis().into(),
                    due.next().map(Timestamp::millis).into(),
                    due.told(now, reached, off).into(),
                    batch.id.0.into(),
                    batch.started.map_or(0, Timestamp::millis).into(),
                    batch.next_run.map_or(0, Timestamp::millis).into(),
                ],
            )
            .await?;
        if changed == 0 {
            return Ok(None);
        }
        tx.commit().await?;
        self.wake();
        Ok(Some(reached))
    }
}

/// Whether a batch has a mailbox that is not left out.
async fn any(sql: &impl Sql, batch: BatchId) -> Result<bool, StoreError> {
    let query = "SELECT id FROM job WHERE batch = ? AND state <> 'skipped' LIMIT 1";
    let id: Option<i64> = sql.cell(query, [batch.0.into()]).await?;
    Ok(id.is_some())
}

/// Jobs that a start by the schedule reaches: what an admin stopped or left out on purpose stays so.
pub(crate) const STARTS: &[JobState] = &[JobState::Ready, JobState::Failed];
/// Jobs that a repeated pass reaches.
pub(crate) const REPEATS: &[JobState] = &[JobState::Complete, JobState::Exceptions, JobState::Failed];
