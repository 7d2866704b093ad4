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
