//! PKCS#8 keys that are encrypted with a passphrase (RFC 8018, PBES2), as `openssl genpkey -aes256` and
//! `openssl pkcs8 -topk8` write them.

use crate::der;
use crate::key::damaged;
use crate::key_file::plain_pkcs8;
use crate::passphrase::{Passphrase, Unlock};
use khw_core::Error;
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

/// More rounds than anybody writes, and few enough to be done in seconds.
const MAX_ITERATIONS: u32 = 10_000_000;
/// scrypt's memory; openssl writes 16 MiB.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// What OWASP's Password Storage Cheat Sheet wants of PBKDF2 with HMAC-SHA-256; openssl 3.0 writes 2048, and reads any.
const ITERATIONS: u32 = 600_000;

const PBES2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 13];
const PBKDF2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 12];
const HMAC_WITH_SHA256: &[u64] = &[1, 2, 840, 113_549, 2, 9];
const AES256_CBC: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 1, 42];

/// The plain key inside of an EncryptedPrivateKeyInfo.
pub(crate) fn decrypt(key: &[u8], unlock: Option<&Unlock>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let [scheme, ciphertext] = der::read_all(key).and_then(|v| v.values()).unwrap_or_default()[..] else {
        return Err(damaged());
    };
    let passphrase = Unlock::passphrase(unlock)?;
    let unsupported = |what: &str| {
        Error::new(format!("the private key is encrypted in a way that is not supported: {what}"))
            .hint("write it anew: openssl pkey -in FILE -aes256 -out NEW")
    };
    let scheme = EncryptionScheme::try_from(scheme.whole)
        .map_err(|_| unsupported("it is not PBES2 with AES or 3DES in CBC mode"))?;
    match scheme.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Pbkdf2(parameters)) if parameters.iteration_count > MAX_ITERATIONS => {
            return Err(unsupported(&format!("{} rounds of PBKDF2", parameters.iteration_count)));
        }
        Some(Kdf::Scrypt(parameters)) => {
            let bytes = parameters
                .cost_parameter
                .saturating_mul(u64::from(parameters.block_size))
                .saturating_mul(u64::from(parameters.parallelization))
                .saturating_mul(128);
            if bytes > MAX_SCRYPT_BYTES {
                return Err(unsupported("scrypt with over 1 GiB of memory"));
            }
        }
        Some(_) => {}
        None => return Err(unsupported("PBES1")),
    }
    let plain = scheme.decrypt(passphrase.bytes(), ciphertext.content).map_err(|error| match error {
        pkcs5::Error::DecryptFailed => Unlock::wrong(unlock),
        _ => unsupported("its algorithm is not known"),
    })?;
    // One wrong passphrase in 256 gives a padding that is right, and bytes that are no key.
    plain_pkcs8(&Zeroizing::new(plain)).ok_or_else(|| Unlock::wrong(unlock))
}

/// An EncryptedPrivateKeyInfo around a plain key, with AES-256.
pub(crate) fn encrypt(pkcs8: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, Error> {
    let failed = || Error::new("the private key could not be encrypted: the system's random generator failed");
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| failed())?;
    let (salt, iv) = random.split_at(16);
    let prf = der::sequence(&[der::oid(HMAC_WITH_SHA256), der::value(der::NULL, &[])]);
    let salt = der::value(der::OCTET_STRING, salt);
    let kdf = der::sequence(&[salt, der::integer(&ITERATIONS.to_be_bytes()), prf]);
    let kdf = der::sequence(&[der::oid(PBKDF2), kdf]);
    let cipher = der::sequence(&[der::oid(AES256_CBC), der::value(der::OCTET_STRING, iv)]);
    let scheme = der::sequence(&[der::oid(PBES2), der::sequence(&[kdf, cipher])]);
    let parsed = EncryptionScheme::try_from(scheme.as_slice()).map_err(|_| failed())?;
    let ciphertext = parsed.encrypt(passphrase.bytes(), pkcs8).map_err(|_| failed())?;
    Ok(der::sequence(&[scheme, der::value(der::OCTET_STRING, &ciphertext)]))
}

#[cfg(test)]
mod tests {
    use super::{AES256_CBC, PBES2, PBKDF2, decrypt, encrypt};
    use crate::der;
    use crate::passphrase::{Unlock, for_writing};

    fn unlock() -> Unlock {
        Unlock::new("-passin", Some(&"pass:hunter2".parse().unwrap()), &[]).unwrap()
    }

    fn refused(kdf: Vec<u8>) -> String {
        let cipher = der::sequence(&[der::oid(AES256_CBC), der::value(der::OCTET_STRING, &[0; 16])]);
        let scheme = der::sequence(&[der::oid(PBES2), der::sequence(&[kdf, cipher])]);
        let key = der::sequence(&[scheme, der::value(der::OCTET_STRING, &[0; 32])]);
        decrypt(&key, Some(&unlock())).unwrap_err().what().to_owned()
    }

    #[test]
    fn what_would_take_for_ever_is_refused() {
        let way = "the private key is encrypted in a way that is not supported: ";
        let salt = der::value(der::OCTET_STRING, &[0; 8]);
        let rounds = der::sequence(&[salt.clone(), der::integer(&20_000_000_u32.to_be_bytes())]);
        let kdf = der::sequence(&[der::oid(PBKDF2), rounds]);
        assert_eq!(refused(kdf), format!("{way}20000000 rounds of PBKDF2"));
        // RFC 7914, 7: N = 2^20, r = 16, p = 1.
        let number = |bytes: &[u8]| der::integer(bytes);
        let scrypt = der::sequence(&[salt, number(&[16, 0, 0]), number(&[16]), number(&[1])]);
        let kdf = der::sequence(&[der::oid(&[1, 3, 6, 1, 4, 1, 11_591, 4, 11]), scrypt]);
        assert_eq!(refused(kdf), format!("{way}scrypt with over 1 GiB of memory"));
    }

    #[test]
    fn what_is_encrypted_is_decrypted() {
        let key = der::sequence(&[
            der::integer(&[]),
            der::sequence(&[der::oid(&[1, 2])]),
            der::value(der::OCTET_STRING, b"k"),
        ]);
        let passphrase = for_writing("-passout", &"pass:hunter2".parse().unwrap()).unwrap();
        let encrypted = encrypt(&key, &passphrase).unwrap();
        assert_eq!(decrypt(&encrypted, Some(&unlock())).unwrap().as_slice(), key);
        assert_ne!(encrypt(&key, &passphrase).unwrap(), encrypted);
        let cut = encrypted.get(..encrypted.len() - 1).unwrap_or_default();
        assert_eq!(decrypt(cut, Some(&unlock())).unwrap_err().what(), "the private key is damaged");
    }
}
