//! What a pass will do in one folder. Pure: nothing is left to decide when it runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::cause::Cause;

use crate::{
    ledger::{Entry, EntryState, is_stand_in},
    memory::from_the_end,
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
    /// Refused by the target in an earlier pass, and still left out.
    pub refused: Vec<(ItemMeta, Cause, String)>,
    /// What of `copy` an earlier pass left without an answer: it may or may not be on the target. Without a
    /// fingerprint it is not known whether it was ever sent.
    pub intended: BTreeMap<ItemId, Option<Fingerprint>>,
    /// How what of `copy` was sent without an answer was marked when it was.
    pub sent_marks: BTreeMap<ItemId, Flags>,
    /// How often the process ended while items of `copy` were on their way.
    pub deaths: BTreeMap<ItemId, u8>,
    /// Ids on the target that are known to be ours.
    pub known: BTreeSet<u32>,
    /// Content that is on the target under an id nobody told us.
    pub anonymous: Vec<Fingerprint>,
    /// What the source marks otherwise than when it was copied.
    pub remarked: Vec<Remarked>,
    /// Content that users removed on the target before the source rebuilt the folder, by its stand-in in the ledger.
    pub removed: Vec<(ItemId, Fingerprint)>,
    /// What was copied and is no longer in the folder on the source, or belongs to another folder now.
    pub gone: Vec<Gone>,
    /// What moved here on the source, is still elsewhere on the target, and is marked otherwise since.
    pub stayed: Vec<Stayed>,
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

/// An item that moved on the source and stayed where it was on the target, and whose marks changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stayed {
    /// The item as it is now.
    pub item: ItemMeta,
    /// Recognises its content.
    pub fingerprint: Fingerprint,
    /// Its marks when they were last carried.
    pub before: Flags,
    /// Where it is, in words.
    pub detail: String,
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
    /// Its marks when they were last carried; none: nobody knows.
    pub marks: Option<Flags>,
}

impl FolderPlan {
    /// Takes out what is not to be tried.
    pub fn leave_out(&mut self, items: &BTreeSet<ItemId>) {
        self.copy.retain(|item| !items.contains(&item.id));
        for left_out in [&mut self.skip, &mut self.refused] {
            left_out.retain(|(item, ..)| !items.contains(&item.id));
        }
        self.copy_bytes = self.copy.iter().map(|item| item.size).sum();
    }
}

/// What the target takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Takes {
    /// The largest message, where it tells.
    pub limit: Option<u64>,
    /// The same when both sides were compared before.
    pub limit_before: Option<u64>,
    /// What it refused is offered once more.
    pub retry_refused: bool,
}

impl Takes {
    /// Whether its limit grew since the last comparison, and is as large as this.
    pub fn grew_to(&self, size: u64) -> bool {
        let grew = |limit: u64| self.limit_before.is_none_or(|before| limit > before);
        self.limit.is_some_and(|limit| size <= limit && grew(limit))
    }
}

/// Decides for every item of a folder. `by_rule` tells why the project leaves an item out; what is on the target already,
/// or may be, it does not take back.
pub fn plan_folder(
    inventory: Inventory,
    entries: Vec<Entry>,
    takes: Takes,
    by_rule: impl Fn(&ItemMeta) -> Option<(Cause, String)>,
) -> FolderPlan {
    let mut plan = FolderPlan::default();
    let copied = HashMap::with_capacity(entries.len());
    let mut known = Known { copied, ..Known::default() };
    for entry in from_the_end(entries) {
        known.add(entry, &mut plan);
    }
    for item in inventory.items {
        plan.items += 1;
        plan.bytes += item.size;
        if let Some(copied) = known.copied.remove(&item.id) {
            plan.done += 1;
            // It stays where it is, unless the folder it belongs to now wants it.
            if by_rule(&item).is_some_and(|(cause, _)| cause == Cause::OtherLabel) {
                plan.gone.extend(copied.clone().gone(item.id.clone()));
            }
            plan.remarked.extend(copied.remarked(item));
        } else if let Some(stay) = known.elsewhere.remove(&item.id) {
            plan.done += 1;
            plan.stayed.extend(stay.and_then(|stay| stay.remarked(item)));
        } else if item.size == 0 {
            let detail = "the source lists it with a size of 0 bytes".to_owned();
            plan.skip.push((item, Cause::Empty, detail));
        } else if let Some((cause, detail)) =
            Some(&item).filter(|item| !known.intended.contains_key(&item.id)).and_then(&by_rule)
        {
            plan.skip.push((item, cause, detail));
        } else if let Some(limit) = takes.limit.filter(|limit| item.size > *limit) {
            let detail = format!("{} bytes; the target takes at most {limit}", item.size);
            plan.skip.push((item, Cause::TooBig, detail));
        } else if let Some((cause, detail)) = known.refusal(&item, takes) {
            plan.refused.push((item, cause, detail));
        } else {
            // What vanished from the source meanwhile is not waited for on the target.
            if let Some(fingerprint) = known.intended.remove(&item.id) {
                plan.intended.insert(item.id.clone(), fingerprint);
            }
            if let Some(marks) = known.sent_marks.remove(&item.id) {
                plan.sent_marks.insert(item.id.clone(), marks);
            }
            if let Some(deaths) = known.deaths.remove(&item.id) {
                plan.deaths.insert(item.id.clone(), deaths);
            }
            plan.copy_bytes += item.size;
            plan.copy.push(item);
        }
    }
    if !plan.removed.is_empty() {
        // What could not be read since the folder was rebuilt may be what users removed: it is held against that once more.
        let again = plan.copy.iter().filter(|item| known.retried.contains(&item.id));
        let again: Vec<ItemId> = again.map(|item| item.id.clone()).collect();
        plan.intended.extend(again.into_iter().map(|item| (item, None)));
    }
    let gone = known.copied.into_iter().filter_map(|(item, copied)| copied.gone(item));
    plan.gone.extend(gone);
    plan.gone.sort_unstable_by(|a, b| a.item.cmp(&b.item));
    plan
}

/// What the ledger knows of a folder's items.
#[derive(Debug, Default)]
struct Known {
    /// In one piece, which goes back to the system as a whole: of a large folder there are a million.
    copied: HashMap<ItemId, Copied>,
    intended: BTreeMap<ItemId, Option<Fingerprint>>,
    sent_marks: BTreeMap<ItemId, Flags>,
    /// On the target in the folder it was in before it moved on the source, or removed from there by its user: then nothing
    /// more is known of it.
    elsewhere: BTreeMap<ItemId, Option<Stay>>,
    refused: BTreeMap<ItemId, Refused>,
    /// Could not be read, or not be sent, for a reason that may be gone.
    retried: BTreeSet<ItemId>,
    deaths: BTreeMap<ItemId, u8>,
}

#[derive(Debug)]
struct Refused {
    size: u64,
    cause: Cause,
    detail: String,
    /// It was read and offered: not left out for the limit the target told, or before it had its turn.
    offered: bool,
}

#[derive(Debug, Clone)]
struct Copied {
    size: u64,
    target: Option<u32>,
    adopted: bool,
    fingerprint: Option<Fingerprint>,
    marks: Option<Flags>,
}

impl Known {
    fn add(&mut self, entry: Entry, plan: &mut FolderPlan) {
        let Entry { item, size, fingerprint, state, marks, deaths } = entry;
        let deaths = match state {
            EntryState::Copied { .. } => 0,
            EntryState::Intended => deaths,
            // Whoever wants it to be tried again gives it one more chance.
            EntryState::Skipped { .. } => deaths.saturating_sub(1),
        };
        if deaths > 0 {
            self.deaths.insert(item.clone(), deaths);
        }
        match state {
            EntryState::Copied { target, adopted } => {
                match (target, fingerprint) {
                    (Some(uid), _) => _ = plan.known.insert(uid),
                    (None, Some(fingerprint)) => plan.anonymous.push(fingerprint),
                    (None, None) => {}
                }
                self.copied.insert(item, Copied { size, target, adopted, fingerprint, marks });
            }
            EntryState::Intended => {
                // Without a fingerprint it was never sent.
                let sent = marks.filter(|_| fingerprint.is_some());
                self.sent_marks.extend(sent.map(|marks| (item.clone(), marks)));
                self.intended.insert(item, fingerprint);
            }
            EntryState::Skipped { .. } if is_stand_in(&item) => {
                plan.removed.extend(fingerprint.map(|fingerprint| (item, fingerprint)));
            }
            EntryState::Skipped { cause: Cause::MovedAtSource, detail } => {
                _ = self.elsewhere.insert(item, Some(Stay { fingerprint, marks, detail }));
            }
            EntryState::Skipped { cause: Cause::RemovedOnTarget, .. } => {
                _ = self.elsewhere.insert(item, None);
            }
            EntryState::Skipped { cause, detail } if cause.stays() => {
                let offered = fingerprint.is_some();
                self.refused.insert(item, Refused { size, cause, detail, offered });
            }
            // Tried again: the reason may be gone.
            EntryState::Skipped { .. } => _ = self.retried.insert(item),
        }
    }

    /// Why an item is not offered once more.
    fn refusal(&mut self, item: &ItemMeta, takes: Takes) -> Option<(Cause, String)> {
        let Refused { size, cause, detail, offered } = self.refused.remove(&item.id)?;
        let fits_now = cause == Cause::TooBig && takes.grew_to(size);
        let stands = offered || cause == Cause::Empty;
        (stands && size == item.size && !takes.retry_refused && !fits_now).then_some((cause, detail))
    }
}

/// What stayed where it was on the target.
#[derive(Debug)]
struct Stay {
    fingerprint: Option<Fingerprint>,
    marks: Option<Flags>,
    detail: String,
}

impl Stay {
    fn remarked(self, item: ItemMeta) -> Option<Stayed> {
        let before = self.marks.filter(|before| *before != item.flags)?;
        Some(Stayed { item, fingerprint: self.fingerprint?, before, detail: self.detail })
    }
}

impl Copied {
    fn remarked(self, item: ItemMeta) -> Option<Remarked> {
        let Self { target, adopted, fingerprint, marks, size: _ } = self;
        let before = marks.filter(|before| *before != item.flags)?;
        Some(Remarked { item, target: target?, before, fingerprint, adopted })
    }

    fn gone(self, item: ItemId) -> Option<Gone> {
        let Self { size, target, fingerprint, marks, adopted: _ } = self;
        Some(Gone { item, size, fingerprint: fingerprint?, target: target?, marks })
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
        Entry { item: ItemId::Uid(uid), size: 1, fingerprint: None, state, marks: None, deaths: 0 }
    }

    fn up_to(limit: u64) -> Takes {
        Takes { limit: Some(limit), ..Takes::default() }
    }

    fn ids(items: &[ItemMeta]) -> Vec<String> {
        items.iter().map(|item| item.id.to_string()).collect()
    }

    #[test]
    fn what_is_copied_stays_and_what_was_skipped_or_unanswered_is_tried_again() {
        let skipped = EntryState::Skipped { cause: Cause::Unreadable, detail: String::new() };
        let entries = vec![
            entry(1, EntryState::Copied { target: Some(7), adopted: false }),
            entry(2, EntryState::Intended),
            entry(3, skipped),
        ];
        let plan =
            plan_folder(inventory(&[(1, 10), (2, 20), (3, 30), (4, 40)]), entries, Takes::default(), |_| {
                None
            });
        assert_eq!(ids(&plan.copy), ["2", "3", "4"]);
        assert_eq!((plan.done, plan.copy_bytes, plan.items, plan.bytes), (1, 90, 4, 100));
        assert!(plan.known.contains(&7) && plan.intended.contains_key(&ItemId::Uid(2)));
    }

    #[test]
    fn edge_021_a_message_without_a_byte_is_not_sent_but_named() {
        let plan = plan_folder(inventory(&[(1, 0), (2, 5)]), Vec::new(), Takes::default(), |_| None);
        assert_eq!(ids(&plan.copy), ["2"]);
        assert_eq!(plan.skip[0].1, Cause::Empty);
    }

    #[test]
    fn edge_027_a_message_over_the_limit_the_target_tells_is_named_before_anything_is_sent() {
        let plan = plan_folder(inventory(&[(1, 101), (2, 100)]), Vec::new(), up_to(100), |_| None);
        assert_eq!(ids(&plan.copy), ["2"]);
        assert_eq!(
            (plan.skip[0].1, plan.skip[0].2.as_str()),
            (Cause::TooBig, "101 bytes; the target takes at most 100")
        );
    }

    #[test]
    fn what_the_target_refused_stays_left_out_until_something_gives_reason_to_offer_it_again() {
        let refused = |uid, size, cause| Entry {
            fingerprint: Some(crate::fingerprint::fingerprint(b"x")),
            size,
            ..entry(uid, EntryState::Skipped { cause, detail: "NO".into() })
        };
        let offered = |takes| {
            let entries = vec![
                refused(1, 10, Cause::Rejected),
                refused(2, 200, Cause::TooBig),
                refused(3, 31, Cause::Rejected),
                Entry { fingerprint: None, ..refused(4, 150, Cause::TooBig) },
            ];
            let sizes = [(1, 10), (2, 200), (3, 30), (4, 150)];
            let plan = plan_folder(inventory(&sizes), entries, takes, |_| None);
            let refused: Vec<_> = plan.refused.iter().map(|(item, ..)| item.id.to_string()).collect();
            (ids(&plan.copy).join(" "), refused.join(" "), plan.skip.len())
        };
        let told = |before, now| Takes { limit: now, limit_before: before, retry_refused: false };
        // The third is another message than it was, the fourth was never offered.
        assert_eq!(offered(told(None, None)), ("3 4".into(), "1 2".into(), 0));
        assert_eq!(offered(told(Some(500), Some(500))), ("3 4".into(), "1 2".into(), 0));
        assert_eq!(offered(told(Some(100), Some(500))), ("2 3 4".into(), "1".into(), 0));
        assert_eq!(offered(told(Some(100), Some(160))), ("3 4".into(), "1".into(), 1));
        assert_eq!(offered(told(None, Some(100))), ("3".into(), "1".into(), 2));
        let again = Takes { retry_refused: true, ..Takes::default() };
        assert_eq!(offered(again), ("1 2 3 4".into(), String::new(), 0));
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
        let plan = plan_folder(inventory(&[(1, 10), (2, 10), (4, 10)]), entries, Takes::default(), |_| None);
        assert_eq!((plan.done, plan.copy.len()), (3, 0));
        assert_eq!(plan.remarked.iter().map(|it| (it.target, &it.before)).collect::<Vec<_>>(), [(12, &seen)]);
        assert_eq!(plan.gone.iter().map(|gone| gone.target).collect::<Vec<_>>(), [13]);
    }
}
