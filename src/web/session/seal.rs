//! Seals: what this server said, in a text that a browser or a link carries. Nobody else can write such a text, so it
//! can be believed when it comes back.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Sessions;
use crate::keys::mac_key;

impl Sessions {
    /// The text with its seal, which holds for this purpose alone.
    pub(in crate::web) fn seal(&self, purpose: &str, text: &str) -> String {
        format!("{text}~{}", self.mac(purpose, text))
    }

    /// The text, if this server sealed it for this purpose.
    pub(in crate::web) fn unseal<'t>(&self, purpose: &str, sealed: &'t str) -> Option<&'t str> {
        let (text, mac) = sealed.rsplit_once('~')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(&self.seal_key(), &message(purpose, text), &mac).ok().map(|()| text)
    }

    /// What only this server can compute of a text, in base64url.
    pub(in crate::web) fn mac(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.seal_key(), &message(purpose, text)))
    }

    fn seal_key(&self) -> hmac::Key {
        mac_key(&self.key, "hallpass seals")
    }
}

/// No purpose has a line break in it.
fn message(purpose: &str, text: &str) -> Vec<u8> {
    [purpose.as_bytes(), b"\n", text.as_bytes()].concat()
}
