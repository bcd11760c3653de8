//! Finding the accounts of a source, while somebody waits for the answer: one connection, counted with those of all who use
//! the system, on all nodes, within the project's limits and allowed hours.

use std::{fmt, time::Duration};

use engine::{
    account::Account,
    ask::knock,
    discover::{Accounts, DiscoverError, accounts, shut_out},
    guest::Joined,
};
use shared::check::Side;
use tokio::time::{Instant, timeout_at};

use crate::{
    ask::enter,
    store::{StoreError, Visits},
};

/// Longest wait for a connection that the limits allow: somebody sits in front of it.
const TURN: Duration = Duration::from_secs(30);
/// Longest wait for all of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked, and how.
pub(crate) struct Order {
    /// The admin itself.
    pub(crate) admin: Account,
    /// A mailbox that the admin opened in a pass: it proves the admin's login, should it be refused here alone.
    pub(crate) known: Option<Account>,
    /// The project's limits, in force as long as it is kept.
    pub(crate) limits: Joined,
    /// The system's connections over all nodes.
    pub(crate) visits: Visits,
}

/// Why no accounts were found.
#[derive(Debug)]
pub(crate) enum NoAccounts {
    /// Nothing new begins at this moment. Why, and what to do.
    NotNow(String),
    /// The database failed.
    Store(StoreError),
    /// The source told none.
    Source(DiscoverError),
}

impl fmt::Display for NoAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNow(why) => f.write_str(why),
            Self::Store(error) => error.fmt(f),
            Self::Source(error) => error.fmt(f),
        }
    }
}

/// Asks the source for its accounts. Dropping it closes the connection and gives it back.
pub(crate) async fn run(order: Order) -> Result<Accounts, NoAccounts> {
    within(order, TURN, PATIENCE).await
}

async fn within(order: Order, turn: Duration, patience: Duration) -> Result<Accounts, NoAccounts> {
    let Order { admin, known, limits, visits } = order;
    let begun = Instant::now();
    let host = admin.endpoint.host();
    if let Some(wait) = limits.gate().waits().filter(|wait| wait.left > turn) {
        let until = wait.until.map(|until| format!("; it goes on at {until}")).unwrap_or_default();
        return Err(NoAccounts::NotNow(format!(
            "The source {host} is not asked now: {}{until}. Try again then, or change the limits in the project's settings.",
            wait.why
        )));
    }
    let (visit, slot) = match timeout_at(begun + turn, enter(&visits, &admin)).await {
        Ok(entered) => entered.map_err(NoAccounts::Store)?,
        Err(_) => return Err(NoAccounts::NotNow(not_entered(host, &limits, turn))),
    };
    let until = visit.at_most(begun + patience);
    let found = timeout_at(until, asked(&admin, known.as_ref())).await;
    // Only now is the connection closed.
    drop((slot, visit));
    match found {
        Ok(found) => found.map_err(NoAccounts::Source),
        Err(_) => Err(NoAccounts::NotNow(format!(
            "The source {host} did not list its accounts within {} seconds. Try again when it has less to do, or bring a \
             list.",
            patience.as_secs()
        ))),
    }
}

/// Why there was no connection.
fn not_entered(host: &str, limits: &Joined, turn: Duration) -> String {
    let why = match limits.gate().waits() {
        Some(wait) => wait.why,
        None => "all that the limits allow are in use".into(),
    };
    format!(
        "No connection to the source {host} was free within {} seconds: {why}. Try again when fewer mailboxes move, or allow \
         more connections in the project's settings.",
        turn.as_secs()
    )
}

async fn asked(admin: &Account, known: Option<&Account>) -> Result<Accounts, DiscoverError> {
    let error = match accounts(admin).await {
        Err(DiscoverError::Refused(error)) => error,
        other => return other,
    };
    // Passes must not be held up by a server that does not let the admin in for itself.
    match known {
        Some(known) if knock(known, Side::Source).await.is_ok() => Err(DiscoverError::NoneListed {
            peer: format!("The source {}", admin.endpoint.host()),
            admin: admin.user.clone(),
            seen: shut_out(&error),
        }),
        Some(_) | None => Err(DiscoverError::Refused(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use shared::{
        endpoint::{Endpoint, ImapEndpoint, Login, Tls},
        limits::Limits,
    };

    use super::*;
    use crate::{
        ask::tests::stub::{RIGHT, Stub},
        guest::Guests,
    };

    fn account(guests: &Guests, stub: &Stub, user: &str) -> Account {
        let login = Login::AuthorizationId { admin: "root".into() };
        let endpoint =
            ImapEndpoint { port: stub.port(), tls: Tls::None, ..ImapEndpoint::new("127.0.0.1", login) };
        guests.equip(Side::Source, Account::new(Endpoint::Imap(endpoint), user.into(), RIGHT.into()))
    }

    #[tokio::test]
    async fn a_server_that_lets_no_admin_in_for_itself_is_known_by_a_mailbox_that_opens() {
        let (guests, stub) = (Guests::new(), Stub::start(&["anna"]).await);
        let (admin, anna) = (account(&guests, &stub, "root"), account(&guests, &stub, "anna"));
        for _ in 0..3 {
            let error = asked(&admin, Some(&anna)).await.expect_err("it is not let in");
            assert!(matches!(&error, DiscoverError::NoneListed { .. }), "{error:?}");
        }
        knock(&anna, Side::Source).await.expect("passes go on");
    }

    #[tokio::test]
    async fn where_all_connections_are_in_use_that_is_told_in_time() {
        let (guests, stub) = (Guests::new(), Stub::start(&["root", "anna"]).await);
        let admin = account(&guests, &stub, "root");
        let limits = Limits { connections: NonZeroU16::MIN, ..Limits::default() };
        let join = || guests.join(Side::Source, &admin.endpoint, &limits).expect("no hours");
        let order = || Order { admin: admin.clone(), known: None, limits: join(), visits: Visits::default() };
        let taken = { join().gate().slot("anna").await };
        let error = within(order(), Duration::from_secs(1), PATIENCE).await.expect_err("there is none");
        assert!(error.to_string().contains("all that the limits allow are in use"), "{error}");
        assert_eq!(stub.logins(), 0);
        drop(taken);
        assert_eq!(run(order()).await.expect("are listed").names, ["anna", "root"]);
    }
}
