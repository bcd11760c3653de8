//! Moves the items of all folders in one stream of windows: intents first, then the effect, then what became of it. The
//! next window is read and recorded while the last ones are still being stored.

use std::sync::{Arc, OnceLock};

use shared::{cause::Cause, check::Side};
use tokio::sync::mpsc;

use super::{
    adopt::Adoptable,
    copy::Hands,
    course::Course,
    gather::Gatherer,
    large,
    moves::Movables,
    poison,
    pump::Pump,
    several::{self, Scope},
    stop::Stop,
    suspects::{self, Company, Doing, When},
};
use crate::{
    error::ConnectorError,
    ledger::{FolderId, FolderRecord},
    model::{Folder, ItemMeta, Watermark},
    plan::FolderPlan,
    source::{FetchOrder, ItemSink, MOVING_KIB, Part},
    target::{OpenFolder, Target},
};

/// Windows that are recorded as intended and not answered, at most.
pub(super) const WINDOWS: usize = 10;

/// What is done with an item that is moved.
const DOINGS: [Doing; 2] = [Doing::Reading(Side::Source), Doing::Storing];

/// What is to be moved in one folder.
#[derive(Debug)]
pub(super) struct Lane {
    pub id: FolderId,
    pub source: Folder,
    /// The source's UIDVALIDITY when it was listed.
    pub validity: u32,
    pub open: Arc<OpenFolder>,
    pub plan: FolderPlan,
    pub record: FolderRecord,
    pub bracket: Watermark,
    pub adoptable: Adoptable,
}

/// Moves the items of all lanes.
pub(super) async fn transfer(
    course: &mut Course,
    hands: &mut Hands<'_>,
    lanes: &mut [Lane],
    movables: &mut Movables,
) -> Result<(), Stop> {
    let mut adoptable: Vec<Adoptable> =
        lanes.iter_mut().map(|lane| std::mem::take(&mut lane.adoptable)).collect();
    let mut pump = Pump::new(lanes, &mut adoptable, movables);
    poison::settle(course, &mut pump).await?;
    let sorted: Vec<_> = pump.lanes.iter().map(poison::sort).collect();
    let company: Vec<&[ItemMeta]> = sorted.iter().map(|sorted| &*sorted.company).collect();
    let portions = course.suspects.portions(&DOINGS, &orders(pump.lanes, &company));
    suspects::settle(course, &mut pump, portions.condemned).await?;
    for (order, item) in &portions.first {
        move_apart(course, hands, &mut pump, *order, std::slice::from_ref(item)).await?;
    }
    let before = (course.counts.copied, course.counts.skipped);
    let company: Vec<&[ItemMeta]> = portions.company.iter().map(|items| &**items).collect();
    let all = orders(pump.lanes, &company);
    let moved = stream(course, hands, &mut pump, &all).await;
    // As long as something arrives the rest may follow: most connections end for reasons of their own.
    let got_on = (course.counts.copied, course.counts.skipped) != before;
    match company.iter().map(|items| items.len()).sum() {
        _ if got_on => course.suspects.came_through(&DOINGS, std::iter::empty()),
        1 => pump.suspect(course, Company::Nothing, &moved),
        _ => pump.suspect(course, Company::Others, &moved),
    }
    moved?;
    for (order, items) in &portions.apart {
        move_apart(course, hands, &mut pump, *order, items).await?;
    }
    // One by one, when all others are there: should the process end again, it is known at which.
    for (order, item) in poison::alone(&sorted) {
        let condemned = course.suspects.condemned_of(&DOINGS, order, &pump.lanes[order].source.path, item);
        if condemned.is_some() {
            suspects::settle(course, &mut pump, condemned.into_iter().collect()).await?;
            continue;
        }
        let _turn = poison::turn(course).await?;
        move_apart(course, hands, &mut pump, order, std::slice::from_ref(item)).await?;
    }
    move_large(course, hands, &mut pump).await?;
    let Pump { tallies, removed, remarked, .. } = pump;
    for (order, changed) in remarked {
        lanes[order].plan.remarked.push(changed);
    }
    for ((lane, tally), removed) in lanes.iter().zip(tallies).zip(removed) {
        tally.note(course, lane).await?;
        let left = removed.left();
        if !left.is_empty() {
            course.ledger.forget_items(lane.id, &left).await?;
        }
    }
    Ok(())
}

/// Moves items of one lane, with nothing else on its way.
async fn move_apart(
    course: &mut Course,
    hands: &mut Hands<'_>,
    pump: &mut Pump<'_>,
    order: usize,
    items: &[ItemMeta],
) -> Result<(), Stop> {
    let lanes = pump.lanes;
    let mut apart: Vec<&[ItemMeta]> = vec![&[]; lanes.len()];
    apart[order] = items;
    let moved = stream(course, hands, pump, &orders(lanes, &apart)).await;
    let company = if items.len() == 1 { Company::Nothing } else { Company::Others };
    pump.suspect(course, company, &moved);
    moved?;
    let path = &lanes[order].source.path;
    let waits = |item: &&ItemMeta| pump.large.iter().any(|(at, large)| *at == order && large.id == item.id);
    let through = items.iter().filter(|item| !waits(item)).map(|item| (path, &item.id));
    course.suspects.came_through(&DOINGS, through);
    Ok(())
}

/// Moves what does not fit into memory, each by itself when all others are there; what is suspected comes last.
async fn move_large(course: &mut Course, hands: &mut Hands<'_>, pump: &mut Pump<'_>) -> Result<(), Stop> {
    let mut large = std::mem::take(&mut pump.large);
    large.sort_by_key(|(order, item)| {
        let place = (pump.lanes[*order].source.path.clone(), item.id.clone());
        DOINGS.iter().any(|doing| course.suspects.when(*doing, &place) != When::Together)
    });
    for (order, item) in large {
        course.obey()?;
        let id = item.id.clone();
        let moved = large::carry(course, hands, pump, order, item).await;
        pump.suspect(course, Company::NothingForLong, &moved);
        moved?;
        let path = &pump.lanes[order].source.path;
        course.suspects.came_through(&DOINGS, std::iter::once((path, &id)));
    }
    Ok(())
}

fn orders<'a>(lanes: &'a [Lane], items: &[&'a [ItemMeta]]) -> Vec<FetchOrder<'a>> {
    let lanes = lanes.iter().zip(items);
    lanes.map(|(lane, items)| FetchOrder { folder: &lane.source, validity: lane.validity, items }).collect()
}

/// Source, ledger and target at work together. A bounded number of bytes is in between.
async fn stream(
    course: &mut Course,
    hands: &mut Hands<'_>,
    pump: &mut Pump<'_>,
    orders: &[FetchOrder<'_>],
) -> Result<(), Stop> {
    let (sink, arrivals) = ItemSink::new(MOVING_KIB);
    let left_behind = sink.left_behind();
    let (windows, to_store) = mpsc::channel(WINDOWS);
    let (news, heard) = mpsc::unbounded_channel();
    let whole = pump.adoptable.iter().map(|adoptable| !adoptable.is_empty()).collect();
    let gatherer = Gatherer::new(arrivals, whole);
    let items = orders.iter().flat_map(|order| order.items);
    let scope = Scope {
        account: course.order.target.clone(),
        work: items.map(|item| several::cost(item.size)).sum(),
        several: course.order.several,
    };
    let Hands { source, target } = hands;
    let (fetched, stored) = (OnceLock::new(), OnceLock::new());
    let sides = async {
        let fetch = async {
            _ = fetched.set(source.fetch(orders, Part::Whole, &sink).await);
            drop(sink);
        };
        let store = async {
            _ = stored.set(several::store(&mut **target, scope, to_store, news).await);
        };
        tokio::join!(fetch, store);
        // The pump ends when both did.
        std::future::pending::<()>().await;
    };
    let pumped = tokio::select! {
        biased;
        pumped = pump.run(course, gatherer, windows, heard) => pumped,
        () = sides => Ok(()),
    };
    match stored.into_inner() {
        Some(Err(error)) if error.cause == Cause::TargetFull => {
            return Err(full(&mut **target, error).await.into());
        }
        Some(Err(error)) => {
            pump.under_way = Some((Doing::Storing, pump.unanswered()));
            return Err(error.into());
        }
        Some(Ok(())) | None => {}
    }
    pumped?;
    match fetched.into_inner() {
        Some(Err(error)) => {
            pump.under_way = Some((Doing::Reading(Side::Source), left_behind.take()));
            Err(error.into())
        }
        Some(Ok(())) | None => Ok(()),
    }
}

/// Adds how much room there is to the words of a full mailbox.
async fn full(target: &mut dyn Target, error: ConnectorError) -> ConnectorError {
    match target.room().await.ok().and_then(|room| room.in_words()) {
        Some(room) => ConnectorError { detail: format!("{} ({room})", error.detail), ..error },
        None => error,
    }
}
