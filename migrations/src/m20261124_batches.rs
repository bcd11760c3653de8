//! Batches: mailboxes that are started, scheduled, paused and cut over together; with them priorities, what the source
//! changed since the last pass, approvals of differences, and how fast a project got on.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Batches and what they need of jobs.
pub(crate) struct Batches;

impl MigrationName for Batches {
    fn name(&self) -> &str {
        "m20261124_batches"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Batches {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statements in [BATCH, JOB, REST] {
            dialect::run(manager, statements).await?;
        }
        Ok(())
    }
}

const BATCH: &[&str] = &["CREATE TABLE batch (
        id {id},
        project {int} NOT NULL REFERENCES project (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        -- The highest comes first.
        priority {int} NOT NULL,
        -- Not before this moment; NULL: whenever somebody starts it.
        start_at {int},
        -- Hours and time zone as JSON; no hours: always.
        hours TEXT NOT NULL,
        zone TEXT NOT NULL,
        -- Mailboxes at once; NULL: as many as the project allows.
        parallel {int},
        -- A delta pass every so many hours, until a moment; NULL: none.
        repeat_hours {int},
        repeat_until {int},
        -- The newest so many days come first; NULL: as the project says.
        day_one {int},
        -- The checklist as JSON.
        cutover TEXT NOT NULL,
        -- When the schedule started it; NULL: not yet.
        started {int},
        -- When the schedule runs it again; NULL: it does not.
        next_run {int},
        -- What the schedule did last, in a sentence.
        told TEXT,
        created {int} NOT NULL,
        UNIQUE (project, name)
    ) {strict}"];

const JOB: &[&str] = &[
    "ALTER TABLE job ADD COLUMN batch {int} REFERENCES batch (id) ON DELETE SET NULL",
    // The highest of a batch comes first.
    "ALTER TABLE job ADD COLUMN priority {int} NOT NULL DEFAULT 0",
    // While it stops: connections are dropped instead of finishing the window in flight.
    "ALTER TABLE job ADD COLUMN at_once {bool} NOT NULL DEFAULT FALSE",
    // What changed on the source since the last pass that copied, and when that was counted.
    "ALTER TABLE job ADD COLUMN drift_at {int}",
    "ALTER TABLE job ADD COLUMN drift_new {int}",
    "ALTER TABLE job ADD COLUMN drift_gone {int}",
    "ALTER TABLE job ADD COLUMN drift_folders {int}",
    // When its newest days were on the target; NULL: not yet, or not wanted.
    "ALTER TABLE job ADD COLUMN day_one {int}",
    "CREATE INDEX job_batch ON job (batch, state)",
    "CREATE INDEX job_next ON job (project, state, batch, priority DESC, queued, id)",
];

const REST: &[&str] = &[
    // Who accepted the differences of a job that a pass found.
    "CREATE TABLE approval (
        job {int} NOT NULL PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
        pass {int} NOT NULL REFERENCES pass (id) ON DELETE CASCADE,
        who TEXT NOT NULL,
        at {int} NOT NULL,
        note TEXT NOT NULL
    ) {strict}",
    "CREATE INDEX approval_pass ON approval (pass)",
    // How far a project was at a moment: what a forecast is made from.
    "CREATE TABLE pace (
        project {int} NOT NULL REFERENCES project (id) ON DELETE CASCADE,
        at {int} NOT NULL,
        items {int} NOT NULL,
        bytes {int} NOT NULL,
        PRIMARY KEY (project, at)
    ) {strict, clustered}",
    // What one node at a time does for all.
    "CREATE TABLE duty (
        name TEXT NOT NULL PRIMARY KEY,
        holder TEXT NOT NULL,
        expires {int} NOT NULL
    ) {strict, clustered}",
];
