//! The one job of a command-line ledger file.

use sea_orm::FromQueryResult;
use shared::id::{JobId, ProjectId};
use tokio::time::Instant;

use super::{Lease, Store, StoreError, jobs, sql::Sql, steering, words::now};

#[derive(FromQueryResult)]
struct Solo {
    id: i64,
    project: i64,
    source_user: String,
    target_user: String,
}

impl Store {
    /// The one job of a command-line ledger file, made when it is not there, and claimed unconditionally: the caller
    /// holds the file's lock. `kind` of the lease is an initial pass when nothing was ever copied, else a delta pass;
    /// change it before [`Store::begin_pass`] for another one. [`StoreError::Conflict`] when the file belongs to other
    /// mailboxes.
    pub(crate) async fn solo_job(&self, source_label: &str, target_label: &str) -> Result<Lease, StoreError> {
        let tx = self.db().begin("Opening the ledger").await?;
        let solo: Option<Solo> =
            tx.one("SELECT id, project, source_user, target_user FROM job ORDER BY id LIMIT 1", []).await?;
        let (job, project) = match solo {
            Some(solo) if solo.source_user == source_label && solo.target_user == target_label => {
                (JobId(solo.id), ProjectId(solo.project))
            }
            Some(_) => {
                return Err(StoreError::Conflict(
                    "The ledger file belongs to another pair of mailboxes. Name another file, or leave it out to use \
                     the one of these mailboxes."
                        .into(),
                ));
            }
            None => {
                let made = tx
                    .insert(
                        "INSERT INTO project (name, source, target, options, created) VALUES ('', '', '', '', ?)",
                        [now().millis().into()],
                    )
                    .await?;
                let taken =
                    |_| StoreError::Conflict("The ledger file holds a project but no mailbox.".into());
                let project = ProjectId(made.map_err(taken)?);
                (jobs::insert(&tx, project, source_label, target_label, None).await?.map_err(taken)?, project)
            }
        };
        let kind = steering::start_kind(&tx, job).await?;
        let epoch: Option<i64> = tx
            .cell(
                "UPDATE job SET state = 'running', lease_owner = ?, lease_epoch = lease_epoch + 1, updated = ?
                 WHERE id = ? RETURNING lease_epoch",
                [self.inner.node.as_str().into(), now().millis().into(), job.0.into()],
            )
            .await?;
        let epoch = epoch.ok_or(StoreError::LeaseLost)?;
        tx.commit().await?;
        Ok(Lease { job, project, kind, epoch, asked: Instant::now() })
    }
}
