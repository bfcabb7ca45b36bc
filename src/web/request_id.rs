//! The name of one request, by which its log lines and its answer are found together.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, both ways.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sixteen lower-case hexadecimal digits, or what a trusted proxy calls the request.
#[derive(Clone, Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    pub const fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// What a proxy called it: 8 to 64 letters, digits and hyphens, so that it fits any log.
    fn given(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(X_REQUEST_ID)?;
        let fits = (8..=64).contains(&value.len());
        let is_plain = value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        (fits && is_plain).then(|| Self(value.clone()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Gives each request a name of its own.
pub(super) struct RequestIds {
    next: AtomicU64,
}

impl RequestIds {
    /// From a random beginning, so that those of several processes do not meet.
    pub fn new() -> Self {
        Self { next: AtomicU64::new(RandomState::new().hash_one("request ids")) }
    }

    /// The name of a request with these headers, which count only when a trusted proxy sent them.
    pub fn of(&self, headers: &HeaderMap, by_trusted_proxy: bool) -> RequestId {
        let given = if by_trusted_proxy { RequestId::given(headers) } else { None };
        given.unwrap_or_else(|| self.made())
    }

    /// Counts on, and mixes the count, so that one name tells nobody the next, nor how many there were. The mixing is
    /// `SplitMix64`'s, which gives each count another name.
    fn made(&self) -> RequestId {
        let mut name = self.next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        name = (name ^ (name >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        name = (name ^ (name >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        RequestId(hexadecimal(name ^ (name >> 31)))
    }
}

fn hexadecimal(number: u64) -> HeaderValue {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = [0; 16];
    for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn headers(id: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(id).unwrap());
        headers
    }

    #[test]
    fn a_name_is_16_hexadecimal_digits_and_comes_once() {
        assert_eq!(hexadecimal(0x0123_4567_89ab_cdef), "0123456789abcdef");
        let ids = RequestIds::new();
        let names: HashSet<String> = (0..10_000).map(|_| ids.of(&HeaderMap::new(), true).to_string()).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|it| it.len() == 16 && it.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))));
    }

    #[test]
    fn a_trusted_proxy_s_name_is_kept_when_it_fits_a_log() {
        let ids = RequestIds::new();
        for name in ["12345678", "f81d4fae-7dec-11d0-A765-00a0c91e6bf6", &"a".repeat(64)] {
            assert_eq!(ids.of(&headers(name.as_bytes()), true).to_string(), name);
            assert_ne!(ids.of(&headers(name.as_bytes()), false).to_string(), name);
        }
        for name in
            ["1234567".as_bytes(), "a".repeat(65).as_bytes(), b"1234 5678", b"12345678=", "12345678\u{e9}".as_bytes()]
        {
            assert_eq!(ids.of(&headers(name), true).to_string().len(), 16, "{name:?}");
        }
    }
}
