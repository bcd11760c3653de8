//! The bytes under a connection: they may end in the middle of anything, of a TLS record too.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{Shared, lock};

/// What was sent over all lines of a server, and when one of them breaks.
#[derive(Debug, Default)]
pub(super) struct Wear {
    pub sent: usize,
    /// The line that sends more breaks; then counting begins anew for the next.
    pub breaks_at: VecDeque<usize>,
}

/// The bytes under a connection.
pub(super) struct Line {
    stream: TcpStream,
    shared: Shared,
}

impl Line {
    pub(super) fn new(stream: TcpStream, shared: &Shared) -> Self {
        Self { stream, shared: Arc::clone(shared) }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut allowed = bytes.len();
        {
            let wear = &mut lock(&self.shared).wear;
            if let Some(at) = wear.breaks_at.front() {
                allowed = allowed.min(at.saturating_sub(wear.sent));
                if allowed == 0 && !bytes.is_empty() {
                    wear.breaks_at.pop_front();
                    wear.sent = 0;
                    return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                }
            }
        }
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..allowed]);
        if let Poll::Ready(Ok(count)) = written {
            lock(&self.shared).wear.sent += count;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
