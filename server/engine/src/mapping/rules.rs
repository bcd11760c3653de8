//! The project's rules for folders, applied to what the source lists: what stays behind, what goes elsewhere. Pure.

mod fault;
mod pattern;
mod regexes;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    endpoint::Preset,
    finding::{Finding, Severity, Subject},
    folder::{FolderPath, Role},
    rules::FolderRules,
};

use super::{profile::fold, roles::assign_roles};
use crate::model::Folder;
use pattern::Pattern;
use regexes::Regexes;

pub use fault::{RuleFault, faults};

/// The project's rules for folders, ready to be applied.
#[derive(Debug, Clone)]
pub struct Rules {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    system: Vec<Pattern>,
    /// The product that is left.
    source: Preset,
    /// Whether the project names the system's folders itself.
    own_system: bool,
    /// By folded source path, the longest first.
    moves: Vec<(Vec<String>, FolderPath)>,
    regexes: Regexes,
    roles: BTreeMap<Vec<String>, Option<Role>>,
    /// The mailbox's own folder that everything goes below; never without a name.
    below: Option<FolderPath>,
}

/// What the rules made of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruled {
    /// The folders to be moved, with their roles decided.
    pub folders: Vec<Folder>,
    /// Source path to the path a rule wants on the target, where that is another.
    pub wishes: BTreeMap<FolderPath, FolderPath>,
    /// The folders with messages that stay behind. Each has one of the findings, at the same position.
    pub left_out: Vec<Folder>,
    /// Why folders stay behind, then what else a person should know.
    pub findings: Vec<Finding>,
    /// The mailbox's own folder that everything goes below; the wishes lead there already.
    pub below: Option<FolderPath>,
}

impl Ruled {
    /// Tells how many messages the folders that stay behind hold, where it is known: one number for each of them.
    pub fn count(&mut self, messages: impl IntoIterator<Item = Option<u32>>) {
        for (finding, messages) in self.findings[..self.left_out.len()].iter_mut().zip(messages) {
            match messages {
                Some(1) => finding.detail.push_str(" It holds 1 message."),
                Some(messages) => finding.detail.push_str(&format!(" It holds {messages} messages.")),
                None => {}
            }
        }
    }
}

impl Rules {
    /// Makes the rules ready. `source` is the product that is left: it decides which system folders stay behind where
    /// the project does not.
    ///
    /// # Errors
    ///
    /// The first rule that cannot be used; [`faults`] tells them all beforehand.
    pub fn new(rules: &FolderRules, source: Preset) -> Result<Self, RuleFault> {
        if let Some(fault) = faults(rules).into_iter().next() {
            return Err(fault);
        }
        let own: Vec<String>;
        let system = match &rules.system {
            Some(system) => system,
            None => {
                own = source.system_folders().iter().map(|name| (*name).to_owned()).collect();
                &own
            }
        };
        let mut moves: Vec<_> =
            rules.moves.iter().map(|rule| (folded(&rule.from), rule.to.clone())).collect();
        moves.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        Ok(Self {
            include: pattern::all("include", &rules.include)?,
            exclude: pattern::all("exclude", &rules.exclude)?,
            system: pattern::all("system", system)?,
            source,
            own_system: rules.system.is_some(),
            moves,
            regexes: Regexes::new(&rules.regex)?,
            below: rules.below.clone().filter(|below| !below.0.is_empty()),
            roles: rules.roles.iter().map(|rule| (folded(&rule.path), rule.role)).collect(),
        })
    }

    /// Applies them to the source's folders.
    pub fn apply(&self, mut folders: Vec<Folder>) -> Ruled {
        self.decide_roles(&mut folders);
        let mut ruled = Ruled { below: self.below.clone(), ..Ruled::default() };
        let mut remarks = Vec::new();
        folders.retain(|folder| !self.is_bare_root(folder));
        for folder in folders {
            if let Some(why) = self.left_out(&folder) {
                // A folder that only holds folders leaves nothing behind.
                if folder.selectable {
                    ruled.findings.push(excluded(&folder.path, why));
                    ruled.left_out.push(folder);
                }
                continue;
            }
            let changed = self.regexes.apply(&self.moved(&folder.path)).unwrap_or_else(|why| {
                let place = self.put_below(&folder.path);
                remarks.push(super::renamed(&folder.path, &place, Severity::Warning, &why));
                folder.path.clone()
            });
            // Last, so that no rule sees the own folder: what it says of a path is the same in every mailbox.
            let wish = self.put_below(&changed);
            if wish != folder.path {
                ruled.wishes.insert(folder.path.clone(), wish);
            }
            ruled.folders.push(folder);
        }
        ruled.findings.append(&mut remarks);
        ruled
    }

    /// The rules' word first, then the server's, then the names'.
    fn decide_roles(&self, folders: &mut [Folder]) {
        let word = |folder: &Folder| self.roles.get(&folded(&folder.path)).copied();
        let claimed: Vec<Role> = folders.iter().filter_map(|folder| word(folder)?).collect();
        for folder in folders.iter_mut() {
            match word(folder) {
                Some(role) => folder.role = role,
                None if folder.role.is_some_and(|role| claimed.contains(&role)) => folder.role = None,
                None => {}
            }
        }
        // A name is no reason where a rule says that the folder is nothing special.
        folders.sort_by_key(|folder| word(folder) == Some(None));
        let open = folders.partition_point(|folder| word(folder) != Some(None));
        assign_roles(&mut folders[..open]);
    }

    /// Why a folder stays behind.
    fn left_out(&self, folder: &Folder) -> Option<String> {
        let names = folded(&folder.path);
        let named = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.covers(&names, folder.role));
        let included = named(&self.include);
        if named(&self.exclude) {
            Some("a rule of the project leaves it out".into())
        } else if !self.include.is_empty() && !included {
            Some("the project moves other folders only".into())
        } else if !included && named(&self.system) {
            Some(if self.own_system {
                "the project calls it a folder that the source makes for itself".into()
            } else {
                format!("{} makes it for itself or for another application", self.source.title())
            })
        } else {
            None
        }
    }

    /// `[Gmail]` in its many spellings holds Gmail's own folders and no mail; whoever moves such a folder by its name gets
    /// it all the same, as a parent.
    fn is_bare_root(&self, folder: &Folder) -> bool {
        let bracketed = |name: &String| name.starts_with('[') && name.ends_with(']');
        let root = matches!(folder.path.0.as_slice(), [only] if bracketed(only));
        self.source == Preset::Gmail && root && !folder.selectable
    }

    /// Where the longest fitting move leads; the path itself when none fits.
    fn moved(&self, path: &FolderPath) -> FolderPath {
        let names = folded(path);
        let fits = |(from, to): &&(Vec<String>, FolderPath)| {
            names.starts_with(from) && (!to.0.is_empty() || names.len() > from.len())
        };
        match self.moves.iter().find(fits) {
            Some((from, to)) => FolderPath(to.0.iter().chain(&path.0[from.len()..]).cloned().collect()),
            None => path.clone(),
        }
    }

    /// The path below the mailbox's own folder; the path itself when it has none.
    fn put_below(&self, path: &FolderPath) -> FolderPath {
        let own = self.below.iter().flat_map(|below| &below.0);
        FolderPath(own.chain(&path.0).cloned().collect())
    }
}

/// What paths of the source have in common when a rule means both.
fn folded(path: &FolderPath) -> Vec<String> {
    path.0.iter().map(|name| fold(name)).collect()
}

fn excluded(path: &FolderPath, why: String) -> Finding {
    Finding {
        severity: Severity::Info,
        cause: Cause::FolderExcluded,
        subject: Subject { folder: Some(path.clone()), item: None },
        detail: format!("\"{path}\" stays on the source: {why}."),
    }
}
