//! Tokens with exactly one flaw, for testing other verifiers.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{IssueError, Issuer, Profile};
use crate::code::Code;
use crate::keys::{KeyKind, KeyRing, Signer, SigningError};
use crate::token::{self, Token};

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Expired,
    NotYetValid,
    BadSignature,
    AlgNone,
    WrongKey,
    UnknownKid,
    ExpInMs,
    MissingClaim,
}

impl Flaw {
    pub const ALL: [Self; 8] = [
        Self::Expired,
        Self::NotYetValid,
        Self::BadSignature,
        Self::AlgNone,
        Self::WrongKey,
        Self::UnknownKid,
        Self::ExpInMs,
        Self::MissingClaim,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::BadSignature => "bad_signature",
            Self::AlgNone => "alg_none",
            Self::WrongKey => "wrong_key",
            Self::UnknownKid => "unknown_kid",
            Self::ExpInMs => "exp_in_ms",
            Self::MissingClaim => "missing_claim",
        }
    }

    /// The code that a verifier must refuse it with.
    pub const fn expected(self) -> Code {
        match self {
            Self::Expired => Code::Expired,
            Self::NotYetValid => Code::NotYetValid,
            Self::BadSignature | Self::WrongKey => Code::BadSignature,
            Self::AlgNone => Code::AlgNotAllowed,
            Self::UnknownKid => Code::UnknownKid,
            Self::ExpInMs | Self::MissingClaim => Code::BadClaim,
        }
    }
}

impl FromStr for Flaw {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|flaw| flaw.as_str() == name).ok_or(())
    }
}

/// A token of this profile with this flaw.
pub fn make(profile: &Profile, flaw: Flaw, issuer: &Issuer<'_>, random: [u8; 16]) -> Result<String, IssueError> {
    let good = profile.sample(issuer, random)?;
    let [mut header, mut claims] = [0, 1].map(|part| object(&good, part));
    let signer = profile.signer(issuer)?;
    let now = issuer.now.timestamp();
    match flaw {
        Flaw::Expired => age(&mut claims, now),
        Flaw::NotYetValid => drop(claims.insert("nbf".to_owned(), (now + 300).into())),
        Flaw::BadSignature => return Ok(with_changed_signature(good.as_str())),
        Flaw::AlgNone => {
            header.insert("alg".to_owned(), "none".into());
            return Ok(unsigned(&header, &claims));
        }
        Flaw::WrongKey => return Ok(sealed(&header, &claims, stranger(issuer.ring, signer))?),
        Flaw::UnknownKid => drop(header.insert("kid".to_owned(), "nobody-s-key".into())),
        Flaw::ExpInMs => drop(claims.insert("exp".to_owned(), ((now + 60) * 1000).into())),
        Flaw::MissingClaim => drop(claims.shift_remove("exp")),
    }
    Ok(sealed(&header, &claims, signer)?)
}

/// Moves every date back, so that the token expired a second ago.
fn age(claims: &mut Map<String, Value>, now: i64) {
    for (name, value) in claims.iter_mut() {
        match name.as_str() {
            "exp" => *value = (now - 1).into(),
            "iat" | "nbf" => *value = (now - 61).into(),
            _ => {}
        }
    }
}

/// A key of the same kind that belongs to someone else: one of the lab's. For tokens of the lab itself, a key of the
/// REST pair or of the bearer tokens.
fn stranger<'a>(ring: &'a KeyRing, right: &Signer) -> &'a Signer {
    let lab = ring.lab();
    let (hmac, rsa) = (lab.hs256().signer(), lab.rs256().signer());
    let own = [hmac, rsa].iter().any(|signer| std::ptr::eq(*signer, right));
    match (right.algorithm().key_kind() == KeyKind::Secret, own) {
        (true, false) => hmac,
        (true, true) => ring.rest_api().signer(),
        (false, false) => rsa,
        (false, true) => ring.bearer().signer(),
    }
}

/// Changes a character in the middle of the signature. The last one may contain unused bits, so changing it might have
/// no effect.
fn with_changed_signature(token: &str) -> String {
    let middle = token.len() - 20;
    let other = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..middle], &token[middle + 1..])
}

fn object(token: &Token, part: usize) -> Map<String, Value> {
    let text = token.as_str().split('.').nth(part).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    token::parse_object(&bytes).unwrap_or_default()
}

fn unsigned(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    token::signing_input(text(header), text(claims)) + "."
}

fn sealed(header: &Map<String, Value>, claims: &Map<String, Value>, signer: &Signer) -> Result<String, SigningError> {
    Ok(token::seal(text(header), text(claims), signer)?.into_string())
}

fn text(object: &Map<String, Value>) -> String {
    Value::Object(object.clone()).to_string()
}
