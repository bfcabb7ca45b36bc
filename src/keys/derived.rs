//! Keys for separate purposes that are derived from one key, so that what one of them does reveals nothing about the
//! others or about the key.
//!
//! Cookies and links that exist rely on these keys: with other names of their purposes, none of them holds.

use aws_lc_rs::hmac;

/// The 32 bytes that follow from `key` for this purpose: HMAC-SHA256 of the purpose's name.
pub(super) fn derived_bytes(key: &[u8], purpose: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), purpose.as_bytes())
}

/// The key that computes HMAC-SHA256 for this purpose alone.
pub fn mac_key(key: &[u8], purpose: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, derived_bytes(key, purpose).as_ref())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// Computed with another implementation (Python's `hmac`).
    #[test]
    fn a_key_and_a_purpose_always_give_the_same_key() {
        let tag = hmac::sign(&mac_key(b"a key", "hallpass seals"), b"a message");
        assert_eq!(URL_SAFE_NO_PAD.encode(tag), "OsetBUxLqyms47_eXxLTakXYLLWAEkTgBoIRlM_610M");
        for (key, purpose) in [("a key", "another purpose"), ("another key", "hallpass seals")] {
            let other = hmac::sign(&mac_key(key.as_bytes(), purpose), b"a message");
            assert_ne!(other.as_ref(), tag.as_ref(), "{key}, {purpose}");
        }
    }
}
