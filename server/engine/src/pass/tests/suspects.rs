//! Messages at which a connection ends or a server talks nonsense: they are found out, left out and named, and everything
//! else is moved.

use std::time::Duration;

use shared::{
    cause::Cause,
    folder::FolderPath,
    pass::{PassEnd, PassKind},
    report::Verdict,
};
use tokio::time::Instant;

use crate::{
    error::{ConnectorError, Reach, Retry},
    model::ItemId,
    pass::{
        PassOutcome,
        suspects::{Company, Doing, Suspects, When},
    },
    testing::{
        clock,
        mailbox::Mailbox,
        scene::{Scene, aborted, findings, of, verdict},
        server::{Breaks, Fuse},
    },
};

const MAILBOX: &str = "INBOX: a b poison c a | Sent: d e | Work: f";
const MARKER: &str = "Text of poison";
const WAYS: [Breaks; 4] = [Breaks::Closes, Breaks::Hangs, Breaks::Miscounts, Breaks::Babbles];

/// The one message that was left out, by its id on the source.
fn left_out(outcome: &PassOutcome, cause: Cause) -> (&str, &str) {
    assert_eq!(outcome.end, PassEnd::Finished);
    let found = of(outcome, cause);
    assert_eq!(found.len(), 1, "{:?}", findings(outcome));
    let item = found[0].subject.item.as_ref().expect("a message");
    (&item.id, &found[0].detail)
}

#[test]
fn edge_105_a_message_at_which_the_source_breaks_is_left_out_and_the_rest_is_moved() {
    clock::run(async {
        for how in WAYS {
            let scene = Scene::new(MAILBOX, "INBOX:").await;
            scene.source.habits(|habits| habits.breaks = Some((MARKER, how)));
            let outcome = scene.pass(PassKind::Initial).await;
            let (id, detail) = left_out(&outcome, Cause::Unreadable);
            assert_eq!((id, verdict(&outcome)), ("3", Verdict::Investigate), "{how:?}");
            assert!(detail.contains("at last 2 times before everything else"), "{detail}");
            assert_eq!((outcome.counts.copied, outcome.counts.skipped), (7, 1), "{how:?}");
            assert_eq!(scene.target.mailbox().messages(), 7, "{how:?}");
            scene.check_the_source_is_untouched();
            // Mended, it comes with the next pass.
            scene.source.habits(|habits| habits.breaks = None);
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect), "{how:?}");
            scene.check_all_is_there();
        }
    });
}

#[test]
fn edge_105_several_messages_at_which_the_source_breaks_are_found_out_one_by_one() {
    clock::run(async {
        for how in WAYS {
            let scene = Scene::new("INBOX: poison a b poison | Sent: c poison d | Work: e", "INBOX:").await;
            scene.source.habits(|habits| habits.breaks = Some((MARKER, how)));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(outcome.end, PassEnd::Finished, "{how:?}");
            assert_eq!((of(&outcome, Cause::Unreadable).len(), scene.target.mailbox().messages()), (3, 5));
        }
    });
}

#[test]
fn a_message_at_which_the_target_breaks_is_left_out_and_the_rest_is_moved() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+"], &["UIDPLUS"]] {
            let mut scene = Scene::new(MAILBOX, "INBOX:").await;
            scene.case = format!("{lacks:?}");
            scene.target.habits(|habits| {
                habits.cannot(lacks);
                habits.poisoned_by = Some(MARKER);
            });
            let outcome = scene.pass(PassKind::Initial).await;
            let (id, detail) = left_out(&outcome, Cause::EndsConnection);
            assert_eq!((id, verdict(&outcome)), ("3", Verdict::Investigate), "{lacks:?}");
            assert!(detail.contains("storing") || detail.contains("talking to the target"), "{detail}");
            assert_eq!((outcome.counts.skipped, scene.target.mailbox().messages()), (1, 7), "{lacks:?}");
            // Another pass tries it again, and nothing else; mended, it comes.
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!(left_out(&outcome, Cause::EndsConnection).0, "3");
            scene.target.habits(|habits| habits.poisoned_by = None);
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect), "{lacks:?}");
            scene.check_all_is_there();
        }
    });
}

#[test]
fn a_message_that_the_target_stores_and_breaks_when_it_shows_it_does_not_keep_the_pass_from_its_end() {
    clock::run(async {
        for how in WAYS {
            let scene = Scene::new(MAILBOX, "INBOX:").await;
            scene.target.habits(|habits| habits.breaks = Some((MARKER, how)));
            let outcome = scene.pass(PassKind::Initial).await;
            let (_, detail) = left_out(&outcome, Cause::Undelivered);
            assert!(detail.starts_with("It is on the target, which does not deliver it"), "{detail}");
            assert_ne!(verdict(&outcome), Verdict::Perfect);
            assert_eq!(scene.target.mailbox().messages(), 8);
            scene.check_all_is_there();
        }
    });
}

#[test]
fn a_server_that_breaks_at_every_message_is_not_taken_at_the_messages() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d e f g h", "INBOX:").await;
        scene.source.habits(|habits| habits.breaks = Some(("Text of", Breaks::Closes)));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(aborted(&outcome).0, Cause::Disconnected);
        assert!(outcome.counts.skipped <= 3, "{:?}", outcome.counts);
        scene.source.habits(|habits| habits.breaks = None);
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn a_line_that_is_cut_again_and_again_leaves_nothing_out() {
    clock::run(async {
        const LINES: [fn(usize) -> usize; 3] =
            [|at| 900 + at * 577 % 6900, |at| 1300 + at * 311 % 7100, |at| 700 + at * 1013 % 5300];
        for (line, bytes) in LINES.into_iter().enumerate() {
            let scene = Scene::new(MAILBOX, "INBOX:").await;
            scene.source.habits(|habits| habits.tires_after = bytes);
            let outcome = scene.finish().await;
            assert_eq!((verdict(&outcome), outcome.counts.skipped), (Verdict::Perfect, 0), "{line}");
            println!("{line}: {} connections {:?}", scene.source.heard("LOGIN"), scene.source.tally());
            scene.check_all_is_there();
        }
    });
}

#[test]
fn a_folder_at_whose_listing_a_side_breaks_is_left_out_and_the_others_are_moved() {
    clock::run(async {
        for how in [Breaks::Closes, Breaks::Hangs, Breaks::Babbles] {
            let scene = Scene::new(MAILBOX, "INBOX:").await;
            scene.source.habits(|habits| habits.breaks_listing = Some(("INBOX", how)));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(outcome.end, PassEnd::Finished, "{how:?}");
            let lost = of(&outcome, Cause::FolderUnreadable);
            assert_eq!((lost.len(), verdict(&outcome)), (1, Verdict::Investigate), "{how:?}");
            assert!(lost[0].detail.contains("at last 2 times before everything else"), "{}", lost[0].detail);
            assert_eq!(scene.target.mailbox().messages(), 3, "{how:?}");
            scene.source.habits(|habits| habits.breaks_listing = None);
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!(verdict(&outcome), Verdict::Perfect, "{how:?}");
            scene.check_all_is_there();
        }
    });
}

#[test]
fn an_outage_of_some_minutes_is_no_fault_of_the_one_message_there_is_to_move() {
    clock::run(async {
        for side in [0, 1] {
            let scene = Scene::new("INBOX: a", "INBOX:").await;
            match side {
                0 => scene.source.habits(|habits| habits.breaks = Some(("Text of a", Breaks::Closes))),
                _ => scene.target.habits(|habits| habits.poisoned_by = Some("Text of a")),
            }
            let later = async {
                tokio::time::sleep(Duration::from_secs(420)).await;
                scene.source.habits(|habits| habits.breaks = None);
                scene.target.habits(|habits| habits.poisoned_by = None);
            };
            let (outcome, ()) = tokio::join!(scene.pass(PassKind::Initial), later);
            assert_eq!((verdict(&outcome), outcome.counts.skipped), (Verdict::Perfect, 0), "side {side}");
            scene.check_all_is_there();
        }
    });
}

#[test]
fn folders_that_cannot_be_opened_are_not_taken_for_the_one_at_which_a_source_breaks() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: a | Good: b | Zbad: c");
        for number in 0..12 {
            source.add(format!("Parent{number}")).attributes.push("\\Noselect".into());
        }
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.breaks_listing = Some(("Zbad", Breaks::Babbles)));
        let outcome = scene.pass(PassKind::Initial).await;
        let lost = of(&outcome, Cause::FolderUnreadable);
        let named: Vec<_> =
            lost.iter().filter_map(|it| it.subject.folder.as_ref()).map(ToString::to_string).collect();
        assert_eq!((named, scene.target.mailbox().messages()), (vec!["Zbad".to_owned()], 2));
    });
}

#[test]
fn a_large_message_at_which_a_side_breaks_comes_last_and_is_left_out_in_the_end() {
    clock::run(async {
        for side in [0, 1] {
            let scene = Scene::new("INBOX: a poison/30000000 b | Sent: c d", "INBOX:").await;
            match side {
                0 => scene.source.habits(|habits| habits.breaks = Some((MARKER, Breaks::Closes))),
                _ => scene.target.habits(|habits| habits.poisoned_by = Some(MARKER)),
            }
            let began = Instant::now();
            let outcome = scene.pass(PassKind::Initial).await;
            let cause = [Cause::Unreadable, Cause::EndsConnection][side];
            assert_eq!(left_out(&outcome, cause).0, "2", "side {side}");
            assert!(
                began.elapsed() >= Duration::from_secs(600),
                "a line may break for long: {:?}",
                began.elapsed()
            );
            assert_eq!((outcome.counts.copied, scene.target.mailbox().messages()), (4, 4), "side {side}");
        }
    });
}

#[test]
fn a_message_that_ended_the_process_and_then_ends_connections_keeps_no_pass_from_its_end() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.target.habits(|habits| habits.deadly = Some(MARKER));
        for _ in 0..2 {
            assert!(scene.deadly_pass(scene.order(PassKind::Initial)).await.is_none());
        }
        scene.target.habits(|habits| {
            habits.deadly = None;
            habits.poisoned_by = Some(MARKER);
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(left_out(&outcome, Cause::EndsConnection).0, "3");
        assert_eq!(scene.target.mailbox().messages(), 7);
    });
}

#[test]
fn what_came_through_alone_is_suspected_no_longer() {
    let (place, doing) = ((FolderPath::inbox(), ItemId::Uid(7)), Doing::Storing);
    let cut = ConnectorError {
        reach: Reach::Mailbox,
        retry: Retry::Now,
        cause: Cause::Protocol,
        doing: "talking to the target".into(),
        detail: "the server sent nonsense".into(),
    };
    clock::run(async move {
        let suspects = Suspects::default();
        for round in 0..9 {
            suspects.suspect(doing, [place.clone()], Company::Nothing, &cut);
            assert_eq!(suspects.when(doing, &place), When::First, "round {round}");
            suspects.came_through(&[doing], std::iter::once((&place.0, &place.1)));
            assert_eq!(suspects.when(doing, &place), When::Together);
        }
        for _ in 0..3 {
            suspects.suspect(doing, [place.clone()], Company::Nothing, &cut);
        }
        assert!(matches!(suspects.when(doing, &place), When::Never(_)));
    });
}

#[test]
fn a_message_that_its_user_removed_and_at_which_the_source_breaks_later_is_not_brought_back() {
    clock::run(async {
        let mut scene = Scene::new("INBOX: a b poison", "INBOX:").await;
        scene.finish().await;
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(3));
        scene.rebuild(true, false);
        scene.source.habits(|habits| habits.breaks = Some((MARKER, Breaks::Babbles)));
        let outcome = scene.pass(PassKind::Delta).await;
        assert_eq!(of(&outcome, Cause::Unreadable).len(), 1, "{:?}", outcome.end);
        scene.source.habits(|habits| habits.breaks = None);
        let outcome = scene.pass(PassKind::Delta).await;
        assert_eq!((outcome.counts.copied, scene.target.mailbox().messages()), (0, 2));
    });
}

#[test]
fn a_message_that_a_target_stores_without_a_word_and_breaks_at_is_never_sent_twice() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["UIDPLUS"]] {
            let mut scene = Scene::new("INBOX: a poison b", "INBOX:").await;
            scene.case = format!("{lacks:?}");
            scene.target.habits(|habits| {
                habits.cannot(lacks);
                habits.breaks = Some((MARKER, Breaks::Closes));
            });
            scene.target.light_on("APPEND", Fuse::After(if lacks == ["MULTIAPPEND"] { 2 } else { 1 }));
            for kind in [PassKind::Initial, PassKind::Delta, PassKind::Delta] {
                let outcome = scene.pass(kind).await;
                let told = of(&outcome, Cause::Undelivered);
                assert!(told.iter().any(|it| it.detail.contains("may be UID")), "{:?}", findings(&outcome));
                assert_eq!((verdict(&outcome), scene.target.mailbox().messages()), (Verdict::Investigate, 3));
            }
            scene.target.habits(|habits| habits.breaks = None);
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!((verdict(&outcome), scene.target.mailbox().messages()), (Verdict::Perfect, 3));
            scene.check_all_is_there();
        }
    });
}
