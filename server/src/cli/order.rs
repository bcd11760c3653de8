//! What the command line asks for, checked, with every default filled in.

use std::{io::IsTerminal as _, path::PathBuf};

use shared::{
    pass::PassKind,
    project::{Options, VerifyDepth},
};

use super::{
    Exit, Problem,
    args::{DepthArg, MigrateArgs, RunArgs},
    ledger_file,
    rules::Rules,
    side::SideOrder,
};
use crate::config;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// The mailbox that is left.
    pub(super) source: SideOrder,
    /// The mailbox that is moved to.
    pub(super) target: SideOrder,
    /// A pass that copies nothing; none: copy, as the ledger says initially or what is new since.
    pub(super) only: Option<PassKind>,
    /// What the target refused for good is offered once more.
    pub(super) retry_refused: bool,
    /// How the pass behaves.
    pub(super) options: Options,
    /// The file that remembers.
    pub(super) ledger: LedgerPlace,
    /// The folder for the report.
    pub(super) report: Option<PathBuf>,
    /// What is told meanwhile.
    pub(super) display: Display,
    /// Whether the closing table is printed.
    pub(super) closing: bool,
}

/// Where the ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LedgerPlace {
    /// A file somebody chose, in a folder that must be there.
    Chosen(PathBuf),
    /// The mailboxes' own file in the data directory, which is made when it is not there.
    Default(PathBuf),
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Display {
    /// A bar that is redrawn.
    Bar,
    /// A line now and then.
    Lines,
    /// Not at all.
    Silent,
}

impl TryFrom<MigrateArgs> for Order {
    type Error = Problem;

    fn try_from(args: MigrateArgs) -> Result<Self, Problem> {
        let MigrateArgs { source, target, rules, limits, run } = args;
        let rules = Rules::try_from(rules)?;
        let (source_limits, target_limits) = limits.settle()?;
        let source = SideOrder::try_from(source)?;
        let target = SideOrder::try_from(target)?;
        if source.user == target.user
            && (&source.endpoint.host, source.endpoint.port) == (&target.endpoint.host, target.endpoint.port)
        {
            return Err(Problem::arguments(format!(
                "Source and target are the same mailbox ({}). Name another one with --target-host or --target-user.",
                source.label()
            )));
        }
        let verify = match run.verify {
            DepthArg::Content => VerifyDepth::Content,
            DepthArg::Headers => VerifyDepth::Headers,
            DepthArg::Listing => VerifyDepth::Listing,
        };
        let only = match (run.dry_run, run.verify_only) {
            (true, _) => Some(PassKind::DryRun),
            (false, true) => Some(PassKind::Verify),
            (false, false) => None,
        };
        Ok(Self {
            only,
            retry_refused: run.retry_refused,
            options: Options {
                verify,
                parallel: 1,
                folders: rules.folders,
                filter: rules.filter,
                deleted: rules.deleted,
                oversized: rules.oversized,
                gmail_labels: rules.gmail_labels,
                read_receipts: rules.read_receipts,
                source_limits,
                target_limits,
                day_one: None,
            },
            ledger: ledger_place(&run, &source, &target)?,
            display: display(&run, std::io::stderr().is_terminal()),
            closing: !run.quiet,
            report: run.report,
            source,
            target,
        })
    }
}

fn ledger_place(run: &RunArgs, source: &SideOrder, target: &SideOrder) -> Result<LedgerPlace, Problem> {
    if let Some(file) = &run.ledger {
        return Ok(LedgerPlace::Chosen(file.clone()));
    }
    let data_dir = run.data_dir.clone().or_else(config::default_data_dir).ok_or_else(|| {
        Problem::new(
            Exit::Files,
            "Looking for the data directory failed: neither XDG_DATA_HOME nor HOME is set. Name it with --data-dir.",
        )
    })?;
    Ok(LedgerPlace::Default(ledger_file::default_path(&data_dir, source, target)))
}

fn display(run: &RunArgs, terminal: bool) -> Display {
    match (run.quiet || run.no_progress, terminal) {
        (true, _) => Display::Silent,
        (false, true) => Display::Bar,
        (false, false) => Display::Lines,
    }
}
