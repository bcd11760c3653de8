//! Reading FETCH answers (RFC 3501, section 7.4.2).

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;

use super::{connection::Data, date, response::Value};
use crate::model::{Flags, Received};

/// What one FETCH answer told of a message. Servers may send it in pieces.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub uid: Option<u32>,
    pub size: Option<u64>,
    pub received: Option<Received>,
    pub flags: Option<Flags>,
    pub body: Option<Bytes>,
    /// X-GM-MSGID: the same message has the same one in every folder.
    pub message: Option<u64>,
    /// X-GM-LABELS: names of folders as the server spells them, and system labels with a backslash.
    pub labels: Option<Vec<Bytes>>,
    /// Where the body begins, when it is a part: `BODY[]<4096>`.
    pub from: Option<u64>,
}

/// Gives equal keywords one allocation: a folder of a million messages has a handful of them.
#[derive(Debug, Default)]
pub(super) struct Keywords(HashSet<Arc<str>>);

impl Keywords {
    fn intern(&mut self, keyword: &str) -> Arc<str> {
        if let Some(known) = self.0.get(keyword) {
            return Arc::clone(known);
        }
        let keyword: Arc<str> = keyword.into();
        self.0.insert(Arc::clone(&keyword));
        keyword
    }

    /// System flags and keywords of a list. `\Recent` is the server's own (edge case 38); unknown system flags are
    /// dropped, because no other server takes them (39).
    fn flags(&mut self, list: &[Value]) -> Flags {
        let mut flags = Flags::default();
        for name in list.iter().filter_map(Value::bytes) {
            let name = String::from_utf8_lossy(name);
            if name.starts_with('\\') {
                flags.system.insert(&name);
            } else {
                flags.keywords.push(self.intern(&name));
            }
        }
        flags.keywords.sort_unstable();
        flags.keywords.dedup();
        flags
    }
}

/// The origin of a part, as it stands behind its section.
fn origin(name: &[u8]) -> Option<u64> {
    let (_, origin) = std::str::from_utf8(name).ok()?.rsplit_once('<')?;
    origin.strip_suffix('>')?.parse().ok()
}

/// Reads one answer; none when it is about something else.
pub(super) fn read(data: &Data, keywords: &mut Keywords) -> Option<Fetched> {
    if data.name != "FETCH" {
        return None;
    }
    let mut fetched = Fetched::default();
    for pair in data.values.first()?.list()?.chunks_exact(2) {
        let [name, value] = pair else { continue };
        let name = name.bytes()?;
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        // A folder of a million messages comes through here: nothing is copied to be compared.
        if is(b"UID") {
            fetched.uid = value.number().and_then(|uid| u32::try_from(uid).ok());
        } else if is(b"FLAGS") {
            fetched.flags = value.list().map(|list| keywords.flags(list));
        } else if is(b"RFC822.SIZE") {
            fetched.size = value.number();
        } else if is(b"INTERNALDATE") {
            let text = value.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
            fetched.received = text.and_then(date::parse);
        } else if is(b"X-GM-MSGID") {
            fetched.message = value.number();
        } else if is(b"X-GM-LABELS") {
            fetched.labels = value.list().map(|list| list.iter().filter_map(Value::bytes).cloned().collect());
        } else if name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"BODY[")) {
            // NIL stands for a message that has no such part: nothing, but not absent.
            fetched.body = Some(value.bytes().cloned().unwrap_or_default());
            fetched.from = origin(name);
        }
    }
    Some(fetched)
}
