//! RSA keys in every form that people have them: PKCS#1, PKCS#8, SPKI, OpenSSH's own, and one line of `ssh-rsa`.
//!
//! Whatever the form, what comes out is the two numbers of the public key, or a key pair that has proven itself.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use pkcs1::der::asn1::{AnyRef, BitStringRef, Uint, UintRef};
use pkcs1::der::{Decode as _, Encode as _};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use ssh_key::private::RsaKeypair;

use super::{KeyFault, armour};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// The public half: modulus and exponent, big-endian without leading zeros.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// Reads `ssh-rsa AAAA…`, SPKI or PKCS#1 in PEM.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        let text = armour::tidy(bytes)?;
        match armour::asymmetric_kind(text.as_bytes()) {
            Some("a private") => Err(KeyFault::PrivateForPublic),
            Some(_) if armour::is_ssh_line(&text) => Self::from_ssh_line(&text),
            Some(_) => Self::from_pem(&text),
            None => Err(KeyFault::Unrecognised),
        }
    }

    fn from_ssh_line(text: &str) -> Result<Self, KeyFault> {
        if !text.starts_with("ssh-rsa ") {
            return Err(KeyFault::WrongKind(ssh_kind(text.split_whitespace().next().unwrap_or_default())));
        }
        let line = text.lines().next().unwrap_or_default();
        let key = ssh_key::PublicKey::from_openssh(line).map_err(|_| KeyFault::Truncated)?;
        let rsa = key.key_data().rsa().ok_or(KeyFault::Truncated)?;
        Self::new(positive(&rsa.n)?, positive(&rsa.e)?)
    }

    fn from_pem(text: &str) -> Result<Self, KeyFault> {
        let block = armour::first_block(text)?;
        match block.tag() {
            "PUBLIC KEY" => Self::from_spki(block.contents()),
            "RSA PUBLIC KEY" => Self::from_pkcs1(block.contents()),
            label => Err(KeyFault::WrongKind(block_kind(label))),
        }
    }

    fn from_spki(der: &[u8]) -> Result<Self, KeyFault> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyFault::Truncated)?;
        expect_rsa(&info.algorithm)?;
        Self::from_pkcs1(info.subject_public_key.raw_bytes())
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        let key = pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| KeyFault::Truncated)?;
        Self::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    /// From big-endian numbers, refused under 2048 bits and over the 8192 that the cryptographic library verifies.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyFault> {
        let (modulus, exponent) = (BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent));
        let bits = usize::try_from(modulus.bits()).unwrap_or(usize::MAX);
        if !(2048..=8192).contains(&bits) {
            return Err(KeyFault::Bits(bits));
        }
        let sound = modulus.bit(0) && exponent.bit(0) && exponent.bits() > 1 && exponent.bits() <= 33;
        let key = Self { modulus: modulus.to_bytes_be(), exponent: exponent.to_bytes_be() };
        if sound { Ok(key) } else { Err(KeyFault::Unsound) }
    }

    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The `kid` that this key is published under: RFC 7638's SHA-256 thumbprint.
    pub fn thumbprint(&self) -> String {
        let (n, e) = (URL_SAFE_NO_PAD.encode(&self.modulus), URL_SAFE_NO_PAD.encode(&self.exponent));
        let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    /// SPKI in PEM, which every library reads. `None` when the numbers do not encode, which no loaded key does.
    pub fn to_pem(&self) -> Option<String> {
        let key = pkcs1::RsaPublicKeyRef {
            modulus: UintRef::new(&self.modulus).ok()?,
            public_exponent: UintRef::new(&self.exponent).ok()?,
        };
        let pkcs1 = key.to_der().ok()?;
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) },
            subject_public_key: BitStringRef::from_bytes(&pkcs1).ok()?,
        };
        Some(armour::wrap("PUBLIC KEY", info.to_der().ok()?))
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({})", self.thumbprint())
    }
}

/// The private half, parsed once, with its public half. Its numbers are never printed.
#[derive(Clone)]
pub struct RsaPrivateKey {
    pair: Arc<RsaKeyPair>,
    public: RsaPublicKey,
}

impl RsaPrivateKey {
    /// Reads OpenSSH's form, PKCS#1 or PKCS#8. `file` is named in the remedy for a passphrase.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, KeyFault> {
        let text = armour::tidy(bytes)?;
        if armour::is_ssh_line(&text) {
            return Err(KeyFault::PublicForPrivate);
        }
        let block = armour::first_block(&text)?;
        if armour::is_encrypted(&block) {
            return Err(KeyFault::Passphrase(file.to_owned()));
        }
        match block.tag() {
            "OPENSSH PRIVATE KEY" => Self::from_openssh(block.contents(), file),
            "RSA PRIVATE KEY" => Self::from_pkcs1(block.contents()),
            "PRIVATE KEY" => Self::from_pkcs8(block.contents()),
            label if label.ends_with("PUBLIC KEY") => Err(KeyFault::PublicForPrivate),
            label => Err(KeyFault::WrongKind(block_kind(label))),
        }
    }

    fn from_openssh(bytes: &[u8], file: &str) -> Result<Self, KeyFault> {
        let key = ssh_key::PrivateKey::from_bytes(bytes).map_err(|_| openssh_fault(bytes))?;
        if key.is_encrypted() {
            return Err(KeyFault::Passphrase(file.to_owned()));
        }
        match key.key_data().rsa() {
            Some(pair) => Self::from_pkcs1(&pkcs1_of_openssh(pair)?),
            None => Err(KeyFault::WrongKind(ssh_kind(key.algorithm().as_str()))),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyFault> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyFault::Truncated)?;
        expect_rsa(&info.algorithm)?;
        Self::from_pkcs1(info.private_key.as_bytes())
    }

    /// Proves the key by a signature that its public half accepts, so that a damaged one is found when it is loaded.
    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        let key = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|_| KeyFault::Truncated)?;
        let public = RsaPublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())?;
        let pair = RsaKeyPair::from_der(der).map_err(|_| KeyFault::Unsound)?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"proof", &mut signature).map_err(|_| KeyFault::Unsound)?;
        RsaPublicKeyComponents { n: public.modulus(), e: public.exponent() }
            .verify(&RSA_PKCS1_2048_8192_SHA256, b"proof", &signature)
            .map_err(|_| KeyFault::Unsound)?;
        Ok(Self { pair: Arc::new(pair), public })
    }

    /// From the numbers of RFC 7518 §6.3.2: n, e, d, p, q, d mod (p−1), d mod (q−1), q⁻¹ mod p.
    pub fn from_numbers(numbers: [&[u8]; 8]) -> Result<Self, KeyFault> {
        Self::from_pkcs1(&pkcs1_of_numbers(numbers)?)
    }

    /// A new key of 2048, 3072, 4096 or 8192 bits, as PKCS#8 in PEM; `None` for another size.
    pub fn generate_pem(bits: u32) -> Option<Result<String, aws_lc_rs::error::Unspecified>> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return None,
        };
        Some(generate_pem(size))
    }

    pub(super) fn pair(&self) -> Arc<RsaKeyPair> {
        self.pair.clone()
    }

    pub const fn public(&self) -> &RsaPublicKey {
        &self.public
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPrivateKey(…, {:?})", self.public)
    }
}

fn generate_pem(size: KeySize) -> Result<String, aws_lc_rs::error::Unspecified> {
    let pair = RsaKeyPair::generate(size)?;
    let der: Pkcs8V1Der<'_> = pair.as_der()?;
    Ok(armour::wrap("PRIVATE KEY", der.as_ref()))
}

/// OpenSSH keeps no d mod (p−1) and d mod (q−1), so they are computed.
fn pkcs1_of_openssh(pair: &RsaKeypair) -> Result<Vec<u8>, KeyFault> {
    let (p, q) = (positive(&pair.private.p)?, positive(&pair.private.q)?);
    let d = positive(&pair.private.d)?;
    let exponent = |prime: &[u8]| -> Result<Vec<u8>, KeyFault> {
        let prime = BigUint::from_bytes_be(prime);
        if prime <= BigUint::from(2u8) {
            return Err(KeyFault::Unsound);
        }
        Ok((BigUint::from_bytes_be(d) % (prime - 1u8)).to_bytes_be())
    };
    let (dp, dq) = (exponent(p)?, exponent(q)?);
    let (n, e) = (positive(&pair.public.n)?, positive(&pair.public.e)?);
    pkcs1_of_numbers([n, e, d, p, q, &dp, &dq, positive(&pair.private.iqmp)?])
}

fn pkcs1_of_numbers(numbers: [&[u8]; 8]) -> Result<Vec<u8>, KeyFault> {
    let uint = |bytes: &[u8]| Uint::new(bytes).map_err(|_| KeyFault::Unsound);
    let [n, e, d, p, q, dp, dq, qi] = numbers;
    let key = pkcs1::RsaPrivateKeyOwned {
        modulus: uint(n)?,
        public_exponent: uint(e)?,
        private_exponent: uint(d)?,
        prime1: uint(p)?,
        prime2: uint(q)?,
        exponent1: uint(dp)?,
        exponent2: uint(dq)?,
        coefficient: uint(qi)?,
        other_prime_infos: None,
    };
    key.to_der().map_err(|_| KeyFault::Unsound)
}

fn positive(number: &ssh_key::Mpint) -> Result<&[u8], KeyFault> {
    number.as_positive_bytes().ok_or(KeyFault::Unsound)
}

fn expect_rsa(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyFault> {
    match algorithm.oid {
        RSA_ENCRYPTION => Ok(()),
        EC => Err(KeyFault::WrongKind("an EC key".to_owned())),
        ED25519 => Err(KeyFault::WrongKind("an Ed25519 key".to_owned())),
        RSA_PSS => Err(KeyFault::WrongKind("an RSA key for PSS alone".to_owned())),
        oid => Err(KeyFault::WrongKind(format!("a key of kind {oid}"))),
    }
}

fn block_kind(label: &str) -> String {
    match label {
        "CERTIFICATE" => "a certificate".to_owned(),
        "EC PRIVATE KEY" | "EC PARAMETERS" => "an EC key".to_owned(),
        label => format!("a block of {label:?}"),
    }
}

/// ssh-key reads no EC key without a feature that brings its curves, so it is known by its name, which is never
/// encrypted.
fn openssh_fault(bytes: &[u8]) -> KeyFault {
    let name = b"ecdsa-sha2-";
    if bytes.windows(name.len()).any(|window| window == name) {
        return KeyFault::WrongKind("an EC key".to_owned());
    }
    KeyFault::Truncated
}

fn ssh_kind(name: &str) -> String {
    match name {
        "ssh-ed25519" => "an Ed25519 key".to_owned(),
        name if name.starts_with("ecdsa-sha2-") => "an EC key".to_owned(),
        name => format!("a key of kind {name}"),
    }
}
