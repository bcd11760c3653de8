//! What comes in: whole answers, each within its budget.

use std::{io, time::Duration};

use bytes::{Buf as _, Bytes, BytesMut};
use shared::cause::Cause;
use tokio::{
    io::AsyncReadExt,
    time::{Instant, timeout},
};

use super::{Connection, PATIENCE};
use crate::{
    error::ConnectorError,
    wire::imap::response::{self, Response},
};

/// Longest line a server may send.
const MAX_LINE: usize = 1024 * 1024;
/// Largest literal a server may announce where no message was asked for.
pub(super) const SMALL_LITERAL: u64 = 1024 * 1024;
/// Largest literal that may go by unread: a message no server would keep.
const MOST_PASSED_OVER: u64 = 4 * 1024 * 1024 * 1024;
/// Leaves nothing of its memory behind when it was read.
const LARGE_READ: usize = 128 * 1024;

impl Connection {
    /// Allows literals up to so many bytes in the answers that follow.
    pub(crate) const fn allow_literals(&mut self, bytes: u64) {
        self.literal_cap = if bytes > SMALL_LITERAL { bytes } else { SMALL_LITERAL };
    }

    /// Says whether literals that are larger than allowed may go by, one in an answer; otherwise they end the session.
    pub(crate) const fn let_pass(&mut self, may: bool) {
        self.passes_over = may;
    }

    /// Whether a literal of the last answer was let go by because it is larger than its message was listed.
    pub(crate) const fn has_passed_over(&self) -> bool {
        self.has_passed_over
    }

    /// The next response, whole.
    pub(super) async fn response(&mut self) -> Result<Response, ConnectorError> {
        let bytes = self.next(PATIENCE).await?;
        let response = response::parse(&bytes).ok_or_else(|| {
            self.doubt_compression(true);
            self.broken("an answer that is not IMAP")
        })?;
        self.proven = true;
        Ok(response)
    }

    /// The server's first response, which must come soon.
    pub(in crate::wire::imap) async fn first_response(
        &mut self,
        patience: Duration,
    ) -> Result<Response, ConnectorError> {
        let asked = Instant::now();
        let next = self.next(patience).await;
        self.seen.answered(asked.elapsed());
        let bytes = match next {
            Err(error) if error.cause == Cause::Protocol => return Err(self.not_imap(error.detail)),
            other => other?,
        };
        response::parse(&bytes).ok_or_else(|| self.not_imap("its first words are no IMAP greeting".into()))
    }

    async fn next(&mut self, patience: Duration) -> Result<Bytes, ConnectorError> {
        // Of the answer at hand what is known stays known, should reading it be interrupted.
        if self.line == 0 {
            self.has_passed_over = false;
        }
        loop {
            if self.to_pass_over == 0
                && let Some(end) = self.complete()?
            {
                (self.scanned, self.line) = (0, 0);
                let response = self.input.split_to(end).freeze();
                if end >= LARGE_READ {
                    // What is left would keep all of it in memory, long after it was handed on.
                    self.input = BytesMut::from(&self.input[..]);
                }
                return Ok(response);
            }
            if self.input.capacity() - self.input.len() < 16 * 1024 {
                self.input.reserve(64 * 1024);
            }
            // Whatever has begun to come is on its way.
            let began = (!self.input.is_empty()).then(Instant::now);
            match timeout(patience, self.channel.read_buf(&mut self.input)).await {
                Ok(Ok(0)) => return Err(self.lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(Ok(count)) => {
                    if let Some(began) = began {
                        self.seen.moved(count, began.elapsed());
                    }
                    self.drop_what_is_passed_over();
                }
                Ok(Err(error)) => return Err(self.lost(&error)),
                Err(_) => return Err(self.silent(patience)),
            }
        }
    }

    /// The length of the response at the head of `input`, when all of it is there.
    fn complete(&mut self) -> Result<Option<usize>, ConnectorError> {
        loop {
            let Some(unseen) = self.input.get(self.scanned..) else { return Ok(None) };
            let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
                self.scanned = self.input.len();
                let overlong = self.scanned.saturating_sub(self.line) > MAX_LINE;
                return if overlong { Err(self.broken("a line of more than one MiB")) } else { Ok(None) };
            };
            let end = self.scanned + end;
            let line = &self.input[self.line..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let words_only = self.line == 0 && response::is_condition(line);
            let Some(length) = response::announced_literal(line).filter(|_| !words_only) else {
                return Ok(Some(end + 1));
            };
            if length > self.literal_cap {
                if self.passes_over && !self.has_passed_over && length <= MOST_PASSED_OVER {
                    self.pass_over(end + 1, length);
                    continue;
                }
                return Err(self.broken(&format!("a literal of {length} bytes, more than is allowed here")));
            }
            let length = usize::try_from(length).map_err(|_| self.broken("a literal too large"))?;
            // Many of them in one answer are no more than one.
            let whole = u64::try_from(end.saturating_add(length)).unwrap_or(u64::MAX);
            if whole > self.literal_cap.saturating_add(MAX_LINE as u64) {
                return Err(self.broken(&format!("an answer of {whole} bytes, more than is allowed here")));
            }
            self.line = end + 1 + length;
            self.scanned = self.line;
            self.input.reserve(self.line.saturating_sub(self.input.len()) + 256);
        }
    }

    /// Lets a literal go by that is larger than its message was listed: its announcement, which ends the line at `end`,
    /// becomes that of an empty one, and its bytes are dropped as they come. Whoever asked for it asks in pieces.
    fn pass_over(&mut self, end: usize, length: u64) {
        let mut rest = self.input.split_off(end);
        let announced = self.input.iter().rposition(|byte| *byte == b'{').unwrap_or(end);
        self.input.truncate(announced);
        self.input.extend_from_slice(b"{0}\r\n");
        (self.line, self.scanned) = (self.input.len(), self.input.len());
        (self.to_pass_over, self.has_passed_over) = (length, true);
        self.input.extend_from_slice(&std::mem::take(&mut rest));
        self.drop_what_is_passed_over();
    }

    /// Drops what has come of a literal that is let go by.
    fn drop_what_is_passed_over(&mut self) {
        if self.to_pass_over == 0 {
            return;
        }
        let mut behind = self.input.split_off(self.line);
        let dropped = behind.len().min(usize::try_from(self.to_pass_over).unwrap_or(usize::MAX));
        behind.advance(dropped);
        self.to_pass_over -= u64::try_from(dropped).unwrap_or(u64::MAX);
        self.input.extend_from_slice(&behind);
    }
}
