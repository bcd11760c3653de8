//! What is read of a folder at once while both sides are compared, and what need not be kept of it.

use std::collections::HashMap;

use super::{
    pairs::{Link, Sorted, alike},
    read::Read,
};
use crate::{
    matching::Seen,
    model::{ItemId, ItemMeta},
};

/// Items of one side that are read before what they prove is looked at. Small enough for little memory, large enough that
/// the few round trips between two portions do not count.
const MOST: usize = 50_000;

/// Items of one folder that are read together, on each side by growing id.
#[derive(Debug, Default)]
pub(super) struct Portion {
    pub source: Vec<ItemMeta>,
    pub target: Vec<ItemMeta>,
}

impl Portion {
    pub(super) const fn is_empty(&self) -> bool {
        self.source.is_empty() && self.target.is_empty()
    }
}

impl Sorted {
    /// Takes what is to be read next: items of the source with those that they became.
    pub(super) fn portion(&mut self) -> Portion {
        let Self { source_read, target_read, .. } = self;
        if source_read.len() <= MOST && target_read.len() <= MOST {
            return Portion { source: std::mem::take(source_read), target: std::mem::take(target_read) };
        }
        if source_read.is_empty() {
            let rest = target_read.split_off(target_read.len().saturating_sub(MOST));
            return Portion { source: Vec::new(), target: rest };
        }
        let source = source_read.split_off(source_read.len().saturating_sub(MOST));
        let copies = source.iter().filter_map(|item| self.link(&item.id)?.to.map(ItemId::Uid));
        let mut copies: Vec<ItemId> = copies.collect();
        copies.sort_unstable();
        copies.dedup();
        let mut wanted = copies.iter().peekable();
        // Both are by growing id.
        let is_copy = |item: &mut ItemMeta| {
            while wanted.next_if(|copy| **copy < item.id).is_some() {}
            wanted.peek().is_some_and(|copy| **copy == item.id)
        };
        let target = self.target_read.extract_if(.., is_copy).collect();
        Portion { source, target }
    }

    /// Items that are known on each side without reading, and their bytes.
    pub(super) fn known(&self) -> (u64, u64) {
        let (pairs, bytes) = self.settled.amount();
        let known = self.source_known.iter().chain(&self.target_known);
        known.fold((pairs * 2, bytes * 2), |(items, bytes), seen| (items + 1, bytes + seen.meta.size))
    }

    /// Takes out of what was read the pairs that the ledger links and that are the same in everything: they are counted.
    pub(super) fn settle(&mut self, here: &mut Read, there: &mut Read) {
        let mut copies: HashMap<&ItemId, (usize, &Seen)> =
            there.seen.iter().enumerate().map(|(at, seen)| (&seen.meta.id, (at, seen))).collect();
        let mut left_here = vec![true; here.seen.len()];
        let mut left_there = vec![true; there.seen.len()];
        let mut same = Vec::new();
        for (at, seen) in here.seen.iter().enumerate() {
            let Some(Link { to: Some(to), .. }) = self.link(&seen.meta.id) else { continue };
            let is_sample = self.samples.iter().any(|(id, _)| *id == seen.meta.id);
            if seen.anew || is_sample || self.reasons.contains_key(&seen.meta.id) {
                continue;
            }
            let id = ItemId::Uid(*to);
            let Some((copy, read)) = copies.get(&id).copied() else { continue };
            if read.fingerprint == seen.fingerprint && alike(&seen.meta, &read.meta) {
                copies.remove(&id);
                (left_here[at], left_there[copy]) = (false, false);
                same.push((seen.meta.size, seen.fingerprint));
            }
        }
        for (bytes, fingerprint) in same {
            self.settled.add(bytes, fingerprint);
        }
        for (read, left) in [(here, left_here), (there, left_there)] {
            let mut left = left.into_iter();
            read.seen.retain(|_| left.next().unwrap_or(true));
        }
    }
}

#[cfg(test)]
mod tests;
