//! Opens a database: connects, refuses what it must not touch, brings the schema up to date.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        ConnectOptions as _, Connection, Error as SqlxError,
        postgres::PgConnectOptions,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::{sync::Mutex, time::timeout};

use super::{
    StoreError, backup,
    db::{Db, WRITER_PATIENCE},
    sql::{Sql, driver_words, words_of},
    times::LeaseTimes,
};

/// Where the database is.
#[derive(Clone)]
pub(super) enum Location {
    /// A file of our own.
    Sqlite(PathBuf),
    /// A server. The options hold the password.
    Postgres(Box<PgConnectOptions>),
}

impl Location {
    /// Reads a database URL. The sentence of an error never repeats it: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(StoreError::Open(
                    "The database URL names no file. Write sqlite: and a path, such as \
                     sqlite:/var/lib/carbonio-migrate/store.db."
                        .into(),
                ));
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return url.parse().map(|options| Self::Postgres(Box::new(options))).map_err(|_| {
                StoreError::Open(
                    "The database URL cannot be read. Write postgres://user:password@host:5432/database, with special \
                     characters percent-encoded."
                        .into(),
                )
            });
        }
        Err(StoreError::Open(
            "The database URL begins with neither sqlite: nor postgres://. Write one of them.".into(),
        ))
    }

    /// Its name for people, without a password.
    fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(options) => {
                let name = options.get_database().unwrap_or_else(|| options.get_username());
                format!("{name} on {}:{}", options.get_host(), options.get_port())
            }
        }
    }

    /// Connects and brings the schema up to date; a newer version's database is refused untouched.
    pub(super) async fn open(&self, times: LeaseTimes, alone: bool) -> Result<Db, StoreError> {
        let db = match self {
            Self::Sqlite(path) => self.sqlite(path, alone).await?,
            Self::Postgres(server) => {
                let server = session_options(server, times);
                self.knock(&server).await?;
                let pool = self.connect(postgres_options(server)).await?;
                Db { read: pool.clone(), write: pool.clone(), durable: pool, turn: None }
            }
        };
        self.migrate(&db).await?;
        Ok(db)
    }

    /// One connection to a file that is there, as it is.
    pub(super) async fn plain(path: &Path) -> Result<DatabaseConnection, DbErr> {
        Database::connect(sqlite_options(path, SqliteSynchronous::Full, Use::Write)).await
    }

    async fn sqlite(&self, path: &Path, alone: bool) -> Result<Db, StoreError> {
        let unclean = alone && has_log(path);
        make_private_file(path).map_err(|error| {
            self.refused(
                &error.to_string(),
                "Check that the directory exists and that this user can write in it",
            )
        })?;
        // The writer first: it turns the write-ahead log on, which the readers then find.
        let write = self.connect(sqlite_options(path, SqliteSynchronous::Normal, Use::Write)).await?;
        if unclean {
            tracing::info!("the last stop was not a clean one: looking whether the database is whole");
            let damage = backup::damage(&write).await.map_err(|error| self.broken(&words_of(&error)))?;
            if let Some(damage) = damage {
                return Err(self.refused(&format!("it is damaged ({damage})"), RESTORE));
            }
        }
        // With FULL each commit waits until the log is on the disk, and with it every commit before.
        let durable = self.connect(sqlite_options(path, SqliteSynchronous::Full, Use::Write));
        let read = self.connect(sqlite_options(path, SqliteSynchronous::Normal, Use::Read));
        let (durable, read) = tokio::try_join!(durable, read)?;
        Ok(Db { write, durable, read, turn: Some(Mutex::new(())) })
    }

    async fn connect(&self, options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
        Database::connect(options).await.map_err(|error| self.broken(&words_of(&error)))
    }

    /// Tries one connection: the pool would go on trying in silence, and then not say why it gave up.
    async fn knock(&self, server: &PgConnectOptions) -> Result<(), StoreError> {
        let knock = async { server.clone().connect().await?.close().await };
        match timeout(PATIENCE, knock).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.refused(&driver_words(&error), advice(&error))),
            Err(_) => Err(self.refused("the server did not answer in time", NOT_THERE)),
        }
    }

    async fn migrate(&self, db: &Db) -> Result<(), StoreError> {
        let tx = match db.begin("Opening the database").await {
            Ok(tx) => tx,
            Err(StoreError::Database { detail, .. }) => return Err(self.broken(&detail)),
            Err(other) => return Err(other),
        };
        if db.is_shared() {
            // Two nodes that start together: the second waits for the first and finds nothing left to do.
            tx.cell::<String>("SELECT pg_advisory_xact_lock(7246951)::text", []).await?;
        }
        let unknown = migrations::unknown(&tx.inner).await.map_err(|error| self.broken(&words_of(&error)))?;
        if let Some(newest) = unknown.last() {
            return Err(StoreError::Open(format!(
                "Opening the database {} failed: a newer version of carbonio-migrate wrote it (it has {newest}, which \
                 this version does not know). Nothing was changed. Install that version, or use another database.",
                self.shown()
            )));
        }
        migrations::apply(&tx.inner).await.map_err(|error| self.refused(&words_of(&error), ROOM))?;
        tx.commit().await
    }

    /// What cannot be read is another file than ours, or ours and damaged.
    fn broken(&self, what: &str) -> StoreError {
        self.refused(what, if what.contains("malformed") { RESTORE } else { NOT_OURS })
    }

    fn refused(&self, what: &str, advice: &str) -> StoreError {
        StoreError::Open(format!("Opening the database {} failed: {what}. {advice}.", self.shown()))
    }
}

/// How long a server has to answer.
const PATIENCE: Duration = Duration::from_secs(15);

const NOT_THERE: &str = "Check host and port and that PostgreSQL runs there and lets this machine in";
const NOT_OURS: &str = "Check that it is a database of carbonio-migrate and nothing else";
const RESTORE: &str = "Put it aside together with the files that begin with its name, put the newest copy made by \
    `carbonio-migrate backup` in its place, and start again: what was moved since then is found on the target and not \
    sent twice. Check the disk, too";
const ROOM: &str = "Check that the disk has room and the database can be written";

enum Use {
    Read,
    Write,
}

fn sqlite_options(path: &Path, synchronous: SqliteSynchronous, usage: Use) -> ConnectOptions {
    let mut options = base_options("sqlite:");
    let (connections, query_only) = match usage {
        Use::Read => (4, "on"),
        Use::Write => (1, "off"),
    };
    options.max_connections(connections).min_connections(1).test_before_acquire(false);
    // A connection is a handle on a file: it does not age, and opening it anew gains nothing.
    options.idle_timeout(None).max_lifetime(None);
    let path = path.to_owned();
    options.map_sqlx_sqlite_opts(move |base| {
        base.filename(&path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            // Another process may hold the writer's place.
            .busy_timeout(WRITER_PATIENCE)
            // Rows come from another thread: handing them over one by one costs more than reading them.
            .row_buffer_size(8192)
            .pragma("cache_size", "-4000")
            // What a statement would undo is a few pages: a file for it is made and removed with each.
            .pragma("temp_store", "memory")
            .pragma("query_only", query_only)
            // What is deleted is overwritten: passwords that were forgotten are not read from the file either.
            .pragma("secure_delete", "on")
    });
    options
}

/// How every session is opened. A process that stands still in the middle of a transaction must not keep others from its
/// rows for longer than it keeps its mailboxes.
fn session_options(server: &PgConnectOptions, times: LeaseTimes) -> PgConnectOptions {
    let patience = times.deadline().as_millis().to_string();
    let server = server.clone().application_name("carbonio-migrate").disable_statement_logging();
    server.options([("idle_in_transaction_session_timeout", patience.as_str())])
}

fn postgres_options(server: PgConnectOptions) -> ConnectOptions {
    let mut options = base_options("postgres://localhost");
    options.max_connections(16).min_connections(1).acquire_timeout(Duration::from_secs(30));
    // The driver's own way would keep the URL, with the password, in a value that is printed at trace level.
    options.map_sqlx_postgres_opts(move |_| server.clone());
    options
}

fn base_options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Otherwise every statement is logged at INFO.
    options.sqlx_logging(false).record_stmt_in_spans(false);
    options
}

/// Whether a log lies beside the file: a clean end folds it into the file.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|metadata| metadata.len() > 0)
}

/// Makes the file when it is not there, for this user's eyes only: the database holds addresses and hashes.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map(drop)
}

/// What to do about a connection that could not be made.
fn advice(error: &SqlxError) -> &'static str {
    match error {
        SqlxError::Io(_) => NOT_THERE,
        SqlxError::Tls(_) => "Check the server's certificate and the sslmode of the URL",
        SqlxError::Database(error) => match error.code().as_deref() {
            Some("28000" | "28P01") => "Check user and password in the database URL",
            Some("3D000") => "Create the database first, or correct its name in the database URL",
            Some("53300") => "Allow PostgreSQL more connections",
            _ => NOT_OURS,
        },
        _ => NOT_OURS,
    }
}
