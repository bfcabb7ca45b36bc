//! Ed25519 keys, which sign under the algorithm `EdDSA` (RFC 8032, RFC 8037).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use num_bigint::BigUint;

use super::ec::{halves_do_not_match, point_not_on_curve};
use super::{KeyFault, pem_blocks};
use crate::texts::wording::counted;

/// How many bytes either half has, and so each half of a signature.
pub(super) const BYTES: usize = 32;

/// The public half: a point of the curve, as RFC 8032 §5.1.2 writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ed25519PublicKey([u8; BYTES]);

impl Ed25519PublicKey {
    pub fn new(bytes: &[u8]) -> Result<Self, KeyFault> {
        let bytes: [u8; BYTES] = bytes.try_into().map_err(|_| wrong_length("public", bytes.len()))?;
        match Point::decode(bytes) {
            None => Err(point_not_on_curve("Ed25519")),
            Some(point) if point.has_small_order() => {
                Err(KeyFault::Broken("its point has a small order, so anyone could sign for it".into()))
            }
            Some(_) => Ok(Self(bytes)),
        }
    }

    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn to_pem(&self) -> Option<String> {
        Some(pem_blocks::wrap("PUBLIC KEY", self.parsed()?.as_der().ok()?.as_ref()))
    }

    /// The key as the library verifies with it.
    pub(super) fn parsed(&self) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(&ED25519, self.0).ok()
    }
}

fn wrong_length(half: &str, found: usize) -> KeyFault {
    KeyFault::Broken(format!("its {half} half has {}, and one of Ed25519 has {BYTES}", counted(found, "byte")).into())
}

/// A point of the curve −x² + y² = 1 + d·x²·y². The library looks at one only when it verifies, so a point that is none
/// would be found out late.
struct Point {
    y: BigUint,
    p: BigUint,
    d: BigUint,
}

impl Point {
    /// RFC 8032 §5.1.3; `None` for bytes that are no point. Only whether there is an x matters here.
    fn decode(mut bytes: [u8; BYTES]) -> Option<Self> {
        let is_odd = bytes[BYTES - 1] & 0x80 != 0;
        bytes[BYTES - 1] &= 0x7f;
        let (one, p) = (BigUint::from(1u8), (BigUint::from(1u8) << 255) - 19u8);
        let d = (&p - 121_665u32) * BigUint::from(121_666u32).modinv(&p)? % &p;
        let y = BigUint::from_bytes_le(&bytes);
        if y >= p {
            return None;
        }
        let square = &y * &y % &p;
        // x² = (y² − 1) / (d·y² + 1), which is a square if the product of the two is one.
        let (above, below) = (&square + &p - &one, &d * &square + &one);
        let euler = (above * below).modpow(&((&p - &one) >> 1), &p);
        let has_x = if euler == BigUint::ZERO { !is_odd } else { euler == one };
        has_x.then_some(Self { y, p, d })
    }

    /// Whether eight times the point is the neutral one. Then y is 0, 1 or −1, or d·y⁴ + 2·y² = 1.
    fn has_small_order(&self) -> bool {
        let (one, square) = (BigUint::from(1u8), &self.y * &self.y % &self.p);
        let eighth = (&self.d * &square * &square + 2u8 * &square) % &self.p;
        square == BigUint::ZERO || square == one || eighth == one
    }
}

/// The private half, parsed once, with its public half. Its bytes are never printed.
#[derive(Clone)]
pub struct Ed25519PrivateKey {
    pair: Arc<Ed25519KeyPair>,
    public: Ed25519PublicKey,
}

impl Ed25519PrivateKey {
    /// From the seed (RFC 8032 §5.1.5), whose public half is computed. One that came with it must be the same.
    pub fn new(seed: &[u8], public: Option<&[u8]>) -> Result<Self, KeyFault> {
        if seed.len() != BYTES {
            return Err(wrong_length("private", seed.len()));
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| wrong_length("private", seed.len()))?;
        let key = Self { public: Ed25519PublicKey::new(pair.public_key().as_ref())?, pair: Arc::new(pair) };
        match public.map(Ed25519PublicKey::new).transpose()? {
            Some(public) if public != key.public => Err(halves_do_not_match()),
            _ => Ok(key),
        }
    }

    /// A new key, as PKCS#8 in PEM.
    pub(super) fn generate_pem() -> Result<String, Unspecified> {
        let der = Ed25519KeyPair::generate()?.to_pkcs8v1()?;
        Ok(pem_blocks::wrap("PRIVATE KEY", der.as_ref()))
    }

    /// The seed. `None` if the library does not give it.
    pub(super) fn seed(&self) -> Option<Vec<u8>> {
        let seed = self.pair.seed().and_then(|seed| seed.as_be_bytes()).ok()?;
        Some(seed.as_ref().to_vec())
    }

    /// PKCS#8. `None` if the library does not give it.
    pub(super) fn to_pkcs8(&self) -> Option<Vec<u8>> {
        Some(self.pair.to_pkcs8v1().ok()?.as_ref().to_vec())
    }

    pub(super) fn pair(&self) -> Arc<Ed25519KeyPair> {
        self.pair.clone()
    }

    pub const fn public(&self) -> &Ed25519PublicKey {
        &self.public
    }
}

impl fmt::Debug for Ed25519PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519PrivateKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: [u8; BYTES]) -> String {
        Ed25519PublicKey::new(&bytes).err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_public_half_of_a_pair_is_a_point() {
        for seed in 0..20 {
            assert!(Ed25519PrivateKey::new(&[seed; BYTES], None).is_ok());
        }
    }

    #[test]
    fn bytes_that_are_no_point_are_refused() {
        let mut two = [0; BYTES];
        two[0] = 2;
        assert!(fault(two).contains("not on the curve Ed25519"), "{}", fault(two));
        assert!(fault([0xff; BYTES]).contains("not on the curve"), "y is not under p");
        // x = 0 has no negative.
        let mut negative = [0; BYTES];
        (negative[0], negative[BYTES - 1]) = (1, 0x80);
        assert!(fault(negative).contains("not on the curve"));
        assert!(Ed25519PublicKey::new(&[9; 31]).unwrap_err().to_string().contains("31 bytes"));
    }

    /// For the neutral point, R = s·B is a signature under every message.
    #[test]
    fn a_point_of_small_order_is_refused() {
        let mut one = [0; BYTES];
        one[0] = 1;
        let mut minus_one = [0xff; BYTES];
        (minus_one[0], minus_one[BYTES - 1]) = (0xec, 0x7f);
        let eighth = *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05";
        for point in [[0; BYTES], one, minus_one, eighth] {
            assert!(fault(point).contains("small order"), "{point:x?}");
        }
    }

    #[test]
    fn halves_that_do_not_belong_together_are_no_pair() {
        let [one, two] = [1, 2].map(|seed| Ed25519PrivateKey::new(&[seed; BYTES], None).unwrap().public);
        assert!(Ed25519PrivateKey::new(&[1; BYTES], Some(one.as_bytes())).is_ok());
        let fault = Ed25519PrivateKey::new(&[1; BYTES], Some(two.as_bytes())).unwrap_err().to_string();
        assert!(fault.contains("does not belong"), "{fault}");
    }
}
