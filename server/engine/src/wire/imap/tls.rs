//! TLS to a server: verified by this machine's authorities, or pinned to one certificate. Nothing in between.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};
use shared::{cause::Cause, check::CertificateCard};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::encode::clean;

/// A failed handshake: why, and in which words.
#[derive(Debug)]
pub(super) struct TlsFailure {
    pub cause: Cause,
    pub detail: String,
}

/// Where the verifier leaves the certificate it was shown.
type SeenCertificate = Arc<Mutex<Option<CertificateDer<'static>>>>;

/// Sets up TLS on a connection. The card tells what certificate the server showed, accepted or not.
pub(super) async fn handshake(
    stream: TcpStream,
    host: &str,
    pin: Option<&str>,
) -> (Result<TlsStream<TcpStream>, TlsFailure>, Option<CertificateCard>) {
    let seen = SeenCertificate::default();
    let result = connect(stream, host, pin, Arc::clone(&seen)).await;
    let der = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    let card = der.map(|der| certificate_card(&der, result.is_ok()));
    (result, card)
}

async fn connect(
    stream: TcpStream,
    host: &str,
    pin: Option<&str>,
    seen: SeenCertificate,
) -> Result<TlsStream<TcpStream>, TlsFailure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsFailure {
        cause: Cause::DnsFailed,
        detail: format!("“{}” is neither a host name nor an address", clean(host, 100)),
    })?;
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier {
        authorities: authorities(&provider),
        pin: pin.map(str::to_ascii_lowercase),
        provider: Arc::clone(&provider),
        seen,
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsFailure { cause: Cause::TlsFailed, detail: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| classify(&error))
}

fn classify(error: &std::io::Error) -> TlsFailure {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return TlsFailure {
            cause: Cause::TlsFailed,
            detail: format!("the server ended the TLS set-up ({error})"),
        };
    };
    let (cause, detail) = match tls {
        Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => {
            (Cause::TlsPin, "the server showed another certificate than the pinned one")
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            (Cause::TlsExpired, "the server's certificate has expired")
        }
        Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => (Cause::TlsExpired, "the server's certificate is not valid yet"),
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (Cause::TlsName, "the server's certificate is for another name"),
        Error::InvalidCertificate(CertificateError::Revoked) => {
            (Cause::TlsUntrusted, "the server's certificate was revoked")
        }
        // The library's own words name structures, not reasons a person could act on.
        Error::InvalidCertificate(_) => {
            (Cause::TlsUntrusted, "no authority this machine trusts has signed the server's certificate")
        }
        Error::InvalidMessage(_) => (Cause::TlsFailed, "the server answered with something that is not TLS"),
        other => return TlsFailure { cause: Cause::TlsFailed, detail: other.to_string() },
    };
    TlsFailure { cause, detail: detail.to_owned() }
}

/// The verifier of this machine's authorities; none when the machine trusts nobody.
fn authorities(provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider)).build().ok()
}

#[derive(Debug)]
struct Verifier {
    authorities: Option<Arc<WebPkiServerVerifier>>,
    pin: Option<String>,
    provider: Arc<CryptoProvider>,
    seen: SeenCertificate,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.clone().into_owned());
        if let Some(pin) = &self.pin {
            return if *pin == sha256(end_entity) {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            };
        }
        match &self.authorities {
            Some(verifier) => {
                verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        }
    }

    // A pinned certificate still has to prove that the server owns its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn sha256(der: &[u8]) -> String {
    hex::encode(Sha256::digest(der))
}

/// What a certificate says, cleaned for the screen: a hostile server chooses these words.
fn certificate_card(der: &[u8], trusted: bool) -> CertificateCard {
    let sha256 = sha256(der);
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        let unreadable = "(not readable)".to_owned();
        return CertificateCard {
            subject: unreadable.clone(),
            issuer: unreadable.clone(),
            names: Vec::new(),
            not_before: unreadable.clone(),
            not_after: unreadable,
            sha256,
            trusted,
        };
    };
    let names = certificate.subject_alternative_name().ok().flatten().map(|extension| {
        extension.value.general_names.iter().filter_map(alternative_name).take(50).collect::<Vec<_>>()
    });
    CertificateCard {
        subject: clean(&certificate.subject().to_string(), 200),
        issuer: clean(&certificate.issuer().to_string(), 200),
        names: names.unwrap_or_default(),
        not_before: certificate.validity().not_before.to_string(),
        not_after: certificate.validity().not_after.to_string(),
        sha256,
        trusted,
    }
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(dns) => Some(clean(dns, 200)),
        GeneralName::IPAddress([a, b, c, d]) => Some(format!("{a}.{b}.{c}.{d}")),
        GeneralName::IPAddress(bytes) => {
            let bytes: [u8; 16] = (*bytes).try_into().ok()?;
            Some(std::net::Ipv6Addr::from(bytes).to_string())
        }
        _ => None,
    }
}
