//! Moves that are interrupted (edge case 163): whatever the ledger missed of one, it is not taken for another later.

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
};

use super::delta::{delta, moved};
use crate::testing::{
    clock,
    ledger::{self, How, When},
    mailbox::Message,
    scene::{Scene, of},
    server::Fuse,
};

/// A mailbox of which a message moved on the source since.
async fn with_a_move() -> Scene {
    let scene = moved().await;
    scene.source.change(|mailbox| {
        let message = mailbox.folder("INBOX").take(1);
        mailbox.folder("Work").add(message);
    });
    scene
}

/// Goes on, then gets a copy of the message that moved in a third folder, and one in its old folder.
async fn goes_on(scene: &Scene) {
    delta(scene).await;
    assert_eq!(scene.expected(), scene.target.mailbox().contents(), "{}", scene.case);
    for folder in ["Sent", "INBOX"] {
        scene.source.change(|mailbox| mailbox.folder(folder).add(Message::written("a")));
        delta(scene).await;
        let contents = scene.target.mailbox().contents();
        assert_eq!(scene.expected(), contents, "a copy in {folder} is a copy; {}", scene.case);
    }
}

#[test]
fn edge_163_whenever_the_process_dies_around_a_move_a_later_copy_of_the_message_arrives() {
    clock::run(async {
        let mut cases = 0;
        for write in 1.. {
            for when in [When::Before, When::After] {
                let mut scene = with_a_move().await;
                scene.case = format!("it dies {when:?} write {write}");
                scene.ledger.light(ledger::Fuse { write, when, how: How::Dies });
                let outcome = tokio::select! {
                    biased;
                    () = scene.ledger.died() => None,
                    outcome = scene.pass(PassKind::Delta) => Some(outcome),
                };
                scene.ledger.mend();
                goes_on(&scene).await;
                cases += 1;
                if let Some(outcome) = outcome {
                    assert_eq!((outcome.end, cases > 8), (PassEnd::Finished, true), "{cases} cases");
                    return;
                }
            }
        }
    });
}

#[test]
fn edge_163_a_move_whose_answer_was_lost_is_not_taken_for_another() {
    clock::run(async {
        for fuse in [Fuse::After(1), Fuse::Deaf(1), Fuse::Before(1)] {
            let mut scene = with_a_move().await;
            scene.case = format!("{fuse:?}");
            scene.target.light_on("UID MOVE", fuse);
            delta(&scene).await;
            assert!(!scene.target.lit());
            goes_on(&scene).await;
        }
    });
}

#[test]
fn edge_164_a_death_while_it_is_recorded_brings_nothing_back_that_was_removed() {
    clock::run(async {
        for write in 1..12 {
            for when in [When::Before, When::After] {
                let mut scene = with_a_move().await;
                scene.case = format!("it dies {when:?} write {write}");
                scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(1));
                scene.ledger.light(ledger::Fuse { write, when, how: How::Dies });
                tokio::select! {
                    biased;
                    () = scene.ledger.died() => {},
                    _ = scene.pass(PassKind::Delta) => {},
                }
                scene.ledger.mend();
                delta(&scene).await;
                let there = |scene: &Scene| scene.target.mailbox().messages();
                assert_eq!(there(&scene), 5, "{}", scene.case);
                // What comes later with the same content is another message.
                scene.source.change(|mailbox| mailbox.folder("Sent").add(Message::written("a")));
                delta(&scene).await;
                assert_eq!(there(&scene), 6, "{}", scene.case);
            }
        }
    });
}

#[test]
fn a_message_that_stays_where_it_is_stands_for_one_and_a_later_copy_arrives() {
    clock::run(async {
        let scene = with_a_move().await;
        scene.target.habits(|habits| habits.cannot(&["MOVE"]));
        delta(&scene).await;
        assert_eq!(scene.target.mailbox().messages(), 6);
        scene.source.change(|mailbox| {
            mailbox.folder("Sent").add(Message::written("a"));
            mailbox.folder("INBOX").add(Message::written("later"));
        });
        delta(&scene).await;
        let mut target = scene.target.mailbox();
        assert_eq!((target.messages(), target.folder("Sent").messages.len()), (8, 3));
    });
}

#[test]
fn edge_046_edge_163_flags_that_change_together_with_a_move_are_carried_in_the_same_pass() {
    clock::run(async {
        let scene = with_a_move().await;
        scene.source.change(|mailbox| {
            let message = mailbox.folder("Work").messages.last_mut().expect("it moved there");
            message.flags.extend(["\\Seen".to_owned(), "later".to_owned()]);
        });
        let outcome = delta(&scene).await;
        assert_eq!(scene.target.heard("UID MOVE"), 1);
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        assert!(of(&outcome, Cause::FlagsAltered).is_empty());
    });
}

#[test]
fn edge_046_edge_153_flags_that_change_after_the_process_died_are_carried() {
    clock::run(async {
        for write in 1..5 {
            let mut scene = Scene::new("INBOX: a b", "INBOX:").await;
            scene.case = format!("it dies before write {write}");
            for side in [&scene.source, &scene.target] {
                side.habits(|habits| habits.capabilities.push("CONDSTORE"));
            }
            scene.ledger.light(ledger::Fuse { write, when: When::Before, how: How::Dies });
            let (outcome, _) = scene.mortal_pass(usize::MAX).await;
            assert!(outcome.is_none(), "{}", scene.case);
            scene
                .source
                .change(|mailbox| _ = mailbox.folder("INBOX").message(1).flags.insert("\\Seen".into()));
            for _ in 0..2 {
                delta(&scene).await;
            }
            assert_eq!(scene.expected(), scene.target.mailbox().contents(), "{}", scene.case);
        }
    });
}

#[test]
fn edge_046_edge_163_flags_of_a_message_that_stays_where_it_is_are_carried_to_where_it_is() {
    clock::run(async {
        let flags = |scene: &Scene| {
            let mut target = scene.target.mailbox();
            let flags = target.folder("INBOX").message(1).flags.clone();
            flags.into_iter().collect::<Vec<_>>().join(" ")
        };
        let mark = |scene: &Scene, flag: &'static str, set: bool| {
            scene.source.change(|mailbox| {
                let message = mailbox.folder("Work").messages.last_mut().expect("it moved there");
                _ = if set { message.flags.insert(flag.into()) } else { message.flags.remove(flag) };
            });
        };
        let scene = with_a_move().await;
        scene.target.habits(|habits| habits.cannot(&["MOVE"]));
        mark(&scene, "\\Seen", true);
        let outcome = delta(&scene).await;
        assert_eq!((flags(&scene).as_str(), of(&outcome, Cause::FlagsCarried).len()), ("\\Seen", 1));
        // Nothing else changes, in neither folder.
        mark(&scene, "\\Flagged", true);
        let outcome = delta(&scene).await;
        assert_eq!(
            (flags(&scene).as_str(), of(&outcome, Cause::FlagsCarried).len()),
            ("\\Flagged \\Seen", 1)
        );
        // What its user marks on the target stays so.
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").message(1).flags.remove("\\Seen"));
        mark(&scene, "\\Seen", false);
        mark(&scene, "\\Answered", true);
        delta(&scene).await;
        assert_eq!(flags(&scene), "\\Answered \\Flagged");
        delta(&scene).await;
        let outcome = delta(&scene).await;
        assert!(of(&outcome, Cause::FlagsCarried).is_empty());
        assert_eq!(scene.target.mailbox().messages(), 6);
    });
}
