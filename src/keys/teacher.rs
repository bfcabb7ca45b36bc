//! The key of the teacher's link: whoever has it is the teacher of the class.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::derived::mac_key;

const BYTES: usize = 32;

/// Random bytes, which the link has in base64url.
#[derive(Clone)]
pub struct TeacherKey([u8; BYTES]);

impl TeacherKey {
    pub(super) fn generate(random: &dyn SecureRandom) -> Result<Self, Unspecified> {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads the text of a file.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text.trim_ascii()).ok()?.try_into().ok().map(Self)
    }

    /// As the link has it.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Whether this text is the key. It takes the same time for every text of the right length.
    pub fn is(&self, text: &str) -> bool {
        verify_slices_are_equal(self.to_text().as_bytes(), text.as_bytes()).is_ok()
    }

    /// What signs the teacher's cookie. It says nothing about the key.
    pub fn cookie_key(&self) -> hmac::Key {
        mac_key(&self.0, "hallpass teacher cookie")
    }
}

/// Never shown: only the line of the log that has the link asks for its text.
impl fmt::Debug for TeacherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TeacherKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;

    use super::*;

    #[test]
    fn only_its_own_text_is_the_key_and_debug_does_not_show_it() {
        let key = TeacherKey::generate(&SystemRandom::new()).unwrap();
        let text = key.to_text();
        assert!(key.is(&text) && !key.is("") && !key.is(&text[1..]) && !key.is(&text.to_ascii_uppercase()));
        assert!(TeacherKey::parse(format!("{text}\n").as_bytes()).is_some_and(|read| read.is(&text)));
        assert!(TeacherKey::parse(b"short").is_none() && TeacherKey::parse(b"").is_none());
        assert_eq!(format!("{key:?}"), "TeacherKey(…)");
    }
}
