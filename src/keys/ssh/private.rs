//! The file of a private key in OpenSSH's own format, as `PROTOCOL.key` in OpenSSH's sources describes it.
//!
//! Programs differ in two places, and both ways are read. OpenSSH writes a private number without the zeros that it
//! begins with, and `cryptography` of Python adds eight bytes of padding where none is needed.

use num_bigint::BigUint;

use super::{Fields, Kind, PRIVATE_MAGIC, fields};
use crate::keys::ec::{Curve, EcPrivateKey, EcPublicKey};
use crate::keys::ed25519::{BYTES, Ed25519PrivateKey};
use crate::keys::foreign::Lock;
use crate::keys::rsa::{RsaPrivateKey, pkcs1_of_numbers};
use crate::keys::{KeyFault, PrivateKey};

/// A private key's file, decoded.
pub(in crate::keys) fn private(bytes: &[u8]) -> Result<PrivateKey, KeyFault> {
    let mut file = File::begin(bytes).ok_or_else(damaged)?;
    if file.cipher != b"none" {
        return Err(KeyFault::Passphrase(Lock::OpenSsh));
    }
    let kind = Kind::named(&String::from_utf8_lossy(file.kind))?;
    let mut key = file.key().ok_or_else(damaged)?;
    let private = match kind {
        Kind::Rsa => rsa(&mut key).map(PrivateKey::Rsa),
        Kind::Ec(curve) => ec(curve, &mut key).map(PrivateKey::Ec),
        Kind::Ed25519 => ed25519(&mut key).map(PrivateKey::Ed25519),
    };
    let _comment = next(&mut key)?;
    if is_padding(key.rest) { private } else { Err(damaged()) }
}

/// The parts of the file that are there for a key of every kind.
struct File<'a> {
    cipher: &'a [u8],
    kind: &'a [u8],
    public: &'a [u8],
    rest: Fields<'a>,
}

impl<'a> File<'a> {
    /// What comes before everything that is encrypted.
    fn begin(bytes: &'a [u8]) -> Option<Self> {
        let mut head = fields(bytes.strip_prefix(PRIVATE_MAGIC)?);
        let (cipher, _kdf, _options) = (head.next()?, head.next()?, head.next()?);
        let (count, rest) = head.rest.split_first_chunk::<4>()?;
        let mut rest = fields(rest);
        let public = rest.next()?;
        let kind = fields(public).next()?;
        (u32::from_be_bytes(*count) == 1).then_some(Self { cipher, kind, public, rest })
    }

    /// What comes after the kind in the private part, which has the public half again.
    fn key(&mut self) -> Option<Fields<'a>> {
        let private = self.rest.next().filter(|_| self.rest.rest.is_empty())?;
        // Two equal numbers show whether it was decrypted with the right passphrase.
        let (checks, rest) = private.split_at_checked(8)?;
        let mut key = fields(rest);
        let is_same = checks[..4] == checks[4..] && key.next()? == self.kind;
        (is_same && self.repeats_public(fields(key.rest))).then_some(key)
    }

    /// The public part of an RSA key has e before n, and the private part n before e.
    fn repeats_public(&self, mut key: Fields<'a>) -> bool {
        let mut public: Vec<_> = fields(self.public).skip(1).collect();
        if self.kind == b"ssh-rsa" {
            public.reverse();
        }
        public.into_iter().all(|field| key.next() == Some(field))
    }
}

fn next<'a>(key: &mut Fields<'a>) -> Result<&'a [u8], KeyFault> {
    key.next().ok_or_else(damaged)
}

/// A number above zero (RFC 4251 §5).
fn positive<'a>(key: &mut Fields<'a>) -> Result<&'a [u8], KeyFault> {
    let number = next(key)?;
    if number.first().is_some_and(|first| *first < 0x80) { Ok(number) } else { Err(KeyFault::Unsound) }
}

/// Whether it is 1, 2, 3 and so on, which fills the last block of the cipher.
fn is_padding(bytes: &[u8]) -> bool {
    u8::try_from(bytes.len()).is_ok() && bytes.iter().zip(1..=u8::MAX).all(|(byte, number)| *byte == number)
}

fn ec(curve: Curve, key: &mut Fields<'_>) -> Result<EcPrivateKey, KeyFault> {
    let (_curve, point, number) = (next(key)?, next(key)?, next(key)?);
    EcPrivateKey::new(curve, number, Some(&EcPublicKey::new(curve, point)?))
}

/// The second field is the private half, and the public one behind it.
fn ed25519(key: &mut Fields<'_>) -> Result<Ed25519PrivateKey, KeyFault> {
    let (public, both) = (next(key)?, next(key)?);
    let (private, again) = both.split_at_checked(BYTES).ok_or_else(damaged)?;
    if again == public { Ed25519PrivateKey::new(private, Some(public)) } else { Err(damaged()) }
}

/// OpenSSH keeps no d mod (p−1) and d mod (q−1), so they are computed.
fn rsa(key: &mut Fields<'_>) -> Result<RsaPrivateKey, KeyFault> {
    let mut number = || positive(key);
    let (n, e, d, inverse, p, q) = (number()?, number()?, number()?, number()?, number()?, number()?);
    let exponent = |prime: &[u8]| {
        let prime = BigUint::from_bytes_be(prime);
        let is_prime = prime > BigUint::from(2u8);
        is_prime.then(|| (BigUint::from_bytes_be(d) % (prime - 1u8)).to_bytes_be()).ok_or(KeyFault::Unsound)
    };
    let (dp, dq) = (exponent(p)?, exponent(q)?);
    RsaPrivateKey::from_pkcs1(&pkcs1_of_numbers([n, e, d, p, q, &dp, &dq, inverse].map(without_zeros))?)
}

/// A number that begins with a bit that is set has a zero before it.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn damaged() -> KeyFault {
    KeyFault::Truncated("its base64 does not hold a whole OpenSSH key".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counts_from_one() {
        for (bytes, is) in [(&[][..], true), (&[1], true), (&[1, 2, 3, 4, 5, 6, 7, 8], true), (&[1, 1], false)] {
            assert_eq!(is_padding(bytes), is, "{bytes:?}");
        }
        assert!(!is_padding(&[0; 300]));
    }
}
