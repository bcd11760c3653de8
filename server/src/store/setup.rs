//! First run: the one-time set-up token and the first owner.

use shared::{auth::Role, id::AdminId, time::Timestamp};

use super::{Store, StoreError, admins, sql::Sql};

impl Store {
    /// Keeps the hash (SHA-256) of a new set-up token until it expires; an older one is void from now on.
    pub(crate) async fn put_setup_token(
        &self,
        token: [u8; 32],
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let tx = self.db().begin("Keeping the set-up token").await?;
        tx.run(
            "INSERT INTO setup (id, token, expires) VALUES (1, ?, ?)
             ON CONFLICT (id) DO UPDATE SET token = excluded.token, expires = excluded.expires",
            [token.to_vec().into(), expires.millis().into()],
        )
        .await?;
        tx.commit().await
    }

    /// Makes the first admin, an owner, and voids the token: one transaction, so that of many requests one wins.
    /// None when the token is another, expired or used, or an admin exists already.
    pub(crate) async fn create_first_owner(
        &self,
        token: [u8; 32],
        name: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<AdminId>, StoreError> {
        let tx = self.db().begin("Making the first admin").await?;
        // Deleting is what makes the token single use: a second request waits here and then finds nothing.
        let used = tx
            .run(
                "DELETE FROM setup WHERE token = ? AND expires > ?",
                [token.to_vec().into(), now.millis().into()],
            )
            .await?;
        let somebody: Option<i64> = tx.cell("SELECT id FROM admin LIMIT 1", []).await?;
        if used == 0 || somebody.is_some() {
            return Ok(None);
        }
        let id = admins::insert(&tx, name, password_hash, Role::Owner, now).await?;
        tx.commit().await?;
        Ok(Some(id))
    }
}
