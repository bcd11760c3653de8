//! What the panel shows of a system's limits: what they are now, and why they are lower than configured.

use serde::{Deserialize, Serialize};

use crate::{check::Side, time::Timestamp};

/// One system's limits as they are now, for all passes of this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GateView {
    /// Which side of the project it is.
    pub side: Side,
    /// The system's host.
    pub host: String,
    /// Connections allowed by the settings.
    pub configured: u16,
    /// Connections allowed now.
    pub present: u16,
    /// Connections in use.
    pub in_use: u16,
    /// Mailboxes that wait for a connection.
    pub waiting: u32,
    /// Bytes of messages a second, over the last seconds.
    pub bytes_per_second: u64,
    /// Messages a second, over the last seconds.
    pub messages_per_second: u64,
    /// Why fewer connections are allowed than configured.
    pub reduced: Option<ReducedView>,
    /// Nothing new is begun: why, and until when.
    pub held: Option<HoldView>,
    /// Logins that are not tried any more.
    pub breakers: Vec<BreakerView>,
}

/// Why fewer connections are allowed than configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReducedView {
    /// What the server said.
    pub why: String,
    /// When all of them are allowed again if the server does not complain once more.
    pub until: Timestamp,
}

/// Nothing new is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldView {
    /// Why, as the end of a sentence: "the server asked to wait 179 s", "outside the allowed hours".
    pub why: String,
    /// Until when; none: nobody can say.
    pub until: Option<Timestamp>,
}

/// Whose login is not tried any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "who", content = "name", rename_all = "lowercase")]
pub enum LoginKey {
    /// The admin that logs in for every mailbox.
    Admin(String),
    /// One mailbox.
    Mailbox(String),
}

impl LoginKey {
    /// The login name.
    pub fn name(&self) -> &str {
        match self {
            Self::Admin(name) | Self::Mailbox(name) => name,
        }
    }
}

/// A request to let a login be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResetForm {
    /// On which side of the project.
    pub side: Side,
    /// Whose.
    pub login: LoginKey,
}

/// A login that is not tried any more, because it was refused twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BreakerView {
    /// Whose.
    pub login: LoginKey,
    /// Since when.
    pub since: Timestamp,
    /// The server's words.
    pub words: String,
}
