//! Makes untrusted text safe to print, by escaping control characters and invisible characters.
//!
//! A token, a file name or a setting may contain control characters that clear the screen or begin a new line, and
//! bidirectional controls that change the order in which text is shown (<https://trojansource.codes>). Such text could
//! fake a verdict. So everything that is printed or logged is escaped here.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::texts::hidden::is_hidden;

/// The text with each [hidden](is_hidden) character as `\n`, `\t`, `\r` or `\u{…}`. To escape it again changes nothing.
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden, |c, escaped| escaped.extend(c.escape_default()))
}

/// JSON text with each hidden character as JSON spells it, `\u202e`. It means the same: outside of strings JSON has no
/// such characters but line ends and tabs, and those stay.
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    let is_escaped = |c| is_hidden(c) && !matches!(c, '\n' | '\r' | '\t');
    replaced(json, is_escaped, |c, escaped| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

fn replaced(text: &str, is_escaped: impl Fn(char) -> bool, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.find(&is_escaped) else { return Cow::Borrowed(text) };
    let mut safe = text[..first].to_owned();
    for c in text[first..].chars() {
        if is_escaped(c) { escape(c, &mut safe) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// Whether the text is printable ASCII alone, as nearly all texts are. This takes much less time than to look at each
/// character.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_or_hides_is_spelled_out() {
        for (text, printed) in [
            ("plain, zoë, 日本, ✓", "plain, zoë, 日本, ✓"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[2Jaccepted", "\\u{1b}[2Jaccepted"),
            ("\u{9b}31m\u{85}\u{7f}\0", "\\u{9b}31m\\u{85}\\u{7f}\\u{0}"),
            ("\u{202e}detpecca\u{2069}", "\\u{202e}detpecca\\u{2069}"),
            ("a\u{2028}b\u{200b}c\u{feff}\u{e0041}", "a\\u{2028}b\\u{200b}c\\u{feff}\\u{e0041}"),
        ] {
            assert_eq!(escaped(text), printed);
        }
    }

    #[test]
    fn json_keeps_its_meaning_and_its_lines() {
        let value = serde_json::json!({ "a\u{7f}\u{9b}": ["\u{202e}\u{e0041}", "é\n"] });
        let compact = json_escaped(&value.to_string()).into_owned();
        assert_eq!(compact, "{\"a\\u007f\\u009b\":[\"\\u202e\\udb40\\udc41\",\"é\\n\"]}");
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(json_escaped(&pretty).lines().count(), pretty.lines().count());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json_escaped(&pretty)).unwrap(), value);
    }

    /// Any text, with the characters that matter more often than chance would have them.
    fn text() -> impl Strategy<Value = String> {
        let hidden = prop_oneof![0u32..0xa0, 0x200b..0x2070u32, 0xfe00..0xff00u32, 0xe0000..0xe1000u32];
        let hidden = hidden.prop_map(|code| char::from_u32(code).unwrap());
        prop::collection::vec(prop_oneof![any::<char>(), hidden], 0..64).prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_ever_printed(text in text()) {
            let printed = escaped(&text).into_owned();
            prop_assert!(!printed.chars().any(is_hidden));
            prop_assert!(!printed.chars().any(char::is_control));
            prop_assert_eq!(escaped(&printed).into_owned(), printed.clone());
            if !text.chars().any(is_hidden) {
                prop_assert_eq!(printed, text);
            }
        }

        #[test]
        fn json_is_printed_without_hidden_characters_and_means_the_same(text in text()) {
            let json = serde_json::json!({ text.as_str(): text.as_str() });
            let compact = json.to_string();
            let printed = json_escaped(&compact);
            prop_assert!(!printed.chars().any(is_hidden));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), json);
        }
    }
}
