//! Certificates of every kind a migration meets: self-signed, expired, for another name, signed by an authority.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use sha2::{Digest, Sha256};

use crate::error::{Doing, Result};

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate, in PEM form.
    pub pem: String,
    /// Its private key, in PEM form.
    pub key: String,
    /// Lower-case hexadecimal SHA-256 of the DER form: the value to pin.
    pub sha256: String,
}

impl Certificate {
    /// Signed by itself, for localhost and 127.0.0.1, valid now.
    pub fn self_signed() -> Result<Self> {
        Self::signed_by_itself(params(&["localhost", "127.0.0.1"])?)
    }

    /// Signed by itself, for another name than the tests connect to.
    pub fn for_name(name: &str) -> Result<Self> {
        Self::signed_by_itself(params(&[name])?)
    }

    /// Signed by itself, out of date since 2020.
    pub fn expired() -> Result<Self> {
        let mut params = params(&["localhost", "127.0.0.1"])?;
        expire(&mut params);
        Self::signed_by_itself(params)
    }

    fn signed_by_itself(params: CertificateParams) -> Result<Self> {
        let key = key()?;
        let certificate = params.self_signed(&key).doing(|| "signing a certificate".into())?;
        Ok(Self::new(&certificate, &key))
    }

    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        let sha256 = hex::encode(Sha256::digest(certificate.der()));
        Self { pem: certificate.pem(), key: key.serialize_pem(), sha256 }
    }
}

/// A certificate authority of our own.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM form: what a machine must trust.
    pub pem: String,
}

impl Authority {
    /// A new authority.
    pub fn new() -> Result<Self> {
        let mut params = params(&[])?;
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = key()?;
        let pem = params.self_signed(&key).doing(|| "signing an authority".into())?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// A certificate for some names, signed by this authority.
    pub fn sign(&self, names: &[&str]) -> Result<Certificate> {
        self.signed(params(names)?)
    }

    /// The same, out of date since 2020.
    pub fn sign_expired(&self, names: &[&str]) -> Result<Certificate> {
        let mut params = params(names)?;
        expire(&mut params);
        self.signed(params)
    }

    fn signed(&self, params: CertificateParams) -> Result<Certificate> {
        let key = key()?;
        let certificate = params.signed_by(&key, &self.issuer).doing(|| "signing a certificate".into())?;
        Ok(Certificate::new(&certificate, &key))
    }
}

fn key() -> Result<KeyPair> {
    KeyPair::generate().doing(|| "making a key".into())
}

fn expire(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2020, 1, 1);
}

fn params(names: &[&str]) -> Result<CertificateParams> {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let common = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).doing(|| "naming a certificate".into())?;
    params.distinguished_name.push(DnType::CommonName, common);
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2055, 1, 1);
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::{Authority, Certificate};

    #[test]
    fn every_certificate_has_a_fingerprint_of_its_own() {
        let authority = Authority::new().expect("an authority");
        let all = [
            Certificate::self_signed().expect("self-signed"),
            Certificate::expired().expect("expired"),
            Certificate::for_name("elsewhere.example").expect("another name"),
            authority.sign(&["localhost"]).expect("signed"),
        ];
        let prints: std::collections::BTreeSet<_> = all.iter().map(|one| &one.sha256).collect();
        assert_eq!(prints.len(), all.len());
        assert!(all.iter().all(|one| one.sha256.len() == 64 && one.pem.contains("BEGIN CERTIFICATE")));
    }
}
