//! The audit log: append-only, each line sealed together with the one before.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait,
    sea_orm::{DbBackend, DbErr},
};

use crate::dialect;

/// Adds the audit log.
pub(crate) struct Audit;

impl MigrationName for Audit {
    fn name(&self) -> &str {
        "m20261124_audit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Audit {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLE).await?;
        let guards = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES_GUARDS,
            _ => SQLITE_GUARDS,
        };
        dialect::run(manager, guards).await
    }
}

const TABLE: &[&str] = &[
    // What the table `activity` holds is taken over at the next start, which has the key.
    "CREATE TABLE audit (
        -- Given by the writer, 1, 2, 3, …: a gap is a missing line.
        id {int} NOT NULL PRIMARY KEY,
        at {int} NOT NULL,
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        address TEXT,
        outcome TEXT NOT NULL,
        hash {blob} NOT NULL UNIQUE
    ) {strict}",
    "CREATE INDEX audit_who ON audit (who, id)",
    "CREATE INDEX audit_action ON audit (action, id)",
];

const SQLITE_GUARDS: &[&str] = &[
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const POSTGRES_GUARDS: &[&str] = &[
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
     FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_is_kept BEFORE TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
];
