//! One pass under way: what it knows, and how it goes on after a fault.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

use shared::{
    cause::Cause,
    check::Side,
    finding::{Finding, ItemLabel, Severity, Subject},
    folder::FolderPath,
    inventory::MailboxInventory,
    limits::Limits,
    live::{Phase, Progress},
    pass::{Counts, Drift, PassEnd, PassKind},
    plan::PlanView,
    project::{Options, VerifyDepth},
    report::{Report, ReportFolder, ReportSide},
    time::Timestamp,
};
use tokio::{sync::watch, time::Instant};

use super::{
    Control, PassOrder, compare, copy, entry,
    kept::Kept,
    labels::Labels,
    meter::{Amount, Meter},
    patience::{Patience, Reached},
    probe,
    read::{Halves, How},
    stop::Stop,
    survey::{self, Record},
    suspects::Suspects,
};
use crate::{
    account::Account,
    error::{ConnectorError, Reach, Retry},
    filter,
    fingerprint::fingerprint,
    ledger::{Ledger, LedgerError},
    mapping::MappedFolder,
    model::{Folder, ItemId, ItemMeta},
    source::Part,
    validate::{Keeps, Summary, build_report},
};

/// A window in flight may take so long after an admin wants the pass to end; then the connections are cut, and the next
/// pass finds out what arrived.
const GRACE: Duration = Duration::from_secs(4);
/// Rounds in which what a target confirmed and lost is sent again.
const MOST_AGAIN: u8 = 3;
/// How long is waited before it is looked for once more, and sent.
const BEFORE_AGAIN: Duration = Duration::from_secs(30);
/// One pass under way.
pub(super) struct Course {
    pub order: PassOrder,
    pub ledger: Arc<dyn Ledger>,
    pub meter: Meter,
    pub counts: Counts,
    pub plan: Option<PlanView>,
    pub report: Option<Report>,
    pub drift: Option<Drift>,
    /// What the last look at both sides found.
    pub inventory: Option<MailboxInventory>,
    /// Folders this pass has copied.
    pub copied: BTreeSet<FolderPath>,
    /// Folders this pass has compared, with what it found.
    pub compared: BTreeMap<FolderPath, (ReportFolder, Vec<Finding>)>,
    /// What the target's folders keep, as far as they were opened for writing.
    pub keeps: BTreeMap<FolderPath, Keeps>,
    /// Folders the target would not have, with its words.
    pub refused: BTreeMap<FolderPath, String>,
    /// When the pass began: ages of messages are told from then.
    pub began: Timestamp,
    /// Tells these options from others: what was compared under others is compared again.
    pub digest: String,
    /// What this pass leaves out; another attempt does not try it again.
    pub left_out: BTreeMap<FolderPath, BTreeSet<ItemId>>,
    /// Large messages of which the source delivered other bytes the second time.
    changed: BTreeSet<(FolderPath, ItemId)>,
    /// What of folders belongs to others, where one message stands in several, as it was last seen.
    pub labels: Labels,
    /// What the source listed.
    pub kept: Kept,
    /// How often what the target lost of a folder was sent again, and whether it is to be now.
    again: BTreeMap<FolderPath, u8>,
    pub sends_again: bool,
    /// What was sent and may be on the target although nobody can read it there, with why.
    pub undecided: BTreeMap<FolderPath, BTreeMap<ItemId, String>>,
    /// What connections ended at.
    pub suspects: Suspects,
    /// Whether both sides were reached at least once: from then on a lost connection is worth waiting for.
    pub reached: bool,
    /// Whether both sides were reached by the running attempt.
    connected: bool,
    /// When a long wait for one of the systems ended: no time without progress.
    pub waited: Option<Instant>,
    /// Whether it was looked if all fits: later attempts find less room, and less to copy.
    foretold: bool,
    findings: Vec<Finding>,
    noted: BTreeSet<String>,
    control: watch::Receiver<Control>,
}

impl Course {
    pub(super) fn new(
        mut order: PassOrder,
        ledger: Arc<dyn Ledger>,
        progress: watch::Sender<Progress>,
        control: watch::Receiver<Control>,
    ) -> Self {
        // Before users work on the new system alone, every byte is looked at, whatever was enough until then.
        if order.kind == PassKind::Final {
            order.options.verify = VerifyDepth::Content;
        }
        let digest = digest(&order.options);
        Self {
            order,
            digest,
            began: SystemTime::now().into(),
            ledger,
            meter: Meter::new(progress),
            counts: Counts::default(),
            plan: None,
            report: None,
            drift: None,
            inventory: None,
            copied: BTreeSet::new(),
            compared: BTreeMap::new(),
            keeps: BTreeMap::new(),
            refused: BTreeMap::new(),
            left_out: BTreeMap::new(),
            changed: BTreeSet::new(),
            kept: Kept::default(),
            again: BTreeMap::new(),
            undecided: BTreeMap::new(),
            sends_again: false,
            suspects: Suspects::default(),
            labels: Labels::default(),
            reached: false,
            connected: false,
            waited: None,
            foretold: false,
            findings: Vec::new(),
            noted: BTreeSet::new(),
            control,
        }
    }

    /// What the ledger knows of folders, by their path on the source.
    pub(super) async fn records(&self) -> Result<BTreeMap<FolderPath, Record>, LedgerError> {
        let folders = self.ledger.folders().await?;
        Ok(folders.into_iter().map(|(id, record)| (record.source.clone(), (id, record))).collect())
    }

    /// Runs to the end, over as many connections as it takes.
    pub(super) async fn run(&mut self) -> PassEnd {
        if same_mailbox(&self.order) {
            let message = format!("Source and target are one mailbox. {}", Cause::SameMailbox.advice());
            return PassEnd::Aborted { cause: Cause::SameMailbox, message };
        }
        let mut patience = Patience::new(self.milestone());
        loop {
            let control = self.control.clone();
            let result = tokio::select! {
                result = self.attempt() => result,
                control = out_of_grace(control) => Err(Stop::Control(control)),
            };
            let error = match result {
                Ok(()) => break PassEnd::Finished,
                Err(Stop::Control(Control::Pause)) => break PassEnd::Paused,
                Err(Stop::Control(Control::Cancel | Control::StopNow | Control::Go)) => {
                    break PassEnd::Cancelled;
                }
                Err(Stop::Ledger(error)) => break ledger_end(&error),
                Err(Stop::Side(error)) => error,
            };
            patience.waited(self.waited.take());
            if error.cause == Cause::OutsideHours {
                // The wait is before the next connection: meanwhile none is held.
                continue;
            }
            let reach = match (std::mem::take(&mut self.connected), self.reached) {
                (true, _) => Reached::Now,
                (false, true) => Reached::Before,
                (false, false) => Reached::Never,
            };
            let Some(pause) = patience.after(&error, self.milestone(), reach) else {
                break PassEnd::Aborted { cause: error.cause, message: error.explained() };
            };
            tracing::info!(cause = error.cause.id(), ?pause, "The pass waits and connects again");
            let why =
                format!("{}. Trying again in {} s; nothing is lost.", error, pause.as_secs_f64().ceil());
            self.meter.waiting(why);
            if let Err(control) = self.sleep(pause).await {
                break if control == Control::Pause { PassEnd::Paused } else { PassEnd::Cancelled };
            }
        }
    }

    /// One attempt, from connecting to the verdict. What an earlier attempt finished is not done again.
    async fn attempt(&mut self) -> Result<(), Stop> {
        if self.order.kind == PassKind::Probe {
            self.drift = Some(probe::probe(self).await?);
            return Ok(());
        }
        self.sends_again = false;
        let _slots = entry::slots(self).await;
        let mut sides = survey::connect(self).await?;
        (self.reached, self.connected) = (true, true);
        self.note(lies(&self.order)).await?;
        let mut survey = survey::survey(self, &mut sides).await?;
        match self.order.kind {
            PassKind::DryRun => {
                self.plan = Some(survey::show(&survey, self.findings.clone()));
                return Ok(());
            }
            PassKind::Initial | PassKind::Delta | PassKind::Final => {
                copy::copy(self, &mut sides, &mut survey).await?;
            }
            PassKind::Verify | PassKind::Probe => {}
        }
        compare::compare(self, sides, &survey).await?;
        if std::mem::take(&mut self.sends_again) {
            return Err(Stop::Side(ConnectorError {
                reach: Reach::Mailbox,
                // Another part of the target may not have heard of them yet.
                retry: Retry::After(BEFORE_AGAIN),
                cause: Cause::ConfirmedGone,
                doing: "comparing both sides".into(),
                detail: "the target lost messages that it had confirmed".into(),
            }));
        }
        self.conclude(&survey.mapped);
        Ok(())
    }

    /// Puts the report together, folders in the order they were moved.
    fn conclude(&mut self, mapped: &[MappedFolder]) {
        let side = |account: &Account| ReportSide {
            host: account.endpoint.host().to_owned(),
            user: account.user.clone(),
        };
        let summary = Summary {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            project: self.order.project.clone(),
            created: SystemTime::now().into(),
            pass: self.order.kind,
            depth: self.order.options.verify,
            source: side(&self.order.source),
            target: side(&self.order.target),
        };
        let compared = mapped.iter().filter_map(|folder| self.compared.get(&folder.source.path));
        let folders = compared.map(|(folder, _)| folder.clone()).collect();
        // That the mailbox would be too small did not come true, or there would be no report.
        let findings = self.findings.iter().filter(|finding| finding.cause != Cause::TargetFull);
        self.report = Some(build_report(summary, folders, findings.cloned().collect()));
        self.meter.finish();
    }

    /// Keeps findings, each once however often an attempt comes across it.
    pub(super) async fn note(&mut self, findings: Vec<Finding>) -> Result<(), LedgerError> {
        let new: Vec<Finding> = findings
            .into_iter()
            .filter(|finding| {
                let item = finding.subject.item.as_ref().map(|item| item.id.as_str()).unwrap_or_default();
                let folder = finding.subject.folder.as_ref().map(ToString::to_string).unwrap_or_default();
                self.noted.insert(format!("{}\0{folder}\0{item}\0{}", finding.cause.id(), finding.detail))
            })
            .collect();
        if !new.is_empty() {
            self.ledger.note(&new).await?;
            self.findings.extend(new);
        }
        Ok(())
    }

    /// Keeps what was foretold of the target's room, once.
    pub(super) async fn foretell(&mut self, foretold: Option<Finding>) -> Result<(), LedgerError> {
        if std::mem::replace(&mut self.foretold, true) {
            return Ok(());
        }
        self.note(foretold.into_iter().collect()).await
    }

    /// Why the project's rules leave an item out.
    pub(super) fn by_rule(&self, folder: &Folder, item: &ItemMeta) -> Option<(Cause, String)> {
        let elsewhere = self.labels.of(folder).and_then(|elsewhere| elsewhere.by_rule(&item.id));
        elsewhere.or_else(|| filter::left_out(item, &self.order.options, self.began))
    }

    /// How items of a side are read in this pass.
    pub(super) const fn reading(&self, side: Side, part: Part, halves: Halves) -> How<'_> {
        How { side, part, halves, suspects: &self.suspects }
    }

    /// Counts an item that is left out, once however many attempts the pass takes.
    pub(super) fn leave_out(&mut self, folder: &FolderPath, item: &ItemId) {
        if self.left_out.entry(folder.clone()).or_default().insert(item.clone()) {
            self.counts.skipped += 1;
        }
    }

    /// Whether it is not the first time that a message changed between two readings.
    pub(super) fn is_changed_again(&mut self, folder: &FolderPath, item: &ItemId) -> bool {
        !self.changed.insert((folder.clone(), item.clone()))
    }

    /// Whether what the target lost of a folder is sent again in this pass.
    pub(super) fn sends_again(&mut self, folder: &FolderPath) -> bool {
        let sends = match self.order.kind {
            PassKind::Initial | PassKind::Delta | PassKind::Final => true,
            PassKind::DryRun | PassKind::Verify | PassKind::Probe => false,
        };
        let rounds = self.again.entry(folder.clone()).or_default();
        let again = sends && *rounds < MOST_AGAIN;
        *rounds += u8::from(again);
        again
    }

    /// Stops when an admin wants it. Looked at between windows.
    pub(super) fn obey(&self) -> Result<(), Stop> {
        match *self.control.borrow() {
            Control::Go => Ok(()),
            control @ (Control::Pause | Control::Cancel | Control::StopNow) => Err(Stop::Control(control)),
        }
    }

    /// A number that grows whenever something was achieved.
    fn milestone(&self) -> u64 {
        let found_out = self.counts.skipped + self.suspects.condemned();
        self.counts.copied + found_out + (self.copied.len() + self.compared.len()) as u64
    }

    /// Waits, unless an admin wants the pass to end.
    async fn sleep(&mut self, pause: Duration) -> Result<(), Control> {
        let interrupted = tokio::time::timeout(pause, wanted(&mut self.control)).await;
        match interrupted {
            Ok(Some(control)) => Err(control),
            // Nobody watches any more: the rest of the pause is slept, so that a server is not hammered.
            Ok(None) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// Begins a phase of so much work.
    pub(super) fn begin(&self, phase: Phase, amount: Amount) {
        self.meter.phase(phase, amount);
    }
}

/// Resolves when an admin wants the pass to end; none: nobody can want anything any more.
async fn wanted(control: &mut watch::Receiver<Control>) -> Option<Control> {
    control.wait_for(|control| *control != Control::Go).await.ok().map(|control| *control)
}

/// Resolves when an admin wanted the pass to end and the window in flight had its time, or is to have none.
async fn out_of_grace(mut control: watch::Receiver<Control>) -> Control {
    let Some(wanted) = wanted(&mut control).await else { return std::future::pending().await };
    let grace = tokio::time::sleep(GRACE);
    let at_once = async {
        if control.wait_for(|control| *control == Control::StopNow).await.is_err() {
            // Nobody can want it any more.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = at_once => Control::StopNow,
        () = grace => wanted,
    }
}

/// Equal for options under which the same is seen, another for others.
fn digest(options: &Options) -> String {
    // How fast and at what hours it was looked changes nothing of what was seen.
    let options = Options {
        parallel: 0,
        source_limits: Limits::default(),
        target_limits: Limits::default(),
        ..options.clone()
    };
    let print = fingerprint(format!("{options:?}").as_bytes());
    hex::encode(&print.exact[..8])
}

/// What was found out of what the servers only say they can.
fn lies(order: &PassOrder) -> Vec<Finding> {
    let of = |(side, account): (Side, &Account)| {
        account.gate.lies().into_iter().map(move |claim| Finding {
            severity: Severity::Info,
            cause: Cause::NotAsClaimed,
            subject: Subject { folder: None, item: None },
            detail: format!("the {} says it can do {}, and cannot", side.title(), claim.name()),
        })
    };
    [(Side::Source, &order.source), (Side::Target, &order.target)].into_iter().flat_map(of).collect()
}

fn same_mailbox(order: &PassOrder) -> bool {
    order.source.endpoint.same_server(&order.target.endpoint)
        && order.source.user.eq_ignore_ascii_case(&order.target.user)
}

fn ledger_end(error: &LedgerError) -> PassEnd {
    let cause = match error {
        LedgerError::LeaseLost => Cause::LeaseLost,
        LedgerError::Database(_) => Cause::Ledger,
        LedgerError::DiskFull(_) => Cause::DiskFull,
    };
    PassEnd::Aborted { cause, message: format!("Writing the ledger failed: {error}. {}", cause.advice()) }
}

/// A finding about one message.
pub(super) fn about(
    folder: &FolderPath,
    meta: &ItemMeta,
    severity: Severity,
    cause: Cause,
    detail: String,
) -> Finding {
    let item = ItemLabel {
        id: meta.id.to_string(),
        size: meta.size,
        received: meta.received.map(Into::into),
        message_id: None,
    };
    Finding { severity, cause, subject: Subject { folder: Some(folder.clone()), item: Some(item) }, detail }
}

/// A finding about one folder.
pub(super) fn about_folder(folder: &FolderPath, severity: Severity, cause: Cause, detail: String) -> Finding {
    Finding { severity, cause, subject: Subject { folder: Some(folder.clone()), item: None }, detail }
}
