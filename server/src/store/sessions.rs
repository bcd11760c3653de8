//! Sessions: random reference tokens of which only the hash is kept.

use sea_orm::FromQueryResult;
use shared::{auth::Role, id::AdminId, time::Timestamp};

use super::{Store, StoreError, sql::Sql, words::from_word};

/// A session ends this long after its last request.
pub(super) const SESSION_IDLE_MILLIS: i64 = 30 * 60 * 1000;
/// A session ends this long after its login, whatever happens.
pub(super) const SESSION_LIFE_MILLIS: i64 = 12 * 60 * 60 * 1000;
/// Sessions an admin may have at once; a new one ends the oldest.
const SESSIONS_EACH: i64 = 5;
/// Activity is written down this often at most: a page makes many requests.
const SEEN_STEP_MILLIS: i64 = 60 * 1000;

/// Who a session belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionAdmin {
    /// Id.
    pub(crate) id: AdminId,
    /// Login name.
    pub(crate) name: String,
    /// Role.
    pub(crate) role: Role,
}

#[derive(FromQueryResult)]
struct SessionRecord {
    id: i64,
    name: String,
    role: String,
    last_seen: i64,
}

impl Store {
    /// Begins a session. `token` is the SHA-256 of the token the browser gets. Keeps an admin's five newest sessions.
    pub(crate) async fn create_session(
        &self,
        token: [u8; 32],
        admin: AdminId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tx = self.db().begin("Beginning a session").await?;
        tx.run(
            "INSERT INTO session (token, admin, created, last_seen, expires) VALUES (?, ?, ?, ?, ?)",
            [
                token.to_vec().into(),
                admin.0.into(),
                now.millis().into(),
                now.millis().into(),
                now.plus_millis(SESSION_LIFE_MILLIS).millis().into(),
            ],
        )
        .await?;
        tx.run(
            "DELETE FROM session WHERE admin = ? AND token NOT IN (
                SELECT token FROM session WHERE admin = ? ORDER BY created DESC, token LIMIT ?)",
            [admin.0.into(), admin.0.into(), SESSIONS_EACH.into()],
        )
        .await?;
        tx.commit().await
    }

    /// Who a session belongs to; none when there is none, it timed out or the admin may not log in any more.
    /// With `active`, the request counts as activity (live streams do not).
    pub(crate) async fn session(
        &self,
        token: [u8; 32],
        now: Timestamp,
        active: bool,
    ) -> Result<Option<SessionAdmin>, StoreError> {
        let record: Option<SessionRecord> = self
            .db()
            .reading("Looking up a session")
            .one(
                "SELECT admin.id, admin.name, admin.role, session.last_seen
                 FROM session JOIN admin ON admin.id = session.admin
                 WHERE session.token = ? AND session.expires > ? AND session.last_seen > ? AND admin.enabled",
                [
                    token.to_vec().into(),
                    now.millis().into(),
                    now.plus_millis(-SESSION_IDLE_MILLIS).millis().into(),
                ],
            )
            .await?;
        let Some(record) = record else { return Ok(None) };
        if active && record.last_seen + SEEN_STEP_MILLIS <= now.millis() {
            let tx = self.db().begin("Keeping a session alive").await?;
            tx.run(
                "UPDATE session SET last_seen = ? WHERE token = ? AND last_seen < ?",
                [now.millis().into(), token.to_vec().into(), now.millis().into()],
            )
            .await?;
            tx.commit().await?;
        }
        let role = from_word("role", &record.role)?;
        Ok(Some(SessionAdmin { id: AdminId(record.id), name: record.name, role }))
    }

    /// Ends a session.
    pub(crate) async fn end_session(&self, token: [u8; 32]) -> Result<(), StoreError> {
        let tx = self.db().begin("Ending a session").await?;
        tx.run("DELETE FROM session WHERE token = ?", [token.to_vec().into()]).await?;
        tx.commit().await
    }

    /// Removes sessions that timed out.
    pub(crate) async fn sweep_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        let tx = self.db().begin("Removing old sessions").await?;
        tx.run(
            "DELETE FROM session WHERE expires <= ? OR last_seen <= ?",
            [now.millis().into(), now.plus_millis(-SESSION_IDLE_MILLIS).millis().into()],
        )
        .await?;
        tx.commit().await
    }
}
