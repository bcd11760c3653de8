//! What a pass will do in one folder. Pure: nothing is left to decide when it runs.

use std::collections::{BTreeMap, BTreeSet};

use shared::cause::Cause;

use crate::{
    ledger::{Entry, EntryState},
    model::{Fingerprint, Flags, Inventory, ItemId, ItemMeta},
};

/// What a pass will do in one folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderPlan {
    /// Items on the source.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// To be copied, by growing id.
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
    /// What the source marks otherwise than when it was copied.
    pub remarked: Vec<Remarked>,
    /// What was copied and is no longer in the folder on the source.
    pub gone: Vec<Gone>,
}

/// An item whose marks changed on the source since they were carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remarked {
    /// The item as it is now.
    pub item: ItemMeta,
    /// Its id on the target.
    pub target: u32,
    /// Its marks when they were last carried.
    pub before: Flags,
    /// Recognises its content.
    pub fingerprint: Option<Fingerprint>,
    /// Whether it was found on the target rather than sent.
    pub adopted: bool,
}

/// An item that was copied and is no longer in its folder on the source: deleted there, or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Its id on the source.
    pub item: ItemId,
    /// Its bytes.
    pub size: u64,
    /// Recognises its content.
    pub fingerprint: Fingerprint,
    /// Its id on the target.
    pub target: u32,
}

impl FolderPlan {
    /// Takes out what is not to be tried.
    pub fn leave_out(&mut self, items: &BTreeSet<ItemId>) {
        self.copy.retain(|item| !items.contains(&item.id));
        self.skip.retain(|(item, ..)| !items.contains(&item.id));
        self.copy_bytes = self.copy.iter().map(|item| item.size).sum();
    }
}

/// Decides for every item of a folder. `limit`: the largest message the target takes, where it tells. `by_rule` tells why
/// the project leaves an item out; it is not asked about what is on the target already, or may be.
pub fn plan_folder(
    inventory: Inventory,
    entries: Vec<Entry>,
    limit: Option<u64>,
    by_rule: impl Fn(&ItemMeta) -> Option<(Cause, String)>,
) -> FolderPlan {
    let mut plan = FolderPlan::default();
    let mut known = Known::default();
    for entry in entries {
        known.add(entry, &mut plan);
    }
    for item in inventory.items {
        plan.items += 1;
        plan.bytes += item.size;
        if let Some(copied) = known.copied.remove(&item.id) {
            plan.done += 1;
            plan.remarked.extend(copied.remarked(item));
        } else if known.elsewhere.contains(&item.id) {
            plan.done += 1;
        } else if item.size == 0 {
            let detail = "the source lists it with a size of 0 bytes".to_owned();
            plan.skip.push((item, Cause::Empty, detail));
        } else if let Some((cause, detail)) =
            Some(&item).filter(|item| !known.intended.contains_key(&item.id)).and_then(&by_rule)
        {
            plan.skip.push((item, cause, detail));
        } else if let Some(limit) = limit.filter(|limit| item.size > *limit) {
            let detail = format!("{} bytes; the target takes at most {limit}", item.size);
            plan.skip.push((item, Cause::TooBig, detail));
        } else {
            // What vanished from the source meanwhile is not waited for on the target.
            if let Some(fingerprint) = known.intended.remove(&item.id) {
                plan.intended.insert(item.id.clone(), fingerprint);
            }
            plan.copy_bytes += item.size;
            plan.copy.push(item);
        }
    }
    plan.gone = known.copied.into_iter().filter_map(|(item, copied)| copied.gone(item)).collect();
    plan
}

/// What the ledger knows of a folder's items.
#[derive(Debug, Default)]
struct Known {
    copied: BTreeMap<ItemId, Copied>,
    intended: BTreeMap<ItemId, Option<Fingerprint>>,
    /// On the target, in the folder it was in before it moved on the source.
    elsewhere: BTreeSet<ItemId>,
}

#[derive(Debug)]
struct Copied {
    size: u64,
    target: Option<u32>,
    adopted: bool,
    fingerprint: Option<Fingerprint>,
    marks: Option<Flags>,
}

impl Known {
    fn add(&mut self, entry: Entry, plan: &mut FolderPlan) {
        let Entry { item, size, fingerprint, state, marks } = entry;
        match state {
            EntryState::Copied { target, adopted } => {
                match (target, fingerprint) {
                    (Some(uid), _) => _ = plan.known.insert(uid),
                    (None, Some(fingerprint)) => plan.anonymous.push(fingerprint),
                    (None, None) => {}
                }
                self.copied.insert(item, Copied { size, target, adopted, fingerprint, marks });
            }
            EntryState::Intended => _ = self.intended.insert(item, fingerprint),
            EntryState::Skipped { cause: Cause::MovedAtSource, .. } => _ = self.elsewhere.insert(item),
            // Tried again: the reason may be gone, a limit raised.
            EntryState::Skipped { .. } => {}
        }
    }
}

impl Copied {
    fn remarked(self, item: ItemMeta) -> Option<Remarked> {
        let Self { target, adopted, fingerprint, marks, size: _ } = self;
        let before = marks.filter(|before| *before != item.flags)?;
        Some(Remarked { item, target: target?, before, fingerprint, adopted })
    }

    fn gone(self, item: ItemId) -> Option<Gone> {
        Some(Gone { item, size: self.size, fingerprint: self.fingerprint?, target: self.target? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(sizes: &[(u32, u64)]) -> Inventory {
        let items = sizes.iter().map(|(uid, size)| ItemMeta {
            id: ItemId::Uid(*uid),
            size: *size,
            received: None,
            flags: Flags::default(),
        });
        Inventory { validity: 1, next: 100, items: items.collect(), ..Inventory::default() }
    }

    fn entry(uid: u32, state: EntryState) -> Entry {
        Entry { item: ItemId::Uid(uid), size: 1, fingerprint: None, state, marks: None }
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
        let plan = plan_folder(inventory(&[(1, 10), (2, 20), (3, 30), (4, 40)]), entries, None, |_| None);
        assert_eq!(ids(&plan.copy), ["2", "3", "4"]);
        assert_eq!((plan.done, plan.copy_bytes, plan.items, plan.bytes), (1, 90, 4, 100));
        assert!(plan.known.contains(&7) && plan.intended.contains_key(&ItemId::Uid(2)));
    }

    #[test]
    fn edge_021_a_message_without_a_byte_is_not_sent_but_named() {
        let plan = plan_folder(inventory(&[(1, 0), (2, 5)]), Vec::new(), None, |_| None);
        assert_eq!(ids(&plan.copy), ["2"]);
        assert_eq!(plan.skip[0].1, Cause::Empty);
    }

    #[test]
    fn edge_027_a_message_over_the_limit_the_target_tells_is_named_before_anything_is_sent() {
        let plan = plan_folder(inventory(&[(1, 101), (2, 100)]), Vec::new(), Some(100), |_| None);
        assert_eq!(ids(&plan.copy), ["2"]);
        assert_eq!(
            (plan.skip[0].1, plan.skip[0].2.as_str()),
            (Cause::TooBig, "101 bytes; the target takes at most 100")
        );
    }

    #[test]
    fn what_changed_on_the_source_since_it_was_copied_is_told_apart() {
        let print = crate::fingerprint::fingerprint(b"x");
        let copied = |uid, target, marks| Entry {
            fingerprint: Some(print),
            marks: Some(marks),
            ..entry(uid, EntryState::Copied { target: Some(target), adopted: false })
        };
        let seen = Flags { keywords: vec!["work".into()], ..Flags::default() };
        let elsewhere = EntryState::Skipped { cause: Cause::MovedAtSource, detail: String::new() };
        let entries = vec![
            copied(1, 11, Flags::default()),
            copied(2, 12, seen.clone()),
            copied(3, 13, seen.clone()),
            entry(4, elsewhere),
        ];
        let plan = plan_folder(inventory(&[(1, 10), (2, 10), (4, 10)]), entries, None, |_| None);
        assert_eq!((plan.done, plan.copy.len()), (3, 0));
        assert_eq!(plan.remarked.iter().map(|it| (it.target, &it.before)).collect::<Vec<_>>(), [(12, &seen)]);
        assert_eq!(plan.gone.iter().map(|gone| gone.target).collect::<Vec<_>>(), [13]);
    }
}
