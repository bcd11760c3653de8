//! The bytes of a session as they go over the wire: as they are, or deflated (RFC 4978) in both directions.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use flate2::{Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Read from the transport at once.
const READ: usize = 16 * 1024;
/// Inflated at once, at most: however little came, no more than this is made of it before somebody looks.
const WINDOW: usize = 64 * 1024;
/// Deflated at once, and kept back at most before the transport has to take some.
const PIECE: usize = 64 * 1024;
/// Quick rather than thorough: a line that is worth it takes a few MB a second.
const LEVEL: u32 = 3;

/// The bytes of a session over its transport.
#[derive(Debug)]
pub(crate) struct Channel<T> {
    transport: T,
    deflated: Option<Box<Deflated>>,
}

impl<T> Channel<T> {
    pub(crate) const fn new(transport: T) -> Self {
        Self { transport, deflated: None }
    }

    pub(super) fn into_transport(self) -> T {
        self.transport
    }

    /// From here on both directions are deflated. `ahead`: what came of it already.
    pub(crate) fn deflate(&mut self, ahead: BytesMut) {
        self.deflated = Some(Box::new(Deflated::new(ahead)));
    }

    pub(super) const fn is_deflated(&self) -> bool {
        self.deflated.is_some()
    }

    /// Whether something came that nobody could have deflated.
    pub(super) fn is_garbled(&self) -> bool {
        self.deflated.as_ref().is_some_and(|deflated| deflated.garbled)
    }
}

/// Both directions of a deflated stream.
#[derive(Debug)]
struct Deflated {
    inflater: Decompress,
    deflater: flate2::Compress,
    /// Came and is not inflated yet.
    input: BytesMut,
    /// The last window was filled: there may be more without further input.
    more: bool,
    /// Deflated, and sent up to `sent`.
    output: Vec<u8>,
    sent: usize,
    /// Something of what was written may still be kept by the deflater.
    unflushed: bool,
    garbled: bool,
}

impl Deflated {
    fn new(input: BytesMut) -> Self {
        Self {
            inflater: Decompress::new(false),
            deflater: flate2::Compress::new(Compression::new(LEVEL), false),
            input,
            more: false,
            output: Vec::new(),
            sent: 0,
            unflushed: false,
            garbled: false,
        }
    }

    /// Inflates what came into the room; none: more has to come first.
    fn inflate(&mut self, room: &mut [u8]) -> io::Result<Option<usize>> {
        if self.input.is_empty() && !self.more {
            return Ok(None);
        }
        let before = (self.inflater.total_in(), self.inflater.total_out());
        let status = self.inflater.decompress(&self.input, room, FlushDecompress::None);
        let taken = since(before.0, self.inflater.total_in());
        let given = since(before.1, self.inflater.total_out());
        self.input.advance(taken.min(self.input.len()));
        self.more = given == room.len();
        // A stream that ends while the session goes on is as broken as one that cannot be read.
        let ended = matches!(status, Ok(Status::StreamEnd)) && given == 0;
        let stuck = taken == 0 && given == 0 && !self.input.is_empty();
        if status.is_err() || ended || stuck {
            self.garbled = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the compressed stream makes no sense"));
        }
        Ok((given > 0).then_some(given))
    }

    /// Deflates a piece; some of it may be kept until the next flush.
    fn deflate(&mut self, piece: &[u8]) -> io::Result<()> {
        self.unflushed = true;
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = self.press(rest, FlushCompress::None)?;
            rest = &rest[taken..];
        }
        Ok(())
    }

    /// Brings out everything that was written, so that the server can read it.
    fn flush(&mut self) -> io::Result<()> {
        while self.unflushed {
            self.press(&[], FlushCompress::Sync)?;
            // Room was left: nothing more is kept.
            self.unflushed = self.output.len() == self.output.capacity();
        }
        Ok(())
    }

    fn press(&mut self, bytes: &[u8], flush: FlushCompress) -> io::Result<usize> {
        self.output.reserve(READ);
        let before = self.deflater.total_in();
        self.deflater.compress_vec(bytes, &mut self.output, flush).map_err(io::Error::other)?;
        Ok(since(before, self.deflater.total_in()))
    }

    /// Hands over what is deflated.
    fn drain(
        &mut self,
        transport: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.sent < self.output.len() {
            let count = ready!(Pin::new(&mut *transport).poll_write(cx, &self.output[self.sent..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += count;
        }
        self.output.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

/// How much a total grew; both directions are done in pieces that fit into memory.
fn since(before: u64, now: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}

impl<T: AsyncRead + Unpin> AsyncRead for Channel<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { transport, deflated } = self.get_mut();
        let Some(deflated) = deflated else { return Pin::new(transport).poll_read(cx, buf) };
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            let room = buf.initialize_unfilled_to(buf.remaining().min(WINDOW));
            if let Some(count) = deflated.inflate(room)? {
                buf.advance(count);
                return Poll::Ready(Ok(()));
            }
            let mut chunk = [0; READ];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut *transport).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            deflated.input.extend_from_slice(chunk.filled());
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Channel<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { transport, deflated } = self.get_mut();
        let Some(deflated) = deflated else { return Pin::new(transport).poll_write(cx, buf) };
        if deflated.output.len() >= PIECE {
            ready!(deflated.drain(transport, cx))?;
        }
        let count = buf.len().min(PIECE);
        deflated.deflate(&buf[..count])?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { transport, deflated } = self.get_mut();
        if let Some(deflated) = deflated {
            deflated.flush()?;
            ready!(deflated.drain(transport, cx))?;
        }
        Pin::new(transport).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    async fn pair() -> (Channel<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
        (Channel::new(ours.expect("connects")), theirs.expect("a client").0)
    }

    /// Both ends deflated, the far one by the same code.
    async fn deflated() -> (Channel<TcpStream>, Channel<TcpStream>) {
        let (mut ours, theirs) = pair().await;
        let mut theirs = Channel::new(theirs);
        ours.deflate(BytesMut::new());
        theirs.deflate(BytesMut::new());
        (ours, theirs)
    }

    /// Half of it is easily deflated, half not at all.
    fn mixed(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let words = b"Received: from mail.example by mx.example; ".iter().copied().cycle();
        let noise = std::iter::repeat_with(noise);
        words
            .zip(noise)
            .enumerate()
            .map(|(at, (word, noise))| if at / 5000 % 2 == 0 { word } else { noise })
            .take(length)
            .collect()
    }

    #[tokio::test]
    async fn what_is_flushed_arrives_whole_however_it_was_written() {
        let (mut ours, mut theirs) = deflated().await;
        for length in [1, 5, 63 * 1024, 64 * 1024, 64 * 1024 + 1, 1_000_000] {
            let sent = mixed(length);
            let mut received = vec![0; length];
            let write = async {
                for piece in sent.chunks(100_003) {
                    ours.write_all(piece).await.expect("a reader");
                }
                ours.flush().await.expect("a reader");
                // Flushed twice, nothing more is said.
                ours.flush().await.expect("a reader");
            };
            let (_, read) = tokio::join!(write, theirs.read_exact(&mut received));
            read.expect("all of it");
            assert!(sent == received, "{length} bytes");
        }
    }

    #[tokio::test]
    async fn what_came_ahead_of_the_switch_is_inflated_too() {
        let (mut ours, mut theirs) = deflated().await;
        theirs.write_all(b"* 5 EXISTS\r\n").await.expect("a reader");
        theirs.flush().await.expect("a reader");
        let mut ahead = BytesMut::new();
        ours.deflated = None;
        ours.read_buf(&mut ahead).await.expect("what was sent");
        ours.deflate(ahead);
        let mut line = [0; 12];
        ours.read_exact(&mut line).await.expect("a line");
        assert_eq!(&line, b"* 5 EXISTS\r\n");
    }

    #[tokio::test]
    async fn a_bomb_is_inflated_a_window_at_a_time() {
        let (mut ours, mut far) = pair().await;
        let mut bomb = Deflated::new(BytesMut::new());
        for _ in 0..1000 {
            bomb.deflate(&[b' '; PIECE]).expect("deflates");
        }
        bomb.flush().expect("deflates");
        assert!(bomb.output.len() < 400_000, "{} bytes stand for 64 MiB", bomb.output.len());
        tokio::spawn(async move { far.write_all(&bomb.output).await });
        ours.deflate(BytesMut::new());
        let mut input = BytesMut::with_capacity(32 << 20);
        let mut total = 0;
        while total < 1000 * PIECE {
            input.clear();
            let count = ours.read_buf(&mut input).await.expect("a window");
            assert!(count <= WINDOW && count > 0);
            assert!(ours.deflated.as_ref().is_some_and(|deflated| deflated.input.capacity() <= 4 * READ));
            total += count;
        }
        assert_eq!(total, 1000 * PIECE);
    }

    #[tokio::test]
    async fn garbage_and_an_early_end_are_told_as_errors() {
        for garbage in [&[0xff; 20][..], &[3, 0]] {
            let (mut ours, mut far) = pair().await;
            ours.deflate(BytesMut::new());
            far.write_all(garbage).await.expect("a reader");
            drop(far);
            let mut read = Vec::new();
            let error = ours.read_to_end(&mut read).await.expect_err("it makes no sense");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(ours.is_garbled());
        }
    }

    #[tokio::test]
    async fn a_stream_that_is_cut_within_a_block_is_a_lost_connection() {
        let mut whole = Deflated::new(BytesMut::new());
        whole.deflate(&mixed(20_000)).expect("deflates");
        whole.flush().expect("deflates");
        let (mut ours, mut far) = pair().await;
        ours.deflate(BytesMut::new());
        far.write_all(&whole.output[..whole.output.len() / 2]).await.expect("a reader");
        drop(far);
        let mut read = Vec::new();
        ours.read_to_end(&mut read).await.expect("its end");
        assert!(read.len() < 20_000 && !ours.is_garbled());
    }
}
