//! Which of a project's mailboxes are shown, and in which order. Pure, so that it is tested without a browser.

use shared::job::{JobRow, JobState};

use crate::{components::Order, view::amount::share};

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
            Self::Rest => "Ready, paused or cancelled",
        }
    }

    /// Whether a state belongs to the group.
    pub(super) const fn holds(self, state: JobState) -> bool {
        match (self, state) {
            (Self::All, _) => true,
            (group, JobState::Queued | JobState::Running | JobState::Pausing | JobState::Stopping) => {
                matches!(group, Self::Active)
            }
            (group, JobState::Complete | JobState::Exceptions) => matches!(group, Self::Complete),
            (group, JobState::Failed) => matches!(group, Self::Failed),
            (group, JobState::Ready | JobState::Paused | JobState::Cancelled) => matches!(group, Self::Rest),
        }
    }
}

/// By what the list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    User,
    State,
    Progress,
    Messages,
    Updated,
}

/// The mailboxes to show, in order. Equal ones stay in the order of their ids, so that rows do not dance.
pub(super) fn pick<'a>(
    jobs: &'a [JobRow],
    group: Group,
    text: &str,
    order: Order<Column>,
) -> Vec<&'a JobRow> {
    let text = text.trim().to_lowercase();
    let named = |job: &JobRow| {
        text.is_empty()
            || job.source_user.to_lowercase().contains(&text)
            || job.target_user.to_lowercase().contains(&text)
    };
    let mut picked: Vec<_> = jobs.iter().filter(|job| group.holds(job.state) && named(job)).collect();
    picked.sort_by(|a, b| {
        let ordering = match order.by {
            Column::User => a.source_user.cmp(&b.source_user),
            Column::State => rank(a.state).cmp(&rank(b.state)),
            Column::Progress => done(a).total_cmp(&done(b)),
            Column::Messages => a.counts.items.cmp(&b.counts.items),
            Column::Updated => a.updated.cmp(&b.updated),
        };
        let ordering = if order.falling { ordering.reverse() } else { ordering };
        ordering.then(a.id.cmp(&b.id))
    });
    picked
}

/// How much of a mailbox is settled, from 0 to 1.
pub(super) fn done(job: &JobRow) -> f64 {
    match &job.progress {
        Some(progress) => progress.fraction(),
        None => share(job.counts.copied + job.counts.skipped, job.counts.items),
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        id::{JobId, ProjectId},
        pass::Counts,
        time::Timestamp,
    };

    fn job(id: i64, user: &str, state: JobState, items: u64, copied: u64) -> JobRow {
        JobRow {
            id: JobId(id),
            project: ProjectId(1),
            source_user: user.into(),
            target_user: format!("{user}@new"),
            state,
            pass: None,
            counts: Counts { items, copied, ..Counts::default() },
            verdict: None,
            problem: None,
            progress: None,
            updated: Timestamp::from_millis(id),
        }
    }

    fn check(group: Group, text: &str, by: Column, falling: bool, expected: &[i64]) {
        let jobs = [
            job(1, "mia", JobState::Complete, 10, 10),
            job(2, "Ada", JobState::Running, 100, 50),
            job(3, "zoe", JobState::Failed, 10, 0),
            job(4, "bob", JobState::Ready, 0, 0),
        ];
        let ids: Vec<i64> =
            pick(&jobs, group, text, Order { by, falling }).iter().map(|job| job.id.0).collect();
        assert_eq!(ids, expected, "{group:?} {text:?} {by:?}");
    }

    #[test]
    fn every_state_is_in_one_group_besides_all() {
        for state in [
            JobState::Ready,
            JobState::Queued,
            JobState::Running,
            JobState::Pausing,
            JobState::Paused,
            JobState::Stopping,
            JobState::Cancelled,
            JobState::Complete,
            JobState::Exceptions,
            JobState::Failed,
        ] {
            let groups = Group::ALL.into_iter().filter(|group| group.holds(state)).count();
            assert_eq!(groups, 2, "{state:?}");
        }
    }

    #[test]
    fn a_list_is_picked_by_group_and_text_and_sorted_by_a_column() {
        check(Group::All, "", Column::State, false, &[3, 2, 4, 1]);
        check(Group::All, "", Column::Progress, true, &[1, 2, 3, 4]);
        check(Group::All, "", Column::Messages, false, &[4, 1, 3, 2]);
        check(Group::Active, "", Column::User, false, &[2]);
        check(Group::All, " ADA@", Column::User, false, &[2]);
        check(Group::Complete, "zoe", Column::Updated, true, &[]);
    }
}
