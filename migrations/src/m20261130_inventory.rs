//! What the latest look at both sides of a mailbox found, in numbers: the inventory of a project is made of them.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds inventories.
pub(crate) struct Inventory;

impl MigrationName for Inventory {
    fn name(&self) -> &str {
        "m20261130_inventory"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Inventory {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLE).await
    }
}

const TABLE: &[&str] = &[
    // Replaced as a whole when a pass ends that looked at both sides. A table of its own: a job's row is locked while a
    // pass writes, and no list may wait for that.
    "CREATE TABLE inventory (
        job {int} NOT NULL PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
        looked {int} NOT NULL,
        folders {int} NOT NULL,
        unreadable {int} NOT NULL,
        items {int} NOT NULL,
        bytes {int} NOT NULL,
        copy_items {int} NOT NULL,
        copy_bytes {int} NOT NULL,
        oversized {int} NOT NULL,
        oversized_bytes {int} NOT NULL,
        renamed {int} NOT NULL,
        clashes {int} NOT NULL,
        -- Of the target mailbox; NULL: it tells no limit.
        free_bytes {int},
        limit_bytes {int},
        free_items {int}
    ) {strict}",
];
