//! Which message is which (edge cases 1 to 14): never by Message-ID, always as often as it is there.

use std::time::Duration;

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::testing::{
    clock,
    mailbox::{Mailbox, Message},
    scene::{Scene, findings, of, verdict},
    server::{Fuse, Habits},
};

async fn arrives_whole(source: Mailbox, habits: fn(&mut Habits)) -> Scene {
    let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
    scene.source.habits(habits);
    let outcome = scene.pass(PassKind::Initial).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    scene.check_all_is_there();
    assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
    scene
}

/// A mailbox with these messages in its INBOX.
fn inbox(bodies: &[&str]) -> Mailbox {
    let mut mailbox = Mailbox::written("INBOX:");
    for body in bodies {
        mailbox.folder("INBOX").add(Message::new(body.as_bytes().to_vec()));
    }
    mailbox
}

#[test]
fn edge_001_a_uidvalidity_that_changes_between_listing_and_reading_mixes_nothing_up() {
    clock::run(async {
        let scene = &mut Scene::new("INBOX: a*Seen b c#work", "INBOX:").await;
        scene.source.habits(|habits| habits.dawdles = Some((1, Duration::from_secs(5))));
        // The first reading is cut off; before the second the folder is another.
        scene.target.light_on("APPEND", Fuse::Silent(1));
        let source = &scene.source;
        let change = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            source.change(|mailbox| mailbox.folder("INBOX").rebuild());
            std::future::pending::<()>().await;
        };
        let outcome = scene.pass_until(crate::pass::Control::Go, change).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        assert_eq!(verdict(&outcome), Verdict::Perfect, "{:?}", findings(&outcome));
    });
}

#[test]
fn edge_001_a_folder_that_is_rebuilt_right_before_it_is_read_is_listed_again() {
    clock::run(async {
        // Opened to be listed, to be read, to be compared.
        for time in 1..=3 {
            let scene = Scene::new("INBOX: a*Seen b c#work d d", "INBOX:").await;
            scene
                .source
                .light_on("EXAMINE", Fuse::Changes(time, |mailbox| mailbox.folder("INBOX").rebuild()));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!((&outcome.end, verdict(&outcome)), (&PassEnd::Finished, Verdict::Perfect), "{time}");
            assert_eq!(scene.expected(), scene.target.mailbox().contents(), "{time}");
            assert_eq!(scene.check_another_pass_stores_nothing().await.counts.skipped, 0);
        }
    });
}

#[test]
fn edge_001_a_target_folder_that_is_rebuilt_under_way_gets_nothing_twice() {
    clock::run(async {
        for time in 1..=3 {
            let scene = Scene::new("INBOX: a*Seen b c#work d d", "INBOX:").await;
            scene.target.habits(|habits| habits.cannot(&["MULTIAPPEND"]));
            scene.target.light_on("APPEND", Fuse::Changes(time, |mailbox| mailbox.folder("INBOX").rebuild()));
            scene.finish().await;
            assert_eq!(scene.expected(), scene.target.mailbox().contents(), "{time}");
            scene.source.change(|mailbox| mailbox.folder("INBOX").add(Message::written("new")));
            scene.finish().await;
            assert_eq!(scene.expected(), scene.target.mailbox().contents(), "{time}");
        }
    });
}

#[test]
fn edge_003_a_message_without_a_message_id_arrives_without_one() {
    clock::run(async {
        let scene = arrives_whole(inbox(&["Subject: x\r\n\r\ny\r\n", "\r\nonly a body\r\n"]), |_| {}).await;
        let bodies = scene.target.mailbox().folder("INBOX").bodies();
        assert_eq!(bodies[0].as_ref(), b"Subject: x\r\n\r\ny\r\n");
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn edge_004_edge_005_the_same_message_id_or_the_same_header_with_another_body_is_another_message() {
    clock::run(async {
        let header = "Message-ID: <same@old.example>\r\nReceived: by old.example; 1 Feb 2020\r\n\r\n";
        let (one, other) = (format!("{header}one\r\n"), format!("{header}two\r\n"));
        let scene = arrives_whole(inbox(&[&one, &other, &one]), |_| {}).await;
        assert_eq!(scene.target.mailbox().messages(), 3);
    });
}

#[test]
fn edge_006_as_many_twins_arrive_as_there_are_whatever_was_there_before() {
    clock::run(async {
        for there in ["INBOX:", "INBOX: a", "INBOX: a a", "INBOX: b"] {
            let scene = Scene::new("INBOX: a a a | Other: a", there).await;
            let outcome = scene.pass(PassKind::Initial).await;
            let twins = scene.target.mailbox().folder("INBOX").bodies();
            assert_eq!(
                twins.iter().filter(|body| **body == Message::written("a").body).count(),
                3,
                "{there}"
            );
            assert_eq!(scene.target.mailbox().folder("Other").messages.len(), 1);
            assert!(verdict(&outcome) <= Verdict::Good);
        }
    });
}

#[test]
fn what_was_copied_before_by_somebody_else_is_not_copied_again() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c~ c~", "INBOX: x c~ a").await;
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((outcome.counts.copied, outcome.counts.adopted), (4, 2));
        assert_eq!(
            of(&outcome, Cause::Adopted)[0].detail,
            "2 messages were recognised by content and not copied again"
        );
        assert_eq!(of(&outcome, Cause::Extra).len(), 1);
        assert_eq!(scene.target.mailbox().messages(), 5);
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn edge_009_a_target_that_adds_headers_is_never_called_good() {
    clock::run(async {
        let scene = Scene::new("INBOX: a", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.rewrites = |draft| draft.body = [b"X-Added: yes\r\n", &draft.body[..]].concat();
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Poor));
        assert_eq!((of(&outcome, Cause::Missing).len(), of(&outcome, Cause::Extra).len()), (1, 1));
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn edge_008_a_size_that_is_only_estimated_loses_nothing() {
    clock::run(async {
        arrives_whole(Mailbox::written("INBOX: a b/5000 c"), |habits| habits.sizes = |size| size + 300).await;
        arrives_whole(Mailbox::written("INBOX: a b/5000 c"), |habits| habits.sizes = |size| size / 2 + 1)
            .await;
    });
}

#[test]
fn edge_008_a_message_that_is_far_larger_than_listed_is_read_in_pieces_and_so_is_what_follows_it() {
    clock::run(async {
        arrives_whole(Mailbox::written("INBOX: a b/6000000 c | Sent: d/3000000 e"), |habits| {
            habits.sizes = |_| 1;
        })
        .await;
    });
}

#[test]
fn edge_012_answers_that_nobody_asked_for_change_nothing() {
    clock::run(async {
        let scene = Scene::new("INBOX: a*Answered b#work c/3000 | Sent: d", "INBOX:").await;
        scene.source.habits(|habits| habits.chatty = true);
        scene.target.habits(|habits| habits.chatty = true);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
        scene.check_all_is_there();
        for lacks in [&["MULTIAPPEND"][..], &["MULTIAPPEND", "LITERAL+"]] {
            let scene = Scene::new("INBOX: a*Answered b#work c/3000 | Sent: d", "INBOX:").await;
            scene.target.habits(|habits| {
                habits.chatty = true;
                habits.cannot(lacks);
            });
            assert_eq!(verdict(&scene.finish().await), Verdict::Perfect);
            scene.check_all_is_there();
        }
    });
}

#[test]
fn edge_012_answers_to_several_requests_may_come_side_by_side_and_in_another_order() {
    clock::run(async {
        let mut mailbox = Mailbox::written("INBOX:");
        for number in 0..1200 {
            mailbox.folder("INBOX").add(Message::written(&format!("m{number}")));
        }
        let scene = arrives_whole(mailbox, |habits| habits.interleaves = true).await;
        // In their order all the same, as far as windows allow: nothing is missing and nothing is twice.
        assert_eq!(scene.target.mailbox().messages(), 1200);
        assert_eq!(scene.source.heard("UID FETCH 601:1100 (UID BODY.PEEK[])"), 2, "copied, then compared");
    });
}
