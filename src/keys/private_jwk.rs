//! A signing key as a private JWK (RFC 7517), for test suites that sign and verify by themselves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::signer::SigningMaterial;
use super::{KeyKind, PrivateKey, Signer, rsa};

/// The members of a private RSA key (RFC 7518 §6.3), in the order of [`rsa::numbers_of`].
const RSA_MEMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

impl Signer {
    /// Everything about the key, the secret parts too. `None` if its numbers cannot be read, which those of no loaded
    /// key are.
    pub fn private_jwk(&self) -> Option<Map<String, Value>> {
        let (kind, members) = match &self.material {
            SigningMaterial::Secret(secret) => ("oct", vec![("k", secret.as_bytes().to_vec())]),
            SigningMaterial::Pair(PrivateKey::Rsa(key)) => {
                ("RSA", RSA_MEMBERS.into_iter().zip(rsa::numbers_of(&key.pair())?).collect())
            }
            SigningMaterial::Pair(PrivateKey::Ec(key)) => {
                let public = key.public();
                ("EC", vec![("x", public.x().to_vec()), ("y", public.y().to_vec()), ("d", key.number()?)])
            }
            SigningMaterial::Pair(PrivateKey::Ed25519(key)) => {
                ("OKP", vec![("x", key.public().as_bytes().to_vec()), ("d", key.seed()?)])
            }
        };
        let mut jwk = Map::new();
        for (name, value) in [("kty", kind), ("use", "sig"), ("alg", self.algorithm.as_str())] {
            jwk.insert(name.to_owned(), value.into());
        }
        let curve = match self.algorithm.key_kind() {
            KeyKind::Ec(curve) => Some(curve.as_str()),
            KeyKind::Ed25519 => Some("Ed25519"),
            KeyKind::Rsa | KeyKind::Secret => None,
        };
        jwk.extend(curve.map(|curve| ("crv".to_owned(), json!(curve))));
        jwk.extend(self.kid.as_ref().map(|kid| ("kid".to_owned(), json!(kid))));
        jwk.extend(members.into_iter().map(|(name, bytes)| (name.to_owned(), URL_SAFE_NO_PAD.encode(bytes).into())));
        Some(jwk)
    }
}
