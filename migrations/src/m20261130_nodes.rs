//! Nodes: the processes that take mailboxes from the queue, and the connections that each of them may have open.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Adds nodes.
pub(crate) struct Nodes;

impl MigrationName for Nodes {
    fn name(&self) -> &str {
        "m20261130_nodes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Nodes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    // What people see of a node. Nothing depends on a row: leases name their holder themselves.
    "CREATE TABLE node (
        id {id},
        -- Names one start of one process, as leases do.
        holder TEXT NOT NULL UNIQUE,
        -- For people: the machine's name and a few letters of the holder.
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        version TEXT NOT NULL,
        workers {int} NOT NULL,
        -- Moments by the database's clock.
        started {int} NOT NULL,
        seen {int} NOT NULL,
        -- When it ended in good order; NULL: it works, or nobody knows.
        ended {int},
        -- It takes nothing new.
        draining {bool} NOT NULL DEFAULT FALSE
    ) {strict}",
    // One connection to a mail system for each row: a number below the limit is free, or it is one lease's.
    "CREATE TABLE endpoint_slot (
        endpoint TEXT NOT NULL,
        n {int} NOT NULL,
        job {int} NOT NULL,
        epoch {int} NOT NULL,
        holder TEXT NOT NULL,
        -- The limit under which it was taken: the strictest of all counts.
        most {int} NOT NULL,
        -- The lease is over and its connection may still be open: kept until this moment at the latest.
        kept_until {int},
        PRIMARY KEY (endpoint, n)
    ) {strict, clustered}",
    "CREATE INDEX endpoint_slot_job ON endpoint_slot (job, epoch)",
    // How often in a row the process ended, or lost the database, before the job got any further.
    "ALTER TABLE job ADD COLUMN stumbles {int} NOT NULL DEFAULT 0",
];
