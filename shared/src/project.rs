//! Projects: one source system to one target system.

use serde::{Deserialize, Serialize};

use crate::{
    endpoint::Endpoint,
    id::ProjectId,
    limits::Limits,
    rules::{DeletedPolicy, Filter, FolderRules, OversizedPolicy},
    time::Timestamp,
};

/// How far a validation looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VerifyDepth {
    /// Reads every message on both sides in full and compares its bytes.
    #[default]
    Content,
    /// Compares the header block, size, date and flags of every message.
    Headers,
    /// Compares what both sides list of every message: size, date and flags. What the target did not tell the id of when
    /// it was stored, and what differs in size, is read in full.
    Listing,
}

/// How a project's passes behave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// How far a validation looks.
    pub verify: VerifyDepth,
    /// How many mailboxes move at once.
    pub parallel: u16,
    /// How much of the source its passes may use.
    pub source_limits: Limits,
    /// How much of the target its passes may use.
    pub target_limits: Limits,
    /// Which folders are moved, and where they go when not to their own name.
    pub folders: FolderRules,
    /// Which messages are moved.
    pub filter: Filter,
    /// What happens to messages that are marked as deleted.
    pub deleted: DeletedPolicy,
    /// What happens to messages that are larger than the target takes.
    pub oversized: OversizedPolicy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            verify: VerifyDepth::Content,
            parallel: 4,
            source_limits: Limits::default(),
            target_limits: Limits::default(),
            folders: FolderRules::default(),
            filter: Filter::default(),
            deleted: DeletedPolicy::Carry,
            oversized: OversizedPolicy::Skip,
        }
    }
}

/// One side of a new or changed project: its endpoint and, write-only, the admin's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SideForm {
    /// Where and how.
    pub endpoint: Endpoint,
    /// The admin's password, for login methods that have an admin. Absent: keep the stored one.
    #[serde(default)]
    pub secret: Option<String>,
}

/// A new project, or new settings for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProjectForm {
    /// Its name.
    pub name: String,
    /// The system that is left.
    pub source: SideForm,
    /// The system that is moved to.
    pub target: SideForm,
    /// How its passes behave.
    #[serde(default)]
    pub options: Options,
}

/// A project with its settings; secrets are never shown, only whether they are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectView {
    /// What a list shows of it.
    pub row: ProjectRow,
    /// The system that is left.
    pub source: Endpoint,
    /// Whether the source admin's secret is stored.
    pub source_has_secret: bool,
    /// The system that is moved to.
    pub target: Endpoint,
    /// Whether the target admin's secret is stored.
    pub target_has_secret: bool,
    /// How its passes behave.
    pub options: Options,
}

/// A project as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectRow {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The source's host.
    pub source_host: String,
    /// The target's host.
    pub target_host: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its mailboxes.
    pub jobs: u64,
    /// Mailboxes waiting or running.
    pub active: u64,
    /// Mailboxes complete, with or without exceptions.
    pub complete: u64,
    /// Mailboxes whose last pass failed.
    pub failed: u64,
    /// Messages known to be on the target.
    pub copied: u64,
    /// Their bytes.
    pub copied_bytes: u64,
}
