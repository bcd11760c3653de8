//! How much of a system the migration may use: connections, bandwidth, messages a second, hours of the day.

mod hours;
mod rate;
mod view;
mod zone;

use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

pub use hours::{AllowedHours, Day, TimeOfDay, WordError, read_hours, write_hours};
pub use rate::{read_rate, write_rate};
pub use view::{BreakerView, GateView, HoldView, LoginKey, ReducedView, ResetForm};
pub use zone::Zone;

/// Connections to one system where nobody chose another number.
const CONNECTIONS: NonZeroU16 = NonZeroU16::new(32).expect("not zero");
/// Connections of one mailbox where nobody chose another number.
const CONNECTIONS_PER_MAILBOX: NonZeroU16 = NonZeroU16::new(4).expect("not zero");

/// How much of one system the passes of this process may use, all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections to the system at most.
    #[cfg_attr(feature = "openapi", schema(value_type = u16, minimum = 1))]
    pub connections: NonZeroU16,
    /// Connections on behalf of one mailbox at most.
    #[cfg_attr(feature = "openapi", schema(value_type = u16, minimum = 1))]
    pub connections_per_mailbox: NonZeroU16,
    /// Bytes of messages a second at most; none: as fast as it goes.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1))]
    pub bytes_per_second: Option<NonZeroU64>,
    /// Messages a second at most; none: as fast as it goes.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>, minimum = 1))]
    pub messages_per_second: Option<NonZeroU32>,
    /// When the system may be used; empty: always.
    pub hours: Vec<AllowedHours>,
    /// Whose clock the hours are read on.
    pub zone: Zone,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            connections_per_mailbox: CONNECTIONS_PER_MAILBOX,
            bytes_per_second: None,
            messages_per_second: None,
            hours: Vec::new(),
            zone: Zone::Utc,
        }
    }
}

impl Limits {
    /// No limit at all: for throw-away servers and measurements.
    pub fn unlimited() -> Self {
        Self { connections: NonZeroU16::MAX, connections_per_mailbox: NonZeroU16::MAX, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_from_before_there_were_limits_get_sane_ones() {
        let limits: Limits = serde_json::from_str("{}").expect("every field has a default");
        assert_eq!(limits, Limits::default());
        assert!(limits.hours.is_empty() && limits.bytes_per_second.is_none());
    }

    #[test]
    fn limits_survive_the_wire_and_a_limit_of_nothing_is_refused() {
        let limits = Limits {
            bytes_per_second: NonZeroU64::new(10_000_000),
            hours: read_hours("Mon-Fri 20:00-06:00, Sat-Sun").expect("hours"),
            zone: "Europe/Rome".parse().expect("a zone"),
            ..Limits::default()
        };
        let text = serde_json::to_string(&limits).expect("serialises");
        assert!(
            text.contains(r#"{"days":["mon","tue","wed","thu","fri"],"from":"20:00","to":"06:00"}"#),
            "{text}"
        );
        assert!(text.contains(r#""zone":"Europe/Rome""#), "{text}");
        assert_eq!(serde_json::from_str::<Limits>(&text).expect("parses"), limits);
        assert!(serde_json::from_str::<Limits>(r#"{"connections": 0}"#).is_err());
    }
}
