//! Compares one folder on both sides, read afresh, and names every difference. Pure: it never asks the ledger whether
//! a message is there, only why it is not.

mod difference;
mod report;
mod verdict;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use shared::{
    cause::Cause,
    finding::{Finding, ItemLabel, Severity, Subject},
    folder::{FolderPath, Role},
    project::VerifyDepth,
    report::{ReportFolder, Totals},
};

use crate::{
    matching::{Seen, match_items},
    model::{Fingerprint, ItemId},
};

pub use report::{Summary, build_report};
pub use verdict::verdict;

/// Why items of one folder are not on the target, as the ledger tells: the cause and the server's words.
pub type Reasons = BTreeMap<ItemId, (Cause, String)>;

/// Which keywords a target's folder keeps (PERMANENTFLAGS, RFC 3501, section 7.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeywordRule {
    /// Any (`\*`).
    #[default]
    All,
    /// These, in any case.
    Only(BTreeSet<String>),
    /// None at all.
    None,
}

/// What a target's folder keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    /// Keywords.
    pub keywords: KeywordRule,
}

/// One folder on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPair {
    /// Where it is on the source.
    pub source: FolderPath,
    /// Where it is on the target.
    pub target: FolderPath,
    /// What it is for.
    pub role: Option<Role>,
    /// How far both sides were read.
    pub depth: VerifyDepth,
    /// What stands on the source.
    pub source_items: Vec<Seen>,
    /// What stands on the target.
    pub target_items: Vec<Seen>,
    /// What stands on both beside those, the same in everything.
    pub settled: Settled,
    /// What the target's folder keeps.
    pub keeps: Keeps,
    /// What is known of items that stand on the target only, by their ids there.
    pub told: Reasons,
}

/// Pairs that are the same in everything: there is nothing to say of them. Of each only what recognises its content is kept,
/// so that a folder with a million messages is compared in little memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    items: u64,
    /// Of one side.
    bytes: u64,
    exact: Vec<[u8; 16]>,
    loose: Vec<[u8; 16]>,
}

impl Settled {
    /// Adds a pair.
    pub fn add(&mut self, bytes: u64, fingerprint: Fingerprint) {
        self.items += 1;
        self.bytes += bytes;
        self.exact.push(fingerprint.exact);
        self.loose.extend(fingerprint.loose);
    }

    /// How many pairs, and the bytes of one side.
    pub const fn amount(&self) -> (u64, u64) {
        (self.items, self.bytes)
    }

    /// What of the target's items has content that a pair has.
    fn twins(&self, target: &[Seen], among: &[usize]) -> Vec<usize> {
        let ours: HashSet<[u8; 16]> = among.iter().map(|at| target[*at].fingerprint.exact).collect();
        let loose: HashSet<[u8; 16]> = among.iter().filter_map(|at| target[*at].fingerprint.loose).collect();
        let same: HashSet<&[u8; 16]> = self.exact.iter().filter(|print| ours.contains(*print)).collect();
        let alike: HashSet<&[u8; 16]> = self.loose.iter().filter(|print| loose.contains(*print)).collect();
        let is_twin = |at: &usize| {
            let Fingerprint { exact, loose } = target[*at].fingerprint;
            same.contains(&exact) || loose.is_some_and(|loose| alike.contains(&loose))
        };
        among.iter().copied().filter(is_twin).collect()
    }
}

/// Whether an item is not on the target because a person wants it so. What the next pass brings is to be there.
pub const fn on_purpose(cause: Cause) -> bool {
    let by_rule = cause.is_by_rule() && !matches!(cause, Cause::NextPass);
    by_rule || matches!(cause, Cause::RemovedOnTarget | Cause::MovedAtSource)
}

/// Compares one folder on both sides: its numbers, and a finding for every difference.
pub fn compare(pair: &FolderPair, reasons: &Reasons) -> (ReportFolder, Vec<Finding>) {
    let (source, target) = (&pair.source_items, &pair.target_items);
    let mut matching = match_items(source, target, |meta| reasons.contains_key(&meta.id));
    let twins = pair.settled.twins(target, &matching.extra);
    matching.extra.retain(|at| twins.binary_search(at).is_err());
    matching.duplicate.extend(twins);
    matching.duplicate.sort_unstable();
    let mut findings = Vec::new();
    let (settled, settled_bytes) = pair.settled.amount();
    let mut totals = Totals {
        source_items: settled + count(source.len()),
        source_bytes: settled_bytes + source.iter().map(|seen| seen.meta.size).sum::<u64>(),
        target_items: settled + count(target.len()),
        target_bytes: settled_bytes + target.iter().map(|seen| seen.meta.size).sum::<u64>(),
        matched: settled,
        identical: settled,
        extra: count(matching.extra.len() + matching.duplicate.len()),
        ..Totals::default()
    };

    let mut pairs: Vec<_> = matching.exact.iter().map(|pair| (pair, Bytes::Same)).collect();
    pairs.extend(matching.altered.iter().map(|pair| (pair, Bytes::Altered)));
    pairs.extend(matching.anew.iter().map(|pair| (pair, Bytes::Anew)));
    pairs.sort_unstable();
    for ((here, there), how) in pairs {
        let (here, there) = (&source[*here], &target[*there]);
        let bytes = match how {
            Bytes::Same | Bytes::Altered => difference::bytes(here, there, how == Bytes::Same, pair.depth),
            Bytes::Anew => None,
        };
        let marks = difference::marks(here, there, pair);
        match (&bytes, marks.is_empty() && how != Bytes::Anew) {
            (Some(_), _) => totals.altered += 1,
            (None, true) => {
                totals.matched += 1;
                totals.identical += 1;
            }
            (None, false) => totals.matched += 1,
        }
        for (cause, detail) in bytes.into_iter().chain(marks) {
            findings.push(finding(Severity::Warning, cause, &pair.source, here, detail));
        }
    }
    findings.extend(read_anew(pair, matching.anew.len()));
    for at in &matching.missing {
        let seen = &source[*at];
        let (cause, detail) = reasons.get(&seen.meta.id).cloned().unwrap_or_else(|| {
            let detail = format!("Not found in \"{}\" on the target, and nothing tells why.", pair.target);
            (Cause::Missing, detail)
        });
        let severity = if on_purpose(cause) {
            totals.left_out += 1;
            // Somebody may have removed it without knowing what it was.
            if cause == Cause::RemovedOnTarget { Severity::Warning } else { Severity::Info }
        } else {
            totals.missing += 1;
            // Nothing is lost that is still to come.
            if cause == Cause::NextPass { Severity::Info } else { Severity::Loss }
        };
        findings.push(finding(severity, cause, &pair.source, seen, detail));
    }
    let told = |at: &usize| pair.told.get(&target[*at].meta.id).cloned();
    let beyond =
        matching.duplicate.iter().map(|at| (at, true)).chain(matching.extra.iter().map(|at| (at, false)));
    for (at, duplicate) in beyond {
        let (cause, detail) = told(at).unwrap_or_else(|| unasked(pair, duplicate));
        let severity = if cause == Cause::Duplicate { Severity::Warning } else { Severity::Info };
        findings.push(finding(severity, cause, &pair.target, &target[*at], detail));
    }
    let folder =
        ReportFolder { source: pair.source.clone(), target: pair.target.clone(), role: pair.role, totals };
    (folder, findings)
}

/// How the bytes of a message are those of its copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bytes {
    Same,
    Altered,
    /// Nobody can say: a server writes them anew at each reading. What stays of them is the same.
    Anew,
}

/// What is said of messages that a server writes anew at each reading.
fn read_anew(pair: &FolderPair, messages: usize) -> Option<Finding> {
    let (number, verb) =
        if messages == 1 { ("1 message is", "its") } else { (&*format!("{messages} messages are"), "their") };
    (messages > 0).then(|| Finding {
        severity: Severity::Info,
        cause: Cause::ReadAnew,
        subject: Subject { folder: Some(pair.source.clone()), item: None },
        detail: format!("{number} written anew by the server at each reading: compared by {verb} content."),
    })
}

/// What is said of an item that stands on the target only, when nothing else is known.
fn unasked(pair: &FolderPair, duplicate: bool) -> (Cause, String) {
    if duplicate {
        let detail = "Another message in the folder has this content too; the source has fewer of them.";
        (Cause::Duplicate, detail.into())
    } else {
        (Cause::Extra, format!("Stands in \"{}\" on the target only.", pair.target))
    }
}

fn finding(severity: Severity, cause: Cause, folder: &FolderPath, seen: &Seen, detail: String) -> Finding {
    let item = ItemLabel {
        id: seen.meta.id.to_string(),
        size: seen.meta.size,
        received: seen.meta.received.map(Into::into),
        message_id: seen.message_id.clone(),
    };
    Finding { severity, cause, subject: Subject { folder: Some(folder.clone()), item: Some(item) }, detail }
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}
