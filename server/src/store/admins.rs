//! Administrators of the panel.

use sea_orm::FromQueryResult;
use shared::{
    auth::{AdminRow, Role},
    id::AdminId,
    time::Timestamp,
};

use super::{
    Store, StoreError,
    db::Tx,
    sql::{Clash, Sql},
    words::{from_word, word},
};

/// What a login is checked against. Its `Debug` shows neither name nor hash.
#[derive(Clone)]
pub(crate) struct AdminLogin {
    /// Id.
    pub(crate) id: AdminId,
    /// Login name as it was given at creation.
    pub(crate) name: String,
    /// Role.
    pub(crate) role: Role,
    /// Whether the admin may log in.
    pub(crate) enabled: bool,
    /// The password's hash as a PHC string.
    pub(crate) password_hash: String,
}

impl std::fmt::Debug for AdminLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminLogin").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Changes to an admin; absent fields stay.
#[derive(Clone, Default)]
pub(crate) struct AdminEdit {
    /// New role.
    pub(crate) role: Option<Role>,
    /// New password's hash as a PHC string.
    pub(crate) password_hash: Option<String>,
    /// Whether the admin may log in.
    pub(crate) enabled: Option<bool>,
}

#[derive(FromQueryResult)]
struct AdminRecord {
    id: i64,
    name: String,
    password_hash: String,
    role: String,
    enabled: bool,
    created: i64,
    last_login: Option<i64>,
}

const COLUMNS: &str = "SELECT id, name, password_hash, role, enabled, created, last_login FROM admin";

impl AdminRecord {
    fn row(self) -> Result<AdminRow, StoreError> {
        Ok(AdminRow {
            id: AdminId(self.id),
            role: from_word("role", &self.role)?,
            name: self.name,
            enabled: self.enabled,
            created: Timestamp::from_millis(self.created),
            last_login: self.last_login.map(Timestamp::from_millis),
        })
    }

    fn login(self) -> Result<AdminLogin, StoreError> {
        Ok(AdminLogin {
            id: AdminId(self.id),
            role: from_word("role", &self.role)?,
            name: self.name,
            enabled: self.enabled,
            password_hash: self.password_hash,
        })
    }
}

/// Names are the same without regard to case.
fn key_of(name: &str) -> String {
    name.to_lowercase()
}

impl Store {
    /// Whether any admin exists: until then the set-up page is open.
    pub(crate) async fn has_admin(&self) -> Result<bool, StoreError> {
        let first: Option<i64> =
            self.db().reading("Looking for an admin").cell("SELECT id FROM admin LIMIT 1", []).await?;
        Ok(first.is_some())
    }

    /// Adds an admin. Names are unique without regard to case: else [`StoreError::Taken`].
    pub(crate) async fn create_admin(
        &self,
        name: &str,
        password_hash: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<AdminId, StoreError> {
        let tx = self.db().begin("Adding an admin").await?;
        let id = insert(&tx, name, password_hash, role, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Every admin, by name.
    pub(crate) async fn admins(&self) -> Result<Vec<AdminRow>, StoreError> {
        let sql = format!("{COLUMNS} ORDER BY name_key");
        let records: Vec<AdminRecord> = self.db().reading("Reading the admins").all(&sql, []).await?;
        records.into_iter().map(AdminRecord::row).collect()
    }

    /// One admin.
    pub(crate) async fn admin(&self, id: AdminId) -> Result<AdminRow, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = ?");
        let record: Option<AdminRecord> =
            self.db().reading("Reading an admin").one(&sql, [id.0.into()]).await?;
        record.ok_or(StoreError::NotFound("admin"))?.row()
    }

    /// What a login under this name (in any case) is checked against.
    pub(crate) async fn admin_login(&self, name: &str) -> Result<Option<AdminLogin>, StoreError> {
        let sql = format!("{COLUMNS} WHERE name_key = ?");
        let record: Option<AdminRecord> =
            self.db().reading("Looking up a login").one(&sql, [key_of(name).into()]).await?;
        record.map(AdminRecord::login).transpose()
    }

    /// Keeps the moment of a login.
    pub(crate) async fn record_login(&self, id: AdminId, now: Timestamp) -> Result<(), StoreError> {
        let tx = self.db().begin("Recording a login").await?;
        tx.run("UPDATE admin SET last_login = ? WHERE id = ?", [now.millis().into(), id.0.into()]).await?;
        tx.commit().await
    }

    /// Changes an admin and ends all its sessions. The last owner who may log in stays one: else
    /// [`StoreError::Conflict`].
    pub(crate) async fn edit_admin(&self, id: AdminId, edit: &AdminEdit) -> Result<(), StoreError> {
        let tx = self.db().begin("Changing an admin").await?;
        // Every admin's row is locked, so that two owners cannot demote each other at the same moment.
        let sql = format!("{COLUMNS} ORDER BY id{}", tx.locking());
        let admins: Vec<AdminRecord> = tx.all(&sql, []).await?;
        let before = admins.iter().find(|admin| admin.id == id.0).ok_or(StoreError::NotFound("admin"))?;

        let role = edit.role.map_or_else(|| Ok(before.role.clone()), |role| word(&role))?;
        let enabled = edit.enabled.unwrap_or(before.enabled);
        let hash = edit.password_hash.as_ref().unwrap_or(&before.password_hash);

        if may_manage(&before.role, before.enabled)? && !may_manage(&role, enabled)? {
            another_owner(&admins, id)?;
        }
        tx.run(
            "UPDATE admin SET role = ?, enabled = ?, password_hash = ? WHERE id = ?",
            [role.into(), enabled.into(), hash.as_str().into(), id.0.into()],
        )
        .await?;
        tx.run("DELETE FROM session WHERE admin = ?", [id.0.into()]).await?;
        tx.commit().await
    }

    /// Removes an admin with all its sessions. The last owner who may log in stays: else [`StoreError::Conflict`].
    pub(crate) async fn delete_admin(&self, id: AdminId) -> Result<(), StoreError> {
        let tx = self.db().begin("Removing an admin").await?;
        let sql = format!("{COLUMNS} ORDER BY id{}", tx.locking());
        let admins: Vec<AdminRecord> = tx.all(&sql, []).await?;
        let before = admins.iter().find(|admin| admin.id == id.0).ok_or(StoreError::NotFound("admin"))?;
        if may_manage(&before.role, before.enabled)? {
            another_owner(&admins, id)?;
        }
        tx.run("DELETE FROM admin WHERE id = ?", [id.0.into()]).await?;
        tx.commit().await
    }
}

/// Whether somebody of this role may manage admins.
fn may_manage(role: &str, enabled: bool) -> Result<bool, StoreError> {
    Ok(enabled && from_word::<Role>("role", role)? == Role::Owner)
}

/// Refuses to go on unless somebody else may manage admins.
fn another_owner(admins: &[AdminRecord], but: AdminId) -> Result<(), StoreError> {
    for admin in admins.iter().filter(|admin| admin.id != but.0) {
        if may_manage(&admin.role, admin.enabled)? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict(
        "This is the last owner who may log in: without one nobody could manage admins. Make another admin an owner first."
            .into(),
    ))
}

/// Adds an admin within a transaction.
pub(super) async fn insert(
    tx: &Tx<'_>,
    name: &str,
    password_hash: &str,
    role: Role,
    now: Timestamp,
) -> Result<AdminId, StoreError> {
    let values = [
        name.into(),
        key_of(name).into(),
        password_hash.into(),
        word(&role)?.into(),
        true.into(),
        now.millis().into(),
    ];
    tx.insert(
        "INSERT INTO admin (name, name_key, password_hash, role, enabled, created) VALUES (?, ?, ?, ?, ?, ?)",
        values,
    )
    .await?
    .map(AdminId)
    .map_err(|Clash| StoreError::Taken("login name"))
}
