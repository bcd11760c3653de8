//! The ledger: what is written is read, what is counted is what is there, and it is fast.

use std::{fs, time::Instant};

use engine::{
    ledger::{Entry, EntryState, FolderId, Ledger, LedgerError},
    model::ItemId,
};
use sea_orm::{ConnectionTrait as _, Value};
use shared::{
    cause::Cause,
    check::Side,
    finding::Severity,
    folder::{FolderPath, Role},
    id::JobId,
    job::JobAction,
    pass::{Counts, PassEnd, PassKind},
};

use super::{on_both, sample, setting::Setting};
use crate::store::{Store, StoreError, ledger::JobLedger};

async fn ledger(store: &Store) -> (JobId, JobLedger) {
    let lease = sample::claimed(store).await;
    let pass = store.begin_pass(&lease).await.expect("begins");
    (lease.job, store.ledger(&lease, pass))
}

async fn folders_are_read_as_they_were_written(setting: &Setting) {
    let (_, ledger) = ledger(&setting.store).await;
    let mut first = sample::folder("ignored", 3);
    first.source = FolderPath::new(["日本語", "a/b", "\u{0}~&"]);
    first.role = Some(Role::Archive);
    first.source_validity = Some(u64::MAX);
    let id = sample::put_folder(&ledger, &first).await.expect("writes");
    let mut second = sample::folder("Sent", 0);
    (second.bracket, second.source_validity) = (None, None);
    let other = sample::put_folder(&ledger, &second).await.expect("writes");
    assert_eq!(ledger.folders().await.expect("reads"), [(id, first.clone()), (other, second.clone())]);

    first.target = FolderPath::new(["Elsewhere"]);
    (first.bracket, first.items) = (None, 9);
    assert_eq!(sample::put_folder(&ledger, &first).await.expect("writes"), id, "the source path is the key");
    assert_eq!(ledger.folders().await.expect("reads"), [(id, first), (other, second)]);
}

async fn entries_are_read_as_they_were_written(setting: &Setting) {
    let (_, ledger) = ledger(&setting.store).await;
    let skipped = |detail: &str| EntryState::Skipped { cause: Cause::Rejected, detail: detail.into() };
    let mut entries = vec![
        sample::entry(1, EntryState::Intended),
        sample::entry(u32::MAX, EntryState::Copied { target: Some(u32::MAX), adopted: true }),
        sample::entry(3, EntryState::Copied { target: None, adopted: false }),
        sample::entry(4, skipped("NO said the server: ünknown 'quotes' \"and\" \\")),
        Entry { item: ItemId::Opaque("AAMk#é=".into()), fingerprint: None, ..sample::entry(5, skipped("")) },
    ];
    let folder = sample::filled(&ledger, "INBOX", &entries).await;
    let read = || async {
        let mut read = ledger.entries(folder).await.expect("reads");
        read.sort_by(|a, b| a.item.cmp(&b.item));
        read
    };
    entries.sort_by(|a, b| a.item.cmp(&b.item));
    assert_eq!(read().await, entries);

    entries[0].state = sample::copied(70);
    sample::put_entries(&ledger, folder, &entries[..1]).await.expect("writes");
    assert_eq!(read().await, entries, "an outcome replaces its intent");

    entries[0].state = sample::copied(71);
    sample::put_entries(&ledger, folder, &[sample::entry(1, EntryState::Intended), entries[0].clone()])
        .await
        .expect("writes");
    assert_eq!(read().await, entries, "of two words at once the last one stands");

    let sent = sample::filled(&ledger, "Sent", &[sample::entry(1, sample::copied(1))]).await;
    sample::put_entries(&ledger, folder, &[]).await.expect("writes nothing");
    ledger.forget_entries(folder).await.expect("forgets");
    assert!(read().await.is_empty());
    assert_eq!(ledger.entries(sent).await.expect("reads").len(), 1, "other folders stay");
}

/// What a job's counts must be, from what the ledger hands out.
async fn recount(ledger: &JobLedger) -> Counts {
    let mut counts = Counts::default();
    for (id, folder) in ledger.folders().await.expect("reads") {
        counts.folders += 1;
        counts.items += folder.items;
        counts.bytes += folder.bytes;
        for entry in ledger.entries(id).await.expect("reads") {
            match entry.state {
                EntryState::Intended => {}
                EntryState::Copied { adopted, .. } => {
                    counts.copied += 1;
                    counts.copied_bytes += entry.size;
                    counts.adopted += u64::from(adopted);
                }
                // Neither there nor left out: the next pass brings it.
                EntryState::Skipped { cause: Cause::NextPass, .. } => {}
                EntryState::Skipped { .. } => counts.skipped += 1,
            }
        }
    }
    counts
}

async fn counts_are_what_is_in_the_ledger_after_every_write(setting: &Setting) {
    let store = &setting.store;
    let (job, ledger) = ledger(store).await;
    let other_node = setting.again().await.expect("another node");
    let agree = || async {
        let counts = recount(&ledger).await;
        for store in [store, &other_node] {
            assert_eq!(store.job_row(job).await.expect("is there").counts, counts);
            let project = &store.projects().await.expect("lists")[0];
            assert_eq!((project.copied, project.copied_bytes), (counts.copied, counts.copied_bytes));
        }
        counts
    };
    assert_eq!(agree().await, Counts::default());
    let inbox = sample::filled(&ledger, "INBOX", &[]).await;
    agree().await;
    for step in 0..40_u32 {
        let state = match step % 5 {
            0 => EntryState::Intended,
            1 => sample::copied(step),
            2 => EntryState::Copied { target: None, adopted: true },
            3 => EntryState::Skipped { cause: Cause::NextPass, detail: "Comes later.".into() },
            _ => sample::skipped(),
        };
        sample::put_entries(&ledger, inbox, &[sample::entry(step * 7 % 23, state)]).await.expect("writes");
        agree().await;
    }
    sample::filled(
        &ledger,
        "Sent",
        &[sample::entry(1, sample::copied(1)), sample::entry(2, sample::skipped())],
    )
    .await;
    let counts = agree().await;
    assert!(counts.copied > 1 && counts.adopted > 0 && counts.skipped > 1 && counts.items == 2, "{counts:?}");
    ledger.forget_entries(inbox).await.expect("forgets");
    assert_eq!(agree().await.copied, 1);
}

async fn what_moved_is_written_in_one_place_and_forgotten_in_the_other_or_neither(setting: &Setting) {
    let (_, ledger) = ledger(&setting.store).await;
    let ids = |uids: &[u32]| uids.iter().map(|uid| ItemId::Uid(*uid)).collect::<Vec<_>>();
    let before: Vec<_> = (1..=3).map(|uid| sample::entry(uid, sample::copied(uid))).collect();
    let from = sample::filled(&ledger, "INBOX", &before).await;
    let to = sample::filled(&ledger, "Work", &[sample::entry(9, EntryState::Intended)]).await;
    let moved = sample::entry(9, sample::copied(40));
    let nowhere = FolderId(i64::MAX);
    let broken =
        ledger.put_and_forget(&[(to, moved.clone()), (nowhere, moved.clone())], from, &ids(&[1, 3])).await;
    assert!(matches!(broken, Err(LedgerError::Database(_))), "{broken:?}");
    assert_eq!(ledger.entries(from).await.expect("reads").len(), 3, "nothing was forgotten");
    assert_eq!(ledger.entries(to).await.expect("reads"), [sample::entry(9, EntryState::Intended)]);
    ledger.put_and_forget(&[(to, moved.clone())], from, &ids(&[1, 3])).await.expect("writes");
    assert_eq!(ledger.entries(from).await.expect("reads"), [before[1].clone()]);
    assert_eq!(ledger.entries(to).await.expect("reads"), [moved]);
}

async fn what_stayed_where_it_was_is_known_in_every_folder_of_its_job_alone(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 4, &["anna", "bert"]).await;
    let mut ledgers = Vec::new();
    for job in jobs {
        store.apply(job, JobAction::Start).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        ledgers.push(store.ledger(&lease, pass));
    }
    let [mine, others] = ledgers.as_slice() else { panic!("two") };
    let stayed = |uid| {
        let state = EntryState::Skipped { cause: Cause::MovedAtSource, detail: "It stays.".into() };
        sample::entry(uid, state)
    };
    assert_eq!(mine.stayed().await.expect("reads"), []);
    let unread = Entry { fingerprint: None, ..stayed(3) };
    sample::filled(mine, "INBOX", &[stayed(1), sample::entry(2, sample::skipped()), unread]).await;
    sample::filled(mine, "Work", &[stayed(7), sample::entry(8, sample::copied(8))]).await;
    sample::filled(others, "INBOX", &[stayed(5)]).await;
    let prints = [1, 7].map(|uid| stayed(uid).fingerprint.expect("it was read"));
    let mut found = mine.stayed().await.expect("reads");
    found.sort_unstable();
    assert_eq!(found, prints);
    assert_eq!(others.stayed().await.expect("reads").len(), 1);
}

async fn findings_are_read_page_by_page_in_the_order_they_were_found(setting: &Setting) {
    let (job, ledger) = ledger(&setting.store).await;
    let found: Vec<_> = (0..345)
        .map(|number| {
            let cause = if number % 3 == 0 { Cause::TooBig } else { Cause::FlagsAltered };
            sample::finding(cause, Severity::Warning, &number.to_string())
        })
        .collect();
    ledger.note(&found).await.expect("keeps");
    for cause in [None, Some(Cause::TooBig)] {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = setting.store.findings(job, cause, after, 50).await.expect("reads");
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            read.extend(page.into_iter().map(|row| row.finding));
        }
        let expected: Vec<_> = found
            .iter()
            .filter(|finding| cause.is_none_or(|cause| finding.cause == cause))
            .cloned()
            .collect();
        assert_eq!(read, expected, "{cause:?}");
    }
}

async fn ten_thousand_items_take_a_moment(setting: &Setting) {
    let (_, ledger) = ledger(&setting.store).await;
    let folder = sample::put_folder(&ledger, &sample::folder("INBOX", 10_000)).await.expect("writes");
    let entries = |state: fn(u32) -> EntryState| -> Vec<_> {
        (1..=10_000).map(|uid| sample::entry(uid, state(uid))).collect()
    };
    let (intents, outcomes) = (entries(|_| EntryState::Intended), entries(sample::copied));
    let began = Instant::now();
    for window in [&intents, &outcomes].into_iter().flat_map(|entries| entries.chunks(250)) {
        sample::put_entries(&ledger, folder, window).await.expect("writes");
    }
    let windows = began.elapsed();
    let began = Instant::now();
    sample::put_entries(&ledger, folder, &intents).await.expect("writes");
    sample::put_entries(&ledger, folder, &outcomes).await.expect("writes");
    let at_once = began.elapsed();
    let began = Instant::now();
    let read = ledger.entries(folder).await.expect("reads");
    println!(
        "10,000 intents and outcomes: {windows:.3?} in windows of 250, {at_once:.3?} at once; read again in {:.3?}",
        began.elapsed()
    );
    assert_eq!(read.len(), 10_000);
    assert!(windows.as_secs() < 20 && at_once.as_secs() < 20, "even unoptimised on a busy machine");
}

async fn what_was_on_its_way_counts_the_passes_that_never_ended(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let begin = async || {
        let pass = store.begin_pass(&lease).await.expect("begins");
        (pass, store.ledger(&lease, pass))
    };
    let (_, first) = begin().await;
    let unread = Entry { fingerprint: None, ..sample::entry(3, EntryState::Intended) };
    let intents = [sample::entry(1, EntryState::Intended), sample::entry(2, EntryState::Intended), unread];
    let folder = sample::filled(&first, "INBOX", &intents).await;
    let deaths = async |ledger: &JobLedger| {
        let mut entries = ledger.entries(folder).await.expect("reads");
        entries.sort_by(|a, b| a.item.cmp(&b.item));
        let deaths = entries.iter().map(|entry| entry.deaths).collect::<Vec<_>>();
        (entries, deaths)
    };
    assert_eq!(deaths(&first).await.1, [0, 0, 0], "it is still running");
    let (_, second) = begin().await;
    let (entries, counted) = deaths(&second).await;
    assert_eq!(counted, [1, 1, 0], "what was never read was not on its way");
    // One of them is sent again, and the process dies again.
    sample::put_entries(&second, folder, &entries[..1]).await.expect("writes");
    let (pass, third) = begin().await;
    let (entries, counted) = deaths(&third).await;
    assert_eq!(counted, [2, 1, 0]);
    // A pass that comes to some end is no death, whatever it leaves unanswered.
    sample::put_entries(&third, folder, &entries[..1]).await.expect("writes");
    let lost = PassEnd::Aborted { cause: Cause::Disconnected, message: "It is gone.".into() };
    store.finish_pass(&lease, pass, &sample::ended(lost, None)).await.expect("ends");
    assert_eq!(deaths(&third).await.1, [2, 1, 0]);
    store.apply(lease.job, JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    let fourth = store.ledger(&lease, pass);
    let (mut entries, _) = deaths(&fourth).await;
    // A panic is one.
    sample::put_entries(&fourth, folder, &entries[..2]).await.expect("writes");
    let panic = PassEnd::Aborted { cause: Cause::Internal, message: "An error.".into() };
    store.finish_pass(&lease, pass, &sample::ended(panic, None)).await.expect("ends");
    entries[0] = sample::entry(1, sample::copied(1));
    store.apply(lease.job, JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let fifth = store.ledger(&lease, store.begin_pass(&lease).await.expect("begins"));
    assert_eq!(deaths(&fifth).await.1, [3, 2, 0]);
    sample::put_entries(&fifth, folder, &entries[..1]).await.expect("writes");
    assert_eq!(deaths(&fifth).await.1, [0, 2, 0], "what is copied is settled");
}

async fn what_was_listed_is_read_as_it_was_kept_and_a_spoiled_row_counts_as_none(setting: &Setting) {
    let (_, ledger) = ledger(&setting.store).await;
    let inbox = sample::put_folder(&ledger, &sample::folder("INBOX", 3)).await.expect("writes");
    let sent = sample::put_folder(&ledger, &sample::folder("Sent", 3)).await.expect("writes");
    let kept = async |side, folders: &[FolderId]| ledger.baselines(side, folders).await.expect("reads");
    assert_eq!(kept(Side::Source, &[inbox, sent]).await, [None, None]);
    assert_eq!(kept(Side::Source, &[]).await, []);
    let [first, second, third] = [3, 500, 4].map(|messages| sample::baseline("INBOX", messages));
    let both = [(inbox, Side::Source, first.clone()), (inbox, Side::Target, second.clone())];
    ledger.put_baselines(&both).await.expect("writes");
    ledger.put_baselines(&both).await.expect("writes the same");
    assert_eq!(kept(Side::Source, &[sent, inbox]).await, [None, Some(first)]);
    assert_eq!(kept(Side::Target, &[inbox]).await, [Some(second.clone())]);
    ledger.put_baselines(&[(inbox, Side::Source, third.clone())]).await.expect("replaces");
    assert_eq!(kept(Side::Source, &[inbox]).await, [Some(third)]);
    assert_eq!(kept(Side::Target, &[inbox]).await, [Some(second)]);
    let tx = setting.store.db().begin("Testing").await.expect("begins");
    let spoiled: Value = b"not what was kept".to_vec().into();
    tx.run("UPDATE ledger_baseline SET listed = ? WHERE side = 1", [spoiled]).await.expect("spoils");
    tx.commit().await.expect("commits");
    assert_eq!(kept(Side::Target, &[inbox]).await, [None]);
    assert_eq!(setting.number("SELECT COUNT(*) FROM ledger_baseline").await, 2);
}

on_both! {
    what_was_listed_is_read_as_it_was_kept_and_a_spoiled_row_counts_as_none,
    what_was_on_its_way_counts_the_passes_that_never_ended,
    folders_are_read_as_they_were_written,
    entries_are_read_as_they_were_written,
    what_moved_is_written_in_one_place_and_forgotten_in_the_other_or_neither,
    what_stayed_where_it_was_is_known_in_every_folder_of_its_job_alone,
    counts_are_what_is_in_the_ledger_after_every_write,
    findings_are_read_page_by_page_in_the_order_they_were_found,
    ten_thousand_items_take_a_moment,
}

#[tokio::test]
async fn edge_167_a_full_disk_has_its_own_cause_and_harms_nothing_that_was_written() {
    let setting = Setting::sqlite().await;
    let (_, ledger) = ledger(&setting.store).await;
    let folder = sample::filled(&ledger, "INBOX", &[sample::entry(1, sample::copied(1))]).await;
    let full = async |pages: &str| {
        for connection in [&setting.store.db().write, &setting.store.db().durable] {
            let pragma = format!("PRAGMA max_page_count = {pages}");
            connection.execute_unprepared(&pragma).await.expect("runs");
        }
    };
    full("1").await;
    let many: Vec<_> = (2..5000).map(|uid| sample::entry(uid, EntryState::Intended)).collect();
    let error = sample::put_entries(&ledger, folder, &many).await.expect_err("no room");
    assert!(matches!(&error, LedgerError::DiskFull(_)), "{error:?}");
    assert_eq!(ledger.entries(folder).await.expect("reads"), [sample::entry(1, sample::copied(1))]);
    full("1000000").await;
    sample::put_entries(&ledger, folder, &many).await.expect("there is room again");
    assert_eq!(ledger.entries(folder).await.expect("reads").len(), 4999);
}

#[tokio::test]
async fn edge_167_postgresql_says_that_its_disk_is_full_in_its_own_way() {
    let setting = Setting::postgresql().await;
    let tx = setting.store.db().begin("Testing").await.expect("begins");
    let full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$";
    let error = tx.run(full, []).await.expect_err("it is made to fail");
    assert!(matches!(&error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(error.to_string().contains("Make room"), "{error}");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_kill() {
    let setting = Setting::sqlite().await;
    let (_, ledger) = ledger(&setting.store).await;
    let folder = sample::filled(&ledger, "INBOX", &[sample::entry(1, EntryState::Intended)]).await;
    // The files as a killed process leaves them: nothing was closed, the log was not folded in.
    let dir = tempfile::tempdir().expect("temp dir");
    for file in ["store.db", "store.db-wal"] {
        fs::copy(setting.dir.path().join(file), dir.path().join(file)).expect("copies");
    }
    let copy = Store::open_file(&dir.path().join("store.db")).await.expect("opens");
    assert_eq!(copy.settle_orphans().await.expect("settles"), 1);
    let lease = copy.claim().await.expect("claims").expect("waits again");
    let ledger = copy.ledger(&lease, copy.begin_pass(&lease).await.expect("begins"));
    let intended = Entry { deaths: 1, ..sample::entry(1, EntryState::Intended) };
    assert_eq!(ledger.entries(folder).await.expect("reads"), [intended]);
}

#[tokio::test]
async fn a_ledger_file_has_one_job_that_whoever_comes_last_holds() {
    let dir = tempfile::tempdir().expect("temp dir");
    let file = dir.path().join("anna.ledger");
    let store = Store::open_file(&file).await.expect("opens");
    let first = store.solo_job("anna@old.example", "anna@new.example").await.expect("a job");
    assert_eq!(first.kind, PassKind::Initial);
    let ledger = store.ledger(&first, store.begin_pass(&first).await.expect("begins"));
    let folder = sample::filled(&ledger, "INBOX", &[sample::entry(1, sample::copied(1))]).await;

    // The first process was killed; the next one takes over at once.
    let store = Store::open_file(&file).await.expect("opens");
    let second = store.solo_job("anna@old.example", "anna@new.example").await.expect("the same job");
    assert_eq!((second.job, second.kind), (first.job, PassKind::Delta));
    assert!(ledger.forget_entries(folder).await.is_err(), "the first one is shut out");
    let mut second = second;
    second.kind = PassKind::DryRun;
    store.begin_pass(&second).await.expect("begins");
    let passes = store.job(second.job).await.expect("is there").passes;
    let seen: Vec<_> = passes.iter().map(|pass| (pass.kind, pass.end.is_some())).collect();
    assert_eq!(seen, [(PassKind::DryRun, false), (PassKind::Initial, true)]);

    let other = store.solo_job("bert@old.example", "anna@new.example").await;
    assert!(matches!(other, Err(StoreError::Conflict(_))));
}
