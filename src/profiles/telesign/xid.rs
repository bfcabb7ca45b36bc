//! The id by which a transaction is looked up.

use thiserror::Error;

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

#[cfg(test)]
mod tests {
    use super::*;

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
