//! Dates, flags and keywords (edge cases 32 to 48).

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        mailbox::{Mailbox, Message},
        scene::{Scene, findings, of, verdict},
        server::Habits,
    },
};

/// Moves `INBOX: a` after a change of its one message.
async fn one(change: impl FnOnce(&mut Message), habits: fn(&mut Habits)) -> (Scene, PassOutcome) {
    let mut mailbox = Mailbox::written("INBOX: a");
    change(&mut mailbox.folder("INBOX").messages[0]);
    let scene = Scene::of(mailbox, Mailbox::written("INBOX:")).await;
    scene.target.habits(habits);
    let outcome = scene.pass(PassKind::Initial).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    scene.check_the_source_is_untouched();
    scene.check_another_pass_stores_nothing().await;
    (scene, outcome)
}

/// The one message on the target.
fn copy(scene: &Scene) -> Message {
    scene.target.mailbox().folder("INBOX").messages[0].clone()
}

fn flags(words: &str) -> impl FnOnce(&mut Message) {
    move |message| message.flags = words.split_whitespace().map(str::to_owned).collect()
}

fn received(date: &'static str) -> impl FnOnce(&mut Message) {
    move |message| message.received = date.into()
}

#[test]
fn edge_034_edge_035_edge_037_dates_arrive_to_the_second_whatever_the_year() {
    clock::run(async {
        for date in [
            "17-Jul-1996 02:44:25 -0700",
            " 1-Jan-2024 00:00:00 +0000",
            "01-Jan-1970 00:00:00 +0000",
            "31-Dec-1969 23:59:59 +0000",
            "19-Jan-2038 03:14:08 +0000",
            "05-May-2035 12:00:00 +0530",
        ] {
            let (scene, outcome) = one(received(date), |_| {}).await;
            assert_eq!(
                copy(&scene).received.trim_start_matches([' ', '0']),
                date.trim_start_matches([' ', '0'])
            );
            assert_eq!(verdict(&outcome), Verdict::Perfect, "{date}");
        }
    });
}

#[test]
fn edge_036_a_date_that_cannot_be_read_becomes_the_last_hops_then_the_messages_own_then_now() {
    clock::run(async {
        let hop = "Received: from a by b; Sat, 1 Feb 2020 10:00:00 +0000\r\n";
        let own = "Date: Fri, 31 Jan 2020 10:00:00 +0000\r\n";
        for (header, expected) in [
            (format!("{hop}{own}"), " 1-Feb-2020 10:00:00 +0000"),
            (own.to_owned(), "31-Jan-2020 10:00:00 +0000"),
            ("Date: when I find the time\r\n".to_owned(), "23-Nov-2026 12:00:00 +0000"),
        ] {
            let change = |message: &mut Message| {
                message.received = "the day after tomorrow".into();
                message.body = format!("{header}\r\nx\r\n").into();
            };
            let (scene, outcome) = one(change, |_| {}).await;
            assert_eq!(copy(&scene).received, expected, "{header}");
            assert_eq!(of(&outcome, Cause::DateAltered).len(), 1, "{header}");
        }
    });
}

#[test]
fn edge_036_a_message_too_large_to_be_held_keeps_the_date_inside_it_too() {
    clock::run(async {
        let change = |message: &mut Message| {
            message.received = "the day after tomorrow".into();
            let header = "Date: Fri, 31 Jan 2020 10:00:00 +0000\r\n\r\n";
            message.body = format!("{header}{}", "line after line\r\n".repeat(1_600_000)).into();
        };
        let (scene, _) = one(change, |_| {}).await;
        assert_eq!(copy(&scene).received, "31-Jan-2020 10:00:00 +0000");
    });
}

#[test]
fn a_target_that_ignores_dates_is_told_of_and_gets_nothing_twice() {
    clock::run(async {
        let now = "23-Nov-2026 12:00:00 +0000";
        let (_, outcome) = one(|_| {}, |habits| habits.rewrites = |draft| draft.received = None).await;
        assert!(of(&outcome, Cause::DateAltered)[0].detail.ends_with(&format!("became {now}.")));
        assert_eq!((verdict(&outcome), findings(&outcome).len()), (Verdict::Good, 1));
    });
}

#[test]
fn edge_038_edge_039_recent_and_unknown_system_flags_are_not_sent() {
    clock::run(async {
        let (scene, outcome) = one(flags("\\Seen \\Recent \\Important \\Flagged"), |_| {}).await;
        assert_eq!(copy(&scene).flags, ["\\Flagged", "\\Seen"].map(str::to_owned).into());
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn every_system_flag_and_keyword_arrives() {
    clock::run(async {
        let all = "\\Answered \\Deleted \\Draft \\Flagged \\Seen $Forwarded $MDNSent NonJunk work";
        let (scene, outcome) = one(flags(all), |_| {}).await;
        assert_eq!(copy(&scene).flags, all.split(' ').map(str::to_owned).collect());
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_040_a_keyword_that_the_folder_does_not_keep_is_not_sent_but_named() {
    clock::run(async {
        let (scene, outcome) = one(flags("\\Seen work Known"), |habits| {
            habits.keeps_any = false;
            habits.keeps = vec!["known"];
        })
        .await;
        assert_eq!(copy(&scene).flags, ["Known", "\\Seen"].map(str::to_owned).into());
        let lost = of(&outcome, Cause::KeywordsLost);
        assert_eq!(lost[0].detail, "The target's folder does not keep work.");
        assert_eq!((verdict(&outcome), findings(&outcome).len()), (Verdict::Good, 1));
    });
}

#[test]
fn edge_040_a_keyword_whose_name_a_killed_target_lost_is_named_for_its_message_with_what_to_do() {
    clock::run(async {
        let (scene, _) = one(flags("$Label1"), |_| {}).await;
        scene.target.change(|mailbox| {
            mailbox.folder("INBOX").messages[0].flags = ["unknown-0".to_owned()].into();
        });
        let outcome = scene.pass(PassKind::Verify).await;
        let lost = of(&outcome, Cause::KeywordsLost);
        assert_eq!(lost.len(), 1, "{:?}", findings(&outcome));
        assert!(lost[0].subject.item.is_some(), "{lost:?}");
        assert!(lost[0].detail.starts_with("The target took $Label1 and lost the name"), "{lost:?}");
        assert!(lost[0].detail.ends_with("Set $Label1 on the message there."), "{lost:?}");
        assert!(of(&outcome, Cause::FlagsAltered).is_empty(), "told once: {:?}", findings(&outcome));
    });
}

#[test]
fn edge_040_a_server_that_does_not_tell_what_it_keeps_is_sent_all() {
    clock::run(async {
        let (scene, outcome) = one(flags("work"), |habits| habits.tells_permanent = false).await;
        assert_eq!(copy(&scene).flags, ["work".to_owned()].into());
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_040_a_keyword_that_the_target_refuses_after_all_is_left_out_and_named() {
    clock::run(async {
        let (scene, outcome) = one(flags("\\Seen work"), |habits| {
            habits.refuses = |draft| draft.flags.contains(&"work".to_owned()).then_some("NO invalid keyword");
        })
        .await;
        assert_eq!(copy(&scene).flags, ["\\Seen".to_owned()].into());
        let lost = of(&outcome, Cause::KeywordsLost);
        assert!(lost.iter().any(|it| it.detail.contains("“invalid keyword”")), "{lost:?}");
        assert_eq!(verdict(&outcome), Verdict::Good);
    });
}

#[test]
fn edge_041_a_spam_filters_judgement_that_cannot_stay_is_no_lost_keyword() {
    clock::run(async {
        let (_, outcome) = one(flags("$Junk NonJunk $NotJunk"), |habits| habits.keeps_any = false).await;
        assert_eq!((verdict(&outcome), findings(&outcome)), (Verdict::Perfect, &[][..]));
    });
}

#[test]
fn edge_044_a_keyword_that_is_no_keyword_cannot_become_a_command() {
    clock::run(async {
        let (scene, outcome) = one(flags("Gr\u{fc}n a]b good"), |_| {}).await;
        assert_eq!(copy(&scene).flags, ["good".to_owned()].into());
        assert_eq!(of(&outcome, Cause::KeywordsLost).len(), 1, "{:?}", findings(&outcome));
    });
}
