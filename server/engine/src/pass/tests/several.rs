//! Several connections to the target for one mailbox: where they bring something, and nothing lost or doubled by them.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use shared::{
    cause::Cause,
    limits::Limits,
    pass::{PassEnd, PassKind},
    project::VerifyDepth,
    report::Verdict,
};
use tokio::time::{Instant, sleep};

use crate::{
    guest::{Gate, Wall},
    pass::PassOrder,
    testing::{
        clock,
        mailbox::{Mailbox, Message},
        scene::{Scene, verdict},
        server::Fuse,
    },
};

/// How long the target works on each message.
const EACH: Duration = Duration::from_millis(5);

/// So many messages in two folders, for a target that works on each of them.
async fn scene(messages: u32, in_turn: bool) -> Scene {
    let mut mailbox = Mailbox::default();
    for (folder, messages) in [("INBOX", messages / 4 * 3), ("Work", messages / 4)] {
        let folder = mailbox.add(folder);
        for number in 0..messages {
            folder.add(Message::new(format!("Subject: {number}\r\n\r\n{number}\r\n").into_bytes()));
        }
    }
    let mut scene = Scene::of(mailbox, Mailbox::written("INBOX:")).await;
    scene.verify = VerifyDepth::Listing;
    // So many arrive together at first, and far faster than the target takes them.
    scene.source.habits(|habits| habits.dawdles = Some((50, Duration::from_millis(31))));
    scene.target.habits(|habits| (habits.works, habits.in_turn) = (Some(EACH), in_turn));
    scene
}

fn order(scene: &Scene, connections: u16, per_mailbox: u16) -> (PassOrder, Arc<Gate>) {
    let some = |number| NonZeroU16::new(number).expect("some");
    let limits = Limits {
        connections: some(connections),
        connections_per_mailbox: some(per_mailbox),
        ..Limits::default()
    };
    let gate = Gate::new(&limits, Wall::system()).expect("no hours");
    let mut order = scene.order(PassKind::Initial);
    order.target.gate = Arc::clone(&gate);
    (order, gate)
}

/// Seconds of one pass that is perfect, and connections to the target at most.
async fn moves(scene: &Scene, order: PassOrder) -> (f64, usize) {
    let began = Instant::now();
    let outcome = scene.run(order).await;
    let took = began.elapsed().as_secs_f64();
    assert_eq!((outcome.end.clone(), verdict(&outcome)), (PassEnd::Finished, Verdict::Perfect));
    scene.check_all_is_there();
    (took, scene.target.most_connections())
}

#[test]
fn a_target_that_works_for_each_connection_is_written_over_as_many_as_bring_something() {
    clock::run(async {
        let scene = scene(12_000, false).await;
        let (order, gate) = order(&scene, 32, 4);
        let (took, connections) = moves(&scene, order).await;
        // Over one alone it is 60 seconds.
        assert!((3..=4).contains(&connections) && took < 32.0, "{took} s over {connections}");
        assert_eq!(gate.view(shared::check::Side::Target, "x").in_use, 0);
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn a_target_that_works_for_one_connection_at_a_time_keeps_one() {
    clock::run(async {
        let scene = scene(4000, true).await;
        let (order, _) = order(&scene, 32, 4);
        let (took, connections) = moves(&scene, order).await;
        assert!(connections == 2 && took < 22.0, "{took} s over {connections}");
        assert_eq!(scene.target.heard("LOGIN"), 2, "one more was tried, once");
    });
}

#[test]
fn edge_148_a_mailbox_has_no_more_connections_than_it_may() {
    for (connections, per_mailbox, most) in [(32, 2, 2), (32, 1, 1), (2, 4, 2), (1, 4, 1)] {
        clock::run(async {
            let scene = scene(3000, false).await;
            let (order, _) = order(&scene, connections, per_mailbox);
            assert_eq!(moves(&scene, order).await.1, most, "{connections}, {per_mailbox}");
        });
    }
    clock::run(async {
        let scene = scene(3000, false).await;
        let order = PassOrder { several: false, ..order(&scene, 32, 4).0 };
        assert_eq!(moves(&scene, order).await.1, 1, "where nodes share the limits");
    });
}

#[test]
fn a_mailbox_that_has_no_connection_gets_one_that_another_has_beside_its_own() {
    clock::run(async {
        let scene = scene(8000, false).await;
        let (order, gate) = order(&scene, 2, 4);
        let other = async {
            while scene.target.connections() < 2 {
                sleep(Duration::from_millis(10)).await;
            }
            let began = Instant::now();
            let slot = gate.slot("somebody else").await;
            // What it had taken it stores to the end.
            assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
            assert!(scene.target.mailbox().messages() < 7000);
            sleep(Duration::from_secs(60)).await;
            drop(slot);
        };
        let (moved, ()) = tokio::join!(moves(&scene, order), other);
        assert_eq!(moved.1, 2);
    });
}

#[test]
fn a_connection_that_is_refused_is_done_without() {
    clock::run(async {
        let scene = scene(3000, false).await;
        let (order, _) = order(&scene, 32, 4);
        let refuses = async {
            while scene.target.heard("APPEND") == 0 {
                sleep(Duration::from_millis(10)).await;
            }
            scene.target.habits(|habits| habits.instead = vec![("LOGIN", "NO [LIMIT] one is enough")]);
        };
        let (moved, ()) = tokio::join!(moves(&scene, order), refuses);
        assert!(moved.0 < 17.0, "{moved:?}");
        assert_eq!(scene.target.heard("LOGIN"), 2, "it is not asked again");
    });
}

#[test]
fn edge_159_a_password_that_one_more_connection_found_wrong_is_sent_once_more_and_no_third_time() {
    clock::run(async {
        let scene = scene(3000, false).await;
        let (order, _) = order(&scene, 32, 4);
        let changed = async {
            while scene.target.heard("APPEND") == 0 {
                sleep(Duration::from_millis(10)).await;
            }
            let words = "NO [AUTHENTICATIONFAILED] not any more";
            scene.target.habits(|habits| habits.instead = vec![("LOGIN", words)]);
        };
        tokio::join!(moves(&scene, order.clone()), changed);
        for cause in [Cause::LoginRefused, Cause::LoginHeld, Cause::LoginHeld] {
            let end = scene.run(order.clone()).await.end;
            assert!(matches!(&end, PassEnd::Aborted { cause: found, .. } if *found == cause), "{end:?}");
        }
        assert_eq!(scene.target.heard("LOGIN"), 3, "the one that was accepted, and two that were not");
    });
}

#[test]
fn whichever_connection_breaks_nothing_is_lost_or_doubled() {
    for at in [1, 2, 3, 4] {
        for fuse in [Fuse::Before(at), Fuse::After(at), Fuse::Late(at, Duration::from_millis(400))] {
            clock::run(async {
                let mut scene = scene(3000, false).await;
                scene.case = format!("{fuse:?}");
                let (order, _) = order(&scene, 32, 4);
                let breaks = async {
                    while scene.target.connections() < 2 {
                        sleep(Duration::from_millis(10)).await;
                    }
                    scene.target.light_on("APPEND", fuse);
                };
                let (moved, ()) = tokio::join!(moves(&scene, order), breaks);
                assert!(moved.1 >= 2 && !scene.target.lit(), "{}: {moved:?}", scene.case);
            });
        }
    }
}

#[test]
fn a_process_that_dies_while_several_connections_store_goes_on_without_loss() {
    for after in [1000, 3500, 5000, 6500] {
        clock::run(async {
            let scene = scene(3000, false).await;
            let first = tokio::time::timeout(Duration::from_millis(after), scene.run(order(&scene, 32, 4).0));
            assert!(first.await.is_err(), "it died");
            sleep(Duration::from_secs(3)).await;
            let outcome = scene.run(order(&scene, 32, 4).0).await;
            assert_eq!((outcome.end.clone(), verdict(&outcome)), (PassEnd::Finished, Verdict::Perfect));
            scene.check_all_is_there();
            scene.check_another_pass_stores_nothing().await;
        });
    }
}
