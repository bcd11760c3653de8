//! What a pass will do in one folder. Pure: nothing is left to decide when it runs.

use std::collections::{BTreeMap, BTreeSet};

use shared::cause::Cause;

use crate::{
    ledger::{Entry, EntryState},
    model::{Fingerprint, Inventory, ItemId, ItemMeta},
};

/// What a pass will do in one folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderPlan {
    /// Items on the source.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// To be copied, by growing id: the order they keep on the target.
    pub copy: Vec<ItemMeta>,
    /// Their bytes.
    pub copy_bytes: u64,
    /// Copied by an earlier pass.
    pub done: u64,
    /// To be left out.
    pub skip: Vec<(ItemMeta, Cause, String)>,
    /// What of `copy` an earlier pass left without an answer: it may or may not be on the target. Without a
    /// fingerprint it is not known whether it was ever sent.
    pub intended: BTreeMap<ItemId, Option<Fingerprint>>,
    /// Ids on the target that are known to be ours.
    pub known: BTreeSet<u32>,
    /// Content that is on the target under an id nobody told us.
    pub anonymous: Vec<Fingerprint>,
}

impl FolderPlan {
    /// Takes out what is not to be tried.
    pub fn leave_out(&mut self, items: &BTreeSet<ItemId>) {
        self.copy.retain(|item| !items.contains(&item.id));
        self.skip.retain(|(item, ..)| !items.contains(&item.id));
        self.copy_bytes = self.copy.iter().map(|item| item.size).sum();
    }
}

/// Decides for every item of a folder. `limit`: the largest message the target takes, where it tells.
pub fn plan_folder(inventory: Inventory, entries: Vec<Entry>, limit: Option<u64>) -> FolderPlan {
    let mut plan = FolderPlan::default();
    let mut done = BTreeSet::new();
    let mut intended = BTreeMap::new();
    for entry in entries {
        match entry.state {
            EntryState::Copied { target, adopted: _ } => {
                match (target, entry.fingerprint) {
                    (Some(uid), _) => _ = plan.known.insert(uid),
                    (None, Some(fingerprint)) => plan.anonymous.push(fingerprint),
                    (None, None) => {}
                }
                done.insert(entry.item);
            }
            EntryState::Intended => _ = intended.insert(entry.item, entry.fingerprint),
            // Tried again: the reason may be gone, a limit raised.
            EntryState::Skipped { .. } => {}
        }
    }
    for item in inventory.items {
        plan.items += 1;
        plan.bytes += item.size;
        if done.contains(&item.id) {
            plan.done += 1;
        } else if item.size == 0 {
            let detail = "the source lists it with a size of 0 bytes".to_owned();
            plan.skip.push((item, Cause::Empty, detail));
        } else if let Some(limit) = limit.filter(|limit| item.size > *limit) {
            let detail = format!("{} bytes; the target takes at most {limit}", item.size);
            plan.skip.push((item, Cause::TooBig, detail));
        } else {
            // What vanished from the source meanwhile is not waited for on the target.
            if let Some(fingerprint) = intended.remove(&item.id) {
                plan.intended.insert(item.id.clone(), fingerprint);
            }
            plan.copy_bytes += item.size;
            plan.copy.push(item);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flags;

    fn inventory(sizes: &[(u32, u64)]) -> Inventory {
        let items = sizes.iter().map(|(uid, size)| ItemMeta {
            id: ItemId::Uid(*uid),
            size: *size,
            received: None,
            flags: Flags::default(),
        });
        Inventory { validity: 1, next: 100, items: items.collect() }
    }

    fn entry(uid: u32, state: EntryState) -> Entry {
        Entry { item: ItemId::Uid(uid), size: 1, fingerprint: None, state }
    }

    fn ids(items: &[ItemMeta]) -> Vec<String> {
        items.iter().map(|item| item.id.to_string()).collect()
    }

    #[test]
    fn what_is_copied_stays_and_what_was_skipped_or_unanswered_is_tried_again() {
        let skipped = EntryState::Skipped { cause: Cause::TooBig, detail: String::new() };
        let entries = vec![
            entry(1, EntryState::Copied { target: Some(7), adopted: false }),
            entry(2, EntryState::Intended),
            entry(3, skipped),
        ];
        let plan = plan_folder(inventory(&[(1, 10), (2, 20), (3, 30), (4, 40)]), entries, None);
        assert_eq!(ids(&plan.copy), ["2", "3", "4"]);
        assert_eq!((plan.done, plan.copy_bytes, plan.items, plan.bytes), (1, 90, 4, 100));
        assert!(plan.known.contains(&7) && plan.intended.contains_key(&ItemId::Uid(2)));
    }

    #[test]
    fn edge_021_a_message_without_a_byte_is_not_sent_but_named() {
        let plan = plan_folder(inventory(&[(1, 0), (2, 5)]), Vec::new(), None);
        assert_eq!(ids(&plan.copy), ["2"]);
        assert_eq!(plan.skip[0].1, Cause::Empty);
    }

    #[test]
    fn edge_027_a_message_over_the_limit_the_target_tells_is_named_before_anything_is_sent() {
        let plan = plan_folder(inventory(&[(1, 101), (2, 100)]), Vec::new(), Some(100));
        assert_eq!(ids(&plan.copy), ["2"]);
        assert_eq!(
            (plan.skip[0].1, plan.skip[0].2.as_str()),
            (Cause::TooBig, "101 bytes; the target takes at most 100")
        );
    }
}
