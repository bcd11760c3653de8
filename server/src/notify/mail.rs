//! Mail, handed over to a server of the installation's own.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    address::AddressError,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls as Way, TlsParameters},
    },
};
use secrecy::ExposeSecret as _;
use shared::{
    endpoint::Tls,
    notify::{MailServer, Occasion},
};

use crate::store::Ways;

/// Longest wait for the mail server.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most lines of one mail.
const LINES: usize = 100;

/// Sends one mail with a line for each piece of news; says why not.
pub(super) async fn send(
    ways: &Ways,
    recipient: &str,
    occasion: Occasion,
    lines: &[&str],
) -> Result<(), String> {
    let Some(server) = &ways.settings.mail else {
        return Err("There is no mail server in the settings.".into());
    };
    let message = message(server, recipient, occasion, lines)?;
    let tls =
        |server: &MailServer| TlsParameters::new(server.host.clone()).map_err(|error| error.to_string());
    let way = match server.tls {
        Tls::Implicit => Way::Wrapper(tls(server)?),
        Tls::Starttls => Way::Required(tls(server)?),
        Tls::None => Way::None,
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.as_str())
        .port(server.port)
        .tls(way)
        .timeout(Some(PATIENCE));
    if let (Some(user), Some(secret)) = (&server.user, &ways.mail_secret) {
        transport = transport.credentials(Credentials::new(user.clone(), secret.expose_secret().to_owned()));
    }
    let sent = transport.build().send(message).await;
    sent.map(drop).map_err(|error| {
        // The server's words, which name no secret of ours.
        format!("The mail server {} did not take the mail: {}.", server.host, one_line(&error.to_string()))
    })
}

fn message(
    server: &MailServer,
    recipient: &str,
    occasion: Occasion,
    lines: &[&str],
) -> Result<Message, String> {
    let address =
        |text: &str| text.parse::<Mailbox>().map_err(|error: AddressError| format!("{text}: {error}."));
    let mut text: String = lines.iter().take(LINES).map(|line| format!("- {}\n", one_line(line))).collect();
    if lines.len() > LINES {
        text.push_str(&format!("… and {} more.\n", lines.len() - LINES));
    }
    let subject = format!("[carbonio-migrate] {}", occasion.title());
    Message::builder()
        .from(address(&server.from)?)
        .to(address(recipient)?)
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(format!("{text}\nYou chose to be told under your account in the panel.\n"))
        .map_err(|error| format!("The mail could not be written: {error}."))
}

/// Says what is wrong with an address; none when mail can go there.
pub(crate) fn address_problem(address: &str) -> Option<String> {
    let single = !address.contains(['\r', '\n', ',', ';', '<']) && address.len() <= 254;
    (!single || address.parse::<lettre::Address>().is_err())
        .then(|| "Enter one mail address, such as anna@example.org.".into())
}

/// Without line breaks and other control characters: names of projects are other people's words.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::{MailServer, Occasion, Tls, address_problem, message};

    #[test]
    fn nobodys_words_become_headers() {
        let server = MailServer {
            host: "127.0.0.1".into(),
            port: 25,
            tls: Tls::None,
            user: None,
            from: "migrate@example.org".into(),
        };
        let lines = ["Move\r\nBcc: evil@example.org: 1 of 2 mailboxes failed."];
        let mail = message(&server, "anna@example.org", Occasion::Failed, &lines).expect("a mail");
        let mail = String::from_utf8(mail.formatted()).expect("text");
        assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "{mail}");
        for bad in ["", "anna", "anna@example.org\r\nBcc: x@y", "a@b, c@d", "Anna <a@b.c>"] {
            assert!(address_problem(bad).is_some(), "{bad:?}");
        }
        assert_eq!(address_problem("anna@example.org"), None);
    }
}
