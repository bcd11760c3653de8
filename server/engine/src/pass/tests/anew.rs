//! Servers that write a message anew at each reading (edge cases 7 and 26): what stays of it decides.

use std::sync::atomic::{AtomicUsize, Ordering};

use shared::{
    cause::Cause,
    finding::Severity,
    pass::{PassEnd, PassKind},
    project::VerifyDepth,
    report::Verdict,
};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        mailbox::{Mailbox, Message},
        scene::{Scene, of, verdict},
        server::Fuse,
    },
};

/// A message that Exchange makes out of what it keeps: two parts between boundaries that are made up at each reading.
fn note(name: &str, text: &str) -> Message {
    Message::new(format!(
        "From: {name}@old.example\r\nSubject: {name}\r\nMessage-ID: <{name}@old.example>\r\n\
         Content-Type: multipart/mixed; boundary=\"=_000000\"\r\n\r\n--=_000000\r\n\r\n{text}\r\n--=_000000\r\n\
         Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--=_000000--\r\n"
    ))
}

/// Delivers with another boundary each time, and another converter's mark.
fn anew(body: &[u8]) -> Vec<u8> {
    static READINGS: AtomicUsize = AtomicUsize::new(0);
    let text = String::from_utf8_lossy(body);
    if !text.contains("=_000000") {
        return body.to_vec();
    }
    let reading = READINGS.fetch_add(1, Ordering::Relaxed) + 1;
    let text = text.replace("=_000000", &format!("=_{reading:06}"));
    text.replacen("From:", &format!("X-Converted: {reading:06}\r\nFrom:"), 1).into_bytes()
}

/// Exchange as a source: three of its own messages, twins among them, and one that it keeps as it came.
async fn exchange() -> Scene {
    let mut source = Mailbox::written("INBOX: plain | Work:");
    for message in [note("a", "first"), note("b", "second"), note("b", "second")] {
        source.folder("INBOX").add(message);
    }
    source.folder("Work").add(note("c", "third"));
    let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
    scene.source.habits(|habits| habits.delivers = anew);
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.extend(["CONDSTORE", "MOVE"]));
    }
    scene
}

/// Every message is there once, and the report says how that is known.
fn arrived(scene: &Scene, outcome: &PassOutcome) {
    assert_eq!(outcome.end, PassEnd::Finished);
    let mut target = scene.target.mailbox();
    let subjects = |folder: &str, target: &mut Mailbox| {
        let text = |body: &bytes::Bytes| String::from_utf8_lossy(body).into_owned();
        let subject = |text: String| text.split_once("Subject: ").expect("a subject").1.chars().next();
        let mut subjects: Vec<_> =
            target.folder(folder).bodies().iter().map(text).filter_map(subject).collect();
        subjects.sort_unstable();
        subjects.into_iter().collect::<String>()
    };
    assert_eq!((subjects("INBOX", &mut target), subjects("Work", &mut target)), ("abbp".into(), "c".into()));
    assert_eq!((of(outcome, Cause::Missing).len(), of(outcome, Cause::Extra).len()), (0, 0));
    assert_eq!(of(outcome, Cause::BytesAltered).len(), 0);
    assert_eq!(verdict(outcome), Verdict::Good);
    let told = of(outcome, Cause::ReadAnew);
    assert_eq!((told.len(), told[0].severity), (2, Severity::Info));
    let most = told.iter().any(|finding| finding.detail.starts_with("3 messages are written anew"));
    assert!(most, "{told:?}");
    scene.check_the_source_is_untouched();
}

#[test]
fn edge_026_what_is_written_anew_at_each_reading_is_compared_by_its_content() {
    clock::run(async {
        for depth in [VerifyDepth::Content, VerifyDepth::Headers, VerifyDepth::Listing] {
            let mut scene = exchange().await;
            if depth != VerifyDepth::Headers {
                // Sizes are those of another rendering; the headers' depth compares them.
                scene.source.habits(|habits| habits.sizes = |size| size + 7);
            }
            scene.verify = depth;
            for kind in [PassKind::Initial, PassKind::Delta, PassKind::Verify, PassKind::Final] {
                arrived(&scene, &scene.pass(kind).await);
            }
            assert_eq!(scene.target.heard("APPEND"), 2, "{depth:?}");
        }
    });
}

#[test]
fn edge_026_a_new_message_beside_them_brings_no_second_copy_of_any() {
    clock::run(async {
        let scene = exchange().await;
        scene.finish().await;
        for round in 0..3 {
            scene
                .source
                .change(|mailbox| _ = mailbox.folder("INBOX").add(note("z", &format!("late {round}"))));
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!((outcome.counts.copied, of(&outcome, Cause::FolderRebuilt).len()), (1, 0), "{round}");
            assert_eq!(verdict(&outcome), Verdict::Good);
        }
        assert_eq!(scene.target.mailbox().folder("INBOX").messages.len(), 7);
    });
}

#[test]
fn edge_026_an_answer_that_was_lost_doubles_none_of_them() {
    clock::run(async {
        let mut cases = 0;
        for at in 1..40 {
            for lacks in [&[][..], &["UIDPLUS", "MULTIAPPEND"]] {
                let scene = exchange().await;
                scene.target.habits(|habits| habits.cannot(lacks));
                scene.target.light_on("APPEND", Fuse::After(at));
                let outcome = scene.finish().await;
                if !scene.target.lit() {
                    cases += 1;
                }
                arrived(&scene, &outcome);
                scene.check_another_pass_stores_nothing().await;
            }
        }
        assert!(cases > 3, "{cases} cases");
    });
}

#[test]
fn edge_026_a_folder_that_either_side_rebuilt_is_matched_by_what_stays() {
    clock::run(async {
        for (source, target) in [(true, false), (false, true), (true, true)] {
            let mut scene = exchange().await;
            scene.finish().await;
            scene.rebuild(source, target);
            for _ in 0..2 {
                arrived(&scene, &scene.pass(PassKind::Delta).await);
            }
        }
    });
}

#[test]
fn edge_026_what_another_tool_copied_before_is_recognised() {
    clock::run(async {
        let scene = exchange().await;
        // It read each once, as we do now.
        let copied: Vec<Message> = scene.source.mailbox().folder("INBOX").messages.clone();
        scene.target.change(|mailbox| {
            for message in copied {
                let body = anew(&message.body).into();
                mailbox.folder("INBOX").add(Message { body, ..message });
            }
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((outcome.counts.copied, outcome.counts.adopted), (5, 4));
        arrived(&scene, &outcome);
    });
}

#[test]
fn edge_026_edge_163_one_of_them_that_moved_on_the_source_is_moved_and_not_copied_twice() {
    clock::run(async {
        let scene = exchange().await;
        scene.finish().await;
        let appends = scene.target.heard("APPEND");
        scene.source.change(|mailbox| {
            let message = mailbox.folder("INBOX").take(2);
            mailbox.folder("Work").add(message);
        });
        for _ in 0..2 {
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!(verdict(&outcome), Verdict::Good);
            let mut target = scene.target.mailbox();
            let amounts = (target.folder("INBOX").messages.len(), target.folder("Work").messages.len());
            assert_eq!((amounts, scene.target.heard("APPEND")), ((3, 2), appends));
        }
        assert_eq!(scene.target.heard("UID MOVE"), 1);
    });
}

#[test]
fn edge_026_a_message_that_lost_a_part_on_the_target_is_not_taken_for_the_same() {
    clock::run(async {
        let scene = exchange().await;
        scene.finish().await;
        scene.target.change(|mailbox| {
            let message = mailbox.folder("Work").message(1);
            let text = String::from_utf8_lossy(&message.body).replace("AAEC", "");
            message.body = text.into_bytes().into();
        });
        let outcome = scene.pass(PassKind::Verify).await;
        assert_eq!((of(&outcome, Cause::Missing).len(), verdict(&outcome)), (1, Verdict::Poor));
    });
}

#[test]
fn messages_that_are_alike_but_for_their_ids_are_each_adopted_once() {
    clock::run(async {
        let alike = |id: &str| {
            let text = String::from_utf8_lossy(&note("b", "alert").body).replace("<b@", &format!("<{id}@"));
            Message { received: Message::written("moment").received, ..Message::new(text) }
        };
        let mut source = Mailbox::written("INBOX:");
        let mut target = Mailbox::written("INBOX:");
        for id in ["one", "two", "three"] {
            source.folder("INBOX").add(alike(id));
        }
        let there = alike("two");
        target.folder("INBOX").add(Message { body: anew(&there.body).into(), ..there });
        let scene = Scene::of(source, target).await;
        scene.source.habits(|habits| habits.delivers = anew);
        let outcome = scene.pass(PassKind::Initial).await;
        let bodies = scene.target.mailbox().folder("INBOX").bodies();
        for id in ["<one@", "<two@", "<three@"] {
            let found = bodies.iter().filter(|body| String::from_utf8_lossy(body).contains(id)).count();
            assert_eq!(found, 1, "{id}");
        }
        assert_eq!(verdict(&outcome), Verdict::Good);
    });
}

#[test]
fn edge_026_one_that_is_too_large_to_be_held_is_left_out_by_name_and_the_others_come() {
    static READINGS: AtomicUsize = AtomicUsize::new(0);
    clock::run(async {
        let scene = Scene::new("INBOX: a b/30000000 c", "INBOX:").await;
        scene.source.habits(|habits| {
            habits.delivers = |body| {
                let reading = READINGS.fetch_add(1, Ordering::Relaxed);
                [format!("X-Reading: {reading:06}\r\n").as_bytes(), body].concat()
            };
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, outcome.counts.copied, outcome.counts.skipped), (&PassEnd::Finished, 2, 1));
        assert_eq!(scene.target.mailbox().folder("INBOX").messages.len(), 2);
        let left = of(&outcome, Cause::Unreadable);
        assert_eq!((left.len(), left[0].severity), (1, Severity::Loss));
        assert_eq!(verdict(&outcome), Verdict::Investigate);
    });
}

#[test]
fn edge_007_a_source_that_writes_its_headers_anew_each_time_loses_nothing_and_says_so() {
    static TIMES: AtomicUsize = AtomicUsize::new(0);
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.source.habits(|habits| {
            habits.delivers = |body| {
                let time = TIMES.fetch_add(1, Ordering::Relaxed);
                [format!("X-Time: {time}\r\n").as_bytes(), body].concat()
            };
        });
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((outcome.counts.copied, verdict(&outcome)), (2, Verdict::Good));
        assert_eq!(of(&outcome, Cause::ReadAnew).len(), 1);
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn a_target_that_writes_messages_anew_is_compared_the_same_way() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: plain");
        source.folder("INBOX").add(note("a", "first"));
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.target.habits(|habits| habits.delivers = anew);
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((verdict(&outcome), of(&outcome, Cause::ReadAnew).len()), (Verdict::Good, 1));
        assert_eq!(of(&outcome, Cause::Missing).len(), 0);
    });
}
