//! Why a pass does not go on.

use crate::{error::ConnectorError, ledger::LedgerError, pass::Control};

/// Why a pass does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// One of the sides could not do something.
    Side(ConnectorError),
    /// The ledger could not be read or written: nothing may be sent any more.
    Ledger(LedgerError),
    /// An admin wants it.
    Control(Control),
}

impl From<ConnectorError> for Stop {
    fn from(error: ConnectorError) -> Self {
        Self::Side(error)
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
