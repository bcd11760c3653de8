//! Notifications: settings, what each admin wants to hear, what was told last, and the outbox.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds notifications.
pub(crate) struct Notify;

impl MigrationName for Notify {
    fn name(&self) -> &str {
        "m20261124_notify"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Notify {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE notify (
        id {int} NOT NULL PRIMARY KEY CHECK (id = 1),
        settings TEXT NOT NULL,
        mail_secret {blob},
        webhook_secret {blob}
    ) {strict}",
    "CREATE TABLE notify_choice (
        admin {int} NOT NULL PRIMARY KEY REFERENCES admin (id) ON DELETE CASCADE,
        choice TEXT NOT NULL
    ) {strict}",
    // What stood when it was told of last: only a change is news.
    "CREATE TABLE notify_state (
        name TEXT NOT NULL PRIMARY KEY,
        value {int} NOT NULL
    ) {strict}",
    "CREATE TABLE notice (
        id {id},
        at {int} NOT NULL,
        occasion TEXT NOT NULL,
        text TEXT NOT NULL,
        -- `mail` or `webhook`.
        channel TEXT NOT NULL,
        recipient TEXT NOT NULL,
        -- Also pushed ahead by the node that is sending it: after a crash another one sends it.
        next_try {int} NOT NULL,
        attempts {int} NOT NULL,
        -- When it was sent; 0: it was given up.
        settled {int}
    ) {strict}",
    "CREATE INDEX notice_due ON notice (settled, next_try)",
];
