//! Folders (edge cases 13 and 50 to 78): every one has its place, and none becomes another.

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
async fn moved(
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

/// Folders below `INBOX.`, as Courier has them.
fn courier(habits: &mut Habits) {
    habits.separator = Some('.');
    habits.namespaces = ["(\"INBOX.\" \".\")", "", "(\"shared.\" \".\")"];
    habits.name = "Courier";
}

#[test]
fn edge_050_inbox_is_inbox_in_any_case() {
    clock::run(async {
        let (_, outcome, folders) = moved("Inbox: a b | work: c", "INBOX:", |_| {}, |_| {}).await;
        assert_eq!((folders.as_str(), verdict(&outcome)), ("INBOX=2 work=1", Verdict::Perfect));
    });
}

#[test]
fn edge_051_a_prefix_is_taken_off_and_put_on() {
    clock::run(async {
        let source = "INBOX: a | INBOX.Sent: b | INBOX.Lists.dev: c d";
        let (_, outcome, folders) = moved(source, "INBOX:", courier, |_| {}).await;
        assert_eq!((folders.as_str(), verdict(&outcome)), ("INBOX=1 Lists/dev=2 Sent=1", Verdict::Perfect));
        let source = "INBOX: a | Sent: b | Lists: | Lists/dev: c d";
        let (_, outcome, folders) = moved(source, "INBOX: | INBOX.Sent: ", |_| {}, courier).await;
        assert_eq!(folders, "INBOX=1 INBOX.Lists=0 INBOX.Lists.dev=2 INBOX.Sent=1");
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_052_a_server_without_namespace_is_understood_by_its_listing() {
    clock::run(async {
        let dotted = |habits: &mut Habits| {
            habits.separator = Some('.');
            habits.cannot(&["NAMESPACE"]);
        };
        let (_, outcome, folders) =
            moved("INBOX: a | Lists.dev: b", "INBOX: | Work.x: ", dotted, dotted).await;
        assert_eq!(folders, "INBOX=1 Lists.dev=1 Work.x=0");
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_053_the_targets_separator_in_a_name_does_not_split_it() {
    clock::run(async {
        let dotted = |habits: &mut Habits| {
            habits.separator = Some('.');
            habits.namespaces = ["(\"\" \".\")", "", ""];
        };
        let (_, outcome, folders) = moved("INBOX: a | either/or.x: b", "INBOX:", dotted, |_| {}).await;
        assert_eq!(folders, "INBOX=1 either_or/x=1");
        assert!(!of(&outcome, Cause::FolderRenamed).is_empty());
        assert_eq!(verdict(&outcome), Verdict::Good);
    });
}

#[test]
fn a_server_without_any_hierarchy_is_read_and_written() {
    clock::run(async {
        let flat = |habits: &mut Habits| {
            habits.separator = None;
            habits.namespaces = ["(\"\" NIL)", "", ""];
        };
        let (_, _, folders) = moved("INBOX: a | x.y: b | z: c", "INBOX:", flat, |_| {}).await;
        assert_eq!(folders, "INBOX=1 x.y=1 z=1");
        let (_, outcome, folders) = moved("INBOX: a | x/y: b | z: c", "INBOX:", |_| {}, flat).await;
        assert_eq!(folders.split(' ').count(), 3, "{folders}");
        assert_eq!(verdict(&outcome), Verdict::Good);
    });
}

#[test]
fn edge_059_names_that_are_no_modified_utf_7_are_opened_as_they_are_listed() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: a | Entw\u{fc}rfe: b | &AOk-: c | R&D: d");
        let latin = Mailbox::written("INBOX: e").folders[b"INBOX".as_slice()].clone();
        source.folders.insert(b"caf\xe9".to_vec(), latin);
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        let outcome = scene.pass(PassKind::Initial).await;
        let names: Vec<String> =
            scene.target.mailbox().folders.keys().map(|name| name.escape_ascii().to_string()).collect();
        assert_eq!(names, ["&AOk-", "Entw&APw-rfe", "INBOX", "R&-D", "caf&AOk-"]);
        assert_eq!((verdict(&outcome), scene.target.mailbox().messages()), (Verdict::Perfect, 5));
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn edge_059_two_spellings_that_read_the_same_stay_two_folders() {
    clock::run(async {
        let (_, outcome, folders) = moved("INBOX: | &AOk-: a b | \u{e9}: c", "INBOX:", |_| {}, |_| {}).await;
        assert_eq!(folders.split(' ').count(), 3, "{folders}");
        let report = outcome.report.expect("a report");
        assert_eq!((report.totals.matched, report.totals.missing), (3, 0));
    });
}

#[test]
fn edge_060_edge_062_names_of_every_kind_are_read_and_written() {
    clock::run(async {
        let names = "INBOX: a | R&-D: b | 2024: c | NIL: d | a\"b: e | c\\d: f | {12}: g | x%y: h | *: i";
        let (scene, outcome, _) = moved(names, "INBOX:", |_| {}, |_| {}).await;
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
    });
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
fn a_name_that_the_target_refuses_gets_another_and_is_named() {
    clock::run(async {
        let tilde = |habits: &mut Habits| habits.instead = vec![("CREATE \"~x", "NO bad name")];
        // Nothing is known of a target without a name.
        let (_, outcome, folders) = moved(
            "INBOX: a | ~x: b | ~x/y: c",
            "INBOX:",
            |_| {},
            |habits| {
                habits.name = "Unknown";
                habits.instead = vec![("CREATE \"~x", "NO bad name")];
            },
        )
        .await;
        assert_eq!(folders, "INBOX=1 _~x=1 _~x/y=1");
        assert!(of(&outcome, Cause::FolderRenamed).iter().any(|it| it.detail.contains("bad name")));
        assert_eq!(verdict(&outcome), Verdict::Good);
        // Of Dovecot it is known that it takes no tilde in front.
        let (scene, _, folders) = moved("INBOX: a | ~x: b", "INBOX:", |_| {}, tilde).await;
        assert_eq!((folders.as_str(), scene.target.heard("CREATE \"~x")), ("INBOX=1 _~x=1", 0));
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
