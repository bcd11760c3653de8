//! Logging in, by async-imap: LOGIN, PLAIN with and without an authorization identity, master users, XOAUTH2.

use std::time::Duration;

use async_imap::{Authenticator, Client};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    cause::Cause,
    endpoint::{ImapEndpoint, Login},
};
use tokio::time::timeout;

use super::{
    connection::{Capabilities, Connection},
    encode::clean,
    enter::reach,
    hint::{self, Hint},
    response,
    transport::ByLine,
};
use crate::error::{ConnectorError, Retry};

/// Longest wait for a login; servers delay refused ones on purpose.
const LOGIN: Duration = Duration::from_secs(30);

const NOT_IMAP: &str = "the server's answer is not IMAP";

/// For whom a login is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginAs<'a> {
    /// A mailbox, by its login name, in the way its endpoint says.
    Mailbox(&'a str),
    /// The admin itself, by its own login name, for no mailbox.
    Admin(&'a str),
}

/// Logs in. The connection's capabilities are unknown afterwards unless the server tells them with
/// its answer: they may have changed.
pub(crate) async fn login(
    connection: Connection,
    endpoint: &ImapEndpoint,
    whose: LoginAs<'_>,
    secret: &SecretString,
) -> Result<Connection, ConnectorError> {
    let peer = connection.peer.clone();
    let greeting = connection.greeting.clone();
    let line = connection.seen_line();
    let reach = reach(endpoint);
    let failed = |cause, retry, detail| {
        let doing = format!("logging in to {peer}");
        ConnectorError { reach, retry, cause, doing, detail }
    };
    let words = Words::of(&endpoint.login, whose, secret);
    let mechanism = words
        .mechanism(&connection)
        .map_err(|detail| failed(Cause::LoginUnavailable, Retry::Never, detail))?;
    let (transport, ahead) = connection.into_parts();
    let client = Client::new(ByLine::new(transport, ahead));
    let attempt = async {
        match mechanism {
            Mechanism::Login => client.login(&words.name, secret.expose_secret()).await,
            Mechanism::Plain => client.authenticate("PLAIN", Once::new(words.plain(), "")).await,
            Mechanism::XOAuth2 => client.authenticate("XOAUTH2", Once::new(words.xoauth2(), "")).await,
            Mechanism::OAuthBearer => {
                client.authenticate("OAUTHBEARER", Once::new(words.oauth_bearer(endpoint), "\x01")).await
            }
        }
    };
    let result = timeout(LOGIN, attempt).await.map_err(|_| {
        failed(Cause::TimedOut, Retry::Now, format!("no answer within {} seconds", LOGIN.as_secs()))
    })?;
    let mut session = result.map_err(|(error, client)| {
        let secrets = words.spellings(endpoint);
        let said = last_words(client.get_ref().last_line(), &secrets);
        let (cause, retry, detail) = said.unwrap_or_else(|| classify(&error, &secrets));
        failed(cause, retry, detail)
    })?;
    let stream = session.get_mut();
    let capabilities = told(stream.last_line());
    let stream = stream.take();
    let (transport, ahead) =
        stream.ok_or_else(|| failed(Cause::Internal, Retry::Never, "the stream was taken twice".into()))?;
    let mut connection = Connection::new(transport, ahead, peer.clone());
    connection.greeting = greeting;
    connection.carry_on(line);
    connection.capabilities = capabilities.unwrap_or_default();
    Ok(connection)
}

/// The capabilities in the answer that ends a login (RFC 3501, section 7.1, CAPABILITY).
fn told(answer: &[u8]) -> Option<Capabilities> {
    let Some(response::Response::Done { condition, .. }) = response::parse(&Bytes::copy_from_slice(answer))
    else {
        return None;
    };
    let code = condition.code.filter(|code| code.name == "CAPABILITY")?;
    Some(Capabilities::read(code.arguments.split(' ')))
}

/// What the login says, worked out from the endpoint's method.
struct Words<'a> {
    /// The name that owns the secret.
    name: String,
    /// The mailbox, when another name logs in for it.
    authorize: Option<&'a str>,
    secret: &'a SecretString,
    token: bool,
}

enum Mechanism {
    Login,
    Plain,
    XOAuth2,
    OAuthBearer,
}

impl<'a> Words<'a> {
    fn of(login: &Login, whose: LoginAs<'a>, secret: &'a SecretString) -> Self {
        let user = match whose {
            LoginAs::Mailbox(user) => user,
            LoginAs::Admin(admin) => {
                return Self { name: admin.to_owned(), authorize: None, secret, token: false };
            }
        };
        let (name, authorize, token) = match login {
            Login::Password => (user.to_owned(), None, false),
            Login::Token { .. } => (user.to_owned(), None, true),
            Login::AuthorizationId { admin } => (admin.clone(), Some(user), false),
            Login::Master { admin, template } => (fill(template, user, admin), None, false),
        };
        Self { name, authorize, secret, token }
    }

    fn mechanism(&self, connection: &Connection) -> Result<Mechanism, String> {
        let capabilities = &connection.capabilities;
        if self.token {
            return if capabilities.has("AUTH=XOAUTH2") {
                Ok(Mechanism::XOAuth2)
            } else if capabilities.has("AUTH=OAUTHBEARER") {
                Ok(Mechanism::OAuthBearer)
            } else {
                Err("the server offers neither XOAUTH2 nor OAUTHBEARER".into())
            };
        }
        let ascii = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        let plain_words = ascii(&self.name) && ascii(self.secret.expose_secret());
        if self.authorize.is_none() && !capabilities.has("LOGINDISABLED") && plain_words {
            return Ok(Mechanism::Login);
        }
        if capabilities.has("AUTH=PLAIN") {
            return Ok(Mechanism::Plain);
        }
        Err(match self.authorize {
            Some(_) => {
                "the server does not offer AUTHENTICATE PLAIN, which carries the authorization identity"
            }
            None => "the server offers neither LOGIN nor AUTHENTICATE PLAIN for this name and password",
        }
        .into())
    }

    /// RFC 4616: authorization identity, NUL, authentication identity, NUL, password.
    fn plain(&self) -> SecretString {
        format!("{}\0{}\0{}", self.authorize.unwrap_or_default(), self.name, self.secret.expose_secret())
            .into()
    }

    /// Every form of the secret in which a server could repeat it, the longest first.
    fn spellings(&self, endpoint: &ImapEndpoint) -> Vec<String> {
        let secret = self.secret.expose_secret();
        let encoded = [self.plain(), self.xoauth2(), self.oauth_bearer(endpoint)]
            .map(|response| STANDARD.encode(response.expose_secret()));
        let said = encoded.into_iter().chain([secret.to_owned(), quoted(secret)]);
        // async-imap gives the server's words as a literal of Rust.
        let mut spellings: Vec<_> = said.flat_map(|said| [said.escape_debug().to_string(), said]).collect();
        spellings.retain(|spelling| !spelling.is_empty());
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        spellings
    }

    /// RFC 7628, section 3.1; in the name, "," and "=" are written as RFC 5801 (section 4) wants them.
    fn oauth_bearer(&self, endpoint: &ImapEndpoint) -> SecretString {
        let name = self.name.replace('=', "=3D").replace(',', "=2C");
        let (host, port, token) = (&endpoint.host, endpoint.port, self.secret.expose_secret());
        format!("n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01").into()
    }

    fn xoauth2(&self) -> SecretString {
        format!("user={}\x01auth=Bearer {}\x01\x01", self.name, self.secret.expose_secret()).into()
    }
}

/// A string as it stands between quotes (RFC 3501, section 4.3).
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The login name of a master user: `{user}*{admin}`.
fn fill(template: &str, user: &str, admin: &str) -> String {
    template.split("{user}").map(|part| part.replace("{admin}", admin)).collect::<Vec<_>>().join(user)
}

/// Says the response to the first challenge. A second one tells of a refused token: it gets what ends the exchange.
struct Once {
    response: Option<SecretString>,
    end: &'static str,
}

impl Once {
    const fn new(response: SecretString, end: &'static str) -> Self {
        Self { response: Some(response), end }
    }
}

/// A response to a challenge.
struct Response(SecretString);

impl AsRef<[u8]> for Response {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl Authenticator for Once {
    type Response = Response;

    fn process(&mut self, _challenge: &[u8]) -> Response {
        Response(self.response.take().unwrap_or_else(|| self.end.into()))
    }
}

/// A server that echoes the password must not bring it into a log or a report.
fn without(secrets: &[String], words: &str) -> String {
    secrets.iter().fold(words.to_owned(), |words, secret| words.replace(secret, "…"))
}

/// What it comes to when the server's last words were a goodbye, or nothing that makes sense; none: they were neither.
fn last_words(last_line: &[u8], secrets: &[String]) -> Option<(Cause, Retry, String)> {
    if last_line.is_empty() {
        return None;
    }
    let line = Bytes::from(without(secrets, &String::from_utf8_lossy(last_line)));
    let condition = match response::parse(&line) {
        Some(response::Response::Condition(condition)) => condition,
        Some(_) => return None,
        None => return Some((Cause::Protocol, Retry::Now, NOT_IMAP.into())),
    };
    if condition.status != response::Status::Bye {
        return None;
    }
    let detail = format!("the server said goodbye: “{}”", condition.words);
    if let Some(code) = condition.code.as_ref().filter(|code| hint::logged_out(&code.name).is_some()) {
        // It is about this login, not about one that was good before.
        let (cause, retry) = refusal(&format!("[{}] {}", code.name, condition.words));
        return Some((cause, retry, detail));
    }
    Some(match condition.hint() {
        Some(Hint::Passes(cause, pause)) => (cause, Retry::After(pause), detail),
        Some(Hint::Human(cause)) => (cause, Retry::Never, detail),
        // It may mean the login: that is not sent again and again.
        None => (Cause::Disconnected, Retry::Now, detail),
    })
}

fn classify(error: &async_imap::error::Error, secrets: &[String]) -> (Cause, Retry, String) {
    use async_imap::error::Error;
    match error {
        Error::No(words) | Error::Bad(words) => {
            let words = clean(&information(&without(secrets, words)), 200);
            let (cause, retry) = refusal(&words);
            (cause, retry, format!("the server answered: “{words}”"))
        }
        Error::Validate(_) => {
            (Cause::LoginRefused, Retry::Never, "the name or the password holds a line break".into())
        }
        // The text of these may quote what was read; it stays out.
        Error::Parse(_) => (Cause::Protocol, Retry::Now, NOT_IMAP.into()),
        Error::Io(error) => {
            (Cause::Disconnected, Retry::Now, format!("the connection broke ({})", error.kind()))
        }
        _ => (Cause::Disconnected, Retry::Now, "the server closed the connection".into()),
    }
}

/// Why a login was refused, from the code and the words that servers use (RFC 5530, section 3).
fn refusal(words: &str) -> (Cause, Retry) {
    let (code, said) = hint::split(words);
    match hint::hint(code.as_deref(), said) {
        Some(Hint::Passes(cause, pause)) => return (cause, Retry::After(pause)),
        Some(Hint::Human(cause)) => return (cause, Retry::Never),
        None => {}
    }
    let lower = said.to_ascii_lowercase();
    let expired = ["expired", "has expired"].iter().any(|says| lower.contains(says));
    let cause = match code.as_deref() {
        Some("EXPIRED") => Cause::LoginExpired,
        Some("AUTHORIZATIONFAILED") => Cause::LoginNotAllowed,
        Some(_) | None if expired => Cause::LoginExpired,
        Some(_) | None => Cause::LoginRefused,
    };
    (cause, Retry::Never)
}

/// The human part of async-imap's `code: …, info: Some("…")`.
fn information(words: &str) -> String {
    let info = words.split_once("info: ").map_or(words, |(_, info)| info);
    let info = info.strip_prefix("Some(\"").unwrap_or(info);
    info.strip_suffix("\")").unwrap_or(info).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edge_102_master_login_names_follow_their_template() {
        assert_eq!(fill("{user}*{admin}", "anna@x.example", "root"), "anna@x.example*root");
        assert_eq!(fill("#{user}#{admin}#", "anna", "root"), "#anna#root#");
        assert_eq!(fill("{user}*{admin}", "{admin}", "root"), "{admin}*root");
    }

    #[test]
    fn plain_carries_the_authorization_identity_first() {
        let secret = SecretString::from("pw");
        let login = Login::AuthorizationId { admin: "root".into() };
        let plain =
            |login: &Login, whose| Words::of(login, whose, &secret).plain().expose_secret().to_owned();
        assert_eq!(plain(&login, LoginAs::Mailbox("anna")), "anna\0root\0pw");
        assert_eq!(plain(&Login::Password, LoginAs::Mailbox("anna")), "\0anna\0pw");
        assert_eq!(plain(&login, LoginAs::Admin("root")), "\0root\0pw", "itself, it names nobody");
    }

    #[test]
    fn the_bearer_of_a_token_is_named_as_rfc_7628_wants_it() {
        let endpoint = ImapEndpoint::new("mail.example", Login::Token { client: None });
        let secret = SecretString::from("vF9dft4qmT");
        let words = Words::of(&endpoint.login, LoginAs::Mailbox("a=b,c@x.example"), &secret);
        assert_eq!(
            words.oauth_bearer(&endpoint).expose_secret(),
            "n,a=a=3Db=2Cc@x.example,\x01host=mail.example\x01port=993\x01auth=Bearer vF9dft4qmT\x01\x01"
        );
    }

    #[test]
    fn refused_logins_are_told_apart() {
        for (words, cause) in [
            ("[AUTHENTICATIONFAILED] Authentication failed.", Cause::LoginRefused),
            ("LOGIN failed.", Cause::LoginRefused),
            ("[AUTHORIZATIONFAILED] not yours", Cause::LoginNotAllowed),
            ("[EXPIRED] change it", Cause::LoginExpired),
            ("Token has expired", Cause::LoginExpired),
            ("[UNAVAILABLE] Temporary authentication failure.", Cause::Unavailable),
            ("[LIMIT] Too many connections", Cause::Throttled),
            ("[CONTACTADMIN] locked", Cause::ContactAdmin),
            ("[PRIVACYREQUIRED] Cleartext authentication disallowed", Cause::Privacy),
        ] {
            assert_eq!(refusal(words).0, cause, "{words}");
        }
    }

    #[test]
    fn a_password_that_the_server_echoes_is_struck_out() {
        let error = async_imap::error::Error::No("code: None, info: Some(\"bad password s3cret\")".into());
        let (cause, _, detail) = classify(&error, &["s3cret".to_owned()]);
        assert_eq!(cause, Cause::LoginRefused);
        assert_eq!(detail, "the server answered: “bad password …”");
    }
}
