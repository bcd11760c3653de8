//! Random reference tokens: the bearer holds the token, the database only its SHA-256.

use sha2::{Digest as _, Sha256};
use shared::token::TOKEN_PREFIX;

/// How many random bytes a token has.
const BYTES: usize = 32;

/// What is kept of a token: its SHA-256.
pub(crate) type TokenHash = [u8; 32];

/// A fresh token. Shown once, to its bearer; its `Debug` shows nothing.
pub(crate) struct Token(String);

impl Token {
    /// Takes 256 bits from the operating system.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// One for programs: it can be told from other secrets by its beginning.
    pub(crate) fn for_programs() -> Result<Self, getrandom::Error> {
        Self::generate().map(|Self(random)| Self(format!("{TOKEN_PREFIX}{random}")))
    }

    /// The token itself, for its bearer alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> TokenHash {
        hash(&self.0)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// The SHA-256 of a presented token. Looking it up in an index leaks no timing of the token: nobody can choose an input
/// whose hash begins with wanted bytes and go on from there.
pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::{Token, hash};

    #[test]
    fn tokens_differ_and_only_their_hash_is_kept() {
        let (one, two) = (Token::generate().expect("random"), Token::generate().expect("random"));
        assert_ne!(one.expose(), two.expose());
        assert_eq!(one.expose().len(), 64);
        assert_eq!(one.hash(), hash(one.expose()));
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
