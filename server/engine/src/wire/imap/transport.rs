//! The byte stream under a session: TCP, or TLS over it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// TCP, or TLS over it.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// A server that says this and nothing more, and hears nothing.
    #[cfg(feature = "fuzzing")]
    Script(bytes::Bytes),
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            #[cfg(feature = "fuzzing")]
            Self::Script(words) => {
                buf.put_slice(&words.split_to(words.len().min(buf.remaining())));
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            #[cfg(feature = "fuzzing")]
            Self::Script(_) => Poll::Ready(Ok(buf.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(feature = "fuzzing")]
            Self::Script(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(feature = "fuzzing")]
            Self::Script(_) => Poll::Ready(Ok(())),
        }
    }
}

/// Most bytes a server may say while it logs us in.
const LOGIN_BUDGET: usize = 64 * 1024;

/// Hands a session to async-imap line by line, so that not one byte after the tagged answer of the login is read ahead
/// into a buffer we could not get back.
pub(super) struct ByLine {
    inner: Option<(Transport, BytesMut)>,
    budget: usize,
    /// What waits to be sent.
    output: BytesMut,
    /// The line that was handed over last, or its beginning.
    line: Vec<u8>,
}

impl ByLine {
    pub(super) fn new(transport: Transport, ahead: BytesMut) -> Self {
        Self {
            inner: Some((transport, ahead)),
            budget: LOGIN_BUDGET,
            output: BytesMut::new(),
            line: Vec::new(),
        }
    }

    /// The last line of the server so far.
    pub(super) fn last_line(&self) -> &[u8] {
        &self.line
    }

    /// The transport and what was read ahead of it; none the second time.
    pub(super) fn take(&mut self) -> Option<(Transport, BytesMut)> {
        self.inner.take()
    }
}

// What waits to be sent is a password.
impl std::fmt::Debug for ByLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByLine").field("budget", &self.budget).finish_non_exhaustive()
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the session was taken over")
}

impl AsyncRead for ByLine {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Some((transport, ahead)) = &mut this.inner else { return Poll::Ready(Err(gone())) };
        loop {
            if let Some(end) = ahead.iter().position(|byte| *byte == b'\n') {
                let count = (end + 1).min(buf.remaining());
                buf.put_slice(&ahead[..count]);
                if this.line.ends_with(b"\n") {
                    this.line.clear();
                }
                this.line.extend_from_slice(&ahead[..count]);
                ahead.advance(count);
                return match this.budget.checked_sub(count) {
                    Some(left) => {
                        this.budget = left;
                        Poll::Ready(Ok(()))
                    }
                    None => Poll::Ready(Err(io::Error::other("the server said too much during the login"))),
                };
            }
            if ahead.len() > LOGIN_BUDGET {
                return Poll::Ready(Err(io::Error::other("the server sent a line without end")));
            }
            let mut chunk = [0; 4096];
            let mut chunk = ReadBuf::new(&mut chunk);
            std::task::ready!(Pin::new(&mut *transport).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            ahead.extend_from_slice(chunk.filled());
        }
    }
}

impl AsyncWrite for ByLine {
    /// Words of a command come one by one, and leave together.
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.inner.is_none() {
            return Poll::Ready(Err(gone()));
        }
        this.output.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Some((transport, _)) = &mut this.inner else { return Poll::Ready(Ok(())) };
        while !this.output.is_empty() {
            let written = std::task::ready!(Pin::new(&mut *transport).poll_write(cx, &this.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.output.advance(written);
        }
        Pin::new(transport).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Some((transport, _)) => Pin::new(transport).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
