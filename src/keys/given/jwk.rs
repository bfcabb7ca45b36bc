//! JSON Web Keys and sets of them (RFC 7517), as users and requests give them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Material, OneKey, PrivateExponent};
use crate::keys::{
    Algorithm, Curve, EcPrivateKey, EcPublicKey, Ed25519PrivateKey, Ed25519PublicKey, KeyFault, PrivateKey, PublicKey,
    RsaPrivateKey, RsaPublicKey, Secret,
};
use crate::texts::wording::counted;

/// The keys of a JWK or of a set, and whether it is a set. Of a set, those that cannot be used are left out, as RFC
/// 7517 §5 asks.
pub(super) fn keys(text: &str) -> Result<(Vec<OneKey>, bool), KeyFault> {
    let Ok(KeySet { keys: texts }) = serde_json::from_str(text) else { return Ok((vec![one(text)?], false)) };
    let (mut usable, mut faults) = (Vec::new(), Vec::new());
    for text in &texts {
        match one(text.get()) {
            Ok(key) => usable.push(key),
            Err(fault) => faults.push(fault),
        }
    }
    match (usable.is_empty(), &faults[..]) {
        (false, _) => Ok((usable, true)),
        (true, []) => Err(jwk_fault("key set is empty".to_owned())),
        (true, [first, ..]) => {
            let message = format!("key set has no key that can be used here, of {}; the first: {first}", faults.len());
            Err(jwk_fault(message))
        }
    }
}

/// What a JSON object lacks that was recognised as no key; `None` for every other text.
pub(super) fn of_other_json(text: &str) -> Option<KeyFault> {
    let Ok(Value::Object(members)) = serde_json::from_str(text.trim()) else { return None };
    let has = |name: &str| members.contains_key(name);
    Some(match members.get("keys") {
        _ if has("ciphertext") => KeyFault::WrongKind("JSON that is encrypted (JWE)".into()),
        _ if has("payload") && (has("signature") || has("signatures")) => {
            KeyFault::WrongKind("a token in JSON, and no key".into())
        }
        Some(Value::Array(_)) => jwk_fault("key set has no JWK among its `keys`".to_owned()),
        Some(other) => jwk_fault(format!("member `keys` is {}, and it must be an array of JWKs", kind_of_json(other))),
        None => jwk_fault("JWK lacks the member `kty`".to_owned()),
    })
}

/// What a JSON value is, with its article.
pub(crate) const fn kind_of_json(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A set, whose keys are judged one by one.
#[derive(Deserialize)]
struct KeySet<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

fn one(text: &str) -> Result<OneKey, KeyFault> {
    let jwk: GivenJwk = serde_json::from_str(text).map_err(|error| no_jwk(&error))?;
    jwk.expect_signature_use()?;
    let material = jwk.material()?;
    let bound_to = jwk.algorithm(&material)?;
    let may_sign = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "sign"));
    Ok(OneKey { material, bound_to, kid: jwk.kid, may_sign })
}

/// The members of RFC 7517 §4, RFC 7518 §6 and RFC 8037 §2 that matter here; others are ignored, as the RFC asks.
#[derive(Deserialize)]
struct GivenJwk {
    kty: String,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    k: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
    oth: Option<serde::de::IgnoredAny>,
}

impl GivenJwk {
    fn expect_signature_use(&self) -> Result<(), KeyFault> {
        if let Some(other) = self.r#use.as_deref().filter(|it| *it != "sig") {
            return Err(jwk_fault(format!("`use` is {other:?}, and only \"sig\" signs or verifies")));
        }
        let ops = self.key_ops.as_deref().unwrap_or_default();
        match ops.iter().find(|op| !matches!(op.as_str(), "sign" | "verify")) {
            Some(op) => {
                Err(jwk_fault(format!("`key_ops` names {op:?}, and only \"sign\" and \"verify\" are accepted")))
            }
            None => Ok(()),
        }
    }

    fn material(&self) -> Result<Material, KeyFault> {
        match self.kty.as_str() {
            "oct" => {
                let secret = Secret::from_decoded(&member("k", self.k.as_deref())?)?;
                Ok(Material::Secret { secret, kind: "a secret by its `kty`, \"oct\"" })
            }
            "RSA" if self.d.is_some() && self.p.is_none() && self.q.is_none() => self.without_primes(),
            "RSA" if self.d.is_some() => self.private().map(PrivateKey::Rsa).map(Material::Private),
            "RSA" => {
                let (n, e) = (member("n", self.n.as_deref())?, member("e", self.e.as_deref())?);
                RsaPublicKey::new(&n, &e).map(PublicKey::Rsa).map(Material::Public)
            }
            "EC" => self.ec(),
            "OKP" => self.okp(),
            other => Err(jwk_fault(format!(
                "`kty` is {other:?}, and only \"oct\", \"RSA\", \"EC\" and \"OKP\" keys can be used here"
            ))),
        }
    }

    /// RFC 7518 §6.2. A private key has its public half too.
    fn ec(&self) -> Result<Material, KeyFault> {
        let name = self.crv.as_deref().ok_or_else(|| jwk_fault("JWK lacks the member `crv`".to_owned()))?;
        let curve = Curve::ALL.into_iter().find(|curve| curve.as_str() == name);
        let curve = curve.ok_or_else(|| other_curve(name, "EC keys on \"P-256\" and \"P-384\""))?;
        let number =
            |member, value: &Option<String>| sized(member, value.as_deref(), curve.coordinate_bytes(), curve.as_str());
        let (x, y) = (number("x", &self.x)?, number("y", &self.y)?);
        let public = EcPublicKey::from_coordinates(curve, [&x, &y])?;
        Ok(match &self.d {
            None => Material::Public(PublicKey::Ec(public)),
            d => Material::Private(PrivateKey::Ec(EcPrivateKey::new(curve, &number("d", d)?, Some(&public))?)),
        })
    }

    /// RFC 8037 §2. A private key has its public half too.
    fn okp(&self) -> Result<Material, KeyFault> {
        match self.crv.as_deref() {
            Some("Ed25519") => {}
            Some(name) => return Err(other_curve(name, "OKP keys on \"Ed25519\"")),
            None => return Err(jwk_fault("JWK lacks the member `crv`".to_owned())),
        }
        let number = |member, value: &Option<String>| sized(member, value.as_deref(), 32, "Ed25519");
        let x = number("x", &self.x)?;
        Ok(match &self.d {
            None => Material::Public(PublicKey::Ed25519(Ed25519PublicKey::new(&x)?)),
            d => Material::Private(PrivateKey::Ed25519(Ed25519PrivateKey::new(&number("d", d)?, Some(&x))?)),
        })
    }

    /// RFC 7518 §6.3.2 lets all but d be left out.
    fn without_primes(&self) -> Result<Material, KeyFault> {
        let (n, e) = (member("n", self.n.as_deref())?, member("e", self.e.as_deref())?);
        let d = member("d", self.d.as_deref())?;
        Ok(Material::WithoutPrimes { public: RsaPublicKey::new(&n, &e)?, d: PrivateExponent(d) })
    }

    fn private(&self) -> Result<RsaPrivateKey, KeyFault> {
        if self.oth.is_some() {
            return Err(jwk_fault("`oth` names more than two primes, which is not supported".to_owned()));
        }
        let number = |name, value: &Option<String>| member(name, value.as_deref());
        let (n, e, d) = (number("n", &self.n)?, number("e", &self.e)?, number("d", &self.d)?);
        let (p, q) = (number("p", &self.p)?, number("q", &self.q)?);
        let (dp, dq, qi) = (number("dp", &self.dp)?, number("dq", &self.dq)?, number("qi", &self.qi)?);
        RsaPrivateKey::from_numbers([&n, &e, &d, &p, &q, &dp, &dq, &qi])
    }

    fn algorithm(&self, material: &Material) -> Result<Option<Algorithm>, KeyFault> {
        let Some(name) = self.alg.as_deref() else { return Ok(None) };
        let known = Algorithm::of_key(name)
            .map_err(|accepted| jwk_fault(format!("`alg` is {name:?}, and it must be {accepted}")))?;
        material.expect_fit(known)?;
        Ok(Some(known))
    }
}

fn member(name: &str, value: Option<&str>) -> Result<Vec<u8>, KeyFault> {
    let text = value.ok_or_else(|| jwk_fault(format!("JWK lacks the member `{name}`")))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| jwk_fault(format!("member `{name}` is not base64url without padding")))
}

/// A number that has its full length, with zeros in front where it is small (RFC 7518 §6.2.1.2, §6.2.2.1).
fn sized(name: &str, value: Option<&str>, bytes: usize, curve: &str) -> Result<Vec<u8>, KeyFault> {
    let number = member(name, value)?;
    if number.len() == bytes {
        return Ok(number);
    }
    Err(jwk_fault(format!("member `{name}` has {}, and {curve} has {bytes}", counted(number.len(), "byte"))))
}

fn other_curve(name: &str, accepted: &str) -> KeyFault {
    jwk_fault(format!("`crv` is {name:?}, and of its `kty` only {accepted} can be used here"))
}

/// What is said of a member of the wrong type repeats its value, and that may be a secret.
fn no_jwk(error: &serde_json::Error) -> KeyFault {
    let told = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    jwk_fault(match told {
        told if error.is_data() && told.starts_with("invalid") => {
            format!("JWK is not one: a member has another type than RFC 7517 gives it, at {place}")
        }
        told if told.starts_with("missing field `kty`") => "JWK lacks the member `kty`".to_owned(),
        told => format!("JWK is not one: {told}"),
    })
}

const fn jwk_fault(message: String) -> KeyFault {
    KeyFault::Jwk(message)
}
