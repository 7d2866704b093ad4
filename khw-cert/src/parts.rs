//! Certificates and requests taken apart, byte for byte: RFC 5280, 4.1, and RFC 2986, 4.
//!
//! [`crate::Certificate`] is what Kubernetes makes of a certificate; this is what stands in it, for those who show it,
//! compare it or copy from it.

use crate::der::{self, Value};
use crate::extension::Extension;
use time::OffsetDateTime;

/// pkcs-9-at-extensionRequest.
pub(crate) const EXTENSION_REQUEST: &[u64] = &[1, 2, 840, 113_549, 1, 9, 14];

/// A certificate's fields.
pub(crate) struct CertificateParts<'a> {
    /// 1 to 3, as people count.
    pub(crate) version: u8,
    /// An INTEGER's content.
    pub(crate) serial: &'a [u8],
    /// The AlgorithmIdentifier inside of what is signed.
    pub(crate) algorithm: Value<'a>,
    pub(crate) issuer: &'a [u8],
    pub(crate) not_before: Value<'a>,
    pub(crate) not_after: Value<'a>,
    pub(crate) subject: &'a [u8],
    /// SubjectPublicKeyInfo.
    pub(crate) public_key: &'a [u8],
    pub(crate) extensions: Vec<Extension>,
    /// The AlgorithmIdentifier beside the signature.
    pub(crate) signature_algorithm: Value<'a>,
    pub(crate) signature: &'a [u8],
}

impl<'a> CertificateParts<'a> {
    /// Takes a certificate apart; `None` when it is malformed.
    pub(crate) fn read(certificate: &'a [u8]) -> Option<Self> {
        let [signed, signature_algorithm, signature] = der::read_all(certificate)?.values()?[..] else { return None };
        let mut fields = signed.values()?.into_iter().peekable();
        let version = match fields.next_if(|v| v.tag == der::CONTEXT_CONSTRUCTED) {
            Some(version) => version.values()?.first()?.content.last()?.checked_add(1)?,
            None => 1,
        };
        let serial = fields.next().filter(|v| v.tag == der::INTEGER)?.content;
        let algorithm = fields.next()?;
        let issuer = fields.next()?.whole;
        let [not_before, not_after] = fields.next()?.values()?[..] else { return None };
        let subject = fields.next()?.whole;
        let public_key = fields.next()?.whole;
        let mut extensions = Vec::new();
        // Unique identifiers, [1] and [2], are of no interest to anybody.
        if let Some(list) = fields.find(|v| v.tag == der::CONTEXT_CONSTRUCTED + 3) {
            for extension in list.values()?.first()?.values()? {
                extensions.push(Extension::from_value(extension)?);
            }
        }
        Some(CertificateParts {
            version,
            serial,
            algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
            signature_algorithm,
            signature: signature.content.get(1..)?,
        })
    }

    /// The value of an extension.
    pub(crate) fn extension(&self, oid: &[u64]) -> Option<&Extension> {
        self.extensions.iter().find(|e| e.is(oid))
    }
}

/// A request's fields.
pub(crate) struct RequestParts<'a> {
    /// 1, as people count.
    pub(crate) version: u8,
    pub(crate) subject: &'a [u8],
    /// SubjectPublicKeyInfo.
    pub(crate) public_key: &'a [u8],
    /// Every attribute with its type and its values.
    pub(crate) attributes: Vec<(Value<'a>, Vec<Value<'a>>)>,
    pub(crate) signature_algorithm: Value<'a>,
    pub(crate) signature: &'a [u8],
}

impl<'a> RequestParts<'a> {
    /// Takes a request apart; `None` when it is malformed.
    pub(crate) fn read(request: &'a [u8]) -> Option<Self> {
        let [info, signature_algorithm, signature] = der::read_all(request)?.values()?[..] else { return None };
        let fields = info.values()?;
        let [version, subject, public_key, ref rest @ ..] = fields[..] else { return None };
        let mut attributes = Vec::new();
        for list in rest {
            for attribute in list.values()? {
                let [kind, values] = attribute.values()?[..] else { return None };
                attributes.push((kind, values.values()?));
            }
        }
        Some(RequestParts {
            version: version.content.last()?.checked_add(1)?,
            subject: subject.whole,
            public_key: public_key.whole,
            attributes,
            signature_algorithm,
            signature: signature.content.get(1..)?,
        })
    }

    /// The extensions that it asks for; `None` when they are malformed.
    pub(crate) fn extensions(&self) -> Option<Vec<Extension>> {
        let mut out = Vec::new();
        for (_, values) in self.attributes.iter().filter(|(kind, _)| kind.whole == der::oid(EXTENSION_REQUEST)) {
            for list in values {
                for extension in list.values()? {
                    out.push(Extension::from_value(extension)?);
                }
            }
        }
        Some(out)
    }
}

/// A UTCTime or GeneralizedTime of a certificate (RFC 5280, 4.1.2.5); `None` for any other form.
pub(crate) fn moment(value: Value<'_>) -> Option<OffsetDateTime> {
    let text = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (value.tag, text.len()) {
        (der::UTC_TIME, 10 | 12) => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        (der::GENERALIZED_TIME, 14) => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2).map_or(Some(0), |digits| digits.parse::<u8>().ok());
    let month = time::Month::try_from(two(0)?).ok()?;
    let date = time::Date::from_calendar_date(year, month, two(2)?).ok()?;
    Some(date.with_hms(two(4)?, two(6)?, two(8)?).ok()?.assume_utc())
}

/// A moment as openssl shows it: `Nov  4 19:30:59 2026 GMT`.
pub(crate) fn shown_time(value: Value<'_>) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(moment) = moment(value) else { return "Bad time value".to_owned() };
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second) = moment.to_hms();
    let month = MONTHS.get(usize::from(u8::from(month)) - 1).copied().unwrap_or_default();
    format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT")
}

#[cfg(test)]
mod tests {
    use super::{moment, shown_time};
    use crate::der;

    #[test]
    fn times_as_openssl_shows_them() {
        for (tag, text, shown) in [
            (der::UTC_TIME, "261104193059Z", "Nov  4 19:30:59 2026 GMT"),
            (der::UTC_TIME, "500101000000Z", "Jan  1 00:00:00 1950 GMT"),
            (der::GENERALIZED_TIME, "20500101000000Z", "Jan  1 00:00:00 2050 GMT"),
            (der::UTC_TIME, "261304193059Z", "Bad time value"),
            (der::UTC_TIME, "", "Bad time value"),
        ] {
            let encoded = der::value(tag, text.as_bytes());
            assert_eq!(shown_time(der::read_all(&encoded).unwrap()), shown);
        }
        assert!(moment(der::read_all(&der::value(der::INTEGER, b"261104193059Z")).unwrap()).is_none());
    }
}
