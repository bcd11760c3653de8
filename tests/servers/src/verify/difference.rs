//! What is not the same on both sides, in words.

use std::{collections::BTreeSet, fmt};

use super::Print;
use crate::moment;

/// Something that is not the same on both sides. Paths are those expected on the second side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A folder is not there.
    FolderMissing(Vec<String>),
    /// A folder is there that nobody expected, and holds messages.
    FolderExtra(Vec<String>, usize),
    /// The user was subscribed and is not any more.
    Subscription(Vec<String>),
    /// A message is not there, or not often enough.
    Missing(Vec<String>, Print),
    /// A message is there that nobody expected, or too often.
    Extra(Vec<String>, Print),
    /// A message's bytes are there with another date.
    Date(Vec<String>, Print, i64),
    /// A message's bytes are there with other system flags.
    Flags(Vec<String>, Print, BTreeSet<String>),
    /// A message's bytes are there with other keywords.
    Keywords(Vec<String>, Print, BTreeSet<String>),
}

impl Difference {
    /// The folder it is about.
    pub fn path(&self) -> &[String] {
        match self {
            Self::FolderMissing(path)
            | Self::FolderExtra(path, _)
            | Self::Subscription(path)
            | Self::Missing(path, _)
            | Self::Extra(path, _)
            | Self::Date(path, _, _)
            | Self::Flags(path, _, _)
            | Self::Keywords(path, _, _) => path,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().join(" > ");
        match self {
            Self::FolderMissing(_) => write!(f, "{path}: folder missing"),
            Self::FolderExtra(_, count) => write!(f, "{path}: unexpected folder with {count} messages"),
            Self::Subscription(_) => write!(f, "{path}: not subscribed any more"),
            Self::Missing(_, one) => write!(f, "{path}: missing {one}"),
            Self::Extra(_, one) => write!(f, "{path}: extra {one}"),
            Self::Date(_, one, date) => write!(f, "{path}: {one} has date {}", moment::to_imap(*date)),
            Self::Flags(_, one, flags) => write!(f, "{path}: {one} has flags {flags:?}"),
            Self::Keywords(_, one, words) => write!(f, "{path}: {one} has keywords {words:?}"),
        }
    }
}
