//! Compares two mailboxes as an independent client reads them.

mod difference;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

pub use difference::Difference;
use sha2::{Digest, Sha256};
pub use tally::Tally;

use crate::{
    error::Result,
    imap::{Folder, Imap, Message},
    moment,
};

/// What a mailbox holds: everything that must survive a migration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    folders: BTreeMap<Vec<String>, Contents>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Contents {
    subscribed: bool,
    messages: Vec<Print>,
}

/// What is compared of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Print {
    /// SHA-256 of its bytes with every line end as CRLF.
    pub sha256: String,
    /// INTERNALDATE, in seconds since 1970.
    pub received: i64,
    /// System flags.
    pub flags: BTreeSet<String>,
    /// Keywords.
    pub keywords: BTreeSet<String>,
    /// The beginning of its subject or text, for a person.
    pub shown: String,
}

impl Snapshot {
    /// Reads every folder of a mailbox that can be opened.
    pub fn read(imap: &mut Imap) -> Result<Self> {
        Self::read_where(imap, |_| true)
    }

    /// Reads the folders that are wanted.
    pub fn read_where(imap: &mut Imap, wanted: impl Fn(&Folder) -> bool) -> Result<Self> {
        let mut folders = BTreeMap::new();
        for folder in imap.folders()?.into_iter().filter(|folder| folder.selectable() && wanted(folder)) {
            let mut messages = Vec::new();
            imap.each_message(&folder.wire, &mut |message| messages.push(Print::new(&message)))?;
            folders.insert(folder.path, Contents { subscribed: folder.subscribed, messages });
        }
        Ok(Self { folders })
    }

    /// Every message with the path of its folder.
    pub fn messages(&self) -> impl Iterator<Item = (&[String], &Print)> {
        self.folders
            .iter()
            .flat_map(|(path, contents)| contents.messages.iter().map(move |one| (path.as_slice(), one)))
    }

    /// The same without the messages whose bytes have one of these sums.
    #[must_use]
    pub fn without(&self, sums: &BTreeSet<String>) -> Self {
        let mut rest = self.clone();
        for contents in rest.folders.values_mut() {
            contents.messages.retain(|one| !sums.contains(&one.sha256));
        }
        rest
    }

    /// How many messages it holds.
    pub fn len(&self) -> usize {
        self.folders.values().map(|contents| contents.messages.len()).sum()
    }

    /// Whether it holds no message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The paths of its folders.
    pub fn paths(&self) -> impl Iterator<Item = &[String]> {
        self.folders.keys().map(Vec::as_slice)
    }

    /// How many messages a folder holds; none when there is no such folder.
    pub fn count(&self, path: &[&str]) -> Option<usize> {
        let path: Vec<_> = path.iter().map(|name| (*name).to_owned()).collect();
        self.folders.get(&path).map(|contents| contents.messages.len())
    }

    /// Everything in `arrived` that is not as here, with folders where `expected` puts them.
    pub fn differences(
        &self,
        arrived: &Self,
        expected: impl Fn(&[String]) -> Vec<String>,
    ) -> Vec<Difference> {
        let mut found = Vec::new();
        // Several folders may be expected in one place.
        let mut wanted: BTreeMap<Vec<String>, Contents> = BTreeMap::new();
        for (path, contents) in &self.folders {
            let place = wanted.entry(expected(path)).or_default();
            place.subscribed |= contents.subscribed;
            place.messages.extend(contents.messages.iter().cloned());
        }
        for (path, contents) in &wanted {
            let Some(there) = arrived.folders.get(path) else {
                found.push(Difference::FolderMissing(path.clone()));
                found.extend(
                    contents.messages.iter().map(|one| Difference::Missing(path.clone(), one.clone())),
                );
                continue;
            };
            if contents.subscribed && !there.subscribed {
                found.push(Difference::Subscription(path.clone()));
            }
            compare(path, &contents.messages, &there.messages, &mut found);
        }
        for (path, contents) in &arrived.folders {
            if !wanted.contains_key(path) && !contents.messages.is_empty() {
                found.push(Difference::FolderExtra(path.clone(), contents.messages.len()));
            }
        }
        found
    }
}

/// Pairs equal messages first, then those with equal bytes; what is left is missing or extra.
fn compare(path: &[String], wanted: &[Print], there: &[Print], found: &mut Vec<Difference>) {
    let mut same: BTreeMap<&Print, usize> = BTreeMap::new();
    for other in there {
        *same.entry(other).or_default() += 1;
    }
    let mut open = Vec::new();
    for one in wanted {
        match same.get_mut(one) {
            Some(count) if *count > 0 => *count -= 1,
            _ => open.push(one),
        }
    }
    let mut left: BTreeMap<&str, Vec<&Print>> = BTreeMap::new();
    for (other, count) in same {
        left.entry(&other.sha256).or_default().extend(std::iter::repeat_n(other, count));
    }
    for one in open {
        let Some(other) = left.get_mut(one.sha256.as_str()).and_then(Vec::pop) else {
            found.push(Difference::Missing(path.to_vec(), one.clone()));
            continue;
        };
        if other.received != one.received {
            found.push(Difference::Date(path.to_vec(), one.clone(), other.received));
        }
        if other.flags != one.flags {
            found.push(Difference::Flags(path.to_vec(), one.clone(), other.flags.clone()));
        }
        if other.keywords != one.keywords {
            found.push(Difference::Keywords(path.to_vec(), one.clone(), other.keywords.clone()));
        }
    }
    found.extend(left.into_values().flatten().map(|extra| Difference::Extra(path.to_vec(), extra.clone())));
}

impl Print {
    fn new(message: &Message) -> Self {
        let (flags, keywords) = message.flags.iter().cloned().partition(|flag| flag.starts_with('\\'));
        let (sha256, shown) = (sha256(&message.body), shown(&message.body));
        Self { sha256, received: message.received, flags, keywords, shown }
    }
}

impl std::fmt::Display for Print {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let received = moment::to_imap(self.received);
        let Self { shown, flags, keywords, sha256, .. } = self;
        write!(f, "{shown:?} ({received}, {flags:?} {keywords:?}, {})", &sha256[..12])
    }
}

/// SHA-256 of a message with every line end as CRLF: a bare LF and a CRLF count as the same, a bare CR does not.
pub fn sha256(body: &[u8]) -> String {
    let mut digest = Sha256::new();
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                digest.update(text.strip_suffix(b"\r").unwrap_or(text));
                digest.update(b"\r\n");
            }
            None => digest.update(line),
        }
    }
    hex::encode(digest.finalize())
}

fn shown(body: &[u8]) -> String {
    let head = &body[..body.len().min(4096)];
    let head = String::from_utf8_lossy(head);
    let subject = head.lines().find(|line| line.starts_with("Subject:")).or_else(|| head.lines().next());
    subject.unwrap_or_default().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Contents, Difference, Print, Snapshot, sha256};

    fn print(text: &str, received: i64) -> Print {
        let (flags, keywords) = (BTreeSet::new(), BTreeSet::new());
        Print { sha256: sha256(text.as_bytes()), received, flags, keywords, shown: text.to_owned() }
    }

    fn snapshot(folder: &str, messages: &[Print]) -> Snapshot {
        let contents = Contents { subscribed: true, messages: messages.to_vec() };
        Snapshot { folders: BTreeMap::from([(vec![folder.to_owned()], contents)]) }
    }

    #[test]
    fn line_ends_do_not_matter_but_bare_carriage_returns_do() {
        assert_eq!(sha256(b"a\nb\r\n"), sha256(b"a\r\nb\n"));
        assert_ne!(sha256(b"a\rb\r\n"), sha256(b"a\r\nb\r\n"));
        assert_ne!(sha256(b"a"), sha256(b"a\n"));
    }

    #[test]
    fn a_lost_twin_is_missing_and_a_third_one_extra() {
        let two = snapshot("INBOX", &[print("twin", 1), print("twin", 1)]);
        let one = snapshot("INBOX", &[print("twin", 1)]);
        let same = |path: &[String]| path.to_vec();
        assert_eq!(two.differences(&two, same), []);
        assert!(matches!(two.differences(&one, same).as_slice(), [Difference::Missing(..)]));
        assert!(matches!(one.differences(&two, same).as_slice(), [Difference::Extra(..)]));
    }

    #[test]
    fn folders_are_looked_for_where_they_are_expected() {
        let old = snapshot("Gesendet", &[print("a", 1)]);
        let new = snapshot("Sent", &[print("a", 2)]);
        let moved = old.differences(&new, |_| vec!["Sent".into()]);
        assert!(matches!(moved.as_slice(), [Difference::Date(_, _, 2)]), "{moved:?}");
        let lost = old.differences(&new, <[String]>::to_vec);
        assert_eq!(lost.len(), 3, "a missing folder, a missing message and an extra folder: {lost:?}");
    }
}
