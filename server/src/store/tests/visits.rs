//! Visits beside passes of several nodes: never one connection too many, everybody's turn comes, and what a process leaves
//! behind is free again.

use std::time::Duration;

use shared::{check::Side, pass::PassEnd};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    nodes::{card, end, in_use, limit, started},
    sample,
    setting::Setting,
};
use crate::store::{Store, Visit, Visits};

/// Longer than anybody waits whose turn has come.
const TURN: Duration = Duration::from_secs(20);
/// Long enough to see that somebody waits.
const WAITS: Duration = Duration::from_millis(1500);

/// The way to visits of the project's source, by its present limits.
async fn way(setting: &Setting, store: &Store) -> Visits {
    let project = setting.store.projects().await.expect("lists")[0].id;
    let view = store.project(project).await.expect("is there");
    store.visits(Side::Source, &view.source, &view.options.source_limits)
}

fn begin(way: &Visits) -> JoinHandle<Visit> {
    let way = way.clone();
    tokio::spawn(async move { way.begin().await.expect("begins") })
}

async fn visit(way: &Visits) -> Visit {
    timeout(TURN, way.begin()).await.expect("its turn comes").expect("begins")
}

/// Waits until so many connections of the source are in use.
async fn until_in_use(setting: &Setting, number: i64) {
    let settled = async {
        while in_use(setting, "source").await != number {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TURN, settled).await.expect("they are given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_and_passes_of_all_nodes_have_no_more_connections_than_the_limit_together() {
    let setting = Setting::postgresql().await;
    let other = setting.again().await.expect("another node");
    started(&setting.store, &["anna", "bert", "carl"]).await;
    limit(&setting, 2, 9).await;
    let here = way(&setting, &setting.store).await;
    let there = way(&setting, &other).await;
    let lease = setting.store.claim().await.expect("claims").expect("there is room");
    let first = visit(&there).await;
    assert_eq!(in_use(&setting, "source").await, 2);
    assert_eq!(other.claim().await.expect("looks"), None, "a visit has the last one");
    let second = begin(&here);
    sleep(WAITS).await;
    assert!(!second.is_finished() && here.wait() && !there.wait(), "two are in use");
    assert_eq!(in_use(&setting, "source").await, 2);
    drop(first);
    let second = timeout(TURN, second).await.expect("its turn comes").expect("no panic");
    assert!(!here.wait());
    until_in_use(&setting, 2).await;
    end(&setting.store, &lease, PassEnd::Cancelled).await;
    drop(second);
    until_in_use(&setting, 0).await;
    assert!(other.claim().await.expect("claims").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_that_follow_each_other_keep_no_visit_waiting_for_ever() {
    let setting = Setting::postgresql().await;
    let other = setting.again().await.expect("another node");
    started(&setting.store, &["anna", "bert", "carl", "dora"]).await;
    limit(&setting, 1, 9).await;
    let way = way(&setting, &setting.store).await;
    let lease = other.claim().await.expect("claims").expect("there is room");
    let waits = begin(&way);
    sleep(WAITS).await;
    assert!(!waits.is_finished());
    end(&other, &lease, PassEnd::Cancelled).await;
    assert_eq!(other.claim().await.expect("looks"), None, "who came earlier goes first");
    let visit = timeout(TURN, waits).await.expect("its turn comes").expect("no panic");
    drop(visit);
    until_in_use(&setting, 0).await;
    assert!(other.claim().await.expect("claims").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_follow_each_other_keep_no_pass_waiting_for_ever() {
    let setting = Setting::postgresql().await;
    let other = setting.again().await.expect("another node");
    started(&setting.store, &["anna"]).await;
    limit(&setting, 1, 1).await;
    let way = way(&setting, &setting.store).await;
    let first = visit(&way).await;
    let second = begin(&way);
    sleep(WAITS).await;
    assert_eq!(other.claim().await.expect("looks"), None, "now it stands in line");
    let third = begin(&way);
    sleep(WAITS).await;
    assert_eq!(other.claim().await.expect("looks"), None, "and keeps its place");
    drop(first);
    let second = timeout(TURN, second).await.expect("it came earlier").expect("no panic");
    assert_eq!(other.claim().await.expect("looks"), None);
    drop(second);
    until_in_use(&setting, 0).await;
    sleep(WAITS).await;
    assert!(!third.is_finished(), "it came later than the pass");
    let lease = other.claim().await.expect("claims").expect("its turn has come");
    sleep(WAITS).await;
    assert!(!third.is_finished());
    end(&other, &lease, PassEnd::Finished).await;
    timeout(TURN, third).await.expect("its turn comes").expect("no panic");
    until_in_use(&setting, 0).await;
    assert_eq!(
        setting.number("SELECT COUNT(*) FROM endpoint_slot").await,
        0,
        "nobody stands in line any more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_visit_waits_for_a_pass_that_could_not_begin_anyway() {
    let setting = Setting::postgresql().await;
    started(&setting.store, &["anna", "bert"]).await;
    limit(&setting, 2, 1).await;
    let way = way(&setting, &setting.store).await;
    let _lease = setting.store.claim().await.expect("claims").expect("there is room");
    let first = visit(&way).await;
    assert_eq!(setting.store.claim().await.expect("looks"), None, "the target is in use");
    drop(first);
    until_in_use(&setting, 1).await;
    visit(&way).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_nobody_waits_for_any_more_is_given_back_with_its_place_in_the_line() {
    let setting = Setting::postgresql().await;
    sample::jobs(&setting.store, 100, &["anna"]).await;
    limit(&setting, 1, 1).await;
    let way = way(&setting, &setting.store).await;
    let held = visit(&way).await;
    let gave_up = begin(&way);
    sleep(WAITS).await;
    assert_eq!(setting.number("SELECT COUNT(*) FROM endpoint_slot WHERE n < 0").await, 1);
    gave_up.abort();
    let next = begin(&way);
    drop(held);
    timeout(TURN, next).await.expect("its turn comes").expect("no panic");
    until_in_use(&setting, 0).await;
    assert_eq!(setting.number("SELECT COUNT(*) FROM endpoint_slot").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_of_a_process_that_is_gone_are_free_when_their_time_is_over_and_of_one_that_stands_still_later()
 {
    let setting = Setting::postgresql().await;
    let (gone, other) = (&setting.store, setting.again().await.expect("another node"));
    gone.show_life(&card("gone"), None).await.expect("shows");
    sample::jobs(gone, 100, &["anna"]).await;
    limit(&setting, 1, 1).await;
    let way = way(&setting, gone).await;
    std::mem::forget(visit(&way).await);
    // Its session is there: it may only stand still, and its connection with it.
    setting.meddle("UPDATE endpoint_slot SET epoch = 1").await;
    other.settle_orphans().await.expect("sweeps");
    assert_eq!(in_use(&setting, "source").await, 1);
    let sessions = "FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    setting.meddle(&format!("SELECT pg_terminate_backend(l.pid) {sessions}")).await;
    while setting.number(&format!("SELECT COUNT(*) {sessions}")).await > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    // A session may be lost for a moment: the visit lasts as long as it may.
    setting.meddle("UPDATE endpoint_slot SET epoch = kept_until").await;
    other.settle_orphans().await.expect("sweeps");
    assert_eq!(in_use(&setting, "source").await, 1);
    setting.meddle("UPDATE endpoint_slot SET epoch = 1").await;
    other.settle_orphans().await.expect("sweeps");
    assert_eq!(in_use(&setting, "source").await, 0);
    // What a process has without knowing of it goes with its own look.
    std::mem::forget(visit(&way).await);
    // The first look finds out that the session is lost.
    let lost = gone.show_life(&card("gone"), None).await;
    assert!(lost.is_err());
    gone.show_life(&card("gone"), None).await.expect("shows");
    setting.meddle("UPDATE endpoint_slot SET epoch = 1").await;
    gone.settle_orphans().await.expect("sweeps");
    assert_eq!(in_use(&setting, "source").await, 0);
    let silent = other.nodes().await.expect("lists");
    assert!(silent.iter().all(|node| node.kept_connections == 0), "{silent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_alone_counts_by_its_own_gate() {
    let setting = Setting::sqlite().await;
    sample::jobs(&setting.store, 100, &["anna"]).await;
    let way = way(&setting, &setting.store).await;
    let _visits = [visit(&way).await, visit(&way).await];
    assert!(!way.are_shared());
    assert_eq!(setting.number("SELECT COUNT(*) FROM endpoint_slot").await, 0);
}
