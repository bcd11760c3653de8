//! What both sides listed of a folder when they were compared: later passes ask for what changed since.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds baselines.
pub(crate) struct Baselines;

impl MigrationName for Baselines {
    fn name(&self) -> &str {
        "m20261130_baselines"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Baselines {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    // A version that knows nothing of it leaves a row as it is: a server tells what changed since then, too.
    "CREATE TABLE ledger_baseline (
        folder {int} NOT NULL REFERENCES ledger_folder (id) ON DELETE CASCADE,
        -- 0 source, 1 target.
        side {small} NOT NULL,
        -- Sealed by a digest; what cannot be read counts as none.
        listed {blob} NOT NULL,
        PRIMARY KEY (folder, side)
    ) {strict}",
];
