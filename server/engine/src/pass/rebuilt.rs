//! A folder whose ids mean other messages now: the ledger begins anew, and remembers by content what users removed on the
//! target.

use std::collections::{BTreeSet, HashMap};

use shared::{cause::Cause, check::Side};

use super::{copy::Hands, course::Course, record, stop::Stop, transfer::Lane};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState, FolderId, is_stand_in, stand_in_of},
    model::{Fingerprint, ItemId, ItemMeta},
    plan::FolderPlan,
    target::OpenFolder,
};

/// Said of what is not brought back.
const DETAIL: &str = "It was copied and removed from the target before its folder on the source was rebuilt.";

/// How often a folder is listed that lists fewer messages than it counts: users may remove some meanwhile.
const LISTINGS: usize = 3;

/// Forgets a folder's entries; every item of its plan is looked for by content before it is sent. `side` is the one that
/// rebuilt the folder: where that is the source, what users removed on the target is still known.
pub(super) async fn begin_anew(
    course: &mut Course,
    hands: &mut Hands<'_>,
    id: FolderId,
    open: &OpenFolder,
    plan: &mut FolderPlan,
    side: Side,
) -> Result<(), Stop> {
    let stand_ins = match side {
        Side::Source => removed(course, hands, id, open).await?,
        Side::Target => Vec::new(),
    };
    // Before the record: until that has the new validity, the next pass comes here again.
    if stand_ins.is_empty() {
        course.ledger.forget_entries(id).await?;
    } else {
        let known = stand_ins.iter().map(|entry| (id, entry.clone())).collect::<Vec<_>>();
        let entries = course.ledger.entries(id).await?.into_iter().map(|entry| entry.item);
        let old: Vec<ItemId> = entries.filter(|item| !is_stand_in(item)).collect();
        course.ledger.put_and_forget(&known, id, &old).await?;
    }
    let intended = |item: &ItemMeta| record::entry(item, None, EntryState::Intended);
    let entries: Vec<(FolderId, Entry)> = plan.copy.iter().map(|item| (id, intended(item))).collect();
    course.ledger.put_entries(&entries).await?;
    plan.intended = entries.into_iter().map(|(_, entry)| (entry.item, None)).collect();
    plan.removed = stand_ins.into_iter().filter_map(|entry| Some((entry.item, entry.fingerprint?))).collect();
    Ok(())
}

/// What the ledger knows to have been copied, and is no longer in the target's folder.
async fn removed(
    course: &mut Course,
    hands: &mut Hands<'_>,
    id: FolderId,
    open: &OpenFolder,
) -> Result<Vec<Entry>, Stop> {
    let entries = course.ledger.entries(id).await?;
    let mut there = hands.target.inventory(open, None).await.map_err(ConnectorError::anew)?;
    for _ in 1..LISTINGS {
        if there.lists_all() {
            break;
        }
        there = hands.target.inventory(open, None).await.map_err(ConnectorError::anew)?;
    }
    // What a listing leaves out is not known to be gone.
    let lists_all = there.lists_all();
    let there: BTreeSet<ItemId> = there.items.into_iter().map(|item| item.id).collect();
    let is_removed = |entry: &Entry| match &entry.state {
        EntryState::Copied { target, .. } => {
            lists_all && target.is_some_and(|uid| !there.contains(&ItemId::Uid(uid)))
        }
        EntryState::Skipped { cause, .. } => *cause == Cause::RemovedOnTarget,
        EntryState::Intended => false,
    };
    Ok(entries.into_iter().filter(is_removed).filter_map(stand_in).collect())
}

/// What stands for an entry from now on; none without what recognises its content.
fn stand_in(entry: Entry) -> Option<Entry> {
    if is_stand_in(&entry.item) {
        return Some(entry);
    }
    let item = stand_in_of(&entry.item, entry.fingerprint?);
    Some(Entry { item, state: left_out(), marks: None, deaths: 0, ..entry })
}

fn left_out() -> EntryState {
    EntryState::Skipped { cause: Cause::RemovedOnTarget, detail: DETAIL.to_owned() }
}

/// What users removed on the target of one folder, each to be taken once.
#[derive(Debug, Default)]
pub(super) struct Removed {
    by_print: HashMap<[u8; 16], Vec<ItemId>>,
    taken: Vec<ItemId>,
    /// Something could not be read in this pass, and may be one of them.
    waits: bool,
}

impl Removed {
    pub(super) fn new(lane: &Lane) -> Self {
        let mut removed = Self::default();
        for (stand_in, print) in &lane.plan.removed {
            removed.by_print.entry(print.exact).or_default().push(stand_in.clone());
        }
        removed
    }

    /// What becomes of an item that was on the target and was removed there; none when it was not. Only what stood on the
    /// source when the folder was rebuilt is asked about: what came later is another message, however alike.
    pub(super) fn take(&mut self, lane: &Lane, item: &ItemMeta, print: Fingerprint) -> Option<EntryState> {
        if !lane.plan.intended.contains_key(&item.id) {
            return None;
        }
        let stand_in = self.by_print.get_mut(&print.exact)?.pop()?;
        self.taken.push(stand_in);
        Some(left_out())
    }

    /// The stand-ins of what was taken: forgotten as soon as its own entry is there, so that no twin is taken for it.
    pub(super) fn settled(&mut self) -> Vec<ItemId> {
        std::mem::take(&mut self.taken)
    }

    /// Something could not be read: what was not taken is kept for the next pass.
    pub(super) const fn wait(&mut self) {
        self.waits = true;
    }

    /// Those of what was not, when everything was looked at: it is no longer on the source either.
    pub(super) fn left(self) -> Vec<ItemId> {
        if self.waits {
            return Vec::new();
        }
        self.by_print.into_values().flatten().chain(self.taken).collect()
    }
}
