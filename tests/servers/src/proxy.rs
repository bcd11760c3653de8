//! A TCP proxy on loopback that makes a line slow, stalls it, or cuts it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::error::{Doing, Result};

/// A line between a client and a server on loopback.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    line: Arc<Line>,
}

#[derive(Debug)]
struct Line {
    target: u16,
    bytes_per_second: AtomicU64,
    stalled: AtomicBool,
    closed: AtomicBool,
    passed: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A line to a port on loopback, as fast as the machine.
    pub fn start(target: u16) -> Result<Self> {
        let doing = || "starting a proxy".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing)?;
        let port = listener.local_addr().doing(doing)?.port();
        let line = Arc::new(Line {
            target,
            bytes_per_second: AtomicU64::new(u64::MAX),
            stalled: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            passed: AtomicU64::new(0),
            open: Mutex::default(),
        });
        let accepting = Arc::clone(&line);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.closed.load(Ordering::Relaxed) {
                    return;
                }
                accepting.join(client);
            }
        });
        Ok(Self { port, line })
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Limits each direction of each connection.
    pub fn limit(&self, bytes_per_second: u64) {
        self.line.bytes_per_second.store(bytes_per_second.max(1), Ordering::Relaxed);
    }

    /// Lets nothing through any more (true), or goes on (false).
    pub fn stall(&self, stalled: bool) {
        self.line.stalled.store(stalled, Ordering::Relaxed);
    }

    /// Cuts every open connection; new ones are let through.
    pub fn cut(&self) {
        for stream in self.line.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Bytes that went through so far, both ways.
    pub fn passed(&self) -> u64 {
        self.line.passed.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.closed.store(true, Ordering::Relaxed);
        self.cut();
        // One more connection wakes the listener, which then ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Line {
    fn open(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target)) else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
            let line = Arc::clone(self);
            std::thread::spawn(move || line.carry(from, to));
        }
        self.open().extend([client, server]);
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let rate = self.bytes_per_second.load(Ordering::Relaxed);
            // A fiftieth of a second's worth at a time keeps a slow line even.
            let portion = usize::try_from(rate / 50).unwrap_or(usize::MAX).clamp(1, buffer.len());
            let count = from.read(&mut buffer[..portion]).unwrap_or(0);
            while self.stalled.load(Ordering::Relaxed) && !self.closed.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
            }
            // Looked at again: the limit may have come while nothing was read.
            let rate = self.bytes_per_second.load(Ordering::Relaxed);
            if rate != u64::MAX {
                std::thread::sleep(Duration::from_secs_f64(count as f64 / rate as f64));
            }
            // A reset overtakes what is queued here: it stands for what the sender's own system throws away.
            let reset = from.take_error().is_ok_and(|error| error.is_some());
            if reset || count == 0 || to.write_all(&buffer[..count]).is_err() {
                break;
            }
            self.passed.fetch_add(count as u64, Ordering::Relaxed);
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}
