//! From a host name to a greeting: DNS, TCP, TLS, STARTTLS, each failure with its own sentence.

use std::{io, net::SocketAddr, time::Duration};

use bytes::BytesMut;
use shared::{
    cause::Cause,
    check::{CertificateCard, StepName},
    endpoint::{ImapEndpoint, Tls},
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{
    connection::{Capabilities, Connection, Data},
    encode::clean,
    response::{Response, Status, Value},
    tls,
    transport::Transport,
};
use crate::error::{ConnectorError, Reach, Retry};

/// Longest wait for one address to take the connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for TLS to be set up and for the greeting.
const GREETING: Duration = Duration::from_secs(15);

/// What is seen on the way, for whoever shows a checklist.
#[derive(Debug)]
pub(crate) enum Seen {
    Begun(StepName),
    Passed(StepName, String),
    Skipped(StepName, String),
    Certificate(CertificateCard),
}

/// Somebody who wants to know.
pub(crate) type Watcher<'a> = &'a mut (dyn FnMut(Seen) + Send);

/// Opens a session up to its greeting; nobody is logged in yet. `peer` names the server in sentences.
pub(crate) async fn open(
    endpoint: &ImapEndpoint,
    peer: &str,
    on: Watcher<'_>,
) -> Result<Connection, ConnectorError> {
    let road = Road { endpoint, peer };
    let stream = road.dial(on).await?;
    let plain = |stream| Connection::new(Transport::Plain(stream), BytesMut::new(), peer.to_owned());
    match endpoint.tls {
        Tls::Implicit => greet(road.handshake(stream, on).await?, on).await,
        Tls::None => {
            let connection = greet(plain(stream), on).await?;
            on(Seen::Skipped(StepName::Tls, "clear text, to this machine only".into()));
            Ok(connection)
        }
        Tls::Starttls => {
            let mut connection = greet(plain(stream), on).await?;
            let greeting = connection.greeting.clone();
            on(Seen::Begun(StepName::Tls));
            road.start_tls(&mut connection).await?;
            let (Transport::Plain(stream), ahead) = connection.into_parts() else {
                return Err(road.failed(Cause::TlsFailed, Retry::Never, "TLS was active already".into()));
            };
            if !ahead.is_empty() {
                let detail = "bytes arrived in clear text after the answer to STARTTLS".to_owned();
                return Err(road.failed(Cause::StarttlsInjected, Retry::Never, detail));
            }
            let mut connection = road.handshake(stream, on).await?;
            connection.greeting = greeting;
            // What was said before TLS may have been forged: ask again (RFC 3501, section 6.2.1).
            ask_capabilities(&mut connection).await?;
            Ok(connection)
        }
    }
}

/// The way to one endpoint, with what it takes to name a failure on it.
struct Road<'a> {
    endpoint: &'a ImapEndpoint,
    peer: &'a str,
}

impl Road<'_> {
    fn failed(&self, cause: Cause, retry: Retry, detail: String) -> ConnectorError {
        let doing = format!("connecting to {} on port {}", self.peer, self.endpoint.port);
        ConnectorError { reach: Reach::Endpoint, retry, cause, doing, detail }
    }

    async fn dial(&self, on: Watcher<'_>) -> Result<TcpStream, ConnectorError> {
        on(Seen::Begun(StepName::Dns));
        // Once it was reached, a name that cannot be looked up is a line that is down.
        let addresses =
            self.resolve().await.map_err(|detail| self.failed(Cause::DnsFailed, Retry::Now, detail))?;
        let mut ips: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        ips.dedup();
        on(Seen::Passed(StepName::Dns, ips.join(", ")));
        let local = addresses.iter().all(|address| address.ip().is_loopback());
        if self.endpoint.tls == Tls::None && !local {
            let detail = "the endpoint asks for clear text to another machine".to_owned();
            return Err(self.failed(Cause::CleartextRefused, Retry::Never, detail));
        }
        on(Seen::Begun(StepName::Tcp));
        let stream = connect_first(&addresses).await.map_err(|error| {
            let cause = match error.kind() {
                io::ErrorKind::ConnectionRefused => Cause::ConnectRefused,
                io::ErrorKind::TimedOut => Cause::TimedOut,
                _ => Cause::ConnectFailed,
            };
            self.failed(cause, Retry::Now, error.to_string())
        })?;
        // Small commands must not wait for the answer to the one before. When a connection is given up, what still waits
        // to be sent must not arrive any more: the next pass would not see it yet and send it again.
        let ready = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_zero_linger())
            .and_then(|()| stream.peer_addr());
        let address =
            ready.map_err(|error| self.failed(Cause::ConnectFailed, Retry::Now, error.to_string()))?;
        on(Seen::Passed(StepName::Tcp, address.to_string()));
        Ok(stream)
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, String> {
        let host = self.endpoint.host.trim_start_matches('[').trim_end_matches(']');
        let name = clean(host, 100);
        match timeout(CONNECT, lookup_host((host, self.endpoint.port))).await {
            Ok(Ok(addresses)) => {
                let addresses: Vec<_> = addresses.collect();
                if addresses.is_empty() { Err(format!("“{name}” has no address")) } else { Ok(addresses) }
            }
            Ok(Err(error)) => Err(format!("“{name}” could not be looked up ({error})")),
            Err(_) => Err(format!("looking up “{name}” took too long")),
        }
    }

    async fn handshake(&self, stream: TcpStream, on: Watcher<'_>) -> Result<Connection, ConnectorError> {
        on(Seen::Begun(StepName::Tls));
        let ImapEndpoint { host, pin, .. } = self.endpoint;
        let handshake = timeout(GREETING, tls::handshake(stream, host, pin.as_deref())).await;
        let (result, card) = handshake.map_err(|_| {
            let detail = format!("no TLS answer within {} seconds", GREETING.as_secs());
            self.failed(Cause::TimedOut, Retry::Now, detail)
        })?;
        if let Some(card) = card {
            on(Seen::Certificate(card));
        }
        let stream = result.map_err(|failure| {
            // A balancer accepts connections while the server behind it starts. Another certificate stays another one.
            let retry = if failure.cause == Cause::TlsFailed { Retry::Now } else { Retry::Never };
            self.failed(failure.cause, retry, failure.detail)
        })?;
        let version = match stream.get_ref().1.protocol_version() {
            Some(version) => format!("{version:?}").replace("TLSv1_", "TLS 1."),
            None => "TLS".to_owned(),
        };
        let trust = if pin.is_some() { "the pinned certificate" } else { "a trusted certificate" };
        on(Seen::Passed(StepName::Tls, format!("{version} with {trust}")));
        Ok(Connection::new(Transport::Tls(Box::new(stream)), BytesMut::new(), self.peer.to_owned()))
    }

    /// Asks for TLS; the bare stream is to be taken out of the session then.
    async fn start_tls(&self, connection: &mut Connection) -> Result<(), ConnectorError> {
        if !connection.capabilities.has("STARTTLS") {
            let detail = "STARTTLS is not among the server's capabilities".to_owned();
            return Err(self.failed(Cause::StarttlsMissing, Retry::Never, detail));
        }
        let condition = connection.run(b"STARTTLS", |_| {}).await?;
        if condition.is_ok() {
            return Ok(());
        }
        let detail = format!("the server refused STARTTLS: “{}”", condition.words);
        Err(self.failed(Cause::StarttlsMissing, Retry::Never, detail))
    }
}

/// The first address that takes the connection; else the last one's error.
async fn connect_first(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        last = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error,
            Err(_) => {
                let detail = format!("no answer from {address} within {} seconds", CONNECT.as_secs());
                io::Error::new(io::ErrorKind::TimedOut, detail)
            }
        };
    }
    Err(last)
}

async fn greet(mut connection: Connection, on: Watcher<'_>) -> Result<Connection, ConnectorError> {
    on(Seen::Begun(StepName::Greeting));
    let condition = match connection.first_response(GREETING).await? {
        Response::Condition(condition) => condition,
        Response::Continue | Response::Done { .. } | Response::Data { .. } => {
            return Err(connection.not_imap("its first words are no IMAP greeting".into()));
        }
    };
    match condition.status {
        Status::Ok => {}
        Status::PreAuth => {
            let error = connection.not_imap("it logs us in as somebody of its own choice (PREAUTH)".into());
            return Err(ConnectorError { cause: Cause::LoginUnavailable, ..error });
        }
        Status::Bye | Status::No | Status::Bad => return Err(connection.farewell(&condition)),
    }
    connection.greeting.clone_from(&condition.words);
    match condition.code {
        Some(code) if code.name == "CAPABILITY" => {
            connection.capabilities = Capabilities::read(code.arguments.split(' '));
        }
        Some(_) | None => ask_capabilities(&mut connection).await?,
    }
    if !connection.capabilities.has("IMAP4REV1") && !connection.capabilities.has("IMAP4REV2") {
        return Err(connection.not_imap("its capabilities do not name IMAP4rev1".into()));
    }
    on(Seen::Passed(StepName::Greeting, connection.greeting.clone()));
    Ok(connection)
}

/// Asks what the server can do now.
pub(super) async fn ask_capabilities(connection: &mut Connection) -> Result<(), ConnectorError> {
    let mut capabilities = None;
    let condition = connection.run(b"CAPABILITY", |data| read_capabilities(&data, &mut capabilities)).await?;
    match (condition.is_ok(), capabilities) {
        (true, Some(capabilities)) => {
            connection.capabilities = capabilities;
            Ok(())
        }
        (false, _) if condition.hint().is_some() => {
            let doing = format!("asking {} what it can do", connection.peer);
            Err(connection.refused(&condition, Reach::Endpoint, Cause::NotImap, doing))
        }
        (true, None) | (false, _) => Err(connection.not_imap("it does not tell its capabilities".into())),
    }
}

/// Keeps the list when the data is one.
fn read_capabilities(data: &Data, into: &mut Option<Capabilities>) {
    if data.name == "CAPABILITY" {
        let words: Vec<String> = data.values.iter().filter_map(Value::text).collect();
        *into = Some(Capabilities::read(words.iter().map(String::as_str)));
    }
}
