//! Proofs of possession (`DPoP`, RFC 9449): the proof that a client makes for each request, and the check of it.
//!
//! A proof is a JWT that brings its own key, which is why the verifier of access tokens refuses it. The key means
//! something only because the access token names its thumbprint in `cnf.jkt`.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::keys::{Algorithm, Es256Pair, GivenKey, SigningError, Verifier};
use crate::token::{LARGEST_TOKEN, NumericDate, Token, duration_in_words, parse_object, segments, sign};

/// The `typ` of a proof.
const TYP: &str = "dpop+jwt";

/// How old a proof may be.
pub const LONGEST_AGE: TimeDelta = TimeDelta::minutes(5);

/// How far a client's clock may be ahead, in seconds.
const LEEWAY: f64 = 5.0;

/// A request as a proof names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub method: &'static str,
    /// Without query and fragment.
    pub uri: &'static str,
}

/// The thumbprint of a pair's public key (RFC 7638), for `cnf.jkt`.
pub fn thumbprint(pair: &Es256Pair) -> &str {
    pair.keys.signer().kid().unwrap_or_default()
}

/// The proof that the owner of this pair sends this token with this request.
pub fn prove(
    pair: &Es256Pair,
    target: Target,
    token: &str,
    jti: &str,
    now: DateTime<Utc>,
) -> Result<Token, SigningError> {
    let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": text(pair.public.x()), "y": text(pair.public.y()) });
    let header = json!({ "typ": TYP, "alg": Algorithm::Es256.as_str(), "jwk": jwk });
    let Target { method, uri } = target;
    let claims = json!({ "jti": jti, "htm": method, "htu": uri, "iat": now.timestamp(), "ath": hash(token) });
    sign(header.to_string(), claims.to_string(), pair.keys.signer())
}

/// The SHA-256 of a token in base64url, for `ath`.
fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}

/// One check of a proof, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    Presence,
    Form,
    Type,
    Signature,
    Method,
    Address,
    Age,
    Token,
    Key,
    Once,
}

impl Check {
    pub const ALL: [Self; 10] = [
        Self::Presence,
        Self::Form,
        Self::Type,
        Self::Signature,
        Self::Method,
        Self::Address,
        Self::Age,
        Self::Token,
        Self::Key,
        Self::Once,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Presence => "Proof",
            Self::Form => "Form",
            Self::Type => "Type",
            Self::Signature => "Signature",
            Self::Method => "Method",
            Self::Address => "Address",
            Self::Age => "Age",
            Self::Token => "Token",
            Self::Key => "Key",
            Self::Once => "Used once",
        }
    }

    /// What holds when it passed.
    pub const fn finding(self) -> &'static str {
        match self {
            Self::Presence => "a proof came with the token",
            Self::Form => "a JWT with `jwk`, `htm`, `htu`, `iat`, `jti` and `ath`",
            Self::Type => "`typ` is `dpop+jwt`, and `alg` is `ES256`",
            Self::Signature => "made with the key in `jwk`",
            Self::Method => "`htm` is the method of this request",
            Self::Address => "`htu` is the address of this request",
            Self::Age => "`iat` is at most five minutes ago",
            Self::Token => "`ath` is the hash of this access token",
            Self::Key => "the key in `jwk` is the one that the token names in `cnf`",
            Self::Once => "this `jti` was not used before",
        }
    }

    pub const fn rfc(self) -> &'static str {
        match self {
            Self::Presence => "RFC 9449 §7.1",
            Self::Form | Self::Type => "RFC 9449 §4.2",
            Self::Key => "RFC 9449 §6.1",
            Self::Once => "RFC 9449 §11.1",
            _ => "RFC 9449 §4.3",
        }
    }
}

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidProof {
    pub check: Check,
    pub why: String,
}

impl InvalidProof {
    fn new(check: Check, why: impl Into<String>) -> Self {
        Self { check, why: why.into() }
    }

    /// For a proof whose `jti` was used before.
    pub fn replayed() -> Self {
        Self::new(Check::Once, "a proof with this `jti` was used before")
    }
}

/// A proof that passed every check but the last: whether its `jti` was used before is known to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub jti: String,
    /// After this moment the proof is too old anyway.
    pub remember_until: DateTime<Utc>,
}

/// What a proof must say.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    pub target: Target,
    /// The access token of the request.
    pub token: &'a str,
    /// The thumbprint that the access token names.
    pub jkt: &'a str,
}

/// Checks the proof of a request.
pub fn verify(proof: Option<&str>, expected: Expected<'_>, now: DateTime<Utc>) -> Result<Proved, InvalidProof> {
    let proof =
        proof.ok_or_else(|| InvalidProof::new(Check::Presence, "the token names a key, and no proof came with it"))?;
    let proof =
        Proof::read(proof).ok_or_else(|| InvalidProof::new(Check::Form, "this is no JWT, or a member is missing"))?;
    let verifier = proof.verifier()?;
    if !verifier.verifies(proof.message.as_bytes(), proof.signature) {
        return Err(InvalidProof::new(Check::Signature, "the signature was not made with the key in `jwk`"));
    }
    proof.expect("htm", expected.target.method, Check::Method)?;
    proof.expect("htu", expected.target.uri, Check::Address)?;
    let issued = proof.issued_recently(now)?;
    if proof.text("ath") != Some(&hash(expected.token)) {
        return Err(InvalidProof::new(Check::Token, "`ath` is the hash of another token"));
    }
    if verifier.kid() != Some(expected.jkt) {
        let why = "the proof was made with another key than the one that the token names";
        return Err(InvalidProof::new(Check::Key, why));
    }
    let jti = proof.text("jti").unwrap_or_default().to_owned();
    Ok(Proved { jti, remember_until: issued + LONGEST_AGE + TimeDelta::seconds(1) })
}

/// A proof that was read. Nothing of it is checked.
struct Proof<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Proof<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let [header, payload, signature] = segments(text).filter(|_| text.len() <= LARGEST_TOKEN)?;
        let object = |part: &str| parse_object(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let message = &text[..header.len() + 1 + payload.len()];
        let proof = Self { header: object(header)?, claims: object(payload)?, message, signature };
        let has_texts = ["htm", "htu", "jti", "ath"].iter().all(|name| proof.text(name).is_some());
        (has_texts && proof.claims.contains_key("iat")).then_some(proof)
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// The key that the proof brings. Its `kid` is its thumbprint, whatever name the sender gives it.
    fn verifier(&self) -> Result<Verifier, InvalidProof> {
        let said = |name: &str| self.header.get(name).and_then(Value::as_str);
        if said("typ") != Some(TYP) || said("alg") != Some(Algorithm::Es256.as_str()) {
            return Err(InvalidProof::new(Check::Type, "`typ` is not `dpop+jwt`, or `alg` is not `ES256`"));
        }
        let no_key = || InvalidProof::new(Check::Signature, "`jwk` is no public key on P-256");
        let jwk = self.header.get("jwk").and_then(Value::as_object).ok_or_else(no_key)?;
        if jwk.contains_key("d") {
            return Err(InvalidProof::new(Check::Signature, "`jwk` contains the private key"));
        }
        let members =
            ["kty", "crv", "x", "y"].map(|name| (name.to_owned(), jwk.get(name).cloned().unwrap_or_default()));
        let public = Value::from(Map::from_iter(members)).to_string();
        let key = GivenKey::from_jwk(public.as_bytes(), "the proof's key").map_err(|_| no_key())?;
        key.verifier(Some(Algorithm::Es256)).map_err(|_| no_key())
    }

    fn expect(&self, claim: &str, wanted: &str, check: Check) -> Result<(), InvalidProof> {
        if self.text(claim) == Some(wanted) {
            return Ok(());
        }
        Err(InvalidProof::new(check, format!("the proof is for another request: `{claim}` is not {wanted}")))
    }

    /// When it was made, which must be a short time ago.
    fn issued_recently(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, InvalidProof> {
        let no_date = || InvalidProof::new(Check::Age, "`iat` is no date");
        let issued = self.claims.get("iat").and_then(NumericDate::from_claim).ok_or_else(no_date)?;
        let age = NumericDate::from_moment(now).since(issued);
        if age > LONGEST_AGE.as_seconds_f64() {
            return Err(InvalidProof::new(Check::Age, format!("the proof is {} old", duration_in_words(age))));
        }
        if age < -LEEWAY {
            return Err(InvalidProof::new(
                Check::Age,
                format!("the proof was made {} from now", duration_in_words(age)),
            ));
        }
        issued.moment().ok_or_else(no_date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Curve, EcPrivateKey, KeyRing};
    use crate::random::Random;

    const TARGET: Target = Target { method: "GET", uri: "https://portal.example/grades" };

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn pairs() -> [Es256Pair; 2] {
        let folder = tempfile::tempdir().unwrap();
        let (ring, _) = KeyRing::read_or_make(folder.path(), Random::system().source()).unwrap();
        ["bob", "mallory"].map(|owner| ring.lab().es256_of_visitor("me", owner).unwrap())
    }

    /// The check that refuses Bob's proof; `None` if it passes.
    fn refused(proof: &str, bob: &Es256Pair, target: Target, token: &str, later: i64) -> Option<Check> {
        let expected = Expected { target, token, jkt: thumbprint(bob) };
        verify(Some(proof), expected, now() + TimeDelta::seconds(later)).err().map(|refusal| refusal.check)
    }

    #[test]
    fn a_proof_is_good_for_its_request_its_token_and_its_key_for_five_minutes() {
        let [bob, mallory] = pairs();
        let proof = prove(&bob, TARGET, "a token", "1", now()).unwrap().into_string();
        let judge = |target, token: &str, later| refused(&proof, &bob, target, token, later);
        for later in [-5, 0, 300] {
            assert_eq!(judge(TARGET, "a token", later), None, "{later}");
        }
        for later in [-6, 301, 600] {
            assert_eq!(judge(TARGET, "a token", later), Some(Check::Age), "{later}");
        }
        assert_eq!(judge(Target { method: "POST", ..TARGET }, "a token", 0), Some(Check::Method));
        assert_eq!(judge(Target { uri: "https://portal.example/", ..TARGET }, "a token", 0), Some(Check::Address));
        assert_eq!(judge(TARGET, "another token", 0), Some(Check::Token));
        let by_mallory = prove(&mallory, TARGET, "a token", "1", now()).unwrap().into_string();
        assert_eq!(refused(&by_mallory, &bob, TARGET, "a token", 0), Some(Check::Key));
        let expected = Expected { target: TARGET, token: "a token", jkt: thumbprint(&bob) };
        assert_eq!(verify(None, expected, now()).unwrap_err().check, Check::Presence);
    }

    #[test]
    fn a_proof_is_remembered_until_it_is_too_old() {
        let [bob, _] = pairs();
        let proof = prove(&bob, TARGET, "a token", "1", now()).unwrap().into_string();
        let expected = Expected { target: TARGET, token: "a token", jkt: thumbprint(&bob) };
        let proved = verify(Some(&proof), expected, now()).unwrap();
        assert_eq!(proved.jti, "1");
        assert!(verify(Some(&proof), expected, proved.remember_until).is_err());
    }

    /// Bob's proof, with another header or other claims, signed with this pair.
    fn changed(pair: &Es256Pair, change: impl Fn(&mut Value, &mut Value)) -> String {
        let proof = prove(pair, TARGET, "a token", "1", now()).unwrap().into_string();
        let part = |place: usize| URL_SAFE_NO_PAD.decode(segments(&proof).unwrap()[place]).unwrap();
        let [mut header, mut claims] = [0, 1].map(|place| serde_json::from_slice(&part(place)).unwrap());
        change(&mut header, &mut claims);
        sign(header.to_string(), claims.to_string(), pair.keys.signer()).unwrap().into_string()
    }

    #[test]
    fn whatever_else_is_wrong_with_a_proof_is_found() {
        let [bob, mallory] = pairs();
        let judge = |proof: &str| refused(proof, &bob, TARGET, "a token", 0);
        assert_eq!(judge(&changed(&bob, |_, _| ())), None);
        for name in ["jti", "htm", "htu", "iat", "ath"] {
            let proof = changed(&bob, |_, claims| drop(claims.as_object_mut().unwrap().remove(name)));
            assert_eq!(judge(&proof), Some(Check::Form), "{name}");
        }
        for text in ["", "a.b", "a.b.c", "e30.e30."] {
            assert_eq!(judge(text), Some(Check::Form), "{text}");
        }
        assert_eq!(judge(&changed(&bob, |header, _| header["typ"] = "JWT".into())), Some(Check::Type));
        assert_eq!(judge(&changed(&bob, |header, _| header["alg"] = "none".into())), Some(Check::Type));
        assert_eq!(judge(&changed(&bob, |header, _| header["jwk"] = json!({}))), Some(Check::Signature));
        assert_eq!(judge(&changed(&bob, |header, _| header["jwk"]["d"] = "AQ".into())), Some(Check::Signature));
        assert_eq!(judge(&changed(&bob, |_, claims| claims["iat"] = "now".into())), Some(Check::Age));
        let cut = changed(&bob, |_, _| ());
        assert_eq!(judge(&format!("{}A", &cut[..cut.len() - 2])), Some(Check::Signature));
        let named = changed(&mallory, |header, _| header["jwk"]["kid"] = thumbprint(&bob).into());
        assert_eq!(judge(&named), Some(Check::Key), "a name is no key");
        let other = EcPrivateKey::new(Curve::P256, &[9], None).unwrap();
        let x = URL_SAFE_NO_PAD.encode(other.public().x());
        let off = changed(&bob, |header, _| header["jwk"]["x"] = x.as_str().into());
        assert_eq!(judge(&off), Some(Check::Signature), "a point that is not on the curve");
    }
}
