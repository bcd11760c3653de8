use super::*;
use crate::model::{Flags, ItemMeta};

fn folder(path: &str, role: Option<Role>, holds_all: bool) -> Folder {
    let path = FolderPath::parse(path);
    Folder { wire: Vec::new(), path, role, selectable: true, subscribed: false, holds_all }
}

fn identities(messages: &[u64], labelled: &[u64]) -> Vec<Identity> {
    let of = |(at, message): (u32, &u64)| Identity {
        item: ItemId::Uid(at),
        message: Some(*message),
        labelled: labelled.contains(message),
    };
    (1..).zip(messages).map(of).collect()
}

/// INBOX, Sent, two labels and All Mail; each written as the messages in it.
fn decide(folders: [&[u64]; 5], labelled: &[u64], moved: [bool; 4], policy: LabelPolicy) -> Vec<Elsewhere> {
    let kinds = [
        folder("Alpha", None, false),
        folder("[Gmail]/Sent Mail", Some(Role::Sent), false),
        folder("Work", None, false),
        folder("INBOX", Some(Role::Inbox), false),
        folder("[Gmail]/All Mail", Some(Role::Archive), true),
    ];
    let identities: Vec<_> = folders.iter().map(|messages| identities(messages, labelled)).collect();
    let moved = moved.into_iter().chain([true]);
    let labelled: Vec<_> = kinds
        .iter()
        .zip(&identities)
        .zip(moved)
        .map(|((folder, identities), moved)| Labelled { folder, moved, identities })
        .collect();
    elsewhere(&labelled, policy)
}

fn left(inventory: &Elsewhere, uids: std::ops::RangeInclusive<u32>) -> String {
    let item = |uid| ItemMeta { id: ItemId::Uid(uid), size: 1, received: None, flags: Flags::default() };
    let mut listed = Inventory { items: uids.map(item).collect(), ..Inventory::default() };
    inventory.take_out(&mut listed);
    listed.items.iter().map(|item| item.id.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn edge_079_of_all_mail_only_what_stands_nowhere_else_is_its_own() {
    let all = decide(
        [&[1], &[2], &[1, 3], &[4], &[1, 2, 3, 4, 5, 6]],
        &[1, 2, 3, 4],
        [true; 4],
        LabelPolicy::Copies,
    );
    assert_eq!(left(&all[4], 1..=6), "5 6");
    assert_eq!(left(&all[4], 1..=9), "5 6", "what came after the look is looked at next time");
    assert_eq!(left(&all[0], 1..=1), "1", "a copy under every label");
    assert_eq!(all[0].by_rule(&ItemId::Uid(1)), None);
    assert_eq!(all[4].foreign().map(|(others, foreign)| (others, foreign.unshown)), Some((4, 0)));
}

#[test]
fn edge_082_what_a_label_names_and_its_folder_does_not_show_is_archived_rather_than_lost() {
    let all = decide([&[], &[], &[], &[2], &[1, 2, 3]], &[1, 2], [true; 4], LabelPolicy::Copies);
    assert_eq!(left(&all[4], 1..=3), "1 3");
    assert_eq!(all[4].foreign().map(|(others, foreign)| (others, foreign.unshown)), Some((1, 1)));
}

#[test]
fn what_a_rule_leaves_behind_does_not_come_along_as_archived() {
    let all = decide([&[1], &[], &[], &[], &[1, 2]], &[1], [false, true, true, true], LabelPolicy::Copies);
    assert_eq!(left(&all[4], 1..=2), "2");
}

#[test]
fn edge_079_with_one_copy_the_inbox_goes_first_then_sent_then_labels_by_their_path() {
    let folders: [&[u64]; 5] = [&[1, 2, 3], &[2, 4], &[1, 2, 4], &[3], &[]];
    let all = decide(folders, &[], [true; 4], LabelPolicy::First);
    let told = |at: usize, uid| {
        all[at].by_rule(&ItemId::Uid(uid)).map(|(cause, detail)| {
            assert_eq!(cause, Cause::OtherLabel);
            detail.split('"').nth(1).unwrap_or_default().to_owned()
        })
    };
    assert_eq!(
        (told(0, 1), told(0, 2), told(0, 3)),
        (None, Some("[Gmail] / Sent Mail".into()), Some("INBOX".into()))
    );
    assert_eq!((told(1, 1), told(1, 2)), (None, None));
    assert_eq!(told(2, 1), Some("Alpha".into()));
    assert_eq!(told(2, 3), Some("[Gmail] / Sent Mail".into()));
    assert_eq!(told(3, 1), None);
    // A folder that stays behind holds nobody's only copy.
    let all = decide(folders, &[], [false, true, true, false], LabelPolicy::First);
    assert_eq!(all[2].by_rule(&ItemId::Uid(1)), None);
}

#[test]
fn a_message_without_a_number_is_judged_by_its_labels() {
    let kinds = [folder("INBOX", Some(Role::Inbox), false), folder("All", Some(Role::Archive), true)];
    let own = |labelled| [Identity { item: ItemId::Uid(1), message: None, labelled }];
    for (labelled, expected) in [(true, ""), (false, "1")] {
        let identities = own(labelled);
        let folders = [
            Labelled { folder: &kinds[0], moved: true, identities: &[] },
            Labelled { folder: &kinds[1], moved: true, identities: &identities },
        ];
        assert_eq!(left(&elsewhere(&folders, LabelPolicy::Copies)[1], 1..=1), expected);
    }
}
