//! Reports of validations.

use shared::{id::JobId, report::Report};

use super::{Store, StoreError, sql::Sql, words::from_json};

impl Store {
    /// A job's latest report; none before its first validation.
    pub(crate) async fn report(&self, job: JobId) -> Result<Option<Report>, StoreError> {
        let body: Option<String> = self
            .db()
            .reading("Reading a report")
            .cell("SELECT body FROM report WHERE job = ? ORDER BY pass DESC LIMIT 1", [job.0.into()])
            .await?;
        let Some(body) = body else { return Ok(None) };
        let mut report: Report = from_json("report", &body)?;
        report.approved = self.approval(job).await?;
        Ok(Some(report))
    }
}
