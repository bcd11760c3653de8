//! A copy of an SQLite database while it is in use, and a look whether a database is whole.

use std::{
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::{StoreError, open::Location, sql::words_of};

/// Copies the database of a URL into a new file, as it is at one moment, and looks whether the copy is whole. Tells its
/// size in bytes. Nothing waits for it: whoever writes meanwhile goes on.
pub(crate) async fn backup(url: &str, to: &Path) -> Result<u64, StoreError> {
    let failed = |what: &str, advice: &str| {
        StoreError::Open(format!("Copying the database to {} failed: {what}. {advice}.", to.display()))
    };
    let Location::Sqlite(from) = Location::parse(url)? else {
        return Err(StoreError::Open(
            "This database is PostgreSQL's, which has a tool of its own. Copy it with pg_dump, and keep the key file apart \
             from the copy."
                .into(),
        ));
    };
    if !from.exists() {
        return Err(failed(
            &format!("there is no {}", from.display()),
            "Name the data directory with --data-dir",
        ));
    }
    // Made here first: the copy holds addresses and hashes, and is for this user's eyes only.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            failed("there is such a file already", "Name a new one, or remove that one")
        }
        _ => failed(&error.to_string(), "Name a file in a directory that exists and can be written"),
    })?;
    let copied = copy(&from, to).await;
    if copied.is_err() {
        // Half a copy must not pass for one.
        let _ = fs::remove_file(to);
    }
    copied.map_err(|what| failed(&what, "Check that the disk has room"))
}

async fn copy(from: &Path, to: &Path) -> Result<u64, String> {
    let database = Location::plain(from).await.map_err(|error| words_of(&error))?;
    let sql = "VACUUM INTO ?";
    let into = Statement::from_sql_and_values(
        database.get_database_backend(),
        sql,
        [to.to_string_lossy().into_owned().into()],
    );
    let done = database.execute_raw(into).await;
    let closed = database.close().await;
    done.and_then(|_| closed.map(drop)).map_err(|error| words_of(&error))?;
    let copy = Location::plain(to).await.map_err(|error| words_of(&error))?;
    let damage = damage(&copy).await.map_err(|error| words_of(&error))?;
    copy.close().await.map_err(|error| words_of(&error))?;
    if let Some(damage) = damage {
        return Err(format!("the copy is not whole ({damage})"));
    }
    // The word that it is done must outlive a power failure.
    let file = File::open(to).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
    file.map(|metadata| metadata.len()).map_err(|error| error.to_string())
}

/// What is wrong with an SQLite database; none: it is whole.
pub(super) async fn damage(database: &DatabaseConnection) -> Result<Option<String>, sea_orm::DbErr> {
    let sql = Statement::from_string(database.get_database_backend(), "PRAGMA quick_check(1)");
    let row = database.query_one_raw(sql).await?;
    let word: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(word.filter(|word| word != "ok"))
}
