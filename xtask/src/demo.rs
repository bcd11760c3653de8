//! The demo: two throw-away mail servers, a project that is ready to run, and a server that keeps nothing.
//!
//! The mail servers live in a process of their own, the keeper. It watches the pipe that is its standard input, and the
//! other end of that pipe is held by nobody but the server. So the keeper outlives the server by a moment and not
//! longer, whether that stops by Ctrl-C, by a failure or by `kill -9`, and can remove everything behind it.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use serde_json::{Value, json};
use servers::demo::Demo;

use crate::{args, problem::Problem, tool};

const DOING: &str = "starting the demo's mail servers";

/// Starts the keeper and makes the server part of the demo: its project, a folder of its own, and its hold on the keeper.
pub(crate) fn attach(server: &mut Command) -> Result<(), Problem> {
    tool::say("making two mail servers and an organisation for the demo");
    let program = env::current_exe()
        .map_err(|error| Problem::new(DOING, error, "Start this as `cargo xtask run --demo`."))?;
    let mut command = Command::new(program);
    command.arg(args::DEMO_SERVERS).stdin(Stdio::piped()).stdout(Stdio::piped());
    // Ctrl-C is for the server alone: it may need its mail servers to stop in order.
    command.process_group(0);
    let mut keeper = command.spawn().map_err(|error| tool::not_started(&command, DOING, &error))?;
    let mut line = String::new();
    if let Some(output) = keeper.stdout.take() {
        BufReader::new(output).read_line(&mut line).map_err(|error| unreadable(&error))?;
    }
    if line.is_empty() {
        let status = keeper.wait().map_err(|error| unreadable(&error))?;
        return Err(Problem::new(
            DOING,
            format!("their keeper ended with {status}"),
            "Its own messages are above.",
        ));
    }
    let ready = Ready::read(&line).ok_or_else(|| unreadable(&format_args!("it said {line:?}")))?;
    if let Some(hold) = keeper.stdin.take() {
        server.stdin(hold);
    }
    ready.set_up(server);
    tool::say(&format!(
        "the old system holds {} messages in {} mailboxes; all of the demo is removed when the server stops",
        ready.messages, ready.mailboxes
    ));
    Ok(())
}

/// The keeper itself: starts the mail servers, tells about them in one line, and ends with its standard input.
pub(crate) fn keep() -> Result<ExitCode, Problem> {
    let failed = |error: &dyn std::fmt::Display| Problem::new(DOING, error, "Correct this, then try again.");
    let folder = tempfile::Builder::new()
        .prefix("carbonio-migrate-demo-")
        .tempdir()
        .map_err(|error| failed(&error))?;
    let demo = Demo::start(folder.path()).map_err(|error| failed(&error))?;
    let ready = Ready {
        folder: folder.path().to_owned(),
        project: demo.project_file().to_owned(),
        mailboxes: demo.jobs().len(),
        messages: demo.messages(),
    };
    // When nobody is left to read this, standard input has ended as well.
    let mut output = io::stdout();
    let _ = writeln!(output, "{}", ready.line()).and_then(|()| output.flush());
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    drop(demo);
    folder.close().map_err(|error| failed(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// What the keeper tells once everything is there.
#[derive(Debug, PartialEq, Eq)]
struct Ready {
    /// Removed at the end, with all that is in it.
    folder: PathBuf,
    /// For the server's `--demo-project`.
    project: PathBuf,
    mailboxes: usize,
    messages: usize,
}

impl Ready {
    fn line(&self) -> String {
        json!({
            "folder": self.folder,
            "project": self.project,
            "mailboxes": self.mailboxes,
            "messages": self.messages,
        })
        .to_string()
    }

    fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let number = |key: &str| usize::try_from(value[key].as_u64()?).ok();
        Some(Self {
            folder: Path::new(value["folder"].as_str()?).to_owned(),
            project: Path::new(value["project"].as_str()?).to_owned(),
            mailboxes: number("mailboxes")?,
            messages: number("messages")?,
        })
    }

    /// Keeps the server away from a real one's data. By the environment, so that flags given after `--` still win.
    fn set_up(&self, server: &mut Command) {
        let data = self.folder.join("data");
        server
            .arg("--demo-project")
            .arg(&self.project)
            // Instead of the settings of a server that is installed here; it may as well be empty.
            .env("CARBONIO_MIGRATE_CONFIG", "/dev/null")
            .env("CARBONIO_MIGRATE_LOG_FILE", data.join("carbonio-migrate.log"))
            .env("CARBONIO_MIGRATE_DATA_DIR", data)
            .env_remove("CARBONIO_MIGRATE_DATABASE")
            .env_remove("CARBONIO_MIGRATE_KEY_FILE");
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(DOING, format!("their keeper could not be understood: {error}"), "Try again.")
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, path::PathBuf, process::Command};

    use super::Ready;

    fn ready() -> Ready {
        let folder = PathBuf::from("/tmp/the \"demo\"\n");
        Ready { project: folder.join("project.json"), folder, mailboxes: 12, messages: 3456 }
    }

    #[test]
    fn what_the_keeper_tells_is_understood() {
        let line = ready().line();
        assert_eq!(line.lines().count(), 1, "{line}");
        assert_eq!(Ready::read(&line), Some(ready()));
        assert_eq!(Ready::read("{}"), None);
        assert_eq!(Ready::read("Problem while starting"), None);
    }

    #[test]
    fn the_demo_cannot_reach_the_data_of_a_real_server() {
        let mut server = Command::new("server");
        ready().set_up(&mut server);
        let set = |name: &str| {
            let found = server.get_envs().find(|(key, _)| *key == OsStr::new(name));
            found.unwrap_or_else(|| panic!("{name} is inherited")).1
        };
        for inside in ["CARBONIO_MIGRATE_DATA_DIR", "CARBONIO_MIGRATE_LOG_FILE"] {
            let path = PathBuf::from(set(inside).unwrap_or_default());
            assert!(path.starts_with(ready().folder), "{inside} is {}", path.display());
        }
        for removed in ["CARBONIO_MIGRATE_DATABASE", "CARBONIO_MIGRATE_KEY_FILE"] {
            assert_eq!(set(removed), None, "{removed}");
        }
        assert_eq!(set("CARBONIO_MIGRATE_CONFIG"), Some(OsStr::new("/dev/null")));
    }
}
