//! What passes do when nothing goes wrong.

use shared::{
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::testing::{
    clock,
    scene::{Scene, findings, verdict},
};

const MAILBOX: &str = "INBOX: a b b c~ d*Seen#work e/3000 | Sent: f | Lists/dev: g h | Empty:";

#[test]
fn a_mailbox_arrives_whole_and_a_second_pass_stores_nothing() {
    clock::run(async {
        let scene = Scene::new(MAILBOX, "INBOX:").await;
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        scene.check_all_is_there();
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
        assert_eq!((outcome.counts.items, outcome.counts.copied, outcome.counts.adopted), (9, 9, 0));
        let again = scene.check_another_pass_stores_nothing().await;
        assert_eq!((verdict(&again), again.counts.copied), (Verdict::Perfect, 0));
    });
}
