//! What is sent, and over which TLS: against a scripted mail server with certificates of every kind.

use std::sync::{Arc, Mutex};

use lettre::transport::smtp::client::Certificate as Trusted;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use secrecy::SecretString;
use servers::certificate::{Authority, Certificate};
use shared::notify::NotifySettings;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{MailServer, Occasion, Tls, Ways, address_problem, message, send_trusting};

const PASSWORD: &str = "correct horse";

#[test]
fn nobodys_words_become_headers() {
    let server = mail_server(25, Tls::None);
    let lines = ["Move\r\nBcc: evil@example.org: 1 of 2 mailboxes failed."];
    let mail = message(&server, "anna@example.org", Occasion::Failed, &lines).expect("a mail");
    let mail = String::from_utf8(mail.formatted()).expect("text");
    assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "{mail}");
    for bad in ["", "anna", "anna@example.org\r\nBcc: x@y", "a@b, c@d", "Anna <a@b.c>"] {
        assert!(address_problem(bad).is_some(), "{bad:?}");
    }
    assert_eq!(address_problem("anna@example.org"), None);
}

fn mail_server(port: u16, tls: Tls) -> MailServer {
    let from = "migrate@example.org".into();
    MailServer { host: "127.0.0.1".into(), port, tls, user: Some("migrate".into()), from }
}

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// TLS from the first byte.
    Implicit,
    /// Clear text until STARTTLS.
    Starttls,
    /// Clear text, and the offer of STARTTLS was taken out.
    Stripped,
}

/// What it heard: each line, and whether it came through TLS.
type Heard = Arc<Mutex<Vec<(bool, String)>>>;

/// A mail server that speaks as much of RFC 5321, 3207 and 4954 as a client needs.
async fn server(certificate: &Certificate, manner: Manner) -> (u16, Heard) {
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let (port, heard) = (listener.local_addr().expect("bound").port(), Heard::default());
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, heard) = (acceptor.clone(), Arc::clone(&kept));
            // A client that trusts nothing hangs up in the middle.
            tokio::spawn(async move { serve(stream, &acceptor, manner, &heard).await.ok() });
        }
    });
    (port, heard)
}

async fn serve(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    manner: Manner,
    heard: &Heard,
) -> std::io::Result<()> {
    match manner {
        Manner::Implicit => talk(acceptor.accept(stream).await?, true, false, true, heard).await.map(drop),
        Manner::Stripped => talk(stream, false, false, true, heard).await.map(drop),
        Manner::Starttls => match talk(stream, false, true, true, heard).await? {
            Some(stream) => talk(acceptor.accept(stream).await?, true, false, false, heard).await.map(drop),
            None => Ok(()),
        },
    }
}

/// Answers commands until the client goes, or asks for TLS.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    in_tls: bool,
    offers: bool,
    greets: bool,
    heard: &Heard,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    if greets {
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        stream.flush().await?;
    }
    let (mut in_data, mut line) = (false, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let said = line.trim_end().to_owned();
        heard.lock().expect("no panic").push((in_tls, said.clone()));
        let word = said.split(' ').next().unwrap_or_default().to_owned();
        let answer = match word.as_str() {
            "." if in_data => {
                in_data = false;
                "250 kept"
            }
            _ if in_data => continue,
            "EHLO" if offers => "250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN",
            "EHLO" => "250-mail.example\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "STARTTLS" => "220 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        stream.flush().await?;
        if word == "STARTTLS" && offers {
            return Ok(Some(stream.into_inner()));
        }
    }
}

/// Sends a mail to a server with this certificate; tells what came of it and what the server heard.
async fn sent(
    certificate: &Certificate,
    manner: Manner,
    trusted: &Authority,
) -> (Result<(), String>, Vec<(bool, String)>) {
    let (port, heard) = server(certificate, manner).await;
    let tls = if manner == Manner::Implicit { Tls::Implicit } else { Tls::Starttls };
    let settings = NotifySettings { mail: Some(mail_server(port, tls)), webhook: None, reminder_days: None };
    let ways = Ways { settings, mail_secret: Some(SecretString::from(PASSWORD)), webhook_secret: None };
    let trusted = Trusted::from_pem(trusted.pem.as_bytes()).expect("an authority");
    let sent = send_trusting(&ways, "anna@example.org", Occasion::Test, &["It works."], Some(trusted)).await;
    let heard = heard.lock().expect("no panic").clone();
    (sent, heard)
}

/// What must not be said to a server that nobody trusts.
fn said_nothing_of_ours(heard: &[(bool, String)]) -> bool {
    heard.iter().all(|(_, line)| ["EHLO", "STARTTLS", "QUIT"].iter().any(|word| line.starts_with(word)))
}

#[tokio::test]
async fn a_mail_goes_over_tls_and_its_password_only_there() {
    let authority = Authority::new().expect("an authority");
    let certificate = authority.sign(&["localhost", "127.0.0.1"]).expect("signs");
    for manner in [Manner::Implicit, Manner::Starttls] {
        let (sent, heard) = sent(&certificate, manner, &authority).await;
        assert_eq!(sent, Ok(()), "{manner:?}");
        for word in
            ["AUTH PLAIN", "MAIL FROM:<migrate@example.org>", "RCPT TO:<anna@example.org>", "- It works."]
        {
            assert!(
                heard.iter().any(|(tls, line)| *tls && line.starts_with(word)),
                "{manner:?} {word}: {heard:?}"
            );
        }
        let clear: Vec<_> = heard.iter().filter(|(tls, _)| !tls).map(|(_, line)| line.clone()).collect();
        let expected: &[&str] = if manner == Manner::Starttls { &["EHLO", "STARTTLS"] } else { &[] };
        assert_eq!(clear.len(), expected.len(), "{clear:?}");
        assert!(clear.iter().zip(expected).all(|(line, word)| line.starts_with(word)), "{clear:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_refused_in_words_before_anything_is_said() {
    let authority = Authority::new().expect("an authority");
    let names = ["localhost", "127.0.0.1"];
    for (certificate, word) in [
        (authority.sign(&["elsewhere.example"]), "another name"),
        (authority.sign_expired(&names), "expired"),
        (Certificate::self_signed(), "no authority"),
        (Authority::new().and_then(|other| other.sign(&names)), "no authority"),
    ] {
        let certificate = certificate.expect("a certificate");
        for manner in [Manner::Implicit, Manner::Starttls] {
            let (sent, heard) = sent(&certificate, manner, &authority).await;
            let why = sent.expect_err("refused");
            assert!(why.contains(word) && why.ends_with('.'), "{manner:?}: {why}");
            assert!(said_nothing_of_ours(&heard), "{manner:?}: {heard:?}");
        }
    }
}

#[tokio::test]
async fn a_server_whose_offer_of_starttls_is_taken_out_gets_neither_password_nor_mail() {
    let authority = Authority::new().expect("an authority");
    let certificate = authority.sign(&["127.0.0.1"]).expect("signs");
    let (sent, heard) = sent(&certificate, Manner::Stripped, &authority).await;
    let why = sent.expect_err("refused");
    assert!(why.contains("does not offer STARTTLS") && why.contains("neither the password"), "{why}");
    assert!(said_nothing_of_ours(&heard), "{heard:?}");
}
