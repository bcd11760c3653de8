//! What a comparison needs to read of a folder, and what both listings and the ledger tell without reading.
//!
//! Messages never change under their ids (RFC 3501, section 2.3.1.1). What was compared once and stands on both sides
//! under the same ids need not be read again; whether it stands there is always asked afresh.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use shared::{cause::Cause, finding::Finding, project::VerifyDepth};

use crate::{
    ledger::{Compared, Entry, EntryState},
    matching::Seen,
    model::{Fingerprint, Inventory, ItemId, ItemMeta},
    validate::Reasons,
};

/// How a folder is compared.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Known on both sides without reading.
    pub source_known: Vec<Seen>,
    pub target_known: Vec<Seen>,
    /// To be read, by growing id.
    pub source_read: Vec<ItemMeta>,
    pub target_read: Vec<ItemMeta>,
    /// Something was refused before it had its turn alone: the next pass offers it again.
    pub undecided: bool,
    /// Why source items are not on the target, as far as the ledger knows.
    pub reasons: Reasons,
    /// What is known of items on the target only.
    pub told: Reasons,
    /// What the ledger knows of the content of source items, as they were read before.
    pub firsts: HashMap<ItemId, [u8; 16]>,
    /// Source items that need not be read and are read all the same, with what the ledger knows of their content: ids may
    /// have come to mean other items without a word (edge case 2).
    pub samples: Vec<(ItemId, Fingerprint)>,
}

/// Sorts what both sides list. `fresh`: everything is read, whatever was compared before.
pub(super) fn sort(
    depth: VerifyDepth,
    fresh: bool,
    before: Option<&Compared>,
    entries: Vec<Entry>,
    (here, there): (Inventory, Inventory),
    stored_under: Option<u32>,
    by_rule: impl Fn(&ItemMeta) -> Option<(Cause, String)>,
) -> Sorted {
    let before = before
        .filter(|before| before.source.validity == here.validity && before.target.validity == there.validity);
    let mut sorted = Sorted::default();
    // Ids the target told are good under the UIDVALIDITY it told them in.
    let ids_hold = stored_under == Some(there.validity);
    let mut links = Links::of(entries, before, (&here, &there), ids_hold, &mut sorted);
    let linked: HashSet<u32> = links.pairs.iter().map(|(_, to, _)| *to).collect();
    let untold = links.untold;
    // What was refused and stood there at the last comparison is known: a large one is not read at each pass.
    let refused = std::mem::take(&mut links.refused);
    let refused = |item: &ItemMeta| {
        let before =
            before.filter(|before| !fresh && uid(item).is_some_and(|uid| uid < before.source.next))?;
        Some((*refused.get(&item.id)?, message_id(before, &item.id)))
    };
    for item in here.items.iter().filter(|item| !links.on_its_way.contains(&item.id)) {
        if let (None, Some(reason)) = (sorted.reasons.get(&item.id), by_rule(item)) {
            sorted.reasons.insert(item.id.clone(), reason);
        }
    }
    let mut known = match fresh {
        true => HashMap::new(),
        false => links.known(depth, before, &here, &there),
    };
    // Where only headers are read there is nothing to hold against what the ledger knows.
    // Within one pass nothing had time to change its meaning.
    if depth != VerifyDepth::Headers && before.is_some() {
        sorted.samples = samples(&mut known, &here);
    }
    let partners: HashMap<u32, Fingerprint> = known.values().copied().collect();
    for item in here.items {
        let reason = sorted.reasons.get(&item.id).map(|(cause, _)| *cause);
        match uid(&item).and_then(|uid| known.get(&uid)) {
            Some((_, fingerprint)) => sorted.source_known.push(seen(item, *fingerprint)),
            // It stays behind because somebody wants it so: nothing is looked for.
            None if reason.is_some_and(|cause| cause.is_by_rule() || cause == Cause::MovedAtSource) => {
                let nothing = unlike(&item);
                sorted.source_known.push(seen(item, nothing));
            }
            None => match refused(&item) {
                Some((fingerprint, message_id)) => {
                    sorted.source_known.push(Seen { message_id, ..seen(item, fingerprint) });
                }
                None => sorted.source_read.push(item),
            },
        }
    }
    let nothing_to_match = sorted.source_read.is_empty() && !fresh;
    for item in there.items {
        let Some(number) = uid(&item) else { continue };
        let apart = !untold && !linked.contains(&number);
        let old = !fresh && apart && before.is_some_and(|before| number < before.target.next);
        match partners.get(&number) {
            Some(fingerprint) => sorted.target_known.push(seen(item, *fingerprint)),
            // It stood there alone at the last comparison, or there is nothing it could be.
            None if old || (nothing_to_match && depth == VerifyDepth::Listing) => {
                let alone = alone(number);
                sorted.target_known.push(seen(item, alone));
            }
            None => sorted.target_read.push(item),
        }
    }
    if sorted.target_read.is_empty() && depth == VerifyDepth::Listing && !fresh {
        for item in std::mem::take(&mut sorted.source_read) {
            let nothing = unlike(&item);
            sorted.source_known.push(seen(item, nothing));
        }
    }
    sorted
}

/// What the ledger knows: which item became which.
#[derive(Debug, Default)]
struct Links {
    /// Source to target, with what recognises the content.
    pairs: Vec<(u32, u32, Fingerprint)>,
    /// Whether items are on the target under ids nobody told.
    untold: bool,
    /// What was sent, or may have been: rules do not take it back.
    on_its_way: HashSet<ItemId>,
    /// What was read, and the target refused.
    refused: HashMap<ItemId, Fingerprint>,
}

impl Links {
    fn of(
        entries: Vec<Entry>,
        before: Option<&Compared>,
        (here, there): (&Inventory, &Inventory),
        ids_hold: bool,
        sorted: &mut Sorted,
    ) -> Self {
        let ids =
            |side: &Inventory| -> HashSet<ItemId> { side.items.iter().map(|item| item.id.clone()).collect() };
        let (present, arrived) = (ids(here), ids(there));
        let lost = |cause| matches!(cause, Cause::Missing | Cause::ConfirmedGone);
        let missing: BTreeSet<&str> = findings(before, lost).collect();
        let mut links = Self::default();
        for Entry { item, fingerprint, state, .. } in entries {
            match state {
                EntryState::Skipped { cause, detail } => {
                    match fingerprint.filter(|_| cause.stays()) {
                        Some(fingerprint) => _ = links.refused.insert(item.clone(), fingerprint),
                        None => sorted.undecided |= cause == Cause::Rejected,
                    }
                    sorted.reasons.insert(item, (cause, detail));
                }
                EntryState::Intended => _ = links.on_its_way.insert(item),
                EntryState::Copied { target, .. } => {
                    links.on_its_way.insert(item.clone());
                    let (ItemId::Uid(from), gone) = (&item, !present.contains(&item)) else { continue };
                    let from = *from;
                    links.untold |= target.is_none() && !gone;
                    if let Some(first) = fingerprint.filter(|_| !gone) {
                        sorted.firsts.insert(item.clone(), first.exact);
                    }
                    let absent = target.filter(|to| ids_hold && !arrived.contains(&ItemId::Uid(*to)));
                    let compared = |to: u32| {
                        before.is_some_and(|before| from < before.source.next && to < before.target.next)
                            && !missing.contains(item.to_string().as_str())
                    };
                    if let (Some(to), true) = (target, gone) {
                        let detail = "It is no longer in this folder on the source: deleted there, or moved.";
                        sorted.told.insert(ItemId::Uid(to), (Cause::DeletedAtSource, detail.to_owned()));
                    }
                    match absent {
                        None => {}
                        Some(to) if compared(to) => {
                            let detail =
                                "It was on the target when both sides were compared before.".to_owned();
                            sorted.reasons.insert(item, (Cause::RemovedOnTarget, detail));
                        }
                        Some(to) => {
                            let detail = format!(
                                "The target stored it under UID {to} and does not list that id any more."
                            );
                            sorted.reasons.insert(item, (Cause::ConfirmedGone, detail));
                        }
                    }
                    if let (Some(to), Some(fingerprint)) = (target, fingerprint) {
                        links.pairs.push((from, to, fingerprint));
                    }
                }
            }
        }
        let duplicates = findings(before, |cause| cause == Cause::Duplicate);
        for id in duplicates.filter_map(|id| id.parse::<ItemId>().ok()) {
            let detail = "Another message in the folder has this content too; the source has fewer of them.";
            sorted.told.entry(id).or_insert((Cause::Duplicate, detail.to_owned()));
        }
        links
    }

    /// Pairs that need not be read: source id to target id and content.
    fn known(
        self,
        depth: VerifyDepth,
        before: Option<&Compared>,
        here: &Inventory,
        there: &Inventory,
    ) -> HashMap<u32, (u32, Fingerprint)> {
        let sizes = |inventory: &Inventory| -> HashMap<u32, u64> {
            inventory.items.iter().filter_map(|item| Some((uid(item)?, item.size))).collect()
        };
        let (here, there) = (sizes(here), sizes(there));
        let altered: BTreeSet<&str> = findings(before, |cause| cause == Cause::BytesAltered).collect();
        // What a server writes anew at each reading was never compared byte for byte: it is looked at again.
        let anew = findings_of(before).any(|finding| finding.cause == Cause::ReadAnew);
        let deep_enough = before.filter(|before| reads(before.depth) >= reads(depth) && !anew);
        let mut known = HashMap::new();
        let mut used = HashSet::new();
        for (from, to, fingerprint) in self.pairs {
            let (Some(here), Some(there)) = (here.get(&from), there.get(&to)) else { continue };
            let compared =
                deep_enough.is_some_and(|before| from < before.source.next && to < before.target.next);
            let enough = match depth {
                VerifyDepth::Listing => compared || here == there,
                VerifyDepth::Content | VerifyDepth::Headers => compared,
            };
            if enough && !altered.contains(from.to_string().as_str()) && used.insert(to) {
                known.insert(from, (to, fingerprint));
            }
        }
        known
    }
}

/// Takes a few pairs out of what need not be read: the first, the last and some between, none of them large.
fn samples(known: &mut HashMap<u32, (u32, Fingerprint)>, here: &Inventory) -> Vec<(ItemId, Fingerprint)> {
    const MOST: usize = 4;
    const LARGEST: u64 = 256 * 1024;
    let small: Vec<u32> = here
        .items
        .iter()
        .filter(|item| item.size <= LARGEST)
        .filter_map(uid)
        .filter(|uid| known.contains_key(uid))
        .collect();
    let step = small.len().saturating_sub(1).max(1).div_ceil(MOST - 1);
    let picked = small.iter().step_by(step).chain(small.last());
    picked.filter_map(|uid| Some((ItemId::Uid(*uid), known.remove(uid)?.1))).collect()
}

/// How much a depth reads, to compare depths by.
const fn reads(depth: VerifyDepth) -> u8 {
    match depth {
        VerifyDepth::Listing => 0,
        VerifyDepth::Headers => 1,
        VerifyDepth::Content => 2,
    }
}

/// The ids of items that a comparison had a finding about.
fn findings(before: Option<&Compared>, of: impl Fn(Cause) -> bool) -> impl Iterator<Item = &str> {
    findings_of(before)
        .filter(move |finding| of(finding.cause))
        .filter_map(|finding| Some(finding.subject.item.as_ref()?.id.as_str()))
}

/// The Message-ID that a comparison told of an item the target had refused.
fn message_id(before: &Compared, item: &ItemId) -> Option<String> {
    let id = item.to_string();
    let refused = before.findings.iter().filter(|finding| finding.cause.stays());
    refused
        .filter_map(|finding| finding.subject.item.as_ref())
        .find(|label| label.id == id)?
        .message_id
        .clone()
}

fn findings_of(before: Option<&Compared>) -> impl Iterator<Item = &Finding> {
    before.into_iter().flat_map(|before| &before.findings)
}

fn uid(item: &ItemMeta) -> Option<u32> {
    match item.id {
        ItemId::Uid(uid) => Some(uid),
        ItemId::Opaque(_) => None,
    }
}

/// Stands for the content of an item that matches nothing: no digest of content is made of it.
fn alone(uid: u32) -> Fingerprint {
    let mut exact = [0; 16];
    exact[..4].copy_from_slice(&uid.to_be_bytes());
    Fingerprint { exact, loose: None }
}

/// The same for an item of the source: nothing on the target is like it.
fn unlike(item: &ItemMeta) -> Fingerprint {
    let Fingerprint { exact, loose } = alone(uid(item).unwrap_or(0));
    Fingerprint { exact: exact.map(|byte| !byte), loose }
}

fn seen(meta: ItemMeta, fingerprint: Fingerprint) -> Seen {
    Seen { meta, fingerprint, message_id: None, stable: None, anew: false }
}

/// Groups of folders that are compared together, bounded in items and bytes: a round trip for many, and progress kept.
pub(super) fn groups(sizes: &BTreeMap<usize, (u64, u64)>) -> Vec<Vec<usize>> {
    const ITEMS: u64 = 20_000;
    const BYTES: u64 = 512 * 1024 * 1024;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let (mut items, mut bytes) = (0, 0);
    for (at, (more_items, more_bytes)) in sizes {
        let full = items + more_items > ITEMS || bytes + more_bytes > BYTES;
        match groups.last_mut().filter(|_| !full) {
            Some(group) => group.push(*at),
            None => {
                groups.push(vec![*at]);
                (items, bytes) = (0, 0);
            }
        }
        (items, bytes) = (items + more_items, bytes + more_bytes);
    }
    groups
}
