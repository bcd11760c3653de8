//! Messages that moved between folders on the source after they were copied: they are moved on the target too instead of
//! being copied a second time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::FolderPath,
};

use super::{
    course::{Course, about},
    pairs,
    read::{self, Halves},
    record::entry,
    stop::Stop,
    survey::Survey,
    transfer::Lane,
};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState, FolderId, FolderRecord},
    model::{Fingerprint, Flags, Inventory, ItemId, ItemMeta},
    plan::{FolderPlan, Gone, Takes, plan_folder},
    source::{FetchOrder, Part},
    target::{Moved, OpenFolder, Target, Wish},
};

/// Copied messages whose folder on the source no longer has them, each to be taken once.
#[derive(Debug, Default)]
pub(super) struct Movables {
    places: Vec<Place>,
    by_print: HashMap<[u8; 16], Vec<There>>,
    /// The same by what stays of it and its Message-ID, where the source writes messages anew at each reading.
    by_stable: HashMap<([u8; 16], String), Vec<There>>,
    /// What was taken, by its place and its id there.
    gone: BTreeSet<(usize, u32)>,
    taken: Vec<Move>,
}

/// Where a message is: its place, its id on the source before, its id on the target.
type There = (usize, ItemId, u32);

/// A folder on the target that messages may be moved out of.
#[derive(Debug)]
struct Place {
    id: FolderId,
    source: FolderPath,
    open: Arc<OpenFolder>,
    /// The source no longer has the folder.
    orphan: bool,
    left: usize,
}

/// A message that is to be moved on the target.
#[derive(Debug)]
struct Move {
    from: usize,
    old: ItemId,
    uid: u32,
    to: usize,
    item: ItemMeta,
    fingerprint: Fingerprint,
}

impl Movables {
    /// Whether a message with this content is on the target in the folder it was in before; then it is taken, to be moved
    /// to the lane's folder.
    pub(super) fn take(&mut self, fingerprint: Fingerprint, item: &ItemMeta, to: usize) -> bool {
        let there = self.by_print.get_mut(&fingerprint.exact).and_then(|all| first_left(all, &self.gone));
        self.take_there(there, fingerprint, item, to)
    }

    /// Whether what stays of messages is worth knowing.
    pub(super) fn knows_what_stays(&self) -> bool {
        !self.by_stable.is_empty()
    }

    /// The same for a message that the source writes anew at each reading, known by what stays of it and its Message-ID.
    pub(super) fn take_anew(
        &mut self,
        known: ([u8; 16], String),
        fingerprint: Fingerprint,
        item: &ItemMeta,
        to: usize,
    ) -> bool {
        let there = self.by_stable.get_mut(&known).and_then(|all| first_left(all, &self.gone));
        self.take_there(there, fingerprint, item, to)
    }

    fn take_there(
        &mut self,
        there: Option<There>,
        fingerprint: Fingerprint,
        item: &ItemMeta,
        to: usize,
    ) -> bool {
        let Some((from, old, uid)) = there else { return false };
        self.gone.insert((from, uid));
        self.places[from].left -= 1;
        self.taken.push(Move { from, old, uid, to, item: item.clone(), fingerprint });
        true
    }

    /// Folders that are gone from the source, where they are on the target, and how many messages they left there.
    pub(super) fn orphans(&self) -> impl Iterator<Item = (&FolderPath, &FolderPath, usize)> {
        let orphans = self.places.iter().filter(|place| place.orphan && place.left > 0);
        orphans.map(|place| (&place.source, &place.open.folder.path, place.left))
    }

    /// Looks at what stays of messages that are gone from a folder in which the source writes some anew at each reading.
    async fn look(&mut self, target: &mut dyn Target, at: usize, gone: &[Gone]) -> Result<(), Stop> {
        let meta = |gone: &Gone| ItemMeta {
            id: ItemId::Uid(gone.target),
            size: gone.size,
            received: None,
            flags: Flags::default(),
        };
        let mut items: Vec<ItemMeta> = gone.iter().map(meta).collect();
        items.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let before: HashMap<ItemId, &Gone> =
            gone.iter().map(|gone| (ItemId::Uid(gone.target), gone)).collect();
        let open = Arc::clone(&self.places[at].open);
        let wanted = FetchOrder { folder: &open.folder, validity: open.mark.validity, items: &items };
        let read = read::read(target.as_source(), &[wanted], Part::Whole, Halves::All, &|_| {}).await;
        for seen in read.map_err(ConnectorError::anew)?.into_iter().flat_map(|read| read.seen) {
            let gone = before.get(&seen.meta.id);
            if let (Some(gone), Some(stable), Some(id)) = (gone, seen.stable, seen.message_id) {
                let there = (at, gone.item.clone(), gone.target);
                self.by_stable.entry((stable, id)).or_default().push(there);
            }
        }
        Ok(())
    }

    fn add(&mut self, place: Place, gone: &[Gone]) -> usize {
        let at = self.places.len();
        self.places.push(Place { left: gone.len(), ..place });
        for gone in gone {
            let there = (at, gone.item.clone(), gone.target);
            self.by_print.entry(gone.fingerprint.exact).or_default().push(there);
        }
        at
    }
}

/// The last of them that was not taken.
fn first_left(all: &mut Vec<There>, gone: &BTreeSet<(usize, u32)>) -> Option<There> {
    loop {
        let there = all.pop()?;
        if !gone.contains(&(there.0, there.2)) {
            return Some(there);
        }
    }
}

/// Whether the source wrote some of a folder's messages anew when it was compared.
fn read_anew(record: &FolderRecord) -> bool {
    let mut findings = record.compared.iter().flat_map(|compared| &compared.findings);
    findings.any(|finding| finding.cause == Cause::ReadAnew)
}

/// The sizes of what would be copied: nothing of another size can have moved there.
pub(super) fn sizes(survey: &Survey) -> BTreeSet<u64> {
    let plans = survey.works.iter().filter_map(|work| Some(&work.to_do()?.plan));
    plans.flat_map(|plan| &plan.copy).map(|item| item.size).collect()
}

/// Looks for what may have moved: in open folders, and in folders the source no longer has.
pub(super) async fn find(
    course: &mut Course,
    target: &mut dyn Target,
    lanes: &[Lane],
    survey: &Survey,
) -> Result<Movables, Stop> {
    let mut movables = Movables::default();
    for lane in lanes.iter().filter(|lane| !lane.plan.gone.is_empty()) {
        let (id, source, open) = (lane.id, lane.source.path.clone(), Arc::clone(&lane.open));
        let at = movables.add(Place { id, source, open, orphan: false, left: 0 }, &lane.plan.gone);
        if read_anew(&lane.record) {
            movables.look(target, at, &lane.plan.gone).await?;
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
            movables.look(target, at, &plan.gone).await?;
        }
    }
    Ok(movables)
}

/// Moves on the target what was taken. Its intent is in the ledger: after an interruption it is found in one place or the
/// other.
pub(super) async fn carry_out(
    course: &mut Course,
    target: &mut dyn Target,
    lanes: &[Lane],
    movables: &mut Movables,
) -> Result<(), Stop> {
    let mut groups: BTreeMap<(usize, usize), Vec<Move>> = BTreeMap::new();
    for taken in std::mem::take(&mut movables.taken) {
        groups.entry((taken.from, taken.to)).or_default().push(taken);
    }
    for ((from, to), moves) in groups {
        course.obey()?;
        let (place, lane) = (&movables.places[from], &lanes[to]);
        let uids: Vec<u32> = moves.iter().map(|taken| taken.uid).collect();
        let there = target.those(&place.open, &uids).await.map_err(ConnectorError::anew)?;
        let (moves, unseen): (Vec<Move>, Vec<Move>) =
            moves.into_iter().partition(|taken| pairs::find(&there.items, taken.uid).is_some());
        let from = &place.open.folder.path;
        if there.lists_all() {
            settle_removed(course, place, lane, unseen).await?;
        } else {
            // Nobody knows that it was removed.
            let where_it_is = format!("it was in {from}, which does not list it now; look for it there");
            let findings = settle(course, place, lane, &unseen, Some(&where_it_is), &[]).await?;
            course.note(findings).await?;
        }
        if moves.is_empty() {
            continue;
        }
        let uids: Vec<u32> = moves.iter().map(|taken| taken.uid).collect();
        let moved = target.move_items(&place.open, &lane.open, &uids).await.map_err(ConnectorError::anew)?;
        match moved {
            Moved::Stayed(why) => {
                let where_it_is = format!("it stays in {from}: {why}");
                let findings = settle(course, place, lane, &moves, Some(&where_it_is), &[]).await?;
                course.note(findings).await?;
            }
            Moved::Went(new) => {
                let findings = settle(course, place, lane, &moves, None, &new).await?;
                // At once: what stands in both places would be taken from the old one once more.
                let gone: Vec<ItemId> = moves.into_iter().map(|taken| taken.old).collect();
                course.ledger.forget_items(place.id, &gone).await?;
                course.note(findings).await?;
            }
        }
    }
    Ok(())
}

/// Records moves that were carried out, with their new ids where the target told them, or that were not: `stayed` says where
/// the messages are on the target. Gives what is to be said of them.
async fn settle(
    course: &mut Course,
    place: &Place,
    lane: &Lane,
    moves: &[Move],
    stayed: Option<&str>,
    new: &[Option<u32>],
) -> Result<Vec<Finding>, Stop> {
    if moves.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    let mut findings = Vec::new();
    for (at, taken) in moves.iter().enumerate() {
        let uid = new.get(at).copied().flatten();
        let (state, finding) = outcome(taken, place, lane, stayed, uid);
        entries.push((lane.id, entry(&taken.item, Some(taken.fingerprint), state)));
        findings.push(finding);
        course.meter.add(1, taken.item.size);
    }
    course.ledger.put_entries(&entries).await?;
    Ok(findings)
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
    course.ledger.put_entries(&entries).await?;
    for taken in &removed {
        course.leave_out(&lane.source.path, &taken.item.id);
        course.meter.add(1, taken.item.size);
    }
    let old: Vec<ItemId> = removed.into_iter().map(|taken| taken.old).collect();
    course.ledger.forget_items(place.id, &old).await?;
    Ok(())
}

fn outcome(
    taken: &Move,
    place: &Place,
    lane: &Lane,
    stayed: Option<&str>,
    uid: Option<u32>,
) -> (EntryState, Finding) {
    let (from, to) = (&place.open.folder.path, &lane.open.folder.path);
    let (state, detail) = match stayed {
        None => {
            let detail = format!(
                "it moved from {} on the source, and from {from} to {to} on the target",
                place.source
            );
            (EntryState::Copied { target: uid, adopted: false }, detail)
        }
        Some(where_it_is) => {
            let detail = format!("it moved from {} on the source; on the target {where_it_is}", place.source);
            (EntryState::Skipped { cause: Cause::MovedAtSource, detail: detail.clone() }, detail)
        }
    };
    (state, about(&lane.source.path, &taken.item, Severity::Info, Cause::MovedAtSource, detail))
}
