//! Targets that refuse messages: the right cause, the right reach, and nothing lost that could be kept.

use std::time::Duration;

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};
use tokio::time::Instant;

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        mailbox::Message,
        scene::{Scene, aborted, findings, of, verdict},
        server::{Draft, Fuse, Habits},
    },
};

fn is_bad(draft: &Draft) -> bool {
    draft.body.windows(11).any(|window| window == b"Text of bad")
}

/// Runs an initial pass over `INBOX: a bad/4000 c d`, each way of storing in turn.
fn each_way(habits: fn(&mut Habits), check: fn(&Scene, &PassOutcome)) {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+"]] {
            let scene = Scene::new("INBOX: a bad/4000 c d", "INBOX:").await;
            scene.target.habits(habits);
            scene.target.habits(|habits| habits.cannot(lacks));
            let outcome = scene.pass(PassKind::Initial).await;
            check(&scene, &outcome);
            scene.check_the_source_is_untouched();
        }
    });
}

#[test]
fn edge_154_one_message_that_is_refused_does_not_keep_the_others_away() {
    each_way(
        |habits| habits.refuses = |draft| is_bad(draft).then_some("NO Message contains invalid header"),
        |scene, outcome| {
            assert_eq!(
                (&outcome.end, outcome.counts.copied, outcome.counts.skipped),
                (&PassEnd::Finished, 3, 1)
            );
            assert_eq!(scene.target.mailbox().messages(), 3);
            let lost = of(outcome, Cause::Rejected);
            assert_eq!(lost.len(), 1);
            assert!(lost[0].detail.contains("Message contains invalid header"), "{}", lost[0].detail);
            assert_eq!(lost[0].subject.item.as_ref().map(|item| item.id.as_str()), Some("2"));
            assert_eq!(verdict(outcome), Verdict::Investigate);
        },
    );
}

#[test]
fn edge_027_a_message_that_is_too_large_is_named_so_however_the_target_puts_it() {
    each_way(
        |habits| habits.refuses = |draft| is_bad(draft).then_some("BAD maximum message size exceeded"),
        |_, outcome| assert_eq!((of(outcome, Cause::TooBig).len(), outcome.counts.copied), (1, 3)),
    );
    each_way(
        |habits| habits.largest = Some((1000, "NO [TOOBIG] sorry")),
        |_, outcome| assert_eq!((of(outcome, Cause::TooBig).len(), outcome.counts.copied), (1, 3)),
    );
}

#[test]
fn edge_027_a_message_that_is_too_large_makes_nobody_wait() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+"]] {
            let scene = Scene::new("INBOX: a bad/4000 c d", "INBOX:").await;
            scene.target.habits(|habits| {
                habits.cannot(lacks);
                // Dovecot's `quota_max_mail_size`.
                let words =
                    "NO [LIMIT] Mail size is larger than the maximum size allowed by server configuration.";
                habits.largest = Some((1000, words));
            });
            let began = Instant::now();
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!((of(&outcome, Cause::TooBig).len(), outcome.counts.copied), (1, 3));
            assert!(began.elapsed() < Duration::from_secs(5), "{lacks:?}: {:?}", began.elapsed());
        }
    });
}

#[test]
fn edge_027_a_message_above_the_limit_the_target_tells_is_not_even_sent() {
    each_way(
        |habits| habits.capabilities.push("APPENDLIMIT=1000"),
        |scene, outcome| {
            assert_eq!((of(outcome, Cause::TooBig).len(), outcome.counts.copied), (1, 3));
            assert!(scene.target.offences().is_empty());
        },
    );
}

#[test]
fn edge_150_a_full_mailbox_ends_the_pass_and_the_next_one_goes_on() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+"]] {
            // The second does not fit, the third does.
            let scene = Scene::new("INBOX: a b/4000 c", "INBOX:").await;
            scene.target.habits(|habits| {
                habits.cannot(lacks);
                habits.room = Some((2048, "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)"));
            });
            let outcome = scene.pass(PassKind::Initial).await;
            let (cause, message) = aborted(&outcome);
            assert_eq!(cause, Cause::TargetFull);
            assert!(
                message.contains("mailbox for user is full") && message.contains("of 2048 bytes used"),
                "{message}"
            );
            let stored = u64::try_from(scene.target.mailbox().messages()).expect("few");
            assert_eq!(outcome.counts.copied, stored, "what was answered is counted: {lacks:?}");
            scene.target.habits(|habits| habits.room = None);
            let outcome = scene.pass(PassKind::Delta).await;
            scene.check_all_is_there();
            assert!(of(&outcome, Cause::Recovered).len() <= 1);
        }
    });
}

#[test]
fn edge_150_a_plain_no_of_a_full_mailbox_is_seen_for_what_it_is() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b/4000 c/4000", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.name = "Carbonio";
            habits.room = Some((2048, "NO APPEND failed"));
        });
        let outcome = scene.pass(PassKind::Initial).await;
        let (cause, message) = aborted(&outcome);
        assert_eq!(cause, Cause::TargetFull, "{message}");
        assert_eq!(scene.target.mailbox().messages(), 1);
        scene.target.habits(|habits| habits.room = None);
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn edge_147_a_target_that_closes_after_five_refusals_in_a_row_never_comes_to_it() {
    clock::run(async {
        let scene = Scene::new("INBOX: bad1 bad2 bad3 bad4 bad5 bad6 bad7 good", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.cannot(&["MULTIAPPEND", "LITERAL+"]);
            habits.patience = Some(5);
            habits.refuses = |draft| is_bad(draft).then_some("NO APPEND failed");
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, outcome.counts.skipped, outcome.counts.copied), (&PassEnd::Finished, 7, 1));
        assert_eq!(scene.target.heard("LOGIN"), 1, "the connection that wrote looks at the end");
    });
}

#[test]
fn edge_147_refusals_under_way_that_close_the_connection_lose_nothing() {
    clock::run(async {
        // Of Carbonio it is known, and a good command stands between; others close, and are asked again.
        for (name, logins) in [("Carbonio", 1), ("Unknown", 2)] {
            let scene = Scene::new("INBOX: bad1 bad2 bad3 bad4 bad5 bad6 bad7 good", "INBOX:").await;
            scene.target.habits(|habits| {
                habits.name = name;
                habits.cannot(&["MULTIAPPEND"]);
                habits.patience = Some(5);
                habits.refuses = |draft| is_bad(draft).then_some("NO APPEND failed");
            });
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(
                (&outcome.end, outcome.counts.skipped, outcome.counts.copied),
                (&PassEnd::Finished, 7, 1)
            );
            assert_eq!(of(&outcome, Cause::Rejected).len(), 7);
            assert_eq!(
                (scene.target.heard("LOGIN"), scene.target.mailbox().messages()),
                (logins, 1),
                "{name}"
            );
        }
    });
}

#[test]
fn a_folder_that_is_deleted_under_way_is_made_again() {
    clock::run(async {
        let scene = Scene::new("INBOX: | Work: a b", "INBOX:").await;
        scene.target.habits(|habits| habits.instead = vec![("APPEND", "NO [TRYCREATE] no such folder")]);
        let outcome = scene.pass_until(crate::pass::Control::Pause, async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            scene.target.habits(|habits| habits.instead.clear());
            scene.target.change(|mailbox| mailbox.folders.remove(b"Work".as_slice()));
            tokio::time::sleep(Duration::from_secs(3600)).await;
        });
        let outcome = outcome.await;
        assert_eq!(
            (&outcome.end, findings(&outcome).len()),
            (&PassEnd::Finished, 1),
            "{:?}",
            findings(&outcome)
        );
        scene.check_all_is_there();
    });
}

#[test]
fn edge_017_bare_line_feeds_are_mended_only_for_a_target_that_refuses_them() {
    let bare = |draft: &Draft| draft.body.windows(2).any(|two| two[1] == b'\n' && two[0] != b'\r');
    assert!(bare(&Draft { flags: Vec::new(), received: None, body: b"a\n".to_vec() }));
    clock::run(async {
        let scene = Scene::new("INBOX: a b^", "INBOX:").await;
        scene.finish().await;
        scene.check_all_is_there();
        let scene = Scene::new("INBOX: a b^", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.refuses = |draft| {
                let bare = draft.body.windows(2).any(|two| two[1] == b'\n' && two[0] != b'\r');
                bare.then_some("NO Message contains bare newlines")
            };
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((outcome.counts.copied, outcome.counts.skipped), (2, 0));
        let altered = of(&outcome, Cause::BytesAltered);
        assert_eq!(altered.len(), 1, "{altered:?}");
        assert!(altered[0].detail.contains("bare newlines"), "{}", altered[0].detail);
        let mended = Message::written("b").body;
        assert!(scene.target.mailbox().folder("INBOX").bodies().contains(&mended));
    });
}

#[test]
fn what_a_target_says_of_itself_while_a_repair_is_tried_is_no_word_on_the_repair() {
    clock::run(async {
        for at in 1..5 {
            let scene = Scene::new("INBOX: b^*Seen#work", "INBOX:").await;
            scene.target.habits(|habits| {
                habits.refuses = |draft| {
                    let bare = draft.body.windows(2).any(|two| two[1] == b'\n' && two[0] != b'\r');
                    bare.then_some("NO Message contains bare newlines")
                };
            });
            scene.target.light_on("APPEND", Fuse::Says(at, b"{tag} NO [UNAVAILABLE] not now\r\n".to_vec()));
            let outcome = scene.finish().await;
            assert_eq!(of(&outcome, Cause::BytesAltered).len(), 1, "{:?}", findings(&outcome));
            let (mut source, mut target) = (scene.source.mailbox(), scene.target.mailbox());
            let (sent, there) = (source.folder("INBOX").message(1), target.folder("INBOX").messages.clone());
            let marks: Vec<_> = there.iter().map(|there| (&there.flags, &there.received)).collect();
            assert_eq!(marks, [(&sent.flags, &sent.received)], "it was busy at APPEND {at}");
        }
    });
}

#[test]
fn edge_035_a_date_the_target_refuses_is_left_out_and_named() {
    clock::run(async {
        let scene = Scene::new("INBOX: a", "INBOX:").await;
        scene.source.change(|mailbox| {
            mailbox.folder("INBOX").messages[0].received = "01-Jan-2040 10:00:00 +0000".into()
        });
        scene.target.habits(|habits| {
            habits.refuses = |draft| {
                let late = draft.received.as_ref().is_some_and(|date| date.contains("2040"));
                late.then_some("NO APPEND failed")
            };
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((outcome.counts.copied, scene.target.mailbox().messages()), (1, 1));
        assert!(of(&outcome, Cause::DateAltered).iter().any(|it| it.detail.contains("APPEND failed")));
        assert_eq!(verdict(&outcome), Verdict::Good);
    });
}

#[test]
fn edge_015_a_nul_that_the_target_refuses_is_named() {
    each_way(
        |habits| {
            habits.refuses = |draft| is_bad(draft).then_some("NO Message contains NUL characters");
        },
        |_, outcome| assert!(of(outcome, Cause::Rejected)[0].detail.contains("NUL characters")),
    );
}

/// A mailbox of which the target refused one message and took three, between servers that number their changes.
async fn with_a_refusal(habits: fn(&mut Habits)) -> Scene {
    let scene = Scene::new("INBOX: a bad/4000 c d", "INBOX:").await;
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.push("CONDSTORE"));
    }
    scene.target.habits(habits);
    let outcome = scene.pass(PassKind::Initial).await;
    assert_eq!((outcome.counts.copied, outcome.counts.skipped), (3, 1));
    scene
}

fn invalid(habits: &mut Habits) {
    habits.refuses = |draft| is_bad(draft).then_some("NO Message contains invalid header");
}

#[test]
fn a_message_that_was_refused_is_not_offered_again_and_still_named() {
    clock::run(async {
        let scene = with_a_refusal(invalid).await;
        let first = scene.check_another_pass_stores_nothing().await;
        let before = (scene.source.heard("EXAMINE"), scene.target.heard("SELECT"));
        let again = scene.check_another_pass_stores_nothing().await;
        assert_eq!((scene.source.heard("EXAMINE"), scene.target.heard("SELECT")), before, "it is settled");
        for outcome in [&first, &again] {
            let lost = of(outcome, Cause::Rejected);
            assert_eq!((lost.len(), verdict(outcome)), (1, Verdict::Investigate));
            let label = lost[0].subject.item.as_ref().expect("an item");
            assert_eq!((label.id.as_str(), label.message_id.is_some()), ("2", true));
            assert!(lost[0].detail.contains("invalid header"), "{}", lost[0].detail);
        }
    });
}

#[test]
fn a_refused_message_is_neither_read_nor_offered_where_another_one_arrived() {
    clock::run(async {
        let scene = with_a_refusal(invalid).await;
        scene.source.change(|mailbox| mailbox.folder("INBOX").add(Message::written("new")));
        let (read, stored) = (scene.source.heard("UID FETCH 2 (UID BODY"), scene.target.heard("APPEND"));
        let outcome = scene.pass(PassKind::Delta).await;
        assert_eq!((outcome.counts.copied, outcome.counts.skipped), (1, 1));
        assert_eq!(
            (scene.source.heard("UID FETCH 2 (UID BODY"), scene.target.heard("APPEND")),
            (read, stored + 1)
        );
        let label = of(&outcome, Cause::Rejected)[0].subject.item.clone().expect("an item");
        assert!(label.message_id.is_some(), "{label:?}");
        let verified = scene.pass(PassKind::Verify).await;
        assert_eq!(of(&verified, Cause::Rejected).len(), 1, "a verify pass names it too");
    });
}

#[test]
fn a_refused_message_is_offered_again_when_somebody_asks_for_it() {
    clock::run(async {
        let scene = with_a_refusal(invalid).await;
        scene.target.habits(|habits| habits.refuses = |_| None);
        scene.check_another_pass_stores_nothing().await;
        let asked = crate::pass::PassOrder { retry_refused: true, ..scene.order(PassKind::Delta) };
        let outcome = scene.run(asked).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect));
        scene.check_all_is_there();
    });
}

#[test]
fn edge_027_a_message_that_was_too_large_is_offered_again_when_the_targets_limit_grew() {
    clock::run(async {
        // Told before anything is sent, and found out by sending.
        let told: fn(&mut Habits) = |habits| habits.capabilities.push("APPENDLIMIT=1000");
        let found_out: fn(&mut Habits) = |habits| {
            habits.capabilities.push("APPENDLIMIT=9000");
            habits.largest = Some((1000, "NO [TOOBIG] sorry"));
        };
        for habits in [told, found_out] {
            let scene = with_a_refusal(habits).await;
            let outcome = scene.check_another_pass_stores_nothing().await;
            assert_eq!(of(&outcome, Cause::TooBig).len(), 1);
            let examined = scene.source.heard("EXAMINE");
            scene.check_another_pass_stores_nothing().await;
            assert_eq!(scene.source.heard("EXAMINE"), examined, "it is settled");
            scene.target.habits(|habits| {
                habits.cannot(&["APPENDLIMIT=1000", "APPENDLIMIT=9000"]);
                habits.capabilities.push("APPENDLIMIT=20000");
                habits.largest = None;
            });
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect));
            scene.check_all_is_there();
        }
    });
}
