//! The history of the product in SQLite or PostgreSQL. Only this module and those below it name `sea_orm`.

mod activity;
mod admins;
mod batches;
mod causes;
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
mod jobs;
mod lanes;
mod leases;
mod ledger;
mod lists;
mod measured;
mod notices;
mod open;
mod outcome;
mod pace;
mod passes;
mod projects;
mod reports;
mod secrets;
mod selection;
mod sessions;
mod setup;
mod solo;
mod sql;
mod steering;
#[cfg(test)]
mod tests;
mod tokens;
mod wishes;
mod words;

use std::{path::Path, sync::Arc};

use tokio::sync::watch;

#[cfg(test)]
pub(crate) use self::measured::{ByCause, ByState};
pub(crate) use self::{
    admins::AdminEdit,
    duty::{REPEATS, STARTS},
    error::StoreError,
    leases::{HEARTBEAT_MILLIS, Lease},
    measured::{Measured, Moved},
    notices::{Fact, Notice, Standing, Ways},
    pace::{Amounts, PaceRecord, quarters},
    selection::Which,
    sessions::SessionAdmin,
    tokens::{Bearer, Proof, TokenOrder},
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
    changed: watch::Sender<u64>,
}

impl Store {
    /// Opens a database and brings its schema up to date.
    ///
    /// `url` is `sqlite:` and a path (`sqlite:/var/lib/carbonio-migrate/store.db`; the file is made when it is not there,
    /// its directory is not) or a PostgreSQL URL (`postgres://…`). A database of a newer version is refused untouched,
    /// and so is one whose secrets were sealed under another key.
    pub(crate) async fn open(url: &str, sealer: Sealer) -> Result<Self, StoreError> {
        let store = Self::at(Location::parse(url)?, sealer).await?;
        store.check_key().await?;
        store.adopt_activity().await?;
        Ok(store)
    }

    /// Opens the command line's own ledger file, with the same schema. No secret can be kept in it.
    pub(crate) async fn open_file(path: &Path) -> Result<Self, StoreError> {
        Self::at(Location::Sqlite(path.to_owned()), Sealer::ephemeral()?).await
    }

    async fn at(location: Location, sealer: Sealer) -> Result<Self, StoreError> {
        let db = location.open().await?;
        let node = leases::new_node_name()?;
        let inner = Inner { db, sealer, node, changed: watch::Sender::new(0) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Counts up after every write to projects, jobs and passes, so that live streams wake up and read again.
    /// It carries no authority: losing a wake-up only costs latency. Writes of other nodes do not show here.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
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
