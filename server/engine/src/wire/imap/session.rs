//! A logged-in session on one mailbox: what both the reading and the writing side need.

use bytes::Bytes;
use shared::{cause::Cause, check::Side, endpoint::ImapEndpoint};

use super::{
    connect,
    connection::{Connection, Data, Step, Tag},
    encode,
    fetch::{self, Keywords},
    listing::{self, MailboxListing},
    login,
    quota::{self, Room},
    response::Value,
};
use crate::{
    account::Account,
    error::{ConnectorError, Reach},
    model::{Flags, Folder, ItemId, ItemMeta, Received},
};

/// What SELECT or EXAMINE tells (RFC 3501, section 6.3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FolderState {
    pub exists: u32,
    pub validity: u32,
    pub next: u32,
    /// None: the server did not say, which means all.
    pub permanent: Option<Permanent>,
}

/// Which keywords a folder keeps (RFC 3501, section 7.1, PERMANENTFLAGS).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permanent {
    /// `\*`: any keyword.
    pub any: bool,
    /// These, as the server spells them.
    pub keywords: Vec<String>,
}

/// A request for bodies that is under way.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked(Tag);

/// What comes while bodies are received.
#[derive(Debug)]
pub(crate) enum Chunk {
    Body {
        uid: u32,
        body: Bytes,
    },
    /// A request ended; `refused` has the server's words when it did not end well.
    End {
        asked: Asked,
        refused: Option<String>,
    },
}

/// A logged-in session on one mailbox.
#[derive(Debug)]
pub(crate) struct ImapSession {
    pub(crate) connection: Connection,
    pub(crate) listing: MailboxListing,
    /// The folder that is open for writing.
    selected: Option<Vec<u8>>,
    keywords: Keywords,
}

/// Connects, logs in and lists the folders.
pub(crate) async fn open(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapSession, ConnectorError> {
    let peer = format!("the {} {}", as_side.title(), encode::clean(&endpoint.host, 100));
    let connection = connect::open(endpoint, &peer, &mut |_| {}).await?;
    let mut connection = login::login(connection, endpoint, &account.user, &account.secret).await?;
    let listing = listing::list(&mut connection, endpoint.preset).await?;
    Ok(ImapSession { connection, listing, selected: None, keywords: Keywords::default() })
}

impl ImapSession {
    pub(crate) fn peer(&self) -> &str {
        &self.connection.peer
    }

    /// Opens a folder for reading (EXAMINE): nothing in it changes.
    pub(crate) async fn examine(&mut self, folder: &Folder) -> Result<FolderState, ConnectorError> {
        self.open_folder(b"EXAMINE ", folder).await
    }

    /// Opens a folder for writing (SELECT).
    pub(crate) async fn select(&mut self, folder: &Folder) -> Result<FolderState, ConnectorError> {
        let state = self.open_folder(b"SELECT ", folder).await?;
        self.selected = Some(folder.wire.clone());
        Ok(state)
    }

    async fn open_folder(&mut self, word: &[u8], folder: &Folder) -> Result<FolderState, ConnectorError> {
        self.selected = None;
        let command = [word, &self.name(&folder.wire)].concat();
        let mut state = FolderState::default();
        let condition = self.connection.run(&command, |data| read_state(&data, &mut state)).await?;
        if !condition.is_ok() {
            let doing = format!("opening folder {} on {}", folder.path, self.peer());
            return Err(self.connection.refused(&condition, Reach::Folder, Cause::FolderUnreadable, doing));
        }
        Ok(state)
    }

    /// Whether the folder is open for writing.
    pub(crate) fn is_selected(&self, wire: &[u8]) -> bool {
        self.selected.as_deref() == Some(wire)
    }

    /// A folder's name as it goes into a command.
    pub(crate) fn name(&self, wire: &[u8]) -> Vec<u8> {
        encode::string(wire, self.connection.capabilities.has("LITERAL+"))
    }

    /// Every message of the open folder from a UID on, by growing UID.
    pub(crate) async fn metas(
        &mut self,
        folder: &Folder,
        from: u32,
    ) -> Result<Vec<ItemMeta>, ConnectorError> {
        let from = from.max(1);
        let command = format!("UID FETCH {from}:* (UID FLAGS INTERNALDATE RFC822.SIZE)");
        let keywords = &mut self.keywords;
        let mut metas: Vec<ItemMeta> = Vec::new();
        let keep = |data: Data| {
            let Some(fetched) = fetch::read(&data, keywords) else { return };
            // Unasked news of flags comes without a UID or without a size (edge case 12).
            let (Some(uid), Some(size)) = (fetched.uid, fetched.size) else { return };
            let flags = fetched.flags.unwrap_or_default();
            metas.push(ItemMeta { id: ItemId::Uid(uid), size, received: fetched.received, flags });
        };
        let condition = self.connection.run(command.as_bytes(), keep).await?;
        if !condition.is_ok() {
            let doing = format!("listing folder {} on {}", folder.path, self.peer());
            return Err(self.connection.refused(&condition, Reach::Folder, Cause::FolderUnreadable, doing));
        }
        // `n:*` always includes the last message, even below n (RFC 3501, section 6.4.8).
        metas.retain(|meta| meta.id >= ItemId::Uid(from));
        metas.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        metas.dedup_by(|a, b| a.id == b.id);
        Ok(metas)
    }

    /// Puts a request for message bodies (or header blocks) behind those waiting to be sent.
    pub(crate) fn ask_bodies(&mut self, uids: &[u32], header_only: bool) -> Asked {
        let section = if header_only { "HEADER" } else { "" };
        let command = format!("UID FETCH {} (UID BODY.PEEK[{section}])", encode::uid_set(uids));
        Asked(self.connection.queue(command.as_bytes()))
    }

    pub(crate) async fn flush(&mut self) -> Result<(), ConnectorError> {
        self.connection.flush().await
    }

    /// Lets literals through that are as large as the server said, with room for servers that estimate (edge case 8).
    pub(crate) const fn allow_message(&mut self, size: u64) {
        self.connection.allow_literals(size.saturating_mul(2).saturating_add(1024 * 1024));
    }

    /// The next body of the requests under way, or the end of one. Their answers may come interleaved.
    pub(crate) async fn next_body(&mut self) -> Result<Chunk, ConnectorError> {
        loop {
            match self.connection.step().await? {
                Step::Data(data) => {
                    let Some(fetched) = fetch::read(&data, &mut self.keywords) else { continue };
                    if let (Some(uid), Some(body)) = (fetched.uid, fetched.body) {
                        return Ok(Chunk::Body { uid, body });
                    }
                }
                // A server that asks for patience does not speak of these messages; one that cannot read a message says
                // SERVERBUG, again and again.
                Step::End(_, condition) if condition.passes() && !condition.is("SERVERBUG") => {
                    let doing = format!("reading messages on {}", self.peer());
                    return Err(self.connection.refused(&condition, Reach::Mailbox, Cause::Busy, doing));
                }
                Step::End(tag, condition) => {
                    let refused = (!condition.is_ok()).then_some(condition.words);
                    return Ok(Chunk::End { asked: Asked(tag), refused });
                }
            }
        }
    }

    /// How much room the mailbox has; none when the server keeps no quota.
    pub(crate) async fn room(&mut self) -> Result<Option<Room>, ConnectorError> {
        quota::room(&mut self.connection).await
    }
}

fn read_state(data: &Data, state: &mut FolderState) {
    let number = || data.values.first().and_then(Value::number).and_then(|number| u32::try_from(number).ok());
    match data.name.as_str() {
        "EXISTS" => state.exists = data.number.unwrap_or(0),
        "UIDVALIDITY" => state.validity = number().unwrap_or(0),
        "UIDNEXT" => state.next = number().unwrap_or(0),
        "PERMANENTFLAGS" => {
            let names = data.values.first().and_then(Value::list).unwrap_or_default();
            let names: Vec<String> = names.iter().filter_map(Value::text).collect();
            state.permanent = Some(Permanent {
                any: names.iter().any(|name| name == "\\*"),
                keywords: names.into_iter().filter(|name| !name.starts_with('\\')).collect(),
            });
        }
        _ => {}
    }
}

/// Flags of a message as a target takes them that keeps some of its keywords.
pub(crate) fn kept_flags(flags: &Flags, permanent: Option<&Permanent>) -> String {
    encode::flags(flags, |keyword| match permanent {
        None => true,
        Some(kept) => kept.any || kept.keywords.iter().any(|known| known.eq_ignore_ascii_case(keyword)),
    })
}

/// A message's date when the server told none: the last hop's, else its own (edge case 36).
pub(crate) fn date_inside(body: &[u8]) -> Option<Received> {
    let message = mail_parser::MessageParser::default().parse_headers(body)?;
    let date = message.received().and_then(|received| received.date).or_else(|| message.date().copied())?;
    date.is_valid().then(|| Received { seconds: date.to_timestamp(), zone_minutes: 0 })
}
