//! Whether one of several CAs signed a certificate, by itself or through others.
//!
//! A CA file holds more than one while a CA is exchanged for another, and a certificate's file holds the intermediate CAs
//! between it and the root, as Go's `tls.LoadX509KeyPair` reads it.

use khw_cert::Certificate;

/// The one of `authorities` to which the first certificate of `chain` leads; the others of the chain may lie between.
pub(crate) fn signer<'a>(authorities: &'a [Certificate], chain: &[Certificate]) -> Option<&'a Certificate> {
    let (mut current, between) = chain.split_first()?;
    // Each step takes one of them, so that a circle ends too.
    for _ in 0..chain.len() {
        if let Some(authority) = authorities.iter().find(|authority| current.is_signed_by(authority)) {
            return Some(authority);
        }
        current = between.iter().find(|other| other.is_ca() && current.is_signed_by(other))?;
    }
    None
}
