//! Seals secrets for the database with a key that is not in the database.

mod chosen;
mod key;

use std::path::Path;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use sha2::Sha256;

use self::key::MasterKey;
pub(crate) use self::{chosen::Secrets, key::SecretError};

/// The form of a sealed record, and the number of the key: the record's first byte.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Where a sealed secret stands. Part of what is authenticated: a secret copied to another place does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Table.
    pub(crate) table: &'static str,
    /// Row.
    pub(crate) row: i64,
    /// Column.
    pub(crate) column: &'static str,
}

impl Place {
    /// What is authenticated with the secret. Names hold no NUL, so that no two places read the same.
    fn authenticated(self) -> Vec<u8> {
        format!("{}\0{}\0{}\0{VERSION}", self.table, self.row, self.column).into_bytes()
    }
}

/// Seals and opens secrets (XChaCha20-Poly1305 under a sub-key of the master key). Its `Debug` shows nothing.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    /// Seals the lines of the audit log.
    chain: Zeroizing<[u8; 32]>,
}

impl Sealer {
    /// Loads the master key: from the service manager's credential directory when it holds one
    /// (`carbonio-migrate-key`; pass `$CREDENTIALS_DIRECTORY`), else from `file`, which is made on first start.
    pub(crate) fn load(credentials: Option<&Path>, file: &Path) -> Result<Self, SecretError> {
        Ok(Self::under(&MasterKey::load(credentials, file)?))
    }

    /// The same for a node that joins others: the key must be there, because only the one that sealed opens anything.
    pub(crate) fn find(credentials: Option<&Path>, file: &Path) -> Result<Self, SecretError> {
        Ok(Self::under(&MasterKey::find(credentials, file)?))
    }

    /// A sealer with a random key that is kept nowhere, for stores that keep no secrets.
    pub(crate) fn ephemeral() -> Result<Self, SecretError> {
        Ok(Self::under(&MasterKey::random()?))
    }

    fn under(master: &MasterKey) -> Self {
        let key = master.sub_key("carbonio-migrate: secrets in the database");
        let chain = master.sub_key("carbonio-migrate: lines of the audit log");
        Self { cipher: XChaCha20Poly1305::new((&*key).into()), chain }
    }

    /// Seals a secret for one place: version, nonce and ciphertext in one record.
    pub(crate) fn seal(&self, place: Place, secret: &SecretString) -> Result<Vec<u8>, SecretError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SecretError::NoRandomness)?;
        let aad = place.authenticated();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &aad };
        let sealed =
            self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SecretError::Unopenable)?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// What proves that these bytes were written by whoever has the key (HMAC-SHA-256, RFC 2104).
    pub(crate) fn chain(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.chain).expect("keys of HMAC may have any length");
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, place: Place, sealed: &[u8]) -> Result<SecretString, SecretError> {
        let Some((&[VERSION], rest)) = sealed.split_first_chunk::<1>() else {
            return Err(SecretError::Unopenable);
        };
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_BYTES>() else {
            return Err(SecretError::Unopenable);
        };
        let aad = place.authenticated();
        let opened = self
            .cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SecretError::Unopenable)?;
        let text = std::str::from_utf8(&opened).map_err(|_| SecretError::Unopenable)?;
        Ok(SecretString::from(text))
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::{ExposeSecret, SecretString};

    use super::{Place, Sealer, SecretError};

    const HERE: Place = Place { table: "job", row: 7, column: "source_secret" };

    #[test]
    fn a_sealed_secret_opens_in_its_place_and_shows_nothing() {
        let sealer = Sealer::ephemeral().expect("random key");
        let secret = SecretString::from("correct horse battery staple ✓");
        let sealed = sealer.seal(HERE, &secret).expect("seals");
        assert_eq!(sealer.open(HERE, &sealed).expect("opens").expose_secret(), secret.expose_secret());
        assert!(!sealed.windows(5).any(|window| window == b"horse"));
        assert_eq!(format!("{sealer:?}"), "Sealer");
        assert_ne!(sealed, sealer.seal(HERE, &secret).expect("seals"), "a nonce is never used twice");
    }

    #[test]
    fn a_secret_in_another_row_column_or_table_does_not_open() {
        let sealer = Sealer::ephemeral().expect("random key");
        let sealed = sealer.seal(HERE, &"secret".into()).expect("seals");
        for elsewhere in [
            Place { row: 8, ..HERE },
            Place { column: "target_secret", ..HERE },
            Place { table: "project", ..HERE },
        ] {
            assert!(matches!(sealer.open(elsewhere, &sealed), Err(SecretError::Unopenable)), "{elsewhere:?}");
        }
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let sealer = Sealer::ephemeral().expect("random key");
        let sealed = sealer.seal(HERE, &"secret".into()).expect("seals");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(HERE, &changed).is_err(), "byte {at} was changed");
            assert!(sealer.open(HERE, &sealed[..at]).is_err(), "cut to {at} bytes");
        }
    }

    #[test]
    fn another_key_opens_nothing() {
        let sealed =
            Sealer::ephemeral().and_then(|sealer| sealer.seal(HERE, &"secret".into())).expect("seals");
        assert!(Sealer::ephemeral().expect("random key").open(HERE, &sealed).is_err());
    }
}
