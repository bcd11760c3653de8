//! Decides what becomes of an item before it is sent: whether it is on the target already, in its folder or another one.

use super::{
    course::Course,
    moves::Movables,
    pump::Pump,
    read,
    record::{count_copied, entry},
};
use crate::{
    fingerprint::stable,
    ledger::{Entry, EntryState},
    model::{Fingerprint, ItemMeta},
    plan::Remarked,
};

/// What becomes of an item before it is sent.
pub(super) enum Decision {
    /// It is on the target already, or left out.
    Settled(Entry),
    /// It is on the target in another folder, and will be moved.
    Moved(Entry),
    /// Nobody can know whether it is on the target: its intent stands, and the next pass looks again.
    Undecided,
    /// It is to be sent.
    Send,
}

impl Pump<'_> {
    /// Whether an item is on the target already. `body` is there unless it is too large to be held.
    pub(super) fn decide(
        &mut self,
        course: &mut Course,
        order: usize,
        meta: &ItemMeta,
        print: Fingerprint,
        body: Option<&[u8]>,
    ) -> Decision {
        if let Some(known) = self.arrived(course, order, meta, print, body) {
            return Decision::Settled(known);
        }
        if self.is_undecided(course, order, meta) {
            return Decision::Undecided;
        }
        let anew = |movables: &mut Movables| {
            let body = body.filter(|_| movables.knows_what_stays())?;
            let known = (stable(body)?, read::message_id(body)?);
            Some(movables.take_anew(known, print, meta, order))
        };
        if let Some(state) = self.removed[order].take(&self.lanes[order], meta, print) {
            course.leave_out(&self.lanes[order].source.path, &meta.id);
            course.meter.add(1, meta.size);
            return Decision::Settled(entry(meta, Some(print), state));
        }
        if self.movables.take(print, meta, order) || anew(&mut *self.movables) == Some(true) {
            return Decision::Moved(entry(meta, Some(print), EntryState::Intended));
        }
        Decision::Send
    }

    /// Whether an item that was sent may be on the target although nobody can read it there; then it is told of, and not sent
    /// once more.
    pub(super) fn is_undecided(&mut self, course: &mut Course, order: usize, meta: &ItemMeta) -> bool {
        let lane = &self.lanes[order];
        let was_sent = lane.plan.intended.get(&meta.id).is_some_and(Option::is_some);
        let why = was_sent.then(|| self.adoptable[order].may_be_unread(meta)).flatten();
        let Some(why) = why else { return false };
        let path = &lane.source.path;
        course.leave_out(path, &meta.id);
        course.meter.add(1, meta.size);
        course.undecided.entry(path.clone()).or_default().insert(meta.id.clone(), why);
        true
    }

    /// What is known of an item that is on the target in its folder.
    pub(super) fn arrived(
        &mut self,
        course: &mut Course,
        order: usize,
        meta: &ItemMeta,
        print: Fingerprint,
        body: Option<&[u8]>,
    ) -> Option<Entry> {
        let known = self.lanes[order].plan.intended.get(&meta.id);
        let intended = known.is_some();
        let adoptable = &mut self.adoptable[order];
        // What was sent was what it was then: a source may write it anew at each reading.
        let first = known.copied().flatten().filter(|first| first.exact != print.exact);
        let sent = first.and_then(|first| Some((adoptable.take(first, meta.received, true)?, first)));
        let found =
            sent.or_else(|| Some((adoptable.take(print, meta.received, intended)?, print))).or_else(|| {
                let body = body.filter(|_| adoptable.knows_what_stays())?;
                let id = read::message_id(body);
                Some((adoptable.take_anew(stable(body)?, id.as_deref(), meta.received, intended)?, print))
            });
        let (uid, print) = found?;
        match known {
            Some(Some(_)) => self.tallies[order].recovered += 1,
            // Of a rebuilt folder, which is told of as a whole.
            Some(None) => {}
            None => self.tallies[order].adopted += 1,
        }
        count_copied(course, meta, !intended);
        let state = EntryState::Copied { target: Some(uid), adopted: !intended };
        let entry = entry(meta, Some(print), state);
        // What the source marked since it was sent is still to be carried.
        let sent = self.lanes[order].plan.sent_marks.get(&meta.id).filter(|sent| **sent != meta.flags);
        let Some(before) = sent.cloned() else { return Some(entry) };
        let (item, fingerprint, marks) = (meta.clone(), Some(print), Some(before.clone()));
        self.remarked.push((order, Remarked { item, target: uid, before, fingerprint, adopted: !intended }));
        Some(Entry { marks, ..entry })
    }
}
