//! Finds the accounts of a source: its admin logs in as itself and is told whose folders there are. Opens no mailbox and
//! writes nothing.

#[cfg(test)]
mod tests;

use shared::{cause::Cause, endpoint::Endpoint};

use crate::{
    account::Account,
    error::ConnectorError,
    wire::imap::{
        encode::clean,
        enter::enter_as_admin,
        listing::users::{self, NAMES_MAX, Users},
    },
};

/// The accounts that a source lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// Their login names, sorted, each once. Each is one that a list of mailboxes takes.
    pub names: Vec<String>,
    /// How many other names were listed: without an inbox, or no login name.
    pub left_out: u64,
}

/// Why no accounts were found, and what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoverError {
    /// No admin logs in.
    #[error(
        "Each mailbox of the source is opened with a login of its own, and such a login is not told of others. Bring a list, or \
         let an admin log in for all mailboxes, in the project's settings."
    )]
    NoAdmin,
    /// The server shows none to this login.
    #[error(
        "{peer} lists no accounts for the login {admin}: {seen}. Bring a list instead; Dovecot prints one with `doveadm user '*'`."
    )]
    NoneListed {
        /// The server, as the beginning of a sentence.
        peer: String,
        /// The admin's login name.
        admin: String,
        /// What was seen, as the end of a sentence.
        seen: String,
    },
    /// More than 200,000 accounts, or 16 MiB of names.
    #[error(
        "{0} lists more than {NAMES_MAX} accounts, or names longer than anybody's: so many are not taken at once. Bring lists \
         of them."
    )]
    TooMany(String),
    /// The admin's own login is refused, and nothing proves that its password is good.
    #[error(
        "{} So it lists no accounts for this login. Check the admin's name and password in the project's settings. Some \
         servers let an admin in for mailboxes alone, as Dovecot does its master users: then bring a list, which Dovecot prints \
         with `doveadm user '*'`.",
        .0.sentence()
    )]
    Refused(ConnectorError),
    /// The server could not be asked.
    #[error("{}", .0.explained())]
    Failed(ConnectorError),
}

/// Asks the source for its accounts, as the admin of the account's endpoint; the account's own mailbox is not opened.
/// Dropping it closes the connection.
pub async fn accounts(account: &Account) -> Result<Accounts, DiscoverError> {
    let Endpoint::Imap(endpoint) = &account.endpoint;
    let admin = account.endpoint.admin().ok_or(DiscoverError::NoAdmin)?;
    let host = clean(&endpoint.host, 100);
    let shown = match enter_as_admin(endpoint, account, admin, &format!("the source {host}")).await {
        Ok(mut connection) => users::ask(&mut connection).await.map_err(DiscoverError::Failed)?,
        Err(error) if error.cause == Cause::LoginNotAllowed => Users::Hidden { seen: shut_out(&error) },
        Err(error) if matches!(error.cause, Cause::LoginRefused | Cause::LoginExpired) => {
            return Err(DiscoverError::Refused(error));
        }
        Err(error) => return Err(DiscoverError::Failed(error)),
    };
    let peer = format!("The source {host}");
    match shown {
        Users::Shown { names, left_out } => Ok(Accounts { names: names.into_iter().collect(), left_out }),
        Users::Hidden { seen } => Err(DiscoverError::NoneListed { peer, admin: clean(admin, 255), seen }),
        Users::TooMany => Err(DiscoverError::TooMany(peer)),
    }
}

/// What is seen of a server that does not let an admin in as itself, although its password is good.
pub fn shut_out(error: &ConnectorError) -> String {
    format!("it does not let this admin in for itself ({})", error.detail)
}
