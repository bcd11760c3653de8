//! Judges a migration by what stands on both sides and holds the report to it, message by message.
//!
//! Equal messages are paired first, then those with equal bytes, whose dates, flags and keywords may differ where the
//! report says so for exactly this message. What is left on the source is lost or was altered, and the report has to say
//! which; what is left on the target has to be exactly as many as were altered.

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::FolderPath,
    report::Report,
};

use super::letter::{Folder, Letter};

/// Everything that is wrong; nothing when all is as it should be.
pub(super) fn complaints(source: &[Folder], target: &[Folder], report: &Report) -> Vec<String> {
    let mut judge = Judge { report, complaints: Vec::new() };
    let mut wanted: BTreeMap<Vec<String>, Vec<(&Folder, &Letter)>> = BTreeMap::new();
    for folder in source {
        let Some(place) = judge.place(folder, target) else { continue };
        wanted.entry(place).or_default().extend(folder.letters.iter().map(|letter| (folder, letter)));
    }
    for (place, letters) in &wanted {
        let there = target.iter().find(|folder| folder.path == *place);
        judge.compare(place, letters, there.map_or(&[], |folder| &folder.letters));
    }
    for folder in target.iter().filter(|folder| !wanted.contains_key(&folder.path)) {
        if !folder.letters.is_empty() {
            judge.complain(&folder.path, &format!("{} messages in a folder of nobody", folder.letters.len()));
        }
    }
    judge.complaints
}

struct Judge<'a> {
    report: &'a Report,
    complaints: Vec<String>,
}

impl Judge<'_> {
    fn complain(&mut self, path: &[String], what: &str) {
        self.complaints.push(format!("{}: {what}", path.join(" > ")));
    }

    fn about<'a>(&'a self, folder: &'a Folder) -> impl Iterator<Item = &'a Finding> {
        let path = FolderPath(folder.path.clone());
        self.report.findings.iter().filter(move |one| one.subject.folder.as_ref() == Some(&path))
    }

    /// Where the folder went; none where it could not go anywhere, which has to be said.
    fn place(&mut self, folder: &Folder, target: &[Folder]) -> Option<Vec<String>> {
        let entry = self.report.folders.iter().find(|entry| entry.source.0 == folder.path);
        let place = entry.map(|entry| entry.target.0.clone());
        let said = |judge: &Self, causes: &[Cause]| {
            judge.about(folder).any(|one| one.subject.item.is_none() && causes.contains(&one.cause))
        };
        let Some(place) = place else {
            if !said(self, &[Cause::FolderRefused, Cause::FolderUnreadable]) {
                self.complain(&folder.path, "the report does not know this folder");
            }
            return None;
        };
        if place != folder.path && !said(self, &[Cause::FolderRenamed, Cause::FolderMerged]) {
            self.complain(&folder.path, &format!("moved to {place:?} without a word"));
        }
        match target.iter().find(|there| there.path == place) {
            None if !said(self, &[Cause::FolderRefused]) => {
                self.complain(&folder.path, &format!("{place:?} is not on the target"));
            }
            Some(there)
                if folder.subscribed && !there.subscribed && !said(self, &[Cause::SubscriptionLost]) =>
            {
                self.complain(&folder.path, "lost its subscription without a word");
            }
            None | Some(_) => (),
        }
        Some(place)
    }

    fn compare(&mut self, place: &[String], wanted: &[(&Folder, &Letter)], there: &[Letter]) {
        let mut left: Vec<&Letter> = there.iter().collect();
        let mut open = wanted.to_vec();
        open.retain(|(_, one)| !take(&mut left, |other| same(one, other)));
        // Twins cannot be told apart, so each finding about one of them stands for any one of them.
        let mut used = Vec::new();
        let mut lost = Vec::new();
        for (folder, one) in open {
            let Some(index) = left.iter().position(|other| other.sha256 == one.sha256) else {
                lost.push((folder, one));
                continue;
            };
            let other = left.remove(index);
            let differs = [
                (!same_date(one, other), Cause::DateAltered),
                (other.flags != one.flags, Cause::FlagsAltered),
                (other.keywords != one.keywords, Cause::KeywordsLost),
            ];
            for (_, cause) in differs.into_iter().filter(|(differs, _)| *differs) {
                let twins = wanted.iter().filter(|(_, twin)| twin.sha256 == one.sha256);
                let found = twins.flat_map(|(folder, twin)| self.named(folder, twin)).find(|finding| {
                    finding.cause == cause && !used.iter().any(|known| std::ptr::eq(*known, *finding))
                });
                match found {
                    Some(finding) => used.push(finding),
                    None => self.complaints.push(format!(
                        "{}: {} of message {} ({:?}) is not named: {one:?} became {other:?}",
                        place.join(" > "),
                        cause.id(),
                        one.uid,
                        one.shown,
                    )),
                }
            }
        }
        let mut altered = 0;
        for (folder, one) in lost {
            let findings: Vec<_> = self.named(folder, one).collect();
            if findings.iter().any(|finding| finding.severity == Severity::Loss) {
                continue;
            }
            altered += 1;
            if !findings.iter().any(|finding| finding.cause == Cause::BytesAltered) {
                let words: Vec<_> = findings.iter().map(|finding| finding.cause.id()).collect();
                self.complain(
                    place,
                    &format!("message {} ({:?}) is lost; named: {words:?}", one.uid, one.shown),
                );
            }
        }
        if left.len() != altered {
            let shown: Vec<_> = left.iter().map(|other| (&other.shown, other.uid)).collect();
            self.complain(place, &format!("{altered} altered, but these are more than expected: {shown:?}"));
        }
    }

    /// The findings about one message.
    fn named<'a>(&'a self, folder: &Folder, letter: &Letter) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let (path, uid) = (FolderPath(folder.path.clone()), letter.uid.to_string());
        self.report.findings.iter().filter(move |finding| {
            let item = finding.subject.item.as_ref();
            finding.subject.folder.as_ref() == Some(&path) && item.is_some_and(|item| item.id == uid)
        })
    }
}

fn same(one: &Letter, other: &Letter) -> bool {
    one.sha256 == other.sha256
        && same_date(one, other)
        && one.flags == other.flags
        && one.keywords == other.keywords
}

/// What has no date of its own on the source may have any on the target.
fn same_date(one: &Letter, other: &Letter) -> bool {
    one.received.is_none() || one.received == other.received
}

/// Takes the first that fits away; whether there was one.
fn take(left: &mut Vec<&Letter>, fits: impl Fn(&Letter) -> bool) -> bool {
    let index = left.iter().position(|other| fits(other));
    index.map(|index| left.remove(index)).is_some()
}
