//! The programs that are measured, and how each is told to copy one mailbox.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use servers::{
    Result,
    dovecot::{DOVEADM_PASSWORD, PASSWORD},
    error::Doing,
};

use super::machine::version;
use crate::product::{self, Place};

/// One program, in one way to run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    /// As the table names it.
    pub(super) name: String,
    kind: Kind,
    program: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// The product, with this word for `--verify`.
    Product(&'static str),
    Floor,
    Mbsync,
    Doveadm,
    Imapsync,
}

/// From where to where, for one run.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    /// Port and user of the source.
    pub(super) source: Place,
    /// Port and user of the target.
    pub(super) target: Place,
    /// Where the source answers a `doveadm` elsewhere.
    pub(super) doveadm: u16,
    /// The target's configuration file: `doveadm` writes without a server.
    pub(super) configuration: PathBuf,
    /// A folder for what the program remembers.
    pub(super) folder: PathBuf,
}

/// The product in its ways, the floor, and every peer that is on this machine.
pub(super) fn found(binary: &Path) -> Vec<Peer> {
    let mut peers: Vec<_> = product::depths(binary)
        .into_iter()
        .map(|depth| Peer {
            name: format!("carbonio-migrate, {depth}"),
            kind: Kind::Product(depth),
            program: binary.to_owned(),
        })
        .collect();
    let own = env::current_exe().unwrap_or_default();
    peers.push(Peer { name: "raw floor".into(), kind: Kind::Floor, program: own });
    for (name, kind) in [("mbsync", Kind::Mbsync), ("doveadm", Kind::Doveadm), ("imapsync", Kind::Imapsync)] {
        if let Some(program) = on_path(name) {
            let name = match kind {
                // It tells its version only where a server is installed and set up; it is the server's own.
                Kind::Doveadm => format!("doveadm {} (dsync)", version("/usr/sbin/dovecot")),
                Kind::Product(_) | Kind::Floor | Kind::Mbsync | Kind::Imapsync => {
                    format!("{name} {}", version(name))
                }
            };
            peers.push(Peer { name, kind, program });
        }
    }
    peers
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

impl Peer {
    /// Whether this is the product in the way that everything is compared with.
    pub(super) fn is_measure(&self) -> bool {
        matches!(self.kind, Kind::Product(depth) if depth != "content")
    }

    /// Whether a second run finds out that nothing changed; the floor would copy all of it again.
    pub(super) fn remembers(&self) -> bool {
        self.kind != Kind::Floor
    }

    /// Whether it waits for every message: then once is enough on a long line.
    pub(super) fn is_slow(&self) -> bool {
        self.kind == Kind::Imapsync
    }

    /// Whether source and target user must have the same name.
    pub(super) fn needs_same_user(&self) -> bool {
        self.kind == Kind::Doveadm
    }

    /// Writes what the program wants to find in the folder and returns its command line.
    pub(super) fn command(&self, errand: &Errand) -> Result<Command> {
        let secret = errand.folder.join("password");
        fs::write(&secret, format!("{PASSWORD}\n")).doing(|| format!("writing {}", secret.display()))?;
        let mut command = Command::new(&self.program);
        let ((from, source), (to, target)) = (&errand.source, &errand.target);
        match self.kind {
            Kind::Product(depth) => {
                let ledger = errand.folder.join("ledger.db");
                let (from, to) = (&errand.source, &errand.target);
                command = product::command(&self.program, from, to, &secret, &ledger, depth);
            }
            Kind::Floor => {
                command.arg("floor").arg(from.to_string()).arg(source).arg(to.to_string()).arg(target);
            }
            Kind::Mbsync => {
                let file = errand.folder.join("mbsyncrc");
                fs::write(&file, mbsync(errand, &secret)).doing(|| format!("writing {}", file.display()))?;
                command.arg("--quiet").arg("--config").arg(file).arg("--all");
            }
            Kind::Doveadm => {
                command.arg("-c").arg(&errand.configuration).args(["-o", "mail_fsync=never"]);
                command.arg("-o").arg(format!("doveadm_password={DOVEADM_PASSWORD}"));
                command.args(["backup", "-R", "-u", target, &format!("tcp:127.0.0.1:{}", errand.doveadm)]);
            }
            Kind::Imapsync => {
                command.args([
                    "--host1",
                    "127.0.0.1",
                    "--host2",
                    "127.0.0.1",
                    "--nolog",
                    "--nossl1",
                    "--nossl2",
                ]);
                command.args(["--notls1", "--notls2", "--noreleasecheck"]);
                command.arg("--port1").arg(from.to_string()).arg("--user1").arg(source);
                command.arg("--port2").arg(to.to_string()).arg("--user2").arg(target);
                command.arg("--passfile1").arg(&secret).arg("--passfile2").arg(&secret);
                command.arg("--tmpdir").arg(&errand.folder);
            }
        }
        command.env("HOME", &errand.folder);
        Ok(command)
    }
}

fn mbsync(errand: &Errand, secret: &Path) -> String {
    let store = |name: &str, (port, user): &Place| {
        let secret = secret.display();
        format!(
            "IMAPStore {name}\nHost 127.0.0.1\nPort {port}\nUser {user}\nPassCmd \"cat {secret}\"\nSSLType None\n\
             AuthMechs LOGIN\nTimeout 120\n\n"
        )
    };
    let state = errand.folder.display();
    format!(
        "{}{}Channel all\nFar :far:\nNear :near:\nPatterns *\nSync Pull\nCreate Near\nExpunge None\n\
         CopyArrivalDate yes\nSyncState {state}/\n",
        store("far", &errand.source),
        store("near", &errand.target),
    )
}
