//! A pass: one run over a job, from connecting to the verdict.

mod adopt;
mod baselines;
mod compare;
mod copy;
mod course;
mod decide;
mod entry;
mod gather;
mod inventory;
mod judge;
mod kept;
mod labels;
mod large;
mod list;
mod lost;
mod marks;
mod meter;
mod moves;
mod pairs;
mod patience;
mod poison;
mod portion;
mod probe;
mod pump;
mod read;
mod rebuilt;
mod record;
mod room;
mod several;
mod stop;
mod survey;
mod suspects;
mod tally;
mod transfer;

#[cfg(test)]
mod tests;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use shared::{
    cause::Cause,
    inventory::MailboxInventory,
    live::Progress,
    pass::{Counts, Drift, PassEnd, PassKind},
    plan::PlanView,
    project::Options,
    report::Report,
};
use tokio::sync::watch;

use crate::{
    account::Account,
    ledger::{Ledger, remembered::Remembered},
};
use course::Course;

/// What an admin wants of a running pass. Looked at between windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Go,
    /// Finish the window in flight, then end as [`PassEnd::Paused`].
    Pause,
    /// Finish the window in flight, then end as [`PassEnd::Cancelled`].
    Cancel,
    /// Drop the connections and end as [`PassEnd::Cancelled`]: the next pass finds out what arrived.
    StopNow,
}

/// What a pass needs to know.
#[derive(Debug, Clone)]
pub struct PassOrder {
    /// What to do.
    pub kind: PassKind,
    /// The mailbox that is left.
    pub source: Account,
    /// The mailbox that is moved to.
    pub target: Account,
    /// How to behave.
    pub options: Options,
    /// The project's name, for the report.
    pub project: String,
    /// What the target refused for good in an earlier pass is offered once more.
    pub retry_refused: bool,
    /// The target may be written over more than one connection, as far as its limits go. Not where the limits are shared
    /// with other processes, which count one for each pass.
    pub several: bool,
}

/// How a pass ended and what it found.
#[derive(Debug, Clone)]
pub struct PassOutcome {
    /// How it ended.
    pub end: PassEnd,
    /// What this pass did; kept even when it was aborted.
    pub counts: Counts,
    /// What it would do: dry runs only.
    pub plan: Option<PlanView>,
    /// What the validation found, when the pass came that far.
    pub report: Option<Report>,
    /// What changed on the source: probes only.
    pub drift: Option<Drift>,
    /// What the last look at both sides found, when the pass came that far.
    pub inventory: Option<MailboxInventory>,
}

/// Runs a pass to its end. Never returns early without saying why: a panic inside is the end of the pass, not of the
/// process.
///
/// Snapshots of the progress go to `progress`; `control` is looked at between windows. Findings are kept in the ledger
/// as they arise.
pub async fn run(
    order: PassOrder,
    ledger: Arc<dyn Ledger>,
    progress: watch::Sender<Progress>,
    control: watch::Receiver<Control>,
) -> PassOutcome {
    let ledger = Arc::new(Remembered::new(ledger));
    let mut course = Course::new(order, ledger, progress, control);
    let end = survived(course.run()).await;
    let Course { counts, plan, report, drift, inventory, .. } = course;
    PassOutcome { end, counts, plan, report, drift, inventory }
}

/// How a pass ended; should it panic, that.
async fn survived(pass: impl Future<Output = PassEnd>) -> PassEnd {
    let mut pass = pin!(pass);
    std::future::poll_fn(|context| {
        // What the pass leaves half done is its counts and findings, which are told as they are.
        let polled = catch_unwind(AssertUnwindSafe(|| pass.as_mut().poll(context)));
        polled.unwrap_or_else(|_| {
            let message = format!(
                "Moving this mailbox stopped because of an error inside carbonio-migrate. Nothing is lost: start again to \
                 go on. {}",
                Cause::Internal.advice()
            );
            Poll::Ready(PassEnd::Aborted { cause: Cause::Internal, message })
        })
    })
    .await
}
