//! Which message of the source is which on the target: by content, as often as it is there. Ids mean nothing.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
};

use shared::check::Side;

use crate::model::{Fingerprint, ItemMeta};

/// A message that was read on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What a listing shows of it.
    pub meta: ItemMeta,
    /// Recognises its content.
    pub fingerprint: Fingerprint,
    /// Its Message-ID, when it has one; for people, never to match by.
    pub message_id: Option<String>,
    /// What stays of its content where a server writes it anew at each reading; only of what was looked at that closely.
    pub stable: Option<[u8; 16]>,
    /// Whether its server wrote it anew: two readings of it differ.
    pub anew: bool,
}

/// Which message is which. Positions in the two lists; each position stands in exactly one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// Source and target with the same content.
    pub exact: Vec<(usize, usize)>,
    /// Source and target whose content differs in what servers are known to rewrite.
    pub altered: Vec<(usize, usize)>,
    /// Source and target of which one was written anew by its server at each reading, and what stays of it is equal.
    pub anew: Vec<(usize, usize)>,
    /// On the source only.
    pub missing: Vec<usize>,
    /// On the target only.
    pub extra: Vec<usize>,
    /// On the target only, with content that another message there has been matched by.
    pub duplicate: Vec<usize>,
}

/// Pairs the messages of two folders, each at most once.
///
/// Among messages of one content, those pair up that agree most in size, date and marks. Where the source has more of
/// them than the target, those are left over for which `excused` knows why they are not there.
pub fn match_items(source: &[Seen], target: &[Seen], excused: impl Fn(&ItemMeta) -> bool) -> Matching {
    let mut pairs = Pairs {
        source,
        target,
        excused,
        source_free: vec![true; source.len()],
        target_free: vec![true; target.len()],
    };
    let exact = pairs.pair_by(|fingerprint| Some(fingerprint.exact));
    let altered = pairs.pair_by(|fingerprint| fingerprint.loose);
    let anew = pairs.pair_anew();
    let stays: HashSet<[u8; 16]> = anew.iter().filter_map(|(at, _)| source[*at].stable).collect();
    let paired = || exact.iter().chain(&altered).map(|(at, _)| source[*at].fingerprint);
    let same: HashSet<[u8; 16]> = paired().map(|fingerprint| fingerprint.exact).collect();
    let alike: HashSet<[u8; 16]> = paired().filter_map(|fingerprint| fingerprint.loose).collect();
    let missing = left(&pairs.source_free);
    let (duplicate, extra) = left(&pairs.target_free).into_iter().partition(|at| {
        let Fingerprint { exact, loose } = target[*at].fingerprint;
        same.contains(&exact)
            || loose.is_some_and(|loose| alike.contains(&loose))
            || target[*at].stable.is_some_and(|stable| stays.contains(&stable))
    });
    Matching { exact, altered, anew, missing, extra, duplicate }
}

fn left(free: &[bool]) -> Vec<usize> {
    free.iter().enumerate().filter(|(_, free)| **free).map(|(at, _)| at).collect()
}

struct Pairs<'a, E> {
    source: &'a [Seen],
    target: &'a [Seen],
    excused: E,
    source_free: Vec<bool>,
    target_free: Vec<bool>,
}

impl<E: Fn(&ItemMeta) -> bool> Pairs<'_, E> {
    /// Pairs what is free and has the same half of the fingerprint: first those that agree in everything.
    fn pair_by(&mut self, half: impl Fn(&Fingerprint) -> Option<[u8; 16]>) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for excused in [false, true] {
            let moment = |seen: &Seen| seen.meta.received.map(|received| received.seconds);
            let marks = |seen: &Seen| (seen.meta.flags.system, seen.meta.flags.keywords.clone());
            let half = |seen: &Seen| half(&seen.fingerprint);
            self.pass(excused, &mut found, |_, seen| {
                Some((half(seen)?, seen.meta.size, moment(seen), marks(seen)))
            });
            self.pass(excused, &mut found, |_, seen| Some((half(seen)?, seen.meta.size, moment(seen))));
            self.pass(excused, &mut found, |_, seen| Some((half(seen)?, seen.meta.size, marks(seen))));
            self.pass(excused, &mut found, |_, seen| Some((half(seen)?, seen.meta.size)));
            self.pass(excused, &mut found, |_, seen| Some((half(seen)?, moment(seen))));
            self.pass(excused, &mut found, |_, seen| half(seen));
        }
        found.sort_unstable();
        found
    }

    /// Pairs what is free and of which what stays is equal, where one of the two was written anew: the same content that
    /// a server changed once is not the same message.
    fn pair_anew(&mut self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (excused, which) in
            [(false, Side::Source), (false, Side::Target), (true, Side::Source), (true, Side::Target)]
        {
            let moment = |seen: &Seen| seen.meta.received.map(|received| received.seconds);
            let stable = |side: Side, seen: &Seen| seen.stable.filter(|_| side != which || seen.anew);
            let id = |seen: &Seen| seen.message_id.clone();
            self.pass(excused, &mut found, |side, seen| Some((stable(side, seen)?, id(seen), moment(seen))));
            self.pass(excused, &mut found, |side, seen| Some((stable(side, seen)?, id(seen))));
            self.pass(excused, &mut found, |side, seen| Some((stable(side, seen)?, moment(seen))));
            self.pass(excused, &mut found, stable);
        }
        found.sort_unstable();
        found
    }

    fn pass<K: Eq + Hash>(
        &mut self,
        excused: bool,
        found: &mut Vec<(usize, usize)>,
        key: impl Fn(Side, &Seen) -> Option<K>,
    ) {
        let mut offers = HashMap::<K, VecDeque<usize>>::new();
        for at in left(&self.target_free) {
            if let Some(key) = key(Side::Target, &self.target[at]) {
                offers.entry(key).or_default().push_back(at);
            }
        }
        if offers.is_empty() {
            return;
        }
        for at in left(&self.source_free) {
            let seen = &self.source[at];
            if (self.excused)(&seen.meta) != excused {
                continue;
            }
            if let Some(there) = key(Side::Source, seen).and_then(|key| offers.get_mut(&key)?.pop_front()) {
                self.source_free[at] = false;
                self.target_free[there] = false;
                found.push((at, there));
            }
        }
    }
}
