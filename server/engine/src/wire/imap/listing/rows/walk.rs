//! Listing level by level, for a server whose listing of everything fails or is empty: one bad branch then costs only
//! itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Row, Rows, Unlisted, read};
use crate::{
    error::ConnectorError,
    wire::imap::{
        connection::{Connection, Data},
        encode,
    },
};

/// Deepest level that is asked for: a tree may loop into itself (edge case 76).
const DEEPEST: usize = 32;
/// Questions in one round trip.
const AT_ONCE: usize = 50;

/// Everything that can be listed. Below what cannot be, the folders the user subscribed to stand for the rest.
pub(super) async fn walk(
    connection: &mut Connection,
    subscribed: &BTreeMap<Vec<u8>, Row>,
) -> Result<Rows, ConnectorError> {
    let mut rows: BTreeMap<Vec<u8>, Row> = BTreeMap::new();
    let mut unlisted = Vec::new();
    let mut level = vec![Vec::new()];
    for _ in 0..DEEPEST {
        let mut below = BTreeSet::new();
        for branches in level.chunks(AT_ONCE) {
            for row in ask(connection, branches, &mut unlisted).await? {
                if rows.contains_key(&row.wire) {
                    continue;
                }
                below.extend(branch(&row));
                rows.insert(row.wire.clone(), row);
            }
        }
        level = below.into_iter().collect();
        if level.is_empty() {
            break;
        }
    }
    let too_deep = "It is too deep, or its folders loop into themselves.";
    unlisted.extend(level.into_iter().map(|wire| Unlisted { wire, words: too_deep.into() }));
    for row in subscribed.values() {
        if unlisted.iter().any(|branch| row.wire.starts_with(&branch.wire)) {
            rows.entry(row.wire.clone()).or_insert_with(|| row.clone());
        }
    }
    if unlisted.iter().any(|branch| branch.wire.is_empty()) && !rows.is_empty() {
        // Subscriptions tell of INBOX only where somebody subscribed to it, but every mailbox has one.
        rows.entry(b"INBOX".to_vec()).or_insert_with(Row::inbox);
    }
    for branch in &mut unlisted {
        // The folder's name, not the separator behind it.
        branch.wire.pop();
    }
    Ok(Rows { rows: rows.into_values().collect(), unlisted })
}

/// The folders directly below each of the branches, asked for in one round trip.
async fn ask(
    connection: &mut Connection,
    branches: &[Vec<u8>],
    unlisted: &mut Vec<Unlisted>,
) -> Result<Vec<Row>, ConnectorError> {
    let literal_plus = connection.capabilities.has("LITERAL+");
    let mut tags = Vec::with_capacity(branches.len());
    for branch in branches {
        let command = [b"LIST ", encode::string(branch, literal_plus).as_slice(), b" \"%\""].concat();
        tags.push(connection.queue(&command));
    }
    connection.flush().await?;
    let mut rows = Vec::new();
    let ended = connection.finish_all(&tags, |data: Data| rows.extend(read(&data, "LIST"))).await?;
    for (branch, tag) in branches.iter().zip(&tags) {
        if let Some(condition) = ended.get(tag).filter(|condition| !condition.is_ok()) {
            let words = format!("The server answered: “{}”", condition.words);
            unlisted.push(Unlisted { wire: branch.clone(), words });
        }
    }
    Ok(rows)
}

/// What the names of the folders below begin with; none where there are none.
fn branch(row: &Row) -> Option<Vec<u8>> {
    let barren = row.is("\\HasNoChildren") || row.is("\\NoInferiors");
    let separator = row.separator.filter(|_| !barren)?;
    Some([row.wire.as_slice(), &[separator]].concat())
}
