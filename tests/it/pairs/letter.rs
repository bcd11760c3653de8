//! What the independent client reads in a mailbox, message by message with its number.

use std::collections::BTreeSet;

use servers::verify::sha256;

use super::system::System;

/// A folder that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: Vec<String>,
    pub(super) subscribed: bool,
    pub(super) letters: Vec<Letter>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) uid: u64,
    /// Of its bytes, with every line end as CRLF, also the last one where there is none: several systems add it.
    pub(super) sha256: String,
    /// None where the system tells the present moment for want of a date.
    pub(super) received: Option<i64>,
    pub(super) flags: BTreeSet<String>,
    pub(super) keywords: BTreeSet<String>,
    /// Its beginning, for a person.
    pub(super) shown: String,
}

/// Every folder and every message, in the order of their names and numbers.
pub(super) fn read(system: &System) -> Vec<Folder> {
    let mut imap = system.open();
    let listed = imap.folders().expect("lists");
    let mut folders: Vec<_> = listed
        .into_iter()
        .filter(|folder| folder.selectable())
        .map(|folder| {
            let messages = imap.messages(&folder.wire).expect("reads");
            let letters = messages.into_iter().map(|message| {
                let (flags, keywords) =
                    message.flags.iter().cloned().partition(|flag| flag.starts_with('\\'));
                let head = String::from_utf8_lossy(&message.body[..message.body.len().min(200)]).into_owned();
                let shown = head.lines().find(|line| line.starts_with("Subject")).unwrap_or(&head);
                Letter {
                    uid: message.uid,
                    sha256: sha256(&ended(message.body.clone())),
                    received: (!system.tells_now(message.received)).then_some(message.received),
                    flags,
                    keywords,
                    shown: shown.chars().take(60).collect(),
                }
            });
            Folder { path: folder.path, subscribed: folder.subscribed, letters: letters.collect() }
        })
        .collect();
    folders.sort_by(|one, other| one.path.cmp(&other.path));
    folders
}

fn ended(mut body: Vec<u8>) -> Vec<u8> {
    if body.last().is_some_and(|byte| *byte != b'\n') {
        body.extend(b"\r\n");
    }
    body
}
