//! `khw-cert genpkey`: openssl's, and what kinds of key openssl's options name.

use crate::genrsa::write_key;
use crate::key::{KeyType, PrivateKey};
use crate::openssl_args as args;
use khw_core::{Error, Exit};

pub(crate) fn run(arguments: &args::Genpkey) -> anyhow::Result<Exit> {
    let kind = kind(&arguments.algorithm, &arguments.pkeyopt).map_err(|e| e.field("-algorithm"))?;
    let passphrase = args::encryption(arguments.aes256, "-pass", arguments.pass.as_ref())?;
    write_key(arguments.out.as_deref(), arguments.force, || {
        PrivateKey::generate(kind)?.to_file(passphrase.as_ref(), arguments.outform)
    })?;
    Ok(Exit::Done)
}

/// The kind of key of openssl's `-algorithm` or `-newkey` and its `-pkeyopt`.
pub(crate) fn kind(algorithm: &str, options: &[String]) -> Result<KeyType, Error> {
    let (name, size) = algorithm.split_once(':').map_or((algorithm, None), |(name, size)| (name, Some(size)));
    let (mut bits, mut curve) = (size.unwrap_or("2048"), None);
    let wanted = name.to_ascii_lowercase();
    for option in options {
        let field = |e: Error| e.field("-pkeyopt");
        match (wanted.as_str(), option.split_once(':')) {
            ("rsa", Some(("rsa_keygen_bits", value))) => bits = value,
            ("rsa", Some(("rsa_keygen_pubexp", "65537" | "0x10001"))) => {}
            ("ec", Some(("ec_paramgen_curve", value))) => curve = Some(value),
            ("ec", Some(("ec_param_enc", "named_curve"))) => {}
            _ => {
                return Err(field(Error::new(format!("'{}' is not supported", option.escape_debug())))
                    .hint("it is one of rsa_keygen_bits:BITS, ec_paramgen_curve:CURVE"));
            }
        }
    }
    match wanted.as_str() {
        "rsa" => rsa(bits),
        "ec" => match curve {
            Some(curve) => self::curve(curve),
            None => Err(Error::new("the curve is missing").hint("say -pkeyopt ec_paramgen_curve:P-256")),
        },
        "ed25519" => Ok(KeyType::Ed25519),
        _ => Err(Error::new(format!("'{}' is not a kind of key that is made", name.escape_debug()))
            .hint("it is one of RSA, EC, ED25519")),
    }
}

/// An RSA key of so many bits.
pub(crate) fn rsa(bits: &str) -> Result<KeyType, Error> {
    match bits {
        "2048" => Ok(KeyType::Rsa2048),
        "3072" => Ok(KeyType::Rsa3072),
        "4096" => Ok(KeyType::Rsa4096),
        other => Err(Error::new(format!("an RSA key of '{}' bits is not made", other.escape_debug()))
            .field("BITS")
            .hint("it is one of 2048, 3072, 4096")),
    }
}

/// A key on the curve of this name.
pub(crate) fn curve(name: &str) -> Result<KeyType, Error> {
    match name {
        "prime256v1" | "P-256" | "secp256r1" => Ok(KeyType::EcdsaP256),
        "secp384r1" | "P-384" => Ok(KeyType::EcdsaP384),
        other => Err(Error::new(format!("no key is made on the curve '{}'", other.escape_debug()))
            .hint("it is one of prime256v1 (P-256), secp384r1 (P-384)")),
    }
}

#[cfg(test)]
mod tests {
    use super::kind;
    use crate::key::KeyType;

    #[test]
    fn openssls_words_for_keys() {
        for (algorithm, option, expected) in [
            ("RSA", "", Ok(KeyType::Rsa2048)),
            ("rsa:4096", "", Ok(KeyType::Rsa4096)),
            ("RSA", "rsa_keygen_bits:3072", Ok(KeyType::Rsa3072)),
            ("EC", "ec_paramgen_curve:P-256", Ok(KeyType::EcdsaP256)),
            ("ec", "ec_paramgen_curve:secp384r1", Ok(KeyType::EcdsaP384)),
            ("ED25519", "", Ok(KeyType::Ed25519)),
            ("EC", "", Err("the curve is missing")),
            ("DSA", "", Err("'DSA' is not a kind of key that is made")),
            ("RSA", "rsa_keygen_bits:1024", Err("an RSA key of '1024' bits is not made")),
            ("RSA", "ec_paramgen_curve:P-256", Err("'ec_paramgen_curve:P-256' is not supported")),
            ("EC", "ec_paramgen_curve:P-224", Err("no key is made on the curve 'P-224'")),
        ] {
            let options: Vec<String> = (!option.is_empty()).then(|| option.to_owned()).into_iter().collect();
            let kind = kind(algorithm, &options);
            assert_eq!(kind.map_err(|e| e.what().to_owned()), expected.map_err(str::to_owned), "{algorithm} {option}");
        }
    }
}
