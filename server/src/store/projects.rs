//! Projects and their sealed secrets.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{FromQueryResult, Value};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use shared::{
    check::Side,
    endpoint::Endpoint,
    id::ProjectId,
    job::{JobFilter, JobPage, JobQuery, JobState, StateCount},
    limits::Limits,
    list::{Direction, PAGE_MAX},
    project::{Options, ProjectForm, ProjectPage, ProjectQuery, ProjectRow, ProjectSort, ProjectView},
    time::Timestamp,
    under_way::UnderWay,
};

use super::{
    Store, StoreError,
    activity::changed_since,
    counts::Of,
    db::Tx,
    inventory, slots,
    sql::{Clash, Sql, marks},
    under_way::{AGAIN, Owner},
    words::{count, from_json, from_word, json, now},
};
use crate::secret::Place;

#[derive(FromQueryResult)]
struct ProjectRecord {
    id: i64,
    name: String,
    source: String,
    target: String,
    source_secret: bool,
    target_secret: bool,
    options: String,
    created: i64,
}

const COLUMNS: &str = "SELECT id, name, source, target, source_secret IS NOT NULL AS source_secret,
    target_secret IS NOT NULL AS target_secret, options, created FROM project";

/// The jobs of a project that are in one state.
#[derive(FromQueryResult)]
struct Group {
    project: i64,
    state: String,
    jobs: i64,
    copied: i64,
    copied_bytes: i64,
    again: i64,
}

fn groups_sql(rest: &str) -> String {
    format!(
        "SELECT j.project, j.state, COUNT(*) AS jobs,
    CAST(COALESCE(SUM(c.copied), 0) AS BIGINT) AS copied,
    CAST(COALESCE(SUM(c.copied_bytes), 0) AS BIGINT) AS copied_bytes,
    {AGAIN}
    FROM job j LEFT JOIN job_count c ON c.job = j.id {rest} GROUP BY j.project, j.state"
    )
}

impl Store {
    /// Adds a project; its secrets are sealed. [`StoreError::Taken`] when the name is in use.
    pub(crate) async fn create_project(&self, form: &ProjectForm) -> Result<ProjectId, StoreError> {
        let tx = self.db().begin("Adding a project").await?;
        let values = [
            form.name.as_str().into(),
            json("endpoint", &form.source.endpoint)?.into(),
            json("endpoint", &form.target.endpoint)?.into(),
            json("project's options", &form.options)?.into(),
            now().millis().into(),
        ];
        let id = tx
            .insert(
                "INSERT INTO project (name, source, target, options, created) VALUES (?, ?, ?, ?, ?)",
                values,
            )
            .await?
            .map(ProjectId)
            .map_err(|Clash| StoreError::Taken("project name"))?;
        self.put_secrets(&tx, id, form).await?;
        tx.commit().await?;
        self.wake();
        Ok(id)
    }

    /// Changes a project; an absent secret leaves the stored one, an empty one removes it. `seen` is the version of the
    /// settings that the change was made from: [`StoreError::Changed`] when somebody changed them since.
    pub(crate) async fn update_project(
        &self,
        id: ProjectId,
        form: &ProjectForm,
        seen: Option<&str>,
    ) -> Result<(), StoreError> {
        let tx = self.db().begin("Changing a project").await?;
        if let Some(seen) = seen {
            unchanged(&tx, id, seen).await?;
        }
        self.forget_elsewhere(&tx, id, form).await?;
        let values = [
            form.name.as_str().into(),
            json("endpoint", &form.source.endpoint)?.into(),
            json("endpoint", &form.target.endpoint)?.into(),
            json("project's options", &form.options)?.into(),
            id.0.into(),
        ];
        let changed = tx
            .try_run("UPDATE project SET name = ?, source = ?, target = ?, options = ? WHERE id = ?", values)
            .await?
            .map_err(|Clash| StoreError::Taken("project name"))?;
        if changed == 0 {
            return Err(StoreError::NotFound("project"));
        }
        self.put_secrets(&tx, id, form).await?;
        if self.db().is_shared() {
            let wanted = slots::wanted(&form.source.endpoint, &form.target.endpoint, &form.options);
            slots::change_limits(&tx, id, &wanted).await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Forgets the mailboxes' own secrets of a side that is to log in elsewhere now: what was entered for one server is
    /// never sent to another. What was found on one server says nothing of another, either.
    async fn forget_elsewhere(
        &self,
        tx: &Tx<'_>,
        id: ProjectId,
        form: &ProjectForm,
    ) -> Result<(), StoreError> {
        for (side, column, endpoint) in
            [(Side::Source, "source", &form.source.endpoint), (Side::Target, "target", &form.target.endpoint)]
        {
            let sql = format!("SELECT {column} FROM project WHERE id = ?");
            let before: Option<String> = tx.cell(&sql, [id.0.into()]).await?;
            let before: Endpoint = match before {
                Some(before) => from_json("endpoint", &before)?,
                None => return Err(StoreError::NotFound("project")),
            };
            if !before.same_login(endpoint) {
                let sql = format!("UPDATE job SET {} = NULL WHERE project = ?", secret_column(side));
                tx.run(&sql, [id.0.into()]).await?;
            }
            if !before.same_server(endpoint) {
                inventory::forget(tx, id).await?;
            }
        }
        Ok(())
    }

    async fn put_secrets(&self, tx: &Tx<'_>, id: ProjectId, form: &ProjectForm) -> Result<(), StoreError> {
        for (side, form) in [(Side::Source, &form.source), (Side::Target, &form.target)] {
            if let Some(secret) = &form.secret {
                self.put_secret(tx, place(id, side), secret).await?;
            }
        }
        Ok(())
    }

    /// Every project, by name.
    pub(crate) async fn projects(&self) -> Result<Vec<ProjectRow>, StoreError> {
        self.recount(Of::All).await?;
        let reading = self.db().reading("Reading the projects");
        let records: Vec<ProjectRecord> = reading.all(&format!("{COLUMNS} ORDER BY name, id"), []).await?;
        let groups = reading.all(&groups_sql(""), []).await?;
        let known = self.under_way(Owner::Project, "1 = 1", None).await?;
        rows(&records, groups, &known)
    }

    /// A page of the projects: those whose name or hosts hold what is looked for, sorted.
    pub(crate) async fn project_page(&self, query: &ProjectQuery) -> Result<ProjectPage, StoreError> {
        let mut rows = self.projects().await?;
        if let Some(search) = query.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
            let search = search.to_lowercase();
            let found = |text: &str| text.to_lowercase().contains(&search);
            rows.retain(|row| found(&row.name) || found(&row.source_host) || found(&row.target_host));
        }
        // They come by name, and a sort leaves equal ones where they are.
        let done = |row: &ProjectRow| row.complete_or_again() as f64 / row.jobs.max(1) as f64;
        rows.sort_by(|a, b| {
            let ordering = match query.sort {
                ProjectSort::Name => a.name.cmp(&b.name),
                ProjectSort::Created => a.created.cmp(&b.created),
                ProjectSort::Mailboxes => a.jobs.cmp(&b.jobs),
                ProjectSort::Active => a.active.cmp(&b.active),
                ProjectSort::Failed => a.failed.cmp(&b.failed),
                ProjectSort::Progress => done(a).total_cmp(&done(b)),
            };
            match query.order {
                Direction::Asc => ordering,
                Direction::Desc => ordering.reverse(),
            }
        });
        let total = rows.len() as u64;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let rows = rows.into_iter().skip(offset).take(query.limit.clamp(1, PAGE_MAX) as usize).collect();
        Ok(ProjectPage { rows, total, disk: None })
    }

    /// [`StoreError::NotFound`] when there is no such project.
    pub(crate) async fn project_exists(&self, id: ProjectId) -> Result<(), StoreError> {
        let found: Option<i64> = self
            .db()
            .reading("Looking for a project")
            .cell("SELECT id FROM project WHERE id = ?", [id.0.into()])
            .await?;
        found.map(drop).ok_or(StoreError::NotFound("project"))
    }

    /// One project as a row of a list.
    pub(crate) async fn project_row(&self, id: ProjectId) -> Result<ProjectRow, StoreError> {
        let record = self.project_record(id).await?;
        self.recount(Of::Project(id)).await?;
        self.row_of(&record).await
    }

    /// One project with its settings.
    pub(crate) async fn project(&self, id: ProjectId) -> Result<ProjectView, StoreError> {
        let record = self.project_record(id).await?;
        self.recount(Of::Project(id)).await?;
        self.view_of(&record).await
    }

    /// The settings of a project alone: nothing is counted for them.
    pub(crate) async fn project_options(&self, id: ProjectId) -> Result<Options, StoreError> {
        from_json("project's options", &self.project_record(id).await?.options)
    }

    /// One project with a page of its jobs, and how many of all its jobs are in each state; `progress` is what another node
    /// told.
    pub(crate) async fn project_with_jobs(
        &self,
        id: ProjectId,
        query: &JobQuery,
    ) -> Result<(ProjectView, JobPage, Vec<StateCount>), StoreError> {
        let record = self.project_record(id).await?;
        // Once for all of it.
        self.recount(Of::Project(id)).await?;
        let (view, page) = tokio::try_join!(self.view_of(&record), self.counted_page(id, query))?;
        let others = JobFilter { state: Default::default(), ..query.filter() };
        let by_state = match others == JobFilter::default() {
            true => page.by_state.clone(),
            false => self.count_by_state(id, &JobFilter::default()).await?,
        };
        Ok((view, page, by_state))
    }

    /// One project with its settings, with the counts that are kept.
    async fn view_of(&self, record: &ProjectRecord) -> Result<ProjectView, StoreError> {
        Ok(ProjectView {
            row: self.row_of(record).await?,
            source: from_json("endpoint", &record.source)?,
            source_has_secret: record.source_secret,
            target: from_json("endpoint", &record.target)?,
            target_has_secret: record.target_secret,
            options: from_json("project's options", &record.options)?,
            version: record.version(),
        })
    }

    /// How much of their systems projects may use, the source before the target. One that was removed is left out.
    pub(crate) async fn limits_of(
        &self,
        projects: &BTreeSet<ProjectId>,
    ) -> Result<BTreeMap<ProjectId, [Limits; 2]>, StoreError> {
        let sql = format!("SELECT id, options FROM project WHERE id IN ({})", marks(projects.len()));
        let values: Vec<Value> = projects.iter().map(|project| project.0.into()).collect();
        let records: Vec<OptionsRecord> =
            self.db().reading("Reading the limits of projects").all(&sql, values).await?;
        let mut limits = BTreeMap::new();
        for record in records {
            match from_json::<Options>("project's options", &record.options) {
                Ok(options) => {
                    limits.insert(ProjectId(record.id), [options.source_limits, options.target_limits]);
                }
                // What a newer version wrote may mean nothing here; the others' limits hold all the same.
                Err(error) => self.tell_unreadable(record.id, &error),
            }
        }
        Ok(limits)
    }

    /// Removes a project with its jobs, ledgers and reports. [`StoreError::Conflict`] while a job waits or runs.
    pub(crate) async fn delete_project(&self, id: ProjectId) -> Result<(), StoreError> {
        let tx = self.db().begin("Removing a project").await?;
        let sql = format!("SELECT state FROM job WHERE project = ?{}", tx.locking());
        let states: Vec<StateRecord> = tx.all(&sql, [id.0.into()]).await?;
        for record in states {
            let state: JobState = from_word("job state", &record.state)?;
            if state.is_active() || state == JobState::Queued {
                return Err(StoreError::Conflict(
                    "A mailbox of this project waits or runs. Stop it first, then remove the project.".into(),
                ));
            }
        }
        if tx.run("DELETE FROM project WHERE id = ?", [id.0.into()]).await? == 0 {
            return Err(StoreError::NotFound("project"));
        }
        tx.commit().await?;
        // Its passwords and those of its mailboxes went with it.
        self.db().empty_log().await;
        self.wake();
        Ok(())
    }

    /// A side's stored admin secret, for the connection check; passes get theirs from [`Store::pass_order`].
    pub(crate) async fn open_secret(
        &self,
        id: ProjectId,
        side: Side,
    ) -> Result<Option<SecretString>, StoreError> {
        let place = place(id, side);
        let sql = format!("SELECT {} FROM project WHERE id = ?", place.column);
        let sealed: Option<Option<Vec<u8>>> =
            self.db().reading("Reading a project's secret").cell(&sql, [id.0.into()]).await?;
        self.open_sealed(place, sealed.ok_or(StoreError::NotFound("project"))?.as_deref())
    }

    /// Where a side of a project is, and whether the project itself keeps what to log in with.
    pub(super) async fn way_in(&self, id: ProjectId, side: Side) -> Result<(Endpoint, bool), StoreError> {
        let record = self.project_record(id).await?;
        let (endpoint, kept) = match side {
            Side::Source => (&record.source, record.source_secret),
            Side::Target => (&record.target, record.target_secret),
        };
        Ok((from_json("endpoint", endpoint)?, kept))
    }

    async fn project_record(&self, id: ProjectId) -> Result<ProjectRecord, StoreError> {
        let record: Option<ProjectRecord> = self
            .db()
            .reading("Reading a project")
            .one(&format!("{COLUMNS} WHERE id = ?"), [id.0.into()])
            .await?;
        record.ok_or(StoreError::NotFound("project"))
    }

    async fn row_of(&self, record: &ProjectRecord) -> Result<ProjectRow, StoreError> {
        let sql = groups_sql("WHERE j.project = ?");
        let groups = self.db().reading("Reading a project").all(&sql, [record.id.into()]).await?;
        let known = self.under_way(Owner::Project, "job.project = ?", Some(record.id)).await?;
        rows(std::slice::from_ref(record), groups, &known)?.pop().ok_or(StoreError::NotFound("project"))
    }
}

fn rows(
    records: &[ProjectRecord],
    groups: Vec<Group>,
    known: &BTreeMap<i64, UnderWay>,
) -> Result<Vec<ProjectRow>, StoreError> {
    let mut rows = HashMap::with_capacity(records.len());
    for record in records {
        let under_way = known.get(&record.id).copied().unwrap_or_default();
        rows.insert(record.id, ProjectRow { under_way, ..record.row()? });
    }
    for group in groups {
        let Some(row) = rows.get_mut(&group.project) else { continue };
        let jobs = count(group.jobs);
        row.jobs += jobs;
        match from_word("job state", &group.state)? {
            JobState::Queued | JobState::Running | JobState::Pausing | JobState::Stopping => {
                row.active += jobs;
            }
            JobState::Complete | JobState::Exceptions => row.complete += jobs,
            JobState::Failed => row.failed += jobs,
            JobState::Ready | JobState::Paused | JobState::Cancelled | JobState::Skipped => {}
        }
        row.copied += count(group.copied);
        row.copied_bytes += count(group.copied_bytes);
        row.under_way.again += count(group.again);
    }
    Ok(records.iter().filter_map(|record| rows.remove(&record.id)).collect())
}

#[derive(FromQueryResult)]
struct OptionsRecord {
    id: i64,
    options: String,
}

#[derive(FromQueryResult)]
struct StateRecord {
    state: String,
}

/// [`StoreError::Changed`] when the settings of a project are not those of this version any more.
async fn unchanged(tx: &Tx<'_>, id: ProjectId, seen: &str) -> Result<(), StoreError> {
    let sql = format!("{COLUMNS} WHERE id = ?{}", tx.locking());
    let record: Option<ProjectRecord> = tx.one(&sql, [id.0.into()]).await?;
    let record = record.ok_or(StoreError::NotFound("project"))?;
    if record.version() == seen {
        return Ok(());
    }
    Err(changed_since(tx, "project.change", &record.name).await?)
}

impl ProjectRecord {
    /// Another whenever the settings are others; secrets have no part in it.
    fn version(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.name, &self.source, &self.target, &self.options] {
            hash.update(part.as_bytes());
            hash.update([0_u8]);
        }
        hex::encode(hash.finalize())
    }

    /// A row that counts no job yet.
    fn row(&self) -> Result<ProjectRow, StoreError> {
        let source: Endpoint = from_json("endpoint", &self.source)?;
        let target: Endpoint = from_json("endpoint", &self.target)?;
        Ok(ProjectRow {
            id: ProjectId(self.id),
            name: self.name.clone(),
            source_host: source.host().into(),
            target_host: target.host().into(),
            created: Timestamp::from_millis(self.created),
            jobs: 0,
            active: 0,
            complete: 0,
            failed: 0,
            copied: 0,
            copied_bytes: 0,
            under_way: UnderWay::default(),
        })
    }
}

/// Where a project's secret stands.
pub(super) fn place(id: ProjectId, side: Side) -> Place {
    Place { table: "project", row: id.0, column: secret_column(side) }
}

/// The column of a side's secret, in projects as in jobs.
pub(super) fn secret_column(side: Side) -> &'static str {
    match side {
        Side::Source => "source_secret",
        Side::Target => "target_secret",
    }
}
