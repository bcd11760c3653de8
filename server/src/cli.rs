//! The command line: moves one mailbox without a server, or tells a running server what to do.

mod args;
mod certificate;
mod closing;
mod exit;
mod help;
mod ledger_file;
mod limits;
mod order;
mod problem;
mod progress;
mod report_files;
mod rules;
mod run;
mod secrets;
mod side;
mod signals;
mod table;
pub(crate) mod verbs;

use std::process::ExitCode;

pub(crate) use self::{args::MigrateArgs, exit::Exit};
use self::{order::Order, problem::Problem};

/// Moves the mailbox the arguments name, or says why not. Starts its own runtime: call it outside of one.
pub(crate) fn migrate(args: MigrateArgs) -> ExitCode {
    let exit = Order::try_from(args).and_then(run::run).unwrap_or_else(|problem: Problem| {
        problem.tell();
        problem.exit
    });
    exit.into()
}

#[cfg(test)]
mod tests;
