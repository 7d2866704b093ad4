//! Whether a signature is a public key's: of a certificate by its CA, of a request by itself.

use aws_lc_rs::signature as aws;
use x509_parser::der_parser::asn1_rs::BitString;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// Whether `signature` over `signed` verifies with `key`. An algorithm that is not known does not.
pub(crate) fn verifies(
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    signature: &BitString<'_>,
    signed: &[u8],
) -> bool {
    let curve = || key.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
    let kind = algorithm.algorithm.to_id_string();
    let verification: &dyn aws::VerificationAlgorithm = match kind.as_str() {
        "1.2.840.113549.1.1.5" => &aws::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.11" => &aws::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.12" => &aws::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &aws::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        "1.3.101.112" => &aws::ED25519,
        "1.2.840.10045.4.3.2" | "1.2.840.10045.4.3.3" | "1.2.840.10045.4.3.4" => {
            match (curve().as_deref(), kind.as_str()) {
                (Some("1.2.840.10045.3.1.7"), "1.2.840.10045.4.3.2") => &aws::ECDSA_P256_SHA256_ASN1,
                (Some("1.2.840.10045.3.1.7"), "1.2.840.10045.4.3.3") => &aws::ECDSA_P256_SHA384_ASN1,
                (Some("1.2.840.10045.3.1.7"), "1.2.840.10045.4.3.4") => &aws::ECDSA_P256_SHA512_ASN1,
                (Some("1.3.132.0.34"), "1.2.840.10045.4.3.2") => &aws::ECDSA_P384_SHA256_ASN1,
                (Some("1.3.132.0.34"), "1.2.840.10045.4.3.3") => &aws::ECDSA_P384_SHA384_ASN1,
                (Some("1.3.132.0.34"), "1.2.840.10045.4.3.4") => &aws::ECDSA_P384_SHA512_ASN1,
                (Some("1.3.132.0.35"), "1.2.840.10045.4.3.2") => &aws::ECDSA_P521_SHA256_ASN1,
                (Some("1.3.132.0.35"), "1.2.840.10045.4.3.3") => &aws::ECDSA_P521_SHA384_ASN1,
                (Some("1.3.132.0.35"), "1.2.840.10045.4.3.4") => &aws::ECDSA_P521_SHA512_ASN1,
                _ => return false,
            }
        }
        // RSASSA-PSS, whose hash is in its parameters.
        _ => return x509_parser::verify::verify_signature(key, algorithm, signature, signed).is_ok(),
    };
    aws::UnparsedPublicKey::new(verification, &key.subject_public_key.data).verify(signed, &signature.data).is_ok()
}
