//! What holds of every comparison.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::{
    cause::Cause,
    finding::{Finding, Severity},
};

use super::{FolderPair, Reasons, compare, tests::pair};
use crate::{
    matching::{Seen, match_items},
    model::ItemMeta,
};

/// Sides in which twins, rewritten copies and reasons are frequent.
fn sides() -> impl Strategy<Value = String> {
    let side = || prop::collection::vec("[ab]'?[?]?(\\*1)?(@[12])?(\\+Seen)?(#x)?", 0..12);
    (side(), side()).prop_map(|(source, target)| format!("{} | {}", source.join(" "), target.join(" ")))
}

fn tally<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    keys.fold(BTreeMap::new(), |mut tally, key| {
        *tally.entry(key).or_default() += 1;
        tally
    })
}

/// How many of one side can pair up with the other by a key.
fn common<K: Ord>(pair: &FolderPair, key: impl Fn(&Seen) -> K) -> u64 {
    let there = tally(pair.target_items.iter().map(&key));
    let here = tally(pair.source_items.iter().map(&key));
    here.into_iter().map(|(key, count)| count.min(there.get(&key).copied().unwrap_or(0))).sum()
}

proptest! {
    #[test]
    fn every_message_is_counted_once(case in sides()) {
        let (pair, reasons) = pair(&case);
        let (folder, findings) = compare(&pair, &reasons);
        let totals = folder.totals;
        prop_assert_eq!(totals.matched + totals.altered + totals.missing, totals.source_items);
        prop_assert_eq!(totals.matched + totals.altered + totals.extra, totals.target_items);
        prop_assert_eq!(totals.matched, common(&pair, |seen| seen.fingerprint.exact));
        let losses = findings.iter().filter(|finding| finding.severity == Severity::Loss).count();
        prop_assert_eq!(losses, usize::try_from(totals.missing).expect("few"));
        let beyond = |finding: &&Finding| matches!(finding.cause, Cause::Extra | Cause::Duplicate);
        prop_assert_eq!(findings.iter().filter(beyond).count(), usize::try_from(totals.extra).expect("few"));
    }

    #[test]
    fn as_many_as_can_be_are_identical(case in sides()) {
        let (pair, _) = pair(&case);
        let marks = |seen: &Seen| {
            let ItemMeta { size, received, flags, .. } = seen.meta.clone();
            (seen.fingerprint.exact, size, received, flags.system.names().collect::<Vec<_>>(), flags.keywords)
        };
        let identical = compare(&pair, &Reasons::new()).0.totals.identical;
        prop_assert!(identical >= common(&pair, marks));
    }

    #[test]
    fn a_cause_makes_room_for_twins_without_one(case in sides()) {
        let (pair, reasons) = pair(&case);
        let excused = |meta: &ItemMeta| reasons.contains_key(&meta.id);
        let matching = match_items(&pair.source_items, &pair.target_items, excused);
        let pressing = matching.exact.iter().filter(|(at, _)| !excused(&pair.source_items[*at].meta)).count();
        let mut without = pair.clone();
        without.source_items.retain(|seen| !excused(&seen.meta));
        prop_assert_eq!(u64::try_from(pressing).expect("few"), common(&without, |seen| seen.fingerprint.exact));
    }
}
