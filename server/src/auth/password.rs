//! Hashing passwords with Argon2id, a few at a time.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::token::Token;

/// Memory of one hash in KiB; with `AT_ONCE` it bounds what a flood of logins can take.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many passwords are hashed at the same time.
const AT_ONCE: usize = 2;

/// A password could not be hashed: a fault inside, never a wrong password.
#[derive(Debug, thiserror::Error)]
#[error("Hashing a password failed: {0}. Check that this machine has 64 MiB of memory to spare.")]
pub(crate) struct HashError(String);

/// Hashes and verifies passwords off the request's thread.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    slots: Arc<Semaphore>,
    /// Verified against when the user is unknown, so that the answer takes the same time.
    dummy: Arc<str>,
}

impl Passwords {
    /// Makes the dummy hash from a random password.
    pub(crate) fn new() -> Result<Self, HashError> {
        let random = Token::generate().map_err(|error| HashError(error.to_string()))?;
        let dummy = hash(random.expose())?.into();
        Ok(Self { slots: Arc::new(Semaphore::new(AT_ONCE)), dummy })
    }

    /// The PHC string of a password, with a fresh salt.
    pub(crate) async fn hash(&self, password: String) -> Result<String, HashError> {
        self.in_slot(move || hash(&password)).await?
    }

    /// Whether the password fits; with no hash (an unknown user) the same work is done and the answer is no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let against = hash.unwrap_or_else(|| self.dummy.to_string());
        let fits = self.in_slot(move || verify(&password, &against)).await??;
        Ok(known && fits)
    }

    async fn in_slot<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let slot =
            Arc::clone(&self.slots).acquire_owned().await.map_err(|error| HashError(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work itself: an abandoned request must not free its slot early.
            let _slot = slot;
            work()
        });
        done.await.map_err(|error| HashError(error.to_string()))
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, HashError> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> Result<bool, HashError> {
    let hash = PasswordHash::new(hash).map_err(|error| HashError(error.to_string()))?;
    Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::Passwords;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new().expect("made");
        let hash = passwords.hash("correct horse 🐎 ".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse 🐎 ".into(), Some(hash.clone())).await.expect("verified"));
        assert!(!passwords.verify("correct horse 🐎".into(), Some(hash)).await.expect("verified"));
        assert!(!passwords.verify("anything at all".into(), None).await.expect("verified"));
    }
}
