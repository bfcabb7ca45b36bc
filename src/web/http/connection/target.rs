//! A request's address with raw characters, as browsers and programs send them: `/generate?sub=José`.
//!
//! RFC 3986 §2.1 requires percent-encoding, and the framework's parser refuses a head without it. The meaning of raw
//! characters is clear, so we encode them before the parser sees them. Invalid UTF-8, spaces and control characters
//! have no clear meaning; they are passed on unchanged, and the parser refuses them.

/// Processes one request head from its first byte, in pieces of any size.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Target {
    position: Position,
    /// The bytes of an incomplete UTF-8 character, and their number.
    unfinished: ([u8; 4], usize),
    /// The length of the encoded address so far, in bytes.
    length: usize,
}

/// The longest address that the parser accepts, in bytes.
pub(in crate::web) const LONGEST: usize = 65_534;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    #[default]
    BeforeTheHead,
    Method,
    Target,
    /// The rest of the head, which passes unchanged.
    AfterTarget,
}

/// Bytes that the parser refuses in an address although their meaning is clear.
const fn is_to_be_encoded(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>' | b'`' | 0x80..)
}

impl Target {
    /// Fast path for nearly all heads: `true` if these bytes can pass unchanged.
    pub fn passes(&mut self, bytes: &[u8]) -> bool {
        if self.position == Position::AfterTarget {
            return true;
        }
        let line = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_whole = self.position == Position::BeforeTheHead && line.len() > 2 && line.ends_with(b"\n");
        let passes = is_whole && !line.iter().copied().any(is_to_be_encoded);
        if passes {
            self.position = Position::AfterTarget;
        }
        passes
    }

    /// Encodes the next bytes of the head. The bytes of an incomplete character are kept for the next call.
    pub fn encoded(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut encoded = Vec::with_capacity(bytes.len() + 16);
        for byte in bytes {
            let before = encoded.len();
            self.add(*byte, &mut encoded);
            if self.position == Position::Target {
                self.length += encoded.len() - before;
            }
        }
        encoded
    }

    /// Whether the address is longer than the parser accepts.
    pub fn is_too_long(&self) -> bool {
        self.length > LONGEST
    }

    /// The bytes of a character that was never completed.
    pub fn take_unfinished(&mut self) -> Vec<u8> {
        let (bytes, length) = std::mem::take(&mut self.unfinished);
        bytes[..length].to_vec()
    }

    fn add(&mut self, byte: u8, encoded: &mut Vec<u8>) {
        if self.position == Position::Target && byte >= 0x80 {
            return self.add_to_character(byte, encoded);
        }
        encoded.extend(self.take_unfinished());
        match (self.position, byte) {
            (Position::BeforeTheHead, b'\r' | b'\n') => {}
            (Position::BeforeTheHead, _) => self.position = Position::Method,
            (Position::Method, b' ') => self.position = Position::Target,
            (Position::Method, b'\n') | (Position::Target, ..=b' ') => self.position = Position::AfterTarget,
            (Position::Target, byte) if is_to_be_encoded(byte) => return percent_encode(&[byte], encoded),
            _ => {}
        }
        encoded.push(byte);
    }

    fn add_to_character(&mut self, byte: u8, encoded: &mut Vec<u8>) {
        let (bytes, length) = &mut self.unfinished;
        bytes[*length] = byte;
        *length += 1;
        match std::str::from_utf8(&bytes[..*length]) {
            Ok(character) => percent_encode(character.as_bytes(), encoded),
            Err(error) if error.error_len().is_none() => return,
            Err(_) => encoded.extend(&bytes[..*length]),
        }
        self.unfinished = Default::default();
    }
}

fn percent_encode(bytes: &[u8], encoded: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        encoded.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A head as it is passed on when it comes in pieces of this size.
    fn passed(head: &[u8], size: usize) -> Vec<u8> {
        let mut target = Target::default();
        let mut passed = Vec::new();
        for piece in head.chunks(size) {
            if target.passes(piece) { passed.extend(piece) } else { passed.extend(target.encoded(piece)) }
        }
        passed.extend(target.take_unfinished());
        passed
    }

    fn assert_passed_on(head: &[u8], expected: &[u8]) {
        for size in 1..=head.len() {
            let passed = passed(head, size);
            assert_eq!(passed, expected, "{} by {size}: {}", head.escape_ascii(), passed.escape_ascii());
        }
    }

    #[test]
    fn what_is_clear_in_an_address_is_percent_encoded_however_it_is_split() {
        assert_passed_on(
            "GET /?sub=José HTTP/1.1\r\nA: é\"\r\n\r\n".as_bytes(),
            "GET /?sub=Jos%C3%A9 HTTP/1.1\r\nA: é\"\r\n\r\n".as_bytes(),
        );
        assert_passed_on(
            "\r\n\r\nGET /字🎫 HTTP/1.1\n\n".as_bytes(),
            b"\r\n\r\nGET /%E5%AD%97%F0%9F%8E%AB HTTP/1.1\n\n",
        );
        assert_passed_on(
            b"GET /a`<b>\"?c`<d>\"#`e HTTP/1.1\r\n\r\n",
            b"GET /a%60%3Cb%3E%22?c%60%3Cd%3E%22#%60e HTTP/1.1\r\n\r\n",
        );
    }

    #[test]
    fn what_the_parser_takes_or_nobody_understands_stays_as_it_is() {
        for head in [
            &b"GET /a?b[]={c}|d\\e^f~'%41%zz HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            b"GET /a b HTTP/1.1\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\n\r\n",
            b"GET /\xc3 HTTP/1.1\r\n\r\n",
            b"GET /\xc3",
            b"GET /\xc0\xaf\xed\xa0\x80\x80 HTTP/1.1\r\n\r\n",
            b"GET /a\tb\x7f\x00 HTTP/1.1\r\n\r\n",
            "GÉT / HTTP/1.1\r\n\r\n".as_bytes(),
            b"\xff\"\r\n\r\n",
            b"\r\n",
        ] {
            assert_passed_on(head, head);
        }
    }

    proptest! {
        #[test]
        fn how_bytes_are_split_makes_no_difference(target in "\\PC{0,30}", size in 1_usize..20) {
            let head = format!("GET /{target} HTTP/1.1\r\nA: {target}\r\n\r\n").into_bytes();
            prop_assert_eq!(passed(&head, size), passed(&head, head.len()));
        }

        #[test]
        fn any_text_without_blanks_becomes_an_address_that_decodes_to_it(text in "[^\\s\\p{Cc}%]{0,40}") {
            let passed = passed(format!("GET /{text} HTTP/1.1\r\n\r\n").as_bytes(), 1000);
            let address = String::from_utf8(passed).unwrap();
            let address = address.strip_prefix("GET /").unwrap().strip_suffix(" HTTP/1.1\r\n\r\n").unwrap().to_owned();
            prop_assert!(address.is_ascii());
            prop_assert_eq!(percent_encoding::percent_decode_str(&address).decode_utf8().unwrap(), text);
        }

        #[test]
        fn no_bytes_are_lost_of_what_is_no_request(bytes in proptest::collection::vec(any::<u8>(), 0..60), size in 1_usize..9) {
            let passed = passed(&bytes, size);
            prop_assert!(passed.len() >= bytes.len());
        }
    }
}
