//! The mapping in small cases, one string each.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::{FolderPath, Role},
};

use super::{MappedFolder, TargetProfile, assign_roles, map_folders, role_by_name};
use crate::model::Folder;

pub(super) const GENERIC: TargetProfile = TargetProfile::generic(Some('/'));
pub(super) const DOTTED: TargetProfile = TargetProfile::generic(Some('.'));
pub(super) const DOVECOT: TargetProfile = TargetProfile::dovecot(Some('/'));
pub(super) const CARBONIO: TargetProfile = TargetProfile::carbonio();
pub(super) const EXCHANGE: TargetProfile = TargetProfile::exchange(Some('/'));

pub(super) fn path(text: &str) -> FolderPath {
    FolderPath::new(text.split(" > "))
}

/// Folders with `, ` between and ` > ` between levels; `=sent` behind one is its role, `!` that it holds only folders.
pub(super) fn listing(text: &str) -> Vec<Folder> {
    let folder = |text: &str| {
        let (text, selectable) = text.strip_suffix('!').map_or((text, true), |text| (text, false));
        let (name, role) = match text.rsplit_once('=') {
            Some((name, "inbox")) => (name, Some(Role::Inbox)),
            Some((name, "sent")) => (name, Some(Role::Sent)),
            Some((name, "drafts")) => (name, Some(Role::Drafts)),
            Some((name, "trash")) => (name, Some(Role::Trash)),
            Some((name, "junk")) => (name, Some(Role::Junk)),
            Some((name, "archive")) => (name, Some(Role::Archive)),
            Some(_) | None => (text, None),
        };
        Folder { path: path(name), wire: name.into(), role, selectable, subscribed: false, holds_all: false }
    };
    text.split(", ").filter(|text| !text.is_empty()).map(folder).collect()
}

/// One folder as the cases below write it: `+` must be created, `->` another path.
pub(super) fn written(folder: &MappedFolder) -> String {
    let parts = |path: &FolderPath| path.0.join(" > ");
    let sign = if folder.existing.is_some() { "" } else { "+" };
    if folder.source.path == folder.target {
        format!("{sign}{}", parts(&folder.target))
    } else {
        format!("{sign}{} -> {}", parts(&folder.source.path), parts(&folder.target))
    }
}

/// Maps and compares the whole answer; `news` are the folders findings name, `~` in front of those that only remark.
fn check_known(
    profile: &TargetProfile,
    sides: [&str; 2],
    known: &[(&str, &str)],
    expected: &str,
    news: &str,
) {
    let known = known.iter().map(|(source, target)| (path(source), path(target))).collect();
    let (mapped, findings) = map_folders(&listing(sides[0]), &listing(sides[1]), &known, profile);
    let found: Vec<_> = mapped.iter().map(written).collect();
    assert_eq!(found.join(", "), expected);
    let named = findings.iter().map(|finding| {
        assert_eq!(finding.cause, Cause::FolderRenamed);
        let sign = if finding.severity == Severity::Info { "~" } else { "" };
        format!("{sign}{}", finding.subject.folder.as_ref().expect("a folder").0.join(" > "))
    });
    assert_eq!(named.collect::<Vec<_>>().join(", "), news);
}

fn check(profile: &TargetProfile, source: &str, target: &str, expected: &str, news: &str) {
    check_known(profile, [source, target], &[], expected, news);
}

#[test]
fn folders_keep_their_names_where_they_can() {
    check(&GENERIC, "INBOX, Work, Work > 2024", "INBOX", "INBOX, +Work, +Work > 2024", "");
    check(&GENERIC, "Work > 2024, INBOX, Work", "INBOX, Work", "INBOX, Work, +Work > 2024", "");
    check(
        &GENERIC,
        "日本語, Кириллица, 📧, ~tilde & 100%",
        "",
        "+~tilde & 100%, +Кириллица, +日本語, +📧",
        "",
    );
}

#[test]
fn edge_050_inbox_is_inbox_in_any_case() {
    check(&GENERIC, "Inbox, Inbox > a", "INBOX", "Inbox -> INBOX, +Inbox > a -> INBOX > a", "");
    check(&GENERIC, "INBOX, inbox > a", "Inbox", "INBOX -> Inbox, +inbox > a -> INBOX > a", "");
    check(&GENERIC, "INBOX", "", "+INBOX", "");
    check(&GENERIC, "INBOX, Inbox", "INBOX", "INBOX, +Inbox -> Inbox (2)", "Inbox");
    check(&GENERIC, "a > INBOX", "INBOX", "+a > INBOX", "");
    // What becomes INBOX by losing its blanks is still another folder.
    check(&CARBONIO, "INBOX ", "INBOX", "+INBOX  -> INBOX (2)", "INBOX ");
}

#[test]
fn edge_053_the_targets_separator_in_a_name_is_replaced() {
    check(&GENERIC, "either/or", "", "+either/or -> either_or", "either/or");
    check(&DOTTED, "v1.2, v1.2 > b", "", "+v1.2 -> v1_2, +v1.2 > b -> v1_2 > b", "v1.2");
    check(&GENERIC, "v1.2", "", "+v1.2", "");
    check(&TargetProfile::generic(Some('_')), "a_b", "", "+a_b -> a-b", "a_b");
}

#[test]
fn edge_054_the_slash_that_exchange_hides_is_found_again() {
    check(&GENERIC, "a_xF8FF_b", "", "+a_xF8FF_b -> a_b", "a_xF8FF_b");
    check(&DOTTED, "a_xF8FF_b", "", "+a_xF8FF_b -> a/b", "a_xF8FF_b");
}

#[test]
fn edge_055_names_carbonio_refuses_are_replaced_and_listed() {
    check(&CARBONIO, "a:b, c\"d, e\tf", "", "+a:b -> a_b, +c\"d -> c_d, +e\tf -> e_f", "a:b, c\"d, e\tf");
    check(&CARBONIO, "., ..", "", "+. -> _, +.. -> __", "., ..");
    check(&CARBONIO, "a:b, a/b, a_b", "", "+a/b -> a_b (2), +a:b -> a_b (3), +a_b", "a/b, a:b");
    check(&CARBONIO, "a:b > c, a:b > d", "", "+a:b > c -> a_b > c, +a:b > d -> a_b > d", "a:b");
    let cut = |profile, text: &str| -> Vec<_> {
        let source = listing(&format!("{0}1, {0}2", text.repeat(300)));
        let (mapped, findings) = map_folders(&source, &[], &BTreeMap::new(), profile);
        assert_eq!(findings.len(), 2);
        mapped.into_iter().map(|folder| folder.target.0.concat()).collect()
    };
    assert_eq!(cut(&CARBONIO, "é"), ["é".repeat(255), format!("{} (2)", "é".repeat(251))]);
    assert_eq!(cut(&DOVECOT, "a"), ["a".repeat(255), format!("{} (2)", "a".repeat(251))]);
    // As modified UTF-7 every é takes 2⅔ bytes, and every run of them two more.
    assert_eq!(cut(&DOVECOT, "é"), ["é".repeat(94), format!("{} (2)", "é".repeat(93))]);
}

#[test]
fn names_that_dovecot_refuses_are_replaced_only_where_it_does() {
    check(&DOVECOT, "~a, b > ~c, d~", "", "+b > ~c, +d~, +~a -> _~a", "~a");
    check(&TargetProfile::dovecot(Some('.')), "a/b, v1.2", "", "+a/b -> a_b, +v1.2 -> v1_2", "a/b, v1.2");
}

#[test]
fn edge_056_trailing_blanks_make_no_second_folder_where_they_are_cut() {
    check(&CARBONIO, "Work, Work ", "", "+Work, +Work  -> Work (2)", "Work ");
    check(&CARBONIO, "Work  ", "Work", "Work   -> Work", "Work  ");
    check(&CARBONIO, "  ", "", "+   -> _", "  ");
    check(&DOVECOT, "Work, Work ", "", "+Work, +Work ", "");
    check(&CARBONIO, " Work, a  b", "", "+ Work, +a  b", "");
    check(&EXCHANGE, "Work,  Work", "", "+ Work -> Work (2), +Work", " Work");
}

#[test]
fn edge_057_folders_that_differ_in_case_stay_apart() {
    check(
        &GENERIC,
        "Work, work, work > a",
        "",
        "+Work, +work -> work (2), +work > a -> work (2) > a",
        "work",
    );
    check(&GENERIC, "Work", "work", "Work -> work", "Work");
    check(&GENERIC, "Work, work", "work", "+Work -> Work (2), work", "Work");
    // The target shows that it tells them apart.
    check(&GENERIC, "Work, work", "Work, work", "Work, work", "");
    check(&DOVECOT, "Work, work", "Work", "Work, +work", "");
    check(&GENERIC, "Work, WORK, work (2)", "", "+WORK, +Work -> Work (3), +work (2)", "Work");
}

#[test]
fn edge_058_folders_that_differ_in_the_coding_of_accents_stay_apart() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    check(&GENERIC, decomposed, composed, &format!("{decomposed} -> {composed}"), decomposed);
    let expected = format!("+{decomposed}, +{composed} -> {composed} (2)");
    check(&GENERIC, &format!("{composed}, {decomposed}"), "", &expected, composed);
    check(&DOVECOT, &format!("{composed}, {decomposed}"), "", &format!("+{decomposed}, +{composed}"), "");
}

#[test]
fn edge_063_names_of_other_applications_are_left_to_them() {
    check(
        &CARBONIO,
        "Contacts, Contacts > a",
        "",
        "+Contacts -> Contacts (mail), +Contacts > a -> Contacts (mail) > a",
        "Contacts",
    );
    check(&CARBONIO, "CALENDAR, a > Calendar", "", "+a > Calendar, +CALENDAR -> CALENDAR (mail)", "CALENDAR");
    check(&DOVECOT, "Contacts", "", "+Contacts", "");
}

#[test]
fn edge_066_names_that_outlook_keeps_for_itself_are_left_to_it() {
    check(
        &EXCHANGE,
        "Files, Files > a",
        "",
        "+Files -> Files (mail), +Files > a -> Files (mail) > a",
        "Files",
    );
    // Its own folder of the name holds no mail, so nothing is put there either.
    check(&EXCHANGE, "Tasks", "Tasks", "+Tasks -> Tasks (mail)", "Tasks");
    check(
        &TargetProfile::gmail(Some('/')),
        "Chats, a^b",
        "",
        "+a^b -> a_b, +Chats -> Chats (mail)",
        "Chats, a^b",
    );
}

#[test]
fn edge_067_a_role_decides_before_the_name() {
    check(
        &GENERIC,
        "INBOX, Sent Items=sent",
        "INBOX, Gesendet=sent",
        "INBOX, Sent Items -> Gesendet",
        "~Sent Items",
    );
    check(
        &GENERIC,
        "Gesendete Objekte, Papierkorb",
        "Sent, Trash",
        "Gesendete Objekte -> Sent, Papierkorb -> Trash",
        "~Gesendete Objekte, ~Papierkorb",
    );
    check(
        &GENERIC,
        "Gesendete Objekte > 2020, Gesendete Objekte",
        "Sent=sent",
        "Gesendete Objekte -> Sent, +Gesendete Objekte > 2020 -> Sent > 2020",
        "~Gesendete Objekte",
    );
    check(
        &GENERIC,
        "INBOX > Sent, INBOX > Sent > a",
        "Sent",
        "INBOX > Sent -> Sent, +INBOX > Sent > a -> Sent > a",
        "~INBOX > Sent",
    );
    // Deeper down the name is the user's own.
    check(&GENERIC, "Work > Sent", "Sent", "+Work > Sent", "");
    check(&GENERIC, "Odd=trash, Trash", "Trash, Odd", "Odd -> Trash, +Trash -> Trash (2)", "~Odd, Trash");
    check(
        &GENERIC,
        "送信済みアイテム, 垃圾邮件",
        "Sent, Spam",
        "送信済みアイテム -> Sent, 垃圾邮件 -> Spam",
        "~垃圾邮件, ~送信済みアイテム",
    );
    check(&GENERIC, "Корзина", "", "+Корзина", "");
}

#[test]
fn edge_067_folders_are_recognised_by_name_in_the_common_languages() {
    for (name, role) in [
        ("INBOX", Role::Inbox),
        ("Sent", Role::Sent),
        ("SENT ITEMS", Role::Sent),
        ("Gesendete Elemente", Role::Sent),
        ("Posta inviata", Role::Sent),
        ("E\u{301}le\u{301}ments envoyés", Role::Sent),
        ("Enviados", Role::Sent),
        ("Itens enviados", Role::Sent),
        ("Verzonden items", Role::Sent),
        ("Elementy wysłane", Role::Sent),
        ("Отправленные", Role::Sent),
        ("已发送", Role::Sent),
        ("Entwürfe", Role::Drafts),
        ("Bozze", Role::Drafts),
        ("Brouillons", Role::Drafts),
        ("Borradores", Role::Drafts),
        ("Rascunhos", Role::Drafts),
        ("下書き", Role::Drafts),
        ("Concepten", Role::Drafts),
        ("Kopie robocze", Role::Drafts),
        ("Черновики", Role::Drafts),
        ("草稿", Role::Drafts),
        ("Deleted Items", Role::Trash),
        ("Gelöschte Elemente", Role::Trash),
        ("Cestino", Role::Trash),
        ("Corbeille", Role::Trash),
        ("Papelera", Role::Trash),
        ("Lixeira", Role::Trash),
        ("Prullenbak", Role::Trash),
        ("Kosz", Role::Trash),
        ("Корзина", Role::Trash),
        ("ごみ箱", Role::Trash),
        ("已删除", Role::Trash),
        ("Junk E-Mail", Role::Junk),
        ("Spamverdacht", Role::Junk),
        ("Posta indesiderata", Role::Junk),
        ("Indésirables", Role::Junk),
        ("Correo no deseado", Role::Junk),
        ("Lixo Eletrônico", Role::Junk),
        ("Ongewenste e-mail", Role::Junk),
        ("Спам", Role::Junk),
        ("迷惑メール", Role::Junk),
        ("Archiv", Role::Archive),
        ("Archivio", Role::Archive),
        ("Archives", Role::Archive),
        ("INBOX > Trash", Role::Trash),
    ] {
        assert_eq!(role_by_name(&path(name)), Some(role), "{name}");
    }
    for name in ["Sentinel", "Work", "Work > Sent", "INBOX > a > Sent", ""] {
        assert_eq!(role_by_name(&path(name)), None, "{name}");
    }
    assert_eq!(role_by_name(&FolderPath(Vec::new())), None);
}

#[test]
fn edge_068_of_two_folders_with_one_role_one_stays_ordinary() {
    check(&GENERIC, "B=sent, A=sent", "Sent=sent", "A -> Sent, +B", "~A");
    check(&GENERIC, "Gesendet, Sent, Sent Items", "Sent", "Sent, +Gesendet, +Sent Items", "");
    check(&GENERIC, "Sent, Old=sent", "Sent", "Old -> Sent, +Sent -> Sent (2)", "~Old, Sent");
    let mut folders = listing("Sent, INBOX > Sent, Drafts!, INBOX, Bin=trash!");
    assign_roles(&mut folders);
    let once = folders.clone();
    assign_roles(&mut folders);
    assert_eq!(once, folders);
    let roles: Vec<_> = folders.iter().map(|folder| folder.role).collect();
    assert_eq!(roles, [Some(Role::Sent), None, None, Some(Role::Inbox), None]);
}

#[test]
fn edge_069_folders_that_hold_only_folders_get_a_place_too() {
    check(&GENERIC, "a!, a > b", "", "+a, +a > b", "");
    check(&GENERIC, "Sent!, Sent > b", "Trash", "+Sent, +Sent > b", "");
    check(&DOTTED, "x.y!, x.y > b", "", "+x.y -> x_y, +x.y > b -> x_y > b", "x.y");
}

#[test]
fn edge_070_folders_below_inbox_move_out_where_inbox_takes_none() {
    let profile = TargetProfile { inbox_children: false, ..DOTTED };
    check(
        &profile,
        "INBOX, INBOX > a, INBOX > a > b, c",
        "",
        "+INBOX, +c, +INBOX > a -> a, +INBOX > a > b -> a > b",
        "INBOX > a",
    );
    check(&profile, "INBOX, INBOX > a, a", "INBOX", "INBOX, +a, +INBOX > a -> a (2)", "INBOX > a");
}

#[test]
fn edge_071_what_is_too_deep_moves_up() {
    let profile = TargetProfile { max_depth: 2, ..GENERIC };
    check(
        &profile,
        "a > b > c, a > b > c > d, a > b",
        "",
        "+a > b, +a > b > c -> a > b_c, +a > b > c > d -> a > b_c_d",
        "a > b > c, a > b > c > d",
    );
    check(&TargetProfile::generic(None), "a, a > b, a_b", "", "+a, +a > b -> a_b (2), +a_b", "a > b");
}

#[test]
fn edge_076_a_tree_that_loops_into_itself_is_moved_as_deep_as_it_is_listed() {
    let deep: Vec<String> = (1..=150).map(|depth| vec!["loop"; depth].join(" > ")).collect();
    let (mapped, _) = map_folders(&listing(&deep.join(", ")), &[], &BTreeMap::new(), &GENERIC);
    assert_eq!(mapped.len(), 150);
    assert!(mapped.iter().all(|folder| folder.target.0.len() <= 100));
    let places: BTreeSet<_> = mapped.iter().map(|folder| &folder.target).collect();
    assert_eq!(places.len(), 150);
}

#[test]
fn places_of_earlier_passes_are_kept() {
    let source = "Old=sent, Work, a, a > c, b, x.y > z, x.y > new, INBOX";
    let known = [("Old", "Old"), ("Work", "Work (2)"), ("a", "b"), ("a > c", "b > c"), ("x.y > z", "xy > z")];
    check_known(
        &GENERIC,
        [source, "Sent=sent, Work, Work (2)"],
        &known,
        "+INBOX, +Old, +a -> b, +a > c -> b > c, +b -> b (2), Work -> Work (2), \
         +x.y > new -> xy > new, +x.y > z -> xy > z",
        "Work, a, b",
    );
    // What went to the target's own folder for the same use is no more than a remark, as it was.
    let known = [("Old", "Sent"), ("INBOX", "Inbox")];
    check_known(
        &GENERIC,
        ["Old=sent, INBOX", "Sent=sent, Inbox"],
        &known,
        "INBOX -> Inbox, Old -> Sent",
        "~Old",
    );
    // Two folders never share a place, whatever was known.
    check_known(&GENERIC, ["a, b", ""], &[("a", "c"), ("b", "c")], "+a -> c, +b", "a");
}

#[test]
fn a_second_look_at_the_target_changes_nothing() {
    let source = listing("INBOX, Work, work, a:b, a/b, Gesendet, Sent=sent, Contacts, Müll ");
    let (first, _) = map_folders(&source, &listing("INBOX"), &BTreeMap::new(), &CARBONIO);
    let target: Vec<_> = first
        .iter()
        .map(|folder| Folder { path: folder.target.clone(), role: None, ..folder.source.clone() })
        .collect();
    let (second, _) = map_folders(&source, &target, &BTreeMap::new(), &CARBONIO);
    let places = |mapped: &[MappedFolder]| -> BTreeSet<_> {
        mapped.iter().map(|folder| (folder.source.path.clone(), folder.target.clone())).collect()
    };
    assert_eq!(places(&first), places(&second));
    assert!(second.iter().all(|folder| folder.existing.is_some()));
}

#[test]
fn a_later_pass_tells_of_a_new_name_what_the_first_one_told() {
    let source = listing("INBOX, Work, work, a:b, a/b, Contacts, x ");
    let (first, told) = map_folders(&source, &listing("INBOX"), &BTreeMap::new(), &CARBONIO);
    let known = first.iter().map(|folder| (folder.source.path.clone(), folder.target.clone())).collect();
    let target: Vec<_> =
        first.iter().map(|folder| Folder { path: folder.target.clone(), ..folder.source.clone() }).collect();
    let (_, told_again) = map_folders(&source, &target, &known, &CARBONIO);
    let details = |findings: &[Finding]| -> BTreeSet<String> {
        findings.iter().map(|finding| finding.detail.clone()).collect()
    };
    assert!(told.len() > 3, "{told:?}");
    assert_eq!(details(&told), details(&told_again));
}
