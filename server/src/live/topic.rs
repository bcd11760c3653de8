//! What a live stream is about, and a snapshot of it.

use serde::Serialize;
use shared::{
    id::{JobId, ProjectId},
    job::JobView,
    live::ProjectLive,
    project::ProjectRow,
};

use crate::{
    runner::Running,
    store::{Store, StoreError},
};

/// What a stream is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic {
    /// Every project, as rows.
    Projects,
    /// A project with its jobs.
    Project(ProjectId),
    /// A job with all its page shows.
    Job(JobId),
}

/// A snapshot of a topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Snapshot {
    /// Of every project.
    Projects(Vec<ProjectRow>),
    /// Of a project.
    Project(ProjectLive),
    /// Of a job.
    Job(Box<JobView>),
}

impl Topic {
    /// Reads the topic from the store, without progress.
    pub(super) async fn read(self, store: &Store) -> Result<Snapshot, StoreError> {
        Ok(match self {
            Self::Projects => Snapshot::Projects(store.projects().await?),
            Self::Project(id) => {
                let (project, jobs) = (store.project_row(id).await?, store.jobs(id).await?);
                Snapshot::Project(ProjectLive { project, jobs })
            }
            Self::Job(id) => Snapshot::Job(Box::new(store.job(id).await?)),
        })
    }
}

impl Snapshot {
    /// Adds the progress of running passes.
    pub(super) fn overlay(&mut self, running: &Running) {
        match self {
            Self::Projects(_) => {}
            Self::Project(live) => live.jobs.iter_mut().for_each(|row| running.overlay(row)),
            Self::Job(view) => running.overlay(&mut view.row),
        }
    }
}
