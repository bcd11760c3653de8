//! Projects: one source system to one target system.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::{
    disk::FullDisk,
    endpoint::Endpoint,
    id::ProjectId,
    limits::Limits,
    list::{Direction, PAGE, Pairs},
    rules::{DeletedPolicy, Filter, FolderRules, LabelPolicy, OversizedPolicy, ReceiptPolicy},
    time::Timestamp,
    under_way::UnderWay,
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

/// What is as it always was is not written: a node of the version before, which does not know the field, reads the project
/// then. Every field that is added to what the database keeps as JSON goes by it.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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
    /// What happens to a message that has several labels on Gmail.
    #[serde(skip_serializing_if = "is_default")]
    pub gmail_labels: LabelPolicy,
    /// What happens to messages that ask for a read receipt and were read already.
    #[serde(skip_serializing_if = "is_default")]
    pub read_receipts: ReceiptPolicy,
    /// The newest so many days of each mailbox come first, so that people can work; the rest follows by itself. In the
    /// order of a pass: it moves these days alone.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>, minimum = 1))]
    pub day_one: Option<NonZeroU16>,
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
            gmail_labels: LabelPolicy::Copies,
            read_receipts: ReceiptPolicy::Settle,
            day_one: None,
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

/// How much was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forgotten {
    /// Passwords and tokens that were stored.
    pub secrets: u64,
}

/// Confirms that a project is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteForm {
    /// The project's name, exactly.
    pub name: String,
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
    /// Another whenever the settings are others: who changes them says which ones were read.
    #[serde(default)]
    pub version: String,
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
    /// How far those mailboxes are that are under way now.
    #[serde(default)]
    pub under_way: UnderWay,
}

impl ProjectRow {
    /// Mailboxes complete, or complete before a pass that is not through with them yet.
    pub const fn complete_or_again(&self) -> u64 {
        self.complete + self.under_way.again
    }
}

/// A page of the projects: which, in which order, how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default, deny_unknown_fields)]
pub struct ProjectQuery {
    /// Part of the name or of either host, in upper or lower case.
    pub search: Option<String>,
    /// By what they are sorted; equal ones by their names.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub sort: ProjectSort,
    /// Rising (`asc`) or falling (`desc`).
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub order: Direction,
    /// How many are left out at the beginning.
    pub offset: u64,
    /// How many at most: 50 when absent, never more than 200.
    pub limit: u32,
}

/// By what projects are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProjectSort {
    /// Their names.
    #[default]
    Name,
    /// When they were made.
    Created,
    /// Their mailboxes.
    Mailboxes,
    /// Mailboxes waiting or running.
    Active,
    /// Mailboxes whose last pass failed.
    Failed,
    /// The part of their mailboxes that is complete.
    Progress,
}

/// A page of the projects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectPage {
    /// The projects on this page.
    pub rows: Vec<ProjectRow>,
    /// How many there are on all pages.
    pub total: u64,
    /// This server's disk, while it has too little room for passes.
    #[serde(default)]
    pub disk: Option<FullDisk>,
}

impl Default for ProjectQuery {
    fn default() -> Self {
        Self {
            search: None,
            sort: ProjectSort::default(),
            order: Direction::default(),
            offset: 0,
            limit: PAGE,
        }
    }
}

impl ProjectQuery {
    /// As it stands behind the `?` of an address.
    pub fn to_query(&self) -> String {
        let mut pairs = Pairs::default();
        if let Some(search) = &self.search {
            pairs.add("search", search);
        }
        pairs.add("sort", self.sort.word());
        pairs.add("order", self.order.word());
        pairs.add("offset", &self.offset.to_string());
        pairs.add("limit", &self.limit.to_string());
        pairs.into()
    }
}

impl ProjectSort {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Created => "created",
            Self::Mailboxes => "mailboxes",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Progress => "progress",
        }
    }
}
