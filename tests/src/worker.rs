//! A node without a panel, beside a server on the same database.

use std::{
    fs,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use servers::process::{Ask, Guarded, tail};
use tempfile::TempDir;

use crate::{app::TestApp, binary};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    // Dropped first: the directory must not go while the worker still writes to it.
    process: Guarded,
    dir: TempDir,
}

impl Worker {
    /// Starts a worker on a server's database, with the server's key and more arguments.
    pub fn start(app: &TestApp, database: &str, arguments: &[&str]) -> Self {
        Self::start_as(app, database, arguments, |_| {})
    }

    /// The same in other surroundings.
    pub fn start_as(
        app: &TestApp,
        database: &str,
        arguments: &[&str],
        surround: impl FnOnce(&mut Command),
    ) -> Self {
        let dir = tempfile::Builder::new().prefix("worker-").tempdir().expect("a directory");
        let mut command = command(dir.path(), Some(&app.data_dir().join("key/master.key")));
        command.args(["--database", database]).args(arguments);
        surround(&mut command);
        let process = Guarded::start(&mut command, Some(dir.path())).expect("starts");
        Self { process, dir }
    }

    /// Lets it stand still: its connections stay open, and it says nothing.
    pub fn freeze(&self) {
        self.process.freeze();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.thaw();
    }

    /// Kills it (SIGKILL).
    pub fn kill9(&mut self) {
        self.process.kill();
    }

    /// Asks it to end and waits for it.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        self.process.stop(Ask::Terminate, PATIENCE)
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// The end of what it printed and logged.
    pub fn log(&self) -> String {
        ["stdout", "stderr"].map(|name| tail(&self.dir.path().join(name))).join("\n")
    }

    /// Everything it printed and logged.
    pub fn whole_log(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr")).unwrap_or_default()
    }
}

/// Runs a worker that is expected to refuse; tells its exit code and what it said.
pub fn refused(key: Option<&Path>, arguments: &[&str]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = command(dir.path(), key);
    let ended = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("runs");
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

fn command(dir: &Path, key: Option<&Path>) -> Command {
    let mut command = binary::command();
    command.arg("worker").arg("--data-dir").arg(dir.join("data"));
    if let Some(key) = key {
        command.arg("--key-file").arg(key);
    }
    let file = |name: &str| fs::File::create(dir.join(name)).expect("makes a file");
    command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr")).env("HOME", dir);
    command
}
