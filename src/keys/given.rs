//! A key that somebody hands over: a secret's text, PEM, OpenSSH, `ssh-rsa` or a JWK.
//!
//! The key decides which algorithms it may be used with, never the token: choosing the other way round is how a
//! public key ends up as an HMAC secret (RFC 8725 §2.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Algorithm, Family, KeyFault, RsaPrivateKey, RsaPublicKey, Secret, Signer, Verifier, armour};

/// One key on its own, with what a JWK says of its use.
#[derive(Debug)]
pub struct GivenKey {
    material: Material,
    bound_to: Option<Algorithm>,
    kid: Option<String>,
    source: String,
}

#[derive(Debug)]
enum Material {
    Secret(Secret),
    Private(RsaPrivateKey),
    Public(RsaPublicKey),
}

impl GivenKey {
    /// Reads a key in any form; `source` is what messages call it.
    pub fn parse(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.trim_ascii_start().starts_with(b"{") {
            return Self::from_jwk(bytes, source);
        }
        match armour::asymmetric_kind(bytes) {
            Some(_) => Self::from_armour(bytes, source),
            None => Ok(Self::plain(Material::Secret(Secret::from_file(bytes)?), source)),
        }
    }

    /// A secret, whose bytes are used as they are.
    pub fn from_secret(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        Ok(Self::plain(Material::Secret(Secret::from_bytes(bytes)?), source))
    }

    /// An RSA key in PEM, OpenSSH or `ssh-rsa` form, private or public.
    pub fn from_armour(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        let material = match armour::asymmetric_kind(bytes) {
            Some("a private") => Material::Private(RsaPrivateKey::parse(bytes, source)?),
            _ => Material::Public(RsaPublicKey::parse(bytes)?),
        };
        Ok(Self::plain(material, source))
    }

    fn plain(material: Material, source: &str) -> Self {
        Self { material, bound_to: None, kid: None, source: source.to_owned() }
    }

    /// A key of RFC 7517.
    pub fn from_jwk(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        let jwk: GivenJwk = serde_json::from_slice(bytes).map_err(|error| no_jwk(&error))?;
        jwk.expect_signature_use()?;
        let material = jwk.material()?;
        let bound_to = jwk.algorithm(&material)?;
        Ok(Self { material, bound_to, kid: jwk.kid, source: source.to_owned() })
    }

    /// This key alone as a verifier, under `wanted` or the algorithm that follows from the key.
    pub fn verifier(&self, wanted: Option<Algorithm>) -> Result<Verifier, KeyFault> {
        let algorithm = self.algorithm(wanted)?;
        let source = &self.source;
        Ok(match &self.material {
            Material::Secret(secret) => Verifier::with_secret(secret, algorithm, source),
            Material::Private(private) => Verifier::with_rsa(private.public(), algorithm, source),
            Material::Public(public) => Verifier::with_rsa(public, algorithm, source),
        })
    }

    /// This key as a signer, under `wanted` or the algorithm that follows from the key.
    pub fn signer(&self, wanted: Option<Algorithm>) -> Result<Signer, KeyFault> {
        let algorithm = self.algorithm(wanted)?;
        match &self.material {
            Material::Secret(secret) => Ok(Signer::with_secret(secret, algorithm, self.kid.clone())),
            Material::Private(private) => Ok(Signer::with_rsa(private, algorithm, self.kid.clone())),
            Material::Public(_) => Err(KeyFault::PublicForPrivate),
        }
    }

    fn algorithm(&self, wanted: Option<Algorithm>) -> Result<Algorithm, KeyFault> {
        let algorithm = wanted.or(self.bound_to).unwrap_or_else(|| self.material.usual_algorithm());
        if self.bound_to.is_some_and(|bound_to| bound_to != algorithm) {
            let bound_to = self.bound_to.unwrap_or(algorithm);
            return Err(jwk_fault(format!("`alg` binds the key to {bound_to}, and {algorithm} was asked for")));
        }
        self.material.expect_fit(algorithm)?;
        Ok(algorithm)
    }
}

impl Material {
    const fn family(&self) -> Family {
        match self {
            Self::Secret(_) => Family::Hmac,
            Self::Private(_) | Self::Public(_) => Family::Rsa,
        }
    }

    const fn usual_algorithm(&self) -> Algorithm {
        match self.family() {
            Family::Hmac => Algorithm::Hs256,
            Family::Rsa => Algorithm::Rs256,
        }
    }

    fn expect_fit(&self, algorithm: Algorithm) -> Result<(), KeyFault> {
        let (kind, accepted) = match self.family() {
            Family::Hmac => ("a secret", "HS256, HS384 and HS512"),
            Family::Rsa => ("an RSA key", "RS256, RS384, RS512, PS256, PS384 and PS512"),
        };
        if algorithm.family() == self.family() { Ok(()) } else { Err(KeyFault::Unfit { algorithm, kind, accepted }) }
    }
}

/// The members of RFC 7517 §4 and RFC 7518 §6 that matter here; others are ignored, as the RFC asks.
#[derive(Deserialize)]
struct GivenJwk {
    kty: String,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    k: Option<String>,
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
            "oct" => Secret::from_bytes(&member("k", self.k.as_deref())?).map(Material::Secret),
            "RSA" if self.d.is_some() => self.private().map(Material::Private),
            "RSA" => {
                let (n, e) = (member("n", self.n.as_deref())?, member("e", self.e.as_deref())?);
                RsaPublicKey::new(&n, &e).map(Material::Public)
            }
            other => Err(jwk_fault(format!("`kty` is {other:?}, and \"oct\" and \"RSA\" are read"))),
        }
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
        let known =
            name.parse().map_err(|accepted| jwk_fault(format!("`alg` is {name:?}, and it must be {accepted}")))?;
        material.expect_fit(known)?;
        Ok(Some(known))
    }
}

fn member(name: &str, value: Option<&str>) -> Result<Vec<u8>, KeyFault> {
    let text = value.ok_or_else(|| jwk_fault(format!("JWK lacks the member `{name}`")))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| jwk_fault(format!("member `{name}` is not base64url without padding")))
}

/// What is said of a member of the wrong type repeats its value, and that may be a secret.
fn no_jwk(error: &serde_json::Error) -> KeyFault {
    let told = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    jwk_fault(match told {
        told if error.is_data() && told.starts_with("invalid") => {
            format!("JWK is not one: a member has another type than RFC 7517 gives it, at {place}")
        }
        told => format!("JWK is not one: {told}"),
    })
}

const fn jwk_fault(message: String) -> KeyFault {
    KeyFault::Jwk(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(jwk: &str) -> String {
        GivenKey::parse(jwk.as_bytes(), "key.jwk").unwrap_err().to_string()
    }

    #[test]
    fn a_jwk_for_another_use_is_refused() {
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","use":"enc"}"#).contains("`use` is \"enc\""));
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","key_ops":["sign","wrapKey"]}"#).contains("\"wrapKey\""));
        assert!(fault(r#"{"kty":"EC","crv":"P-256"}"#).contains("`kty` is \"EC\""));
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","alg":"RS256"}"#).contains("RS256 does not fit"));
        assert!(fault(r#"{"kty":"oct","k":"c2V=","alg":"HS256"}"#).contains("base64url"));
        assert!(fault(r#"{"kty":"oct"}"#).contains("lacks the member `k`"));
    }

    #[test]
    fn a_jwk_that_is_none_is_told_without_its_values() {
        for jwk in [r#"{"kty":"oct","k":271828}"#, r#"{"kty":"oct","key_ops":"271828"}"#, r#"["271828"]"#] {
            let fault = GivenKey::from_jwk(jwk.as_bytes(), "key.jwk").unwrap_err().to_string();
            assert!(fault.contains("JWK is not one") && !fault.contains("271828"), "{fault}");
        }
    }

    #[test]
    fn a_form_that_was_named_takes_no_other() {
        let jwk = br#"{"kty":"oct","k":"c2VjcmV0"}"#;
        assert!(matches!(GivenKey::from_secret(jwk, "k"), Err(KeyFault::KeyForSecret("a JWK's"))));
        assert!(matches!(GivenKey::from_armour(b"mysecret", "k"), Err(KeyFault::Unrecognised)));
        assert!(GivenKey::from_armour(jwk, "k").is_err() && GivenKey::from_jwk(b"mysecret", "k").is_err());
        assert!(GivenKey::from_secret(b"{mysecret}", "k").is_ok(), "not every brace opens a JWK");
    }

    #[test]
    fn the_alg_of_a_jwk_binds_it() {
        let key = GivenKey::parse(br#"{"kty":"oct","k":"c2VjcmV0","alg":"HS384"}"#, "key.jwk").unwrap();
        assert_eq!(key.verifier(None).unwrap().algorithm(), Algorithm::Hs384);
        assert!(key.verifier(Some(Algorithm::Hs256)).unwrap_err().to_string().contains("binds the key to HS384"));
    }

    #[test]
    fn an_algorithm_that_does_not_fit_the_key_is_refused() {
        let key = GivenKey::parse(b"mysecret\n", "secret").unwrap();
        assert_eq!(key.verifier(None).unwrap().algorithm(), Algorithm::Hs256);
        assert_eq!(key.signer(Some(Algorithm::Hs512)).unwrap().algorithm(), Algorithm::Hs512);
        assert!(key.verifier(Some(Algorithm::Rs256)).unwrap_err().to_string().contains("it is a secret"));
    }

    #[test]
    fn a_damaged_pem_is_never_taken_for_a_secret() {
        let cut = b"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A";
        assert!(matches!(GivenKey::parse(cut, "k"), Err(KeyFault::Truncated)));
    }
}
