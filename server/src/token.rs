//! Fetches OAuth 2.0 access tokens (RFC 6749) over HTTPS, for mailboxes that log in with them.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use engine::token::{Fetch, TokenAnswer, TokenError, TokenOrder};
use futures_util::FutureExt as _;
use reqwest::{Client, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Longest wait for a token server.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two requests to one that is away.
const PAUSE: Duration = Duration::from_secs(10);
/// Longest answer that is read.
const MOST_BYTES: usize = 256 * 1024;

/// Asks token servers for tokens. Redirects are not followed: a secret goes where it was told to go.
pub(crate) fn fetcher() -> Fetch {
    // Made when the first token is asked for: reading the machine's certificates costs more than the rest of a start.
    let once = Arc::new(OnceLock::new());
    Arc::new(move |order| {
        let client = once.get_or_init(client).clone();
        async move { fetch(&client.map_err(|detail| TokenError::Later { detail, pause: PAUSE })?, &order).await }.boxed()
    })
}

fn client() -> Result<Client, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .build()
        .map_err(|error| format!("the client for token servers could not be set up ({error})"))
}

/// What a token server answers (RFC 6749, sections 5.1 and 5.2).
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<Seconds>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A number, which some servers write as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

async fn fetch(client: &Client, order: &TokenOrder) -> Result<TokenAnswer, TokenError> {
    let grant = if order.refresh_token.is_some() { "refresh_token" } else { "client_credentials" };
    let mut form = vec![("grant_type", grant), ("client_id", order.client.client_id.as_str())];
    form.extend(order.client.scope.as_deref().map(|scope| ("scope", scope)));
    let secret =
        |secret: &'_ Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let (client_secret, refresh_token) = (secret(&order.client_secret), secret(&order.refresh_token));
    form.extend(client_secret.as_deref().map(|secret| ("client_secret", secret)));
    form.extend(refresh_token.as_deref().map(|token| ("refresh_token", token)));
    let later = |error: reqwest::Error| TokenError::Later {
        detail: format!("the token server could not be asked ({})", kind(&error)),
        pause: PAUSE,
    };
    let response = client.post(&order.client.token_url).form(&form).send().await.map_err(later)?;
    let (status, pause) = (response.status(), asked_pause(&response));
    let body = read(response).await.map_err(later)?;
    let answer = serde_json::from_slice::<Answer>(&body).ok();
    if status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
    {
        let detail = format!("the token server answered {}", status.as_u16());
        return Err(TokenError::Later { detail, pause });
    }
    let hidden: Vec<&str> =
        [&client_secret, &refresh_token].into_iter().flatten().map(String::as_str).collect();
    match answer {
        Some(Answer { access_token: Some(access), expires_in, refresh_token, .. }) if status.is_success() => {
            let lasts = expires_in.and_then(|seconds| seconds.span());
            Ok(TokenAnswer { access: access.into(), lasts, refresh_token: refresh_token.map(Into::into) })
        }
        Some(answer) => {
            let said =
                [answer.error, answer.error_description].into_iter().flatten().collect::<Vec<_>>().join(": ");
            Err(TokenError::Refused(format!("{} “{}”", status.as_u16(), clean(&said, &hidden))))
        }
        None => Err(TokenError::Refused(format!("{} without an answer in JSON", status.as_u16()))),
    }
}

impl Seconds {
    fn span(&self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(seconds) => *seconds,
            Self::Text(text) => text.parse().ok()?,
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// The pause a server asks for (RFC 9110, section 10.2.3), in seconds; a date is not worth the trouble.
fn asked_pause(response: &Response) -> Duration {
    let said = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    said.and_then(|said| said.trim().parse().ok()).map_or(PAUSE, Duration::from_secs)
}

async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            body.clear();
            break;
        }
    }
    Ok(body)
}

/// What went wrong on the way, without addresses: they may hold what should not be shown.
fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection, or its certificate is not trusted"
    } else {
        "the exchange broke off"
    }
}

/// Words of a server for people: without control characters, without secrets, not long.
fn clean(words: &str, hidden: &[&str]) -> String {
    let words = hidden
        .iter()
        .filter(|secret| !secret.is_empty())
        .fold(words.to_owned(), |words, secret| words.replace(secret, "…"));
    words.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Says what is wrong with the address of a token server; none when tokens may be asked for there.
pub(crate) fn url_problem(url: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(url) else {
        return Some("Enter the whole address, such as https://login.example.org/token.");
    };
    let host = url.host_str().unwrap_or_default();
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            Some("The address must not hold a name or a password.")
        }
        "https" => None,
        "http" if local => None,
        _ => Some("Tokens are fetched over https:// only, except from this machine."),
    }
}

/// The host of such an address.
pub(crate) fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(|host| host.trim_matches(['[', ']']).to_owned())
}

#[cfg(test)]
mod tests {
    use engine::token::{TokenError, TokenOrder};
    use secrecy::ExposeSecret as _;
    use shared::endpoint::{Grant, TokenClient};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::{clean, fetcher, url_problem};

    /// Answers one request with these words and tells what was asked.
    async fn ask(
        answer: &str,
        refresh_token: Option<&str>,
    ) -> (Result<super::TokenAnswer, TokenError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let answer = answer.to_owned();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut asked = Vec::new();
            while !String::from_utf8_lossy(&asked).contains("client_id=") {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.expect("a request");
                asked.extend_from_slice(&part[..read]);
            }
            stream.write_all(answer.as_bytes()).await.expect("a listener");
            String::from_utf8(asked).expect("text")
        });
        let client = TokenClient {
            token_url: format!("http://{address}/token"),
            client_id: "us&them".into(),
            scope: Some("imap offline".into()),
            grant: if refresh_token.is_some() { Grant::RefreshToken } else { Grant::ClientCredentials },
        };
        let client_secret = Some("s3cret".into());
        let order = TokenOrder { client, client_secret, refresh_token: refresh_token.map(Into::into) };
        let answer = fetcher()(order).await;
        (answer, server.await.expect("no panic"))
    }

    fn http(status: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn tokens_are_asked_for_as_rfc_6749_wants_it() {
        let body = r#"{"access_token":"at","token_type":"Bearer","expires_in":"3600","refresh_token":"r2"}"#;
        let (answer, asked) = ask(&http("200 OK", body), Some("r1")).await;
        let answer = answer.expect("a token");
        assert_eq!(
            (answer.access.expose_secret(), answer.lasts.map(|lasts| lasts.as_secs())),
            ("at", Some(3600))
        );
        assert_eq!(answer.refresh_token.expect("rotated").expose_secret(), "r2");
        assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
        let form = "grant_type=refresh_token&client_id=us%26them&scope=imap+offline&client_secret=s3cret&refresh_token=r1";
        assert!(asked.ends_with(form), "{asked}");
        let (answer, asked) = ask(&http("200 OK", r#"{"access_token":"at","expires_in":60}"#), None).await;
        assert_eq!(answer.expect("a token").lasts.map(|lasts| lasts.as_secs()), Some(60));
        assert!(
            asked.contains("grant_type=client_credentials") && !asked.contains("refresh_token"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn refusals_are_told_from_servers_that_are_away_and_show_no_secret() {
        let body = r#"{"error":"invalid_grant","error_description":"r1 of s3cret is spent"}"#;
        let (answer, _) = ask(&http("400 Bad Request", body), Some("r1")).await;
        assert_eq!(
            answer.expect_err("refused"),
            TokenError::Refused("400 “invalid_grant: … of … is spent”".into())
        );
        let busy = "HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n";
        let (answer, _) = ask(busy, None).await;
        let Err(TokenError::Later { pause, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(pause.as_secs(), 17);
        let (answer, _) =
            ask("HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", None).await;
        assert!(matches!(answer, Err(TokenError::Refused(_))), "a redirect is not followed: {answer:?}");
    }

    #[test]
    fn tokens_are_fetched_over_https_or_from_this_machine() {
        for good in ["https://login.example.org/token", "http://127.0.0.1:8080/t", "http://localhost/t"] {
            assert_eq!(url_problem(good), None, "{good}");
        }
        for bad in [
            "login.example.org",
            "http://login.example.org/",
            "https://a:b@login.example.org/",
            "ftp://x/",
            "",
        ] {
            assert!(url_problem(bad).is_some(), "{bad}");
        }
        assert_eq!(clean("a\nb", &[]), "ab");
    }
}
