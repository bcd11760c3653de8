//! New passwords for many mailboxes of a project in one go.

use sea_orm::{FromQueryResult, Value};
use shared::{
    endpoint::Endpoint,
    id::{JobId, ProjectId},
    job::{JobSecrets, JobState},
};

use super::{
    Store, StoreError,
    db::Tx,
    sql::Sql,
    words::{count, from_json, now, word},
};
use crate::import::Mailbox;

#[derive(FromQueryResult)]
struct MailboxRecord {
    id: i64,
    source_user: String,
    target_user: String,
}

#[derive(FromQueryResult)]
struct EndpointsRecord {
    source: String,
    target: String,
}

/// Keeps a project from logging in elsewhere until the transaction is through; an error where it does already.
async fn same_logins(tx: &Tx<'_>, project: ProjectId, endpoints: [&Endpoint; 2]) -> Result<(), StoreError> {
    let sql = format!("SELECT source, target FROM project WHERE id = ?{}", tx.sharing());
    let record: Option<EndpointsRecord> = tx.one(&sql, [project.0.into()]).await?;
    let EndpointsRecord { source, target } = record.ok_or(StoreError::NotFound("project"))?;
    for (now, then) in [source, target].iter().zip(endpoints) {
        if !from_json::<Endpoint>("endpoint", now)?.same_login(then) {
            return Err(StoreError::Conflict(
                "The project was changed to log in elsewhere while the list was read. Nothing was stored: look at the project's \
                 settings, then bring the passwords for the servers that stand there now."
                    .into(),
            ));
        }
    }
    Ok(())
}

impl Store {
    /// Every mailbox of a project, by whose names passwords find it.
    pub(crate) async fn mailboxes(&self, project: ProjectId) -> Result<Vec<Mailbox>, StoreError> {
        let records: Vec<MailboxRecord> = self
            .db()
            .reading("Reading the mailboxes")
            .all(
                "SELECT id, source_user, target_user FROM job WHERE project = ? ORDER BY id",
                [project.0.into()],
            )
            .await?;
        let mailbox = |MailboxRecord { id, source_user, target_user }| Mailbox {
            id: JobId(id),
            source_user,
            target_user,
        };
        Ok(records.into_iter().map(mailbox).collect())
    }

    /// Stores new secrets of mailboxes of a project, all or none; an absent one leaves what is stored. Tells how many
    /// mailboxes of the project lack one on a side that `needs` it (source, target), without those that are left out on
    /// purpose. [`StoreError::NotFound`] when one of them was removed meanwhile, [`StoreError::Conflict`] when the project logs in
    /// elsewhere than at `endpoints` (source, target) by now: they were entered for those.
    pub(crate) async fn renew_secrets(
        &self,
        project: ProjectId,
        secrets: &[(JobId, JobSecrets)],
        endpoints: [&Endpoint; 2],
    ) -> Result<u64, StoreError> {
        let needs = endpoints.map(Endpoint::secret_per_mailbox);
        let tx = self.db().begin("Storing passwords").await?;
        same_logins(&tx, project, endpoints).await?;
        let now = now().millis();
        for (id, secrets) in secrets {
            let values: [Value; 3] = [now.into(), id.0.into(), project.0.into()];
            if tx.run("UPDATE job SET updated = ? WHERE id = ? AND project = ?", values).await? == 0 {
                return Err(StoreError::NotFound("mailbox"));
            }
            self.put_job_secrets(
                &tx,
                *id,
                secrets.source_secret.as_deref(),
                secrets.target_secret.as_deref(),
            )
            .await?;
        }
        let lacking: Option<i64> = tx
            .cell(
                "SELECT COUNT(*) FROM job WHERE project = ? AND state <> ?
                 AND ((? = 1 AND source_secret IS NULL) OR (? = 1 AND target_secret IS NULL))",
                [
                    project.0.into(),
                    word(&JobState::Skipped)?.into(),
                    i64::from(needs[0]).into(),
                    i64::from(needs[1]).into(),
                ],
            )
            .await?;
        tx.commit().await?;
        self.wake();
        Ok(count(lacking.unwrap_or_default()))
    }
}
