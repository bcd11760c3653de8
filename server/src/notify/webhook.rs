//! Webhooks: JSON, signed, posted to an address that was looked at first.
//!
//! The signature stands in `X-Carbonio-Migrate-Signature: t=SECONDS,v1=HEX`; HEX is the HMAC-SHA-256, under the secret of the
//! settings, of the seconds, a dot and the body. A receiver refuses what is older than some minutes.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, Url, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use crate::store::Ways;

/// Longest wait for the receiver.
const PATIENCE: Duration = Duration::from_secs(15);

/// Posts a body; says why not.
pub(super) async fn send(ways: &Ways, url: &str, own: SocketAddr, body: &str) -> Result<(), String> {
    if let Some(problem) = url_problem(url) {
        return Err(problem.into());
    }
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let found = tokio::net::lookup_host((host.as_str(), port)).await;
    let addresses: Vec<SocketAddr> =
        found.map_err(|_| "The webhook's host was not found.".to_owned())?.collect();
    // Every address is looked at, and only these are connected to: a name cannot point elsewhere a moment later.
    if addresses.is_empty() || addresses.iter().any(|address| is_forbidden(*address, own)) {
        return Err("The webhook's host is at an address where no webhook may go.".into());
    }
    if url.scheme() == "http" && !addresses.iter().all(|address| address.ip().to_canonical().is_loopback()) {
        return Err("Webhooks go over https:// only, except to this machine.".into());
    }
    let client = client(&host, &addresses)?;
    let mut request = client.post(url).header("content-type", "application/json").body(body.to_owned());
    if let Some(secret) = &ways.webhook_secret {
        let seconds = super::now() / 1000;
        let signature = sign(secret.expose_secret(), seconds, body);
        request = request.header("x-carbonio-migrate-signature", format!("t={seconds},v1={signature}"));
    }
    let answer = request.send().await.map_err(|error| {
        let why = if error.is_timeout() {
            "no answer in time"
        } else {
            "no connection, or its certificate is not trusted"
        };
        format!("The webhook was not reached: {why}.")
    })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("The webhook answered {}.", status.as_u16())),
    }
}

/// The signature's digits.
pub(super) fn sign(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("keys of HMAC may have any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn client(host: &str, addresses: &[SocketAddr]) -> Result<Client, String> {
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
        .resolve_to_addrs(host, addresses)
        .build()
        .map_err(|error| format!("The client for webhooks could not be set up ({error})."))
}

/// Where no webhook may go: this server itself, and addresses that are no server's, among them the one where cloud
/// machines are told their secrets.
fn is_forbidden(address: SocketAddr, own: SocketAddr) -> bool {
    let ip = address.ip().to_canonical();
    let nowhere = match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local() || v6.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    };
    let here = ip.is_loopback() || ip == own.ip().to_canonical();
    nowhere || ip.is_unspecified() || ip.is_multicast() || (here && address.port() == own.port())
}

/// Says what is wrong with a webhook's address; none when requests may be posted there.
pub(crate) fn url_problem(url: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(url) else {
        return Some("Enter the whole address, such as https://chat.example.org/hook.");
    };
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            Some("The address must not hold a name or a password.")
        }
        "https" | "http" if url.host_str().is_some() => None,
        _ => Some("Webhooks go over https:// only, except to this machine."),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{is_forbidden, sign, url_problem};

    #[test]
    fn webhooks_do_not_go_to_this_server_nor_to_addresses_of_machines_secrets() {
        let own: SocketAddr = "127.0.0.1:7080".parse().expect("an address");
        let forbidden = |address: &str| is_forbidden(address.parse().expect("an address"), own);
        for bad in [
            "169.254.169.254:80",
            "[::ffff:169.254.169.254]:80",
            "[fe80::1]:443",
            "[fd00:ec2::254]:80",
            "0.0.0.0:80",
            "224.0.0.1:80",
            "127.0.0.1:7080",
            "127.9.9.9:7080",
            "[::1]:7080",
            "[::ffff:127.0.0.1]:7080",
        ] {
            assert!(forbidden(bad), "{bad}");
        }
        for good in ["127.0.0.1:8080", "10.0.0.7:443", "192.0.2.1:443"] {
            assert!(!forbidden(good), "{good}");
        }
        assert!(url_problem("https://a:b@example.org/").is_some());
        assert!(url_problem("file:///etc/passwd").is_some());
        assert!(url_problem("example.org").is_some());
    }

    #[test]
    fn a_signature_is_the_hmac_of_moment_and_body() {
        // As `printf 1.{} | openssl dgst -sha256 -hmac Jefe` says.
        let signature = sign("Jefe", 1, "{}");
        assert_eq!(signature, "dc7943cccf20f64327d263db5e2aca27c2b8175e8e6e7ea04f482091bf456b0f");
        assert_ne!(signature, sign("Jefe", 2, "{}"));
        assert_ne!(signature, sign("jefe", 1, "{}"));
    }
}
