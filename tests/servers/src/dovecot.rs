//! A real Dovecot on loopback: up from an empty directory, gone when dropped.
//!
//! Any user springs into existence at the first login with [`PASSWORD`].

mod config;
mod options;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use options::Options;
pub use options::{
    Builder, DOVEADM_PASSWORD, Encryption, MASTER, MASTER_PASSWORD, PASSWORD, SpecialUse, Storage,
};
use tempfile::TempDir;

use crate::{
    certificate::Certificate,
    error::{Doing, Error, Result},
    imap::Imap,
    process::{Ask, Guarded, Identity, free_ports, tail},
    wirelog::WireLog,
};

/// A running Dovecot.
#[derive(Debug)]
pub struct Dovecot {
    // Dropped first: the directory must not go while the server still writes to it.
    process: Option<Guarded>,
    home: TempDir,
    identity: Identity,
    options: Options,
    certificate: Option<Certificate>,
    plain_port: u16,
    tls_port: Option<u16>,
    doveadm_port: Option<u16>,
}

impl Dovecot {
    /// A server to be described; [`Builder::start`] starts it.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn from_options(options: Options) -> Result<Self> {
        let mut last = Error::new("starting Dovecot was not tried");
        // Between finding a free port and binding it somebody else may take it: then another one does.
        for _ in 0..3 {
            match Self::try_start(options.clone()) {
                Ok(server) => return Ok(server),
                Err(error) if error.to_string().contains("Address already in use") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn try_start(options: Options) -> Result<Self> {
        let identity = Identity::unprivileged("nobody")?;
        let home = tempfile::Builder::new()
            .prefix("dovecot-")
            .tempdir()
            .doing(|| "making a directory for Dovecot".into())?;
        identity.own(home.path())?;
        let certificate = match &options.encryption {
            Encryption::None => None,
            Encryption::SelfSigned => Some(Certificate::self_signed()?),
            Encryption::With(certificate) => Some((**certificate).clone()),
        };
        let [plain_port, tls_port, doveadm_port] = free_ports()?;
        let tls_port = certificate.is_some().then_some(tls_port);
        let doveadm_port = options.doveadm.then_some(doveadm_port);
        let mut server =
            Self { process: None, home, identity, options, certificate, plain_port, tls_port, doveadm_port };
        server.furnish()?;
        server.start()?;
        Ok(server)
    }

    /// Writes everything Dovecot needs to find in its directory.
    fn furnish(&self) -> Result<()> {
        for directory in ["run", "state", "users", "wire", "public", "virtual"] {
            self.identity.make_dir(&self.path(directory))?;
        }
        self.write("masters", &format!("{MASTER}:{{PLAIN}}{MASTER_PASSWORD}\n"))?;
        if let Some(users) = &self.options.users {
            let lines: String = users.iter().map(|user| format!("{user}:::::::\n")).collect();
            self.write("known", &lines)?;
        }
        if let Some(certificate) = &self.certificate {
            self.write("certificate.pem", &certificate.pem)?;
            self.write("key.pem", &certificate.key)?;
        }
        if self.options.virtual_folders {
            for (name, search) in [("All", "all"), ("Flagged", "flagged")] {
                self.identity.make_dir(&self.path("virtual").join(name))?;
                self.write(&format!("virtual/{name}/dovecot-virtual"), &format!("*\n  {search}\n"))?;
            }
        }
        if self.options.public {
            for directory in ["", "/cur", "/new", "/tmp"] {
                self.identity.make_dir(&self.path(&format!("public/.Notices{directory}")))?;
            }
            // Where there are access rights at all, nobody sees a folder without this.
            self.write("public/.Notices/dovecot-acl", "anyone lrs\n")?;
        }
        self.configure()
    }

    fn configure(&self) -> Result<()> {
        let home = self.home.path();
        let ports = config::Ports { plain: self.plain_port, tls: self.tls_port, doveadm: self.doveadm_port };
        let text = config::render(&self.options, home, &self.identity, &ports);
        self.write("dovecot.conf", &text)
    }

    /// Restarts the server with another quota.
    pub fn set_quota_kib(&mut self, kib: u64) -> Result<()> {
        self.options.quota_kib = Some(kib);
        self.configure()?;
        self.restart()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, text).doing(|| format!("writing {}", path.display()))?;
        self.identity.own(&path)
    }

    /// Starts the stopped server again, on the same ports with the same mail, and waits until it greets.
    pub fn start(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Err(Error::new("starting Dovecot: it runs already"));
        }
        let mut command = Command::new(binary());
        command.arg("-F").arg("-c").arg(self.path("dovecot.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let errors = fs::File::create(self.path("stderr")).doing(|| "making Dovecot's error file".into())?;
        command.stderr(errors).current_dir(self.home.path());
        self.identity.take_on(&mut command);
        let mut process = Guarded::start(&mut command, Some(self.home.path()))?;
        process.until_it_greets("Dovecot", self.plain_port, || self.log_tail())?;
        self.process = Some(process);
        Ok(())
    }

    fn log_tail(&self) -> String {
        format!("{}\n{}", tail(&self.path("stderr")), tail(&self.path("log")))
    }

    /// Everything Dovecot logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.path("log")).unwrap_or_default()).into_owned()
    }

    /// Ends the server as its operator would. [`Self::start`] brings it back.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Ask::Terminate, Duration::from_secs(5));
        }
    }

    /// Kills the server with all its processes (SIGKILL), as a power cut would.
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops and starts the server.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.start()
    }

    /// The port that speaks clear text first, and STARTTLS where there is a certificate.
    pub fn plain_port(&self) -> u16 {
        self.plain_port
    }

    /// The port that speaks TLS from the first byte.
    pub fn tls_port(&self) -> Option<u16> {
        self.tls_port
    }

    /// The port for a `doveadm` elsewhere.
    pub fn doveadm_port(&self) -> Option<u16> {
        self.doveadm_port
    }

    /// The configuration file, for `doveadm -c`.
    pub fn configuration(&self) -> PathBuf {
        self.path("dovecot.conf")
    }

    /// The process id of the master process, while the server runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Guarded::id)
    }

    /// The server's certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// What separates the parts of a folder's name.
    pub fn separator(&self) -> char {
        self.options.separator
    }

    /// Opens a mailbox with the independent client.
    pub fn open(&self, user: &str) -> Result<Imap> {
        let mut imap = Imap::connect(self.plain_port)?;
        imap.login(user, PASSWORD)?;
        Ok(imap)
    }

    /// The home directory of a user; there from the first login on, or after [`crate::maildir::Maildir::new`].
    pub fn user_dir(&self, user: &str) -> PathBuf {
        self.path("users").join(user)
    }

    /// What clients said after their logins.
    pub fn wire(&self) -> WireLog {
        WireLog::new(self.path("wire"))
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn escapes_names(&self) -> bool {
        self.options.escape_names
    }
}

/// Where Debian and others put the server.
fn binary() -> &'static str {
    let places = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/sbin/dovecot"];
    places.into_iter().find(|place| Path::new(place).exists()).unwrap_or("dovecot")
}
