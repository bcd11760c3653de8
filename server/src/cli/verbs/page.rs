//! Shell completions and man pages, made from the same arguments as the help.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Command, Subcommand};
use clap_complete::Shell;

use super::super::{Exit, Problem};

const NAME: &str = "carbonio-migrate";

/// What is printed for the system.
#[derive(Debug, Subcommand)]
pub(crate) enum PageCommand {
    /// Print the completions of a shell, for its own file of them
    ///
    /// Such as: carbonio-migrate completions bash > /etc/bash_completion.d/carbonio-migrate
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the man page, or write one for each command
    Man {
        /// Write the pages of all commands to this folder
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// Prints it.
pub(crate) fn print_page(page: PageCommand, mut program: Command) -> ExitCode {
    let done = match page {
        PageCommand::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut program, NAME, &mut text);
            io::stdout().write_all(&text)
        }
        PageCommand::Man { dir: None } => clap_mangen::Man::new(program.name(NAME)).render(&mut io::stdout()),
        PageCommand::Man { dir: Some(dir) } => {
            let program = program.name(NAME);
            std::fs::create_dir_all(&dir).and_then(|()| clap_mangen::generate_to(program, &dir))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let problem = Problem::new(Exit::Files, format!("Writing the page failed: {error}."));
            problem.tell();
            problem.exit.into()
        }
    }
}
