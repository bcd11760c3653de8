//! The master key and where it is kept.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use hkdf::Hkdf;
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

/// The name of the key in the service manager's credential directory.
const CREDENTIAL: &str = "carbonio-migrate-key";
const KEY_BYTES: usize = 32;

/// A secret could not be sealed or opened, or there is no key to do it with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The key file cannot be read or made.
    #[error("{doing} the key file {} failed: {source}. Check that its directory belongs to the user the server runs as.", path.display())]
    Io {
        /// "Reading" or "Creating".
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// Others can read the key.
    #[error("The key file {} can be read by other users (mode {mode:04o}). Run `chmod 400` on it; if somebody may have read it, change the stored passwords.", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A node that joins others has no key.
    #[error("There is no key file {}. Copy the server's there (key/master.key in its data directory, or its key_file; mode 400), or name it with key_file: stored passwords open with that key alone.", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("The key file {} does not hold a key (64 hexadecimal digits). Put the right file back, or remove it when no database uses it yet.", path.display())]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("The system gave no random bytes for a key. Check that /dev/urandom can be read.")]
    NoRandomness,
    /// The record is damaged, was moved to another row or was sealed under another key.
    #[error(
        "A stored password cannot be opened: it was sealed under another key or its row was changed. Enter it again."
    )]
    Unopenable,
}

/// 32 bytes that everything sealed depends on.
pub(super) struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// Loads the key from the credential directory when it holds one, else from `file`, which is made if need be.
    pub(super) fn load(credentials: Option<&Path>, file: &Path) -> Result<Self, SecretError> {
        match Self::find(credentials, file) {
            Err(SecretError::Missing { .. }) => Self::create(file),
            other => other,
        }
    }

    /// The same where the key must be there already.
    pub(super) fn find(credentials: Option<&Path>, file: &Path) -> Result<Self, SecretError> {
        // The service manager itself sees to who may read a credential, by means that a mode does not show.
        if let Some(credential) = credentials.map(|directory| directory.join(CREDENTIAL))
            && credential.exists()
        {
            return Self::read(&credential);
        }
        match fs::metadata(file) {
            Ok(metadata) => {
                let mode = metadata.permissions().mode() & 0o7777;
                if mode & 0o077 != 0 {
                    return Err(SecretError::Exposed { path: file.to_owned(), mode });
                }
                Self::read(file)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(SecretError::Missing { path: file.to_owned() })
            }
            Err(source) => Err(SecretError::Io { doing: "Reading", path: file.to_owned(), source }),
        }
    }

    /// A key that is kept nowhere.
    pub(super) fn random() -> Result<Self, SecretError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *key).map_err(|_| SecretError::NoRandomness)?;
        Ok(Self(key))
    }

    /// A key for one purpose (HKDF-SHA-256, RFC 5869): what one purpose leaks is of no use to another.
    pub(super) fn sub_key(&self, purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(None, &*self.0)
            .expand(purpose.as_bytes(), &mut *key)
            .expect("32 bytes are far below the limit of 255 digests");
        key
    }

    fn read(path: &Path) -> Result<Self, SecretError> {
        let text = fs::read(path).map(Zeroizing::new).map_err(|source| SecretError::Io {
            doing: "Reading",
            path: path.to_owned(),
            source,
        })?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        match hex::decode_to_slice(text.trim_ascii(), &mut *key) {
            Ok(()) => Ok(Self(key)),
            Err(_) => Err(SecretError::NoKey { path: path.to_owned() }),
        }
    }

    /// Makes the file in one step, so that a crash leaves either no key or a whole one.
    fn create(path: &Path) -> Result<Self, SecretError> {
        let key = Self::random()?;
        match key.write(path) {
            Ok(()) => Ok(key),
            // Another process of ours was faster: its key is the key.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::read(path),
            Err(source) => Err(SecretError::Io { doing: "Creating", path: path.to_owned(), source }),
        }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let text = Zeroizing::new(hex::encode(*self.0) + "\n");
        let draft = path.with_extension(format!("new-{}", std::process::id()));
        let written = (|| {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.set_permissions(Permissions::from_mode(0o400))?;
            file.sync_all()?;
            // A link, unlike a rename, never replaces a key that is there.
            fs::hard_link(&draft, path)
        })();
        let removed = fs::remove_file(&draft);
        written.and(removed).and_then(|()| File::open(directory)?.sync_all())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
        path::Path,
    };

    use super::{CREDENTIAL, MasterKey, SecretError};

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).expect("writes");
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("sets the mode");
    }

    #[test]
    fn the_first_start_makes_a_key_for_its_owner_alone_and_the_next_finds_it() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = dir.path().join("key/master.key");
        let first = MasterKey::load(None, &file).expect("makes a key");
        assert_eq!(fs::metadata(&file).expect("is there").permissions().mode() & 0o7777, 0o400);
        let second = MasterKey::load(None, &file).expect("finds the key");
        assert!(first.0 == second.0);
        let beside = fs::read_dir(dir.path().join("key")).expect("lists").count();
        assert_eq!(beside, 1, "no draft is left");
    }

    #[test]
    fn a_node_that_joins_others_makes_no_key_of_its_own() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = dir.path().join("key/master.key");
        let refused = MasterKey::find(None, &file).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("Copy the server's there"), "{refused}");
        assert!(!file.exists());
        let made = MasterKey::load(None, &file).expect("makes a key");
        assert!(MasterKey::find(None, &file).expect("finds it").0 == made.0);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = dir.path().join("master.key");
        for mode in [0o440, 0o644, 0o404] {
            write(&file, &"ab".repeat(32), mode);
            let refused =
                MasterKey::load(None, &file).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refused.contains("chmod 400"), "mode {mode:o}: {refused}");
        }
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = dir.path().join("master.key");
        for text in ["", "not a key\n", "abcd"] {
            write(&file, text, 0o600);
            assert!(matches!(MasterKey::load(None, &file), Err(SecretError::NoKey { .. })), "{text:?}");
            assert_eq!(fs::read_to_string(&file).expect("reads"), text);
        }
    }

    #[test]
    fn the_service_managers_credential_comes_first() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = dir.path().join("master.key");
        write(&file, &"ab".repeat(32), 0o400);
        write(&dir.path().join(CREDENTIAL), &"cd".repeat(32), 0o440);
        let from_file = MasterKey::load(None, &file).expect("reads the file");
        let from_credential = MasterKey::load(Some(dir.path()), &file).expect("reads the credential");
        assert_eq!((*from_file.0, *from_credential.0), ([0xab; 32], [0xcd; 32]));
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        let master = MasterKey::random().expect("random key");
        assert_ne!(*master.sub_key("one"), *master.sub_key("two"));
        assert_eq!(*master.sub_key("one"), *master.sub_key("one"));
    }
}
