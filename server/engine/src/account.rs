//! One mailbox on one system, with what is needed to open it.

use secrecy::SecretString;
use shared::endpoint::Endpoint;

/// One mailbox on one system, with what is needed to open it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The system.
    pub endpoint: Endpoint,
    /// The mailbox's login name.
    pub user: String,
    /// The mailbox's own, or the admin's, password or token. Its `Debug` shows nothing.
    pub secret: SecretString,
}
