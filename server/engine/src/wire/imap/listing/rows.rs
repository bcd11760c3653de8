//! Asking for all folders: LIST at once, in its extended form where there is one; level by level where that fails.

mod walk;

use std::collections::{BTreeMap, HashMap};

use shared::{cause::Cause, folder::Role};

use crate::{
    error::{ConnectorError, Reach},
    wire::imap::{
        connection::{Connection, Data, Tag},
        response::{Condition, Value},
    },
};

/// All rows, and the branches that the server could not list.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) unlisted: Vec<Unlisted>,
}

/// A folder below which the server could not list, and its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unlisted {
    pub(super) wire: Vec<u8>,
    pub(super) words: String,
}

/// One answer to LIST.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) attributes: Vec<String>,
    pub(super) separator: Option<u8>,
    pub(super) wire: Vec<u8>,
    pub(super) subscribed: bool,
}

impl Row {
    /// The one folder that is there without being listed.
    fn inbox() -> Self {
        Self { attributes: Vec::new(), separator: None, wire: b"INBOX".to_vec(), subscribed: false }
    }

    pub(super) fn is(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute))
    }

    pub(super) fn selectable(&self) -> bool {
        !self.is("\\Noselect") && !self.is("\\NonExistent")
    }

    /// RFC 6154, section 2.
    pub(super) fn special_use(&self) -> Option<Role> {
        const USES: [(&str, Role); 5] = [
            ("\\Sent", Role::Sent),
            ("\\Drafts", Role::Drafts),
            ("\\Trash", Role::Trash),
            ("\\Junk", Role::Junk),
            ("\\Archive", Role::Archive),
        ];
        USES.into_iter().find(|(name, _)| self.is(name)).map(|(_, role)| role)
    }
}

/// The request for all folders, under way.
#[derive(Debug)]
pub(super) struct Asked {
    list: Tag,
    /// Where the extended form (RFC 5258), which tells of subscriptions too, is not used.
    lsub: Option<Tag>,
    rows: Vec<Row>,
    subscribed: BTreeMap<Vec<u8>, Row>,
}

impl Asked {
    pub(super) fn tags(&self) -> impl Iterator<Item = Tag> {
        std::iter::once(self.list.clone()).chain(self.lsub.clone())
    }

    /// Keeps what the server tells of folders.
    pub(super) fn keep(&mut self, data: &Data) {
        self.rows.extend(read(data, "LIST"));
        self.subscribed.extend(read(data, "LSUB").map(|row| (row.wire.clone(), row)));
    }
}

/// Asks for all folders. The request waits to be sent.
pub(super) fn ask(connection: &mut Connection) -> Asked {
    if !connection.capabilities.has("LIST-EXTENDED") {
        return ask_plainly(connection);
    }
    let special = if connection.capabilities.has("SPECIAL-USE") { " SPECIAL-USE" } else { "" };
    let list = connection.queue(format!("LIST \"\" \"*\" RETURN (SUBSCRIBED{special})").as_bytes());
    Asked { list, lsub: None, rows: Vec::new(), subscribed: BTreeMap::new() }
}

fn ask_plainly(connection: &mut Connection) -> Asked {
    let list = connection.queue(b"LIST \"\" \"*\"");
    let lsub = Some(connection.queue(b"LSUB \"\" \"*\""));
    Asked { list, lsub, rows: Vec::new(), subscribed: BTreeMap::new() }
}

/// Every folder, out of the answers to what was asked. None at all is not an error here: it may be what the server means.
pub(super) async fn all(
    connection: &mut Connection,
    mut asked: Asked,
    mut ended: HashMap<Tag, Condition>,
) -> Result<Rows, ConnectorError> {
    if asked.lsub.is_none() {
        // Some servers advertise the extended form and answer it with BAD (edge case 74).
        if ended.get(&asked.list).is_some_and(Condition::is_ok) && !asked.rows.is_empty() {
            for row in &mut asked.rows {
                row.subscribed = row.is("\\Subscribed");
            }
            return Ok(Rows { rows: asked.rows, unlisted: Vec::new() });
        }
        asked = ask_plainly(connection);
        connection.flush().await?;
        let tags: Vec<Tag> = asked.tags().collect();
        ended = connection.finish_all(&tags, |data| asked.keep(&data)).await?;
    }
    let Asked { list, rows, subscribed, .. } = asked;
    let refusal = ended.get(&list).filter(|condition| !condition.is_ok());
    let mut found = Rows { rows, unlisted: Vec::new() };
    if refusal.is_some() || found.rows.is_empty() {
        let doing = format!("listing the folders on {}", connection.peer);
        if let Some(condition) = refusal.filter(|condition| condition.hint().is_some()) {
            return Err(connection.refused(condition, Reach::Mailbox, Cause::NoFolders, doing));
        }
        // One bad branch, such as a broken mountpoint, spoils the whole listing (edge case 73).
        found = walk::walk(connection, &subscribed).await?;
        if let (Some(condition), true) = (refusal, found.rows.is_empty()) {
            return Err(connection.refused(condition, Reach::Mailbox, Cause::NoFolders, doing));
        }
    }
    for row in &mut found.rows {
        row.subscribed = subscribed.contains_key(&row.wire);
    }
    Ok(found)
}

/// An answer to LIST or LSUB as a row.
pub(super) fn read(data: &Data, word: &str) -> Option<Row> {
    if data.name != word {
        return None;
    }
    let [attributes, separator, name, ..] = data.values.as_slice() else { return None };
    Some(Row {
        attributes: attributes.list()?.iter().filter_map(Value::text).collect(),
        separator: separator.bytes().and_then(|bytes| bytes.first().copied()),
        // A folder may be called NIL.
        wire: name.bytes().map_or_else(|| b"NIL".to_vec(), |bytes| bytes.to_vec()),
        subscribed: false,
    })
}
