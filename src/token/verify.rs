//! The verifier: fourteen checks in order. It stops at the first that fails.
//!
//! `jsonwebtoken` is used only to verify the signature. Everything else is checked here, because that library's
//! validation allows a minute of leeway, skips `nbf` and accepts a missing issuer. The signature is
//! checked before the payload is parsed, so nobody without the key can make the server parse one.

mod claims;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::expected::{Candidates, Expected};
use super::json::{kind, member};
use super::refusal::{
    alg_not_allowed, bad_claim, bad_encoding, bad_signature, clip, either, header_not_allowed, malformed_header,
    no_key, not_verified, read_as_secret, stray_character, unchosen, unknown_kid, wrong_shape,
};
use super::{
    Check, Claims, Finding, JsonFault, Judged, LARGEST_TOKEN, NumericDate, Outcome, Pending, Reason, Verdict,
    parse_object, segments,
};
use crate::code::Code;
use crate::keys::{Algorithm, GivenVerifier, KeyKind, Verifier, key_pair_for};
use crate::texts::wording::counted;

/// Header members by which a token brings its own key or rules. They are refused without being read.
const REFUSED_MEMBERS: [(&str, &str, &str); 7] = [
    ("crit", "RFC 7515 §4.1.11", "requires extensions, and this server supports none"),
    ("jwk", "RFC 8725 §3.10", "contains its own verification key"),
    ("jku", "RFC 8725 §3.10", "tells the verifier where to download the key"),
    ("x5u", "RFC 8725 §3.10", "tells the verifier where to download a certificate"),
    ("x5c", "RFC 8725 §3.10", "contains its own certificate"),
    ("zip", "RFC 8725 §3.6", "is compressed, which a signed token never is"),
    ("b64", "RFC 7797 §6", "changes how the payload is encoded"),
];

/// Verifies a token at the time `now`. Accepts any text and never panics.
pub fn verify(token: &str, expected: Expected<'_>, now: DateTime<Utc>) -> Verdict {
    Verification::new(expected, now).verdict(token)
}

/// Verifies a token with the one of several algorithms that it names; of `first`, if it names none of them. Each
/// algorithm has its own keys, so here, and only here, the token may choose between them.
pub fn verify_one_of(token: &str, first: Expected<'_>, others: &[Expected<'_>], now: DateTime<Utc>) -> Verdict {
    let mut header_only = Verification::new(DECODE_ONLY, now);
    // An unreadable header is refused below, whichever algorithm is chosen.
    drop(header_only.read(token));
    let named = header_only.member("alg").and_then(Value::as_str);
    let mut choices = std::iter::once(&first).chain(others);
    let accepted = choices.clone().map(|choice| choice.algorithm).collect();
    let choice = choices.find(|choice| Some(choice.algorithm.as_str()) == named);
    Verification { accepted, ..Verification::new(*choice.unwrap_or(&first), now) }.verdict(token)
}

/// Like [`verify`], for a profile with a random `jti`: a token with a `jti` may have been revoked.
pub fn verify_revocable(token: &str, expected: Expected<'_>, now: DateTime<Utc>) -> Judged {
    let mut verification = Verification::new(expected, now);
    let profile = expected.rules.map_or("none", |rules| rules.profile);
    let claims = match verification.run(token) {
        Ok(claims) => claims,
        Err(reason) => return Judged::Final(verification.refuse(reason)),
    };
    let (Some(jti), Some(expires_at)) = (claims.jti().map(str::to_owned), claims.expires_at()) else {
        return Judged::Final(verification.accept(claims, Finding::WithoutJti));
    };
    Judged::Pending(Pending { verdict: verification.verdict, claims, profile, jti, expires_at })
}

/// Verifies the signature and the times of a token with a given key or key set. `kid` selects a key of a set. Nothing
/// else in the token matters, because each key has its own algorithm.
pub fn verify_given(token: &str, keys: &GivenVerifier, now: DateTime<Utc>) -> Verdict {
    let expected = |algorithm, keys| Expected { algorithm, keys, rules: None };
    let keys = match keys {
        GivenVerifier::One(key) => return verify(token, expected(key.algorithm(), Candidates::Alone(key)), now),
        GivenVerifier::Set(keys) => keys,
    };
    let decoded = decode(token);
    let said = |name| decoded.header().and_then(|header| member(header, name)).and_then(Value::as_str);
    let is_of_algorithm = |key: &&Verifier| said("alg") == Some(key.algorithm().as_str());
    let named = || keys.iter().filter(|key| said("kid").is_some_and(|kid| key.kid() == Some(kid)));
    if let Some(key) = named().find(is_of_algorithm).or_else(|| named().next()) {
        return verify(token, expected(key.algorithm(), Candidates::Picked(key)), now);
    }
    let any = keys.iter().find(is_of_algorithm).or(keys.first()).map_or(Algorithm::Rs256, Verifier::algorithm);
    verify(token, expected(any, Candidates::Unchosen(keys)), now)
}

/// Decodes a token without verifying it. The verdict never accepts.
pub fn decode(token: &str) -> Verdict {
    let mut verification = Verification::new(DECODE_ONLY, DateTime::UNIX_EPOCH);
    if let Err(reason) = verification.read(token) {
        return verification.refuse(reason);
    }
    for check in [Check::Algorithm, Check::Key] {
        verification.verdict.record(check, Outcome::NotReached);
    }
    verification.refuse(not_verified())
}

/// For a token that is only read.
const DECODE_ONLY: Expected<'static> =
    Expected { algorithm: Algorithm::Hs256, keys: Candidates::Ring(&[]), rules: None };

/// The verification of one token. Each check records its finding, or ends the verification with a reason.
struct Verification<'a> {
    verdict: Verdict,
    expected: Expected<'a>,
    /// The algorithms that the token could choose from; empty if it had no choice.
    accepted: Vec<Algorithm>,
    moment: DateTime<Utc>,
    now: NumericDate,
}

impl<'a> Verification<'a> {
    fn new(expected: Expected<'a>, now: DateTime<Utc>) -> Self {
        let verdict = Verdict::new(expected.checks());
        Self { verdict, expected, accepted: Vec::new(), moment: now, now: NumericDate::from_moment(now) }
    }

    /// The verdict on a token that cannot have been revoked.
    fn verdict(mut self, token: &str) -> Verdict {
        match self.run(token) {
            Ok(claims) => self.accept(claims, Finding::NotRevocable),
            Err(reason) => self.refuse(reason),
        }
    }

    fn accept(mut self, claims: Claims, revocation: Finding) -> Verdict {
        if self.expected.rules.is_some() {
            self.passed(Check::Revocation, revocation);
        }
        self.verdict.accept_as(claims);
        self.verdict
    }

    /// Fails the current check. Later checks are not reached.
    fn refuse(mut self, reason: Reason) -> Verdict {
        let checks = self.expected.checks();
        let made = self.verdict.checks().len();
        self.verdict.record(checks[made], Outcome::Failed(reason));
        for check in &checks[made + 1..] {
            self.verdict.record(*check, Outcome::NotReached);
        }
        self.verdict
    }

    /// The checks before that of the algorithm. They need no key.
    fn read<'t>(&mut self, token: &'t str) -> Result<[&'t str; 3], Reason> {
        let [header, payload, signature] = self.shape(token)?;
        let decoded = self.encoding(header, payload, signature)?;
        self.header(&decoded)?;
        Ok([header, payload, signature])
    }

    fn run(&mut self, token: &str) -> Result<Claims, Reason> {
        let [_, _, signature] = self.read(token)?;
        self.algorithm()?;
        let keys = self.key()?;
        let signed = &token[..token.len() - signature.len() - 1];
        self.signature(&keys, signed, signature)?;
        let claims = self.payload()?;
        self.claims(&claims)?;
        Ok(claims)
    }

    /// A member of the decoded header.
    fn member(&self, name: &str) -> Option<&Value> {
        member(self.verdict.header()?, name)
    }

    fn passed(&mut self, check: Check, finding: Finding) {
        self.verdict.record(check, Outcome::Passed(finding));
    }

    fn shape<'t>(&mut self, token: &'t str) -> Result<[&'t str; 3], Reason> {
        let bytes = token.len();
        let fail = |code, message: String, found: String| {
            Err(Reason { code, message, expected: "header.payload.signature".into(), found, rfc: Check::Shape.rfc() })
        };
        if token.is_empty() {
            return fail(Code::NoToken, "there is no token".into(), "nothing".into());
        }
        if bytes > LARGEST_TOKEN {
            let message = format!("the token has more than the {LARGEST_TOKEN} bytes that are read");
            return fail(Code::TooLarge, message, format!("{bytes} bytes"));
        }
        let Some(three) = segments(token) else {
            let dots = token.matches('.').count();
            return fail(Code::Malformed, wrong_shape(token, dots), counted(dots + 1, "part"));
        };
        self.passed(Check::Shape, Finding::ThreeParts { bytes });
        Ok(three)
    }

    fn encoding(&mut self, header: &str, payload: &str, signature: &str) -> Result<Vec<u8>, Reason> {
        let header = decode_part("header", header)?;
        self.verdict.set_payload(decode_part("payload", payload)?);
        // The last character of a signature that was cut has stray bits too. The check of the signature reports that
        // case.
        let whole = self.expected.keys.all().iter().any(|key| key.signature_chars() == signature.len());
        let stray = || signature.chars().find(|c| !is_base64url(*c));
        let finding = match decode_part("signature", signature) {
            Ok(_) => Finding::Canonical,
            Err(reason) if whole => return Err(reason),
            Err(_) => match stray() {
                Some(stray) => return Err(bad_encoding("signature", &stray_character(stray), signature)),
                None => Finding::CanonicalButForTheEnd,
            },
        };
        self.passed(Check::Encoding, finding);
        Ok(header)
    }

    fn header(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        let header = parse_object(bytes).map_err(|fault| malformed_header(&fault.to_string()))?;
        self.verdict.set_header(header);
        if let Some(refused) = self.refused_member() {
            return Err(refused);
        }
        match (self.member("alg"), self.member("typ")) {
            (None, _) => return Err(malformed_header("no alg")),
            (Some(Value::String(_)), None | Some(Value::String(_))) => {}
            (Some(Value::String(_)), Some(typ)) => return Err(malformed_header(&format!("typ is {}", kind(typ)))),
            (Some(alg), _) => return Err(malformed_header(&format!("alg is {}", kind(alg)))),
        }
        self.passed(Check::Header, Finding::PlainHeader);
        Ok(())
    }

    fn refused_member(&self) -> Option<Reason> {
        let mut refused = REFUSED_MEMBERS.iter();
        refused.find_map(|(name, rfc, why)| Some(header_not_allowed(name, why, rfc, self.member(name)?)))
    }

    fn algorithm(&mut self) -> Result<(), Reason> {
        let expected = self.expected.algorithm;
        let found = self.member("alg").and_then(Value::as_str).unwrap_or_default();
        let accepted = if self.accepted.is_empty() { &[expected][..] } else { &self.accepted };
        if found != expected.as_str() {
            let is_given_secret = matches!(self.expected.keys, Candidates::Alone(_) | Candidates::Picked(_))
                && expected.key_kind() == KeyKind::Secret;
            let asks_for_key = is_given_secret.then(|| key_pair_for(found)).flatten();
            return Err(match asks_for_key {
                Some(kind) => read_as_secret(found, kind, expected),
                None => alg_not_allowed(found, accepted),
            });
        }
        let finding = match accepted {
            [_] => Finding::Expected(expected),
            all => Finding::Chosen { found: expected, accepted: either(all) },
        };
        self.passed(Check::Algorithm, finding);
        Ok(())
    }

    /// The keys to try, in order.
    fn key(&mut self) -> Result<Vec<&'a Verifier>, Reason> {
        let (keys, finding) = match (self.expected.keys, self.member("kid")) {
            (Candidates::Unchosen(keys), kid) => return Err(unchosen(keys, kid)),
            (Candidates::Alone(key), _) => (vec![key], Finding::KeyAlone(key.source().clone())),
            (Candidates::Picked(key), kid) => {
                let kid = kid.and_then(Value::as_str).map(clip).unwrap_or_default();
                (vec![key], Finding::KeyOfSet { set: key.source().clone(), kid })
            }
            (Candidates::Ring(ring), None) => {
                let mut keys: Vec<_> = ring.iter().filter(|key| !key.is_over(self.moment)).collect();
                keys.sort_by_key(|key| key.is_next(self.moment));
                let (first, others) = keys.split_first().ok_or_else(no_key)?;
                let finding = Finding::KeyOfRing { first: first.source().clone(), others: others.len() };
                (keys, finding)
            }
            (Candidates::Ring(ring), Some(kid)) => {
                let named = |key: &&Verifier| key.kid().is_some_and(|it| kid.as_str() == Some(it));
                let mut unexpired = ring.iter().filter(|key| !key.is_over(self.moment));
                let key = unexpired.find(named).ok_or_else(|| unknown_kid(ring, kid))?;
                (vec![key], Finding::KeyByKid(key.source().clone()))
            }
        };
        self.passed(Check::Key, finding);
        Ok(keys)
    }

    fn signature(&mut self, keys: &[&Verifier], signed: &str, signature: &str) -> Result<(), Reason> {
        let Some(key) = keys.iter().find(|key| key.verifies(signed.as_bytes(), signature)) else {
            return Err(bad_signature(keys, signature));
        };
        self.passed(Check::Signature, Finding::MadeWith(key.source().clone()));
        Ok(())
    }

    fn payload(&mut self) -> Result<Claims, Reason> {
        match parse_object(self.verdict.payload()) {
            Ok(members) => {
                self.passed(Check::Payload, Finding::Object { claims: members.len() });
                Ok(members.into())
            }
            Err(JsonFault::NumberOutOfRange(name)) => Err(bad_claim(
                Check::Payload,
                &name,
                "a number that fits a 64-bit float",
                Some("a number too large for a 64-bit float"),
            )),
            Err(JsonFault::TooDeep) => Err(Reason {
                code: Code::Malformed,
                message: "the signature is right, but the payload is nested too deep".into(),
                expected: "JSON of a bounded depth".into(),
                found: JsonFault::TooDeep.to_string(),
                rfc: "RFC 8259 §9",
            }),
            Err(fault) => Err(Reason {
                code: Code::Malformed,
                message: "the signature is right, but the payload is not a JSON object that has each member once"
                    .into(),
                expected: "one JSON object, each member once".into(),
                found: clip(&fault.to_string()),
                rfc: Check::Payload.rfc(),
            }),
        }
    }
}

const fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn decode_part(part: &'static str, text: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| {
        let fault = match text.chars().find(|c| !is_base64url(*c)) {
            Some(stray) => stray_character(stray),
            None if text.len() % 4 == 1 => "a length that no bytes encode to".into(),
            None => "a last character whose unused bits are set, a second spelling of the same bytes".into(),
        };
        bad_encoding(part, &fault, text)
    })
}
