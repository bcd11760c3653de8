//! Why the server could not start or go on, and the socket it listens on.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};

use crate::{auth::HashError, config::ConfigError, log::LogError, secret::SecretError, store::StoreError};

/// Why the server could not start or go on: what was being done, what happened, what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Settings that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The demonstration project cannot be made.
    #[error("Making the project of {file} failed: {detail}")]
    Demo {
        /// Which file.
        file: String,
        /// What is wrong and where.
        detail: String,
    },
    /// The log file.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data directory cannot be made or written.
    #[error(
        "Writing to the data directory {dir} failed: {detail}. Give the directory to the user carbonio-migrate runs as, \
         or choose another one with data_dir."
    )]
    DataDir {
        /// Which directory.
        dir: String,
        /// What happened.
        detail: String,
    },
    /// Another server works there.
    #[error("Another carbonio-migrate works in {0}. Stop it, or choose another directory with data_dir.")]
    Locked(String),
    /// A worker without a database that nodes can share.
    #[error(
        "A worker takes its mailboxes from a PostgreSQL database that it shares with other nodes, and none is named. Name \
         the server's with --database postgres://…; over SQLite one process works alone, and `carbonio-migrate serve` \
         moves the mailboxes itself."
    )]
    NotShared,
    /// The key.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gives no randomness.
    #[error(
        "Making the set-up token failed: the system gave no random bytes ({0}). Check that /dev/urandom can be read."
    )]
    Random(String),
    /// The first password hash.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The address cannot be listened on.
    #[error("Listening on {address} failed: {detail}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What happened and what to do.
        detail: String,
    },
    /// The server ended.
    #[error("Serving the panel failed: {0}. See the log, and start carbonio-migrate again.")]
    Serve(String),
}

impl StartError {
    /// 2 for settings and arguments that cannot be used, 1 for everything else.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Demo { .. } | Self::NotShared => ExitCode::from(2),
            Self::Log(_)
            | Self::DataDir { .. }
            | Self::Locked(_)
            | Self::Secret(_)
            | Self::Store(_)
            | Self::Random(_)
            | Self::Hash(_)
            | Self::Listen { .. }
            | Self::Serve(_) => ExitCode::FAILURE,
        }
    }
}

/// Listens, or says why not.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).map_err(|error| {
        let detail = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program uses this port. Stop it, or choose another port with listen.".to_owned()
            }
            ErrorKind::PermissionDenied => {
                "ports below 1024 need special rights. Choose a higher port with listen and put a proxy in front.".into()
            }
            ErrorKind::AddrNotAvailable => {
                "this machine has no such address. Choose one of its own with listen, such as 127.0.0.1.".into()
            }
            _ => format!("{error}. Choose another address with listen."),
        };
        StartError::Listen { address, detail }
    })?;
    listener.set_nonblocking(true).map_err(|error| StartError::Serve(error.to_string()))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::listen;

    #[test]
    fn a_port_taken_gets_its_own_sentence() {
        let taken = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = taken.local_addr().expect("an address");
        let error = listen(address).expect_err("refused").to_string();
        assert!(error.contains(&address.to_string()) && error.contains("another program"), "{error}");
    }
}
