//! One run: lock, secrets, ledger, pass, report, closing words.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use engine::pass::{self, Control, PassOrder, PassOutcome};
use shared::{
    cause::Cause,
    finding::{CauseCount, Finding, FindingRow},
    id::PassId,
    job::{FolderRow, JobView},
    live::{Phase, Progress},
    pass::{PassEnd, PassKind},
};
use tokio::sync::watch;

use super::{
    Exit, Problem, certificate,
    closing::{Closing, EXAMPLES},
    ledger_file::LockedLedger,
    order::Order,
    progress::Meter,
    report_files::ReportFolder,
    secrets,
    signals::Signals,
};
use crate::{
    disk::{self, Disk},
    guest::Guests,
    store::{Lease, Store, StoreError},
};

/// Between two looks at the room on the ledger's disk.
const LOOK: Duration = Duration::from_secs(1);

/// Does what the command line asks for.
pub(super) fn run(order: Order) -> Result<Exit, Problem> {
    // What can be known to be wrong is found out before anything is connected to, and before anything is made.
    let source = secrets::find(&order.source)?;
    let target = secrets::find(&order.target)?;
    let ledger = LockedLedger::open(&order.ledger)?;
    let disk = Disk::of(ledger.path());
    if disk.look() {
        return Err(no_room(&disk));
    }
    let folder = match (&order.report, order.only) {
        (
            Some(path),
            None | Some(PassKind::Verify | PassKind::Initial | PassKind::Delta | PassKind::Final),
        ) => Some(ReportFolder::prepare(path)?),
        (Some(_), Some(PassKind::DryRun | PassKind::Probe)) | (None, _) => None,
    };
    // One thread: with more of them the work of one mailbox is handed from one to the other, which takes more time and memory
    // than it saves.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Problem::new(
            Exit::Internal,
            format!("Starting the run failed: {error}. Free some memory or threads."),
        )
    })?;
    let mut pass = PassOrder {
        kind: order.only.unwrap_or(PassKind::Initial),
        source: order.source.account(source),
        target: order.target.account(target),
        options: order.options.clone(),
        project: String::new(),
        retry_refused: order.retry_refused,
        several: true,
    };
    let guests = Guests::new();
    let began = Instant::now();
    let done = runtime.block_on(async {
        let _limits = guests.admit(&mut pass).map_err(|error| Problem::arguments(format!("{error}.")))?;
        perform(&order, &ledger, &disk, pass).await
    });
    // What a server still owes an answer to is no reason to wait.
    runtime.shutdown_background();
    let done = match done {
        Ok(done) => done,
        Err(problem) => {
            folder.into_iter().for_each(ReportFolder::abandon);
            return Err(problem);
        }
    };
    Ok(close(&order, &ledger, folder, &done, began.elapsed().as_secs()))
}

/// A pass that came to some end.
struct Done {
    kind: PassKind,
    outcome: PassOutcome,
    memory: Memory,
    /// The ledger could not keep the end of the pass.
    forgotten: Option<Problem>,
    /// The certificates that were refused, as cards.
    certificates: Option<String>,
}

/// What the ledger says after a pass.
#[derive(Default)]
struct Memory {
    folders: Vec<FolderRow>,
    /// Findings of this pass by cause.
    causes: Vec<CauseCount>,
    /// Some of them, when neither plan nor report shows them.
    examples: Vec<Finding>,
}

async fn perform(
    order: &Order,
    ledger: &LockedLedger,
    disk: &Disk,
    mut pass: PassOrder,
) -> Result<Done, Problem> {
    let problem = |error| Problem::ledger(ledger.path(), &error);
    let store = Store::open_file(ledger.path()).await.map_err(problem)?;
    let lease = store.solo_job(&order.source.label(), &order.target.label()).await.map_err(problem)?;
    let lease = Lease { kind: order.only.unwrap_or(lease.kind), ..lease };
    pass.kind = lease.kind;
    let number = store.begin_pass(&lease).await.map_err(problem)?;
    let outcome = watched(order, pass, Arc::new(store.ledger(&lease, number)), disk).await?;
    // What the pass found out is told in any case, even when the disk is full by now.
    let (memory, forgotten) = match remember(&store, &lease, number, &outcome).await {
        Ok(memory) => (memory, None),
        Err(error) => (Memory::default(), Some(problem(error))),
    };
    let certificates = certificate::refused(order, &outcome.end).await;
    Ok(Done { kind: lease.kind, outcome, memory, forgotten, certificates })
}

/// Keeps the end of the pass and asks what the ledger knows now.
async fn remember(
    store: &Store,
    lease: &Lease,
    number: PassId,
    outcome: &PassOutcome,
) -> Result<Memory, StoreError> {
    store.finish_pass(lease, number, outcome).await?;
    let job = store.job(lease.job).await?;
    let examples = match (&outcome.plan, &outcome.report) {
        (None, None) => examples(store, &job).await?,
        (Some(_), _) | (_, Some(_)) => Vec::new(),
    };
    store.close().await?;
    let causes = job.passes.into_iter().next().map(|pass| pass.causes).unwrap_or_default();
    Ok(Memory { folders: job.folders, causes, examples })
}

/// Some findings of the last pass for each of its causes. Ids grow, so its findings are the last ones of a cause.
async fn examples(store: &Store, job: &JobView) -> Result<Vec<Finding>, StoreError> {
    const PAGE: u32 = 500;
    let mut all = Vec::new();
    for cause in job.passes.first().map_or(&[][..], |pass| &pass.causes) {
        let wanted = EXAMPLES.min(usize::try_from(cause.count).unwrap_or(EXAMPLES)).max(1);
        let mut last: Vec<FindingRow> = Vec::new();
        loop {
            let after = last.last().map(|row| row.id);
            let page = store.findings(job.row.id, Some(cause.cause), after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            last.extend(page);
            last.drain(..last.len().saturating_sub(wanted));
        }
        all.extend(last.into_iter().map(|row| row.finding));
    }
    Ok(all)
}

/// Runs the pass with its progress on screen and a hand on the brake.
async fn watched(
    order: &Order,
    pass: PassOrder,
    ledger: Arc<dyn engine::ledger::Ledger>,
    disk: &Disk,
) -> Result<PassOutcome, Problem> {
    let meter = Meter::new(order.display);
    let (progress, snapshots) = watch::channel(Progress::begin(Phase::Connecting));
    let (control, orders) = watch::channel(Control::Go);
    let signals = Signals::catch()?;
    let shown = tokio::spawn({
        let meter = meter.clone();
        async move { meter.follow(snapshots).await }
    });
    let room = tokio::spawn(pause_when_full(disk.clone(), control.clone()));
    let brake = tokio::spawn({
        let meter = meter.clone();
        async move { signals.obey(control, |text| meter.say(text)).await }
    });
    // A task of its own runs where its sockets are waited for: no thread is woken only to wake this one.
    let outcome = tokio::spawn(pass::run(pass, ledger, progress, orders)).await;
    room.abort();
    brake.abort();
    shown.abort();
    meter.clear();
    let mut outcome = outcome.map_err(|error| {
        let happened = format!("The pass ended in a way that must not happen ({error})");
        Problem::new(Exit::Internal, format!("{happened}. Nothing is lost: run it again, and report it."))
    })?;
    // Nothing else pauses a pass here.
    if outcome.end == PassEnd::Paused {
        outcome.end = PassEnd::Aborted { cause: Cause::DiskFull, message: no_room(disk).message };
    }
    Ok(outcome)
}

/// Lets the messages in flight finish and the pass end when the ledger's disk has too little room.
async fn pause_when_full(disk: Disk, control: watch::Sender<Control>) {
    while !disk.look() {
        tokio::time::sleep(LOOK).await;
    }
    control.send_if_modified(|control| {
        let goes = *control == Control::Go;
        if goes {
            *control = Control::Pause;
        }
        goes
    });
}

fn no_room(disk: &Disk) -> Problem {
    let told = disk.full().as_ref().map(disk::told).unwrap_or_default();
    let advice = Cause::DiskFull.advice();
    Problem::new(Exit::of_cause(Cause::DiskFull), format!("{told} {advice}"))
}

/// Writes the report and says how it went.
fn close(
    order: &Order,
    ledger: &LockedLedger,
    folder: Option<ReportFolder>,
    done: &Done,
    seconds: u64,
) -> Exit {
    let Done { kind, outcome, memory, forgotten, certificates } = done;
    let report = outcome.report.as_ref();
    let written = match (folder, report) {
        (Some(folder), Some(report)) => folder.write(report),
        (Some(folder), None) => {
            folder.abandon();
            Ok(Vec::new())
        }
        (None, _) => Ok(Vec::new()),
    };
    let (files, unwritten): (Vec<PathBuf>, Option<Problem>) = match written {
        Ok(files) => (files, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let asked = order.report.is_some() && unwritten.is_none();
    let closing = Closing {
        source: order.source.label(),
        target: order.target.label(),
        kind: *kind,
        end: &outcome.end,
        plan: outcome.plan.as_ref(),
        report,
        folders: &memory.folders,
        causes: &memory.causes,
        examples: &memory.examples,
        seconds,
        files: asked.then_some(files.as_slice()),
        ledger: &ledger.shown(),
    };
    if order.closing {
        // Nothing helps when standard output is closed; the exit code still tells.
        let _ = io::stdout().lock().write_all(closing.text().as_bytes());
    }
    let exit = Exit::of(*kind, outcome);
    if let PassEnd::Aborted { message, .. } = &outcome.end {
        Problem::new(exit, message.as_str()).tell();
    }
    if let Some(cards) = certificates {
        let _ = io::stderr().write_all(cards.as_bytes());
    }
    let problems: Vec<Problem> = forgotten.iter().cloned().chain(unwritten).collect();
    problems.iter().for_each(Problem::tell);
    problems.first().map_or(exit, |problem| problem.exit)
}

#[cfg(test)]
mod tests;
