//! A real Courier IMAP server on loopback: up from an empty directory, gone when dropped.
//!
//! Any user springs into existence at the first login with [`PASSWORD`]. The place where it asks about logins is
//! compiled in, so it gets a `/run` of its own (a private mount namespace) and needs root. What watches its folders for
//! changes goes its own way, so it also gets process numbers of its own: nothing in there survives it.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    daemon::Daemon,
    dovecot::PASSWORD,
    error::{Error, Result},
    gate::Gate,
    imap::Imap,
    process::Identity,
    unpacked::Unpacked,
};

/// What runs in the private namespace: `$1` is the socket, the rest the server.
const INSIDE: &str = "set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon
ln -s \"$1\" /run/courier/authdaemon/socket
shift
exec \"$@\"";

/// As Debian configures it, but for old messages in Trash: they are not deleted.
const SETTINGS: [(&str, &str); 11] = [
    (
        "IMAP_CAPABILITY",
        "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
    ),
    ("IMAP_KEYWORDS", "1"),
    ("IMAP_ACL", "1"),
    ("IMAP_UMASK", "022"),
    ("IMAP_ULIMITD", "131072"),
    ("IMAP_USELOCKS", "1"),
    ("IMAP_TRASHFOLDERNAME", "Trash"),
    ("IMAP_EMPTYTRASH", ""),
    ("IMAP_MAILBOX_SANITY_CHECK", "1"),
    ("HEADERFROM", "X-IMAP-Sender"),
    ("IMAP_TLS_REQUIRED", "0"),
];

/// A running Courier: `.` between folder names, all under `INBOX.`, no quota, clear text.
#[derive(Debug)]
pub struct Courier {
    daemon: Daemon,
    unpacked: Unpacked,
    _gate: Gate,
}

impl Courier {
    /// Starts it and waits until it greets.
    pub fn start() -> Result<Self> {
        let unpacked = Unpacked::find()?;
        let daemon = Daemon::new("Courier")?;
        for directory in ["gate", "users"] {
            daemon.make_dir(directory)?;
        }
        let (users, identity) = (daemon.path("users"), daemon.identity().clone());
        let gate = Gate::open(&daemon.path("gate/socket"), move |stream| judge(stream, &users, &identity))?;
        let mut server = Self { daemon, unpacked, _gate: gate };
        server.resume()?;
        Ok(server)
    }

    /// Starts the stopped server again, on the same port with the same mail.
    pub fn resume(&mut self) -> Result<()> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", INSIDE, "courier"]);
        command.arg(self.daemon.path("gate/socket"));
        command.arg(self.unpacked.file("usr/sbin/couriertcpd")?);
        command.args([
            "-address=127.0.0.1",
            "-maxprocs=200",
            "-maxperip=200",
            "-nodnslookup",
            "-noidentlookup",
        ]);
        command.arg(self.daemon.port().to_string());
        command.arg(self.unpacked.file("usr/lib/courier/courier/imaplogin")?);
        command.arg(self.unpacked.file("usr/bin/imapd")?).arg("Maildir");
        command.envs(SETTINGS);
        // Without this helper each look at a folder would wait for it in vain, for more than a second.
        command.env("GAMIN_DEBUG_SERVER", self.unpacked.file("usr/libexec/gam_server")?);
        command.env("GAM_CLIENT_ID", self.daemon.port().to_string());
        self.unpacked.lend_libraries(&mut command);
        self.daemon.start(command).map_err(|error| {
            Error::new(format!(
                "{error} (Courier's tests need root, or a container in which mounting is allowed)"
            ))
        })
    }

    /// Kills the server with all its processes (SIGKILL), as a power cut would.
    pub fn kill9(&mut self) {
        self.daemon.kill9();
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

/// The server asks with `AUTH length`, then as many bytes: service, `login`, user and password, a line each.
fn judge(mut stream: UnixStream, users: &Path, identity: &Identity) -> std::io::Result<()> {
    let (mut asked, mut chunk) = (Vec::new(), [0; 4096]);
    let words = loop {
        let count = stream.read(&mut chunk)?;
        asked.extend_from_slice(&chunk[..count]);
        if let Some(words) = question(&asked) {
            break words;
        }
        if count == 0 {
            return stream.write_all(b"FAIL\n");
        }
    };
    let [_, kind, user, password] = words.as_slice() else { return stream.write_all(b"FAIL\n") };
    let sound = !user.contains('/') && !user.starts_with('.');
    if kind != "login" || password != PASSWORD || !sound {
        return stream.write_all(b"FAIL\n");
    }
    let home = users.join(user);
    let maildir = furnish(&home, identity).map_err(|error| std::io::Error::other(error.to_string()))?;
    let Identity { uid, gid, .. } = identity;
    let (home, maildir) = (home.display(), maildir.display());
    let answer = format!("UID={uid}\nGID={gid}\nHOME={home}\nADDRESS={user}\nMAILDIR={maildir}\n.\n");
    stream.write_all(answer.as_bytes())
}

/// The lines of the question; none while it is not complete.
fn question(asked: &[u8]) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(asked);
    let (length, rest) = text[text.find("AUTH ")? + "AUTH ".len()..].split_once('\n')?;
    let body = rest.get(..length.parse().ok()?)?;
    Some(body.lines().map(str::to_owned).collect())
}

/// Makes the user's Maildir where it is not there yet.
fn furnish(home: &Path, identity: &Identity) -> Result<PathBuf> {
    let maildir = home.join("Maildir");
    if !fs::exists(&maildir).unwrap_or(false) {
        identity.make_dir(home)?;
        for directory in ["", "cur", "new", "tmp"] {
            identity.make_dir(&maildir.join(directory))?;
        }
    }
    Ok(maildir)
}

#[cfg(test)]
mod tests {
    use super::question;

    #[test]
    fn a_question_is_read_only_when_it_is_complete() {
        assert_eq!(question(b"TCPREMOTEIP=::1\nAUTH 19\nimap\nlogin\nanna\np"), None);
        let whole = question(b"TCPREMOTEIP=::1\nAUTH 18\nimap\nlogin\nanna\npw").expect("is complete");
        assert_eq!(whole, ["imap", "login", "anna", "pw"]);
    }
}
