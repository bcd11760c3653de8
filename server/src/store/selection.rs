//! Which jobs a statement is about, as a condition.

use sea_orm::Value;
use shared::{
    id::{JobId, ProjectId},
    selection::Selection,
};

use super::lists;

/// The jobs something is done with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    /// One.
    Job(JobId),
    /// Those of a project that are selected.
    Project(ProjectId, &'a Selection),
}

/// A condition on `job` with the values it binds. Ids stand in it as numbers: databases bind fewer values than a project
/// has jobs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Which<'_> {
    pub(super) fn condition(self) -> Condition {
        let (project, selection) = match self {
            Self::Job(job) => {
                return Condition { sql: format!("job.id = {}", job.0), values: Vec::new() };
            }
            Self::Project(project, selection) => (project, selection),
        };
        let Selection { ids, filter } = selection;
        let (like, values) = lists::condition(project, filter);
        let mut sql = format!("job.id IN (SELECT j.id FROM job j {like})");
        if let Some(ids) = ids {
            sql.push_str(&format!(" AND job.id IN ({})", numbers(ids)));
        }
        Condition { sql, values }
    }
}

/// Ids as a list; of none a list that nothing is in.
pub(super) fn numbers<T: ToString>(ids: &[T]) -> String {
    if ids.is_empty() {
        return "NULL".into();
    }
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
