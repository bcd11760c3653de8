//! TLS on the server's side, with a certificate of its own making.

use std::sync::{Arc, OnceLock};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use super::wire::{Gone, Wire};

/// A key with its certificate.
struct Identity {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
}

/// The first or the second of two.
fn identity(second: bool) -> &'static Identity {
    static IDENTITIES: [OnceLock<Identity>; 2] = [OnceLock::new(), OnceLock::new()];
    IDENTITIES[usize::from(second)].get_or_init(|| {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate for loopback");
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider's own versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a key for its certificate");
        Identity { config: Arc::new(config), certificate: cert.der().clone() }
    })
}

/// What a client would pin.
pub(super) fn pin(second: bool) -> String {
    hex::encode(Sha256::digest(&identity(second).certificate))
}

/// Has the client speak TLS from here on.
pub(super) async fn accept(wire: &mut Wire, second: bool) -> Result<(), Gone> {
    let stream = std::mem::replace(&mut wire.stream, Box::new(tokio::io::empty()));
    let acceptor = TlsAcceptor::from(Arc::clone(&identity(second).config));
    wire.stream = Box::new(acceptor.accept(stream).await.map_err(|_| Gone)?);
    Ok(())
}
