//! A token as careless programs read it: laxly, with little or nothing checked.
//!
//! Two of them exist in the lab. [`LaxToken::read`] objects to a text that does not decode, for the lessons, which tell
//! the visitor why. [`LaxToken::read_anything`] takes whatever it finds, for the gallery, whose forgeries are often
//! broken on purpose.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::keys::{Algorithm, RsaPublicKey};
use crate::lab::forge::mac;
use crate::token::{Claims, NumericDate, duration_in_words, parse_object_keeping_last, segments};

/// Base64url as many libraries read it: padding may be there, and unused bits may be anything.
pub const LAX_BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    NO_PAD.with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why even a naive verifier refuses a token.
#[derive(Clone, Debug, PartialEq)]
pub enum Objection {
    /// The text falls into this many parts, not three.
    Parts(usize),
    /// This part is not base64url.
    Encoding(&'static str),
    /// This part is not a JSON object.
    NotJson(&'static str),
    /// The header's `alg` is missing or not a string.
    NoAlg,
    /// The verifier does not know an algorithm of this name.
    UnknownAlg(String),
    /// The token says that it has no signature, and has one.
    SignatureOnNone,
    /// The signature was not made with this key, which is named in words.
    BadSignature(String),
    /// The verifier finds no key, for this reason.
    NoKey(String),
    Expired {
        seconds: f64,
    },
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts(found) => write!(f, "a token has three parts, and this text has {found}"),
            Self::Encoding(part) => write!(f, "the {part} is not base64url"),
            Self::NotJson(part) => write!(f, "the {part} is not a JSON object"),
            Self::NoAlg => f.write_str("the header names no algorithm"),
            Self::UnknownAlg(name) => write!(f, "it knows no algorithm {}", Value::from(name.as_str())),
            Self::SignatureOnNone => {
                f.write_str("a token without a signature ends in its second dot, and this one goes on")
            }
            Self::BadSignature(key) => write!(f, "the signature was not made with {key}"),
            Self::NoKey(why) => f.write_str(why),
            Self::Expired { seconds } if *seconds < 1.0 => f.write_str("the token expired just now"),
            Self::Expired { seconds } => write!(f, "the token expired {} ago", duration_in_words(*seconds)),
        }
    }
}

/// A token whose contents are believed.
pub struct LaxToken {
    pub header: Map<String, Value>,
    /// Empty when the payload is not a JSON object.
    pub claims: Map<String, Value>,
    payload: Vec<u8>,
    /// The first two parts as they are spelled: what the signature covers.
    pub message: String,
    /// As it is spelled after [`read`](Self::read); in the one right base64url after
    /// [`read_anything`](Self::read_anything).
    pub signature: String,
}

impl LaxToken {
    /// Reads a text of three parts whose header and payload decode.
    pub fn read(text: &str) -> Result<Self, Objection> {
        let [header, payload, signature] = segments(text).ok_or_else(|| Objection::Parts(text.split('.').count()))?;
        let decode = |part, text: &str| LAX_BASE64.decode(text).map_err(|_| Objection::Encoding(part));
        let decoded = decode("header", header)?;
        let members = parse_object_keeping_last(&decoded).map_err(|_| Objection::NotJson("header"))?;
        let said = decode("payload", payload)?;
        Ok(Self {
            header: members,
            claims: parse_object_keeping_last(&said).unwrap_or_default(),
            payload: said,
            message: format!("{header}.{payload}"),
            signature: signature.to_owned(),
        })
    }

    /// Takes the first three parts of any text. What cannot be read is empty.
    pub fn read_anything(text: &str) -> Self {
        let mut parts = text.split('.').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let (header, payload, signature) = (part(), part(), part());
        let said = decode_anything(&payload);
        Self {
            header: object(&decode_anything(&header)),
            claims: object(&said),
            payload: said,
            message: format!("{header}.{payload}"),
            signature: URL_SAFE_NO_PAD.encode(decode_anything(&signature)),
        }
    }

    pub fn alg(&self) -> Result<&str, Objection> {
        self.text("alg").ok_or(Objection::NoAlg)
    }

    /// A header member that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A claim that is a number. One of another type counts as absent.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.claims.get(name).and_then(Value::as_f64)
    }

    /// What the payload says, without any check.
    pub fn unchecked_claims(self) -> Result<Claims, Objection> {
        let claims = parse_object_keeping_last(&self.payload).map_err(|_| Objection::NotJson("payload"))?;
        Ok(claims.into())
    }

    /// What the payload says, once the signature was believed. Of the claims only `exp` is checked.
    pub fn claims_before_expiry(self, now: DateTime<Utc>) -> Result<Claims, Objection> {
        let claims = self.unchecked_claims()?;
        let now = NumericDate::from_moment(now).seconds();
        // A time before 1970 is a negative number (RFC 7519 §2).
        match claims.get("exp").and_then(Value::as_f64) {
            Some(exp) if exp <= now => Err(Objection::Expired { seconds: now - exp }),
            _ => Ok(claims),
        }
    }

    /// Who the claims name, for a sentence.
    pub fn subject(&self) -> String {
        match self.claims.get("sub") {
            Some(Value::String(sub)) => format!("“{}”", sub.chars().take(64).collect::<String>()),
            Some(other) => other.to_string().chars().take(64).collect(),
            None => "somebody without a name".to_owned(),
        }
    }

    /// How deep the payload's brackets are nested.
    pub fn depth(&self) -> usize {
        let mut depth: usize = 0;
        let deepest = self.payload.iter().map(|byte| {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth
        });
        deepest.max().unwrap_or_default()
    }

    pub fn signature_bytes(&self) -> Vec<u8> {
        decode_anything(&self.signature)
    }

    /// Whether the signature is the HMAC under this key.
    pub fn is_mac(&self, algorithm: hmac::Algorithm, key: &[u8]) -> bool {
        self.signature.trim_end_matches('=') == mac(algorithm, key, &self.message)
    }

    /// Whether the header says HS256 and the signature is the HMAC under this key.
    pub fn is_hs256_under(&self, key: &[u8]) -> bool {
        self.text("alg") == Some("HS256") && self.is_mac(hmac::HMAC_SHA256, key)
    }

    /// Whether the signature was made with the private half of this key. `false` under an algorithm that is none of
    /// RSA's.
    pub fn verifies_with_rsa(&self, algorithm: Algorithm, key: &RsaPublicKey) -> bool {
        let Some(parameters) = algorithm.rsa_verification() else { return false };
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
fn decode_anything(text: &str) -> Vec<u8> {
    if let Ok(bytes) = LAX_BASE64.decode(text) {
        return bytes;
    }
    let known = text.chars().filter_map(|c| match c {
        '+' => Some('-'),
        '/' => Some('_'),
        c => (c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).then_some(c),
    });
    LAX_BASE64.decode(known.collect::<String>()).unwrap_or_default()
}

/// The members of an object. Of two with the same name, the last counts. As in JavaScript, a number that no double
/// holds is infinite.
fn object(text: &[u8]) -> Map<String, Value> {
    let text = String::from_utf8_lossy(text);
    let read = |text: &str| parse_object_keeping_last(text.as_bytes());
    read(&text).or_else(|_| read(&text.replace("1e999", "1e308"))).unwrap_or_default()
}

/// The hash of the HMAC algorithm of this name.
pub fn hmac_named(alg: &str) -> Option<hmac::Algorithm> {
    alg.parse::<Algorithm>().ok()?.hmac()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::signing_input;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn a_text_of_any_kind_is_read_or_objected_to() {
        assert_eq!(LaxToken::read("a.b").err(), Some(Objection::Parts(2)));
        assert_eq!(LaxToken::read("!.e30.").err(), Some(Objection::Encoding("header")));
        assert_eq!(LaxToken::read("W10.e30.").err(), Some(Objection::NotJson("header")));
        assert_eq!(LaxToken::read("e30.e30.").unwrap().alg(), Err(Objection::NoAlg));
    }

    #[test]
    fn read_anything_never_refuses() {
        for text in ["", "a.b", "!.e30.", "W10.e30.", "e30", "....", "e30=.e30=.AB"] {
            let token = LaxToken::read_anything(text);
            assert!(token.header.is_empty() && token.claims.is_empty(), "{text}");
        }
        assert_eq!(LaxToken::read_anything("e30.e30.AB").signature, "AA");
    }

    #[test]
    fn of_the_claims_only_exp_is_looked_at() {
        let read = |payload: &str| LaxToken::read(&(signing_input("{}", payload) + ".")).unwrap();
        let claims = |payload: &str| read(payload).claims_before_expiry(now());
        assert_eq!(claims("[1]"), Err(Objection::NotJson("payload")));
        assert_eq!(claims(r#"{"exp":1799999997}"#), Err(Objection::Expired { seconds: 3.0 }));
        assert_eq!(claims(r#"{"exp":1800000000}"#), Err(Objection::Expired { seconds: 0.0 }));
        assert!(claims(r#"{"exp":"never","iat":99999999999}"#).is_ok());
    }
}
