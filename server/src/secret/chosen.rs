//! Which of the secrets that there are opens a mailbox.

use engine::account::Account;
use secrecy::SecretString;
use shared::endpoint::Endpoint;

/// The secrets that there are for a mailbox.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// Its own: a password, an access token, or a refresh token.
    pub(crate) own: Option<SecretString>,
    /// Its side of the project's: the admin's password, or what the client that fetches tokens shows.
    pub(crate) of_project: Option<SecretString>,
}

impl Secrets {
    /// What is entered to try an endpoint with, beside what is kept for it. Where one secret is enough, the one that is entered
    /// goes before the one that is kept.
    pub(crate) fn to_try(
        endpoint: &Endpoint,
        entered: Option<SecretString>,
        kept: Option<SecretString>,
    ) -> Self {
        match (endpoint.secret_per_mailbox(), endpoint.token_client()) {
            // What is kept is the client's; the mailbox's refresh token is another one.
            (true, Some(_)) => Self { own: entered, of_project: kept },
            (true, None) => Self { own: entered.or(kept), of_project: None },
            (false, _) => Self { own: None, of_project: entered.or(kept) },
        }
    }

    /// The mailbox with the secret that opens it; none: that one is not there.
    pub(crate) fn open(self, endpoint: &Endpoint, user: &str) -> Option<Account> {
        let Self { own, of_project } = self;
        let (secret, client_secret) = match (endpoint.secret_per_mailbox(), endpoint.token_client()) {
            // A client that shows refresh tokens may have a secret of its own.
            (true, Some(_)) => (own, of_project),
            (true, None) => (own, None),
            // An admin logs in for all, or a client is given tokens for all.
            (false, _) => (of_project, None),
        };
        Some(Account { client_secret, ..Account::new(endpoint.clone(), user.to_owned(), secret?) })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use shared::endpoint::{Grant, ImapEndpoint, Login, TokenClient};

    use super::*;

    fn client(grant: Grant) -> Login {
        let token_url = "https://token.example/".into();
        Login::Token { client: Some(TokenClient { token_url, client_id: "us".into(), scope: None, grant }) }
    }

    fn every_login() -> [(&'static str, Login); 6] {
        [
            ("password", Login::Password),
            ("authorization id", Login::AuthorizationId { admin: "root".into() }),
            ("master user", Login::Master { admin: "root".into(), template: "{user}*{admin}".into() }),
            ("token", Login::Token { client: None }),
            ("refresh token", client(Grant::RefreshToken)),
            ("client credentials", client(Grant::ClientCredentials)),
        ]
    }

    fn secret(word: &str) -> Option<SecretString> {
        (!word.is_empty()).then(|| word.into())
    }

    /// What a mailbox is opened with, as `secret+client`; `-`: it is not.
    fn opened(secrets: Secrets, login: Login) -> String {
        let endpoint = Endpoint::Imap(ImapEndpoint::new("old.example", login));
        let Some(account) = secrets.open(&endpoint, "anna") else { return "-".into() };
        assert_eq!(account.user, "anna");
        let shown = |secret: &SecretString| secret.expose_secret().to_owned();
        let client = account.client_secret.as_ref().map(|client| format!("+{}", shown(client)));
        format!("{}{}", shown(&account.secret), client.unwrap_or_default())
    }

    #[test]
    fn each_way_to_log_in_has_its_own_secret_and_no_other_takes_its_place() {
        // What opens a mailbox that has both, only its own, only the project's.
        let expected = [
            ["own", "own", "-"],
            ["project", "-", "project"],
            ["project", "-", "project"],
            ["own", "own", "-"],
            ["own+project", "own", "-"],
            ["project", "-", "project"],
        ];
        for ((name, login), expected) in every_login().into_iter().zip(expected) {
            for ((own, of_project), expected) in
                [("own", "project"), ("own", ""), ("", "project")].into_iter().zip(expected)
            {
                let secrets = Secrets { own: secret(own), of_project: secret(of_project) };
                assert_eq!(opened(secrets, login.clone()), expected, "{name}: {own} {of_project}");
            }
        }
    }

    #[test]
    fn what_is_entered_to_try_with_goes_before_what_is_kept_unless_that_is_the_clients() {
        let expected = [
            ["entered", "entered", "kept"],
            ["entered", "entered", "kept"],
            ["entered", "entered", "kept"],
            ["entered", "entered", "kept"],
            ["entered+kept", "entered", "-"],
            ["entered", "entered", "kept"],
        ];
        for ((name, login), expected) in every_login().into_iter().zip(expected) {
            for ((entered, kept), expected) in
                [("entered", "kept"), ("entered", ""), ("", "kept")].into_iter().zip(expected)
            {
                let endpoint = Endpoint::Imap(ImapEndpoint::new("old.example", login.clone()));
                let secrets = Secrets::to_try(&endpoint, secret(entered), secret(kept));
                assert_eq!(opened(secrets, login.clone()), expected, "{name}: {entered} {kept}");
            }
        }
    }
}
