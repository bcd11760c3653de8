//! The comparison at the end: nothing that could not be looked at is called good.

use std::sync::Arc;

use shared::{
    cause::Cause,
    finding::Severity,
    pass::{PassEnd, PassKind},
    project::VerifyDepth,
    report::Verdict,
};

use crate::testing::{
    clock,
    mailbox::{Mailbox, Message},
    scene::{Scene, findings, of, verdict},
    server::Fuse,
};

const MAILBOX: &str = "INBOX: a b/90000 | Sent: c d/90000 | Work: e f";

#[test]
fn a_folder_that_cannot_be_looked_at_on_the_target_is_not_called_good_and_the_others_are_compared() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.target.habits(|habits| habits.instead = vec![("EXAMINE \"Sent\"", "NO it is locked")]);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        let report = outcome.report.as_ref().expect("a report");
        assert_eq!(report.folders.len(), 3, "{:?}", report.folders);
        let lost = of(&outcome, Cause::FolderRefused);
        assert_eq!(lost.len(), 2, "{lost:?}");
        assert!(lost.iter().all(|it| it.severity == Severity::Loss && it.detail.contains("it is locked")));
        assert!(verdict(&outcome) > Verdict::Good);
        assert_eq!(scene.source.heard("LOGIN"), 1, "the other connection is as good as before");
    });
}

#[test]
fn a_message_that_cannot_be_read_on_the_target_is_told_of() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.target.habits(|habits| habits.withholds = Some(("Text of e", "NO it is damaged")));
        let outcome = scene.pass(PassKind::Initial).await;
        let damaged = of(&outcome, Cause::Undelivered);
        assert!(damaged[0].detail.contains("it is damaged"), "{damaged:?}");
        assert_eq!(of(&outcome, Cause::Missing).len(), 1);
        assert!(verdict(&outcome) > Verdict::Good);
    });
}

#[test]
fn edge_011_a_message_that_is_deleted_between_listing_and_reading_is_no_loss() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c", "INBOX:").await;
        let deleted = |mailbox: &mut Mailbox| _ = mailbox.folder("INBOX").take(2);
        scene.source.light_on("UID FETCH 1:3 (UID BODY", Fuse::Changes(1, deleted));
        let outcome = scene.pass(PassKind::Initial).await;
        assert!(!scene.source.lit());
        assert_eq!((outcome.counts.copied, outcome.counts.skipped), (2, 0));
        let gone = of(&outcome, Cause::Vanished);
        assert_eq!((gone.len(), gone[0].severity), (1, Severity::Info));
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn a_message_that_is_listed_and_never_delivered_is_a_loss_and_arrives_when_it_is() {
    clock::run(async {
        let mut scene = Scene::new("INBOX: a b c", "INBOX:").await;
        for verify in [VerifyDepth::Listing, VerifyDepth::Content] {
            scene.verify = verify;
            scene.source.habits(|habits| habits.loses = Some("Text of b"));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!((outcome.counts.copied, outcome.counts.skipped), (2, 1));
            let lost = of(&outcome, Cause::Unreadable);
            assert_eq!((lost[0].severity, verdict(&outcome)), (Severity::Loss, Verdict::Investigate));
            assert!(lost[0].detail.contains("delivers nothing"), "{lost:?}");
            assert_eq!(lost[0].subject.item.as_ref().map(|item| item.id.as_str()), Some("2"));
            scene.target.change(|mailbox| mailbox.folder("INBOX").messages.clear());
            scene.ledger = Arc::default();
        }
        scene.pass(PassKind::Initial).await;
        scene.source.habits(|habits| habits.loses = None);
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn a_verify_pass_writes_nothing_and_finds_what_somebody_deleted_changed_and_added() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d*Seen", "INBOX:").await;
        scene.finish().await;
        scene.target.change(|mailbox| {
            let messages = &mut mailbox.folder("INBOX").messages;
            messages.remove(0);
            messages[0].body = [&messages[0].body[..], b"more"].concat().into();
            messages[2].flags.clear();
            mailbox.folder("INBOX").add(Message::written("new"));
        });
        let (before, commands) = (scene.target.mailbox(), scene.target.log().len());
        let outcome = scene.pass(PassKind::Verify).await;
        let causes: Vec<Cause> = findings(&outcome).iter().map(|finding| finding.cause).collect();
        assert_eq!(
            causes,
            [Cause::Missing, Cause::FlagsAltered, Cause::RemovedOnTarget, Cause::Extra, Cause::Extra]
        );
        assert_eq!((verdict(&outcome), scene.target.mailbox() == before), (Verdict::Poor, true));
        let writes = ["APPEND", "CREATE", "SUBSCRIBE", "SELECT", "STORE", "UID STORE"];
        let log = scene.target.log();
        assert!(!log[commands..].iter().any(|line| writes.iter().any(|word| line.starts_with(word))));
    });
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b | Sent: c | Work: ", "INBOX: a").await;
        let before = scene.target.mailbox();
        let outcome = scene.pass(PassKind::DryRun).await;
        let plan = outcome.plan.expect("a plan");
        let shown: Vec<_> =
            plan.folders.iter().map(|it| (it.target.to_string(), it.create, it.copy, it.items)).collect();
        let expected = [("INBOX", false, 2, 2), ("Sent", true, 1, 1), ("Work", true, 0, 0)];
        assert_eq!(shown, expected.map(|(name, create, copy, items)| (name.to_owned(), create, copy, items)));
        assert_eq!((scene.target.mailbox(), scene.ledger.all().len()), (before, 0));
        let writes = ["APPEND", "CREATE", "SUBSCRIBE", "SELECT"];
        assert!(!scene.target.log().iter().any(|line| writes.iter().any(|word| line.starts_with(word))));
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn headers_alone_are_compared_when_that_is_wanted() {
    clock::run(async {
        let mut scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.verify = VerifyDepth::Headers;
        let outcome = scene.finish().await;
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        assert!(outcome.report.expect("a report").sentence.contains("bodies were not compared"));
        assert_eq!(scene.target.heard("UID FETCH 1:2 (UID BODY.PEEK[HEADER])"), 1);
        assert_eq!(scene.target.heard("UID FETCH 1:2 (UID BODY.PEEK[])"), 0);
    });
}
