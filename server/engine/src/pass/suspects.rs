//! Items at which a connection ends, or a server talks nonsense, whenever they are on their way. What was on its way when
//! that happened goes again last and in small company, then alone, and then alone before everything else: a line that holds
//! for so long only is no message's fault. What ends the connection even there is left out and named, so that one message does
//! not keep a whole mailbox from being moved.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::{cause::Cause, check::Side, folder::FolderPath};
use tokio::time::Instant;

use super::{course::Course, pump::Pump, record::entry, stop::Stop};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState},
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
/// An outage may last so long: until then only what others get past is the item's fault.
const OUTAGE: Duration = Duration::from_secs(600);

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

/// What else was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    Others,
    Nothing,
    /// Nothing, and the item takes so long that a line may end before it does.
    NothingForLong,
}

/// An item, where it stands.
pub(super) type Place = (FolderPath, ItemId);

/// How often an item was on its way when it went wrong, and how the last time.
#[derive(Debug, Clone)]
struct Suspect {
    times: u8,
    words: String,
    /// Since when it is suspected, and how often something had come through by then.
    since: Instant,
    passed: u64,
}

#[derive(Debug, Default)]
struct Known {
    suspects: BTreeMap<(Doing, FolderPath), BTreeMap<ItemId, Suspect>>,
    condemned: u64,
    in_a_row: BTreeMap<Doing, u8>,
    /// How often something came through.
    passed: BTreeMap<Doing, u64>,
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
            Doing::Listing(_) => is_a_few && self.passed(doing) > 0,
            Doing::Reading(_) | Doing::Storing => is_a_few,
        }
    }

    fn passed(&self, doing: Doing) -> u64 {
        self.passed.get(&doing).copied().unwrap_or_default()
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
            Some(Suspect { times: CONDEMNED.., words, .. }) => Self::Never(detail(words)),
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

    /// Suspects what was on its way when a connection ended with this error.
    pub(super) fn suspect(
        &self,
        doing: Doing,
        under_way: impl IntoIterator<Item = Place>,
        company: Company,
        error: &ConnectorError,
    ) {
        if !is_suspicious(error) {
            return;
        }
        let mut known = self.lock();
        let (may_condemn, passed, now) = (known.may_condemn(doing), known.passed(doing), Instant::now());
        let alone = company != Company::Others;
        let mut condemned = 0;
        for (folder, item) in under_way {
            let suspects = known.suspects.entry((doing, folder)).or_default();
            let new = || Suspect { times: 0, words: String::new(), since: now, passed };
            let suspect = suspects.entry(item).or_insert_with(new);
            let times = if alone { (suspect.times + 1).max(FIRST) } else { suspect.times + 1 };
            // No outage talks nonsense.
            let is_no_outage = error.cause == Cause::Protocol
                || (company == Company::Nothing && passed > suspect.passed)
                || now.saturating_duration_since(suspect.since) >= OUTAGE;
            let most = if alone && may_condemn && is_no_outage { CONDEMNED } else { CONDEMNED - 1 };
            condemned += u8::from(times == CONDEMNED && most == CONDEMNED);
            (suspect.times, suspect.words) = (times.min(most), error.to_string());
        }
        *known.in_a_row.entry(doing).or_default() += condemned;
        known.condemned += u64::from(condemned);
    }

    /// These came through: they are suspected no longer.
    pub(super) fn came_through<'a>(
        &self,
        doings: &[Doing],
        items: impl Iterator<Item = (&'a FolderPath, &'a ItemId)> + Clone,
    ) {
        let mut known = self.lock();
        for doing in doings {
            known.in_a_row.remove(doing);
            *known.passed.entry(*doing).or_default() += 1;
            if known.suspects.is_empty() {
                continue;
            }
            for (folder, item) in items.clone() {
                if let Some(suspects) = known.suspects.get_mut(&(*doing, folder.clone())) {
                    suspects.remove(item);
                }
            }
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

    /// What is said of an item that is left out; none: it is not.
    pub(super) fn condemned_of(
        &self,
        doings: &[Doing],
        order: usize,
        folder: &FolderPath,
        item: &ItemMeta,
    ) -> Option<Condemned> {
        let place = (folder.clone(), item.id.clone());
        doings.iter().find_map(|doing| {
            let When::Never(detail) = self.when(*doing, &place) else { return None };
            Some(Condemned { order, item: item.clone(), cause: doing.cause(), detail })
        })
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
        "whenever it was on its way it went wrong, at last {} times before everything else: {words}",
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
        let (id, deaths) = (lane.id, lane.plan.deaths.get(&item.id).copied().unwrap_or(0));
        let sent = lane.plan.intended.get(&item.id).copied().flatten();
        let arrived = sent.and_then(|print| pump.arrived(course, order, &item, print, None));
        if arrived.is_none() && pump.is_undecided(course, order, &item) {
            continue;
        }
        entries.push((
            id,
            arrived.unwrap_or_else(|| {
                course.leave_out(&pump.lanes[order].source.path, &item.id);
                course.meter.add(1, item.size);
                // Without its fingerprint it counts as never offered: the next pass tries it again.
                Entry { deaths, ..entry(&item, None, EntryState::Skipped { cause, detail }) }
            }),
        ));
    }
    if !entries.is_empty() {
        course.ledger.put_entries(&entries).await?;
    }
    Ok(())
}
