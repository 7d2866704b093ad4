//! Names of object identifiers, as OpenSSL 3.0 prints them (crypto/objects/objects.txt): those that occur in
//! certificates. Any other is shown in dotted form, as openssl does with what it does not know.

use crate::der;

/// An object identifier with its names.
pub(crate) struct Object {
    pub(crate) arcs: &'static [u64],
    /// The name in configurations and `-ext`: `keyUsage`.
    pub(crate) short: &'static str,
    /// The name in `-text`: `X509v3 Key Usage`.
    pub(crate) long: &'static str,
}

const fn object(arcs: &'static [u64], short: &'static str, long: &'static str) -> Object {
    Object { arcs, short, long }
}

const OBJECTS: &[Object] = &[
    // Extensions.
    object(&[2, 5, 29, 9], "subjectDirectoryAttributes", "X509v3 Subject Directory Attributes"),
    object(&[2, 5, 29, 14], "subjectKeyIdentifier", "X509v3 Subject Key Identifier"),
    object(&[2, 5, 29, 15], "keyUsage", "X509v3 Key Usage"),
    object(&[2, 5, 29, 16], "privateKeyUsagePeriod", "X509v3 Private Key Usage Period"),
    object(&[2, 5, 29, 17], "subjectAltName", "X509v3 Subject Alternative Name"),
    object(&[2, 5, 29, 18], "issuerAltName", "X509v3 Issuer Alternative Name"),
    object(&[2, 5, 29, 19], "basicConstraints", "X509v3 Basic Constraints"),
    object(&[2, 5, 29, 30], "nameConstraints", "X509v3 Name Constraints"),
    object(&[2, 5, 29, 31], "crlDistributionPoints", "X509v3 CRL Distribution Points"),
    object(&[2, 5, 29, 32], "certificatePolicies", "X509v3 Certificate Policies"),
    object(&[2, 5, 29, 32, 0], "anyPolicy", "X509v3 Any Policy"),
    object(&[2, 5, 29, 33], "policyMappings", "X509v3 Policy Mappings"),
    object(&[2, 5, 29, 35], "authorityKeyIdentifier", "X509v3 Authority Key Identifier"),
    object(&[2, 5, 29, 36], "policyConstraints", "X509v3 Policy Constraints"),
    object(&[2, 5, 29, 37], "extendedKeyUsage", "X509v3 Extended Key Usage"),
    object(&[2, 5, 29, 46], "freshestCRL", "X509v3 Freshest CRL"),
    object(&[2, 5, 29, 54], "inhibitAnyPolicy", "X509v3 Inhibit Any Policy"),
    object(&[1, 3, 6, 1, 5, 5, 7, 1, 1], "authorityInfoAccess", "Authority Information Access"),
    object(&[1, 3, 6, 1, 5, 5, 7, 1, 11], "subjectInfoAccess", "Subject Information Access"),
    object(&[1, 3, 6, 1, 5, 5, 7, 1, 24], "tlsfeature", "TLS Feature"),
    object(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], "ct_precert_scts", "CT Precertificate SCTs"),
    object(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 3], "ct_precert_poison", "CT Precertificate Poison"),
    object(&[2, 16, 840, 1, 113_730, 1, 1], "nsCertType", "Netscape Cert Type"),
    object(&[2, 16, 840, 1, 113_730, 1, 2], "nsBaseUrl", "Netscape Base Url"),
    object(&[2, 16, 840, 1, 113_730, 1, 3], "nsRevocationUrl", "Netscape Revocation Url"),
    object(&[2, 16, 840, 1, 113_730, 1, 4], "nsCaRevocationUrl", "Netscape CA Revocation Url"),
    object(&[2, 16, 840, 1, 113_730, 1, 7], "nsRenewalUrl", "Netscape Renewal Url"),
    object(&[2, 16, 840, 1, 113_730, 1, 8], "nsCaPolicyUrl", "Netscape CA Policy Url"),
    object(&[2, 16, 840, 1, 113_730, 1, 12], "nsSslServerName", "Netscape SSL Server Name"),
    object(&[2, 16, 840, 1, 113_730, 1, 13], "nsComment", "Netscape Comment"),
    object(&[2, 23, 42, 7, 0], "setCext-hashedRoot", "setCext-hashedRoot"),
    // Access methods and policy qualifiers.
    object(&[1, 3, 6, 1, 5, 5, 7, 48, 1], "OCSP", "OCSP"),
    object(&[1, 3, 6, 1, 5, 5, 7, 48, 2], "caIssuers", "CA Issuers"),
    object(&[1, 3, 6, 1, 5, 5, 7, 48, 5], "caRepository", "CA Repository"),
    object(&[1, 3, 6, 1, 5, 5, 7, 2, 1], "id-qt-cps", "Policy Qualifier CPS"),
    object(&[1, 3, 6, 1, 5, 5, 7, 2, 2], "id-qt-unotice", "Policy Qualifier User Notice"),
    // Extended key usages.
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 1], "serverAuth", "TLS Web Server Authentication"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 2], "clientAuth", "TLS Web Client Authentication"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 3], "codeSigning", "Code Signing"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 4], "emailProtection", "E-mail Protection"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 5], "ipsecEndSystem", "IPSec End System"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 6], "ipsecTunnel", "IPSec Tunnel"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 7], "ipsecUser", "IPSec User"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 8], "timeStamping", "Time Stamping"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 9], "OCSPSigning", "OCSP Signing"),
    object(&[1, 3, 6, 1, 5, 5, 7, 3, 17], "ipsecIKE", "ipsec Internet Key Exchange"),
    object(&[1, 3, 6, 1, 5, 2, 3, 4], "pkInitClientAuth", "PKINIT Client Auth"),
    object(&[1, 3, 6, 1, 5, 2, 3, 5], "pkInitKDC", "Signing KDC Response"),
    object(&[1, 3, 6, 1, 4, 1, 311, 2, 1, 21], "msCodeInd", "Microsoft Individual Code Signing"),
    object(&[1, 3, 6, 1, 4, 1, 311, 2, 1, 22], "msCodeCom", "Microsoft Commercial Code Signing"),
    object(&[1, 3, 6, 1, 4, 1, 311, 10, 3, 1], "msCTLSign", "Microsoft Trust List Signing"),
    object(&[1, 3, 6, 1, 4, 1, 311, 10, 3, 3], "msSGC", "Microsoft Server Gated Crypto"),
    object(&[1, 3, 6, 1, 4, 1, 311, 10, 3, 4], "msEFS", "Microsoft Encrypted File System"),
    object(&[1, 3, 6, 1, 4, 1, 311, 20, 2, 2], "msSmartcardLogin", "Microsoft Smartcard Login"),
    object(&[2, 16, 840, 1, 113_730, 4, 1], "nsSGC", "Netscape Server Gated Crypto"),
    object(&[2, 5, 29, 37, 0], "anyExtendedKeyUsage", "Any Extended Key Usage"),
    // Keys and signatures.
    object(&[1, 2, 840, 113_549, 1, 1, 1], "rsaEncryption", "rsaEncryption"),
    object(&[1, 2, 840, 113_549, 1, 1, 4], "RSA-MD5", "md5WithRSAEncryption"),
    object(&[1, 2, 840, 113_549, 1, 1, 5], "RSA-SHA1", "sha1WithRSAEncryption"),
    object(&[1, 2, 840, 113_549, 1, 1, 10], "RSASSA-PSS", "rsassaPss"),
    object(&[1, 2, 840, 113_549, 1, 1, 11], "RSA-SHA256", "sha256WithRSAEncryption"),
    object(&[1, 2, 840, 113_549, 1, 1, 12], "RSA-SHA384", "sha384WithRSAEncryption"),
    object(&[1, 2, 840, 113_549, 1, 1, 13], "RSA-SHA512", "sha512WithRSAEncryption"),
    object(&[1, 2, 840, 113_549, 1, 1, 14], "RSA-SHA224", "sha224WithRSAEncryption"),
    object(&[1, 2, 840, 10_045, 2, 1], "id-ecPublicKey", "id-ecPublicKey"),
    object(&[1, 2, 840, 10_045, 4, 1], "ecdsa-with-SHA1", "ecdsa-with-SHA1"),
    object(&[1, 2, 840, 10_045, 4, 3, 1], "ecdsa-with-SHA224", "ecdsa-with-SHA224"),
    object(&[1, 2, 840, 10_045, 4, 3, 2], "ecdsa-with-SHA256", "ecdsa-with-SHA256"),
    object(&[1, 2, 840, 10_045, 4, 3, 3], "ecdsa-with-SHA384", "ecdsa-with-SHA384"),
    object(&[1, 2, 840, 10_045, 4, 3, 4], "ecdsa-with-SHA512", "ecdsa-with-SHA512"),
    object(&[1, 3, 101, 110], "X25519", "X25519"),
    object(&[1, 3, 101, 111], "X448", "X448"),
    object(&[1, 3, 101, 112], "ED25519", "ED25519"),
    object(&[1, 3, 101, 113], "ED448", "ED448"),
    object(&[1, 2, 840, 10_040, 4, 1], "DSA", "dsaEncryption"),
    object(&[2, 16, 840, 1, 101, 3, 4, 3, 2], "dsa_with_SHA256", "dsa_with_SHA256"),
    // Attributes of requests.
    object(&[1, 2, 840, 113_549, 1, 9, 2], "unstructuredName", "unstructuredName"),
    object(&[1, 2, 840, 113_549, 1, 9, 7], "challengePassword", "challengePassword"),
    object(&[1, 2, 840, 113_549, 1, 9, 8], "unstructuredAddress", "unstructuredAddress"),
    object(&[1, 2, 840, 113_549, 1, 9, 14], "extReq", "Extension Request"),
    object(&[1, 3, 6, 1, 4, 1, 311, 2, 1, 14], "msExtReq", "Microsoft Extension Request"),
];

/// The object with this encoded identifier (tag and length included).
pub(crate) fn find(oid: &[u8]) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| der::oid(object.arcs) == oid)
}

/// The object with this short or long name.
pub(crate) fn named(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.short == name || object.long == name)
}

/// The long name, or the dotted form.
pub(crate) fn long_name(oid: der::Value<'_>) -> String {
    find(oid.whole).map_or_else(|| der::dotted(oid.content), |object| object.long.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{OBJECTS, find, named};
    use crate::der;

    #[test]
    fn no_object_is_there_twice() {
        for (at, object) in OBJECTS.iter().enumerate() {
            let same = |o: &&super::Object| o.arcs == object.arcs || o.short == object.short || o.long == object.long;
            assert_eq!(OBJECTS.iter().skip(at + 1).filter(same).count(), 0, "{}", object.short);
        }
        assert_eq!(find(&der::oid(&[2, 5, 29, 15])).map(|o| o.short), Some("keyUsage"));
        assert_eq!(named("X509v3 Key Usage").map(|o| o.arcs), Some(&[2, 5, 29, 15][..]));
    }
}
