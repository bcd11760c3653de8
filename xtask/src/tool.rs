//! Running other programs.

use std::{
    env,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use crate::problem::Problem;

/// Says what happens next.
pub(crate) fn say(what: &str) {
    eprintln!("==> {what}");
}

/// Runs a program that shows its own output; anything but success is a problem.
pub(crate) fn run(command: &mut Command, doing: &str) -> Result<(), Problem> {
    let status = status(command, doing)?;
    if status.success() { Ok(()) } else { Err(ended(command, doing, status, "Its own messages are above.")) }
}

/// Runs a program that shows its own output and tells how it ended.
pub(crate) fn status(command: &mut Command, doing: &str) -> Result<ExitStatus, Problem> {
    command.status().map_err(|error| not_started(command, doing, &error))
}

/// Runs a program for what it prints, whose errors are shown.
pub(crate) fn read(command: &mut Command, doing: &str) -> Result<String, Problem> {
    command.stderr(Stdio::inherit());
    let output = command.output().map_err(|error| not_started(command, doing, &error))?;
    if !output.status.success() {
        return Err(ended(command, doing, output.status, "Its own messages are above."));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// What a program prints; nothing when it cannot be started or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Where a program is, in PATH or in the folders of system programs, which are not on everybody's PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The same words a person would type.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A problem for a program that could not be started.
pub(crate) fn not_started(command: &Command, doing: &str, error: &std::io::Error) -> Problem {
    let happened = format!("`{}` could not be started: {error}", line(command));
    Problem::new(doing, happened, "Check that the program is installed and may be run.")
}

fn ended(command: &Command, doing: &str, status: ExitStatus, next: &str) -> Problem {
    Problem::new(doing, format!("`{}` ended with {status}", line(command)), next)
}

/// How a program ended, as our own end; 128 and its number for a signal, as shells do.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
