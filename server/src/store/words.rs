//! Between values and columns: the database says the same words as the API.

use std::time::SystemTime;

use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer, value::Error as WordError},
};
use shared::time::Timestamp;

use super::StoreError;

/// The word of a unit variant, as it stands on the wire.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) | Err(_) => Err(StoreError::Corrupt { what: "word", detail: "it is no single word".into() }),
    }
}

/// The variant of a word.
pub(super) fn from_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, StoreError> {
    T::deserialize(IntoDeserializer::<WordError>::into_deserializer(word))
        .map_err(|_| StoreError::Corrupt { what, detail: "a word this version does not know".into() })
}

/// A value as JSON text.
pub(super) fn json<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt { what, detail: error.to_string() })
}

/// A value from JSON text.
pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    // Where it stopped, without the text itself.
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
        what,
        detail: format!("line {}, column {}", error.line(), error.column()),
    })
}

/// Now.
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// A number for a column. What does not fit is cut: no mailbox is that large.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from a column. None of ours is negative.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Text for a column: PostgreSQL cannot keep NUL.
pub(super) fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
