//! What a cutover needs: changes are counted without a look into any folder, the final pass compares every byte, and a pass
//! can be stopped at once.

use std::time::Duration;

use shared::{
    pass::{Drift, PassEnd, PassKind},
    project::VerifyDepth,
    report::Verdict,
};
use tokio::time::Instant;

use crate::{
    pass::Control,
    testing::{
        clock,
        mailbox::Message,
        scene::{Scene, verdict},
        server::Fuse,
    },
};

const MAILBOX: &str = "INBOX: a b~ c*Seen | Sent: d e | Work: f";

async fn moved() -> Scene {
    let scene = Scene::new(MAILBOX, "INBOX:").await;
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.extend(["CONDSTORE"]));
    }
    assert_eq!(verdict(&scene.finish().await), Verdict::Perfect);
    scene
}

async fn drift(scene: &Scene) -> (u64, u64, u64) {
    let outcome = scene.pass(PassKind::Probe).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    assert!(outcome.report.is_none(), "a probe judges nothing");
    let Drift { new, gone, folders, .. } = outcome.drift.expect("counted");
    (new, gone, folders)
}

#[test]
fn a_probe_counts_what_changed_and_opens_no_folder_and_does_not_even_log_in_to_the_target() {
    clock::run(async {
        let scene = moved().await;
        assert_eq!(drift(&scene).await, (0, 0, 0));
        scene.source.change(|mailbox| {
            mailbox.folder("Sent").add(Message::written("new"));
            mailbox.folder("Sent").add(Message::written("newer"));
            mailbox.folder("INBOX").message(1).flags.insert("\\Flagged".into());
        });
        let heard = |word| (scene.source.heard(word), scene.target.heard(word));
        let before = (heard("EXAMINE"), heard("UID FETCH"), scene.target.heard("LOGIN"));
        assert_eq!(drift(&scene).await, (2, 0, 2), "two new ones in one folder, a flag in another");
        assert_eq!((heard("EXAMINE"), heard("UID FETCH"), scene.target.heard("LOGIN")), before);
        scene.pass(PassKind::Delta).await;
        assert_eq!(drift(&scene).await, (0, 0, 0));
    });
}

#[test]
fn a_server_that_numbers_no_changes_is_counted_by_its_messages() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        scene.finish().await;
        assert_eq!(drift(&scene).await, (0, 0, 0));
        scene.source.change(|mailbox| {
            mailbox.folder("Sent").add(Message::written("new"));
            mailbox.folder("INBOX").take(1);
        });
        assert_eq!(drift(&scene).await, (1, 1, 2));
    });
}

#[test]
fn a_folder_that_came_and_one_that_went_are_changes() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| {
            mailbox.folders.remove(&b"Work"[..]);
        });
        assert_eq!(drift(&scene).await, (0, 1, 1));
    });
}

#[test]
fn the_final_pass_copies_what_is_new_and_compares_every_byte_whatever_was_enough_before() {
    clock::run(async {
        let mut scene = moved().await;
        scene.verify = VerifyDepth::Listing;
        scene.source.change(|mailbox| mailbox.folder("Sent").add(Message::written("late")));
        let outcome = scene.pass(PassKind::Final).await;
        assert_eq!((&outcome.end, outcome.counts.copied), (&PassEnd::Finished, 1));
        let report = outcome.report.as_ref().expect("a report");
        assert_eq!((report.pass, report.depth), (PassKind::Final, VerifyDepth::Content));
        assert_eq!((report.totals.source_items, report.totals.identical), (7, 7));
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
    });
}

#[test]
fn stopping_at_once_waits_for_nobody_and_the_next_pass_finds_out_what_arrived() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.target.light_on("APPEND", Fuse::Silent(1));
        let began = Instant::now();
        let in_a_while = tokio::time::sleep(Duration::from_secs(10));
        assert_eq!(scene.pass_until(Control::StopNow, in_a_while).await.end, PassEnd::Cancelled);
        assert_eq!(began.elapsed().as_secs(), 10);
        scene.finish().await;
        scene.check_all_is_there();
    });
}
