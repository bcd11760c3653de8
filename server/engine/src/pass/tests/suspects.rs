//! Messages at which a connection ends or a server talks nonsense: they are found out, left out and named, and everything
//! else is moved.

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        scene::{Scene, aborted, findings, of, verdict},
        server::Breaks,
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
            assert!(detail.contains("the last 2 times before everything else"), "{detail}");
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
            let (_, detail) = left_out(&outcome, Cause::Unreadable);
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
            assert!(lost[0].detail.contains("the last 2 times before everything else"), "{}", lost[0].detail);
            assert_eq!(scene.target.mailbox().messages(), 3, "{how:?}");
            scene.source.habits(|habits| habits.breaks_listing = None);
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!(verdict(&outcome), Verdict::Perfect, "{how:?}");
            scene.check_all_is_there();
        }
    });
}
