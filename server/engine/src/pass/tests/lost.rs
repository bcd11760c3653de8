//! Messages that a target confirms and loses: sent again where it provably lost them, and otherwise when somebody wants it.

use std::time::Duration;

use shared::{cause::Cause, finding::Severity, pass::PassKind, report::Verdict};

use crate::{
    pass::PassOrder,
    testing::{
        clock,
        mailbox::{Folder, Mailbox, Message},
        scene::{Scene, of, verdict},
        server::Fuse,
    },
};

/// It goes back to where it was two messages ago, as after a crash.
fn forget_two(mailbox: &mut Mailbox) {
    let inbox = mailbox.folder("INBOX");
    if inbox.messages.len() == 4 {
        inbox.messages.truncate(2);
        inbox.next -= 2;
    }
}

#[test]
fn what_a_target_confirms_and_forgets_in_a_crash_is_sent_again_in_the_same_pass() {
    clock::run(async {
        for rounds in 1..=3 {
            let scene = Scene::new("INBOX: a b c d | Sent: e", "INBOX:").await;
            scene.target.light_on("EXAMINE \"INBOX\"", Fuse::ChangesEach(rounds, forget_two));
            let outcome = scene.pass(PassKind::Initial).await;
            scene.check_all_is_there();
            let told = of(&outcome, Cause::ConfirmedGone);
            assert_eq!((told.len(), told[0].severity), (1, Severity::Warning), "{told:?}");
            assert!(told[0].detail.contains("2 messages"), "{told:?}");
            assert_ne!(verdict(&outcome), Verdict::Investigate);
            scene.check_another_pass_stores_nothing().await;
        }
    });
}

#[test]
fn a_target_that_loses_again_and_again_is_told_of() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d | Sent: e", "INBOX:").await;
        scene.target.light_on("EXAMINE \"INBOX\"", Fuse::ChangesEach(9, forget_two));
        let outcome = scene.pass(PassKind::Initial).await;
        let lost = of(&outcome, Cause::ConfirmedGone);
        let lost: Vec<_> = lost.into_iter().filter(|it| it.severity == Severity::Loss).collect();
        assert_eq!((lost.len(), verdict(&outcome)), (2, Verdict::Investigate), "{lost:?}");
        assert_eq!(scene.target.mailbox().messages(), 3);
    });
}

#[test]
fn what_is_gone_and_may_have_been_removed_by_its_user_is_sent_again_only_when_somebody_wants_it() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d | Sent: e", "INBOX:").await;
        let removed = |mailbox: &mut Mailbox| _ = mailbox.folder("INBOX").take(4);
        scene.target.light_on("EXAMINE \"INBOX\"", Fuse::Changes(1, removed));
        for kind in [PassKind::Initial, PassKind::Delta] {
            let outcome = scene.pass(kind).await;
            let lost = of(&outcome, Cause::ConfirmedGone);
            assert_eq!((lost.len(), lost[0].severity), (1, Severity::Loss), "{lost:?}");
        }
        assert_eq!(scene.target.mailbox().messages(), 4);
        let again = PassOrder { retry_refused: true, ..scene.order(PassKind::Delta) };
        let outcome = scene.run(again).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect));
        scene.check_all_is_there();
        // What its user removes later stays removed, whatever is tried again.
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(1));
        for _ in 0..2 {
            let again = PassOrder { retry_refused: true, ..scene.order(PassKind::Delta) };
            let outcome = scene.run(again).await;
            assert_eq!((of(&outcome, Cause::RemovedOnTarget).len(), outcome.counts.copied), (1, 0));
        }
    });
}

#[test]
fn a_target_that_is_put_back_to_an_older_state_is_not_taken_for_a_user_who_removes_mail() {
    clock::run(async {
        for capability in ["UIDPLUS", "CONDSTORE"] {
            let scene = Scene::new("INBOX: a b c d | Sent: e", "INBOX:").await;
            scene.target.habits(|habits| habits.capabilities.push(capability));
            scene.finish().await;
            scene.target.change(forget_two);
            let outcome = scene.pass(PassKind::Delta).await;
            let lost = of(&outcome, Cause::ConfirmedGone);
            assert_eq!((lost.len(), verdict(&outcome)), (2, Verdict::Investigate), "{lost:?}");
            assert!(lost[0].detail.contains("an older state"), "{lost:?}");
            let again = PassOrder { retry_refused: true, ..scene.order(PassKind::Delta) };
            let outcome = scene.run(again).await;
            assert_eq!((outcome.counts.copied, verdict(&outcome)), (2, Verdict::Perfect));
            scene.check_all_is_there();
        }
    });
}

#[test]
fn a_target_that_shows_what_it_stored_only_later_gets_nothing_twice() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d | Sent: e", "INBOX:").await;
        let hidden = |mailbox: &mut Mailbox| {
            let inbox = mailbox.folder("INBOX");
            if inbox.messages.len() == 4 {
                let later = inbox.messages.split_off(2);
                inbox.next -= 2;
                let hidden = Folder { messages: later, ..inbox.clone() };
                mailbox.folders.insert(b"hidden".to_vec(), hidden);
            }
        };
        scene.target.light_on("EXAMINE \"INBOX\"", Fuse::Changes(1, hidden));
        let shown = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            scene.target.change(|mailbox| {
                let later = mailbox.folders.remove(b"hidden".as_slice()).expect("it was hidden").messages;
                let inbox = mailbox.folder("INBOX");
                inbox.messages.extend(later);
                inbox.next += 2;
            });
        };
        let (outcome, ()) = tokio::join!(scene.pass(PassKind::Initial), shown);
        assert_eq!(scene.target.heard("APPEND"), 2, "one for each folder");
        assert_ne!(verdict(&outcome), Verdict::Investigate);
        scene.check_all_is_there();
    });
}

#[test]
fn what_a_target_forgets_in_a_crash_while_it_is_written_is_sent_again_before_others_get_its_ids() {
    clock::run(async {
        for at in 2..=5 {
            let mut scene = Scene::new("INBOX: a b c d e | Sent: f", "INBOX:").await;
            scene.case = format!("it crashes at APPEND {at}");
            scene.target.habits(|habits| habits.cannot(&["MULTIAPPEND"]));
            let back = |mailbox: &mut Mailbox| {
                let inbox = mailbox.folder("INBOX");
                inbox.messages.clear();
                inbox.next = 1;
            };
            scene.target.light_on("APPEND", Fuse::Crashes(at, back));
            let outcome = scene.pass(PassKind::Initial).await;
            scene.check_all_is_there();
            let told = of(&outcome, Cause::ConfirmedGone);
            assert!(told.iter().all(|it| it.severity == Severity::Warning), "{told:?}");
            assert_ne!(verdict(&outcome), Verdict::Investigate, "{}", scene.case);
            scene.check_another_pass_stores_nothing().await;
        }
    });
}

#[test]
fn after_a_target_was_put_back_no_message_is_taken_for_another_that_got_its_id() {
    clock::run(async {
        for capability in ["UIDPLUS", "CONDSTORE"] {
            let scene = Scene::new("INBOX: a b c d | Sent: e", "INBOX:").await;
            for side in [&scene.source, &scene.target] {
                side.habits(|habits| habits.capabilities.push(capability));
            }
            scene.finish().await;
            scene.target.change(forget_two);
            scene.source.change(|mailbox| {
                for word in ["later", "latest", "last"] {
                    mailbox.folder("INBOX").add(Message::written(word));
                }
            });
            // What was there at the last comparison waits for somebody; what is new arrives.
            let outcome = scene.pass(PassKind::Delta).await;
            let lost = of(&outcome, Cause::ConfirmedGone);
            let named: Vec<_> =
                lost.iter().filter_map(|it| it.subject.item.as_ref()).map(|it| it.id.as_str()).collect();
            assert_eq!((named, outcome.counts.copied), (vec!["3", "4"], 3), "{lost:?}");
            assert!(of(&outcome, Cause::Missing).is_empty());
            let again = PassOrder { retry_refused: true, ..scene.order(PassKind::Delta) };
            let outcome = scene.run(again).await;
            assert_eq!((outcome.counts.copied, verdict(&outcome)), (2, Verdict::Perfect));
            assert_eq!(scene.expected(), scene.target.mailbox().contents());
        }
    });
}
