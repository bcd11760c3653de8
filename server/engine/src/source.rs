//! The side that is read. Never written to.

mod imap;

use std::sync::Arc;

use async_trait::async_trait;
use shared::{cause::Cause, check::Side, endpoint::Endpoint, finding::Finding};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{
    account::Account,
    error::ConnectorError,
    mapping::TargetProfile,
    model::{Folder, Inventory, Item, ItemMeta},
};

/// Bytes of messages that are between the two sides at most, in KiB: what a pass costs in memory.
const BUDGET_KIB: usize = 32 * 1024;
/// Items that wait between the two sides at most.
const WAITING: usize = 2000;

/// A mailbox's folders on one side.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The user's own folders.
    pub folders: Vec<Folder>,
    /// What was left out, and why.
    pub findings: Vec<Finding>,
    /// What folder names this server takes.
    pub names: TargetProfile,
    /// Largest message this server takes, in bytes, when it tells (APPENDLIMIT, RFC 7889).
    pub message_limit: Option<u64>,
}

/// How much of each item is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The header block.
    Header,
}

/// Reads one mailbox. Never writes to it: EXAMINE and BODY.PEEK only.
#[async_trait]
pub trait Source: Send {
    /// The folders of the mailbox.
    async fn folders(&mut self) -> Result<Listing, ConnectorError>;

    /// What stands in a folder now.
    async fn inventory(&mut self, folder: &Folder) -> Result<Inventory, ConnectorError>;

    /// Streams items of a folder in the given order, several requests in flight. An item that cannot be delivered
    /// arrives as [`Arrival::Failed`]; an error ends the stream.
    async fn fetch(
        &mut self,
        folder: &Folder,
        items: &[ItemMeta],
        part: Part,
        into: &ItemSink,
    ) -> Result<(), ConnectorError>;
}

/// Opens a mailbox for reading. Either side can be read: the validator reads both. `as_side` names it in sentences.
pub async fn connect(account: &Account, as_side: Side) -> Result<Box<dyn Source>, ConnectorError> {
    match &account.endpoint {
        Endpoint::Imap(endpoint) => Ok(Box::new(imap::connect(endpoint, account, as_side).await?)),
    }
}

/// One item on its way, or the news that it will not come.
#[derive(Debug)]
pub enum Arrival {
    /// Here it is.
    Item(Item, Held),
    /// It will not come.
    Failed {
        /// Which.
        item: ItemMeta,
        /// Why.
        cause: Cause,
        /// The particulars.
        detail: String,
    },
}

/// A part of the byte budget; given back when it is dropped.
#[derive(Debug)]
pub struct Held {
    _permit: Option<OwnedSemaphorePermit>,
}

/// Where fetched items go: a bounded channel that also bounds the bytes in it.
#[derive(Debug, Clone)]
pub struct ItemSink {
    sender: mpsc::Sender<Arrival>,
    budget: Arc<Semaphore>,
}

/// Nobody takes items any more.
#[derive(Debug)]
pub struct SinkClosed;

impl ItemSink {
    /// A sink and the end where its items come out.
    pub fn new() -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender, budget: Arc::new(Semaphore::new(BUDGET_KIB)) }, receiver)
    }

    /// Hands an item over; waits while the budget is used up.
    pub async fn send(&self, item: Item) -> Result<(), SinkClosed> {
        // One message larger than the whole budget takes all of it and travels alone.
        let kib = (item.body.len() / 1024 + 1).min(BUDGET_KIB);
        let kib = u32::try_from(kib).unwrap_or(u32::MAX);
        let permit = tokio::select! {
            permit = Arc::clone(&self.budget).acquire_many_owned(kib) => permit.ok(),
            () = self.sender.closed() => return Err(SinkClosed),
        };
        self.sender.send(Arrival::Item(item, Held { _permit: permit })).await.map_err(|_| SinkClosed)
    }

    /// Tells that an item will not come.
    pub async fn fail(&self, item: ItemMeta, cause: Cause, detail: String) -> Result<(), SinkClosed> {
        self.sender.send(Arrival::Failed { item, cause, detail }).await.map_err(|_| SinkClosed)
    }
}
