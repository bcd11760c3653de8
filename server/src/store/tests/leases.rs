//! Leases: one holder at a time, and none that comes back from the dead.

use std::collections::BTreeSet;

use engine::ledger::{Ledger, LedgerError};
use shared::{
    cause::Cause,
    check::Side,
    finding::Severity,
    job::{JobAction, JobState},
    live::{Phase, Progress},
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use super::{on_both, sample, setting::Setting};
use crate::store::{Lease, Store, StoreError, Told};

/// Makes every lease look as if its process had died long ago.
async fn everybody_dies(setting: &Setting) {
    setting.meddle("UPDATE job SET lease_expires = 1, lease_owner = 'somebody else'").await;
}

async fn of_many_claimers_each_job_has_one(setting: &Setting) {
    let names: Vec<_> = (0..30).map(|number| format!("user{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (_, jobs) = sample::jobs(&setting.store, 100, &names).await;
    for job in &jobs {
        setting.store.apply(*job, JobAction::Start).await.expect("starts");
    }
    let other = setting.again().await.expect("another node");
    let claimers = (0..8).map(|number| {
        let store = if number % 2 == 0 { setting.store.clone() } else { other.clone() };
        tokio::spawn(async move {
            let mut mine = Vec::new();
            while let Some(lease) = store.claim().await.expect("claims") {
                mine.push(lease.job);
            }
            mine
        })
    });
    let mut all = Vec::new();
    for claimer in claimers.collect::<Vec<_>>() {
        all.extend(claimer.await.expect("runs"));
    }
    assert_eq!(all.len(), 30);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), jobs.into_iter().collect());
}

async fn a_project_runs_as_many_at_once_as_it_may(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 2, &["anna", "bert", "carl"]).await;
    for job in &jobs {
        store.apply(*job, JobAction::Start).await.expect("starts");
    }
    let first = store.claim().await.expect("claims").expect("there is one");
    let second = store.claim().await.expect("claims").expect("there is one");
    assert_eq!((first.job, second.job), (jobs[0], jobs[1]), "who waits longest comes first");
    assert_eq!(store.claim().await.expect("claims"), None);
    let pass = store.begin_pass(&first).await.expect("begins");
    store.finish_pass(&first, pass, &sample::ended(PassEnd::Cancelled, None)).await.expect("ends");
    let third = store.claim().await.expect("claims").expect("there is room now");
    assert_eq!(third.job, jobs[2]);
}

async fn edge_168_two_jobs_never_write_one_mailbox_at_once(setting: &Setting) {
    let store = &setting.store;
    let (project, _) = sample::jobs(store, 9, &[]).await;
    let mut twin = sample::mailbox("anna");
    twin.source_user = "old-anna@old.example".into();
    twin.below = Some(shared::folder::FolderPath::new(["From before"]));
    let jobs = store.create_jobs(project, &[sample::mailbox("anna"), twin]).await.expect("jobs");
    for job in &jobs {
        store.apply(*job, JobAction::Start).await.expect("starts");
    }
    let first = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(store.claim().await.expect("claims"), None);
    let pass = store.begin_pass(&first).await.expect("begins");
    store.finish_pass(&first, pass, &sample::ended(PassEnd::Cancelled, None)).await.expect("ends");
    assert_eq!(store.claim().await.expect("claims").map(|lease| lease.job), Some(jobs[1]));
}

async fn edge_168_a_stale_epoch_writes_nothing(setting: &Setting) {
    let store = &setting.store;
    let old = sample::claimed(store).await;
    let pass = store.begin_pass(&old).await.expect("begins");
    let stale = store.ledger(&old, pass);
    let folder = sample::filled(&stale, "INBOX", &[sample::entry(1, sample::copied(7))]).await;

    everybody_dies(setting).await;
    assert_eq!(store.settle_orphans().await.expect("settles"), 1);
    let new = store.claim().await.expect("claims").expect("waits again");
    assert!(new.job == old.job && new.epoch > old.epoch);

    let entry = [sample::entry(2, sample::copied(8))];
    let note = [sample::finding(Cause::TooBig, Severity::Loss, "2")];
    let baselines = [(folder, Side::Target, sample::baseline("INBOX", 3))];
    for (what, refused) in [
        ("put_entries", sample::put_entries(&stale, folder, &entry).await),
        ("forget_entries", stale.forget_entries(folder).await),
        ("put_baselines", stale.put_baselines(&baselines).await),
        ("note", stale.note(&note).await),
        ("put_folder", sample::put_folder(&stale, &sample::folder("Sent", 1)).await.map(drop)),
    ] {
        assert!(matches!(refused, Err(LedgerError::LeaseLost)), "{what}");
    }
    let outcome = sample::ended(PassEnd::Finished, Some(Verdict::Perfect));
    for refused in [
        store.heartbeat(&old).await.map(drop),
        store.begin_pass(&old).await.map(drop),
        store.finish_pass(&old, pass, &outcome).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::LeaseLost)));
    }
    let ledger = store.ledger(&new, store.begin_pass(&new).await.expect("begins"));
    assert_eq!(ledger.folders().await.expect("reads").len(), 1);
    assert_eq!(ledger.entries(folder).await.expect("reads"), [sample::entry(1, sample::copied(7))]);
    assert_eq!(setting.number("SELECT COUNT(*) FROM finding").await, 0);
    assert!(store.report(new.job).await.expect("looks").is_none());
}

async fn a_pass_that_ended_writes_nothing_more(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    let folder = sample::filled(&ledger, "INBOX", &[]).await;
    store.finish_pass(&lease, pass, &sample::ended(PassEnd::Cancelled, None)).await.expect("ends");
    let late = sample::put_entries(&ledger, folder, &[sample::entry(1, sample::copied(7))]).await;
    assert!(matches!(late, Err(LedgerError::LeaseLost)));
}

async fn what_a_dead_process_ran_goes_on_as_its_admin_wanted(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl"]).await;
    for job in &jobs {
        store.apply(*job, JobAction::Start).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        store.begin_pass(&lease).await.expect("begins");
    }
    assert_eq!(store.settle_orphans().await.expect("settles"), 0, "the process lives");
    store.apply(jobs[1], JobAction::Pause).await.expect("pauses");
    store.apply(jobs[2], JobAction::Cancel).await.expect("stops");

    everybody_dies(setting).await;
    assert_eq!(store.settle_orphans().await.expect("settles"), 3);
    for (job, state) in jobs.iter().zip([JobState::Queued, JobState::Paused, JobState::Cancelled]) {
        assert_eq!(store.job_state(*job).await.expect("is there"), state);
        let passes = store.job(*job).await.expect("is there").passes;
        let ends: Vec<_> = passes.iter().map(|pass| (pass.ended.is_some(), pass.end.is_some())).collect();
        assert_eq!(ends, [(true, true)]);
    }
    assert_eq!(store.settle_orphans().await.expect("settles"), 0);
    let again = store.claim().await.expect("claims").expect("waits again");
    assert_eq!((again.job, again.kind), (jobs[0], PassKind::Initial));
}

async fn a_heartbeat_tells_what_the_admin_wants(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    assert_eq!(store.heartbeat(&lease).await.expect("renews"), JobState::Running);
    store.apply(lease.job, JobAction::Pause).await.expect("pauses");
    assert_eq!(store.heartbeat(&lease).await.expect("renews"), JobState::Pausing);
    store.apply(lease.job, JobAction::Cancel).await.expect("stops");
    assert_eq!(store.heartbeat(&lease).await.expect("renews"), JobState::Stopping);
}

async fn run(store: &Store, lease: &Lease, end: PassEnd) -> JobState {
    let pass = store.begin_pass(lease).await.expect("begins");
    store.finish_pass(lease, pass, &sample::ended(end, None)).await.expect("ends")
}

async fn a_paused_job_resumes_the_pass_it_was_in(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 1, &["anna"]).await;
    store.apply(jobs[0], JobAction::Verify).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    store.apply(jobs[0], JobAction::Pause).await.expect("pauses");
    assert_eq!(run(store, &lease, PassEnd::Paused).await, JobState::Paused);
    store.apply(jobs[0], JobAction::Resume).await.expect("resumes");
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(lease.kind, PassKind::Verify);
    assert_eq!(run(store, &lease, PassEnd::Paused).await, JobState::Queued, "the server is stopping");
}

async fn a_dry_run_leaves_the_job_where_it_was(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let pass = store.begin_pass(&lease).await.expect("begins");
    let outcome = sample::ended(PassEnd::Finished, Some(Verdict::Perfect));
    store.finish_pass(&lease, pass, &outcome).await.expect("ends");
    store.apply(lease.job, JobAction::DryRun).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(lease.kind, PassKind::DryRun);
    assert_eq!(run(store, &lease, PassEnd::Finished).await, JobState::Complete);
    let row = store.job_row(lease.job).await.expect("is there");
    assert_eq!(row.verdict, Some(Verdict::Perfect), "a dry run judges nothing");
}

async fn how_a_pass_gets_on_is_told_under_its_lease_and_shown_while_it_is_fresh(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let told = |epoch| Told { job: lease.job, epoch, progress: Progress::begin(Phase::Copying) };
    let shown = async || {
        let mut rows = store.rows_of(&[lease.job]).await.expect("reads");
        store.add_progress(&mut rows).await.expect("reads");
        rows[0].progress.as_ref().map(|progress| progress.phase)
    };
    store.tell_progress(&[told(lease.epoch - 1)]).await.expect("tells");
    assert_eq!(shown().await, None, "whoever lost the lease has nothing to tell");
    for _ in 0..2 {
        store.tell_progress(&[told(lease.epoch)]).await.expect("tells");
        assert_eq!(shown().await, Some(Phase::Copying));
    }
    setting.meddle("UPDATE job_progress SET told = told - 40000").await;
    assert_eq!(shown().await, None, "its node is silent");
    store.tell_progress(&[told(lease.epoch)]).await.expect("tells");
    assert_ne!(run(store, &lease, PassEnd::Paused).await, JobState::Running);
    assert_eq!(shown().await, None, "it has ended");
}

async fn what_is_held_and_not_run_is_given_back_and_counts_for_nothing(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 100, &["anna", "bert", "carl"]).await;
    let mut leases = Vec::new();
    for job in &jobs {
        store.apply(*job, JobAction::Start).await.expect("starts");
        leases.push(store.claim().await.expect("claims").expect("there is one"));
    }
    let other = setting.again().await.expect("another node");
    // The first is run and dropped, of the second no answer came, the third is run on.
    store.begin_pass(&leases[0]).await.expect("begins");
    store.begin_pass(&leases[2]).await.expect("begins");
    let held = BTreeSet::from([(jobs[2], leases[2].epoch)]);
    assert_eq!(
        other.give_back_all_but(&BTreeSet::new()).await.expect("looks"),
        0,
        "none of these is its own"
    );
    assert_eq!(store.give_back_all_but(&held).await.expect("gives back"), 2);
    let mut states = Vec::new();
    for job in &jobs {
        states.push(store.job_state(*job).await.expect("is there"));
    }
    assert_eq!(states, [JobState::Queued, JobState::Queued, JobState::Running]);
    let view = store.job(jobs[0]).await.expect("is there");
    assert_eq!(view.passes[0].end, Some(PassEnd::Paused));
    assert_eq!(setting.number("SELECT CAST(SUM(stumbles) AS BIGINT) FROM job").await, 0);
    let ended = sample::ended(PassEnd::Finished, Some(Verdict::Perfect));
    let late = store.finish_pass(&leases[0], view.passes[0].id, &ended).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "what was given back writes nothing more: {late:?}");
    store.heartbeat(&leases[2]).await.expect("is held");
    if store.is_shared() {
        let slots = setting.number("SELECT COUNT(*) FROM endpoint_slot").await;
        assert_eq!(slots, 2, "the connections of the one that runs, and no others");
    }
    assert!(other.claim().await.expect("claims").is_some(), "at once, on any node");
}

on_both! {
    what_is_held_and_not_run_is_given_back_and_counts_for_nothing,
    how_a_pass_gets_on_is_told_under_its_lease_and_shown_while_it_is_fresh,
    of_many_claimers_each_job_has_one,
    a_project_runs_as_many_at_once_as_it_may,
    edge_168_two_jobs_never_write_one_mailbox_at_once,
    edge_168_a_stale_epoch_writes_nothing,
    a_pass_that_ended_writes_nothing_more,
    what_a_dead_process_ran_goes_on_as_its_admin_wanted,
    a_heartbeat_tells_what_the_admin_wants,
    a_paused_job_resumes_the_pass_it_was_in,
    a_dry_run_leaves_the_job_where_it_was,
}
