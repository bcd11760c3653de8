//! The durable memory of a job. Whoever drives the engine brings an implementation.

pub(crate) mod remembered;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use shared::{
    cause::Cause,
    check::Side,
    finding::Finding,
    folder::{FolderPath, Role},
    project::VerifyDepth,
    report::Totals,
};

use crate::{
    baseline::Baseline,
    model::{Fingerprint, Flags, ItemId, Standing, Watermark},
    validate::Keeps,
};

/// A folder's number in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderId(pub i64);

/// What the ledger knows of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRecord {
    /// Where it is on the source. The key within the job.
    pub source: FolderPath,
    /// Where it is on the target.
    pub target: FolderPath,
    /// What it is for.
    pub role: Option<Role>,
    /// The source's UIDVALIDITY, in which the entries' ids are meant.
    pub source_validity: Option<u64>,
    /// Where the target's folder stood before the first item was sent: the bracket of recovery.
    pub bracket: Option<Watermark>,
    /// Items on the source at the last look.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What the last comparison found, when nothing was begun in the folder since.
    pub compared: Option<Compared>,
}

/// What a comparison of both sides found in a folder, and where both stood then. While both stand there, it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Tells the options it was made under from others.
    pub options: String,
    /// How far it looked.
    pub depth: VerifyDepth,
    /// Where the source's folder stood.
    pub source: Standing,
    /// Where the target's folder stood.
    pub target: Standing,
    /// What the target's folder keeps.
    pub keeps: Keeps,
    /// The largest message the target took, where it told.
    #[serde(default)]
    pub limit: Option<u64>,
    /// Its numbers.
    pub totals: Totals,
    /// Its findings.
    pub findings: Vec<Finding>,
}

/// What became of an item. An item without an entry was never tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryState {
    /// About to be sent, or sent without an answer: it may or may not be on the target.
    Intended,
    /// On the target.
    Copied {
        /// Its id there, when the server told or it was looked up.
        target: Option<u32>,
        /// Whether it was found there rather than sent.
        adopted: bool,
    },
    /// Left out.
    Skipped {
        /// Why.
        cause: Cause,
        /// The particulars: the server's words.
        detail: String,
    },
}

/// One item in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The item on the source.
    pub item: ItemId,
    /// Bytes on the source.
    pub size: u64,
    /// Recognises its content; none when it was never read.
    pub fingerprint: Option<Fingerprint>,
    /// What became of it.
    pub state: EntryState,
    /// How the source marked it when it was copied, or when its marks were last carried.
    pub marks: Option<Flags>,
    /// How often the process ended while the item was on its way: intents of passes that never came to an end. Whoever
    /// writes an intent hands on what was read; [`Ledger::entries`] counts the pass of the last one in.
    pub deaths: u8,
}

/// How the id of a stand-in begins. No server gives such ids.
const STAND_IN: &str = "removed ";

/// The id of the stand-in for content that users removed on the target: its own means nothing any more, because the source
/// rebuilt the folder. With a part of the content's, so that two rebuilds do not give the same to two messages.
pub(crate) fn stand_in_of(item: &ItemId, fingerprint: Fingerprint) -> ItemId {
    let [a, b, c, d, ..] = fingerprint.exact;
    ItemId::Opaque(format!("{STAND_IN}{item} {:08x}", u32::from_be_bytes([a, b, c, d])).into())
}

/// Whether an id is a stand-in's.
pub(crate) fn is_stand_in(item: &ItemId) -> bool {
    match item {
        ItemId::Opaque(id) => id.starts_with(STAND_IN),
        ItemId::Uid(_) => false,
    }
}

impl Entry {
    /// Whether an entry shows that the job gets on. An intent alone does not, nor what is left out unread in each pass, nor
    /// a stand-in: what ends its process would be tried for ever.
    pub fn is_progress(&self) -> bool {
        match self.state {
            EntryState::Copied { .. } => true,
            EntryState::Skipped { .. } => self.fingerprint.is_some() && !is_stand_in(&self.item),
            EntryState::Intended => false,
        }
    }
}

/// The ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process holds the job now; nothing was written.
    #[error("another process took the job over")]
    LeaseLost,
    /// The database failed.
    #[error("the ledger's database failed: {0}")]
    Database(String),
    /// There is no room left for it; nothing was written.
    #[error("the disk of the ledger is full: {0}")]
    DiskFull(String),
}

/// The durable memory of one job, held under one lease.
///
/// Every method that writes is one transaction, durable when it returns, and refused with
/// [`LedgerError::LeaseLost`] when the lease's epoch is stale. Methods may be called from several tasks.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Every folder of the job.
    async fn folders(&self) -> Result<Vec<(FolderId, FolderRecord)>, LedgerError>;

    /// Creates or replaces records of folders; the key is the source path. Gives their numbers in the same order.
    async fn put_folders(&self, folders: &[FolderRecord]) -> Result<Vec<FolderId>, LedgerError>;

    /// Every entry of a folder, in no particular order. To the deaths of an intent with a fingerprint is added the pass
    /// that wrote it, when its process ended before the pass did.
    async fn entries(&self, folder: FolderId) -> Result<Vec<Entry>, LedgerError>;

    /// Creates or replaces entries: intents before a window is sent, outcomes after it.
    async fn put_entries(&self, entries: &[(FolderId, Entry)]) -> Result<(), LedgerError>;

    /// Forgets every entry of a folder, because a server rebuilt it and ids mean other items now.
    async fn forget_entries(&self, folder: FolderId) -> Result<(), LedgerError>;

    /// Creates or replaces entries, and forgets those of a folder in whose place they come: both or neither, or what is known
    /// twice would be taken for two.
    async fn put_and_forget(
        &self,
        entries: &[(FolderId, Entry)],
        folder: FolderId,
        items: &[ItemId],
    ) -> Result<(), LedgerError>;

    /// Recognises every item that moved on the source and stayed where it was on the target, in any folder of the job.
    async fn stayed(&self) -> Result<Vec<Fingerprint>, LedgerError>;

    /// Forgets some entries of a folder, because what they told of is known elsewhere.
    async fn forget_items(&self, folder: FolderId, items: &[ItemId]) -> Result<(), LedgerError>;

    /// What one side listed of folders when they were compared, in their order; none where nothing was kept, or where it
    /// is not what was kept.
    async fn baselines(&self, side: Side, folders: &[FolderId])
    -> Result<Vec<Option<Baseline>>, LedgerError>;

    /// Keeps what sides listed of folders, in place of what was kept before.
    async fn put_baselines(&self, baselines: &[(FolderId, Side, Baseline)]) -> Result<(), LedgerError>;

    /// Keeps findings of the running pass.
    async fn note(&self, findings: &[Finding]) -> Result<(), LedgerError>;
}
