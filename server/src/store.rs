//! The history of the product in SQLite or PostgreSQL. Only this module and those below it name `sea_orm`.

mod activity;
mod admins;
mod backup;
mod batches;
mod causes;
mod closed;
mod counts;
mod cutover;
mod day_one;
mod db;
mod drift;
mod duty;
mod error;
mod findings;
mod forget;
mod grouped;
mod inventory;
mod jobs;
mod lanes;
mod leases;
mod ledger;
mod letting_go;
mod lists;
mod logins;
mod measured;
mod nodes;
mod notices;
mod open;
mod outcome;
mod pace;
mod passes;
mod progress;
mod projects;
mod renewal;
mod reports;
mod secrets;
mod selection;
mod sessions;
mod setup;
mod slots;
mod solo;
mod sql;
mod steering;
#[cfg(test)]
mod tests;
mod times;
mod tokens;
mod under_way;
mod visits;
mod wishes;
mod words;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use sea_orm::sqlx::PgConnection;
use tokio::sync::{Mutex, watch};

#[cfg(test)]
pub(crate) use self::measured::{ByCause, ByState};
pub(crate) use self::{
    admins::AdminEdit,
    backup::backup,
    batches::named,
    duty::{REPEATS, STARTS},
    error::StoreError,
    inventory::InventorySums,
    leases::Lease,
    measured::{Measured, Moved},
    nodes::NodeCard,
    notices::{Fact, Notice, Standing, Ways},
    pace::{Amounts, PaceRecord, quarters},
    progress::Told,
    selection::Which,
    sessions::SessionAdmin,
    times::LeaseTimes,
    tokens::{Bearer, Proof, TokenOrder},
    visits::{Visit, Visits},
    wishes::Wish,
};
use self::{db::Db, open::Location, sql::Sql};
use crate::secret::Sealer;

/// Everything the product remembers. Cheap to clone; every clone is the same store.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    sealer: Sealer,
    /// Names this process, and this start of it, as the holder of leases.
    node: String,
    times: LeaseTimes,
    /// The session that shows that this process is there; none where it is no node, or has just lost it.
    session: Mutex<Option<PgConnection>>,
    changed: watch::Sender<u64>,
    /// Projects that this version cannot read and that it was warned of already.
    unreadable: std::sync::Mutex<BTreeSet<i64>>,
}

impl Store {
    /// Opens a database with leases of the usual length; see [`Self::open_with`].
    #[cfg(test)]
    pub(crate) async fn open(url: &str, sealer: Sealer) -> Result<Self, StoreError> {
        Self::open_with(url, sealer, LeaseTimes::default(), true).await
    }

    /// Opens a database and brings its schema up to date.
    ///
    /// `url` is `sqlite:` and a path (`sqlite:/var/lib/carbonio-migrate/store.db`; the file is made when it is not there,
    /// its directory is not) or a PostgreSQL URL (`postgres://…`). A database of a newer version is refused untouched,
    /// and so is one whose secrets were sealed under another key. `alone`: no other process has the file open, so that a
    /// log beside it is what an unclean stop left; then it is looked whether the file is whole.
    pub(crate) async fn open_with(
        url: &str,
        sealer: Sealer,
        times: LeaseTimes,
        alone: bool,
    ) -> Result<Self, StoreError> {
        let store = Self::at(Location::parse(url)?, sealer, times, alone).await?;
        store.check_key().await?;
        store.adopt_activity().await?;
        Ok(store)
    }

    /// Opens the command line's own ledger file, with the same schema. No secret can be kept in it.
    pub(crate) async fn open_file(path: &Path) -> Result<Self, StoreError> {
        Self::at(Location::Sqlite(path.to_owned()), Sealer::ephemeral()?, LeaseTimes::default(), true).await
    }

    async fn at(
        location: Location,
        sealer: Sealer,
        times: LeaseTimes,
        alone: bool,
    ) -> Result<Self, StoreError> {
        let db = location.open(times, alone).await?;
        let node = leases::new_node_name()?;
        let (session, changed) = (Mutex::default(), watch::Sender::new(0));
        let unreadable = std::sync::Mutex::default();
        let inner = Inner { db, sealer, node, times, session, changed, unreadable };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Counts up after every write to projects, jobs and passes, so that live streams wake up and read again.
    /// It carries no authority: losing a wake-up only costs latency. Writes of other nodes do not show here.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    /// Whether several nodes may share the database.
    pub(crate) fn is_shared(&self) -> bool {
        self.db().is_shared()
    }

    /// How long leases last.
    pub(crate) fn times(&self) -> LeaseTimes {
        self.inner.times
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.db()
            .reading("Asking the database for a sign of life")
            .cell::<i64>("SELECT CAST(1 AS BIGINT)", [])
            .await?;
        Ok(())
    }

    /// Ends every connection after the writes under way; SQLite's log is folded into the file.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.db().close().await
    }

    fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Wakes up who waits for [`Self::changed`].
    fn wake(&self) {
        self.inner.changed.send_modify(|count| *count += 1);
    }
}
