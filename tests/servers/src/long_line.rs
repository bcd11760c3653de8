//! A TCP proxy on loopback that stands for a distant server: as fast as the machine, but every byte takes its time.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::error::{Doing, Result};

/// How many bytes are on their way in one direction of a connection at most; a sender then has to wait, as it does when
/// the window of a real connection is full.
const WINDOW: usize = 8 << 20;

/// A long line between a client and a server on loopback.
///
/// Each direction delays every byte by half the round trip. A new connection reaches the server one and a half round
/// trips after the client asked for it, which is when a server sees the end of TCP's handshake.
#[derive(Debug)]
pub struct LongLine {
    port: u16,
    line: Arc<Line>,
}

#[derive(Debug)]
struct Line {
    target: u16,
    round_trip: Duration,
    closed: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl LongLine {
    /// A line to a port on loopback.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(target: u16, round_trip: Duration) -> Result<Self> {
        let doing = || "starting a long line".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing)?;
        let port = listener.local_addr().doing(doing)?.port();
        let (closed, open) = (AtomicBool::new(false), Mutex::default());
        let line = Arc::new(Line { target, round_trip, closed, open });
        let accepting = Arc::clone(&line);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.closed.load(Ordering::Relaxed) {
                    return;
                }
                let line = Arc::clone(&accepting);
                std::thread::spawn(move || line.join(&client));
            }
        });
        Ok(Self { port, line })
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for LongLine {
    fn drop(&mut self) {
        self.line.closed.store(true, Ordering::Relaxed);
        for stream in lock(&self.line.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // One more connection wakes the listener, which then ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Line {
    fn join(&self, client: &TcpStream) {
        let reached = Instant::now() + self.round_trip * 3 / 2;
        let half = self.round_trip / 2;
        sleep_until(reached);
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target)) else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let copies = || Some([client, &server].map(|stream| stream.try_clone().ok()));
        let Some([Some(kept_client), Some(kept_server)]) = copies() else { return };
        lock(&self.open).extend([kept_client, kept_server]);
        // What the client said before the handshake was over came when it ended.
        let there = Transit::new(half, reached);
        let back = Transit::new(half, reached);
        std::thread::scope(|scope| {
            scope.spawn(|| there.take(client));
            scope.spawn(|| there.deliver(&server));
            scope.spawn(|| back.take(&server));
            back.deliver(client);
        });
    }
}

/// What is on its way in one direction.
struct Transit {
    delay: Duration,
    earliest: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
    /// The sender has nothing more to say.
    ended: bool,
    /// The receiver does not listen any more.
    refused: bool,
}

impl Transit {
    fn new(delay: Duration, earliest: Instant) -> Self {
        Self { delay, earliest, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Reads all that the sender says and notes when each piece is due.
    fn take(&self, mut from: &TcpStream) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = from.read(&mut buffer).unwrap_or(0);
            let due = (Instant::now() + self.delay).max(self.earliest);
            let mut state = lock(&self.state);
            while state.bytes > WINDOW && !state.refused {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.refused {
                let _ = from.shutdown(Shutdown::Read);
                return;
            }
            state.bytes += count;
            // The end takes as long as everything else: it is a piece without bytes.
            state.pieces.push_back((due, buffer[..count].to_vec()));
            state.ended = count == 0;
            self.changed.notify_all();
            if count == 0 {
                return;
            }
        }
    }

    /// Hands each piece on when it is due.
    fn deliver(&self, mut to: &TcpStream) {
        loop {
            let mut state = lock(&self.state);
            let (due, piece) = loop {
                match state.pieces.pop_front() {
                    Some(piece) => break piece,
                    None if state.ended => return,
                    None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(state);
            sleep_until(due);
            if piece.is_empty() {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            let gone = to.write_all(&piece).is_err();
            let mut state = lock(&self.state);
            state.bytes -= piece.len();
            state.refused |= gone;
            self.changed.notify_all();
            if gone {
                return;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sleep_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
        time::{Duration, Instant},
    };

    use super::LongLine;

    const ROUND_TRIP: Duration = Duration::from_millis(60);

    /// A server that greets with one byte and then sends everything back.
    fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mut from, mut to) = (stream.try_clone().expect("a copy"), stream);
                std::thread::spawn(move || {
                    let _ = to.write_all(b"!").and_then(|()| std::io::copy(&mut from, &mut to).map(drop));
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        });
        port
    }

    fn open() -> (LongLine, TcpStream, Instant) {
        let line = LongLine::start(echo(), ROUND_TRIP).expect("starts");
        let begun = Instant::now();
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, line.port())).expect("connects");
        (line, stream, begun)
    }

    fn check(took: Duration, round_trips: f64) {
        let expected = ROUND_TRIP.mul_f64(round_trips);
        assert!(took >= expected && took < expected + ROUND_TRIP * 4 / 5, "{took:?} instead of {expected:?}");
    }

    #[test]
    fn a_greeting_takes_two_round_trips_and_an_answer_one() {
        let (_line, mut stream, begun) = open();
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a greeting");
        check(begun.elapsed(), 2.0);
        let asked = Instant::now();
        stream.write_all(b"?").expect("asks");
        stream.read_exact(&mut byte).expect("an answer");
        check(asked.elapsed(), 1.0);
    }

    #[test]
    fn what_is_said_before_the_greeting_costs_no_round_trip_of_its_own() {
        let (_line, mut stream, begun) = open();
        stream.write_all(b"?").expect("asks");
        stream.read_exact(&mut [0; 2]).expect("greeting and answer");
        check(begun.elapsed(), 2.0);
    }

    #[test]
    fn many_bytes_take_no_longer_than_few_and_arrive_as_they_were() {
        let (_line, mut stream, begun) = open();
        let sent: Vec<u8> = (0..4_000_000u32).map(|number| (number % 251) as u8).collect();
        let mut writer = stream.try_clone().expect("a copy");
        let bytes = sent.clone();
        std::thread::spawn(move || {
            let _ = writer.write_all(&bytes);
            let _ = writer.shutdown(Shutdown::Write);
        });
        let mut received = Vec::new();
        stream.read_to_end(&mut received).expect("reads");
        assert_eq!(received[1..], sent);
        // Two for the greeting; the end of what was said follows it half a round trip there and half a one back.
        assert!(begun.elapsed() < ROUND_TRIP * 10, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_receiver_that_goes_away_ends_the_connection() {
        let (line, stream, _) = open();
        drop(stream);
        drop(line);
    }
}
