//! Mailboxes that are under way again stay what they were, and tell how far it is with them.

use shared::{
    batch::{AssignForm, BatchCounts},
    id::BatchId,
    job::JobAction,
    pass::PassEnd,
    report::Verdict,
    selection::Selection,
    under_way::UnderWay,
};

use super::{batches::batch, on_both, sample, setting::Setting};
use crate::store::Store;

async fn counts(store: &Store, batch: BatchId) -> BatchCounts {
    store.batch_row(batch).await.expect("is there").counts
}

/// Runs the pass that is next.
async fn pass(store: &Store, verdict: Verdict) {
    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    store.finish_pass(&lease, pass, &sample::ended(PassEnd::Finished, Some(verdict))).await.expect("ends");
}

async fn a_batch_that_is_looked_at_again_stays_complete_and_tells_how_far_that_is(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl", "dora"]).await;
    let id = store.create_batch(project, &batch("First", 0)).await.expect("a batch");
    let form = AssignForm { batch: Some(id), selection: Selection::of(jobs[..3].to_vec()) };
    store.assign(project, &form).await.expect("put");
    let row = store.batch_row(id).await.expect("is there");
    let act =
        async |action| store.apply_to_batch(&row, Selection::default(), action).await.expect("acts").applied;

    assert_eq!(act(JobAction::Start).await, 3);
    assert_eq!(
        counts(store, id).await.under_way,
        UnderWay { again: 0, jobs: 3, done: 0 },
        "nothing was complete before"
    );
    for _ in 0..3 {
        pass(store, Verdict::Perfect).await;
    }
    assert_eq!(counts(store, id).await.under_way, UnderWay::default(), "nothing is under way");

    // Later, so that they are begun at another moment.
    setting.meddle("UPDATE job SET queued = queued - 60000 WHERE queued > 0").await;
    assert_eq!(act(JobAction::Verify).await, 3);
    pass(store, Verdict::Perfect).await;
    let now = counts(store, id).await;
    assert_eq!((now.complete, now.active, now.complete_or_again()), (1, 2, 3));
    assert_eq!(now.under_way, UnderWay { again: 2, jobs: 3, done: 1 });
    assert!(now.under_way.is_again());
    let row = store.project_row(project).await.expect("is there");
    assert_eq!((row.complete, row.complete_or_again(), row.under_way), (1, 3, now.under_way));
    assert_eq!(store.projects().await.expect("lists").remove(0).under_way, now.under_way);

    // One that is paused is not through; one that fails is, and is complete no more.
    store.apply(jobs[2], JobAction::Pause).await.expect("pauses");
    pass(store, Verdict::Poor).await;
    let now = counts(store, id).await;
    assert_eq!((now.complete_or_again(), now.failed, now.paused), (2, 1, 1));
    assert_eq!(now.under_way, UnderWay { again: 1, jobs: 0, done: 0 }, "nothing waits or runs any more");
}

on_both! { a_batch_that_is_looked_at_again_stays_complete_and_tells_how_far_that_is }
