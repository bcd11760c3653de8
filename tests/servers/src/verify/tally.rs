//! How a migration went, in numbers that can stand in a table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::AddAssign,
};

use super::{Difference, Print, Snapshot};

/// The messages of the first mailbox by what became of them, and what came on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// There with the same bytes, date, flags and keywords.
    pub faithful: usize,
    /// There with the same bytes, but another date, other flags or other keywords.
    pub retouched: usize,
    /// Not there, while a message with other bytes is in its place.
    pub altered: usize,
    /// Not there.
    pub lost: usize,
    /// Messages that nobody expected.
    pub doubled: usize,
    /// Folders that are not there, under whatever name.
    pub folders_lost: usize,
    /// Folders that are there under another name.
    pub folders_renamed: usize,
    /// Subscriptions that are not there.
    pub subscriptions_lost: usize,
}

impl Tally {
    /// Whether everything is there as it was; renamed folders count as there.
    pub fn is_faithful(&self) -> bool {
        let Self { retouched, altered, lost, doubled, folders_lost, subscriptions_lost, .. } = self;
        [retouched, altered, lost, doubled, folders_lost, subscriptions_lost].iter().all(|count| **count == 0)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.faithful += other.faithful;
        self.retouched += other.retouched;
        self.altered += other.altered;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.folders_lost += other.folders_lost;
        self.folders_renamed += other.folders_renamed;
        self.subscriptions_lost += other.subscriptions_lost;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.lost, "lost"),
            (self.altered, "altered"),
            (self.retouched, "with other flags or dates"),
            (self.doubled, "doubled"),
            (self.folders_lost, "folders lost"),
            (self.subscriptions_lost, "subscriptions lost"),
            (self.folders_renamed, "folders renamed"),
        ];
        let named: Vec<_> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(n, what)| format!("{n} {what}")).collect();
        f.write_str(if named.is_empty() { "all faithful" } else { "" })?;
        f.write_str(&named.join(", "))
    }
}

impl Snapshot {
    /// Judges what arrived. A folder that is not there under its own name is looked for by its messages: names that a
    /// server cannot hold have to change, and that is no loss.
    pub fn tally(&self, arrived: &Self) -> Tally {
        let renamed = self.renamed(arrived);
        let place = |path: &[String]| renamed.get(path).cloned().unwrap_or_else(|| path.to_vec());
        let differences = self.differences(arrived, place);
        let mut tally = Tally { folders_renamed: renamed.len(), ..Tally::default() };
        let mut missing: BTreeMap<&[String], usize> = BTreeMap::new();
        let mut extra: BTreeMap<&[String], usize> = BTreeMap::new();
        for difference in &differences {
            match difference {
                Difference::FolderMissing(_) => tally.folders_lost += 1,
                Difference::Subscription(_) => tally.subscriptions_lost += 1,
                Difference::FolderExtra(_, count) => tally.doubled += count,
                Difference::Missing(path, _) => *missing.entry(path).or_default() += 1,
                Difference::Extra(path, _) => *extra.entry(path).or_default() += 1,
                // One message may differ in several ways; it is counted by its absence among the faithful.
                Difference::Date(..) | Difference::Flags(..) | Difference::Keywords(..) => (),
            }
        }
        for (path, missing) in missing {
            let altered = extra.get(path).copied().unwrap_or_default().min(missing);
            tally.altered += altered;
            tally.lost += missing - altered;
            if let Some(extra) = extra.get_mut(path) {
                *extra -= altered;
            }
        }
        tally.doubled += extra.into_values().sum::<usize>();
        tally.faithful = self.faithful(arrived, place);
        tally.retouched = self.len().saturating_sub(tally.faithful + tally.altered + tally.lost);
        tally
    }

    /// How many messages are there exactly as they were.
    fn faithful(&self, arrived: &Self, place: impl Fn(&[String]) -> Vec<String>) -> usize {
        let mut left: BTreeMap<Vec<String>, BTreeMap<&Print, usize>> = BTreeMap::new();
        for (path, contents) in &arrived.folders {
            let prints = left.entry(path.clone()).or_default();
            for one in &contents.messages {
                *prints.entry(one).or_default() += 1;
            }
        }
        let mut faithful = 0;
        for (path, contents) in &self.folders {
            let Some(prints) = left.get_mut(&place(path)) else { continue };
            for one in &contents.messages {
                if let Some(count) = prints.get_mut(one).filter(|count| **count > 0) {
                    *count -= 1;
                    faithful += 1;
                }
            }
        }
        faithful
    }

    /// Folders that are not where they were, with the unexpected folder that holds most of their messages.
    fn renamed(&self, arrived: &Self) -> BTreeMap<Vec<String>, Vec<String>> {
        let mut found = BTreeMap::new();
        let mut free: Vec<_> =
            arrived.folders.iter().filter(|(path, _)| !self.folders.contains_key(*path)).collect();
        for (path, contents) in &self.folders {
            if arrived.folders.contains_key(path) || contents.messages.is_empty() {
                continue;
            }
            let bytes: BTreeSet<_> = contents.messages.iter().map(|one| &one.sha256).collect();
            let common = |index: &usize| {
                free[*index].1.messages.iter().filter(|one| bytes.contains(&one.sha256)).count()
            };
            let best = (0..free.len()).max_by_key(common).filter(|index| common(index) > 0);
            if let Some(index) = best {
                found.insert(path.clone(), free.swap_remove(index).0.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{
        super::{Contents, Print, sha256},
        Snapshot, Tally,
    };

    /// `Inbox: a b | Sent: c!`, where `!` stands for a flag and `@` for another date.
    fn mailbox(text: &str) -> Snapshot {
        let mut folders = BTreeMap::new();
        for folder in text.split(" | ") {
            let (name, messages) = folder.split_once(':').expect("a colon");
            let messages = messages.split_whitespace().map(print).collect();
            folders.insert(vec![name.to_owned()], Contents { subscribed: true, messages });
        }
        Snapshot { folders }
    }

    fn print(word: &str) -> Print {
        let text = word.trim_end_matches(['!', '@']);
        let flags = word.contains('!').then(|| "\\Flagged".to_owned()).into_iter().collect();
        let received = i64::from(word.contains('@'));
        Print {
            sha256: sha256(text.as_bytes()),
            received,
            flags,
            keywords: BTreeSet::new(),
            shown: text.into(),
        }
    }

    fn check(before: &str, after: &str, expected: Tally) {
        assert_eq!(mailbox(before).tally(&mailbox(after)), expected, "{before} to {after}");
    }

    #[test]
    fn every_message_is_counted_once() {
        check("A: a b c", "A: a b c", Tally { faithful: 3, ..Tally::default() });
        check("A: a b c", "A: a c", Tally { faithful: 2, lost: 1, ..Tally::default() });
        check("A: a b c", "A: a x c", Tally { faithful: 2, altered: 1, ..Tally::default() });
        check("A: a b c", "A: a b c a", Tally { faithful: 3, doubled: 1, ..Tally::default() });
        check("A: a b c", "A: a! b@! c", Tally { faithful: 1, retouched: 2, ..Tally::default() });
        check("A: a b", "A: a! b!", Tally { retouched: 2, ..Tally::default() });
        check("A: a a", "A: a! a!", Tally { retouched: 2, ..Tally::default() });
    }

    #[test]
    fn a_folder_under_another_name_is_no_loss_and_one_that_is_gone_is() {
        check(
            "a/b: a b | C: c",
            "a_b: a b | C: c",
            Tally { faithful: 3, folders_renamed: 1, ..Tally::default() },
        );
        check("a/b: a b | C: c", "C: c", Tally { faithful: 1, lost: 2, folders_lost: 1, ..Tally::default() });
        check("A: a", "A: a | New: x y", Tally { faithful: 1, doubled: 2, ..Tally::default() });
    }
}
