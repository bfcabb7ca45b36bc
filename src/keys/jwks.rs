//! The public key set of `/.well-known/jwks.json` (RFC 7517). It can only be made from public keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::{Algorithm, PublicKey, RsaPublicKey};

#[derive(Debug, Default, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// One key that verifies under one algorithm.
#[derive(Debug, Serialize)]
pub struct Jwk {
    kty: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: String,
    #[serde(flatten)]
    numbers: Numbers,
}

/// The members that RFC 7518 §6 and RFC 8037 §2 give each kind of key.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Numbers {
    Rsa { n: String, e: String },
    Ec { crv: &'static str, x: String, y: String },
    Okp { crv: &'static str, x: String },
}

impl Jwk {
    pub fn new(key: &PublicKey, algorithm: Algorithm, kid: String) -> Self {
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let (kty, numbers) = match key {
            PublicKey::Rsa(key) => ("RSA", Numbers::Rsa { n: text(key.modulus()), e: text(key.exponent()) }),
            PublicKey::Ec(key) => ("EC", Numbers::Ec { crv: key.curve().as_str(), x: text(key.x()), y: text(key.y()) }),
            PublicKey::Ed25519(key) => ("OKP", Numbers::Okp { crv: "Ed25519", x: text(key.as_bytes()) }),
        };
        Self { kty, r#use: "sig", alg: algorithm.as_str(), kid, numbers }
    }
}

/// A key for RS256, whose `kid` is its RFC 7638 thumbprint.
impl From<&RsaPublicKey> for Jwk {
    fn from(key: &RsaPublicKey) -> Self {
        Self::new(&PublicKey::Rsa(key.clone()), Algorithm::Rs256, key.thumbprint().to_owned())
    }
}

impl FromIterator<Jwk> for Jwks {
    fn from_iter<I: IntoIterator<Item = Jwk>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the thumbprint that RFC 7638 §3.1 prints.
    #[test]
    fn the_thumbprint_is_the_one_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let modulus = URL_SAFE_NO_PAD.decode(n).unwrap();
        let key = RsaPublicKey::new(&modulus, &[1, 0, 1]).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let jwk = serde_json::to_value(Jwk::from(&key)).unwrap();
        assert_eq!((jwk["n"].as_str(), jwk["e"].as_str()), (Some(n), Some("AQAB")));
    }
}
