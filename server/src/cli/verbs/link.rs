//! The way to a running server: requests over HTTP, refusals as problems with their exit codes.

use std::{error::Error as _, time::Duration};

use reqwest::{Client, Method, Response, Url, header, redirect::Policy};
use secrecy::{ExposeSecret as _, SecretString};
use shared::error::{ApiError, ErrorCode};

use super::{
    Exit, Problem,
    arguments::{Place, Request},
    trust,
};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);
/// Longest wait for an answer: a report of a large mailbox takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// The way to a server.
#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    server: Url,
    token: SecretString,
}

/// What the server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) is_json: bool,
    pub(super) body: Vec<u8>,
}

impl Link {
    /// Prepares the way; nothing is sent yet.
    pub(super) fn new(place: &Place) -> Result<Self, Problem> {
        let server = server(&place.server)?;
        let pin = match &place.pin {
            Some(text) => Some(trust::read_pin(text).ok_or_else(|| {
                Problem::arguments(
                    "A pin is the SHA-256 of a certificate: 64 hexadecimal digits, colons allowed.",
                )
            })?),
            None => None,
        };
        let tls = trust::config(pin)
            .map_err(|error| Problem::new(Exit::TlsNotTrusted, format!("TLS cannot be set up: {error}.")))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .no_proxy()
            .build()
            .map_err(|error| {
                Problem::new(Exit::Internal, format!("The client cannot be set up: {error}."))
            })?;
        Ok(Self { client, server, token: place.token.clone() })
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, Problem> {
        let exchange = async {
            let response = self.send(request).await?;
            let is_json = kind_of(&response).starts_with("application/json");
            let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
            Ok(Answer { is_json, body: body.to_vec() })
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| {
            Err(Problem::new(
                Exit::Unreachable,
                format!("{} did not answer in time. Look at its log.", self.server),
            ))
        })
    }

    /// Sends a request; a refusal is a problem. Without a limit of time: a live stream has no end.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, Problem> {
        let mut url = self.server.clone();
        url.set_path(&format!("{}/api/v1{}", self.server.path().trim_end_matches('/'), request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
        let mut sending = self.client.request(method, url).bearer_auth(self.token.expose_secret());
        if let Some(body) = &request.body {
            sending = sending.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = sending.send().await.map_err(|error| self.unreachable(&error))?;
        match response.status().as_u16() {
            200..300 => Ok(response),
            status => Err(self.refused(status, response).await),
        }
    }

    async fn refused(&self, status: u16, response: Response) -> Problem {
        let body = response.bytes().await.unwrap_or_default();
        let Ok(error) = serde_json::from_slice::<ApiError>(&body) else {
            return Problem::new(
                Exit::NotImap,
                format!(
                    "{} answered with status {status} and no words of carbonio-migrate. Check --server: is something \
                     else in between?",
                    self.server
                ),
            );
        };
        Problem::new(exit_of(error.code), told(&error))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Problem {
        if is_about_trust(error) {
            return Problem::new(
                Exit::TlsNotTrusted,
                format!(
                    "The certificate of {} is not trusted. Compare its SHA-256 with the server's own and give it as \
                     --pin, or install its authority on this machine.",
                    self.server
                ),
            );
        }
        let what = if error.is_timeout() {
            "there was no answer in time"
        } else if error.is_connect() {
            "the connection failed"
        } else {
            "the exchange broke off"
        };
        Problem::new(
            Exit::Unreachable,
            format!("Asking {} failed: {what}. Check --server and that the server runs.", self.server),
        )
    }
}

/// The address of a server. A token in clear text must not leave this machine.
fn server(text: &str) -> Result<Url, Problem> {
    let wrong =
        |why: &str| Err(Problem::arguments(format!("{text:?} is not an address of a server: {why}.")));
    let Ok(url) = Url::parse(text) else { return wrong("write it as https://migrate.example.org") };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            wrong("it must not hold a name or a password")
        }
        _ if url.query().is_some() || url.fragment().is_some() => wrong("nothing may stand behind it"),
        "https" => Ok(url),
        "http" if here => Ok(url),
        "http" => wrong("over http the token would cross the network in clear text; use https"),
        _ => wrong("it must begin with https://"),
    }
}

/// The end of a request that was refused.
const fn exit_of(code: ErrorCode) -> Exit {
    match code {
        ErrorCode::Invalid | ErrorCode::NotFound | ErrorCode::TooLarge => Exit::Arguments,
        ErrorCode::Unauthorized | ErrorCode::Forbidden => Exit::LoginRefused,
        ErrorCode::Conflict | ErrorCode::TooMany => Exit::Incomplete,
        ErrorCode::Internal => Exit::Internal,
        ErrorCode::Unavailable => Exit::Unreachable,
    }
}

/// Everything that is wrong, a line each.
fn told(error: &ApiError) -> String {
    let line = |(field, message): (Option<&str>, &str)| match field {
        Some(field) => format!("{message} (field {field})"),
        None => message.to_owned(),
    };
    error.faults().map(line).collect::<Vec<_>>().join("\n")
}

fn kind_of(response: &Response) -> String {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a certificate is at the bottom of it.
fn is_about_trust(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Errors of reading and writing carry the one of TLS inside, not as their cause.
        let carried = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = inner.downcast_ref::<rustls::Error>().or_else(|| carried?.downcast_ref());
        if matches!(found, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use shared::error::{ApiError, ErrorCode};

    use super::{server, told};

    #[test]
    fn every_mistake_is_told_on_a_line_of_its_own() {
        let error = |field: Option<&str>, message: &str| ApiError {
            code: ErrorCode::Invalid,
            message: message.into(),
            field: field.map(Into::into),
            also: Vec::new(),
        };
        let both = error(Some("name"), "No name.").and(error(Some("zone"), "No zone."));
        assert_eq!(told(&both), "No name. (field name)\nNo zone. (field zone)");
        assert_eq!(told(&error(None, "No.")), "No.");
    }

    #[test]
    fn a_token_never_leaves_this_machine_in_clear_text() {
        for good in [
            "https://migrate.example.org",
            "http://127.0.0.1:7080",
            "http://localhost:1/",
            "http://[::1]:7080",
        ] {
            assert!(server(good).is_ok(), "{good}");
        }
        for bad in [
            "migrate.example.org",
            "http://migrate.example.org",
            "http://127.0.0.1.example.org",
            "https://a:b@migrate.example.org",
            "https://migrate.example.org/?x",
            "ftp://127.0.0.1",
        ] {
            assert!(server(bad).is_err(), "{bad}");
        }
    }
}
