//! The first schema: admins, projects, jobs with their passes and findings, the ledger, the activity log.

use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr};

use crate::dialect;

/// The first schema.
pub(crate) struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m20261123_first"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statements in [PANEL, WORK, RESULTS, LEDGER] {
            dialect::run(manager, statements).await?;
        }
        Ok(())
    }
}

/// Who may use the panel and what they did.
const PANEL: &[&str] = &[
    // One sealed word, to notice a key file that does not belong to this database.
    "CREATE TABLE seal (
        id {int} NOT NULL PRIMARY KEY CHECK (id = 1),
        canary {blob} NOT NULL
    ) {strict}",
    "CREATE TABLE admin (
        id {id},
        name TEXT NOT NULL,
        -- The name in lower case: SQLite folds ASCII only.
        name_key TEXT NOT NULL UNIQUE,
        password_hash TEXT NOT NULL,
        role TEXT NOT NULL,
        enabled {bool} NOT NULL,
        created {int} NOT NULL,
        last_login {int}
    ) {strict}",
    "CREATE TABLE session (
        token {blob} NOT NULL PRIMARY KEY,
        admin {int} NOT NULL REFERENCES admin (id) ON DELETE CASCADE,
        created {int} NOT NULL,
        last_seen {int} NOT NULL,
        expires {int} NOT NULL
    ) {strict, clustered}",
    "CREATE INDEX session_admin ON session (admin, created)",
    "CREATE TABLE setup (
        id {int} NOT NULL PRIMARY KEY CHECK (id = 1),
        token {blob} NOT NULL,
        expires {int} NOT NULL
    ) {strict}",
    "CREATE TABLE activity (
        id {id},
        at {int} NOT NULL,
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL
    ) {strict}",
];

/// What is to be moved.
const WORK: &[&str] = &[
    "CREATE TABLE project (
        id {id},
        name TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        source_secret {blob},
        target_secret {blob},
        options TEXT NOT NULL,
        created {int} NOT NULL
    ) {strict}",
    "CREATE TABLE job (
        id {id},
        project {int} NOT NULL REFERENCES project (id) ON DELETE CASCADE,
        source_user TEXT NOT NULL,
        target_user TEXT NOT NULL,
        source_secret {blob},
        target_secret {blob},
        state TEXT NOT NULL,
        -- Where the job came to rest last, dry runs apart: a dry run leads back there.
        settled TEXT NOT NULL,
        -- The pass that runs, waits or ran last.
        wanted TEXT,
        queued {int} NOT NULL,
        verdict TEXT,
        problem TEXT,
        updated {int} NOT NULL,
        lease_owner TEXT,
        lease_epoch {int} NOT NULL,
        lease_expires {int},
        -- Grows with every write to the job's ledger: counts read under a version are good as long as it stands.
        ledger_version {int} NOT NULL,
        UNIQUE (project, source_user, target_user)
    ) {strict}",
    "CREATE INDEX job_queue ON job (project, state, queued, id)",
    "CREATE INDEX job_state ON job (state)",
];

/// What the passes did and found.
const RESULTS: &[&str] = &[
    "CREATE TABLE pass (
        id {id},
        job {int} NOT NULL REFERENCES job (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        started {int} NOT NULL,
        ended {int},
        outcome TEXT,
        counts TEXT NOT NULL,
        plan TEXT
    ) {strict}",
    "CREATE INDEX pass_job ON pass (job, id)",
    "CREATE TABLE report (
        pass {int} NOT NULL PRIMARY KEY REFERENCES pass (id) ON DELETE CASCADE,
        job {int} NOT NULL REFERENCES job (id) ON DELETE CASCADE,
        body TEXT NOT NULL
    ) {strict}",
    "CREATE INDEX report_job ON report (job, pass)",
    "CREATE TABLE finding (
        id {id},
        job {int} NOT NULL REFERENCES job (id) ON DELETE CASCADE,
        pass {int} NOT NULL REFERENCES pass (id) ON DELETE CASCADE,
        severity {small} NOT NULL,
        cause TEXT NOT NULL,
        folder TEXT,
        item TEXT,
        detail TEXT NOT NULL
    ) {strict}",
    "CREATE INDEX finding_page ON finding (job, id)",
    "CREATE INDEX finding_cause ON finding (job, cause, id)",
    // Counting by cause reads this index alone; removing a pass finds its findings by the second.
    "CREATE INDEX finding_count ON finding (job, pass, cause, severity)",
    "CREATE INDEX finding_pass ON finding (pass)",
];

/// What is known of every item.
const LEDGER: &[&str] = &[
    "CREATE TABLE ledger_folder (
        id {id},
        job {int} NOT NULL REFERENCES job (id) ON DELETE CASCADE,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        role TEXT,
        source_validity {int},
        bracket_validity {int},
        bracket_next {int},
        items {int} NOT NULL,
        bytes {int} NOT NULL,
        UNIQUE (job, source)
    ) {strict}",
    "CREATE TABLE ledger_entry (
        folder {int} NOT NULL REFERENCES ledger_folder (id) ON DELETE CASCADE,
        item TEXT NOT NULL,
        -- 0 intended, 1 copied, 2 skipped.
        state {small} NOT NULL,
        target {int},
        adopted {bool} NOT NULL,
        cause TEXT,
        detail TEXT,
        size {int} NOT NULL,
        fingerprint {blob},
        PRIMARY KEY (folder, item)
    ) {strict, clustered}",
];
