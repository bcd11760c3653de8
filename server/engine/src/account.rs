//! One mailbox on one system, with what is needed to open it.

use std::sync::Arc;

use secrecy::SecretString;
use shared::{endpoint::Endpoint, limits::LoginKey};

use crate::{
    guest::{Gate, Memory},
    hold::Hold,
    token::Tokens,
};

/// One mailbox on one system, with what is needed to open it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The system.
    pub endpoint: Endpoint,
    /// The mailbox's login name.
    pub user: String,
    /// The mailbox's own, or the admin's, password or token. Its `Debug` shows nothing.
    pub secret: SecretString,
    /// The secret of the client that fetches access tokens with `secret`, where it has one.
    pub client_secret: Option<SecretString>,
    /// Where access tokens come from, when `secret` is not one itself.
    pub tokens: Option<Arc<Tokens>>,
    /// The way into the system, shared with everybody else who uses it.
    pub gate: Arc<Gate>,
    /// What the messages of all passes of this process may take on their way.
    pub memory: Memory,
    /// Until when this pass may write to it.
    pub hold: Hold,
    /// Whether the connection is one beside others: when it is refused they go on, and nobody has to be patient for it.
    pub beside: bool,
}

impl Account {
    /// A mailbox on a system that nobody else uses and that sets no limits.
    pub fn new(endpoint: Endpoint, user: String, secret: SecretString) -> Self {
        let (gate, memory, hold) = (Gate::unlimited(), Memory::default(), Hold::default());
        Self { endpoint, user, secret, client_secret: None, tokens: None, gate, memory, hold, beside: false }
    }

    /// Whose login it is that may be refused: the mailbox's, or the admin's that logs in for it.
    pub fn login_key(&self) -> LoginKey {
        match self.endpoint.admin() {
            Some(admin) => LoginKey::Admin(admin.to_owned()),
            None => LoginKey::Mailbox(self.user.clone()),
        }
    }
}
