//! What goes out: commands with their tags, gathered and sent together.

use std::io;

use tokio::{
    io::AsyncWriteExt,
    time::{Instant, error::Elapsed, timeout},
};

use super::{Connection, PATIENCE, Tag};
use crate::error::ConnectorError;

/// Written at once rather than copied behind the command before it.
const LARGE_WRITE: usize = 128 * 1024;

impl Connection {
    /// Puts a command behind those waiting to be sent. Without its final CRLF: a literal follows.
    pub(crate) fn begin(&mut self, command: &[u8]) -> Tag {
        self.commands += 1;
        let tag = Tag(format!("m{}", self.commands));
        self.output.extend_from_slice(tag.0.as_bytes());
        self.output.extend_from_slice(b" ");
        self.output.extend_from_slice(command);
        tag
    }

    /// Puts a whole command behind those waiting to be sent.
    pub(crate) fn queue(&mut self, command: &[u8]) -> Tag {
        let tag = self.begin(command);
        self.output.extend_from_slice(b"\r\n");
        tag
    }

    /// Puts bytes behind what waits to be sent; large ones go out at once.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), ConnectorError> {
        if bytes.len() < LARGE_WRITE {
            self.output.extend_from_slice(bytes);
            return if self.output.len() < LARGE_WRITE { Ok(()) } else { self.flush().await };
        }
        self.flush().await?;
        self.send(bytes).await
    }

    /// Sends everything that waits.
    pub(crate) async fn flush(&mut self) -> Result<(), ConnectorError> {
        let output = self.output.split();
        self.send(&output).await?;
        let flushed = timeout(PATIENCE, self.hold.guard(&mut self.channel).flush()).await;
        self.sent(flushed)
    }

    /// Sends bytes. The line must take some of them in time, however long all of them take.
    async fn send(&mut self, mut bytes: &[u8]) -> Result<(), ConnectorError> {
        while !bytes.is_empty() {
            let began = Instant::now();
            let written = timeout(PATIENCE, self.hold.guard(&mut self.channel).write(bytes)).await;
            let count = self.sent(written)?;
            if count == 0 {
                return Err(self.lost(&io::ErrorKind::WriteZero.into()));
            }
            self.seen.moved(count, began.elapsed());
            bytes = &bytes[count..];
        }
        Ok(())
    }

    fn sent<T>(&self, written: Result<io::Result<T>, Elapsed>) -> Result<T, ConnectorError> {
        match written {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(_) => Err(self.silent(PATIENCE)),
        }
    }
}
