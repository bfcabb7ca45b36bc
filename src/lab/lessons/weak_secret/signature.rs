//! What made the signature of a token that was sent: the secret, something that is nearly the secret, or another way to
//! write the right HMAC.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::keys::Algorithm;
use crate::lab::forge::mac;
use crate::lab::lessons::forged_token::is_in_another_encoding;
use crate::token::segments;

/// A token's signature, and the text that it should cover.
pub(super) struct SentSignature<'a> {
    message: &'a str,
    /// The signature, as it is written.
    pub text: &'a str,
}

impl<'a> SentSignature<'a> {
    pub fn of(token: &'a str) -> Option<Self> {
        let [header, payload, signature] = segments(token)?;
        Some(Self { message: &token[..header.len() + 1 + payload.len()], text: signature })
    }

    pub fn fits(&self, algorithm: Algorithm, key: &[u8]) -> bool {
        algorithm.hmac().is_some_and(|hash| self.text == mac(hash, key, self.message))
    }

    /// Whether this is the HMAC with the right secret, in another encoding.
    pub fn is_in_another_encoding(&self, right: &str) -> bool {
        is_in_another_encoding(self.text, &mac(hmac::HMAC_SHA256, right.as_bytes(), self.message))
    }

    /// The form in which the secret was used, if it was not used as it stands.
    pub fn form_of(&self, right: &str) -> Option<&'static str> {
        let decoded = STANDARD_NO_PAD.decode(right).or_else(|_| URL_SAFE_NO_PAD.decode(right)).unwrap_or_default();
        let hash = digest(&SHA256, right.as_bytes());
        let forms = [
            (decoded, "decoded from base64"),
            (STANDARD.encode(right).into_bytes(), "encoded in base64"),
            (format!("\"{right}\"").into_bytes(), "with quotation marks around it"),
            (hash.as_ref().to_vec(), "as its SHA-256 hash"),
        ];
        let fits = |key: &[u8]| !key.is_empty() && self.fits(Algorithm::Hs256, key);
        forms.into_iter().find(|(key, _)| fits(key)).map(|(_, form)| form)
    }
}

/// The secret with what terminals and editors add to it.
pub(super) fn with_blanks(secret: &str) -> Vec<String> {
    ["\n", "\r\n", " ", "\t"].iter().map(|end| format!("{secret}{end}")).chain([format!(" {secret}")]).collect()
}

pub(super) fn in_other_case(secret: &str) -> Vec<String> {
    let (first, rest) = secret.split_at(secret.chars().next().map_or(0, char::len_utf8));
    let all = [secret.to_uppercase(), secret.to_lowercase(), first.to_uppercase() + rest];
    all.into_iter().filter(|other| other != secret).collect()
}
