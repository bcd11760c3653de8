//! Forgets what a project's systems are opened with, when it is not needed any more.

use shared::id::ProjectId;

use super::{Store, StoreError, sql::Sql};

impl Store {
    /// Forgets the passwords and tokens of a project and of all its mailboxes; tells how many there were. What was moved
    /// and found stays. [`StoreError::Conflict`] while a mailbox waits or runs: its pass would fail.
    pub(crate) async fn forget_secrets(&self, id: ProjectId) -> Result<u64, StoreError> {
        let tx = self.db().begin("Forgetting a project's passwords").await?;
        let sql = format!("SELECT id FROM project WHERE id = ?{}", tx.locking());
        tx.cell::<i64>(&sql, [id.0.into()]).await?.ok_or(StoreError::NotFound("project"))?;
        let busy: Option<i64> = tx
            .cell(
                "SELECT id FROM job WHERE project = ?
                 AND state IN ('queued', 'running', 'pausing', 'paused', 'stopping') LIMIT 1",
                [id.0.into()],
            )
            .await?;
        if busy.is_some() {
            return Err(StoreError::Conflict(
                "A mailbox of this project waits, runs or is paused, and needs its password. Stop it first."
                    .into(),
            ));
        }
        let mut forgotten = 0;
        for (table, key) in [("project", "id"), ("job", "project")] {
            for column in ["source_secret", "target_secret"] {
                let sql =
                    format!("UPDATE {table} SET {column} = NULL WHERE {key} = ? AND {column} IS NOT NULL");
                forgotten += tx.run(&sql, [id.0.into()]).await?;
            }
        }
        tx.commit().await?;
        self.db().empty_log().await;
        self.wake();
        Ok(forgotten)
    }
}
