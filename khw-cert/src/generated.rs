//! Keys that are made only to be written: those of the nodes of a list, which sign nothing here.

use crate::key::{KeyType, PrivateKey};
use crate::pem_file;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair};
use khw_core::Error;
use zeroize::Zeroizing;

/// A private key as it is written, and its public key. It cannot be shown, and its memory is wiped when it goes.
pub(crate) struct Generated {
    pkcs8: Zeroizing<Vec<u8>>,
    public: Vec<u8>,
}

impl Generated {
    /// A new key.
    ///
    /// An ECDSA key is not read again, as [`PrivateKey::generate`] does to sign with it: that takes longer than making it.
    pub(crate) fn new(kind: KeyType) -> Result<Self, Error> {
        match kind {
            KeyType::EcdsaP256 => ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyType::EcdsaP384 => ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            _ => PrivateKey::generate(kind).map(PrivateKey::into_parts),
        }
        .map(|(pkcs8, public)| Generated { pkcs8, public })
    }

    /// The public key, as SubjectPublicKeyInfo.
    pub(crate) fn public_key_der(&self) -> &[u8] {
        &self.public
    }

    /// As a PKCS#8 file.
    pub(crate) fn to_pem(&self) -> Zeroizing<String> {
        pem_file::encode("PRIVATE KEY", &self.pkcs8)
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), Error> {
    let failed = || Error::new("no key could be made: the system's random generator failed");
    let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| failed())?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| failed())?;
    let public = pair.public_key().as_der().map_err(|_| failed())?;
    Ok((Zeroizing::new(pkcs8.as_ref().to_vec()), public.as_ref().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::Generated;
    use crate::key::{KeyType, PrivateKey};

    #[test]
    fn what_is_made_is_read() {
        for kind in [KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Ed25519] {
            let made = Generated::new(kind).unwrap();
            let read = PrivateKey::from_pem(made.to_pem().as_bytes()).unwrap();
            assert_eq!(read.public_key_der(), made.public_key_der());
            assert_eq!(read.to_pem(), made.to_pem());
        }
    }
}
