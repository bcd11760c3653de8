//! Gmail (edge cases 79 to 86): labels are folders, one message stands under several of them and in All Mail, and what is
//! archived stands in All Mail alone.

use std::time::Duration;

use shared::{
    cause::Cause,
    finding::Severity,
    pass::{PassEnd, PassKind},
    report::Verdict,
    rules::LabelPolicy,
};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        ledger::{Fuse, How, When},
        mailbox::{Mailbox, Message},
        scene::{Scene, of, verdict},
    },
};

const ALL: &str = "[Gmail]/All Mail";
const WHOLE: &str = "INBOX: a b | Work: b c | [Gmail]/Sent Mail: d | [Gmail]/Starred: f*Flagged | [Gmail]/Important: a \
    | [Gmail]/Trash: t | [Gmail]/Spam: s | [Gmail]/All Mail: a b c d e f*Flagged";

/// A mailbox on Gmail, in English.
fn mailbox(text: &str) -> Mailbox {
    let mut mailbox = Mailbox::written(text);
    for (name, attribute) in [
        (ALL, "\\All"),
        ("[Gmail]/Sent Mail", "\\Sent"),
        ("[Gmail]/Starred", "\\Flagged"),
        ("[Gmail]/Important", "\\Important"),
        ("[Gmail]/Trash", "\\Trash"),
        ("[Gmail]/Spam", "\\Junk"),
    ] {
        if let Some(folder) = mailbox.folders.get_mut(name.as_bytes()) {
            folder.attributes.push(attribute.into());
        }
    }
    mailbox.add("[Gmail]").attributes.push("\\Noselect".into());
    mailbox
}

/// From Gmail to a server with a folder for each use, both of which number changes and can move messages.
async fn scene(text: &str) -> Scene {
    let mut target = Mailbox::written("INBOX: | Sent: | Bin: | Junk: | Filed:");
    for (name, attribute) in
        [("Sent", "\\Sent"), ("Bin", "\\Trash"), ("Junk", "\\Junk"), ("Filed", "\\Archive")]
    {
        target.folder(name).attributes.push(attribute.into());
    }
    let scene = Scene::of(mailbox(text), target).await;
    scene.source.habits(|habits| habits.be_gmail());
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.extend(["CONDSTORE", "MOVE"]));
    }
    scene
}

/// What is on the target: each folder with the names of its messages.
fn there(scene: &Scene) -> String {
    let name = |message: &Message| {
        let text = String::from_utf8_lossy(&message.body).into_owned();
        text.split_once("Subject: ").and_then(|(_, rest)| rest.lines().next()).unwrap_or("?").to_owned()
    };
    let target = scene.target.mailbox();
    let folders = target.folders.iter().map(|(folder, entry)| {
        let mut names: Vec<String> = entry.messages.iter().map(name).collect();
        names.sort();
        format!("{}: {}", folder.escape_ascii(), names.join(" "))
    });
    folders.collect::<Vec<_>>().join(" | ")
}

async fn pass(scene: &Scene, kind: PassKind, policy: LabelPolicy) -> PassOutcome {
    let mut order = scene.order(kind);
    order.options.gmail_labels = policy;
    let outcome = scene.run(order).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    assert_eq!(scene.source.offences(), Vec::<String>::new());
    outcome
}

#[test]
fn edge_013_edge_079_edge_080_labels_are_copied_and_what_is_only_archived_goes_to_the_archive_once() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        let outcome = pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Bin: t | Filed: e f | INBOX: a b | Junk: s | Sent: d | Work: b c");
        assert_eq!(
            (outcome.counts.items, outcome.counts.copied, verdict(&outcome)),
            (9, 9, Verdict::Perfect)
        );
        let told = of(&outcome, Cause::FolderAllMail);
        assert_eq!((told.len(), told[0].severity), (1, Severity::Info), "one line, whatever it holds");
        assert!(told[0].detail.starts_with("4 of its messages stand in other folders"), "{}", told[0].detail);
        assert_eq!(of(&outcome, Cause::FolderVirtual).len(), 2);
        scene.check_the_source_is_untouched();
        let again = scene.check_another_pass_stores_nothing().await;
        assert_eq!(verdict(&again), Verdict::Perfect);
    });
}

#[test]
fn edge_080_an_archive_is_made_where_the_target_has_none() {
    clock::run(async {
        let scene = Scene::of(mailbox("INBOX: a | [Gmail]/All Mail: a e"), Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.be_gmail());
        for _ in 0..2 {
            let outcome = pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
            assert_eq!(
                (there(&scene).as_str(), verdict(&outcome)),
                ("Archive: e | INBOX: a", Verdict::Perfect)
            );
            assert_eq!(of(&outcome, Cause::FolderRenamed).len(), 1);
        }
    });
}

#[test]
fn edge_081_all_mail_is_known_by_its_use_in_every_language() {
    clock::run(async {
        let mut source =
            Mailbox::written("INBOX: a | [Google Mail]/Alle Nachrichten: a e | [Google Mail]/Chats: c");
        source.folder("[Google Mail]/Alle Nachrichten").attributes.push("\\All".into());
        source.add("[Google Mail]").attributes.push("\\Noselect".into());
        let scene = Scene::of(source, Mailbox::written("INBOX:")).await;
        scene.source.habits(|habits| habits.be_gmail());
        pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Archive: e | INBOX: a");
    });
}

#[test]
fn edge_079_a_message_is_known_by_its_number_and_never_by_its_message_id() {
    clock::run(async {
        let scene = scene("INBOX: a | [Gmail]/All Mail: a").await;
        // The same bytes once more, archived: another message.
        scene
            .source
            .change(|mailbox| _ = mailbox.folder(ALL).add(Message { number: 7, ..Message::written("a") }));
        let outcome = pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Bin:  | Filed: a | INBOX: a | Junk:  | Sent: ");
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn edge_082_what_gmail_does_not_show_under_its_label_is_archived_and_told_of() {
    clock::run(async {
        let scene = scene("INBOX: a b c | Hidden: h | [Gmail]/All Mail: a b c h e").await;
        scene.source.change(|mailbox| mailbox.folder("Hidden").attributes.push("\\Hidden".into()));
        scene.source.habits(|habits| habits.shows = Some(2));
        let outcome = pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Bin:  | Filed: a e h | INBOX: b c | Junk:  | Sent: ");
        let hidden = of(&outcome, Cause::LabelHidden);
        assert_eq!((hidden.len(), hidden[0].severity), (1, Severity::Warning));
        assert!(hidden[0].detail.starts_with("1 messages have a label"), "{}", hidden[0].detail);
    });
}

#[test]
fn edge_082_where_all_mail_is_not_shown_it_is_said_that_archived_mail_cannot_be_seen() {
    clock::run(async {
        let scene = scene("INBOX: a | [Gmail]/All Mail: a e").await;
        scene.source.change(|mailbox| mailbox.folder(ALL).attributes.push("\\Hidden".into()));
        let outcome = pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        let told = of(&outcome, Cause::FolderAllMail);
        assert_eq!((told.len(), told[0].severity), (1, Severity::Warning));
        assert!(told[0].detail.contains("is not shown over IMAP"));
    });
}

#[test]
fn edge_083_a_star_is_a_flag_and_no_copy() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        let mut target = scene.target.mailbox();
        let flagged = |message: &&Message| message.flags.contains("\\Flagged");
        assert_eq!(target.folder("Filed").messages.iter().filter(flagged).count(), 1);
        assert_eq!(target.folders.values().flat_map(|folder| &folder.messages).filter(flagged).count(), 1);
    });
}

#[test]
fn edge_084_a_day_without_bandwidth_is_waited_for() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        let words = "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)";
        scene.source.habits(|habits| habits.withholds = Some(("Text of e.", words)));
        let later = async {
            tokio::time::sleep(Duration::from_secs(20 * 3600)).await;
            scene.source.habits(|habits| habits.withholds = None);
        };
        let (outcome, ()) = tokio::join!(pass(&scene, PassKind::Initial, LabelPolicy::Copies), later);
        assert_eq!(there(&scene), "Bin: t | Filed: e f | INBOX: a b | Junk: s | Sent: d | Work: b c");
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn edge_080_what_is_archived_later_is_moved_on_the_target_and_comes_back_with_its_label() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        let appends = scene.target.heard("APPEND");
        let message = scene.source.change(|mailbox| mailbox.folder("INBOX").take(1));
        let outcome = pass(&scene, PassKind::Delta, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Bin: t | Filed: a e f | INBOX: b | Junk: s | Sent: d | Work: b c");
        assert_eq!((of(&outcome, Cause::MovedAtSource).len(), verdict(&outcome)), (1, Verdict::Perfect));
        scene.source.change(|mailbox| _ = mailbox.folder("Work").add(message));
        let outcome = pass(&scene, PassKind::Delta, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Bin: t | Filed: e f | INBOX: b | Junk: s | Sent: d | Work: a b c");
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        // One of two labels taken off: nothing of it becomes archived.
        scene.source.change(|mailbox| _ = mailbox.folder("Work").take(1));
        pass(&scene, PassKind::Delta, LabelPolicy::Copies).await;
        assert_eq!(there(&scene), "Bin: t | Filed: e f | INBOX: b | Junk: s | Sent: d | Work: a b c");
        assert_eq!(scene.target.heard("APPEND"), appends, "nothing was sent a second time");
    });
}

#[test]
fn a_target_that_cannot_move_keeps_what_was_archived_later_where_it_is() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        scene.target.habits(|habits| habits.cannot(&["MOVE"]));
        pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        let (appends, before) = (scene.target.heard("APPEND"), there(&scene));
        scene.source.change(|mailbox| _ = mailbox.folder("INBOX").take(1));
        for _ in 0..2 {
            let outcome = pass(&scene, PassKind::Delta, LabelPolicy::Copies).await;
            assert_eq!((scene.target.heard("APPEND"), there(&scene)), (appends, before.clone()));
            assert_eq!(of(&outcome, Cause::Missing).len(), 0);
        }
    });
}

#[test]
fn edge_079_with_one_copy_each_message_is_where_its_first_label_is_and_the_others_are_named() {
    clock::run(async {
        let scene = scene("INBOX: a b | Work: b c | Alpha: c a | [Gmail]/All Mail: a b c e").await;
        let outcome = pass(&scene, PassKind::Initial, LabelPolicy::First).await;
        assert_eq!(there(&scene), "Alpha: c | Bin:  | Filed: e | INBOX: a b | Junk:  | Sent:  | Work: ");
        let told: Vec<String> = of(&outcome, Cause::OtherLabel)
            .iter()
            .map(|finding| {
                assert_eq!(finding.severity, Severity::Info);
                let folder = finding.subject.folder.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{folder} -> {}", finding.detail.split('"').nth(1).unwrap_or_default())
            })
            .collect();
        assert_eq!(told, ["Alpha -> INBOX", "Work -> INBOX", "Work -> Alpha"]);
        let report = outcome.report.as_ref().expect("a report");
        assert_eq!(
            (report.totals.left_out, report.totals.missing, verdict(&outcome)),
            (3, 0, Verdict::Perfect)
        );
        // Its first label goes: it moves to the next. Another one comes in front: it moves there.
        let appends = scene.target.heard("APPEND");
        scene.source.change(|mailbox| {
            _ = mailbox.folder("INBOX").take(2);
            mailbox.folder("INBOX").add(Message::written("c"));
        });
        let outcome = pass(&scene, PassKind::Delta, LabelPolicy::First).await;
        assert_eq!(there(&scene), "Alpha:  | Bin:  | Filed: e | INBOX: a c | Junk:  | Sent:  | Work: b");
        assert_eq!((scene.target.heard("APPEND"), verdict(&outcome)), (appends, Verdict::Perfect));
        let again = pass(&scene, PassKind::Delta, LabelPolicy::First).await;
        assert_eq!((scene.target.heard("APPEND"), verdict(&again)), (appends, Verdict::Perfect));
    });
}

#[test]
fn copies_that_are_there_already_stay_when_the_project_wants_one_only() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        let before = there(&scene);
        let outcome = pass(&scene, PassKind::Delta, LabelPolicy::First).await;
        assert_eq!((there(&scene), verdict(&outcome)), (before, Verdict::Perfect));
    });
}

#[test]
fn what_a_rule_leaves_behind_does_not_come_along_as_archived() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        let mut order = scene.order(PassKind::Initial);
        order.options.folders.exclude = vec!["Work".into()];
        scene.run(order).await;
        assert_eq!(there(&scene), "Bin: t | Filed: e f | INBOX: a b | Junk: s | Sent: d");
    });
}

#[test]
fn all_mail_that_does_not_tell_which_messages_it_holds_is_a_loss_of_that_folder_alone() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        let habit = ("UID FETCH 1:* (UID X-GM-MSGID X-GM-LABELS)", "NO not today");
        scene.source.habits(|habits| habits.instead.push(habit));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(there(&scene), "Bin: t | Filed:  | INBOX: a b | Junk: s | Sent: d | Work: b c");
        let unreadable = of(&outcome, Cause::FolderUnreadable);
        assert_eq!((unreadable.len(), unreadable[0].severity), (1, Severity::Loss));
    });
}

#[test]
fn a_dry_run_shows_of_all_mail_what_is_its_own() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        let plan = pass(&scene, PassKind::DryRun, LabelPolicy::First).await.plan.expect("a plan");
        let folder =
            |name: &str| plan.folders.iter().find(|folder| folder.source.written() == name).expect("planned");
        let all = folder(ALL);
        assert_eq!((all.target.to_string().as_str(), all.items, all.copy), ("Filed", 2, 2));
        assert_eq!((folder("Work").copy, folder("Work").skip), (1, 1));
    });
}

#[test]
fn a_target_on_gmail_is_never_given_anything_in_all_mail() {
    clock::run(async {
        let target = mailbox("INBOX: | [Gmail]/Sent Mail: | [Gmail]/All Mail:");
        let scene = Scene::of(Mailbox::written("INBOX: a | Archive: b | Sent: c"), target).await;
        scene.target.habits(|habits| habits.be_gmail());
        let outcome = scene.finish().await;
        assert_eq!(
            there(&scene),
            "Archive: b | INBOX: a | [Gmail]:  | [Gmail]/All Mail:  | [Gmail]/Sent Mail: c"
        );
        assert_eq!(verdict(&outcome), Verdict::Perfect);
    });
}

#[test]
fn a_probe_counts_what_came_once_and_nothing_of_all_mail() {
    clock::run(async {
        let scene = scene(WHOLE).await;
        pass(&scene, PassKind::Initial, LabelPolicy::Copies).await;
        scene.source.change(|mailbox| {
            for folder in ["INBOX", ALL] {
                mailbox.folder(folder).add(Message::written("new"));
            }
        });
        let drift = pass(&scene, PassKind::Probe, LabelPolicy::Copies).await.drift.expect("counted");
        assert_eq!((drift.new, drift.gone, drift.folders), (1, 0, 1));
    });
}

#[test]
fn the_process_may_die_at_every_write_and_archived_mail_is_neither_lost_nor_doubled() {
    clock::run(async {
        let whole = scene(WHOLE).await;
        pass(&whole, PassKind::Initial, LabelPolicy::Copies).await;
        for write in 1..=whole.ledger.writes() {
            for when in [When::Before, When::After] {
                let scene = scene(WHOLE).await;
                scene.ledger.light(Fuse { write, when, how: How::Dies });
                scene.mortal_pass(usize::MAX).await;
                scene.ledger.mend();
                let outcome = scene.finish().await;
                assert_eq!(there(&scene), there(&whole), "write {write}, {when:?}");
                assert_eq!(verdict(&outcome), Verdict::Perfect, "write {write}, {when:?}");
            }
        }
    });
}
