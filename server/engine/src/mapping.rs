//! Where each folder of the source goes on the target. Pure: the same listings give the same answer.

mod places;
mod profile;
mod retry;
mod roles;
pub mod rules;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    cause::Cause,
    finding::{Finding, Severity, Subject},
    folder::{FolderPath, Role},
};

use crate::model::Folder;
use places::{Place, Places};

pub use profile::TargetProfile;
pub use retry::{alternative, rename};
pub use roles::{assign_roles, role_by_name};
use rules::Ruled;

const SAME_USE: &str = "it is the target's own folder for the same use";
const ARCHIVED: &str = "of what it holds, only what was archived is its own";
const BY_RULE: &str = "a rule of the project moves it";
const BY_MAILBOX: &str = "everything of this mailbox goes below the folder that was chosen for it";
const BY_BOTH: &str = "a rule of the project moves it, and everything of this mailbox goes below the folder that was chosen \
    for it";
const BY_EARLIER: &str = "an earlier pass gave it this name";

/// One folder of the source and its place on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedFolder {
    /// The source's folder, with the role it has for this mailbox: of two folders with one role only the first keeps it.
    pub source: Folder,
    /// Where it goes. No other folder of the source goes there.
    pub target: FolderPath,
    /// The target's folder when it is there already; it may be one that holds only folders (`\Noselect`).
    pub existing: Option<Folder>,
}

/// Gives every folder of the source a place of its own on the target.
///
/// `known` holds the places earlier passes gave (source to target): they are kept whatever the listings look like now,
/// because the target's listing changes as folders are created. The answer is in the order folders are to be created:
/// INBOX, folders with a role that need no parent, then by path, so that parents come before their children. Every new
/// name is a finding.
pub fn map_folders(
    source: &[Folder],
    target: &[Folder],
    known: &BTreeMap<FolderPath, FolderPath>,
    profile: &TargetProfile,
) -> (Vec<MappedFolder>, Vec<Finding>) {
    let mut folders = source.to_vec();
    assign_roles(&mut folders);
    map_ruled(&Ruled { folders, ..Ruled::default() }, target, known, profile)
}

/// [`map_folders`] after the project's rules: what they leave out has no place, and what they move gets the place they
/// want or the nearest free one.
pub fn map_ruled(
    ruled: &Ruled,
    target: &[Folder],
    known: &BTreeMap<FolderPath, FolderPath>,
    profile: &TargetProfile,
) -> (Vec<MappedFolder>, Vec<Finding>) {
    let mut source = ruled.folders.clone();
    let mut target = target.to_vec();
    // The order of a listing is the server's whim and must not decide who gets a name or a role.
    source.sort_by(|a, b| (&a.path, &a.wire).cmp(&(&b.path, &b.wire)));
    target.sort_by(|a, b| (&a.path, &a.wire).cmp(&(&b.path, &b.wire)));
    assign_roles(&mut target);
    let originals: Vec<FolderPath> = source.iter().map(|folder| folder.path.clone()).collect();
    for folder in &mut source {
        // From here on to the end a moved folder stands where the rules want it.
        if let Some(wish) = ruled.wishes.get(&folder.path) {
            folder.path = wish.clone();
        }
    }
    let mut mapper = Mapper {
        places: Places::new(&target, profile),
        profile,
        below: ruled.below.as_ref(),
        originals,
        placed: vec![None; source.len()],
        prefixes: BTreeMap::new(),
        findings: Vec::new(),
    };
    mapper.keep_known(&source, &target, known);
    mapper.match_roles(&source, &target);
    mapper.place_by_level(&source);

    let standing: BTreeMap<_, _> = target.iter().rev().map(|folder| (&folder.path, folder)).collect();
    let mut mapped: Vec<_> = source
        .into_iter()
        .zip(mapper.placed)
        .zip(mapper.originals)
        .filter_map(|((source, place), original)| {
            let place = place?;
            let existing = standing.get(&place).copied().cloned();
            Some((MappedFolder { source, target: place, existing }, original))
        })
        .collect();
    mapped.sort_by_cached_key(|(folder, _)| order(folder));
    let named = mapped.into_iter().map(|(mut folder, original)| {
        folder.source.path = original;
        folder
    });
    (named.collect(), mapper.findings)
}

/// INBOX, then what has a role and needs no parent to be created, then by path.
fn order(folder: &MappedFolder) -> (u8, Option<Role>, Vec<String>, FolderPath) {
    let first = match folder.source.role {
        Some(Role::Inbox) => 0,
        Some(_) if folder.existing.is_some() || folder.target.0.len() == 1 => 1,
        Some(_) | None => 2,
    };
    let role = folder.source.role.filter(|_| first < 2);
    let readable = folder.source.path.0.iter().map(|name| name.to_lowercase()).collect();
    (first, role, readable, folder.source.path.clone())
}

struct Mapper<'a> {
    places: Places<'a>,
    profile: &'a TargetProfile,
    /// The mailbox's own folder that everything goes below.
    below: Option<&'a FolderPath>,
    /// The path of each source folder as the source lists it.
    originals: Vec<FolderPath>,
    /// The place of each source folder, once it has one.
    placed: Vec<Option<FolderPath>>,
    /// Where the children of a source path go.
    prefixes: BTreeMap<Vec<String>, FolderPath>,
    findings: Vec<Finding>,
}

/// A source folder, or a parent the source did not list, that wants a place.
struct Wish {
    path: Vec<String>,
    index: Option<usize>,
    base: FolderPath,
    name: String,
    moved_out_of_inbox: bool,
}

impl Mapper<'_> {
    fn keep_known(&mut self, source: &[Folder], target: &[Folder], known: &BTreeMap<FolderPath, FolderPath>) {
        let mut kept = Vec::new();
        for (index, folder) in source.iter().enumerate() {
            let Some(place) = known.get(&self.originals[index]) else { continue };
            if self.places.claim(place) {
                self.settle(&folder.path.0, Some(index), place.clone());
                kept.push((index, folder, place));
            }
        }
        // Parents the source did not list are where their children are; but no child takes the mailbox's own folder along.
        let first = self.own().len() + 1;
        let listed: BTreeSet<_> = source.iter().map(|folder| &folder.path).collect();
        for (_, folder, place) in &kept {
            let (path, place) = (&folder.path.0, &place.0);
            for depth in (first..path.len()).filter(|_| folder.role.is_none() && path.len() == place.len()) {
                let parent = FolderPath(path[..depth].to_vec());
                if !listed.contains(&parent) && !self.prefixes.contains_key(&parent.0) {
                    let place = FolderPath(place[..depth].to_vec());
                    self.places.claim(&place);
                    self.settle(&parent.0, None, place);
                }
            }
        }
        // A new name stays worth knowing: the report of every pass names it.
        for (index, folder, place) in kept {
            let original = &self.originals[index];
            let follows = folder.path.0.split_last().is_some_and(|(name, parent)| {
                let base = self.prefixes.get(parent).map_or(parent, |base| &base.0);
                place.0.split_last() == Some((name, base))
            });
            let same_use = folder.role.is_some()
                && target.iter().any(|there| there.role == folder.role && there.path == *place);
            let as_wished = follows || (folder.path.is_inbox() && place.is_inbox());
            let finding = if folder.holds_all && !self.is_moved(index, &folder.path.0) {
                renamed(original, place, Severity::Info, ARCHIVED)
            } else if as_wished && folder.path == *original {
                continue;
            } else if as_wished {
                // Where its parent kept a place from before a rule was, the rule does not show in its own.
                let wanted = if self.is_plain(original, &place.0) { place } else { &folder.path };
                let why = if wanted == original { BY_EARLIER } else { self.who_moves(original, &wanted.0) };
                renamed(original, place, Severity::Info, why)
            } else if same_use {
                renamed(original, place, Severity::Info, SAME_USE)
            } else {
                renamed(original, place, Severity::Warning, self.why_given(&folder.path.0, place))
            };
            self.findings.push(finding);
        }
    }

    /// Why an earlier pass gave a folder another name, as far as the same would be done today.
    fn why_given(&self, path: &[String], place: &FolderPath) -> &'static str {
        let why = path.split_last().and_then(|(name, parent)| {
            let base = self.prefixes.get(parent).cloned().unwrap_or_else(|| FolderPath(parent.to_vec()));
            let (base, wanted, out_of_inbox) = self.wants(base, name);
            why(&self.places.given(&base, &wanted, place)?, out_of_inbox, name)
        });
        why.unwrap_or(BY_EARLIER)
    }

    fn match_roles(&mut self, source: &[Folder], target: &[Folder]) {
        for (index, folder) in source.iter().enumerate() {
            if self.placed[index].is_some() {
                continue;
            }
            if self.is_moved(index, &folder.path.0) {
                // A rule's word goes before the role; the only place below which no rule can name is INBOX.
                if folder.path.is_inbox() && self.places.claim(&folder.path) {
                    let original = &self.originals[index];
                    let why = self.who_moves(original, &folder.path.0);
                    self.findings.push(renamed(original, &folder.path, Severity::Info, why));
                    self.settle(&folder.path.0, Some(index), folder.path.clone());
                }
                continue;
            }
            let Some(role) = folder.role else { continue };
            let place = match (target.iter().find(|there| there.role == Some(role)), role) {
                (Some(there), _) => there.path.clone(),
                (None, Role::Inbox) => FolderPath::inbox(),
                // Its own name says that it holds everything.
                (None, Role::Archive) if folder.holds_all => FolderPath::new(["Archive"]),
                (None, Role::Sent | Role::Drafts | Role::Trash | Role::Junk | Role::Archive) => continue,
            };
            if !self.places.claim(&place) {
                continue;
            }
            if folder.holds_all {
                self.findings.push(renamed(&folder.path, &place, Severity::Info, ARCHIVED));
            } else if role != Role::Inbox && place != folder.path {
                self.findings.push(renamed(&folder.path, &place, Severity::Info, SAME_USE));
            }
            self.settle(&folder.path.0, Some(index), place);
        }
    }

    fn place_by_level(&mut self, source: &[Folder]) {
        let mut levels = BTreeMap::<(usize, &[String]), Vec<usize>>::new();
        for (index, folder) in source.iter().enumerate() {
            let names = folder.path.0.as_slice();
            for depth in 1..names.len() {
                levels.entry((depth, &names[..depth])).or_default();
            }
            levels.entry((names.len(), names)).or_default().push(index);
        }
        let kept: BTreeSet<&[String]> = (0..source.len())
            .filter(|index| !self.is_moved(*index, &source[*index].path.0))
            .flat_map(|index| {
                (1..=source[index].path.0.len()).map(move |depth| &source[index].path.0[..depth])
            })
            .collect();
        let depths: BTreeSet<usize> = levels.keys().map(|(depth, _)| *depth).collect();
        for depth in depths {
            let mut wishes = Vec::new();
            for ((_, path), indices) in levels.range((depth, &[][..])..(depth + 1, &[][..])) {
                if indices.is_empty() && !self.prefixes.contains_key(*path) {
                    let wish = self.wish(path, None);
                    // A parent that only rules speak of is the target's own folder, whoever stands there already.
                    let standing = wish.as_ref().filter(|_| !kept.contains(*path));
                    match standing.and_then(|wish| self.places.standing(&wish.base, &wish.name)) {
                        Some(place) => _ = self.prefixes.insert(path.to_vec(), place),
                        None => wishes.extend(wish),
                    }
                }
                for index in indices {
                    if self.placed[*index].is_none() {
                        wishes.extend(self.wish(path, Some(*index)));
                    }
                }
            }
            wishes.sort_by_cached_key(|wish: &Wish| {
                let moved = wish.index.is_some_and(|index| self.is_moved(index, &wish.path));
                (!self.places.stands(&wish.base, &wish.name), wish.path.clone(), moved, wish.index)
            });
            // Folders that can keep their name come first, so that a new name never takes an old one's place.
            let mut others = Vec::new();
            for wish in wishes {
                let same = wish.path.last() == Some(&wish.name) && !wish.moved_out_of_inbox;
                if same && self.places.has_room(&wish.base, &wish.name) {
                    self.grant(wish);
                } else {
                    others.push(wish);
                }
            }
            for wish in others {
                self.grant(wish);
            }
        }
    }

    fn wish(&mut self, path: &[String], index: Option<usize>) -> Option<Wish> {
        let (name, parent) = path.split_last()?;
        if index.is_none() && parent.is_empty() && name.eq_ignore_ascii_case("INBOX") {
            self.prefixes.insert(path.to_vec(), FolderPath::inbox());
            return None;
        }
        let base = self.prefixes.get(parent).cloned().unwrap_or(FolderPath(Vec::new()));
        let (base, name, moved_out_of_inbox) = self.wants(base, name);
        Some(Wish { path: path.to_vec(), index, base, name, moved_out_of_inbox })
    }

    /// Below what a folder is wanted, under which name, and whether it had to leave INBOX for that.
    fn wants(&self, base: FolderPath, name: &str) -> (FolderPath, String, bool) {
        let moved_out_of_inbox = base.is_inbox() && !self.profile.inbox_children;
        let base = if moved_out_of_inbox { FolderPath(Vec::new()) } else { base };
        let name = self.profile.acceptable(name, base.0.is_empty());
        (base, name, moved_out_of_inbox)
    }

    fn grant(&mut self, wish: Wish) {
        let place = self.places.place(&wish.base, &wish.name);
        let why = wish.path.last().and_then(|name| why(&place, wish.moved_out_of_inbox, name));
        let place = place.path;
        let source =
            wish.index.map_or_else(|| FolderPath(wish.path.clone()), |index| self.originals[index].clone());
        if let Some(why) = why {
            self.findings.push(renamed(&source, &place, Severity::Warning, why));
        } else if source.0 != wish.path {
            let why = self.who_moves(&source, &wish.path);
            self.findings.push(renamed(&source, &place, Severity::Info, why));
        }
        self.settle(&wish.path, wish.index, place);
    }

    /// Whether a rule or the mailbox's own folder says where a folder goes, and not its path on the source or its use.
    /// `wanted` is where it stands now: below the own folder that may well be its path on the source again.
    fn is_moved(&self, index: usize, wanted: &[String]) -> bool {
        self.below.is_some() || self.originals[index].0 != wanted
    }

    /// The levels of the mailbox's own folder; none where it has none.
    fn own(&self) -> &[String] {
        self.below.map_or(&[][..], |below| below.0.as_slice())
    }

    /// Whether a path is what a folder has without any rule of the project.
    fn is_plain(&self, original: &FolderPath, path: &[String]) -> bool {
        path.strip_prefix(self.own()).is_some_and(|rest| rest == original.0)
    }

    /// What moves a folder to where it is wanted: a rule of the project, the mailbox's own folder, or both.
    fn who_moves(&self, original: &FolderPath, wanted: &[String]) -> &'static str {
        match (self.below, self.is_plain(original, wanted)) {
            (None, _) => BY_RULE,
            (Some(_), true) => BY_MAILBOX,
            (Some(_), false) => BY_BOTH,
        }
    }

    fn settle(&mut self, path: &[String], index: Option<usize>, place: FolderPath) {
        self.prefixes.entry(path.to_vec()).or_insert_with(|| place.clone());
        if let Some(index) = index {
            self.placed[index] = Some(place);
        }
    }
}

/// Why a place has another name than the folder that gets it; none: it has not.
fn why(place: &Place, moved_out_of_inbox: bool, name: &str) -> Option<&'static str> {
    if place.reserved {
        Some("the target keeps the old name for something that is not mail")
    } else if place.twin {
        Some("another folder has the old name there, or one the target takes for the same")
    } else if place.flattened {
        Some("the target does not take so many levels of folders")
    } else if moved_out_of_inbox {
        Some("the target takes no folders below INBOX")
    } else if place.path.0.last().is_none_or(|given| given != name) {
        Some("the target does not take the old name as it is")
    } else {
        None
    }
}

/// The finding of a new name.
fn renamed(source: &FolderPath, place: &FolderPath, severity: Severity, why: &str) -> Finding {
    Finding {
        severity,
        cause: Cause::FolderRenamed,
        subject: Subject { folder: Some(source.clone()), item: None },
        detail: format!("\"{source}\" becomes \"{place}\" on the target: {why}."),
    }
}
