//! What was on its way when a connection broke: found again, sent again, and never twice.

use std::time::Duration;

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    ledger::Ledger as _,
    testing::{
        clock,
        ledger::{self, How, When},
        scene::{Scene, of, verdict},
        server::{Draft, Fuse, Habits},
    },
};

/// A target that takes one message at a time, several under way.
fn pipelined(habits: &mut Habits) {
    habits.cannot(&["MULTIAPPEND"]);
}

fn spoil(draft: &mut Draft) {
    for byte in draft.body.iter_mut().filter(|byte| **byte == 0) {
        *byte = 0x80;
    }
    draft.received = Some("23-Nov-2026 12:00:00 +0000".into());
}

#[test]
fn edge_152_what_is_stored_late_is_waited_for() {
    clock::run(async {
        // How long is waited depends on what is known of the server.
        for (name, late) in [("Dovecot", 1500), ("Dovecot", 600), ("Carbonio", 40_000), ("Unknown", 3000)] {
            for multiappend in [true, false] {
                let scene = Scene::new("INBOX: a b c~", "INBOX:").await;
                scene.target.habits(|habits| {
                    habits.name = name;
                    if !multiappend {
                        pipelined(habits);
                    }
                });
                scene.target.light_on("APPEND", Fuse::Late(1, Duration::from_millis(late)));
                let outcome = scene.pass(PassKind::Initial).await;
                assert_eq!(outcome.end, PassEnd::Finished);
                scene.check_all_is_there();
                assert_eq!(verdict(&outcome), Verdict::Perfect);
                assert_eq!(of(&outcome, Cause::Recovered).len(), 1);
                scene.check_another_pass_stores_nothing().await;
            }
        }
    });
}

#[test]
fn edge_152_what_is_stored_later_than_anybody_waits_is_named_as_a_copy_too_many() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.target.light_on("APPEND", Fuse::Late(1, Duration::from_secs(60)));
        scene.pass(PassKind::Initial).await;
        scene.check_all_is_there();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let outcome = scene.check_another_pass_stores_nothing().await;
        assert_eq!((of(&outcome, Cause::Duplicate).len(), verdict(&outcome)), (2, Verdict::Investigate));
    });
}

#[test]
fn edge_006_a_twin_that_comes_late_is_waited_for_although_the_other_is_there() {
    clock::run(async {
        let scene = Scene::new("INBOX: a a", "INBOX:").await;
        scene.target.habits(|habits| habits.cannot(&["MULTIAPPEND", "UIDPLUS"]));
        scene.target.light_on("APPEND", Fuse::Late(2, Duration::from_millis(1500)));
        scene.pass(PassKind::Initial).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        scene.check_all_is_there();
    });
}

#[test]
fn edge_006_a_twin_is_not_taken_for_the_other_when_the_target_rewrote_both() {
    clock::run(async {
        let scene = Scene::new("INBOX: a%~ a%~", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.cannot(&["MULTIAPPEND", "UIDPLUS"]);
            habits.rewrites = spoil;
        });
        scene.target.light_on("APPEND", Fuse::Before(2));
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn edge_153_a_pass_that_died_between_the_answer_and_the_ledger_is_taken_up_without_a_second_copy() {
    clock::run(async {
        // The folder's record, the intents, the outcomes.
        for write in 1..=3 {
            let scene = Scene::new("INBOX: a a b~", "INBOX:").await;
            scene.ledger.light(ledger::Fuse { write, when: When::Before, how: How::Dies });
            assert!(scene.mortal_pass(usize::MAX).await.0.is_none());
            let outcome = scene.finish().await;
            scene.check_all_is_there();
            assert_eq!(scene.target.heard("APPEND"), 1, "write {write}");
            assert_eq!(of(&outcome, Cause::Recovered).len(), usize::from(write == 3));
        }
    });
}

#[test]
fn k4_d3_a_ledger_that_lost_its_last_writes_leads_to_no_second_copy() {
    clock::run(async {
        // A power cut takes back what was not synced; a copy that is restored is older. The folder's bracket is there.
        for spoils in [false, true] {
            for write in 2..=3 {
                let mut scene = Scene::new("INBOX: a a b~ c% c%", "INBOX:").await;
                scene.case = format!("spoils {spoils}, write {write}");
                if spoils {
                    scene.target.habits(|habits| habits.rewrites = spoil);
                }
                scene.ledger.light(ledger::Fuse { write, when: When::After, how: How::Dies });
                assert!(scene.mortal_pass(usize::MAX).await.0.is_none());
                scene.ledger.mend();
                for (folder, _) in scene.ledger.folders().await.expect("reads") {
                    scene.ledger.forget_entries(folder).await.expect("forgets");
                }
                let outcome = scene.finish().await;
                scene.check_all_is_there();
                assert_eq!(scene.target.heard("APPEND"), 1, "{}", scene.case);
                assert!(of(&outcome, Cause::Duplicate).is_empty(), "{}", scene.case);
                scene.check_another_pass_stores_nothing().await;
            }
        }
    });
}

#[test]
fn edge_001_a_rebuilt_folder_is_matched_by_content_wherever_the_pass_is_interrupted() {
    clock::run(async {
        let mut cases = 0;
        for (source, target) in [(true, false), (false, true), (true, true)] {
            for spoils in [false, true] {
                for write in 1..=6 {
                    for when in [When::Before, When::After] {
                        let mut scene = Scene::new("INBOX: a a b~ c%", "INBOX:").await;
                        scene.case =
                            format!("source {source}, target {target}, spoils {spoils}, {when:?} {write}");
                        scene.target.habits(|habits| {
                            if spoils {
                                habits.rewrites = spoil;
                            }
                        });
                        scene.finish().await;
                        scene.rebuild(source, target);
                        scene.ledger.light(ledger::Fuse { write, when, how: How::Dies });
                        scene.mortal_pass(usize::MAX).await;
                        scene.ledger.mend();
                        let outcome = scene.finish().await;
                        scene.check_all_is_there();
                        assert!(of(&outcome, Cause::Duplicate).is_empty(), "{}", scene.case);
                        scene.check_another_pass_stores_nothing().await;
                        cases += 1;
                    }
                }
            }
        }
        println!("rebuilt folders: {cases} cases");
    });
}

#[test]
fn edge_001_a_rebuilt_folder_is_named() {
    clock::run(async {
        let scene = &mut Scene::new("INBOX: a b", "INBOX:").await;
        scene.finish().await;
        scene.rebuild(true, false);
        let outcome = scene.check_another_pass_stores_nothing().await;
        assert_eq!(
            of(&outcome, Cause::FolderRebuilt)[0].detail,
            "its UIDVALIDITY on the source changed; every message is matched by content"
        );
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        scene.rebuild(false, true);
        let outcome = scene.check_another_pass_stores_nothing().await;
        assert!(of(&outcome, Cause::FolderRebuilt).is_empty(), "nothing new: the target is not even opened");
        scene
            .source
            .change(|mailbox| mailbox.folder("INBOX").add(crate::testing::mailbox::Message::written("new")));
        let outcome = scene.pass(PassKind::Delta).await;
        assert!(of(&outcome, Cause::FolderRebuilt)[0].detail.contains("on the target"));
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
    });
}

#[test]
fn edge_002_a_folder_that_was_made_anew_under_its_old_uidvalidity_is_never_called_done() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.finish().await;
        scene.source.change(|mailbox| {
            let fresh = crate::testing::mailbox::Mailbox::written("INBOX: c d");
            mailbox.folder("INBOX").messages = fresh.folders[b"INBOX".as_slice()].messages.clone();
        });
        let outcome = scene.pass(PassKind::Delta).await;
        let lost = of(&outcome, Cause::Missing).len() + scene.target.mailbox().messages() - 2;
        assert_eq!(lost, 2, "each is either named as missing or there");
    });
}

#[test]
fn a_message_that_vanished_while_it_was_on_its_way_is_not_told_of_for_ever() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.target.light_on("APPEND", Fuse::Before(1));
        scene.ledger.light(ledger::Fuse { write: 3, when: When::Before, how: How::Dies });
        scene.mortal_pass(usize::MAX).await;
        scene.source.change(|mailbox| mailbox.folder("INBOX").messages.remove(0));
        scene.finish().await;
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        scene
            .source
            .change(|mailbox| mailbox.folder("INBOX").add(crate::testing::mailbox::Message::written("new")));
        let outcome = scene.pass(PassKind::Delta).await;
        assert!(of(&outcome, Cause::Recovered).is_empty(), "{:?}", of(&outcome, Cause::Recovered));
    });
}
