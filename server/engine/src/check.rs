//! The connection checklist: tries an endpoint step by step and says how each step went.

use secrecy::SecretString;
use shared::{check::CheckReport, endpoint::Endpoint};
use tokio::sync::watch;

/// Tries an endpoint step by step; each step's outcome is published as it is known. With a login, looks at what the
/// server can do too. Writes nothing on the server.
pub async fn check(endpoint: &Endpoint, login: Option<(&str, &SecretString)>, report: watch::Sender<CheckReport>) {
    let _ = (endpoint, login, report);
}
