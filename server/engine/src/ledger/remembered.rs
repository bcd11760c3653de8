//! A ledger that is not asked again for what this pass wrote into it: reading ten thousand entries back costs more than
//! comparing them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use shared::{check::Side, finding::Finding};
use tokio::sync::Mutex;

use super::{Entry, FolderId, FolderRecord, Ledger, LedgerError};
use crate::{
    baseline::Baseline,
    model::{Fingerprint, ItemId},
};

/// Entries that are kept at most. Of larger mailboxes the ledger is asked: memory is worth more there.
const MOST: usize = 20_000;

/// A ledger beside what is known of it. Every write goes to the ledger first; what it refuses is asked for anew.
#[derive(Clone)]
pub(crate) struct Remembered {
    ledger: Arc<dyn Ledger>,
    known: Arc<Mutex<Known>>,
}

/// What is known of the ledger.
#[derive(Debug, Default)]
struct Known {
    /// Folders the ledger had at the last look, or that were put into it since; none before the first look.
    folders: Option<HashSet<FolderId>>,
    /// Every entry of some folders.
    entries: HashMap<FolderId, HashMap<ItemId, Entry>>,
    /// How many these are; a folder without any counts for one.
    kept: usize,
}

impl Known {
    /// Keeps a folder's entries while there is room.
    fn keep(&mut self, folder: FolderId, entries: &[Entry]) {
        self.forget(folder);
        if self.kept + entries.len().max(1) <= MOST {
            let entries = entries.iter().map(|entry| (entry.item.clone(), entry.clone())).collect();
            self.kept += weight(&entries);
            self.entries.insert(folder, entries);
        }
    }

    fn forget(&mut self, folder: FolderId) {
        self.kept -= self.entries.remove(&folder).as_ref().map_or(0, weight);
    }

    fn forget_all(&mut self) {
        self.entries.clear();
        self.kept = 0;
    }

    fn put(&mut self, entries: &[(FolderId, Entry)]) {
        for (folder, entry) in entries {
            if let Some(kept) = self.entries.get_mut(folder) {
                self.kept -= weight(kept);
                kept.insert(entry.item.clone(), entry.clone());
                self.kept += weight(kept);
            }
        }
        if self.kept > MOST {
            self.forget_all();
        }
    }
}

fn weight(entries: &HashMap<ItemId, Entry>) -> usize {
    entries.len().max(1)
}

impl Remembered {
    pub(crate) fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger, known: Arc::default() }
    }
}

// The ledger is asked while what is known of it is held: nobody reads what is just being written.
#[async_trait]
impl Ledger for Remembered {
    async fn folders(&self) -> Result<Vec<(FolderId, FolderRecord)>, LedgerError> {
        let mut known = self.known.lock().await;
        let folders = self.ledger.folders().await?;
        known.folders = Some(folders.iter().map(|(id, _)| *id).collect());
        Ok(folders)
    }

    async fn put_folders(&self, folders: &[FolderRecord]) -> Result<Vec<FolderId>, LedgerError> {
        let mut known = self.known.lock().await;
        let ids = self.ledger.put_folders(folders).await?;
        for id in &ids {
            // What was not there a moment ago has nothing in it.
            if known.folders.as_mut().is_some_and(|folders| folders.insert(*id)) {
                known.keep(*id, &[]);
            }
        }
        Ok(ids)
    }

    async fn entries(&self, folder: FolderId) -> Result<Vec<Entry>, LedgerError> {
        let mut known = self.known.lock().await;
        if let Some(kept) = known.entries.get(&folder) {
            return Ok(kept.values().cloned().collect());
        }
        let entries = self.ledger.entries(folder).await?;
        known.keep(folder, &entries);
        Ok(entries)
    }

    async fn put_entries(&self, entries: &[(FolderId, Entry)]) -> Result<(), LedgerError> {
        let mut known = self.known.lock().await;
        // Who gives up waiting for the ledger, or hears that it failed, does not know what is in it.
        let (kept, count) = (std::mem::take(&mut known.entries), std::mem::take(&mut known.kept));
        self.ledger.put_entries(entries).await?;
        (known.entries, known.kept) = (kept, count);
        known.put(entries);
        Ok(())
    }

    async fn put_and_forget(
        &self,
        entries: &[(FolderId, Entry)],
        folder: FolderId,
        items: &[ItemId],
    ) -> Result<(), LedgerError> {
        let mut known = self.known.lock().await;
        known.forget_all();
        self.ledger.put_and_forget(entries, folder, items).await
    }

    async fn stayed(&self) -> Result<Vec<Fingerprint>, LedgerError> {
        self.ledger.stayed().await
    }

    async fn forget_entries(&self, folder: FolderId) -> Result<(), LedgerError> {
        let mut known = self.known.lock().await;
        known.forget(folder);
        self.ledger.forget_entries(folder).await
    }

    async fn forget_items(&self, folder: FolderId, items: &[ItemId]) -> Result<(), LedgerError> {
        let mut known = self.known.lock().await;
        known.forget(folder);
        self.ledger.forget_items(folder, items).await
    }

    async fn baselines(
        &self,
        side: Side,
        folders: &[FolderId],
    ) -> Result<Vec<Option<Baseline>>, LedgerError> {
        self.ledger.baselines(side, folders).await
    }

    async fn put_baselines(&self, baselines: &[(FolderId, Side, Baseline)]) -> Result<(), LedgerError> {
        self.ledger.put_baselines(baselines).await
    }

    async fn note(&self, findings: &[Finding]) -> Result<(), LedgerError> {
        self.ledger.note(findings).await
    }
}

#[cfg(test)]
mod tests;
