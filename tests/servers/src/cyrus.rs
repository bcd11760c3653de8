//! A real Cyrus IMAP server on loopback: up from an empty directory, gone when dropped.
//!
//! Any user springs into existence at the first login with [`PASSWORD`]. It tells its complaints to the system log
//! alone, and a wrong configuration ends it without a word.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use crate::{daemon::Daemon, dovecot::PASSWORD, error::Result, gate::Gate, imap::Imap, unpacked::Unpacked};

/// Who sees all mailboxes, and may open each as authorization identity; the password is everybody's.
pub const ADMIN: &str = "cyrus";

/// A running Cyrus: `/` between folder names, no prefix, no quota, clear text.
#[derive(Debug)]
pub struct Cyrus {
    daemon: Daemon,
    unpacked: Unpacked,
    _gate: Gate,
}

impl Cyrus {
    /// Starts it and waits until it greets.
    pub fn start() -> Result<Self> {
        let unpacked = Unpacked::find()?;
        let daemon = Daemon::new("Cyrus")?;
        for directory in ["run", "conf", "spool", "proc", "gate"] {
            daemon.make_dir(directory)?;
        }
        let gate = Gate::open(&daemon.path("gate/mux"), judge)?;
        daemon.write("imapd.conf", &settings(&daemon.home().display().to_string()))?;
        let imapd = unpacked.file("usr/lib/cyrus/bin/imapd")?;
        daemon.write(
            "cyrus.conf",
            &format!(
                "START {{\n}}\nSERVICES {{\n  imap cmd=\"{} -C {}\" listen=\"127.0.0.1:{}\" prefork=0 maxchild=200\n}}\n\
                 EVENTS {{\n}}\n",
                imapd.display(),
                daemon.path("imapd.conf").display(),
                daemon.port(),
            ),
        )?;
        let mut server = Self { daemon, unpacked, _gate: gate };
        server.resume()?;
        Ok(server)
    }

    /// Starts the stopped server again, on the same port with the same mail.
    pub fn resume(&mut self) -> Result<()> {
        let mut command = self.unpacked.command("usr/lib/cyrus/bin/master")?;
        command.arg("-C").arg(self.daemon.path("imapd.conf"));
        command.arg("-M").arg(self.daemon.path("cyrus.conf"));
        command.arg("-p").arg(self.daemon.path("run/pid"));
        let identity = self.daemon.identity();
        command.env("CYRUS_USER", &identity.user).env("CYRUS_GROUP", &identity.group);
        identity.take_on(&mut command);
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

    /// Opens a mailbox with the independent client.
    pub fn open(&self, user: &str) -> Result<Imap> {
        self.daemon.open(user)
    }
}

fn settings(home: &str) -> String {
    format!(
        "configdirectory: {home}/conf
partition-default: {home}/spool
proc_path: {home}/proc
mboxname_lockpath: {home}/conf/lock
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {home}/gate/mux
sasl_mech_list: PLAIN
admins: {ADMIN}
proxyservers: {ADMIN}
allowplaintext: yes
failedloginpause: 0
virtdomains: userid
defaultdomain: internal
autocreate_quota: 0
unixhierarchysep: yes
altnamespace: yes
servername: cyrus
search_engine: none
duplicatesuppression: no
"
    )
}

/// The server asks with four strings, each after its length in two bytes: user, password, service, realm. The answer is
/// one such string.
fn judge(mut stream: UnixStream) -> std::io::Result<()> {
    let mut words = Vec::new();
    for _ in 0..4 {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut word = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut word)?;
        words.push(word);
    }
    let answer = if words[1] == PASSWORD.as_bytes() { b"\0\x02OK" } else { b"\0\x02NO" };
    stream.write_all(answer)
}
