//! Items at which a connection ends, or a server talks nonsense, whenever they are on their way. What was on its way when
//! that happened goes again last and in small company, then alone, and then alone before everything else: a line that holds
//! for so long only is no message's fault. What ends the connection even there is left out and named, so that one message does
//! not keep a whole mailbox from being moved.

use std::{
    borrow::Cow,
    collections::BTreeMap,
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

/// What was being done with items when it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// Reading them from a side.
    Reading(Side),
    /// Storing them on the target.
    Storing,
}

impl Doing {
    /// Why what ends it is left out.
    const fn cause(self) -> Cause {
        match self {
            Self::Reading(_) => Cause::Unreadable,
            Self::Storing => Cause::EndsConnection,
        }
    }
}

/// An item, where it stands.
type Place = (FolderPath, ItemId);

/// How often an item was on its way when it went wrong, and how the last time.
#[derive(Debug, Clone)]
struct Suspect {
    times: u8,
    words: String,
}

#[derive(Debug, Default)]
struct Known {
    reading_source: BTreeMap<Place, Suspect>,
    reading_target: BTreeMap<Place, Suspect>,
    storing: BTreeMap<Place, Suspect>,
    condemned: u64,
    in_a_row: u8,
}

impl Known {
    const fn of(&mut self, doing: Doing) -> &mut BTreeMap<Place, Suspect> {
        match doing {
            Doing::Reading(Side::Source) => &mut self.reading_source,
            Doing::Reading(Side::Target) => &mut self.reading_target,
            Doing::Storing => &mut self.storing,
        }
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
        let may_condemn = known.in_a_row < MOST_IN_A_ROW;
        let mut condemned = 0;
        for place in under_way {
            let suspects = known.of(doing);
            let suspect = suspects.entry(place).or_insert_with(|| Suspect { times: 0, words: String::new() });
            let times = if alone { (suspect.times + 1).max(FIRST) } else { suspect.times + 1 };
            let most = if alone && may_condemn { CONDEMNED } else { CONDEMNED - 1 };
            condemned += u8::from(times == CONDEMNED && most == CONDEMNED);
            *suspect = Suspect { times: times.min(most), words: error.to_string() };
        }
        known.in_a_row += condemned;
        known.condemned += u64::from(condemned);
    }

    /// Something came through.
    pub(super) fn came_through(&self) {
        self.lock().in_a_row = 0;
    }

    /// How many items were found out so far.
    pub(super) fn condemned(&self) -> u64 {
        self.lock().condemned
    }

    /// How items of orders are to travel.
    pub(super) fn portions<'a>(&self, doings: &[Doing], orders: &[FetchOrder<'a>]) -> Portions<'a> {
        let mut portions =
            Portions { first: Vec::new(), company: Vec::new(), apart: Vec::new(), condemned: Vec::new() };
        let mut known = self.lock();
        if doings.iter().all(|doing| known.of(*doing).is_empty()) {
            portions.company = orders.iter().map(|order| Cow::Borrowed(order.items)).collect();
            return portions;
        }
        let mut alone = Vec::new();
        for (at, order) in orders.iter().enumerate() {
            let (mut company, mut few) = (Vec::new(), Vec::new());
            for item in order.items {
                let place = (order.folder.path.clone(), item.id.clone());
                let suspects =
                    doings.iter().filter_map(|doing| Some((*doing, known.of(*doing).get(&place)?.clone())));
                match suspects.max_by_key(|(_, suspect)| suspect.times) {
                    None => company.push(item.clone()),
                    Some((doing, Suspect { times: CONDEMNED.., words })) => {
                        let (cause, detail) = (doing.cause(), detail(&words));
                        portions.condemned.push(Condemned { order: at, item: item.clone(), cause, detail });
                    }
                    Some((_, Suspect { times: FIRST.., .. })) => portions.first.push((at, item.clone())),
                    Some((_, Suspect { times: ALONE.., .. })) => alone.push((at, vec![item.clone()])),
                    Some(_) => few.push(item.clone()),
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
