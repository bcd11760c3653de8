//! Causes of jobs: what the latest telling pass found and why it could not go on, kept for lists and filters.

use shared::{cause::Cause, finding::Severity, id::JobId, pass::PassEnd};

use super::{
    StoreError,
    db::Tx,
    findings::{TELLING, rank},
    sql::Sql,
};

/// Replaces a job's causes by what its passes say now, within the transaction that ends a pass.
pub(super) async fn settle(tx: &Tx<'_>, job: JobId, end: &PassEnd) -> Result<(), StoreError> {
    tx.run("DELETE FROM job_cause WHERE job = ?", [job.0.into()]).await?;
    let telling: Option<i64> = tx.cell(TELLING, [job.0.into(), job.0.into()]).await?;
    tx.run(
        // Of the worst alone: beside a folder that got another name, those that are the target's own are notes.
        "INSERT INTO job_cause (job, cause, severity, findings, stopped)
         SELECT job, cause, severity, count, FALSE FROM (
            SELECT job, cause, severity, COUNT(*) AS count,
                MAX(severity) OVER (PARTITION BY cause) AS worst
            FROM finding WHERE job = ? AND pass = ? GROUP BY job, cause, severity
         ) AS counted WHERE severity = worst",
        [job.0.into(), telling.unwrap_or_default().into()],
    )
    .await?;
    match end {
        PassEnd::Aborted { cause, .. } => stopped(tx, job, *cause).await,
        PassEnd::Finished | PassEnd::Paused | PassEnd::Cancelled => Ok(()),
    }
}

async fn stopped(tx: &Tx<'_>, job: JobId, cause: Cause) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO job_cause (job, cause, severity, findings, stopped) VALUES (?, ?, ?, 0, TRUE)
         ON CONFLICT (job, cause) DO UPDATE SET stopped = TRUE",
        [job.0.into(), cause.id().into(), rank(Severity::Loss).into()],
    )
    .await?;
    Ok(())
}
