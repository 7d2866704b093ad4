//! What a certificate may be used for, as openssl judges it: crypto/x509/v3_purp.c of OpenSSL 3.0.

use crate::der;
use crate::extension::{BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, NS_CERT_TYPE};
use crate::parts::CertificateParts;

/// The extensions that decide.
pub(crate) struct Uses {
    /// The CA flag of basicConstraints; `None` without the extension.
    authority: Option<bool>,
    /// How many CAs may follow, if that is limited.
    pub(crate) path_length: Option<u64>,
    /// Bit 0 of keyUsage is the lowest one here; `None` without the extension.
    key_usage: Option<u32>,
    netscape: Option<u32>,
    extended: Option<Vec<String>>,
    extended_is_critical: bool,
    version: u8,
    self_issued: bool,
}

const DIGITAL_SIGNATURE: u32 = 1;
const NON_REPUDIATION: u32 = 1 << 1;
const KEY_ENCIPHERMENT: u32 = 1 << 2;
const KEY_AGREEMENT: u32 = 1 << 4;
const KEY_CERT_SIGN: u32 = 1 << 5;
const CRL_SIGN: u32 = 1 << 6;

const NS_CLIENT: u32 = 1;
const NS_SERVER: u32 = 1 << 1;
const NS_SMIME: u32 = 1 << 2;
const NS_SSL_CA: u32 = 1 << 5;
const NS_SMIME_CA: u32 = 1 << 6;
const NS_ANY_CA: u32 = 0b1110_0000;

/// A purpose of openssl's, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    SslClient,
    SslServer,
    NetscapeServer,
    SmimeSign,
    SmimeEncrypt,
    CrlSign,
    Any,
    OcspHelper,
    TimeStamp,
}

const ALL: [(Purpose, &str); 9] = [
    (Purpose::SslClient, "SSL client"),
    (Purpose::SslServer, "SSL server"),
    (Purpose::NetscapeServer, "Netscape SSL server"),
    (Purpose::SmimeSign, "S/MIME signing"),
    (Purpose::SmimeEncrypt, "S/MIME encryption"),
    (Purpose::CrlSign, "CRL signing"),
    (Purpose::Any, "Any Purpose"),
    (Purpose::OcspHelper, "OCSP helper"),
    (Purpose::TimeStamp, "Time Stamp signing"),
];

impl Uses {
    pub(crate) fn of(certificate: &CertificateParts<'_>) -> Option<Self> {
        let value = |oid| match certificate.extension(oid) {
            Some(extension) => der::read_all(&extension.value).map(Some),
            None => Some(None),
        };
        let (mut authority, mut path_length) = (None, None);
        if let Some(constraints) = value(BASIC_CONSTRAINTS)? {
            let fields = constraints.values()?;
            authority = Some(fields.iter().any(|v| v.tag == der::BOOLEAN && v.content != [0]));
            let length = fields.iter().find(|v| v.tag == der::INTEGER);
            path_length = length.map(|v| v.content.iter().fold(0_u64, |n, &b| (n << 8) | u64::from(b)));
        }
        let extended = match value(EXTENDED_KEY_USAGE)? {
            Some(list) => Some(list.values()?.into_iter().map(|v| der::dotted(v.content)).collect()),
            None => None,
        };
        Some(Uses {
            authority,
            path_length,
            key_usage: value(KEY_USAGE)?.map(bits),
            netscape: value(NS_CERT_TYPE)?.map(bits),
            extended,
            extended_is_critical: certificate.extension(EXTENDED_KEY_USAGE).is_some_and(|e| e.critical),
            version: certificate.version,
            self_issued: certificate.subject == certificate.issuer,
        })
    }

    /// Whether it is a CA: 0 no, 1 yes; other numbers are openssl's for a CA that only an old rule makes one.
    pub(crate) fn authority(&self) -> u8 {
        if self.key_usage.is_some_and(|usage| usage & KEY_CERT_SIGN == 0) {
            return 0;
        }
        match self.authority {
            Some(authority) => u8::from(authority),
            None if self.version == 1 && self.self_issued => 3,
            None if self.key_usage.is_some() => 4,
            None if self.netscape.is_some_and(|kind| kind & NS_ANY_CA != 0) => 5,
            None => 0,
        }
    }

    /// Whether its keyUsage lets it sign certificates.
    pub(crate) fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|usage| usage & KEY_CERT_SIGN != 0)
    }

    /// Whether it is good for a purpose, or as a CA for that purpose: 0 no, 1 yes, other numbers yes with a warning.
    pub(crate) fn good_for(&self, purpose: Purpose, authority: bool) -> u8 {
        match purpose {
            Purpose::SslClient if self.lacks_extended(&["1.3.6.1.5.5.7.3.2"]) => 0,
            Purpose::SslClient if authority => self.authority_for(NS_SSL_CA),
            Purpose::SslClient => {
                u8::from(!self.lacks(DIGITAL_SIGNATURE | KEY_AGREEMENT) && !self.lacks_netscape(NS_CLIENT))
            }
            Purpose::SslServer | Purpose::NetscapeServer => self.server(purpose, authority),
            Purpose::SmimeSign => self.smime(authority, DIGITAL_SIGNATURE | NON_REPUDIATION),
            Purpose::SmimeEncrypt => self.smime(authority, KEY_ENCIPHERMENT),
            Purpose::CrlSign | Purpose::OcspHelper | Purpose::TimeStamp if authority => self.authority(),
            Purpose::CrlSign => u8::from(!self.lacks(CRL_SIGN)),
            Purpose::Any | Purpose::OcspHelper => 1,
            Purpose::TimeStamp => {
                let signs = DIGITAL_SIGNATURE | NON_REPUDIATION;
                let usage = self.key_usage.is_none_or(|usage| usage & !signs == 0 && usage & signs != 0);
                let only = self.extended.as_deref().is_some_and(|list| list == ["1.3.6.1.5.5.7.3.8"]);
                u8::from(usage && only && self.extended_is_critical)
            }
        }
    }

    fn server(&self, purpose: Purpose, authority: bool) -> u8 {
        const SERVER: [&str; 3] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"];
        if self.lacks_extended(&SERVER) {
            return 0;
        }
        if authority {
            return self.authority_for(NS_SSL_CA);
        }
        let tls = !self.lacks_netscape(NS_SERVER) && !self.lacks(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT);
        u8::from(tls && (purpose == Purpose::SslServer || !self.lacks(KEY_ENCIPHERMENT)))
    }

    fn smime(&self, authority: bool, usage: u32) -> u8 {
        if self.lacks_extended(&["1.3.6.1.5.5.7.3.4"]) {
            return 0;
        }
        if authority {
            return self.authority_for(NS_SMIME_CA);
        }
        let kind = match self.netscape {
            Some(kind) if kind & NS_SMIME != 0 => 1,
            Some(kind) if kind & NS_CLIENT != 0 => 2,
            Some(_) => 0,
            None => 1,
        };
        if self.lacks(usage) { 0 } else { kind }
    }

    fn authority_for(&self, kind: u32) -> u8 {
        match self.authority() {
            5 if self.lacks_netscape(kind) => 0,
            authority => authority,
        }
    }

    fn lacks(&self, usage: u32) -> bool {
        self.key_usage.is_some_and(|there| there & usage == 0)
    }

    fn lacks_netscape(&self, kind: u32) -> bool {
        self.netscape.is_some_and(|there| there & kind == 0)
    }

    fn lacks_extended(&self, usages: &[&str]) -> bool {
        self.extended.as_ref().is_some_and(|there| !there.iter().any(|t| usages.contains(&t.as_str())))
    }

    /// openssl's `-purpose`.
    pub(crate) fn text(&self) -> String {
        let mut out = "Certificate purposes:\n".to_owned();
        for (purpose, name) in ALL {
            for authority in [false, true] {
                let answer = match self.good_for(purpose, authority) {
                    0 => "No".to_owned(),
                    1 => "Yes".to_owned(),
                    code => format!("Yes (WARNING code={code})"),
                };
                out.push_str(&format!("{name}{} : {answer}\n", if authority { " CA" } else { "" }));
            }
        }
        out
    }
}

/// The named bits of a BIT STRING, the first as the lowest.
fn bits(value: der::Value<'_>) -> u32 {
    let bytes = value.content.get(1..).unwrap_or_default();
    let bits = bytes.iter().take(4).enumerate().map(|(at, byte)| u32::from(byte.reverse_bits()) << (8 * at));
    bits.fold(0, |all, bits| all | bits)
}
