//! The key pair of the attacker in the lessons. It is the example of RFC 7515 Appendix A.2, and everyone can read its
//! private key there. So no server trusts it, and every process of this server has the same one.

use std::sync::LazyLock;

use serde_json::Value;

use crate::keys::{Algorithm, GivenKey, KeyFault, Signer, Verifier};

/// The whole pair as a JWK, for visitors who sign with tools of their own.
pub const PRIVATE_JWK: &str = include_str!("attackers-key.jwk.json");

static KEY: LazyLock<Result<AttackersKey, KeyFault>> = LazyLock::new(AttackersKey::read);

pub struct AttackersKey {
    pub signer: Signer,
    pub verifier: Verifier,
    /// The public key as a JWK.
    pub public_jwk: String,
}

impl AttackersKey {
    pub fn get() -> Result<&'static Self, &'static KeyFault> {
        KEY.as_ref()
    }

    fn read() -> Result<Self, KeyFault> {
        let key = GivenKey::from_jwk(PRIVATE_JWK.as_bytes(), "the attacker's key")?;
        let (signer, verifier) = (key.signer(Some(Algorithm::Rs256))?, key.verifier(Some(Algorithm::Rs256))?);
        Ok(Self { signer, verifier, public_jwk: public(PRIVATE_JWK) })
    }
}

/// The public members of an RSA key in JWK.
fn public(jwk: &str) -> String {
    let jwk: Value = serde_json::from_str(jwk).unwrap_or_default();
    format!(r#"{{"kty":"RSA","n":{},"e":{}}}"#, jwk["n"], jwk["e"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_private_key_signs_fits_the_public_jwk() {
        let key = AttackersKey::get().unwrap();
        let signature = key.signer.sign(b"a message").unwrap();
        let public = GivenKey::from_jwk(key.public_jwk.as_bytes(), "the public key").unwrap();
        let verifier = public.verifier(Some(Algorithm::Rs256)).unwrap();
        for verifier in [&verifier, &key.verifier] {
            assert!(verifier.verifies(b"a message", &signature) && !verifier.verifies(b"another", &signature));
        }
        assert!(public.signer(None).is_err() && !key.public_jwk.contains("\"d\""));
    }
}
