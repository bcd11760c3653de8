//! How passes get on, told by the node that runs them to those that show it.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds the progress of passes.
pub(crate) struct Progress;

impl MigrationName for Progress {
    fn name(&self) -> &str {
        "m20261130_progress"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Progress {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    // The newest of each job; nothing depends on a row.
    "CREATE TABLE job_progress (
        job {int} PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
        -- The lease under which it was told: under another one it says nothing.
        epoch {int} NOT NULL,
        -- When, by the database's clock.
        told {int} NOT NULL,
        progress TEXT NOT NULL
    ) {strict}",
];
