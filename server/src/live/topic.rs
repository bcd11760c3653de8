//! What a live stream is about, and a snapshot of it.

use serde::Serialize;
use shared::{
    check::Side,
    endpoint::Endpoint,
    id::{JobId, ProjectId},
    job::{JobQuery, JobView},
    limits::{BreakerView, Limits},
    live::ProjectLive,
    project::{ProjectPage, ProjectQuery},
};

use crate::{
    runner::Running,
    store::{Store, StoreError},
};

/// What a stream is about.
#[derive(Debug, Clone)]
pub(crate) enum Topic {
    /// A page of the projects.
    Projects(ProjectQuery),
    /// A project with a page of its jobs.
    Project(ProjectId, JobQuery),
    /// A job with all its page shows.
    Job(JobId),
}

/// A snapshot of a topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Snapshot {
    /// Of projects.
    Projects(ProjectPage),
    /// Of a project.
    Project(Box<Project>),
    /// Of a job.
    Job(Box<JobView>),
}

/// A snapshot of a project, with what it takes to look at its systems.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Project {
    #[serde(flatten)]
    live: ProjectLive,
    #[serde(skip)]
    sides: [(Side, Endpoint, Limits); 2],
}

impl Topic {
    /// Reads the topic from the store, without progress.
    pub(super) async fn read(&self, store: &Store) -> Result<Snapshot, StoreError> {
        Ok(match self {
            Self::Projects(query) => Snapshot::Projects(store.project_page(query).await?),
            Self::Project(id, query) => {
                let (project, jobs, by_state) = store.project_with_jobs(*id, query).await?;
                let sides = [
                    (Side::Source, project.source, project.options.source_limits),
                    (Side::Target, project.target, project.options.target_limits),
                ];
                let drained = store.is_drained().await?;
                let closed = store.closed_batches(*id).await?;
                let (project, gates, disk) = (project.row, Vec::new(), None);
                let live = ProjectLive { project, by_state, jobs, gates, disk, drained, closed };
                Snapshot::Project(Box::new(Project { live, sides }))
            }
            Self::Job(id) => Snapshot::Job(Box::new(store.job(*id).await?)),
        })
    }
}

impl Snapshot {
    /// Adds the progress of running passes, what their systems allow now, and whether the disk lets them run.
    pub(super) fn overlay(&mut self, running: &Running) {
        match self {
            Self::Projects(page) => page.disk = running.disk.full(),
            Self::Project(project) => {
                project.live.disk = running.disk.full();
                project.live.jobs.rows.iter_mut().for_each(|row| running.overlay(row));
                let views = project.sides.iter();
                let views =
                    views.map(|(side, endpoint, limits)| running.guests.view(*side, endpoint, limits));
                project.live.gates = views.collect();
            }
            Self::Job(view) => running.overlay(&mut view.row),
        }
    }

    /// Leaves out the logins that are held back on a system for others than this project. It is looked up once for the same
    /// logins; where that fails none are left: another project's are nobody's business here.
    pub(super) async fn keep_own_logins(
        &mut self,
        store: &Store,
        own: &mut OwnLogins,
    ) -> Result<(), StoreError> {
        let Self::Project(project) = self else { return Ok(()) };
        let Project { live, sides } = project.as_mut();
        let id = live.project.id;
        let mut done = Ok(());
        for ((gate, (_, endpoint, _)), known) in live.gates.iter_mut().zip(sides.iter()).zip(&mut own.0) {
            if gate.breakers.is_empty() {
                continue;
            }
            if let Some((of_all, of_project)) = known
                && *of_all == gate.breakers
            {
                gate.breakers.clone_from(of_project);
                continue;
            }
            let of_all = gate.breakers.clone();
            match store.keep_own_logins(id, endpoint, gate).await {
                Ok(()) => *known = Some((of_all, gate.breakers.clone())),
                Err(error) => {
                    gate.breakers.clear();
                    done = Err(error);
                }
            }
        }
        done
    }
}

/// Of a project's two systems the logins that are held back for whomever, and those of them that are the project's own.
#[derive(Debug, Default)]
pub(super) struct OwnLogins([Option<(Vec<BreakerView>, Vec<BreakerView>)>; 2]);
