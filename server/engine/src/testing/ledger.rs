//! A ledger in memory, with a fuse: it fails, or the process dies, before or after any of its writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use shared::{cause::Cause, check::Side, finding::Finding};
use tokio::sync::Notify;

use crate::{
    baseline::Baseline,
    ledger::{Entry, EntryState, FolderId, FolderRecord, Ledger, LedgerError},
    model::{Fingerprint, ItemId},
};

/// When the ledger breaks, counted in writes from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fuse {
    pub write: usize,
    pub when: When,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing was written.
    Before,
    /// It was written, and nobody was told.
    After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// The database says so.
    Fails,
    /// The process dies: [`MemoryLedger::died`] tells, and whoever waits for the ledger waits for ever.
    Dies,
    /// Another process has the job now.
    LosesLease,
    /// There is a fault in our own code.
    Panics,
}

/// A ledger in memory. What is in it is durable: it survives the pass.
#[derive(Debug, Default)]
pub(crate) struct MemoryLedger {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Debug, Default)]
struct State {
    folders: BTreeMap<FolderId, FolderRecord>,
    entries: BTreeMap<FolderId, BTreeMap<ItemId, Entry>>,
    /// As they are stored.
    baselines: BTreeMap<(FolderId, Side), Vec<u8>>,
    findings: Vec<Finding>,
    writes: usize,
    fuse: Option<Fuse>,
    /// Passes so far, and those that never came to an end.
    passes: u32,
    dead: BTreeSet<u32>,
    /// Which pass wrote an intent.
    sent_by: BTreeMap<(FolderId, ItemId), u32>,
}

impl State {
    fn put_entry(&mut self, folder: FolderId, entry: &Entry) {
        let key = (folder, entry.item.clone());
        match (&entry.state, entry.fingerprint) {
            (EntryState::Intended, Some(_)) => _ = self.sent_by.insert(key, self.passes),
            _ => _ = self.sent_by.remove(&key),
        }
        self.entries.entry(folder).or_default().insert(entry.item.clone(), entry.clone());
    }

    fn forget_items(&mut self, folder: FolderId, items: &[ItemId]) {
        if let Some(entries) = self.entries.get_mut(&folder) {
            entries.retain(|item, _| !items.contains(item));
        }
    }

    fn entry(&self, folder: FolderId, entry: &Entry) -> Entry {
        let by = self.sent_by.get(&(folder, entry.item.clone()));
        let died = by.is_some_and(|pass| *pass != self.passes && self.dead.contains(pass));
        Entry { deaths: entry.deaths + u8::from(died), ..entry.clone() }
    }

    fn put_folder(&mut self, folder: &FolderRecord) -> FolderId {
        let known = self.folders.iter().find(|(_, record)| record.source == folder.source).map(|(id, _)| *id);
        let id = known.unwrap_or(FolderId(i64::try_from(self.folders.len()).expect("few folders") + 1));
        self.folders.insert(id, folder.clone());
        id
    }
}

impl MemoryLedger {
    /// Sets the fuse; the count of writes begins anew.
    pub(crate) fn light(&self, fuse: Fuse) {
        let mut state = self.state();
        state.writes = 0;
        state.fuse = Some(fuse);
    }

    /// Takes the fuse out.
    pub(crate) fn mend(&self) {
        self.state().fuse = None;
    }

    /// Writes so far.
    pub(crate) fn writes(&self) -> usize {
        self.state().writes
    }

    /// Whether the fuse is still to blow.
    pub(crate) fn lit(&self) -> bool {
        self.state().fuse.is_some()
    }

    /// A pass begins; for the next one it is dead unless it ended.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        state.passes += 1;
        let pass = state.passes;
        state.dead.insert(pass);
    }

    /// The running pass ended.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        let pass = state.passes;
        state.dead.remove(&pass);
    }

    /// Resolves when the process is to die.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// Every folder with its entries.
    pub(crate) fn all(&self) -> Vec<(FolderRecord, Vec<Entry>)> {
        let state = self.state();
        let entries = |id| state.entries.get(id).into_iter().flat_map(BTreeMap::values).cloned().collect();
        state.folders.iter().map(|(id, record)| (record.clone(), entries(id))).collect()
    }

    /// Everything that was noted.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.state().findings.clone()
    }

    /// Changes every baseline, as it is stored; tells how many there are.
    pub(crate) fn change_baselines(&self, change: impl Fn(&mut Vec<u8>)) -> usize {
        let mut state = self.state();
        state.baselines.values_mut().for_each(change);
        state.baselines.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test fails while it holds the ledger")
    }

    /// One write: a transaction that the fuse may precede or follow.
    async fn write<T>(&self, apply: impl FnOnce(&mut State) -> T + Send) -> Result<T, LedgerError> {
        let (written, blown) = {
            let mut state = self.state();
            state.writes += 1;
            let writes = state.writes;
            let blown = state.fuse.take_if(|fuse| fuse.write == writes);
            let before = blown.is_some_and(|fuse| fuse.when == When::Before);
            ((!before).then(|| apply(&mut state)), blown)
        };
        match (written, blown.map(|fuse| fuse.how)) {
            (Some(written), None) => Ok(written),
            (_, Some(How::Panics)) => panic!("a fault of ours"),
            (_, Some(How::LosesLease)) => Err(LedgerError::LeaseLost),
            (_, Some(How::Fails)) | (None, None) => Err(LedgerError::Database("the fuse is blown".into())),
            (_, Some(How::Dies)) => {
                self.died.notify_one();
                std::future::pending().await
            }
        }
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn folders(&self) -> Result<Vec<(FolderId, FolderRecord)>, LedgerError> {
        Ok(self.state().folders.iter().map(|(id, record)| (*id, record.clone())).collect())
    }

    async fn put_folders(&self, folders: &[FolderRecord]) -> Result<Vec<FolderId>, LedgerError> {
        self.write(|state| folders.iter().map(|folder| state.put_folder(folder)).collect()).await
    }

    async fn entries(&self, folder: FolderId) -> Result<Vec<Entry>, LedgerError> {
        let state = self.state();
        let entries = state.entries.get(&folder).into_iter().flat_map(BTreeMap::values);
        Ok(entries.map(|entry| state.entry(folder, entry)).collect())
    }

    async fn put_entries(&self, entries: &[(FolderId, Entry)]) -> Result<(), LedgerError> {
        self.write(|state| {
            entries.iter().for_each(|(folder, entry)| state.put_entry(*folder, entry));
        })
        .await
    }

    async fn put_and_forget(
        &self,
        entries: &[(FolderId, Entry)],
        folder: FolderId,
        items: &[ItemId],
    ) -> Result<(), LedgerError> {
        self.write(|state| {
            entries.iter().for_each(|(folder, entry)| state.put_entry(*folder, entry));
            state.forget_items(folder, items);
        })
        .await
    }

    async fn stayed(&self) -> Result<Vec<Fingerprint>, LedgerError> {
        let state = self.state();
        let stayed = |entry: &&Entry| match &entry.state {
            EntryState::Skipped { cause, .. } => *cause == Cause::MovedAtSource,
            EntryState::Intended | EntryState::Copied { .. } => false,
        };
        let entries = state.entries.values().flat_map(BTreeMap::values).filter(stayed);
        Ok(entries.filter_map(|entry| entry.fingerprint).collect())
    }

    async fn forget_entries(&self, folder: FolderId) -> Result<(), LedgerError> {
        self.write(|state| _ = state.entries.remove(&folder)).await
    }

    async fn forget_items(&self, folder: FolderId, items: &[ItemId]) -> Result<(), LedgerError> {
        self.write(|state| state.forget_items(folder, items)).await
    }

    async fn baselines(
        &self,
        side: Side,
        folders: &[FolderId],
    ) -> Result<Vec<Option<Baseline>>, LedgerError> {
        let state = self.state();
        let kept = |id: &FolderId| Baseline::from_bytes(state.baselines.get(&(*id, side))?.clone());
        Ok(folders.iter().map(kept).collect())
    }

    async fn put_baselines(&self, baselines: &[(FolderId, Side, Baseline)]) -> Result<(), LedgerError> {
        self.write(|state| {
            let kept = |(id, side, baseline): &(FolderId, Side, Baseline)| {
                ((*id, *side), baseline.as_bytes().to_vec())
            };
            state.baselines.extend(baselines.iter().map(kept));
        })
        .await
    }

    async fn note(&self, findings: &[Finding]) -> Result<(), LedgerError> {
        self.write(|state| state.findings.extend_from_slice(findings)).await
    }
}
