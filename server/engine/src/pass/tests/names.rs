//! Folders' names (edge cases 50 to 62): every folder has its place, and none becomes another.

use shared::{cause::Cause, pass::PassKind, report::Verdict};

use super::folders::moved;
use crate::testing::{
    clock,
    mailbox::Mailbox,
    scene::{Scene, findings, of, verdict},
    server::Habits,
};

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
        let source = "INBOX: | &AOk-: a b | \u{e9}: c";
        let (scene, outcome, folders) = moved(source, "INBOX:", |_| {}, |_| {}).await;
        assert_eq!(scene.target.mailbox().folders.len(), 3, "{folders}");
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
