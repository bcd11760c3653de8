//! Whose logins are whose: a system is shared by all projects that use it, and by those that are gone.

use std::collections::BTreeSet;

use sea_orm::{FromQueryResult, Value};
use shared::{
    check::Side,
    endpoint::{Endpoint, Login},
    id::ProjectId,
    limits::{GateView, LoginKey},
};

use super::{
    Store, StoreError,
    sql::{Sql, marks},
};

/// How many names one query looks for: far below every limit of bound values.
const NAMES_AT_ONCE: usize = 500;

#[derive(FromQueryResult)]
struct NameRecord {
    name: String,
}

impl Store {
    /// Leaves, of the logins that are not tried any more on a side of a project, those of its own mailboxes and its admin.
    pub(crate) async fn keep_own_logins(
        &self,
        project: ProjectId,
        endpoint: &Endpoint,
        gate: &mut GateView,
    ) -> Result<(), StoreError> {
        let Endpoint::Imap(imap) = endpoint;
        let own: BTreeSet<LoginKey> = match &imap.login {
            Login::AuthorizationId { admin } | Login::Master { admin, .. } => {
                BTreeSet::from([LoginKey::Admin(admin.clone())])
            }
            Login::Password | Login::Token { .. } => self.own_mailboxes(project, gate).await?,
        };
        gate.breakers.retain(|breaker| own.contains(&breaker.login));
        Ok(())
    }

    /// Which mailboxes of a project are among those whose logins are not tried any more.
    async fn own_mailboxes(
        &self,
        project: ProjectId,
        gate: &GateView,
    ) -> Result<BTreeSet<LoginKey>, StoreError> {
        let column = match gate.side {
            Side::Source => "source_user",
            Side::Target => "target_user",
        };
        let mut own = BTreeSet::new();
        for breakers in gate.breakers.chunks(NAMES_AT_ONCE) {
            let sql = format!(
                "SELECT {column} AS name FROM job WHERE project = ? AND {column} IN ({})",
                marks(breakers.len())
            );
            let names = breakers.iter().map(|breaker| Value::from(breaker.login.name()));
            let values: Vec<Value> = std::iter::once(project.0.into()).chain(names).collect();
            let found: Vec<NameRecord> =
                self.db().reading("Looking whose logins are held back").all(&sql, values).await?;
            own.extend(found.into_iter().map(|record| LoginKey::Mailbox(record.name)));
        }
        Ok(own)
    }
}
