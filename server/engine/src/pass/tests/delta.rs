//! Delta passes: what changed on the source since is carried, what its user did on the target is left alone.

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    project::VerifyDepth,
    report::Verdict,
};

use crate::{
    ledger::Ledger as _,
    testing::{
        clock,
        mailbox::Message,
        scene::{Scene, findings, of, verdict},
    },
};

const MAILBOX: &str = "INBOX: a b~ c*Seen | Sent: d e | Work: f";

/// A mailbox that was moved once, between servers that number their changes and can move messages.
pub(super) async fn moved() -> Scene {
    let scene = Scene::new(MAILBOX, "INBOX:").await;
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.extend(["CONDSTORE", "MOVE"]));
    }
    let outcome = scene.finish().await;
    assert_eq!(verdict(&outcome), Verdict::Perfect);
    scene
}

pub(super) async fn delta(scene: &Scene) -> crate::pass::PassOutcome {
    let outcome = scene.pass(PassKind::Delta).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    outcome
}

#[test]
fn a_pass_without_changes_opens_no_folder_and_has_the_same_report() {
    clock::run(async {
        let scene = moved().await;
        let heard = |word| (scene.source.heard(word), scene.target.heard(word));
        let before = (heard("EXAMINE"), heard("SELECT"), heard("UID FETCH"));
        let outcome = delta(&scene).await;
        assert_eq!((heard("EXAMINE"), heard("SELECT"), heard("UID FETCH")), before);
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
        assert_eq!((outcome.counts.items, outcome.counts.copied), (6, 0));
        let report = outcome.report.expect("a report");
        assert_eq!((report.totals.source_items, report.totals.identical), (6, 6));
    });
}

#[test]
fn a_new_message_costs_a_look_at_its_folder_only() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| mailbox.folder("Sent").add(Message::written("new")));
        let before = scene.source.heard("EXAMINE");
        let outcome = delta(&scene).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect));
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        // Listed and fetched, listed again to compare and fetched once more: what is open is not opened again.
        assert_eq!(scene.source.heard("EXAMINE") - before, 2);
    });
}

#[test]
fn edge_046_flags_the_source_changed_are_carried_and_those_of_the_targets_user_stay() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| {
            let inbox = mailbox.folder("INBOX");
            inbox.message(1).flags.extend(["\\Seen".to_owned(), "work".to_owned()]);
            inbox.message(2).flags.insert("\\Flagged".into());
            inbox.message(3).flags.remove("\\Seen");
        });
        scene
            .target
            .change(|mailbox| _ = mailbox.folder("INBOX").message(2).flags.insert("\\Answered".into()));
        let outcome = delta(&scene).await;
        let flags = |uid| {
            let mut target = scene.target.mailbox();
            target.folder("INBOX").message(uid).flags.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            (flags(1), flags(2), flags(3)),
            ("\\Seen work".into(), "\\Answered \\Flagged".into(), String::new())
        );
        assert!(of(&outcome, Cause::FlagsCarried)[0].detail.starts_with("flags of 3 messages"));
        let stores = scene.target.heard("UID STORE");
        delta(&scene).await;
        assert_eq!(scene.target.heard("UID STORE"), stores, "carried once");
    });
}

#[test]
fn a_flag_both_sides_changed_stays_as_the_target_has_it() {
    clock::run(async {
        let scene = moved().await;
        scene
            .source
            .change(|mailbox| _ = mailbox.folder("INBOX").message(3).flags.insert("\\Flagged".into()));
        scene.source.change(|mailbox| _ = mailbox.folder("INBOX").message(3).flags.remove("\\Seen"));
        scene.target.change(|mailbox| {
            let flags = &mut mailbox.folder("INBOX").message(3).flags;
            flags.clear();
            flags.insert("\\Draft".into());
        });
        let outcome = delta(&scene).await;
        let mut target = scene.target.mailbox();
        let there: Vec<_> = target.folder("INBOX").message(3).flags.iter().cloned().collect();
        assert_eq!(there, ["\\Draft", "\\Flagged"]);
        assert_eq!(of(&outcome, Cause::FlagsAltered).len(), 1);
    });
}

#[test]
fn edge_163_a_message_that_moved_on_the_source_is_moved_and_not_copied_twice() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| {
            let message = mailbox.folder("INBOX").take(1);
            mailbox.folder("Work").add(message);
        });
        let appends = scene.target.heard("APPEND");
        let outcome = delta(&scene).await;
        assert_eq!((scene.target.heard("APPEND"), scene.target.heard("UID MOVE")), (appends, 1));
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        assert_eq!(of(&outcome, Cause::MovedAtSource).len(), 1);
        let again = delta(&scene).await;
        assert_eq!((verdict(&again), findings(&again)), (Verdict::Perfect, &[][..]));
    });
}

#[test]
fn a_moved_message_stays_where_it_is_on_a_target_that_cannot_move() {
    clock::run(async {
        let scene = moved().await;
        scene.target.habits(|habits| habits.cannot(&["MOVE"]));
        scene.source.change(|mailbox| {
            let message = mailbox.folder("INBOX").take(1);
            mailbox.folder("Work").add(message);
        });
        let appends = scene.target.heard("APPEND");
        for _ in 0..2 {
            let outcome = delta(&scene).await;
            assert_eq!((scene.target.heard("APPEND"), scene.target.mailbox().messages()), (appends, 6));
            assert_eq!(of(&outcome, Cause::Missing).len(), 0);
            assert_ne!(verdict(&outcome), Verdict::Poor);
        }
    });
}

#[test]
fn edge_164_a_message_that_moved_on_the_source_and_was_removed_on_the_target_keeps_the_others_moving() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| {
            for uid in [1, 2] {
                let message = mailbox.folder("INBOX").take(uid);
                mailbox.folder("Work").add(message);
            }
        });
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(1));
        let (appends, work) =
            (scene.target.heard("APPEND"), scene.target.mailbox().folder("Work").messages.len());
        for _ in 0..2 {
            let outcome = delta(&scene).await;
            let mut target = scene.target.mailbox();
            // One moved, one stays away, and none is sent.
            assert_eq!((scene.target.heard("APPEND"), target.messages()), (appends, 5));
            assert_eq!(target.folder("Work").messages.len(), work + 1);
            assert_eq!(
                (of(&outcome, Cause::RemovedOnTarget).len(), of(&outcome, Cause::Missing).len()),
                (1, 0)
            );
        }
    });
}

#[test]
fn a_folder_that_was_renamed_on_the_source_takes_its_messages_along() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| {
            let folder = mailbox.folders.remove(b"Sent".as_slice()).expect("it is there");
            mailbox
                .folders
                .insert(b"Posted".to_vec(), crate::testing::mailbox::Folder { validity: 77, ..folder });
        });
        let appends = scene.target.heard("APPEND");
        delta(&scene).await;
        let mut target = scene.target.mailbox();
        assert_eq!((scene.target.heard("APPEND"), target.folder("Posted").messages.len()), (appends, 2));
        assert_eq!(target.folder("Sent").messages.len(), 0);
    });
}

#[test]
fn edge_164_what_the_user_removed_on_the_target_is_not_brought_back() {
    clock::run(async {
        let scene = moved().await;
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(1));
        let appends = scene.target.heard("APPEND");
        let outcome = delta(&scene).await;
        assert_eq!(scene.target.heard("APPEND"), appends);
        let removed = of(&outcome, Cause::RemovedOnTarget);
        assert_eq!(
            (removed.len(), of(&outcome, Cause::Missing).len(), verdict(&outcome)),
            (1, 0, Verdict::Good)
        );
    });
}

#[test]
fn edge_164_what_the_user_removed_on_the_target_stays_away_when_the_source_rebuilds_the_folder() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b twin twin c/30000000 | Sent: d", "INBOX:").await;
        for side in [&scene.source, &scene.target] {
            side.habits(|habits| habits.capabilities.push("CONDSTORE"));
        }
        scene.finish().await;
        for removed in ["a", "twin", "c"] {
            scene.target.change(|mailbox| {
                let folder = mailbox.folder("INBOX");
                let is = |message: &&Message| {
                    String::from_utf8_lossy(&message.body).contains(&format!("Subject: {removed}\r"))
                };
                let uid = folder.messages.iter().find(is).expect("it is there").uid;
                _ = folder.take(uid);
            });
        }
        delta(&scene).await;
        scene.source.change(|mailbox| {
            let inbox = mailbox.folder("INBOX");
            inbox.rebuild();
            inbox.add(Message::written("new"));
        });
        let appends = scene.target.heard("APPEND");
        for _ in 0..2 {
            let outcome = delta(&scene).await;
            assert_eq!((scene.target.heard("APPEND") - appends, scene.target.mailbox().messages()), (1, 4));
            let gone = of(&outcome, Cause::RemovedOnTarget).len();
            assert_eq!((gone, of(&outcome, Cause::Missing).len(), outcome.counts.items), (3, 0, 7));
        }
        let folders = scene.ledger.folders().await.expect("reads");
        let (inbox, _) =
            folders.iter().find(|(_, record)| record.source.to_string() == "INBOX").expect("is there");
        let entries = scene.ledger.entries(*inbox).await.expect("reads");
        assert_eq!(entries.len(), 6, "nothing is left of what stood for them: {entries:?}");
        // What comes later is another message, however alike.
        scene.source.change(|mailbox| mailbox.folder("INBOX").add(Message::written("a")));
        delta(&scene).await;
        assert_eq!((scene.target.heard("APPEND") - appends, scene.target.mailbox().messages()), (2, 5));
    });
}

#[test]
fn edge_164_what_could_not_be_read_when_the_source_rebuilt_the_folder_stays_away_all_the_same() {
    clock::run(async {
        let scene = moved().await;
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(1));
        delta(&scene).await;
        scene.source.change(|mailbox| mailbox.folder("INBOX").rebuild());
        scene.source.habits(|habits| habits.withholds = Some(("Text of a", "NO it is damaged")));
        let appends = scene.target.heard("APPEND");
        let outcome = delta(&scene).await;
        assert_eq!(of(&outcome, Cause::Unreadable).len(), 1);
        scene.source.habits(|habits| habits.withholds = None);
        for _ in 0..2 {
            let outcome = delta(&scene).await;
            assert_eq!((scene.target.heard("APPEND"), scene.target.mailbox().messages()), (appends, 5));
            assert_eq!(
                (of(&outcome, Cause::RemovedOnTarget).len(), of(&outcome, Cause::Missing).len()),
                (1, 0),
                "{:?}",
                findings(&outcome)
            );
        }
    });
}

#[test]
fn edge_045_edge_164_what_the_user_removed_stays_away_though_the_target_lists_not_all_when_the_source_rebuilds()
 {
    clock::run(async {
        let scene = moved().await;
        let body = scene.target.change(|mailbox| mailbox.folder("INBOX").take(1)).body;
        delta(&scene).await;
        for balks in [None, Some(("RFC822.SIZE", "Text of b", "BAD Parse Error"))] {
            scene.target.habits(|habits| habits.balks = balks);
            scene.source.change(|mailbox| mailbox.folder("INBOX").rebuild());
            delta(&scene).await;
            let there = scene.target.mailbox().folder("INBOX").bodies();
            assert!(!there.contains(&body), "it came back: {balks:?}");
        }
    });
}

#[test]
fn edge_164_what_a_listing_leaves_out_was_not_removed_by_its_user_when_the_source_rebuilds_the_folder() {
    clock::run(async {
        for (listings, stored) in [(1, 0), (usize::MAX, 1)] {
            let scene = moved().await;
            scene.target.habits(|habits| habits.omits = Some(("Text of b", listings)));
            scene.source.change(|mailbox| mailbox.folder("INBOX").rebuild());
            let appends = scene.target.heard("APPEND");
            let outcome = delta(&scene).await;
            assert!(of(&outcome, Cause::RemovedOnTarget).is_empty(), "{:?}", findings(&outcome));
            // What no listing shows, nobody can read there.
            assert_eq!(scene.target.heard("APPEND") - appends, stored, "left out of {listings} listings");
        }
    });
}

#[test]
fn edge_045_edge_163_a_message_that_the_target_will_not_list_is_not_taken_for_removed() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| {
            let message = mailbox.folder("INBOX").take(1);
            mailbox.folder("Work").add(message);
        });
        scene.target.habits(|habits| habits.balks = Some(("RFC822.SIZE", "Text of a", "BAD Parse Error")));
        let appends = scene.target.heard("APPEND");
        for _ in 0..2 {
            let outcome = delta(&scene).await;
            assert!(of(&outcome, Cause::RemovedOnTarget).is_empty(), "{:?}", findings(&outcome));
            let moved = of(&outcome, Cause::MovedAtSource);
            assert!(moved[0].detail.contains("it was in INBOX, which does not list it now"), "{moved:?}");
            assert_eq!((scene.target.heard("APPEND"), scene.target.mailbox().messages()), (appends, 6));
        }
    });
}

#[test]
fn a_message_that_was_deleted_on_the_source_stays_on_the_target_and_is_named() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| _ = mailbox.folder("INBOX").take(2));
        let outcome = delta(&scene).await;
        assert_eq!(scene.target.mailbox().messages(), 6);
        assert_eq!((of(&outcome, Cause::DeletedAtSource).len(), verdict(&outcome)), (1, Verdict::Perfect));
    });
}

#[test]
fn without_numbered_changes_flags_are_found_by_a_scan() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.finish().await;
        scene.source.change(|mailbox| _ = mailbox.folder("Work").message(1).flags.insert("\\Seen".into()));
        let outcome = delta(&scene).await;
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        let bodies = scene.source.heard("UID FETCH 1 (UID BODY.PEEK[])");
        assert!(bodies <= 4, "what was compared before is not read again, but for samples: {bodies}");
    });
}

#[test]
fn a_listing_is_compared_without_reading_what_the_target_told_the_id_of() {
    clock::run(async {
        let mut scene = Scene::new(MAILBOX, "INBOX: x y").await;
        scene.verify = VerifyDepth::Listing;
        let outcome = scene.finish().await;
        assert_eq!((verdict(&outcome), of(&outcome, Cause::Extra).len()), (Verdict::Perfect, 2));
        assert_eq!(outcome.report.expect("a report").totals.identical, 6);
    });
}

#[test]
fn a_message_of_many_pieces_is_carried_without_being_held() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b/30000000 c", "INBOX:").await;
        let outcome = scene.finish().await;
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        scene.check_all_is_there();
        assert!(scene.source.log().iter().any(|line| line.contains("BODY.PEEK[]<4194304.4194304>")));
        scene.check_another_pass_stores_nothing().await;
    });
}
