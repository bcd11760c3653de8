//! A TCP proxy on loopback that makes a line slow, stalls it, or cuts it.

mod literals;

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use literals::Literals;

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
    joined: AtomicU64,
    /// Bytes until everything is cut.
    left: AtomicU64,
    /// Words of the client at which nothing goes through any more.
    trap: Mutex<Option<Vec<u8>>>,
    /// Words of either side at which everything is cut, each time.
    snare: Mutex<Option<Vec<u8>>>,
    /// Literals of the server until one is cut short; zero for never.
    literals: AtomicU64,
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
            joined: AtomicU64::new(0),
            left: AtomicU64::new(u64::MAX),
            trap: Mutex::default(),
            snare: Mutex::default(),
            literals: AtomicU64::new(0),
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
        self.line.cut();
    }

    /// Cuts every open connection once this many more bytes went through, both ways taken together: exactly there.
    pub fn cut_after(&self, bytes: u64) {
        self.line.left.store(bytes, Ordering::Relaxed);
    }

    /// Ends the connection one byte before the end of a literal that the server sends: the first one from now on, the
    /// second, and so on.
    pub fn truncate_literal(&self, number: u64) {
        self.line.literals.store(number, Ordering::Relaxed);
    }

    /// Lets nothing through any more from where the client says these words; [`Self::is_stalled`] tells that it did.
    pub fn stall_at(&self, words: &[u8]) {
        *self.line.trap() = Some(words.to_vec());
    }

    /// Cuts every open connection whenever either side says these words; none: no more.
    pub fn cut_at(&self, words: Option<&[u8]>) {
        *self.line.snare() = words.map(<[u8]>::to_vec);
    }

    /// Whether nothing is let through.
    pub fn is_stalled(&self) -> bool {
        self.line.stalled.load(Ordering::Relaxed)
    }

    /// Takes back what [`Self::cut_after`] and [`Self::truncate_literal`] set up and did not come to pass.
    pub fn disarm(&self) {
        self.line.left.store(u64::MAX, Ordering::Relaxed);
        self.line.literals.store(0, Ordering::Relaxed);
    }

    /// Bytes that went through so far, both ways.
    pub fn passed(&self) -> u64 {
        self.line.passed.load(Ordering::Relaxed)
    }

    /// Connections there were so far.
    pub fn connections(&self) -> u64 {
        self.line.joined.load(Ordering::Relaxed)
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

    fn trap(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.trap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snare(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.snare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the words of the snare stand in what one side says; `said` is the end of what it said before.
    fn is_caught(&self, said: &mut Vec<u8>, bytes: &[u8]) -> bool {
        let Some(words) = self.snare().clone() else { return false };
        said.extend_from_slice(bytes);
        let caught = said.windows(words.len()).any(|window| window == words);
        said.drain(..said.len().saturating_sub(words.len()));
        caught
    }

    /// Stalls when the words of the trap stand in what the client says; `said` is the end of what it said before.
    fn watch(&self, said: &mut Vec<u8>, bytes: &[u8]) {
        let Some(words) = self.trap().clone() else { return };
        said.extend_from_slice(bytes);
        if said.windows(words.len()).any(|window| window == words) {
            self.stalled.store(true, Ordering::Relaxed);
            said.clear();
        }
        said.drain(..said.len().saturating_sub(words.len()));
    }

    fn join(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target)) else { return };
        self.joined.fetch_add(1, Ordering::Relaxed);
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        for (from, to, literals) in [(&client, &server, None), (&server, &client, Some(Literals::default()))]
        {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
            let line = Arc::clone(self);
            std::thread::spawn(move || line.carry(from, to, literals));
        }
        self.open().extend([client, server]);
    }

    fn cut(&self) {
        for stream in self.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many of these bytes go through before everything is cut, if it is cut within them.
    fn last(&self, bytes: &[u8], literals: &mut Option<Literals>) -> Option<usize> {
        let short = literals.as_mut().and_then(|one| one.end_within(bytes, &self.literals));
        let count = short.unwrap_or(bytes.len()) as u64;
        let less = |left: u64| (left != u64::MAX).then(|| left.saturating_sub(count));
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(left) if left <= count => {
                self.left.store(u64::MAX, Ordering::Relaxed);
                Some(left as usize)
            }
            Ok(_) | Err(_) => short,
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, mut literals: Option<Literals>) {
        let mut buffer = [0; 16 * 1024];
        let (mut said, mut caught) = (Vec::new(), Vec::new());
        loop {
            let rate = self.bytes_per_second.load(Ordering::Relaxed);
            // A fiftieth of a second's worth at a time keeps a slow line even.
            let portion = usize::try_from(rate / 50).unwrap_or(usize::MAX).clamp(1, buffer.len());
            let count = from.read(&mut buffer[..portion]).unwrap_or(0);
            if literals.is_none() {
                self.watch(&mut said, &buffer[..count]);
            }
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
            if reset || count == 0 {
                break;
            }
            if self.is_caught(&mut caught, &buffer[..count]) {
                self.cut();
                break;
            }
            let last = self.last(&buffer[..count], &mut literals);
            let allowed = last.unwrap_or(count);
            if to.write_all(&buffer[..allowed]).is_err() {
                break;
            }
            self.passed.fetch_add(allowed as u64, Ordering::Relaxed);
            if last.is_some() {
                self.cut();
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener, TcpStream},
        time::Duration,
    };

    use super::Proxy;

    /// What a client receives of what a server says.
    fn received(says: &'static [u8], prepare: impl FnOnce(&Proxy)) -> Vec<u8> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let proxy = Proxy::start(listener.local_addr().expect("an address").port()).expect("starts");
        prepare(&proxy);
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.write_all(says);
        });
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).expect("connects");
        let mut bytes = Vec::new();
        let _ = client.read_to_end(&mut bytes);
        bytes
    }

    #[test]
    fn a_line_is_cut_exactly_where_it_was_asked_for() {
        for count in [0, 1, 5] {
            assert_eq!(received(b"* OK ready\r\n", |proxy| proxy.cut_after(count)).len(), count as usize);
        }
        assert_eq!(received(b"* OK ready\r\n", |_| ()), b"* OK ready\r\n");
    }

    #[test]
    fn a_line_stalls_at_the_words_it_was_told() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let proxy = Proxy::start(listener.local_addr().expect("an address").port()).expect("starts");
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).expect("connects");
        let (mut server, _) = listener.accept().expect("a client");
        proxy.stall_at(b"deadly");
        let mut heard = [0; 4];
        client.write_all(b"fine").expect("writes");
        server.read_exact(&mut heard).expect("reads");
        assert!(!proxy.is_stalled());
        for words in [&b"a dea"[..], b"dly one"] {
            client.write_all(words).expect("writes");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(proxy.is_stalled());
    }

    #[test]
    fn a_literal_is_cut_short_by_one_byte() {
        let says = b"* 1 FETCH (BODY[] {5}\r\nhello)\r\n";
        let expected = b"* 1 FETCH (BODY[] {5}\r\nhell";
        assert_eq!(received(says, |proxy| proxy.truncate_literal(1)), expected);
        assert_eq!(received(says, |proxy| proxy.truncate_literal(2)), says);
    }
}
