//! What Cyrus, Courier and imap4d have in common here: a directory, a port, and a process that has to greet.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    dovecot::PASSWORD,
    error::{Doing, Error, Result},
    imap::Imap,
    process::{Ask, Guarded, Identity, PATIENCE, free_port, tail},
};

/// A server's process and its directory.
#[derive(Debug)]
pub(crate) struct Daemon {
    // Dropped first: the directory must not go while the server still writes to it.
    process: Option<Guarded>,
    home: TempDir,
    name: &'static str,
    identity: Identity,
    port: u16,
}

impl Daemon {
    /// An empty directory and a free port.
    pub(crate) fn new(name: &'static str) -> Result<Self> {
        let identity = Identity::unprivileged("nobody")?;
        let home = tempfile::Builder::new()
            .prefix(&format!("{}-", name.to_lowercase()))
            .tempdir()
            .doing(|| format!("making a directory for {name}"))?;
        identity.own(home.path())?;
        Ok(Self { process: None, home, name, identity, port: free_port()? })
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn make_dir(&self, name: &str) -> Result<()> {
        self.identity.make_dir(&self.path(name))
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, text).doing(|| format!("writing {}", path.display()))?;
        self.identity.own(&path)
    }

    /// Starts the process and waits until the port greets.
    pub(crate) fn start(&mut self, mut command: Command) -> Result<()> {
        let name = self.name;
        if self.process.is_some() {
            return Err(Error::new(format!("starting {name}: it runs already")));
        }
        let errors = fs::File::create(self.path("stderr")).doing(|| format!("making {name}'s error file"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).current_dir(self.home.path());
        let mut process = Guarded::start(&mut command, Some(self.home.path()))?;
        process.until_it_greets(name, self.port, || self.log())?;
        self.process = Some(process);
        Ok(())
    }

    /// The end of what the process complained about.
    pub(crate) fn log(&self) -> String {
        tail(&self.path("stderr"))
    }

    /// Ends the server as its operator would.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Ask::Terminate, Duration::from_secs(5));
            self.wait_for_silence();
        }
    }

    /// Kills the server with all its processes (SIGKILL), as a power cut would.
    pub(crate) fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
            self.wait_for_silence();
        }
    }

    /// A namespace goes down a moment after the process that we killed: until then its port still takes connections.
    fn wait_for_silence(&self) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Opens a mailbox with the independent client.
    pub(crate) fn open(&self, user: &str) -> Result<Imap> {
        let mut imap = Imap::connect(self.port)?;
        imap.login(user, PASSWORD)?;
        Ok(imap)
    }
}
