//! What the ledger costs: `cargo test --release -p carbonio-migrate store::tests::costs -- --ignored --nocapture`.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use engine::ledger::{Entry, EntryState, FolderId, Ledger};
use shared::job::JobAction;

use super::{sample, setting::Setting};
use crate::store::{Store, ledger::JobLedger};

/// Mailboxes that are moved at once.
const MAILBOXES: usize = 4;

/// The ledgers of several running mailboxes, each with a folder.
async fn ledgers(store: &Store) -> Vec<(JobLedger, FolderId)> {
    let names: Vec<String> = (0..MAILBOXES).map(|number| format!("user{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_, jobs) = sample::jobs(store, 16, &names).await;
    let mut ledgers = Vec::new();
    for job in jobs {
        store.apply(job, JobAction::Start).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        let ledger = store.ledger(&lease, pass);
        let folder = sample::put_folder(&ledger, &sample::folder("INBOX", 9)).await.expect("writes");
        ledgers.push((ledger, folder));
    }
    ledgers
}

/// Intents of a window, and what became of it.
async fn window(ledger: &JobLedger, folder: FolderId, from: u32, items: u32) {
    let entries = |state: fn(u32) -> EntryState| -> Vec<(FolderId, Entry)> {
        (from..from + items).map(|uid| (folder, sample::entry(uid, state(uid)))).collect()
    };
    ledger.put_entries(&entries(|_| EntryState::Intended)).await.expect("writes");
    let copied = |uid| EntryState::Copied { target: Some(uid), adopted: false };
    ledger.put_entries(&entries(copied)).await.expect("writes");
}

fn measure(name: &str, setting: impl Future<Output = Setting>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (_setting, ledgers) = runtime.block_on(async {
        let setting = setting.await;
        let ledgers = ledgers(&setting.store).await;
        (setting, ledgers)
    });
    let mut criterion = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(4));
    let mut group = criterion.benchmark_group(format!("ledger on {name}"));
    let mut next = 1;
    for items in [1, 100, 500] {
        for mailboxes in [1, MAILBOXES] {
            group.throughput(Throughput::Elements(u64::from(items) * mailboxes as u64));
            let id = BenchmarkId::new(
                format!("windows of {items}, intents and outcomes"),
                format!("{mailboxes} at once"),
            );
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    next += items;
                    let from = next;
                    runtime.block_on(async {
                        let windows = ledgers.iter().take(mailboxes).cloned().map(|(ledger, folder)| {
                            tokio::spawn(async move { window(&ledger, folder, from, items).await })
                        });
                        for done in futures_util::future::join_all(windows).await {
                            done.expect("no panic");
                        }
                    });
                });
            });
        }
    }
    group.finish();
}

#[test]
#[ignore = "it measures for a minute"]
fn what_intents_and_outcomes_cost_on_sqlite() {
    measure("SQLite", Setting::sqlite());
}

#[test]
#[ignore = "it measures for a minute"]
fn what_intents_and_outcomes_cost_on_postgresql() {
    measure("PostgreSQL", Setting::postgresql());
}
