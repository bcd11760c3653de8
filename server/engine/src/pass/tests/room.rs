//! Targets with too little room: foretold before anything is written.

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        scene::{Scene, aborted, verdict},
        server::Habits,
    },
};

const FULL: &str = "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)";

/// A source with three messages, one of them large, and a target with habits.
async fn scene(habits: impl FnOnce(&mut Habits)) -> Scene {
    let scene = Scene::new("INBOX: a b/4000 | Sent: c", "INBOX:").await;
    scene.target.habits(habits);
    scene
}

/// What a dry run foretells of the target's room.
fn foretold(outcome: &PassOutcome) -> Vec<&Finding> {
    let plan = outcome.plan.as_ref().expect("a plan");
    plan.findings.iter().filter(|finding| finding.cause == Cause::TargetFull).collect()
}

#[test]
fn edge_150_a_dry_run_foretells_that_the_mailbox_will_be_full() {
    clock::run(async {
        let scene = scene(|habits| habits.room = Some((2048, FULL))).await;
        let outcome = scene.pass(PassKind::DryRun).await;
        let [finding] = foretold(&outcome)[..] else { panic!("{:?}", outcome.plan) };
        assert_eq!((finding.severity, finding.subject.folder.as_ref()), (Severity::Warning, None));
        assert!(finding.detail.contains("the mailbox has 2.0 kB free of 2.0 kB"), "{}", finding.detail);
        assert_eq!((scene.target.heard("GETQUOTAROOT"), scene.source.heard("GETQUOTAROOT")), (1, 0));
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn edge_150_a_dry_run_counts_the_messages_a_mailbox_takes() {
    clock::run(async {
        let scene = scene(|habits| habits.most = Some((2, FULL))).await;
        let outcome = scene.pass(PassKind::DryRun).await;
        let [finding] = foretold(&outcome)[..] else { panic!("{:?}", outcome.plan) };
        let words = "3 messages are to be copied, the mailbox takes 2 more of 2.";
        assert!(finding.detail.starts_with(words), "{}", finding.detail);
    });
}

#[test]
fn a_pass_says_early_that_there_is_too_little_room_and_copies_as_far_as_it_goes() {
    clock::run(async {
        let scene = scene(|habits| habits.most = Some((2, FULL))).await;
        let outcome = scene.pass(PassKind::Initial).await;
        let (cause, message) = aborted(&outcome);
        assert_eq!(cause, Cause::TargetFull);
        assert!(message.contains("2 of 2 messages used"), "{message}");
        assert_eq!((outcome.counts.copied, scene.target.mailbox().messages()), (2, 2));
        let noted = scene.ledger.findings();
        let early: Vec<_> = noted.iter().filter(|finding| finding.cause == Cause::TargetFull).collect();
        let [early] = early[..] else { panic!("{noted:?}") };
        assert!(early.detail.starts_with("3 messages are to be copied"), "{}", early.detail);
        // What is there already needs no room: one more is enough.
        scene.target.habits(|habits| habits.most = Some((3, FULL)));
        assert!(foretold(&scene.pass(PassKind::DryRun).await).is_empty());
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn what_was_foretold_and_did_not_come_true_is_not_in_the_report() {
    clock::run(async {
        // It says so, and takes them all the same.
        let scene = scene(|habits| habits.tells_room = Some("STORAGE 9 10 MESSAGE 3 3")).await;
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, verdict(&outcome)), (&PassEnd::Finished, Verdict::Perfect));
        assert!(scene.ledger.findings().iter().any(|finding| finding.cause == Cause::TargetFull));
    });
}

#[test]
fn numbers_that_make_no_sense_foretell_nothing() {
    clock::run(async {
        for nonsense in
            ["STORAGE -5 0", "STORAGE 7 0", "STORAGE 1 x MESSAGE NIL 3", "STORAGE (1) 2", "STORAGE"]
        {
            let scene = scene(|habits| habits.tells_room = Some(nonsense)).await;
            let outcome = scene.pass(PassKind::DryRun).await;
            assert_eq!(outcome.end, PassEnd::Finished, "{nonsense}");
            assert!(foretold(&outcome).is_empty(), "{nonsense}");
        }
    });
}

#[test]
fn a_server_without_quota_is_not_asked() {
    clock::run(async {
        let scene = scene(|habits| habits.cannot(&["QUOTA"])).await;
        scene.pass(PassKind::DryRun).await;
        scene.finish().await;
        assert_eq!(scene.target.heard("GETQUOTAROOT"), 0);
    });
}
