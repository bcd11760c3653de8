//! What is written down is read as it was, nothing else is read at all, and what a server tells since comes to what a
//! whole listing would say.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::folder::FolderPath;

use super::{Baseline, news::News, seal};
use crate::model::{Flags, Folder, Inventory, ItemId, ItemMeta, Received, Standing};

fn folder(wire: &str) -> Folder {
    Folder {
        path: FolderPath::inbox(),
        wire: wire.into(),
        role: None,
        selectable: true,
        subscribed: false,
        holds_all: false,
    }
}

fn flags(words: &BTreeSet<String>) -> Flags {
    let mut flags = Flags::default();
    for word in words {
        if !flags.system.insert(word) {
            flags.keywords.push(word.as_str().into());
        }
    }
    flags
}

fn any_item() -> impl Strategy<Value = (u32, u64, Option<(i64, i16)>, BTreeSet<String>)> {
    let word = prop_oneof![Just("\\Seen".to_owned()), Just("\\Draft".to_owned()), "[a-zé$]{1,8}"];
    let step = prop_oneof![4 => 1_u32..4, 1 => 1_u32..5_000_000];
    let seconds = prop_oneof![1_500_000_000_i64..1_800_000_000, any::<i64>()];
    (
        step,
        any::<u64>(),
        proptest::option::of((seconds, any::<i16>())),
        proptest::collection::btree_set(word, 0..4),
    )
}

prop_compose! {
    fn any_inventory()(
        items in proptest::collection::vec(any_item(), 0..60),
        validity in 1_u32..,
        modseq in 1_u64..,
        beyond in 0_u32..1000,
    ) -> Inventory {
        let mut last = 0;
        let items: Vec<ItemMeta> = items.into_iter().map(|(step, size, received, words)| {
            last += step;
            let received = received.map(|(seconds, zone_minutes)| Received { seconds, zone_minutes });
            ItemMeta { id: ItemId::Uid(last), size, received, flags: flags(&words) }
        }).collect();
        let messages = u32::try_from(items.len()).expect("few");
        Inventory { validity, next: last + 1 + beyond, modseq: Some(modseq), messages, items, ..Inventory::default() }
    }
}

/// A listing of three plain messages.
fn three() -> Inventory {
    let item = |uid: u32| ItemMeta {
        id: ItemId::Uid(uid),
        size: 100 + u64::from(uid),
        received: Some(Received { seconds: 1_700_000_000 + i64::from(uid), zone_minutes: -90 }),
        flags: flags(&["\\Seen".to_owned(), "work".to_owned()].into()),
    };
    let items = [3, 4, 9].map(item).to_vec();
    Inventory { validity: 7, next: 12, modseq: Some(40), messages: 3, items, ..Inventory::default() }
}

proptest! {
    #[test]
    fn what_is_written_down_is_read_as_it_was(inventory in any_inventory(), wire in "[ -~]{0,30}") {
        let written = Baseline::of(&folder(&wire), &inventory).expect("it is what was counted");
        let read = Baseline::from_bytes(written.as_bytes().to_vec()).expect("it was written");
        prop_assert_eq!(&read, &written);
        prop_assert_eq!(read.standing(), inventory.standing());
        prop_assert!(read.is_of(&folder(&wire)) && !read.is_of(&folder("another")) );
        prop_assert_eq!(read.items().expect("it was written"), inventory.items);
    }

    #[test]
    fn a_bit_that_fell_over_and_an_end_that_is_missing_are_found_out(
        inventory in any_inventory(),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let bytes = Baseline::of(&folder("INBOX"), &inventory).expect("written").as_bytes().to_vec();
        let at = at.index(bytes.len());
        prop_assert_eq!(Baseline::from_bytes(bytes[..at].to_vec()), None);
        let mut other = bytes;
        other[at] ^= 1_u8 << bit;
        prop_assert_eq!(Baseline::from_bytes(other), None);
    }

    #[test]
    fn bytes_that_nobody_wrote_give_nothing_or_what_they_say_and_never_a_panic(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        rows in proptest::collection::vec(0_u8..4, 0..60),
    ) {
        prop_assert_eq!(Baseline::from_bytes(body.clone()), None);
        // Even under a digest that is right.
        for body in [body.clone(), [&[1, 9, 3, 1, 0, 0, 1, 0, 0], rows.as_slice()].concat()] {
            let Some(baseline) = Baseline::from_bytes(seal(&body)) else { continue };
            baseline.is_of(&folder("INBOX"));
            let Some(items) = baseline.items() else { continue };
            prop_assert_eq!(items.len(), baseline.standing().messages as usize);
            prop_assert!(items.is_sorted_by(|a, b| a.id < b.id));
        }
    }
}

#[test]
fn a_message_takes_about_ten_bytes() {
    let item = |uid: u32| ItemMeta {
        id: ItemId::Uid(uid * 2),
        size: 4000 + u64::from(uid) * 7919 % 60_000,
        received: Some(Received { seconds: 1_600_000_000 + i64::from(uid) * 3571, zone_minutes: 60 }),
        flags: flags(&if uid.is_multiple_of(3) { BTreeSet::new() } else { ["\\Seen".to_owned()].into() }),
    };
    let items: Vec<ItemMeta> = (1..=10_000).map(item).collect();
    let inventory = Inventory {
        validity: 1,
        next: 30_000,
        modseq: Some(1),
        messages: 10_000,
        items,
        ..Inventory::default()
    };
    let bytes = Baseline::of(&folder("INBOX"), &inventory).expect("written").as_bytes().len();
    assert!(bytes < 100_000, "{bytes}");
}

#[test]
fn what_is_not_exactly_what_was_counted_is_not_written_down() {
    let refused = |change: fn(&mut Inventory)| {
        let mut inventory = three();
        change(&mut inventory);
        assert_eq!(Baseline::of(&folder("INBOX"), &inventory), None);
    };
    assert!(Baseline::of(&folder("INBOX"), &three()).is_some());
    refused(|inventory| inventory.messages = 4);
    refused(|inventory| inventory.modseq = None);
    refused(|inventory| inventory.modseq = Some(0));
    refused(|inventory| inventory.validity = 0);
    // It came after the folder was opened.
    refused(|inventory| inventory.next = 9);
    refused(|inventory| _ = inventory.unmarked.insert(ItemId::Uid(3)));
    refused(|inventory| inventory.items[1].id = ItemId::Uid(3));
    refused(|inventory| inventory.items[2].id = ItemId::Opaque("x".into()));
    refused(|inventory| {
        inventory.items[0].flags.keywords = (0..201).map(|n| format!("{n:03}").into()).collect()
    });
}

/// What three messages and this news come to, where the server counts so many and its numbers say so.
fn since(count: u32, next: u32, modseq: u64, news: impl FnOnce(&mut News)) -> Result<String, &'static str> {
    let baseline = Baseline::of(&folder("INBOX"), &three()).expect("written");
    let mut told = News::default();
    news(&mut told);
    let now = Standing { validity: 7, next, messages: count, modseq: Some(modseq) };
    let items = told.since(&baseline, now)?;
    Ok(items.iter().map(|item| item.id.to_string()).collect::<Vec<_>>().join(" "))
}

fn row(uid: u32, change: impl FnOnce(&mut ItemMeta)) -> (u32, ItemMeta) {
    let known = three().items.into_iter().find(|item| item.id == ItemId::Uid(uid));
    let mut item = known.unwrap_or_else(|| ItemMeta { id: ItemId::Uid(uid), ..three().items[0].clone() });
    change(&mut item);
    (uid, item)
}

fn tell(news: &mut News, (uid, item): (u32, ItemMeta)) {
    news.row(uid, item);
}

#[test]
fn what_came_and_went_comes_to_what_is_counted_or_to_nothing() {
    assert_eq!(since(3, 12, 40, |_| {}), Ok("3 4 9".into()));
    assert_eq!(since(4, 13, 41, |news| tell(news, row(12, |_| {}))), Ok("3 4 9 12".into()));
    assert_eq!(since(1, 12, 41, |news| news.vanished("1:4")), Ok("9".into()));
    assert_eq!(since(0, 12, 41, |news| news.vanished("9:1,4294967295,3:20")), Ok(String::new()));
    let flagged = |item: &mut ItemMeta| _ = item.flags.system.insert("\\Flagged");
    assert_eq!(since(3, 12, 41, |news| tell(news, row(4, flagged))), Ok("3 4 9".into()));

    for (count, why) in [(2, "one went untold"), (4, "one came untold")] {
        assert_eq!(since(count, 13, 41, |_| {}), Err("another number of messages"), "{why}");
    }
    assert!(since(3, 12, 41, |news| news.vanished("4")).is_err(), "it is still counted");
    assert!(
        since(3, 12, 41, |news| news.vanished("4 5")).is_err()
            && since(3, 12, 41, |it| it.vanished("")).is_err()
    );
    assert!(since(3, 12, 41, |news| tell(news, row(5, |_| {}))).is_err(), "nobody knew it");
    assert!(since(3, 12, 41, |news| tell(news, row(4, |item| item.size += 1))).is_err(), "another message");
    assert!(
        since(3, 12, 41, |news| tell(news, row(4, |item| item.received = None))).is_err(),
        "another message"
    );
    assert!(since(3, 12, 40, |news| tell(news, row(4, flagged))).is_err(), "a change without a number");
    assert!(since(4, 13, 40, |news| tell(news, row(12, |_| {}))).is_err(), "a message without a number");
    assert!(since(3, 13, 40, |_| {}).is_err(), "an id was given without a number");
    assert!(since(3, 11, 41, |_| {}).is_err() && since(3, 12, 39, |_| {}).is_err(), "numbers went back");
    let listed_and_gone = |news: &mut News| {
        tell(news, row(12, |_| {}));
        news.vanished("12");
    };
    assert!(since(3, 13, 41, listed_and_gone).is_err());
    assert_eq!(since(3, 12, 41, |news| news.doubt("so")), Err("so"));
}

#[test]
fn edge_001_another_uidvalidity_leaves_nothing_to_build_on() {
    let baseline = Baseline::of(&folder("INBOX"), &three()).expect("written");
    let now = Standing { validity: 8, ..three().standing() };
    assert!(News::default().since(&baseline, now).is_err());
    assert!(News::default().since(&baseline, Standing { modseq: None, ..three().standing() }).is_err());
}

/// A folder on a server that numbers its changes.
#[derive(Debug, Clone, Default)]
struct Model {
    next: u32,
    modseq: u64,
    messages: BTreeMap<u32, (ItemMeta, u64)>,
    gone: Vec<(u32, u64)>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Add(u64),
    Flag(u32, bool),
    Remove(u32),
}

impl Model {
    fn take(&mut self, step: Step) {
        self.modseq += 1;
        let count = u32::try_from(self.messages.len()).expect("few").max(1);
        let nth = |nth: u32| self.messages.keys().copied().nth((nth % count) as usize);
        match step {
            Step::Add(size) => {
                let uid = self.next;
                self.next += 1;
                let flags = Flags::default();
                let item = ItemMeta { id: ItemId::Uid(uid), size, received: None, flags };
                self.messages.insert(uid, (item, self.modseq));
            }
            Step::Flag(at, seen) => {
                let Some(uid) = nth(at) else { return };
                let words: BTreeSet<String> = seen.then(|| "\\Seen".to_owned()).into_iter().collect();
                if let Some((item, modseq)) = self.messages.get_mut(&uid) {
                    (item.flags, *modseq) = (flags(&words), self.modseq);
                }
            }
            Step::Remove(at) => {
                let Some(uid) = nth(at) else { return };
                self.messages.remove(&uid);
                self.gone.push((uid, self.modseq));
            }
        }
    }

    fn listed(&self) -> Inventory {
        let items: Vec<ItemMeta> = self.messages.values().map(|(item, _)| item.clone()).collect();
        let messages = u32::try_from(items.len()).expect("few");
        let (next, modseq) = (self.next, Some(self.modseq));
        Inventory { validity: 7, next, modseq, messages, items, ..Inventory::default() }
    }

    fn news(&self, since: u64, vanishes: bool) -> News {
        let mut news = News::default();
        for (uid, (item, _)) in self.messages.iter().filter(|(_, (_, modseq))| *modseq > since) {
            news.row(*uid, item.clone());
        }
        for (uid, _) in self.gone.iter().filter(|(_, modseq)| vanishes && *modseq > since) {
            news.vanished(&uid.to_string());
        }
        news
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_u64..9).prop_map(Step::Add),
        (any::<u32>(), any::<bool>()).prop_map(|(at, seen)| Step::Flag(at, seen)),
        any::<u32>().prop_map(Step::Remove),
    ]
}

proptest! {
    #[test]
    fn whatever_happened_since_what_is_put_together_is_what_a_whole_listing_says(
        before in proptest::collection::vec(any_step(), 0..40),
        after in proptest::collection::vec(any_step(), 0..20),
        vanishes: bool,
    ) {
        let mut model = Model { next: 1, modseq: 1, ..Model::default() };
        before.into_iter().for_each(|step| model.take(step));
        let baseline = Baseline::of(&folder("INBOX"), &model.listed()).expect("it is what was counted");
        let then = model.clone();
        after.into_iter().for_each(|step| model.take(step));
        let told = model.news(then.modseq, vanishes).since(&baseline, model.listed().standing());
        let lost = then.messages.keys().any(|uid| !model.messages.contains_key(uid));
        match told {
            Ok(items) => prop_assert_eq!(items, model.listed().items),
            Err(why) => prop_assert!(lost && !vanishes, "{}", why),
        }
    }
}
