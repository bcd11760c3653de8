//! The data directory: made, locked, with the database and the key in it.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::{ExposeSecret as _, zeroize::Zeroizing};
use tokio::time::timeout;

use super::StartError;
use crate::{config::Config, secret::Sealer, store::Store};

/// Nobody but the server's user has business there.
const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// Makes the data directory and sees that it can be written.
pub(crate) fn prepare(dir: &Path) -> Result<(), StartError> {
    DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(dir).map_err(|error| unwritable(dir, &error))
}

/// Takes the data directory for this process alone, until the file is dropped or the process ends.
pub(super) fn lock(dir: &Path) -> Result<File, StartError> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).append(true).mode(PRIVATE_FILE).open(path);
    let file = file.map_err(|error| unwritable(dir, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Locked(dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(unwritable(dir, &error)),
    }
}

/// Opens the database of the settings, with the key that seals its secrets; both are made when they are not there.
/// `alone`: the data directory is locked for this process.
pub(crate) async fn open_store(config: &Config, alone: bool) -> Result<Store, StartError> {
    let sealer = Sealer::load(credentials().as_deref(), &key_file(config))?;
    Ok(Store::open_with(&database_url(config), sealer, config.lease, alone).await?)
}

/// The database of the settings: the one that is named, or a file in the data directory. It may hold a password.
pub(crate) fn database_url(config: &Config) -> Zeroizing<String> {
    let own = || format!("sqlite:{}", config.data_dir.join("carbonio-migrate.db").display());
    config.database.as_ref().map_or_else(own, |url| url.expose_secret().to_owned()).into()
}

/// Opens the database that a server made, with the server's key: one that was made here would open nothing in it.
pub(super) async fn join_store(config: &Config) -> Result<Store, StartError> {
    let sealer = Sealer::find(credentials().as_deref(), &key_file(config))?;
    Ok(Store::open_with(&database_url(config), sealer, config.lease, true).await?)
}

/// How long saying goodbye may take: a database that is out of reach without a word keeps no process from ending.
const GOODBYE: Duration = Duration::from_secs(5);

/// Says goodbye and ends every connection to the database.
pub(super) async fn leave_store(store: &Store) {
    match timeout(GOODBYE, store.say_goodbye()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "this node could not say that it ends; others find out by themselves");
        }
        Err(_) => tracing::warn!("the database did not answer in time; others find out that this node ended"),
    }
    match timeout(GOODBYE, store.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "closing the database failed"),
        Err(_) => tracing::error!("closing the database took too long"),
    }
}

fn key_file(config: &Config) -> PathBuf {
    config.key_file.clone().unwrap_or_else(|| config.data_dir.join("key").join("master.key"))
}

/// Where the service manager puts a key.
fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Writes a file that only this user can read, also where one with other rights stood.
pub(super) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(PRIVATE_FILE).open(path)?;
    file.write_all(text.as_bytes())
}

pub(super) fn unwritable(dir: &Path, error: &std::io::Error) -> StartError {
    StartError::DataDir { dir: dir.display().to_string(), detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{StartError, lock, prepare, write_private};

    #[test]
    fn two_servers_never_share_a_data_directory() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = lock(dir.path()).expect("locked");
        let second = lock(dir.path()).expect_err("refused");
        assert!(matches!(&second, StartError::Locked(_)), "{second}");
        drop(first);
        lock(dir.path()).expect("free again");
    }

    #[test]
    fn the_data_directory_and_the_token_are_private() {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("a/b");
        prepare(&data).expect("made");
        let token = data.join("setup-token");
        std::fs::write(&token, "old").expect("written");
        write_private(&token, "new").expect("written");
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&token)), (0o700, 0o600));
        assert_eq!(std::fs::read_to_string(&token).expect("read"), "new");
    }
}
