//! The side that is written. Never deleted from.

mod imap;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use shared::{cause::Cause, check::Side, endpoint::Endpoint, folder::FolderPath};
use tokio::sync::mpsc;

use crate::{
    account::Account,
    baseline::Baseline,
    error::ConnectorError,
    model::{Flags, Folder, Inventory, Item, ItemId, ItemMeta, Room, Watermark},
    source::{Held, Source},
    validate::Keeps,
};

/// A folder that is wanted on the target.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Where.
    pub path: &'a FolderPath,
    /// What is there already.
    pub existing: Option<&'a Folder>,
    /// Whether the user is to see it in the mail program.
    pub subscribe: bool,
}

/// A folder that is ready to be written.
#[derive(Debug, Clone)]
pub struct OpenFolder {
    /// The folder as the target spells it.
    pub folder: Folder,
    /// Where it stands: nothing of ours is at or above it yet.
    pub mark: Watermark,
    /// Items in it.
    pub items: u32,
    /// Which marks it keeps.
    pub keeps: Keeps,
    /// Why its subscription could not be carried.
    pub unsubscribed: Option<String>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreResult {
    /// It is on the target.
    Stored {
        /// Its id there, when the target told.
        target: Option<u32>,
        /// What had to be changed, because the target refused it as it was.
        repairs: Vec<Repair>,
    },
    /// It is provably not on the target.
    Refused {
        /// Why.
        cause: Cause,
        /// The target's words.
        detail: String,
        /// Whether the same message would be refused again: it was tried alone, with every repair.
        stands: bool,
    },
}

/// A change without which the target refused an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What kind of change.
    pub cause: Cause,
    /// In words, with the target's own.
    pub detail: String,
}

/// What became of one item of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOutcome {
    /// The item, by its id on the source.
    pub item: ItemId,
    /// What became of it.
    pub result: StoreResult,
}

/// Items of one folder that are to be stored; all of them are intended in the ledger.
#[derive(Debug)]
pub struct Window {
    /// Counts the windows of a pass.
    pub number: u64,
    /// Where to.
    pub folder: Arc<OpenFolder>,
    /// What.
    pub items: Vec<Item>,
    /// Their part of the byte budget, given back when all of them are answered.
    pub held: Vec<Held>,
}

/// What became of some items of a window. An item that is never told of may or may not be on the target.
#[derive(Debug)]
pub struct StoreNews {
    /// The window.
    pub window: u64,
    /// One for each answered item, in any order.
    pub outcomes: Vec<StoreOutcome>,
}

/// An item on the target whose marks the source changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Its id on the target.
    pub target: u32,
    /// Its marks on the source when they were last carried.
    pub before: Flags,
    /// Its marks on the source now.
    pub now: Flags,
}

/// What became of changed marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remarked {
    /// The target has them now.
    Carried,
    /// The target had them already.
    Same,
    /// These were changed on the target too, and stay as they are there.
    Kept(Vec<String>),
    /// The item is no longer on the target.
    Gone,
    /// The target would not change them, with its words.
    Refused(String),
}

/// What became of items that were to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// All of them are where they were to go; each one's new id where the server tells.
    Went(Vec<Option<u32>>),
    /// All of them are where they were, for this reason.
    Stayed(String),
}

/// Writes one mailbox. Never deletes from it.
#[async_trait]
pub trait Target: Send {
    /// The same mailbox for reading. What is read is asked for afresh.
    fn as_source(&mut self) -> &mut dyn Source;

    /// Opens folders for writing, in their order; makes those that are not there. A folder the target will not have gives
    /// an error that reaches the folder.
    async fn open(
        &mut self,
        wishes: &[Wish<'_>],
    ) -> Result<Vec<Result<OpenFolder, ConnectorError>>, ConnectorError>;

    /// Stores windows of items as they come, each in its order, several on their way at once; tells of each as it is
    /// answered. Ends when no more windows come and all are answered.
    async fn store(
        &mut self,
        windows: mpsc::Receiver<Window>,
        news: &mpsc::UnboundedSender<StoreNews>,
    ) -> Result<(), ConnectorError>;

    /// Whether more may be stored over several connections at once: known of servers that take several messages in one
    /// command; others take turns, or lock the folder for each message.
    fn takes_several(&self) -> bool;

    /// Stores one item that comes in pieces, of exactly so many bytes. Fewer or more, and nothing is stored.
    async fn store_pieces(
        &mut self,
        folder: &OpenFolder,
        item: &ItemMeta,
        bytes: u64,
        pieces: mpsc::Receiver<Bytes>,
    ) -> Result<StoreResult, ConnectorError>;

    /// Carries changed marks to items of an open folder: flag by flag, and only where the target's user did not change
    /// the same one. One answer for each, in their order.
    async fn carry_marks(
        &mut self,
        folder: &OpenFolder,
        remarks: &[Remark],
    ) -> Result<Vec<Remarked>, ConnectorError>;

    /// Moves items between open folders.
    async fn move_items(
        &mut self,
        from: &OpenFolder,
        to: &OpenFolder,
        uids: &[u32],
    ) -> Result<Moved, ConnectorError>;

    /// Lets the server put in order what was stored, where it does that only when the folder is opened for writing again:
    /// before, it may show other ids at each look.
    async fn put_in_order(&mut self, folders: &[&OpenFolder]) -> Result<(), ConnectorError>;

    /// What stands in an open folder: for recovery and adoption. With a baseline only what changed since is asked for,
    /// where the server proves that nothing else did.
    async fn inventory(
        &mut self,
        folder: &OpenFolder,
        baseline: Option<&Baseline>,
    ) -> Result<Inventory, ConnectorError>;

    /// What of some items stands in an open folder, perhaps beside others.
    async fn those(&mut self, folder: &OpenFolder, uids: &[u32]) -> Result<Inventory, ConnectorError>;

    /// How long a lost answer may still take effect: one look after each pause.
    fn settle(&self) -> &'static [Duration];

    /// How much the mailbox may hold, asked for now.
    async fn room(&mut self) -> Result<Room, ConnectorError>;
}

/// A target over a session that is given.
#[cfg(feature = "fuzzing")]
pub(crate) fn over(side: crate::source::imap::ImapSource) -> impl Target {
    imap::ImapTarget { side }
}

/// Opens a mailbox for writing.
pub async fn connect(account: &Account) -> Result<Box<dyn Target>, ConnectorError> {
    match &account.endpoint {
        Endpoint::Imap(endpoint) => Ok(Box::new(imap::connect(endpoint, account, Side::Target).await?)),
    }
}
