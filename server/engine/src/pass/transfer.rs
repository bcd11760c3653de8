//! Moves the items of one folder in windows: intents first, then the effect, then what became of it.

use std::{collections::HashMap, time::Duration};

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
};
use tokio::{sync::mpsc, time::timeout};

use super::{
    adopt::Adoptable,
    copy::Hands,
    course::{Course, about, about_folder},
    stop::Stop,
};
use crate::{
    error::ConnectorError,
    fingerprint::fingerprint,
    ledger::{Entry, EntryState, FolderId},
    model::{Fingerprint, Folder, Item, ItemId, ItemMeta},
    plan::FolderPlan,
    source::{Arrival, Held, ItemSink, Part},
    target::{OpenFolder, StoreResult, Target},
    wire::imap::session::date_inside,
};

/// Items and bytes of a window.
const WINDOW_ITEMS: usize = 500;
const WINDOW_BYTES: usize = 8 * 1024 * 1024;
/// A window is not held back for items that take longer than this to come.
const GATHER: Duration = Duration::from_millis(30);

/// What is to be moved.
pub(super) struct Transfer<'a> {
    pub id: FolderId,
    pub source: &'a Folder,
    pub open: &'a OpenFolder,
    pub plan: &'a FolderPlan,
    pub adoptable: Adoptable,
}

/// Moves the items of one folder. The source streams while the target stores; a bounded number of bytes is in between.
pub(super) async fn transfer(
    course: &mut Course,
    hands: &mut Hands<'_>,
    mut transfer: Transfer<'_>,
) -> Result<(), Stop> {
    let (sink, arrivals) = ItemSink::new();
    let Hands { source, target, .. } = hands;
    let (folder, items) = (transfer.source, &transfer.plan.copy);
    let fetch = async move { source.fetch(folder, items, Part::Whole, &sink).await.map_err(Stop::from) };
    let store = store_all(course, &mut **target, &mut transfer, arrivals);
    let ((), tally) = tokio::try_join!(fetch, store)?;
    tally.note(course, &transfer).await
}

/// What happened beside plain copying.
#[derive(Debug, Default)]
struct Tally {
    adopted: u64,
    recovered: u64,
}

impl Tally {
    async fn note(self, course: &mut Course, transfer: &Transfer<'_>) -> Result<(), Stop> {
        let mut findings = Vec::new();
        let path = &transfer.source.path;
        if self.adopted > 0 {
            let detail = format!("{} messages were recognised by content and not copied again", self.adopted);
            findings.push(about_folder(path, Severity::Info, Cause::Adopted, detail));
        }
        let intended = transfer.plan.intended.values().flatten().count() as u64;
        if intended > 0 {
            let again = intended.saturating_sub(self.recovered);
            let detail = format!(
                "{intended} messages were on their way when a pass was interrupted: {} had arrived, {again} were sent again",
                self.recovered
            );
            findings.push(about_folder(path, Severity::Info, Cause::Recovered, detail));
        }
        course.note(findings).await?;
        Ok(())
    }
}

async fn store_all(
    course: &mut Course,
    target: &mut dyn Target,
    transfer: &mut Transfer<'_>,
    mut arrivals: mpsc::Receiver<Arrival>,
) -> Result<Tally, Stop> {
    let mut tally = Tally::default();
    while let Some(window) = gather(&mut arrivals).await {
        course.obey()?;
        store_window(course, target, transfer, window, &mut tally).await?;
    }
    Ok(tally)
}

/// Items that are stored together, and what of the byte budget they hold.
#[derive(Debug, Default)]
struct Window {
    items: Vec<Item>,
    failed: Vec<(ItemMeta, Cause, String)>,
    _held: Vec<Held>,
}

/// Waits for the first item, then takes what comes without holding the window back; none at the end.
async fn gather(arrivals: &mut mpsc::Receiver<Arrival>) -> Option<Window> {
    let mut window = Window::default();
    let mut bytes = 0;
    let mut next = arrivals.recv().await;
    next.as_ref()?;
    while let Some(arrival) = next {
        match arrival {
            Arrival::Item(item, held) => {
                bytes += item.body.len();
                window.items.push(item);
                window._held.push(held);
            }
            Arrival::Failed { item, cause, detail } => window.failed.push((item, cause, detail)),
        }
        if bytes >= WINDOW_BYTES || window.items.len() + window.failed.len() >= WINDOW_ITEMS {
            break;
        }
        next = timeout(GATHER, arrivals.recv()).await.unwrap_or_default();
    }
    Some(window)
}

async fn store_window(
    course: &mut Course,
    target: &mut dyn Target,
    transfer: &mut Transfer<'_>,
    window: Window,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let mut settled = Vec::new();
    let mut sending = Sending::default();
    for (meta, cause, detail) in window.failed {
        // What is gone from the source is not left out: there is nothing to leave out any more.
        if cause == Cause::Vanished {
            course.note(vec![about(&transfer.source.path, &meta, Severity::Info, cause, detail)]).await?;
        } else {
            course.leave_out(&transfer.source.path, &meta.id);
            settled.push(entry(&meta, None, EntryState::Skipped { cause, detail }));
        }
        course.meter.add(1, meta.size);
    }
    for mut item in window.items {
        let print = fingerprint(&item.body);
        if item.body.is_empty() {
            let detail = "the source delivered no byte of it".to_owned();
            course.leave_out(&transfer.source.path, &item.meta.id);
            settled.push(entry(&item.meta, Some(print), EntryState::Skipped { cause: Cause::Empty, detail }));
            continue;
        }
        let known = transfer.plan.intended.get(&item.meta.id);
        let intended = known.is_some();
        if let Some(uid) = transfer.adoptable.take(print, item.meta.received, intended) {
            match known {
                Some(Some(_)) => tally.recovered += 1,
                // Of a rebuilt folder, which is told of as a whole.
                Some(None) => {}
                None => tally.adopted += 1,
            }
            count_copied(course, &item.meta, !intended);
            let state = EntryState::Copied { target: Some(uid), adopted: !intended };
            settled.push(entry(&item.meta, Some(print), state));
            continue;
        }
        if item.meta.received.is_none() {
            item.meta.received = date_inside(&item.body);
        }
        sending.add(item, print);
    }
    // One commit: what was settled without sending, and what is about to be sent.
    settled.extend(sending.intents());
    if !settled.is_empty() {
        course.ledger.put_entries(transfer.id, &settled).await?;
    }
    if sending.items.is_empty() {
        return Ok(());
    }
    let stored = target.store(transfer.open, &sending.items).await;
    let (entries, findings) = sending.outcomes(course, transfer, stored.outcomes);
    course.ledger.put_entries(transfer.id, &entries).await?;
    course.note(findings).await?;
    match stored.error {
        None => Ok(()),
        Some(error) if error.cause == Cause::TargetFull => Err(full(target, error).await.into()),
        Some(error) => Err(error.into()),
    }
}

/// Items that are about to be sent, with what recognises them.
#[derive(Debug, Default)]
struct Sending {
    items: Vec<Item>,
    prints: HashMap<ItemId, (ItemMeta, Fingerprint)>,
}

impl Sending {
    fn add(&mut self, item: Item, print: Fingerprint) {
        self.prints.insert(item.meta.id.clone(), (item.meta.clone(), print));
        self.items.push(item);
    }

    fn intents(&self) -> impl Iterator<Item = Entry> {
        self.prints.values().map(|(meta, print)| entry(meta, Some(*print), EntryState::Intended))
    }

    fn outcomes(
        &self,
        course: &mut Course,
        transfer: &Transfer<'_>,
        outcomes: Vec<crate::target::StoreOutcome>,
    ) -> (Vec<Entry>, Vec<Finding>) {
        let mut entries = Vec::with_capacity(outcomes.len());
        let mut findings = Vec::new();
        for outcome in outcomes {
            let Some((meta, print)) = self.prints.get(&outcome.item) else { continue };
            let state = match outcome.result {
                StoreResult::Stored { target, repairs } => {
                    count_copied(course, meta, false);
                    let path = &transfer.source.path;
                    findings.extend(
                        repairs
                            .into_iter()
                            .map(|repair| about(path, meta, Severity::Warning, repair.cause, repair.detail)),
                    );
                    EntryState::Copied { target, adopted: false }
                }
                StoreResult::Refused { cause, detail } => {
                    course.leave_out(&transfer.source.path, &meta.id);
                    course.meter.add(1, meta.size);
                    EntryState::Skipped { cause, detail }
                }
            };
            entries.push(entry(meta, Some(*print), state));
        }
        (entries, findings)
    }
}

fn entry(meta: &ItemMeta, fingerprint: Option<Fingerprint>, state: EntryState) -> Entry {
    Entry { item: meta.id.clone(), size: meta.size, fingerprint, state }
}

fn count_copied(course: &mut Course, meta: &ItemMeta, adopted: bool) {
    course.counts.copied += 1;
    course.counts.copied_bytes += meta.size;
    course.counts.adopted += u64::from(adopted);
    course.meter.add(1, meta.size);
}

/// Adds how much room there is to the words of a full mailbox.
async fn full(target: &mut dyn Target, error: ConnectorError) -> ConnectorError {
    match target.room().await {
        Ok(Some(room)) => ConnectorError { detail: format!("{} ({room})", error.detail), ..error },
        Ok(None) | Err(_) => error,
    }
}
