//! A node whose own disk is full says so.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds how a node's disk stands.
pub(crate) struct Disk;

impl MigrationName for Disk {
    fn name(&self) -> &str {
        "m20261130_disk"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Disk {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // While it is full: how much is free and where, as JSON; NULL: it has room, or the node is of an older version.
        dialect::run(manager, &["ALTER TABLE node ADD COLUMN full_disk TEXT"]).await
    }
}
