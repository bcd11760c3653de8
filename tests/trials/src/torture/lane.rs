//! The servers that one round after the other is played on.

use std::path::{Path, PathBuf};

use servers::{
    Result,
    dovecot::{Dovecot, Encryption, SpecialUse},
    error::Doing,
    proxy::Proxy,
    verify::Snapshot,
};
use tempfile::TempDir;

use crate::product;

/// Dovecot's capabilities without MULTIAPPEND and MOVE: every message is sent by itself, and stays where it is.
const ONE_BY_ONE: &str =
    "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE SPECIAL-USE LIST-EXTENDED CHILDREN ENABLE CONDSTORE";

/// A source, two targets of different habits, and the lines to them.
pub(super) struct Lane {
    pub(super) binary: PathBuf,
    /// How the product can compare, the cheapest way first.
    pub(super) depths: Vec<&'static str>,
    servers: [Dovecot; 3],
    lines: [Proxy; 3],
    folder: TempDir,
}

/// A server of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    /// Takes many messages in one command.
    Whole,
    /// Takes them one by one, and moves none.
    Single,
}

impl Lane {
    /// Starts the servers.
    pub(super) fn set_up(binary: &Path) -> Result<Self> {
        let server = |separator, capability: Option<&str>| {
            let mut builder = Dovecot::builder().separator(separator).special_use(SpecialUse::None);
            if let Some(words) = capability {
                builder = builder.capability(words);
            }
            builder.encryption(Encryption::None).without_wire_log().start()
        };
        let servers = [server('.', None)?, server('/', None)?, server('/', Some(ONE_BY_ONE))?];
        let line = |server: &Dovecot| Proxy::start(server.plain_port());
        let lines = [line(&servers[0])?, line(&servers[1])?, line(&servers[2])?];
        let folder =
            tempfile::Builder::new().prefix("torture-").tempdir().doing(|| "making a folder".into())?;
        Ok(Self { binary: binary.to_owned(), depths: product::depths(binary), servers, lines, folder })
    }

    /// A server.
    pub(super) fn server(&self, side: Side) -> &Dovecot {
        &self.servers[side as usize]
    }

    /// A server to be stopped and started.
    pub(super) fn server_mut(&mut self, side: Side) -> &mut Dovecot {
        &mut self.servers[side as usize]
    }

    /// The line to it.
    pub(super) fn line(&self, side: Side) -> &Proxy {
        &self.lines[side as usize]
    }

    /// Where files of a round go.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a user has on a server, as the judge reads it.
    pub(super) fn read(&self, side: Side, user: &str) -> Result<Snapshot> {
        Snapshot::read(&mut self.server(side).open(user)?)
    }
}
