//! The side that is written. Never deleted from.

mod imap;

use std::time::Duration;

use async_trait::async_trait;
use shared::{cause::Cause, check::Side, endpoint::Endpoint, folder::FolderPath};

use crate::{
    account::Account,
    error::ConnectorError,
    model::{Folder, Inventory, Item, ItemId, Watermark},
    source::Listing,
    validate::Keeps,
};

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

/// Outcomes of a window: what was answered, and the error that kept the rest from being answered.
#[derive(Debug, Default)]
pub struct Stored {
    /// One for each answered item, in any order. An item without one may or may not be on the target.
    pub outcomes: Vec<StoreOutcome>,
    /// Why some were not answered.
    pub error: Option<ConnectorError>,
}

/// Writes one mailbox. Never deletes from it.
#[async_trait]
pub trait Target: Send {
    /// The folders of the mailbox.
    async fn folders(&mut self) -> Result<Listing, ConnectorError>;

    /// Opens a folder for writing; makes it when it is not there.
    async fn ensure_folder(
        &mut self,
        path: &FolderPath,
        existing: Option<&Folder>,
        subscribe: bool,
    ) -> Result<OpenFolder, ConnectorError>;

    /// Stores a window of items in an open folder, in their order.
    async fn store(&mut self, folder: &OpenFolder, items: &[Item]) -> Stored;

    /// What stands in an open folder at or after an id: for recovery and adoption.
    async fn since(&mut self, folder: &OpenFolder, from: u32) -> Result<Inventory, ConnectorError>;

    /// How long a lost answer may still take effect: one look after each pause.
    fn settle(&self) -> &'static [Duration];

    /// How much room the mailbox has, in words; none when the target keeps no quota.
    async fn room(&mut self) -> Result<Option<String>, ConnectorError>;
}

/// Opens a mailbox for writing.
pub async fn connect(account: &Account) -> Result<Box<dyn Target>, ConnectorError> {
    match &account.endpoint {
        Endpoint::Imap(endpoint) => Ok(Box::new(imap::connect(endpoint, account, Side::Target).await?)),
    }
}
