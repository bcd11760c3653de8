//! What the source listed, kept for the comparison of the same pass: where the source proves that nothing changed since, it
//! need not list all of it once more.

use std::collections::BTreeMap;

use shared::{check::Side, folder::FolderPath, pass::PassKind};

use super::{list, suspects::Suspects};

use crate::{
    baseline::Baseline,
    error::ConnectorError,
    model::{Folder, Inventory},
    source::Source,
};

/// Items that are kept at most: of larger mailboxes all is listed once more, which costs no memory.
const MOST: usize = 20_000;

/// What the source listed in this pass.
#[derive(Debug, Default)]
pub(super) struct Kept {
    listed: BTreeMap<FolderPath, Inventory>,
    items: usize,
}

impl Kept {
    /// Keeps what a folder listed. What is to be looked at afresh is not kept, nor what told of something strange.
    pub(super) fn keep(&mut self, kind: PassKind, folder: &Folder, inventory: &Inventory) {
        let wanted = match kind {
            PassKind::Initial | PassKind::Delta => true,
            PassKind::DryRun | PassKind::Final | PassKind::Verify | PassKind::Probe => false,
        };
        let plain = inventory.findings.is_empty() && inventory.unmarked.is_empty();
        let replaced = self.listed.remove(&folder.path).map_or(0, |before| before.items.len());
        self.items -= replaced;
        let items = self.items + inventory.items.len();
        if wanted && plain && inventory.modseq.is_some() && items <= MOST {
            self.items = items;
            self.listed.insert(folder.path.clone(), inventory.clone());
        }
    }

    /// What stands in folders of the source now, in their order. The source is asked of each; what it proves unchanged by
    /// its number of changes (RFC 7162, section 3.1.2.1) is not listed again.
    pub(super) async fn inventories(
        &mut self,
        source: &mut dyn Source,
        suspects: &Suspects,
        folders: &[(&Folder, Option<&Baseline>)],
    ) -> Result<Vec<Result<Inventory, ConnectorError>>, ConnectorError> {
        let asked: Vec<&Folder> = folders
            .iter()
            .map(|(folder, _)| *folder)
            .filter(|it| self.listed.contains_key(&it.path))
            .collect();
        let mut now = source.opened(&asked).await?.into_iter();
        let mut unchanged: Vec<Option<Inventory>> = Vec::with_capacity(folders.len());
        for (folder, _) in folders {
            let listed = self.listed.remove(&folder.path);
            self.items -= listed.as_ref().map_or(0, |listed| listed.items.len());
            let now = if listed.is_some() { now.next().flatten() } else { None };
            let same = |listed: &Inventory| now.is_some_and(|now| now.proves_unchanged(&listed.standing()));
            unchanged.push(listed.filter(same));
        }
        let changed = folders.iter().zip(&unchanged).filter(|(_, unchanged)| unchanged.is_none());
        let changed: Vec<(&Folder, Option<&Baseline>)> = changed.map(|(folder, _)| *folder).collect();
        let whose = (Side::Source, suspects);
        let mut listed = list::inventories(source, whose, &changed, &|_| {}).await?.into_iter();
        Ok(unchanged
            .into_iter()
            .filter_map(|unchanged| unchanged.map(Ok).or_else(|| listed.next()))
            .collect())
    }
}
