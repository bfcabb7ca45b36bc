//! RSA key pairs that follow from a secret: every process that has the secret has the same pairs, and no file holds
//! them.
//!
//! The cryptographic library makes random pairs only. Here the primes are searched from numbers that HMAC derives, as
//! FIPS 186-5 §A.1.3 does from random ones. The search takes a few tenths of a second, and how long it takes tells
//! something of the primes. Use such pairs only for tokens that give access to nothing.

use num_bigint::BigUint;

use super::derived::derived_bytes;
use super::{RsaPrivateKey, Secret};

/// The exponent that nearly every key has.
pub(super) const USUAL_EXPONENT: u32 = 65_537;

const PRIME_BYTES: usize = 128;

/// Candidates that one of the primes below this divides are left out before the costly test.
const SIEVED: u32 = 8_192;

/// The bases of the Miller–Rabin test. For a random number of 1024 bits that passes, the odds that it is no prime are
/// far below 2⁻¹⁰⁰ (FIPS 186-5, table B.1).
const BASES: [u8; 9] = [2, 3, 5, 7, 11, 13, 17, 19, 23];

/// The pair of 2048 bits that has this name under the secret, with a prime as its public exponent. `None` only if the
/// library refuses its numbers.
pub(super) fn pair(secret: &Secret, name: &str, exponent: u32) -> Option<RsaPrivateKey> {
    let small = small_primes();
    let prime = |half: &str| prime(number(secret, &format!("{name} {half}")), exponent, &small);
    let (p, q) = (prime("p"), prime("q"));
    let (e, one) = (BigUint::from(exponent), BigUint::from(1u8));
    let n = &p * &q;
    let d = e.modinv(&((&p - &one) * (&q - &one)))?;
    let (dp, dq, qi) = (&d % (&p - &one), &d % (&q - &one), q.modinv(&p)?);
    let numbers = [&n, &e, &d, &p, &q, &dp, &dq, &qi].map(BigUint::to_bytes_be);
    RsaPrivateKey::from_numbers(numbers.each_ref().map(Vec::as_slice)).ok()
}

/// An odd number of 1024 bits. Its two highest bits are set, so that the product of two has 2048 bits.
fn number(secret: &Secret, name: &str) -> BigUint {
    let blocks = (0..4).map(|block| derived_bytes(secret.as_bytes(), &format!("rsa {name} {block}")));
    let mut bytes: Vec<u8> = blocks.flat_map(|block| block.as_ref().to_vec()).take(PRIME_BYTES).collect();
    bytes[0] |= 0b1100_0000;
    bytes[PRIME_BYTES - 1] |= 1;
    BigUint::from_bytes_be(&bytes)
}

/// The first prime from `start` on, which is odd, that suits the exponent.
fn prime(start: BigUint, exponent: u32, small: &[u32]) -> BigUint {
    let remainders: Vec<(u32, u32)> = small.iter().map(|prime| (*prime, remainder(&start, *prime))).collect();
    let is_sieved = |offset: &u32| remainders.iter().all(|(prime, rest)| !(rest + offset).is_multiple_of(*prime));
    (0..u32::MAX / 2)
        .step_by(2)
        .filter(is_sieved)
        .map(|offset| &start + offset)
        // Where the exponent divides p - 1, it has no inverse, and so the pair no private exponent.
        .find(|candidate| remainder(candidate, exponent) != 1 && is_prime(candidate))
        .unwrap_or(start)
}

fn remainder(number: &BigUint, divisor: u32) -> u32 {
    (number % divisor).try_into().unwrap_or_default()
}

/// The odd primes below [`SIEVED`].
fn small_primes() -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for number in (3..SIEVED).step_by(2) {
        if primes.iter().take_while(|prime| *prime * *prime <= number).all(|prime| !number.is_multiple_of(*prime)) {
            primes.push(number);
        }
    }
    primes
}

/// The test of Miller and Rabin, for an odd number above the bases.
fn is_prime(number: &BigUint) -> bool {
    let one = BigUint::from(1u8);
    let minus_one = number - &one;
    let twos = minus_one.trailing_zeros().unwrap_or_default();
    let odd = &minus_one >> twos;
    BASES.iter().all(|base| {
        let mut power = BigUint::from(*base).modpow(&odd, number);
        if power == one || power == minus_one {
            return true;
        }
        for _ in 1..twos {
            power = &power * &power % number;
            if power == minus_one {
                return true;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_and_a_name_have_one_pair_and_others_have_another() {
        let secret = |text: &str| Secret::of_text(text.to_owned());
        let pair = |text: &str, name: &str| pair(&secret(text), name, USUAL_EXPONENT).unwrap();
        let first = pair("a secret", "1");
        assert_eq!(first.public().modulus().len(), 256);
        assert_eq!(first.public(), pair("a secret", "1").public());
        assert_ne!(first.public(), pair("a secret", "2").public());
        assert_ne!(first.public(), pair("another", "1").public());
    }

    #[test]
    fn primes_pass_and_their_products_do_not() {
        let is_prime = |number: &str| is_prime(&number.parse().unwrap());
        for prime in ["29", "7919", "2147483647", "170141183460469231731687303715884105727"] {
            assert!(is_prime(prime), "{prime}");
        }
        // Numbers that pass for the first bases: strong pseudoprimes, and one of Carmichael's.
        for composite in ["25", "561", "2047", "1373653", "3215031751", "341550071728321"] {
            assert!(!is_prime(composite), "{composite}");
        }
        assert_eq!(small_primes().len(), 1_027);
    }

    #[test]
    fn a_prime_suits_the_exponent() {
        for exponent in [17, USUAL_EXPONENT] {
            let found = prime(number(&Secret::of_text("x".to_owned()), "p"), exponent, &small_primes());
            assert!(is_prime(&found) && found.bits() == 1024 && remainder(&found, exponent) != 1);
        }
    }
}
