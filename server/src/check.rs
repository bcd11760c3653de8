//! Connection checks under way: run in the background, read step by step by the admin who began them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine::account::Account;
use shared::{
    cause::Cause,
    check::{CheckReport, StepStatus},
    endpoint::Endpoint,
    id::AdminId,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::auth::Token;

/// A check that takes longer has failed, whatever the engine's own time limits are.
const PATIENCE: Duration = Duration::from_secs(90);
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
    let report = sender.clone();
    let work = tokio::spawn(async move {
        engine::check::check(&order.endpoint, order.login.as_ref(), report).await;
    });
    let stop = work.abort_handle();
    let cause = match timeout(PATIENCE, work).await {
        Ok(_) => Cause::Internal,
        Err(_) => Cause::TimedOut,
    };
    stop.abort();
    sender.send_if_modified(|report| close(report, cause));
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
