//! Streams messages of several folders: requests of the next folder are sent before the last of this one is answered.

mod undelivered;

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use shared::cause::Cause;

use super::uid;
use crate::{
    error::{ConnectorError, Reach, Retry},
    guest::Portion,
    model::{Folder, Item, ItemId, ItemMeta},
    source::{Arrival, FetchOrder, Held, ItemSink, Part, SinkClosed},
    wire::imap::{
        append::Condition,
        session::{Asked, Chunk, FolderState, ImapSession, Way},
    },
};

/// Requests on their way at once: a few of any size, or more of them when they are small.
const FEW: usize = 4;
const MANY: usize = 32;
const FEW_ITEMS: usize = 1000;
/// Items and bytes asked for in one request.
const BATCH_ITEMS: usize = 500;
/// Of the first requests: the other side need not wait for many before it has something to do.
const FIRST_ITEMS: usize = 100;
const BATCH_BYTES: u64 = 4 * 1024 * 1024;
/// What is larger is not held in memory as a whole.
const LARGE: u64 = 24 * 1024 * 1024;
/// What a header block takes of the budget.
const HEADER: u64 = 16 * 1024;

/// Items of one folder that are asked for together.
struct Batch<'a> {
    order: usize,
    items: Vec<&'a ItemMeta>,
}

/// A folder that is being opened. What a server tells meanwhile belongs to the first one.
struct Opening {
    asked: Asked,
    order: usize,
    state: FolderState,
}

/// A request for bodies that is under way.
struct Request<'a> {
    asked: Asked,
    batch: Batch<'a>,
    held: Held,
    /// Of its messages, as they are listed.
    largest: u64,
}

pub(super) async fn fetch(
    session: &mut ImapSession,
    orders: &[FetchOrder<'_>],
    part: Part,
    into: &ItemSink,
) -> Result<(), ConnectorError> {
    let portion = session.connection.portion();
    let (batches, large) = plan(orders, part, portion, LARGE.min(into.budget()));
    for (order, item) in large {
        if into.send(Arrival::Large { order, item: item.clone() }).await.is_err() {
            return Ok(());
        }
    }
    // A header that is larger than allowed is not read in pieces: it ends the session.
    session.let_larger_pass(part == Part::Whole);
    let open = orders.iter().position(|order| session.is_reading(&order.folder.wire, order.validity));
    let mut fetching = Fetching {
        session: &mut *session,
        orders,
        part,
        capped: portion.is_some(),
        into,
        waiting: batches,
        openings: VecDeque::new(),
        requests: BTreeMap::new(),
        count: 0,
        expected: HashMap::new(),
        undelivered: Vec::new(),
        asked_folder: open,
        open_folder: open,
    };
    let fetched = fetching.run().await;
    if let Err(End::Error(_)) = fetched {
        into.left_behind().put(fetching.under_way());
    }
    session.let_larger_pass(false);
    let told = match fetched {
        Ok(undelivered) => undelivered::tell(session, orders, undelivered, into).await,
        Err(end) => Err(end),
    };
    match told {
        Ok(()) | Err(End::Closed) => Ok(()),
        Err(End::Error(error)) => Err(error),
    }
}

/// Why a stream ends before its end.
enum End {
    /// Nobody takes what comes.
    Closed,
    Error(ConnectorError),
}

impl From<SinkClosed> for End {
    fn from(SinkClosed: SinkClosed) -> Self {
        Self::Closed
    }
}

impl From<ConnectorError> for End {
    fn from(error: ConnectorError) -> Self {
        Self::Error(error)
    }
}

struct Fetching<'a, 's> {
    session: &'s mut ImapSession,
    orders: &'a [FetchOrder<'a>],
    part: Part,
    /// A rate is set: one request at a time, so that the server is never kept waiting for us to read.
    capped: bool,
    into: &'a ItemSink,
    waiting: VecDeque<Batch<'a>>,
    openings: VecDeque<Opening>,
    requests: BTreeMap<usize, Request<'a>>,
    /// Requests so far.
    count: usize,
    /// What is to come, by the order's position and the UID, and in which request.
    expected: HashMap<(usize, u32), (&'a ItemMeta, usize)>,
    /// What did not come, without a complaint.
    undelivered: Vec<(usize, &'a ItemMeta)>,
    /// The folder that is open when all that was sent is done, and the one that is open now.
    asked_folder: Option<usize>,
    open_folder: Option<usize>,
}

impl<'a> Fetching<'a, '_> {
    /// Gives what was not delivered.
    async fn run(&mut self) -> Result<Vec<(usize, &'a ItemMeta)>, End> {
        loop {
            self.ask().await?;
            if self.requests.is_empty() {
                return Ok(std::mem::take(&mut self.undelivered));
            }
            match self.session.next().await? {
                Chunk::Body { uid, body, .. } => self.take(uid, body).await?,
                Chunk::TooLarge { uid } => self.put_off(uid).await?,
                Chunk::Other(data) => {
                    if let Some(opening) = self.openings.front_mut() {
                        opening.state.read(&data);
                    }
                }
                Chunk::End { asked, condition } => self.ended(&asked, condition).await?,
            }
        }
    }

    /// What is still to come of the first request.
    fn under_way(&self) -> Vec<(usize, ItemId)> {
        let first = self.requests.keys().next();
        let items = self.expected.iter().filter(|(_, (_, number))| Some(number) == first);
        items.map(|((order, _), (item, _))| (*order, item.id.clone())).collect()
    }

    async fn ended(&mut self, asked: &Asked, condition: Condition) -> Result<(), End> {
        if let Some(Opening { order, state, .. }) = self.openings.pop_front_if(|first| first.asked == *asked)
        {
            let FetchOrder { folder, validity, .. } = self.orders[order];
            self.session.opened(folder, &condition).map_err(ConnectorError::anew)?;
            if state.validity != validity {
                return Err(rebuilt(folder, self.session.peer()).into());
            }
            self.open_folder = Some(order);
            return Ok(());
        }
        let number = self.requests.iter().find(|(_, request)| request.asked == *asked).map(|(at, _)| *at);
        let Some(Request { batch, .. }) = number.and_then(|number| self.requests.remove(&number)) else {
            return Ok(());
        };
        if self.open_folder != Some(batch.order) {
            // The folder's opening was never answered: whatever came, it is not what was asked for.
            return Err(self.session.connection.broken("answers in another order").into());
        }
        self.session.fetched(&condition)?;
        let refused = (!condition.is_ok()).then_some(condition.words);
        self.end(batch, refused).await
    }

    /// Whether another request may go out.
    fn has_room(&self) -> bool {
        if self.capped || self.session.connection.must_wait() {
            return self.requests.is_empty();
        }
        self.requests.len() < FEW || (self.requests.len() < MANY && self.expected.len() < FEW_ITEMS)
    }

    /// Sends requests as long as there is room for what they bring.
    async fn ask(&mut self) -> Result<(), End> {
        if !self.waiting.is_empty() && self.session.connection.wants_compression() {
            if !self.requests.is_empty() {
                // What is under way comes first.
                return Ok(());
            }
            self.session.connection.compress().await?;
        }
        let mut asked = false;
        while self.has_room()
            && let Some(batch) = self.waiting.pop_front()
        {
            let bytes = batch.items.iter().map(|item| cost(item, self.part)).sum();
            let idle = self.requests.is_empty();
            let connection = &self.session.connection;
            if idle {
                connection.patience().await?;
            }
            let own = match self.into.try_reserve(bytes) {
                Some(own) => own,
                None if idle => self.into.reserve(bytes).await?,
                None => {
                    self.waiting.push_front(batch);
                    break;
                }
            };
            let held = match connection.memory.try_hold(bytes) {
                Some(of_all) => own.and(of_all),
                None if idle => own.and(connection.memory.hold(bytes).await),
                None => {
                    self.waiting.push_front(batch);
                    break;
                }
            };
            connection.take(batch.items.len(), bytes).await;
            if self.asked_folder != Some(batch.order) {
                let asked = self.session.ask_folder(self.orders[batch.order].folder, Way::Read);
                let (order, state) = (batch.order, FolderState::default());
                self.openings.push_back(Opening { asked, order, state });
                self.asked_folder = Some(batch.order);
            }
            let uids: Vec<u32> = batch.items.iter().filter_map(|item| uid(&item.id)).collect();
            self.count += 1;
            let expected =
                batch.items.iter().zip(&uids).map(|(item, uid)| ((batch.order, *uid), (*item, self.count)));
            self.expected.extend(expected);
            let asks = self.session.ask_bodies(&uids, self.part == Part::Header);
            let largest = batch.items.iter().map(|item| item.size).max().unwrap_or(0);
            self.requests.insert(self.count, Request { asked: asks, batch, held, largest });
            asked = true;
        }
        if asked {
            // What is larger than it was listed is not held for what it was listed.
            let largest = self.requests.values().map(|request| request.largest).max();
            self.session.allow_message(largest.unwrap_or(0));
            self.session.flush().await?;
        }
        Ok(())
    }

    /// What is larger than it was listed is read in pieces, whatever its size (edge case 8).
    async fn put_off(&mut self, uid: u32) -> Result<(), End> {
        let Some(order) = self.open_folder else { return Ok(()) };
        let Some((meta, _)) = self.expected.remove(&(order, uid)) else { return Ok(()) };
        Ok(self.into.send(Arrival::Large { order, item: meta.clone() }).await?)
    }

    async fn take(&mut self, uid: u32, body: Bytes) -> Result<(), End> {
        let Some(order) = self.open_folder else { return Ok(()) };
        let Some((meta, number)) = self.expected.remove(&(order, uid)) else { return Ok(()) };
        let request = self.requests.get_mut(&number);
        let held = request.map(|request| request.held.part(cost(meta, self.part))).unwrap_or_default();
        Ok(self.into.send(Arrival::Item { order, item: Item { meta: meta.clone(), body }, held }).await?)
    }

    /// A request ended: what of it did not come is asked for alone, or will not come.
    async fn end(&mut self, mut batch: Batch<'a>, refused: Option<String>) -> Result<(), End> {
        let alone = batch.items.len() == 1;
        let order = batch.order;
        batch
            .items
            .retain(|item| uid(&item.id).is_some_and(|uid| self.expected.remove(&(order, uid)).is_some()));
        let words = match refused {
            // One of them spoils the batch: each is asked for alone.
            Some(_) if !alone => {
                let FetchOrder { items, .. } = self.orders[order];
                let again = batch.items.iter().filter_map(|item| {
                    items.binary_search_by(|known| known.id.cmp(&item.id)).ok().map(|at| &items[at])
                });
                self.waiting.extend(again.map(|item| Batch { order, items: vec![item] }));
                return Ok(());
            }
            Some(words) => words,
            None => {
                self.undelivered.extend(batch.items.into_iter().map(|item| (order, item)));
                return Ok(());
            }
        };
        for item in batch.items {
            let (item, detail) = (item.clone(), format!("the server answered: “{words}”"));
            self.into.send(Arrival::Failed { order, item, cause: Cause::Unreadable, detail }).await?;
        }
        Ok(())
    }
}

fn rebuilt(folder: &Folder, peer: &str) -> ConnectorError {
    // The ids we ask for mean other messages now.
    ConnectorError {
        reach: Reach::Mailbox,
        retry: Retry::Now,
        cause: Cause::FolderRebuilt,
        doing: format!("reading folder {} on {peer}", folder.path),
        detail: "its UIDVALIDITY changed after it was listed".into(),
    }
}

fn cost(item: &ItemMeta, part: Part) -> u64 {
    match part {
        Part::Whole => item.size,
        Part::Header => item.size.min(HEADER),
    }
}

/// Cuts orders into requests, bounded in items and in bytes, the newest items of a folder first; and what is larger than
/// `most`, too large to be held.
fn plan<'a>(
    orders: &'a [FetchOrder<'_>],
    part: Part,
    portion: Option<Portion>,
    most: u64,
) -> (VecDeque<Batch<'a>>, Vec<(usize, &'a ItemMeta)>) {
    let most_bytes = portion.map_or(BATCH_BYTES, |portion| portion.bytes.min(BATCH_BYTES));
    let most_items = portion
        .and_then(|portion| usize::try_from(portion.messages).ok())
        .map_or(BATCH_ITEMS, |messages| messages.clamp(1, BATCH_ITEMS));
    let (mut batches, mut large) = (VecDeque::new(), Vec::new());
    let mut first = true;
    for (order, wanted) in orders.iter().enumerate() {
        let mut items: Vec<&ItemMeta> = Vec::new();
        let mut bytes = 0;
        let mut close = |items: &mut Vec<&'a ItemMeta>| {
            items.reverse();
            batches.push_back(Batch { order, items: std::mem::take(items) });
        };
        for item in wanted.items.iter().rev() {
            if part == Part::Whole && item.size > most {
                large.push((order, item));
                continue;
            }
            let cost = cost(item, part);
            let most = if first { most_items.min(FIRST_ITEMS) } else { most_items };
            if !items.is_empty() && (items.len() >= most || bytes + cost > most_bytes) {
                close(&mut items);
                (bytes, first) = (0, false);
            }
            bytes += cost;
            items.push(item);
        }
        if !items.is_empty() {
            close(&mut items);
        }
    }
    (batches, large)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flags;

    #[test]
    fn edge_170_requests_are_bounded_and_the_newest_come_first_each_in_order() {
        let meta =
            |uid, size| ItemMeta { id: ItemId::Uid(uid), size, received: None, flags: Flags::default() };
        let mut items: Vec<ItemMeta> = (1..=1200).map(|uid| meta(uid, 10)).collect();
        items.push(meta(1201, 20 * 1024 * 1024));
        items.push(meta(1202, 10));
        items.push(meta(1203, 30 * 1024 * 1024));
        let folder = Folder {
            path: shared::folder::FolderPath::inbox(),
            wire: b"INBOX".to_vec(),
            role: None,
            selectable: true,
            subscribed: true,
            holds_all: false,
        };
        let orders = [FetchOrder { folder: &folder, validity: 1, items: &items }];
        let (batches, large) = plan(&orders, Part::Whole, None, LARGE);
        let shown: Vec<(usize, Option<u32>)> =
            batches.iter().map(|batch| (batch.items.len(), uid(&batch.items[0].id))).collect();
        assert_eq!(
            shown,
            [(1, Some(1202)), (1, Some(1201)), (500, Some(701)), (500, Some(201)), (200, Some(1))]
        );
        let orders = [FetchOrder { folder: &folder, validity: 1, items: &items[..700] }];
        let lengths: Vec<usize> =
            plan(&orders, Part::Whole, None, LARGE).0.iter().map(|batch| batch.items.len()).collect();
        assert_eq!(lengths, [100, 500, 100], "the first is short");
        assert_eq!(large.iter().map(|(_, item)| uid(&item.id)).collect::<Vec<_>>(), [Some(1203)]);
    }
}
