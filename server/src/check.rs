//! Connection checks under way: run in the background, read step by step by the admin who began them. Each has one
//! connection, counted with those of all who use the system, on all nodes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine::{
    account::Account,
    guest::{Gate, Slot},
};
use shared::{
    cause::Cause,
    check::{CheckReport, Side, StepStatus},
    endpoint::Endpoint,
    id::AdminId,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    auth::Token,
    store::{StoreError, Visit, Visits},
};

/// A check that takes longer has failed, whatever the engine's own time limits are.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a check waits for a connection that the limits allow: somebody sits in front of it.
const TURN: Duration = Duration::from_secs(30);
/// How long a check can be read after it began.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// How many checks are kept; the oldest go first.
const KEPT_MAX: usize = 200;

/// What to check. The secret's `Debug` shows nothing.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) endpoint: Endpoint,
    /// The mailbox with its secret; none: stop before the login.
    pub(crate) login: Option<Account>,
    /// Whose budget it uses.
    pub(crate) side: Side,
    /// The system as this process uses it.
    pub(crate) gate: Arc<Gate>,
    /// Its connections over all nodes.
    pub(crate) visits: Visits,
}

impl Order {
    /// A connection: of all nodes together, and of this process.
    async fn enter(&self) -> Result<(Visit, Slot), StoreError> {
        let visit = self.visits.begin().await?;
        let mailbox = self.login.as_ref().map_or("", |login| login.user.as_str());
        Ok((visit, self.gate.glance(mailbox).await))
    }

    /// Why there was none, as a step that failed.
    fn not_entered(&self) -> StepStatus {
        let system = format!("the {} {}", self.side.title(), self.endpoint.host());
        // Hours are no reason: who only looks may do so at any time.
        let why = match self.gate.asks_patience() {
            Some(why) => why,
            None => "all that the limits allow are in use".into(),
        };
        let seconds = TURN.as_secs();
        StepStatus::Failed {
            cause: Cause::Busy,
            detail: format!("No connection to {system} was free within {seconds} seconds: {why}."),
            advice:
                "Try again when fewer mailboxes move, or allow more connections in the project's settings."
                    .into(),
        }
    }
}

/// Every check that can be read.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    list: Mutex<BTreeMap<String, Check>>,
}

#[derive(Debug)]
struct Check {
    admin: AdminId,
    begun: Instant,
    report: watch::Receiver<CheckReport>,
}

impl Checks {
    /// Begins a check and returns its id.
    pub(crate) fn begin(
        &self,
        runtime: &tokio::runtime::Handle,
        admin: AdminId,
        order: Order,
    ) -> Result<String, getrandom::Error> {
        let id = Token::generate()?.expose()[..32].to_owned();
        let (sender, report) = watch::channel(CheckReport::waiting());
        let mut list = self.lock();
        while list.len() >= KEPT_MAX {
            let oldest = list.iter().min_by_key(|(_, check)| check.begun).map(|(id, _)| id.clone());
            oldest.and_then(|id| list.remove(&id));
        }
        list.insert(id.clone(), Check { admin, begun: Instant::now(), report });
        drop(list);
        runtime.spawn(run(order, sender));
        Ok(id)
    }

    /// How far a check is; none when there is none of this id that this admin began.
    pub(crate) fn read(&self, admin: AdminId, id: &str) -> Option<CheckReport> {
        let list = self.lock();
        let check = list.get(id).filter(|check| check.admin == admin)?;
        Some(check.report.borrow().clone())
    }

    /// Forgets checks nobody will read any more.
    pub(crate) fn forget_old(&self) {
        self.lock().retain(|_, check| check.begun.elapsed() < KEPT);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Check>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a check in a task of its own, so that an error inside it still ends as a failed step.
async fn run(order: Order, sender: watch::Sender<CheckReport>) {
    let (visit, slot) = match timeout(TURN, order.enter()).await {
        Ok(Ok(entered)) => entered,
        Ok(Err(error)) => {
            let detail = error.to_string();
            let failed =
                StepStatus::Failed { cause: Cause::Ledger, detail, advice: Cause::Ledger.advice().into() };
            sender.send_modify(|report| begin_failed(report, failed));
            return;
        }
        Err(_) => {
            sender.send_modify(|report| begin_failed(report, order.not_entered()));
            return;
        }
    };
    let report = sender.clone();
    let until = visit.at_most(Instant::now() + PATIENCE);
    // A set of one: its connection is closed when it is empty.
    let mut work = JoinSet::new();
    work.spawn(async move {
        engine::check::check(&order.endpoint, order.login.as_ref(), report).await;
    });
    let cause = match timeout_at(until, work.join_next()).await {
        Ok(_) => Cause::Internal,
        Err(_) => Cause::TimedOut,
    };
    work.shutdown().await;
    drop((slot, visit));
    sender.send_if_modified(|report| close(report, cause));
}

/// Ends a checklist that could not begin.
fn begin_failed(report: &mut CheckReport, failed: StepStatus) {
    if let Some(step) = report.steps.first_mut() {
        step.status = failed;
    }
    report.done = true;
}

/// Ends a checklist that did not come to its end by itself; false when it did.
fn close(report: &mut CheckReport, cause: Cause) -> bool {
    if report.done {
        return false;
    }
    let unfinished = |status: &StepStatus| matches!(status, StepStatus::Running | StepStatus::Waiting);
    if let Some(step) = report.steps.iter_mut().find(|step| unfinished(&step.status)) {
        let detail = format!("This step did not come to its end: {}.", cause.title().to_lowercase());
        step.status = StepStatus::Failed { cause, detail, advice: cause.advice().into() };
    }
    report.done = true;
    true
}

#[cfg(test)]
mod tests {
    use shared::check::{CheckReport, StepStatus};

    use super::{Cause, close};

    #[test]
    fn a_check_that_stopped_short_ends_with_its_step_failed() {
        let mut report = CheckReport::waiting();
        report.steps[0].status = StepStatus::Passed { detail: "192.0.2.1".into() };
        report.steps[1].status = StepStatus::Running;
        assert!(close(&mut report, Cause::TimedOut));
        assert!(matches!(report.steps[1].status, StepStatus::Failed { cause: Cause::TimedOut, .. }));
        assert!(report.done && !report.passed());
        assert!(!close(&mut report, Cause::Internal), "an ended check stays as it is");
    }
}
