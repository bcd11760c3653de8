//! The folder that everything of a mailbox goes below, so that several mailboxes can become one.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Keeps the folder with its job.
pub(crate) struct Below;

impl MigrationName for Below {
    fn name(&self) -> &str {
        "m20261124_below"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Below {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A path as JSON; NULL: to the top.
        dialect::run(manager, &["ALTER TABLE job ADD COLUMN below TEXT"]).await
    }
}
