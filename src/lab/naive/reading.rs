//! How naive programs read a token: laxly, with what is missing or wrong left out.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::keys::{Algorithm, RsaPublicKey};
use crate::token::parse_object_keeping_last;

const LAX: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// A token as such a program sees it.
pub(super) struct Reading {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    payload: String,
    /// The first two parts as they stand there.
    pub message: String,
    /// In the one right base64url, however it was spelled.
    pub signature: String,
}

impl Reading {
    /// The first three parts of a text; what cannot be read is empty.
    pub fn of(text: &str) -> Self {
        let mut parts = text.split('.').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let (header, payload, signature) = (part(), part(), part());
        let said = String::from_utf8_lossy(&lax(&payload)).into_owned();
        Self {
            header: object(&String::from_utf8_lossy(&lax(&header))),
            claims: object(&said),
            payload: said,
            message: format!("{header}.{payload}"),
            signature: URL_SAFE_NO_PAD.encode(lax(&signature)),
        }
    }

    /// A header member that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A claim that is a number; one of another type is none.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.claims.get(name).and_then(Value::as_f64)
    }

    pub fn signature_bytes(&self) -> Vec<u8> {
        lax(&self.signature)
    }

    /// Whom the claims name, for a sentence.
    pub fn whom(&self) -> String {
        match self.claims.get("sub") {
            Some(Value::String(sub)) => format!("“{}”", sub.chars().take(64).collect::<String>()),
            Some(other) => other.to_string().chars().take(64).collect(),
            None => "somebody without a name".to_owned(),
        }
    }

    /// How deep the payload's brackets are nested.
    pub fn depth(&self) -> usize {
        let mut depth: usize = 0;
        let deepest = self.payload.chars().map(|c| {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth
        });
        deepest.max().unwrap_or_default()
    }

    /// Whether the signature was made with the private half of this key, under any algorithm of RSA's.
    pub fn verifies_with_rsa(&self, algorithm: Algorithm, key: &RsaPublicKey) -> bool {
        let parameters: &RsaParameters = match algorithm {
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => return false,
        };
        let numbers = RsaPublicKeyComponents { n: key.modulus(), e: key.exponent() };
        numbers.verify(parameters, self.message.as_bytes(), &self.signature_bytes()).is_ok()
    }
}

/// The compact form of the flattened JSON serialisation (RFC 7515 §7.2.2).
pub(super) fn from_json(text: &str) -> Option<String> {
    let whole = parse_object_keeping_last(text.as_bytes()).ok()?;
    let part = |name: &str| whole.get(name).and_then(Value::as_str).unwrap_or_default();
    Some(format!("{}.{}.{}", part("protected"), part("payload"), part("signature")))
}

/// Reads plain base64 too, and skips whatever is in neither alphabet.
fn lax(text: &str) -> Vec<u8> {
    if let Ok(bytes) = LAX.decode(text) {
        return bytes;
    }
    let known = text.chars().filter_map(|c| match c {
        '+' => Some('-'),
        '/' => Some('_'),
        c => (c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).then_some(c),
    });
    LAX.decode(known.collect::<String>()).unwrap_or_default()
}

/// The members of an object, of two of one name the last. As in JavaScript, a number beyond every double is endless.
fn object(text: &str) -> Map<String, Value> {
    let read = |text: &str| parse_object_keeping_last(text.as_bytes());
    read(text).or_else(|_| read(&text.replace("1e999", "1e308"))).unwrap_or_default()
}
