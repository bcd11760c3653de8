//! What a running pass tells the world: whole snapshots, never increments.

use serde::{Deserialize, Serialize};

use crate::{
    disk::FullDisk,
    id::BatchId,
    job::{JobPage, StateCount},
    limits::GateView,
    project::ProjectRow,
};

/// What a pass is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Connecting and logging in on both sides.
    Connecting,
    /// Reading what both sides hold.
    Inventory,
    /// Checking what an interrupted pass left.
    Recovering,
    /// Copying.
    Copying,
    /// Reading both sides afresh and comparing.
    Verifying,
    /// Waiting because a server asks for patience or is away.
    Waiting,
}

/// How a running pass gets on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// The folder in hand, as the user reads it.
    pub folder: Option<String>,
    /// Folders done in this phase.
    pub folders_done: u64,
    /// Folders in all.
    pub folders_total: u64,
    /// Messages done in this phase.
    pub items_done: u64,
    /// Messages in all.
    pub items_total: u64,
    /// Bytes done in this phase.
    pub bytes_done: u64,
    /// Bytes in all.
    pub bytes_total: u64,
    /// Messages a second, over the last seconds.
    pub items_per_second: f64,
    /// Bytes a second, over the last seconds.
    pub bytes_per_second: f64,
    /// Seconds left as a range; none while it is too early to say.
    pub seconds_left: Option<(u64, u64)>,
    /// Why it waits, in a sentence.
    pub waiting: Option<String>,
    /// A warning that it goes on at less than half of its pace until now, in a sentence.
    #[serde(default)]
    pub slow: Option<String>,
}

impl Progress {
    /// A phase that has only begun.
    pub const fn begin(phase: Phase) -> Self {
        Self {
            phase,
            folder: None,
            folders_done: 0,
            folders_total: 0,
            items_done: 0,
            items_total: 0,
            bytes_done: 0,
            bytes_total: 0,
            items_per_second: 0.0,
            bytes_per_second: 0.0,
            seconds_left: None,
            waiting: None,
            slow: None,
        }
    }

    /// Done so far, from 0 to 1: by bytes where they are known, else by messages.
    pub fn fraction(&self) -> f64 {
        let part = |done: u64, total: u64| (total > 0).then(|| done.min(total) as f64 / total as f64);
        part(self.bytes_done, self.bytes_total)
            .or_else(|| part(self.items_done, self.items_total))
            .unwrap_or(0.0)
    }
}

/// The snapshot a project's live stream sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectLive {
    /// The project.
    pub project: ProjectRow,
    /// How many of its jobs are in each state.
    pub by_state: Vec<StateCount>,
    /// The page of its jobs that was asked for.
    pub jobs: JobPage,
    /// How much of the source and of the target may be used now.
    #[serde(default)]
    pub gates: Vec<GateView>,
    /// This server's disk, while it has too little room for passes.
    #[serde(default)]
    pub disk: Option<FullDisk>,
    /// Whether every node was told to take nothing new: what waits goes on waiting.
    #[serde(default)]
    pub drained: bool,
    /// Its batches that were cut over: nothing is copied for their mailboxes any more.
    #[serde(default)]
    pub closed: Vec<BatchId>,
}
