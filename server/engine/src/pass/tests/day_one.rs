//! Passes that move the newest days alone: what is older follows with the next one, and until then nothing is proved.

use std::num::NonZeroU16;

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
};

#[test]
fn the_newest_days_are_moved_first_and_the_next_pass_brings_the_rest() {
    clock::run(async {
        let mut mailbox = Mailbox::written("INBOX: a b c | Sent: d e");
        mailbox.folder("INBOX").messages[1].received = " 1-Feb-2099 10:00:00 +0100".into();
        let scene = Scene::of(mailbox, Mailbox::written("INBOX:")).await;
        let mut first_days = scene.order(PassKind::Initial);
        first_days.options.day_one = NonZeroU16::new(30);
        let outcome = scene.run(first_days).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        assert_eq!((outcome.counts.copied, outcome.counts.skipped), (1, 0), "nothing is left out");
        let later = of(&outcome, Cause::NextPass);
        assert!(later.len() == 4 && later.iter().all(|it| it.severity == Severity::Info), "{later:?}");
        let report = outcome.report.as_ref().expect("a report");
        assert_eq!(report.sentence, "First days only: 4 of 5 messages follow with the next pass.");
        assert_eq!((report.totals.missing, report.totals.left_out), (4, 0));

        let outcome = scene.pass(PassKind::Verify).await;
        assert_eq!((verdict(&outcome), of(&outcome, Cause::NextPass).len()), (Verdict::Investigate, 4));

        let outcome = scene.pass(PassKind::Delta).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (4, Verdict::Perfect));
        scene.check_all_is_there();
    });
}
