//! Read receipts (edge case 30): opening an old message in the new system must not make a mail program answer once more.

use shared::{cause::Cause, finding::Severity, pass::PassKind, report::Verdict, rules::ReceiptPolicy};

use crate::testing::{
    clock,
    mailbox::{Mailbox, Message},
    scene::{Scene, of, verdict},
};

/// Messages that ask for a receipt, marked so, and one that does not ask.
async fn scene(marks: &[&str]) -> Scene {
    let mut source = Mailbox::written("INBOX: plain*Seen");
    for (at, marks) in marks.iter().enumerate() {
        let body = format!("Disposition-Notification-To: anna@old.example\r\nSubject: {at}\r\n\r\ntext\r\n");
        let flags = marks.split_whitespace().map(str::to_owned).collect();
        source.folder("INBOX").add(Message { flags, ..Message::new(body) });
    }
    Scene::of(source, Mailbox::written("INBOX:")).await
}

/// Which messages on the target are marked, by their subject.
fn marked(scene: &Scene) -> Vec<String> {
    let mut target = scene.target.mailbox();
    let marked = target.folder("INBOX").messages.iter().filter(|message| message.flags.contains("$MDNSent"));
    let mut subjects: Vec<String> = marked
        .map(|message| {
            let text = String::from_utf8_lossy(&message.body).into_owned();
            text.split_once("Subject: ").expect("a subject").1.lines().next().unwrap_or_default().to_owned()
        })
        .collect();
    subjects.sort();
    subjects
}

#[test]
fn edge_030_a_receipt_that_was_asked_for_and_read_is_not_asked_for_once_more() {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+", "UIDPLUS"]] {
            let scene = scene(&["\\Seen", "", "\\Seen $MDNSent", "$MDNSent"]).await;
            scene.target.habits(|habits| habits.cannot(lacks));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!(marked(&scene), ["0", "2", "3"]);
            let settled = of(&outcome, Cause::ReceiptsSettled);
            assert_eq!((settled.len(), settled[0].severity), (1, Severity::Info));
            assert!(settled[0].detail.starts_with("1 messages"), "{}", settled[0].detail);
            assert_eq!((of(&outcome, Cause::FlagsAltered).len(), verdict(&outcome)), (0, Verdict::Perfect));
            let bodies = scene.source.mailbox().folder("INBOX").bodies();
            assert_eq!(scene.target.mailbox().folder("INBOX").bodies(), bodies, "bytes stay as they are");
            scene.check_the_source_is_untouched();
            let again = scene.check_another_pass_stores_nothing().await;
            assert_eq!((verdict(&again), scene.target.heard("UID STORE")), (Verdict::Perfect, 0));
        }
    });
}

#[test]
fn edge_030_where_the_target_keeps_no_such_mark_it_is_said_how_many_messages_may_ask() {
    clock::run(async {
        let scene = scene(&["\\Seen", "", "\\Seen"]).await;
        scene.target.habits(|habits| habits.keeps_any = false);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(marked(&scene), [""; 0]);
        let open = of(&outcome, Cause::ReceiptsOpen);
        assert_eq!((open.len(), open[0].severity), (1, Severity::Info));
        assert!(open[0].detail.starts_with("2 messages"), "{}", open[0].detail);
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_030_a_folder_that_keeps_the_mark_by_name_gets_it() {
    clock::run(async {
        let scene = scene(&["\\Seen"]).await;
        scene.target.habits(|habits| (habits.keeps_any, habits.keeps) = (false, vec!["$MDNSent"]));
        scene.pass(PassKind::Initial).await;
        assert_eq!(marked(&scene), ["0"]);
    });
}

#[test]
fn edge_030_the_project_may_keep_marks_as_they_are() {
    clock::run(async {
        let scene = scene(&["\\Seen", "\\Seen $MDNSent"]).await;
        let mut order = scene.order(PassKind::Initial);
        order.options.read_receipts = ReceiptPolicy::Keep;
        let outcome = scene.run(order).await;
        assert_eq!((marked(&scene), verdict(&outcome)), (vec!["1".to_owned()], Verdict::Perfect));
        scene.check_all_is_there();
    });
}

#[test]
fn edge_030_a_message_that_is_never_held_as_a_whole_is_marked_too() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: big*Seen/30000000");
        let message = source.folder("INBOX").message(1);
        message.body =
            [b"Disposition-Notification-To: anna@old.example\r\n", &message.body[..]].concat().into();
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        let outcome = scene.finish().await;
        assert_eq!((marked(&scene), verdict(&outcome)), (vec!["big".to_owned()], Verdict::Perfect));
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn a_mark_that_somebody_set_on_an_unread_message_is_told_as_any_other() {
    clock::run(async {
        let scene = scene(&[""]).await;
        scene.finish().await;
        scene.target.change(|mailbox| {
            for message in &mut mailbox.folder("INBOX").messages {
                message.flags.insert("$MDNSent".into());
            }
        });
        let outcome = scene.pass(PassKind::Verify).await;
        assert_eq!(of(&outcome, Cause::FlagsAltered).len(), 1, "the one that was not read");
    });
}
