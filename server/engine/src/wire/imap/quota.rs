//! How much room a mailbox has (RFC 2087).

use super::{connection::Connection, response::Value};
use crate::error::ConnectorError;

/// Room of a mailbox, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub used: u64,
    pub limit: u64,
}

impl Room {
    /// Bytes that still fit.
    pub(crate) const fn free(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// Asks for the room of INBOX's quota roots; none when the server keeps no quota for it.
pub(crate) async fn room(connection: &mut Connection) -> Result<Option<Room>, ConnectorError> {
    if !connection.capabilities.has("QUOTA") {
        return Ok(None);
    }
    let mut room: Option<Room> = None;
    let keep = |data: super::connection::Data| {
        if data.name != "QUOTA" {
            return;
        }
        let resources = data.values.get(1).and_then(Value::list).unwrap_or_default();
        for triple in resources.chunks_exact(3) {
            let [name, used, limit] = triple else { continue };
            let is_storage = name.bytes().is_some_and(|name| name.eq_ignore_ascii_case(b"STORAGE"));
            if let (true, Some(used), Some(limit)) = (is_storage, used.number(), limit.number()) {
                // Units of 1,024 octets (RFC 2087, section 3). The tightest root counts.
                let found = Room { used: used.saturating_mul(1024), limit: limit.saturating_mul(1024) };
                room = Some(room.filter(|known| known.free() <= found.free()).unwrap_or(found));
            }
        }
    };
    connection.run(b"GETQUOTAROOT INBOX", keep).await?;
    Ok(room)
}
