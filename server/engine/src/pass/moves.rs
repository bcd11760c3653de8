//! Messages that moved between folders on the source after they were copied: they are moved on the target too instead of
//! being copied a second time.

mod movables;
pub(super) mod stays;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
};

use super::{
    course::{Course, about},
    pairs,
    record::entry,
    stop::Stop,
    survey::{Survey, Work},
    transfer::Lane,
};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState, FolderId, FolderRecord},
    model::{Inventory, ItemId},
    plan::{FolderPlan, Gone, Remarked, Stayed, Takes, plan_folder},
    target::{Moved, Target, Wish},
};
use movables::{Move, Place, There};
use stays::Stays;

pub(super) use movables::Movables;

/// Whether the source wrote some of a folder's messages anew when it was compared.
fn read_anew(record: &FolderRecord) -> bool {
    let mut findings = record.compared.iter().flat_map(|compared| &compared.findings);
    findings.any(|finding| finding.cause == Cause::ReadAnew)
}

/// The sizes of what would be copied, and of what stayed and is to be marked: nothing of another size is of interest in the
/// folders it left.
pub(super) fn sizes(survey: &Survey) -> BTreeSet<u64> {
    let plans = survey.works.iter().filter_map(|work| Some(&work.to_do()?.plan));
    let sizes = |plan: &FolderPlan| -> Vec<u64> {
        let stayed = plan.stayed.iter().map(|stayed| stayed.item.size);
        plan.copy.iter().map(|item| item.size).chain(stayed).collect()
    };
    plans.flat_map(sizes).collect()
}

/// Looks for what may have moved: in open folders, and in folders the source no longer has.
pub(super) async fn find(
    course: &mut Course,
    target: &mut dyn Target,
    lanes: &[Lane],
    survey: &Survey,
    stays: &[Stays],
) -> Result<Movables, Stop> {
    let mut movables = Movables::default();
    for lane in lanes.iter().filter(|lane| !lane.plan.gone.is_empty()) {
        let (id, source, open) = (lane.id, lane.source.path.clone(), Arc::clone(&lane.open));
        let at = movables.add(Place { id, source, open, orphan: false, left: 0 }, &lane.plan.gone);
        if read_anew(&lane.record) {
            movables.look(course, target, at, &lane.plan.gone).await?;
        }
    }
    for (id, record) in &survey.orphans {
        let there = survey.there.iter().find(|folder| folder.path == record.target && folder.selectable);
        let Some(there) = there else { continue };
        let (nothing, entries) = (Inventory::default(), course.ledger.entries(*id).await?);
        let plan: FolderPlan = plan_folder(nothing, entries, Takes::default(), |_| None);
        if plan.gone.is_empty() {
            continue;
        }
        let wish = Wish { path: &there.path, existing: Some(there), subscribe: false };
        let Some(Ok(open)) = target.open(&[wish]).await?.pop() else { continue };
        if record.bracket.is_some_and(|bracket| bracket.validity != open.mark.validity) {
            continue;
        }
        let source = record.source.clone();
        let place = Place { id: *id, source, open: Arc::new(open), orphan: true, left: 0 };
        let at = movables.add(place, &plan.gone);
        if read_anew(record) {
            movables.look(course, target, at, &plan.gone).await?;
        }
    }
    if !stays.is_empty() {
        find_settled(course, target, survey, stays, &mut movables).await?;
    }
    movables.leave_what_stayed(course).await?;
    movables.forget_arrived(course, target, lanes).await?;
    Ok(movables)
}

/// Looks for what stayed and is to be marked in folders in which nothing changed since both sides were compared.
async fn find_settled(
    course: &mut Course,
    target: &mut dyn Target,
    survey: &Survey,
    stays: &[Stays],
    movables: &mut Movables,
) -> Result<(), Stop> {
    let wanted: BTreeSet<[u8; 16]> = stays.iter().map(|stays| stays.stayed.fingerprint.exact).collect();
    let records = course.records().await?;
    for (mapped, work) in survey.mapped.iter().zip(&survey.works) {
        let Work::Settled(compared) = work else { continue };
        let gone = compared.findings.iter().filter(|finding| finding.cause == Cause::DeletedAtSource);
        let uids: BTreeSet<u32> =
            gone.filter_map(|finding| finding.subject.item.as_ref()?.id.parse().ok()).collect();
        let known = mapped.existing.as_ref().zip(records.get(&mapped.source.path));
        let Some((existing, (id, record))) = known.filter(|_| !uids.is_empty()) else { continue };
        let is_one = |entry: Entry| -> Option<Gone> {
            let EntryState::Copied { target: Some(target), .. } = entry.state else { return None };
            let fingerprint = entry.fingerprint.filter(|print| wanted.contains(&print.exact))?;
            let Entry { item, size, marks, .. } = entry;
            uids.contains(&target).then_some(Gone { item, size, fingerprint, target, marks })
        };
        let gone: Vec<Gone> = course.ledger.entries(*id).await?.into_iter().filter_map(is_one).collect();
        if gone.is_empty() {
            continue;
        }
        let wish = Wish { path: &existing.path, existing: Some(existing), subscribe: false };
        let Some(Ok(open)) = target.open(&[wish]).await?.pop() else { continue };
        if record.bracket.is_none_or(|bracket| bracket.validity == open.mark.validity) {
            let source = record.source.clone();
            let place = Place { id: *id, source, open: Arc::new(open), orphan: false, left: 0 };
            movables.add(place, &gone);
        }
    }
    Ok(())
}

/// Moves on the target what was taken. Its intent is in the ledger: after an interruption it is found in one place or the
/// other.
pub(super) async fn carry_out(
    course: &mut Course,
    target: &mut dyn Target,
    lanes: &mut [Lane],
    movables: &mut Movables,
) -> Result<(), Stop> {
    let mut groups: BTreeMap<(usize, usize), Vec<Move>> = BTreeMap::new();
    for taken in std::mem::take(&mut movables.taken) {
        groups.entry((taken.there.place, taken.to)).or_default().push(taken);
    }
    for ((from_place, to), moves) in groups {
        course.obey()?;
        let (place, lane) = (&movables.places[from_place], &mut lanes[to]);
        let uids: Vec<u32> = moves.iter().map(|taken| taken.there.uid).collect();
        let there = target.those(&place.open, &uids).await.map_err(ConnectorError::anew)?;
        let (moves, unseen): (Vec<Move>, Vec<Move>) =
            moves.into_iter().partition(|taken| pairs::find(&there.items, taken.there.uid).is_some());
        let from = &place.open.folder.path;
        if there.lists_all() {
            settle_removed(course, place, lane, unseen).await?;
        } else {
            // Nobody knows that it was removed.
            let where_it_is = format!("it was in {from}, which does not list it now; look for it there");
            let remarked = settle_stayed(course, place, lane, unseen, &where_it_is).await?;
            movables.remarked.extend(remarked);
        }
        if moves.is_empty() {
            continue;
        }
        let place = &movables.places[from_place];
        let uids: Vec<u32> = moves.iter().map(|taken| taken.there.uid).collect();
        let moved = target.move_items(&place.open, &lane.open, &uids).await.map_err(ConnectorError::anew)?;
        match moved {
            Moved::Stayed(why) => {
                let where_it_is = format!("it stays in {from}: {why}");
                let remarked = settle_stayed(course, place, lane, moves, &where_it_is).await?;
                movables.remarked.extend(remarked);
            }
            Moved::Went(new) => settle_moved(course, place, lane, moves, &new).await?,
        }
    }
    Ok(())
}

/// Records moves that were not carried out, and where the messages are on the target; gives those that the source marks
/// otherwise than they are.
async fn settle_stayed(
    course: &mut Course,
    place: &Place,
    lane: &Lane,
    moves: Vec<Move>,
    where_it_is: &str,
) -> Result<Vec<(There, Stays)>, Stop> {
    let (mut entries, mut findings, mut remarked) = (Vec::new(), Vec::new(), Vec::new());
    for taken in moves {
        let detail = format!("it moved from {} on the source; on the target {where_it_is}", place.source);
        findings.push(told(lane, &taken, detail.clone()));
        course.meter.add(1, taken.item.size);
        let Move { there, item, .. } = taken;
        // What is on the target is what was read then: a source may write it anew at each reading.
        let fingerprint = there.fingerprint;
        let state = EntryState::Skipped { cause: Cause::MovedAtSource, detail: detail.clone() };
        let entry = entry(&item, Some(fingerprint), state);
        let marks = there.marks.clone().or(entry.marks);
        if let Some(before) = marks.clone().filter(|before| *before != item.flags) {
            let stayed = Stayed { item, fingerprint, before, detail };
            remarked.push((there, Stays { folder: lane.id, path: lane.source.path.clone(), stayed }));
        }
        entries.push((lane.id, Entry { marks, ..entry }));
    }
    if !entries.is_empty() {
        course.ledger.put_entries(&entries).await?;
        course.note(findings).await?;
    }
    Ok(remarked)
}

/// Records moves that were carried out, with their new ids where the target told them.
async fn settle_moved(
    course: &mut Course,
    place: &Place,
    lane: &mut Lane,
    moves: Vec<Move>,
    new: &[Option<u32>],
) -> Result<(), Stop> {
    let (from, to) = (&place.open.folder.path, &lane.open.folder.path);
    let (mut entries, mut findings, mut old) = (Vec::new(), Vec::new(), Vec::new());
    for (at, taken) in moves.into_iter().enumerate() {
        let detail =
            format!("it moved from {} on the source, and from {from} to {to} on the target", place.source);
        let target = new.get(at).copied().flatten();
        let state = EntryState::Copied { target, adopted: false };
        let entry = entry(&taken.item, Some(taken.fingerprint), state);
        // The copy is marked as it was: what the source marked since is still to be carried.
        let marks = taken.there.marks.clone().or(entry.marks);
        let before = marks.clone().filter(|before| *before != taken.item.flags);
        if let (Some(target), Some(before)) = (target, before) {
            let (item, fingerprint) = (taken.item.clone(), Some(taken.fingerprint));
            lane.plan.remarked.push(Remarked { item, target, before, fingerprint, adopted: false });
        }
        entries.push((lane.id, Entry { marks, ..entry }));
        findings.push(told(lane, &taken, detail));
        course.meter.add(1, taken.item.size);
        old.push(taken.there.old);
    }
    course.ledger.put_and_forget(&entries, place.id, &old).await?;
    Ok(course.note(findings).await?)
}

fn told(lane: &Lane, taken: &Move, detail: String) -> Finding {
    about(&lane.source.path, &taken.item, Severity::Info, Cause::MovedAtSource, detail)
}

/// What a user removed on the target before it could be moved is not brought back. The comparison tells of it.
async fn settle_removed(
    course: &mut Course,
    place: &Place,
    lane: &Lane,
    removed: Vec<Move>,
) -> Result<(), Stop> {
    if removed.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "It moved from {} on the source. On the target it was in {}, and is no longer there.",
        place.source, place.open.folder.path
    );
    let state = EntryState::Skipped { cause: Cause::RemovedOnTarget, detail };
    let settled = |taken: &Move| entry(&taken.item, Some(taken.fingerprint), state.clone());
    let entries: Vec<(FolderId, Entry)> = removed.iter().map(|taken| (lane.id, settled(taken))).collect();
    for taken in &removed {
        course.leave_out(&lane.source.path, &taken.item.id);
        course.meter.add(1, taken.item.size);
    }
    let before: Vec<ItemId> = removed.into_iter().map(|taken| taken.there.old).collect();
    Ok(course.ledger.put_and_forget(&entries, place.id, &before).await?)
}
