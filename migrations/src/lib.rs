//! The database schema of carbonio-migrate: forward only, the same on SQLite and PostgreSQL.
//!
//! A migration that was released is never changed: a new one is added, and a column never changes its meaning. Migrations
//! only add, so that nodes of the version before go on while others are upgraded: nothing is dropped or renamed, and a
//! new column may be left out of an INSERT.
#![warn(missing_docs)]

mod dialect;
mod m20261123_first;
mod m20261123_settled;
mod m20261124_audit;
mod m20261124_batches;
mod m20261124_below;
mod m20261124_lists;
mod m20261124_notify;
mod m20261124_tokens;
mod m20261130_baselines;
mod m20261130_deaths;
mod m20261130_disk;
mod m20261130_inventory;
mod m20261130_nodes;
mod m20261130_progress;
mod m20261130_refused;

use sea_orm_migration::{
    IntoSchemaManagerConnection, MigrationTrait, MigratorTrait, SchemaManager,
    sea_orm::{ConnectionTrait, DbErr, Iden},
    seaql_migrations,
};

/// Every migration, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_first::First),
            Box::new(m20261123_settled::Settled),
            Box::new(m20261124_lists::Lists),
            Box::new(m20261124_batches::Batches),
            Box::new(m20261124_tokens::Tokens),
            Box::new(m20261124_audit::Audit),
            Box::new(m20261124_notify::Notify),
            Box::new(m20261124_below::Below),
            Box::new(m20261130_refused::Refused),
            Box::new(m20261130_deaths::Deaths),
            Box::new(m20261130_nodes::Nodes),
            Box::new(m20261130_disk::Disk),
            Box::new(m20261130_inventory::Inventory),
            Box::new(m20261130_progress::Progress),
            Box::new(m20261130_baselines::Baselines),
        ]
    }
}

/// The migrations that were applied to a database and that this version does not know: a newer version was here.
/// Changes nothing.
pub async fn unknown<'c, C>(db: &'c C) -> Result<Vec<String>, DbErr>
where
    C: ConnectionTrait,
    &'c C: IntoSchemaManagerConnection<'c>,
{
    if !SchemaManager::new(db).has_table(seaql_migrations::Entity.unquoted()).await? {
        return Ok(Vec::new());
    }
    let known = Migrator::migrations();
    let applied = Migrator::get_migration_models(db).await?;
    Ok(applied
        .into_iter()
        .map(|applied| applied.version)
        .filter(|applied| !known.iter().any(|known| known.name() == applied))
        .collect())
}

/// Brings a database up to date. In a transaction of the caller: all or nothing.
pub async fn apply<'c, C>(db: &'c C) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    &'c C: IntoSchemaManagerConnection<'c>,
{
    // Asked first, because applying nothing would still be reported in the log of every start.
    if !Migrator::get_pending_migrations(db).await?.is_empty() {
        Migrator::up(db, None).await?;
    }
    Ok(())
}

/// Brings an empty database to where an earlier version left it, so that a test can see what becomes of that.
pub async fn apply_first<'c, C>(db: &'c C, migrations: u32) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    &'c C: IntoSchemaManagerConnection<'c>,
{
    Migrator::up(db, Some(migrations)).await
}
