//! The phone number that a token is for.

use std::fmt;

use thiserror::Error;

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

    /// The tutorial's example. The area code 555 is not in use.
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
}
