//! The inventory: what a look at both sides finds, in numbers.

use shared::{
    inventory::MailboxInventory,
    pass::{PassEnd, PassKind},
};

use crate::{
    pass::PassOutcome,
    testing::{clock, mailbox::Mailbox, scene::Scene},
};

const FULL: &str = "NO [OVERQUOTA] Quota exceeded";

fn found(outcome: &PassOutcome) -> MailboxInventory {
    outcome.inventory.unwrap_or_else(|| panic!("no inventory: {:?}", outcome.end))
}

#[test]
fn a_dry_run_counts_what_is_there_what_is_too_large_and_the_room() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b/4000 | Sent: c d/5000 | Sent/2024:", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.capabilities.push("APPENDLIMIT=3000");
            (habits.room, habits.most) = (Some((1024, FULL)), Some((7, FULL)));
        });
        let outcome = scene.pass(PassKind::DryRun).await;
        let it = found(&outcome);
        assert_eq!((it.folders, it.items, it.copy, it.oversized), (3, 4, 2, 2));
        let plan = outcome.plan.as_ref().expect("a plan");
        let sum = |of: fn(&shared::plan::PlannedFolder) -> u64| plan.folders.iter().map(of).sum::<u64>();
        assert_eq!((it.bytes, it.copy_bytes), (sum(|it| it.bytes), sum(|it| it.copy_bytes)));
        assert_eq!(it.oversized_bytes, it.bytes - it.copy_bytes);
        assert_eq!((it.free_bytes, it.limit_bytes, it.free_items), (Some(1024), Some(1024), Some(7)));
        assert_eq!((it.renamed, it.clashes, it.unreadable), (0, 0, 0));
        scene.check_the_source_is_untouched();
    });
}

#[test]
fn folders_that_cannot_have_their_name_are_told_from_those_that_are_only_called_otherwise() {
    clock::run(async {
        let mut source = Mailbox::written("INBOX: | Gesendet: a | Work: b | work: c");
        source.folder("Gesendet").attributes.push("\\Sent".into());
        let mut target = Mailbox::written("INBOX: | Sent:");
        target.folder("Sent").attributes.push("\\Sent".into());
        let scene = Scene::of(source, target).await;
        scene.target.habits(|habits| habits.cannot(&["QUOTA"]));
        let mut order = scene.order(PassKind::DryRun);
        // To it, names that differ in case alone are one.
        let shared::endpoint::Endpoint::Imap(imap) = &mut order.target.endpoint;
        imap.preset = Some(shared::endpoint::Preset::Exchange);
        let outcome = scene.run(order).await;
        let it = found(&outcome);
        assert_eq!((it.folders, it.renamed, it.clashes), (4, 2, 1), "{:?}", outcome.plan);
        assert_eq!((it.free_bytes, it.limit_bytes, it.free_items), (None, None, None));
    });
}

#[test]
fn a_folder_that_the_source_will_not_open_is_counted_as_such() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Locked: b", "INBOX:").await;
        scene.source.habits(|habits| habits.instead = vec![("EXAMINE \"Locked\"", "NO [NOPERM] not yours")]);
        let it = found(&scene.pass(PassKind::DryRun).await);
        assert_eq!((it.folders, it.unreadable, it.items), (2, 1, 1));
    });
}

#[test]
fn a_pass_that_copies_tells_what_it_found_before_it_did_and_a_later_one_what_is_left() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b | Sent: c/4000", "INBOX:").await;
        scene.target.habits(|habits| habits.capabilities.push("APPENDLIMIT=3000"));
        let first = scene.pass(PassKind::Initial).await;
        assert_eq!(first.end, PassEnd::Finished);
        let it = found(&first);
        assert_eq!((it.items, it.copy, it.oversized), (3, 2, 1));
        for kind in [PassKind::Delta, PassKind::Verify, PassKind::DryRun] {
            let it = found(&scene.pass(kind).await);
            assert_eq!((it.items, it.copy, it.oversized), (3, 0, 1), "{kind:?}");
        }
        assert!(scene.pass(PassKind::Probe).await.inventory.is_none(), "it looks into no folder");
    });
}
