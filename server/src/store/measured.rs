//! What the metrics tell of the database: cheap queries over what lists keep anyway.

use sea_orm::FromQueryResult;

use super::{Store, StoreError, sql::Sql, words::now};

/// A number by words.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct ByState {
    pub(crate) project: i64,
    pub(crate) state: String,
    pub(crate) number: i64,
}

/// What arrived, by project.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Moved {
    pub(crate) project: i64,
    pub(crate) copied: i64,
    pub(crate) copied_bytes: i64,
    pub(crate) adopted: i64,
    pub(crate) skipped: i64,
}

/// What differs or failed, by project and cause.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct ByCause {
    pub(crate) project: i64,
    pub(crate) cause: String,
    pub(crate) mailboxes: i64,
    pub(crate) findings: i64,
}

/// Everything at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) states: Vec<ByState>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) causes: Vec<ByCause>,
    /// How long the mailbox waits that waits longest, in milliseconds.
    pub(crate) queue_lag_millis: i64,
    /// Nodes that work on a mailbox.
    pub(crate) nodes_working: i64,
}

impl Store {
    /// Measures.
    pub(crate) async fn measure(&self) -> Result<Measured, StoreError> {
        let reading = self.db().reading("Measuring");
        let oldest: Option<Option<i64>> =
            reading.cell("SELECT MIN(queued) FROM job WHERE state = 'queued'", []).await?;
        let nodes: Option<i64> = reading
            .cell(
                "SELECT COUNT(DISTINCT lease_owner) FROM job WHERE state IN ('running', 'pausing', 'stopping')",
                [],
            )
            .await?;
        Ok(Measured {
            states: reading
                .all(
                    "SELECT project, state, COUNT(*) AS number FROM job GROUP BY project, state
                     ORDER BY project, state",
                    [],
                )
                .await?,
            moved: reading
                .all(
                    "SELECT j.project AS project, CAST(SUM(c.copied) AS BIGINT) AS copied,
                        CAST(SUM(c.copied_bytes) AS BIGINT) AS copied_bytes,
                        CAST(SUM(c.adopted) AS BIGINT) AS adopted, CAST(SUM(c.skipped) AS BIGINT) AS skipped
                     FROM job_count c JOIN job j ON j.id = c.job GROUP BY j.project ORDER BY j.project",
                    [],
                )
                .await?,
            causes: reading
                .all(
                    "SELECT j.project AS project, c.cause AS cause, COUNT(*) AS mailboxes,
                        CAST(SUM(c.findings) AS BIGINT) AS findings
                     FROM job_cause c JOIN job j ON j.id = c.job WHERE c.severity > 0 OR c.stopped
                     GROUP BY j.project, c.cause ORDER BY j.project, c.cause",
                    [],
                )
                .await?,
            queue_lag_millis: oldest.flatten().map_or(0, |queued| (now().millis() - queued).max(0)),
            nodes_working: nodes.unwrap_or(0),
        })
    }
}
