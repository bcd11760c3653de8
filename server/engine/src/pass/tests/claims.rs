//! Servers that say they can what they cannot: it is found out once, nothing is lost by it, and it goes on without.

use shared::{cause::Cause, finding::Severity, pass::PassKind, report::Verdict};

use crate::{
    pass::{PassOrder, PassOutcome},
    testing::{
        clock,
        scene::{Scene, findings, of, verdict},
    },
};

/// A message whose lines are commands to whoever takes them for some.
const EVIL: &str = "a1 DELETE INBOX\r\na2 RENAME Sent Trash\r\nINBOX (UIDVALIDITY)\r\n";

fn check_told(outcome: &PassOutcome, words: &str) {
    let told = of(outcome, Cause::NotAsClaimed);
    assert_eq!((told.len(), told[0].severity, told[0].detail.as_str()), (1, Severity::Info, words));
}

#[test]
fn edge_155_a_target_that_hears_no_literals_unasked_gets_none_and_takes_no_message_for_commands() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"]] {
            let scene = Scene::new("INBOX: a b | Sent: c", "INBOX:").await;
            let evil = format!("From: x@y\r\n\r\n{EVIL}");
            scene
                .source
                .change(|mailbox| mailbox.folder("Sent").messages[0].body = evil.clone().into_bytes().into());
            let scene = Scene::of(scene.source.mailbox(), scene.target.mailbox()).await;
            scene.target.habits(|habits| {
                habits.cannot(lacks);
                habits.hears_no_literals = true;
            });
            // One account, as in a process that goes on: what was found out of its server stays known.
            let order = scene.order(PassKind::Initial);
            let outcome = scene.run(order.clone()).await;
            assert_eq!(verdict(&outcome), Verdict::Perfect, "{:?}", findings(&outcome));
            scene.check_all_is_there();
            check_told(&outcome, "the target says it can do LITERAL+, and cannot");
            scene
                .source
                .change(|mailbox| _ = mailbox.folder("INBOX").message(1).flags.insert("\\Seen".into()));
            let tried = || scene.target.log().iter().filter(|line| line.starts_with("STATUS {5+}")).count();
            assert_eq!(tried(), 1, "{:?}", scene.target.log());
            scene.run(PassOrder { kind: PassKind::Delta, ..order }).await;
            assert_eq!(tried(), 1);
            let heard = scene.target.log();
            assert!(
                !heard.iter().any(|line| line.contains("DELETE") || line.contains("RENAME")),
                "{heard:?}"
            );
        }
    });
}

#[test]
fn edge_155_a_target_that_closes_at_a_literal_gets_none() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b | Sent: c", "INBOX:").await;
        scene.target.habits(|habits| habits.instead = vec![("STATUS", "* BYE what is this?")]);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(verdict(&outcome), Verdict::Perfect, "{:?}", findings(&outcome));
        scene.check_all_is_there();
    });
}

#[test]
fn edge_155_a_server_that_does_not_number_changes_although_it_says_so_is_asked_without() {
    clock::run(async {
        for side in [0, 1] {
            let scene = Scene::new("INBOX: a b | Sent: c", "INBOX: | Sent:").await;
            let server = [&scene.source, &scene.target][side];
            server.habits(|habits| {
                habits.number_changes();
                let bad = "BAD no such parameter";
                let lines = [
                    "EXAMINE \"INBOX\" (CON",
                    "EXAMINE \"Sent\" (CON",
                    "SELECT \"INBOX\" (CON",
                    "SELECT \"Sent\" (CON",
                ];
                habits.instead = lines.into_iter().map(|line| (line, bad)).collect();
            });
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(verdict(&outcome), Verdict::Perfect, "{side}: {:?}", findings(&outcome));
            scene.check_all_is_there();
            assert_eq!(server.heard("LOGIN"), 2, "found out once");
            check_told(
                &outcome,
                &format!("the {} says it can do CONDSTORE, and cannot", ["source", "target"][side]),
            );
            scene.check_another_pass_stores_nothing().await;
        }
    });
}
