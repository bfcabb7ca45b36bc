//! RSA keys, whatever form they come in.
//!
//! The form is recognised elsewhere; here the numbers are read and judged. Whatever the form, what comes out is the two
//! numbers of the public key, or a key pair that has proven itself.

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

use super::{KeyFault, der_structure, factor, pem_blocks};
use crate::der::Element;
use crate::der::tag::{INTEGER, SEQUENCE};

pub(super) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The public half: modulus and exponent, big-endian without leading zeros.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    /// Computed once, because the key set names each key by it for everybody who asks.
    thumbprint: String,
}

impl RsaPublicKey {
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        let key = pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| unreadable(der))?;
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
        if !sound {
            return Err(KeyFault::Unsound);
        }
        let (modulus, exponent) = (modulus.to_bytes_be(), exponent.to_bytes_be());
        Ok(Self { thumbprint: thumbprint(&modulus, &exponent), modulus, exponent })
    }

    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The `kid` that this key is published under: RFC 7638's SHA-256 thumbprint.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// SPKI in PEM, which every library reads. `None` when the numbers do not encode, which no loaded key does.
    pub fn to_pem(&self) -> Option<String> {
        let pkcs1 = self.to_pkcs1()?;
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) },
            subject_public_key: BitStringRef::from_bytes(&pkcs1).ok()?,
        };
        Some(pem_blocks::wrap("PUBLIC KEY", info.to_der().ok()?))
    }

    /// PKCS#1 in PEM, the older form (RFC 8017, appendix A.1.1).
    pub fn to_pkcs1_pem(&self) -> Option<String> {
        Some(pem_blocks::wrap("RSA PUBLIC KEY", self.to_pkcs1()?))
    }

    /// PKCS#1 in DER.
    pub fn to_pkcs1(&self) -> Option<Vec<u8>> {
        let key = pkcs1::RsaPublicKeyRef {
            modulus: UintRef::new(&self.modulus).ok()?,
            public_exponent: UintRef::new(&self.exponent).ok()?,
        };
        key.to_der().ok()
    }
}

fn thumbprint(modulus: &[u8], exponent: &[u8]) -> String {
    let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
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
    /// Proves the key by a signature that its public half accepts, so that a damaged one is found when it is loaded.
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        let key = pkcs1::RsaPrivateKeyRef::from_der(der);
        if has_more_primes(der) || key.as_ref().is_ok_and(|key| key.other_prime_infos.is_some()) {
            return Err(KeyFault::Broken(MULTI_PRIME.into()));
        }
        let key = key.map_err(|_| unreadable(der))?;
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

    /// From a public key and its private exponent: the primes are searched for, and the rest is computed.
    pub(super) fn from_exponent(public: &RsaPublicKey, d: &[u8]) -> Result<Self, KeyFault> {
        let numbers = [&public.modulus[..], &public.exponent[..], d].map(BigUint::from_bytes_be);
        let [n, e, d] = &numbers;
        if n.bits() > factor::MOST_BITS {
            let message = format!(
                "JWK has no `p` and `q`, and they are searched for in keys of up to {} bits; this one has {}",
                factor::MOST_BITS,
                n.bits()
            );
            return Err(KeyFault::Jwk(message));
        }
        let [p, q] = factor::primes(n, e, d).ok_or(KeyFault::Unsound)?;
        let (dp, dq) = (d % (&p - 1u8), d % (&q - 1u8));
        let qi = q.modinv(&p).ok_or(KeyFault::Unsound)?;
        let all = [n, e, d, &p, &q, &dp, &dq, &qi].map(BigUint::to_bytes_be);
        Self::from_numbers(all.each_ref().map(Vec::as_slice))
    }

    /// A new key of the size of `model`, or of the next larger size that can be made, as PKCS#8 in PEM.
    pub(super) fn generate_pem_as_large_as(model: &RsaPublicKey) -> Result<String, aws_lc_rs::error::Unspecified> {
        let bits = model.modulus().len() * 8;
        let sizes = [(2048, KeySize::Rsa2048), (3072, KeySize::Rsa3072), (4096, KeySize::Rsa4096)];
        let size = sizes.into_iter().find(|(size, _)| *size >= bits).map_or(KeySize::Rsa8192, |(_, size)| size);
        generate_pem(size)
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

    /// PKCS#8. `None` if the library does not give it.
    pub(super) fn to_pkcs8(&self) -> Option<Vec<u8>> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().ok()?;
        Some(der.as_ref().to_vec())
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

const MULTI_PRIME: &str = "it is an RSA key of more than two primes (version 1 of RFC 8017, appendix A.1.2), which the \
                           cryptographic library does not sign with";

/// Whether the structure, as far as it is there, has version 1: `multi`.
fn has_more_primes(der: &[u8]) -> bool {
    let outer = Element::first(der).filter(|outer| outer.tag == SEQUENCE);
    let version = outer.and_then(|outer| Element::first(outer.content));
    version.is_some_and(|version| version.tag == INTEGER && version.content == [1])
}

fn generate_pem(size: KeySize) -> Result<String, aws_lc_rs::error::Unspecified> {
    let pair = RsaKeyPair::generate(size)?;
    let der: Pkcs8V1Der<'_> = pair.as_der()?;
    Ok(pem_blocks::wrap("PRIVATE KEY", der.as_ref()))
}

/// The numbers of RFC 7518 §6.3.2, in the order of [`RsaPrivateKey::from_numbers`].
pub(super) fn numbers_of(pair: &RsaKeyPair) -> Option<[Vec<u8>; 8]> {
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let info = PrivateKeyInfoRef::from_der(der.as_ref()).ok()?;
    let key = pkcs1::RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).ok()?;
    let numbers = [
        key.modulus,
        key.public_exponent,
        key.private_exponent,
        key.prime1,
        key.prime2,
        key.exponent1,
        key.exponent2,
        key.coefficient,
    ];
    Some(numbers.map(|number| number.as_bytes().to_vec()))
}

pub(super) fn pkcs1_of_numbers(numbers: [&[u8]; 8]) -> Result<Vec<u8>, KeyFault> {
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

fn unreadable(der: &[u8]) -> KeyFault {
    KeyFault::Truncated(der_structure::describe_damage(der).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_more_than_two_primes_is_told_so() {
        // The beginning of RFC 8017's RSAPrivateKey with the version `multi`, and with `two-prime`.
        for (der, is_multi) in
            [(&b"\x30\x82\x06\xe4\x02\x01\x01\x02"[..], true), (b"\x30\x82\x06\xe4\x02\x01\0\x02", false)]
        {
            assert_eq!(has_more_primes(der), is_multi);
            let fault = RsaPrivateKey::from_pkcs1(der).unwrap_err().to_string();
            assert_eq!(fault.contains("RSA key of more than two primes"), is_multi, "{fault}");
        }
    }
}
