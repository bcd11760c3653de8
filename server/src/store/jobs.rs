//! Jobs: made, listed, shown, removed.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, Value};
use shared::{
    check::Side,
    folder::FolderPath,
    id::{BatchId, JobId, ProjectId},
    import::ImportProblem,
    job::{FolderRow, JobRow, JobSecrets, JobState, JobView, NewJob},
    pass::{Counts, Drift},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    counts::{ENTRY_SUMS, Of},
    db::Tx,
    projects::secret_column,
    sql::{Clash, Sql, marks},
    words::{count, from_json, from_word, json, now, word},
};
use crate::{import::Known, secret::Place};

#[derive(FromQueryResult)]
struct JobRecord {
    id: i64,
    project: i64,
    source_user: String,
    target_user: String,
    below: Option<String>,
    state: String,
    wanted: Option<String>,
    verdict: Option<String>,
    problem: Option<String>,
    updated: i64,
    folders: i64,
    items: i64,
    bytes: i64,
    copied: i64,
    copied_bytes: i64,
    adopted: i64,
    skipped: i64,
    batch: Option<i64>,
    priority: i64,
    drift_at: Option<i64>,
    drift_new: Option<i64>,
    drift_gone: Option<i64>,
    drift_folders: Option<i64>,
    day_one: Option<i64>,
}

const COLUMNS: &str = "SELECT j.id, j.project, j.source_user, j.target_user, j.below, j.state, j.wanted, j.verdict, j.problem,
    j.updated, COALESCE(c.folders, 0) AS folders, COALESCE(c.items, 0) AS items, COALESCE(c.bytes, 0) AS bytes,
    COALESCE(c.copied, 0) AS copied, COALESCE(c.copied_bytes, 0) AS copied_bytes,
    COALESCE(c.adopted, 0) AS adopted, COALESCE(c.skipped, 0) AS skipped,
    j.batch, j.priority, j.drift_at, j.drift_new, j.drift_gone, j.drift_folders, j.day_one
    FROM job j LEFT JOIN job_count c ON c.job = j.id";

/// How many rows one query reads by their ids: far below every limit of bound values.
const ROWS_AT_ONCE: usize = 500;

#[derive(FromQueryResult)]
struct PairRecord {
    source_user: String,
    target_user: String,
    below: Option<String>,
}

#[derive(FromQueryResult)]
struct FolderRecord {
    source: String,
    target: String,
    role: Option<String>,
    items: i64,
    bytes: i64,
    copied: i64,
    skipped: i64,
}

impl Store {
    /// Adds jobs to a project, all or none. [`StoreError::Conflict`] names the first row whose pair of mailboxes the
    /// project has already, or that goes where another one goes.
    pub(crate) async fn create_jobs(
        &self,
        project: ProjectId,
        jobs: &[NewJob],
    ) -> Result<Vec<JobId>, StoreError> {
        // Of one alone nobody asks for its number.
        let numbers = (1..).map(|row| (jobs.len() > 1).then_some(row));
        self.insert_jobs(project, None, numbers.zip(jobs)).await
    }

    /// The same of the rows of a list, each with its number there, and puts them into a batch of the project.
    pub(crate) async fn create_jobs_in(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
        jobs: &[(u64, NewJob)],
    ) -> Result<Vec<JobId>, StoreError> {
        self.insert_jobs(project, batch, jobs.iter().map(|(row, job)| (Some(*row), job))).await
    }

    async fn insert_jobs(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
        jobs: impl Iterator<Item = (Option<u64>, &NewJob)> + Send,
    ) -> Result<Vec<JobId>, StoreError> {
        let tx = self.db().begin("Adding mailboxes").await?;
        // Of two who add mailboxes at once one waits: both must not take the same place.
        let sql = format!("SELECT id FROM project WHERE id = ?{}", tx.locking());
        let found: Option<i64> = tx.cell(&sql, [project.0.into()]).await?;
        found.ok_or(StoreError::NotFound("project"))?;
        if let Some(batch) = batch {
            let of: Option<i64> = tx.cell("SELECT project FROM batch WHERE id = ?", [batch.0.into()]).await?;
            of.filter(|of| *of == project.0).ok_or(StoreError::NotFound("batch"))?;
        }
        let mut goals = goals(&tx, project).await?;
        let mut ids = Vec::new();
        for (row, job) in jobs {
            let id = insert(&tx, project, &job.source_user, &job.target_user, job.below.as_ref())
                .await?
                .map_err(|Clash| StoreError::Conflict(taken(row)))?;
            // Two people's mail would be one, and nobody had asked for it.
            if let Some(line) = goals.insert(goal(&job.target_user, job.below.clone()), row) {
                let problem = ImportProblem::SameTarget { line };
                return Err(StoreError::Conflict(match row {
                    Some(row) => format!("Row {row}: {problem}"),
                    None => problem.to_string(),
                }));
            }
            self.put_job_secrets(&tx, id, job.source_secret.as_deref(), job.target_secret.as_deref()).await?;
            ids.push(id);
        }
        for ids in ids.chunks(ROWS_AT_ONCE).filter(|_| batch.is_some()) {
            let sql = format!("UPDATE job SET batch = ? WHERE id IN ({})", marks(ids.len()));
            let ids = ids.iter().map(|id| Value::from(id.0));
            tx.run(&sql, std::iter::once(batch.map(|batch| batch.0).into()).chain(ids)).await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(ids)
    }

    /// The mailboxes that a project has already, with where they go.
    pub(crate) async fn known_jobs(&self, project: ProjectId) -> Result<Known, StoreError> {
        let records: Vec<PairRecord> = self
            .db()
            .reading("Reading the mailboxes")
            .all("SELECT source_user, target_user, below FROM job WHERE project = ?", [project.0.into()])
            .await?;
        let mut known = Known::default();
        for PairRecord { source_user, target_user, below } in records {
            let below = below.map(|below| from_json("folder", &below)).transpose()?;
            known.add(source_user, target_user, below);
        }
        Ok(known)
    }

    /// One job as a row of a list; `progress` is what another node told.
    pub(crate) async fn job_row(&self, id: JobId) -> Result<JobRow, StoreError> {
        self.recount(Of::Job(id)).await?;
        self.rows_of(&[id]).await?.pop().ok_or(StoreError::NotFound("mailbox"))
    }

    /// Jobs as rows in the order of their ids as given, with the counts that are kept; `progress` is what another node told.
    /// One that was removed is left out.
    pub(crate) async fn rows_of(&self, ids: &[JobId]) -> Result<Vec<JobRow>, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_AT_ONCE) {
            let sql = format!("{COLUMNS} WHERE j.id IN ({})", marks(ids.len()));
            let values = ids.iter().map(|id| Value::from(id.0));
            let records: Vec<JobRecord> =
                self.db().reading("Reading the mailboxes").all(&sql, values).await?;
            for record in records {
                found.insert(JobId(record.id), record.row()?);
            }
        }
        let mut rows: Vec<JobRow> = ids.iter().filter_map(|id| found.remove(id)).collect();
        if self.is_shared() {
            for rows in rows.chunks_mut(ROWS_AT_ONCE) {
                self.add_progress(rows).await?;
            }
        }
        Ok(rows)
    }

    /// One job with all its page shows; `progress` is what another node told.
    pub(crate) async fn job(&self, id: JobId) -> Result<JobView, StoreError> {
        let row = self.job_row(id).await?;
        let reading = self.db().reading("Reading a mailbox");
        let project_name: Option<String> =
            reading.cell("SELECT name FROM project WHERE id = ?", [row.project.0.into()]).await?;
        let sql = format!(
            "SELECT f.source, f.target, f.role, f.items, f.bytes, {ENTRY_SUMS}
             FROM ledger_folder f LEFT JOIN ledger_entry e ON e.folder = f.id
             WHERE f.job = ? GROUP BY f.id, f.source, f.target, f.role, f.items, f.bytes ORDER BY f.id"
        );
        let folders: Vec<FolderRecord> = reading.all(&sql, [id.0.into()]).await?;
        let report: Option<i64> =
            reading.cell("SELECT pass FROM report WHERE job = ? LIMIT 1", [id.0.into()]).await?;
        let causes = self.causes_by_pass(id).await?;
        let telling = self.telling_pass(id).await?;
        let has_verdict = row.verdict.is_some();
        Ok(JobView {
            row,
            project_name: project_name.ok_or(StoreError::NotFound("project"))?,
            folders: folders.into_iter().map(FolderRecord::row).collect::<Result<_, _>>()?,
            passes: self.passes(id, &causes).await?,
            causes: telling.and_then(|pass| causes.get(&pass).cloned()).unwrap_or_default(),
            // One without a verdict is of the first days alone, as versions before kept it.
            has_report: report.is_some() && has_verdict,
        })
    }

    /// Where a job stands.
    pub(crate) async fn job_state(&self, id: JobId) -> Result<JobState, StoreError> {
        let state: Option<String> = self
            .db()
            .reading("Reading a mailbox's state")
            .cell("SELECT state FROM job WHERE id = ?", [id.0.into()])
            .await?;
        from_word("job state", &state.ok_or(StoreError::NotFound("mailbox"))?)
    }

    /// Removes a job with its ledger and reports. [`StoreError::Conflict`] while it waits or runs.
    pub(crate) async fn delete_job(&self, id: JobId) -> Result<(), StoreError> {
        let tx = self.db().begin("Removing a mailbox").await?;
        let sql = format!("SELECT state FROM job WHERE id = ?{}", tx.locking());
        let state: Option<String> = tx.cell(&sql, [id.0.into()]).await?;
        let state: JobState = from_word("job state", &state.ok_or(StoreError::NotFound("mailbox"))?)?;
        if state.is_active() || state == JobState::Queued {
            return Err(StoreError::Conflict(
                "This mailbox waits or runs. Stop it first, then remove it.".into(),
            ));
        }
        tx.run("DELETE FROM job WHERE id = ?", [id.0.into()]).await?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Stores new secrets for a job's mailboxes; an absent field leaves the stored one, an empty one removes it.
    pub(crate) async fn set_job_secrets(&self, id: JobId, secrets: &JobSecrets) -> Result<(), StoreError> {
        let tx = self.db().begin("Storing a mailbox's secrets").await?;
        if tx.run("UPDATE job SET updated = ? WHERE id = ?", [now().millis().into(), id.0.into()]).await? == 0
        {
            return Err(StoreError::NotFound("mailbox"));
        }
        self.put_job_secrets(&tx, id, secrets.source_secret.as_deref(), secrets.target_secret.as_deref())
            .await?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    pub(super) async fn put_job_secrets(
        &self,
        tx: &Tx<'_>,
        id: JobId,
        source: Option<&str>,
        target: Option<&str>,
    ) -> Result<(), StoreError> {
        for (side, secret) in [(Side::Source, source), (Side::Target, target)] {
            if let Some(secret) = secret {
                self.put_secret(tx, place(id, side), secret).await?;
            }
        }
        Ok(())
    }
}

/// What is said of a mailbox that is there already.
fn taken(row: Option<u64>) -> String {
    match row {
        Some(row) => format!(
            "Row {row}: this project moves this source mailbox to this target mailbox already. Leave the row out."
        ),
        None => {
            "This project moves this source mailbox to this target mailbox already. Nothing was added.".into()
        }
    }
}

/// Where a mailbox is written to: the target mailbox, whose name differs in case only by accident, and the folder that
/// everything goes below.
type Goal = (String, Option<FolderPath>);

fn goal(target_user: &str, below: Option<FolderPath>) -> Goal {
    (target_user.to_lowercase(), below.filter(|below| !below.0.is_empty()))
}

/// Where the mailboxes of a project are written to, each with its row in the list that is being added.
async fn goals(tx: &Tx<'_>, project: ProjectId) -> Result<HashMap<Goal, Option<u64>>, StoreError> {
    let sql = "SELECT source_user, target_user, below FROM job WHERE project = ?";
    let records: Vec<PairRecord> = tx.all(sql, [project.0.into()]).await?;
    let mut goals = HashMap::with_capacity(records.len());
    for record in records {
        let below = record.below.map(|below| from_json("folder", &below)).transpose()?;
        goals.insert(goal(&record.target_user, below), None);
    }
    Ok(goals)
}

/// Adds a job to a project within a transaction.
pub(super) async fn insert(
    tx: &Tx<'_>,
    project: ProjectId,
    source_user: &str,
    target_user: &str,
    below: Option<&FolderPath>,
) -> Result<Result<JobId, Clash>, StoreError> {
    let ready = word(&JobState::Ready)?;
    let values = [
        project.0.into(),
        source_user.into(),
        target_user.into(),
        ready.as_str().into(),
        ready.as_str().into(),
        now().millis().into(),
        below.map(|below| json("folder", below)).transpose()?.into(),
    ];
    let id = tx
        .insert(
            "INSERT INTO job (project, source_user, target_user, state, settled, updated, below, queued, lease_epoch,
                ledger_version) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0)",
            values,
        )
        .await?;
    Ok(id.map(JobId))
}

/// Where a job's secret stands.
pub(super) fn place(id: JobId, side: Side) -> Place {
    Place { table: "job", row: id.0, column: secret_column(side) }
}

impl JobRecord {
    fn row(self) -> Result<JobRow, StoreError> {
        Ok(JobRow {
            id: JobId(self.id),
            project: ProjectId(self.project),
            below: self.below.map(|below| from_json("folder", &below)).transpose()?,
            state: from_word("job state", &self.state)?,
            pass: self.wanted.map(|kind| from_word("pass kind", &kind)).transpose()?,
            counts: Counts {
                folders: count(self.folders),
                items: count(self.items),
                bytes: count(self.bytes),
                copied: count(self.copied),
                copied_bytes: count(self.copied_bytes),
                adopted: count(self.adopted),
                skipped: count(self.skipped),
            },
            verdict: self.verdict.map(|verdict| from_word("verdict", &verdict)).transpose()?,
            problem: self.problem,
            progress: None,
            updated: Timestamp::from_millis(self.updated),
            batch: self.batch.map(BatchId),
            priority: self.priority,
            drift: self.drift_at.map(|at| Drift {
                counted: Timestamp::from_millis(at),
                new: count(self.drift_new.unwrap_or(0)),
                gone: count(self.drift_gone.unwrap_or(0)),
                folders: count(self.drift_folders.unwrap_or(0)),
            }),
            // 0 while they are on their way.
            day_one: self.day_one.filter(|at| *at > 0).map(Timestamp::from_millis),
            source_user: self.source_user,
            target_user: self.target_user,
        })
    }
}

impl FolderRecord {
    fn row(self) -> Result<FolderRow, StoreError> {
        Ok(FolderRow {
            source: from_json("folder", &self.source)?,
            target: from_json("folder", &self.target)?,
            role: self.role.map(|role| from_word("folder role", &role)).transpose()?,
            items: count(self.items),
            bytes: count(self.bytes),
            copied: count(self.copied),
            skipped: count(self.skipped),
        })
    }
}
