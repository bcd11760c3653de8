//! Which pass sent an item, and how often the process ended meanwhile: what ends it again and again is left out.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Remembers with an entry who sent it.
pub(crate) struct Deaths;

impl MigrationName for Deaths {
    fn name(&self) -> &str {
        "m20261130_deaths"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Deaths {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, COLUMNS).await
    }
}

const COLUMNS: &[&str] = &[
    // While it is intended: the pass that was about to send it.
    "ALTER TABLE ledger_entry ADD COLUMN sent_by {int}",
    // Passes before that one whose process ended while the item was on its way; NULL for none.
    "ALTER TABLE ledger_entry ADD COLUMN deaths {small}",
];
