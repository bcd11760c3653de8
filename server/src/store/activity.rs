//! The activity log: append only.

use sea_orm::FromQueryResult;
use shared::{auth::ActivityRow, time::Timestamp};

use super::{
    Store, StoreError,
    sql::Sql,
    words::{clean, now},
};

/// Lines on one page of the activity log.
pub(crate) const ACTIVITY_PAGE: i64 = 100;

#[derive(FromQueryResult)]
struct ActivityRecord {
    id: i64,
    at: i64,
    who: String,
    action: String,
    subject: String,
}

impl From<ActivityRecord> for ActivityRow {
    fn from(record: ActivityRecord) -> Self {
        let ActivityRecord { id, at, who, action, subject } = record;
        Self { id, at: Timestamp::from_millis(at), who, action, subject }
    }
}

impl Store {
    /// Adds a line: who (a login name or `system`), what (a stable word such as `job.start`), to what (in words).
    pub(crate) async fn log_activity(
        &self,
        who: &str,
        action: &str,
        subject: &str,
    ) -> Result<(), StoreError> {
        let tx = self.db().begin("Writing the activity log").await?;
        tx.run(
            "INSERT INTO activity (at, who, action, subject) VALUES (?, ?, ?, ?)",
            [now().millis().into(), clean(who).into(), action.into(), clean(subject).into()],
        )
        .await?;
        tx.commit().await
    }

    /// A page of the log, newest first; `before` is the last id of the page before.
    pub(crate) async fn activity(&self, before: Option<i64>) -> Result<Vec<ActivityRow>, StoreError> {
        let records: Vec<ActivityRecord> = self
            .db()
            .reading("Reading the activity log")
            .all(
                "SELECT id, at, who, action, subject FROM activity WHERE id < ? ORDER BY id DESC LIMIT ?",
                [before.unwrap_or(i64::MAX).into(), ACTIVITY_PAGE.into()],
            )
            .await?;
        Ok(records.into_iter().map(ActivityRow::from).collect())
    }
}
