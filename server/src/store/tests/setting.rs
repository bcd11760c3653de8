//! A store of its own for each test, on a temporary file or in a throw-away cluster.

use std::{
    num::NonZeroU16,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sea_orm::ConnectionTrait;
use servers::postgres::Postgres;
use tempfile::TempDir;

use crate::{
    secret::Sealer,
    store::{LeaseTimes, Store, StoreError, sql::Sql},
};

/// A store with what is needed to open it once more.
pub(super) struct Setting {
    pub(super) store: Store,
    pub(super) url: String,
    pub(super) dir: TempDir,
}

impl Setting {
    pub(super) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().expect("temp dir");
        let url = format!("sqlite:{}", dir.path().join("store.db").display());
        Self::at(url, dir).await
    }

    pub(super) async fn postgresql() -> Self {
        Self::at(new_database(), tempfile::tempdir().expect("temp dir")).await
    }

    async fn at(url: String, dir: TempDir) -> Self {
        let store = Store::open(&url, sealer(&dir)).await.expect("opens");
        Self { store, url, dir }
    }

    /// Opens the same database once more, as another process would.
    pub(super) async fn again(&self) -> Result<Store, StoreError> {
        Store::open(&self.url, sealer(&self.dir)).await
    }

    /// Another process on the same database, with leases of so many seconds.
    pub(super) async fn with_leases(&self, seconds: NonZeroU16) -> Store {
        let times = LeaseTimes::of_seconds(seconds);
        Store::open_with(&self.url, sealer(&self.dir), times, false).await.expect("opens")
    }

    /// Changes the database behind the store's back.
    pub(super) async fn meddle(&self, sql: &str) {
        self.store.db().write.execute_unprepared(sql).await.expect("runs");
    }

    /// Tries to; tells the database's words when it refuses.
    pub(super) async fn try_meddle(&self, sql: &str) -> Result<(), String> {
        let done = self.store.db().write.execute_unprepared(sql).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    /// Takes away what keeps the audit log append-only.
    pub(super) async fn without_guards(&self) {
        let on = if self.store.db().is_shared() { " ON audit" } else { "" };
        for trigger in ["audit_stays", "audit_is_kept"] {
            self.meddle(&format!("DROP TRIGGER {trigger}{on}")).await;
        }
    }

    /// Looks into the database.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        self.store.db().reading("Testing").cell(sql, []).await.expect("reads").expect("a row")
    }
}

impl Store {
    /// Keeps everybody else from writing for so long: another process on SQLite does that. `taken` is told when it begins.
    pub(crate) async fn keep_others_from_writing(
        &self,
        time: Duration,
        taken: tokio::sync::oneshot::Sender<()>,
    ) {
        let tx = self.db().begin("Testing").await.expect("begins");
        taken.send(()).expect("somebody waits for it");
        tokio::time::sleep(time).await;
        drop(tx);
    }
}

fn sealer(dir: &TempDir) -> Sealer {
    Sealer::load(None, &dir.path().join("key/master.key")).expect("a key")
}

/// The URL of an empty database in this test run's cluster, which ends with the process.
pub(super) fn new_database() -> String {
    static CLUSTER: OnceLock<Postgres> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = CLUSTER.get_or_init(|| Postgres::start().expect("PostgreSQL"));
    let name = format!("store_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    cluster.database(&name).expect("a database")
}
