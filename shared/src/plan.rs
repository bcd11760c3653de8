//! What a pass will do, with nothing left to decide.

use serde::{Deserialize, Serialize};

use crate::{
    finding::Finding,
    folder::{FolderPath, Role},
};

/// What a pass will do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanView {
    /// Folder by folder, in order.
    pub folders: Vec<PlannedFolder>,
    /// What a person should know beforehand.
    pub findings: Vec<Finding>,
}

/// What a pass will do in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedFolder {
    /// Where it is on the source.
    pub source: FolderPath,
    /// Where it goes on the target.
    pub target: FolderPath,
    /// What it is for.
    pub role: Option<Role>,
    /// Whether it must be created on the target.
    pub create: bool,
    /// Messages on the source.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that will be copied.
    pub copy: u64,
    /// Their bytes.
    pub copy_bytes: u64,
    /// Messages already copied by an earlier pass.
    pub done: u64,
    /// Messages that will be left out, each with a finding.
    pub skip: u64,
}
