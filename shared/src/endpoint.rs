//! Where a mail system is and how to log in. Never holds a secret.

mod compress;
mod preset;

use serde::{Deserialize, Serialize};

pub use compress::Compress;
pub use preset::{Preset, UnknownPreset};

/// A mail system. A closed enum: adding a system adds one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Endpoint {
    /// Any IMAP4rev1 server (RFC 3501).
    Imap(ImapEndpoint),
}

impl Endpoint {
    /// The host name as the admin typed it.
    pub fn host(&self) -> &str {
        match self {
            Self::Imap(imap) => &imap.host,
        }
    }

    /// Whether a login would go to the same server in the same way: a stored secret is used nowhere else.
    pub fn same_login(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Imap(one), Self::Imap(other)) => {
                one.host.eq_ignore_ascii_case(&other.host)
                    && (one.port, one.tls) == (other.port, other.tls)
                    && one.login == other.login
            }
        }
    }

    /// Whether it is the same server, however it is spoken to.
    pub fn same_server(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Imap(one), Self::Imap(other)) => {
                one.host.eq_ignore_ascii_case(&other.host) && one.port == other.port
            }
        }
    }

    /// The preset the admin chose; none: it is recognised from the server's own words.
    pub fn preset(&self) -> Option<Preset> {
        match self {
            Self::Imap(imap) => imap.preset,
        }
    }

    /// Whether each mailbox brings a password (or token) of its own, rather than an admin logging in for all.
    pub fn secret_per_mailbox(&self) -> bool {
        match self {
            Self::Imap(imap) => match imap.login {
                Login::Password => true,
                Login::Token { ref client } => {
                    client.as_ref().is_none_or(|client| client.grant == Grant::RefreshToken)
                }
                Login::AuthorizationId { .. } | Login::Master { .. } => false,
            },
        }
    }

    /// The admin who logs in for all mailboxes; none: nobody does.
    pub fn admin(&self) -> Option<&str> {
        match self {
            Self::Imap(imap) => match &imap.login {
                Login::AuthorizationId { admin } | Login::Master { admin, .. } => Some(admin),
                Login::Password | Login::Token { .. } => None,
            },
        }
    }

    /// How access tokens are fetched, where they are.
    pub const fn token_client(&self) -> Option<&TokenClient> {
        match self {
            Self::Imap(imap) => match &imap.login {
                Login::Token { client } => client.as_ref(),
                Login::Password | Login::AuthorizationId { .. } | Login::Master { .. } => None,
            },
        }
    }
}

/// How to reach an IMAP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImapEndpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port: 993 for implicit TLS, 143 for STARTTLS.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Trust exactly this certificate: lower-case hexadecimal SHA-256 of its DER form.
    #[serde(default)]
    pub pin: Option<String>,
    /// How mailboxes are opened.
    pub login: Login,
    /// Which product it is, where its own words mislead; none: it is recognised.
    #[serde(default)]
    pub preset: Option<Preset>,
    /// Whether what is said is compressed on its way.
    #[serde(default, skip_serializing_if = "crate::project::is_default")]
    pub compress: Compress,
}

impl ImapEndpoint {
    /// A server as most are reached: TLS from the first byte at port 993 (RFC 8314), trusted by the machine's authorities.
    pub fn new(host: impl Into<String>, login: Login) -> Self {
        Self {
            host: host.into(),
            port: 993,
            tls: Tls::Implicit,
            pin: None,
            login,
            preset: None,
            compress: Compress::default(),
        }
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Clear text upgraded by STARTTLS before anything else is said; never optional.
    Starttls,
    /// Clear text; allowed to loopback only.
    None,
}

impl Tls {
    /// The port that goes with this protection when none is given.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Implicit => 993,
            Self::Starttls | Self::None => 143,
        }
    }
}

/// How mailboxes are opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Login {
    /// Each mailbox with its own user name and password (AUTHENTICATE PLAIN or LOGIN).
    Password,
    /// An admin logs in and names the mailbox as the authorization identity (RFC 4616).
    AuthorizationId {
        /// The admin's login name.
        admin: String,
    },
    /// An admin logs in under a name made from a template such as `{user}*{admin}` (Dovecot master users).
    Master {
        /// The admin's login name.
        admin: String,
        /// Template with `{user}` and `{admin}`.
        template: String,
    },
    /// Each mailbox with an OAuth 2.0 access token (XOAUTH2, or OAUTHBEARER of RFC 7628).
    Token {
        /// How tokens are fetched and renewed; none: each mailbox's token is entered and lasts as long as it lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<TokenClient>,
    },
}

/// An OAuth 2.0 client (RFC 6749) that fetches access tokens. Its secret is the endpoint's, where it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenClient {
    /// The token endpoint: `https://`, or `http://` to this machine.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// What is asked for; none: what the client has by default.
    #[serde(default)]
    pub scope: Option<String>,
    /// What the client shows for a token.
    pub grant: Grant,
}

/// What a client shows for an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// Each mailbox's refresh token (RFC 6749, section 6), which stands in the place of its password.
    RefreshToken,
    /// Its own secret, for all mailboxes (RFC 6749, section 4.4).
    ClientCredentials,
}
