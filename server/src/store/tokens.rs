//! API tokens: random reference tokens like those of sessions, of which only the hash is kept.

use sea_orm::FromQueryResult;
use shared::{
    auth::Role,
    id::{AdminId, TokenId},
    time::Timestamp,
    token::{Scope, TokenRow},
};

use super::{
    SessionAdmin, Store, StoreError,
    sql::Sql,
    words::{clean, from_word, word},
};

/// Tokens an admin may have at once.
const TOKENS_EACH: i64 = 50;
/// Use is written down this often at most.
const USED_STEP_MILLIS: i64 = 60 * 1000;
/// An expired token is listed this much longer, so that whoever wonders why a program fails finds it.
const KEPT_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;

/// A token to keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenOrder<'a> {
    /// Its SHA-256.
    pub(crate) hash: [u8; 32],
    /// Whose it is.
    pub(crate) admin: AdminId,
    /// The token it is made with, if it is.
    pub(crate) parent: Option<TokenId>,
    /// What it is for.
    pub(crate) name: &'a str,
    /// What it may do.
    pub(crate) scope: Scope,
    /// When it ends; at the latest with its parent.
    pub(crate) expires: Timestamp,
}

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// The token.
    pub(crate) id: TokenId,
    /// Its admin, with the lesser of the rights of both.
    pub(crate) admin: SessionAdmin,
    /// What it may do.
    pub(crate) scope: Scope,
}

/// What a request proves its admin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A browser's session, by its hash.
    Session([u8; 32]),
    /// A program's API token.
    Token {
        /// Its hash.
        hash: [u8; 32],
        /// Its id.
        id: TokenId,
    },
}

#[derive(FromQueryResult)]
struct BearerRecord {
    id: i64,
    admin: i64,
    name: String,
    role: String,
    scope: String,
    last_used: Option<i64>,
}

#[derive(FromQueryResult)]
struct TokenRecord {
    id: i64,
    name: String,
    admin: i64,
    admin_name: String,
    scope: String,
    created: i64,
    expires: i64,
    last_used: Option<i64>,
}

const COLUMNS: &str =
    "SELECT t.id, t.name, t.admin, admin.name AS admin_name, t.scope, t.created, t.expires, t.last_used
    FROM api_token t JOIN admin ON admin.id = t.admin";

impl TokenRecord {
    fn row(self) -> Result<TokenRow, StoreError> {
        Ok(TokenRow {
            id: TokenId(self.id),
            name: self.name,
            admin: AdminId(self.admin),
            admin_name: self.admin_name,
            scope: from_word("token's scope", &self.scope)?,
            created: Timestamp::from_millis(self.created),
            expires: Timestamp::from_millis(self.expires),
            last_used: self.last_used.map(Timestamp::from_millis),
        })
    }
}

impl Store {
    /// Keeps a token. [`StoreError::Conflict`] when its admin has too many already.
    pub(crate) async fn create_token(
        &self,
        order: TokenOrder<'_>,
        now: Timestamp,
    ) -> Result<TokenRow, StoreError> {
        let tx = self.db().begin("Adding a token").await?;
        // The admin's row is locked, so that two requests at once cannot both be the last that fits.
        let sql = format!("SELECT id FROM admin WHERE id = ?{}", tx.locking());
        tx.cell::<i64>(&sql, [order.admin.0.into()]).await?.ok_or(StoreError::NotFound("admin"))?;
        let alive: Option<i64> = tx
            .cell(
                "SELECT COUNT(*) FROM api_token WHERE admin = ? AND expires > ?",
                [order.admin.0.into(), now.millis().into()],
            )
            .await?;
        if alive.unwrap_or(0) >= TOKENS_EACH {
            return Err(StoreError::Conflict(format!(
                "You have {TOKENS_EACH} tokens already. Revoke one that is not used any more."
            )));
        }
        let mut expires = order.expires.millis();
        if let Some(parent) = order.parent {
            let end: Option<i64> =
                tx.cell("SELECT expires FROM api_token WHERE id = ?", [parent.0.into()]).await?;
            expires = expires.min(end.ok_or(StoreError::NotFound("token"))?);
        }
        let made = tx
            .insert(
                "INSERT INTO api_token (token, admin, parent, name, scope, created, expires)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    order.hash.to_vec().into(),
                    order.admin.0.into(),
                    order.parent.map(|parent| parent.0).into(),
                    clean(order.name).into(),
                    word(&order.scope)?.into(),
                    now.millis().into(),
                    expires.into(),
                ],
            )
            .await?;
        let id = made.map_err(|_| StoreError::Taken("token"))?;
        let record: Option<TokenRecord> = tx.one(&format!("{COLUMNS} WHERE t.id = ?"), [id.into()]).await?;
        tx.commit().await?;
        record.ok_or(StoreError::NotFound("token"))?.row()
    }

    /// Who a token speaks for; none when there is none, it expired or its admin may not log in any more.
    pub(crate) async fn bearer(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<Bearer>, StoreError> {
        let record: Option<BearerRecord> = self
            .db()
            .reading("Looking up a token")
            .one(
                "SELECT t.id, t.admin, admin.name, admin.role, t.scope, t.last_used
                 FROM api_token t JOIN admin ON admin.id = t.admin
                 WHERE t.token = ? AND t.expires > ? AND admin.enabled",
                [hash.to_vec().into(), now.millis().into()],
            )
            .await?;
        let Some(record) = record else { return Ok(None) };
        if record.last_used.is_none_or(|used| used + USED_STEP_MILLIS <= now.millis()) {
            let tx = self.db().begin("Noting the use of a token").await?;
            tx.run(
                "UPDATE api_token SET last_used = ? WHERE id = ?",
                [now.millis().into(), record.id.into()],
            )
            .await?;
            tx.commit().await?;
        }
        let (role, scope): (Role, Scope) =
            (from_word("role", &record.role)?, from_word("token's scope", &record.scope)?);
        let admin =
            SessionAdmin { id: AdminId(record.admin), name: record.name, role: role.min(scope.role()) };
        Ok(Some(Bearer { id: TokenId(record.id), admin, scope }))
    }

    /// Whether a proof still holds; looking does not keep a session alive.
    pub(crate) async fn holds(&self, proof: Proof, now: Timestamp) -> Result<bool, StoreError> {
        Ok(match proof {
            Proof::Session(hash) => self.session(hash, now, false).await?.is_some(),
            Proof::Token { hash, .. } => self.bearer(hash, now).await?.is_some(),
        })
    }

    /// Tokens, newest first: an admin's own, or everybody's.
    pub(crate) async fn tokens(&self, of: Option<AdminId>) -> Result<Vec<TokenRow>, StoreError> {
        let reading = self.db().reading("Reading the tokens");
        let records: Vec<TokenRecord> = match of {
            Some(admin) => {
                let sql = format!("{COLUMNS} WHERE t.admin = ? ORDER BY t.id DESC");
                reading.all(&sql, [admin.0.into()]).await?
            }
            None => reading.all(&format!("{COLUMNS} ORDER BY t.id DESC"), []).await?,
        };
        records.into_iter().map(TokenRecord::row).collect()
    }

    /// One token.
    pub(crate) async fn token(&self, id: TokenId) -> Result<TokenRow, StoreError> {
        let sql = format!("{COLUMNS} WHERE t.id = ?");
        let record: Option<TokenRecord> =
            self.db().reading("Reading a token").one(&sql, [id.0.into()]).await?;
        record.ok_or(StoreError::NotFound("token"))?.row()
    }

    /// Ends a token and those that were made with it.
    pub(crate) async fn revoke_token(&self, id: TokenId) -> Result<(), StoreError> {
        let tx = self.db().begin("Revoking a token").await?;
        if tx.run("DELETE FROM api_token WHERE id = ?", [id.0.into()]).await? == 0 {
            return Err(StoreError::NotFound("token"));
        }
        tx.commit().await
    }

    /// Forgets tokens that expired long ago.
    pub(crate) async fn sweep_tokens(&self, now: Timestamp) -> Result<(), StoreError> {
        let tx = self.db().begin("Removing old tokens").await?;
        tx.run("DELETE FROM api_token WHERE expires <= ?", [now.plus_millis(-KEPT_MILLIS).millis().into()])
            .await?;
        tx.commit().await
    }
}
