//! Which jobs of a project something is done with: some by id, or all that are like this.

use serde::{Deserialize, Serialize};

use crate::{
    id::{BatchId, JobId},
    job::JobFilter,
};

/// Which jobs of a project: with no field at all, every job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// These alone, as far as the filter names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<JobId>>,
    /// Those that are like this.
    pub filter: JobFilter,
}

impl Selection {
    /// Whether it says nothing: every job.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// These jobs alone.
    pub fn of(ids: Vec<JobId>) -> Self {
        Self { ids: Some(ids), ..Self::default() }
    }

    /// Those that a filter names.
    pub fn like(filter: JobFilter) -> Self {
        Self { ids: None, filter }
    }

    /// The same, of one batch alone.
    pub fn within(mut self, batch: BatchId) -> Self {
        self.filter.batch = Some(batch);
        self
    }
}
