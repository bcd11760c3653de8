//! The large database: projects over the API, everything else by straight inserts, without chance.

use std::{
    error::Error,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use servers::random::Random;

use crate::site::Client;

/// How many mailboxes have a changed ledger at every look: as many as may run at once in one project.
pub(super) const CHANGED: u64 = 16;

/// How large it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Mailboxes of the first project.
    pub(super) large: u64,
    /// Other projects.
    pub(super) small_projects: u64,
    /// Mailboxes of each of them.
    pub(super) small: u64,
    /// Messages of each mailbox, in five folders.
    pub(super) messages: u64,
}

const FOLDERS: u64 = 5;

impl Size {
    pub(super) const fn full() -> Self {
        Self { large: 49_000, small_projects: 100, small: 10, messages: 200 }
    }

    /// A fiftieth of it.
    pub(super) const fn quick() -> Self {
        Self { large: 900, small_projects: 10, small: 10, messages: 200 }
    }

    pub(super) const fn mailboxes(self) -> u64 {
        self.large + self.small_projects * self.small
    }

    pub(super) const fn entries(self) -> u64 {
        self.mailboxes() * self.messages
    }

    /// Every mailbox has findings of its pass, ten of each.
    pub(super) const fn findings(self) -> u64 {
        self.mailboxes() * 10
    }
}

/// Makes the projects over the API, so that they are what the product makes.
pub(super) fn projects(client: &mut Client, size: Size) -> Result<(), Box<dyn Error>> {
    let side = |host: &str| {
        format!(
            r#"{{"endpoint":{{"kind":"imap","host":"{host}","port":993,"tls":"implicit","login":{{"method":"authorization-id","admin":"root"}}}},"secret":"secret"}}"#
        )
    };
    for number in 0..=size.small_projects {
        let (source, target) = (side(&format!("old{number}.example")), side("new.example"));
        client.post(
            "/projects",
            &format!(r#"{{"name":"Project {number}","source":{source},"target":{target}}}"#),
        )?;
    }
    Ok(())
}

/// Fills it. States, causes and sizes follow from the number of the mailbox.
pub(super) fn fill(database: &Path, size: Size) -> Result<(), Box<dyn Error>> {
    let Size { large, small, messages, .. } = size;
    let (jobs, folders, each) = (size.mailboxes(), FOLDERS, messages / FOLDERS);
    let count_to = |last: u64| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})")
    };
    // Most are complete, every tenth has exceptions, some failed, the rest waits; none runs: nobody would run it.
    let state = "CASE WHEN i % 100 < 70 THEN 'complete' WHEN i % 100 < 80 THEN 'exceptions' WHEN i % 100 < 84 THEN 'failed'
        WHEN i % 100 < 90 THEN 'paused' WHEN i % 100 < 95 THEN 'ready' ELSE 'cancelled' END";
    let cause = "CASE f % 4 WHEN 0 THEN 'message.too-big' WHEN 1 THEN 'message.keywords' WHEN 2 THEN 'message.missing'
        ELSE 'run.adopted' END";
    run(
        database,
        &format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA foreign_keys = OFF;
            BEGIN;
            {jobs_to} INSERT INTO job (id, project, source_user, target_user, state, settled, wanted, queued, verdict, problem,
                updated, lease_epoch, ledger_version)
              SELECT i, CASE WHEN i <= {large} THEN 1 ELSE 2 + (i - {large} - 1) / {small} END,
                printf('user%05d@old.example', i * 7919 % 100000), printf('User%05d@new.example', i), {state}, {state},
                'initial', i, CASE WHEN i % 100 < 70 THEN 'perfect' WHEN i % 100 < 80 THEN 'investigate' END,
                CASE WHEN i % 100 BETWEEN 80 AND 83 THEN 'The source did not answer in time.' END,
                1790000000000 + i * 997 % 10000000, 2, 40 FROM n;
            {jobs_to} INSERT INTO pass (id, job, kind, started, ended, outcome, counts)
              SELECT i, i, 'initial', 1790000000000, 1790000001000, '{{\"outcome\":\"finished\"}}',
                '{{\"folders\":5,\"items\":200,\"bytes\":1,\"copied\":200,\"copied_bytes\":1,\"adopted\":0,\"skipped\":0}}' FROM n;
            {folders_to} INSERT INTO ledger_folder (id, job, source, target, role, source_validity, bracket_validity, bracket_next,
                items, bytes)
              SELECT i, 1 + (i - 1) / {folders}, '[\"Folder ' || (i % {folders}) || '\"]', '[\"Folder ' || (i % {folders}) || '\"]',
                NULL, 1, 1, 100, {each} + i % 3, {each} * 50000 + i % 1000 FROM n;
            {folders_to} INSERT INTO ledger_entry (folder, item, state, target, adopted, size, fingerprint, marks)
              SELECT n.i, CAST(m.k AS TEXT), CASE WHEN (n.i / {folders}) % 100 >= 80 AND m.k % 7 = 0 THEN 0 ELSE 1 END, m.k, 0,
                2000 + n.i * m.k % 90000, CAST(printf('%016x%016x', n.i, m.k) AS BLOB), '\\Seen'
              FROM n CROSS JOIN (WITH RECURSIVE m(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM m WHERE k < {each}) SELECT k FROM m) m;
            {findings_to} INSERT INTO finding (job, pass, severity, cause, folder, item, detail)
              SELECT 1 + (f - 1) / 10, 1 + (f - 1) / 10, f % 3, {cause}, '[\"Folder 1\"]', NULL, 'The server said so.'
              FROM (SELECT i AS f FROM n);
            INSERT INTO job_cause (job, cause, severity, findings, stopped)
              SELECT job, cause, MAX(severity), COUNT(*), 0 FROM finding GROUP BY job, cause;
            {jobs_to} INSERT INTO inventory (job, looked, folders, unreadable, items, bytes, copy_items, copy_bytes, oversized,
                oversized_bytes, renamed, clashes, free_bytes, limit_bytes, free_items)
              SELECT i, 1790000000000 + i, {folders}, i % 50 = 0, {messages}, {messages} * 9000 + i * 97 % 90000,
                i % {messages}, i % {messages} * 9000, i % 20 = 0, (i % 20 = 0) * 30000000, i % 3, i % 7 = 0,
                CASE WHEN i % 5 > 0 THEN i * 7919 % 2000000 END, CASE WHEN i % 5 > 0 THEN 2000000 END, NULL
              FROM n WHERE i % 10 > 0;
            COMMIT;
            PRAGMA journal_mode = WAL;",
            jobs_to = count_to(jobs),
            folders_to = count_to(jobs * folders),
            findings_to = count_to(size.findings()),
        ),
    )
}

/// Changes the ledgers of some mailboxes, as passes that run would.
pub(super) fn change(database: &Path, size: Size, random: &mut Random) -> Result<(), Box<dyn Error>> {
    let ids: Vec<_> = (0..CHANGED).map(|_| (1 + random.below(size.large)).to_string()).collect();
    run(
        database,
        &format!(
            "PRAGMA busy_timeout = 10000; UPDATE job SET ledger_version = ledger_version + 1 WHERE id IN ({});",
            ids.join(", ")
        ),
    )
}

fn run(database: &Path, sql: &str) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new("sqlite3");
    command.arg("-bail").arg(database).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("starting sqlite3 failed: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(sql.as_bytes())?;
    }
    match child.wait()? {
        status if status.success() => Ok(()),
        status => Err(format!("sqlite3 could not change {} ({status})", database.display()).into()),
    }
}
