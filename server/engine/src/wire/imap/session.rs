//! A logged-in session on one mailbox: what both the reading and the writing side need.

use bytes::Bytes;
use shared::{
    cause::Cause,
    check::Side,
    endpoint::{ImapEndpoint, Preset},
};

use super::{
    compress,
    connection::{Connection, Data, Step, Tag},
    encode, enter,
    fetch::{self, Keywords},
    listing::{self, MailboxListing},
    quota,
    response::{Condition, Status, Value},
};
use crate::{
    account::Account,
    error::{ConnectorError, Reach, Retry},
    guest::Claim,
    model::{Flags, Folder, Received, Room},
};

/// What SELECT or EXAMINE tells (RFC 3501, section 6.3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FolderState {
    pub exists: u32,
    /// Whether it told how many messages there are, which every server must.
    pub told: bool,
    pub validity: u32,
    pub next: u32,
    /// HIGHESTMODSEQ (RFC 7162); none: the server does not number changes of this folder.
    pub modseq: Option<u64>,
    /// None: the server did not say, which means all.
    pub permanent: Option<Permanent>,
}

impl FolderState {
    /// Takes over what one answer tells.
    pub(crate) fn read(&mut self, data: &Data) {
        let number = || data.values.first().and_then(Value::number);
        let short = || number().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        match data.name.as_str() {
            "EXISTS" => (self.exists, self.told) = (data.number.unwrap_or(0), true),
            "UIDVALIDITY" => self.validity = short(),
            "UIDNEXT" => self.next = short(),
            "HIGHESTMODSEQ" => self.modseq = number(),
            "PERMANENTFLAGS" => {
                let names = data.values.first().and_then(Value::list).unwrap_or_default();
                let names: Vec<String> = names.iter().filter_map(Value::text).collect();
                self.permanent = Some(Permanent {
                    any: names.iter().any(|name| name == "\\*"),
                    keywords: names.into_iter().filter(|name| !name.starts_with('\\')).collect(),
                });
            }
            _ => {}
        }
    }
}

/// Which keywords a folder keeps (RFC 3501, section 7.1, PERMANENTFLAGS).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permanent {
    /// `\*`: any keyword.
    pub any: bool,
    /// These, as the server spells them.
    pub keywords: Vec<String>,
}

/// How a folder is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Read,
    Write,
}

/// A request that is under way.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked(pub(super) Tag);

impl From<Tag> for Asked {
    fn from(tag: Tag) -> Self {
        Self(tag)
    }
}

/// What comes while requests are under way.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// It is larger than it was listed, by more than servers are known to estimate: nothing of it was kept.
    TooLarge { uid: u32 },
    Body {
        uid: u32,
        /// Where it begins, when it is a part of the message and the server tells.
        from: Option<u64>,
        body: Bytes,
    },
    /// What belongs to no message.
    Other(Data),
    /// A request ended.
    End { asked: Asked, condition: Condition },
}

/// What a session knows of how its server tells changes (RFC 7162).
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// It heard the wish to tell ids that are gone.
    pub asked: bool,
    /// It tells ids that are gone.
    pub vanishes: bool,
    /// It refused to tell what changed: it is not asked again.
    pub refused: bool,
    /// It opened a folder and numbers its changes.
    pub opened: bool,
}

/// A logged-in session on one mailbox.
#[derive(Debug)]
pub(crate) struct ImapSession {
    pub(crate) connection: Connection,
    pub(crate) listing: MailboxListing,
    /// The folder that is open, or will be when what was sent is done.
    open: Option<(Vec<u8>, Way)>,
    /// Its UIDVALIDITY, once it is known.
    validity: Option<u32>,
    pub(super) keywords: Keywords,
    pub(super) changes: Changes,
}

/// Connects, logs in and lists the folders.
pub(crate) async fn open(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapSession, ConnectorError> {
    let gate = &account.gate;
    let distrusts = || (gate.distrusts_compression(), gate.lies(), gate.doubts());
    let mut distrusted = distrusts();
    loop {
        let opened = open_once(endpoint, account, as_side).await;
        let now = distrusts();
        // What was found out to be spoiled by something that the server only says it can is done without it.
        if opened.is_ok() || now == distrusted {
            return opened;
        }
        distrusted = now;
    }
}

async fn open_once(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapSession, ConnectorError> {
    let peer = format!("the {} {}", as_side.title(), encode::clean(&endpoint.host, 100));
    let mut connection = enter::enter(endpoint, account, &peer).await?;
    connection.compress = endpoint.compress;
    compress::begin(&mut connection).await?;
    begin(connection, endpoint.preset, as_side).await
}

/// Begins a session on a connection that is logged in: lists the folders.
pub(super) async fn begin(
    mut connection: Connection,
    preset: Option<Preset>,
    as_side: Side,
) -> Result<ImapSession, ConnectorError> {
    let listing = listing::list(&mut connection, preset, as_side).await?;
    let (keywords, changes) = (Keywords::default(), Changes::default());
    Ok(ImapSession { connection, listing, open: None, validity: None, keywords, changes })
}

impl ImapSession {
    /// Lists the folders anew.
    pub(crate) async fn list_again(&mut self) -> Result<(), ConnectorError> {
        let preset = self.listing.profile.preset;
        // How much room there is was told the first time, before anything was written.
        self.listing = listing::list(&mut self.connection, Some(preset), Side::Source).await?;
        Ok(())
    }

    pub(crate) fn peer(&self) -> &str {
        &self.connection.peer
    }

    /// Whether the folder is open for writing, or will be when what was sent is done.
    pub(crate) fn is_selected(&self, wire: &[u8]) -> bool {
        self.open.as_ref().is_some_and(|(open, way)| *way == Way::Write && open == wire)
    }

    /// Whether the folder is open for reading, under that UIDVALIDITY: a server that is asked to open it once more looks at
    /// all that is in it.
    pub(crate) fn is_reading(&self, wire: &[u8], validity: u32) -> bool {
        let open = self.open.as_ref().is_some_and(|(open, way)| *way == Way::Read && open == wire);
        open && self.validity == Some(validity)
    }

    /// The folder that was asked for last is open, under that UIDVALIDITY.
    pub(super) const fn opened_under(&mut self, validity: u32) {
        self.validity = Some(validity);
    }

    /// Whether the server numbers changes (RFC 7162).
    pub(crate) fn numbers_changes(&self) -> bool {
        let capabilities = &self.connection.capabilities;
        capabilities.has("CONDSTORE") || capabilities.has("QRESYNC")
    }

    /// A folder's name as it goes into a command.
    pub(crate) fn name(&self, wire: &[u8]) -> Vec<u8> {
        encode::string(wire, self.connection.capabilities.has("LITERAL+"))
    }

    /// Puts a command behind what waits to be sent.
    pub(crate) fn ask(&mut self, command: &[u8]) -> Asked {
        Asked(self.connection.queue(command))
    }

    /// Puts the opening of a folder behind what waits to be sent: for reading (EXAMINE), which changes nothing in it, or
    /// for writing (SELECT).
    pub(crate) fn ask_folder(&mut self, folder: &Folder, way: Way) -> Asked {
        (self.open, self.validity) = (Some((folder.wire.clone(), way)), None);
        let word: &[u8] = match way {
            Way::Read => b"EXAMINE ",
            Way::Write => b"SELECT ",
        };
        // Asked for, so that flag changes are numbered from now on (RFC 7162, section 3.1.8).
        let numbered: &[u8] = if self.numbers_changes() { b" (CONDSTORE)" } else { b"" };
        let command = [word, &self.name(&folder.wire), numbered].concat();
        Asked(self.connection.queue(&command))
    }

    /// Puts the closing of the open folder behind what waits to be sent (UNSELECT, RFC 3691): a server that appends to an
    /// open folder tells of each message. None when no folder is open, or the server cannot.
    pub(crate) fn ask_unselect(&mut self) -> Option<Asked> {
        let can = self.connection.capabilities.has("UNSELECT");
        let closed = self.open.take_if(|(_, way)| can && *way == Way::Write);
        closed.map(|_| Asked(self.connection.queue(b"UNSELECT")))
    }

    /// Puts a request for message bodies (or header blocks) behind those waiting to be sent.
    pub(crate) fn ask_bodies(&mut self, uids: &[u32], header_only: bool) -> Asked {
        let section = if header_only { "HEADER" } else { "" };
        let command = format!("UID FETCH {} (UID BODY.PEEK[{section}])", encode::uid_set(uids));
        Asked(self.connection.queue(command.as_bytes()))
    }

    /// Puts a request for a part of a message behind those waiting to be sent (RFC 3501, section 6.4.5).
    pub(crate) fn ask_part(&mut self, uid: u32, from: u64, bytes: u64) -> Asked {
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<{from}.{bytes}>)");
        Asked(self.connection.queue(command.as_bytes()))
    }

    /// What opening a folder came to; an error that reaches the folder when the server would not.
    pub(crate) fn opened(&mut self, folder: &Folder, condition: &Condition) -> Result<(), ConnectorError> {
        let numbered = self.numbers_changes();
        if condition.is_ok() {
            self.changes.opened |= numbered;
            return Ok(());
        }
        self.open = None;
        let doing = format!("opening folder {} on {}", folder.path, self.peer());
        if let (Status::Bad, true, false, Some(gate)) =
            (condition.status, numbered, self.changes.opened, &self.connection.gate)
            && condition.hint().is_none()
        {
            // Perhaps it does not know what it says it can.
            gate.found(self.peer(), Claim::NumberedChanges, false);
            let detail = format!("the server answered BAD: “{}”", condition.words);
            let (reach, retry, cause) = (Reach::Mailbox, Retry::Now, Cause::Protocol);
            return Err(ConnectorError { reach, retry, cause, doing, detail });
        }
        Err(self.connection.refused(condition, Reach::Folder, Cause::FolderUnreadable, doing))
    }

    pub(crate) async fn flush(&mut self) -> Result<(), ConnectorError> {
        self.connection.flush().await
    }

    /// Lets messages go by that are larger than allowed, to be asked for in pieces; otherwise they end the session.
    pub(crate) const fn let_larger_pass(&mut self, may: bool) {
        self.connection.let_pass(may);
    }

    /// Lets literals through that are as large as the server said, with room for servers that estimate (edge case 8).
    pub(crate) const fn allow_message(&mut self, size: u64) {
        self.connection.allow_literals(size.saturating_mul(2).saturating_add(1024 * 1024));
    }

    /// What comes next of the requests under way. Answers for several messages may come interleaved.
    pub(crate) async fn next(&mut self) -> Result<Chunk, ConnectorError> {
        loop {
            match self.connection.step().await? {
                Step::Data(data) => {
                    let Some(fetched) = fetch::read(&data, &mut self.keywords) else {
                        return Ok(Chunk::Other(data));
                    };
                    if let (Some(uid), true) = (fetched.uid, self.connection.has_passed_over()) {
                        return Ok(Chunk::TooLarge { uid });
                    }
                    if let (Some(uid), Some(body)) = (fetched.uid, fetched.body) {
                        return Ok(Chunk::Body { uid, from: fetched.from, body });
                    }
                }
                Step::End(tag, condition) => return Ok(Chunk::End { asked: Asked(tag), condition }),
            }
        }
    }

    /// The end of a request for messages. A server that asks for patience does not speak of these messages; one that
    /// cannot read a message says SERVERBUG, again and again.
    pub(crate) fn fetched(&self, condition: &Condition) -> Result<(), ConnectorError> {
        if !condition.passes() || condition.is("SERVERBUG") {
            return Ok(());
        }
        let doing = format!("reading messages on {}", self.peer());
        Err(self.connection.refused(condition, Reach::Mailbox, Cause::Busy, doing))
    }

    /// How much the mailbox may hold, asked for now.
    pub(crate) async fn room(&mut self) -> Result<Room, ConnectorError> {
        quota::room(&mut self.connection).await
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
