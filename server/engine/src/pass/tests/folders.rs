//! Folders (edge cases 13 and 67 to 78): roles, parents, views, subscriptions, and folders that one side will not have.

use shared::{
    cause::Cause,
    finding::Severity,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        mailbox::Mailbox,
        scene::{Scene, aborted, findings, of, verdict},
        server::Habits,
    },
};

/// Moves a mailbox between servers with habits; the folders of the target, as on the wire, with how many they hold.
pub(super) async fn moved(
    source: &str,
    target: &str,
    source_habits: fn(&mut Habits),
    target_habits: fn(&mut Habits),
) -> (Scene, PassOutcome, String) {
    let scene = Scene::new(source, target).await;
    scene.source.habits(source_habits);
    scene.target.habits(target_habits);
    let outcome = scene.pass(PassKind::Initial).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    scene.check_the_source_is_untouched();
    let before = scene.target.mailbox();
    scene.check_another_pass_stores_nothing().await;
    assert_eq!(scene.target.mailbox(), before);
    let folder = |(name, folder): (&Vec<u8>, &crate::testing::mailbox::Folder)| {
        format!("{}={}", name.escape_ascii(), folder.messages.len())
    };
    let folders = before.folders.iter().map(folder).collect::<Vec<_>>().join(" ");
    (scene, outcome, folders)
}

#[test]
fn edge_067_folders_for_the_same_use_meet_whatever_their_names() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: | Gesendet: a | Papierkorb: b | Entwurf: c");
        for (name, attribute) in [("Gesendet", "\\Sent"), ("Papierkorb", "\\Trash"), ("Entwurf", "\\Drafts")]
        {
            source.folder(name).attributes.push(attribute.into());
        }
        let mut target = Mailbox::written("INBOX: | Sent: | Trash: | Drafts:");
        target.folder("Sent").attributes.push("\\Sent".into());
        let scene = Scene::of(source, target).await;
        let outcome = scene.finish().await;
        let target = scene.target.mailbox();
        assert_eq!((target.folders.len(), target.messages()), (4, 3));
        assert!(target.folders.values().filter(|folder| folder.messages.len() == 1).count() == 3);
        assert_eq!(of(&outcome, Cause::FolderRenamed).len(), 3);
        assert_eq!(verdict(&outcome), Verdict::Perfect, "{:?}", findings(&outcome));
    });
}

#[test]
fn edge_069_a_parent_that_holds_no_messages_is_never_opened() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: a | Lists: | Lists/dev: b");
        source.folder("Lists").attributes.push("\\Noselect".into());
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        let outcome = scene.finish().await;
        assert_eq!(scene.source.heard("EXAMINE \"Lists\""), 0);
        assert_eq!(scene.target.mailbox().folders.len(), 3);
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
    });
}

#[test]
fn a_target_folder_that_holds_only_folders_is_made_one_for_messages() {
    clock::run(async {
        let mut target = Mailbox::written("INBOX: | Lists: | Lists/dev:");
        target.folder("Lists").attributes.push("\\Noselect".into());
        let scene = Scene::of(Mailbox::written("INBOX: a | Lists: b | Lists/dev: c"), target).await;
        let outcome = scene.finish().await;
        assert_eq!((verdict(&outcome), scene.target.mailbox().messages()), (Verdict::Perfect, 3));
    });
}

#[test]
fn edge_073_a_server_that_lists_no_folder_is_not_taken_for_an_empty_mailbox() {
    clock::run(async {
        for answer in ["OK that is all", "NO the listing is broken"] {
            let scene = Scene::new("INBOX: a", "INBOX:").await;
            scene.source.habits(|habits| habits.instead = vec![("LIST", answer)]);
            let outcome = scene.pass(PassKind::Initial).await;
            let (cause, message) = aborted(&outcome);
            assert_eq!(cause, Cause::NoFolders);
            assert!(message.starts_with("Listing the folders on the source 127.0.0.1 failed: "), "{message}");
            assert_eq!((scene.target.heard("CREATE"), scene.target.heard("APPEND")), (0, 0));
        }
    });
}

#[test]
fn edge_074_a_server_that_does_not_know_its_own_extended_list_is_asked_the_plain_way() {
    clock::run(async {
        let bad = |habits: &mut Habits| habits.instead = vec![("LIST \"\" \"*\" RETURN", "BAD what?")];
        let (scene, outcome, folders) = moved("INBOX: a | Work: b", "INBOX:", bad, bad).await;
        assert_eq!((folders.as_str(), verdict(&outcome)), ("INBOX=1 Work=1", Verdict::Perfect));
        assert!(scene.source.heard("LSUB") > 0);
    });
}

#[test]
fn edge_013_edge_075_views_and_other_peoples_folders_are_left_out_and_listed() {
    clock::run(async {
        let mut source =
            Mailbox::written("INBOX: a | All: a b | Starred: a | Other Users/bob/INBOX: c | shared/x: d");
        source.folder("All").attributes.push("\\All".into());
        source.folder("Starred").attributes.push("\\Flagged".into());
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| {
            habits.namespaces = ["(\"\" \"/\")", "(\"Other Users/\" \"/\")", "(\"shared/\" \"/\")"];
        });
        let outcome = scene.finish().await;
        let causes: Vec<_> =
            findings(&outcome).iter().map(|finding| (finding.cause, finding.severity)).collect();
        let info = Severity::Info;
        let expected =
            [Cause::FolderVirtual, Cause::FolderForeign, Cause::FolderVirtual, Cause::FolderForeign];
        assert_eq!(causes, expected.map(|cause| (cause, info)));
        assert_eq!((scene.target.mailbox().messages(), scene.source.heard("EXAMINE \"All\"")), (1, 0));
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_077_edge_078_empty_folders_and_subscriptions_are_carried() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: | Empty: | Work: a | Old: b");
        source.subscribed = [b"INBOX".to_vec(), b"Work".to_vec(), b"Gone".to_vec()].into();
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.finish().await;
        let target = scene.target.mailbox();
        assert_eq!(target.subscribed, [b"INBOX".to_vec(), b"Work".to_vec()].into());
        assert_eq!(target.folders.len(), 4);
    });
}

#[test]
fn edge_077_a_subscription_that_is_refused_is_a_remark() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: a");
        source.subscribed = [b"INBOX".to_vec()].into();
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.target.habits(|habits| habits.instead = vec![("SUBSCRIBE", "NO not here")]);
        let outcome = scene.pass(PassKind::Initial).await;
        let lost = of(&outcome, Cause::SubscriptionLost);
        assert_eq!((lost.len(), lost[0].detail.as_str()), (1, "the target answered: “not here”"));
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn a_folder_that_the_target_will_not_have_is_a_loss_and_the_others_arrive() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Bad: b c | Work: d", "INBOX:").await;
        scene.target.habits(|habits| habits.instead = vec![("CREATE \"Bad", "NO [CANNOT] never")]);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, scene.target.mailbox().messages()), (&PassEnd::Finished, 2));
        let lost = of(&outcome, Cause::FolderRefused);
        assert_eq!(
            lost.iter().filter(|it| it.subject.item.is_some() && it.severity == Severity::Loss).count(),
            2
        );
        assert!(lost.iter().all(|it| it.detail.contains("never")), "{lost:?}");
        assert!(of(&outcome, Cause::Missing).is_empty());
        assert_eq!(verdict(&outcome), Verdict::Investigate);
        scene.target.habits(|habits| habits.instead.clear());
        scene.finish().await;
        assert_eq!(scene.target.mailbox().messages(), 4);
    });
}

#[test]
fn a_folder_that_the_source_will_not_open_is_a_loss_and_the_others_arrive() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Bad: b c | Work: d", "INBOX:").await;
        scene.source.habits(|habits| habits.instead = vec![("EXAMINE \"Bad\"", "NO it is damaged")]);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, scene.target.mailbox().messages()), (&PassEnd::Finished, 2));
        let lost = of(&outcome, Cause::FolderUnreadable);
        assert_eq!((lost.len(), lost[0].severity), (1, Severity::Loss));
        assert!(lost[0].detail.contains("it is damaged"), "{}", lost[0].detail);
        assert_eq!(verdict(&outcome), Verdict::Investigate);
    });
}

#[test]
fn a_folder_that_is_deleted_on_the_source_under_way_does_not_end_the_pass() {
    use crate::testing::server::Fuse;
    clock::run(async {
        // Folders are listed one after the other first: the fifth opening is the second reading's.
        let scene = Scene::new("INBOX: a | Gone: b | Work: c", "INBOX:").await;
        let delete = |mailbox: &mut Mailbox| _ = mailbox.folders.remove(b"Gone".as_slice());
        scene.source.light_on("EXAMINE", Fuse::Changes(5, delete));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        assert_eq!(scene.target.mailbox().messages(), 2);
        assert_eq!(verdict(&outcome), Verdict::Perfect, "{:?}", findings(&outcome));
    });
}

#[test]
fn answers_to_listings_may_come_in_another_order() {
    clock::run(async {
        let habits = |habits: &mut Habits| {
            habits.interleaves = true;
            habits.cannot(&["LIST-EXTENDED", "MULTIAPPEND"]);
        };
        let (_, outcome, folders) = moved("INBOX: a b | Work: c d", "INBOX:", habits, habits).await;
        assert_eq!((folders.as_str(), verdict(&outcome)), ("INBOX=2 Work=2", Verdict::Perfect));
    });
}
