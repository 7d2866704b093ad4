//! Public keys taken apart: what kind they are, how strong, and how openssl shows them.

use crate::der;
use crate::hex;

const RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
const EC: &[u64] = &[1, 2, 840, 10_045, 2, 1];

/// A curve with the names that openssl and NIST give it.
struct Curve {
    oid: &'static [u64],
    name: &'static str,
    nist: &'static str,
    bits: usize,
}

const CURVES: [Curve; 5] = [
    Curve { oid: &[1, 2, 840, 10_045, 3, 1, 7], name: "prime256v1", nist: "P-256", bits: 256 },
    Curve { oid: &[1, 3, 132, 0, 34], name: "secp384r1", nist: "P-384", bits: 384 },
    Curve { oid: &[1, 3, 132, 0, 35], name: "secp521r1", nist: "P-521", bits: 521 },
    Curve { oid: &[1, 3, 132, 0, 33], name: "secp224r1", nist: "P-224", bits: 224 },
    Curve { oid: &[1, 3, 132, 0, 10], name: "secp256k1", nist: "", bits: 256 },
];

/// A public key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PublicKey<'a> {
    /// Modulus and exponent, big-endian, without a leading zero.
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    /// A point on a curve that is known.
    Ec { curve: usize, point: &'a [u8] },
    /// Ed25519, Ed448, X25519, X448.
    Edwards { name: &'static str, key: &'a [u8] },
    /// Anything else.
    Other,
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo; `None` when it is malformed.
    pub(crate) fn read(info: &'a [u8]) -> Option<Self> {
        let [algorithm, key] = der::read_all(info)?.values()?[..] else { return None };
        let algorithm = algorithm.values()?;
        let kind = algorithm.first()?;
        let key = key.content.get(1..)?;
        if kind.whole == der::oid(RSA) {
            let [modulus, exponent] = der::read_all(key)?.values()?[..] else { return None };
            let bare = |v: der::Value<'a>| v.content.get(v.content.iter().take_while(|&&b| b == 0).count()..);
            return Some(PublicKey::Rsa { modulus: bare(modulus)?, exponent: bare(exponent)? });
        }
        if kind.whole == der::oid(EC) {
            let named = algorithm.get(1)?.whole;
            return Some(match CURVES.iter().position(|c| der::oid(c.oid) == named) {
                Some(curve) => PublicKey::Ec { curve, point: key },
                None => PublicKey::Other,
            });
        }
        Some(match crate::objects::find(kind.whole).map(|o| o.short) {
            Some(name @ ("ED25519" | "ED448" | "X25519" | "X448")) => PublicKey::Edwards { name, key },
            _ => PublicKey::Other,
        })
    }

    /// The size that its kind is known by: of the modulus, or of the curve.
    pub(crate) fn bits(&self) -> usize {
        match self {
            PublicKey::Rsa { modulus, .. } => {
                modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize)
            }
            PublicKey::Ec { curve, .. } => CURVES.get(*curve).map_or(0, |c| c.bits),
            PublicKey::Edwards { key, .. } => key.len() * 8,
            PublicKey::Other => 0,
        }
    }

    /// Why TLS does not take it, if it is an RSA key that is too short.
    pub(crate) fn weakness(&self) -> Option<String> {
        let bits = self.bits();
        let weak = matches!(self, PublicKey::Rsa { .. }) && bits < 2048;
        weak.then(|| format!("the RSA key has {bits} bits: under 2048 is too short"))
    }

    /// For a person: `RSA 2048`, `ECDSA P-256`, `Ed25519`.
    pub(crate) fn kind(&self) -> String {
        match self {
            PublicKey::Rsa { .. } => format!("RSA {}", self.bits()),
            PublicKey::Ec { curve, .. } => {
                let curve = CURVES.get(*curve).map_or("", |c| if c.nist.is_empty() { c.name } else { c.nist });
                format!("ECDSA {curve}")
            }
            PublicKey::Edwards { name: "ED25519", .. } => "Ed25519".to_owned(),
            PublicKey::Edwards { name, .. } => (*name).to_owned(),
            PublicKey::Other => "unknown".to_owned(),
        }
    }

    /// The lines that openssl's `-text` has for it.
    pub(crate) fn text(&self, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let block = |bytes: &[u8]| hex::lines(bytes, 15, indent + 4);
        match self {
            PublicKey::Rsa { modulus, exponent } => {
                let exponent = match exponent.len() {
                    ..=8 => {
                        let number = exponent.iter().fold(0_u64, |n, &b| (n << 8) | u64::from(b));
                        format!("{pad}Exponent: {number} (0x{number:x})\n")
                    }
                    _ => format!("{pad}Exponent:\n{}", block(&signed(exponent))),
                };
                let bits = self.bits();
                format!("{pad}Public-Key: ({bits} bit)\n{pad}Modulus:\n{}{exponent}", block(&signed(modulus)))
            }
            PublicKey::Ec { curve, point } => {
                let Some(curve) = CURVES.get(*curve) else { return String::new() };
                let mut out = format!("{pad}Public-Key: ({} bit)\n{pad}pub:\n{}", curve.bits, block(point));
                out.push_str(&format!("{pad}ASN1 OID: {}\n", curve.name));
                if !curve.nist.is_empty() {
                    out.push_str(&format!("{pad}NIST CURVE: {}\n", curve.nist));
                }
                out
            }
            PublicKey::Edwards { name, key } => format!("{pad}{name} Public-Key:\n{pad}pub:\n{}", block(key)),
            PublicKey::Other => format!("{pad}Unable to load Public Key\n"),
        }
    }

    /// openssl's `-modulus`, without `Modulus=`, for the commands that read certificates and requests.
    pub(crate) fn modulus(&self) -> Option<String> {
        match self {
            PublicKey::Rsa { modulus, .. } => Some(hex::upper(modulus)),
            _ => None,
        }
    }
}

/// The bytes with the zero in front that keeps a number positive.
fn signed(number: &[u8]) -> Vec<u8> {
    let zero = number.first().is_none_or(|&b| b >= 0x80);
    std::iter::repeat_n(0, usize::from(zero)).chain(number.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::PublicKey;
    use crate::key::{KeyType, PrivateKey};

    #[test]
    fn kinds_and_sizes() {
        for (kind, shown, bits) in [
            (KeyType::Rsa2048, "RSA 2048", 2048),
            (KeyType::EcdsaP256, "ECDSA P-256", 256),
            (KeyType::EcdsaP384, "ECDSA P-384", 384),
            (KeyType::Ed25519, "Ed25519", 256),
        ] {
            let key = PrivateKey::generate(kind).unwrap();
            let public = PublicKey::read(key.public_key_der()).unwrap();
            assert_eq!((public.kind().as_str(), public.bits()), (shown, bits));
            assert_eq!(public.modulus().is_some(), kind == KeyType::Rsa2048);
        }
        assert_eq!(PublicKey::read(b"x"), None);
    }
}
