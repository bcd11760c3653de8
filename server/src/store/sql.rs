//! Statements with bound values: written once with `?`, run on both databases.

use futures_util::StreamExt as _;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, FromQueryResult, SqlErr, Statement, StreamTrait as _, TryGetable,
    Value,
};

use super::{
    StoreError,
    db::{Db, Tx},
};

/// Something that answers queries: the readers, or a transaction that writes.
pub(super) trait Sql {
    /// Where the queries run.
    type Connection: ConnectionTrait;

    /// Where the queries run, and what is being done, as the beginning of a sentence.
    fn parts(&self) -> (&Self::Connection, &'static str);

    /// Every row of a query.
    async fn all<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<T>, StoreError> {
        let (connection, doing) = self.parts();
        let rows =
            connection.query_all_raw(statement(connection, sql, values)).await.map_err(failed(doing))?;
        rows.iter().map(|row| T::from_query_result(row, "").map_err(failed(doing))).collect()
    }

    /// The first row of a query.
    async fn one<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<T>, StoreError> {
        let (connection, doing) = self.parts();
        let row =
            connection.query_one_raw(statement(connection, sql, values)).await.map_err(failed(doing))?;
        row.map(|row| T::from_query_result(&row, "").map_err(failed(doing))).transpose()
    }

    /// The first column of the first row of a query, or of a statement that returns one.
    async fn cell<T: TryGetable>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<T>, StoreError> {
        let (connection, doing) = self.parts();
        let row =
            connection.query_one_raw(statement(connection, sql, values)).await.map_err(failed(doing))?;
        row.map(|row| row.try_get_by_index(0).map_err(failed(doing))).transpose()
    }
}

/// Readers with what they are reading for.
pub(super) struct Reading<'a> {
    db: &'a Db,
    doing: &'static str,
}

impl Db {
    /// Reads outside any transaction; `doing` is the beginning of a sentence: "Reading the jobs".
    pub(super) fn reading(&self, doing: &'static str) -> Reading<'_> {
        Reading { db: self, doing }
    }
}

impl Reading<'_> {
    /// Every row of a query, made of it as it comes: a driver's rows take many times the memory of what they hold.
    pub(super) async fn each<T: FromQueryResult, R>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
        mut make: impl FnMut(T) -> Result<R, StoreError>,
    ) -> Result<Vec<R>, StoreError> {
        let (connection, doing) = self.parts();
        let rows = connection.stream_raw(statement(connection, sql, values)).await;
        let mut rows = rows.map_err(failed(doing))?;
        let mut made = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed(doing))?;
            made.push(make(T::from_query_result(&row, "").map_err(failed(doing))?)?);
        }
        Ok(made)
    }
}

impl Sql for Reading<'_> {
    type Connection = sea_orm::DatabaseConnection;

    fn parts(&self) -> (&Self::Connection, &'static str) {
        (&self.db.read, self.doing)
    }
}

impl Sql for Tx<'_> {
    type Connection = sea_orm::DatabaseTransaction;

    fn parts(&self) -> (&Self::Connection, &'static str) {
        (&self.inner, self.doing)
    }
}

impl Tx<'_> {
    /// Runs a statement and tells how many rows it changed.
    pub(super) async fn run(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, StoreError> {
        let done = self.inner.execute_raw(statement(&self.inner, sql, values)).await;
        done.map(|done| done.rows_affected()).map_err(failed(self.doing))
    }

    /// Runs a statement that may clash with a row that must be unique.
    pub(super) async fn try_run(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Result<u64, Clash>, StoreError> {
        let done = self.inner.execute_raw(statement(&self.inner, sql, values)).await;
        unique(done.map(|done| done.rows_affected()), self.doing)
    }

    /// Inserts many rows with few statements: `{head} VALUES (…), (…) {tail}`.
    pub(super) async fn insert_many<T, const COLUMNS: usize>(
        &self,
        head: &str,
        mut rows: &[T],
        tail: &str,
        values: impl Fn(&T) -> Result<[Value; COLUMNS], StoreError>,
    ) -> Result<(), StoreError> {
        let row = format!("({})", marks(COLUMNS));
        for size in BATCHES {
            if rows.len() < size {
                continue;
            }
            let sql = format!("{head} VALUES {} {tail}", vec![row.as_str(); size].join(", "));
            while let Some((batch, rest)) = rows.split_at_checked(size) {
                let mut bound = Vec::with_capacity(size * COLUMNS);
                for row in batch {
                    bound.extend(values(row)?);
                }
                self.run(&sql, bound).await?;
                rows = rest;
            }
        }
        Ok(())
    }

    /// Inserts a row that may clash with one that must be unique, and tells its id. `sql` ends before `RETURNING`.
    pub(super) async fn insert(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Result<i64, Clash>, StoreError> {
        let sql = format!("{sql} RETURNING id");
        let row = self.inner.query_one_raw(statement(&self.inner, &sql, values)).await;
        match unique(row, self.doing)? {
            Ok(Some(row)) => row.try_get_by_index(0).map(Ok).map_err(failed(self.doing)),
            Ok(None) => Err(failed(self.doing)(DbErr::RecordNotInserted)),
            Err(clash) => Ok(Err(clash)),
        }
    }
}

/// Rows that one statement inserts: few sizes, so that each statement is prepared once and used again, and the largest
/// far below the limit of bound values (32,766 on SQLite, 65,535 on PostgreSQL).
const BATCHES: [usize; 5] = [256, 64, 16, 4, 1];

/// A row that must be unique exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clash;

fn unique<T>(done: Result<T, DbErr>, doing: &'static str) -> Result<Result<T, Clash>, StoreError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error) => match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Ok(Err(Clash)),
            _ => Err(failed(doing)(error)),
        },
    }
}

/// A statement with its values; `?` becomes what the database calls it.
fn statement(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    let backend = connection.get_database_backend();
    match backend {
        DbBackend::Postgres => Statement::from_sql_and_values(backend, numbered(sql), values),
        _ => Statement::from_sql_and_values(backend, sql, values),
    }
}

/// `a = ? AND b = ?` as PostgreSQL writes it: `a = $1 AND b = $2`. Our statements have no `?` inside quotes.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        numbered.push_str(&format!("${}", index + 1));
        numbered.push_str(part);
    }
    numbered
}

/// `?, ?, ?`
pub(super) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// Makes a sentence of a database's error. The words are the database's own and hold no bound value.
pub(super) fn failed(doing: &'static str) -> impl Fn(DbErr) -> StoreError {
    move |error| match (is_disk_full(&error), words_of(&error)) {
        (true, detail) => StoreError::DiskFull { doing, detail },
        (false, detail) => StoreError::Database { doing, detail },
    }
}

/// Whether there is no room left: SQLITE_FULL, or PostgreSQL's SQLSTATE 53100.
fn is_disk_full(error: &DbErr) -> bool {
    use sea_orm::RuntimeErr::SqlxError;
    let (DbErr::Conn(SqlxError(error)) | DbErr::Exec(SqlxError(error)) | DbErr::Query(SqlxError(error))) =
        error
    else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "13" || code == "53100")
}

/// The innermost words of a database's error.
pub(super) fn words_of(error: &DbErr) -> String {
    use sea_orm::RuntimeErr::SqlxError;
    match error {
        DbErr::Conn(SqlxError(error)) | DbErr::Exec(SqlxError(error)) | DbErr::Query(SqlxError(error)) => {
            driver_words(error)
        }
        other => other.to_string(),
    }
}

/// The same of an error that came straight from the driver.
pub(super) fn driver_words(error: &sea_orm::SqlxError) -> String {
    let words = match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    };
    words.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{marks, numbered};

    #[test]
    fn question_marks_are_numbered_for_postgresql() {
        assert_eq!(numbered("a = ? AND b IN (?, ?)"), "a = $1 AND b IN ($2, $3)");
        assert_eq!(numbered("SELECT 1"), "SELECT 1");
        assert_eq!(marks(3), "?, ?, ?");
    }
}
