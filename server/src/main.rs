//! The command line's first word decides: a server, its accounts, or one migration without a server.

mod admin;
mod app;
mod auth;
mod check;
mod cli;
mod clock;
mod config;
mod guest;
mod http;
mod live;
mod log;
mod queue;
mod report;
mod runner;
mod secret;
mod store;
mod token;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Moves whole mail organisations to Carbonio, and proves that all arrived.
///
/// With `serve` it is a web panel for many mailboxes. With --source it moves one mailbox right here.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    migrate: cli::MigrateArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the web panel
    ///
    /// At the first start it prints a link that makes the first owner. It stops at Ctrl-C or SIGTERM: running passes
    /// finish the window in flight and go on at the next start.
    ///
    /// Exit codes: 0 stopped when asked to, 1 could not start or go on, 2 settings that cannot be used.
    Serve(Box<config::ServeFlags>),
    /// Add, list and help admins on the host
    ///
    /// Works beside a running server. Exit codes: 0 done, 1 the data cannot be used, 2 bad arguments.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Serve(flags)) => block_on(app::serve(*flags)),
        Some(Command::Admin(command)) => block_on(admin::run(command)),
        None if arguments.migrate.is_given() => cli::migrate(arguments.migrate),
        None => {
            // Nothing was asked for: what can be asked for is the best answer.
            eprint!("{}", Arguments::command().render_help());
            ExitCode::from(2)
        }
    }
}

/// Runs to the end on all processors. What is then still stuck in a system call does not hold up the exit: whatever
/// must be finished was waited for.
fn block_on(work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!(
                "Starting carbonio-migrate failed: {error}. Check how many threads and files this user may open."
            );
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(work);
    runtime.shutdown_background();
    code
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_fits_together() {
        super::Arguments::command().debug_assert();
    }
}
