//! One mailbox on one side, as the command line and the API name it.

use servers::dovecot::{Dovecot, MASTER, MASTER_PASSWORD, PASSWORD};
use shared::{
    endpoint::{Endpoint, ImapEndpoint, Login, Tls},
    project::SideForm,
};

/// A mailbox and how to reach it.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Where its server is and how one logs in.
    pub endpoint: ImapEndpoint,
    /// Its login name.
    pub user: String,
    /// Its own, or the admin's, password.
    pub secret: String,
}

impl Mailbox {
    /// A mailbox reached by implicit TLS with the server's certificate pinned, and opened with its own password.
    pub fn on(server: &Dovecot, user: &str) -> Self {
        let port = server.tls_port().expect("the server speaks TLS");
        let pin = server.certificate().map(|certificate| certificate.sha256.clone());
        let host = "127.0.0.1";
        let endpoint = ImapEndpoint { port, pin, ..ImapEndpoint::new(host, Login::Password) };
        Self { endpoint, user: user.into(), secret: PASSWORD.into() }
    }

    /// A mailbox reached in clear text.
    pub fn plain(server: &Dovecot, user: &str) -> Self {
        Self::at(server.plain_port(), user)
    }

    /// A mailbox on any port of this machine, in clear text.
    pub fn at(port: u16, user: &str) -> Self {
        let host = "127.0.0.1";
        let endpoint = ImapEndpoint { port, tls: Tls::None, ..ImapEndpoint::new(host, Login::Password) };
        Self { endpoint, user: user.into(), secret: PASSWORD.into() }
    }

    /// The same by STARTTLS.
    #[must_use]
    pub fn starttls(mut self, server: &Dovecot) -> Self {
        self.endpoint.port = server.plain_port();
        self.endpoint.tls = Tls::Starttls;
        self
    }

    /// The same with another pin, or none.
    #[must_use]
    pub fn pinned(mut self, pin: Option<&str>) -> Self {
        self.endpoint.pin = pin.map(str::to_owned);
        self
    }

    /// The same under another host name.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.endpoint.host = host.into();
        self
    }

    /// The same on another port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.endpoint.port = port;
        self
    }

    /// The same with another password.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = secret.into();
        self
    }

    /// The same, opened by the master user under the name `user*master`.
    #[must_use]
    pub fn by_master(mut self) -> Self {
        self.endpoint.login = Login::Master { admin: MASTER.into(), template: "{user}*{admin}".into() };
        self.secret(MASTER_PASSWORD)
    }

    /// The same, opened by the master user with the mailbox as authorization identity.
    #[must_use]
    pub fn by_admin(mut self) -> Self {
        self.endpoint.login = Login::AuthorizationId { admin: MASTER.into() };
        self.secret(MASTER_PASSWORD)
    }

    /// The same, opened with its secret as an access token.
    #[must_use]
    pub fn by_token(mut self) -> Self {
        self.endpoint.login = Login::Token { client: None };
        self
    }

    /// The mailbox's server as a side of a project; with the secret where an admin logs in for all.
    pub fn side(&self) -> SideForm {
        let endpoint = Endpoint::Imap(self.endpoint.clone());
        let secret = (!endpoint.secret_per_mailbox()).then(|| self.secret.clone());
        SideForm { endpoint, secret }
    }

    /// The mailbox's own secret as a job takes it; none where an admin logs in for all.
    pub fn own_secret(&self) -> Option<String> {
        Endpoint::Imap(self.endpoint.clone()).secret_per_mailbox().then(|| self.secret.clone())
    }
}
