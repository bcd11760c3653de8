//! Batches: made, changed, listed, filled, removed.

use std::{collections::BTreeMap, num::NonZeroU16};

use engine::guest;
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest as _, Sha256};
use shared::{
    batch::{AssignForm, BatchCounts, BatchForm, BatchRow, BatchView, Repeat},
    cutover::{Cutover, Step},
    id::{BatchId, ProjectId},
    job::{Applied, JobAction, JobState, StateCount},
    limits::Limits,
    pass::Drift,
    selection::Selection,
    time::Timestamp,
    under_way::UnderWay,
};

use super::{
    Store, StoreError,
    activity::changed_since,
    closed::cut_over,
    selection::Which,
    sql::{Clash, Sql},
    steering::steer_counted,
    under_way::{AGAIN, Owner},
    words::{clean, count, from_json, from_word, json, now},
};

/// A batch as it is kept.
#[derive(Debug, FromQueryResult)]
pub(super) struct BatchRecord {
    pub(super) id: i64,
    pub(super) project: i64,
    name: String,
    pub(super) priority: i64,
    pub(super) start_at: Option<i64>,
    hours: String,
    zone: String,
    pub(super) parallel: Option<i64>,
    repeat_hours: Option<i64>,
    repeat_until: Option<i64>,
    day_one: Option<i64>,
    pub(super) cutover: String,
    started: Option<i64>,
    next_run: Option<i64>,
    told: Option<String>,
    created: i64,
}

pub(super) const COLUMNS: &str =
    "SELECT id, project, name, priority, start_at, hours, zone, parallel, repeat_hours,
    repeat_until, day_one, cutover, started, next_run, told, created FROM batch";

#[derive(FromQueryResult)]
struct Group {
    batch: i64,
    state: String,
    jobs: i64,
    day_one: i64,
    counted: Option<i64>,
    new: i64,
    gone: i64,
    folders: i64,
    again: i64,
}

/// How the jobs of a batch stand.
#[derive(Debug, Default)]
struct Numbers {
    counts: BatchCounts,
    by_state: Vec<StateCount>,
    drift: Option<Drift>,
}

impl Store {
    /// Adds a batch to a project. [`StoreError::Taken`] when the project has one of this name.
    pub(crate) async fn create_batch(
        &self,
        project: ProjectId,
        form: &BatchForm,
    ) -> Result<BatchId, StoreError> {
        let tx = self.db().begin("Adding a batch").await?;
        let found: Option<i64> = tx.cell("SELECT id FROM project WHERE id = ?", [project.0.into()]).await?;
        found.ok_or(StoreError::NotFound("project"))?;
        let mut values = settings(form)?;
        values.extend([
            project.0.into(),
            json("checklist", &Cutover::default())?.into(),
            now().millis().into(),
        ]);
        let id = tx
            .insert(
                "INSERT INTO batch (name, priority, start_at, hours, zone, parallel, repeat_hours, repeat_until,
                    day_one, project, cutover, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            .await?
            .map_err(|Clash| StoreError::Taken("name of a batch"))?;
        tx.commit().await?;
        self.wake();
        Ok(BatchId(id))
    }

    /// Changes a batch's settings. A start that was moved is still to come, whether it was used up before or not. `seen`
    /// is the version of the settings that the change was made from: [`StoreError::Changed`] when somebody changed them
    /// since.
    pub(crate) async fn update_batch(
        &self,
        id: BatchId,
        form: &BatchForm,
        seen: Option<&str>,
    ) -> Result<(), StoreError> {
        let tx = self.db().begin("Changing a batch").await?;
        let sql = format!("{COLUMNS} WHERE id = ?{}", tx.locking());
        let before: Option<BatchRecord> = tx.one(&sql, [id.0.into()]).await?;
        let before = before.ok_or(StoreError::NotFound("batch"))?;
        if let Some(seen) = seen
            && before.version()? != seen
        {
            let project: Option<String> =
                tx.cell("SELECT name FROM project WHERE id = ?", [before.project.into()]).await?;
            let project = project.ok_or(StoreError::NotFound("project"))?;
            return Err(changed_since(&tx, "batch.change", &named(&before.name, &project)).await?);
        }
        let before = before.start_at;
        let moved = form.start_at.is_some_and(|at| before.map(minute) != Some(minute(at.millis())));
        let mut values = settings(form)?;
        values.extend([moved.into(), id.0.into()]);
        tx.try_run(
            "UPDATE batch SET name = ?, priority = ?, start_at = ?, hours = ?, zone = ?, parallel = ?,
                repeat_hours = ?, repeat_until = ?, day_one = ?, next_run = NULL,
                started = CASE WHEN ? THEN NULL ELSE started END WHERE id = ?",
            values,
        )
        .await?
        .map_err(|Clash| StoreError::Taken("name of a batch"))?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Removes a batch. Its jobs stay in the project, as they are.
    pub(crate) async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        let tx = self.db().begin("Removing a batch").await?;
        if tx.run("DELETE FROM batch WHERE id = ?", [id.0.into()]).await? == 0 {
            return Err(StoreError::NotFound("batch"));
        }
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Puts jobs of a project into a batch of it, or takes them out of any; tells how many changed.
    pub(crate) async fn assign(&self, project: ProjectId, form: &AssignForm) -> Result<u64, StoreError> {
        let tx = self.db().begin("Putting mailboxes into a batch").await?;
        if let Some(batch) = form.batch {
            let of: Option<i64> = tx.cell("SELECT project FROM batch WHERE id = ?", [batch.0.into()]).await?;
            if of != Some(project.0) {
                return Err(StoreError::NotFound("batch"));
            }
            // Nobody cuts it over before this is through.
            let closed = cut_over(&tx, "id = ?", batch.0, tx.sharing()).await?;
            if let Some(name) = closed.into_values().next() {
                return Err(StoreError::Conflict(format!(
                    "The batch “{name}” was cut over: no mailbox is put into it any more. Choose another batch, or take back \
                     the last tick of its checklist first."
                )));
            }
        }
        let condition = Which::Project(project, &form.selection).condition();
        let wanted = form.batch.map(|batch| batch.0);
        let sql = format!(
            "UPDATE job SET batch = ?, updated = ? WHERE {} AND COALESCE(job.batch, 0) <> ?",
            condition.sql
        );
        let mut values: Vec<Value> = vec![wanted.into(), now().millis().into()];
        values.extend(condition.values);
        values.push(wanted.unwrap_or(0).into());
        let changed = tx.run(&sql, values).await?;
        tx.commit().await?;
        self.wake();
        Ok(changed)
    }

    /// Does what an admin asks of a batch's jobs; tells how many. A start is remembered: from it repeated passes count.
    pub(crate) async fn apply_to_batch(
        &self,
        batch: &BatchRow,
        selection: Selection,
        action: JobAction,
    ) -> Result<Applied, StoreError> {
        let tx = self.db().begin("Steering a batch").await?;
        let selection = selection.within(batch.id);
        let applied = steer_counted(&tx, Which::Project(batch.project, &selection), action).await?;
        if action == JobAction::Start {
            tx.run(
                "UPDATE batch SET started = COALESCE(started, ?) WHERE id = ?",
                [self.moment(&tx).await?.millis().into(), batch.id.0.into()],
            )
            .await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(applied)
    }

    /// A project's batches: the highest priority first, then as they were made.
    pub(crate) async fn batches(&self, project: ProjectId) -> Result<Vec<BatchRow>, StoreError> {
        let reading = self.db().reading("Reading the batches");
        let sql = format!("{COLUMNS} WHERE project = ? ORDER BY priority DESC, id");
        let records: Vec<BatchRecord> = reading.all(&sql, [project.0.into()]).await?;
        let mut numbers = self.batch_numbers("job.project = ?", project.0).await?;
        records
            .into_iter()
            .map(|record| {
                let numbers = numbers.remove(&record.id).unwrap_or_default();
                record.row(numbers)
            })
            .collect()
    }

    /// One batch as a row of a list.
    pub(crate) async fn batch_row(&self, id: BatchId) -> Result<BatchRow, StoreError> {
        let record = self.batch_record(id).await?;
        self.counted_row(record).await
    }

    async fn counted_row(&self, record: BatchRecord) -> Result<BatchRow, StoreError> {
        let mut numbers = self.batch_numbers("job.batch = ?", record.id).await?;
        let numbers = numbers.remove(&record.id).unwrap_or_default();
        record.row(numbers)
    }

    /// One batch with all its page shows.
    pub(crate) async fn batch(&self, id: BatchId) -> Result<BatchView, StoreError> {
        let record = self.batch_record(id).await?;
        let version = record.version()?;
        let row = self.counted_row(record).await?;
        let (cutover, facts) = self.cutover(id).await?;
        let project_name: Option<String> = self
            .db()
            .reading("Reading a batch")
            .cell("SELECT name FROM project WHERE id = ?", [row.project.0.into()])
            .await?;
        Ok(BatchView {
            row,
            project_name: project_name.ok_or(StoreError::NotFound("project"))?,
            steps: cutover.steps(facts),
            cutover,
            facts,
            differences: self.differences(id).await?,
            version,
        })
    }

    pub(super) async fn batch_record(&self, id: BatchId) -> Result<BatchRecord, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = ?");
        let record = self.db().reading("Reading a batch").one(&sql, [id.0.into()]).await?;
        record.ok_or(StoreError::NotFound("batch"))
    }

    /// How the jobs of batches stand, by batch. `condition` binds one value.
    async fn batch_numbers(&self, condition: &str, value: i64) -> Result<BTreeMap<i64, Numbers>, StoreError> {
        let sum = |column: &str| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)");
        let sql = format!(
            "SELECT batch, state, COUNT(*) AS jobs, COUNT(CASE WHEN day_one > 0 THEN 1 END) AS day_one,
                MIN(drift_at) AS counted, {} AS new, {} AS gone, {} AS folders, {AGAIN}
             FROM job WHERE {condition} AND batch IS NOT NULL GROUP BY batch, state",
            sum("drift_new"),
            sum("drift_gone"),
            sum("drift_folders")
        );
        let groups: Vec<Group> =
            self.db().reading("Counting the mailboxes of batches").all(&sql, [value.into()]).await?;
        let mut numbers = BTreeMap::<i64, Numbers>::new();
        for group in groups {
            let Numbers { counts, drift, by_state } = numbers.entry(group.batch).or_default();
            let state = from_word("job state", &group.state)?;
            by_state.push(StateCount { state, count: count(group.jobs), closed: 0 });
            counts.under_way.again += count(group.again);
            add(counts, state, count(group.jobs));
            counts.day_one += count(group.day_one);
            if state == JobState::Skipped {
                continue;
            }
            if let Some(counted) = group.counted.map(Timestamp::from_millis) {
                let sum = drift.get_or_insert(Drift { counted, new: 0, gone: 0, folders: 0 });
                sum.counted = sum.counted.min(counted);
                sum.new += count(group.new);
                sum.gone += count(group.gone);
                sum.folders += count(group.folders);
            }
        }
        for (batch, known) in self.under_way(Owner::Batch, condition, Some(value)).await? {
            if let Some(Numbers { counts, .. }) = numbers.get_mut(&batch) {
                counts.under_way = UnderWay { again: counts.under_way.again, ..known };
            }
        }
        Ok(numbers)
    }
}

/// The minute of a moment: forms show moments to the minute, so one that is saved untouched has lost its seconds.
fn minute(millis: i64) -> i64 {
    millis.div_euclid(60_000)
}

fn add(counts: &mut BatchCounts, state: JobState, jobs: u64) {
    counts.jobs += jobs;
    let number = match state {
        JobState::Ready => &mut counts.ready,
        JobState::Queued | JobState::Running | JobState::Pausing | JobState::Stopping => &mut counts.active,
        JobState::Paused => &mut counts.paused,
        JobState::Cancelled => &mut counts.cancelled,
        JobState::Complete => &mut counts.complete,
        JobState::Exceptions => &mut counts.exceptions,
        JobState::Failed => &mut counts.failed,
        JobState::Skipped => &mut counts.skipped,
    };
    *number += jobs;
}

/// A batch in words, as the audit log names it.
pub(crate) fn named(batch: &str, project: &str) -> String {
    format!("{batch} of {project}")
}

/// The values of a batch's settings, in the order of its columns.
fn settings(form: &BatchForm) -> Result<Vec<Value>, StoreError> {
    let BatchForm { name, priority, start_at, hours, zone, parallel, repeat, day_one } = form;
    Ok(vec![
        clean(name).into(),
        i64::from(*priority).into(),
        start_at.map(Timestamp::millis).into(),
        json("hours", hours)?.into(),
        zone.to_string().into(),
        parallel.map(|parallel| i64::from(parallel.get())).into(),
        repeat.map(|repeat| i64::from(repeat.hours.get())).into(),
        repeat.and_then(|repeat| repeat.until).map(Timestamp::millis).into(),
        day_one.map(|days| i64::from(days.get())).into(),
    ])
}

impl BatchRecord {
    /// Its settings.
    pub(super) fn settings(&self) -> Result<BatchForm, StoreError> {
        let small =
            |number: Option<i64>| number.and_then(|n| u16::try_from(n).ok()).and_then(NonZeroU16::new);
        let zone = self
            .zone
            .parse()
            .map_err(|_| StoreError::Corrupt { what: "time zone", detail: "it has no such form".into() })?;
        Ok(BatchForm {
            name: self.name.clone(),
            priority: i32::try_from(self.priority).unwrap_or_default(),
            start_at: self.start_at.map(Timestamp::from_millis),
            hours: from_json("hours", &self.hours)?,
            zone,
            parallel: small(self.parallel),
            repeat: small(self.repeat_hours)
                .map(|hours| Repeat { hours, until: self.repeat_until.map(Timestamp::from_millis) }),
            day_one: small(self.day_one),
        })
    }

    /// Another whenever the settings are others; its checklist and its mailboxes have no part in it.
    fn version(&self) -> Result<String, StoreError> {
        let settings = json("settings of a batch", &self.settings()?)?;
        Ok(hex::encode(Sha256::digest(settings.as_bytes())))
    }

    /// Its checklist.
    pub(super) fn checklist(&self) -> Result<Cutover, StoreError> {
        from_json("checklist", &self.cutover)
    }

    /// Whether its passes may run at a moment.
    pub(super) fn is_open(&self, at: Timestamp) -> Result<bool, StoreError> {
        let settings = self.settings()?;
        let limits = Limits { hours: settings.hours, zone: settings.zone, ..Limits::default() };
        // A zone this machine cannot tell was refused when it was entered; should it be gone since, waiting helps nobody.
        Ok(guest::is_open(&limits, at).unwrap_or(true))
    }

    pub(super) fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created)
    }

    pub(super) fn started(&self) -> Option<Timestamp> {
        self.started.map(Timestamp::from_millis)
    }

    pub(super) fn next_run(&self) -> Option<Timestamp> {
        self.next_run.map(Timestamp::from_millis)
    }

    fn row(self, Numbers { counts, drift, mut by_state }: Numbers) -> Result<BatchRow, StoreError> {
        let done = self.checklist()?.tick(Step::Done).map(|tick| tick.at);
        if done.is_some() {
            by_state.iter_mut().for_each(|group| group.closed = group.count);
        }
        Ok(BatchRow {
            id: BatchId(self.id),
            project: ProjectId(self.project),
            settings: self.settings()?,
            created: self.created(),
            started: self.started(),
            next_run: self.next_run(),
            open: self.is_open(now())?,
            told: self.told,
            counts,
            by_state,
            drift,
            done,
        })
    }
}
