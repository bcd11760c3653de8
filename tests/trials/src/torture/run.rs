//! One start of the product.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use servers::{
    Result,
    error::Doing,
    process::{Guarded, tail},
};

/// A process of the product and what it says.
#[derive(Debug)]
pub(super) struct Run {
    process: Guarded,
    said: PathBuf,
}

/// How one ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// The exit code; none after a signal.
    pub(super) code: Option<i32>,
    /// For the table.
    pub(super) shown: String,
    /// The last lines that it said.
    pub(super) said: String,
}

impl End {
    /// Everything is on the target, or named in the report.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.code, Some(0 | 3))
    }

    /// A fault inside the product: its own word for that, arguments that were good before, a panic, a signal.
    pub(super) fn is_a_fault(&self) -> bool {
        matches!(self.code, None | Some(1 | 2 | 101))
    }
}

impl Run {
    /// Starts it.
    pub(super) fn start(mut command: Command, said: PathBuf) -> Result<Self> {
        let file = fs::File::create(&said).doing(|| format!("making {}", said.display()))?;
        let same = file.try_clone().doing(|| format!("opening {}", said.display()))?;
        command.stdin(Stdio::null()).stdout(file).stderr(same);
        Ok(Self { process: Guarded::start(&mut command, None)?, said })
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<End> {
        let status = self.process.ended()?;
        Some(self.end(status))
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self, patience: Duration) -> Option<End> {
        let status = self.process.wait(patience)?;
        Some(self.end(status))
    }

    fn end(&self, status: ExitStatus) -> End {
        let (code, signal) = (status.code(), status.signal().unwrap_or_default());
        let shown = code.map_or_else(|| format!("signal {signal}"), |code| format!("exit {code}"));
        End { code, shown, said: self.said() }
    }

    /// The last lines that it said.
    pub(super) fn said(&self) -> String {
        tail(&self.said)
    }

    /// Kills it, as a power cut would.
    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    /// Stops it where it is, or lets it go on.
    pub(super) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let _ = Command::new("kill").args([signal, "--", &self.process.id().to_string()]).status();
    }
}
