//! Mail, handed over to a server of the installation's own.

use std::{error::Error, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    address::AddressError,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, Tls as Way, TlsParameters},
    },
};
use rustls::CertificateError;
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
    send_trusting(ways, recipient, occasion, lines, None).await
}

/// The same, trusting one more authority beside this machine's.
async fn send_trusting(
    ways: &Ways,
    recipient: &str,
    occasion: Occasion,
    lines: &[&str],
    authority: Option<Certificate>,
) -> Result<(), String> {
    let Some(server) = &ways.settings.mail else {
        return Err("There is no mail server in the settings.".into());
    };
    let message = message(server, recipient, occasion, lines)?;
    let tls = |server: &MailServer| {
        let mut parameters = TlsParameters::builder(server.host.clone());
        if let Some(authority) = authority {
            parameters = parameters.add_root_certificate(authority);
        }
        parameters.build().map_err(|error| error.to_string())
    };
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
        format!("The mail server {} did not take the mail: {}", server.host, why(server.tls, &error))
    })
}

/// Why a mail was not taken, in sentences.
fn why(tls: Tls, error: &smtp::Error) -> String {
    if let Some(refused) = certificate_error(error) {
        return match refused {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name. Enter a host name that the certificate names."
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired. Renew it there, and check this machine's clock."
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet. Check this machine's clock."
            }
            _ => {
                "no authority that this machine trusts has signed its certificate. Install the issuing authority on this \
                 machine, and start carbonio-migrate again."
            }
        }
        .into();
    }
    let words = one_line(&error.to_string());
    match tls {
        Tls::Starttls if error.is_client() && words.contains("STARTTLS") => {
            "it does not offer STARTTLS, so that neither the password nor the mail was sent. Somebody in between may have \
             taken the offer out. Choose TLS from the first byte, or switch STARTTLS on there."
                .into()
        }
        Tls::Implicit | Tls::Starttls | Tls::None => format!("{words}."),
    }
}

/// What is wrong with the server's certificate, when that is the reason.
fn certificate_error(error: &smtp::Error) -> Option<&CertificateError> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        // An error of the connection carries that of TLS, and does not name it as its source.
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(refused)) = tls.or_else(|| cause.downcast_ref()) {
            return Some(refused);
        }
        next = cause.source();
    }
    None
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
mod tests;
