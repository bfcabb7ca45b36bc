//! The JOSE algorithms (RFC 7518 §3.1), one row each. Everything that depends on the algorithm is read from its row.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaParameters,
};
use jsonwebtoken::Algorithm as Library;
use thiserror::Error;

use super::ec::Curve;
use super::ed25519;
use crate::texts::wording::{listed_with_and, listed_with_or};

macro_rules! algorithms {
    ($($variant:ident => $row:expr,)+) => {
        /// An algorithm that signs and verifies here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Algorithm {
            $($variant,)+
        }

        impl Algorithm {
            pub const ALL: [Self; ROWS.len()] = [$(Self::$variant,)+];
        }

        /// The row of each algorithm, in the order of the variants.
        static ROWS: [Row; [$(stringify!($variant)),+].len()] = [$($row,)+];
    };
}

algorithms! {
    Hs256 => Row::hmac("HS256", Library::HS256, &SHA256, hmac::HMAC_SHA256, 32),
    Hs384 => Row::hmac("HS384", Library::HS384, &SHA384, hmac::HMAC_SHA384, 48),
    Hs512 => Row::hmac("HS512", Library::HS512, &SHA512, hmac::HMAC_SHA512, 64),
    Rs256 => Row::rsa("RS256", Library::RS256, &SHA256, &RSA_PKCS1_SHA256, &RSA_PKCS1_2048_8192_SHA256),
    Rs384 => Row::rsa("RS384", Library::RS384, &SHA384, &RSA_PKCS1_SHA384, &RSA_PKCS1_2048_8192_SHA384),
    Rs512 => Row::rsa("RS512", Library::RS512, &SHA512, &RSA_PKCS1_SHA512, &RSA_PKCS1_2048_8192_SHA512),
    Ps256 => Row::rsa("PS256", Library::PS256, &SHA256, &RSA_PSS_SHA256, &RSA_PSS_2048_8192_SHA256),
    Ps384 => Row::rsa("PS384", Library::PS384, &SHA384, &RSA_PSS_SHA384, &RSA_PSS_2048_8192_SHA384),
    Ps512 => Row::rsa("PS512", Library::PS512, &SHA512, &RSA_PSS_SHA512, &RSA_PSS_2048_8192_SHA512),
    Es256 => Row::new("ES256", Library::ES256, &SHA256, Scheme::Ecdsa(Curve::P256)),
    Es384 => Row::new("ES384", Library::ES384, &SHA384, Scheme::Ecdsa(Curve::P384)),
    // Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
    EdDsa => Row::new("EdDSA", Library::EdDSA, &SHA512, Scheme::EdDsa),
}

/// What is known of one algorithm.
struct Row {
    /// The name in `alg`, which is case-sensitive.
    name: &'static str,
    library: Library,
    digest: &'static digest::Algorithm,
    scheme: Scheme,
}

/// How an algorithm signs and verifies. The parameters are the cryptographic library's, and name the hash.
#[derive(Clone, Copy)]
pub(super) enum Scheme {
    Hmac {
        hash: hmac::Algorithm,
        tag_bytes: usize,
    },
    Rsa {
        signing: &'static dyn RsaEncoding,
        verification: &'static RsaParameters,
    },
    /// The curve goes with one hash (RFC 7518 §3.4).
    Ecdsa(Curve),
    /// Over Ed25519 alone (RFC 8037 §3.1).
    EdDsa,
}

impl Row {
    const fn new(name: &'static str, library: Library, digest: &'static digest::Algorithm, scheme: Scheme) -> Self {
        Self { name, library, digest, scheme }
    }

    const fn hmac(
        name: &'static str,
        library: Library,
        digest: &'static digest::Algorithm,
        hash: hmac::Algorithm,
        tag_bytes: usize,
    ) -> Self {
        Self::new(name, library, digest, Scheme::Hmac { hash, tag_bytes })
    }

    const fn rsa(
        name: &'static str,
        library: Library,
        digest: &'static digest::Algorithm,
        signing: &'static dyn RsaEncoding,
        verification: &'static RsaParameters,
    ) -> Self {
        Self::new(name, library, digest, Scheme::Rsa { signing, verification })
    }
}

/// The kind of key that an algorithm uses. A key works with all algorithms of its kind, and with no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// One secret signs and verifies.
    Secret,
    /// A private key signs, and its public key verifies. The same holds for the other two.
    Rsa,
    Ec(Curve),
    Ed25519,
}

impl KeyKind {
    /// For a sentence: `which needs an RSA key`.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Secret => "a secret",
            Self::Rsa => "an RSA key",
            Self::Ec(Curve::P256) => "an EC key on P-256",
            Self::Ec(Curve::P384) => "an EC key on P-384",
            Self::Ed25519 => "an Ed25519 key",
        }
    }

    /// The algorithm of a key of this kind, if nobody names one.
    pub(super) const fn usual_algorithm(self) -> Algorithm {
        match self {
            Self::Secret => Algorithm::Hs256,
            Self::Rsa => Algorithm::Rs256,
            Self::Ec(Curve::P256) => Algorithm::Es256,
            Self::Ec(Curve::P384) => Algorithm::Es384,
            Self::Ed25519 => Algorithm::EdDsa,
        }
    }

    /// The names of its algorithms, for a sentence: `HS256, HS384 and HS512`.
    pub(super) fn algorithm_names(self) -> String {
        let fitting = Algorithm::ALL.into_iter().filter(|algorithm| algorithm.key_kind() == self);
        listed_with_and(&fitting.map(Algorithm::as_str).collect::<Vec<_>>())
    }
}

impl Algorithm {
    /// The names of all, in the order of the rows.
    pub const NAMES: [&str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = ROWS[place].name;
            place += 1;
        }
        names
    };

    /// How many need a secret.
    const OF_SECRETS: usize = {
        let (mut count, mut place) = (0, 0);
        while place < Self::ALL.len() {
            count += matches!(Self::ALL[place].key_kind(), KeyKind::Secret) as usize;
            place += 1;
        }
        count
    };

    /// Those that sign with a key pair, in the order of the rows.
    pub const OF_PAIRS: [Self; Self::ALL.len() - Self::OF_SECRETS] = {
        let mut found = [Self::Rs256; Self::ALL.len() - Self::OF_SECRETS];
        let (mut count, mut place) = (0, 0);
        while place < Self::ALL.len() {
            if !matches!(Self::ALL[place].key_kind(), KeyKind::Secret) {
                found[count] = Self::ALL[place];
                count += 1;
            }
            place += 1;
        }
        found
    };

    /// The names of [`OF_PAIRS`](Self::OF_PAIRS).
    pub const NAMES_OF_PAIRS: [&str; Self::OF_PAIRS.len()] = {
        let mut names = [""; Self::OF_PAIRS.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = Self::OF_PAIRS[place].as_str();
            place += 1;
        }
        names
    };

    /// The algorithm of this name in any case, as people type it. In a token, case matters: there it is parsed.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
    }

    /// The algorithm that a key names in its `alg`: there `Ed25519` (RFC 9864 §2.2) is another name of `EdDSA`.
    pub(super) fn of_key(name: &str) -> Result<Self, UnknownAlgorithm> {
        if name == Self::RFC_9864_NAME { Ok(Self::EdDsa) } else { name.parse() }
    }

    /// The name that RFC 9864 §2.2 gives `EdDSA` over Ed25519. Tokens are issued and accepted under `EdDSA` alone.
    pub const RFC_9864_NAME: &str = "Ed25519";

    /// The names of all, for a sentence: `HS256, HS384 or HS512`.
    pub fn choice() -> String {
        listed_with_or(&Self::NAMES)
    }

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name in `alg`.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    pub const fn key_kind(self) -> KeyKind {
        match self.scheme() {
            Scheme::Hmac { .. } => KeyKind::Secret,
            Scheme::Rsa { .. } => KeyKind::Rsa,
            Scheme::Ecdsa(curve) => KeyKind::Ec(curve),
            Scheme::EdDsa => KeyKind::Ed25519,
        }
    }

    /// The hash with which it signs.
    pub const fn digest(self) -> &'static digest::Algorithm {
        self.row().digest
    }

    /// The hash of an HMAC algorithm.
    pub const fn hmac(self) -> Option<hmac::Algorithm> {
        match self.scheme() {
            Scheme::Hmac { hash, .. } => Some(hash),
            _ => None,
        }
    }

    /// What an RSA signature under this algorithm is verified with: padding, hash and the sizes of keys.
    pub const fn rsa_verification(self) -> Option<&'static RsaParameters> {
        match self.scheme() {
            Scheme::Rsa { verification, .. } => Some(verification),
            _ => None,
        }
    }

    pub(super) const fn scheme(self) -> Scheme {
        self.row().scheme
    }

    pub(super) const fn in_jsonwebtoken(self) -> Library {
        self.row().library
    }

    /// How many bytes a signature has. `modulus_bytes` is the length of an RSA key's modulus; other kinds of key ignore
    /// it.
    pub(super) const fn signature_bytes(self, modulus_bytes: usize) -> usize {
        match self.scheme() {
            Scheme::Hmac { tag_bytes, .. } => tag_bytes,
            Scheme::Rsa { .. } => modulus_bytes,
            // Two numbers of the same length (RFC 7518 §3.4, RFC 8032 §5.1.6).
            Scheme::Ecdsa(curve) => 2 * curve.coordinate_bytes(),
            Scheme::EdDsa => 2 * ed25519::BYTES,
        }
    }
}

/// The shortest RSA key that is accepted, in bytes.
const SHORTEST_RSA_KEY: usize = 2048 / 8;

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of an algorithm that signs and verifies here.
#[derive(Debug, Error)]
#[error("{}", Algorithm::choice())]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name).ok_or(UnknownAlgorithm)
    }
}

/// Algorithms that tokens of other issuers name, and that neither sign nor verify here.
static UNSUPPORTED: [Unsupported; 4] = [
    Unsupported { name: "ES512", key: "an EC key", signature_bytes: 132 },
    Unsupported { name: "ES256K", key: "an EC key", signature_bytes: 64 },
    Unsupported { name: "Ed25519", key: "an Ed25519 key", signature_bytes: 64 },
    Unsupported { name: "Ed448", key: "an Ed448 key", signature_bytes: 114 },
];

struct Unsupported {
    name: &'static str,
    key: &'static str,
    signature_bytes: usize,
}

impl Unsupported {
    fn named(name: &str) -> Option<&'static Self> {
        UNSUPPORTED.iter().find(|algorithm| algorithm.name == name)
    }
}

/// The kind of key pair that the algorithm of this name needs, supported or not. `None` if it needs a secret, or if
/// nothing is known of it.
pub fn key_pair_for(name: &str) -> Option<&'static str> {
    match name.parse::<Algorithm>().map(Algorithm::key_kind) {
        Ok(KeyKind::Secret) => None,
        Ok(kind) => Some(kind.noun()),
        Err(_) => Unsupported::named(name).map(|algorithm| algorithm.key),
    }
}

/// How many base64url characters a signature under the algorithm of this name has at least, supported or not. `None` if
/// that is not known.
pub fn shortest_signature_chars(name: &str) -> Option<usize> {
    let bytes = match name.parse::<Algorithm>() {
        Ok(algorithm) => algorithm.signature_bytes(SHORTEST_RSA_KEY),
        Err(_) => Unsupported::named(name)?.signature_bytes,
    };
    Some(base64url_chars(bytes))
}

/// How many characters base64url without padding has for so many bytes.
pub(super) const fn base64url_chars(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithms_of_a_kind_are_listed_as_in_a_sentence() {
        assert_eq!(KeyKind::Secret.algorithm_names(), "HS256, HS384 and HS512");
        assert_eq!(KeyKind::Rsa.algorithm_names(), "RS256, RS384, RS512, PS256, PS384 and PS512");
        assert_eq!(KeyKind::Ec(Curve::P384).algorithm_names(), "ES384");
        assert_eq!(KeyKind::Ed25519.algorithm_names(), "EdDSA");
        let all = "HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA";
        assert_eq!(UnknownAlgorithm.to_string(), all);
    }

    #[test]
    fn people_may_type_a_name_in_any_case_and_tokens_may_not() {
        for (typed, algorithm) in
            [("hs256", Algorithm::Hs256), ("Rs512", Algorithm::Rs512), ("EDDSA", Algorithm::EdDsa)]
        {
            assert_eq!(Algorithm::named(typed), Some(algorithm));
            assert!(typed.parse::<Algorithm>().is_err());
        }
        assert_eq!((Algorithm::named("none"), Algorithm::named("")), (None, None));
    }

    #[test]
    fn each_row_names_the_same_algorithm_for_the_library() {
        for algorithm in Algorithm::ALL {
            assert_eq!(format!("{:?}", algorithm.in_jsonwebtoken()), algorithm.as_str());
        }
    }

    #[test]
    fn a_tag_is_as_long_as_its_hash() {
        for algorithm in Algorithm::ALL {
            if let Scheme::Hmac { hash, tag_bytes } = algorithm.scheme() {
                let tag = hmac::sign(&hmac::Key::new(hash, b"key"), b"message");
                assert_eq!(tag.as_ref().len(), tag_bytes, "{algorithm}");
            }
        }
    }

    #[test]
    fn the_shortest_signature_and_the_key_are_known_by_name() {
        for (name, chars, key) in [
            ("HS256", Some(43), None),
            ("HS384", Some(64), None),
            ("HS512", Some(86), None),
            ("RS256", Some(342), Some("an RSA key")),
            ("PS512", Some(342), Some("an RSA key")),
            ("ES256", Some(86), Some("an EC key on P-256")),
            ("ES384", Some(128), Some("an EC key on P-384")),
            ("ES512", Some(176), Some("an EC key")),
            ("EdDSA", Some(86), Some("an Ed25519 key")),
            ("Ed25519", Some(86), Some("an Ed25519 key")),
            ("Ed448", Some(152), Some("an Ed448 key")),
            ("none", None, None),
        ] {
            assert_eq!((shortest_signature_chars(name), key_pair_for(name)), (chars, key), "{name}");
        }
    }

    #[test]
    fn an_algorithm_is_supported_or_not() {
        for name in Algorithm::NAMES {
            assert!(Unsupported::named(name).is_none(), "{name}");
        }
    }
}
