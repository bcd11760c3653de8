//! The command line's first word decides: a server, its accounts, or one migration without a server.

mod admin;
mod app;
mod ask;
mod audit;
mod auth;
mod backup;
mod check;
mod cli;
mod clock;
mod config;
mod discover;
mod disk;
mod dns;
mod forecast;
mod guest;
mod http;
mod import;
mod inventory;
mod live;
mod log;
mod metrics;
mod node;
mod notify;
mod queue;
mod report;
mod runner;
mod schedule;
mod secret;
mod store;
mod token;

use std::process::ExitCode;

use clap::{Command as Program, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Moves whole mail organisations to Carbonio, and proves that all arrived.
///
/// With `serve` it is a web panel for many mailboxes. With --source it moves one mailbox right here. Every other command
/// does what the panel does, on a running server.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
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
    /// Move mailboxes for a server elsewhere: a node without a panel
    ///
    /// Takes mailboxes from the server's PostgreSQL database, together with all other nodes. It needs the server's key
    /// file. It stops at Ctrl-C or SIGTERM: running passes finish the window in flight and go on elsewhere.
    ///
    /// Exit codes: 0 stopped when asked to, 1 could not start or go on, 2 settings that cannot be used.
    Worker(Box<config::NodeFlags>),
    /// Add, list and help admins on the host
    ///
    /// Works beside a running server. Exit codes: 0 done, 1 the data cannot be used, 2 bad arguments.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Copy the database of a running server into a file (SQLite)
    ///
    /// The copy is whole and as of one moment; the server goes on meanwhile. Exit codes: 0 copied, 1 not copied, 2 bad
    /// arguments or settings.
    Backup(backup::BackupArgs),
    /// Prove on the host that nobody changed the audit log
    #[command(subcommand)]
    Audit(admin::AuditCommand),
    /// Print what goes with the numbers that `serve --metrics-listen` tells Prometheus
    #[command(subcommand)]
    Metrics(metrics::MetricsCommand),
    #[command(flatten)]
    Page(cli::verbs::PageCommand),
}

/// Everything the command line takes: what is named above, and the verbs that talk to a server.
fn program() -> Program {
    cli::verbs::add_to(Arguments::command())
}

/// glibc gives memory back to the system whenever 128 KiB at an end of its heap are free, and asks for it again for the
/// next messages: a page fault for each 4 KiB. Every large block that is freed raises that to twice its size, up to 64 MiB
/// (mallopt(3), `M_MMAP_THRESHOLD`): this is the first one. Other allocators are not touched by it.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(1024 * 1024)));
}

fn main() -> ExitCode {
    keep_freed_memory();
    let matches = program().get_matches();
    if let Some((verb, given)) = cli::verbs::asked(&matches) {
        return block_on(cli::verbs::run(verb, given));
    }
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match arguments.command {
        Some(Command::Serve(flags)) => block_on(app::serve(*flags)),
        Some(Command::Worker(flags)) => block_on(app::work(*flags)),
        Some(Command::Admin(command)) => block_on(admin::run(command)),
        Some(Command::Backup(args)) => block_on(backup::run(args)),
        Some(Command::Audit(command)) => block_on(admin::audit(command)),
        Some(Command::Metrics(command)) => {
            metrics::print(command);
            ExitCode::SUCCESS
        }
        Some(Command::Page(page)) => cli::verbs::print_page(page, program()),
        None if arguments.migrate.is_given() => cli::migrate(arguments.migrate),
        None => {
            // Nothing was asked for: what can be asked for is the best answer.
            eprint!("{}", program().render_help());
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
    #[test]
    fn the_command_line_fits_together() {
        super::program().debug_assert();
    }
}
