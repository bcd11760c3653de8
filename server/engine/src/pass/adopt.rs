//! Recognises what is on the target already: what an interrupted pass left without an answer, and what somebody else
//! copied before.

use std::collections::{BTreeSet, HashMap};

use super::{
    copy::Hands,
    course::Course,
    read::{self, Halves},
    stop::Stop,
};
use crate::{
    model::{Fingerprint, ItemId, ItemMeta, Received},
    plan::FolderPlan,
    source::{FetchOrder, Part},
    target::OpenFolder,
};

/// Items of a target folder that no entry of the ledger claims, each to be taken once.
#[derive(Debug, Default)]
pub(super) struct Adoptable {
    candidates: Vec<Candidate>,
    by_exact: HashMap<[u8; 16], Vec<usize>>,
    by_loose: HashMap<[u8; 16], Vec<usize>>,
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
    taken: bool,
}

impl Adoptable {
    /// Whether there is nothing to be taken.
    pub(super) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    fn add(&mut self, candidate: Candidate) {
        let at = self.candidates.len();
        self.by_exact.entry(candidate.fingerprint.exact).or_default().push(at);
        if let Some(loose) = candidate.fingerprint.loose {
            self.by_loose.entry(loose).or_default().push(at);
        }
        self.candidates.push(candidate);
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
/// may still be on its way into the folder. `bracket` is the first id that can be ours.
pub(super) async fn find(
    course: &mut Course,
    hands: &mut Hands<'_>,
    open: &OpenFolder,
    plan: &FolderPlan,
    bracket: u32,
) -> Result<Adoptable, Stop> {
    let mut found = Adoptable::default();
    let interrupted = !plan.intended.is_empty();
    if open.items == 0 && !interrupted {
        return Ok(found);
    }
    let moments: BTreeSet<i64> = plan.copy.iter().filter_map(|item| Some(item.received?.seconds)).collect();
    let sizes: BTreeSet<u64> = plan.copy.iter().map(|item| item.size).collect();
    let planned_moment =
        |item: &ItemMeta| item.received.is_some_and(|received| moments.contains(&received.seconds));
    let mut looked_at: BTreeSet<ItemId> = BTreeSet::new();
    let pauses = if interrupted { hands.target.settle() } else { &[std::time::Duration::ZERO] };
    for pause in pauses {
        course.obey()?;
        tokio::time::sleep(*pause).await;
        let there = hands.target.since(open, 1).await?;
        let ours = |item: &ItemMeta| item.id >= ItemId::Uid(bracket);
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
            let wanted = FetchOrder { folder: &open.folder, validity: there.validity, items: &unclaimed };
            let read =
                read::read(hands.target.as_source(), &[wanted], Part::Whole, Halves::Both, &|_| {}).await?;
            for seen in read.into_iter().flat_map(|read| read.seen) {
                let ItemId::Uid(uid) = seen.meta.id else { continue };
                found.add(Candidate {
                    uid,
                    received: seen.meta.received,
                    maybe_ours: ours(&seen.meta),
                    strange_moment: !planned_moment(&seen.meta),
                    fingerprint: seen.fingerprint,
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
        let mut there = adoptable(&[(9, b"A: b\r\n\r\nx\x80y\r\n", 5, true)]);
        assert_eq!(there.take(sent, at(5), false), None);
        assert_eq!(there.take(sent, at(5), true), Some(9));
    }
}
