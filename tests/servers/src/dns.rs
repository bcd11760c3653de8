//! A DNS server on a loopback port, UDP and TCP, that answers by a script. It writes its bytes by itself (RFC 1035), so that
//! what it sends is an independent opinion, and may be as wrong as a test wants.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::error::{Doing as _, Error, Result};

/// Types of records.
const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const MX: u16 = 15;
const AAAA: u16 = 28;

/// Something a zone holds.
#[derive(Debug, Clone)]
pub enum Data {
    /// An address of either kind.
    Address(IpAddr),
    /// A mail server: preference and labels, of any bytes.
    Mx(u16, Vec<Vec<u8>>),
    /// A server of the zone.
    Ns(String),
    /// Another name for it.
    Alias(String),
}

impl Data {
    /// A mail server with a usual name.
    pub fn mx(preference: u16, name: &str) -> Self {
        Self::Mx(preference, labels(name))
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Address(IpAddr::V4(_)) => A,
            Self::Address(IpAddr::V6(_)) => AAAA,
            Self::Mx(..) => MX,
            Self::Ns(_) => NS,
            Self::Alias(_) => CNAME,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Address(IpAddr::V4(four)) => four.octets().into(),
            Self::Address(IpAddr::V6(six)) => six.octets().into(),
            Self::Mx(preference, name) => [&preference.to_be_bytes()[..], &wire(name)].concat(),
            Self::Ns(name) | Self::Alias(name) => wire(&labels(name)),
        }
    }
}

/// What is answered to questions for a name.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Its records: time to live and data. Questions for kinds it has none of are answered by none.
    Records(Vec<(u32, Data)>),
    /// An error: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.
    Code(u8),
    /// Cut off over UDP; whole over TCP.
    OverTcp(Vec<(u32, Data)>),
    /// Cut off over UDP; over TCP the connection is closed.
    NeverWhole,
    /// Nothing.
    Silence,
    /// These bytes after the right number, whatever was asked.
    Bytes(Vec<u8>),
    /// First an answer under a wrong number, then one to another question, then the right one.
    Forged(Vec<(u32, Data)>),
}

/// A running DNS server; ends when dropped.
#[derive(Debug)]
pub struct Dns {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    zone: Mutex<Vec<(String, Reply)>>,
    /// Names that were asked for with their type, and whether over TCP.
    asked: Mutex<Vec<(String, u16, bool)>>,
    /// Whether it speaks for the zone itself.
    authoritative: AtomicBool,
    closed: AtomicBool,
}

impl Dns {
    /// Starts one that knows no name and speaks with authority.
    pub fn start() -> Result<Self> {
        let doing = || "starting a DNS server".to_owned();
        // The same port has to be free for both.
        for _ in 0..50 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing)?;
            let address = listener.local_addr().doing(doing)?;
            let Ok(socket) = UdpSocket::bind(address) else { continue };
            socket.set_read_timeout(Some(Duration::from_millis(100))).doing(doing)?;
            let state = Arc::new(State::default());
            state.authoritative.store(true, Ordering::Relaxed);
            let (udp, tcp) = (Arc::clone(&state), Arc::clone(&state));
            std::thread::spawn(move || serve_udp(&socket, &udp));
            std::thread::spawn(move || serve_tcp(&listener, &tcp));
            return Ok(Self { address, state });
        }
        Err(Error::new("starting a DNS server: no port is free for UDP and TCP"))
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on so much is answered to questions for a name.
    pub fn set(&self, name: &str, reply: Reply) {
        let mut zone = locked(&self.state.zone);
        zone.retain(|(known, _)| known != name);
        zone.push((name.to_owned(), reply));
    }

    /// Whether it speaks for the zones themselves.
    pub fn speak_with_authority(&self, authoritative: bool) {
        self.state.authoritative.store(authoritative, Ordering::Relaxed);
    }

    /// How often mail servers of a name were asked for: over UDP and over TCP.
    pub fn asked_mx(&self, name: &str) -> (usize, usize) {
        let asked = locked(&self.state.asked);
        let of = |tcp| {
            asked.iter().filter(|(known, kind, over)| known == name && *kind == MX && *over == tcp).count()
        };
        (of(false), of(true))
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::Relaxed);
        // One more connection wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve_udp(socket: &UdpSocket, state: &State) {
    let mut buffer = [0; 1500];
    while !state.closed.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        for answer in answers(state, &buffer[..length], false) {
            let _ = socket.send_to(&answer, from);
        }
    }
}

fn serve_tcp(listener: &TcpListener, state: &State) {
    for mut client in listener.incoming().flatten() {
        if state.closed.load(Ordering::Relaxed) {
            return;
        }
        let _ = client.set_read_timeout(Some(Duration::from_secs(2)));
        let mut length = [0; 2];
        if client.read_exact(&mut length).is_err() {
            continue;
        }
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        if client.read_exact(&mut question).is_err() {
            continue;
        }
        for answer in answers(state, &question, true) {
            let length = u16::try_from(answer.len()).unwrap_or(u16::MAX).to_be_bytes();
            let _ = client.write_all(&[&length, &answer[..]].concat());
        }
    }
}

/// The messages that answer a question.
fn answers(state: &State, question: &[u8], tcp: bool) -> Vec<Vec<u8>> {
    let Some((name, kind, end)) = read_question(question) else { return Vec::new() };
    locked(&state.asked).push((name.clone(), kind, tcp));
    let found = locked(&state.zone).iter().find(|(known, _)| *known == name).map(|(_, reply)| reply.clone());
    let authoritative = state.authoritative.load(Ordering::Relaxed);
    let say = |code: u8, cut: bool, records: &[(u32, Data)]| {
        message(&question[..end], authoritative, code, cut, kind, records)
    };
    match found.unwrap_or(Reply::Code(3)) {
        Reply::Records(records) => vec![say(0, false, &records)],
        Reply::Code(code) => vec![say(code, false, &[])],
        Reply::OverTcp(records) if tcp => vec![say(0, false, &records)],
        Reply::NeverWhole if tcp => Vec::new(),
        Reply::OverTcp(_) | Reply::NeverWhole => vec![say(0, true, &[])],
        Reply::Silence => Vec::new(),
        Reply::Bytes(bytes) => vec![[&question[..2], &bytes].concat()],
        Reply::Forged(records) => {
            let forged = [(60, Data::mx(1, "evil.example"))];
            let (mut number, mut other) = (say(0, false, &forged), say(0, false, &forged));
            number[0] ^= 0xff;
            // The first letter of the name that was asked for.
            other[13] ^= 0x01;
            vec![number, other, say(0, false, &records)]
        }
    }
}

/// Name and type of a question, and where it ends.
fn read_question(bytes: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = 12;
    let mut name = Vec::new();
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        name.push(String::from_utf8_lossy(bytes.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
    Some((name.join("."), kind, at + 4))
}

fn message(
    question: &[u8],
    authoritative: bool,
    code: u8,
    cut: bool,
    kind: u16,
    records: &[(u32, Data)],
) -> Vec<u8> {
    let fits = |data: &Data| data.kind() == kind || data.kind() == CNAME;
    let records: Vec<_> = records.iter().filter(|(_, data)| fits(data)).collect();
    let flags = 0x80 | u8::from(authoritative) << 2 | u8::from(cut) << 1 | question[2] & 1;
    let count = u16::try_from(records.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = question[..2].to_vec();
    out.extend([flags, 0x80 | code, 0, 1, count[0], count[1], 0, 0, 0, 0]);
    out.extend(&question[12..]);
    for (ttl, data) in records {
        // The name is the one that was asked for.
        out.extend([0xc0, 12]);
        out.extend(data.kind().to_be_bytes());
        out.extend([0, 1]);
        out.extend(ttl.to_be_bytes());
        let bytes = data.bytes();
        out.extend(u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(bytes);
    }
    out
}

/// The labels of a usual name.
fn labels(name: &str) -> Vec<Vec<u8>> {
    name.split('.').filter(|label| !label.is_empty()).map(|label| label.as_bytes().to_vec()).collect()
}

fn wire(labels: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for label in labels {
        out.push(u8::try_from(label.len()).unwrap_or(63));
        out.extend(label);
    }
    out.push(0);
    out
}
