//! Asking both systems about the rows of a list before anything is stored: a round at a time, in the background, read and
//! stopped by the admin who began it. What was said is kept in memory for a while; passwords are not.

mod door;
mod round;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use shared::{
    id::{AdminId, ProjectId},
    import::{AskView, ImportAnswer, Said},
};
use tokio::{task::AbortHandle, time::Instant};

use crate::{
    auth::Token,
    import::{Answers, RowKey},
};

pub(crate) use door::{Door, enter};
use round::Doors;
pub(crate) use round::{Pair, Round};

/// How long what was said is kept after it was asked.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How many rounds are kept; the oldest go first.
const KEPT_MAX: usize = 20;

/// Every round that can be read.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    list: Mutex<BTreeMap<String, Ask>>,
}

#[derive(Debug)]
struct Ask {
    admin: AdminId,
    project: ProjectId,
    said: Arc<Heard>,
    /// The round alone holds them, with the passwords: nobody does when it is over.
    doors: Weak<Doors>,
    stop: AbortHandle,
}

/// Why nobody can say what was said in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// There is none of this id that this admin began for this project.
    Gone,
    /// It still runs: what was said may be taken back when it ends.
    Running,
}

/// What was said so far. The round writes it, whoever asks reads it.
#[derive(Debug)]
struct Heard(Mutex<State>);

#[derive(Debug)]
struct State {
    answers: Answers,
    view: AskView,
    last: Instant,
}

impl Asks {
    /// Begins a round and returns its id. What was said in the admin's rounds before goes on to count with the answers of
    /// this one; those that still run are stopped: one at a time is enough for a system.
    pub(crate) fn begin(
        &self,
        runtime: &tokio::runtime::Handle,
        admin: AdminId,
        project: ProjectId,
        answers: Answers,
        round: Round,
    ) -> Result<String, getrandom::Error> {
        let id = Token::generate()?.expose()[..32].to_owned();
        let Round { pairs, left, source, target, limits } = round;
        let view = AskView { total: pairs.len() as u64, left, ..AskView::default() };
        let said = Arc::new(Heard(Mutex::new(State { answers, view, last: Instant::now() })));
        let doors = Arc::new(Doors::new(source, target));
        let mut list = self.lock();
        list.values().filter(|ask| ask.admin == admin).for_each(|ask| ask.stop.abort());
        while list.len() >= KEPT_MAX {
            let oldest = list.iter().min_by_key(|(_, ask)| ask.said.lock().last).map(|(id, _)| id.clone());
            let Some(gone) = oldest.and_then(|id| list.remove(&id)) else { break };
            gone.stop.abort();
        }
        let (asking, heard) = (Arc::clone(&doors), Arc::clone(&said));
        let work = runtime.spawn(async move { asking.go(pairs, &heard, limits).await });
        let stop = work.abort_handle();
        list.insert(
            id.clone(),
            Ask { admin, project, said: Arc::clone(&said), doors: Arc::downgrade(&doors), stop },
        );
        drop(list);
        runtime.spawn(async move {
            // However it ended: by itself, by its admin, or by an error inside it.
            let stopped = match work.await {
                Ok(()) => None,
                Err(error) if error.is_cancelled() => Some("It was stopped."),
                Err(_) => Some("An error inside carbonio-migrate ended it. Please report it with the log."),
            };
            doors.settle(&said);
            // With it go the passwords.
            drop(doors);
            said.end(stopped);
        });
        Ok(id)
    }

    /// How far a round is; none when there is none of this id that this admin began.
    pub(crate) fn read(&self, admin: AdminId, id: &str) -> Option<AskView> {
        let list = self.lock();
        let ask = list.get(id).filter(|ask| ask.admin == admin)?;
        let mut view = ask.said.lock().view.clone();
        if !view.done {
            view.waiting = ask.doors.upgrade().and_then(|doors| doors.waits());
        }
        Some(view)
    }

    /// What was said about the rows of a project in a round that is over.
    pub(crate) fn answers(&self, admin: AdminId, project: ProjectId, id: &str) -> Result<Answers, Unsaid> {
        let list = self.lock();
        let ask = list.get(id).filter(|ask| ask.admin == admin && ask.project == project);
        let state = ask.ok_or(Unsaid::Gone)?.said.lock();
        match state.view.done {
            true => Ok(state.answers.clone()),
            false => Err(Unsaid::Running),
        }
    }

    /// Stops a round; what was said counts. False when there is none of this id that this admin began.
    pub(crate) fn stop(&self, admin: AdminId, id: &str) -> bool {
        let list = self.lock();
        let ask = list.get(id).filter(|ask| ask.admin == admin);
        ask.map(|ask| ask.stop.abort()).is_some()
    }

    /// Forgets what nobody will read any more.
    pub(crate) fn forget_old(&self) {
        self.lock().retain(|_, ask| {
            let state = ask.said.lock();
            !state.view.done || state.last.elapsed() < KEPT
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Ask>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    /// Keeps what both systems said of a row.
    fn keep(&self, key: RowKey, answer: ImportAnswer) {
        let mut state = self.lock();
        state.last = Instant::now();
        state.view.asked += 1;
        match (&answer.source, &answer.target) {
            (Said::Refused { .. }, _) | (_, Said::Refused { .. }) => state.view.refused += 1,
            (Said::Unknown { .. }, _) | (_, Said::Unknown { .. }) => state.view.unknown += 1,
            (Said::Open, Said::Open) => state.view.opened += 1,
        }
        state.answers.keep(key, answer);
    }

    /// Takes back that one side refused a row: it was not about the row.
    fn doubt(&self, key: RowKey, change: impl FnOnce(&mut ImportAnswer)) {
        let mut state = self.lock();
        let Some(mut answer) = state.answers.of(key).cloned() else { return };
        let was_refused = is_refused(&answer);
        change(&mut answer);
        if was_refused && !is_refused(&answer) {
            state.view.refused = state.view.refused.saturating_sub(1);
            state.view.unknown += 1;
        }
        state.answers.keep(key, answer);
    }

    /// Why it ends before all were asked.
    fn stopped(&self, why: String) {
        self.lock().view.stopped.get_or_insert(why);
    }

    fn end(&self, stopped: Option<&str>) {
        if let Some(why) = stopped {
            self.stopped(why.to_owned());
        }
        let mut state = self.lock();
        state.view.done = true;
        state.last = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_refused(answer: &ImportAnswer) -> bool {
    matches!(answer.source, Said::Refused { .. }) || matches!(answer.target, Said::Refused { .. })
}

#[cfg(test)]
pub(crate) mod tests;
