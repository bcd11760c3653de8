//! Listings that fail in part (edge cases 62, 71, 73, 76): one bad branch costs only itself, and is named.

use shared::{
    cause::Cause,
    finding::Severity,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::testing::{
    clock,
    mailbox::Mailbox,
    scene::{Scene, of, verdict},
    server::Fuse,
};

#[test]
fn edge_073_a_branch_that_cannot_be_listed_costs_only_itself_and_is_named() {
    clock::run(async {
        let source = "INBOX: a | Broken: b | Broken/lost: c | Broken/kept: d | Work: e | Work/deep/er: f";
        let mut source = Mailbox::written(source);
        source.subscribed = [b"Broken/kept".to_vec(), b"Work/deep/er".to_vec()].into();
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.breaks_at = Some("Broken/"));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        let target = scene.target.mailbox();
        let names: Vec<_> =
            target.folders.keys().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        for name in ["Broken", "Broken/kept", "INBOX", "Work", "Work/deep/er"] {
            assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
        }
        assert_eq!(target.messages(), 5);
        assert!(target.subscribed.contains(b"Broken/kept".as_slice()));
        let lost = of(&outcome, Cause::FolderUnreadable);
        assert_eq!((lost.len(), lost[0].severity), (1, Severity::Loss));
        assert!(lost[0].detail.contains("the mountpoint is broken"), "{}", lost[0].detail);
        assert_eq!(lost[0].subject.folder.as_ref().expect("a folder").to_string(), "Broken");
        assert_eq!(verdict(&outcome), Verdict::Investigate);
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn edge_073_where_nothing_can_be_listed_subscriptions_stand_in() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: a | Work: b | Private: c");
        source.subscribed = [b"Work".to_vec()].into();
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.instead = vec![("LIST", "NO the listing is broken")]);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, scene.target.mailbox().messages()), (&PassEnd::Finished, 2));
        let lost = of(&outcome, Cause::FolderUnreadable);
        assert_eq!((lost.len(), lost[0].severity), (1, Severity::Loss));
        assert_eq!(verdict(&outcome), Verdict::Investigate);
    });
}

#[test]
fn edge_073_a_listing_that_is_refused_for_the_moment_is_asked_for_again() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Work: b", "INBOX:").await;
        scene.source.habits(|habits| {
            habits.cannot(&["LIST-EXTENDED"]);
            habits.instead = vec![("LIST \"\" \"*\"", "NO [UNAVAILABLE] come back later")];
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(scene.source.heard("LIST \"\" \"%\""), 0);
        assert!(matches!(outcome.end, PassEnd::Aborted { .. }), "{:?}", outcome.end);
        assert_eq!((scene.target.heard("CREATE"), scene.target.heard("APPEND")), (0, 0));
    });
}

#[test]
fn edge_076_a_broken_listing_of_a_tree_that_loops_is_cut_and_named() {
    clock::run(async {
        let loops = vec!["x"; 60].join("/");
        let source = Mailbox::written(&format!("INBOX: a | {loops}: b | Broken/c: c"));
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.breaks_at = Some("Broken/"));
        let outcome = scene.pass(PassKind::Initial).await;
        let lost = of(&outcome, Cause::FolderUnreadable);
        assert_eq!(lost.len(), 2, "{lost:?}");
        assert!(lost.iter().any(|it| it.detail.contains("loop")), "{lost:?}");
    });
}

#[test]
fn edge_062_a_listing_with_a_wildcard_in_a_name_is_asked_for_by_level_too() {
    clock::run(async {
        let source = "INBOX: a | 100% *: b | 100% */q\"uote: c | 12: d | Broken/x: e";
        let scene = Scene::of(Mailbox::written(source), Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.breaks_at = Some("Broken/"));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(scene.target.mailbox().messages(), 4, "{:?}", outcome.end);
    });
}

const FLAGGED: &str = "INBOX: a*Seen bad*Flagged#work c#work d*Answered*Seen | Sent: e";

#[test]
fn edge_045_flags_that_a_server_will_not_list_at_once_are_had_by_searching_for_them() {
    clock::run(async {
        // Of one message, and of every one.
        for (marker, searched) in [("Text of bad", 1), ("Text of", 4)] {
            let scene = Scene::new(FLAGGED, "INBOX:").await;
            scene.source.habits(|habits| habits.balks = Some(("FLAGS", marker, "BAD Parse Error")));
            let outcome = scene.finish().await;
            scene.check_all_is_there();
            let told = of(&outcome, Cause::ListedInPieces);
            assert_eq!(told[0].severity, Severity::Info);
            assert!(told[0].detail.contains(&format!("The flags of {searched} messages")), "{told:?}");
            assert_eq!(verdict(&outcome), Verdict::Perfect);
            scene.check_another_pass_stores_nothing().await;
        }
    });
}

#[test]
fn edge_045_flags_that_cannot_be_had_at_all_are_told_of_and_those_that_were_carried_stay() {
    clock::run(async {
        let scene = Scene::new(FLAGGED, "INBOX:").await;
        scene.finish().await;
        scene.source.habits(|habits| {
            habits.balks = Some(("FLAGS", "Text of bad", "NO [CANNOT] no flags today"));
            habits.instead = vec![("UID SEARCH", "BAD what is that")];
        });
        let outcome = scene.pass(PassKind::Delta).await;
        let told = of(&outcome, Cause::ListedInPieces);
        assert_eq!((told.len(), told[0].severity), (1, Severity::Warning));
        assert!(told[0].detail.contains("would not tell the flags of 1 messages"), "{told:?}");
        assert_eq!(scene.target.heard("UID STORE"), 0, "what nobody knows is not carried");
        scene.check_all_is_there();
    });
}

#[test]
fn edge_045_a_message_that_a_server_will_not_list_is_named_and_the_others_arrive() {
    clock::run(async {
        let scene = Scene::new(FLAGGED, "INBOX:").await;
        scene.source.habits(|habits| habits.balks = Some(("RFC822.SIZE", "Text of bad", "BAD Parse Error")));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, outcome.counts.copied), (&PassEnd::Finished, 4));
        let lost = of(&outcome, Cause::Unreadable);
        assert_eq!((lost.len(), lost[0].severity), (1, Severity::Loss));
        assert_eq!(lost[0].subject.item.as_ref().map(|item| item.id.as_str()), Some("2"));
        assert_eq!(verdict(&outcome), Verdict::Investigate);
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn edge_010_what_a_folder_holds_when_it_is_opened_counts_and_another_count_is_told() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.source.habits(|habits| habits.capabilities.push("CONDSTORE"));
        scene.finish().await;
        scene.source.habits(|habits| habits.miscounts = true);
        let outcome = scene.pass(PassKind::Delta).await;
        let told = of(&outcome, Cause::CountDiffers);
        assert_eq!((told.len(), told[0].severity), (1, Severity::Info));
        assert!(told[0].detail.contains("counts 3 messages, and 2 when it is opened"), "{told:?}");
        assert_eq!((outcome.counts.items, verdict(&outcome)), (2, Verdict::Perfect));
    });
}

/// How often the source was asked what stands in a folder.
fn listings(scene: &Scene) -> usize {
    scene.source.heard("UID FETCH 1:* (UID FLAGS")
}

#[test]
fn what_the_source_proves_unchanged_is_listed_once_in_a_pass_and_afresh_by_the_final_one() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b | Work: c", "INBOX:").await;
        for server in [&scene.source, &scene.target] {
            server.habits(|habits| habits.capabilities.push("CONDSTORE"));
        }
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((verdict(&outcome), listings(&scene)), (Verdict::Perfect, 2));
        let outcome = scene.pass(PassKind::Final).await;
        assert_eq!((verdict(&outcome), listings(&scene)), (Verdict::Perfect, 6));
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn what_changes_on_the_source_during_a_pass_is_seen_by_its_comparison() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.source.habits(|habits| habits.capabilities.push("CONDSTORE"));
        // The folder is opened to be listed and read, and to be compared.
        let flagged = |mailbox: &mut Mailbox| {
            mailbox.folder("INBOX").messages[0].flags.insert("\\Flagged".into());
        };
        scene.source.light_on("EXAMINE", Fuse::Changes(2, flagged));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((of(&outcome, Cause::FlagsAltered).len(), listings(&scene)), (1, 2));
    });
}
