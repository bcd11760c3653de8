//! What a comparison needs to read of a folder, and what both listings and the ledger tell without reading.
//!
//! Messages never change under their ids (RFC 3501, section 2.3.1.1). What was compared once and stands on both sides
//! under the same ids need not be read again; whether it stands there is always asked afresh.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use shared::{cause::Cause, finding::Finding, project::VerifyDepth};

use super::lost::{Lost, forgotten};
use crate::{
    ledger::{Compared, Entry, EntryState},
    matching::Seen,
    memory::from_the_end,
    model::{Fingerprint, Inventory, ItemId, ItemMeta},
    validate::{Reasons, Settled},
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
    /// Pairs that are the same in everything.
    pub settled: Settled,
    /// Something was refused before it had its turn alone: the next pass offers it again.
    pub undecided: bool,
    /// Why source items are not on the target, as far as the ledger knows.
    pub reasons: Reasons,
    /// What the target confirmed and does not list.
    pub lost: Vec<Lost>,
    /// What is known of items on the target only.
    pub told: Reasons,
    /// What the ledger knows of source items that were copied, by growing id.
    pub links: Vec<Link>,
    /// Source items that need not be read and are read all the same, with what the ledger knows of their content: ids may
    /// have come to mean other items without a word (edge case 2).
    pub samples: Vec<(ItemId, Fingerprint)>,
}

/// What the ledger knows of a source item that was copied. There is one for each: a million of them must not take much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// The item.
    pub from: u32,
    /// What it became.
    pub to: Option<u32>,
    /// Recognises its content, as it was read first.
    pub fingerprint: Fingerprint,
    /// Need not be read on either side.
    known: bool,
    settled: bool,
}

impl Sorted {
    /// What the ledger knows of an item that was copied.
    pub(super) fn link(&self, item: &ItemId) -> Option<&Link> {
        link_of(&self.links, item).map(|at| &self.links[at])
    }
}

fn link_of(links: &[Link], item: &ItemId) -> Option<usize> {
    let uid = number(item)?;
    links.binary_search_by_key(&uid, |link| link.from).ok()
}

/// Whether two items are the same in all that a listing shows: nothing could be said of them.
pub(super) fn alike(here: &ItemMeta, there: &ItemMeta) -> bool {
    let moment = |item: &ItemMeta| item.received.map(|received| received.seconds);
    here.size == there.size && moment(here) == moment(there) && here.flags == there.flags
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
    let told = Told::of(entries, before, (&here, &there), ids_hold, &mut sorted);
    let untold = told.untold;
    let message_ids = message_ids(before);
    // What was refused and stood there at the last comparison is known: a large one is not read at each pass.
    let refused = |item: &ItemMeta| {
        before.filter(|before| !fresh && uid(item).is_some_and(|uid| uid < before.source.next))?;
        let fingerprint = *told.refused.get(&item.id)?;
        Some((fingerprint, message_ids.get(item.id.to_string().as_str()).map(|id| (*id).to_owned())))
    };
    for item in here.items.iter().filter(|item| told.on_its_way.binary_search(&item.id).is_err()) {
        if let (None, Some(reason)) = (sorted.reasons.get(&item.id), by_rule(item)) {
            sorted.reasons.insert(item.id.clone(), reason);
        }
    }
    let mut links = std::mem::take(&mut sorted.links);
    if !fresh {
        // A target that was put back may have given an id to another message since.
        let put_back = |before: &&Compared| there.next > 0 && there.next < before.target.next;
        know(&mut links, depth, before.filter(|before| !put_back(before)), (&here, &there));
    }
    // Where only headers are read there is nothing to hold against what the ledger knows.
    // Within one pass nothing had time to change its meaning.
    if depth != VerifyDepth::Headers && before.is_some() {
        sorted.samples = samples(&mut links, &here);
    }
    // Filtered in place: there is one for each item.
    let Sorted { source_known, target_known, reasons, settled, .. } = &mut sorted;
    let source_read = here.items.into_iter().filter_map(|item| {
        let reason = reasons.get(&item.id).map(|(cause, _)| *cause);
        match link_of(&links, &item.id).map(|at| &mut links[at]).filter(|link| link.known) {
            Some(link) => {
                let copy = link.to.and_then(|to| find(&there.items, to));
                if reason.is_none() && copy.is_some_and(|copy| alike(&item, copy)) {
                    link.settled = true;
                    settled.add(item.size, link.fingerprint);
                } else {
                    source_known.push(seen(item, link.fingerprint));
                }
                None
            }
            // It stays behind because somebody wants it so: nothing is looked for.
            None if reason.is_some_and(|cause| cause.is_by_rule() || cause == Cause::MovedAtSource) => {
                let nothing = unlike(&item);
                source_known.push(seen(item, nothing));
                None
            }
            None => match refused(&item) {
                Some((fingerprint, message_id)) => {
                    source_known.push(Seen { message_id, ..seen(item, fingerprint) });
                    None
                }
                None => Some(item),
            },
        }
    });
    let mut source_read: Vec<ItemMeta> = source_read.collect();
    let nothing_to_match = source_read.is_empty() && !fresh;
    let partners = Partners::of(&links);
    let target_read = there.items.into_iter().filter_map(|item| {
        let number = uid(&item)?;
        let link = partners.of_target(number).map(|at| &links[at]);
        let apart = !untold && link.is_none();
        let old = !fresh && apart && before.is_some_and(|before| number < before.target.next);
        match link.filter(|link| link.known) {
            Some(link) if link.settled => None,
            Some(link) => {
                target_known.push(seen(item, link.fingerprint));
                None
            }
            // It stood there alone at the last comparison, or there is nothing it could be.
            None if old || (nothing_to_match && depth == VerifyDepth::Listing) => {
                target_known.push(seen(item, alone(number)));
                None
            }
            None => Some(item),
        }
    });
    let target_read: Vec<ItemMeta> = target_read.collect();
    if target_read.is_empty() && depth == VerifyDepth::Listing && !fresh {
        for item in std::mem::take(&mut source_read) {
            let nothing = unlike(&item);
            source_known.push(seen(item, nothing));
        }
    }
    Sorted { source_read, target_read, links, ..sorted }
}

/// What the ledger tells of a folder beside its links.
#[derive(Debug, Default)]
struct Told {
    /// Whether items are on the target under ids nobody told.
    untold: bool,
    /// What was sent, or may have been, by growing id: rules do not take it back.
    on_its_way: Vec<ItemId>,
    /// What was read, and the target refused.
    refused: HashMap<ItemId, Fingerprint>,
}

impl Told {
    fn of(
        entries: Vec<Entry>,
        before: Option<&Compared>,
        (here, there): (&Inventory, &Inventory),
        ids_hold: bool,
        sorted: &mut Sorted,
    ) -> Self {
        let lost = |cause| matches!(cause, Cause::Missing | Cause::ConfirmedGone);
        let missing: BTreeSet<&str> = findings(before, lost).collect();
        let mut tells = Self::default();
        let forgot = |to: u32| there.next > 0 && to >= there.next;
        for Entry { item, size, fingerprint, state, marks, .. } in from_the_end(entries) {
            match state {
                EntryState::Skipped { cause, detail } => {
                    match fingerprint.filter(|_| is_known(cause)) {
                        Some(fingerprint) => _ = tells.refused.insert(item.clone(), fingerprint),
                        None => sorted.undecided |= cause == Cause::Rejected,
                    }
                    sorted.reasons.insert(item, (cause, detail));
                }
                EntryState::Intended => tells.on_its_way.push(item),
                EntryState::Copied { target, adopted } => {
                    tells.on_its_way.push(item.clone());
                    let Some(from) = number(&item) else { continue };
                    let gone = find(&here.items, from).is_none();
                    tells.untold |= target.is_none() && !gone;
                    let absent = target.filter(|to| ids_hold && find(&there.items, *to).is_none());
                    let compared = |to: u32| {
                        before.is_some_and(|before| from < before.source.next && to < before.target.next)
                            && !missing.contains(item.to_string().as_str())
                    };
                    if let (Some(to), true) = (target, gone) {
                        let detail = "It is no longer in this folder on the source: deleted there, or moved.";
                        sorted.told.insert(ItemId::Uid(to), (Cause::DeletedAtSource, detail.to_owned()));
                    }
                    let mut loses = |to: u32, detail: &String, was_compared: bool| {
                        // What a listing leaves out is not known to be gone.
                        if fingerprint.is_some() && !gone && there.lists_all() {
                            let state = EntryState::Copied { target, adopted };
                            let (item, marks) = (item.clone(), marks.clone());
                            let entry = Entry { item, size, fingerprint, state, marks, deaths: 0 };
                            let (detail, forgot) = (detail.clone(), forgot(to));
                            sorted.lost.push(Lost { entry, detail, forgot, was_compared });
                        }
                    };
                    match absent {
                        None => {}
                        Some(to) if compared(to) && forgot(to) => {
                            let detail = forgotten(to);
                            loses(to, &detail, true);
                            sorted.reasons.insert(item, (Cause::ConfirmedGone, detail));
                        }
                        Some(to) if compared(to) => {
                            let detail =
                                "It was on the target when both sides were compared before.".to_owned();
                            sorted.reasons.insert(item, (Cause::RemovedOnTarget, detail));
                        }
                        Some(to) => {
                            let detail = format!(
                                "The target stored it under UID {to} and does not list that id any more."
                            );
                            loses(to, &detail, false);
                            sorted.reasons.insert(item, (Cause::ConfirmedGone, detail));
                        }
                    }
                    if let Some(fingerprint) = fingerprint {
                        sorted.links.push(Link {
                            from,
                            to: target,
                            fingerprint,
                            known: false,
                            settled: false,
                        });
                    }
                }
            }
        }
        tells.on_its_way.sort_unstable();
        sorted.links.sort_unstable_by_key(|link| link.from);
        let duplicates = findings(before, |cause| cause == Cause::Duplicate);
        for id in duplicates.filter_map(|id| id.parse::<ItemId>().ok()) {
            let detail = "Another message in the folder has this content too; the source has fewer of them.";
            sorted.told.entry(id).or_insert((Cause::Duplicate, detail.to_owned()));
        }
        tells
    }
}

/// Finds out which pairs need not be read.
fn know(
    links: &mut [Link],
    depth: VerifyDepth,
    before: Option<&Compared>,
    (here, there): (&Inventory, &Inventory),
) {
    let altered: BTreeSet<&str> = findings(before, |cause| cause == Cause::BytesAltered).collect();
    // What a server writes anew at each reading was never compared byte for byte: it is looked at again.
    let anew = findings_of(before).any(|finding| finding.cause == Cause::ReadAnew);
    let deep_enough = before.filter(|before| reads(before.depth) >= reads(depth) && !anew);
    let mut used = HashSet::new();
    for link in links {
        let Some(to) = link.to else { continue };
        let from = link.from;
        let (Some(here), Some(there)) = (find(&here.items, from), find(&there.items, to)) else { continue };
        let compared = deep_enough.is_some_and(|before| from < before.source.next && to < before.target.next);
        let enough = match depth {
            VerifyDepth::Listing => compared || here.size == there.size,
            VerifyDepth::Content | VerifyDepth::Headers => compared,
        };
        link.known = enough && !altered.contains(from.to_string().as_str()) && used.insert(to);
    }
}

/// Which links lead to an item of the target.
struct Partners(Vec<(u32, usize)>);

impl Partners {
    fn of(links: &[Link]) -> Self {
        let told = links.iter().enumerate().filter_map(|(at, link)| Some((link.to?, at)));
        let mut partners: Vec<(u32, usize)> = told.collect();
        // Of several the one that is known.
        partners.sort_unstable_by_key(|(to, at)| (*to, !links[*at].known, *at));
        Self(partners)
    }

    fn of_target(&self, uid: u32) -> Option<usize> {
        let at = self.0.partition_point(|(to, _)| *to < uid);
        self.0.get(at).filter(|(to, _)| *to == uid).map(|(_, at)| *at)
    }
}

/// Takes a few pairs out of what need not be read: the first, the last and some between, none of them large.
fn samples(links: &mut [Link], here: &Inventory) -> Vec<(ItemId, Fingerprint)> {
    const MOST: usize = 4;
    const LARGEST: u64 = 256 * 1024;
    let small: Vec<usize> = here
        .items
        .iter()
        .filter(|item| item.size <= LARGEST)
        .filter_map(|item| link_of(links, &item.id))
        .filter(|at| links[*at].known)
        .collect();
    let step = small.len().saturating_sub(1).max(1).div_ceil(MOST - 1);
    let mut picked: Vec<usize> = small.iter().step_by(step).chain(small.last()).copied().collect();
    picked.dedup();
    let sample = |at: usize| {
        links[at].known = false;
        (ItemId::Uid(links[at].from), links[at].fingerprint)
    };
    picked.into_iter().map(sample).collect()
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

/// Whether what was left out for this cause is known by its content and not read again: what a target refused for good, and
/// what users removed there.
fn is_known(cause: Cause) -> bool {
    cause.stays() || cause == Cause::RemovedOnTarget
}

/// The Message-IDs that a comparison told of items that are known so, by the items' ids.
fn message_ids(before: Option<&Compared>) -> HashMap<&str, &str> {
    let known = findings_of(before).filter(|finding| is_known(finding.cause));
    let labels = known.filter_map(|finding| finding.subject.item.as_ref());
    labels.filter_map(|label| Some((label.id.as_str(), label.message_id.as_deref()?))).collect()
}

fn findings_of(before: Option<&Compared>) -> impl Iterator<Item = &Finding> {
    before.into_iter().flat_map(|before| &before.findings)
}

fn uid(item: &ItemMeta) -> Option<u32> {
    number(&item.id)
}

const fn number(item: &ItemId) -> Option<u32> {
    match item {
        ItemId::Uid(uid) => Some(*uid),
        ItemId::Opaque(_) => None,
    }
}

/// The item with this id in a listing, which is by growing id.
pub(super) fn find(items: &[ItemMeta], uid: u32) -> Option<&ItemMeta> {
    items.binary_search_by(|item| item.id.cmp(&ItemId::Uid(uid))).ok().map(|at| &items[at])
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
