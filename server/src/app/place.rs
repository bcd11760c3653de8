//! The data directory: made, locked, with the database and the key in it.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use secrecy::ExposeSecret as _;

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

/// Opens the database of the settings, with the key that seals its secrets.
pub(crate) async fn open_store(config: &Config) -> Result<Store, StartError> {
    let key_file = config.key_file.clone().unwrap_or_else(|| config.data_dir.join("key").join("master.key"));
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    let sealer = Sealer::load(credentials.as_deref().map(Path::new), &key_file)?;
    let own = format!("sqlite:{}", config.data_dir.join("carbonio-migrate.db").display());
    let url = config.database.as_ref().map_or(own.as_str(), |url| url.expose_secret());
    Ok(Store::open(url, sealer).await?)
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
