//! Who stands where on the target, and a free place for the next.

use std::collections::{BTreeMap, BTreeSet};

use shared::folder::FolderPath;

use super::profile::TargetProfile;
use crate::model::Folder;

/// Who stands where on the target.
pub(super) struct Places<'a> {
    profile: &'a TargetProfile,
    /// The target's own folders, by what the target may take for the same name.
    standing: BTreeMap<Vec<String>, BTreeSet<&'a FolderPath>>,
    taken: BTreeSet<FolderPath>,
    taken_keys: BTreeSet<Vec<String>>,
    /// The last number given to a twin of each wanted path.
    numbers: BTreeMap<FolderPath, u32>,
}

/// A place, and why it is another than wanted.
pub(super) struct Place {
    pub(super) path: FolderPath,
    /// The wanted name was taken.
    pub(super) twin: bool,
    /// The wanted path was too deep.
    pub(super) flattened: bool,
    /// The wanted name belongs to another application.
    pub(super) reserved: bool,
}

impl<'a> Places<'a> {
    pub(super) fn new(target: &'a [Folder], profile: &'a TargetProfile) -> Self {
        let mut standing = BTreeMap::<_, BTreeSet<_>>::new();
        for folder in target {
            standing.entry(key(&folder.path, profile)).or_default().insert(&folder.path);
        }
        Self {
            profile,
            standing,
            taken: BTreeSet::new(),
            taken_keys: BTreeSet::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Takes a place as it is; false when another folder has it.
    pub(super) fn claim(&mut self, path: &FolderPath) -> bool {
        self.taken_keys.insert(key(path, self.profile));
        self.taken.insert(path.clone())
    }

    /// Whether the target has a folder of exactly this name.
    pub(super) fn stands(&self, base: &FolderPath, name: &str) -> bool {
        self.spelled(&below(base, name)).is_some_and(|(_, exactly)| exactly)
    }

    /// The target's folder of this name as it spells it, whoever has it.
    pub(super) fn standing(&self, base: &FolderPath, name: &str) -> Option<FolderPath> {
        let wanted = below(base, name);
        if wanted.is_inbox() {
            return Some(wanted);
        }
        self.spelled(&wanted).map(|(standing, _)| standing.clone())
    }

    /// Whether the wanted place is free as it is.
    pub(super) fn has_room(&self, base: &FolderPath, name: &str) -> bool {
        let wanted = below(base, name);
        wanted.0.len() <= self.profile.levels() && !self.is_reserved(&wanted) && self.free(&wanted).is_some()
    }

    /// The place that is wanted where nobody else stands, and whether it is flattened and whether it is reserved.
    fn wanted(&self, base: &FolderPath, name: &str) -> (FolderPath, bool, bool) {
        let profile = self.profile;
        let flattened = base.0.len() >= profile.levels();
        let mut wanted = below(base, name);
        if flattened {
            let joined = wanted.0.split_off(profile.levels().saturating_sub(1)).join("_");
            wanted.0.push(profile.acceptable(&joined, wanted.0.is_empty()));
        }
        let reserved = self.is_reserved(&wanted);
        if reserved {
            wanted = respelled(&wanted, |name| profile.with_suffix(name, " (mail)"));
        }
        (wanted, flattened, reserved)
    }

    /// A place that was given before, and why it was; none: nothing that is known now would give it.
    pub(super) fn given(&self, base: &FolderPath, name: &str, path: &FolderPath) -> Option<Place> {
        let (wanted, flattened, reserved) = self.wanted(base, name);
        let place = |twin| Some(Place { path: path.clone(), twin, flattened, reserved });
        if *path == wanted {
            return place(false);
        }
        let number = path.0.last()?.strip_suffix(')')?.rsplit_once('(')?.1.parse::<u32>().ok()?;
        let numbered = respelled(&wanted, |name| self.profile.numbered(name, number));
        if *path == numbered { place(true) } else { None }
    }

    /// Takes the wanted place, or the nearest free one.
    pub(super) fn place(&mut self, base: &FolderPath, name: &str) -> Place {
        let profile = self.profile;
        let (wanted, flattened, reserved) = self.wanted(base, name);
        if let Some(path) = self.free(&wanted) {
            self.claim(&path);
            return Place { path, twin: false, flattened, reserved };
        }
        let mut number = self.numbers.get(&wanted).copied().unwrap_or(1);
        let path = loop {
            number += 1;
            if let Some(path) = self.free(&respelled(&wanted, |name| profile.numbered(name, number))) {
                break path;
            }
        };
        self.claim(&path);
        self.numbers.insert(wanted, number);
        Place { path, twin: true, flattened, reserved }
    }

    fn is_reserved(&self, path: &FolderPath) -> bool {
        path.0.len() == 1 && self.profile.reserved.contains(&path.0[0].to_lowercase().as_str())
    }

    /// The path as the target spells it, when no other folder has it.
    fn free(&self, path: &FolderPath) -> Option<FolderPath> {
        // INBOX is taken even when the source shows none.
        if path.is_inbox() {
            return None;
        }
        let spelled = self.spelled(path);
        let taken = match spelled {
            // The target itself tells these names apart.
            Some((standing, true)) => self.taken.contains(standing),
            Some((_, false)) | None => self.taken_keys.contains(&key(path, self.profile)),
        };
        (!taken).then(|| spelled.map_or(path, |(standing, _)| standing).clone())
    }

    /// The target's folder of this name, and whether it is spelled exactly so.
    fn spelled(&self, path: &FolderPath) -> Option<(&'a FolderPath, bool)> {
        let standing = self.standing.get(&key(path, self.profile))?;
        match standing.get(path) {
            Some(exactly) => Some((exactly, true)),
            None => standing.first().map(|similar| (*similar, false)),
        }
    }
}

/// What paths have in common when they are one folder to the target.
fn key(path: &FolderPath, profile: &TargetProfile) -> Vec<String> {
    let mut key: Vec<_> = path.0.iter().map(|name| profile.folded(name)).collect();
    if let Some(top) = key.first_mut().filter(|top| top.eq_ignore_ascii_case("INBOX")) {
        *top = "INBOX".into();
    }
    key
}

/// A folder's path within another.
fn below(base: &FolderPath, name: &str) -> FolderPath {
    FolderPath(base.0.iter().cloned().chain([name.to_owned()]).collect())
}

/// A path with another last name.
fn respelled(path: &FolderPath, spell: impl Fn(&str) -> String) -> FolderPath {
    let mut path = path.clone();
    if let Some(name) = path.0.last_mut() {
        *name = spell(name);
    }
    path
}
