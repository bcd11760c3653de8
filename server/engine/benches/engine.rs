//! What the pure parts of the engine cost: planning, matching, judging, fingerprints.
//!
//! `cargo bench -p engine` measures and compares with the last time; sizes are those of a large folder.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use engine::{
    fingerprint::{brief, fingerprint},
    ledger::{Entry, EntryState},
    matching::{Seen, match_items},
    model::{Flags, Inventory, ItemId, ItemMeta, Received},
    plan::{Takes, plan_folder},
};

/// Messages in a folder.
const SIZES: [u32; 2] = [10_000, 100_000];

fn meta(uid: u32) -> ItemMeta {
    let received = Some(Received { seconds: 1_700_000_000 + i64::from(uid), zone_minutes: 60 });
    ItemMeta { id: ItemId::Uid(uid), size: 4000 + u64::from(uid % 97), received, flags: Flags::default() }
}

fn inventory(count: u32) -> Inventory {
    let items = (1..=count).map(meta).collect();
    Inventory { validity: 1, next: count + 1, items, ..Inventory::default() }
}

fn entries(count: u32) -> Vec<Entry> {
    (1..=count)
        .map(|uid| Entry {
            item: ItemId::Uid(uid),
            size: 4000,
            fingerprint: Some(fingerprint(&uid.to_be_bytes())),
            state: EntryState::Copied { target: Some(uid), adopted: false },
            marks: Some(Flags::default()),
            deaths: 0,
        })
        .collect()
}

/// A first pass has no entries, a second one has one for every message.
fn planning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    for count in SIZES {
        group.throughput(Throughput::Elements(count.into()));
        for (name, known) in [("first pass", 0), ("second pass", count)] {
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                let input = || (inventory(count), entries(known));
                let plan = |(inventory, entries)| plan_folder(inventory, entries, Takes::default(), |_| None);
                bencher.iter_batched(input, plan, BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

/// Every tenth message has two twins; the target lists them the other way round.
fn seen(count: u32) -> Vec<Seen> {
    let print = |uid: u32| fingerprint(&(if uid.is_multiple_of(10) { uid / 30 } else { uid }).to_be_bytes());
    (1..=count)
        .map(|uid| Seen {
            meta: meta(uid),
            fingerprint: print(uid),
            message_id: None,
            stable: None,
            anew: false,
        })
        .collect()
}

fn matching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("match");
    for count in SIZES {
        let source = seen(count);
        let target: Vec<_> = source.iter().rev().cloned().collect();
        group.throughput(Throughput::Elements(count.into()));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| match_items(black_box(&source), black_box(&target), |_| false));
        });
    }
    group.finish();
}

fn fingerprints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fingerprint");
    let line = "The quick brown fox jumps over the lazy dog, again and again, line by line.";
    for bytes in [4_000, 4_000_000] {
        let plain = format!("{line}\r\n").repeat(bytes / 77);
        let bare = format!("{line}\n").repeat(bytes / 76);
        group.throughput(Throughput::Bytes(bytes as u64));
        for (name, text) in [("CRLF", &plain), ("bare LF", &bare)] {
            group.bench_with_input(
                BenchmarkId::new(format!("both halves, {name}"), bytes),
                text,
                |bencher, text| {
                    bencher.iter(|| fingerprint(black_box(text.as_bytes())));
                },
            );
            group.bench_with_input(
                BenchmarkId::new(format!("brief, {name}"), bytes),
                text,
                |bencher, text| {
                    bencher.iter(|| brief(black_box(text.as_bytes())));
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, planning, matching, fingerprints);
criterion_main!(benches);
