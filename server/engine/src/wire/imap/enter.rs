//! Entering a mailbox as a good guest: a login that was refused twice is not tried, a token that ran out is renewed once,
//! and a server that wants patience is heard by everybody who uses it.

mod admin;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use shared::{
    cause::Cause,
    endpoint::{ImapEndpoint, Login},
    limits::BreakerView,
};
use tokio::time::sleep;

use super::{
    connect,
    connection::Connection,
    login::{self, LoginAs},
};
use crate::{
    account::Account,
    error::{ConnectorError, Reach, Retry},
    guest::{Attempt, Entry, Gate},
    token::{TokenError, Tokens},
};

pub(crate) use admin::enter as enter_as_admin;

/// After so long a server is asked once more for a mailbox that it says is unavailable, while others open.
const MOMENT: Duration = Duration::from_secs(5);

/// Connects and logs in. What the server says of patience from then on is heard by the account's gate.
pub(crate) async fn enter(
    endpoint: &ImapEndpoint,
    account: &Account,
    peer: &str,
) -> Result<Connection, ConnectorError> {
    let connection = async {
        let connection = connect::open(endpoint, peer, &mut |_| {}).await?;
        log_in(connection, endpoint, account).await
    };
    share(connection.await, account)
}

/// Lets whoever uses the system hear of its wishes for patience, now and from here on.
fn share(
    entered: Result<Connection, ConnectorError>,
    account: &Account,
) -> Result<Connection, ConnectorError> {
    let mut connection = entered.inspect_err(|error| {
        if !account.beside {
            hear(&account.gate, error);
        }
    })?;
    connection.gate = Some(Arc::clone(&account.gate));
    connection.memory = account.memory.clone();
    connection.hold = account.hold.clone();
    Ok(connection)
}

/// Tells everybody who uses a system that it wants patience.
pub(crate) fn hear(gate: &Gate, error: &ConnectorError) {
    let complains = matches!(error.cause, Cause::Busy | Cause::Throttled | Cause::Unavailable);
    if let Retry::After(pause) = error.retry
        && complains
    {
        gate.complain(pause, &format!("{}; waiting {} s", error.detail, pause.as_secs_f64().ceil()));
    }
}

/// Logs in on a fresh connection.
pub(crate) async fn log_in(
    connection: Connection,
    endpoint: &ImapEndpoint,
    account: &Account,
) -> Result<Connection, ConnectorError> {
    let peer = connection.peer.clone();
    let key = account.login_key();
    let mut fresh = Some(connection);
    let mut stale: Option<SecretString> = None;
    let mut failed_before = false;
    loop {
        let entry = account.gate.login(&key, &account.secret, &account.user).await;
        let entry = entry.map_err(|open| held(endpoint, &peer, &open))?;
        let (connection, entry) = match fresh.take() {
            Some(connection) => (connection, entry),
            None => connected(endpoint, &peer, entry).await?,
        };
        let attempt = match entry {
            Entry::Try { attempt, .. } => attempt,
            Entry::Prove { attempt, mailbox } => {
                prove(connection, endpoint, account, &mailbox, attempt).await?;
                continue;
            }
        };
        let secret = match &account.tokens {
            None => account.secret.clone(),
            Some(tokens) => match token(tokens, stale.as_ref(), endpoint, &peer).await {
                Ok(token) => token,
                Err(error) => {
                    if error.retry == Retry::Never {
                        attempt.refused(&error.detail);
                    }
                    return Err(error);
                }
            },
        };
        let error = match login::login(connection, endpoint, LoginAs::Mailbox(&account.user), &secret).await {
            Ok(connection) => {
                attempt.accepted();
                return Ok(connection);
            }
            // The others go on, and whom it concerns is not worth another login. It counts all the same, or every mailbox
            // would send a password that was changed meanwhile.
            Err(error) if account.beside => {
                match is_refusal(&error) {
                    true if admits(endpoint, &error) => attempt.admitted(),
                    true => _ = attempt.refused(&error.detail),
                    false => drop(attempt),
                }
                return Err(error);
            }
            Err(error) => error,
        };
        if !is_refusal(&error) {
            drop(attempt);
            if !may_be_its_own(&error) || !opens_another(endpoint, account, &peer).await {
                return Err(error);
            }
            if failed_before {
                // One part of the server may be starting anew: the pass waits for it, and nobody else does.
                return Err(ConnectorError { retry: Retry::Alone, ..not_this_one(error) });
            }
            // It may have been a moment's trouble.
            failed_before = true;
            sleep(MOMENT).await;
            continue;
        }
        if admits(endpoint, &error) {
            attempt.admitted();
            return Err(ConnectorError { reach: Reach::Mailbox, ..error });
        }
        if attempt.refused(&error.detail) {
            return Err(whom(endpoint, account, &peer, error).await);
        }
        if account.tokens.is_none() || stale.is_some() {
            return Err(error);
        }
        // A token may run out earlier than it was said to: another one is tried, once.
        stale = Some(secret);
    }
}

/// A connection for a login that may be tried.
async fn connected(
    endpoint: &ImapEndpoint,
    peer: &str,
    entry: Entry,
) -> Result<(Connection, Entry), ConnectorError> {
    match connect::open(endpoint, peer, &mut |_| {}).await {
        Ok(connection) => Ok((connection, entry)),
        Err(error) => {
            entry.not_tried();
            Err(error)
        }
    }
}

/// Whether the server refused a login, rather than failed.
fn is_refusal(error: &ConnectorError) -> bool {
    matches!(error.cause, Cause::LoginRefused | Cause::LoginExpired | Cause::LoginNotAllowed)
}

/// Whether a failure may concern one name alone. Of one that it does not have, Dovecot says that it is unavailable, or hangs
/// up: nobody would have to wait for a server that is well.
fn may_be_its_own(error: &ConnectorError) -> bool {
    matches!(error.cause, Cause::Unavailable | Cause::Disconnected)
}

/// Finds out whom a refusal of an admin's login concerns: the mailbox, when the login still opens another one. Many servers
/// refuse a mailbox that they do not have in the words in which they refuse a wrong password.
async fn whom(
    endpoint: &ImapEndpoint,
    account: &Account,
    peer: &str,
    error: ConnectorError,
) -> ConnectorError {
    let good = match account.gate.login(&account.login_key(), &account.secret, &account.user).await {
        // Others found it out meanwhile.
        Ok(Entry::Try { good, .. }) => good,
        // What came of nothing proves nothing.
        Ok(entry) => prove_on_its_own(endpoint, account, peer, &account.user, entry).await.unwrap_or(false),
        Err(_) => false,
    };
    if good { not_this_one(error) } else { error }
}

/// What a server says of one mailbox of an admin who opens others.
fn not_this_one(error: ConnectorError) -> ConnectorError {
    let detail = format!("{}; the same login opens other mailboxes", error.detail);
    let (reach, retry, cause) = (Reach::Mailbox, Retry::Never, Cause::LoginNotAllowed);
    ConnectorError { reach, retry, cause, detail, ..error }
}

/// Whether an admin's login opens another mailbox now.
async fn opens_another(endpoint: &ImapEndpoint, account: &Account, peer: &str) -> bool {
    let key = account.login_key();
    let other = account.gate.opened(&key, &account.secret).filter(|other| *other != account.user);
    let Some(other) = other else { return false };
    let Ok(entry) = account.gate.login(&key, &account.secret, &other).await else { return false };
    prove_on_its_own(endpoint, account, peer, &other, entry).await.unwrap_or(false)
}

/// The same over a connection of its own, made only now: one that is open already might be closed while others are waited
/// for. `other` is opened where nothing has to be proved.
async fn prove_on_its_own(
    endpoint: &ImapEndpoint,
    account: &Account,
    peer: &str,
    other: &str,
    entry: Entry,
) -> Result<bool, ConnectorError> {
    let (connection, entry) = connected(endpoint, peer, entry).await?;
    let (attempt, mailbox) = match entry {
        Entry::Try { attempt, .. } => (attempt, other.to_owned()),
        Entry::Prove { attempt, mailbox } => (attempt, mailbox),
    };
    prove(connection, endpoint, account, &mailbox, attempt).await
}

/// Opens another mailbox, to prove that an admin's login is still good; false: it is refused for that one, too.
async fn prove(
    connection: Connection,
    endpoint: &ImapEndpoint,
    account: &Account,
    mailbox: &str,
    attempt: Attempt,
) -> Result<bool, ConnectorError> {
    match login::login(connection, endpoint, LoginAs::Mailbox(mailbox), &account.secret).await {
        Ok(_) => {
            attempt.accepted();
            Ok(true)
        }
        Err(error) if admits(endpoint, &error) => {
            attempt.admitted();
            Ok(true)
        }
        Err(error) if is_refusal(&error) => {
            attempt.refused(&error.detail);
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether a refusal says that the admin's own login was accepted: only this mailbox is not there, or not to be had by that
/// admin (AUTHORIZATIONFAILED, RFC 5530, section 3). It must not keep others waiting.
fn admits(endpoint: &ImapEndpoint, error: &ConnectorError) -> bool {
    match endpoint.login {
        Login::AuthorizationId { .. } | Login::Master { .. } => error.cause == Cause::LoginNotAllowed,
        Login::Password | Login::Token { .. } => false,
    }
}

/// A token for a login now.
async fn token(
    tokens: &Tokens,
    stale: Option<&SecretString>,
    endpoint: &ImapEndpoint,
    peer: &str,
) -> Result<SecretString, ConnectorError> {
    tokens.access(stale).await.map_err(|error| {
        let (cause, retry) = match error {
            TokenError::Refused(_) => (Cause::TokenFailed, Retry::Never),
            TokenError::Later { pause, .. } => (Cause::Unavailable, Retry::After(pause)),
        };
        let doing = format!("fetching an access token for {peer}");
        ConnectorError { reach: reach(endpoint), retry, cause, doing, detail: error.to_string() }
    })
}

/// A login that is not tried.
fn held(endpoint: &ImapEndpoint, peer: &str, open: &BreakerView) -> ConnectorError {
    let why = "not tried again after two refusals";
    not_sent(endpoint, peer, Cause::LoginHeld, why, &open.words)
}

/// A login that is not sent, why, and what the server said of it before.
fn not_sent(endpoint: &ImapEndpoint, peer: &str, cause: Cause, why: &str, words: &str) -> ConnectorError {
    let (doing, detail) = (format!("logging in to {peer}"), format!("{why}; {words}"));
    ConnectorError { reach: reach(endpoint), retry: Retry::Never, cause, doing, detail }
}

/// How far it reaches that a login fails.
pub(super) const fn reach(endpoint: &ImapEndpoint) -> Reach {
    match endpoint.login {
        Login::Password | Login::Token { .. } => Reach::Mailbox,
        Login::AuthorizationId { .. } | Login::Master { .. } => Reach::Endpoint,
    }
}
