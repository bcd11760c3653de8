//! Several processes on one database: who is there, who drains, how many connections they have together, and who wins.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use shared::{
    cause::Cause,
    disk::FullDisk,
    id::JobId,
    job::{JobAction, JobState},
    node::{NodeKind, NodeState},
    pass::PassEnd,
};
use tokio::sync::Barrier;

use super::{on_both, sample, setting::Setting};
use crate::store::{Lease, NodeCard, Store, StoreError, leases::fence, outcome::STUMBLES};

pub(super) fn card(host: &str) -> NodeCard {
    NodeCard { host: host.into(), kind: NodeKind::Worker, workers: 8 }
}

pub(super) async fn started(store: &Store, names: &[&str]) -> Vec<JobId> {
    let (_, jobs) = sample::jobs(store, 100, names).await;
    for job in &jobs {
        store.apply(*job, JobAction::Start).await.expect("starts");
    }
    jobs
}

pub(super) async fn end(store: &Store, lease: &Lease, end: PassEnd) -> JobState {
    let pass = store.begin_pass(lease).await.expect("begins");
    store.finish_pass(lease, pass, &sample::ended(end, None)).await.expect("ends")
}

async fn a_node_is_listed_with_what_it_moves_and_says_goodbye(setting: &Setting) {
    let store = &setting.store;
    store.show_life(&card("alpha"), None).await.expect("shows");
    let jobs = started(store, &["anna"]).await;
    let lease = store.claim().await.expect("claims").expect("there is one");
    store.begin_pass(&lease).await.expect("begins");
    let nodes = store.nodes().await.expect("lists");
    let [node] = &nodes[..] else { panic!("{nodes:?}") };
    assert!(node.name.starts_with("alpha-") && node.here && node.workers == 8, "{node:?}");
    assert_eq!((node.state, node.kind), (NodeState::Working, NodeKind::Worker));
    let [mailbox] = &node.mailboxes[..] else { panic!("{node:?}") };
    assert_eq!((mailbox.job, mailbox.source_user.as_str()), (jobs[0], "anna@old.example"));
    assert!(mailbox.since.is_some());

    setting.meddle("UPDATE node SET seen = seen - 61000").await;
    assert_eq!(store.nodes().await.expect("lists")[0].state, NodeState::Silent);
    store.show_life(&card("alpha"), None).await.expect("shows");
    assert_eq!(store.nodes().await.expect("lists")[0].state, NodeState::Working);
    store.say_goodbye().await.expect("ends");
    assert_eq!(store.nodes().await.expect("lists")[0].state, NodeState::Ended);
    let drained = store.drain(nodes[0].id, true).await;
    assert!(matches!(drained, Err(StoreError::Conflict(_))), "{drained:?}");
}

async fn a_node_whose_disk_is_full_says_so_until_it_has_room(setting: &Setting) {
    let store = &setting.store;
    let full = FullDisk { place: "/var/lib/x".into(), free: 4, size: 100, wanted: 10 };
    let shown = async || store.nodes().await.expect("lists")[0].full_disk.clone();
    store.show_life(&card("alpha"), None).await.expect("shows");
    assert_eq!(shown().await, None);
    store.show_life(&card("alpha"), Some(&full)).await.expect("shows");
    assert_eq!(shown().await, Some(full.clone()));
    store.show_life(&card("alpha"), None).await.expect("shows");
    assert_eq!(shown().await, None);
    store.show_life(&card("alpha"), Some(&full)).await.expect("shows");
    // What another version may write one day is no reason to show no node at all.
    setting.meddle("UPDATE node SET full_disk = '{\"percent\":3}'").await;
    assert_eq!(shown().await, None);
    store.show_life(&card("alpha"), Some(&full)).await.expect("shows");
    store.say_goodbye().await.expect("ends");
    assert_eq!(shown().await, None, "nobody waits for a disk of a process that ended");
}

async fn a_drained_node_takes_nothing_and_lets_go_of_what_it_moves(setting: &Setting) {
    let store = &setting.store;
    store.show_life(&card("alpha"), None).await.expect("shows");
    started(store, &["anna", "bert"]).await;
    let lease = store.claim().await.expect("claims").expect("there is one");
    let id = store.nodes().await.expect("lists")[0].id;
    assert!(!store.is_drained().await.expect("looks"));
    store.drain(id, true).await.expect("drains");
    assert!(store.is_drained().await.expect("looks"));
    assert_eq!(store.claim().await.expect("looks"), None);
    let wishes: Vec<_> =
        store.wishes().await.expect("reads").iter().map(|wish| (wish.job, wish.state)).collect();
    assert_eq!(wishes, [(lease.job, JobState::Pausing)]);
    assert_eq!(store.nodes().await.expect("lists")[0].state, NodeState::Draining);
    assert_eq!(end(store, &lease, PassEnd::Paused).await, JobState::Queued, "it goes on elsewhere");
    assert_eq!(store.nodes().await.expect("lists")[0].state, NodeState::Drained);
    store.drain(id, false).await.expect("takes part again");
    assert_eq!(store.claim().await.expect("claims").map(|lease| lease.job), Some(lease.job));
}

async fn a_job_that_its_processes_never_survive_is_not_tried_for_ever(setting: &Setting) {
    let store = &setting.store;
    let job = started(store, &["anna"]).await[0];
    let dies = async || {
        let lease = store.claim().await.expect("claims").expect("waits");
        let pass = store.begin_pass(&lease).await.expect("begins");
        setting.meddle("UPDATE job SET lease_expires = 1, lease_owner = 'somebody else'").await;
        (lease, pass)
    };
    for round in 1..STUMBLES {
        dies().await;
        assert_eq!(store.settle_orphans().await.expect("settles"), 1);
        assert_eq!(store.job_state(job).await.expect("is there"), JobState::Queued, "round {round}");
    }
    // What arrives in between counts; an intent alone does not.
    let lease = store.claim().await.expect("claims").expect("waits");
    let ledger = store.ledger(&lease, store.begin_pass(&lease).await.expect("begins"));
    sample::filled(&ledger, "INBOX", &[sample::entry(1, sample::copied(7))]).await;
    assert_eq!(setting.number("SELECT stumbles FROM job").await, 0);
    setting.meddle("UPDATE job SET lease_expires = 1, lease_owner = 'somebody else'").await;
    assert_eq!(store.settle_orphans().await.expect("settles"), 1);
    for round in 2..=STUMBLES {
        dies().await;
        store.settle_orphans().await.expect("settles");
        let state = if round < STUMBLES { JobState::Queued } else { JobState::Failed };
        assert_eq!(store.job_state(job).await.expect("is there"), state, "round {round}");
    }
    let problem = store.job_row(job).await.expect("is there").problem.expect("says why");
    assert!(problem.contains("Eight times in a row"), "{problem}");
    store.apply(job, JobAction::Retry).await.expect("an admin may");
    assert!(store.claim().await.expect("claims").is_some());
}

async fn a_pass_that_lost_the_database_waits_again_as_its_admin_wants(setting: &Setting) {
    let store = &setting.store;
    let job = started(store, &["anna"]).await[0];
    let gone = || PassEnd::Aborted { cause: Cause::Ledger, message: "No answer.".into() };
    let interrupted = async || {
        let lease = store.claim().await.expect("claims").expect("waits");
        let pass = store.begin_pass(&lease).await.expect("begins");
        store.interrupt_pass(&lease, pass, &sample::ended(gone(), None)).await.expect("gives back")
    };
    for _ in 1..STUMBLES {
        assert_eq!(interrupted().await, JobState::Queued);
    }
    assert_eq!(interrupted().await, JobState::Failed);
    let ends = store.job(job).await.expect("is there").passes;
    assert!(ends.iter().all(|pass| pass.end == Some(gone())), "its history says what happened: {ends:?}");
    store.apply(job, JobAction::Retry).await.expect("an admin may");
    let lease = store.claim().await.expect("claims").expect("waits");
    let pass = store.begin_pass(&lease).await.expect("begins");
    store.apply(job, JobAction::Pause).await.expect("pauses");
    let state = store.interrupt_pass(&lease, pass, &sample::ended(gone(), None)).await.expect("gives back");
    assert_eq!(state, JobState::Paused);
}

on_both! {
    a_node_is_listed_with_what_it_moves_and_says_goodbye,
    a_node_whose_disk_is_full_says_so_until_it_has_room,
    a_drained_node_takes_nothing_and_lets_go_of_what_it_moves,
    a_job_that_its_processes_never_survive_is_not_tried_for_ever,
    a_pass_that_lost_the_database_waits_again_as_its_admin_wants,
}

/// How often two claimers want one job; the environment may ask for more.
fn rounds() -> u32 {
    std::env::var("CARBONIO_MIGRATE_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(400)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l1_of_two_nodes_that_want_one_job_exactly_one_gets_it() {
    let setting = Setting::postgresql().await;
    let other = setting.again().await.expect("another node");
    let job = started(&setting.store, &["anna"]).await[0];
    let rounds = rounds();
    let together = Arc::new(Barrier::new(2));
    let mut won = [0_u32; 2];
    for round in 0..rounds {
        let race = |store: Store| {
            let together = Arc::clone(&together);
            tokio::spawn(async move {
                together.wait().await;
                store.claim().await.expect("claims")
            })
        };
        let (one, two) = (race(setting.store.clone()), race(other.clone()));
        let leases = [one.await.expect("runs"), two.await.expect("runs")];
        let winners: Vec<_> = (0..2).filter(|index| leases[*index].is_some()).collect();
        let [winner] = winners[..] else { panic!("round {round}: {leases:?}") };
        won[winner] += 1;
        let lease = leases[winner].expect("won");
        assert_eq!((lease.job, lease.epoch), (job, i64::from(round) + 1), "an epoch is given once");
        setting.meddle("DELETE FROM endpoint_slot").await;
        setting.meddle("UPDATE job SET state = 'queued', lease_owner = NULL, lease_expires = NULL").await;
    }
    println!("{rounds} rounds: {won:?}");
    assert_eq!(won[0] + won[1], rounds);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_a_lost_row_of_a_node_costs_nothing_and_comes_back() {
    let setting = Setting::postgresql().await;
    let store = &setting.store;
    store.show_life(&card("alpha"), None).await.expect("shows");
    started(store, &["anna"]).await;
    let lease = store.claim().await.expect("claims").expect("there is one");
    setting.meddle("DELETE FROM node").await;
    assert_eq!(store.heartbeat(&lease).await.expect("renews"), JobState::Running);
    // Another node takes over when the lease is over, with no row to go by.
    setting.meddle("UPDATE job SET lease_expires = 1").await;
    let other = setting.again().await.expect("another node");
    assert_eq!(other.settle_orphans().await.expect("settles"), 1);
    assert!(other.claim().await.expect("claims").is_some());
    assert!(matches!(store.heartbeat(&lease).await, Err(StoreError::LeaseLost)));
    store.show_life(&card("alpha"), None).await.expect("shows");
    assert_eq!(store.nodes().await.expect("lists").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l4_a_process_that_starts_under_the_name_of_a_killed_one_keeps_nothing_of_it_alive() {
    let setting = Setting::postgresql().await;
    setting.store.show_life(&card("alpha"), None).await.expect("shows");
    started(&setting.store, &["anna"]).await;
    let old = setting.store.claim().await.expect("claims").expect("there is one");
    let again = setting.again().await.expect("the same machine");
    again.show_life(&card("alpha"), None).await.expect("shows");
    let names: Vec<_> = again.nodes().await.expect("lists").into_iter().map(|node| node.name).collect();
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
    assert!(again.wishes().await.expect("reads").is_empty());
    setting.meddle("UPDATE job SET lease_expires = 1").await;
    again.show_life(&card("alpha"), None).await.expect("shows");
    assert_eq!(again.settle_orphans().await.expect("settles"), 1, "its signs of life are its own");
    let new = again.claim().await.expect("claims").expect("waits again");
    assert!(new.job == old.job && new.epoch > old.epoch);
}

/// Gives every project other numbers of connections.
pub(super) async fn limit(setting: &Setting, source: u16, target: u16) {
    let project = setting.store.projects().await.expect("lists")[0].id;
    let view = setting.store.project(project).await.expect("is there");
    let mut form = sample::project(&view.row.name, 100);
    form.options.source_limits.connections = NonZeroU16::new(source).expect("some");
    form.options.target_limits.connections = NonZeroU16::new(target).expect("some");
    setting.store.update_project(project, &form, None).await.expect("changes");
}

pub(super) async fn in_use(setting: &Setting, side: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM endpoint_slot WHERE n >= 0 AND endpoint LIKE '{side} %'");
    setting.number(&sql).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_nodes_together_have_no_more_connections_than_the_strictest_limit() {
    let setting = Setting::postgresql().await;
    let other = setting.again().await.expect("another node");
    started(&setting.store, &["anna", "bert", "carl", "dora", "emil"]).await;
    limit(&setting, 9, 3).await;
    let mut leases = Vec::new();
    for store in [&setting.store, &other, &setting.store] {
        leases.push(store.claim().await.expect("claims").expect("there is room"));
    }
    assert_eq!(other.claim().await.expect("looks"), None, "no connection is free");
    assert_eq!((in_use(&setting, "source").await, in_use(&setting, "target").await), (3, 3));
    end(&other, &leases[1], PassEnd::Cancelled).await;
    assert_eq!(in_use(&setting, "target").await, 2);
    limit(&setting, 1, 9).await;
    assert_eq!(other.claim().await.expect("looks"), None, "a stricter limit counts at once");
    limit(&setting, 3, 9).await;
    let more = other.claim().await.expect("claims").expect("and so does a wider one, whatever is under way");
    for (store, lease) in [(&setting.store, leases[0]), (&setting.store, leases[2]), (&other, more)] {
        end(store, &lease, PassEnd::Cancelled).await;
    }
    assert_eq!((in_use(&setting, "source").await, in_use(&setting, "target").await), (0, 0));
    assert!(other.claim().await.expect("claims").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_of_a_process_that_stands_still_are_not_given_to_others() {
    let setting = Setting::postgresql().await;
    let (still, other) = (&setting.store, setting.again().await.expect("another node"));
    still.show_life(&card("still"), None).await.expect("shows");
    started(still, &["anna", "bert"]).await;
    limit(&setting, 2, 2).await;
    let lost = still.claim().await.expect("claims").expect("there is one");
    setting.meddle("UPDATE job SET lease_expires = 1 WHERE state = 'running'").await;
    assert_eq!(other.settle_orphans().await.expect("settles"), 1);
    // Its session with the database is open as its connections are: one of two is free.
    assert!(other.claim().await.expect("claims").is_some());
    assert_eq!(other.claim().await.expect("looks"), None);
    let silent = other.nodes().await.expect("lists");
    assert_eq!(
        silent.iter().map(|node| node.kept_connections).sum::<u32>(),
        2,
        "one on each side: {silent:?}"
    );
    // It wakes up, finds its lease lost, and closes them.
    assert!(matches!(still.heartbeat(&lost).await, Err(StoreError::LeaseLost)));
    still.give_back_connections(&lost).await.expect("gives back");
    assert!(other.claim().await.expect("claims").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_of_a_process_that_is_gone_are_free_at_once_and_kept_ones_in_the_end() {
    let setting = Setting::postgresql().await;
    let (dead, other) = (&setting.store, setting.again().await.expect("another node"));
    dead.show_life(&card("dead"), None).await.expect("shows");
    started(dead, &["anna"]).await;
    limit(&setting, 1, 1).await;
    dead.claim().await.expect("claims").expect("there is one");
    setting.meddle("UPDATE job SET lease_expires = 1").await;
    other.settle_orphans().await.expect("settles");
    assert_eq!(other.claim().await.expect("looks"), None, "it may only stand still");
    // Its machine closes the session of a process that ended.
    let sessions = "FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    setting.meddle(&format!("SELECT pg_terminate_backend(l.pid) {sessions}")).await;
    while setting.number(&format!("SELECT COUNT(*) {sessions}")).await > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    other.settle_orphans().await.expect("sweeps");
    let lease = other.claim().await.expect("claims").expect("free again");
    // One that stands still for half an hour has no connection any more that a server would keep.
    other.show_life(&card("other"), None).await.expect("shows");
    setting.meddle("UPDATE job SET lease_expires = 1").await;
    dead.settle_orphans().await.expect("settles");
    assert_eq!(in_use(&setting, "source").await, 1);
    setting.meddle("UPDATE endpoint_slot SET kept_until = 1").await;
    dead.settle_orphans().await.expect("sweeps");
    assert_eq!(in_use(&setting, "source").await, 0);
    assert!(matches!(other.heartbeat(&lease).await, Err(StoreError::LeaseLost)));
}

#[test]
fn l6_no_statement_about_leases_connections_or_duties_gets_a_nodes_clock() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let clocks = ["now()", "SystemTime", "Timestamp::from("];
    for file in ["slots.rs", "slots/line.rs", "nodes.rs", "times.rs", "wishes.rs", "lanes.rs"] {
        let text = std::fs::read_to_string(folder.join(file)).expect("reads");
        for clock in clocks {
            assert!(!text.contains(clock), "{file} reads this machine's clock: {clock}");
        }
    }
    // These also say in history when something was; what decides is the database's.
    for (file, columns) in [("leases.rs", ["lease_expires"].as_slice()), ("duty.rs", &["expires"])] {
        let text = std::fs::read_to_string(folder.join(file)).expect("reads");
        for statement in text.split("tx.").skip(1) {
            let statement = statement.split(';').next().unwrap_or_default();
            if columns.iter().any(|column| statement.contains(&format!("{column} = ?"))) {
                panic!("{file} sets {columns:?} to a value of this machine: {statement}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stands_still_within_a_transaction_keeps_no_mailbox_from_the_others() {
    let setting = Setting::postgresql().await;
    let second = NonZeroU16::MIN;
    let (still, other) = (setting.with_leases(second).await, setting.with_leases(second).await);
    started(&still, &["anna"]).await;
    let lease = still.claim().await.expect("claims").expect("there is one");
    let tx = still.db().begin("Standing still").await.expect("begins");
    fence(&tx, lease.job, lease.epoch).await.expect("holds the row");
    let settled = async {
        while other.settle_orphans().await.expect("settles") == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.expect("others are not kept waiting");
    assert_eq!(other.claim().await.expect("claims").map(|lease| lease.job), Some(lease.job));
    assert!(tx.commit().await.is_err(), "it was too late");
}
