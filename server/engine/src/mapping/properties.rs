//! What holds of every mapping, whatever the listings.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::{
    finding::{Finding, Severity},
    folder::{FolderPath, Role},
};

use super::{
    MappedFolder, TargetProfile, alternative, map_folders,
    tests::{CARBONIO, DOTTED, DOVECOT, EXCHANGE, GENERIC},
};
use crate::{model::Folder, wire::imap::utf7};

/// Names in which everything odd is frequent.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[aAbB./:\"~_ é]{0,4}",
        Just("INBOX".to_owned()),
        Just("inbox".to_owned()),
        Just("Sent".to_owned()),
        Just("Gesendet".to_owned()),
        Just("cafe\u{301}".to_owned()),
        Just("caf\u{e9}".to_owned()),
        Just("a_xF8FF_b".to_owned()),
        Just("a (2)".to_owned()),
        "[a-b\u{0}-\u{1f}]{0,3}",
        "(aé本📧){20,90}",
        "\\PC{0,6}",
    ]
}

fn folders() -> impl Strategy<Value = Vec<Folder>> {
    let role = prop::option::weighted(0.1, prop::sample::select(&[Role::Sent, Role::Trash, Role::Inbox][..]));
    let folder = (prop::collection::vec(names(), 1..5), role, prop::bool::weighted(0.9));
    prop::collection::vec(folder, 0..14).prop_map(|folders| {
        let folder = |(path, role, selectable): (Vec<String>, Option<Role>, bool)| Folder {
            wire: path.join("/").into(),
            path: FolderPath(path),
            role,
            selectable,
            subscribed: false,
            holds_all: false,
        };
        folders.into_iter().map(folder).collect()
    })
}

fn profiles() -> impl Strategy<Value = TargetProfile> {
    let base = prop::sample::select(vec![
        GENERIC,
        DOTTED,
        DOVECOT,
        CARBONIO,
        EXCHANGE,
        TargetProfile::generic(None),
    ]);
    (base, any::<bool>(), 1_usize..6, 16_usize..40).prop_map(
        |(base, inbox_children, max_depth, max_chars)| TargetProfile {
            inbox_children,
            max_depth,
            max_chars,
            max_bytes: 64,
            ..base
        },
    )
}

/// Whether the profile takes the name, written apart from how names are made acceptable.
fn takes(profile: &TargetProfile, name: &str, on_top: bool) -> bool {
    let banned = |c: char| c.is_control() || Some(c) == profile.separator || profile.forbidden.contains(&c);
    let blank_at_end = profile.trims_trailing_blanks && name.ends_with(char::is_whitespace);
    let blank_first = profile.trims_leading_blanks && name.starts_with(char::is_whitespace);
    let refused = ["", ".", ".."].contains(&name) || name.contains(banned) || blank_at_end || blank_first;
    let too_long = name.chars().count() > profile.max_chars || utf7::encode(name).len() > profile.max_bytes;
    let refused_first = on_top && name.starts_with(profile.refuses_leading);
    !(refused || refused_first || too_long)
}

proptest! {
    #[test]
    fn every_folder_gets_a_place_of_its_own_that_the_target_takes(
        source in folders(), target in folders(), profile in profiles(),
    ) {
        let (mapped, findings) = map_folders(&source, &target, &BTreeMap::new(), &profile);
        prop_assert_eq!(mapped.len(), source.len());
        let places: BTreeSet<_> = mapped.iter().map(|folder| &folder.target).collect();
        prop_assert_eq!(places.len(), source.len());
        for folder in mapped.iter().filter(|folder| folder.existing.is_none()) {
            let place = &folder.target.0;
            let shared = |there: &Folder| place.iter().zip(&there.path.0).take_while(|(here, there)| here == there).count();
            // What stands on the target already is taken there, whatever the profile says.
            let standing = target.iter().map(shared).max().unwrap_or(0);
            let mut names = place.iter().enumerate().skip(standing);
            prop_assert!(names.all(|(at, name)| takes(&profile, name, at == 0)), "{place:?}");
            prop_assert!(standing > 0 || place.len() <= profile.max_depth);
        }
        let first: Vec<_> = mapped.iter().filter(|folder| folder.source.role == Some(Role::Inbox)).collect();
        prop_assert!(first.len() <= 1 && first.iter().all(|folder| folder.target.is_inbox()));
        for finding in &findings {
            prop_assert!(finding.severity < Severity::Loss);
        }
    }

    #[test]
    fn the_order_of_a_listing_makes_no_difference(mut source in folders(), target in folders(), profile in profiles()) {
        let mut seen = BTreeSet::new();
        source.retain(|folder| seen.insert(folder.path.clone()));
        let straight = map_folders(&source, &target, &BTreeMap::new(), &profile);
        source.reverse();
        prop_assert_eq!(straight.0, map_folders(&source, &target, &BTreeMap::new(), &profile).0);
    }

    #[test]
    fn parents_come_before_their_children(source in folders(), profile in profiles()) {
        let (mapped, _) = map_folders(&source, &[], &BTreeMap::new(), &profile);
        for (at, folder) in mapped.iter().enumerate() {
            for later in &mapped[at + 1..] {
                let is_above = folder.target.0.len() > later.target.0.len() && folder.target.0.starts_with(&later.target.0);
                prop_assert!(!is_above, "{:?} before {:?}", folder.target, later.target);
            }
        }
    }

    #[test]
    fn places_once_given_stay(source in folders(), target in folders(), profile in profiles()) {
        let mut seen = BTreeSet::new();
        let source: Vec<_> = source.into_iter().filter(|folder| seen.insert(folder.path.clone())).collect();
        let (first, told) = map_folders(&source, &[], &BTreeMap::new(), &profile);
        let places = |mapped: &[MappedFolder]| -> BTreeMap<FolderPath, FolderPath> {
            mapped.iter().map(|folder| (folder.source.path.clone(), folder.target.clone())).collect()
        };
        let known = places(&first);
        let (second, again) = map_folders(&source, &target, &known, &profile);
        prop_assert_eq!(places(&second), known);
        // And every new name is told again.
        let named = |findings: &[Finding]| -> BTreeSet<FolderPath> {
            findings.iter().filter_map(|finding| finding.subject.folder.clone()).filter(|path| seen.contains(path)).collect()
        };
        prop_assert!(named(&told).is_subset(&named(&again)));
    }

    #[test]
    fn no_alternative_comes_twice(name in names()) {
        let tried: Vec<_> = (1..=8).map(|attempt| alternative(&FolderPath(vec![name.clone()]), attempt)).collect();
        let distinct: BTreeSet<_> = tried.iter().collect();
        prop_assert_eq!(distinct.len(), tried.len());
        prop_assert!(!tried.contains(&FolderPath(vec![name])));
    }
}
