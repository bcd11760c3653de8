//! Brings windows from the source to the ledger and the target, and the target's answers to the ledger.

use std::{collections::HashMap, sync::Arc};

use shared::{cause::Cause, finding::Finding, rules::ReceiptPolicy};
use tokio::sync::mpsc;

use super::{
    adopt::Adoptable,
    course::Course,
    decide::Decision,
    gather::{Gathered, Gatherer},
    moves::Movables,
    rebuilt::Removed,
    record::{entry, fail, intent, stored},
    stop::Stop,
    suspects::{Company, Doing},
    tally::Tally,
    transfer::{Lane, WINDOWS},
};
use crate::{
    ledger::{Entry, EntryState, FolderId},
    model::{Fingerprint, ItemId, ItemMeta},
    plan::Remarked,
    receipts::{Receipt, SENT, receipt},
    target::{StoreNews, StoreOutcome, Window},
    wire::imap::session::date_inside,
};

/// Brings arrivals to the ledger and the target, and the target's answers to the ledger.
pub(super) struct Pump<'a> {
    pub lanes: &'a [Lane],
    pub adoptable: &'a mut [Adoptable],
    pub removed: Vec<Removed>,
    pub movables: &'a mut Movables,
    pub tallies: Vec<Tally>,
    /// What was sent before and is marked otherwise now, with the order of its lane.
    pub remarked: Vec<(usize, Remarked)>,
    /// Windows that are not answered to their end.
    sending: HashMap<u64, Sending>,
    windows: u64,
    /// What does not fit into memory, with the order of its lane: it goes by itself.
    pub large: Vec<(usize, ItemMeta)>,
    /// What was on its way when a side failed, with the order of its lane.
    pub under_way: Option<(Doing, Vec<(usize, ItemId)>)>,
}

impl<'a> Pump<'a> {
    pub(super) fn new(lanes: &'a [Lane], adoptable: &'a mut [Adoptable], movables: &'a mut Movables) -> Self {
        Self {
            lanes,
            adoptable,
            removed: lanes.iter().map(Removed::new).collect(),
            movables,
            tallies: lanes.iter().map(|_| Tally::default()).collect(),
            remarked: Vec::new(),
            sending: HashMap::new(),
            windows: 0,
            large: Vec::new(),
            under_way: None,
        }
    }
}

impl Pump<'_> {
    /// What is recorded as intended and not answered, with the order of its lane.
    pub(super) fn unanswered(&self) -> Vec<(usize, ItemId)> {
        let sending = self.sending.values();
        sending.flat_map(|sending| sending.prints.keys().map(|item| (sending.order, item.clone()))).collect()
    }

    /// Suspects what was on its way when moving came to an error.
    pub(super) fn suspect(&mut self, course: &Course, company: Company, moved: &Result<(), Stop>) {
        let (Err(Stop::Side(error)), Some((doing, under_way))) = (moved, self.under_way.take()) else {
            return;
        };
        let places = under_way.into_iter().map(|(order, item)| (self.lanes[order].source.path.clone(), item));
        course.suspects.suspect(doing, places, company, error);
    }

    /// Goes on until both sides have ended.
    pub(super) async fn run(
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
            let idle = self.sending.is_empty();
            tokio::select! {
                told = news.recv() => match told {
                    Some(told) => self.record(course, told).await?,
                    None => return stop,
                },
                gathered = arrivals.next(idle), if more => {
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
                Decision::Undecided => {}
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
        let stand_ins = self.removed[order].settled();
        match (stand_ins.is_empty(), entries.is_empty()) {
            (true, true) => {}
            (true, false) => course.ledger.put_entries(entries).await?,
            (false, _) => course.ledger.put_and_forget(entries, self.lanes[order].id, &stand_ins).await?,
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
