//! Messages that were copied and have left their folder on the source: what a message that comes in another one may be.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use shared::{check::Side, folder::FolderPath};

use super::stays::Stays;
use crate::{
    error::ConnectorError,
    ledger::FolderId,
    model::{Fingerprint, Flags, ItemId, ItemMeta},
    pass::{
        course::Course,
        pairs,
        read::{self, Halves},
        stop::Stop,
        transfer::Lane,
    },
    plan::{Gone, Stayed},
    source::{FetchOrder, Part},
    target::{OpenFolder, Target},
};

/// Copied messages whose folder on the source no longer has them, each to be taken once.
#[derive(Debug, Default)]
pub(in crate::pass) struct Movables {
    pub(super) places: Vec<Place>,
    by_print: HashMap<[u8; 16], Vec<There>>,
    /// The same by what stays of it and its Message-ID, where the source writes messages anew at each reading.
    by_stable: HashMap<([u8; 16], String), Vec<There>>,
    /// What was taken, by its place and its id there.
    gone: BTreeSet<(usize, u32)>,
    pub(super) taken: Vec<Move>,
    /// What stayed where it was, once more by what recognises it.
    stayed: HashMap<[u8; 16], Vec<There>>,
    /// What stays in this pass and is marked otherwise than it was.
    pub(super) remarked: Vec<(There, Stays)>,
}

/// Where a message is.
#[derive(Debug, Clone)]
pub(super) struct There {
    pub place: usize,
    /// Its id on the source before.
    pub old: ItemId,
    /// Its id on the target.
    pub uid: u32,
    /// Recognises it as it was read when it was copied.
    pub fingerprint: Fingerprint,
    /// Its marks when they were last carried.
    pub marks: Option<Flags>,
}

/// A folder on the target that messages may be moved out of.
#[derive(Debug)]
pub(super) struct Place {
    pub id: FolderId,
    pub source: FolderPath,
    pub open: Arc<OpenFolder>,
    /// The source no longer has the folder.
    pub orphan: bool,
    pub left: usize,
}

/// A message that is to be moved on the target.
#[derive(Debug)]
pub(super) struct Move {
    pub there: There,
    pub to: usize,
    pub item: ItemMeta,
    pub fingerprint: Fingerprint,
}

impl There {
    fn of(place: usize, gone: &Gone) -> Self {
        let Gone { item, fingerprint, target, marks, size: _ } = gone;
        Self { place, old: item.clone(), uid: *target, fingerprint: *fingerprint, marks: marks.clone() }
    }
}

impl Movables {
    /// Whether a message with this content is on the target in the folder it was in before; then it is taken, to be moved
    /// to the lane's folder.
    pub(in crate::pass) fn take(&mut self, fingerprint: Fingerprint, item: &ItemMeta, to: usize) -> bool {
        let there = self.by_print.get_mut(&fingerprint.exact).and_then(|all| first_left(all, &self.gone));
        self.take_there(there, fingerprint, item, to)
    }

    /// Whether what stays of messages is worth knowing.
    pub(in crate::pass) fn knows_what_stays(&self) -> bool {
        !self.by_stable.is_empty()
    }

    /// The same for a message that the source writes anew at each reading, known by what stays of it and its Message-ID.
    pub(in crate::pass) fn take_anew(
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
        let Some(there) = there else { return false };
        self.leave(&there);
        self.taken.push(Move { there, to, item: item.clone(), fingerprint });
        true
    }

    /// It is not to be taken any more.
    fn leave(&mut self, there: &There) {
        self.gone.insert((there.place, there.uid));
        self.places[there.place].left -= 1;
    }

    /// Folders that are gone from the source, where they are on the target, and how many messages they left there.
    pub(in crate::pass) fn orphans(&self) -> impl Iterator<Item = (&FolderPath, &FolderPath, usize)> {
        let orphans = self.places.iter().filter(|place| place.orphan && place.left > 0);
        orphans.map(|place| (&place.source, &place.open.folder.path, place.left))
    }

    /// Looks at what stays of messages that are gone from a folder in which the source writes some anew at each reading.
    pub(super) async fn look(
        &mut self,
        course: &Course,
        target: &mut dyn Target,
        at: usize,
        gone: &[Gone],
    ) -> Result<(), Stop> {
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
        let how = course.reading(Side::Target, Part::Whole, Halves::All);
        let read = read::read(target.as_source(), &[wanted], how, &|_| {}).await;
        for seen in read.map_err(ConnectorError::anew)?.into_iter().flat_map(|read| read.seen) {
            let gone = before.get(&seen.meta.id);
            if let (Some(gone), Some(stable), Some(id)) = (gone, seen.stable, seen.message_id) {
                self.by_stable.entry((stable, id)).or_default().push(There::of(at, gone));
            }
        }
        Ok(())
    }

    /// Forgets what an interrupted pass moved on the target and did not live to record: it stands in its new folder, where it is
    /// recognised, and no longer in the old one. Left here it would be taken for a message with the same content that comes later,
    /// which would then be looked for in vain and left out.
    pub(super) async fn forget_arrived(
        &mut self,
        course: &Course,
        target: &mut dyn Target,
        lanes: &[Lane],
    ) -> Result<(), Stop> {
        let mut arrived = HashMap::new();
        for lane in lanes.iter().filter(|lane| !lane.plan.intended.is_empty()) {
            lane.adoptable.count(&mut arrived);
        }
        let mut suspects: BTreeMap<usize, Vec<There>> = BTreeMap::new();
        for (_, there) in self.by_print.iter().filter(|(print, _)| arrived.contains_key(*print)) {
            there.iter().for_each(|there| suspects.entry(there.place).or_default().push(there.clone()));
        }
        for (at, suspects) in suspects {
            let Place { id, open, .. } = &self.places[at];
            let (id, uids) = (*id, suspects.iter().map(|there| there.uid).collect::<Vec<_>>());
            let listed = target.those(open, &uids).await.map_err(ConnectorError::anew)?;
            let mut moved = Vec::new();
            for there in suspects.into_iter().filter(|_| listed.lists_all()) {
                let left = arrived.get_mut(&there.fingerprint.exact).filter(|left| **left > 0);
                if let (Some(left), None) = (left, pairs::find(&listed.items, there.uid)) {
                    *left -= 1;
                    self.leave(&there);
                    moved.push(there.old);
                }
            }
            if !moved.is_empty() {
                course.ledger.forget_items(id, &moved).await?;
            }
        }
        Ok(())
    }

    /// Leaves out what stayed where it was when it moved on the source: it stands for a message already.
    pub(super) async fn leave_what_stayed(&mut self, course: &Course) -> Result<(), Stop> {
        if self.places.is_empty() {
            return Ok(());
        }
        for stayed in course.ledger.stayed().await? {
            let there = self.by_print.get_mut(&stayed.exact).and_then(|all| first_left(all, &self.gone));
            if let Some(there) = there {
                self.leave(&there);
                self.stayed.entry(stayed.exact).or_default().push(there);
            }
        }
        Ok(())
    }

    /// Where something is that stayed; each is told of once.
    pub(super) fn where_it_stayed(&mut self, stayed: &Stayed) -> Option<There> {
        self.stayed.get_mut(&stayed.fingerprint.exact)?.pop()
    }

    pub(super) fn add(&mut self, place: Place, gone: &[Gone]) -> usize {
        let at = self.places.len();
        self.places.push(Place { left: gone.len(), ..place });
        for gone in gone {
            self.by_print.entry(gone.fingerprint.exact).or_default().push(There::of(at, gone));
        }
        at
    }
}

/// The last of them that was not taken.
fn first_left(all: &mut Vec<There>, gone: &BTreeSet<(usize, u32)>) -> Option<There> {
    loop {
        let there = all.pop()?;
        if !gone.contains(&(there.place, there.uid)) {
            return Some(there);
        }
    }
}
