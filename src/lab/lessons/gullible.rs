//! What verifiers share that are too easily convinced. Each lesson has one that breaks a single rule; it is pure
//! computation that opens nothing, fetches nothing and lets nobody in, and its word counts in the lab alone.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{NO_PAD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::lab::forge::mac;
use crate::token::{Claims, NumericDate, parse_object_keeping_last, segments, words};

/// Base64url as many libraries read it: padding may be there, and unused bits may be anything.
pub(super) const LAX: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    NO_PAD.with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why even a gullible verifier does not take a token.
#[derive(Clone, Debug, PartialEq)]
pub enum Objection {
    /// The text falls into this many parts, not three.
    Parts(usize),
    /// This part is not base64url.
    Encoding(&'static str),
    /// This part is not a JSON object.
    NotJson(&'static str),
    /// The header's `alg` is no string, or not there.
    NoAlg,
    /// It knows no algorithm of this name.
    UnknownAlg(String),
    /// The token says that it has no signature, and has one.
    SignatureOnNone,
    /// The signature was not made with this key, told for people.
    BadSignature(String),
    /// It finds no key, for this reason.
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
            Self::Expired { seconds } => write!(f, "the token expired {} ago", words(*seconds)),
        }
    }
}

/// A token as such a verifier reads it: what decodes is believed.
pub(super) struct Loose<'a> {
    pub header: Map<String, Value>,
    payload: Vec<u8>,
    /// What the signature covers, and the signature.
    pub signed: &'a str,
    pub signature: &'a str,
}

impl<'a> Loose<'a> {
    pub fn read(token: &'a str) -> Result<Self, Objection> {
        let [header, payload, signature] = segments(token).ok_or_else(|| Objection::Parts(token.split('.').count()))?;
        let decode = |part, text: &str| LAX.decode(text).map_err(|_| Objection::Encoding(part));
        let header = decode("header", header)?;
        let header = parse_object_keeping_last(&header).map_err(|_| Objection::NotJson("header"))?;
        let signed = &token[..token.len() - signature.len() - 1];
        Ok(Self { header, payload: decode("payload", payload)?, signed, signature })
    }

    pub fn alg(&self) -> Result<&str, Objection> {
        self.header.get("alg").and_then(Value::as_str).ok_or(Objection::NoAlg)
    }

    /// Whether the signature is the MAC under this key.
    pub fn is_mac(&self, algorithm: hmac::Algorithm, key: &[u8]) -> bool {
        self.signature.trim_end_matches('=') == mac(algorithm, key, self.signed)
    }

    /// What the payload says, once the signature was believed; of the claims only `exp` is looked at.
    pub fn claims(&self, now: DateTime<Utc>) -> Result<Claims, Objection> {
        let claims = parse_object_keeping_last(&self.payload).map_err(|_| Objection::NotJson("payload"))?;
        let now = NumericDate::from_moment(now);
        match claims.get("exp").and_then(NumericDate::from_claim) {
            Some(exp) if exp <= now => Err(Objection::Expired { seconds: now.since(exp) }),
            _ => Ok(claims.into()),
        }
    }
}

/// The HMAC of this name.
pub(super) fn hmac_named(alg: &str) -> Option<hmac::Algorithm> {
    match alg {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

/// What a part of a token says, when it is text; 0 is the header.
pub fn text_of(token: &str, part: usize) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(segments(token)?.get(part)?).ok()?).ok()
}

/// Whom the forger wants to be.
pub const WANTED: &str = "admin";

/// What a visitor hears about a token that a gullible verifier takes: whether it names the one that was wanted.
pub(super) fn wanted(claims: &Claims) -> Result<(), String> {
    match claims.get("sub") {
        Some(Value::String(subject)) if subject == WANTED => Ok(()),
        Some(other) => Err(format!(
            "Near: the naive verifier takes the token, but `sub` says {}. Nothing protects the payload now, so write \
             `\"sub\":\"{WANTED}\"` into it.",
            clip(&other.to_string())
        )),
        None => Err(format!(
            "Near: the naive verifier takes the token, but there is no `sub`. Write `\"sub\":\"{WANTED}\"`."
        )),
    }
}

/// The first 60 characters of what a visitor wrote, without the marks that prose gives a meaning.
pub(super) fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().map(|c| if matches!(c, '`' | '*') { '\'' } else { c }).take(60).collect();
    if text.chars().nth(60).is_some() {
        clipped.push('…');
    }
    clipped
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
        assert_eq!(Loose::read("a.b").err(), Some(Objection::Parts(2)));
        assert_eq!(Loose::read("!.e30.").err(), Some(Objection::Encoding("header")));
        assert_eq!(Loose::read("W10.e30.").err(), Some(Objection::NotJson("header")));
        assert_eq!(Loose::read("e30.e30.").unwrap().alg(), Err(Objection::NoAlg));
    }

    #[test]
    fn of_the_claims_only_exp_is_looked_at() {
        let claims = |payload: &str| Loose::read(&(signing_input("{}", payload) + ".")).unwrap().claims(now());
        assert_eq!(claims("[1]"), Err(Objection::NotJson("payload")));
        assert_eq!(claims(r#"{"exp":1799999997}"#), Err(Objection::Expired { seconds: 3.0 }));
        assert_eq!(claims(r#"{"exp":1800000000}"#), Err(Objection::Expired { seconds: 0.0 }));
        assert!(claims(r#"{"exp":"never","iat":99999999999}"#).is_ok());
    }

    #[test]
    fn a_remark_quotes_what_was_written_without_its_marks() {
        assert_eq!(clip("a`b*c"), "a'b'c");
        assert_eq!(clip(&"x".repeat(70)).chars().count(), 61);
    }
}
