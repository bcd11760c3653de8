//! API tokens: what programs log in with. Only a hash of each is kept.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds API tokens.
pub(crate) struct Tokens;

impl MigrationName for Tokens {
    fn name(&self) -> &str {
        "m20261124_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tokens {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE api_token (
        id {id},
        token {blob} NOT NULL UNIQUE,
        admin {int} NOT NULL REFERENCES admin (id) ON DELETE CASCADE,
        -- The token it was made with, if it was: what a token made goes with it.
        parent {int} REFERENCES api_token (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        created {int} NOT NULL,
        expires {int} NOT NULL,
        last_used {int}
    ) {strict}",
    "CREATE INDEX api_token_admin ON api_token (admin, id)",
    "CREATE INDEX api_token_parent ON api_token (parent)",
];
