//! What lists are sorted and filtered by: counts of jobs and causes of jobs, both results of queries that are kept.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// Keeps what lists ask for.
pub(crate) struct Lists;

impl MigrationName for Lists {
    fn name(&self) -> &str {
        "m20261124_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Lists {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, TABLES).await
    }
}

const TABLES: &[&str] = &[
    // What counting a job's ledger said under a version of it. A table of its own: a job's row is locked while a pass
    // writes, and no list may wait for that.
    "CREATE TABLE job_count (
        job {int} NOT NULL PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
        version {int} NOT NULL,
        folders {int} NOT NULL,
        items {int} NOT NULL,
        bytes {int} NOT NULL,
        copied {int} NOT NULL,
        copied_bytes {int} NOT NULL,
        adopted {int} NOT NULL,
        skipped {int} NOT NULL
    ) {strict}",
    // What a job's latest telling pass found, by cause, replaced as a whole when a pass ends.
    "CREATE TABLE job_cause (
        job {int} NOT NULL REFERENCES job (id) ON DELETE CASCADE,
        cause TEXT NOT NULL,
        severity {small} NOT NULL,
        findings {int} NOT NULL,
        -- Whether the last pass could not go on for this cause.
        stopped {bool} NOT NULL,
        PRIMARY KEY (job, cause)
    ) {strict, clustered}",
    "CREATE INDEX job_cause_jobs ON job_cause (cause, job)",
    // Which pass tells how a job stands is decided where findings are read; here: the latest that found anything.
    "INSERT INTO job_cause (job, cause, severity, findings, stopped)
     SELECT f.job, f.cause, MAX(f.severity), COUNT(*), FALSE FROM finding f
     WHERE f.pass = (SELECT MAX(g.pass) FROM finding g WHERE g.job = f.job) GROUP BY f.job, f.cause",
    "CREATE INDEX job_by_source ON job (project, LOWER(source_user), id)",
    "CREATE INDEX job_by_target ON job (project, LOWER(target_user), id)",
    "CREATE INDEX job_by_update ON job (project, updated, id)",
];
