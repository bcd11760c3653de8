//! Which jobs of a project something is done with: some by id, or all that are like this.

use serde::{Deserialize, Serialize};

use crate::{
    id::{BatchId, JobId},
    job::{JobAction, JobFilter, JobState, JobStates},
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

    /// The same as far as a start brings them further, or with `anew` those alone that are finished already.
    #[must_use]
    pub fn to_start(mut self, anew: bool) -> Self {
        let JobStates(states) = &mut self.filter.state;
        if states.is_empty() {
            states.extend(JobState::ALL);
        }
        states.retain(|state| state.is_finished() == anew && state.after(JobAction::Start).is_some());
        if states.is_empty() {
            // A filter without a state would leave nothing out.
            self.ids = Some(Vec::new());
        }
        self
    }

    /// The same, of one batch alone.
    pub fn within(mut self, batch: BatchId) -> Self {
        self.filter.batch = Some(batch);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_brings_on_what_is_unfinished_and_anew_what_is_finished_and_never_both() {
        let states = |selection: Selection| selection.filter.state.0;
        let all = Selection::default();
        assert_eq!(states(all.clone().to_start(true)), [JobState::Complete, JobState::Exceptions]);
        assert_eq!(states(all.to_start(false)), [JobState::Ready, JobState::Cancelled, JobState::Failed]);
        let narrowed = JobFilter {
            state: JobStates(vec![JobState::Failed, JobState::Complete]),
            ..JobFilter::default()
        };
        assert_eq!(states(Selection::like(narrowed.clone()).to_start(false)), [JobState::Failed]);
        assert_eq!(states(Selection::like(narrowed).to_start(true)), [JobState::Complete]);
        let running = JobFilter { state: JobStates(vec![JobState::Running]), ..JobFilter::default() };
        assert_eq!(Selection::like(running).to_start(false).ids, Some(Vec::new()), "nobody, and not all");
    }
}
