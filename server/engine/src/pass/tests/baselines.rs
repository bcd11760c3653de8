//! Passes over a changed folder ask for what changed since it was listed, and come to what a whole listing comes to;
//! whatever a server tells wrongly is found out by listing all.

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::{
    cause::Cause,
    check::Side,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

use crate::{
    baseline::Baseline,
    model::{Folder, Inventory},
    pass::PassOutcome,
    source,
    testing::{
        clock,
        ledger::{Fuse as LedgerFuse, How, When},
        mailbox::{Mailbox, Message},
        scene::{Scene, aborted, findings, of, verdict},
        server::{Fuse, Habits, Server},
    },
};

const ALL: &str = "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)";
const SINCE: &str = "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE) (CHANGEDSINCE";

/// Two folders large enough to be remembered.
fn mailbox() -> Mailbox {
    let words = |name: &str, count: usize| -> String {
        let mark = |at: usize| ["", "*Seen", "*Seen#work", "~"][at % 4];
        (0..count).map(|at| format!(" {name}{at}{}", mark(at))).collect()
    };
    Mailbox::written(&format!("INBOX:{} | Work:{}", words("a", 210), words("w", 205)))
}

/// A mailbox that was moved once, between servers with these habits.
async fn moved_between(habits: fn(&mut Habits)) -> Scene {
    let scene = Scene::of(mailbox(), Mailbox::written("INBOX:")).await;
    for side in [&scene.source, &scene.target] {
        side.habits(|it| {
            habits(it);
            it.capabilities.push("MOVE");
        });
    }
    assert_eq!(verdict(&scene.finish().await), Verdict::Perfect);
    scene
}

async fn moved() -> Scene {
    moved_between(Habits::number_changes).await
}

/// How often a server was asked for all that stands in a folder, and for what changed.
fn listings(server: &Server) -> (usize, usize) {
    (server.log().iter().filter(|line| *line == ALL).count(), server.heard(SINCE))
}

/// A delta pass, with the whole listings it asked of the source and of the target.
async fn delta(scene: &Scene) -> (PassOutcome, (usize, usize)) {
    let before = [&scene.source, &scene.target].map(|side| listings(side).0);
    let outcome = scene.pass(PassKind::Delta).await;
    assert_eq!(outcome.end, PassEnd::Finished);
    assert_eq!((scene.source.offences(), scene.target.offences()), (Vec::new(), Vec::new()));
    let whole = |side: &Server, before: usize| listings(side).0 - before;
    let listed = (whole(&scene.source, before[0]), whole(&scene.target, before[1]));
    (outcome, listed)
}

fn flag(mailbox: &mut Mailbox) {
    mailbox.folder("INBOX").message(7).flags.insert("\\Flagged".into());
}

fn unflag(mailbox: &mut Mailbox) {
    mailbox.folder("INBOX").message(3).flags.clear();
}

fn add(mailbox: &mut Mailbox) {
    mailbox.folder("INBOX").add(Message::written("new*Seen"));
}

fn remove(mailbox: &mut Mailbox) {
    mailbox.folder("INBOX").take(9);
}

fn relocate(mailbox: &mut Mailbox) {
    let message = mailbox.folder("INBOX").take(12);
    mailbox.folder("Work").add(message);
}

fn much(mailbox: &mut Mailbox) {
    [flag, unflag, add, remove, relocate].iter().for_each(|change| change(mailbox));
}

/// What a pass came to, for people, and what stands on the target.
fn result(scene: &Scene, outcome: &PassOutcome) -> impl PartialEq + std::fmt::Debug {
    let mut told: Vec<String> = findings(outcome).iter().map(|finding| format!("{finding:?}")).collect();
    told.sort();
    let totals = outcome.report.as_ref().map(|report| format!("{:?}", report.totals));
    (told, totals, scene.target.mailbox())
}

#[test]
fn what_changes_in_a_large_folder_costs_no_whole_listing_and_comes_to_the_same() {
    clock::run(async {
        for (name, change) in [
            ("flag", flag as fn(&mut Mailbox)),
            ("unflag", unflag),
            ("add", add),
            ("remove", remove),
            ("relocate", relocate),
            ("much", much),
        ] {
            let (scene, whole) = (moved().await, moved().await);
            assert_eq!(whole.ledger.change_baselines(Vec::clear), 4, "two folders on two sides");
            scene.source.change(change);
            whole.source.change(change);
            let said = [&scene.source, &scene.target, &whole.source, &whole.target].map(|it| it.tally().said);
            let (outcome, listed) = delta(&scene).await;
            assert_eq!(listed, (0, 0), "{name}");
            let (other, listed) = delta(&whole).await;
            assert!(listed.0 > 0 && listed.1 > 0, "{name}: {listed:?}");
            assert_eq!(result(&scene, &outcome), result(&whole, &other), "{name}");
            let now = [&scene.source, &scene.target, &whole.source, &whole.target].map(|it| it.tally().said);
            let [source, target, whole_source, whole_target] = [0, 1, 2, 3].map(|at| now[at] - said[at]);
            println!("{name}: {source} and {target} bytes, of all {whole_source} and {whole_target}");
            assert!(source * 2 < whole_source && target * 2 < whole_target, "{name}");
            // What was found is built on by the next pass, and nothing is found twice.
            scene.source.change(add);
            let (outcome, listed) = delta(&scene).await;
            assert_eq!((listed, outcome.counts.copied), ((0, 0), 1), "{name}");
        }
    });
}

#[test]
fn what_changes_on_the_target_costs_no_whole_listing_either() {
    clock::run(async {
        let scene = moved().await;
        scene.target.change(|mailbox| _ = mailbox.folder("Work").add(Message::written("theirs")));
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((listed, of(&outcome, Cause::Extra).len()), ((0, 0), 1));
        assert_eq!(outcome.report.expect("a report").totals.target_items, 416);
    });
}

#[test]
fn what_a_folder_of_the_target_lacks_is_said_after_a_whole_listing_and_then_known() {
    clock::run(async {
        let scene = moved().await;
        scene.target.change(|mailbox| _ = mailbox.folder("INBOX").take(5));
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((of(&outcome, Cause::RemovedOnTarget).len(), listed), (1, (1, 1)));
        scene.source.change(flag);
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((of(&outcome, Cause::RemovedOnTarget).len(), listed), (1, (0, 0)));
    });
}

#[test]
fn a_target_that_names_the_wrong_message_as_gone_makes_no_wrong_finding() {
    clock::run(async {
        let scene = moved().await;
        let taken = scene.target.change(|mailbox| mailbox.folder("INBOX").take(5));
        scene.target.light_on(SINCE, Fuse::Says(1, b"* VANISHED (EARLIER) 6\r\n{tag} OK so\r\n".to_vec()));
        let (outcome, listed) = delta(&scene).await;
        assert!(!scene.target.lit());
        let removed = of(&outcome, Cause::RemovedOnTarget);
        let items: Vec<_> = removed.iter().filter_map(|finding| finding.subject.item.as_ref()).collect();
        assert_eq!((items.len(), listed), (1, (1, 1)));
        let uid = items[0].id.parse().expect("a UID");
        assert_eq!(scene.source.mailbox().folder("INBOX").message(uid).body, taken.body);
    });
}

#[test]
fn where_what_is_gone_is_not_told_only_that_is_found_by_a_whole_listing() {
    clock::run(async {
        let scene = moved_between(|habits| habits.capabilities.push("CONDSTORE")).await;
        scene.source.change(|mailbox| [flag, add].iter().for_each(|change| change(mailbox)));
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((listed, verdict(&outcome)), ((0, 0), Verdict::Perfect));
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        scene.source.change(remove);
        let (outcome, listed) = delta(&scene).await;
        // By the survey; the comparison sees that nothing changed since.
        assert_eq!((listed, of(&outcome, Cause::DeletedAtSource).len()), ((1, 0), 1));
        assert_eq!((scene.source.heard("ENABLE"), scene.target.heard("ENABLE")), (0, 0));
    });
}

#[test]
fn whatever_a_server_tells_wrongly_is_found_out_by_listing_all() {
    clock::run(async {
        for says in [
            "{tag} OK nothing happened",
            "* VANISHED (EARLIER) 9\r\n{tag} OK so",
            "* VANISHED (EARLIER) none\r\n{tag} OK so",
            "* VANISHED (EARLIER)\r\n{tag} OK so",
            "* VANISHED 9\r\n{tag} OK so",
            "* 9 EXPUNGE\r\n{tag} OK so",
            "* 999 EXISTS\r\n{tag} OK so",
            "* 9 FETCH (UID 9 FLAGS () RFC822.SIZE 1)\r\n{tag} OK so",
            "* 9 FETCH (UID 211 RFC822.SIZE 1)\r\n{tag} OK so",
            "* 9 FETCH (UID 5000 FLAGS () RFC822.SIZE 1)\r\n* 9 FETCH (UID 6000 FLAGS () RFC822.SIZE 1)\r\n{tag} OK so",
            "{tag} BAD what is that",
            "{tag} NO not today",
        ] {
            let scene = moved().await;
            scene.source.change(|mailbox| [flag, add].iter().for_each(|change| change(mailbox)));
            scene.source.light_on(SINCE, Fuse::Says(1, format!("{says}\r\n").into_bytes()));
            let (outcome, listed) = delta(&scene).await;
            assert!(!scene.source.lit() && listed.0 > 0, "{says}");
            assert_eq!((verdict(&outcome), outcome.counts.copied), (Verdict::Perfect, 1), "{says}");
            assert_eq!(scene.expected(), scene.target.mailbox().contents(), "{says}");
        }
    });
}

#[test]
fn numbers_of_changes_that_go_back_or_are_not_kept_any_more_are_not_built_on() {
    clock::run(async {
        for modseqs in [|_| 1, |_| 0] as [fn(u64) -> u64; 2] {
            let scene = moved().await;
            scene.source.habits(|habits| habits.modseqs = modseqs);
            scene.source.change(add);
            let (outcome, listed) = delta(&scene).await;
            assert!(listed.0 > 0);
            assert_eq!((verdict(&outcome), outcome.counts.copied), (Verdict::Perfect, 1));
        }
    });
}

#[test]
fn a_server_that_will_not_tell_what_changed_is_not_asked_again_in_the_session() {
    clock::run(async {
        let scene = moved().await;
        scene.source.habits(|habits| habits.instead = vec![(SINCE, "BAD Parse error")]);
        scene.source.change(|mailbox| [flag, relocate].iter().for_each(|change| change(mailbox)));
        let before = listings(&scene.source).1;
        let (outcome, listed) = delta(&scene).await;
        // Both folders were asked for at once.
        assert_eq!((listings(&scene.source).1 - before, listed.0), (2, 2));
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
    });
}

#[test]
fn what_comes_while_it_is_asked_what_changed_arrives() {
    clock::run(async {
        for change in [add, flag, remove, much] as [fn(&mut Mailbox); 4] {
            let scene = moved().await;
            scene.source.change(|mailbox| _ = mailbox.folder("INBOX").add(Message::written("first")));
            scene.source.light_on(SINCE, Fuse::Changes(1, change));
            delta(&scene).await;
            assert!(!scene.source.lit());
            scene.source.change(|mailbox| _ = mailbox.folder("INBOX").add(Message::written("last")));
            let (_, listed) = delta(&scene).await;
            assert_eq!(listed, (0, 0), "all is quiet again");
            let texts = |mailbox: &Mailbox| -> BTreeSet<_> {
                mailbox.folders.values().flat_map(|folder| folder.bodies()).collect()
            };
            let (here, there) = (texts(&scene.source.mailbox()), texts(&scene.target.mailbox()));
            assert!(here.is_subset(&there));
        }
    });
}

#[test]
fn servers_that_talk_much_or_answer_side_by_side_are_understood() {
    clock::run(async {
        for habit in [|it: &mut Habits| it.chatty = true, |it: &mut Habits| it.interleaves = true]
            as [fn(&mut Habits); 2]
        {
            let scene = moved().await;
            [&scene.source, &scene.target].iter().for_each(|side| side.habits(habit));
            scene.source.change(|mailbox| [flag, add].iter().for_each(|change| change(mailbox)));
            let (outcome, listed) = delta(&scene).await;
            assert_eq!((listed, verdict(&outcome)), ((0, 0), Verdict::Perfect));
            assert_eq!(scene.expected(), scene.target.mailbox().contents());
        }
    });
}

#[test]
fn what_was_kept_and_cannot_be_read_counts_for_nothing_and_is_kept_anew() {
    clock::run(async {
        let scene = moved().await;
        scene.ledger.change_baselines(|bytes| bytes[20] ^= 1);
        scene.source.change(flag);
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((listed, verdict(&outcome)), ((1, 1), Verdict::Perfect));
        scene.source.change(unflag);
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((listed, verdict(&outcome)), ((0, 0), Verdict::Perfect));
    });
}

#[test]
fn edge_001_a_folder_with_another_uidvalidity_is_listed_whole() {
    clock::run(async {
        let mut scene = moved().await;
        scene.rebuild(true, false);
        let (_, listed) = delta(&scene).await;
        assert!(listed.0 > 0);
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
        scene.source.change(flag);
        let (_, listed) = delta(&scene).await;
        assert_eq!(listed, (0, 0));
    });
}

#[test]
fn passes_that_look_afresh_list_all_and_see_what_a_server_kept_to_itself() {
    clock::run(async {
        let scene = moved().await;
        scene.source.change(|mailbox| [flag, add].iter().for_each(|change| change(mailbox)));
        // It tells of the new message, and not of the flag.
        let row = format!(
            "* 211 FETCH (UID 211 FLAGS (\\Seen) INTERNALDATE \"{0}\" RFC822.SIZE {1} MODSEQ (9))\r\n{{tag}} OK so\r\n",
            Message::written("new*Seen").received,
            Message::written("new*Seen").body.len()
        );
        scene.source.light_on(SINCE, Fuse::Says(1, row.into_bytes()));
        let (outcome, listed) = delta(&scene).await;
        assert_eq!((listed.0, outcome.counts.copied), (0, 1), "nobody can see through it");
        for kind in [PassKind::Verify, PassKind::DryRun, PassKind::Final] {
            let (whole, since) = listings(&scene.source);
            let (whole_there, since_there) = listings(&scene.target);
            let outcome = scene.pass(kind).await;
            assert_eq!(outcome.end, PassEnd::Finished);
            assert_eq!((listings(&scene.source).1, listings(&scene.target).1), (since, since_there));
            assert!(listings(&scene.source).0 >= whole + 2);
            assert!(kind == PassKind::DryRun || listings(&scene.target).0 >= whole_there + 2);
            if kind == PassKind::Verify {
                assert_eq!(of(&outcome, Cause::FlagsAltered).len(), 1);
            }
        }
        assert_eq!(scene.expected(), scene.target.mailbox().contents());
    });
}

#[test]
fn of_small_folders_nothing_is_kept() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c | Work: d", "INBOX:").await;
        for side in [&scene.source, &scene.target] {
            side.habits(Habits::number_changes);
        }
        scene.finish().await;
        assert_eq!(scene.ledger.change_baselines(|_| {}), 0);
    });
}

#[derive(Debug, Clone)]
enum Step {
    Add(usize, u32),
    Flag(usize, usize, bool),
    Remove(usize, usize),
    Relocate(usize, usize),
    Rebuild(usize),
}

const NAMES: [&str; 2] = ["INBOX", "Work"];

impl Step {
    fn take(&self, mailbox: &mut Mailbox) {
        let uid = |mailbox: &mut Mailbox, at: usize, nth: usize| {
            let messages = &mailbox.folder(NAMES[at]).messages;
            messages.get(nth % messages.len().max(1)).map(|message| message.uid)
        };
        match *self {
            Self::Add(at, word) => {
                mailbox.folder(NAMES[at]).add(Message::written(&format!("n{word}#k{}", word % 3)));
            }
            Self::Flag(at, nth, set) => {
                let Some(uid) = uid(mailbox, at, nth) else { return };
                let flags = &mut mailbox.folder(NAMES[at]).message(uid).flags;
                if set {
                    flags.insert("\\Flagged".into())
                } else {
                    flags.remove("\\Seen")
                };
            }
            Self::Remove(at, nth) => {
                let Some(uid) = uid(mailbox, at, nth) else { return };
                mailbox.folder(NAMES[at]).take(uid);
            }
            Self::Relocate(at, nth) => {
                let Some(uid) = uid(mailbox, at, nth) else { return };
                let message = mailbox.folder(NAMES[at]).take(uid);
                mailbox.folder(NAMES[1 - at]).add(message);
            }
            Self::Rebuild(at) => mailbox.folder(NAMES[at]).rebuild(),
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..2_usize, 0..50_u32).prop_map(|(at, word)| Step::Add(at, word)),
        6 => (0..2_usize, any::<usize>(), any::<bool>()).prop_map(|(at, nth, set)| Step::Flag(at, nth, set)),
        4 => (0..2_usize, any::<usize>()).prop_map(|(at, nth)| Step::Remove(at, nth)),
        3 => (0..2_usize, any::<usize>()).prop_map(|(at, nth)| Step::Relocate(at, nth)),
        1 => (0..2_usize).prop_map(Step::Rebuild),
    ]
}

/// What a session lists of both folders, with what it knows of them.
async fn listed(server: &Server, known: &[Option<Baseline>; 2]) -> Vec<(Folder, Inventory)> {
    let mut source = source::connect(&server.account(), Side::Source).await.expect("connects");
    let folders = source.folders().await.expect("lists").folders;
    let all: Vec<&Folder> = folders.iter().collect();
    source.standings(&all).await.expect("tells");
    let asked: Vec<(&Folder, Option<&Baseline>)> =
        folders.iter().zip(known).map(|(folder, known)| (folder, known.as_ref())).collect();
    let inventories = source.inventories(&asked, &|_| {}).await.expect("lists");
    let inventories = inventories.into_iter().map(|inventory| inventory.expect("opens"));
    folders.iter().cloned().zip(inventories).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn over_any_history_a_listing_with_a_baseline_is_the_listing_without(
        history in proptest::collection::vec((proptest::collection::vec(any_step(), 0..8), any::<bool>()), 1..6),
        vanishes: bool,
        chatty: bool,
    ) {
        clock::run(async {
            let server = Server::start(Mailbox::written("INBOX: a b c*Seen d e#work | Work: f g~ h*Seen")).await;
            server.habits(|habits| {
                if vanishes { habits.number_changes() } else { habits.capabilities.push("CONDSTORE") };
                habits.chatty = chatty;
            });
            let mut known = [None, None];
            let mut based = 0;
            for (steps, keeps) in history {
                server.change(|mailbox| steps.iter().for_each(|step| step.take(mailbox)));
                let whole = listed(&server, &[None, None]).await;
                let since = listed(&server, &known).await;
                for (at, ((folder, whole), (_, since))) in whole.iter().zip(&since).enumerate() {
                    based += usize::from(since.based);
                    assert_eq!(&Inventory { based: false, ..since.clone() }, whole, "{}", folder.path);
                    // An older one is as good.
                    if keeps || known[at].is_none() {
                        known[at] = Some(Baseline::of(folder, since).expect("it is what was counted"));
                    }
                }
            }
            assert_eq!(server.offences(), Vec::<String>::new());
            println!("{based} of them were built on");
        });
    }
}

#[test]
fn a_ledger_that_fails_while_what_was_listed_is_kept_costs_another_listing_and_nothing_else() {
    clock::run(async {
        let fresh = async || {
            // All is there already: how many answers there are to a copy differs from time to time, and so do the writes.
            let scene = Scene::of(mailbox(), mailbox()).await;
            [&scene.source, &scene.target].iter().for_each(|side| side.habits(Habits::number_changes));
            scene
        };
        let whole = fresh().await;
        whole.finish().await;
        // The last write of a pass without findings is what was listed.
        let last = whole.ledger.writes();
        for (when, kept) in [(When::Before, 0), (When::After, 4)] {
            let scene = fresh().await;
            scene.ledger.light(LedgerFuse { write: last, when, how: How::Fails });
            assert_eq!(aborted(&scene.pass(PassKind::Initial).await).0, Cause::Ledger);
            assert_eq!((scene.ledger.lit(), scene.ledger.change_baselines(|_| {})), (false, kept));
            scene.source.change(add);
            assert_eq!(verdict(&scene.finish().await), Verdict::Perfect);
            assert_eq!(scene.expected(), scene.target.mailbox().contents());
            scene.source.change(flag);
            let (outcome, listed) = delta(&scene).await;
            assert_eq!((listed, verdict(&outcome)), ((0, 0), Verdict::Perfect));
        }
    });
}
