//! Which of a project's mailboxes are asked for. Pure, so that it is tested without a browser.

use shared::{
    job::{JobQuery, JobRow, JobSort, JobState, JobStates, StateCount},
    list::Direction,
};

use crate::{components::Order, view::amount::share};

/// Mailboxes on a page.
pub(super) const PAGE: usize = 50;

/// A group of states to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    All,
    Active,
    Complete,
    Failed,
    Rest,
}

impl Group {
    pub(super) const ALL: [Self; 5] = [Self::All, Self::Active, Self::Complete, Self::Failed, Self::Rest];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Active => "Waiting or running",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Rest => "Ready, paused or left out",
        }
    }

    /// Whether a state belongs to the group.
    const fn holds(self, state: JobState) -> bool {
        match (self, state) {
            (Self::All, _) => true,
            (group, JobState::Queued | JobState::Running | JobState::Pausing | JobState::Stopping) => {
                matches!(group, Self::Active)
            }
            (group, JobState::Complete | JobState::Exceptions) => matches!(group, Self::Complete),
            (group, JobState::Failed) => matches!(group, Self::Failed),
            (group, JobState::Ready | JobState::Paused | JobState::Cancelled | JobState::Skipped) => {
                matches!(group, Self::Rest)
            }
        }
    }

    /// The states to ask for; none means any.
    fn states(self) -> JobStates {
        match self {
            Self::All => JobStates::default(),
            Self::Active | Self::Complete | Self::Failed | Self::Rest => {
                JobStates(JobState::ALL.into_iter().filter(|state| self.holds(*state)).collect())
            }
        }
    }

    /// How many mailboxes it has.
    pub(super) fn count(self, by_state: &[StateCount]) -> u64 {
        by_state.iter().filter(|group| self.holds(group.state)).map(|group| group.count).sum()
    }
}

/// What is asked for: a group, what stands in the search box, an order and a page.
pub(super) fn query(group: Group, text: &str, order: Order<JobSort>, page: usize) -> JobQuery {
    let text = text.trim();
    JobQuery {
        search: (!text.is_empty()).then(|| text.to_owned()),
        state: group.states(),
        cause: None,
        batch: None,
        sort: order.by,
        order: if order.falling { Direction::Desc } else { Direction::Asc },
        offset: (page * PAGE) as u64,
        limit: PAGE as u32,
    }
}

/// How much of a mailbox is settled, from 0 to 1. An empty one is when it is complete.
pub(super) fn done(job: &JobRow) -> f64 {
    let complete = matches!(job.state, JobState::Complete | JobState::Exceptions);
    match (&job.progress, job.counts.items) {
        (Some(progress), _) => progress.fraction(),
        (None, 0) if complete => 1.0,
        (None, items) => share(job.counts.copied + job.counts.skipped, items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::amount::percent;
    use shared::{
        id::{JobId, ProjectId},
        pass::Counts,
        time::Timestamp,
    };

    #[test]
    fn what_is_neither_there_nor_left_out_is_not_done_and_an_empty_mailbox_can_be() {
        let row = |state, counts| JobRow {
            id: JobId(1),
            project: ProjectId(1),
            source_user: "anna".into(),
            target_user: "anna".into(),
            below: None,
            state,
            pass: None,
            counts,
            verdict: None,
            problem: None,
            progress: None,
            updated: Timestamp::from_millis(0),
            batch: None,
            priority: 0,
            drift: None,
            day_one: None,
        };
        let first_days = Counts { items: 700, copied: 240, skipped: 110, ..Counts::default() };
        assert_eq!(percent(done(&row(JobState::Cancelled, first_days))), 50);
        assert_eq!(percent(done(&row(JobState::Complete, Counts::default()))), 100);
        assert_eq!(percent(done(&row(JobState::Ready, Counts::default()))), 0);
    }

    #[test]
    fn every_state_is_in_one_group_besides_all() {
        for state in JobState::ALL {
            let groups = Group::ALL.into_iter().filter(|group| group.holds(state)).count();
            assert_eq!(groups, 2, "{state:?}");
        }
    }

    #[test]
    fn a_page_is_asked_for_in_the_words_of_the_server() {
        let order = Order { by: JobSort::Updated, falling: true };
        let asked = query(Group::Complete, " ada ", order, 2).to_query();
        let expected = "search=ada&state=complete,exceptions&sort=updated&order=desc&offset=100&limit=50";
        assert_eq!(asked, expected);
        assert!(query(Group::All, "", order, 0).state.is_empty());
    }

    #[test]
    fn a_group_counts_its_states() {
        let count = |state, count| StateCount { state, count, closed: 0 };
        let by_state = [count(JobState::Failed, 3), count(JobState::Running, 2), count(JobState::Queued, 5)];
        assert_eq!(Group::ALL.map(|group| group.count(&by_state)), [10, 7, 0, 3, 0]);
    }
}
