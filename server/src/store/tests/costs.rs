//! What the ledger costs: `MEASURE=1 cargo test --release -p carbonio-migrate store::tests::costs -- --nocapture --test-threads 1`.

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

/// Windows of mailboxes side by side.
async fn windows(ledgers: &[(JobLedger, FolderId)], from: u32, items: u32) {
    let windows = ledgers
        .iter()
        .cloned()
        .map(|(ledger, folder)| tokio::spawn(async move { window(&ledger, folder, from, items).await }));
    for done in futures_util::future::join_all(windows).await {
        done.expect("no panic");
    }
}

/// Measures on request; otherwise it writes each window once.
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
    let mut next = 1;
    let sizes =
        [1, 100, 500].into_iter().flat_map(|items| [1, MAILBOXES].map(|mailboxes| (items, mailboxes)));
    if std::env::var_os("MEASURE").is_none() {
        for (items, mailboxes) in sizes {
            runtime.block_on(windows(&ledgers[..mailboxes], next, items));
            next += items;
        }
        let (ledger, folder) = &ledgers[0];
        let entries = runtime.block_on(ledger.entries(*folder)).expect("reads");
        assert_eq!(entries.len(), 2 * (1 + 100 + 500));
        assert!(entries.iter().all(|entry| matches!(entry.state, EntryState::Copied { .. })));
        return;
    }
    let mut criterion = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(4));
    let mut group = criterion.benchmark_group(format!("ledger on {name}"));
    for (items, mailboxes) in sizes {
        group.throughput(Throughput::Elements(u64::from(items) * mailboxes as u64));
        let id = BenchmarkId::new(format!("windows of {items}"), format!("{mailboxes} at once"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                runtime.block_on(windows(&ledgers[..mailboxes], next, items));
                next += items;
            });
        });
    }
    group.finish();
}

#[test]
fn what_intents_and_outcomes_cost_on_sqlite() {
    measure("SQLite", Setting::sqlite());
}

#[test]
fn what_intents_and_outcomes_cost_on_postgresql() {
    measure("PostgreSQL", Setting::postgresql());
}
