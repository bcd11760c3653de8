//! What is in messages (edge cases 15 to 23): byte for byte, or named with a cause.

use shared::{cause::Cause, pass::PassKind, report::Verdict};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        mailbox::{Mailbox, Message},
        scene::{Scene, findings, of, verdict},
        server::{Draft, Habits},
    },
};

/// Moves messages with these bodies, with each way of storing in turn; then another pass finds nothing to do.
fn moved(bodies: &[&[u8]], habits: fn(&mut Habits), check: fn(&Scene, &PassOutcome)) {
    clock::run(async {
        for lacks in [&[][..], &["MULTIAPPEND"], &["MULTIAPPEND", "LITERAL+", "UIDPLUS"]] {
            let mut mailbox = Mailbox::written("INBOX:");
            for body in bodies {
                mailbox.folder("INBOX").add(Message::new(body.to_vec()));
            }
            let scene = Scene::of(mailbox, Mailbox::written("INBOX:")).await;
            scene.target.habits(habits);
            scene.target.habits(|habits| habits.cannot(lacks));
            let outcome = scene.pass(PassKind::Initial).await;
            check(&scene, &outcome);
            scene.check_the_source_is_untouched();
            // What was refused is tried again.
            if outcome.counts.skipped == 0 {
                scene.check_another_pass_stores_nothing().await;
            }
        }
    });
}

fn arrive_byte_for_byte(bodies: &[&[u8]]) {
    moved(
        bodies,
        |_| {},
        |scene, outcome| {
            assert_eq!(findings(outcome), []);
            assert_eq!(verdict(outcome), Verdict::Perfect);
            scene.check_all_is_there();
        },
    );
}

#[test]
fn edge_015_a_nul_arrives_where_the_target_takes_it() {
    arrive_byte_for_byte(&[b"Subject: a\0b\r\n\r\nc\0d\r\n"]);
}

#[test]
fn edge_015_a_nul_that_the_target_replaces_is_named_and_not_sent_again() {
    moved(
        &[b"Subject: a\r\n\r\nb\0c\r\n", b"Subject: d\r\n\r\ne\r\n"],
        |habits| {
            habits.rewrites = |draft: &mut Draft| {
                draft.body.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 0x80);
            };
        },
        |scene, outcome| {
            scene.check_all_is_there();
            let altered = of(outcome, Cause::BytesAltered);
            assert_eq!((altered.len(), findings(outcome).len()), (1, 1));
            assert_eq!(altered[0].detail, "Some of its 19 bytes were replaced.");
            assert_eq!(verdict(outcome), Verdict::Investigate);
        },
    );
}

#[test]
fn edge_016_raw_8_bit_headers_arrive_as_they_are() {
    arrive_byte_for_byte(&[
        b"Subject: Gr\xfc\xdfe\r\n\r\nlatin\r\n",
        "Subject: Grüße\r\n\r\nutf-8\r\n".as_bytes(),
        b"Subject: \xff\xfe\x80\r\n\r\n\xed\xa0\x80\r\n",
    ]);
}

#[test]
fn edge_017_bare_line_ends_arrive_as_they_are() {
    arrive_byte_for_byte(&[
        b"Subject: a\n\nb\nc\n",
        b"Subject: a\r\n\r\nb\rc\r\n",
        b"Subject: a\r\r\n\r\nb\r\n",
    ]);
}

#[test]
fn edge_017_a_target_that_makes_crlf_of_line_feeds_changes_nothing_that_counts() {
    moved(
        &[b"Subject: a\n\nb\nc\n", b"Subject: d\r\n\r\ne\r\n"],
        |habits| {
            habits.rewrites = |draft: &mut Draft| {
                let text = String::from_utf8(draft.body.clone()).expect("ASCII");
                draft.body = text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes();
            };
        },
        |scene, outcome| {
            scene.check_all_is_there();
            assert_eq!((verdict(outcome), findings(outcome)), (Verdict::Perfect, &[][..]));
        },
    );
}

#[test]
fn edge_018_a_last_line_without_an_end_arrives_so_and_a_target_may_add_it() {
    arrive_byte_for_byte(&[b"Subject: a\r\n\r\nb"]);
    moved(
        &[b"Subject: a\r\n\r\nb"],
        |habits| habits.rewrites = |draft: &mut Draft| draft.body.extend_from_slice(b"\r\n"),
        |_, outcome| assert_eq!((verdict(outcome), findings(outcome)), (Verdict::Perfect, &[][..])),
    );
}

#[test]
fn edge_019_edge_020_long_lines_and_long_headers_arrive_as_they_are() {
    let line = [b"Subject: a\r\n\r\n", [b'x'; 200_000].as_slice(), b"\r\n"].concat();
    let header = [b"Subject: ", [b'y'; 60_000].as_slice(), b"\r\n\r\nz\r\n"].concat();
    arrive_byte_for_byte(&[&line, &header]);
}

#[test]
fn edge_018_a_target_that_refuses_a_last_line_without_an_end_gets_it_with_one() {
    moved(
        &[b"Subject: a\r\n\r\nb", b"Subject: c\r\n\r\nd\r\n"],
        |habits| {
            habits.refuses = |draft| (!draft.body.ends_with(b"\r\n")).then_some("NO incomplete last line");
        },
        |scene, outcome| {
            let altered = of(outcome, Cause::BytesAltered);
            assert_eq!((altered.len(), scene.target.mailbox().messages()), (1, 2), "{altered:?}");
            assert!(altered[0].detail.contains("at its end") && altered[0].detail.contains("incomplete"));
        },
    );
}

#[test]
fn edge_019_a_target_that_refuses_long_lines_gets_those_broken_where_nobody_sees_it() {
    let base64 = format!(
        "Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        "QUJD".repeat(500)
    );
    let html = format!("Subject: b\r\nContent-Type: text/html\r\n\r\n{}\r\n", "some words ".repeat(200));
    moved(
        &[base64.as_bytes(), html.as_bytes(), b"Subject: c\r\n\r\nd\r\n"],
        |habits| {
            habits.refuses = |draft| {
                let long = draft.body.split(|byte| *byte == b'\n').any(|line| line.len() > 999);
                long.then_some("NO line too long")
            };
        },
        |scene, outcome| {
            let altered = of(outcome, Cause::BytesAltered);
            let mended = altered.iter().filter(|it| it.detail.contains("line too long")).count();
            assert_eq!((mended, scene.target.mailbox().messages()), (2, 3), "{:?}", findings(outcome));
            // The comparison finds that they are not byte for byte what they were.
            assert_eq!(altered.len(), 4, "{altered:?}");
            assert_eq!(of(outcome, Cause::Missing).len(), 0);
        },
    );
}

#[test]
fn edge_019_a_line_that_the_target_refuses_is_named() {
    let line: &'static [u8] = [b"Subject: a\r\n\r\n", [b'x'; 20_000].as_slice(), b"\r\n"].concat().leak();
    moved(
        &[line, b"Subject: b\r\n\r\nc\r\n"],
        |habits| habits.refuses = |draft| (draft.body.len() > 10_000).then_some("NO line too long"),
        |scene, outcome| {
            assert_eq!(of(outcome, Cause::Rejected)[0].detail, "the target answered: “line too long”");
            assert_eq!(scene.target.mailbox().messages(), 1);
        },
    );
}

#[test]
fn edge_021_a_message_without_a_byte_is_not_sent_but_named() {
    moved(
        &[b"", b"Subject: b\r\n\r\nc\r\n"],
        |_| {},
        |scene, outcome| {
            assert_eq!((outcome.counts.copied, outcome.counts.skipped), (1, 1));
            assert_eq!(of(outcome, Cause::Empty).len(), 1, "{:?}", findings(outcome));
            assert_eq!(scene.target.mailbox().messages(), 1);
        },
    );
}

#[test]
fn edge_022_edge_023_a_header_or_a_body_alone_and_a_from_line_arrive_as_they_are() {
    arrive_byte_for_byte(&[
        b"Subject: only a header\r\n",
        b"Subject: only a header\r\n\r\n",
        b"\r\nonly a body\r\n",
        b"no header, no empty line\r\n",
        b"From anna@old.example Sat Feb  1 10:00:00 2020\r\nSubject: mbox\r\n\r\nx\r\n",
        b"\r\n",
        b"\n",
        b"x",
    ]);
}

#[test]
fn what_looks_like_imap_in_a_message_is_a_message() {
    arrive_byte_for_byte(&[
        b")\r\nm7 OK [APPENDUID 1 1] done\r\n* BYE\r\n{12}\r\n",
        b"Subject: {9999999}\r\n\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n",
        b"+ go on\r\n.\r\n",
    ]);
}

#[test]
fn a_large_message_arrives_as_it_is() {
    let large: Vec<u8> = (0..700_000_u32).map(|at| u8::try_from(at * 7 % 251).expect("small")).collect();
    let large = [b"Subject: large\r\n\r\n".as_slice(), &large, b"\r\n"].concat();
    arrive_byte_for_byte(&[&large, b"Subject: small\r\n\r\nx\r\n"]);
}

#[test]
fn edge_170_a_huge_message_of_which_several_pieces_come_at_once_arrives_as_it_is() {
    clock::run(async {
        let huge: Vec<u8> =
            (0..26_000_000_u32).map(|at| u8::try_from(at * 7 % 251).expect("small")).collect();
        let mut mailbox = Mailbox::written("INBOX: a b");
        mailbox.folder("INBOX").message(1).body =
            [b"Subject: huge\r\n\r\n".as_slice(), &huge, b"\r\n"].concat().into();
        let scene = Scene::of(mailbox, Mailbox::written("INBOX:")).await;
        for side in [&scene.source, &scene.target] {
            side.habits(|habits| habits.interleaves = true);
        }
        let outcome = scene.finish().await;
        scene.check_all_is_there();
        assert!(findings(&outcome).is_empty());
    });
}
