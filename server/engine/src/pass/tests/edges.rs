//! Real-world cases that need nothing but a faithful copy, and would be lost by anything that is clever about messages.

use bytes::Bytes;
use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::testing::{
    clock,
    mailbox::{Mailbox, Message},
    scene::{Scene, findings, of, verdict},
};

fn message(body: impl Into<Vec<u8>>) -> Message {
    Message { body: Bytes::from(body.into()), ..Message::written("x") }
}

/// Messages in INBOX arrive byte for byte, with nothing to tell.
fn check(bodies: Vec<Vec<u8>>) {
    clock::run(async {
        let mut mailbox = Mailbox::written("INBOX:");
        for body in bodies {
            mailbox.folder("INBOX").add(message(body));
        }
        let scene = Scene::of(mailbox, Mailbox::written("INBOX:")).await;
        let outcome = scene.finish().await;
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
        scene.check_all_is_there();
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn edge_005_the_same_message_id_and_received_lines_with_another_body_are_two_messages() {
    let head =
        "Received: from a by b; Mon, 1 Jan 2024 10:00:00 +0000\r\nMessage-ID: <same@old.example>\r\n\r\n";
    check(vec![format!("{head}one\r\n").into_bytes(), format!("{head}two\r\n").into_bytes()]);
}

#[test]
fn edge_014_trash_and_junk_are_carried_and_counted_like_any_other_folder() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Trash: b c | Junk: d", "INBOX:").await;
        let outcome = scene.finish().await;
        scene.check_all_is_there();
        let report = outcome.report.expect("a report");
        let trash = report.folders.iter().find(|folder| folder.source.to_string() == "Trash");
        assert_eq!(trash.map(|folder| folder.totals.identical), Some(2));
    });
}

#[test]
fn edge_020_headers_of_tens_of_kilobytes_are_carried() {
    let received =
        "Received: from somewhere by somewhere else; Mon, 1 Jan 2024 10:00:00 +0000\r\n".repeat(900);
    let long = format!("Subject: {}\r\n\r\nbody\r\n", "x".repeat(70_000));
    check(vec![format!("{received}\r\nbody\r\n").into_bytes(), long.into_bytes()]);
}

#[test]
fn edge_023_an_mbox_line_in_front_is_a_part_of_the_bytes() {
    check(vec![b"From anna@old.example Mon Jan  1 10:00:00 2024\r\nSubject: a\r\n\r\nbody\r\n".to_vec()]);
}

#[test]
fn edge_024_and_edge_031_what_only_one_program_can_read_is_carried_as_it_is() {
    let wrapped = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+Ig==\r\n";
    let rights = b"Content-Class: rpmsg.message\r\nContent-Type: application/x-microsoft-rpmsg-message\r\n\r\ndg==\r\n";
    check(vec![wrapped.to_vec(), rights.to_vec()]);
}

#[test]
fn edge_025_a_signed_message_keeps_every_byte_its_signature_covers() {
    let signed = b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\ntrailing blanks  \t\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n\
        MIIB\r\n--b--\r\n";
    check(vec![signed.to_vec()]);
}

#[test]
fn edge_029_thousands_of_parts_and_deep_nesting_are_never_taken_apart() {
    let parts: String = (0..10_000).map(|_| "--b\r\n\r\nx\r\n").collect();
    let wide = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
    let deep: String = (0..500)
        .map(|at| format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n"))
        .collect();
    check(vec![wide.into_bytes(), deep.into_bytes()]);
}

#[test]
fn edge_032_a_message_without_a_date_header_gets_none_and_keeps_its_received_date() {
    check(vec![b"From: anna@old.example\r\nSubject: undated\r\n\r\nbody\r\n".to_vec()]);
}

#[test]
fn edge_039_an_unknown_system_flag_is_not_sent_and_stops_nothing() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.source.change(|mailbox| _ = mailbox.folder("INBOX").message(1).flags.insert("\\Junk".into()));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, outcome.counts.copied), (&PassEnd::Finished, 2));
        let sent = scene.target.log();
        assert!(!sent.iter().any(|line| line.contains("\\Junk")), "{sent:?}");
    });
}

#[test]
fn edge_042_and_edge_049_keywords_of_mail_programs_are_carried_as_they_are() {
    clock::run(async {
        let scene = Scene::new("INBOX: a#$Forwarded b#Forwarded c#$MDNSent d#$label1", "INBOX:").await;
        let outcome = scene.finish().await;
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        scene.check_all_is_there();
    });
}

#[test]
fn edge_078_empty_folders_are_made_too() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Empty: | Empty/Too:", "INBOX:").await;
        scene.finish().await;
        let folders: Vec<String> =
            scene.target.mailbox().folders.keys().map(|name| name.escape_ascii().to_string()).collect();
        assert_eq!(folders, ["Empty", "Empty/Too", "INBOX"]);
    });
}

#[test]
fn edge_162_what_arrives_on_the_source_during_a_pass_comes_with_the_next() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.finish().await;
        for word in ["late", "later"] {
            scene.source.change(|mailbox| _ = mailbox.folder("INBOX").add(Message::written(word)));
            let outcome = scene.pass(PassKind::Delta).await;
            assert_eq!((outcome.counts.copied, verdict(&outcome)), (1, Verdict::Perfect));
        }
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
    });
}

#[test]
fn edge_165_a_source_that_is_suddenly_empty_takes_nothing_from_the_target() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c | Sent: d", "INBOX:").await;
        scene.finish().await;
        scene.source.change(|mailbox| {
            mailbox.folder("INBOX").messages.clear();
            mailbox.folders.remove(b"Sent".as_slice());
        });
        let outcome = scene.pass(PassKind::Delta).await;
        assert_eq!((outcome.end.clone(), scene.target.mailbox().messages()), (PassEnd::Finished, 4));
        assert_eq!(of(&outcome, Cause::DeletedAtSource).len(), 4, "three messages and a folder");
    });
}
