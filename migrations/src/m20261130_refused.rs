//! What a target refused for good stays left out, until somebody asks for it.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Keeps with a job that what was refused is offered once more.
pub(crate) struct Refused;

impl MigrationName for Refused {
    fn name(&self) -> &str {
        "m20261130_refused"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Refused {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // From the wish of an admin to the end of a pass that came through.
        dialect::run(manager, &["ALTER TABLE job ADD COLUMN retry_refused {bool} NOT NULL DEFAULT FALSE"])
            .await
    }
}
