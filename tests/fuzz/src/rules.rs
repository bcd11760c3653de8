//! Rules that people write: folders, ages, sizes, hours, rates, zones, and the words they are written as.

use std::str::FromStr;

use engine::{
    mapping::{self, TargetProfile, rules::Rules},
    model::Folder,
};
use shared::{
    endpoint::Preset,
    folder::FolderPath,
    limits::{Zone, read_hours, read_rate, write_hours, write_rate},
    rules::{Age, FolderMove, FolderRules, RegexRule, RoleRule, parse_size, written_size},
};

/// Most rules of a sort: what comes after says nothing new.
const FEW: usize = 8;

/// A rule a line, with a word before it that says what it is; a line without one is a folder.
pub(crate) fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut rules = FolderRules::default();
    let mut folders = Vec::new();
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or(("", line));
        match word {
            "include" => rules.include.push(rest.to_owned()),
            "exclude" => rules.exclude.push(rest.to_owned()),
            "move" => rules.moves.extend(again::<FolderMove>(rest)),
            "regex" => rules.regex.extend(again::<RegexRule>(rest)),
            "role" => rules.roles.extend(again::<RoleRule>(rest)),
            "age" => _ = again::<Age>(rest),
            "zone" => _ = again::<Zone>(rest),
            "size" => {
                if let Ok(bytes) = parse_size(rest) {
                    assert_eq!(parse_size(&written_size(bytes)), Ok(bytes), "{rest}");
                }
            }
            "rate" => {
                if let Ok(rate) = read_rate(rest) {
                    assert_eq!(read_rate(&write_rate(rate)).ok(), Some(rate), "{rest}");
                }
            }
            "hours" => {
                if let Ok(hours) = read_hours(rest) {
                    assert_eq!(read_hours(&write_hours(&hours)).ok(), Some(hours), "{rest}");
                }
            }
            _ => folders.push(folder(line)),
        }
    }
    for list in [&mut rules.include, &mut rules.exclude] {
        list.truncate(FEW);
    }
    rules.regex.truncate(FEW);
    // A listing has each path once.
    folders.sort_by(|one, other| one.path.cmp(&other.path));
    folders.dedup_by(|one, other| one.path == other.path);
    folders.truncate(FEW);
    for preset in [Preset::Generic, Preset::Gmail] {
        let Ok(rules) = Rules::new(&rules, preset) else { continue };
        let ruled = rules.apply(folders.clone());
        let profile = TargetProfile::generic(Some('/'));
        let (mapped, _) = mapping::map_ruled(&ruled, &[], &std::collections::BTreeMap::new(), &profile);
        let places: std::collections::BTreeSet<_> = mapped.iter().map(|folder| &folder.target).collect();
        assert_eq!(places.len(), mapped.len(), "two folders have one place");
    }
}

/// What is understood can be written, and is understood as the same then.
fn again<T: FromStr + ToString + PartialEq + std::fmt::Debug>(text: &str) -> Option<T> {
    let read: T = text.parse().ok()?;
    let written = read.to_string();
    assert_eq!(written.parse().ok().as_ref(), Some(&read), "{text:?} is written as {written:?}");
    Some(read)
}

fn folder(line: &str) -> Folder {
    let path = FolderPath::parse(line);
    Folder {
        wire: line.as_bytes().to_vec(),
        path,
        role: None,
        selectable: true,
        subscribed: false,
        holds_all: false,
    }
}
