//! When a project will be done, as far as its pace so far tells.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// When a project will be done, as a range; and what that is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forecast {
    /// When it was made.
    pub made: Timestamp,
    /// The earliest and the latest moment; none while it is too early to say, or nothing is left.
    pub done: Option<(Timestamp, Timestamp)>,
    /// Why there is none, in a sentence.
    pub why_not: Option<String>,
    /// Messages that are settled.
    pub items_done: u64,
    /// Messages in all; what was not looked at yet is taken to be like what was.
    pub items: u64,
    /// Their bytes that are settled.
    pub bytes_done: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Mailboxes that were not looked at yet.
    pub unseen: u64,
    /// The pace of the last hours, oldest first.
    pub paces: Vec<PaceRow>,
}

/// What was moved in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaceRow {
    /// When it began.
    pub from: Timestamp,
    /// Messages.
    pub items: u64,
    /// Bytes.
    pub bytes: u64,
}
