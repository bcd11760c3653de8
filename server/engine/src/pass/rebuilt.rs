//! A folder whose ids mean other messages now: the ledger begins anew, and remembers by content what users removed on the
//! target.

use std::collections::{BTreeSet, HashMap};

use shared::{cause::Cause, check::Side};

use super::{copy::Hands, course::Course, stop::Stop, transfer::Lane};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState, FolderId},
    model::{Fingerprint, ItemId, ItemMeta},
    plan::{FolderPlan, is_mark, mark_of},
    target::OpenFolder,
};

/// Said of what is not brought back.
const DETAIL: &str = "It was copied and removed from the target before its folder on the source was rebuilt.";

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
    let marks = match side {
        Side::Source => removed(course, hands, id, open).await?,
        Side::Target => Vec::new(),
    };
    // Before the record: until that has the new validity, the next pass comes here again.
    if marks.is_empty() {
        course.ledger.forget_entries(id).await?;
    } else {
        // First what is to be remembered: after an interruption in between, the same is found once more.
        let known = marks.iter().map(|mark| (id, mark.clone())).collect::<Vec<_>>();
        course.ledger.put_entries(&known).await?;
        let entries = course.ledger.entries(id).await?.into_iter().map(|entry| entry.item);
        let old: Vec<ItemId> = entries.filter(|item| !is_mark(item)).collect();
        course.ledger.forget_items(id, &old).await?;
    }
    let intended = |item: &ItemMeta| Entry {
        item: item.id.clone(),
        size: item.size,
        fingerprint: None,
        state: EntryState::Intended,
        marks: Some(item.flags.clone()),
        deaths: 0,
    };
    let entries: Vec<(FolderId, Entry)> = plan.copy.iter().map(|item| (id, intended(item))).collect();
    course.ledger.put_entries(&entries).await?;
    plan.intended = entries.into_iter().map(|(_, entry)| (entry.item, None)).collect();
    plan.removed = marks.into_iter().filter_map(|mark| Some((mark.item, mark.fingerprint?))).collect();
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
    let there = hands.target.inventory(open, None).await.map_err(ConnectorError::anew)?;
    let there: BTreeSet<ItemId> = there.items.into_iter().map(|item| item.id).collect();
    let is_removed = |entry: &Entry| match &entry.state {
        EntryState::Copied { target, .. } => target.is_some_and(|uid| !there.contains(&ItemId::Uid(uid))),
        EntryState::Skipped { cause, .. } => *cause == Cause::RemovedOnTarget,
        EntryState::Intended => false,
    };
    let removed = entries.into_iter().filter(|entry| entry.fingerprint.is_some() && is_removed(entry));
    Ok(removed.map(mark).collect())
}

fn mark(entry: Entry) -> Entry {
    if is_mark(&entry.item) {
        return entry;
    }
    Entry { item: mark_of(&entry.item), state: left_out(), marks: None, deaths: 0, ..entry }
}

fn left_out() -> EntryState {
    EntryState::Skipped { cause: Cause::RemovedOnTarget, detail: DETAIL.to_owned() }
}

/// What users removed on the target of one folder, each to be taken once.
#[derive(Debug, Default)]
pub(super) struct Removed {
    by_print: HashMap<[u8; 16], Vec<ItemId>>,
    taken: Vec<ItemId>,
}

impl Removed {
    pub(super) fn new(lane: &Lane) -> Self {
        let mut removed = Self::default();
        for (mark, print) in &lane.plan.removed {
            removed.by_print.entry(print.exact).or_default().push(mark.clone());
        }
        removed
    }

    /// What becomes of an item that was on the target and was removed there; none when it was not. Only what stood on the
    /// source when the folder was rebuilt is asked about: what came later is another message, however alike.
    pub(super) fn take(&mut self, lane: &Lane, item: &ItemMeta, print: Fingerprint) -> Option<EntryState> {
        if !lane.plan.intended.contains_key(&item.id) {
            return None;
        }
        let mark = self.by_print.get_mut(&print.exact)?.pop()?;
        self.taken.push(mark);
        Some(left_out())
    }

    /// The marks of what was taken: forgotten as soon as its own entry is there, so that no twin is taken for it.
    pub(super) fn settled(&mut self) -> Vec<ItemId> {
        std::mem::take(&mut self.taken)
    }

    /// Those of what was not: it is no longer on the source either.
    pub(super) fn left(self) -> Vec<ItemId> {
        self.by_print.into_values().flatten().chain(self.taken).collect()
    }
}
