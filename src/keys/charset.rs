//! From a file's bytes to its text: UTF-8 and what Windows programs write instead, and the blanks and quotes around it.

use std::borrow::Cow;

/// How a text that is not plain UTF-8 is saved: its name, and how many bytes its byte order mark has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    MarkedUtf8,
    Utf16 { big_endian: bool, mark: usize },
    Utf32 { big_endian: bool },
}

/// The text that the bytes hold. What is no text becomes U+FFFD, which no key has; so does a last character that is cut
/// off.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match encoding(bytes) {
        None => String::from_utf8_lossy(bytes),
        Some(Encoding::MarkedUtf8) => String::from_utf8_lossy(&bytes[3..]),
        Some(Encoding::Utf16 { big_endian, mark }) => {
            let (pairs, rest) = bytes[mark..].as_chunks();
            let unit = |pair: &[u8; 2]| if big_endian { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
            let chars = char::decode_utf16(pairs.iter().map(unit)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
            chars.chain(cut_off(rest)).collect::<String>().into()
        }
        Some(Encoding::Utf32 { big_endian }) => {
            let (fours, rest) = bytes[4..].as_chunks();
            let unit = |four: &[u8; 4]| if big_endian { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
            let chars = fours.iter().map(|four| char::from_u32(unit(four)).unwrap_or(char::REPLACEMENT_CHARACTER));
            chars.chain(cut_off(rest)).collect::<String>().into()
        }
    }
}

/// The text without blanks around it. Byte order marks and zeros count as blanks.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'))
}

/// The text between quotes, as JSON and shells write them; `None` for a text without them.
pub(super) fn unquoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(serde_json::from_str(text).unwrap_or_else(|_| inner.to_owned()))
}

/// The replacement for a last character of which only some bytes are there.
fn cut_off(rest: &[u8]) -> Option<char> {
    (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER)
}

/// The name of the encoding, when it is not plain UTF-8.
pub(super) fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    Some(match encoding(bytes)? {
        Encoding::MarkedUtf8 => "UTF-8 with a byte order mark",
        Encoding::Utf16 { big_endian, mark: 0 } => {
            if big_endian {
                "UTF-16BE without a byte order mark"
            } else {
                "UTF-16LE without a byte order mark"
            }
        }
        Encoding::Utf16 { .. } => "UTF-16",
        Encoding::Utf32 { .. } => "UTF-32",
    })
}

fn encoding(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::MarkedUtf8),
        [0xff, 0xfe, 0, 0, ..] => Some(Encoding::Utf32 { big_endian: false }),
        [0, 0, 0xfe, 0xff, ..] => Some(Encoding::Utf32 { big_endian: true }),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16 { big_endian: false, mark: 2 }),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16 { big_endian: true, mark: 2 }),
        _ => unmarked_utf16(bytes),
    }
}

/// Latin text in UTF-16 has a zero in every second byte, and no other.
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    if bytes.len() < 4 {
        return None;
    }
    let zero_at = |offset: usize| bytes.iter().skip(offset).step_by(2).all(|byte| *byte == 0);
    let text_at = |offset: usize| bytes.iter().skip(offset).step_by(2).all(|byte| *byte != 0);
    match (zero_at(0) && text_at(1), zero_at(1) && text_at(0)) {
        (true, _) => Some(Encoding::Utf16 { big_endian: true, mark: 0 }),
        (_, true) => Some(Encoding::Utf16 { big_endian: false, mark: 0 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_every_unicode_encoding() {
        let utf16 = |to_bytes: fn(u16) -> [u8; 2]| "né".encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
        let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for (bytes, name) in [
            ("né".as_bytes().to_vec(), None),
            (marked(b"\xef\xbb\xbf", "né".as_bytes()), Some("UTF-8 with a byte order mark")),
            (marked(b"\xff\xfe", &little), Some("UTF-16")),
            (marked(b"\xfe\xff", &big), Some("UTF-16")),
            (little, Some("UTF-16LE without a byte order mark")),
            (big, Some("UTF-16BE without a byte order mark")),
            (marked(b"\xff\xfe\0\0", b"n\0\0\0\xe9\0\0\0"), Some("UTF-32")),
        ] {
            assert_eq!((text(&bytes).as_ref(), other_encoding(&bytes)), ("né", name), "{bytes:?}");
        }
    }

    #[test]
    fn quotes_around_a_text_are_removed_with_what_json_escapes_in_them() {
        for (quoted, text) in [
            (r#""a\nb""#, Some("a\nb")),
            (r"'a\nb'", Some(r"a\nb")),
            ("`a`", Some("a")),
            (r#""a\q""#, Some(r"a\q")),
            ("a", None),
            ("\"a", None),
            ("\"a'", None),
            ("\"", None),
            ("", None),
        ] {
            assert_eq!(unquoted(quoted).as_deref(), text, "{quoted}");
        }
        assert_eq!(trimmed("\u{feff} a b\0\r\n"), "a b");
    }

    #[test]
    fn a_last_character_that_is_cut_off_is_seen() {
        for bytes in [&b"\xff\xfen\0\xe9"[..], b"\xfe\xff\0n\0", b"\xff\xfe\0\0n\0\0\0\xe9\0\0"] {
            assert_eq!(text(bytes), "n\u{fffd}", "{bytes:?}");
        }
    }
}
