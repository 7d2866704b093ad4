//! Private keys that are encrypted in the traditional form of PEM (`Proc-Type: 4,ENCRYPTED` and `DEK-Info`), as
//! `openssl ec -aes256` and `openssl genrsa -aes256 -traditional` write them.
//!
//! They are read and never written: between the passphrase and the key there is one round of MD5.

use crate::der;
use crate::key::damaged;
use crate::passphrase::Unlock;
use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use des::TdesEde3;
use khw_core::Error;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

/// What is inside of the block: PKCS#1, SEC1 or PKCS#8, as its label says. `dek_info` is the value of that header.
pub(crate) fn decrypt(content: &[u8], dek_info: &str, unlock: Option<&Unlock>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let passphrase = Unlock::passphrase(unlock)?;
    let (cipher, iv) = dek_info.split_once(',').ok_or_else(damaged)?;
    let iv = crate::serial::from_hex(iv.trim()).ok_or_else(damaged)?;
    // openssl's EVP_BytesToKey: the first 8 bytes of the initialization vector are the salt.
    let salt = iv.get(..8).ok_or_else(damaged)?;
    let key = |bytes| derive(passphrase.bytes(), salt, bytes);
    let plain = match cipher.trim() {
        "AES-128-CBC" => cbc::<Decryptor<Aes128>>(&key(16), &iv, content),
        "AES-192-CBC" => cbc::<Decryptor<Aes192>>(&key(24), &iv, content),
        "AES-256-CBC" => cbc::<Decryptor<Aes256>>(&key(32), &iv, content),
        "DES-EDE3-CBC" => cbc::<Decryptor<TdesEde3>>(&key(24), &iv, content),
        other => {
            let what = format!("the private key is encrypted with {}, which is not supported", other.escape_debug());
            return Err(Error::new(what).hint("write it anew: openssl pkey -in FILE -aes256 -out NEW"));
        }
    };
    let plain = plain.ok_or_else(|| Unlock::wrong(unlock))?;
    // One wrong passphrase in 256 gives a padding that is right, and bytes that are no key.
    if der::read_all(&plain).is_none() {
        return Err(Unlock::wrong(unlock));
    }
    Ok(plain)
}

fn cbc<D: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(content.to_vec());
    let length = D::new_from_slices(key, iv).ok()?.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    Some(Zeroizing::new(buffer.get(..length)?.to_vec()))
}

/// EVP_BytesToKey with MD5 and one round.
fn derive(passphrase: &[u8], salt: &[u8], bytes: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(bytes + 16));
    while key.len() < bytes {
        // Each digest is over the one before it.
        let last = key.len().saturating_sub(16);
        let digest = Md5::new().chain_update(&key[last..]).chain_update(passphrase).chain_update(salt).finalize();
        key.extend_from_slice(&digest);
    }
    key.truncate(bytes);
    key
}
