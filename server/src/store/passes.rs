//! Passes: begun, ended, listed.

use std::collections::{BTreeMap, BTreeSet};

use engine::pass::PassOutcome;
use sea_orm::FromQueryResult;
use shared::{
    cause::Cause,
    finding::CauseCount,
    id::{JobId, PassId},
    job::JobState,
    pass::{Counts, PassEnd, PassView},
    time::Timestamp,
};

use super::{
    Lease, Store, StoreError, causes, day_one,
    db::{Db, Tx},
    drift, inventory,
    leases::fence,
    outcome::{after_first_days, after_interruption, after_pass},
    slots,
    sql::Sql,
    words::{clean, from_json, from_word, json, word},
};

#[derive(FromQueryResult)]
struct PassRecord {
    id: i64,
    kind: String,
    started: i64,
    ended: Option<i64>,
    outcome: Option<String>,
    counts: String,
    plan: Option<String>,
    day_one: Option<i64>,
}

#[derive(FromQueryResult)]
struct Standing {
    state: String,
    settled: String,
    stumbles: i64,
}

impl Store {
    /// Begins the lease's pass.
    pub(crate) async fn begin_pass(&self, lease: &Lease) -> Result<PassId, StoreError> {
        let tx = self.db().begin("Beginning a pass").await?;
        fence(&tx, lease.job, lease.epoch).await?;
        // The clock that all nodes share: a checklist says whether it began after the old system was frozen.
        let now = self.moment(&tx).await?;
        end_open(&tx, lease.job, &died(), now).await?;
        let kind = word(&lease.kind)?;
        let started = now.millis();
        let id: Option<i64> = tx
            .cell(
                "INSERT INTO pass (job, kind, started, counts) VALUES (?, ?, ?, ?) RETURNING id",
                [
                    lease.job.0.into(),
                    kind.as_str().into(),
                    started.into(),
                    json("counts", &Counts::default())?.into(),
                ],
            )
            .await?;
        tx.run(
            "UPDATE job SET wanted = ?, updated = ? WHERE id = ?",
            [kind.into(), started.into(), lease.job.0.into()],
        )
        .await?;
        tx.commit().await?;
        self.wake();
        id.map(PassId).ok_or(StoreError::NotFound("pass"))
    }

    /// Ends a pass: keeps its outcome and report, gives the job its state, verdict and problem, and gives the lease
    /// back, in one transaction. Returns the job's state after.
    ///
    /// A pass that ended as paused while no admin asked for it (the server is stopping) leaves the job waiting, so that
    /// it goes on at the next start.
    pub(crate) async fn finish_pass(
        &self,
        lease: &Lease,
        pass: PassId,
        outcome: &PassOutcome,
    ) -> Result<JobState, StoreError> {
        self.end_pass(lease, pass, outcome, false).await
    }

    /// The same of a pass that was interrupted by something that passes by itself: its job waits for its next turn. One that
    /// lost the database too often in a row is not tried again by itself.
    pub(crate) async fn interrupt_pass(
        &self,
        lease: &Lease,
        pass: PassId,
        outcome: &PassOutcome,
    ) -> Result<JobState, StoreError> {
        self.end_pass(lease, pass, outcome, true).await
    }

    async fn end_pass(
        &self,
        lease: &Lease,
        pass: PassId,
        outcome: &PassOutcome,
        goes_on: bool,
    ) -> Result<JobState, StoreError> {
        let tx = self.db().begin("Ending a pass").await?;
        fence(&tx, lease.job, lease.epoch).await?;
        let ended = self.moment(&tx).await?.millis();
        let plan = outcome.plan.as_ref().map(|plan| json("plan", plan)).transpose()?;
        tx.run(
            "UPDATE pass SET ended = ?, outcome = ?, counts = ?, plan = ? WHERE id = ? AND job = ?",
            [
                ended.into(),
                json("pass's end", &outcome.end)?.into(),
                json("counts", &outcome.counts)?.into(),
                plan.into(),
                pass.0.into(),
                lease.job.0.into(),
            ],
        )
        .await?;
        let mut verdict = None;
        // No verdict and no report where the rest is still to come: they would prove the wrong thing.
        let newest = day_one::newest(&tx, lease).await?;
        let of_all = !day_one::alone(lease, outcome, newest);
        if let Some(report) = outcome.report.as_ref().filter(|_| of_all) {
            // It was foretold that the mailbox would be too small, and it was not.
            tx.run(
                "DELETE FROM finding WHERE job = ? AND pass = ? AND cause = ?",
                [lease.job.0.into(), pass.0.into(), Cause::TargetFull.id().into()],
            )
            .await?;
            verdict = Some(word(&report.verdict)?);
            tx.run(
                "INSERT INTO report (pass, job, body) VALUES (?, ?, ?)",
                [pass.0.into(), lease.job.0.into(), json("report", report)?.into()],
            )
            .await?;
        }

        causes::settle(&tx, lease.job, &outcome.end).await?;
        let standing: Option<Standing> =
            tx.one("SELECT state, settled, stumbles FROM job WHERE id = ?", [lease.job.0.into()]).await?;
        let Standing { state, settled, stumbles } = standing.ok_or(StoreError::NotFound("mailbox"))?;
        let (state, settled) = (from_word("job state", &state)?, from_word("job state", &settled)?);
        let lost = goes_on && matches!(outcome.end, PassEnd::Aborted { cause: Cause::Ledger, .. });
        let mut becomes = match lost {
            true => after_interruption(lease.kind, state, settled, stumbles + 1),
            false => after_pass(lease.kind, state, settled, outcome, goes_on),
        };
        inventory::keep(&tx, lease, outcome, newest).await?;
        if !of_all && day_one::arrived(&tx, lease, ended).await? {
            becomes = after_first_days(state, settled);
        }
        drift::keep(&tx, lease, outcome).await?;
        // What the target refused was offered once more, if that was asked for.
        let offered =
            outcome.end == PassEnd::Finished && lease.kind.copies() && becomes.state != JobState::Queued;
        // The epoch grows: what of this pass may still be under way is shut out from now on.
        tx.run(
            "UPDATE job SET state = ?, settled = ?, problem = ?, verdict = COALESCE(?, verdict), updated = ?,
                priority = CASE WHEN ? THEN priority ELSE 0 END,
                retry_refused = CASE WHEN ? THEN FALSE ELSE retry_refused END, stumbles = ?,
                lease_owner = NULL, lease_expires = NULL, lease_epoch = lease_epoch + 1 WHERE id = ?",
            [
                word(&becomes.state)?.into(),
                word(&becomes.settled)?.into(),
                becomes.problem.as_deref().map(clean).into(),
                verdict.into(),
                ended.into(),
                (becomes.state == JobState::Queued).into(),
                offered.into(),
                (if becomes.state == JobState::Queued { stumbles + i64::from(lost) } else { 0 }).into(),
                lease.job.0.into(),
            ],
        )
        .await?;
        if self.db().is_shared() {
            slots::give_back(&tx, lease.job, lease.epoch).await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(becomes.state)
    }

    /// A job's passes, newest first, with findings that were counted before.
    pub(super) async fn passes(
        &self,
        job: JobId,
        causes: &BTreeMap<PassId, Vec<CauseCount>>,
    ) -> Result<Vec<PassView>, StoreError> {
        let records: Vec<PassRecord> = self
            .db()
            .reading("Reading the passes")
            .all(
                "SELECT id, kind, started, ended, outcome, counts, plan,
                    (SELECT day_one FROM job WHERE job.id = pass.job) AS day_one
                 FROM pass WHERE job = ? ORDER BY id DESC",
                [job.0.into()],
            )
            .await?;
        records.into_iter().map(|record| record.view(causes)).collect()
    }
}

impl PassRecord {
    fn view(self, causes: &BTreeMap<PassId, Vec<CauseCount>>) -> Result<PassView, StoreError> {
        let id = PassId(self.id);
        let kind = from_word("pass kind", &self.kind)?;
        Ok(PassView {
            id,
            kind,
            newest_only: day_one::was_of_newest(kind, self.ended, self.day_one),
            started: Timestamp::from_millis(self.started),
            ended: self.ended.map(Timestamp::from_millis),
            end: self.outcome.map(|end| from_json("pass's end", &end)).transpose()?,
            counts: from_json("counts", &self.counts)?,
            causes: causes.get(&id).cloned().unwrap_or_default(),
            plan: self.plan.map(|plan| from_json("plan", &plan)).transpose()?,
        })
    }
}

#[derive(FromQueryResult)]
struct EndRecord {
    id: i64,
    outcome: String,
}

/// A job's passes that ended with their process, or as a panic in it.
pub(super) async fn dead(db: &Db, job: JobId) -> Result<BTreeSet<i64>, StoreError> {
    let ends: Vec<EndRecord> = db
        .reading("Reading how passes ended")
        .all("SELECT id, outcome FROM pass WHERE job = ? AND outcome IS NOT NULL", [job.0.into()])
        .await?;
    let mut dead = BTreeSet::new();
    for EndRecord { id, outcome } in ends {
        match from_json("pass's end", &outcome) {
            // The first is what `died` says: who loses a lease to another process cannot write its end.
            Ok(PassEnd::Aborted { cause: Cause::LeaseLost | Cause::Internal, .. }) => _ = dead.insert(id),
            // One that cannot be read was written: its process lived.
            Ok(PassEnd::Aborted { .. } | PassEnd::Finished | PassEnd::Paused | PassEnd::Cancelled)
            | Err(_) => {}
        }
    }
    Ok(dead)
}

/// The end of a pass whose process died before it could write one.
pub(super) fn died() -> PassEnd {
    PassEnd::Aborted {
        cause: Cause::LeaseLost,
        message: "The process that ran this pass ended before the pass did. Nothing is lost: the next pass goes on from \
                  the ledger."
            .into(),
    }
}

/// Ends passes that have no end yet.
pub(super) async fn end_open(
    tx: &Tx<'_>,
    job: JobId,
    end: &PassEnd,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.run(
        "UPDATE pass SET ended = ?, outcome = ? WHERE job = ? AND ended IS NULL",
        [at.millis().into(), json("pass's end", end)?.into(), job.0.into()],
    )
    .await?;
    Ok(())
}
