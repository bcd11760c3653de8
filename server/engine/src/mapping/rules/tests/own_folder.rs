//! What the project's rules do to a mailbox that goes below a folder of its own.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::{
    cause::Cause,
    endpoint::Preset,
    finding::{Finding, Severity},
    folder::FolderPath,
    rules::{FolderMove, FolderRules},
};

use super::{Rules, check, check_from, moves, name, paths, regex};
use crate::{
    mapping::{
        MappedFolder, TargetProfile, map_ruled,
        tests::{GENERIC, listing, path, written},
    },
    model::Folder,
};

/// Everything below “From carl”.
fn below(rules: FolderRules) -> FolderRules {
    FolderRules { below: Some(FolderPath::parse("From carl")), ..rules }
}

/// Maps onto a target that has an INBOX, where earlier passes gave the places of `known`.
fn mapped(rules: &FolderRules, source: &str, known: &[(&str, &str)]) -> (Vec<MappedFolder>, Vec<Finding>) {
    let ruled = Rules::new(rules, Preset::Generic).expect("good rules").apply(listing(source));
    let known = known.iter().map(|(source, target)| (path(source), path(target))).collect();
    map_ruled(&ruled, &listing("INBOX"), &known, &GENERIC)
}

/// What the finding of a folder says; empty: it has none.
fn told(findings: &[Finding], folder: &str) -> String {
    let folder = Some(FolderPath::parse(folder));
    let finding = findings.iter().find(|finding| finding.subject.folder == folder);
    finding.map(|finding| finding.detail.clone()).unwrap_or_default()
}

#[test]
fn an_expression_fits_the_path_on_the_source() {
    check(
        &below(regex(&[("^Work", "Arbeit")])),
        "INBOX, Work, Work > a",
        "+INBOX -> From carl > INBOX, +Work -> From carl > Arbeit, +Work > a -> From carl > Arbeit > a",
        "",
    );
    // After the moves, as in every other mailbox.
    let both = FolderRules { regex: regex(&[("^Old/", "Very old/")]).regex, ..moves(&["Work=Old/Work"]) };
    check(&below(both), "Work", "+Work -> From carl > Very old > Work", "");
}

#[test]
fn no_rule_moves_or_renames_the_own_folder() {
    let plain = "+Work -> From carl > Work";
    check(&below(regex(&[("From carl", "Elsewhere")])), "Work", plain, "");
    check(&below(regex(&[("^[^/]+/", "")])), "Work", plain, "");
    check(&below(moves(&["From carl=Elsewhere"])), "Work", plain, "");
    check(&below(moves(&["=Old"])), "Work", "+Work -> From carl > Old > Work", "");
    // What is below it comes to the top, and the folder itself stays, as in every other mailbox.
    check(&below(moves(&["a="])), "a, a > b", "+a -> From carl > a, +a > b -> From carl > b", "");
}

#[test]
fn a_folder_whose_path_no_expression_can_make_still_goes_below_the_own_folder() {
    let rules = below(regex(&[("^.*$", "/")]));
    check(&rules, "Work", "+Work -> From carl > Work", "");
    let ruled = Rules::new(&rules, Preset::Generic).expect("good rules").apply(listing("Work"));
    assert_eq!(
        (ruled.findings[0].severity, ruled.findings[0].cause),
        (Severity::Warning, Cause::FolderRenamed)
    );
    let detail = &ruled.findings[0].detail;
    assert!(detail.contains("\"Work\" becomes \"From carl / Work\""), "{detail}");
}

#[test]
fn a_folder_for_a_use_stays_below_the_own_folder_even_where_its_path_does_not_change() {
    check_from(
        Preset::Generic,
        &below(moves(&["From carl="])),
        "From carl > Sent=sent",
        "INBOX, Gesendet=sent",
        "+From carl > Sent",
        "",
    );
}

#[test]
fn an_own_folder_without_a_name_is_none() {
    let rules = FolderRules { below: Some(FolderPath(Vec::new())), ..FolderRules::default() };
    check(&rules, "INBOX, Work", "INBOX, +Work", "");
}

#[test]
fn the_own_folder_is_no_rule_more_where_a_project_has_as_many_as_it_may() {
    let rules: Vec<_> = (0..1000).map(|number| format!("{number}=Old/{number}")).collect();
    let rules = moves(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    check(&below(rules), "7, a", "+a -> From carl > a, +7 -> From carl > Old > 7", "");
}

#[test]
fn places_of_earlier_passes_are_kept_and_draw_no_new_folder_out_of_the_own_folder() {
    let known = [("Work", "Elsewhere > Work"), ("Zoo", "From carl > Zoo")];
    let rules = below(regex(&[("^Zoo", "Animals")]));
    let (folders, findings) = mapped(&rules, "New, Work, Work > b, Zoo, Zoo > a", &known);
    assert_eq!(
        folders.iter().map(written).collect::<Vec<_>>().join(", "),
        "+Zoo -> From carl > Zoo, +Zoo > a -> From carl > Zoo > a, +New -> From carl > New, \
        +Work -> Elsewhere > Work, +Work > b -> Elsewhere > Work > b"
    );
    for folder in ["Work", "Zoo"] {
        let told = told(&findings, folder);
        assert!(told.ends_with("an earlier pass gave it this name."), "{told}");
    }
}

#[test]
fn a_new_name_says_whether_a_rule_or_the_mailbox_s_own_folder_gave_it() {
    let why = |rules: &FolderRules, folder: &str| {
        let (folders, first) = mapped(rules, "INBOX, Work", &[]);
        let places: Vec<_> =
            folders.iter().map(|one| (one.source.path.0.join(" > "), one.target.0.join(" > "))).collect();
        let known: Vec<_> =
            places.iter().map(|(source, target)| (source.as_str(), target.as_str())).collect();
        // A later pass says the same.
        let (_, later) = mapped(rules, "INBOX, Work", &known);
        [told(&first, folder), told(&later, folder)]
    };
    let (rule, mailbox) = ("a rule of the project moves it", "the folder that was chosen for it");
    for (rules, folder, by_rule, by_mailbox) in [
        (moves(&["Work=Old"]), "Work", true, false),
        (below(FolderRules::default()), "Work", false, true),
        (below(FolderRules::default()), "INBOX", false, true),
        (below(moves(&["Work=Old"])), "Work", true, true),
        (below(moves(&["Work=Old"])), "INBOX", false, true),
        (below(regex(&[("^Work", "Old")])), "Work", true, true),
        (below(regex(&[("From carl", "Old")])), "Work", false, true),
    ] {
        for told in why(&rules, folder) {
            assert_eq!(
                (told.contains(rule), told.contains(mailbox)),
                (by_rule, by_mailbox),
                "{folder}: {told}"
            );
        }
    }
}

#[test]
fn a_rule_is_not_named_for_a_place_that_was_given_before_it() {
    let known = [("Work", "From carl > Work"), ("Work > a", "From carl > Work > a")];
    let (_, findings) = mapped(&below(moves(&["Work=Old"])), "Work, Work > a", &known);
    let told_below = told(&findings, "Work/a");
    assert!(told_below.contains("the folder that was chosen for it"), "{told_below}");
    assert!(!told_below.contains("a rule of the project"), "{told_below}");
    let known = [("Work", "Work"), ("Work > a", "Work > a")];
    let (_, findings) = mapped(&moves(&["Work=Old"]), "Work, Work > a", &known);
    let told = told(&findings, "Work/a");
    assert!(told.ends_with("an earlier pass gave it this name."), "{told}");
}

/// Moves and expressions, those that leave nothing of a path and those that speak of the own folder among them.
fn rules() -> impl Strategy<Value = FolderRules> {
    let ends = || prop::collection::vec(name(), 0..3).prop_map(FolderPath);
    let moves = (ends(), ends()).prop_map(|(from, to)| FolderMove { from, to });
    let expressions = [
        ("^a", "New"),
        ("^[^/]+/", ""),
        ("^([^/]+)/", "$1 "),
        ("(?i)b", "$0/$0"),
        ("^", "Top/"),
        ("^From carl", "Elsewhere"),
        ("^.*$", "/"),
    ];
    let expressions = prop::collection::vec(prop::sample::select(expressions.to_vec()), 0..3);
    (prop::collection::vec(moves, 0..3), expressions)
        .prop_map(|(moves, expressions)| FolderRules { moves, ..regex(&expressions) })
}

proptest! {
    #[test]
    fn a_mailbox_below_a_folder_of_its_own_looks_there_as_it_would_on_top(source in paths(), rules in rules()) {
        let folders: Vec<_> = source.iter().map(|path| Folder {
            path: path.clone(), wire: path.written().into_bytes(), role: None, selectable: true, subscribed: false, holds_all: false,
        }).collect();
        let Ok(on_top) = Rules::new(&rules, Preset::Generic) else { return Ok(()) };
        let own = Rules::new(&below(rules), Preset::Generic);
        prop_assert!(own.is_ok(), "the own folder is no fault of the rules: {:?}", own.err());
        let (on_top, own) = (on_top.apply(folders.clone()), own.map(|own| own.apply(folders)).unwrap_or_default());
        let put = |path: &FolderPath| FolderPath::new(["From carl"].into_iter().chain(path.0.iter().map(String::as_str)));
        for folder in &on_top.folders {
            let wish = on_top.wishes.get(&folder.path).unwrap_or(&folder.path);
            let wanted = Some(put(wish)).filter(|wish| *wish != folder.path);
            prop_assert_eq!(own.wishes.get(&folder.path).cloned(), wanted);
        }
        // A target that takes every name, so that only twins are spelled otherwise than they are wished.
        let profile = TargetProfile::generic(Some('|'));
        let (top, findings) = map_ruled(&on_top, &[], &BTreeMap::new(), &profile);
        let (own, _) = map_ruled(&own, &[], &BTreeMap::new(), &profile);
        if findings.iter().all(|finding| finding.severity == Severity::Info) {
            let places = |mapped: &[MappedFolder], put: &dyn Fn(&FolderPath) -> FolderPath| -> BTreeMap<_, _> {
                mapped.iter().map(|folder| (folder.source.path.clone(), put(&folder.target))).collect()
            };
            prop_assert_eq!(places(&own, &FolderPath::clone), places(&top, &put));
        }
    }
}
