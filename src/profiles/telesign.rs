//! Phone tokens: who may verify which phone number, in which transaction, for the next eighty seconds.
//!
//! The key is the API key after base64 decoding; signing with the text itself is the mistake that the tutorial warns
//! of.

use std::fmt;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::Profile;
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, Audience, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token, Verdict};

const ALGORITHM: Algorithm = Algorithm::Hs256;

/// How far `iat` is set back, for verifiers whose clock is slow, in seconds.
const BACKDATED: i64 = 10;

/// From `iat` to `exp`, in seconds.
const LIFE: i64 = 90;

/// A phone number: 7 to 15 digits (ITU-T E.164), with or without a plus.
///
/// The text is kept as given, because the tutorial's `phn` claim repeats it. Numbers are compared by their digits:
/// `+15555551212` equals `15555551212`. `Debug` does not print the number, so that it cannot reach a log.
#[derive(Clone)]
pub struct PhoneNumber(String);

impl PartialEq for PhoneNumber {
    fn eq(&self, other: &Self) -> bool {
        self.digits() == other.digits()
    }
}

impl Eq for PhoneNumber {}

/// The text is not a valid [`PhoneNumber`].
#[derive(Debug, PartialEq, Eq, Error)]
#[error("a phone number is 7 to 15 digits, with or without a plus before them")]
pub struct BadPhoneNumber;

impl PhoneNumber {
    pub fn parse(text: &str) -> Result<Self, BadPhoneNumber> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let good = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if good { Ok(Self(text.to_owned())) } else { Err(BadPhoneNumber) }
    }

    /// The tutorial's example. 555 numbers belong to nobody.
    pub fn example() -> Self {
        Self("15555551212".to_owned())
    }

    /// The number as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number without its plus.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }

    /// The two texts that name this number: its digits, and its digits after a plus.
    pub fn spellings(&self) -> [String; 2] {
        [self.digits().to_owned(), format!("+{}", self.digits())]
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

/// The external id of a transaction: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Xid(String);

/// The text is not a valid [`Xid`].
#[derive(Debug, PartialEq, Eq, Error)]
#[error("an xid is 1 to 128 visible ASCII characters")]
pub struct BadXid;

impl Xid {
    pub fn parse(text: &str) -> Result<Self, BadXid> {
        let good = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(Self(text.to_owned())) } else { Err(BadXid) }
    }

    /// A version 4 UUID (RFC 9562 §5.4) of these random bytes.
    pub fn of_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = format!("{:032x}", u128::from_be_bytes(bytes));
        Self([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token with its times.
pub struct PhoneToken {
    pub token: Token,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Signs a token for one transaction of one phone number.
pub fn issue(ring: &KeyRing, phone: &PhoneNumber, xid: &Xid, now: DateTime<Utc>) -> Result<PhoneToken, SigningError> {
    let iat = now.timestamp() - BACKDATED;
    let claims = Claims::new()
        .with("iss", ring.accounts().telesign_customer_id.as_str())
        .with("iat", iat)
        .with("exp", iat + LIFE)
        .with("phn", phone.as_str())
        .with("xid", xid.as_str());
    let token = token::issue(&claims, &PROFILE.header, ring.telesign().signer())?;
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(now);
    Ok(PhoneToken { token, issued_at: moment(iat), expires_at: moment(iat + LIFE) })
}

/// Verifies a token of this customer.
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = PROFILE.rules(Some(ring.accounts().telesign_customer_id.clone()), Audience::Nobody);
    let keys = Candidates::Ring(ring.telesign().verifiers());
    token::verify(token, Expected { algorithm: ALGORITHM, keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "telesign",
    title: "phone tokens",
    only_algorithm: |_| Some(ALGORITHM),
    header: Header::of_type("JWT"),
    claims: &[
        Claim { name: "iat", kind: Kind::Date },
        Claim { name: "exp", kind: Kind::Date },
        Claim { name: "phn", kind: Kind::Text },
        Claim { name: "xid", kind: Kind::Text },
    ],
    signer: |issuer| Some(issuer.ring.telesign().signer()),
    sample: |issuer, random| Ok(issue(issuer.ring, &PhoneNumber::example(), &Xid::of_random(random), issuer.now)?.token),
    verify: |issuer, token| Judged::Final(verify(issuer.ring, token, issuer.now)),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_7_to_15_digits_with_or_without_a_plus() {
        for good in ["15555551212", "+1234567", "123456789012345"] {
            assert_eq!(PhoneNumber::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "+", "123456", "1234567890123456", "+1 555 555", "notaphone", "١٢٣٤٥٦٧", "++1234567", "1234567 "]
        {
            assert_eq!(PhoneNumber::parse(bad), Err(BadPhoneNumber), "{bad}");
        }
    }

    #[test]
    fn an_xid_is_1_to_128_visible_ascii_characters() {
        assert!(Xid::parse("abc-123/~!").is_ok());
        assert!(Xid::parse(&"x".repeat(128)).is_ok());
        for bad in ["", "a b", "é", "a\n", &"x".repeat(129)] {
            assert_eq!(Xid::parse(bad), Err(BadXid));
        }
    }

    #[test]
    fn an_xid_of_random_bytes_is_a_version_4_uuid() {
        assert_eq!(Xid::of_random([0; 16]).as_str(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(Xid::of_random([255; 16]).as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
