//! Tokens with exactly one flaw, for testing other verifiers.

use std::str::FromStr;

use serde_json::{Map, Value};

use thiserror::Error;

use super::{IssueError, Issuer, Profile};
use crate::code::Code;
use crate::keys::{Algorithm, KeyKind, KeyRing, Signer, SigningError};
use crate::token::{self, Token};

/// Declares [`Flaw`] from rows of variant, name on the wire and the claim without which it means nothing.
macro_rules! flaws {
    ($($variant:ident $name:literal $claim:expr,)+) => {
        /// What is wrong with a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Flaw {
            $($variant,)+
        }

        impl Flaw {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The names of all, in the same order.
            pub const NAMES: &[&str] = &[$($name),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            const fn claim(self) -> Option<&'static str> {
                match self { $(Self::$variant => $claim),+ }
            }
        }
    };
}

flaws! {
    Expired "expired" Some("exp"),
    NotYetValid "not_yet_valid" None,
    BadSignature "bad_signature" None,
    AlgNone "alg_none" None,
    WrongKey "wrong_key" None,
    UnknownKid "unknown_kid" None,
    ExpInMs "exp_in_ms" Some("exp"),
    MissingClaim "missing_claim" Some("exp"),
    WrongIssuer "wrong_issuer" Some("iss"),
    WrongAudience "wrong_audience" Some("aud"),
    WrongType "wrong_type" None,
    NoAudience "no_audience" Some("aud"),
    FutureIat "future_iat" None,
    DuplicateClaim "duplicate_claim" Some("sub"),
    Crit "crit" None,
    KeyConfusion "key_confusion" None,
}

impl FromStr for Flaw {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|flaw| flaw.as_str() == name).ok_or(())
    }
}

/// What a flawed token is made from.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub flaw: Flaw,
    /// Signs in place of the profile's own key.
    pub signer: Option<Signer>,
    /// Replace claims of the profile's sample before the flaw is added.
    pub claims: Map<String, Value>,
    /// How far in the past or in the future its times are, in seconds.
    pub by: i64,
}

/// How long before its end a token is issued at most, in seconds. With an `exp` in the far future, `iat` would
/// otherwise be moved to a time before 1970, which is a flaw of its own.
const LONGEST_LIFE: i64 = 86_400;

impl Wanted {
    /// More than the leeway of any verifier.
    pub const USUAL_DISTANCE: i64 = 3600;

    pub fn of(flaw: Flaw) -> Self {
        Self { flaw, signer: None, claims: Map::new(), by: Self::USUAL_DISTANCE }
    }
}

/// Why no flawed token was made.
#[derive(Debug, Error)]
pub enum FlawError {
    #[error(
        "`{}` changes the claim `{claim}`, and a token of the profile {profile} has none: this flaw means nothing for it. \
         Give `{claim}` in `claims`, or choose another flaw.", flaw.as_str()
    )]
    MeansNothing { flaw: Flaw, claim: &'static str, profile: &'static str },
    #[error(
        "`key_confusion` signs with the text of a public key as the secret, and {algorithm}, which signs this token of \
         the profile {profile}, has none: this flaw means nothing for it. Use the profile bearer, or demo or lab with \
         `algorithm` RS256."
    )]
    NoPublicKey { algorithm: Algorithm, profile: &'static str },
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl From<SigningError> for FlawError {
    fn from(error: SigningError) -> Self {
        Self::Issue(error.into())
    }
}

/// A token of this profile with this flaw, and the code that this server's verifier answers to it.
pub fn make(
    profile: &Profile,
    wanted: &Wanted,
    issuer: &Issuer<'_>,
    random: [u8; 16],
) -> Result<(String, Code), FlawError> {
    let token = flawed_token(profile, wanted, issuer, random)?;
    let code = profile.verify(issuer, &token).resolve_revocation(|_| false).code();
    Ok((token, code))
}

fn flawed_token(
    profile: &Profile,
    wanted: &Wanted,
    issuer: &Issuer<'_>,
    random: [u8; 16],
) -> Result<String, FlawError> {
    let good = profile.sample(issuer, random)?;
    let (mut header, mut claims) = members(&good);
    claims.extend(wanted.claims.clone());
    let flaw = wanted.flaw;
    if let Some(claim) = flaw.claim().filter(|claim| !claims.contains_key(*claim)) {
        return Err(FlawError::MeansNothing { flaw, claim, profile: profile.name });
    }
    let right = match &wanted.signer {
        Some(other) => other,
        None => profile.signer(issuer)?,
    };
    let confused = confused_signer(flaw, right, profile)?;
    let signer = confused.as_ref().unwrap_or(right);
    name_signer(&mut header, signer);
    add_flaw(&mut header, &mut claims, wanted, issuer.now.timestamp());
    let subject = claims.get("sub").cloned().unwrap_or_default();
    let (header, claims) = (text(&header), text(&claims));
    Ok(match flaw {
        Flaw::AlgNone => token::signing_input(header, claims) + ".",
        Flaw::WrongKey => signed(header, claims, &another_key(issuer.ring, signer))?,
        Flaw::BadSignature => with_changed_signature(&signed(header, claims, signer)?),
        Flaw::DuplicateClaim => signed(header, with_second_subject(&claims, &subject), signer)?,
        _ => signed(header, claims, signer)?,
    })
}

/// What signs for `key_confusion`.
fn confused_signer(flaw: Flaw, right: &Signer, profile: &Profile) -> Result<Option<Signer>, FlawError> {
    if flaw != Flaw::KeyConfusion {
        return Ok(None);
    }
    let no_public_key = || FlawError::NoPublicKey { algorithm: right.algorithm(), profile: profile.name };
    right.with_public_key_as_secret().map(Some).ok_or_else(no_public_key)
}

/// Names the algorithm and the key in the header of a sample that another key may have signed.
fn name_signer(header: &mut Map<String, Value>, signer: &Signer) {
    header.insert("alg".to_owned(), signer.algorithm().as_str().into());
    if let Some(kid) = signer.kid() {
        header.insert("kid".to_owned(), kid.into());
    }
}

/// Lets the token end at `end`. Its other dates move with that.
fn expire(claims: &mut Map<String, Value>, end: i64, now: i64) {
    let by = end.saturating_sub(number(claims, "exp").unwrap_or(now));
    let issued = number(claims, "iat").unwrap_or(now);
    let moved = issued.saturating_add(by).clamp(end - LONGEST_LIFE, end);
    claims.insert("exp".to_owned(), end.into());
    move_dates(claims, &["iat", "nbf"], moved.saturating_sub(issued));
}

/// Changes the header and the claims as the flaw says.
fn add_flaw(header: &mut Map<String, Value>, claims: &mut Map<String, Value>, wanted: &Wanted, now: i64) {
    let set = |object: &mut Map<String, Value>, name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    match wanted.flaw {
        Flaw::Expired => expire(claims, now - wanted.by, now),
        Flaw::NotYetValid => {
            set(claims, "nbf", (now + wanted.by).into());
            move_dates(claims, &["exp"], wanted.by);
        }
        Flaw::FutureIat => {
            set(claims, "iat", (now + wanted.by).into());
            move_dates(claims, &["exp"], wanted.by);
        }
        Flaw::ExpInMs => {
            let exp = number(claims, "exp").unwrap_or(now + 60);
            set(claims, "exp", exp.saturating_mul(1000).into());
        }
        Flaw::AlgNone => set(header, "alg", "none".into()),
        Flaw::UnknownKid => set(header, "kid", "unknown-key".into()),
        Flaw::MissingClaim => drop(claims.shift_remove("exp")),
        Flaw::NoAudience => drop(claims.shift_remove("aud")),
        Flaw::WrongIssuer => set(claims, "iss", "https://wrong-issuer.example".into()),
        Flaw::WrongAudience => set(claims, "aud", "https://wrong-audience.example".into()),
        // A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) is no token of any profile.
        Flaw::WrongType => set(header, "typ", "logout+jwt".into()),
        Flaw::Crit => {
            set(header, "crit", vec!["hallpass-test"].into());
            set(header, "hallpass-test", true.into());
        }
        Flaw::BadSignature | Flaw::WrongKey | Flaw::DuplicateClaim | Flaw::KeyConfusion => {}
    }
}

fn number(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}

/// Moves those of these dates that are there, so that the token's life stays as long as it was.
fn move_dates(claims: &mut Map<String, Value>, names: &[&str], by: i64) {
    for name in names {
        if let Some(date) = number(claims, name) {
            claims.insert((*name).to_owned(), date.saturating_add(by).into());
        }
    }
}

/// The payload with `sub` once more in front.
fn with_second_subject(claims: &str, subject: &Value) -> String {
    format!(r#"{{"sub":{subject},{}"#, &claims[1..])
}

/// A key of the same kind that belongs to someone else: one of the lab's, under the same algorithm. For tokens of the
/// lab itself, the secret of the REST tokens or a new pair. A kind that the lab has no key of gets a new pair, too.
fn another_key(ring: &KeyRing, right: &Signer) -> Signer {
    let lab = ring.lab();
    let (hmac, rsa) = (lab.hs256().signer(), lab.rs256().signer());
    let own = [hmac, rsa].iter().any(|signer| std::ptr::eq(*signer, right));
    let known = match (right.algorithm().key_kind(), own) {
        (KeyKind::Secret, false) => Some(hmac),
        (KeyKind::Secret, true) => Some(ring.rest_api().signer()),
        (KeyKind::Rsa, false) => Some(rsa),
        _ => None,
    };
    let known = known.and_then(|signer| signer.under(right.algorithm()));
    known.or_else(|| Signer::of_new_pair(right.algorithm())).unwrap_or_else(|| rsa.clone())
}

/// Changes the 20th character from the end. The last one may have unused bits, so changing it might have no effect.
fn with_changed_signature(token: &str) -> String {
    let at = token.len() - 20;
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// The header and the claims of a token that was just issued.
fn members(token: &Token) -> (Map<String, Value>, Map<String, Value>) {
    let read = token::decode(token.as_str());
    let claims = read.unverified_claims().map(|claims| claims.for_display().iter().map(owned).collect());
    (read.header().cloned().unwrap_or_default(), claims.unwrap_or_default())
}

fn owned((name, value): (&str, &Value)) -> (String, Value) {
    (name.to_owned(), value.clone())
}

fn signed(header: String, claims: String, signer: &Signer) -> Result<String, SigningError> {
    Ok(token::sign(header, claims, signer)?.into_string())
}

fn text(object: &Map<String, Value>) -> String {
    Value::Object(object.clone()).to_string()
}
