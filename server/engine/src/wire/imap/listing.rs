//! The folders of a mailbox: LIST with SPECIAL-USE, NAMESPACE, subscriptions. What is not the user's own is left out by
//! name.

mod namespaces;
mod rows;
mod trial;
pub(crate) mod users;

use std::collections::{HashMap, HashSet};

use namespaces::{Namespace, Namespaces};
use rows::{Row, Unlisted};
use shared::{
    cause::Cause,
    check::Side,
    endpoint::Preset,
    finding::{Finding, Severity, Subject},
    folder::{FolderPath, Role},
};

use super::{
    connect::ask_capabilities,
    connection::{Connection, Data, Tag},
    encode::clean,
    preset,
    profile::Profile,
    quota,
    response::Value,
    utf7,
};
use crate::{
    error::{ConnectorError, Reach, Retry},
    model::{Folder, Room},
    source::Listing,
};

/// What the listing of one mailbox told.
#[derive(Debug, Clone)]
pub(crate) struct MailboxListing {
    /// The user's own folders.
    pub folders: Vec<Folder>,
    /// What was left out, and why.
    pub findings: Vec<Finding>,
    /// Whether folders are labels, of which a message may have several (X-GM-EXT-1).
    pub labels: bool,
    /// Stands between a folder's names; none: the server has no hierarchy.
    pub separator: Option<char>,
    /// Stands before the names of the user's own folders, INBOX aside (`INBOX.` on Courier).
    pub prefix: Vec<u8>,
    /// How to write to this server.
    pub profile: Profile,
    /// Which product it is by its own words.
    pub recognised: Preset,
    /// What the server says it is (RFC 2971), cleaned.
    pub id: String,
    /// Largest message the server takes, in bytes, when it tells (APPENDLIMIT, RFC 7889).
    pub message_limit: Option<u64>,
    /// How much the mailbox may hold, where it was asked.
    pub room: Room,
}

impl From<&MailboxListing> for Listing {
    fn from(listing: &MailboxListing) -> Self {
        Self {
            folders: listing.folders.clone(),
            findings: listing.findings.clone(),
            labels: listing.labels,
            preset: listing.profile.preset,
            names: listing.profile.names,
            message_limit: listing.message_limit,
            room: listing.room,
        }
    }
}

/// Asks for everything a session needs to know after the login. `chosen` is the product the admin says it is, whatever
/// the server's words are. A target is asked for its room too.
pub(crate) async fn list(
    connection: &mut Connection,
    chosen: Option<Preset>,
    as_side: Side,
) -> Result<MailboxListing, ConnectorError> {
    let Told { mut namespaces, id, room, rows: rows::Rows { mut rows, unlisted } } =
        ask(connection, as_side).await?;
    if rows.is_empty() {
        return Err(ConnectorError {
            reach: Reach::Mailbox,
            retry: Retry::Never,
            cause: Cause::NoFolders,
            doing: format!("listing the folders on {}", connection.peer),
            detail: "the server listed no folder".into(),
        });
    }
    rows.sort_by(|a, b| a.wire.cmp(&b.wire));
    rows.dedup_by(|a, b| a.wire == b.wire);
    let own = namespaces.personal.first().cloned();
    let separator =
        own.as_ref().and_then(|own| own.separator).or_else(|| rows.iter().find_map(|row| row.separator));
    let prefix = match own {
        Some(own) => own.prefix,
        None => guess_prefix(&rows, separator),
    };
    if namespaces.personal.is_empty() && !prefix.is_empty() {
        namespaces.personal.push(Namespace { prefix: prefix.clone(), separator });
    }
    let Connection { greeting, capabilities, .. } = &*connection;
    let recognised = preset::recognise(greeting, &id, capabilities);
    let preset = chosen.unwrap_or(recognised);
    let mut listing = MailboxListing {
        folders: Vec::new(),
        findings: Vec::new(),
        labels: preset == Preset::Gmail && capabilities.has("X-GM-EXT-1"),
        separator: separator.map(char::from),
        profile: Profile::of(preset, capabilities, separator.map(char::from), &prefix),
        recognised,
        prefix,
        id,
        message_limit: capabilities.iter().find_map(|word| word.strip_prefix("APPENDLIMIT=")?.parse().ok()),
        room,
    };
    for branch in unlisted {
        listing.findings.push(unlistable(&branch, &listing.prefix, separator));
    }
    sort(rows, &namespaces, separator, &mut listing);
    if listing.labels && !listing.folders.iter().any(|folder| folder.holds_all) {
        listing.findings.push(Finding {
            severity: Severity::Warning,
            cause: Cause::FolderAllMail,
            subject: Subject { folder: None, item: None },
            detail: "All Mail is not shown over IMAP: what was archived without a label cannot be seen and does not move."
                .into(),
        });
    }
    Ok(listing)
}

/// Without NAMESPACE: where every folder but INBOX stands below `INBOX.`, that is how names begin there (Courier and
/// Cyrus of old). With another separator the user may just like it so.
fn guess_prefix(rows: &[Row], separator: Option<u8>) -> Vec<u8> {
    const PREFIX: &[u8] = b"INBOX.";
    let mut others = rows.iter().filter(|row| !row.wire.eq_ignore_ascii_case(b"INBOX")).peekable();
    let all = others.peek().is_some() && others.all(|row| row.wire.starts_with(PREFIX));
    if separator == Some(b'.') && all { PREFIX.to_vec() } else { Vec::new() }
}

fn unlistable(branch: &Unlisted, prefix: &[u8], separator: Option<u8>) -> Finding {
    let folder = (!branch.wire.is_empty()).then(|| path(&branch.wire, prefix, separator));
    Finding {
        severity: Severity::Loss,
        cause: Cause::FolderUnreadable,
        subject: Subject { folder, item: None },
        detail: format!(
            "The server could not list the folders below it; only those that the user subscribed to are moved. {}",
            branch.words
        ),
    }
}

/// Sorts all rows in, in the order they come.
fn sort(rows: Vec<Row>, namespaces: &Namespaces, separator: Option<u8>, listing: &mut MailboxListing) {
    let mut known = HashSet::with_capacity(rows.len());
    for row in rows {
        sort_in(row, namespaces, separator, listing, &mut known);
    }
}

/// What the server tells of itself and of its folders.
struct Told {
    namespaces: Namespaces,
    id: String,
    room: Room,
    rows: rows::Rows,
}

/// ID, NAMESPACE, GETQUOTAROOT and LIST in one round trip, after CAPABILITY where the login did not tell.
async fn ask(connection: &mut Connection, as_side: Side) -> Result<Told, ConnectorError> {
    if connection.capabilities.is_empty() {
        ask_capabilities(connection).await?;
    }
    for claim in connection.gate.iter().flat_map(|gate| gate.lies()) {
        connection.capabilities.strike(claim.capabilities());
    }
    let mut namespaces = Namespaces::default();
    let mut id = String::new();
    let ask_id =
        connection.capabilities.has("ID").then(|| connection.queue(b"ID (\"name\" \"carbonio-migrate\")"));
    let ask_namespace = connection.capabilities.has("NAMESPACE").then(|| connection.queue(b"NAMESPACE"));
    let ask_room = match as_side {
        Side::Source => None,
        Side::Target => quota::ask(connection),
    };
    let mut room = Room::default();
    let mut folders = rows::ask(connection);
    // Only a target is sent anything large.
    let trial = match as_side {
        Side::Source => None,
        Side::Target => trial::ask(connection),
    };
    connection.flush().await?;
    let asked = ask_id.into_iter().chain(ask_namespace).chain(ask_room).chain(folders.tags());
    let asked: Vec<Tag> = asked.chain(trial.clone()).collect();
    let keep = |data: Data| match data.name.as_str() {
        "ID" => id = read_id(&data),
        "NAMESPACE" => namespaces = namespaces::read(&data),
        "QUOTA" => quota::read(&mut room, &data),
        _ => folders.keep(&data),
    };
    // A refusal costs nothing: ID only helps to know the product, NAMESPACE can be guessed from the listing, and without
    // the room nothing is foretold of it.
    let mut ended = HashMap::with_capacity(asked.len());
    let finished = connection.finish_most(&asked, &mut ended, keep).await;
    if let Some(trial) = trial {
        trial::judge(connection, &trial, &asked, &ended, &finished)?;
    }
    finished?;
    let rows = rows::all(connection, folders, ended).await?;
    Ok(Told { namespaces, id, room, rows })
}

fn read_id(data: &Data) -> String {
    let pairs = data.values.first().and_then(Value::list).unwrap_or_default();
    let words: Vec<String> = pairs.iter().skip(1).step_by(2).filter_map(Value::text).collect();
    clean(&words.join(" "), 200)
}

/// Makes a row one of the user's folders, a finding, or nothing (the bare root of a namespace).
fn sort_in(
    row: Row,
    namespaces: &Namespaces,
    separator: Option<u8>,
    listing: &mut MailboxListing,
    known: &mut HashSet<FolderPath>,
) {
    let separator = row.separator.or(separator);
    let gmail = listing.profile.preset == Preset::Gmail;
    let holds_all = listing.labels && row.is("\\All");
    let mut leave_out = |cause: Cause, detail: &str| {
        let subject = Subject { folder: Some(path(&row.wire, b"", separator)), item: None };
        listing.findings.push(Finding {
            severity: if cause == Cause::FolderAllMail { Severity::Warning } else { Severity::Info },
            cause,
            subject,
            detail: detail.to_owned(),
        });
    };
    if let Some(foreign) = namespaces.foreign().find(|namespace| namespace.holds(&row.wire)) {
        if row.wire.len() > foreign.prefix.len() && row.selectable() {
            leave_out(
                Cause::FolderForeign,
                "It is in the server's namespace for other users' or shared folders.",
            );
        }
        return;
    }
    if gmail && !holds_all && row.is("\\All") {
        leave_out(
            Cause::FolderAllMail,
            "It holds what is in the other folders once more, and what was archived without a label, which is in no other \
             folder and does not move.",
        );
        return;
    }
    if (row.is("\\All") && !holds_all) || row.is("\\Flagged") || row.is("\\Important") {
        leave_out(
            Cause::FolderVirtual,
            "The server marks it as a view of messages that are in other folders.",
        );
        return;
    }
    let personal = namespaces.personal.iter().filter(|namespace| namespace.holds(&row.wire));
    let prefix = match personal.max_by_key(|namespace| namespace.prefix.len()) {
        Some(personal) if personal.prefix.len() < row.wire.len() => personal.prefix.as_slice(),
        Some(_) if !row.wire.eq_ignore_ascii_case(b"INBOX") => return,
        Some(_) | None => b"",
    };
    let mut path = path(&row.wire, prefix, separator);
    if path.0.iter().all(String::is_empty) {
        return;
    }
    if known.contains(&path)
        && let Some(name) = path.0.last_mut()
    {
        // Two spellings that read the same (edge case 59) are two folders all the same.
        *name = format!("{name} [{}]", row.wire.escape_ascii());
    }
    known.insert(path.clone());
    listing.folders.push(Folder {
        role: if path.is_inbox() {
            Some(Role::Inbox)
        } else if holds_all {
            // Of what it holds only that is its own which was archived.
            Some(Role::Archive)
        } else {
            row.special_use()
        },
        holds_all,
        selectable: row.selectable(),
        subscribed: row.subscribed,
        path,
        wire: row.wire,
    });
}

/// Splits first, decodes then: an encoded name never holds the separator (edge case 53).
fn path(wire: &[u8], prefix: &[u8], separator: Option<u8>) -> FolderPath {
    let name = wire.strip_prefix(prefix).unwrap_or(wire);
    let parts: Vec<&[u8]> = match separator {
        Some(separator) => name.split(|byte| *byte == separator).collect(),
        None => vec![name],
    };
    let mut parts: Vec<String> = parts.into_iter().map(|part| utf7::decode(part).0).collect();
    if let Some(first) = parts.first_mut()
        && prefix.is_empty()
        && first.eq_ignore_ascii_case("INBOX")
    {
        *first = "INBOX".into();
    }
    FolderPath(parts)
}

/// How a server spells a path.
pub(crate) fn wire_name(path: &FolderPath, prefix: &[u8], separator: Option<char>) -> Vec<u8> {
    if path.is_inbox() {
        return b"INBOX".to_vec();
    }
    let separator = separator.map(String::from).unwrap_or_default();
    let name = path.0.iter().map(|part| utf7::encode(part)).collect::<Vec<_>>().join(&separator);
    // With the prefix `INBOX.`, a path that begins with INBOX has it already.
    if name.as_bytes().starts_with(prefix) { name.into_bytes() } else { [prefix, name.as_bytes()].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::imap::connection::Capabilities;

    fn check(wire: &str, prefix: &str, separator: char, expected: &[&str]) {
        let path = path(wire.as_bytes(), prefix.as_bytes(), Some(separator as u8));
        assert_eq!(path, FolderPath::new(expected.iter().copied()));
        assert_eq!(wire_name(&path, prefix.as_bytes(), Some(separator)), wire.as_bytes());
    }

    #[test]
    fn edge_051_the_prefix_of_the_personal_namespace_is_no_part_of_the_path() {
        check("INBOX.Sent.2024", "INBOX.", '.', &["Sent", "2024"]);
        check("INBOX/Sub", "", '/', &["INBOX", "Sub"]);
        check("INBOX", "INBOX.", '.', &["INBOX"]);
    }

    fn row(wire: &str) -> Row {
        Row { attributes: Vec::new(), separator: Some(b'.'), wire: wire.into(), subscribed: false }
    }

    fn guessed(names: &[&str], separator: u8) -> Vec<u8> {
        let rows: Vec<_> = names.iter().map(|name| row(name)).collect();
        guess_prefix(&rows, Some(separator))
    }

    #[test]
    fn edge_052_without_namespace_the_prefix_is_guessed_only_where_every_folder_has_it() {
        assert_eq!(guessed(&["INBOX", "INBOX.Sent", "INBOX.a.b"], b'.'), b"INBOX.");
        assert_eq!(guessed(&["INBOX", "INBOX.Sent", "Other"], b'.'), b"");
        assert_eq!(guessed(&["INBOX"], b'.'), b"");
        assert_eq!(guessed(&["INBOX", "INBOX/Sent"], b'/'), b"");
    }

    #[test]
    fn edge_071_a_hundred_thousand_folders_are_sorted_in_at_once() {
        let mut listing = MailboxListing {
            folders: Vec::new(),
            findings: Vec::new(),
            labels: false,
            separator: Some('.'),
            profile: Profile::of(Preset::Generic, &Capabilities::default(), Some('.'), b""),
            recognised: Preset::Generic,
            prefix: Vec::new(),
            id: String::new(),
            message_limit: None,
            room: Room::default(),
        };
        let rows = (0..100_000).map(|number| row(&format!("{}.{number}", number % 100))).collect();
        let begun = std::time::Instant::now();
        sort(rows, &Namespaces::default(), Some(b'.'), &mut listing);
        assert_eq!(listing.folders.len(), 100_000);
        // Comparing each with each takes minutes.
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "took {:?}", begun.elapsed());
    }

    #[test]
    fn edge_053_names_are_split_before_they_are_decoded() {
        check("either/or.x", "", '.', &["either/or", "x"]);
        check("Caf&AOk-/&ZeVnLIqe-", "", '/', &["Café", "日本語"]);
    }
}
