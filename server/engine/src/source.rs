//! The side that is read. Never written to.

pub(crate) mod imap;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    cause::Cause,
    check::Side,
    endpoint::{Endpoint, Preset},
    finding::Finding,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{
    account::Account,
    baseline::Baseline,
    error::ConnectorError,
    guest,
    mapping::TargetProfile,
    model::{Folder, Identity, Inventory, Item, ItemId, ItemMeta, Room, Standing},
};

/// Bytes of messages that are held at most while they are read, in KiB: what a pass costs in memory. Both sides are read at
/// once, and a message that does not fit is streamed.
pub const READING_KIB: usize = 8 * 1024;
/// The same while they are moved. Room for the largest message that is held as a whole beside others: one that has to
/// travel alone keeps both sides waiting.
pub const MOVING_KIB: usize = 28 * 1024;
/// Items that wait between the two sides at most.
const WAITING: usize = 2000;

/// A mailbox's folders on one side.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The user's own folders.
    pub folders: Vec<Folder>,
    /// What was left out, and why.
    pub findings: Vec<Finding>,
    /// Whether one message may stand in several folders at once (Gmail's labels): [`Source::identities`] tells which.
    pub labels: bool,
    /// Which product it is, or is treated as.
    pub preset: Preset,
    /// What folder names this server takes.
    pub names: TargetProfile,
    /// Largest message this server takes, in bytes, when it tells (APPENDLIMIT, RFC 7889).
    pub message_limit: Option<u64>,
    /// How much the mailbox may hold; told of a target, when its folders are listed first.
    pub room: Room,
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
    /// The folders of the mailbox, as they are now.
    async fn folders(&mut self) -> Result<Listing, ConnectorError>;

    /// What stands in folders now, in their order. A folder that cannot be opened gives an error that reaches the folder.
    /// `on` is told the position of each that was listed. Of a folder with a baseline only what changed since is asked
    /// for, where the server proves that nothing else did; without one all is listed afresh.
    async fn inventories(
        &mut self,
        folders: &[(&Folder, Option<&Baseline>)],
        on: &(dyn Fn(usize) + Send + Sync),
    ) -> Result<Vec<Result<Inventory, ConnectorError>>, ConnectorError>;

    /// Where folders stand, by opening them; none for one that cannot be opened, or where the server does not number
    /// changes: then it is not even asked.
    async fn opened(&mut self, folders: &[&Folder]) -> Result<Vec<Option<Standing>>, ConnectorError>;

    /// Where folders stand, without opening them; none where the server does not tell.
    async fn standings(&mut self, folders: &[&Folder]) -> Result<Vec<Option<Standing>>, ConnectorError>;

    /// How many messages folders hold and which id comes next, without opening them: where they stand, as far as any
    /// server tells. None for a folder it does not tell of.
    async fn amounts(&mut self, folders: &[&Folder]) -> Result<Vec<Option<Standing>>, ConnectorError>;

    /// Which messages the items of folders are, where one message may stand in several ([`Listing::labels`]). A folder that
    /// cannot be opened gives an error that reaches the folder.
    async fn identities(
        &mut self,
        folders: &[&Folder],
    ) -> Result<Vec<Result<Vec<Identity>, ConnectorError>>, ConnectorError>;

    /// Streams items of several folders, several requests in flight: folder by folder, in each the newest first in groups
    /// that are in order. An item that cannot be delivered arrives as [`Arrival::Failed`]; an error ends the stream.
    async fn fetch(
        &mut self,
        orders: &[FetchOrder<'_>],
        part: Part,
        into: &ItemSink,
    ) -> Result<(), ConnectorError>;

    /// Streams one item in pieces: what is too large to be held. Ends without an error when nobody takes the pieces.
    async fn stream(
        &mut self,
        folder: &Folder,
        item: &ItemMeta,
        into: &mpsc::Sender<Bytes>,
    ) -> Result<(), ConnectorError>;
}

/// Items of one folder that are wanted. Arrivals name it by its position.
#[derive(Debug, Clone, Copy)]
pub struct FetchOrder<'a> {
    /// The folder.
    pub folder: &'a Folder,
    /// Its UIDVALIDITY when the items were listed: under another one their ids mean other items.
    pub validity: u32,
    /// The items, by growing id.
    pub items: &'a [ItemMeta],
}

/// Opens a mailbox for reading. Either side can be read: the validator reads both. `as_side` names it in sentences.
pub async fn connect(account: &Account, as_side: Side) -> Result<Box<dyn Source>, ConnectorError> {
    match &account.endpoint {
        Endpoint::Imap(endpoint) => Ok(Box::new(imap::connect(endpoint, account, as_side).await?)),
    }
}

/// One item on its way, or the news that it will not come. `order` is the position of its folder's order.
#[derive(Debug)]
pub enum Arrival {
    /// Here it is.
    Item {
        /// Which order it belongs to.
        order: usize,
        /// The item.
        item: Item,
        /// Its part of the byte budget.
        held: Held,
    },
    /// It is too large to be held in memory: [`Source::stream`] delivers it in pieces.
    Large {
        /// Which order it belongs to.
        order: usize,
        /// The item.
        item: ItemMeta,
    },
    /// It will not come.
    Failed {
        /// Which order it belongs to.
        order: usize,
        /// The item.
        item: ItemMeta,
        /// Why.
        cause: Cause,
        /// The particulars.
        detail: String,
    },
}

/// A part of the byte budget; given back when it is dropped.
#[derive(Debug, Default)]
pub struct Held(Option<OwnedSemaphorePermit>, guest::Held);

impl Held {
    /// Together with its part of what all passes may take.
    pub(crate) fn and(self, of_all: guest::Held) -> Self {
        Self(self.0, of_all)
    }

    /// Gives a part of it away: so many bytes, or what is left.
    pub fn part(&mut self, bytes: u64) -> Self {
        let wanted = usize::try_from(kib(bytes)).unwrap_or(usize::MAX);
        let split = |permit: &mut OwnedSemaphorePermit| permit.split(wanted.min(permit.num_permits()));
        Self(self.0.as_mut().and_then(split), self.1.part(bytes))
    }
}

/// What was on its way when a stream ended with an error, by its order's position: some of it may be why.
#[derive(Debug, Clone, Default)]
pub struct LeftBehind(Arc<Mutex<Vec<(usize, ItemId)>>>);

impl LeftBehind {
    /// Says it.
    pub fn put(&self, items: Vec<(usize, ItemId)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = items;
    }

    /// What was said.
    pub fn take(&self) -> Vec<(usize, ItemId)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where fetched items go: a bounded channel, and a budget of bytes that are taken before they are asked for.
#[derive(Debug, Clone)]
pub struct ItemSink {
    sender: mpsc::Sender<Arrival>,
    budget: Arc<Semaphore>,
    /// The whole budget.
    whole_kib: usize,
    left_behind: LeftBehind,
}

/// Nobody takes items any more.
#[derive(Debug)]
pub struct SinkClosed;

impl ItemSink {
    /// A sink with a budget in KiB, and the end where its items come out.
    pub fn new(budget_kib: usize) -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let budget = Arc::new(Semaphore::new(budget_kib));
        (Self { sender, budget, whole_kib: budget_kib, left_behind: LeftBehind::default() }, receiver)
    }

    /// Bytes of the whole budget: what is larger cannot be held beside others.
    pub fn budget(&self) -> u64 {
        self.whole_kib as u64 * 1024
    }

    /// Takes so many bytes of the budget, now or not at all.
    pub fn try_reserve(&self, bytes: u64) -> Option<Held> {
        Arc::clone(&self.budget)
            .try_acquire_many_owned(self.kib(bytes))
            .ok()
            .map(|permit| Held(Some(permit), guest::Held::default()))
    }

    /// Takes so many bytes of the budget; waits while it is used up. Whoever waits here must have nothing under way:
    /// what was asked for has its part already, and must be read for others to get theirs.
    pub async fn reserve(&self, bytes: u64) -> Result<Held, SinkClosed> {
        tokio::select! {
            permit = Arc::clone(&self.budget).acquire_many_owned(self.kib(bytes)) => Ok(Held(permit.ok(), guest::Held::default())),
            () = self.sender.closed() => Err(SinkClosed),
        }
    }

    /// In units of the budget. What is larger than the whole budget takes all of it and travels alone.
    fn kib(&self, bytes: u64) -> u32 {
        kib(bytes).min(u32::try_from(self.whole_kib).unwrap_or(u32::MAX))
    }

    /// Where it is said what did not come.
    pub fn left_behind(&self) -> LeftBehind {
        self.left_behind.clone()
    }

    /// Hands over an arrival.
    pub async fn send(&self, arrival: Arrival) -> Result<(), SinkClosed> {
        self.sender.send(arrival).await.map_err(|_| SinkClosed)
    }
}

/// In units of a budget.
fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX)
}
