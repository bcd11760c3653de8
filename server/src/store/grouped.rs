//! Errors of many jobs, grouped by cause.

use sea_orm::FromQueryResult;
use shared::{
    causes::CauseRow,
    finding::CauseCount,
    id::{BatchId, ProjectId},
};

use super::{Store, StoreError, findings::severity, sql::Sql, words::count};

#[derive(FromQueryResult)]
struct GroupRecord {
    cause: String,
    severity: i16,
    findings: i64,
    jobs: i64,
    stopped: i64,
}

impl Store {
    /// What differs or failed in a project, or in one batch of it, by cause: worst first. Notes are left out.
    pub(crate) async fn project_causes(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
    ) -> Result<Vec<CauseRow>, StoreError> {
        let reading = self.db().reading("Grouping errors by cause");
        let condition = match batch {
            Some(batch) => &format!("job.project = ? AND job.batch = {}", batch.0),
            None => "job.project = ?",
        };
        let condition = format!("{condition} AND job.state <> 'skipped' AND (c.severity > 0 OR c.stopped)");
        by_cause(&reading, &condition, project.0).await
    }
}

/// Causes of the jobs that a condition on `job` and its causes `c` names; it binds one value.
pub(super) async fn by_cause(
    sql: &impl Sql,
    condition: &str,
    value: i64,
) -> Result<Vec<CauseRow>, StoreError> {
    let query = format!(
        "SELECT c.cause AS cause, MAX(c.severity) AS severity, CAST(SUM(c.findings) AS BIGINT) AS findings,
            COUNT(*) AS jobs, COUNT(CASE WHEN c.stopped THEN 1 END) AS stopped
         FROM job JOIN job_cause c ON c.job = job.id WHERE {condition} GROUP BY c.cause"
    );
    let records: Vec<GroupRecord> = sql.all(&query, [value.into()]).await?;
    let mut rows = records
        .into_iter()
        .map(|record| {
            // A cause that only stopped a pass has no finding of its own: the mailbox itself is what it is about.
            let findings = count(record.findings).max(count(record.stopped));
            let group = CauseCount::of_id(&record.cause, severity(record.severity)?, findings);
            Ok(CauseRow { count: group, jobs: count(record.jobs), stopped: count(record.stopped) })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    rows.sort_by_key(|row| {
        (std::cmp::Reverse(row.count.severity), std::cmp::Reverse(row.jobs), row.count.cause)
    });
    Ok(rows)
}
