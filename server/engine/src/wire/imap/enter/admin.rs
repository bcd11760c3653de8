//! Entering as the admin itself, for no mailbox: to be told what only an admin is told.

use shared::{cause::Cause, endpoint::ImapEndpoint};

use super::{
    LoginAs, admits, connected, held, is_refusal, login, may_be_its_own, not_sent, not_this_one,
    opens_another, prove, share, whom,
};
use crate::{
    account::Account,
    error::{ConnectorError, Reach},
    guest::Entry,
    wire::imap::connection::Connection,
};

/// Connects and logs in as the admin itself. It is the same password as for every mailbox, so that the same breaker counts
/// its refusals. `Cause::LoginNotAllowed` says that the password is good, and this login alone is refused.
pub(crate) async fn enter(
    endpoint: &ImapEndpoint,
    account: &Account,
    admin: &str,
    peer: &str,
) -> Result<Connection, ConnectorError> {
    share(log_in(endpoint, account, admin, peer).await, account)
}

async fn log_in(
    endpoint: &ImapEndpoint,
    account: &Account,
    admin: &str,
    peer: &str,
) -> Result<Connection, ConnectorError> {
    let (connection, attempt) = loop {
        let entry = account.gate.login(&account.login_key(), &account.secret, admin).await;
        let entry = entry.map_err(|open| held(endpoint, peer, &open))?;
        // What was refused would be refused once more, and hold the login for every mailbox.
        if let Entry::Try { refused: Some(words), .. } = &entry {
            let why = "refused before, and not sent again, because a second refusal holds the login for every mailbox: test a \
                mailbox first";
            let error = not_sent(endpoint, peer, Cause::LoginRefused, why, words);
            entry.not_tried();
            return Err(error);
        }
        let (connection, entry) = connected(endpoint, peer, entry).await?;
        match entry {
            Entry::Try { attempt, .. } => break (connection, attempt),
            Entry::Prove { attempt, mailbox } => {
                prove(connection, endpoint, account, &mailbox, attempt).await?;
            }
        }
    };
    let error = match login::login(connection, endpoint, LoginAs::Admin(admin), &account.secret).await {
        Ok(connection) => {
            // It opened no mailbox that could prove the login later.
            attempt.admitted();
            return Ok(connection);
        }
        Err(error) => error,
    };
    if !is_refusal(&error) {
        drop(attempt);
        let alone = may_be_its_own(&error) && opens_another(endpoint, account, peer).await;
        return Err(if alone { not_this_one(error) } else { error });
    }
    if admits(endpoint, &error) {
        attempt.admitted();
        return Err(ConnectorError { reach: Reach::Mailbox, ..error });
    }
    if attempt.refused(&error.detail) {
        return Err(whom(endpoint, account, peer, error).await);
    }
    Err(error)
}
