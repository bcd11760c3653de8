//! The inventory of a project before it is moved: what each mailbox holds, what of it cannot move as it is, and whether it
//! fits.

use serde::{Deserialize, Serialize};

use crate::{
    folder::FolderPath,
    id::{BatchId, JobId},
    list::{Direction, PAGE, Pairs},
    time::Timestamp,
};

/// What the latest look at both sides of a mailbox found: of a dry run, or of a pass before it copied or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailboxInventory {
    /// When it was looked.
    pub looked: Timestamp,
    /// Folders on the source that are moved.
    pub folders: u64,
    /// Folders among them that the source would not open: what they hold is not counted.
    pub unreadable: u64,
    /// Messages on the source in those folders.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that were to be copied then.
    pub copy: u64,
    /// Their bytes.
    pub copy_bytes: u64,
    /// Messages left out because the target takes none so large.
    pub oversized: u64,
    /// Their bytes.
    pub oversized_bytes: u64,
    /// Folders that get another name on the target, whyever.
    pub renamed: u64,
    /// Folders among them whose own name cannot be had there: another folder has it, or the target takes no such name.
    pub clashes: u64,
    /// Bytes the target mailbox had room for; none: it tells no limit.
    pub free_bytes: Option<u64>,
    /// Of so many bytes in all.
    pub limit_bytes: Option<u64>,
    /// Messages it had room for; none: it tells no limit.
    pub free_items: Option<u64>,
}

/// Whether what is to be copied fits into the target mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Nobody can say: it was not looked at, something else that goes there was not, or the target tells no limit.
    Unknown,
    /// It does.
    Fits,
    /// It does not.
    Short,
}

impl Fit {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Fits => "fits",
            Self::Short => "short",
        }
    }
}

/// A mailbox of a project with its inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InventoryRow {
    /// The job's id.
    pub id: JobId,
    /// Login name on the source.
    pub source_user: String,
    /// Login name on the target.
    pub target_user: String,
    /// The folder on the target that everything goes below; none: to the top.
    pub below: Option<FolderPath>,
    /// The name of the batch it belongs to.
    pub batch: Option<String>,
    /// What was found; none: it was not looked at yet.
    pub found: Option<MailboxInventory>,
    /// Mailboxes of the project that go to the same target mailbox, this one among them.
    pub together: u64,
    /// Messages that all of them were to bring there.
    pub need: u64,
    /// Their bytes.
    pub need_bytes: u64,
    /// Whether they fit.
    pub fit: Fit,
}

/// A page of the mailboxes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InventoryPage {
    /// The mailboxes on this page.
    pub rows: Vec<InventoryRow>,
    /// How many there are on all pages.
    pub total: u64,
}

/// The inventory of a project, or of one batch of it: sums over its mailboxes, each as it was when it was looked at.
/// Mailboxes that are left out on purpose do not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectInventory {
    /// When the sums were made.
    pub made: Timestamp,
    /// Mailboxes.
    pub mailboxes: u64,
    /// Mailboxes that were looked at.
    pub seen: u64,
    /// Mailboxes that were not looked at yet.
    pub unseen: u64,
    /// Mailboxes whose dry run waits or runs.
    pub looking: u64,
    /// Mailboxes that are left out on purpose.
    pub left_out: u64,
    /// The moment of the oldest look.
    pub oldest: Option<Timestamp>,
    /// The moment of the newest.
    pub newest: Option<Timestamp>,
    /// Folders that are moved.
    pub folders: u64,
    /// Folders that the source would not open.
    pub unreadable: u64,
    /// Mailboxes with such folders.
    pub unreadable_mailboxes: u64,
    /// Messages on the source.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that were to be copied.
    pub copy: u64,
    /// Their bytes: the room that is needed.
    pub copy_bytes: u64,
    /// Messages larger than the target takes.
    pub oversized: u64,
    /// Their bytes.
    pub oversized_bytes: u64,
    /// Mailboxes with such messages.
    pub oversized_mailboxes: u64,
    /// Folders that get another name.
    pub renamed: u64,
    /// Folders among them whose own name cannot be had on the target.
    pub clashes: u64,
    /// Mailboxes with folders whose own name cannot be had.
    pub clashing_mailboxes: u64,
    /// Mailboxes that do not fit into theirs on the target.
    pub short: u64,
    /// Bytes that are lacking there.
    pub short_bytes: u64,
    /// Mailboxes that were looked at and whose target tells no limit.
    pub limitless: u64,
    /// How long moving takes.
    pub time: TimeExpected,
}

/// How long it takes to move what is left, at the pace that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimeExpected {
    /// Messages that are left; what was not looked at yet is taken to be like what was.
    pub items_left: u64,
    /// Their bytes.
    pub bytes_left: u64,
    /// Seconds of work, at least and at most; none while nobody can say, or nothing is left.
    pub seconds: Option<(u64, u64)>,
    /// When it would be done if it went on from now, within the allowed hours.
    pub done: Option<(Timestamp, Timestamp)>,
    /// Why there is none, in a sentence.
    pub why_not: Option<String>,
}

/// Which mailboxes are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InventoryOnly {
    /// Every one.
    #[default]
    All,
    /// Those that were looked at.
    Seen,
    /// Those that were not.
    Unseen,
    /// Those that do not fit.
    Short,
    /// Those with messages larger than the target takes.
    Oversized,
    /// Those with folders whose own name cannot be had.
    Clashing,
    /// Those with folders that the source would not open.
    Unreadable,
}

impl InventoryOnly {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Seen => "seen",
            Self::Unseen => "unseen",
            Self::Short => "short",
            Self::Oversized => "oversized",
            Self::Clashing => "clashing",
            Self::Unreadable => "unreadable",
        }
    }
}

/// By what the mailboxes are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InventorySort {
    /// When they were made.
    #[default]
    Added,
    /// Login name on the source.
    Source,
    /// Login name on the target.
    Target,
    /// Folders.
    Folders,
    /// Messages on the source.
    Messages,
    /// Bytes on the source.
    Bytes,
    /// Bytes that were to be copied.
    Copy,
    /// Messages larger than the target takes.
    Oversized,
    /// Folders that get another name.
    Renamed,
    /// Bytes the target mailbox had room for.
    Room,
    /// When it was looked.
    Looked,
}

impl InventorySort {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Source => "source",
            Self::Target => "target",
            Self::Folders => "folders",
            Self::Messages => "messages",
            Self::Bytes => "bytes",
            Self::Copy => "copy",
            Self::Oversized => "oversized",
            Self::Renamed => "renamed",
            Self::Room => "room",
            Self::Looked => "looked",
        }
    }
}

/// A page of a project's mailboxes with their inventories: which, in which order, how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default, deny_unknown_fields)]
pub struct InventoryQuery {
    /// Part of either login name, in upper or lower case.
    pub search: Option<String>,
    /// Of this batch.
    #[cfg_attr(feature = "openapi", param(value_type = Option<i64>))]
    pub batch: Option<BatchId>,
    /// `all`, `seen`, `unseen`, `short`, `oversized`, `clashing` or `unreadable`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub only: InventoryOnly,
    /// By what they are sorted; equal ones stay in the order they were made.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub sort: InventorySort,
    /// Rising (`asc`) or falling (`desc`).
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub order: Direction,
    /// How many are left out at the beginning.
    pub offset: u64,
    /// How many at most: 50 when absent, never more than 200.
    pub limit: u32,
}

impl Default for InventoryQuery {
    fn default() -> Self {
        Self {
            search: None,
            batch: None,
            only: InventoryOnly::default(),
            sort: InventorySort::default(),
            order: Direction::default(),
            offset: 0,
            limit: PAGE,
        }
    }
}

impl InventoryQuery {
    /// As it stands behind the `?` of an address.
    pub fn to_query(&self) -> String {
        let mut pairs = Pairs::default();
        if let Some(search) = &self.search {
            pairs.add("search", search);
        }
        if let Some(batch) = self.batch {
            pairs.add("batch", &batch.to_string());
        }
        pairs.add("only", self.only.word());
        pairs.add("sort", self.sort.word());
        pairs.add("order", self.order.word());
        pairs.add("offset", &self.offset.to_string());
        pairs.add("limit", &self.limit.to_string());
        pairs.into()
    }
}

/// The file with every mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum InventoryFormat {
    /// One row per mailbox, for a spreadsheet.
    Csv,
    /// The sums and every mailbox, for machines.
    Json,
}

impl InventoryFormat {
    /// The file name's ending, and the word in the URL.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, InventoryOnly, InventoryQuery, InventorySort};
    use crate::id::BatchId;

    #[test]
    fn a_query_stands_in_an_address() {
        let query = InventoryQuery {
            search: Some("a b".into()),
            batch: Some(BatchId(7)),
            only: InventoryOnly::Short,
            sort: InventorySort::Copy,
            order: Direction::Desc,
            ..InventoryQuery::default()
        };
        let expected = "search=a%20b&batch=7&only=short&sort=copy&order=desc&offset=0&limit=50";
        assert_eq!(query.to_query(), expected);
    }

    #[test]
    fn every_word_is_the_one_on_the_wire() {
        for only in [
            InventoryOnly::All,
            InventoryOnly::Seen,
            InventoryOnly::Unseen,
            InventoryOnly::Short,
            InventoryOnly::Oversized,
            InventoryOnly::Clashing,
            InventoryOnly::Unreadable,
        ] {
            assert_eq!(serde_json::to_value(only).expect("serialises"), only.word());
        }
        for sort in [InventorySort::Added, InventorySort::Copy, InventorySort::Room, InventorySort::Looked] {
            assert_eq!(serde_json::to_value(sort).expect("serialises"), sort.word());
        }
    }
}
