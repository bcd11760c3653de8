//! Moves the items of all folders in one stream of windows: intents first, then the effect, then what became of it. The
//! next window is read and recorded while the last ones are still being stored.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    rules::ReceiptPolicy,
};
use tokio::sync::mpsc;

use super::{
    adopt::Adoptable,
    copy::Hands,
    course::{Course, about},
    gather::{Gathered, Gatherer},
    large,
    moves::Movables,
    poison, read,
    rebuilt::Removed,
    several::{self, Scope},
    stop::Stop,
    tally::Tally,
};
use crate::{
    error::ConnectorError,
    fingerprint::stable,
    ledger::{Entry, EntryState, FolderId, FolderRecord},
    model::{Fingerprint, Folder, ItemId, ItemMeta, Watermark},
    plan::FolderPlan,
    receipts::{Receipt, SENT, receipt},
    source::{FetchOrder, ItemSink, MOVING_KIB, Part},
    target::{OpenFolder, StoreNews, StoreOutcome, StoreResult, Target, Window},
    wire::imap::session::date_inside,
};

/// Windows that are recorded as intended and not answered, at most.
pub(super) const WINDOWS: usize = 10;

/// What is to be moved in one folder.
#[derive(Debug)]
pub(super) struct Lane {
    pub id: FolderId,
    pub source: Folder,
    /// The source's UIDVALIDITY when it was listed.
    pub validity: u32,
    pub open: Arc<OpenFolder>,
    pub plan: FolderPlan,
    pub record: FolderRecord,
    pub bracket: Watermark,
    pub adoptable: Adoptable,
}

/// Moves the items of all lanes.
pub(super) async fn transfer(
    course: &mut Course,
    hands: &mut Hands<'_>,
    lanes: &mut [Lane],
    movables: &mut Movables,
) -> Result<(), Stop> {
    let mut adoptable: Vec<Adoptable> =
        lanes.iter_mut().map(|lane| std::mem::take(&mut lane.adoptable)).collect();
    let lanes = &*lanes;
    let mut pump = Pump {
        lanes,
        adoptable: &mut adoptable,
        removed: lanes.iter().map(Removed::new).collect(),
        movables,
        tallies: lanes.iter().map(|_| Tally::default()).collect(),
        sending: HashMap::new(),
        windows: 0,
        large: Vec::new(),
    };
    poison::settle(course, &mut pump).await?;
    let sorted: Vec<_> = lanes.iter().map(poison::sort).collect();
    let company: Vec<&[ItemMeta]> = sorted.iter().map(|sorted| &*sorted.company).collect();
    move_together(course, hands, &mut pump, &company).await?;
    // One by one, when all others are there: should the process end again, it is known at which.
    for (order, item) in poison::alone(&sorted) {
        let _turn = poison::turn(course).await?;
        let mut alone: Vec<&[ItemMeta]> = vec![&[]; lanes.len()];
        alone[order] = std::slice::from_ref(item);
        move_together(course, hands, &mut pump, &alone).await?;
    }
    let Pump { tallies, removed, .. } = pump;
    for ((lane, tally), removed) in lanes.iter().zip(tallies).zip(removed) {
        tally.note(course, lane).await?;
        let left = removed.left();
        if !left.is_empty() {
            course.ledger.forget_items(lane.id, &left).await?;
        }
    }
    Ok(())
}

/// Moves items of each lane: what fits into memory in one stream, the rest by itself.
async fn move_together(
    course: &mut Course,
    hands: &mut Hands<'_>,
    pump: &mut Pump<'_>,
    items: &[&[ItemMeta]],
) -> Result<(), Stop> {
    let lanes = pump.lanes.iter().zip(items);
    let orders: Vec<FetchOrder<'_>> = lanes
        .map(|(lane, items)| FetchOrder { folder: &lane.source, validity: lane.validity, items })
        .collect();
    stream(course, hands, pump, &orders).await?;
    for (order, item) in std::mem::take(&mut pump.large) {
        course.obey()?;
        large::carry(course, hands, pump, order, item).await?;
    }
    Ok(())
}

/// Source, ledger and target at work together. A bounded number of bytes is in between.
async fn stream(
    course: &mut Course,
    hands: &mut Hands<'_>,
    pump: &mut Pump<'_>,
    orders: &[FetchOrder<'_>],
) -> Result<(), Stop> {
    let (sink, arrivals) = ItemSink::new(MOVING_KIB);
    let (windows, to_store) = mpsc::channel(WINDOWS);
    let (news, heard) = mpsc::unbounded_channel();
    let whole = pump.adoptable.iter().map(|adoptable| !adoptable.is_empty()).collect();
    let gatherer = Gatherer::new(arrivals, whole);
    let items = orders.iter().flat_map(|order| order.items);
    let scope = Scope {
        account: course.order.target.clone(),
        work: items.map(|item| several::cost(item.size)).sum(),
        several: course.order.several,
    };
    let Hands { source, target } = hands;
    let (fetched, stored) = (OnceLock::new(), OnceLock::new());
    let sides = async {
        let fetch = async {
            _ = fetched.set(source.fetch(orders, Part::Whole, &sink).await);
            drop(sink);
        };
        let store = async {
            _ = stored.set(several::store(&mut **target, scope, to_store, news).await);
        };
        tokio::join!(fetch, store);
        // The pump ends when both did.
        std::future::pending::<()>().await;
    };
    let pumped = tokio::select! {
        biased;
        pumped = pump.run(course, gatherer, windows, heard) => pumped,
        () = sides => Ok(()),
    };
    match stored.into_inner() {
        Some(Err(error)) if error.cause == Cause::TargetFull => {
            return Err(full(&mut **target, error).await.into());
        }
        Some(Err(error)) => return Err(error.into()),
        Some(Ok(())) | None => {}
    }
    pumped?;
    match fetched.into_inner() {
        Some(Err(error)) => Err(error.into()),
        Some(Ok(())) | None => Ok(()),
    }
}

/// Brings arrivals to the ledger and the target, and the target's answers to the ledger.
pub(super) struct Pump<'a> {
    pub lanes: &'a [Lane],
    adoptable: &'a mut [Adoptable],
    removed: Vec<Removed>,
    movables: &'a mut Movables,
    pub tallies: Vec<Tally>,
    /// Windows that are not answered to their end.
    sending: HashMap<u64, Sending>,
    windows: u64,
    large: Vec<(usize, ItemMeta)>,
}

/// What becomes of an item before it is sent.
pub(super) enum Decision {
    /// It is on the target already, or left out.
    Settled(Entry),
    /// It is on the target in another folder, and will be moved.
    Moved(Entry),
    /// It is to be sent.
    Send,
}

impl Pump<'_> {
    async fn run(
        &mut self,
        course: &mut Course,
        mut arrivals: Gatherer,
        windows: mpsc::Sender<Window>,
        mut news: mpsc::UnboundedReceiver<StoreNews>,
    ) -> Result<(), Stop> {
        let mut windows = Some(windows);
        let mut stop = Ok(());
        loop {
            let more = windows.is_some() && self.sending.len() < WINDOWS;
            tokio::select! {
                told = news.recv() => match told {
                    Some(told) => self.record(course, told).await?,
                    None => return stop,
                },
                gathered = arrivals.next(), if more => {
                    let obeyed = course.obey();
                    match (gathered, &windows, obeyed) {
                        (Some(gathered), Some(windows), Ok(())) => {
                            if let Some(window) = self.intend(course, gathered).await? {
                                // Nobody takes it when the target failed, which ends the news.
                                _ = windows.send(window).await;
                            }
                        }
                        // What is on its way is still answered and recorded.
                        (_, _, Err(stopped)) => (windows, stop) = (None, Err(stopped)),
                        (_, _, Ok(())) => windows = None,
                    }
                }
            }
        }
    }

    /// Records a window before it is sent, in one commit: what was settled without sending, and what is about to be sent.
    async fn intend(&mut self, course: &mut Course, gathered: Gathered) -> Result<Option<Window>, Stop> {
        let order = gathered.order;
        let lane = &self.lanes[order];
        let mut settled: Vec<(FolderId, Entry)> = Vec::new();
        let mut sending = Sending { order, prints: HashMap::new() };
        let (mut items, mut holds) = (Vec::new(), Vec::new());
        if !gathered.failed.is_empty() {
            self.removed[order].wait();
        }
        for (meta, cause, detail) in gathered.failed {
            settled.extend(fail(course, lane, meta, cause, detail).await?);
        }
        self.large.extend(gathered.large.into_iter().map(|meta| (order, meta)));
        for (mut item, print, held) in gathered.items {
            if item.body.is_empty() {
                let detail = "the source delivered no byte of it".to_owned();
                course.leave_out(&lane.source.path, &item.meta.id);
                let state = EntryState::Skipped { cause: Cause::Empty, detail };
                settled.push((lane.id, entry(&item.meta, None, state)));
                continue;
            }
            match self.decide(course, order, &item.meta, print, Some(&item.body)) {
                Decision::Settled(known) | Decision::Moved(known) => settled.push((lane.id, known)),
                Decision::Send => {
                    settled.push((lane.id, intent(lane, &item.meta, print)));
                    sending.prints.insert(item.meta.id.clone(), (item.meta.clone(), print));
                    if item.meta.received.is_none() {
                        item.meta.received = date_inside(&item.body);
                    }
                    self.settle(course, order, &mut item.meta, &item.body);
                    items.push(item);
                    holds.push(held);
                }
            }
        }
        self.settled(course, order, &settled).await?;
        if items.is_empty() {
            return Ok(None);
        }
        self.windows += 1;
        self.sending.insert(self.windows, sending);
        Ok(Some(Window { number: self.windows, folder: Arc::clone(&lane.open), items, held: holds }))
    }

    /// Records an item of a lane that could not be read.
    pub(super) async fn failed(
        &mut self,
        course: &mut Course,
        order: usize,
        meta: ItemMeta,
        cause: Cause,
        detail: String,
    ) -> Result<(), Stop> {
        self.removed[order].wait();
        let entry = fail(course, &self.lanes[order], meta, cause, detail).await?;
        course.ledger.put_entries(&entry.into_iter().collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// Records what was decided of items of a lane.
    pub(super) async fn settled(
        &mut self,
        course: &Course,
        order: usize,
        entries: &[(FolderId, Entry)],
    ) -> Result<(), Stop> {
        if !entries.is_empty() {
            course.ledger.put_entries(entries).await?;
        }
        let stand_ins = self.removed[order].settled();
        if !stand_ins.is_empty() {
            course.ledger.forget_items(self.lanes[order].id, &stand_ins).await?;
        }
        Ok(())
    }

    /// Marks the copy of a message so that no mail program sends a read receipt for it once more. `head` is its beginning.
    pub(super) fn settle(&mut self, course: &Course, order: usize, meta: &mut ItemMeta, head: &[u8]) {
        match course.order.options.read_receipts {
            ReceiptPolicy::Settle => {}
            ReceiptPolicy::Keep => return,
        }
        let tally = &mut self.tallies[order];
        match receipt(head, &meta.flags, &self.lanes[order].open.keeps) {
            Receipt::None => {}
            Receipt::Settle => {
                tally.settled += 1;
                meta.flags.keywords.push(SENT.into());
                meta.flags.keywords.sort_unstable();
            }
            Receipt::Open => tally.open += 1,
        }
    }

    /// Whether an item is on the target already. `body` is there unless it is too large to be held.
    pub(super) fn decide(
        &mut self,
        course: &mut Course,
        order: usize,
        meta: &ItemMeta,
        print: Fingerprint,
        body: Option<&[u8]>,
    ) -> Decision {
        if let Some(known) = self.arrived(course, order, meta, print, body) {
            return Decision::Settled(known);
        }
        let anew = |movables: &mut Movables| {
            let body = body.filter(|_| movables.knows_what_stays())?;
            let known = (stable(body)?, read::message_id(body)?);
            Some(movables.take_anew(known, print, meta, order))
        };
        if let Some(state) = self.removed[order].take(&self.lanes[order], meta, print) {
            course.leave_out(&self.lanes[order].source.path, &meta.id);
            course.meter.add(1, meta.size);
            return Decision::Settled(entry(meta, Some(print), state));
        }
        if self.movables.take(print, meta, order) || anew(&mut *self.movables) == Some(true) {
            return Decision::Moved(entry(meta, Some(print), EntryState::Intended));
        }
        Decision::Send
    }

    /// What is known of an item that is on the target in its folder.
    pub(super) fn arrived(
        &mut self,
        course: &mut Course,
        order: usize,
        meta: &ItemMeta,
        print: Fingerprint,
        body: Option<&[u8]>,
    ) -> Option<Entry> {
        let known = self.lanes[order].plan.intended.get(&meta.id);
        let intended = known.is_some();
        let adoptable = &mut self.adoptable[order];
        // What was sent was what it was then: a source may write it anew at each reading.
        let first = known.copied().flatten().filter(|first| first.exact != print.exact);
        let sent = first.and_then(|first| Some((adoptable.take(first, meta.received, true)?, first)));
        let found =
            sent.or_else(|| Some((adoptable.take(print, meta.received, intended)?, print))).or_else(|| {
                let body = body.filter(|_| adoptable.knows_what_stays())?;
                let id = read::message_id(body);
                Some((adoptable.take_anew(stable(body)?, id.as_deref(), meta.received, intended)?, print))
            });
        let (uid, print) = found?;
        match known {
            Some(Some(_)) => self.tallies[order].recovered += 1,
            // Of a rebuilt folder, which is told of as a whole.
            Some(None) => {}
            None => self.tallies[order].adopted += 1,
        }
        count_copied(course, meta, !intended);
        let state = EntryState::Copied { target: Some(uid), adopted: !intended };
        Some(entry(meta, Some(print), state))
    }

    async fn record(&mut self, course: &mut Course, news: StoreNews) -> Result<(), Stop> {
        let Some(sending) = self.sending.get_mut(&news.window) else { return Ok(()) };
        let lane = &self.lanes[sending.order];
        let (entries, findings) = sending.outcomes(course, lane, news.outcomes);
        if sending.prints.is_empty() {
            self.sending.remove(&news.window);
        }
        course.ledger.put_entries(&entries).await?;
        course.note(findings).await?;
        Ok(())
    }
}

/// Items of a window that are not answered, with what recognises them.
#[derive(Debug)]
struct Sending {
    order: usize,
    prints: HashMap<ItemId, (ItemMeta, Fingerprint)>,
}

impl Sending {
    fn outcomes(
        &mut self,
        course: &mut Course,
        lane: &Lane,
        outcomes: Vec<StoreOutcome>,
    ) -> (Vec<(FolderId, Entry)>, Vec<Finding>) {
        let mut entries = Vec::with_capacity(outcomes.len());
        let mut findings = Vec::new();
        for outcome in outcomes {
            let Some((meta, print)) = self.prints.remove(&outcome.item) else { continue };
            let (entry, found) = stored(course, lane, &meta, print, outcome.result);
            entries.push((lane.id, entry));
            findings.extend(found);
        }
        (entries, findings)
    }
}

/// What becomes of an item in the ledger and the report when the target answered.
pub(super) fn stored(
    course: &mut Course,
    lane: &Lane,
    meta: &ItemMeta,
    print: Fingerprint,
    result: StoreResult,
) -> (Entry, Vec<Finding>) {
    let path = &lane.source.path;
    let mut print = Some(print);
    let (state, findings) = match result {
        StoreResult::Stored { target, repairs } => {
            count_copied(course, meta, false);
            let findings = repairs
                .into_iter()
                .map(|repair| about(path, meta, Severity::Warning, repair.cause, repair.detail));
            (EntryState::Copied { target, adopted: false }, findings.collect())
        }
        StoreResult::Refused { cause, detail, stands } => {
            // Without its fingerprint it counts as never offered.
            print = print.filter(|_| stands);
            course.leave_out(path, &meta.id);
            course.meter.add(1, meta.size);
            (EntryState::Skipped { cause, detail }, Vec::new())
        }
    };
    (entry(meta, print, state), findings)
}

/// What becomes of an item that did not come.
async fn fail(
    course: &mut Course,
    lane: &Lane,
    meta: ItemMeta,
    cause: Cause,
    detail: String,
) -> Result<Option<(FolderId, Entry)>, Stop> {
    course.meter.add(1, meta.size);
    // What is gone from the source is not left out: there is nothing to leave out any more.
    if cause == Cause::Vanished {
        course.note(vec![about(&lane.source.path, &meta, Severity::Info, cause, detail)]).await?;
        return Ok(None);
    }
    course.leave_out(&lane.source.path, &meta.id);
    Ok(Some((lane.id, entry(&meta, None, EntryState::Skipped { cause, detail }))))
}

pub(super) fn entry(meta: &ItemMeta, fingerprint: Option<Fingerprint>, state: EntryState) -> Entry {
    let marks = Some(meta.flags.clone());
    Entry { item: meta.id.clone(), size: meta.size, fingerprint, state, marks, deaths: 0 }
}

/// An item that is about to be sent.
pub(super) fn intent(lane: &Lane, meta: &ItemMeta, fingerprint: Fingerprint) -> Entry {
    let deaths = lane.plan.deaths.get(&meta.id).copied().unwrap_or(0);
    Entry { deaths, ..entry(meta, Some(fingerprint), EntryState::Intended) }
}

fn count_copied(course: &mut Course, meta: &ItemMeta, adopted: bool) {
    course.counts.copied += 1;
    course.counts.copied_bytes += meta.size;
    course.counts.adopted += u64::from(adopted);
    course.meter.add(1, meta.size);
}

/// Adds how much room there is to the words of a full mailbox.
async fn full(target: &mut dyn Target, error: ConnectorError) -> ConnectorError {
    match target.room().await.ok().and_then(|room| room.in_words()) {
        Some(room) => ConnectorError { detail: format!("{} ({room})", error.detail), ..error },
        None => error,
    }
}
