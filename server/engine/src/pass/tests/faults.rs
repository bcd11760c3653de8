//! Servers that are busy, silent, talk nonsense or go away at any command: the pass waits and goes on, or says why not.

use std::time::Duration;

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};
use tokio::time::Instant;

use crate::{
    pass::Control,
    testing::{
        clock,
        scene::{Scene, aborted, findings, of, verdict},
        server::{Fuse, Server},
    },
};

/// More than any literal that is asked for; nothing of it follows.
const BOMB: &[u8] = b"* 1 FETCH (UID 1 BODY[] {4000000000}\r\n";

/// A fault at every command of one side, one after the other: whatever it is, the mailbox arrives whole.
fn at_each(what: &str, fuse: fn(usize) -> Fuse, on: fn(&Scene) -> &Server) {
    at_every_command(what, async || Scene::new("INBOX: a b~ b~ | Sent: c", "INBOX:").await, fuse, on);
}

/// The same in any scene.
pub(super) fn at_every_command(
    what: &str,
    scene: impl AsyncFn() -> Scene,
    fuse: fn(usize) -> Fuse,
    on: fn(&Scene) -> &Server,
) {
    clock::run(async {
        let whole = scene().await;
        whole.finish().await;
        let commands = on(&whole).tally().commands;
        for at in 1..=commands {
            let mut scene = scene().await;
            on(&scene).light(fuse(at));
            let outcome = scene.finish().await;
            scene.case = format!("{what} at command {at}: {:?}", on(&scene).log().get(at - 1));
            scene.check_all_is_there();
            let harmless = [Cause::Recovered, Cause::SubscriptionLost];
            let told = findings(&outcome).iter().filter(|finding| !harmless.contains(&finding.cause));
            assert_eq!(told.collect::<Vec<_>>(), Vec::<&shared::finding::Finding>::new(), "{}", scene.case);
        }
        println!("{what}: {commands} cases");
    });
}

#[test]
fn edge_146_a_source_may_say_goodbye_at_any_command() {
    at_each("BYE", |at| Fuse::Says(at, b"* BYE going down\r\n".to_vec()), |scene| &scene.source);
}

#[test]
fn edge_146_a_target_may_say_goodbye_at_any_command() {
    at_each("BYE", |at| Fuse::Says(at, b"* BYE going down\r\n".to_vec()), |scene| &scene.target);
}

#[test]
fn edge_146_a_source_may_be_busy_at_any_command() {
    let busy = |at| Fuse::Says(at, b"{tag} NO [UNAVAILABLE] try later\r\n".to_vec());
    at_each("NO [UNAVAILABLE]", busy, |scene| &scene.source);
}

#[test]
fn edge_146_a_target_may_be_busy_at_any_command() {
    let busy = |at| Fuse::Says(at, b"{tag} NO [LIMIT] not so fast\r\n".to_vec());
    at_each("NO [LIMIT]", busy, |scene| &scene.target);
}

#[test]
fn a_source_may_talk_nonsense_at_any_command() {
    at_each("nonsense", |at| Fuse::Says(at, b"+-+ ((\"\r\n".to_vec()), |scene| &scene.source);
    at_each("a bomb", |at| Fuse::Says(at, BOMB.to_vec()), |scene| &scene.source);
}

#[test]
fn a_target_may_talk_nonsense_at_any_command() {
    at_each("nonsense", |at| Fuse::Says(at, b"m99999 OK but what\r\n".to_vec()), |scene| &scene.target);
    at_each("a bomb", |at| Fuse::Says(at, BOMB.to_vec()), |scene| &scene.target);
}

#[test]
fn either_side_may_send_a_line_without_end_at_any_command() {
    at_each("a line without end", |at| Fuse::Says(at, vec![b'x'; 1 << 20 | 1]), |scene| &scene.source);
    at_each("a line without end", |at| Fuse::Says(at, vec![b'x'; 1 << 20 | 1]), |scene| &scene.target);
}

#[test]
fn either_side_may_stop_answering_at_any_command() {
    at_each("silence", Fuse::Silent, |scene| &scene.source);
    at_each("silence", Fuse::Silent, |scene| &scene.target);
}

#[test]
fn edge_146_a_source_that_throttles_does_not_make_its_messages_unreadable() {
    clock::run(async {
        for words in
            ["NO [LIMIT] too many", "BAD Request is throttled. Suggested Backoff Time: 60000 milliseconds"]
        {
            let scene = Scene::new("INBOX: a", "INBOX:").await;
            // The listing, then the body.
            let answer = format!("{{tag}} {words}\r\n").into_bytes();
            scene.source.light_on("UID FETCH", Fuse::Says(2, answer));
            let began = Instant::now();
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!((outcome.end, outcome.counts.skipped), (PassEnd::Finished, 0), "{words}");
            assert!(began.elapsed() >= Duration::from_secs(if words.contains("Backoff") { 60 } else { 5 }));
            scene.check_all_is_there();
        }
    });
}

#[test]
fn edge_105_one_message_that_cannot_be_read_is_named_and_the_others_arrive() {
    clock::run(async {
        for words in ["NO [SERVERBUG] internal error", "NO it is damaged", "BAD I cannot"] {
            let scene = Scene::new("INBOX: a bad c | Sent: d", "INBOX:").await;
            scene.source.habits(|habits| habits.withholds = Some(("Text of bad", words)));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(
                (&outcome.end, outcome.counts.copied, outcome.counts.skipped),
                (&PassEnd::Finished, 3, 1)
            );
            let lost = of(&outcome, Cause::Unreadable);
            assert_eq!(lost[0].subject.item.as_ref().map(|item| item.id.as_str()), Some("2"));
            assert!(lost[0].detail.contains(&words[words.len() - 5..]), "{}", lost[0].detail);
            assert_eq!(verdict(&outcome), Verdict::Investigate);
        }
    });
}

#[test]
fn edge_105_a_message_that_could_not_be_read_comes_with_the_next_pass_though_nothing_else_changed() {
    clock::run(async {
        let scene = Scene::new("INBOX: a bad c", "INBOX:").await;
        for side in [&scene.source, &scene.target] {
            side.habits(|habits| habits.capabilities.push("CONDSTORE"));
        }
        scene.source.habits(|habits| habits.withholds = Some(("Text of bad", "NO it is damaged")));
        for kind in [PassKind::Initial, PassKind::Delta] {
            assert_eq!(of(&scene.pass(kind).await, Cause::Unreadable).len(), 1);
        }
        scene.source.habits(|habits| habits.withholds = None);
        let outcome = scene.pass(PassKind::Delta).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect));
        scene.check_all_is_there();
    });
}

#[test]
fn a_message_that_breaks_the_connection_every_time_does_not_keep_the_pass_going_for_ever() {
    clock::run(async {
        let scene = Scene::new("INBOX: a refused poison", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.cannot(&["MULTIAPPEND"]);
            habits.poisoned_by = Some("Text of poison");
            habits.refuses = |draft| draft.body.ends_with(b"Text of refused.\r\n").then_some("NO I will not");
        });
        let began = Instant::now();
        let pass = tokio::time::timeout(Duration::from_secs(1800), scene.pass(PassKind::Initial)).await;
        let outcome = pass.expect("it comes to its end within half an hour");
        assert_eq!(of(&outcome, Cause::EndsConnection).len(), 1);
        assert!(began.elapsed() > Duration::from_secs(5), "it is patient");
        assert_eq!((outcome.counts.copied, outcome.counts.skipped), (1, 2), "each is counted once");
        scene.target.habits(|habits| habits.poisoned_by = None);
        let outcome = scene.finish().await;
        assert_eq!((of(&outcome, Cause::Rejected).len(), scene.target.mailbox().messages()), (1, 2));
    });
}

#[test]
fn a_server_that_never_comes_back_is_given_up_in_the_end() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.target.habits(|habits| habits.instead = vec![("APPEND", "* BYE not today")]);
        let began = Instant::now();
        let outcome = scene.pass(PassKind::Initial).await;
        let (cause, message) = aborted(&outcome);
        assert_eq!(cause, Cause::Unavailable);
        assert!(message.contains("not today") && message.ends_with('.'), "{message}");
        assert!((600..1000).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        assert!(scene.target.heard("LOGIN") < 40, "it does not hammer");
    });
}

#[test]
fn an_admin_is_obeyed_within_five_seconds_although_a_server_is_silent() {
    clock::run(async {
        for (wanted, end) in [(Control::Pause, PassEnd::Paused), (Control::Cancel, PassEnd::Cancelled)] {
            for side in [0, 1] {
                let scene = Scene::new("INBOX: a b", "INBOX:").await;
                let server = [&scene.source, &scene.target][side];
                server.light_on(["EXAMINE", "APPEND"][side], Fuse::Silent(1));
                let began = Instant::now();
                let in_a_while = tokio::time::sleep(Duration::from_secs(10));
                assert_eq!(scene.pass_until(wanted, in_a_while).await.end, end);
                assert!(began.elapsed() <= Duration::from_secs(15), "{:?}", began.elapsed());
                scene.finish().await;
                scene.check_all_is_there();
            }
        }
    });
}

#[test]
fn a_pause_between_two_windows_keeps_what_is_stored_and_the_next_pass_goes_on() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d e f", "INBOX:").await;
        scene.source.habits(|habits| habits.dawdles = Some((2, Duration::from_secs(1))));
        let outcome = scene.pass_until(Control::Pause, tokio::time::sleep(Duration::from_millis(1500))).await;
        assert_eq!((outcome.end, outcome.counts.copied), (PassEnd::Paused, 4));
        assert_eq!(scene.target.mailbox().messages(), 4);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, outcome.counts.copied), (&PassEnd::Finished, 2));
        assert!(of(&outcome, Cause::Recovered).is_empty(), "nothing was on its way");
        scene.check_all_is_there();
    });
}

#[test]
fn an_admin_is_obeyed_at_once_while_the_pass_waits_for_a_busy_server() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.target.habits(|habits| habits.instead = vec![("APPEND", "* BYE not now")]);
        let began = Instant::now();
        let outcome = scene.pass_until(Control::Pause, tokio::time::sleep(Duration::from_secs(100))).await;
        assert_eq!((outcome.end, began.elapsed().as_secs()), (PassEnd::Paused, 100));
        scene.target.habits(|habits| habits.instead.clear());
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn a_lease_that_is_lost_ends_the_pass_before_anything_is_sent() {
    use crate::testing::ledger::{Fuse, How, When};
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        // The folder's record is the first write, the intents are the second.
        scene.ledger.light(Fuse { write: 2, when: When::Before, how: How::LosesLease });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(aborted(&outcome).0, Cause::LeaseLost);
        assert_eq!(scene.target.heard("APPEND"), 0);
    });
}

#[test]
fn a_ledger_that_fails_ends_the_pass_before_anything_is_sent() {
    use crate::testing::ledger::{Fuse, How, When};
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.ledger.light(Fuse { write: 2, when: When::Before, how: How::Fails });
        let outcome = scene.pass(PassKind::Initial).await;
        let (cause, message) = aborted(&outcome);
        assert_eq!((cause, scene.target.heard("APPEND")), (Cause::Ledger, 0));
        assert_eq!(
            message,
            "Writing the ledger failed: the ledger's database failed: the fuse is blown. Check disk space and rights of the data directory, then resume."
        );
    });
}
