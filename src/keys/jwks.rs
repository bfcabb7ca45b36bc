//! The public key set of `/.well-known/jwks.json` (RFC 7517). It can only be made from public keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::RsaPublicKey;

#[derive(Debug, Default, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// One RSA key that verifies RS256; `kid` is its RFC 7638 thumbprint.
#[derive(Debug, Serialize)]
pub struct Jwk {
    kty: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: String,
    n: String,
    e: String,
}

impl From<&RsaPublicKey> for Jwk {
    fn from(key: &RsaPublicKey) -> Self {
        Self {
            kty: "RSA",
            r#use: "sig",
            alg: "RS256",
            kid: key.thumbprint(),
            n: URL_SAFE_NO_PAD.encode(key.modulus()),
            e: URL_SAFE_NO_PAD.encode(key.exponent()),
        }
    }
}

impl<'a> FromIterator<&'a RsaPublicKey> for Jwks {
    fn from_iter<I: IntoIterator<Item = &'a RsaPublicKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().map(Jwk::from).collect() }
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
        assert_eq!(Jwk::from(&key).n, n);
        assert_eq!(Jwk::from(&key).e, "AQAB");
    }
}
