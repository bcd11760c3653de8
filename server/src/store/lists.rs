//! Pages of jobs: filtered, sorted and counted by the database.

use sea_orm::{FromQueryResult, Value};
use shared::{
    id::{JobId, ProjectId},
    job::{JobFilter, JobPage, JobQuery, JobSort, JobState, StateCount},
    list::{Direction, PAGE_MAX},
};

use super::{
    Store, StoreError,
    counts::Of,
    selection::numbers,
    sql::{Sql, marks},
    words::{count, from_word, whole},
};

#[derive(FromQueryResult)]
struct IdRecord {
    id: i64,
}

#[derive(FromQueryResult)]
struct StateRecord {
    state: String,
    count: i64,
    closed: i64,
}

impl Store {
    /// A page of a project's jobs with the number of all; `progress` is what another node told.
    pub(crate) async fn job_page(&self, project: ProjectId, query: &JobQuery) -> Result<JobPage, StoreError> {
        self.recount(Of::Project(project)).await?;
        self.counted_page(project, query).await
    }

    /// The same with the counts that are kept.
    pub(super) async fn counted_page(
        &self,
        project: ProjectId,
        query: &JobQuery,
    ) -> Result<JobPage, StoreError> {
        let filter = query.filter();
        let by_state = self.count_by_state(project, &filter).await?;
        let chosen = by_state.iter().filter(|group| filter.state.holds(group.state));
        let total = chosen.map(|group| group.count).sum();

        let (condition, mut values) = condition(project, &filter);
        values.push(i64::from(query.limit.clamp(1, PAGE_MAX)).into());
        values.push(whole(query.offset).into());
        let sql = format!(
            "SELECT j.id FROM job j LEFT JOIN job_count c ON c.job = j.id {condition}
             ORDER BY {} LIMIT ? OFFSET ?",
            order(query.sort, query.order)
        );
        let ids: Vec<IdRecord> = self.db().reading("Reading the mailboxes").all(&sql, values).await?;
        let ids: Vec<_> = ids.into_iter().map(|record| JobId(record.id)).collect();
        Ok(JobPage { rows: self.rows_of(&ids).await?, total, by_state })
    }

    /// How many of the jobs are in each state, whichever states the filter names.
    pub(crate) async fn count_by_state(
        &self,
        project: ProjectId,
        filter: &JobFilter,
    ) -> Result<Vec<StateCount>, StoreError> {
        let any_state = JobFilter { state: Default::default(), ..filter.clone() };
        let (condition, values) = condition(project, &any_state);
        let closed = self.closed_batches(project).await?;
        let sql = format!(
            "SELECT j.state, COUNT(*) AS count, COUNT(CASE WHEN j.batch IN ({}) THEN 1 END) AS closed
             FROM job j {condition} GROUP BY j.state",
            numbers(&closed)
        );
        let records: Vec<StateRecord> = self.db().reading("Counting the mailboxes").all(&sql, values).await?;
        let mut groups = records
            .into_iter()
            .map(|record| {
                Ok(StateCount {
                    state: from_word("job state", &record.state)?,
                    count: count(record.count),
                    closed: count(record.closed),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        groups.sort_by_key(|group| rank(group.state));
        Ok(groups)
    }
}

/// The part of a query on `job j` that keeps to a filter, with its values.
pub(super) fn condition(project: ProjectId, filter: &JobFilter) -> (String, Vec<Value>) {
    let mut sql = "WHERE j.project = ?".to_owned();
    let mut values: Vec<Value> = vec![project.0.into()];
    if let Some(search) = filter.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        let like = "LOWER(j.source_user) LIKE ? ESCAPE '!' OR LOWER(j.target_user) LIKE ? ESCAPE '!'";
        let folded = pattern(&search.to_lowercase());
        values.extend([folded.clone().into(), folded.into()]);
        if search.is_ascii() {
            sql.push_str(&format!(" AND ({like})"));
        } else {
            // SQLite folds ASCII only: what is written elsewhere in capitals is found as it is written.
            let exact = "j.source_user LIKE ? ESCAPE '!' OR j.target_user LIKE ? ESCAPE '!'";
            sql.push_str(&format!(" AND ({like} OR {exact})"));
            values.extend([pattern(search).into(), pattern(search).into()]);
        }
    }
    if !filter.state.is_empty() {
        sql.push_str(&format!(" AND j.state IN ({})", marks(filter.state.0.len())));
        values.extend(filter.state.0.iter().map(|state| Value::from(state.word())));
    }
    if let Some(batch) = filter.batch {
        sql.push_str(" AND j.batch = ?");
        values.push(batch.0.into());
    }
    if let Some(cause) = filter.cause {
        // As errors are grouped by cause: what is a note only is none.
        sql.push_str(
            " AND j.id IN (SELECT k.job FROM job_cause k WHERE k.cause = ? AND (k.severity > 0 OR k.stopped))",
        );
        values.push(cause.id().into());
    }
    (sql, values)
}

/// Text as a part of what LIKE looks for.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Rows that are equal stay in the order they were made, so that pages neither miss nor repeat one.
fn order(sort: JobSort, direction: Direction) -> String {
    let way = match direction {
        Direction::Asc => "ASC",
        Direction::Desc => "DESC",
    };
    match sort {
        JobSort::Added => format!("j.id {way}"),
        JobSort::Source => format!("LOWER(j.source_user) {way}, j.id {way}"),
        JobSort::Target => format!("LOWER(j.target_user) {way}, j.id {way}"),
        JobSort::State => {
            let ranks =
                JobState::ALL.map(|state| format!("WHEN '{}' THEN {}", state.word(), rank(state))).join(" ");
            format!("CASE j.state {ranks} ELSE 99 END {way}, j.id")
        }
        JobSort::Progress => {
            let done = "CASE WHEN c.items > 0 THEN (c.copied + c.skipped) * 1.0 / c.items
                WHEN j.state IN ('complete', 'exceptions') THEN 1 ELSE 0 END";
            format!("{done} {way}, j.id")
        }
        JobSort::Messages => format!("COALESCE(c.items, 0) {way}, j.id"),
        JobSort::Bytes => format!("COALESCE(c.bytes, 0) {way}, j.id"),
        JobSort::Updated => format!("j.updated {way}, j.id {way}"),
    }
}

/// What needs eyes first comes first.
const fn rank(state: JobState) -> u8 {
    match state {
        JobState::Failed => 0,
        JobState::Exceptions => 1,
        JobState::Running | JobState::Pausing | JobState::Stopping => 2,
        JobState::Queued => 3,
        JobState::Paused => 4,
        JobState::Ready => 5,
        JobState::Cancelled => 6,
        JobState::Complete => 7,
        JobState::Skipped => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_like_would_read_is_taken_as_it_stands() {
        assert_eq!(pattern("50%_off!"), "%50!%!_off!!%");
    }

    #[test]
    fn every_part_of_a_filter_binds_its_values() {
        let filter = JobFilter {
            search: Some(" Ärger ".into()),
            state: shared::job::JobStates(vec![JobState::Failed, JobState::Ready]),
            cause: Some(shared::cause::Cause::TooBig),
            ..JobFilter::default()
        };
        let (sql, values) = condition(ProjectId(1), &filter);
        assert_eq!(sql.matches('?').count(), values.len(), "{sql}");
        let (sql, values) = condition(ProjectId(1), &JobFilter::default());
        assert_eq!((sql.as_str(), values.len()), ("WHERE j.project = ?", 1));
    }
}
