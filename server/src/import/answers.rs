//! What both systems said of the rows of a list, found again when the list is brought once more.

use std::{
    collections::{BTreeMap, HashMap, hash_map::RandomState},
    hash::BuildHasher,
};

use shared::{
    import::{ImportAnswer, ImportProblem, Said},
    job::NewJob,
};

use super::judge::Judged;

/// Recognises a row by its names and passwords, and tells nobody anything of them: what makes it is this process's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RowKey(u64);

/// What both systems said of rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    hasher: RandomState,
    rows: HashMap<RowKey, ImportAnswer>,
}

impl Answers {
    /// Recognises a row: one with another name or password is another row, that nobody was asked about.
    pub(crate) fn key(&self, job: &NewJob) -> RowKey {
        let NewJob { source_user, source_secret, target_user, target_secret, below: _ } = job;
        RowKey(self.hasher.hash_one((source_user, source_secret, target_user, target_secret)))
    }

    /// Keeps what was said.
    pub(crate) fn keep(&mut self, key: RowKey, answer: ImportAnswer) {
        self.rows.insert(key, answer);
    }

    /// What was said of a row.
    pub(crate) fn of(&self, key: RowKey) -> Option<&ImportAnswer> {
        self.rows.get(&key)
    }
}

/// Gives rows their answers, and the problems that these tell of. Rows with a problem of their own are left as they are.
pub(super) fn hear(rows: &mut [Judged], answers: &Answers) {
    let mut places = BTreeMap::<String, Place>::new();
    for row in rows.iter_mut().filter(|row| row.is_good()) {
        let Some(answer) = answers.of(answers.key(&row.job)) else { continue };
        row.problems.extend(refusals(answer));
        row.answer = Some(answer.clone());
        if let Some(holds) = answer.holds.filter(|_| row.is_good()) {
            let place = places.entry(row.job.target_user.to_lowercase()).or_default();
            place.holds = place.holds.saturating_add(holds);
            place.rows += 1;
            let least = |known: Option<u64>, told: Option<u64>| known.into_iter().chain(told).min();
            place.free = least(place.free, answer.free);
            place.limit = least(place.limit, answer.limit);
        }
    }
    for row in rows.iter_mut().filter(|row| row.is_good()) {
        let known = row.answer.as_ref().and_then(|answer| answer.holds);
        let place = places.get(&row.job.target_user.to_lowercase()).filter(|_| known.is_some());
        row.problems.extend(place.and_then(Place::lack));
    }
}

/// What goes to one target mailbox: several rows may go to one.
#[derive(Default)]
struct Place {
    holds: u64,
    rows: u64,
    free: Option<u64>,
    limit: Option<u64>,
}

impl Place {
    fn lack(&self) -> Option<ImportProblem> {
        let free = self.free.filter(|free| self.holds > *free)?;
        let limit = self.limit.unwrap_or(free);
        Some(ImportProblem::TargetTooSmall { holds: self.holds, free, limit, rows: self.rows })
    }
}

fn refusals(answer: &ImportAnswer) -> impl Iterator<Item = ImportProblem> + use<> {
    let refused = |said: &Said| match said {
        Said::Refused { detail } => Some(detail.clone()),
        Said::Open | Said::Unknown { .. } => None,
    };
    let source = refused(&answer.source).map(|detail| ImportProblem::SourceRefused { detail });
    let target = refused(&answer.target).map(|detail| ImportProblem::TargetRefused { detail });
    source.into_iter().chain(target)
}
