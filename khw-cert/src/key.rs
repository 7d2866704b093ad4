//! Private keys: read in any of openssl's three formats, made, used, and wiped.
//!
//! Inside, every key is PKCS#8, so that there is one path to the signer and one format that is written.

use crate::certificate::Certificate;
use crate::key_file::{self, plain_pkcs8};
use crate::openssl_args::Form;
use crate::passphrase::{Passphrase, Unlock};
use crate::{der, pem_file};
use khw_core::Error;
use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm, SigningKey};
use std::str::FromStr;
use zeroize::Zeroizing;

pub(crate) const RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
pub(crate) const EC: &[u64] = &[1, 2, 840, 10_045, 2, 1];
const P256: &[u64] = &[1, 2, 840, 10_045, 3, 1, 7];
const P384: &[u64] = &[1, 3, 132, 0, 34];
const P521: &[u64] = &[1, 3, 132, 0, 35];
const ED25519: &[u64] = &[1, 3, 101, 112];

/// A kind of key that khw makes, as `--key-type` spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// `rsa:2048`, the tutorial's.
    Rsa2048,
    /// `rsa:3072`.
    Rsa3072,
    /// `rsa:4096`.
    Rsa4096,
    /// `ecdsa:p256`.
    EcdsaP256,
    /// `ecdsa:p384`.
    EcdsaP384,
    /// `ed25519`.
    Ed25519,
}

impl KeyType {
    /// Each with its name.
    pub(crate) const ALL: [(&'static str, KeyType); 6] = [
        ("rsa:2048", KeyType::Rsa2048),
        ("rsa:3072", KeyType::Rsa3072),
        ("rsa:4096", KeyType::Rsa4096),
        ("ecdsa:p256", KeyType::EcdsaP256),
        ("ecdsa:p384", KeyType::EcdsaP384),
        ("ed25519", KeyType::Ed25519),
    ];

    /// For a person, as a public key of this type is shown.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            KeyType::Rsa2048 => "RSA 2048",
            KeyType::Rsa3072 => "RSA 3072",
            KeyType::Rsa4096 => "RSA 4096",
            KeyType::EcdsaP256 => "ECDSA P-256",
            KeyType::EcdsaP384 => "ECDSA P-384",
            KeyType::Ed25519 => "Ed25519",
        }
    }

    /// The object identifier of the curve, empty for a kind without one.
    pub(crate) fn curve(self) -> &'static [u64] {
        match self {
            KeyType::EcdsaP256 => P256,
            KeyType::EcdsaP384 => P384,
            _ => &[],
        }
    }
}

impl FromStr for KeyType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        KeyType::ALL.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind).ok_or_else(|| {
            Error::new(format!("'{}' is not a type of key", text.escape_debug()))
                .hint(format!("it is one of {}", KeyType::ALL.map(|(name, _)| name).join(", ")))
        })
    }
}

/// The hash that an RSA key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256, openssl's default.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A private key. It cannot be shown, and its memory is wiped when it goes.
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    pair: Zeroizing<KeyPair>,
    public: Vec<u8>,
}

impl PrivateKey {
    /// The private key of a PEM file: PKCS#8, PKCS#1 or SEC1, also after an `EC PARAMETERS` block.
    ///
    /// # Errors
    /// When there is none, it is encrypted, truncated or damaged, or of a kind that Kubernetes does not take.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, Error> {
        PrivateKey::from_pkcs8(key_file::pkcs8(bytes, None)?)
    }

    /// The same, from PEM or DER, and from an encrypted one with its passphrase.
    pub(crate) fn from_file(bytes: &[u8], unlock: &Unlock) -> Result<Self, Error> {
        PrivateKey::from_pkcs8(key_file::pkcs8(bytes, Some(unlock))?)
    }

    /// As `openssl ec` writes it: SEC1, `None` when it is no ECDSA key.
    pub(crate) fn to_sec1_pem(&self) -> Option<Zeroizing<String>> {
        key_file::sec1(&self.pkcs8, &self.public).map(|der| pem_file::encode("EC PRIVATE KEY", &der))
    }

    pub(crate) fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let algorithm = algorithm(&pkcs8)?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_slice().into(), algorithm).map_err(|_| damaged())?;
        let public = pair.subject_public_key_info();
        Ok(PrivateKey { pkcs8, pair: Zeroizing::new(pair), public })
    }

    /// A new key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate(kind: KeyType) -> Result<Self, Error> {
        let failed = || Error::new("no key could be made: the system's random generator failed");
        let rsa = |size| KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).map_err(|_| failed());
        let pair = match kind {
            KeyType::Rsa2048 => rsa(rcgen::RsaKeySize::_2048)?,
            KeyType::Rsa3072 => rsa(rcgen::RsaKeySize::_3072)?,
            KeyType::Rsa4096 => rsa(rcgen::RsaKeySize::_4096)?,
            KeyType::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(|_| failed())?,
            KeyType::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).map_err(|_| failed())?,
            KeyType::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(|_| failed())?,
        };
        let pair = Zeroizing::new(pair);
        // rcgen writes Ed25519 keys in version 2, which openssl 3.0 cannot read.
        let pkcs8 = plain_pkcs8(pair.serialized_der()).ok_or_else(failed)?;
        let public = pair.subject_public_key_info();
        Ok(PrivateKey { pkcs8, pair, public })
    }

    /// PKCS#8 and SubjectPublicKeyInfo.
    pub(crate) fn into_parts(self) -> (Zeroizing<Vec<u8>>, Vec<u8>) {
        (self.pkcs8, self.public)
    }

    /// The public key, as SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public
    }

    /// Whether it is the key of this certificate.
    pub fn belongs_to(&self, certificate: &Certificate) -> bool {
        same_public_key(&self.public, certificate.public_key_der())
    }

    /// As a PKCS#8 file, as `openssl genrsa` of 3.0 writes it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem_file::encode("PRIVATE KEY", &self.pkcs8)
    }

    /// As a PKCS#8 file, under a passphrase if there is one.
    pub(crate) fn to_file(&self, passphrase: Option<&Passphrase>, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
        key_file::write(&self.pkcs8, passphrase, form)
    }

    /// Signs with the hash that belongs to the key, or with `digest`. Gives the AlgorithmIdentifier and the signature.
    pub(crate) fn sign(&self, digest: Option<Digest>, tbs: impl Fn(&[u8]) -> Vec<u8>) -> Result<Signed, Error> {
        let chosen;
        let (pair, identifier): (&KeyPair, Vec<u8>) = match (self.kind(), digest) {
            (Kind::Rsa, None | Some(Digest::Sha256)) => (&self.pair, rsa(11)),
            (Kind::Rsa, Some(digest)) => {
                let (algorithm, arc) = match digest {
                    Digest::Sha256 => (&rcgen::PKCS_RSA_SHA256, 11),
                    Digest::Sha384 => (&rcgen::PKCS_RSA_SHA384, 12),
                    Digest::Sha512 => (&rcgen::PKCS_RSA_SHA512, 13),
                };
                chosen = Zeroizing::new(
                    KeyPair::from_pkcs8_der_and_sign_algo(&self.pkcs8.as_slice().into(), algorithm)
                        .map_err(|_| damaged())?,
                );
                (&chosen, rsa(arc))
            }
            (Kind::P256, None | Some(Digest::Sha256)) => (&self.pair, ecdsa(2)),
            (Kind::P384, None | Some(Digest::Sha384)) => (&self.pair, ecdsa(3)),
            (Kind::P521, None | Some(Digest::Sha512)) => (&self.pair, ecdsa(4)),
            // It has its hash inside; openssl takes an option for one and ignores it.
            (Kind::Ed25519, _) => (&self.pair, der::sequence(&[der::oid(ED25519)])),
            (kind, Some(_)) => {
                return Err(Error::new(format!("this hash does not go with the key of the signer, {}", kind.name()))
                    .hint("leave the option away: the hash then is the one that belongs to the key"));
            }
        };
        let tbs = tbs(&identifier);
        let signature = pair.sign(&tbs).map_err(|_| Error::new("signing failed"))?;
        Ok(Signed(der::sequence(&[tbs, identifier, der::bit_string(&signature)])))
    }

    /// Whether it may sign with any hash.
    pub(crate) fn is_rsa(&self) -> bool {
        matches!(self.kind(), Kind::Rsa)
    }

    fn kind(&self) -> Kind {
        let algorithm = self.pair.algorithm();
        match algorithm {
            a if *a == rcgen::PKCS_ECDSA_P256_SHA256 => Kind::P256,
            a if *a == rcgen::PKCS_ECDSA_P384_SHA384 => Kind::P384,
            a if *a == rcgen::PKCS_ECDSA_P521_SHA512 => Kind::P521,
            a if *a == rcgen::PKCS_ED25519 => Kind::Ed25519,
            _ => Kind::Rsa,
        }
    }
}

/// The DER of something with a signature: what was signed, the algorithm, the signature.
pub(crate) struct Signed(pub(crate) Vec<u8>);

enum Kind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Rsa => "RSA",
            Kind::P256 => "ECDSA P-256 (SHA-256)",
            Kind::P384 => "ECDSA P-384 (SHA-384)",
            Kind::P521 => "ECDSA P-521 (SHA-512)",
            Kind::Ed25519 => "Ed25519",
        }
    }
}

fn rsa(arc: u64) -> Vec<u8> {
    der::sequence(&[der::oid(&[1, 2, 840, 113_549, 1, 1, arc]), der::value(der::NULL, &[])])
}

fn ecdsa(arc: u64) -> Vec<u8> {
    der::sequence(&[der::oid(&[1, 2, 840, 10_045, 4, 3, arc])])
}

/// Whether a public key, as SubjectPublicKeyInfo, is RSA.
pub(crate) fn is_rsa(public_key: &[u8]) -> bool {
    let identifier = der::read_all(public_key).and_then(|v| v.values()).and_then(|v| v.first()?.values());
    identifier.is_some_and(|i| i.first().is_some_and(|oid| oid.whole == der::oid(RSA)))
}

/// Equal keys may differ in bytes: the NULL of an RSA identifier may be missing.
pub(crate) fn same_public_key(a: &[u8], b: &[u8]) -> bool {
    let parts = |spki| {
        let values = der::read_all(spki)?.values()?;
        let [algorithm, key] = values[..] else { return None };
        let identifier: Vec<&[u8]> =
            algorithm.values()?.iter().filter(|v| v.tag != der::NULL).map(|v| v.whole).collect();
        Some((identifier, key.content))
    };
    a == b || parts(a).is_some_and(|a| parts(b) == Some(a))
}

pub(crate) fn damaged() -> Error {
    Error::new("the private key is damaged").hint("copy the file again, or make a new key")
}

/// How a key signs, and whether it may.
fn algorithm(pkcs8: &[u8]) -> Result<&'static SignatureAlgorithm, Error> {
    let values = der::read_all(pkcs8).and_then(|v| v.values()).ok_or_else(damaged)?;
    let [_, algorithm, key] = values[..] else { return Err(damaged()) };
    let identifier = algorithm.values().ok_or_else(damaged)?;
    let is = |value: Option<&der::Value<'_>>, arcs| value.is_some_and(|v| v.whole == der::oid(arcs));
    let unusable = |what: String| Err(Error::new(what).hint("make a new key: khw-cert genrsa -out FILE 2048"));
    if is(identifier.first(), RSA) {
        let numbers = der::read_all(key.content).and_then(|v| v.values()).ok_or_else(damaged)?;
        let modulus = numbers.get(1).ok_or_else(damaged)?.content;
        let zeros: usize = modulus.iter().take_while(|&&b| b == 0).count();
        let bits = match modulus.get(zeros) {
            Some(first) => (modulus.len() - zeros) * 8 - first.leading_zeros() as usize,
            None => 0,
        };
        return match bits {
            2048..=8192 => Ok(&rcgen::PKCS_RSA_SHA256),
            ..2048 => unusable(format!("the RSA key has {bits} bits: under 2048 is too short")),
            _ => unusable(format!("the RSA key has {bits} bits: over 8192 is not supported")),
        };
    }
    if is(identifier.first(), EC) {
        let curve = identifier.get(1);
        for (arcs, algorithm) in [
            (P256, &rcgen::PKCS_ECDSA_P256_SHA256),
            (P384, &rcgen::PKCS_ECDSA_P384_SHA384),
            (P521, &rcgen::PKCS_ECDSA_P521_SHA512),
        ] {
            if is(curve, arcs) {
                return Ok(algorithm);
            }
        }
        let named = curve.filter(|c| c.tag == der::OID).map(|c| der::dotted(c.content));
        let named = named.unwrap_or_else(|| "without a name".to_owned());
        return unusable(format!("the key is on a curve that Kubernetes does not take: {named}"));
    }
    if is(identifier.first(), ED25519) {
        return Ok(&rcgen::PKCS_ED25519);
    }
    let named = identifier.first().map(|v| der::dotted(v.content)).unwrap_or_default();
    unusable(format!("the key is of a kind that Kubernetes does not take: {named}"))
}

#[cfg(test)]
mod tests {
    use super::{KeyType, PrivateKey};
    use crate::certificate::Certificate;
    use crate::csr::{self, Request};
    use crate::extension::{self, AlternativeName, Context, Issuer, Signer};
    use crate::issue::{Template, Validity, issue};
    use crate::{der, name, pem_file};

    fn made() -> (PrivateKey, Certificate, String) {
        let key = PrivateKey::generate(KeyType::EcdsaP256).unwrap();
        let subject = name::identity("system:node:worker-1", &["system:nodes"]).unwrap();
        let issuer = Issuer::Itself(Signer { key_identifier: None, name: &subject, serial: &[1] });
        let context = Context { public_key: key.public_key_der(), issuer };
        let names = [AlternativeName::Dns("worker-1".to_owned()), AlternativeName::Ip([192, 168, 5, 21].into())];
        let mut extensions = extension::end_entity(false, true, true, &names);
        extension::add_key_identifiers(&mut extensions, &context);
        let template = Template {
            serial: &[1],
            subject: &subject,
            public_key: key.public_key_der(),
            validity: Validity::days(10).unwrap(),
            extensions: &extensions,
        };
        let certificate = issue(&template, &subject, &key, None).unwrap();
        let request = csr::build(&subject, &key, &extensions, None).unwrap();
        let request = pem_file::encode("CERTIFICATE REQUEST", &request).to_string();
        (key, certificate, request)
    }

    #[test]
    fn what_is_made_is_read() {
        let (key, certificate, request) = made();
        assert!(key.belongs_to(&certificate));
        assert_eq!(certificate.common_name().as_deref(), Some("system:node:worker-1"));
        assert_eq!(certificate.organizations(), ["system:nodes"]);
        assert_eq!(certificate.dns_names(), ["worker-1"]);
        assert_eq!(certificate.ip_addresses(), [std::net::IpAddr::from([192, 168, 5, 21])]);
        assert_eq!(certificate.serial(), [1]);
        assert!(certificate.is_signed_by(&certificate) && !certificate.is_ca());
        assert!(certificate.has_server_usage() && certificate.has_client_usage());
        assert_eq!((certificate.not_after() - certificate.not_before()).whole_days(), 10);
        assert_eq!(Certificate::from_pem(certificate.to_pem().as_bytes()).as_ref(), Ok(&certificate));
        let again = PrivateKey::from_pem(key.to_pem().as_bytes()).unwrap();
        assert_eq!(again.public_key_der(), key.public_key_der());
        let request = Request::read(request.as_bytes(), None).unwrap();
        assert_eq!(request.subject, certificate.subject_der());
        let other = made();
        assert!(!key.belongs_to(&other.1) && !certificate.is_signed_by(&other.1));
    }

    #[test]
    fn an_rsa_key_that_is_too_long_is_refused() {
        let modulus = der::integer(&[0xff; 1025]);
        let numbers = der::sequence(&[der::integer(&[]), modulus]);
        let algorithm = der::sequence(&[der::oid(super::RSA)]);
        let key = der::sequence(&[der::integer(&[]), algorithm, der::value(der::OCTET_STRING, &numbers)]);
        let error = PrivateKey::from_pkcs8(zeroize::Zeroizing::new(key)).err().unwrap();
        assert_eq!(error.what(), "the RSA key has 8200 bits: over 8192 is not supported");
    }

    /// Every byte of the three kinds of file changed in several ways, and every length: an error or not, never a panic.
    #[test]
    fn damaged_files_are_errors() {
        let (key, certificate, request) = made();
        let key = pem_file::blocks(key.to_pem().as_bytes()).unwrap().remove(0);
        let request = pem_file::blocks(request.as_bytes()).unwrap().remove(0);
        for (label, der) in [
            ("PRIVATE KEY", key.content.to_vec()),
            ("CERTIFICATE", certificate.der().to_vec()),
            (&*request.label, request.content.to_vec()),
        ] {
            let read = |der: &[u8]| {
                let pem = pem_file::encode(label, der);
                let _ = PrivateKey::from_pem(pem.as_bytes());
                let _ = Request::read(pem.as_bytes(), None);
                if let Ok(read) = Certificate::from_pem(pem.as_bytes()) {
                    let _ = (read.serial(), read.subject(), read.is_signed_by(&certificate));
                }
                for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY"] {
                    let _ = PrivateKey::from_pem(pem_file::encode(label, der).as_bytes());
                }
            };
            for at in 0..der.len() {
                read(der.get(..at).unwrap_or_default());
                for change in [0x01, 0x20, 0x80, 0xff] {
                    let mut changed = der.clone();
                    if let Some(byte) = changed.get_mut(at) {
                        *byte ^= change;
                    }
                    read(&changed);
                }
            }
        }
    }
}
