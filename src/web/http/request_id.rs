//! Request ids: they connect a response with its log lines.

use std::fmt;
use std::sync::Mutex;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::random::Random;
use crate::sync::lock;

/// The header that carries the id, in requests from trusted proxies and in every response.
pub(in crate::web) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sixteen lower-case hexadecimal digits, or the id that a trusted proxy sent.
#[derive(Clone, Debug)]
pub(in crate::web) struct RequestId(HeaderValue);

impl RequestId {
    pub const fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// An id from a proxy. It must be 8 to 64 letters, digits and hyphens, so that it is safe to log.
    fn from_proxy(headers: &HeaderMap) -> Option<Self> {
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

/// How many random bytes are fetched at once: enough for 32 ids, at little more than the cost of one.
const FETCHED: usize = 256;

/// Gives each request a unique id.
///
/// Ids come from the system's random source. Nobody can compute one from others, and the ids of several processes and
/// workers do not collide.
pub(in crate::web) struct RequestIds(Mutex<RandomBytes>);

impl RequestIds {
    pub const fn new(random: Random) -> Self {
        Self(Mutex::new(RandomBytes::new(random)))
    }

    /// The id for a request with these headers. The header `X-Request-Id` is used only if a trusted proxy sent it.
    pub fn of(&self, headers: &HeaderMap, by_trusted_proxy: bool) -> RequestId {
        let given = if by_trusted_proxy { RequestId::from_proxy(headers) } else { None };
        given.unwrap_or_else(|| self.generate())
    }

    fn generate(&self) -> RequestId {
        let mut random = lock(&self.0);
        // The id only helps to find log lines, so the server goes on if the system has no random bytes.
        RequestId(random.next().map_or(HeaderValue::from_static("0000000000000000"), hexadecimal))
    }
}

/// Random bytes fetched in advance. Each is used once.
struct RandomBytes {
    random: Random,
    bytes: [u8; FETCHED],
    unused: usize,
}

impl RandomBytes {
    const fn new(random: Random) -> Self {
        Self { random, bytes: [0; FETCHED], unused: 0 }
    }

    fn next(&mut self) -> Option<u64> {
        if self.unused == 0 {
            self.bytes = self.random.bytes().ok()?;
            self.unused = FETCHED;
        }
        let next = self.bytes[..self.unused].last_chunk()?;
        self.unused -= next.len();
        Some(u64::from_ne_bytes(*next))
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
        let ids = RequestIds::new(Random::system());
        let names: HashSet<String> = (0..10_000).map(|_| ids.of(&HeaderMap::new(), true).to_string()).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|it| it.len() == 16 && it.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))));
    }

    /// What a counter was before `SplitMix64` mixed it: the mixing can be undone, so it hides nothing.
    fn unmixed(mut id: u64) -> u64 {
        id ^= id >> 31 ^ id >> 62;
        id = id.wrapping_mul(0x3196_42b2_d24d_8ec3);
        id ^= id >> 27 ^ id >> 54;
        id = id.wrapping_mul(0x96de_1b17_3f11_9089);
        id ^ id >> 30 ^ id >> 60
    }

    #[test]
    fn no_id_is_computed_from_the_one_before() {
        let ids = RequestIds::new(Random::system());
        let next = || u64::from_str_radix(&ids.of(&HeaderMap::new(), false).to_string(), 16).unwrap();
        let ids: Vec<u64> = (0..1_000).map(|_| next()).collect();
        let distinct = |of: &dyn Fn(u64, u64) -> u64| ids.windows(2).map(|it| of(it[0], it[1])).collect::<HashSet<_>>();
        for (name, step) in [
            ("difference", &(|one: u64, next: u64| next.wrapping_sub(one)) as &dyn Fn(u64, u64) -> u64),
            ("bits that change", &|one, next| one ^ next),
            ("difference before mixing", &|one, next| unmixed(next).wrapping_sub(unmixed(one))),
        ] {
            assert_eq!(distinct(step).len(), 999, "the same {name} twice");
        }
    }

    #[test]
    fn random_bytes_are_used_once_and_fetched_anew_when_all_are_used() {
        let mut random = RandomBytes::new(Random::system());
        let numbers: HashSet<u64> = (0..FETCHED).map(|_| random.next().unwrap()).collect();
        assert_eq!((numbers.len(), random.unused), (FETCHED, 0));
    }

    #[test]
    fn a_trusted_proxy_s_name_is_kept_when_it_fits_a_log() {
        let ids = RequestIds::new(Random::system());
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
