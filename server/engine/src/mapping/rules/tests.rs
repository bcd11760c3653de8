//! Folder rules in small cases, one string each.

mod own_folder;

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::{
    cause::Cause,
    endpoint::Preset,
    finding::Severity,
    folder::{FolderPath, Role},
    rules::{FolderMove, FolderRules, RegexRule, RoleRule},
};

use super::{Rules, faults, pattern::Pattern};
use crate::mapping::{
    map_ruled,
    tests::{GENERIC, listing, written},
};

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn moves(texts: &[&str]) -> FolderRules {
    let read = |text: &&str| {
        let (from, to) = text.split_once('=').expect("FROM=TO");
        FolderMove { from: FolderPath::parse(from), to: FolderPath::parse(to) }
    };
    FolderRules { moves: texts.iter().map(read).collect(), ..FolderRules::default() }
}

fn regex(rules: &[(&str, &str)]) -> FolderRules {
    let read = |(pattern, replacement): &(&str, &str)| RegexRule {
        pattern: (*pattern).into(),
        replacement: (*replacement).into(),
    };
    FolderRules { regex: rules.iter().map(read).collect(), ..FolderRules::default() }
}

/// What is moved and where to, then what stays behind with messages.
fn check_from(preset: Preset, rules: &FolderRules, source: &str, target: &str, expected: &str, left: &str) {
    let ruled = Rules::new(rules, preset).expect("good rules").apply(listing(source));
    assert_eq!(
        ruled.left_out.len(),
        ruled.findings.iter().filter(|f| f.cause == Cause::FolderExcluded).count()
    );
    for (folder, finding) in ruled.left_out.iter().zip(&ruled.findings) {
        assert_eq!(finding.subject.folder.as_ref(), Some(&folder.path));
        assert_eq!(finding.severity, Severity::Info);
    }
    let out: Vec<_> = ruled.left_out.iter().map(|folder| folder.path.0.join(" > ")).collect();
    let (mapped, _) = map_ruled(&ruled, &listing(target), &BTreeMap::new(), &GENERIC);
    let found: Vec<_> = mapped.iter().map(written).collect();
    assert_eq!((found.join(", ").as_str(), out.join(", ").as_str()), (expected, left));
}

fn check(rules: &FolderRules, source: &str, expected: &str, left: &str) {
    check_from(Preset::Generic, rules, source, "INBOX", expected, left);
}

fn covers(pattern: &str, path: &str, expected: bool) {
    let pattern = Pattern::read(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
    let names = super::folded(&crate::mapping::tests::path(path));
    assert_eq!(pattern.covers(&names, None), expected, "{pattern:?} and {path}");
}

#[test]
fn a_pattern_names_a_folder_and_everything_below_it() {
    covers("Work", "Work", true);
    covers("work", "WORK > 2024", true);
    covers("Work", "Workshop", false);
    covers("Work/2024", "Work", false);
    covers("Work/*", "Work", false);
    covers("Work/*", "Work > 2024 > May", true);
    covers("**/Cache", "a > b > Cache > c", true);
    covers("**/Cache", "Cache", true);
    covers("a/**/z", "a > z", true);
    covers("a/**/z", "a > b > c > z", true);
    covers("a/**/z", "a > b", false);
    covers("200?", "2009", true);
    covers("200?", "20099", false);
    covers("*old*", "My OLD things", true);
    covers("either\\/or", "either/or", true);
    covers("100\\*", "100*", true);
    covers("100\\*", "1000", false);
    covers("M\u{fc}ll", "Mu\u{308}ll", true);
    covers("[Gmail]/Chats", "[Gmail] > Chats", true);
}

#[test]
fn included_folders_are_moved_and_excluded_ones_are_not() {
    let include = FolderRules { include: words(&["Work", "INBOX"]), ..FolderRules::default() };
    check(&include, "INBOX, Work, Work > 2024, Private", "INBOX, +Work, +Work > 2024", "Private");
    let exclude = FolderRules { exclude: words(&["Work/2024"]), ..FolderRules::default() };
    check(
        &exclude,
        "INBOX, Work, Work > 2024, Work > 2024 > May",
        "INBOX, +Work",
        "Work > 2024, Work > 2024 > May",
    );
    let both =
        FolderRules { include: words(&["INBOX"]), exclude: words(&["INBOX/*"]), ..FolderRules::default() };
    check(&both, "INBOX, INBOX > a, b", "INBOX", "INBOX > a, b");
    let none = FolderRules { include: words(&["nothing"]), ..FolderRules::default() };
    check(&none, "INBOX, a!, a > b", "", "INBOX, a > b");
}

#[test]
fn a_role_names_its_folder_whatever_it_is_called() {
    let rules = FolderRules { exclude: words(&["\\Trash", "\\junk"]), ..FolderRules::default() };
    check(&rules, "INBOX, Papierkorb, Junk, Trash > x=trash", "INBOX, +Papierkorb", "Junk, Trash > x");
    check(&rules, "INBOX, Papierkorb, Spam", "INBOX", "Papierkorb, Spam");
    // The next best name does not step in for a folder that stays behind.
    check_from(
        Preset::Generic,
        &rules,
        "INBOX, Trash=trash, Deleted Items",
        "INBOX, Bin=trash",
        "INBOX, +Deleted Items",
        "Trash",
    );
}

#[test]
fn edge_064_edge_065_folders_that_outlook_makes_for_itself_stay_behind_by_default() {
    let source = "INBOX, Sync Issues, Sync Issues > Conflicts, Kalender, Outbox, Work, Notes from me";
    let exchange = |rules: &FolderRules, expected: &str, left: &str| {
        check_from(Preset::Exchange, rules, source, "INBOX", expected, left);
    };
    let default = FolderRules::default();
    exchange(
        &default,
        "INBOX, +Notes from me, +Work",
        "Sync Issues, Sync Issues > Conflicts, Kalender, Outbox",
    );
    let all = FolderRules { system: Some(Vec::new()), ..default.clone() };
    exchange(
        &all,
        "INBOX, +Kalender, +Notes from me, +Outbox, +Sync Issues, +Sync Issues > Conflicts, +Work",
        "",
    );
    let own = FolderRules { system: Some(words(&["Work"])), ..default.clone() };
    exchange(
        &own,
        "INBOX, +Kalender, +Notes from me, +Outbox, +Sync Issues, +Sync Issues > Conflicts",
        "Work",
    );
    let named = FolderRules { include: words(&["INBOX", "Outbox"]), ..default.clone() };
    exchange(&named, "INBOX, +Outbox", "Sync Issues, Sync Issues > Conflicts, Kalender, Work, Notes from me");
    // Elsewhere these are names like any other.
    check(&default, "INBOX, Outbox, Sync Issues", "INBOX, +Outbox, +Sync Issues", "");
}

#[test]
fn edge_083_gmails_chats_stay_behind_and_its_root_with_them() {
    check_from(
        Preset::Gmail,
        &FolderRules::default(),
        "INBOX, [Gmail]!, [Gmail] > Chats, [Gmail] > Gesendet=sent, Label",
        "INBOX, Sent=sent",
        "INBOX, [Gmail] > Gesendet -> Sent, +Label",
        "[Gmail] > Chats",
    );
}

#[test]
fn a_moved_folder_takes_everything_below_it_along() {
    let rules = moves(&["Old=Archive/Old"]);
    check(&rules, "INBOX, Old, Old > a", "INBOX, +Old -> Archive > Old, +Old > a -> Archive > Old > a", "");
    check(&rules, "INBOX, older", "INBOX, +older", "");
    check(&moves(&["old=New"]), "Old > a", "+Old > a -> New > a", "");
    // Of several the longest counts, in whatever order they stand.
    for rules in [moves(&["a=x", "a/b=y"]), moves(&["a/b=y", "a=x"])] {
        check(&rules, "a > b > c, a > d", "+a > d -> x > d, +a > b > c -> y > c", "");
    }
    // To the top: the folder itself stays.
    check(&moves(&["a="]), "a, a > b", "+a, +a > b -> b", "");
    check(
        &moves(&["=Old account"]),
        "INBOX, Sent, a > b",
        "+INBOX -> Old account > INBOX, +a > b -> Old account > a > b, +Sent -> Old account > Sent",
        "",
    );
}

#[test]
fn a_folder_that_is_moved_to_a_taken_place_stands_beside_it() {
    check(&moves(&["Old=Work"]), "Old, Old > x, Work", "+Old -> Work (2), +Work, +Old > x -> Work > x", "");
    check(&moves(&["a=c", "b=C"]), "a, b", "+b -> C, +a -> c (2)", "");
    check(&moves(&["a=INBOX"]), "INBOX, a", "INBOX, +a -> INBOX (2)", "");
    let rules = FolderRules { exclude: words(&["\\Inbox"]), ..moves(&["a=INBOX"]) };
    check(&rules, "INBOX, a", "a -> INBOX", "INBOX");
}

#[test]
fn a_place_that_only_a_rule_names_is_the_targets_own_folder() {
    check_from(
        Preset::Generic,
        &moves(&["Old=Gesendet/Old"]),
        "INBOX, Sent=sent, Old",
        "INBOX, Gesendet=sent",
        "INBOX, Sent -> Gesendet, +Old -> Gesendet > Old",
        "",
    );
}

#[test]
fn expressions_change_the_written_path_in_order() {
    check(
        &regex(&[("^Archive/(\\d+)$", "Years/$1")]),
        "Archive > 2024, a",
        "+a, +Archive > 2024 -> Years > 2024",
        "",
    );
    check(&regex(&[("a", "b"), ("b+", "c")]), "ab, d", "+ab -> c, +d", "");
    // A slash in a name is no level, before and after.
    check(&regex(&[("^x", "y")]), "x/1", "+x/1 -> y_1", "");
}

#[test]
fn an_expression_that_leaves_nothing_or_too_much_changes_nothing_and_is_named() {
    for rule in [("^.*$", "/"), ("(.+)", &"$1".repeat(400)), ("(.+)", &"x/".repeat(450))] {
        let folders = listing(&format!("INBOX, {}", "long ".repeat(40).trim_end()));
        let ruled = Rules::new(&regex(&[rule]), Preset::Generic).expect("good").apply(folders);
        for finding in &ruled.findings {
            assert_eq!((finding.severity, finding.cause), (Severity::Warning, Cause::FolderRenamed));
        }
        let longest = ruled.wishes.values().map(|wish| wish.written().len()).max().unwrap_or(0);
        assert!(longest <= 4096 && ruled.findings.len() + ruled.wishes.len() == 2, "{longest}");
    }
}

#[test]
fn edge_067_edge_068_a_rule_says_what_a_folder_is_for_where_names_and_servers_are_wrong() {
    let role = |path: &str, role| RoleRule { path: FolderPath::parse(path), role };
    let rules = FolderRules {
        roles: vec![role("Weg damit", Some(Role::Trash)), role("sent", None)],
        ..FolderRules::default()
    };
    check_from(
        Preset::Generic,
        &rules,
        "INBOX, Trash=trash, Weg damit, Sent=sent, Gesendet",
        "INBOX, Bin=trash, Out=sent",
        "INBOX, Gesendet -> Out, Weg damit -> Bin, +Sent, +Trash",
        "",
    );
}

#[test]
fn a_rule_that_cannot_be_used_is_named_with_its_place() {
    let check = |rules: FolderRules, field: &str, at: usize, why: &str| {
        let found = faults(&rules);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].field, found[0].at), (field, at));
        assert!(found[0].why.contains(why), "{}", found[0].why);
        assert_eq!(Rules::new(&rules, Preset::Generic).err().as_ref(), found.first());
    };
    let exclude = |texts: &[&str]| FolderRules { exclude: words(texts), ..FolderRules::default() };
    check(exclude(&["ok", ""]), "exclude", 1, "names no folder");
    check(exclude(&["//"]), "exclude", 0, "names no folder");
    check(exclude(&["\\Trsh"]), "exclude", 0, "backslash");
    check(exclude(&["a\\"]), "exclude", 0, "backslash");
    check(exclude(&["x".repeat(1001).as_str()]), "exclude", 0, "longer than 1000");
    check(exclude(&["x"; 1001]), "exclude", 1000, "more than 1000");
    check(moves(&["a=b", "A=c"]), "moves", 1, "same folder");
    check(moves(&["a=b", "="]), "moves", 1, "to where it is");
    check(regex(&[("(", "")]), "regex", 0, "unclosed group");
    check(regex(&[("", "")]), "regex", 0, "empty");
    check(regex(&[("a", ""), ("(\\w{1,500}){1,500}", "")]), "regex", 1, "too large");
    check(regex(&[("a", &"x".repeat(1001))]), "regex", 0, "longer");
    let roles = |list: &[(&str, Option<Role>)]| FolderRules {
        roles: list
            .iter()
            .map(|(path, role)| RoleRule { path: FolderPath::parse(path), role: *role })
            .collect(),
        ..FolderRules::default()
    };
    check(roles(&[("a", Some(Role::Sent)), ("b", Some(Role::Sent))]), "roles", 1, "already");
    check(roles(&[("a", Some(Role::Inbox))]), "roles", 0, "inbox");
    check(roles(&[("inbox", None)]), "roles", 0, "inbox");
    for preset in Preset::ALL {
        assert!(Rules::new(&FolderRules::default(), *preset).is_ok(), "{preset:?}");
    }
}

#[test]
fn the_place_of_an_earlier_pass_is_kept_whatever_the_rules_say_now() {
    let ruled = Rules::new(&moves(&["a=b"]), Preset::Generic).expect("good").apply(listing("INBOX, a, c"));
    let known = BTreeMap::from([(FolderPath::parse("a"), FolderPath::parse("a"))]);
    let (mapped, findings) = map_ruled(&ruled, &listing("INBOX, a"), &known, &GENERIC);
    assert_eq!(mapped.iter().map(written).collect::<Vec<_>>().join(", "), "INBOX, a, +c");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].detail, "\"a\" becomes \"a\" on the target: an earlier pass gave it this name.");
}

prop_compose! {
    fn name()(name in "[abAB ]{1,3}|x/y|Sent|INBOX|Müll|日本") -> String { name }
}

fn paths() -> impl Strategy<Value = Vec<FolderPath>> {
    prop::collection::btree_set(prop::collection::vec(name(), 1..4).prop_map(FolderPath), 0..12)
        .prop_map(|paths| paths.into_iter().collect())
}

proptest! {
    #[test]
    fn every_folder_is_moved_to_a_place_of_its_own_or_named(
        source in paths(),
        exclude in prop::collection::vec("[abAB*?/]{1,5}", 0..3),
        rules in prop::collection::vec((prop::collection::vec(name(), 0..3), prop::collection::vec(name(), 0..3)), 0..3),
    ) {
        let folders: Vec<_> = source.iter().map(|path| crate::model::Folder {
            path: path.clone(), wire: path.written().into_bytes(), role: None, selectable: true, subscribed: false, holds_all: false,
        }).collect();
        let moves = rules.into_iter().map(|(from, to)| FolderMove { from: FolderPath(from), to: FolderPath(to) });
        let rules = FolderRules { exclude, moves: moves.collect(), ..FolderRules::default() };
        let Ok(rules) = Rules::new(&rules, Preset::Generic) else { return Ok(()) };
        let ruled = rules.apply(folders.clone());
        let (mapped, findings) = map_ruled(&ruled, &listing("INBOX"), &BTreeMap::new(), &GENERIC);
        prop_assert_eq!(mapped.len() + ruled.left_out.len(), source.len());
        let places: std::collections::BTreeSet<_> = mapped.iter().map(|folder| folder.target.clone()).collect();
        prop_assert_eq!(places.len(), mapped.len());
        for folder in &mapped {
            let told = findings.iter().any(|finding| finding.subject.folder.as_ref() == Some(&folder.source.path));
            let parent_told = folder.source.path.0.len() > 1;
            prop_assert!(folder.source.path == folder.target || told || parent_told || folder.target.is_inbox());
        }
        // The same again once the first pass remembered its places.
        let known = mapped.iter().map(|folder| (folder.source.path.clone(), folder.target.clone())).collect();
        let standing: Vec<_> = mapped.iter().map(|folder| crate::model::Folder {
            path: folder.target.clone(), wire: Vec::new(), role: None, selectable: true, subscribed: false, holds_all: false,
        }).collect();
        let (again, _) = map_ruled(&rules.apply(folders), &standing, &known, &GENERIC);
        let of = |mapped: &[crate::mapping::MappedFolder]| -> BTreeMap<_, _> {
            mapped.iter().map(|folder| (folder.source.path.clone(), folder.target.clone())).collect()
        };
        prop_assert_eq!(of(&again), of(&mapped));
    }

    #[test]
    fn a_hostile_pattern_takes_no_time_to_speak_of(pattern in "(\\*a?){1,200}", name in "a{1,200}b?") {
        if let Ok(pattern) = Pattern::read(&pattern) {
            let before = std::time::Instant::now();
            pattern.covers(&[name], None);
            prop_assert!(before.elapsed() < std::time::Duration::from_millis(500));
        }
    }
}
