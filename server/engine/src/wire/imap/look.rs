//! Opening folders and listing what stands in them, several on their way at once: a round trip for many folders instead of
//! one for each.

mod bits;
mod identities;
mod since;

use std::collections::{BTreeSet, VecDeque};

use shared::{
    cause::Cause,
    finding::{Finding, Severity, Subject},
};

use super::{
    connection::{Data, Step, Tag},
    encode, fetch,
    response::{Condition, Value},
    session::{Asked, FolderState, ImapSession, Way},
};
use crate::{
    baseline::{Baseline, news::News},
    error::{ConnectorError, Reach},
    model::{Flags, Folder, Inventory, ItemId, ItemMeta, Standing},
};

/// Folders on their way at once: enough to fill a slow line, few enough for any server's input buffer.
const UNDER_WAY: usize = 16;

/// What is asked for of an open folder, whole rows each time.
const ROW: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE)";

/// What is wanted of a folder beside opening it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Nothing.
    Nothing,
    /// What stands in it from a UID on.
    From(u32),
    /// These, by growing UID, as far as they stand in it: few enough for one line.
    These(&'a [u32]),
    /// All that stands in it; what was listed before is known.
    Since(&'a Baseline),
}

impl Wanted<'_> {
    /// The command that asks for it. `vanishes`: whether the server may be asked what is gone.
    fn command(self, vanishes: bool) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::From(from) => Some(format!("UID FETCH {}:* {ROW}", from.max(1))),
            Self::These(uids) => Some(format!("UID FETCH {} {ROW}", encode::uid_set(uids))),
            Self::Since(baseline) => Some(since::command(baseline, vanishes)),
        }
    }

    /// The first UID that can come.
    fn first(self) -> u32 {
        match self {
            Self::From(from) => from.max(1),
            Self::These(uids) => uids.first().copied().unwrap_or(1),
            Self::Nothing | Self::Since(_) => 1,
        }
    }
}

/// A folder that was opened.
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub state: FolderState,
    /// What stands in it, by growing UID; empty when that was not asked for.
    pub metas: Vec<ItemMeta>,
    /// What a person should know of the listing.
    pub findings: Vec<Finding>,
    /// Items whose flags the server would not tell.
    pub unmarked: BTreeSet<ItemId>,
    /// What came beside a baseline, until it is put together.
    news: News,
    /// Whether it was put together out of a baseline.
    pub based: bool,
}

impl Look {
    /// Tells of messages the server counted when the folder was opened and did not list.
    fn count(&mut self, folder: &Folder, whole: bool) {
        let listed = u32::try_from(self.metas.len()).unwrap_or(u32::MAX);
        if whole && listed < self.state.exists {
            let detail = format!(
                "It counted {} when it was opened, and lists {listed}: the listing counts.",
                self.state.exists
            );
            self.findings.push(about(folder, Severity::Info, Cause::CountDiffers, detail));
        }
    }
}

fn about(folder: &Folder, severity: Severity, cause: Cause, detail: String) -> Finding {
    let subject = Subject { folder: Some(folder.path.clone()), item: None };
    Finding { severity, cause, subject, detail }
}

impl From<Look> for Inventory {
    fn from(look: Look) -> Self {
        let Look { state, metas, findings, unmarked, based, news: _ } = look;
        Self {
            validity: state.validity,
            next: state.next,
            modseq: state.modseq,
            messages: state.exists,
            items: metas,
            findings,
            unmarked,
            based,
        }
    }
}

/// What a command that is under way is about: the position of its folder.
enum About {
    Opening(usize),
    Listing(usize),
}

impl ImapSession {
    /// Opens folders one after the other, and lists what is wanted of each. A folder the server will not open gives an
    /// error that reaches the folder; one whose baseline cannot be built on has nothing listed and is not based.
    pub(crate) async fn look(
        &mut self,
        folders: &[(&Folder, Wanted<'_>)],
        way: Way,
        mut on: impl FnMut(usize),
    ) -> Result<Vec<Result<Look, ConnectorError>>, ConnectorError> {
        if self.connection.wants_compression() {
            self.connection.compress().await?;
        }
        let mut looks: Vec<Result<Look, ConnectorError>> = Vec::with_capacity(folders.len());
        let mut waiting = folders.iter().enumerate();
        let mut under_way: VecDeque<(Tag, About)> = VecDeque::new();
        let mut refused = Vec::new();
        loop {
            let sent = under_way.len();
            while under_way.len() < UNDER_WAY * 2
                && let Some((at, (folder, wanted))) = waiting.next()
            {
                let Asked(opening) = self.ask_folder(folder, way);
                under_way.push_back((opening, About::Opening(at)));
                if let Some(command) = wanted.command(self.changes.vanishes) {
                    under_way.push_back((self.connection.queue(command.as_bytes()), About::Listing(at)));
                }
            }
            if under_way.is_empty() {
                break;
            }
            if under_way.len() > sent {
                self.flush().await?;
            }
            match self.connection.step().await? {
                Step::Data(data) => match under_way.front() {
                    Some((_, About::Opening(at))) => {
                        if looks.len() == *at {
                            looks.push(Ok(Look::default()));
                        }
                        if let Some(Ok(look)) = looks.get_mut(*at) {
                            look.state.read(&data);
                        }
                    }
                    Some((_, About::Listing(at))) => match (looks.get_mut(*at), folders[*at].1) {
                        (Some(Ok(look)), Wanted::Since(_)) => self.read_news(&data, look),
                        (Some(Ok(look)), _) => look.metas.extend(self.read_meta(&data)),
                        (Some(Err(_)) | None, _) => {}
                    },
                    None => {}
                },
                Step::End(tag, condition) => match under_way.pop_front() {
                    Some((expected, About::Opening(at))) if expected == tag => {
                        let opened = self.opened(folders[at].0, &condition);
                        if looks.len() == at {
                            looks.push(Ok(Look::default()));
                        }
                        let told = looks[at].as_ref().is_ok_and(|look| look.state.told);
                        if opened.is_ok() && !told {
                            return Err(self.connection.broken("no number of messages for an open folder"));
                        }
                        keep_error(&mut looks[at], opened)?;
                        if matches!(folders[at].1, Wanted::Nothing) {
                            on(at);
                        }
                    }
                    Some((expected, About::Listing(at))) if expected == tag => {
                        let opened = looks[at].is_ok();
                        match folders[at] {
                            (folder, Wanted::Since(baseline)) => {
                                self.put_together(folder, baseline, &condition, &mut looks[at])?;
                            }
                            listed => self.listed(listed, &condition, &mut looks[at])?,
                        }
                        if opened && looks[at].is_err() {
                            refused.push(at);
                        }
                        on(at);
                    }
                    Some(_) | None => return Err(self.connection.broken("answers in another order")),
                },
            }
        }
        if let Some(Ok(last)) = looks.last() {
            self.opened_under(last.state.validity);
        }
        for at in refused {
            let (folder, wanted) = folders[at];
            if let Some(look) = self.list_in_bits(folder, wanted.first(), way).await? {
                looks[at] = Ok(look);
            }
        }
        Ok(looks)
    }

    /// One folder.
    pub(crate) async fn look_at(
        &mut self,
        folder: &Folder,
        wanted: Wanted<'_>,
        way: Way,
    ) -> Result<Look, ConnectorError> {
        let mut looks = self.look(&[(folder, wanted)], way, |_| {}).await?;
        looks.pop().unwrap_or_else(|| Err(self.connection.broken("no answer")))
    }

    fn read_meta(&mut self, data: &Data) -> Option<ItemMeta> {
        let mut fetched = fetch::read(data, &mut self.keywords)?;
        let flags = fetched.flags.take().unwrap_or_default();
        meta(fetched, flags)
    }

    fn listed(
        &self,
        (folder, wanted): (&Folder, Wanted<'_>),
        condition: &Condition,
        look: &mut Result<Look, ConnectorError>,
    ) -> Result<(), ConnectorError> {
        let Ok(there) = look else { return Ok(()) };
        let from = ItemId::Uid(wanted.first());
        // `n:*` always includes the last message, even below n (RFC 3501, section 6.4.8).
        there.metas.retain(|meta| meta.id >= from);
        there.metas.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        there.metas.dedup_by(|a, b| a.id == b.id);
        // Some servers take no range over an empty folder.
        if condition.is_ok() || (there.state.exists == 0 && !condition.passes()) {
            there.count(folder, matches!(wanted, Wanted::From(0 | 1)));
            return Ok(());
        }
        let doing = format!("listing folder {} on {}", folder.path, self.peer());
        let error = self.connection.refused(condition, Reach::Folder, Cause::FolderUnreadable, doing);
        keep_error(look, Err(error))
    }

    /// Where folders stand, without opening them (STATUS, RFC 3501, section 6.3.10). None for one the server will not
    /// tell of.
    pub(crate) async fn standings(
        &mut self,
        folders: &[&Folder],
    ) -> Result<Vec<Option<Standing>>, ConnectorError> {
        if !self.numbers_changes() {
            // Nobody can tell whether flags changed: asking is for nothing.
            return Ok(vec![None; folders.len()]);
        }
        // No folder is open yet: later it would be too late (RFC 5161, section 3.1).
        let wish = if folders.is_empty() { None } else { self.ask_for_vanished() };
        self.statuses(folders, " (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)", wish, read_status).await
    }

    /// How many messages folders hold and which id comes next, without opening them. None for one the server will not
    /// tell of.
    pub(crate) async fn amounts(
        &mut self,
        folders: &[&Folder],
    ) -> Result<Vec<Option<Standing>>, ConnectorError> {
        self.statuses(folders, " (MESSAGES UIDNEXT UIDVALIDITY)", None, read_status).await
    }

    /// How many bytes folders hold, without opening them (SIZE, RFC 8438). None for one the server will not tell of.
    pub(crate) async fn sizes(&mut self, folders: &[&Folder]) -> Result<Vec<Option<u64>>, ConnectorError> {
        let read = |data: &Data| status_item(data.values.get(1)?.list()?, "SIZE");
        self.statuses(folders, " (SIZE)", None, read).await
    }

    /// `wish` was queued before, to hear of ids that are gone.
    async fn statuses<T: Clone>(
        &mut self,
        folders: &[&Folder],
        items: &str,
        wish: Option<Tag>,
        read: impl Fn(&Data) -> Option<T>,
    ) -> Result<Vec<Option<T>>, ConnectorError> {
        let mut standings = vec![None; folders.len()];
        let mut waiting = folders.iter().enumerate();
        let mut under_way: VecDeque<(Tag, Option<usize>)> =
            wish.into_iter().map(|wish| (wish, None)).collect();
        let mut sent = 0;
        loop {
            while under_way.len() < UNDER_WAY * 4
                && let Some((at, folder)) = waiting.next()
            {
                let command = [b"STATUS ", self.name(&folder.wire).as_slice(), items.as_bytes()].concat();
                under_way.push_back((self.connection.queue(&command), Some(at)));
            }
            if under_way.is_empty() {
                return Ok(standings);
            }
            if under_way.len() > sent {
                self.flush().await?;
            }
            match (self.connection.step().await?, under_way.front()) {
                (Step::Data(data), Some((_, Some(at)))) if data.name == "STATUS" => {
                    standings[*at] = read(&data);
                }
                (Step::Data(data), Some((_, None))) => self.changes.vanishes |= since::vanishes(&data),
                (Step::Data(_), _) => {}
                (Step::End(tag, condition), Some((expected, at))) if *expected == tag => {
                    // A refusal of the wish costs nothing: what is gone is found by counting.
                    if let (Some(at), false) = (at, condition.is_ok()) {
                        standings[*at] = None;
                    }
                    under_way.pop_front();
                }
                (Step::End(..), _) => return Err(self.connection.broken("answers in another order")),
            }
            sent = under_way.len();
        }
    }
}

/// A whole row. Unasked news of flags comes without a UID or without a size (edge case 12).
fn meta(fetched: fetch::Fetched, flags: Flags) -> Option<ItemMeta> {
    let (uid, size) = (fetched.uid?, fetched.size?);
    Some(ItemMeta { id: ItemId::Uid(uid), size, received: fetched.received, flags })
}

/// Keeps an error that concerns one folder; gives one that ends the session.
fn keep_error(
    look: &mut Result<Look, ConnectorError>,
    result: Result<(), ConnectorError>,
) -> Result<(), ConnectorError> {
    match result {
        Err(error) if error.reach == Reach::Folder => *look = Err(error),
        other => other?,
    }
    Ok(())
}

/// One number of `(MESSAGES 231 UIDNEXT 44292 …)`.
fn status_item(items: &[Value], name: &str) -> Option<u64> {
    let mut pairs = items.chunks_exact(2);
    let pair =
        pairs.find(|pair| pair[0].bytes().is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())));
    pair.and_then(|pair| Value::number(&pair[1]))
}

/// `* STATUS name (MESSAGES 231 UIDNEXT 44292 …)`.
fn read_status(data: &Data) -> Option<Standing> {
    let items = data.values.get(1)?.list()?;
    let item = |name: &str| status_item(items, name);
    let short = |name: &str| item(name).and_then(|number| u32::try_from(number).ok());
    Some(Standing {
        validity: short("UIDVALIDITY")?,
        next: short("UIDNEXT")?,
        messages: short("MESSAGES")?,
        // 0 stands for a folder whose changes are not numbered (NOMODSEQ).
        modseq: item("HIGHESTMODSEQ").filter(|modseq| *modseq > 0),
    })
}
