//! The disk on which a server keeps its own data.

use serde::{Deserialize, Serialize};

/// A disk with too little room: no pass runs on this server until there is more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FullDisk {
    /// What lies on it.
    pub place: String,
    /// Bytes that are free.
    pub free: u64,
    /// Its bytes in all.
    pub size: u64,
    /// Bytes that must be free for passes to go on.
    pub wanted: u64,
}
