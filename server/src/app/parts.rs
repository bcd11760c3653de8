//! What handlers reach.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use shared::audit::Outcome;
use tokio::{runtime::Handle, sync::watch};

use super::StartError;
use crate::{
    ask::Asks,
    audit::{self, Deed},
    auth::{Limits, Passwords, Place},
    check::Checks,
    clock::Clock,
    config::Config,
    dns::Dns,
    live::Sources,
    runner::Running,
    store::Store,
};

/// The file the one-time set-up token is also written to.
const SETUP_FILE: &str = "setup-token";

/// What handlers reach.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) live: Sources,
    pub(crate) checks: Checks,
    pub(crate) asks: Asks,
    /// Where mail goes, as DNS says.
    pub(crate) dns: Dns,
    pub(crate) limits: Limits,
    pub(crate) passwords: Passwords,
    pub(crate) place: Place,
    pub(crate) clock: Clock,
    /// Whether browsers reach the panel over TLS.
    pub(crate) secure: bool,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// Where this server was told to listen.
    pub(crate) own: SocketAddr,
    /// Runs what must outlive the request that began it.
    pub(crate) runtime: Handle,
    pub(super) setup_file: PathBuf,
}

impl Parts {
    /// Must be called inside the runtime that work outliving its request is to run on.
    pub(crate) fn new(
        config: &Config,
        store: Store,
        running: Running,
        clock: Clock,
        closing: watch::Receiver<bool>,
    ) -> Result<Self, StartError> {
        Ok(Self {
            live: Sources { store: store.clone(), running, clock: clock.clone(), closing },
            store,
            checks: Checks::default(),
            asks: Asks::default(),
            dns: Dns::new(config.dns_server),
            limits: Limits::new(),
            passwords: Passwords::new()?,
            place: Place::new(config.public_url.clone()),
            clock,
            secure: config.secure(),
            trusted_proxies: config.trusted_proxies.clone(),
            own: config.listen,
            runtime: Handle::current(),
            setup_file: config.data_dir.join(SETUP_FILE),
        })
    }

    /// Keeps who did what. What was done stays done when this fails, so a failure is only logged.
    pub(crate) async fn record(&self, who: &str, action: &str, subject: &str) {
        self.note(who, action, subject, Outcome::Done).await;
    }

    /// Keeps what was asked for and refused.
    pub(crate) async fn record_refused(&self, who: &str, action: &str, subject: &str) {
        self.note(who, action, subject, Outcome::Refused).await;
    }

    async fn note(&self, who: &str, action: &str, subject: &str, outcome: Outcome) {
        let address = audit::address();
        let deed = Deed { who, action, subject, address: address.as_deref(), outcome };
        if let Err(error) = self.store.log(&deed).await {
            tracing::error!(%error, action, "keeping the activity failed");
        }
    }

    /// Removes the file of a set-up token that is of no use any more.
    pub(crate) fn remove_setup_file(&self) {
        match std::fs::remove_file(&self.setup_file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "removing the used set-up token's file failed"),
        }
    }
}
