//! Any IMAP mailbox as a target.

mod repair;

use std::time::Duration;

use async_trait::async_trait;
use shared::{cause::Cause, check::Side, endpoint::ImapEndpoint, folder::FolderPath};

use super::{OpenFolder, StoreOutcome, StoreResult, Stored, Target};
use crate::{
    account::Account,
    error::{ConnectorError, Reach, Retry},
    model::{Folder, Inventory, Item, Watermark},
    source::Listing,
    validate::{Keeps, KeywordRule},
    wire::imap::{
        append::{self, Condition, Message},
        listing::wire_name,
        quota::Room,
        session::{self, ImapSession, Permanent, kept_flags},
    },
};

/// Messages and bytes stored by one command at most.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Any IMAP mailbox as a target.
#[derive(Debug)]
pub(super) struct ImapTarget {
    session: ImapSession,
}

pub(super) async fn connect(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapTarget, ConnectorError> {
    Ok(ImapTarget { session: session::open(endpoint, account, as_side).await? })
}

#[async_trait]
impl Target for ImapTarget {
    async fn folders(&mut self) -> Result<Listing, ConnectorError> {
        let listing = &self.session.listing;
        Ok(Listing {
            folders: listing.folders.clone(),
            findings: listing.findings.clone(),
            names: listing.profile.names,
            message_limit: listing.message_limit,
        })
    }

    async fn ensure_folder(
        &mut self,
        path: &FolderPath,
        existing: Option<&Folder>,
        subscribe: bool,
    ) -> Result<OpenFolder, ConnectorError> {
        let listing = &self.session.listing;
        let folder = existing.cloned().unwrap_or_else(|| Folder {
            wire: wire_name(path, &listing.prefix, listing.separator),
            path: path.clone(),
            role: None,
            selectable: false,
            subscribed: false,
        });
        if !folder.selectable {
            self.create(&folder).await?;
        }
        let unsubscribed =
            if subscribe && !folder.subscribed { self.subscribe(&folder).await? } else { None };
        let state = self.session.select(&folder).await?;
        Ok(OpenFolder {
            mark: Watermark { validity: state.validity, next: state.next },
            items: state.exists,
            keeps: Keeps { keywords: keyword_rule(state.permanent.as_ref()) },
            folder,
            unsubscribed,
        })
    }

    async fn store(&mut self, folder: &OpenFolder, items: &[Item]) -> Stored {
        let mut stored = Stored::default();
        if !self.session.is_selected(&folder.folder.wire) {
            // Appending to an open folder saves some servers from reading its index anew for each message.
            if let Err(error) = self.session.select(&folder.folder).await {
                stored.error = Some(error);
                return stored;
            }
        }
        let permanent = permanent(&folder.keeps);
        let flags: Vec<String> =
            items.iter().map(|item| kept_flags(&item.meta.flags, permanent.as_ref())).collect();
        let messages: Vec<Message<'_>> = items
            .iter()
            .zip(&flags)
            .map(|(item, flags)| Message { flags, received: item.meta.received, body: &item.body })
            .collect();
        let mut from = 0;
        while from < items.len() && stored.error.is_none() {
            let to = from + self.batch(&messages[from..]);
            let mut batch = Batch { folder: &folder.folder, outcomes: &mut stored.outcomes };
            stored.error = self.store_batch(&mut batch, &items[from..to], &messages[from..to]).await.err();
            from = to;
        }
        stored
    }

    async fn since(&mut self, folder: &OpenFolder, from: u32) -> Result<Inventory, ConnectorError> {
        let state = self.session.select(&folder.folder).await?;
        let items =
            if state.exists == 0 { Vec::new() } else { self.session.metas(&folder.folder, from).await? };
        Ok(Inventory { validity: state.validity, next: state.next, items })
    }

    fn settle(&self) -> &'static [Duration] {
        self.session.listing.profile.settle
    }

    async fn room(&mut self) -> Result<Option<String>, ConnectorError> {
        let room = self.session.room().await?;
        Ok(room.map(|room| format!("{} of {} bytes used", room.used, room.limit)))
    }
}

/// Where a batch goes, and where what was answered lands.
struct Batch<'a> {
    folder: &'a Folder,
    outcomes: &'a mut Vec<StoreOutcome>,
}

impl Batch<'_> {
    fn stored(&mut self, item: &Item, target: Option<u32>) {
        let result = StoreResult::Stored { target, repairs: Vec::new() };
        self.outcomes.push(StoreOutcome { item: item.meta.id.clone(), result });
    }

    fn refused(&mut self, item: &Item, condition: &Condition) {
        let result = StoreResult::Refused {
            cause: append::refusal(condition),
            detail: format!("the target answered: “{}”", condition.words),
        };
        self.outcomes.push(StoreOutcome { item: item.meta.id.clone(), result });
    }
}

impl ImapTarget {
    async fn create(&mut self, folder: &Folder) -> Result<(), ConnectorError> {
        let command = [b"CREATE ".as_slice(), &self.session.name(&folder.wire)].concat();
        let condition = self.session.connection.run(&command, |_| {}).await?;
        let exists = condition.is("ALREADYEXISTS") || condition.words.to_ascii_lowercase().contains("exists");
        if condition.is_ok() || exists {
            return Ok(());
        }
        let doing = format!("creating folder {} on {}", folder.path, self.session.peer());
        let (cause, reach) = match append::refusal(&condition) {
            Cause::TargetFull => (Cause::TargetFull, Reach::Mailbox),
            _ => (Cause::FolderRefused, Reach::Folder),
        };
        Err(self.session.connection.refused(&condition, reach, cause, doing))
    }

    /// Subscribes; gives the server's words when it would not.
    async fn subscribe(&mut self, folder: &Folder) -> Result<Option<String>, ConnectorError> {
        let command = [b"SUBSCRIBE ".as_slice(), &self.session.name(&folder.wire)].concat();
        let condition = self.session.connection.run(&command, |_| {}).await?;
        Ok((!condition.is_ok()).then_some(condition.words))
    }

    /// How many of the messages go out together.
    fn batch(&self, messages: &[Message<'_>]) -> usize {
        let unasked = self.session.listing.profile.unasked_literal;
        let mut bytes = 0;
        let fits = messages
            .iter()
            .take(BATCH_ITEMS)
            .take_while(|message| {
                bytes += message.body.len();
                unasked > 0 && message.body.len() <= unasked && bytes <= BATCH_BYTES
            })
            .count();
        fits.max(1)
    }

    /// Stores messages that go out together.
    async fn store_batch(
        &mut self,
        batch: &mut Batch<'_>,
        items: &[Item],
        messages: &[Message<'_>],
    ) -> Result<(), ConnectorError> {
        if let ([item], [message]) = (items, messages) {
            return self.store_one(batch, item, message).await;
        }
        if self.session.listing.profile.multiappend {
            return self.store_together(batch, items, messages).await;
        }
        let noop_every = self.session.listing.profile.noop_every;
        let connection = &mut self.session.connection;
        let (answers, error) =
            append::append_each(connection, &batch.folder.wire, messages, noop_every).await;
        let mut again = Vec::new();
        for ((item, message), answer) in items.iter().zip(messages).zip(answers) {
            match answer {
                Some(append::Stored::Yes(uids)) => batch.stored(item, uids.first().copied().flatten()),
                Some(append::Stored::No(_)) if error.is_none() => again.push((item, message)),
                Some(append::Stored::No(condition)) => batch.refused(item, &condition),
                None => {}
            }
        }
        // Alone, each gets an answer of its own and its repairs.
        for (item, message) in again {
            self.store_one(batch, item, message).await?;
        }
        error.map_or(Ok(()), Err)
    }

    /// One MULTIAPPEND; when it is refused nothing of it was stored, so its halves are tried (edge case 154).
    async fn store_together(
        &mut self,
        batch: &mut Batch<'_>,
        items: &[Item],
        messages: &[Message<'_>],
    ) -> Result<(), ConnectorError> {
        let mut waiting = vec![(items, messages)];
        while let Some((items, messages)) = waiting.pop() {
            if let ([item], [message]) = (items, messages) {
                self.store_one(batch, item, message).await?;
                continue;
            }
            let connection = &mut self.session.connection;
            match append::append(connection, &batch.folder.wire, messages, usize::MAX).await? {
                append::Stored::Yes(uids) => {
                    for (item, uid) in items.iter().zip(uids) {
                        batch.stored(item, uid);
                    }
                }
                append::Stored::No(condition) => {
                    // A full mailbox may still take the smaller half; the single message decides.
                    self.stop_if_passing(&condition, batch.folder)?;
                    let middle = items.len() / 2;
                    waiting.push((&items[middle..], &messages[middle..]));
                    waiting.push((&items[..middle], &messages[..middle]));
                }
            }
        }
        Ok(())
    }

    /// One APPEND, and when it is refused for its form the known repairs, one after the other.
    async fn store_one(
        &mut self,
        batch: &mut Batch<'_>,
        item: &Item,
        message: &Message<'_>,
    ) -> Result<(), ConnectorError> {
        let Err(condition) = self.append_one(batch.folder, message).await?.map(|uid| batch.stored(item, uid))
        else {
            return Ok(());
        };
        self.stop_if_general(&condition, batch.folder)?;
        if append::refusal(&condition) == Cause::Rejected {
            // Some servers have the same plain NO for a full mailbox (edge case 150).
            let free = self.session.room().await?.map(Room::free);
            if free.is_some_and(|free| free < message.body.len() as u64) {
                return Err(self.full(&condition, batch.folder));
            }
            let mut repairs = Vec::new();
            for repaired in repair::ladder(message, &condition.words) {
                repairs.push(repaired.repair);
                let repaired =
                    Message { flags: &repaired.flags, received: repaired.received, body: &repaired.body };
                if let Ok(target) = self.append_one(batch.folder, &repaired).await? {
                    let result = StoreResult::Stored { target, repairs };
                    batch.outcomes.push(StoreOutcome { item: item.meta.id.clone(), result });
                    return Ok(());
                }
            }
        }
        batch.refused(item, &condition);
        Ok(())
    }

    /// One APPEND and its answer.
    async fn append_one(
        &mut self,
        folder: &Folder,
        message: &Message<'_>,
    ) -> Result<Result<Option<u32>, Condition>, ConnectorError> {
        let unasked = self.session.listing.profile.unasked_literal;
        let connection = &mut self.session.connection;
        match append::append(connection, &folder.wire, std::slice::from_ref(message), unasked).await? {
            append::Stored::Yes(uids) => Ok(Ok(uids.first().copied().flatten())),
            append::Stored::No(condition) => {
                // A good command in between: some servers close after five refusals in a row (edge case 147).
                connection.run(b"NOOP", |_| {}).await?;
                Ok(Err(condition))
            }
        }
    }

    /// Refusals that are not about this message: a full mailbox, a folder that is gone, a server that is busy.
    fn stop_if_general(&self, condition: &Condition, folder: &Folder) -> Result<(), ConnectorError> {
        self.stop_if_passing(condition, folder)?;
        if append::refusal(condition) == Cause::TargetFull {
            return Err(self.full(condition, folder));
        }
        let connection = &self.session.connection;
        if condition.is("TRYCREATE") {
            let error =
                connection.refused(condition, Reach::Folder, Cause::FolderRefused, self.storing(folder));
            return Err(ConnectorError { retry: Retry::Now, reach: Reach::Mailbox, ..error });
        }
        Ok(())
    }

    fn full(&self, condition: &Condition, folder: &Folder) -> ConnectorError {
        let storing = self.storing(folder);
        self.session.connection.refused(condition, Reach::Mailbox, Cause::TargetFull, storing)
    }

    fn stop_if_passing(&self, condition: &Condition, folder: &Folder) -> Result<(), ConnectorError> {
        if !condition.passes() || append::refusal(condition) == Cause::TooBig {
            return Ok(());
        }
        let storing = self.storing(folder);
        Err(self.session.connection.refused(condition, Reach::Mailbox, Cause::Busy, storing))
    }

    fn storing(&self, folder: &Folder) -> String {
        format!("storing messages in folder {} on {}", folder.path, self.session.peer())
    }
}

fn keyword_rule(permanent: Option<&Permanent>) -> KeywordRule {
    match permanent {
        None => KeywordRule::All,
        Some(permanent) if permanent.any => KeywordRule::All,
        Some(permanent) if permanent.keywords.is_empty() => KeywordRule::None,
        Some(permanent) => {
            KeywordRule::Only(permanent.keywords.iter().map(|keyword| keyword.to_ascii_lowercase()).collect())
        }
    }
}

fn permanent(keeps: &Keeps) -> Option<Permanent> {
    match &keeps.keywords {
        KeywordRule::All => None,
        KeywordRule::None => Some(Permanent::default()),
        KeywordRule::Only(keywords) => {
            Some(Permanent { any: false, keywords: keywords.iter().cloned().collect() })
        }
    }
}
