//! Items at which a connection ends, or a server talks nonsense, whenever they are on their way. What was on its way when
//! that happened goes again last and in small company, then alone, and then alone before everything else: a line that holds
//! for so long only is no message's fault. What ends the connection even there is left out and named, so that one message does
//! not keep a whole mailbox from being moved.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use shared::{cause::Cause, check::Side, folder::FolderPath};

use super::{course::Course, pump::Pump, record::entry, stop::Stop};
use crate::{
    error::ConnectorError,
    ledger::EntryState,
    model::{ItemId, ItemMeta},
    source::FetchOrder,
};

/// Suspects that travel together at first.
const COMPANY: usize = 32;
/// From so many times on a suspect travels alone, and when it was alone before, before everything else.
const ALONE: u8 = 2;
const FIRST: u8 = ALONE + 1;
/// From so many on it is left out.
const CONDEMNED: u8 = 5;
/// So many are left out in a row at most. When nothing else comes through either, it is not the messages' fault.
const MOST_IN_A_ROW: u8 = 3;
/// So many are left out in one pass at most: each costs half a dozen logins.
const MOST: u64 = 100;

/// What was being done with items when it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// Listing all items of a folder on a side.
    Listing(Side),
    /// Reading them from a side.
    Reading(Side),
    /// Storing them on the target.
    Storing,
}

impl Doing {
    /// Why what ends it is left out.
    const fn cause(self) -> Cause {
        match self {
            Self::Listing(_) => Cause::FolderUnreadable,
            Self::Reading(_) => Cause::Unreadable,
            Self::Storing => Cause::EndsConnection,
        }
    }
}

/// An item, where it stands.
pub(super) type Place = (FolderPath, ItemId);

/// How often an item was on its way when it went wrong, and how the last time.
#[derive(Debug, Clone)]
struct Suspect {
    times: u8,
    words: String,
}

#[derive(Debug, Default)]
struct Known {
    suspects: BTreeMap<(Doing, FolderPath), BTreeMap<ItemId, Suspect>>,
    condemned: u64,
    in_a_row: BTreeMap<Doing, u8>,
    came_through: BTreeSet<Doing>,
}

/// When an item is to travel.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum When {
    /// With nothing else, before everything else.
    First,
    /// Together with everything else.
    Together,
    /// After everything else, in small company.
    Apart,
    /// After that, with nothing else.
    Alone,
    /// It is left out, for this reason.
    Never(String),
}

impl Known {
    /// Whether it can be the fault of what is on its way. A mailbox none of whose folders can be listed is not moved at all.
    fn may_condemn(&self, doing: Doing) -> bool {
        let is_a_few =
            self.condemned < MOST && self.in_a_row.get(&doing).is_none_or(|row| *row < MOST_IN_A_ROW);
        match doing {
            Doing::Listing(_) => is_a_few && self.came_through.contains(&doing),
            Doing::Reading(_) | Doing::Storing => is_a_few,
        }
    }

    /// What is suspected in a folder.
    fn of(&self, doing: Doing, folder: &FolderPath) -> Option<&BTreeMap<ItemId, Suspect>> {
        self.suspects.get(&(doing, folder.clone()))
    }
}

impl When {
    fn of(suspect: Option<&Suspect>) -> (u8, Self) {
        let when = match suspect {
            None => Self::Together,
            Some(Suspect { times: CONDEMNED.., words }) => Self::Never(detail(words)),
            Some(Suspect { times: FIRST.., .. }) => Self::First,
            Some(Suspect { times: ALONE.., .. }) => Self::Alone,
            Some(_) => Self::Apart,
        };
        (suspect.map_or(0, |suspect| suspect.times), when)
    }
}

/// What one pass suspects, over all its attempts.
#[derive(Debug, Default)]
pub(super) struct Suspects(Mutex<Known>);

/// Items of orders, as they are to travel.
#[derive(Debug)]
pub(super) struct Portions<'a> {
    /// Before everything else, each item by itself, with the position of its order.
    pub first: Vec<(usize, ItemMeta)>,
    /// Of each order, together with everything else.
    pub company: Vec<Cow<'a, [ItemMeta]>>,
    /// Afterwards, each portion by itself, with the position of its order: the least suspected first.
    pub apart: Vec<(usize, Vec<ItemMeta>)>,
    /// What is left out, and why.
    pub condemned: Vec<Condemned>,
}

/// What is left out.
#[derive(Debug)]
pub(super) struct Condemned {
    /// The position of its order.
    pub order: usize,
    pub item: ItemMeta,
    pub cause: Cause,
    pub detail: String,
}

impl Suspects {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Suspects what was on its way when a connection ended with this error; `alone`: there was nothing else to be done.
    pub(super) fn suspect(
        &self,
        doing: Doing,
        under_way: impl IntoIterator<Item = Place>,
        alone: bool,
        error: &ConnectorError,
    ) {
        if !is_suspicious(error) {
            return;
        }
        let mut known = self.lock();
        let may_condemn = known.may_condemn(doing);
        let mut condemned = 0;
        for (folder, item) in under_way {
            let suspects = known.suspects.entry((doing, folder)).or_default();
            let suspect = suspects.entry(item).or_insert_with(|| Suspect { times: 0, words: String::new() });
            let times = if alone { (suspect.times + 1).max(FIRST) } else { suspect.times + 1 };
            let most = if alone && may_condemn { CONDEMNED } else { CONDEMNED - 1 };
            condemned += u8::from(times == CONDEMNED && most == CONDEMNED);
            *suspect = Suspect { times: times.min(most), words: error.to_string() };
        }
        *known.in_a_row.entry(doing).or_default() += condemned;
        known.condemned += u64::from(condemned);
    }

    /// Something came through.
    pub(super) fn came_through(&self, doings: &[Doing]) {
        let mut known = self.lock();
        for doing in doings {
            known.in_a_row.remove(doing);
            known.came_through.insert(*doing);
        }
    }

    /// How many items were found out so far.
    pub(super) fn condemned(&self) -> u64 {
        self.lock().condemned
    }

    /// When one item is to travel.
    pub(super) fn when(&self, doing: Doing, (folder, item): &Place) -> When {
        let known = self.lock();
        When::of(known.of(doing, folder).and_then(|suspects| suspects.get(item))).1
    }

    /// How items of orders are to travel.
    pub(super) fn portions<'a>(&self, doings: &[Doing], orders: &[FetchOrder<'a>]) -> Portions<'a> {
        let mut portions =
            Portions { first: Vec::new(), company: Vec::new(), apart: Vec::new(), condemned: Vec::new() };
        let known = self.lock();
        let mut alone = Vec::new();
        for (at, order) in orders.iter().enumerate() {
            let known = |doing: &Doing| Some((*doing, known.of(*doing, &order.folder.path)?));
            let known: Vec<(Doing, &BTreeMap<ItemId, Suspect>)> = doings.iter().filter_map(known).collect();
            if known.is_empty() {
                // A folder may have a million.
                portions.company.push(Cow::Borrowed(order.items));
                continue;
            }
            let (mut company, mut few) = (Vec::new(), Vec::new());
            for item in order.items {
                let suspected = known.iter().map(|(doing, known)| (*doing, When::of(known.get(&item.id))));
                let worst = suspected.max_by_key(|(_, (times, _))| *times);
                let item = item.clone();
                match worst {
                    Some((doing, (_, When::Never(detail)))) => {
                        portions.condemned.push(Condemned { order: at, item, cause: doing.cause(), detail });
                    }
                    Some((_, (_, When::First))) => portions.first.push((at, item)),
                    Some((_, (_, When::Alone))) => alone.push((at, vec![item])),
                    Some((_, (_, When::Apart))) => few.push(item),
                    Some((_, (_, When::Together))) | None => company.push(item),
                }
            }
            portions.company.push(Cow::Owned(company));
            portions.apart.extend(few.chunks(COMPANY).map(|few| (at, few.to_vec())));
        }
        portions.apart.extend(alone);
        portions
    }
}

/// Whether an item on its way may be why. A server that says what it lacks speaks of itself.
const fn is_suspicious(error: &ConnectorError) -> bool {
    matches!(error.cause, Cause::Disconnected | Cause::TimedOut | Cause::Protocol)
}

fn detail(words: &str) -> String {
    format!(
        "whenever it was on its way it went wrong, the last {} times before everything else: {words}",
        CONDEMNED - FIRST
    )
}

/// Leaves out what was found out; what arrived all the same is copied.
pub(super) async fn settle(
    course: &mut Course,
    pump: &mut Pump<'_>,
    condemned: Vec<Condemned>,
) -> Result<(), Stop> {
    let mut entries = Vec::new();
    for Condemned { order, item, cause, detail } in condemned {
        // It may be what its user removed on the target.
        pump.removed[order].wait();
        let lane = &pump.lanes[order];
        let id = lane.id;
        let sent = lane.plan.intended.get(&item.id).copied().flatten();
        let arrived = sent.and_then(|print| pump.arrived(course, order, &item, print, None));
        entries.push((
            id,
            arrived.unwrap_or_else(|| {
                course.leave_out(&pump.lanes[order].source.path, &item.id);
                course.meter.add(1, item.size);
                // Without its fingerprint it counts as never offered: the next pass tries it again.
                entry(&item, None, EntryState::Skipped { cause, detail })
            }),
        ));
    }
    if !entries.is_empty() {
        course.ledger.put_entries(&entries).await?;
    }
    Ok(())
}
