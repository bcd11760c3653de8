//! What a comparison found is kept with its folder, and how the source marked each item with its entry: a pass in which
//! nothing changed need not look again, and changed marks are known as such.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Remembers comparisons and marks.
pub(crate) struct Settled;

impl MigrationName for Settled {
    fn name(&self) -> &str {
        "m20261123_settled"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Settled {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, COLUMNS).await
    }
}

const COLUMNS: &[&str] = &[
    // What the last comparison found, as JSON; none when it cannot be taken over.
    "ALTER TABLE ledger_folder ADD COLUMN compared TEXT",
    // System flags and keywords, with blanks between; empty for none, NULL for entries from before.
    "ALTER TABLE ledger_entry ADD COLUMN marks TEXT",
];
