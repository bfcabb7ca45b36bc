//! Key confusion: a verifier that uses one key for every algorithm accepts a MAC made with its public key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::remark::clip;
use crate::keys::{Jwk, RsaPublicKey, Verifier};
use crate::lab::forge::mac;
use crate::lab::naive::{LaxToken, Objection, hmac_named};
use crate::token::{Claims, signing_input};

/// What the naive verifier of this lesson does wrong.
pub const RULE: &str =
    "It has one file, a public key in PEM, uses it as the key for any algorithm the token names, and checks `exp`.";

/// The longest secret of a visitor's own, in characters.
pub const LONGEST_SECRET: usize = 2000;

/// What the forged token may name as its algorithm.
pub const ALGORITHMS: [&str; 4] = ["RS256", "HS256", "HS384", "HS512"];

/// The bytes used as the HMAC key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Material {
    File,
    WithoutNewline,
    Der,
    Jwk,
    Own,
}

impl Material {
    /// In the order of the page: the solution last.
    pub const ALL: [Self; 5] = [Self::Own, Self::Jwk, Self::Der, Self::WithoutNewline, Self::File];

    pub const fn value(self) -> &'static str {
        match self {
            Self::File => "pem",
            Self::WithoutNewline => "pem-without-newline",
            Self::Der => "der",
            Self::Jwk => "jwk",
            Self::Own => "own",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::File => "the PEM file as it is",
            Self::WithoutNewline => "the PEM text without its final newline",
            Self::Der => "the DER inside the PEM",
            Self::Jwk => "the key as a JWK",
            Self::Own => "a secret of my own",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }

    /// The bytes; `pem` is the file's text, `own` what the visitor wrote.
    fn bytes(self, public: &RsaPublicKey, pem: &str, own: &str) -> Vec<u8> {
        match self {
            Self::File => pem.as_bytes().to_vec(),
            Self::WithoutNewline => pem.trim_end().as_bytes().to_vec(),
            Self::Der => STANDARD
                .decode(pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>())
                .unwrap_or_default(),
            Self::Jwk => serde_json::to_vec(&Jwk::from(public)).unwrap_or_default(),
            Self::Own => own.as_bytes().to_vec(),
        }
    }
}

/// What the visitor chose.
pub struct Choices<'a> {
    /// One of [`ALGORITHMS`].
    pub algorithm: &'a str,
    pub material: Material,
    pub own: &'a str,
}

/// A token with these claims and a MAC. It is a MAC even when the header says RS256: a forger has no private key.
pub fn forge(choices: &Choices<'_>, claims: &Claims, public: &RsaPublicKey, pem: &str) -> String {
    let payload = serde_json::to_string(claims).unwrap_or_default();
    let unsigned = signing_input(format!(r#"{{"alg":"{}","typ":"JWT"}}"#, choices.algorithm), payload);
    let algorithm = hmac_named(choices.algorithm).unwrap_or(aws_lc_rs::hmac::HMAC_SHA256);
    let signature = mac(algorithm, &choices.material.bytes(public, pem, choices.own), &unsigned);
    format!("{unsigned}.{signature}")
}

/// The answer of a verifier that has one key file and uses it with whatever algorithm the token names.
pub fn naive_verdict(token: &str, pem: &str, key: &Verifier, now: DateTime<Utc>) -> Result<Claims, Objection> {
    let token = LaxToken::read(token)?;
    let alg = token.alg()?;
    let is_valid = match hmac_named(alg) {
        Some(algorithm) => token.is_mac(algorithm, pem.as_bytes()),
        None if alg == key.algorithm().as_str() => key.verifies(token.message.as_bytes(), &token.signature),
        None => return Err(Objection::UnknownAlg(clip(alg))),
    };
    let how = if hmac_named(alg).is_some() { "the file's text as the secret" } else { "the private half of its key" };
    if is_valid { token.claims_before_expiry(now) } else { Err(Objection::BadSignature(how.to_owned())) }
}

/// The remark: `Ok` when the lesson is solved, otherwise what is still missing.
pub fn judge(choices: &Choices<'_>, naive: &Result<Claims, Objection>) -> Result<&'static str, &'static str> {
    if naive.is_ok() {
        return Ok(match (choices.material, choices.algorithm) {
            (Material::Own, _) => {
                "You pasted the file yourself, to the byte: the public key became the secret, and you are `admin`."
            }
            (_, "HS256") => "The naive verifier takes you for `admin`. Its public key became the secret.",
            _ => "The naive verifier takes you for `admin`. Any HMAC works if the file is the secret.",
        });
    }
    Err(match (choices.algorithm, choices.material) {
        ("RS256", _) => {
            "The header says RS256, so even this verifier does RSA, and a MAC is no RSA signature. Name an algorithm \
             whose key is just bytes."
        }
        (_, Material::WithoutNewline) => {
            "Close: one byte is missing. The file ends in a newline, and a MAC is keyed with every byte of it."
        }
        (_, Material::Der) => {
            "Close: it is the same RSA key, in other bytes. This verifier holds the PEM text; one that holds DER \
             would accept your token."
        }
        (_, Material::Jwk) => "Close: it is the same RSA key, in other bytes. This verifier holds a PEM file.",
        (_, Material::Own) => "The verifier does not use that text. Which text do you both have?",
        (_, Material::File) => "The MAC is right, and the token was refused for something else.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::GivenKey;

    const PEM: &str = include_str!("../../../tests/fixtures/keys/rsa-public-spki.pem");

    fn outcome(algorithm: &str, material: Material, own: &str) -> Result<&'static str, &'static str> {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let public = RsaPublicKey::parse(PEM.as_bytes()).unwrap();
        let key = GivenKey::parse(PEM.as_bytes(), "a test").unwrap().verifier(None).unwrap();
        let choices = Choices { algorithm, material, own };
        let token = forge(&choices, &Claims::new().with("sub", "admin"), &public, PEM);
        judge(&choices, &naive_verdict(&token, PEM, &key, now))
    }

    #[test]
    fn the_file_to_the_byte_is_the_secret_under_every_hmac() {
        for algorithm in ["HS256", "HS384", "HS512"] {
            assert!(outcome(algorithm, Material::File, "").is_ok());
            assert!(outcome(algorithm, Material::Own, PEM).is_ok());
            for other in [Material::WithoutNewline, Material::Der, Material::Jwk] {
                assert!(outcome(algorithm, other, "").unwrap_err().starts_with("Close"));
            }
            assert!(outcome(algorithm, Material::Own, "").is_err());
        }
    }

    #[test]
    fn under_the_name_of_rs256_no_mac_is_taken() {
        for material in Material::ALL {
            assert!(outcome("RS256", material, PEM).unwrap_err().contains("no RSA signature"));
        }
    }

    #[test]
    fn the_forms_of_one_key_are_five_secrets() {
        let public = RsaPublicKey::parse(PEM.as_bytes()).unwrap();
        let mut all: Vec<Vec<u8>> = Material::ALL.iter().map(|it| it.bytes(&public, PEM, "own")).collect();
        assert!(all.iter().all(|bytes| !bytes.is_empty()));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
    }
}
