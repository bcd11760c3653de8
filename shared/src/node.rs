//! Nodes: the processes that move mailboxes together.

use serde::{Deserialize, Serialize};

use crate::{
    disk::FullDisk,
    id::{JobId, NodeId, ProjectId},
    job::JobState,
    pass::PassKind,
    time::Timestamp,
};

/// What a process is beside a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// It has a panel, too.
    Serve,
    /// It only moves mailboxes.
    Worker,
}

impl NodeKind {
    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Serve => "Server",
            Self::Worker => "Worker",
        }
    }
}

/// How a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NodeState {
    /// It takes mailboxes.
    Working,
    /// It takes nothing new, and what it moves finishes the messages in flight.
    Draining,
    /// It takes nothing new and moves nothing.
    Drained,
    /// Nothing was heard of it for longer than a lease lasts: others take its mailboxes.
    Silent,
    /// It ended in good order.
    Ended,
}

impl NodeState {
    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Working => "Working",
            Self::Draining => "Draining",
            Self::Drained => "Drained",
            Self::Silent => "Not heard from",
            Self::Ended => "Ended",
        }
    }

    /// Whether it can be told to take nothing new, or to take mailboxes again.
    pub const fn is_there(self) -> bool {
        match self {
            Self::Working | Self::Draining | Self::Drained | Self::Silent => true,
            Self::Ended => false,
        }
    }
}

/// A node of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeRow {
    /// Its id: another one at each start.
    pub id: NodeId,
    /// The machine's name, and what tells this start of the process from others.
    pub name: String,
    /// What it is beside a node.
    pub kind: NodeKind,
    /// How it stands.
    pub state: NodeState,
    /// Its version.
    pub version: String,
    /// How many mailboxes it moves at once at most.
    pub workers: u16,
    /// When it started.
    pub started: Timestamp,
    /// When it was heard of last.
    pub seen: Timestamp,
    /// Whether it is the one that answers.
    pub here: bool,
    /// Connections that it may still have open to mail systems although its leases are over.
    pub kept_connections: u32,
    /// Its own disk, while that is too full to move mailboxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_disk: Option<FullDisk>,
    /// What it moves now.
    pub mailboxes: Vec<NodeMailbox>,
}

/// A mailbox that a node moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeMailbox {
    /// The job.
    pub job: JobId,
    /// Its project.
    pub project: ProjectId,
    /// The mailbox that is left.
    pub source_user: String,
    /// The pass.
    pub pass: Option<PassKind>,
    /// How the job stands.
    pub state: JobState,
    /// When the pass began.
    pub since: Option<Timestamp>,
}
