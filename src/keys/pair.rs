//! Both halves of a key pair, of whatever kind it is.

use aws_lc_rs::digest;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkcs1::der::Decode as _;
use pkcs1::der::asn1::OctetStringRef;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};

use super::ec::{Curve, EcPrivateKey, EcPublicKey};
use super::ed25519::{Ed25519PrivateKey, Ed25519PublicKey};
use super::rsa::{RSA_ENCRYPTION, RsaPrivateKey, RsaPublicKey};
use super::{Algorithm, KeyFault, KeyKind, der_structure};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The half that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    Rsa(RsaPublicKey),
    Ec(EcPublicKey),
    Ed25519(Ed25519PublicKey),
}

impl PublicKey {
    /// `SubjectPublicKeyInfo` (RFC 5280 §4.1).
    pub(super) fn from_spki(der: &[u8]) -> Result<Self, KeyFault> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| unreadable(der))?;
        let bits = info.subject_public_key.raw_bytes();
        match info.algorithm.oid {
            RSA_ENCRYPTION => RsaPublicKey::from_pkcs1(bits).map(Self::Rsa),
            EC => EcPublicKey::new(Curve::of_parameters(info.algorithm.parameters)?, bits).map(Self::Ec),
            ED25519 => Ed25519PublicKey::new(bits).map(Self::Ed25519),
            other => Err(KeyFault::WrongKind(unusable_kind(other).into())),
        }
    }

    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(_) => KeyKind::Rsa,
            Self::Ec(key) => KeyKind::Ec(key.curve()),
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// The `kid` that this key is published under: the SHA-256 thumbprint of RFC 7638, whose members are those of §3.2
    /// and of RFC 8037 §2.
    pub fn thumbprint(&self) -> String {
        let [x, y] = match self {
            Self::Rsa(key) => return key.thumbprint().to_owned(),
            Self::Ec(key) => [key.x(), key.y()].map(|number| URL_SAFE_NO_PAD.encode(number)),
            Self::Ed25519(key) => [URL_SAFE_NO_PAD.encode(key.as_bytes()), String::new()],
        };
        let canonical = match self.kind() {
            KeyKind::Ec(curve) => {
                format!(r#"{{"crv":"{}","kty":"EC","x":"{x}","y":"{y}"}}"#, curve.as_str())
            }
            _ => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    /// SPKI in PEM, which every library reads. `None` when the numbers do not encode, which no loaded key does.
    pub fn to_pem(&self) -> Option<String> {
        match self {
            Self::Rsa(key) => key.to_pem(),
            Self::Ec(key) => key.to_pem(),
            Self::Ed25519(key) => key.to_pem(),
        }
    }

    /// The length of the modulus, of a coordinate, or of an Ed25519 key, from which that of signatures follows.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Rsa(key) => key.modulus().len(),
            Self::Ec(key) => key.curve().coordinate_bytes(),
            Self::Ed25519(key) => key.as_bytes().len(),
        }
    }

    /// The key as the library verifies with it; `None` for an algorithm that needs another kind of key.
    pub(super) fn parsed(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match self {
            _ if algorithm.key_kind() != self.kind() => None,
            Self::Rsa(key) => {
                let numbers = RsaPublicKeyComponents { n: key.modulus(), e: key.exponent() };
                numbers.to_parsed_public_key(algorithm.rsa_verification()?).ok()
            }
            Self::Ec(key) => key.parsed(),
            Self::Ed25519(key) => key.parsed(),
        }
    }
}

impl std::fmt::Debug for EcPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EcPublicKey({})", PublicKey::Ec(self.clone()).thumbprint())
    }
}

impl std::fmt::Debug for Ed25519PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ed25519PublicKey({})", PublicKey::Ed25519(self.clone()).thumbprint())
    }
}

/// The half that signs, with its public half. It prints nothing of itself.
#[derive(Clone, Debug)]
pub enum PrivateKey {
    Rsa(RsaPrivateKey),
    Ec(EcPrivateKey),
    Ed25519(Ed25519PrivateKey),
}

impl PrivateKey {
    /// PKCS#8 (RFC 5958).
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyFault> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| unreadable(der))?;
        let key = info.private_key.as_bytes();
        match info.algorithm.oid {
            RSA_ENCRYPTION => RsaPrivateKey::from_pkcs1(key).map(Self::Rsa),
            EC => {
                let curve = Curve::of_parameters(info.algorithm.parameters)?;
                EcPrivateKey::from_sec1(key, Some(curve)).map(Self::Ec)
            }
            ED25519 => {
                // RFC 8410 §7: the seed is in an octet string of its own.
                let seed = <&OctetStringRef>::from_der(key).map_err(|_| unreadable(key))?;
                let public = info.public_key.map(|bits| bits.raw_bytes());
                Ed25519PrivateKey::new(seed.as_bytes(), public).map(Self::Ed25519)
            }
            other => Err(KeyFault::WrongKind(unusable_kind(other).into())),
        }
    }

    /// A new key of this kind, as PKCS#8 in PEM. An RSA key has 2048 bits. A secret is no pair.
    pub fn generate_pem(kind: KeyKind) -> Result<String, Unspecified> {
        match kind {
            KeyKind::Secret => Err(Unspecified),
            KeyKind::Rsa => RsaPrivateKey::generate_pem(2048).unwrap_or(Err(Unspecified)),
            KeyKind::Ec(curve) => EcPrivateKey::generate_pem(curve),
            KeyKind::Ed25519 => Ed25519PrivateKey::generate_pem(),
        }
    }

    /// A new key of this kind. A secret is no pair.
    pub fn generate(kind: KeyKind) -> Option<Self> {
        Self::parse(Self::generate_pem(kind).ok()?.as_bytes()).ok()
    }

    /// A new key of the kind and the size of `model`, as PKCS#8 in PEM.
    pub(super) fn generate_pem_like(model: &PublicKey) -> Result<String, Unspecified> {
        match model {
            PublicKey::Rsa(key) => RsaPrivateKey::generate_pem_as_large_as(key),
            other => Self::generate_pem(other.kind()),
        }
    }

    /// A new key of the kind and the size of `model`.
    pub(super) fn generate_like(model: &PublicKey) -> Option<Self> {
        Self::parse(Self::generate_pem_like(model).ok()?.as_bytes()).ok()
    }

    pub fn public(&self) -> PublicKey {
        match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public().clone()),
            Self::Ec(key) => PublicKey::Ec(key.public().clone()),
            Self::Ed25519(key) => PublicKey::Ed25519(key.public().clone()),
        }
    }

    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(_) => KeyKind::Rsa,
            Self::Ec(key) => KeyKind::Ec(key.public().curve()),
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }
}

fn unreadable(der: &[u8]) -> KeyFault {
    KeyFault::Truncated(der_structure::describe_damage(der).into())
}

/// What a key of this kind is, which signs nothing here, for a sentence.
fn unusable_kind(identifier: ObjectIdentifier) -> String {
    const NAMES: [(&str, &str); 6] = [
        ("1.3.101.110", "an X25519 key, which signs nothing"),
        ("1.3.101.111", "an X448 key, which signs nothing"),
        ("1.3.101.113", "an Ed448 key"),
        ("1.2.840.10040.4.1", "a DSA key"),
        ("1.2.840.113549.1.1.10", "an RSA key for PSS alone"),
        ("1.2.840.113549.1.3.1", "a Diffie-Hellman key, which signs nothing"),
    ];
    let text = identifier.to_string();
    let known = NAMES.iter().find(|(number, _)| *number == text);
    known.map_or_else(|| format!("a key of kind {text}"), |(_, name)| (*name).to_owned())
}
