//! Why a run could not begin or end well: what was being done, what happened, what to do.

use std::{
    fmt,
    io::{self, Write as _},
    path::Path,
};

use super::Exit;
use crate::{report::words, store::StoreError};

/// Why a run could not begin or end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What a script is told.
    pub(crate) exit: Exit,
    /// What a person is told.
    pub(crate) message: String,
}

impl Problem {
    /// A message that is whole already.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// The command line says something that cannot be done.
    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self::new(Exit::Arguments, message)
    }

    /// Something with a file failed.
    pub(crate) fn file(doing: &str, path: &Path, happened: impl fmt::Display, advice: &str) -> Self {
        Self::new(Exit::Files, format!("{doing} {} failed: {happened}. {advice}", path.display()))
    }

    /// The ledger could not be used. The store's own words say what was done and what to do.
    pub(crate) fn ledger(path: &Path, error: &StoreError) -> Self {
        let exit = match error {
            StoreError::LeaseLost => Exit::Locked,
            StoreError::Open(_)
            | StoreError::Conflict(_)
            | StoreError::Changed(_)
            | StoreError::Secret(_)
            | StoreError::Corrupt { .. }
            | StoreError::DiskFull { .. }
            | StoreError::Database { .. } => Exit::Files,
            StoreError::NotFound(_)
            | StoreError::Taken(_)
            | StoreError::State { .. }
            | StoreError::NoSecret(_) => Exit::Internal,
        };
        Self::new(exit, format!("The ledger {} cannot be used: {error}", path.display()))
    }

    /// Prints it on standard error. Nothing helps when that is closed.
    pub(crate) fn tell(&self) {
        let _ = writeln!(io::stderr(), "carbonio-migrate: {}", words::visible(&self.message));
    }
}
