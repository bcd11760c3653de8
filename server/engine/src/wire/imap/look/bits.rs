//! Lists a folder bit by bit where the server will not in one go: some answer BAD to FLAGS of certain messages (edge case
//! 45). What cannot be had by asking for it is searched for; what cannot be had at all is named.

use std::collections::{BTreeMap, HashMap};

use shared::{
    cause::Cause,
    finding::{Finding, ItemLabel, Severity, Subject},
};

use super::{Look, about};
use crate::{
    error::{ConnectorError, Reach},
    model::{Flags, Folder, ItemId, ItemMeta, SystemFlags},
    wire::imap::{
        encode,
        fetch::{self, Fetched},
        response::{Condition, Value},
        session::{Asked, ImapSession, Way},
    },
};

/// All of a listing that is no flag.
const BARE: &str = "UID INTERNALDATE RFC822.SIZE";
/// Messages in one piece at first.
const PIECE: usize = 200;
/// Refusals after which the rest is taken for refused too.
const MOST_REFUSALS: usize = 64;
/// Keywords that are searched for at most.
const MOST_KEYWORDS: usize = 50;

/// What came of asking in pieces.
#[derive(Default)]
struct Pieces {
    rows: Vec<Fetched>,
    refused: Vec<u32>,
}

impl ImapSession {
    /// Opens a folder and lists what stands in it from a UID on, in as many steps as it takes; none when the server will
    /// not in any way.
    pub(super) async fn list_in_bits(
        &mut self,
        folder: &Folder,
        from: u32,
        way: Way,
    ) -> Result<Option<Look>, ConnectorError> {
        let mut look = Look::default();
        let mut keywords = Vec::new();
        let Asked(opening) = self.ask_folder(folder, way);
        self.flush().await?;
        let state = &mut look.state;
        let read = |data: super::Data| {
            if data.name == "FLAGS" {
                let names = data.values.first().and_then(Value::list).unwrap_or_default();
                keywords =
                    names.iter().filter_map(Value::text).filter(|name| encode::is_keyword(name)).collect();
            }
            state.read(&data);
        };
        let condition = self.connection.finish(&opening, read).await?;
        if self.refuses(folder, &condition).await? {
            return Ok(None);
        }
        let all = format!("{from}:*");
        let (rows, lost) = match self.rows(folder, &all, BARE).await? {
            Some(rows) => (rows, Vec::new()),
            None => {
                let Some(uids) = self.search(folder, &format!("UID {all}")).await? else { return Ok(None) };
                let Pieces { rows, refused } = self.pieces(folder, &uids, BARE).await?;
                if rows.is_empty() && !refused.is_empty() {
                    return Ok(None);
                }
                (rows, refused)
            }
        };
        let bare = |row: Fetched| {
            let (uid, size) = (row.uid.filter(|uid| *uid >= from)?, row.size?);
            Some((
                uid,
                ItemMeta { id: ItemId::Uid(uid), size, received: row.received, flags: Flags::default() },
            ))
        };
        let mut metas: BTreeMap<u32, ItemMeta> = rows.into_iter().filter_map(bare).collect();
        let uids: Vec<u32> = metas.keys().copied().collect();
        let Pieces { rows, refused: untold } = self.pieces(folder, &uids, "UID FLAGS").await?;
        let told = rows.into_iter().filter_map(|row| Some((row.uid?, row.flags?)));
        let mut marks: HashMap<u32, Flags> = told.collect();
        let mut searched = 0;
        if !untold.is_empty() {
            match self.marks_by_search(folder, &keywords).await? {
                Some(mut found) => {
                    searched = untold.len();
                    marks.extend(untold.into_iter().map(|uid| (uid, found.remove(&uid).unwrap_or_default())));
                }
                None => look.unmarked.extend(untold.into_iter().map(ItemId::Uid)),
            }
        }
        for (uid, flags) in marks {
            if let Some(meta) = metas.get_mut(&uid) {
                meta.flags = flags;
            }
        }
        look.metas = metas.into_values().collect();
        look.findings = self.told(folder, searched, look.unmarked.len(), &lost);
        Ok(Some(look))
    }

    /// What is said of a folder that was listed so.
    fn told(&self, folder: &Folder, searched: usize, unmarked: usize, lost: &[u32]) -> Vec<Finding> {
        let mut detail = format!("It was listed on {} in smaller steps.", self.peer());
        if searched > 0 {
            detail.push_str(&format!(" The flags of {searched} messages were found by searching."));
        }
        if unmarked > 0 {
            detail.push_str(&format!(
                " The server would not tell the flags of {unmarked} messages: they count as unread and unmarked."
            ));
        }
        let severity = if unmarked > 0 { Severity::Warning } else { Severity::Info };
        let mut findings = vec![about(folder, severity, Cause::ListedInPieces, detail)];
        findings.extend(lost.iter().map(|uid| {
            let item = ItemLabel { id: uid.to_string(), size: 0, received: None, message_id: None };
            let subject = Subject { folder: Some(folder.path.clone()), item: Some(item) };
            let detail = format!("{} counts it and answers to no question about it.", self.peer());
            Finding { severity: Severity::Loss, cause: Cause::Unreadable, subject, detail }
        }));
        findings
    }

    /// Asks for some messages after others; a piece that is refused is halved, down to the message.
    async fn pieces(&mut self, folder: &Folder, uids: &[u32], items: &str) -> Result<Pieces, ConnectorError> {
        let mut pieces = Pieces::default();
        let mut refusals = 0;
        let mut waiting: Vec<&[u32]> = uids.chunks(PIECE).rev().collect();
        while let Some(piece) = waiting.pop() {
            if refusals >= MOST_REFUSALS {
                pieces.refused.extend(piece);
                continue;
            }
            match self.rows(folder, &encode::uid_set(piece), items).await? {
                Some(rows) => pieces.rows.extend(rows),
                None => {
                    refusals += 1;
                    match piece.split_at(piece.len() / 2) {
                        ([], refused) => pieces.refused.extend(refused),
                        (first, second) => waiting.extend([second, first]),
                    }
                }
            }
        }
        Ok(pieces)
    }

    /// What the server lists of a set of messages; none when it refuses.
    async fn rows(
        &mut self,
        folder: &Folder,
        set: &str,
        items: &str,
    ) -> Result<Option<Vec<Fetched>>, ConnectorError> {
        let mut rows = Vec::new();
        let Self { connection, keywords, .. } = self;
        let command = format!("UID FETCH {set} ({items})");
        let condition =
            connection.run(command.as_bytes(), |data| rows.extend(fetch::read(&data, keywords))).await?;
        Ok((!self.refuses(folder, &condition).await?).then_some(rows))
    }

    /// The messages a search finds; none when the server refuses.
    async fn search(&mut self, folder: &Folder, what: &str) -> Result<Option<Vec<u32>>, ConnectorError> {
        let mut uids = Vec::new();
        let command = format!("UID SEARCH {what}");
        let read = |data: super::Data| {
            if data.name == "SEARCH" {
                let numbers = data.values.iter().filter_map(Value::number);
                uids.extend(numbers.filter_map(|uid| u32::try_from(uid).ok()));
            }
        };
        let condition = self.connection.run(command.as_bytes(), read).await?;
        Ok((!self.refuses(folder, &condition).await?).then_some(uids))
    }

    /// What every message is marked with, found by searching for each mark; none when the server refuses.
    async fn marks_by_search(
        &mut self,
        folder: &Folder,
        keywords: &[String],
    ) -> Result<Option<HashMap<u32, Flags>>, ConnectorError> {
        let mut found: HashMap<u32, Flags> = HashMap::new();
        for (name, _) in SystemFlags::NAMES {
            let Some(uids) = self.search(folder, name.trim_start_matches('\\')).await? else {
                return Ok(None);
            };
            for uid in uids {
                found.entry(uid).or_default().system.insert(name);
            }
        }
        for keyword in keywords.iter().take(MOST_KEYWORDS) {
            let uids = self.search(folder, &format!("KEYWORD {keyword}")).await?.unwrap_or_default();
            for uid in uids {
                found.entry(uid).or_default().keywords.push(keyword.as_str().into());
            }
        }
        found.values_mut().for_each(|flags| flags.keywords.sort_unstable());
        Ok(Some(found))
    }

    /// Whether the server refused for good; an error when it wants patience. Servers that close after some refusals in a
    /// row get a good command after each.
    async fn refuses(&mut self, folder: &Folder, condition: &Condition) -> Result<bool, ConnectorError> {
        if condition.is_ok() {
            return Ok(false);
        }
        let doing = format!("listing folder {} on {}", folder.path, self.peer());
        let error = self.connection.refused(condition, Reach::Folder, Cause::FolderUnreadable, doing);
        if error.reach != Reach::Folder {
            return Err(error);
        }
        self.connection.run(b"NOOP", |_| {}).await?;
        Ok(true)
    }
}
