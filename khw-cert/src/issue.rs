//! Building and signing certificates.
//!
//! Names and the public key are copied byte for byte: the issuer is the subject of its CA, whatever string types and
//! order that has.

use crate::certificate::Certificate;
use crate::der;
use crate::extension::Extension;
use crate::key::{Digest, PrivateKey};
use khw_core::Error;
use time::{Duration, OffsetDateTime};

/// A certificate before it is signed.
pub(crate) struct Template<'a> {
    /// Big-endian, positive.
    pub(crate) serial: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) public_key: &'a [u8],
    pub(crate) validity: Validity,
    pub(crate) extensions: &'a [Extension],
}

/// From when to when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Validity {
    /// From now on, for so many days.
    pub(crate) fn days(days: u32) -> Result<Self, Error> {
        let now = OffsetDateTime::now_utc();
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let not_after = now.checked_add(Duration::days(i64::from(days))).ok_or_else(|| {
            Error::new("the certificate would outlive the year 9999, the last that fits").hint("use fewer days")
        })?;
        Ok(Validity { not_before: now, not_after })
    }

    /// Valid five minutes earlier: clocks of hosts differ, and a certificate that is not yet valid keeps a node out. Not
    /// earlier than the CA, since before that nobody accepts it anyway.
    pub(crate) fn with_clock_skew(self, ca: Option<&Certificate>) -> Self {
        let earlier = self.not_before - Duration::minutes(5);
        let not_before = ca.map_or(earlier, |ca| earlier.max(ca.not_before()).min(self.not_before));
        Validity { not_before, ..self }
    }

    /// Ends with the CA when it would outlive it by less than a day: both were given the same number of days, one after
    /// the other.
    pub(crate) fn ending_with(self, ca: &Certificate) -> Self {
        let beyond = self.not_after - ca.not_after();
        if beyond.is_positive() && beyond < Duration::days(1) {
            Validity { not_after: ca.not_after(), ..self }
        } else {
            self
        }
    }
}

/// Signs a certificate with a key, for the issuer with that name.
pub(crate) fn issue(
    template: &Template<'_>,
    issuer: &[u8],
    key: &PrivateKey,
    digest: Option<Digest>,
) -> Result<Certificate, Error> {
    Certificate::from_der(&issue_der(template, issuer, key, digest)?)
}

/// The same for many, which need not be read again.
pub(crate) fn issue_der(
    template: &Template<'_>,
    issuer: &[u8],
    key: &PrivateKey,
    digest: Option<Digest>,
) -> Result<Vec<u8>, Error> {
    // Version 3 always: openssl writes version 1 when there is no extension, which rustls does not take.
    let version = der::value(der::CONTEXT_CONSTRUCTED, &der::integer(&[2]));
    let mut extensions = Vec::new();
    if !template.extensions.is_empty() {
        let list = der::sequence(&template.extensions.iter().map(Extension::der).collect::<Vec<_>>());
        extensions = der::value(der::CONTEXT_CONSTRUCTED + 3, &list);
    }
    let validity = der::sequence(&[time(template.validity.not_before), time(template.validity.not_after)]);
    let signed = key.sign(digest, |algorithm| {
        der::sequence(&[
            &version,
            &der::integer(template.serial),
            algorithm,
            issuer,
            &validity,
            template.subject,
            template.public_key,
            &extensions,
        ])
    })?;
    Ok(signed.0)
}

/// RFC 5280, 4.1.2.5: UTCTime until 2049, then GeneralizedTime.
pub(crate) fn time(moment: OffsetDateTime) -> Vec<u8> {
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second) = moment.to_hms();
    let rest = format!("{:02}{day:02}{hour:02}{minute:02}{second:02}Z", u8::from(month));
    if year < 2050 {
        der::value(der::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())
    } else {
        der::value(der::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
    }
}

/// A date for a person.
pub(crate) fn date(moment: OffsetDateTime) -> String {
    let (year, month, day) = moment.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::{date, time};
    use time::macros::datetime;

    #[test]
    fn times_change_their_type_in_2050() {
        assert_eq!(time(datetime!(2049-12-31 23:59:59 UTC)), b"\x17\x0d491231235959Z");
        assert_eq!(time(datetime!(2050-01-01 00:00:00 UTC)), b"\x18\x0f20500101000000Z");
        assert_eq!(date(datetime!(2029-08-20 15:13:40 UTC)), "2029-08-20");
    }
}
