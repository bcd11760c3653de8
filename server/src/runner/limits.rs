//! The limits that the passes of this process keep: those that their projects have now, not those of the moment they began.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine::guest::Joined;
use shared::{
    id::{JobId, ProjectId},
    limits::Limits,
    project::Options,
};

use crate::store::{Lease, Store};

/// The limits that are kept, by job and epoch. Cheap to clone; every clone is the same list.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(Arc<Mutex<BTreeMap<(JobId, i64), Limited>>>);

/// A pass with what its systems are asked for at most: the source before the target.
#[derive(Debug)]
struct Limited {
    project: ProjectId,
    sides: [(Limits, Joined); 2],
}

/// Lets the limits of its pass go when dropped.
#[derive(Debug)]
pub(super) struct Keeping {
    kept: Kept,
    pass: (JobId, i64),
}

impl Kept {
    /// Keeps the limits that a pass begins with, for as long as the answer is kept.
    pub(super) fn keep(&self, lease: &Lease, options: &Options, [source, target]: [Joined; 2]) -> Keeping {
        let sides = [(options.source_limits.clone(), source), (options.target_limits.clone(), target)];
        let pass = (lease.job, lease.epoch);
        self.lock().insert(pass, Limited { project: lease.project, sides });
        Keeping { kept: self.clone(), pass }
    }

    /// Puts passes under the limits that their projects have now. Tells whether any were others than before.
    pub(super) async fn renew(&self, store: &Store) -> bool {
        let projects: BTreeSet<ProjectId> = self.lock().values().map(|limited| limited.project).collect();
        if projects.is_empty() {
            return false;
        }
        match store.limits_of(&projects).await {
            Ok(now) => self.put(&now),
            Err(error) => {
                tracing::warn!(%error, "reading the limits of projects whose mailboxes run failed");
                false
            }
        }
    }

    fn put(&self, now: &BTreeMap<ProjectId, [Limits; 2]>) -> bool {
        let mut changed = false;
        for limited in self.lock().values_mut() {
            let Some(limits) = now.get(&limited.project) else { continue };
            for ((before, joined), now) in limited.sides.iter_mut().zip(limits) {
                if before == now {
                    continue;
                }
                before.clone_from(now);
                match joined.gate().join(now) {
                    // The system is never without a limit in between.
                    Ok(anew) => {
                        *joined = anew;
                        changed = true;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "changed limits cannot be kept here; the ones before stay");
                    }
                }
            }
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(JobId, i64), Limited>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.kept.lock().remove(&self.pass);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use engine::guest::{Gate, Wall};
    use shared::{
        check::Side,
        limits::{AllowedHours, TimeOfDay},
    };

    use super::*;

    /// Open on no day at all.
    fn never() -> Limits {
        let hours = AllowedHours { days: Vec::new(), from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END };
        Limits { hours: vec![hours], connections: NonZeroU16::MIN, ..Limits::default() }
    }

    #[test]
    fn a_pass_that_runs_keeps_the_limits_of_now_and_lets_them_go_at_its_end() {
        let (kept, gates) = (Kept::default(), [(); 2].map(|()| Gate::unused(Wall::system())));
        let joined = gates.each_ref().map(|gate| gate.join(&never()).expect("no zone"));
        let [source, target] = joined;
        let pass = (JobId(1), 1);
        let sides = [(never(), source), (never(), target)];
        kept.lock().insert(pass, Limited { project: ProjectId(7), sides });
        let keeping = Keeping { kept: kept.clone(), pass };
        let most = || gates.each_ref().map(|gate| gate.view(Side::Source, "old.example").configured);
        assert_eq!(most(), [1, 1]);
        assert!(gates[0].waits().is_some() && gates[1].waits().is_some());

        let of = |project, source: Limits| BTreeMap::from([(ProjectId(project), [source, never()])]);
        assert!(!kept.put(&of(8, Limits::default())), "another project's");
        assert!(!kept.put(&of(7, never())), "the same as before");
        assert!(kept.put(&of(7, Limits::default())));
        assert_eq!(most(), [Limits::default().connections.get(), 1]);
        assert!(gates[0].waits().is_none() && gates[1].waits().is_some(), "on one side they are gone");
        assert!(!kept.put(&of(7, Limits::default())), "once is enough");

        drop(keeping);
        assert!(kept.lock().is_empty() && gates.iter().all(|gate| !gate.is_used()));
    }
}
