//! A real GNU Mailutils imap4d on loopback: up from an empty directory, gone when dropped.
//!
//! It is deliberately poor: it refuses keywords, ignores dates and knows no UIDPLUS. A user has to be admitted before the
//! first login; [`Imap4d::open`] does so.

use std::{fs, io::Write};

use crate::{
    daemon::Daemon,
    error::{Doing, Error, Result},
    imap::Imap,
    unpacked::Unpacked,
};

/// [`crate::dovecot::PASSWORD`] as crypt(3) stores it.
const HASH: &str =
    "$6$saltsalt$zpFyo.YMZwwplEsjam.Cn3YaRIM1EG6Q1FwDGD7Ak1ZB0v8TVZA7ECIBBd1ed2wPSZLoy3sr9XqyuO3Lmo6oq1";

/// A running imap4d: `/` between folder names, Maildir, clear text.
#[derive(Debug)]
pub struct Imap4d {
    daemon: Daemon,
    unpacked: Unpacked,
}

impl Imap4d {
    /// Starts it and waits until it greets.
    pub fn start() -> Result<Self> {
        let unpacked = Unpacked::find()?;
        let daemon = Daemon::new("imap4d")?;
        for directory in ["users", "domains"] {
            daemon.make_dir(directory)?;
        }
        daemon
            .write("imap4d.conf", &settings(&daemon.path("domains").display().to_string(), daemon.port()))?;
        let mut server = Self { daemon, unpacked };
        server.resume()?;
        Ok(server)
    }

    /// Lets a user in, whose name must have the form `name@domain`.
    pub fn admit(&self, user: &str) -> Result<()> {
        let Some((name, domain)) = user.split_once('@') else {
            return Err(Error::new(format!("admitting {user} to imap4d: the name has no domain")));
        };
        // The server takes a path for an address and would see a host behind an `@`.
        let home = self.daemon.path("users").join(format!("{name}.at.{domain}"));
        if home.exists() {
            return Ok(());
        }
        let identity = self.daemon.identity();
        identity.make_dir(&home)?;
        // INBOX too: only a delivery or a SELECT would make it, and until then APPEND is refused.
        for directory in ["Mail", "INBOX", "INBOX/cur", "INBOX/new", "INBOX/tmp"] {
            identity.make_dir(&home.join(directory))?;
        }
        let file = self.daemon.path("domains").join(domain);
        let doing = || format!("admitting {user} to imap4d");
        let mut passwords = fs::OpenOptions::new().create(true).append(true).open(&file).doing(doing)?;
        let line = format!("{name}:{HASH}:{}:{}::{}:/bin/sh\n", identity.uid, identity.gid, home.display());
        passwords.write_all(line.as_bytes()).doing(doing)?;
        identity.own(&file)
    }

    /// Starts the stopped server again, on the same port with the same mail.
    pub fn resume(&mut self) -> Result<()> {
        let mut command = self.unpacked.command("usr/sbin/imap4d")?;
        let mut file = std::ffi::OsString::from("--config-file=");
        file.push(self.daemon.path("imap4d.conf"));
        command.arg(file);
        self.daemon.identity().take_on(&mut command);
        self.daemon.start(command)
    }

    /// Kills the server with all its processes (SIGKILL), as a power cut would.
    pub fn kill9(&mut self) {
        self.daemon.kill9();
    }

    /// Ends the server as its operator would.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    /// The port that speaks clear text.
    pub fn plain_port(&self) -> u16 {
        self.daemon.port()
    }

    /// Admits the user and opens the mailbox with the independent client.
    pub fn open(&self, user: &str) -> Result<Imap> {
        self.admit(user)?;
        self.daemon.open(user)
    }
}

fn settings(domains: &str, port: u16) -> String {
    format!(
        "foreground yes;
mode daemon;
max-children 200;
virtdomain {{ passwd-dir {domains}; }};
auth {{ authentication \"generic:virtdomain\"; authorization \"virtdomain\"; }};
mailbox {{ mailbox-type maildir; }};
namespace personal {{ prefix \"\" {{ directory \"$home/Mail\"; delimiter \"/\"; mailbox-type maildir; }}; }};
logging {{ syslog no; severity notice; }};
tcp-wrappers {{ enable no; }};
server 127.0.0.1:{port} {{ }};
"
    )
}
