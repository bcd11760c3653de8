//! Any IMAP mailbox as a source.

use std::collections::{HashMap, VecDeque};

use async_trait::async_trait;
use shared::{cause::Cause, check::Side, endpoint::ImapEndpoint};

use super::{ItemSink, Listing, Part, SinkClosed, Source};
use crate::{
    account::Account,
    error::{ConnectorError, Reach, Retry},
    model::{Folder, Inventory, Item, ItemId, ItemMeta},
    wire::imap::session::{self, Asked, Chunk, ImapSession},
};

/// Requests sent before the first of them is answered to its end.
const IN_FLIGHT: usize = 3;
/// Items and bytes asked for in one request.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: u64 = 8 * 1024 * 1024;
/// Largest message that is carried: it stays in memory while it moves.
const MAX_MESSAGE: u64 = 512 * 1024 * 1024;

/// Any IMAP mailbox as a source.
#[derive(Debug)]
pub(super) struct ImapSource {
    session: ImapSession,
    /// The UIDVALIDITY of each folder when it was listed.
    listed: HashMap<Vec<u8>, u32>,
}

pub(super) async fn connect(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapSource, ConnectorError> {
    Ok(ImapSource { session: session::open(endpoint, account, as_side).await?, listed: HashMap::new() })
}

#[async_trait]
impl Source for ImapSource {
    async fn folders(&mut self) -> Result<Listing, ConnectorError> {
        let listing = &self.session.listing;
        Ok(Listing {
            folders: listing.folders.clone(),
            findings: listing.findings.clone(),
            names: listing.profile.names,
            message_limit: listing.message_limit,
        })
    }

    async fn inventory(&mut self, folder: &Folder) -> Result<Inventory, ConnectorError> {
        if !folder.selectable {
            return Ok(Inventory::default());
        }
        let state = self.session.examine(folder).await?;
        self.listed.insert(folder.wire.clone(), state.validity);
        let items = if state.exists == 0 { Vec::new() } else { self.session.metas(folder, 1).await? };
        Ok(Inventory { validity: state.validity, next: state.next, items })
    }

    async fn fetch(
        &mut self,
        folder: &Folder,
        items: &[ItemMeta],
        part: Part,
        into: &ItemSink,
    ) -> Result<(), ConnectorError> {
        if items.is_empty() {
            return Ok(());
        }
        let state = self.session.examine(folder).await?;
        if self.listed.get(&folder.wire).is_some_and(|listed| *listed != state.validity) {
            // The ids we ask for mean other messages now.
            return Err(ConnectorError {
                reach: Reach::Mailbox,
                retry: Retry::Now,
                cause: Cause::FolderRebuilt,
                doing: format!("reading folder {} on {}", folder.path, self.session.peer()),
                detail: "its UIDVALIDITY changed after it was listed".into(),
            });
        }
        let (small, large): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.size <= MAX_MESSAGE);
        for item in large {
            let detail = format!("{} bytes; at most {MAX_MESSAGE} are carried", item.size);
            if into.fail(item.clone(), Cause::TooBig, detail).await.is_err() {
                return Ok(());
            }
        }
        let largest = small.iter().map(|item| item.size).max().unwrap_or(0);
        self.session.allow_message(largest);
        let mut waiting: VecDeque<Vec<&ItemMeta>> = batches(&small).into();
        let mut sent: HashMap<Asked, Vec<&ItemMeta>> = HashMap::new();
        let mut expected: HashMap<u32, &ItemMeta> = HashMap::new();
        loop {
            while sent.len() < IN_FLIGHT
                && let Some(batch) = waiting.pop_front()
            {
                expected.extend(batch.iter().filter_map(|item| Some((uid(&item.id)?, *item))));
                sent.insert(self.session.ask_bodies(&uids(&batch), part == Part::Header), batch);
            }
            if sent.is_empty() {
                return Ok(());
            }
            self.session.flush().await?;
            let (asked, refused) = loop {
                match self.session.next_body().await? {
                    Chunk::Body { uid, body } => {
                        let Some(meta) = expected.remove(&uid) else { continue };
                        if into.send(Item { meta: meta.clone(), body }).await.is_err() {
                            return Ok(());
                        }
                    }
                    Chunk::End { asked, refused } => break (asked, refused),
                }
            };
            let Some(mut batch) = sent.remove(&asked) else { continue };
            let alone = batch.len() == 1;
            batch.retain(|item| uid(&item.id).is_some_and(|uid| expected.remove(&uid).is_some()));
            match refused {
                // One of them spoils the batch: each is asked for alone.
                Some(_) if !alone => waiting.extend(batch.into_iter().map(|item| vec![item])),
                refused => {
                    if undelivered(folder, batch, refused, into).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Tells of items that were asked for and did not come.
async fn undelivered(
    folder: &Folder,
    items: Vec<&ItemMeta>,
    refused: Option<String>,
    into: &ItemSink,
) -> Result<(), SinkClosed> {
    let (cause, detail) = match refused {
        Some(words) => (Cause::Unreadable, format!("the server answered: “{words}”")),
        // Not delivered without a complaint: expunged meanwhile (edge case 11).
        None => (Cause::Vanished, format!("it was listed in {} but is no longer there", folder.path)),
    };
    for item in items {
        into.fail(item.clone(), cause, detail.clone()).await?;
    }
    Ok(())
}

fn uid(id: &ItemId) -> Option<u32> {
    match id {
        ItemId::Uid(uid) => Some(*uid),
        ItemId::Opaque(_) => None,
    }
}

fn uids(batch: &[&ItemMeta]) -> Vec<u32> {
    batch.iter().filter_map(|item| uid(&item.id)).collect()
}

/// Cuts a list into requests, bounded in items and in bytes.
fn batches<'a>(items: &[&'a ItemMeta]) -> Vec<Vec<&'a ItemMeta>> {
    let mut batches = Vec::new();
    let mut batch: Vec<&ItemMeta> = Vec::new();
    let mut bytes = 0;
    for item in items {
        if !batch.is_empty() && (batch.len() >= BATCH_ITEMS || bytes + item.size > BATCH_BYTES) {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += item.size;
        batch.push(item);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flags;

    #[test]
    fn requests_are_bounded_in_items_and_in_bytes() {
        let meta =
            |uid, size| ItemMeta { id: ItemId::Uid(uid), size, received: None, flags: Flags::default() };
        let mut items: Vec<ItemMeta> = (1..=1200).map(|uid| meta(uid, 10)).collect();
        items.push(meta(1201, 20 * 1024 * 1024));
        items.push(meta(1202, 10));
        let items: Vec<&ItemMeta> = items.iter().collect();
        let lengths: Vec<usize> = batches(&items).iter().map(Vec::len).collect();
        assert_eq!(lengths, [500, 500, 200, 1, 1]);
    }
}
