//! Portions of a folder that is too large to be read at once.

use shared::{cause::Cause, project::VerifyDepth};

use super::*;
use crate::{
    fingerprint::fingerprint,
    ledger::{Entry, EntryState},
    model::{Flags, Inventory},
    pass::pairs,
};

const MANY: u32 = 120_000;

fn meta(uid: u32) -> ItemMeta {
    ItemMeta { id: ItemId::Uid(uid), size: 10, received: None, flags: Flags::default() }
}

/// Every item of the source was copied, the last one first, as passes do.
fn sorted() -> Sorted {
    let side = |extra: u32| Inventory {
        validity: 1,
        items: (1..=MANY + extra).map(meta).collect(),
        ..Inventory::default()
    };
    let entry = |uid: u32| Entry {
        item: ItemId::Uid(uid),
        size: 10,
        fingerprint: Some(fingerprint(&uid.to_be_bytes())),
        state: EntryState::Copied { target: Some(MANY + 1 - uid), adopted: false },
        marks: None,
        deaths: 0,
    };
    let entries = (1..=MANY).map(entry).collect();
    pairs::sort(VerifyDepth::Content, true, None, entries, (side(0), side(3)), Some(1), |_| None)
}

fn read(items: &[ItemMeta], content: impl Fn(u32) -> u32) -> Read {
    let seen = items.iter().map(|item| {
        let ItemId::Uid(uid) = item.id else { panic!("{:?}", item.id) };
        let fingerprint = fingerprint(&content(uid).to_be_bytes());
        Seen { meta: item.clone(), fingerprint, message_id: None, stable: None, anew: false }
    });
    Read { seen: seen.collect(), failed: Vec::new() }
}

#[test]
fn every_item_is_read_once_and_beside_its_copy() {
    let mut sorted = sorted();
    let (mut source, mut target) = (Vec::new(), Vec::new());
    loop {
        let portion = sorted.portion();
        if portion.is_empty() {
            break;
        }
        assert!(portion.source.len() <= MOST && portion.target.len() <= MOST);
        if !portion.source.is_empty() && portion.source.len() == MOST {
            assert_eq!(portion.target.len(), MOST);
            assert_eq!(portion.source[0].id, ItemId::Uid(MANY + 1 - number(&portion.target[MOST - 1])));
        }
        source.extend(portion.source.iter().map(number));
        target.extend(portion.target.iter().map(number));
    }
    source.sort_unstable();
    target.sort_unstable();
    assert!(source.into_iter().eq(1..=MANY));
    assert!(target.into_iter().eq(1..=MANY + 3));
}

fn number(item: &ItemMeta) -> u32 {
    match item.id {
        ItemId::Uid(uid) => uid,
        ItemId::Opaque(_) => panic!("{:?}", item.id),
    }
}

#[test]
fn what_is_the_same_in_everything_is_counted_and_the_rest_is_kept() {
    let mut sorted = sorted();
    sorted.reasons.insert(ItemId::Uid(MANY - 3), (Cause::TooBig, String::new()));
    let Portion { source, mut target } = sorted.portion();
    target[0].flags.system.insert("\\Seen");
    target[1].size = 11;
    let mut here = read(&source, |uid| uid);
    // The fourth one is not there for a reason that the ledger knows; the third one is other content on the target.
    let changed = number(&target[2]);
    let mut there = read(&target, |uid| if uid == changed { 0 } else { MANY + 1 - uid });
    sorted.settle(&mut here, &mut there);
    assert_eq!((here.seen.len(), there.seen.len()), (4, 4), "{:?}", there.seen);
    assert_eq!(sorted.known(), (2 * (MOST as u64 - 4), 20 * (MOST as u64 - 4)));
}
