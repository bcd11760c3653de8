//! The checklist of a batch's cutover, and approvals of what differs.

use std::{cmp::Reverse, collections::BTreeMap};

use sea_orm::FromQueryResult;
use shared::{
    cutover::{Cutover, Facts, Step, Tick, TickForm},
    endpoint::Endpoint,
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
    leases::ACTIVE,
    sql::Sql,
    steering::READS,
    words::{clean, count, from_json, json},
};
use crate::{
    dns::{DOMAINS_MAX, Domains},
    report::words::counted,
};

/// Differences of a job that nobody approved as the latest report has them. On `job`.
const UNAPPROVED: &str = "job.verdict IS NOT NULL AND job.verdict <> 'perfect' AND NOT EXISTS (
    SELECT 1 FROM approval a WHERE a.job = job.id
    AND a.pass = (SELECT MAX(r.pass) FROM report r WHERE r.job = job.id))";

/// The last final pass of a job, as `f`, where it came to its end and both sides were compared. On `job`. What copies or
/// reads later takes nothing away from it: what that finds is in the latest report.
const FINISHED: &str = r#"LEFT JOIN pass f ON f.id = (
    SELECT MAX(p.id) FROM pass p WHERE p.job = job.id AND p.kind = 'final')
    AND f.outcome = '{"outcome":"finished"}' AND EXISTS (SELECT 1 FROM report r WHERE r.pass = f.id)"#;

#[derive(FromQueryResult)]
struct FactsRecord {
    jobs: i64,
    finished: i64,
    early: i64,
    begun: Option<i64>,
    judged: i64,
    perfect: i64,
    unapproved: i64,
}

#[derive(FromQueryResult)]
struct EndsRecord {
    source: String,
    target: String,
}

#[derive(FromQueryResult)]
struct UserRecord {
    target_user: String,
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
        let facts = facts(&self.db().reading("Reading a checklist"), id, &cutover).await?;
        Ok((cutover, facts))
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

    /// What DNS is asked for a batch: the domains of its mailboxes' addresses on the target, those with the most first,
    /// and the hosts of the two systems. Those left out on purpose do not count.
    pub(crate) async fn batch_domains(&self, id: BatchId) -> Result<Domains, StoreError> {
        let reading = self.db().reading("Reading the domains of a batch");
        let ends: Option<EndsRecord> = reading
            .one(
                "SELECT p.source, p.target FROM batch b JOIN project p ON p.id = b.project WHERE b.id = ?",
                [id.0.into()],
            )
            .await?;
        let ends = ends.ok_or(StoreError::NotFound("batch"))?;
        let (source, target): (Endpoint, Endpoint) =
            (from_json("endpoint", &ends.source)?, from_json("endpoint", &ends.target)?);
        let sql = "SELECT target_user FROM job WHERE batch = ? AND state <> 'skipped'";
        let users: Vec<UserRecord> = reading.all(sql, [id.0.into()]).await?;
        let mut numbers = BTreeMap::<String, u64>::new();
        let mut nameless = 0;
        for UserRecord { target_user } in users {
            match target_user.rsplit_once('@') {
                Some((_, domain)) if !domain.is_empty() => {
                    *numbers.entry(domain.to_lowercase()).or_default() += 1;
                }
                Some(_) | None => nameless += 1,
            }
        }
        let mut list: Vec<_> = numbers.into_iter().collect();
        list.sort_by_key(|(_, mailboxes)| Reverse(*mailboxes));
        let more = list.len().saturating_sub(DOMAINS_MAX) as u64;
        list.truncate(DOMAINS_MAX);
        Ok(Domains { source: source.host().into(), target: target.host().into(), list, more, nameless })
    }

    /// Ticks a step off in a name, or takes the tick back. `against` is what DNS says against it, which is kept with the
    /// tick. [`StoreError::Conflict`] says why it cannot be.
    ///
    /// Approving keeps, with every job that is not perfect, who accepted what its latest report says.
    pub(crate) async fn tick(
        &self,
        id: BatchId,
        form: &TickForm,
        who: &str,
        against: Option<&str>,
    ) -> Result<(), StoreError> {
        let differences = self.differences(id).await?;
        let tx = self.db().begin("Ticking off a step").await?;
        let sql = format!("{} WHERE id = ?{}", super::batches::COLUMNS, tx.locking());
        let record: Option<BatchRecord> = tx.one(&sql, [id.0.into()]).await?;
        let mut cutover = record.ok_or(StoreError::NotFound("batch"))?.checklist()?;
        let facts = facts(&tx, id, &cutover).await?;
        cutover.ticks.retain(|tick| tick.step != form.step);
        if form.done {
            if let Some(why) = cutover.refuses(form.step, facts) {
                return Err(StoreError::Conflict(format!("{}: {why}", form.step.title())));
            }
            if form.step == Step::Done {
                nothing_copies(&tx, id).await?;
            }
            let tick = Tick {
                step: form.step,
                who: who.into(),
                // The clock that passes begin by.
                at: self.moment(&tx).await?,
                note: clean(form.note.trim()),
                against: against.map(clean),
            };
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

/// [`StoreError::Conflict`] while passes that copy run or wait in a batch: after its cutover none may.
async fn nothing_copies(tx: &Tx<'_>, id: BatchId) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT COUNT(*) FROM job WHERE batch = ? AND (state = 'queued' OR state IN {ACTIVE})
         AND COALESCE(wanted, 'initial') NOT IN {READS}"
    );
    match tx.cell(&sql, [id.0.into()]).await?.unwrap_or(0) {
        0 => Ok(()),
        busy => Err(StoreError::Conflict(format!(
            "{}: {} still copying or waiting for it. Wait until they are through, or stop them, then look at what the \
             last pass found.",
            Step::Done.title(),
            counted(count(busy), "mailbox")
        ))),
    }
}

/// What the program knows of a batch's jobs. A final pass is early unless it began after the old system was frozen.
async fn facts(sql: &impl Sql, id: BatchId, cutover: &Cutover) -> Result<Facts, StoreError> {
    let frozen = cutover.tick(Step::Freeze).map_or(i64::MAX, |tick| tick.at.millis());
    let query = format!(
        "SELECT COUNT(*) AS jobs, COUNT(f.id) AS finished, COUNT(CASE WHEN f.started < ? THEN 1 END) AS early,
            MAX(f.started) AS begun,
            COUNT(job.verdict) AS judged, COUNT(CASE WHEN job.verdict = 'perfect' THEN 1 END) AS perfect,
            COUNT(CASE WHEN {UNAPPROVED} THEN 1 END) AS unapproved
         FROM job {FINISHED} WHERE job.batch = ? AND job.state <> 'skipped'"
    );
    let record: Option<FactsRecord> = sql.one(&query, [frozen.into(), id.0.into()]).await?;
    Ok(record.map_or_else(Facts::default, |record| Facts {
        jobs: count(record.jobs),
        finished: count(record.finished),
        early: count(record.early),
        begun: record.begun.map(Timestamp::from_millis),
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
