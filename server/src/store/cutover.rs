//! The checklist of a batch's cutover, and approvals of what differs.

use sea_orm::FromQueryResult;
use shared::{
    cutover::{Cutover, Facts, Step, Tick, TickForm},
    finding::CauseCount,
    id::{BatchId, JobId},
    report::Approval,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    batches::BatchRecord,
    db::Tx,
    grouped,
    sql::Sql,
    words::{clean, count, json, now},
};

/// Differences of a job that nobody approved as the latest report has them. On `job`.
const UNAPPROVED: &str = "job.verdict IS NOT NULL AND job.verdict <> 'perfect' AND NOT EXISTS (
    SELECT 1 FROM approval a WHERE a.job = job.id
    AND a.pass = (SELECT MAX(r.pass) FROM report r WHERE r.job = job.id))";

/// The last pass of a job that copied was a final one and came to its end. On `job`.
const FINISHED: &str = "job.state IN ('complete', 'exceptions') AND (
    SELECT p.kind FROM pass p WHERE p.job = job.id AND p.kind IN ('initial', 'delta', 'final')
    ORDER BY p.id DESC LIMIT 1) = 'final'";

#[derive(FromQueryResult)]
struct FactsRecord {
    jobs: i64,
    finished: i64,
    judged: i64,
    perfect: i64,
    unapproved: i64,
}

#[derive(FromQueryResult)]
struct ApprovalRecord {
    who: String,
    at: i64,
    note: String,
}

impl Store {
    /// What was ticked off in a batch, and what the program knows of its jobs.
    pub(super) async fn cutover(&self, id: BatchId) -> Result<(Cutover, Facts), StoreError> {
        let cutover = self.batch_record(id).await?.checklist()?;
        Ok((cutover, facts(&self.db().reading("Reading a checklist"), id).await?))
    }

    /// What differs in a batch's jobs, by cause: worst first.
    pub(super) async fn differences(&self, id: BatchId) -> Result<Vec<CauseCount>, StoreError> {
        let groups = grouped::by_cause(
            &self.db().reading("Counting the differences of a batch"),
            "job.batch = ? AND job.state <> 'skipped' AND job.verdict <> 'perfect' AND c.severity > 0",
            id.0,
        )
        .await?;
        Ok(groups.into_iter().map(|row| row.count).collect())
    }

    /// Ticks a step off in a name, or takes the tick back. [`StoreError::Conflict`] says why it cannot be.
    ///
    /// Approving keeps, with every job that is not perfect, who accepted what its latest report says.
    pub(crate) async fn tick(&self, id: BatchId, form: &TickForm, who: &str) -> Result<(), StoreError> {
        let differences = self.differences(id).await?;
        let tx = self.db().begin("Ticking off a step").await?;
        let sql = format!("{} WHERE id = ?{}", super::batches::COLUMNS, tx.locking());
        let record: Option<BatchRecord> = tx.one(&sql, [id.0.into()]).await?;
        let mut cutover = record.ok_or(StoreError::NotFound("batch"))?.checklist()?;
        let facts = facts(&tx, id).await?;
        cutover.ticks.retain(|tick| tick.step != form.step);
        if form.done {
            if let Some(why) = cutover.refuses(form.step, facts) {
                return Err(StoreError::Conflict(format!("{}: {why}", form.step.title())));
            }
            let tick = Tick { step: form.step, who: who.into(), at: now(), note: clean(form.note.trim()) };
            if form.step == Step::Approve {
                approve(&tx, id, &tick).await?;
                cutover.approved = differences;
            }
            cutover.ticks.push(tick);
        } else if form.step == Step::Approve {
            cutover.approved.clear();
            tx.run("DELETE FROM approval WHERE job IN (SELECT id FROM job WHERE batch = ?)", [id.0.into()])
                .await?;
        }
        tx.run(
            "UPDATE batch SET cutover = ?, next_run = CASE WHEN ? THEN NULL ELSE next_run END WHERE id = ?",
            [json("checklist", &cutover)?.into(), (form.step == Step::Done && form.done).into(), id.0.into()],
        )
        .await?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Who approved what a job's latest report says.
    pub(super) async fn approval(&self, job: JobId) -> Result<Option<Approval>, StoreError> {
        let record: Option<ApprovalRecord> = self
            .db()
            .reading("Reading an approval")
            .one(
                "SELECT who, at, note FROM approval WHERE job = ?
                 AND pass = (SELECT MAX(r.pass) FROM report r WHERE r.job = approval.job)",
                [job.0.into()],
            )
            .await?;
        Ok(record.map(|ApprovalRecord { who, at, note }| Approval {
            who,
            at: Timestamp::from_millis(at),
            note,
        }))
    }
}

async fn facts(sql: &impl Sql, id: BatchId) -> Result<Facts, StoreError> {
    let query = format!(
        "SELECT COUNT(*) AS jobs, COUNT(CASE WHEN {FINISHED} THEN 1 END) AS finished,
            COUNT(job.verdict) AS judged, COUNT(CASE WHEN job.verdict = 'perfect' THEN 1 END) AS perfect,
            COUNT(CASE WHEN {UNAPPROVED} THEN 1 END) AS unapproved
         FROM job WHERE job.batch = ? AND job.state <> 'skipped'"
    );
    let record: Option<FactsRecord> = sql.one(&query, [id.0.into()]).await?;
    Ok(record.map_or_else(Facts::default, |record| Facts {
        jobs: count(record.jobs),
        finished: count(record.finished),
        judged: count(record.judged),
        perfect: count(record.perfect),
        unapproved: count(record.unapproved),
    }))
}

async fn approve(tx: &Tx<'_>, id: BatchId, tick: &Tick) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO approval (job, pass, who, at, note)
         SELECT job.id, (SELECT MAX(r.pass) FROM report r WHERE r.job = job.id), CAST(? AS TEXT), CAST(? AS BIGINT),
            CAST(? AS TEXT)
         FROM job WHERE job.batch = ? AND job.state <> 'skipped' AND {UNAPPROVED}
         ON CONFLICT (job) DO UPDATE SET pass = excluded.pass, who = excluded.who, at = excluded.at,
            note = excluded.note"
    );
    let values = [tick.who.as_str().into(), tick.at.millis().into(), tick.note.as_str().into(), id.0.into()];
    tx.run(&sql, values).await?;
    Ok(())
}
