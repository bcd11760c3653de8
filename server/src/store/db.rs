//! The connections to the database: many readers, and one writer at a time where the database allows one.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, MutexGuard};

use super::{StoreError, sql::failed};

/// How long SQLite's writer waits for another process, such as `admin add` beside the server.
pub(super) const WRITER_PATIENCE: Duration = Duration::from_secs(30);
/// How long emptying its log waits for those who read just now: everybody who wants to write waits with it.
const EMPTYING_PATIENCE: Duration = Duration::from_secs(1);
/// What follows where it was not emptied.
const THEN: &str = "it is tried again when credentials are next forgotten or the server ends in order";

/// How long a write must last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Survives the end of this process at any moment. On SQLite a power failure may take the last of them back;
    /// recovery settles what that leaves.
    Process,
    /// Survives a power failure, and so does everything written before it.
    Power,
}

/// The connections to the database.
#[derive(Debug)]
pub(super) struct Db {
    /// For reading alone.
    pub(super) read: DatabaseConnection,
    /// For [`Durability::Process`].
    pub(super) write: DatabaseConnection,
    /// For [`Durability::Power`].
    pub(super) durable: DatabaseConnection,
    /// SQLite has one writer at a time. Taking turns here is fair and instant; its own waiting is neither.
    pub(super) turn: Option<Mutex<()>>,
}

impl Db {
    /// Which database it is.
    pub(super) fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Whether several nodes may share it.
    pub(super) fn is_shared(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// Begins a transaction that writes. Dropping it undoes it. `doing` is the beginning of a sentence.
    pub(super) async fn begin(&self, doing: &'static str) -> Result<Tx<'_>, StoreError> {
        self.begin_as(Durability::Process, doing).await
    }

    /// Begins a transaction that writes, with the durability that is needed.
    pub(super) async fn begin_as(
        &self,
        lasts: Durability,
        doing: &'static str,
    ) -> Result<Tx<'_>, StoreError> {
        let turn = match &self.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let connection = match lasts {
            Durability::Process => &self.write,
            Durability::Power => &self.durable,
        };
        // Immediate: the first statement of a transaction may read, and a reader cannot become the writer later.
        let options = TransactionOptions {
            sqlite_transaction_mode: (!self.is_shared()).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = connection.begin_with_options(options).await.map_err(failed(doing))?;
        Ok(Tx { inner, doing, _turn: turn })
    }

    /// Folds SQLite's log into the file and empties it, so that what was overwritten in the file does not go on in the log.
    /// PostgreSQL's log is its own matter.
    pub(super) async fn empty_log(&self) {
        if self.is_shared() {
            return;
        }
        let _turn = match &self.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        // A task of its own: whoever wants it may go away in the middle, and the writer's patience must be set back.
        let emptied = match tokio::spawn(emptied(self.write.clone())).await {
            Ok(emptied) => emptied.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match emptied {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("the database's log was not emptied, because somebody reads just now; {THEN}");
            }
            Err(error) => tracing::warn!(%error, "emptying the database's log failed; {THEN}"),
        }
    }

    /// Closes every connection.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        for connection in [&self.read, &self.durable, &self.write] {
            connection.close_by_ref().await.map_err(failed("Closing the database"))?;
        }
        Ok(())
    }
}

/// Empties SQLite's log by its writer. False: somebody read for so long that nothing was emptied.
async fn emptied(writer: DatabaseConnection) -> Result<bool, DbErr> {
    let patience = |patience: Duration| format!("PRAGMA busy_timeout = {}", patience.as_millis());
    writer.execute_unprepared(&patience(EMPTYING_PATIENCE)).await?;
    let sql = Statement::from_string(writer.get_database_backend(), "PRAGMA wal_checkpoint(TRUNCATE)");
    let row = writer.query_one_raw(sql).await;
    // Whether it was kept from it; behind that stand the pages of the log, and how many were folded into the file.
    let busy: Result<Option<i64>, DbErr> =
        row.and_then(|row| row.map(|row| row.try_get_by_index(0)).transpose());
    // Also when it failed.
    writer.execute_unprepared(&patience(WRITER_PATIENCE)).await?;
    Ok(busy? == Some(0))
}

/// A transaction that writes.
pub(super) struct Tx<'a> {
    // Dropped first: the turn is given on when the transaction is over.
    pub(super) inner: DatabaseTransaction,
    pub(super) doing: &'static str,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Tx<'_> {
    /// Makes it last.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await.map_err(failed(self.doing))
    }

    /// What to add to a query whose rows this transaction is going to change. SQLite's writer is alone anyway.
    pub(super) fn locking(&self) -> &'static str {
        match self.inner.get_database_backend() {
            DbBackend::Postgres => " FOR UPDATE",
            _ => "",
        }
    }

    /// What to add to a query whose rows must stay as they are until this transaction is through.
    pub(super) fn sharing(&self) -> &'static str {
        match self.inner.get_database_backend() {
            DbBackend::Postgres => " FOR SHARE",
            _ => "",
        }
    }
}
