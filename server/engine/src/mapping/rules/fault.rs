//! What is wrong with a rule, before anything is done with it.

use std::{collections::BTreeSet, fmt};

use shared::{
    cause::Cause,
    folder::{FolderPath, Role},
    rules::FolderRules,
};

use super::{folded, pattern, regexes::Regexes};
use crate::error::{ConnectorError, Reach, Retry};

/// The most rules of one sort.
const MOST: usize = 1000;
/// The most regular expressions: each is tried on every folder.
const MOST_REGEXES: usize = 50;

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFault {
    /// The field of [`FolderRules`] it stands in.
    pub field: &'static str,
    /// Its position there, from 0.
    pub at: usize,
    /// The rule as it was written.
    pub text: String,
    /// What is wrong with it, to be read after "the rule".
    pub why: String,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" cannot be used: {}", self.text, self.why)
    }
}

impl std::error::Error for RuleFault {}

impl From<RuleFault> for ConnectorError {
    fn from(fault: RuleFault) -> Self {
        Self {
            reach: Reach::Mailbox,
            retry: Retry::Never,
            cause: Cause::RuleInvalid,
            doing: format!("reading the project's folder rules ({}, number {})", fault.field, fault.at + 1),
            detail: fault.to_string(),
        }
    }
}

/// Everything that is wrong with the rules: at most one fault for each sort.
pub fn faults(rules: &FolderRules) -> Vec<RuleFault> {
    let none = Vec::new();
    let lists = [
        ("include", &rules.include),
        ("exclude", &rules.exclude),
        ("system", rules.system.as_ref().unwrap_or(&none)),
    ];
    let mut faults = Vec::new();
    for (field, texts) in lists {
        faults.extend(too_many(field, texts.len(), MOST));
        faults.extend(pattern::all(field, texts).err());
    }
    faults.extend(too_many("moves", rules.moves.len(), MOST));
    faults.extend(twice("moves", rules.moves.iter().map(|rule| &rule.from)));
    let nowhere = rules.moves.iter().position(|rule| rule.from.0.is_empty() && rule.to.0.is_empty());
    faults.extend(nowhere.map(|at| fault("moves", at, "", "it moves everything to where it is")));
    faults.extend(too_many("regex", rules.regex.len(), MOST_REGEXES));
    faults.extend(Regexes::new(&rules.regex).err());
    faults.extend(too_many("roles", rules.roles.len(), MOST));
    faults.extend(twice("roles", rules.roles.iter().map(|rule| &rule.path)));
    let mut given = BTreeSet::new();
    for (at, rule) in rules.roles.iter().enumerate() {
        let text = rule.path.written();
        if (rule.role == Some(Role::Inbox)) != rule.path.is_inbox() {
            faults.push(fault("roles", at, &text, "INBOX is the inbox, and nothing else is"));
        } else if let Some(role) = rule.role.filter(|role| !given.insert(*role)) {
            let why = format!("another folder is {} already", role.title());
            faults.push(fault("roles", at, &text, &why));
        }
    }
    faults
}

fn fault(field: &'static str, at: usize, text: &str, why: &str) -> RuleFault {
    RuleFault { field, at, text: text.to_owned(), why: why.to_owned() }
}

fn too_many(field: &'static str, count: usize, most: usize) -> Option<RuleFault> {
    (count > most).then(|| fault(field, most, "", &format!("there are more than {most} rules of this sort")))
}

/// The first rule about a folder that another rule is about.
fn twice<'a>(field: &'static str, paths: impl Iterator<Item = &'a FolderPath>) -> Option<RuleFault> {
    let mut seen = BTreeSet::new();
    paths
        .enumerate()
        .find(|(_, path)| !seen.insert(folded(path)))
        .map(|(at, path)| fault(field, at, &path.written(), "another rule is about the same folder"))
}
