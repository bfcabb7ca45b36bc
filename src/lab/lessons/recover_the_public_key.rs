//! Recover the public key: two RS256 signatures give away the key that verifies them.
//!
//! RS256 is deterministic: the signature `s` of a text satisfies `s^e = m` modulo `n`, where `m` is the padded hash of
//! the text (RFC 8017 §8.2). So `s^e - m` is a multiple of `n`, for every token. The greatest common divisor of two
//! such numbers is `n`, or `n` times a small number.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;

use super::key_confusion::{self, Portal};
use crate::keys::{RsaPublicKey, greatest_common_divisor};
use crate::lab::forge::mac;
use crate::lab::naive::{LaxToken, Objection};
use crate::token::{Claims, signing_input};

/// The cookie with the tokens that Mallory copied.
pub const COOKIE: &str = "lab-two-tokens";

/// How many tokens the attack needs.
pub const TOKENS: usize = 2;

/// What the naive verifier of this lesson does wrong.
pub const RULE: &str = "This is the portal's old verifier. It uses its one key file for whatever algorithm the token \
                        names, and checks `exp`. Nobody outside the portal has the file.";

/// What the forger writes before the signature.
pub const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
pub const PAYLOAD: &str = r#"{"sub":"admin"}"#;

/// The same attack as a program, for pupils with tools of their own: it prints the portal's file.
pub const PROGRAM: &str = include_str!("../../../templates/lab/lessons/recover-the-public-key/recover.py");

/// The start of a SHA-256 hash in a signature: its algorithm and its length in DER (RFC 8017 §9.2, note 1).
const DIGEST_INFO: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

/// Small numbers by which a common divisor is divided. The primes of a key are far larger.
const SMALL: std::ops::Range<u32> = 2..10_000;

/// A public exponent that Mallory may try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exponent {
    Usual,
    Three,
    Seventeen,
}

impl Exponent {
    pub const ALL: [Self; 3] = [Self::Usual, Self::Three, Self::Seventeen];

    pub const fn number(self) -> u32 {
        match self {
            Self::Usual => 65_537,
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|exponent| exponent.number().to_string() == text)
    }

    /// Whether the server computes with it. The cost grows with the square of the exponent.
    pub const fn is_affordable(self) -> bool {
        self.number() < 1_000
    }
}

/// A signature and the padded hash that it signs, as numbers.
pub struct Signed {
    signature: BigUint,
    padded: BigUint,
}

impl Signed {
    /// `None` if the text is no token, or its signature is too short for RSA.
    pub fn of(token: &str) -> Option<Self> {
        let token = LaxToken::read(token).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(&token.signature).ok()?;
        let padded = padded(token.message.as_bytes(), signature.len())?;
        Some(Self { signature: BigUint::from_bytes_be(&signature), padded: BigUint::from_bytes_be(&padded) })
    }

    /// `s^e - m`, a multiple of the modulus if `e` is the exponent of the key.
    fn multiple(&self, exponent: u32) -> BigUint {
        let power = self.signature.pow(exponent);
        if power > self.padded { power - &self.padded } else { BigUint::ZERO }
    }

    fn fits(&self, modulus: &BigUint, exponent: u32) -> bool {
        self.signature.modpow(&exponent.into(), modulus) == self.padded
    }

    /// The signature, shortened, and how many bits it has.
    pub fn signature(&self) -> (String, u64) {
        (shortened(&self.signature), self.signature.bits())
    }

    /// The padded hash, shortened, and how many bits it has.
    pub fn padded(&self) -> (String, u64) {
        (shortened(&self.padded), self.padded.bits())
    }
}

/// The text's hash as RS256 pads it, in this many bytes (RFC 8017 §9.2).
fn padded(message: &[u8], length: usize) -> Option<Vec<u8>> {
    let hash = digest(&SHA256, message);
    let tail = [&[0], &DIGEST_INFO[..], hash.as_ref()].concat();
    let filled = length.checked_sub(tail.len() + 2).filter(|filled| *filled >= 8)?;
    Some([&[0, 1], &vec![0xff; filled][..], &tail].concat())
}

/// What the common divisor of two signatures shows.
pub struct Divisor {
    /// How many bits each of the two numbers has.
    pub bits: [u64; TOKENS],
    /// The divisor, shortened, and how many bits it has.
    pub shown: String,
    pub divisor_bits: u64,
    /// The key, if the exponent is the right one.
    pub key: Option<RsaPublicKey>,
}

impl Divisor {
    /// Takes a few hundredths of a second for a small exponent.
    pub fn of(tokens: &[Signed; TOKENS], exponent: u32) -> Self {
        let multiples = tokens.each_ref().map(|token| token.multiple(exponent));
        let bits = multiples.each_ref().map(BigUint::bits);
        let [first, second] = multiples;
        let common = without_small_factors(greatest_common_divisor(first, second));
        let is_modulus = common.bits() > 1 && tokens.iter().all(|token| token.fits(&common, exponent));
        let key = || RsaPublicKey::new(&common.to_bytes_be(), &exponent.to_be_bytes()).ok();
        let key = if is_modulus { key() } else { None };
        Self { bits, shown: shortened(&common), divisor_bits: common.bits(), key }
    }
}

/// Two random multiples of a number often share a small factor besides.
fn without_small_factors(mut number: BigUint) -> BigUint {
    for factor in SMALL {
        while number.bits() > 1 && &number % factor == BigUint::ZERO {
            number /= factor;
        }
    }
    number
}

/// The first and the last digits of a number in hexadecimal.
fn shortened(number: &BigUint) -> String {
    let digits = number.to_str_radix(16);
    match (digits.get(..16), digits.len().checked_sub(8)) {
        (Some(start), Some(end)) if end > 16 => format!("{start}…{}", &digits[end..]),
        _ => digits,
    }
}

/// A way to write the recovered key as a PEM file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    Spki,
    SpkiWithoutNewline,
    Pkcs1WithoutNewline,
    Pkcs1,
}

impl Spelling {
    pub const ALL: [Self; 4] = [Self::Spki, Self::SpkiWithoutNewline, Self::Pkcs1WithoutNewline, Self::Pkcs1];

    /// The spelling of the portal's file.
    pub const OF_PORTAL: Self = Self::Pkcs1;

    pub const fn value(self) -> &'static str {
        match self {
            Self::Spki => "spki",
            Self::SpkiWithoutNewline => "spki-without-newline",
            Self::Pkcs1WithoutNewline => "pkcs1-without-newline",
            Self::Pkcs1 => "pkcs1",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Spki => "BEGIN PUBLIC KEY, with a line break at the end",
            Self::SpkiWithoutNewline => "BEGIN PUBLIC KEY, without it",
            Self::Pkcs1WithoutNewline => "BEGIN RSA PUBLIC KEY, without it",
            Self::Pkcs1 => "BEGIN RSA PUBLIC KEY, with a line break at the end",
        }
    }

    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|spelling| spelling.value() == text)
    }

    /// The text of the file. `None` when the numbers do not encode, which no loaded key does.
    pub fn of(self, key: &RsaPublicKey) -> Option<String> {
        Some(match self {
            Self::Spki => key.to_pem()?,
            Self::SpkiWithoutNewline => key.to_pem()?.trim_end().to_owned(),
            Self::Pkcs1WithoutNewline => key.to_pkcs1_pem()?.trim_end().to_owned(),
            Self::Pkcs1 => key.to_pkcs1_pem()?,
        })
    }

    /// What is said when the old verifier refused an HMAC with this file as its secret.
    const fn hint(self) -> &'static str {
        match self {
            Self::Spki | Self::SpkiWithoutNewline => {
                "The key is right, but the bytes of the file are not. One RSA key has two usual PEM forms, and this is \
                 not the portal's. Try another."
            }
            Self::Pkcs1WithoutNewline => {
                "Close: the form is right, and one byte is missing. Most programs end a file in a line break."
            }
            Self::Pkcs1 => "The secret is right. Something else of the token is not.",
        }
    }
}

/// A token for Admin whose HMAC has this text as its secret.
pub fn forged(secret: &str) -> String {
    let unsigned = signing_input(HEADER, PAYLOAD);
    let signature = mac(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes(), &unsigned);
    format!("{unsigned}.{signature}")
}

/// The judgement of a token that the lab made with this spelling.
pub fn judge(spelling: Spelling, naive: &Result<Claims, Objection>) -> Result<String, String> {
    match naive {
        Ok(_) => Ok(
            "The old verifier accepts your token: Mallory is Admin now, and she can change 3 grades. Nobody gave her the \
             key. Two tokens did."
                .to_owned(),
        ),
        Err(_) => Err(spelling.hint().to_owned()),
    }
}

/// The judgement of a token that the visitor made with other tools.
pub fn judge_pasted(token: &str, portal: &Portal<'_>, naive: &Result<Claims, Objection>) -> Result<String, String> {
    let other = Spelling::ALL.into_iter().filter(|spelling| *spelling != Spelling::OF_PORTAL);
    let mut other = other.filter(|spelling| is_mac_of(token, *spelling, portal.public));
    match other.next() {
        Some(spelling) if naive.is_err() => Err(spelling.hint().to_owned()),
        _ => key_confusion::judge_pasted(token, portal, naive),
    }
}

fn is_mac_of(token: &str, spelling: Spelling, key: &RsaPublicKey) -> bool {
    let (Ok(token), Some(secret)) = (LaxToken::read(token), spelling.of(key)) else { return false };
    token.is_mac(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::GivenKey;

    const PRIVATE: &str = include_str!("../../../tests/fixtures/keys/rsa-pkcs8.pem");
    const PUBLIC: &str = include_str!("../../../tests/fixtures/keys/rsa-public-spki.pem");

    fn token(payload: &str) -> String {
        let signer = GivenKey::parse(PRIVATE.as_bytes(), "a test").unwrap().signer(None).unwrap();
        crate::token::sign(r#"{"alg":"RS256"}"#, payload, &signer).unwrap().into_string()
    }

    #[test]
    fn a_signature_to_the_power_of_the_exponent_is_the_padded_hash_modulo_the_key() {
        let key = RsaPublicKey::parse(PUBLIC.as_bytes()).unwrap();
        let modulus = BigUint::from_bytes_be(key.modulus());
        let signed = Signed::of(&token(r#"{"sub":"bob"}"#)).unwrap();
        assert!(signed.fits(&modulus, 65_537));
        assert!(!signed.fits(&modulus, 17));
        let (padded, bits) = signed.padded();
        assert!(padded.starts_with("1ffffffffffffff") && bits == 3057, "{padded}, {bits}");
        let (signature, bits) = signed.signature();
        let first = u64::from_str_radix(&signature[..16], 16).unwrap();
        assert_eq!(bits % 4, u64::from(64 - first.leading_zeros()) % 4, "{signature}, {bits}");
    }

    #[test]
    fn a_number_is_shown_by_its_ends() {
        assert_eq!(shortened(&BigUint::from(255u8)), "ff");
        assert_eq!(shortened(&(BigUint::from(1u8) << 200)), "1000000000000000…00000000");
    }

    #[test]
    fn small_factors_go_and_large_ones_stay() {
        assert_eq!(without_small_factors(BigUint::from(2u32 * 3 * 3 * 97 * 10_007)), BigUint::from(10_007u32));
        assert_eq!(without_small_factors(BigUint::ZERO), BigUint::ZERO);
    }

    #[test]
    fn what_is_no_token_has_no_numbers() {
        for text in ["", "a.b.c", "e30.e30.", "e30.e30.AAAA"] {
            assert!(Signed::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_spellings_of_one_key_are_four_secrets_of_which_the_portal_has_one() {
        let key = RsaPublicKey::parse(PUBLIC.as_bytes()).unwrap();
        let files = Spelling::ALL.map(|spelling| spelling.of(&key).unwrap());
        for (place, file) in files.iter().enumerate() {
            assert!(RsaPublicKey::parse(file.as_bytes()).unwrap() == key, "{file}");
            assert!(files[..place].iter().all(|other| other != file));
        }
        assert!(files[3].starts_with("-----BEGIN RSA PUBLIC KEY-----\n") && files[3].ends_with("-----\n"));
        assert_eq!(Spelling::ALL[3], Spelling::OF_PORTAL);
    }

    #[test]
    fn what_a_form_sends_is_read_back() {
        assert!(Spelling::ALL.iter().all(|it| Spelling::find(it.value()) == Some(*it)));
        assert!(Exponent::ALL.iter().all(|it| Exponent::find(&it.number().to_string()) == Some(*it)));
        assert_eq!((Spelling::find("der"), Exponent::find("5")), (None, None));
    }

    #[test]
    fn the_server_computes_with_small_exponents_alone() {
        let computed = Exponent::ALL.map(Exponent::is_affordable);
        assert_eq!((Exponent::ALL.map(Exponent::number), computed), ([65_537, 3, 17], [false, true, true]));
    }
}
