//! Items at which the process may have ended. What was on its way at two deaths is sent by itself, after everything else;
//! what was on its way alone at two more is left out. Once alone is no proof: anybody can pull the plug at that moment.

use std::{borrow::Cow, time::Duration};

use shared::cause::Cause;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use super::{course::Course, pump::Pump, record::entry, stop::Stop, transfer::Lane};
use crate::{
    ledger::{Entry, EntryState},
    model::{Fingerprint, ItemMeta},
};

/// From so many deaths on, an item travels alone.
const SUSPECT: u8 = 2;
/// From so many on, it is left out: the last ones were its own.
const CONDEMNED: u8 = 4;

/// Mailboxes of one process take turns with what travels alone: at its end, only one of them was on its way.
static TURN: Mutex<()> = Mutex::const_new(());
/// How often whoever waits for its turn looks whether an admin wants the pass to end.
const LOOK: Duration = Duration::from_secs(1);

/// Waits for its turn, unless the pass is to end.
pub(super) async fn turn(course: &Course) -> Result<MutexGuard<'static, ()>, Stop> {
    loop {
        course.obey()?;
        if let Ok(turn) = timeout(LOOK, TURN.lock()).await {
            return Ok(turn);
        }
    }
}

/// What is to be copied of a lane.
#[derive(Debug)]
pub(super) struct Sorted<'a> {
    /// Together with others, by growing id.
    pub company: Cow<'a, [ItemMeta]>,
    /// Each by itself, with its deaths.
    alone: Vec<(u8, &'a ItemMeta)>,
}

/// Sorts what is to be copied of a lane; what is settled by now is left out.
pub(super) fn sort(lane: &Lane) -> Sorted<'_> {
    let copy = &lane.plan.copy;
    let suspect = |item: &ItemMeta| deaths(lane, item) >= SUSPECT;
    if lane.plan.deaths.values().all(|deaths| *deaths < SUSPECT) {
        return Sorted { company: copy.into(), alone: Vec::new() };
    }
    let alone = copy.iter().filter(|item| suspect(item) && condemned(lane, item).is_none());
    Sorted {
        company: copy.iter().filter(|item| !suspect(item)).cloned().collect(),
        alone: alone.map(|item| (deaths(lane, item), item)).collect(),
    }
}

/// What travels alone, with the position of its lane: the least suspected first, so that as much as can be is there
/// before the process may end once more.
pub(super) fn alone<'a>(sorted: &[Sorted<'a>]) -> Vec<(usize, &'a ItemMeta)> {
    let all = sorted.iter().enumerate();
    let mut alone: Vec<(u8, usize, &'a ItemMeta)> = all
        .flat_map(|(order, sorted)| sorted.alone.iter().map(move |(deaths, item)| (*deaths, order, *item)))
        .collect();
    alone.sort_by_key(|(deaths, ..)| *deaths);
    alone.into_iter().map(|(_, order, item)| (order, item)).collect()
}

/// Leaves out what ended the process again when it was on its way alone; what arrived all the same is copied.
pub(super) async fn settle(course: &mut Course, pump: &mut Pump<'_>) -> Result<(), Stop> {
    let mut entries = Vec::new();
    let lanes: &[Lane] = pump.lanes;
    for (order, lane) in lanes.iter().enumerate() {
        for item in &lane.plan.copy {
            let Some(print) = condemned(lane, item) else { continue };
            let known = match pump.arrived(course, order, item, print, None) {
                Some(arrived) => arrived,
                None => {
                    pump.tallies[order].poison += 1;
                    left_out(course, lane, item, print)
                }
            };
            entries.push((lane.id, known));
        }
    }
    if !entries.is_empty() {
        course.ledger.put_entries(&entries).await?;
    }
    Ok(())
}

fn left_out(course: &mut Course, lane: &Lane, item: &ItemMeta, print: Fingerprint) -> Entry {
    let deaths = deaths(lane, item);
    let detail = format!(
        "the process ended {deaths} times while it was being sent, {} of them with nothing else on its way",
        deaths - SUSPECT
    );
    course.leave_out(&lane.source.path, &item.id);
    course.meter.add(1, item.size);
    let state = EntryState::Skipped { cause: Cause::Poison, detail };
    Entry { deaths, ..entry(item, Some(print), state) }
}

fn deaths(lane: &Lane, item: &ItemMeta) -> u8 {
    lane.plan.deaths.get(&item.id).copied().unwrap_or(0)
}

/// What recognises an item that is to be left out. One that somebody wants to be tried again is not: it has no intent.
fn condemned(lane: &Lane, item: &ItemMeta) -> Option<Fingerprint> {
    let sent = lane.plan.intended.get(&item.id).copied().flatten();
    sent.filter(|_| deaths(lane, item) >= CONDEMNED)
}
