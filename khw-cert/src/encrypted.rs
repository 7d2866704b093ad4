//! PKCS#8 keys that are encrypted with a passphrase (RFC 8018, PBES2), as `openssl genpkey -aes256` and
//! `openssl pkcs8 -topk8` write them.

use crate::der;
use crate::key::damaged;
use crate::key_file::plain_pkcs8;
use crate::passphrase::Passphrase;
use khw_core::Error;
use pkcs5::EncryptionScheme;
use pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

/// More rounds than anybody writes (openssl: 2048), and few enough to be done in seconds.
const MAX_ITERATIONS: u32 = 10_000_000;
/// scrypt's memory; openssl writes 16 MiB.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;

/// The plain key inside of an EncryptedPrivateKeyInfo.
pub(crate) fn decrypt(key: &[u8], passphrase: Option<&Passphrase>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let [scheme, ciphertext] = der::read_all(key).and_then(|v| v.values()).unwrap_or_default()[..] else {
        return Err(damaged());
    };
    let Some(passphrase) = passphrase else {
        return Err(Error::new("the private key is encrypted")
            .hint("no component of Kubernetes can ask for a passphrase: openssl pkey -in FILE -out NEW"));
    };
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
        pkcs5::Error::DecryptFailed => wrong(),
        _ => unsupported("its algorithm is not known"),
    })?;
    // One wrong passphrase in 256 gives a padding that is right, and bytes that are no key.
    plain_pkcs8(&Zeroizing::new(plain)).ok_or_else(wrong)
}

fn wrong() -> Error {
    Error::new("the passphrase is not that of the private key").hint("give another one with -passin")
}
