//! Messages at which the process ends: they are found out, left out and named, and nothing else is.

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    pass::PassOrder,
    testing::{
        clock,
        ledger::{self, How, When},
        scene::{Scene, of, verdict},
    },
};

const MAILBOX: &str = "INBOX: a b deadly c a | Sent: d e";

/// Passes in which the process dies, until one comes to its end: how many died.
async fn until_it_survives(scene: &Scene) -> (usize, crate::pass::PassOutcome) {
    for deaths in 0..10 {
        if let Some(outcome) = scene.deadly_pass(scene.order(PassKind::Initial)).await {
            return (deaths, outcome);
        }
    }
    panic!("ten passes died in a row; {}", scene.case);
}

#[test]
fn a_message_that_ends_the_process_again_and_again_is_left_out_and_the_rest_is_moved() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+"], &["UIDPLUS"]] {
            let mut scene = Scene::new(MAILBOX, "INBOX:").await;
            scene.case = format!("{lacks:?}");
            scene.target.habits(|habits| {
                habits.cannot(lacks);
                habits.deadly = Some("Text of deadly");
            });
            let (deaths, outcome) = until_it_survives(&scene).await;
            assert_eq!((deaths, &outcome.end), (4, &PassEnd::Finished), "{lacks:?}");
            let poison = of(&outcome, Cause::Poison);
            assert_eq!(poison.len(), 1, "{lacks:?}");
            assert_eq!(poison[0].subject.item.as_ref().map(|item| item.id.as_str()), Some("3"));
            assert!(poison[0].detail.contains("ended 4 times"), "{}", poison[0].detail);
            assert_eq!((outcome.counts.skipped, verdict(&outcome)), (1, Verdict::Investigate));
            assert_eq!(scene.target.mailbox().messages(), 6, "{lacks:?}");
            // It stays left out.
            let appends = scene.target.heard("APPEND");
            let outcome = scene.deadly_pass(scene.order(PassKind::Delta)).await.expect("nobody sends it");
            assert_eq!((scene.target.heard("APPEND"), of(&outcome, Cause::Poison).len()), (appends, 1));
            // Tried again while it is still deadly, it ends the process once.
            let again = || PassOrder { retry_refused: true, ..scene.order(PassKind::Delta) };
            assert!(scene.deadly_pass(again()).await.is_none());
            let outcome = scene.deadly_pass(scene.order(PassKind::Delta)).await.expect("it is left out");
            assert_eq!(of(&outcome, Cause::Poison).len(), 1);
            scene.target.habits(|habits| habits.deadly = None);
            let outcome = scene.run(again()).await;
            assert_eq!(verdict(&outcome), Verdict::Perfect);
            scene.check_all_is_there();
        }
    });
}

#[test]
fn a_message_that_was_stored_before_the_process_ended_is_copied_and_not_left_out() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.target.habits(|habits| habits.deadly = Some("Text of deadly"));
        for _ in 0..4 {
            assert!(scene.deadly_pass(scene.order(PassKind::Initial)).await.is_none());
        }
        scene.target.habits(|habits| habits.deadly = None);
        // The target stored it late.
        let mut message = scene.source.mailbox().folder("INBOX").message(3).clone();
        message.uid = 0;
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").add(message));
        let outcome = scene.finish().await;
        assert_eq!((of(&outcome, Cause::Poison).len(), verdict(&outcome)), (0, Verdict::Perfect));
        scene.check_all_is_there();
    });
}

#[test]
fn a_process_that_is_killed_at_any_three_moments_leaves_nothing_out() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.finish().await;
        let writes = scene.ledger.writes();
        assert!(writes > 4, "{writes}");
        for first in 1..=writes {
            for then in [When::Before, When::After] {
                let mut scene = Scene::new(MAILBOX, "INBOX:").await;
                scene.case = format!("killed around write {first}, {then:?}");
                for write in [first, first, first] {
                    scene.ledger.light(ledger::Fuse { write, when: then, how: How::Dies });
                    _ = scene.mortal_pass(usize::MAX).await;
                    scene.ledger.mend();
                }
                let outcome = scene.finish().await;
                assert_eq!(of(&outcome, Cause::Poison).len(), 0, "{}", scene.case);
                scene.check_all_is_there();
                scene.check_another_pass_stores_nothing().await;
            }
        }
    });
}

#[test]
fn a_connection_that_dies_is_no_death_of_the_process() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b poison c", "INBOX:").await;
        scene.target.habits(|habits| habits.poisoned_by = Some("Text of poison"));
        for _ in 0..3 {
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(
                (of(&outcome, Cause::EndsConnection).len(), of(&outcome, Cause::Poison).len()),
                (1, 0)
            );
        }
        let deaths = scene.ledger.all().into_iter().flat_map(|(_, entries)| entries);
        assert!(deaths.into_iter().all(|entry| entry.deaths == 0));
        scene.target.habits(|habits| habits.poisoned_by = None);
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn a_panic_inside_a_pass_is_its_end_and_counts_as_a_death() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.ledger.light(ledger::Fuse { write: 3, when: When::After, how: How::Panics });
        let outcome = scene.pass(PassKind::Initial).await;
        let PassEnd::Aborted { cause: Cause::Internal, message } = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert!(message.contains("Nothing is lost"), "{message}");
        scene.finish().await;
        scene.check_all_is_there();
    });
}
