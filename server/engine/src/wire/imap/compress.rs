//! COMPRESS=DEFLATE (RFC 4978), where it helps: mail takes a half to a third on the wire, which is time on a slow line and
//! only work for both sides on a fast one. Begun after the login at the earliest, so that nothing secret is compressed.

use shared::endpoint::Compress;

use super::{connect::ask_capabilities, connection::Connection};
use crate::error::ConnectorError;

/// Right after the login: where the admin wants it, or where the line was slow a while ago.
pub(super) async fn begin(connection: &mut Connection) -> Result<(), ConnectorError> {
    let wanted = match connection.compress {
        Compress::On => true,
        Compress::Off => false,
        Compress::Auto => connection.gate.as_ref().is_some_and(|gate| gate.line_is_slow()),
    };
    if !wanted {
        return Ok(());
    }
    if connection.capabilities.is_empty() {
        ask_capabilities(connection).await?;
    }
    if is_possible(connection) { start(connection).await } else { Ok(()) }
}

impl Connection {
    /// Whether the line has shown that it is slow, so that [`Self::compress`] helps.
    pub(crate) fn wants_compression(&self) -> bool {
        self.compress == Compress::Auto && self.line_is_slow() && is_possible(self)
    }

    /// Compresses from here on. Nothing must be under way.
    pub(crate) async fn compress(&mut self) -> Result<(), ConnectorError> {
        if let Some(gate) = &self.gate {
            gate.note_slow_line();
        }
        start(self).await
    }
}

fn is_possible(connection: &Connection) -> bool {
    let distrusted = connection.gate.as_ref().is_some_and(|gate| gate.distrusts_compression());
    connection.capabilities.has("COMPRESS=DEFLATE") && !connection.is_compressed() && !distrusted
}

/// A server that refuses is taken at its word: the session goes on as it is.
async fn start(connection: &mut Connection) -> Result<(), ConnectorError> {
    let condition = connection.run(b"COMPRESS DEFLATE", |_| {}).await?;
    if condition.is_ok() {
        connection.deflate();
        tracing::debug!("The session is compressed from here on");
    } else {
        connection.compress = Compress::Off;
        tracing::debug!(words = condition.words, "The server offers compression and refuses it");
    }
    Ok(())
}
