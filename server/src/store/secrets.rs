//! Secrets in their columns, and the proof that the key belongs to the database.

use secrecy::{ExposeSecret, SecretString};

use super::{Store, StoreError, db::Tx, sql::Sql};
use crate::secret::{Place, SecretError};

/// The word that is sealed to recognise the key. It is no secret.
const CANARY: &str = "carbonio-migrate";
const CANARY_PLACE: Place = Place { table: "seal", row: 1, column: "canary" };

impl Store {
    /// Refuses a key that did not seal this database's secrets, before a new secret is sealed under it.
    pub(super) async fn check_key(&self) -> Result<(), StoreError> {
        let canary = self.inner.sealer.seal(CANARY_PLACE, &CANARY.into())?;
        let tx = self.db().begin("Checking the key against the database").await?;
        // Of two nodes that start together on a new database, the second finds the word of the first.
        tx.run("INSERT INTO seal (id, canary) VALUES (1, ?) ON CONFLICT (id) DO NOTHING", [canary.into()])
            .await?;
        let sealed: Option<Vec<u8>> = tx.cell("SELECT canary FROM seal WHERE id = 1", []).await?;
        tx.commit().await?;
        match self.inner.sealer.open(CANARY_PLACE, sealed.as_deref().unwrap_or_default()) {
            Ok(word) if word.expose_secret() == CANARY => Ok(()),
            Ok(_) | Err(SecretError::Unopenable) => Err(StoreError::Open(
                "Opening the database failed: its passwords were sealed under another key than the one given. Give \
                 every node the key file that belongs to this database (key/master.key in the data directory of the \
                 server that made it), or use another database."
                    .into(),
            )),
            Err(other) => Err(other.into()),
        }
    }

    /// Seals a secret into its place; an empty one empties the place.
    pub(super) async fn put_secret(&self, tx: &Tx<'_>, place: Place, secret: &str) -> Result<(), StoreError> {
        let sealed =
            if secret.is_empty() { None } else { Some(self.inner.sealer.seal(place, &secret.into())?) };
        // The names are our own constants, never input.
        let sql = format!("UPDATE {} SET {} = ? WHERE id = ?", place.table, place.column);
        tx.run(&sql, [sealed.into(), place.row.into()]).await?;
        Ok(())
    }

    /// Opens what was read from a place.
    pub(super) fn open_sealed(
        &self,
        place: Place,
        sealed: Option<&[u8]>,
    ) -> Result<Option<SecretString>, StoreError> {
        sealed.map(|sealed| self.inner.sealer.open(place, sealed).map_err(StoreError::from)).transpose()
    }
}
