//! Gates on a clock that stands still.

use std::{
    num::{NonZeroU16, NonZeroU32, NonZeroU64},
    sync::atomic::{AtomicU64, Ordering},
};

use proptest::prelude::*;
use shared::limits::{Zone, read_hours};
use tokio::{task::JoinHandle, time::advance};

use super::*;

/// Monday 2026-11-23, 12:00:00Z.
const NOON: Timestamp = Timestamp::from_millis(1_795_435_200_000);

/// A wall clock that shows noon when the test begins.
fn wall() -> Wall {
    let begin = Instant::now();
    Wall::new(move || NOON.plus_millis(i64::try_from(begin.elapsed().as_millis()).expect("a short test")))
}

fn limits(connections: u16, per_mailbox: u16) -> Limits {
    Limits {
        connections: NonZeroU16::new(connections).expect("some"),
        connections_per_mailbox: NonZeroU16::new(per_mailbox).expect("some"),
        ..Limits::default()
    }
}

fn gate(limits: &Limits) -> Arc<Gate> {
    Gate::new(limits, wall()).expect("a zone that is known")
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Asks for a connection in a task of its own.
fn ask(gate: &Arc<Gate>, mailbox: &str) -> JoinHandle<Slot> {
    let (gate, mailbox) = (Arc::clone(gate), mailbox.to_owned());
    tokio::spawn(async move { gate.slot(&mailbox).await })
}

/// Lets every task that can go on go on.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn connections_are_granted_in_order_and_never_more_than_allowed() {
    let gate = gate(&limits(2, 1));
    let first = gate.slot("anna").await;
    let again = ask(&gate, "ANNA");
    settle().await;
    let other = ask(&gate, "bert");
    let third = ask(&gate, "carl");
    settle().await;
    assert!(!again.is_finished(), "one mailbox, one connection, however its name is written");
    assert!(other.is_finished() && !third.is_finished(), "a mailbox that must wait holds nobody else up");
    drop(first);
    settle().await;
    assert!(again.is_finished() && !third.is_finished(), "first come, first served");
    let view = gate.view(Side::Source, "old.example");
    assert_eq!((view.configured, view.present, view.in_use, view.waiting), (2, 2, 2, 1));
    drop(again.await.expect("no panic"));
    settle().await;
    assert!(third.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_glance_counts_and_waits_for_a_free_connection_but_neither_in_line_nor_for_the_allowed_hours() {
    let closed = Limits { hours: read_hours("Mon-Fri 20:00-06:00").expect("hours"), ..limits(2, 1) };
    let gate = gate(&closed);
    let waits = ask(&gate, "bert");
    settle().await;
    let (anna, carl) = (gate.glance("anna").await, gate.glance("carl").await);
    assert!(!waits.is_finished(), "it is closed for whoever moves mail");
    assert_eq!(gate.view(Side::Source, "old.example").in_use, 2);
    let third = tokio::time::timeout(seconds(10), gate.glance("dora")).await;
    assert!(third.is_err(), "not one too many");
    drop(carl);
    assert!(
        tokio::time::timeout(seconds(10), gate.glance("Anna")).await.is_err(),
        "one mailbox, one connection"
    );
    drop(anna);
    gate.complain(seconds(60), "slow down");
    let began = Instant::now();
    let _slot = gate.glance("anna").await;
    assert!(began.elapsed() >= seconds(60), "the server wants to be left alone: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_costs_nobody_anything() {
    let gate = gate(&limits(1, 1));
    let held = gate.slot("anna").await;
    let waiting = ask(&gate, "bert");
    settle().await;
    let next = ask(&gate, "carl");
    settle().await;
    waiting.abort();
    drop(held);
    // The one that was given up may have been granted in the same moment.
    settle().await;
    assert!(next.is_finished());
    assert_eq!(gate.view(Side::Source, "x").in_use, 1);
}

#[tokio::test(start_paused = true)]
async fn more_connections_for_one_mailbox_come_from_what_is_free_only() {
    let gate = gate(&limits(2, 2));
    let _first = gate.slot("anna").await;
    let second = gate.try_slot("anna");
    assert!(second.is_some() && gate.try_slot("bert").is_none());
    let waiting = ask(&gate, "bert");
    settle().await;
    drop(second);
    assert!(gate.try_slot("anna").is_none(), "who waits goes first");
    settle().await;
    assert!(waiting.is_finished());
}

#[tokio::test(start_paused = true)]
async fn edge_145_a_complaint_holds_everyone_for_exactly_its_time_and_halves_what_was_in_use() {
    let gate = gate(&limits(8, 8));
    let mut slots = Vec::new();
    for _ in 0..8 {
        slots.push(gate.slot("anna").await);
    }
    gate.complain(Duration::from_millis(178_755), "the server asked to wait 179 s");
    let view = gate.view(Side::Source, "old.example");
    assert_eq!((view.present, view.in_use), (4, 8), "what is in use is not cut");
    let held = view.held.expect("held");
    assert_eq!(held.until, Some(NOON.plus_millis(178_755)));
    assert_eq!(view.reduced.expect("reduced").until, NOON.plus_millis(178_755 + 4 * 60_000));
    slots.clear();
    let waiting = ask(&gate, "bert");
    let ready = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.ready().await }
    });
    settle().await;
    advance(Duration::from_millis(178_754)).await;
    settle().await;
    assert!(!waiting.is_finished() && !ready.is_finished());
    assert_eq!(gate.waits().expect("held").left, Duration::from_millis(1));
    advance(Duration::from_millis(1)).await;
    settle().await;
    assert!(waiting.is_finished() && ready.is_finished());
    assert_eq!(gate.waits(), None);
}

#[tokio::test(start_paused = true)]
async fn a_clean_minute_allows_one_more() {
    let gate = gate(&limits(4, 4));
    let held: Vec<_> = [gate.slot("a").await, gate.slot("b").await].into();
    gate.complain(seconds(10), "slow down");
    let waiting = [ask(&gate, "c"), ask(&gate, "d")];
    drop(held);
    let granted = || waiting.iter().filter(|slot| slot.is_finished()).count();
    settle().await;
    advance(seconds(10)).await;
    settle().await;
    assert_eq!(granted(), 1, "one of the two in use is half of them");
    advance(seconds(59)).await;
    settle().await;
    assert_eq!(granted(), 1);
    advance(seconds(1)).await;
    settle().await;
    assert_eq!(granted(), 2);
}

#[tokio::test(start_paused = true)]
async fn bytes_and_messages_flow_at_their_rate() {
    let rates = Limits {
        bytes_per_second: NonZeroU64::new(1000),
        messages_per_second: NonZeroU32::new(10),
        ..Limits::default()
    };
    let gate = gate(&rates);
    assert_eq!(gate.portion(), Some(Portion { messages: 10, bytes: 1000 }));
    let began = Instant::now();
    for _ in 0..100 {
        gate.take(100).await;
    }
    assert_eq!(began.elapsed(), seconds(9), "10,000 bytes, the first second's for free");
    let pace = gate.view(Side::Target, "x").bytes_per_second;
    assert!((900..=1000).contains(&pace), "{pace}");
    let began = Instant::now();
    for _ in 0..30 {
        gate.take_messages(1).await;
    }
    assert_eq!(began.elapsed(), seconds(2));
}

#[tokio::test(start_paused = true)]
async fn bandwidth_that_was_taken_and_given_up_is_there_for_others() {
    let gate = gate(&Limits { bytes_per_second: NonZeroU64::new(1000), ..Limits::default() });
    gate.take(1000).await;
    let given_up = tokio::time::timeout(seconds(1), gate.take(1_000_000)).await;
    assert!(given_up.is_err());
    let began = Instant::now();
    gate.take(1000).await;
    assert_eq!(began.elapsed(), Duration::ZERO, "the second that passed paid for it");
}

#[tokio::test(start_paused = true)]
async fn edge_166_outside_the_hours_everybody_waits_until_they_open() {
    let hours = read_hours("Mon-Fri 20:00-06:00").expect("hours");
    let gate = gate(&Limits { hours, zone: Zone::Fixed(60), ..Limits::default() });
    let wait = gate.waits().expect("closed");
    // 20:00 an hour east of UTC is 19:00Z, seven hours after noon.
    assert_eq!(wait.until, Some(NOON.plus_millis(7 * 3_600_000)));
    assert_eq!(wait.why, "outside the allowed hours");
    assert!(gate.try_slot("anna").is_none());
    let began = Instant::now();
    gate.ready().await;
    assert_eq!(began.elapsed(), seconds(7 * 3600));
    let _slot = gate.slot("anna").await;
    assert_eq!(began.elapsed(), seconds(7 * 3600));
    advance(seconds(10 * 3600)).await;
    assert!(gate.waits().is_some(), "06:00 has come");
}

#[tokio::test(start_paused = true)]
async fn edge_166_a_wall_clock_that_is_set_forward_is_noticed_within_a_minute() {
    let jump = Arc::new(AtomicU64::new(0));
    let (ahead, began) = (Arc::clone(&jump), Instant::now());
    let wall = Wall::new(move || {
        let passed = began.elapsed() + seconds(ahead.load(Ordering::Relaxed));
        NOON.plus_millis(i64::try_from(passed.as_millis()).expect("a short test"))
    });
    let hours = read_hours("20:00-22:00").expect("hours");
    let gate = Gate::new(&Limits { hours, ..Limits::default() }, wall).expect("UTC");
    let ready = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.ready().await }
    });
    settle().await;
    jump.store(8 * 3600, Ordering::Relaxed);
    advance(seconds(60)).await;
    settle().await;
    assert!(ready.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_strictest_of_all_projects_counts_while_it_runs() {
    let gate = Gate::unused(wall());
    let roomy = gate.join(&limits(10, 5)).expect("no hours");
    let strict =
        gate.join(&Limits { bytes_per_second: NonZeroU64::new(7), ..limits(3, 9) }).expect("no hours");
    assert_eq!(
        (gate.view(Side::Source, "x").present, gate.portion().map(|portion| portion.bytes)),
        (3, Some(7))
    );
    drop(strict);
    assert_eq!((gate.view(Side::Source, "x").present, gate.portion()), (10, None));
    let nowhere = Limits {
        hours: read_hours("Mon 1-2").expect("hours"),
        zone: Zone::Named("Atlantis/Poseidonis".into()),
        ..Limits::default()
    };
    assert!(gate.join(&nowhere).is_err());
    drop(roomy);
    assert_eq!(gate.view(Side::Source, "x").present, 10, "what was agreed last stays");
}

#[tokio::test(start_paused = true)]
async fn edge_166_hours_end_with_the_last_who_brought_them() {
    let gate = Gate::unused(wall());
    let hours = read_hours("20:00-22:00").expect("hours");
    let nights = gate.join(&Limits { hours, ..limits(10, 5) }).expect("UTC");
    let waiting = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.ready().await }
    });
    settle().await;
    assert!(gate.waits().is_some() && !waiting.is_finished());
    let always = gate.join(&limits(10, 5)).expect("no hours");
    assert!(gate.waits().is_some(), "the strictest counts");
    drop(nights);
    settle().await;
    assert!(gate.waits().is_none() && waiting.is_finished(), "whoever waited goes on at once");
    drop(always);

    let hours = read_hours("20:00-22:00").expect("hours");
    drop(gate.join(&Limits { hours, ..limits(10, 5) }).expect("UTC"));
    assert!(gate.waits().is_none() && gate.view(Side::Source, "x").held.is_none());
}

#[tokio::test(start_paused = true)]
async fn edge_159_attempts_at_once_are_never_refused_more_than_twice() {
    let gate = gate(&Limits::default());
    let sent = Arc::new(AtomicU64::new(0));
    let login = LoginKey::Admin("root".into());
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (gate, sent, login) = (Arc::clone(&gate), Arc::clone(&sent), login.clone());
        tasks.push(tokio::spawn(async move {
            let entry = gate.login(&login, &"wrong".into(), "anna").await.map_err(|_| ())?;
            let Entry::Try { attempt, .. } = entry else { panic!("nothing was opened yet") };
            sent.fetch_add(1, Ordering::Relaxed);
            sleep(seconds(3)).await;
            attempt.refused("no");
            Ok::<(), ()>(())
        }));
    }
    for task in tasks {
        _ = task.await.expect("no panic");
    }
    assert_eq!(sent.load(Ordering::Relaxed), 2);
    assert_eq!(gate.view(Side::Source, "x").breakers.len(), 1);
    assert!(gate.reset(&login));
    assert!(gate.login(&login, &"wrong".into(), "anna").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_outcome_nobody_knows_counts_neither_way() {
    let gate = gate(&Limits::default());
    let login = LoginKey::Mailbox("anna".into());
    for _ in 0..10 {
        drop(gate.login(&login, &"maybe".into(), "anna").await.expect("may be tried"));
    }
    assert!(gate.view(Side::Source, "x").breakers.is_empty());
}

/// What somebody does with a gate.
#[derive(Debug, Clone)]
enum Move {
    Ask(u8),
    GiveUp(usize),
    GiveBack(usize),
    Complain(u64),
    Wait(u64),
    Set(u16, u16),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (0_u8..4).prop_map(Move::Ask),
        1 => (0_usize..20).prop_map(Move::GiveUp),
        3 => (0_usize..20).prop_map(Move::GiveBack),
        1 => (0_u64..100).prop_map(Move::Complain),
        2 => (0_u64..120).prop_map(Move::Wait),
        1 => (1_u16..8, 1_u16..4).prop_map(|(all, each)| Move::Set(all, each)),
    ];
    proptest::collection::vec(one, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens: connections are granted only while fewer are in use than allowed, for all and for each
    /// mailbox; all come back; and whoever waits is served in the end.
    #[test]
    fn no_more_connections_are_granted_than_allowed(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime needs nothing but memory").block_on(async {
            let gate = Gate::unused(wall());
            let mut joined = gate.join(&limits(5, 2)).expect("no hours");
            let mut each = 2;
            let mut waiting: Vec<(u8, JoinHandle<Slot>)> = Vec::new();
            let mut granted: Vec<(u8, Slot)> = Vec::new();
            for step in moves {
                let before = granted.len();
                match step {
                    Move::Ask(mailbox) => waiting.push((mailbox, ask(&gate, &mailbox.to_string()))),
                    Move::GiveUp(at) if !waiting.is_empty() => waiting.remove(at % waiting.len()).1.abort(),
                    Move::GiveBack(at) if !granted.is_empty() => drop(granted.remove(at % granted.len())),
                    Move::GiveUp(_) | Move::GiveBack(_) => {}
                    Move::Complain(pause) => gate.complain(seconds(pause), "slow"),
                    Move::Wait(pause) => advance(seconds(pause)).await,
                    Move::Set(all, per_mailbox) => {
                        each = usize::from(per_mailbox);
                        joined = gate.join(&limits(all, per_mailbox)).expect("no hours");
                    }
                }
                settle().await;
                for (mailbox, task) in std::mem::take(&mut waiting) {
                    match task.is_finished() {
                        true => granted.push((mailbox, task.await.expect("no panic"))),
                        false => waiting.push((mailbox, task)),
                    }
                }
                let view = gate.view(Side::Source, "x");
                assert_eq!(usize::from(view.in_use), granted.len());
                assert!((1..=view.configured).contains(&view.present));
                if granted.len() > before {
                    assert!(view.in_use <= view.present, "{view:?}");
                    let mailbox = granted.last().expect("just granted").0;
                    assert!(granted.iter().filter(|(other, _)| *other == mailbox).count() <= each);
                }
            }
            for (_, task) in waiting {
                granted.clear();
                granted.push((0, tokio::time::timeout(seconds(3600), task).await.expect("its turn").expect("no panic")));
            }
            granted.clear();
            settle().await;
            assert_eq!(gate.view(Side::Source, "x").in_use, 0);
            drop(joined);
        });
    }
}
