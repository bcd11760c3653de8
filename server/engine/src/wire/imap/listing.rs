//! The folders of a mailbox: LIST with SPECIAL-USE, NAMESPACE, subscriptions. What is not the user's own is left out by
//! name.

use std::collections::BTreeSet;

use shared::{
    cause::Cause,
    endpoint::Preset,
    finding::{Finding, Severity, Subject},
    folder::{FolderPath, Role},
};

use super::{
    connect::ask_capabilities,
    connection::{Connection, Data},
    encode::clean,
    preset,
    profile::Profile,
    response::Value,
    utf7,
};
use crate::{
    error::{ConnectorError, Reach, Retry},
    model::Folder,
};

/// What the listing of one mailbox told.
#[derive(Debug, Clone)]
pub(crate) struct MailboxListing {
    /// The user's own folders.
    pub folders: Vec<Folder>,
    /// What was left out, and why.
    pub findings: Vec<Finding>,
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
}

/// A namespace (RFC 2342): what its folders' names begin with, and what separates them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Namespace {
    prefix: Vec<u8>,
    separator: Option<u8>,
}

impl Namespace {
    /// Whether a folder's name is in it; `Public` itself belongs to the prefix `Public/`.
    fn holds(&self, wire: &[u8]) -> bool {
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

#[derive(Debug, Default)]
struct Namespaces {
    personal: Vec<Namespace>,
    /// Of other users, and shared ones.
    foreign: Vec<Namespace>,
}

/// Asks for everything a session needs to know after the login. `chosen` is the product the admin says it is, whatever
/// the server's words are.
pub(crate) async fn list(
    connection: &mut Connection,
    chosen: Option<Preset>,
) -> Result<MailboxListing, ConnectorError> {
    let (namespaces, id) = introduce(connection).await?;
    let mut rows = list_rows(connection).await?;
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
    let prefix = own.map(|own| own.prefix).unwrap_or_default();
    let Connection { greeting, capabilities, .. } = &*connection;
    let recognised = preset::recognise(greeting, &id, capabilities);
    let preset = chosen.unwrap_or(recognised);
    let mut listing = MailboxListing {
        folders: Vec::new(),
        findings: Vec::new(),
        separator: separator.map(char::from),
        profile: Profile::of(preset, capabilities, separator.map(char::from), &prefix),
        recognised,
        prefix,
        id,
        message_limit: capabilities.iter().find_map(|word| word.strip_prefix("APPENDLIMIT=")?.parse().ok()),
    };
    for row in rows {
        sort_in(row, &namespaces, separator, &mut listing);
    }
    Ok(listing)
}

/// CAPABILITY, then ID and NAMESPACE in one round trip.
async fn introduce(connection: &mut Connection) -> Result<(Namespaces, String), ConnectorError> {
    ask_capabilities(connection).await?;
    let mut namespaces = Namespaces::default();
    let mut id = String::new();
    let ask_id =
        connection.capabilities.has("ID").then(|| connection.queue(b"ID (\"name\" \"carbonio-migrate\")"));
    let ask_namespace = connection.capabilities.has("NAMESPACE").then(|| connection.queue(b"NAMESPACE"));
    connection.flush().await?;
    let asked: Vec<_> = ask_id.into_iter().chain(ask_namespace).collect();
    let keep = |data: Data| match data.name.as_str() {
        "ID" => id = read_id(&data),
        "NAMESPACE" => namespaces = read_namespaces(&data),
        _ => {}
    };
    // A refusal costs nothing: ID only helps to know the product, and NAMESPACE can be guessed from the listing.
    connection.finish_all(&asked, keep).await?;
    Ok((namespaces, id))
}

fn read_id(data: &Data) -> String {
    let pairs = data.values.first().and_then(Value::list).unwrap_or_default();
    let words: Vec<String> = pairs.iter().skip(1).step_by(2).filter_map(Value::text).collect();
    clean(&words.join(" "), 200)
}

fn read_namespaces(data: &Data) -> Namespaces {
    let entry = |entry: &Value| {
        let entry = entry.list()?;
        let separator = entry.get(1).and_then(Value::bytes).and_then(|bytes| bytes.first().copied());
        Some(Namespace { prefix: entry.first()?.bytes()?.to_vec(), separator })
    };
    let class = |index: usize| {
        let entries = data.values.get(index).and_then(Value::list).unwrap_or_default();
        entries.iter().filter_map(entry).collect::<Vec<_>>()
    };
    Namespaces { personal: class(0), foreign: class(1).into_iter().chain(class(2)).collect() }
}

/// One answer to LIST.
#[derive(Debug)]
struct Row {
    attributes: Vec<String>,
    separator: Option<u8>,
    wire: Vec<u8>,
    subscribed: bool,
}

impl Row {
    fn is(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute))
    }

    fn selectable(&self) -> bool {
        !self.is("\\Noselect") && !self.is("\\NonExistent")
    }

    /// RFC 6154, section 2.
    fn special_use(&self) -> Option<Role> {
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

async fn list_rows(connection: &mut Connection) -> Result<Vec<Row>, ConnectorError> {
    let mut rows = Vec::new();
    if connection.capabilities.has("LIST-EXTENDED") {
        let special = if connection.capabilities.has("SPECIAL-USE") { " SPECIAL-USE" } else { "" };
        let command = format!("LIST \"\" \"*\" RETURN (SUBSCRIBED{special})");
        let condition =
            connection.run(command.as_bytes(), |data| rows.extend(read_row(&data, "LIST"))).await?;
        // Some servers advertise the extended form and answer it with BAD (edge case 74).
        if condition.is_ok() && !rows.is_empty() {
            for row in &mut rows {
                row.subscribed = row.is("\\Subscribed");
            }
            return Ok(rows);
        }
        rows.clear();
    }
    let list = connection.queue(b"LIST \"\" \"*\"");
    let lsub = connection.queue(b"LSUB \"\" \"*\"");
    connection.flush().await?;
    let mut subscribed = BTreeSet::new();
    let keep = |data: Data| {
        rows.extend(read_row(&data, "LIST"));
        subscribed.extend(read_row(&data, "LSUB").map(|row| row.wire));
    };
    let ended = connection.finish_all(&[list.clone(), lsub], keep).await?;
    if let Some(condition) = ended.get(&list).filter(|condition| !condition.is_ok()) {
        let doing = format!("listing the folders on {}", connection.peer);
        return Err(connection.refused(condition, Reach::Mailbox, Cause::NoFolders, doing));
    }
    for row in &mut rows {
        row.subscribed = subscribed.contains(&row.wire);
    }
    Ok(rows)
}

fn read_row(data: &Data, word: &str) -> Option<Row> {
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

/// Makes a row one of the user's folders, a finding, or nothing (the bare root of a namespace).
fn sort_in(row: Row, namespaces: &Namespaces, separator: Option<u8>, listing: &mut MailboxListing) {
    let separator = row.separator.or(separator);
    let mut leave_out = |cause: Cause, detail: &str| {
        let subject = Subject { folder: Some(path(&row.wire, b"", separator)), item: None };
        listing.findings.push(Finding {
            severity: Severity::Info,
            cause,
            subject,
            detail: detail.to_owned(),
        });
    };
    if let Some(foreign) = namespaces.foreign.iter().find(|namespace| namespace.holds(&row.wire)) {
        if row.wire.len() > foreign.prefix.len() && row.selectable() {
            leave_out(
                Cause::FolderForeign,
                "It is in the server's namespace for other users' or shared folders.",
            );
        }
        return;
    }
    if row.is("\\All") || row.is("\\Flagged") || row.is("\\Important") {
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
    if listing.folders.iter().any(|folder| folder.path == path)
        && let Some(name) = path.0.last_mut()
    {
        // Two spellings that read the same (edge case 59) are two folders all the same.
        *name = format!("{name} [{}]", row.wire.escape_ascii());
    }
    listing.folders.push(Folder {
        role: if path.is_inbox() { Some(Role::Inbox) } else { row.special_use() },
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

    #[test]
    fn edge_053_names_are_split_before_they_are_decoded() {
        check("either/or.x", "", '.', &["either/or", "x"]);
        check("Caf&AOk-/&ZeVnLIqe-", "", '/', &["Café", "日本語"]);
    }
}
