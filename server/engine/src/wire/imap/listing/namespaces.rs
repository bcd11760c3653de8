//! Namespaces (RFC 2342): whose the folders are, by what their names begin with.

use crate::wire::imap::{connection::Data, response::Value};

/// A namespace: what its folders' names begin with, and what separates them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Namespace {
    pub(super) prefix: Vec<u8>,
    pub(super) separator: Option<u8>,
}

impl Namespace {
    /// Whether a folder's name is in it; `Public` itself belongs to the prefix `Public/`.
    pub(super) fn holds(&self, wire: &[u8]) -> bool {
        if self.prefix.is_empty() {
            return false;
        }
        let root = match self.separator {
            Some(separator) => self.prefix.strip_suffix(&[separator]).unwrap_or(&self.prefix),
            None => &self.prefix,
        };
        wire.starts_with(&self.prefix) || wire == root
    }
}

/// A server's namespaces.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    pub(super) personal: Vec<Namespace>,
    pub(super) of_other_users: Vec<Namespace>,
    pub(super) shared: Vec<Namespace>,
}

impl Namespaces {
    /// Those whose folders are not the user's own.
    pub(super) fn foreign(&self) -> impl Iterator<Item = &Namespace> {
        self.of_other_users.iter().chain(&self.shared)
    }
}

/// The answer to NAMESPACE.
pub(super) fn read(data: &Data) -> Namespaces {
    let entry = |entry: &Value| {
        let entry = entry.list()?;
        let separator = entry.get(1).and_then(Value::bytes).and_then(|bytes| bytes.first().copied());
        Some(Namespace { prefix: entry.first()?.bytes()?.to_vec(), separator })
    };
    let class = |index: usize| {
        let entries = data.values.get(index).and_then(Value::list).unwrap_or_default();
        entries.iter().filter_map(entry).collect::<Vec<_>>()
    };
    Namespaces { personal: class(0), of_other_users: class(1), shared: class(2) }
}
