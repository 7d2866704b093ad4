//! Whether one of several CAs signed a certificate, by itself or through others.
//!
//! A CA file holds more than one while a CA is exchanged for another, and a certificate's file holds the intermediate CAs
//! between it and the root, as Go's `tls.LoadX509KeyPair` reads it.

use crate::certificate::Certificate;

/// The one of `authorities` to which the first certificate of `chain` leads, or which it is; the others of the chain may lie
/// between. Signatures count, and neither dates nor extensions.
pub fn signer<'a>(authorities: &'a [Certificate], chain: &[Certificate]) -> Option<&'a Certificate> {
    let (mut current, between) = chain.split_first()?;
    // Each step takes one of them, so that a circle ends too.
    for _ in 0..chain.len() {
        let leads_to = |authority: &&Certificate| current.is_signed_by(authority) || current.der() == authority.der();
        if let Some(authority) = authorities.iter().find(leads_to) {
            return Some(authority);
        }
        current = between.iter().find(|other| current.is_signed_by(other))?;
    }
    None
}
