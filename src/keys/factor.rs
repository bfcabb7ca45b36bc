//! The primes of an RSA key of which only the modulus and the two exponents are known.
//!
//! d·e − 1 is a multiple of the order of every number modulo n. A number raised to its odd part, and then squared again
//! and again, passes a square root of 1. If that root is not 1 or −1, it gives a prime of n (NIST SP 800-56B, appendix
//! C).

use num_bigint::BigUint;

/// How many bases are tried; each fails for half of all keys at most.
const BASES: [u8; 16] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

/// The largest modulus that is factored. The work grows with the cube of its length, and anyone may ask for it.
pub(super) const MOST_BITS: u64 = 4096;

/// p and q; `None` when the numbers are no RSA key of two primes, or the modulus is over [`MOST_BITS`].
pub(super) fn primes(n: &BigUint, e: &BigUint, d: &BigUint) -> Option<[BigUint; 2]> {
    let one = BigUint::from(1u8);
    if n.bits() > MOST_BITS || d >= n || *d <= one {
        return None;
    }
    let multiple_of_order = d * e - &one;
    let twos = multiple_of_order.trailing_zeros()?;
    let odd = &multiple_of_order >> twos;
    for base in BASES {
        match split(n, &BigUint::from(base), &odd, twos) {
            Split::Primes(primes) => return Some(primes),
            Split::Impossible => return None,
            Split::TryAnother => {}
        }
    }
    None
}

enum Split {
    Primes([BigUint; 2]),
    TryAnother,
    /// The exponents do not belong to n, so no base helps.
    Impossible,
}

fn split(n: &BigUint, base: &BigUint, odd: &BigUint, twos: u64) -> Split {
    let one = BigUint::from(1u8);
    let minus_one = n - &one;
    let mut root = base.modpow(odd, n);
    if root == one || root == minus_one {
        return Split::TryAnother;
    }
    for _ in 0..twos {
        let square = &root * &root % n;
        if square == one {
            let p = greatest_common_divisor(root - &one, n.clone());
            let q = n / &p;
            return if p > one && q > one { Split::Primes([p, q]) } else { Split::Impossible };
        }
        if square == minus_one {
            return Split::TryAnother;
        }
        root = square;
    }
    Split::Impossible
}

/// By Euclid's algorithm, whose cost grows with the square of the length.
pub fn greatest_common_divisor(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(n: u32, e: u32, d: u32) -> Option<[BigUint; 2]> {
        primes(&n.into(), &e.into(), &d.into())
    }

    #[test]
    fn the_primes_follow_from_the_exponents() {
        let [p, q] = found(3233, 17, 2753).unwrap();
        assert_eq!([p.clone().min(q.clone()), p.max(q)], [53u8, 61].map(BigUint::from));
    }

    #[test]
    fn exponents_that_do_not_belong_to_the_modulus_give_none() {
        assert_eq!(found(3233, 17, 2754), None);
        assert_eq!(found(3233, 17, 0), None);
        assert_eq!(found(3233, 17, 1), None);
        assert_eq!(found(3233, 17, 4000), None);
        assert_eq!(found(3259, 17, 575), None, "a prime has no factors");
    }
}
