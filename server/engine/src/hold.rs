//! How long a pass may write: whoever took the mailbox over must not find that its predecessor, woken up late, goes on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::SystemTime,
};

use tokio::{io::AsyncWrite, time::Instant};

/// The right of a pass to write, until it is renewed no more. Every clone is the same right. Asked before each piece that
/// goes to a server: a process that stood still in the middle of a message does not end it when it wakes up.
#[derive(Debug, Clone, Default)]
pub struct Hold(Option<Arc<Mutex<Until>>>);

/// A moment on two clocks: the one that nobody sets stands still while the machine sleeps, the other does not.
#[derive(Debug, Clone, Copy)]
struct Until {
    moment: Instant,
    wall: SystemTime,
}

impl Until {
    fn new(moment: Instant) -> Self {
        Self { moment, wall: SystemTime::now() + moment.saturating_duration_since(Instant::now()) }
    }

    fn is_over(self) -> bool {
        Instant::now() >= self.moment || SystemTime::now() >= self.wall
    }
}

impl Hold {
    /// A right that ends at a moment, unless it is renewed.
    pub fn until(moment: Instant) -> Self {
        Self(Some(Arc::new(Mutex::new(Until::new(moment)))))
    }

    /// Lets it end later.
    pub fn renew(&self, moment: Instant) {
        if let Some(until) = &self.0 {
            *until.lock().unwrap_or_else(PoisonError::into_inner) = Until::new(moment);
        }
    }

    /// Whether it has ended. A right that nobody limits never does.
    pub fn is_over(&self) -> bool {
        let over = |until: &Arc<Mutex<Until>>| until.lock().unwrap_or_else(PoisonError::into_inner).is_over();
        self.0.as_ref().is_some_and(over)
    }

    fn check(&self) -> io::Result<()> {
        match self.is_over() {
            true => Err(io::Error::other("the hold on this mailbox was not renewed in time")),
            false => Ok(()),
        }
    }

    /// Writes only while it lasts.
    pub(crate) fn guard<'a, W>(&'a self, inner: &'a mut W) -> Guarded<'a, W> {
        Guarded { hold: self, inner }
    }
}

/// Writes only while a right to it lasts.
#[derive(Debug)]
pub(crate) struct Guarded<'a, W> {
    hold: &'a Hold,
    inner: &'a mut W,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Guarded<'_, W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.hold.check()?;
        Pin::new(&mut *this.inner).poll_write(cx, buf)
    }

    /// What TLS keeps back goes out here.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.hold.check()?;
        Pin::new(&mut *this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{io::AsyncWriteExt as _, time::advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_that_was_begun_in_time_is_not_ended_too_late() {
        let hold = Hold::until(Instant::now() + Duration::from_secs(45));
        let mut sent = Vec::new();
        hold.guard(&mut sent).write_all(b"half of a").await.expect("in time");
        advance(Duration::from_secs(44)).await;
        hold.renew(Instant::now() + Duration::from_secs(45));
        advance(Duration::from_secs(44)).await;
        hold.guard(&mut sent).write_all(b" message").await.expect("renewed");
        advance(Duration::from_secs(1)).await;
        assert!(hold.is_over());
        hold.guard(&mut sent).write_all(b"\r\n").await.expect_err("too late");
        assert_eq!(sent, b"half of a message");
        assert!(!Hold::default().is_over());
    }
}
