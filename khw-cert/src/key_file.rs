//! Files with private keys: PKCS#8, PKCS#1 and SEC1, in PEM or DER, and those under a passphrase.
//!
//! Inside, every key is plain PKCS#8 of version 1.

use crate::key::{EC, RSA, damaged};
use crate::openssl_args::Form;
use crate::passphrase::{Passphrase, Unlock};
use crate::{der, encrypted, pem_file, traditional};
use khw_core::Error;
use zeroize::Zeroizing;

/// The private key of a file as PKCS#8. Its kind and strength are not judged.
pub(crate) fn pkcs8(bytes: &[u8], unlock: Option<&Unlock>) -> Result<Zeroizing<Vec<u8>>, Error> {
    if let Some(der) = der::read_all(bytes).filter(|v| v.tag == der::SEQUENCE) {
        return from_der(der, unlock);
    }
    let blocks = pem_file::blocks(bytes)?;
    let Some(block) = blocks.iter().find(|b| b.label.ends_with("PRIVATE KEY")) else {
        return Err(pem_file::not_there(bytes, &blocks, "a private key"));
    };
    let decrypted = match &block.dek_info {
        Some(dek_info) => Some(traditional::decrypt(&block.content, dek_info, unlock)?),
        None => None,
    };
    let content: &[u8] = decrypted.as_deref().unwrap_or(&block.content);
    let parameters = blocks.iter().find(|b| b.label == "EC PARAMETERS").map(|b| b.content.as_slice());
    let pkcs8 = match block.label.as_str() {
        "PRIVATE KEY" => plain_pkcs8(content),
        "ENCRYPTED PRIVATE KEY" => return encrypted::decrypt(content, unlock),
        "RSA PRIVATE KEY" => Some(rsa_pkcs8(content)),
        "EC PRIVATE KEY" => sec1_pkcs8(content, parameters),
        label => {
            return Err(Error::new(format!("a {} cannot be used", label.escape_debug()))
                .hint("convert it to PKCS#8, or make a new key with khw-cert genrsa"));
        }
    };
    pkcs8.ok_or_else(damaged)
}

/// The form of a DER file follows from its first values.
fn from_der(key: der::Value<'_>, unlock: Option<&Unlock>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let values = key.values().ok_or_else(damaged)?;
    match values[..] {
        [first, second] if first.tag == der::SEQUENCE && second.tag == der::OCTET_STRING => {
            encrypted::decrypt(key.whole, unlock)
        }
        [version, algorithm, ..] if version.tag == der::INTEGER && algorithm.tag == der::SEQUENCE => {
            plain_pkcs8(key.whole).ok_or_else(damaged)
        }
        [version, modulus, ..] if version.tag == der::INTEGER && modulus.tag == der::INTEGER => {
            Ok(rsa_pkcs8(key.whole))
        }
        [version, secret, ..] if version.tag == der::INTEGER && secret.tag == der::OCTET_STRING => {
            sec1_pkcs8(key.whole, None).ok_or_else(damaged)
        }
        _ => Err(Error::new("is DER without a private key").hint("is this the right file?")),
    }
}

/// Whether the private key of a file is under a passphrase.
pub(crate) fn is_encrypted(bytes: &[u8]) -> bool {
    if let Some(values) = der::read_all(bytes).filter(|v| v.tag == der::SEQUENCE).and_then(|v| v.values()) {
        return values.first().is_some_and(|first| first.tag == der::SEQUENCE);
    }
    let blocks = pem_file::blocks(bytes).unwrap_or_default();
    let key = blocks.iter().find(|b| b.label.ends_with("PRIVATE KEY"));
    key.is_some_and(|b| b.dek_info.is_some() || b.label.starts_with("ENCRYPTED"))
}

/// The public key, as SubjectPublicKeyInfo, of an RSA key of any size; `None` for another kind.
///
/// A key that is too short to be used can still be looked at and compared.
pub(crate) fn rsa_public_key(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let [_, algorithm, key] = der::read_all(pkcs8)?.values()?[..] else { return None };
    if algorithm.values()?.first()?.whole != der::oid(RSA) {
        return None;
    }
    let numbers = der::read_all(key.content)?.values()?;
    let public = der::sequence(&[numbers.get(1)?.whole, numbers.get(2)?.whole]);
    Some(der::sequence(&[algorithm.whole, &der::bit_string(&public)]))
}

/// SEC1 (RFC 5915) with the curve and the public key, as openssl writes it; `None` when the key is on no curve.
pub(crate) fn sec1(pkcs8: &[u8], public_key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let [_, algorithm, key] = der::read_all(pkcs8)?.values()?[..] else { return None };
    let [kind, curve] = algorithm.values()?[..] else { return None };
    if kind.whole != der::oid(EC) {
        return None;
    }
    let inside = der::read_all(key.content)?.values()?;
    let secret = inside.get(1).filter(|v| v.tag == der::OCTET_STRING)?;
    let point = *der::read_all(public_key)?.values()?.get(1)?;
    let curve = der::value(der::CONTEXT_CONSTRUCTED, curve.whole);
    let point = der::value(der::CONTEXT_CONSTRUCTED + 1, point.whole);
    Some(der::secret(der::SEQUENCE, &[&der::integer(&[1]), secret.whole, &curve, &point]))
}

/// A key as a file: PKCS#8, encrypted if there is a passphrase.
pub(crate) fn write(pkcs8: &[u8], passphrase: Option<&Passphrase>, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
    let ciphertext = passphrase.map(|passphrase| encrypted::encrypt(pkcs8, passphrase)).transpose()?;
    let (label, der) = match &ciphertext {
        Some(encrypted) => ("ENCRYPTED PRIVATE KEY", encrypted.as_slice()),
        None => ("PRIVATE KEY", pkcs8),
    };
    Ok(Zeroizing::new(match form {
        Form::Der => der.to_vec(),
        Form::Pem => pem_file::encode(label, der).as_bytes().to_vec(),
    }))
}

/// PKCS#8 around PKCS#1.
fn rsa_pkcs8(pkcs1: &[u8]) -> Zeroizing<Vec<u8>> {
    wrap(&der::sequence(&[der::oid(RSA), der::value(der::NULL, &[])]), pkcs1)
}

/// PKCS#8 version 1 around a key.
fn wrap(algorithm: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = der::secret(der::OCTET_STRING, &[key]);
    der::secret(der::SEQUENCE, &[&der::integer(&[]), algorithm, &octets])
}

/// PKCS#8 without attributes and without the public key of version 2.
pub(crate) fn plain_pkcs8(pkcs8: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let values = der::read_all(pkcs8)?.values()?;
    match values[..] {
        [version, algorithm, key, ..] if version.tag == der::INTEGER && key.tag == der::OCTET_STRING => {
            Some(wrap(algorithm.whole, key.content))
        }
        _ => None,
    }
}

/// PKCS#8 around SEC1, whose curve is inside or in the block before it. The curve then stands in the algorithm alone, as
/// openssl writes it.
fn sec1_pkcs8(sec1: &[u8], parameters: Option<&[u8]>) -> Option<Zeroizing<Vec<u8>>> {
    let values = der::read_all(sec1)?.values()?;
    let inside = values.iter().find(|v| v.tag == der::CONTEXT_CONSTRUCTED).map(|v| v.content);
    let curve = inside.or(parameters)?;
    let rest: Vec<&[u8]> = values.iter().filter(|v| v.tag != der::CONTEXT_CONSTRUCTED).map(|v| v.whole).collect();
    Some(wrap(&der::sequence(&[&der::oid(EC), curve]), &der::secret(der::SEQUENCE, &rest)))
}
