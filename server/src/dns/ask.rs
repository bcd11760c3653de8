//! One question to DNS: over UDP, over TCP when the answer does not fit, to one server after the other until time is up.
//! What does not answer exactly the question is not looked at (RFC 5452, section 9).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use hickory_proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RecordType},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::{Instant, timeout, timeout_at},
};

/// Longest wait for the answer to a question.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Longest wait for one server, while others or another try are left.
const TRY: Duration = Duration::from_millis(1500);
/// Rounds over all servers: one that refuses at once is not asked over and over.
const ROUNDS: usize = 3;
/// What a resolver takes of the system's list (resolv.conf(5)).
const SERVERS_MAX: usize = 3;
/// Largest answer over UDP that is read: nobody was invited to send more than 512 bytes (RFC 1035, section 4.2.1).
const UDP_MAX: usize = 4096;
/// Where DNS is spoken.
pub(super) const PORT: u16 = 53;

/// Who is asked.
#[derive(Debug)]
pub(super) struct Asker {
    /// Servers that find out, in their order.
    pub(super) servers: Vec<SocketAddr>,
    /// How the servers of the zones themselves are asked; none: they are not.
    pub(super) zones: Option<Zones>,
}

/// How servers of zones are asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zones {
    /// At which port.
    pub(super) port: u16,
    /// Whether they may be on this machine.
    pub(super) on_loopback: bool,
}

impl Zones {
    /// As they are on the Internet.
    pub(super) const PUBLIC: Self = Self { port: PORT, on_loopback: false };

    /// Whether a server at this address is asked. The address stands in somebody's zone: nobody is made to knock at this
    /// machine's doors, or at those of its cloud.
    pub(super) fn may_ask(self, address: IpAddr) -> bool {
        let local = match address {
            IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some(),
        };
        let nobody = address.is_unspecified() || address.is_multicast() || local;
        !nobody && (self.on_loopback || !address.is_loopback())
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silence {
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
    /// The server could not find out (SERVFAIL), or refuses to answer (REFUSED), or says something else.
    Refused {
        /// Which server.
        server: SocketAddr,
        /// What it said.
        code: ResponseCode,
    },
    /// The server cannot be reached.
    Unreachable {
        /// Which server.
        server: SocketAddr,
        /// What this machine says.
        detail: String,
    },
    /// What came is no answer to the question.
    Garbled {
        /// From which server.
        server: SocketAddr,
    },
    /// Nobody answered in time.
    TooLate,
}

impl Asker {
    /// An answer without an error code, of a server that finds out by itself.
    pub(super) async fn ask(&self, name: &Name, kind: RecordType) -> Result<Message, Silence> {
        let end = Instant::now() + PATIENCE;
        let mut why = Silence::TooLate;
        for server in self.servers.iter().cycle().take(self.servers.len() * ROUNDS) {
            let now = Instant::now();
            if now >= end {
                break;
            }
            match ask_one(*server, name, kind, true, end.min(now + TRY)).await {
                Ok(message) => return Ok(message),
                Err(Silence::NoSuchName) => return Err(Silence::NoSuchName),
                // What somebody said tells more than that another one said nothing.
                Err(Silence::TooLate) => {}
                Err(other) => why = other,
            }
        }
        Err(why)
    }

    /// The same, of a server of a zone itself: only what it says with authority.
    pub(super) async fn ask_zone(server: SocketAddr, name: &Name, kind: RecordType) -> Option<Message> {
        let message = ask_one(server, name, kind, false, Instant::now() + TRY).await.ok()?;
        message.metadata.authoritative.then_some(message)
    }
}

/// Asks one server once, over UDP, and over TCP when the answer is cut off there.
async fn ask_one(
    server: SocketAddr,
    name: &Name,
    kind: RecordType,
    recursive: bool,
    end: Instant,
) -> Result<Message, Silence> {
    let mut question = Message::query();
    question.metadata.recursion_desired = recursive;
    question.add_query(Query::query(name.clone(), kind));
    let bytes = question.to_vec().map_err(|_| Silence::NoSuchName)?;
    let mut answer = over_udp(server, &question, &bytes, end).await?;
    if answer.metadata.truncation {
        answer = over_tcp(server, &question, &bytes, end).await?;
    }
    match answer.metadata.response_code {
        ResponseCode::NoError => Ok(answer),
        ResponseCode::NXDomain => Err(Silence::NoSuchName),
        code => Err(Silence::Refused { server, code }),
    }
}

async fn over_udp(
    server: SocketAddr,
    question: &Message,
    bytes: &[u8],
    end: Instant,
) -> Result<Message, Silence> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let failed = |error: std::io::Error| Silence::Unreachable { server, detail: error.to_string() };
    // A port of the system's choice; connected, so that only this server is heard.
    let socket = UdpSocket::bind((any, 0)).await.map_err(failed)?;
    socket.connect(server).await.map_err(failed)?;
    socket.send(bytes).await.map_err(failed)?;
    let mut buffer = [0; UDP_MAX];
    let mut garbled = false;
    loop {
        match timeout_at(end, socket.recv(&mut buffer)).await {
            Ok(Ok(length)) => match buffer.get(..length).and_then(|bytes| fitting(question, bytes)) {
                Some(message) => return Ok(message),
                // Somebody else may have guessed the port: the real answer is still waited for.
                None => garbled = true,
            },
            Ok(Err(error)) => return Err(failed(error)),
            Err(_) if garbled => return Err(Silence::Garbled { server }),
            Err(_) => return Err(Silence::TooLate),
        }
    }
}

async fn over_tcp(
    server: SocketAddr,
    question: &Message,
    bytes: &[u8],
    end: Instant,
) -> Result<Message, Silence> {
    let length = u16::try_from(bytes.len()).map_err(|_| Silence::NoSuchName)?;
    let talk = async {
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await?;
        let mut answer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    match timeout_at(end, talk).await {
        Ok(Ok(answer)) => fitting(question, &answer)
            .filter(|answer| !answer.metadata.truncation)
            .ok_or(Silence::Garbled { server }),
        Ok(Err(error)) => Err(Silence::Unreachable {
            server,
            detail: format!("its answer is too long for UDP, and over TCP: {error}"),
        }),
        Err(_) => Err(Silence::TooLate),
    }
}

/// An answer to exactly this question.
fn fitting(question: &Message, bytes: &[u8]) -> Option<Message> {
    let message = Message::from_vec(bytes).ok()?;
    let same = message.metadata.id == question.metadata.id
        && message.metadata.message_type == MessageType::Response
        && message.queries == question.queries;
    same.then_some(message)
}

/// The servers that the system asks. Without any it is this machine's (resolv.conf(5)).
pub(super) fn servers_of(file: &Path) -> Vec<SocketAddr> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let servers = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let address: IpAddr = (words.next()? == "nameserver").then(|| words.next())??.parse().ok()?;
        Some(SocketAddr::new(address, PORT))
    });
    let servers: Vec<_> = servers.take(SERVERS_MAX).collect();
    if servers.is_empty() { vec![SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))] } else { servers }
}

/// Waits no longer than a question may take; none: it took longer.
pub(super) async fn in_time<T>(work: impl Future<Output = T>) -> Option<T> {
    timeout(PATIENCE, work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::{Zones, servers_of};

    #[test]
    fn the_systems_servers_are_read_as_its_resolver_reads_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("resolv.conf");
        let read = |text: &str| {
            std::fs::write(&file, text).expect("written");
            servers_of(&file).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let usual =
            "# made by hand\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # two\n";
        assert_eq!(read(usual), ["192.0.2.1:53", "[2001:db8::1]:53"]);
        assert_eq!(read("nameserver 1.1.1.1\n".repeat(9).as_str()).len(), 3);
        assert_eq!(read("options edns0\nnameserver fe80::1%eth0\n;nameserver 192.0.2.9\n"), ["127.0.0.1:53"]);
        assert_eq!(servers_of(&dir.path().join("none")).len(), 1);
    }

    #[test]
    fn nobodys_zone_makes_this_machine_knock_at_its_own_doors() {
        let may = |address: &str| Zones::PUBLIC.may_ask(address.parse().expect("an address"));
        for never in [
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "::",
            "169.254.169.254",
            "fe80::1",
            "224.0.0.1",
            "::ffff:127.0.0.1",
        ] {
            assert!(!may(never), "{never}");
        }
        assert!(may("192.0.2.1") && may("10.0.0.1") && may("2001:db8::1"));
    }
}
