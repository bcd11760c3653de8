//! Recognises what is on the target already: what an interrupted pass left without an answer, and what somebody else
//! copied before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::{cause::Cause, check::Side};

use super::{
    baselines,
    copy::Hands,
    course::Course,
    read::{self, Halves},
    stop::Stop,
    transfer::Lane,
};
use crate::{
    model::{Fingerprint, Folder, ItemId, ItemMeta, Received},
    plan::FolderPlan,
    source::{FetchOrder, Part},
};

/// Items of a target folder that no entry of the ledger claims, each to be taken once.
#[derive(Debug, Default)]
pub(super) struct Adoptable {
    candidates: Vec<Candidate>,
    by_exact: HashMap<[u8; 16], Vec<usize>>,
    by_loose: HashMap<[u8; 16], Vec<usize>>,
    by_stable: HashMap<[u8; 16], Vec<usize>>,
    reading: Reading,
    /// What may be ours and is not delivered: what it was listed as, and why.
    unread: Vec<(ItemMeta, String)>,
}

/// How the source delivers what it was asked for before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reading {
    /// As it did.
    #[default]
    Same,
    /// Written anew each time, but for the ids.
    Anew,
    /// Written anew each time, and with other ids.
    AnewWithOtherIds,
}

#[derive(Debug)]
struct Candidate {
    uid: u32,
    received: Option<Received>,
    /// It arrived after our first store: it may be ours, whatever the target made of its date or bytes.
    maybe_ours: bool,
    /// No item of the plan has its moment: whoever copied it lost the date, so content alone decides.
    strange_moment: bool,
    fingerprint: Fingerprint,
    /// What stays of it where the source writes messages anew, and its Message-ID.
    stable: Option<[u8; 16]>,
    message_id: Option<String>,
    taken: bool,
}

impl Adoptable {
    /// Whether there is nothing to be taken.
    pub(super) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Counts what may be ours, by its content.
    pub(super) fn count(&self, counts: &mut HashMap<[u8; 16], usize>) {
        for candidate in self.candidates.iter().filter(|candidate| candidate.maybe_ours) {
            *counts.entry(candidate.fingerprint.exact).or_default() += 1;
        }
    }

    /// Why an item that was sent may be there although nobody can read it; none: it is not.
    pub(super) fn may_be_unread(&self, item: &ItemMeta) -> Option<String> {
        let seconds = |item: &ItemMeta| item.received.map(|received| received.seconds);
        let may_be = |there: &ItemMeta| there.size == item.size || seconds(there) == seconds(item);
        let (there, why) = self.unread.iter().find(|(there, _)| may_be(there))?;
        Some(format!(
            "it was sent without an answer and may be UID {} on the target, which does not deliver that: {why}",
            there.id
        ))
    }

    fn add(&mut self, candidate: Candidate) {
        let at = self.candidates.len();
        self.by_exact.entry(candidate.fingerprint.exact).or_default().push(at);
        if let Some(loose) = candidate.fingerprint.loose {
            self.by_loose.entry(loose).or_default().push(at);
        }
        if let Some(stable) = candidate.stable {
            self.by_stable.entry(stable).or_default().push(at);
        }
        self.candidates.push(candidate);
    }

    /// Whether what stays of messages is worth knowing.
    pub(super) fn knows_what_stays(&self) -> bool {
        !self.by_stable.is_empty()
    }

    /// Takes an item of which the same stays, from a source that writes messages anew at each reading.
    pub(super) fn take_anew(
        &mut self,
        stable: [u8; 16],
        message_id: Option<&str>,
        received: Option<Received>,
        intended: bool,
    ) -> Option<u32> {
        let seconds = |received: Option<Received>| received.map(|received| received.seconds);
        let fits = |candidate: &Candidate| {
            let same_id = candidate.message_id.as_deref() == message_id;
            let ours = intended && candidate.maybe_ours;
            let same_moment = seconds(candidate.received) == seconds(received);
            !candidate.taken
                && (same_id || self.reading == Reading::AnewWithOtherIds)
                && (ours || same_moment || candidate.strange_moment)
        };
        let alike = self.by_stable.get(&stable)?;
        // Of several the one with its own id: others may be waiting for theirs.
        let best = alike.iter().copied().filter(|at| fits(&self.candidates[*at])).min_by_key(|at| {
            let candidate = &self.candidates[*at];
            (candidate.message_id.as_deref() != message_id, seconds(candidate.received) != seconds(received))
        })?;
        self.candidates[best].taken = true;
        Some(self.candidates[best].uid)
    }

    /// Takes an item with this content; gives its id on the target. `intended`: an earlier pass may have sent it.
    pub(super) fn take(
        &mut self,
        fingerprint: Fingerprint,
        received: Option<Received>,
        intended: bool,
    ) -> Option<u32> {
        let same_moment = |candidate: &Candidate| {
            candidate.received.map(|received| received.seconds) == received.map(|received| received.seconds)
        };
        let ours = |candidate: &Candidate| intended && candidate.maybe_ours;
        self.take_from(fingerprint, |candidate, exact| exact && same_moment(candidate))
            .or_else(|| {
                self.take_from(fingerprint, |candidate, exact| {
                    exact && (ours(candidate) || candidate.strange_moment)
                })
            })
            .or_else(|| self.take_from(fingerprint, |candidate, _| ours(candidate)))
            // A ledger that lost its power, or was restored from a copy, may have lost the intent.
            .or_else(|| {
                self.take_from(fingerprint, |candidate, _| {
                    candidate.maybe_ours && (same_moment(candidate) || candidate.strange_moment)
                })
            })
    }

    fn take_from(&mut self, wanted: Fingerprint, fits: impl Fn(&Candidate, bool) -> bool) -> Option<u32> {
        let exact = self.by_exact.get(&wanted.exact).into_iter().flatten();
        let loose = wanted.loose.and_then(|loose| self.by_loose.get(&loose)).into_iter().flatten();
        let at = exact.chain(loose).copied().find(|at| {
            let candidate = &self.candidates[*at];
            !candidate.taken && fits(candidate, candidate.fingerprint.exact == wanted.exact)
        })?;
        self.candidates[at].taken = true;
        Some(self.candidates[at].uid)
    }

    /// Whether the candidates are enough for everything that may be there: what is on its way, and what is known to have
    /// come under an id nobody told, which may be a twin of it.
    fn meets<'a>(&self, mut wanted: impl Iterator<Item = &'a Fingerprint>) -> bool {
        let mut there = HashMap::<[u8; 16], usize>::new();
        let ours = self.candidates.iter().filter(|candidate| candidate.maybe_ours);
        // What the ledger knows in full is looked for by the half that survives rewriting.
        for Fingerprint { exact, loose } in ours.map(|candidate| candidate.fingerprint) {
            for half in loose.into_iter().chain([exact]) {
                *there.entry(half).or_default() += 1;
            }
        }
        wanted.all(|fingerprint| match there.get_mut(&fingerprint.loose.unwrap_or(fingerprint.exact)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        })
    }
}

/// Looks for items of the plan on the target. After an interruption it looks again after growing pauses: what was sent
/// may still be on its way into the folder.
pub(super) async fn find(course: &mut Course, hands: &mut Hands<'_>, lane: &Lane) -> Result<Adoptable, Stop> {
    let Lane { open, plan, bracket, .. } = lane;
    let mut found = Adoptable::default();
    let interrupted = !plan.intended.is_empty();
    if open.items == 0 && !interrupted {
        return Ok(found);
    }
    // What was sent without an answer is looked for afresh.
    let known = lane.record.compared.as_ref().filter(|_| !interrupted).map(|_| lane.id);
    let baseline = baselines::of(course, Side::Target, &[known]).await?.pop().flatten();
    let moments: BTreeSet<i64> = plan.copy.iter().filter_map(|item| Some(item.received?.seconds)).collect();
    let sizes: BTreeSet<u64> = plan.copy.iter().map(|item| item.size).collect();
    let planned_moment =
        |item: &ItemMeta| item.received.is_some_and(|received| moments.contains(&received.seconds));
    let mut looked_at: BTreeSet<ItemId> = BTreeSet::new();
    let pauses = if interrupted { hands.target.settle() } else { &[std::time::Duration::ZERO] };
    for pause in pauses {
        course.obey()?;
        tokio::time::sleep(*pause).await;
        let there = hands.target.inventory(open, baseline.as_ref()).await?;
        let ours = |item: &ItemMeta| item.id >= ItemId::Uid(bracket.next);
        let unclaimed: Vec<ItemMeta> = there
            .items
            .into_iter()
            .filter(|item| match &item.id {
                ItemId::Uid(uid) => !plan.known.contains(uid),
                ItemId::Opaque(_) => false,
            })
            .filter(|item| !looked_at.contains(&item.id))
            .filter(|item| (interrupted && ours(item)) || planned_moment(item) || sizes.contains(&item.size))
            .collect();
        if !unclaimed.is_empty() {
            if looked_at.is_empty() {
                found.reading = reading(course, hands, (&lane.source, lane.validity), plan).await?;
            }
            let halves = if found.reading == Reading::Same { Halves::Both } else { Halves::All };
            let how = course.reading(Side::Target, Part::Whole, halves);
            let wanted = FetchOrder { folder: &open.folder, validity: there.validity, items: &unclaimed };
            let read = read::read(hands.target.as_source(), &[wanted], how, &|_| {}).await?;
            let (seen, failed): (Vec<_>, Vec<_>) =
                read.into_iter().map(|read| (read.seen, read.failed)).unzip();
            let lacking = failed
                .into_iter()
                .flatten()
                .filter(|(meta, cause, _)| interrupted && ours(meta) && *cause != Cause::Vanished);
            found.unread.extend(lacking.map(|(meta, _, why)| (meta, why)));
            for seen in seen.into_iter().flatten() {
                let ItemId::Uid(uid) = seen.meta.id else { continue };
                found.add(Candidate {
                    uid,
                    received: seen.meta.received,
                    maybe_ours: ours(&seen.meta),
                    strange_moment: !planned_moment(&seen.meta),
                    fingerprint: seen.fingerprint,
                    stable: seen.stable,
                    message_id: seen.message_id,
                    taken: false,
                });
            }
            looked_at.extend(unclaimed.into_iter().map(|item| item.id));
        }
        if found.meets(plan.anonymous.iter().chain(plan.intended.values().flatten())) {
            break;
        }
    }
    // What the ledger knows to be there under an unknown id is claimed already, whatever the target made of its bytes:
    // a twin must not be taken for it.
    for fingerprint in &plan.anonymous {
        let exactly = found.take_from(*fingerprint, |_, exact| exact);
        _ = exactly.or_else(|| found.take_from(*fingerprint, |candidate, _| candidate.maybe_ours));
    }
    Ok(found)
}

/// Reads a few small messages of the plan twice: whether the source writes them anew each time (edge cases 7 and 26).
async fn reading(
    course: &Course,
    hands: &mut Hands<'_>,
    (folder, validity): (&Folder, u32),
    plan: &FolderPlan,
) -> Result<Reading, Stop> {
    const FEW: usize = 4;
    const LARGEST: u64 = 256 * 1024;
    course.obey()?;
    let small: Vec<&ItemMeta> = plan.copy.iter().filter(|item| item.size <= LARGEST).collect();
    let step = small.len().div_ceil(FEW).max(1);
    let items: Vec<ItemMeta> = small.into_iter().step_by(step).cloned().collect();
    let how = course.reading(Side::Source, Part::Whole, Halves::Brief);
    let mut readings = Vec::new();
    for _ in 0..2 {
        let wanted = FetchOrder { folder, validity, items: &items };
        let read = read::read(hands.source, &[wanted], how, &|_| {}).await?;
        let seen = read.into_iter().flat_map(|read| read.seen);
        let seen: BTreeMap<ItemId, _> =
            seen.map(|seen| (seen.meta.id, (seen.fingerprint.exact, seen.message_id))).collect();
        readings.push(seen);
    }
    let [first, second] = readings.as_slice() else { return Ok(Reading::Same) };
    let both = || first.iter().filter_map(|(id, first)| Some((first, second.get(id)?)));
    let bytes = both().any(|(first, second)| first.0 != second.0);
    let ids = both().any(|(first, second)| first.1 != second.1);
    Ok(match (bytes, ids) {
        (false, _) => Reading::Same,
        (true, false) => Reading::Anew,
        (true, true) => Reading::AnewWithOtherIds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::fingerprint;

    fn at(seconds: i64) -> Option<Received> {
        Some(Received { seconds, zone_minutes: 0 })
    }

    /// Items as (id, content, moment, may be ours); moments above 100 are those no item of the plan has.
    fn adoptable(items: &[(u32, &[u8], i64, bool)]) -> Adoptable {
        let mut adoptable = Adoptable::default();
        for (uid, body, seconds, maybe_ours) in items {
            adoptable.add(Candidate {
                uid: *uid,
                received: at(*seconds),
                maybe_ours: *maybe_ours,
                strange_moment: *seconds > 100,
                fingerprint: fingerprint(body),
                stable: crate::fingerprint::stable(body),
                message_id: None,
                taken: false,
            });
        }
        adoptable
    }

    #[test]
    fn edge_006_each_twin_is_taken_once() {
        let mut there = adoptable(&[(1, b"a\r\n", 5, false), (2, b"a\r\n", 5, false)]);
        let twin = fingerprint(b"a\r\n");
        assert_eq!(there.take(twin, at(5), false), Some(1));
        assert_eq!(there.take(twin, at(5), false), Some(2));
        assert_eq!(there.take(twin, at(5), false), None);
    }

    #[test]
    fn a_message_of_another_moment_is_adopted_only_when_it_may_be_ours() {
        let other = fingerprint(b"a\r\n");
        assert_eq!(adoptable(&[(1, b"a\r\n", 5, true)]).take(other, at(6), false), None);
        assert_eq!(adoptable(&[(1, b"a\r\n", 5, false)]).take(other, at(6), true), None);
        assert_eq!(adoptable(&[(1, b"a\r\n", 5, true)]).take(other, at(6), true), Some(1));
    }

    #[test]
    fn edge_033_a_message_whose_date_an_earlier_tool_lost_is_adopted_by_content() {
        let lost = fingerprint(b"a\r\n");
        assert_eq!(adoptable(&[(1, b"a\r\n", 101, false)]).take(lost, at(6), false), Some(1));
        assert_eq!(adoptable(&[(1, b"b\r\n", 101, false)]).take(lost, at(6), false), None);
    }

    #[test]
    fn what_the_target_rewrote_is_recognised_when_it_may_be_ours() {
        let sent = fingerprint(b"A: b\r\n\r\nx\0y\r\n");
        let there = |maybe_ours| adoptable(&[(9, b"A: b\r\n\r\nx\x80y\r\n", 5, maybe_ours)]);
        assert_eq!(there(false).take(sent, at(5), false), None);
        assert_eq!(there(true).take(sent, at(6), false), None);
        assert_eq!(there(true).take(sent, at(5), false), Some(9), "the intent may be lost");
        assert_eq!(there(true).take(sent, at(6), true), Some(9));
    }
}
