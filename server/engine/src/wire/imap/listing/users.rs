//! The users of a server, as it shows them to its admin: the tops of the namespace of other users' folders (RFC 2342).
//!
//! So Cyrus answers its admins: `user/bob@example.org`, or with dots between folders `user.bob^smith`, where `^` stands for a
//! dot of the name. A row that cannot be opened stands for folders below it whose top is not there, or not spelled so: the
//! folder `user/bob/Sent@example.org` shows as `user/bob`, too. Whoever has no top to open has no inbox.

use std::collections::BTreeSet;

use shared::cause::Cause;

use super::{
    namespaces::{self, Namespace, Namespaces},
    rows::{self, Row},
};
use crate::{
    error::{ConnectorError, Reach},
    wire::imap::{
        connect::ask_capabilities,
        connection::Connection,
        encode::{self, clean},
        response::Condition,
        utf7,
    },
};

/// Most names that are kept.
pub(crate) const NAMES_MAX: usize = 200_000;
/// Most bytes of names that are kept.
pub(crate) const BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest login name, in bytes, as lists of mailboxes take it.
const NAME_MAX: usize = 255;
/// Namespaces that are asked for, at most: servers have one.
const NAMESPACES_MAX: usize = 4;

/// What a server shows of its users.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Users {
    /// These have an inbox.
    Shown {
        /// Their login names.
        names: BTreeSet<String>,
        /// How many other names were listed: without an inbox, or no login name.
        left_out: u64,
    },
    /// None.
    Hidden {
        /// What was seen instead, as the end of a sentence.
        seen: String,
    },
    /// More than are kept.
    TooMany,
}

/// Asks for the users that the server shows to whoever is logged in.
pub(crate) async fn ask(connection: &mut Connection) -> Result<Users, ConnectorError> {
    if connection.capabilities.is_empty() {
        ask_capabilities(connection).await?;
    }
    if !connection.capabilities.has("NAMESPACE") {
        return Ok(hidden("it does not tell where other users' folders are (it has no NAMESPACE)"));
    }
    let mut namespaces = Namespaces::default();
    let answer = connection.run(b"NAMESPACE", |data| {
        if data.name == "NAMESPACE" {
            namespaces = namespaces::read(&data);
        }
    });
    let condition = answer.await?;
    if let Some(users) = refused(connection, &condition)? {
        return Ok(users);
    }
    // Below nothing stand the folders of whoever asks.
    let others = namespaces.of_other_users.iter().filter(|namespace| !namespace.prefix.is_empty());
    let others: Vec<&Namespace> = others.take(NAMESPACES_MAX).collect();
    let mut all = Tops::default();
    for namespace in &others {
        if let Some(users) = list(connection, namespace, &mut all).await? {
            return Ok(users);
        }
        if all.over {
            return Ok(Users::TooMany);
        }
    }
    Ok(all.users(&others))
}

/// Lists the tops of one namespace; an end of all asking when that is refused.
async fn list(
    connection: &mut Connection,
    namespace: &Namespace,
    all: &mut Tops,
) -> Result<Option<Users>, ConnectorError> {
    let mut tops = Tops::default();
    let condition = list_by(connection, namespace, b'%', &mut tops).await?;
    if let Some(users) = refused(connection, &condition)? {
        return Ok(Some(users));
    }
    if tops.cut {
        // The dots of a domain look like levels, so that no user of one has a top: all folders tell them.
        tops = Tops::default();
        let condition = list_by(connection, namespace, b'*', &mut tops).await?;
        if let Some(users) = refused(connection, &condition)? {
            return Ok(Some(users));
        }
    }
    all.join(tops);
    Ok(None)
}

async fn list_by(
    connection: &mut Connection,
    namespace: &Namespace,
    wildcard: u8,
    tops: &mut Tops,
) -> Result<Condition, ConnectorError> {
    let pattern = [namespace.prefix.as_slice(), &[wildcard]].concat();
    let pattern = encode::string(&pattern, connection.capabilities.has("LITERAL+"));
    let command = [b"LIST \"\" ".as_slice(), &pattern].concat();
    let keep = |data| {
        if let Some(row) = rows::read(&data, "LIST") {
            tops.keep(&row, namespace);
        }
    };
    connection.run(&command, keep).await
}

/// What a refusal comes to: no users are shown, unless the server speaks of itself.
fn refused(connection: &Connection, condition: &Condition) -> Result<Option<Users>, ConnectorError> {
    if condition.is_ok() {
        return Ok(None);
    }
    if condition.hint().is_some() {
        let doing = format!("listing the accounts on {}", connection.peer);
        return Err(connection.refused(condition, Reach::Endpoint, Cause::NoFolders, doing));
    }
    Ok(Some(hidden(&format!("it refuses to tell of other users' folders (“{}”)", condition.words))))
}

fn hidden(seen: &str) -> Users {
    Users::Hidden { seen: seen.to_owned() }
}

/// The tops that were listed.
#[derive(Debug, Default)]
struct Tops {
    names: BTreeSet<String>,
    /// Those that cannot be opened.
    hollow: BTreeSet<String>,
    /// Those that are no login names.
    unfit: u64,
    bytes: usize,
    /// One ends within a domain.
    cut: bool,
    /// There are more than are kept.
    over: bool,
}

impl Tops {
    /// Keeps a row that is a top.
    fn keep(&mut self, row: &Row, namespace: &Namespace) {
        let separator = row.separator.or(namespace.separator);
        let Some(wire) = row.wire.strip_prefix(namespace.prefix.as_slice()) else { return };
        if !is_top(wire, separator) {
            return;
        }
        let (mut name, _) = utf7::decode(wire);
        if separator == Some(b'.') {
            name = name.replace('^', ".");
        }
        let opens = row.selectable();
        self.cut |= !opens && separator == Some(b'.') && name.contains('@');
        if opens && !is_login_name(&name) {
            self.unfit = self.unfit.saturating_add(1);
            return;
        }
        let bytes = name.len();
        let new = if opens { self.names.insert(name) } else { self.hollow.insert(name) };
        self.bytes += if new { bytes } else { 0 };
        self.limit();
    }

    fn join(&mut self, other: Self) {
        self.names.extend(other.names);
        self.hollow.extend(other.hollow);
        self.unfit = self.unfit.saturating_add(other.unfit);
        self.bytes += other.bytes;
        self.over |= other.over;
        self.limit();
    }

    /// Whoever lists more than anybody has must not fill the memory.
    fn limit(&mut self) {
        if self.over || self.names.len() + self.hollow.len() > NAMES_MAX || self.bytes > BYTES_MAX {
            (self.names, self.hollow, self.bytes, self.over) = (BTreeSet::new(), BTreeSet::new(), 0, true);
        }
    }

    fn users(self, asked: &[&Namespace]) -> Users {
        let Self { names, hollow, unfit, .. } = self;
        let without = hollow.iter().filter(|name| !stands_for_another(name, &names)).count() as u64;
        let left_out = without.saturating_add(unfit);
        if !names.is_empty() {
            return Users::Shown { names, left_out };
        }
        let places = asked.iter().map(|namespace| {
            let prefix = String::from_utf8_lossy(&namespace.prefix);
            format!("“{}”", clean(&prefix, 50))
        });
        let places = places.collect::<Vec<_>>().join(", ");
        hidden(&match (asked.is_empty(), left_out) {
            (true, _) => "it names no place for other users' folders".into(),
            (false, 0) => format!("below {places}, the place for other users' folders, it shows nothing"),
            (false, count) => format!(
                "below {places}, the place for other users' folders, it shows {count} names, and none with an inbox that \
                 this login may open"
            ),
        })
    }
}

/// Whether a name below the prefix is a user's, rather than a folder's of a user. A domain stands at the end of either, and
/// may hold dots whatever separates folders.
fn is_top(wire: &[u8], separator: Option<u8>) -> bool {
    let Some(separator) = separator else { return !wire.is_empty() };
    let local = wire.split(|byte| *byte == b'@').next().unwrap_or_default();
    let within = if separator == b'.' { local } else { wire };
    !wire.is_empty() && !within.contains(&separator)
}

/// Whether a name that cannot be opened is that of a user who is listed: by itself, or with its domain.
fn stands_for_another(name: &str, names: &BTreeSet<String>) -> bool {
    let with_domain = format!("{name}@");
    let next = names.range(with_domain.clone()..).next();
    names.contains(name) || next.is_some_and(|next| next.starts_with(&with_domain))
}

/// Whether somebody can log in by a name, and a list can hold it: no controls, nothing that turns text around, no blanks at
/// its ends.
fn is_login_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_MAX && name.trim() == name && clean(name, NAME_MAX) == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(wire: &str, separator: char) -> bool {
        is_top(wire.as_bytes(), Some(separator as u8))
    }

    #[test]
    fn a_users_top_is_told_from_its_folders_with_and_without_a_domain() {
        for (wire, separator) in
            [("bob", '/'), ("bob.smith@x.example", '/'), ("bob^smith", '.'), ("bob^smith@x.example", '.')]
        {
            assert!(top(wire, separator), "{wire}");
        }
        for (wire, separator) in [
            ("", '/'),
            ("bob/Sent", '/'),
            ("bob/Sent@x.example", '/'),
            ("bob@x.example/Sent", '/'),
            ("bob.Sent", '.'),
            ("bob.me@home", '.'),
            ("bob.Sent@x.example", '.'),
        ] {
            assert!(!top(wire, separator), "{wire}");
        }
    }

    #[test]
    fn names_that_act_or_are_too_long_are_no_login_names() {
        for good in ["bob", "o'neil@x.example", "a \"b\"", "=1+1", "größe@x.example", &"x".repeat(255)] {
            assert!(is_login_name(good), "{good}");
        }
        for bad in ["", " bob", "bob ", "b\u{7}b", "b\nb", "b\u{202e}b", &"x".repeat(256)] {
            assert!(!is_login_name(bad), "{bad:?}");
        }
    }
}
