//! Runs one migration on the command line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use servers::process::{Guarded, tail};
use shared::{
    endpoint::{Login, Tls},
    report::Report,
};
use tempfile::TempDir;

use crate::{binary, mailbox::Mailbox};

/// How long a run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// One pair of mailboxes with a ledger of its own; can be run again and again.
#[derive(Debug)]
pub struct Cli {
    source: Mailbox,
    target: Mailbox,
    dir: TempDir,
    ledger: Option<PathBuf>,
    extra: Vec<String>,
    environment: Vec<(String, String)>,
    patience: Duration,
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Run {
    /// Everything it said.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Fails the test unless it ended with this code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "it said:\n{}", self.said());
        self
    }

    /// Fails the test unless it said all of this.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        let said = self.said();
        for part in parts {
            assert!(said.contains(part), "{part:?} is missing in:\n{said}");
        }
        self
    }
}

impl Cli {
    /// A migration from one mailbox to another.
    pub fn new(source: Mailbox, target: Mailbox) -> Self {
        let dir = tempfile::Builder::new().prefix("cli-").tempdir().expect("a directory");
        fs::write(dir.path().join("source-password"), format!("{}\n", source.secret)).expect("writes");
        fs::write(dir.path().join("target-password"), format!("{}\n", target.secret)).expect("writes");
        let (extra, environment) = (Vec::new(), Vec::new());
        Self { source, target, dir, ledger: None, extra, environment, patience: PATIENCE }
    }

    /// The same with more arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.extra.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// The same with its ledger elsewhere.
    #[must_use]
    pub fn with_ledger(mut self, file: &Path) -> Self {
        self.ledger = Some(file.to_owned());
        self
    }

    /// The same with a variable in its environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// A folder of this migration's own.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Where its ledger is.
    pub fn ledger(&self) -> PathBuf {
        self.ledger.clone().unwrap_or_else(|| self.dir.path().join("ledger.db"))
    }

    /// The whole command line.
    pub fn command(&self) -> Command {
        let mut command = binary::command();
        command.args(["--source", "imap"]);
        self.side(&mut command, "--", &self.source, "source-password");
        self.side(&mut command, "--target-", &self.target, "target-password");
        command.arg("--report").arg(self.dir.path().join("report"));
        command.arg("--ledger").arg(self.ledger()).args(&self.extra);
        command.env("HOME", self.dir.path()).envs(self.environment.iter().cloned());
        command
    }

    fn side(&self, command: &mut Command, prefix: &str, mailbox: &Mailbox, file: &str) {
        let endpoint = &mailbox.endpoint;
        let flag = |name: &str| format!("{prefix}{name}");
        let tls = match endpoint.tls {
            Tls::Implicit => "implicit",
            Tls::Starttls => "starttls",
            Tls::None => "none",
        };
        command.arg(flag("host")).arg(&endpoint.host).arg(flag("port")).arg(endpoint.port.to_string());
        command.arg(flag("tls")).arg(tls).arg(flag("user")).arg(&mailbox.user);
        if let Some(pin) = &endpoint.pin {
            command.arg(flag("pin")).arg(pin);
        }
        let file = self.dir.path().join(file);
        match &endpoint.login {
            Login::Password => command.arg(flag("password-file")).arg(file),
            Login::Token { .. } => command.arg(flag("token-file")).arg(file),
            Login::AuthorizationId { admin } => {
                command.arg(flag("login-as")).arg(admin).arg(flag("password-file")).arg(file)
            }
            Login::Master { admin, template } => command
                .args([&flag("master"), admin, &flag("master-template"), template])
                .arg(flag("password-file"))
                .arg(file),
        };
    }

    /// Starts it and does not wait.
    pub fn start(&self) -> Guarded {
        let mut command = self.command();
        let file = |name: &str| fs::File::create(self.dir.path().join(name)).expect("makes a file");
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        Guarded::start(&mut command, None).expect("starts")
    }

    /// Runs it to its end, which must come in time.
    #[track_caller]
    pub fn run(&self) -> Run {
        let begun = Instant::now();
        let mut process = self.start();
        let Some(status) = process.wait(self.patience) else {
            process.kill();
            let said = ["stdout", "stderr"].map(|name| tail(&self.dir.path().join(name)));
            panic!("it did not end within {:?} and said:\n{}", self.patience, said.join("\n"));
        };
        let read = |name: &str| fs::read(self.dir.path().join(name)).unwrap_or_default();
        Run {
            code: status.code(),
            stdout: String::from_utf8_lossy(&read("stdout")).into_owned(),
            stderr: String::from_utf8_lossy(&read("stderr")).into_owned(),
            took: begun.elapsed(),
        }
    }

    /// A file of the last report.
    pub fn report_file(&self, name: &str) -> String {
        let path = self.dir.path().join("report").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The last report, from its JSON form.
    pub fn report(&self) -> Report {
        serde_json::from_str(&self.report_file("report.json")).expect("report.json holds a report")
    }
}
