//! Decodes as much of a token as possible without verifying it, for people who inspect a token that may be cut off,
//! damaged or in a form that a verifier refuses.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::{LARGEST_TOKEN, parse_object};

/// The first two parts of a token. **Anyone may have written them.**
pub struct Preview {
    pub header: Part,
    pub payload: Part,
}

/// One part, decoded.
pub enum Part {
    Object(Map<String, Value>),
    /// Not a valid, unambiguous JSON object.
    Text(String),
    /// Not text, as in an encrypted token; the number of bytes.
    Bytes(usize),
    /// Not base64url, even if common mistakes are tolerated.
    Undecodable,
    Missing,
}

/// Tolerates stray bits in the last character.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

impl Preview {
    /// `None` if nothing can be decoded, or the text is longer than the largest token.
    pub fn of(token: &str) -> Option<Self> {
        if token.len() > LARGEST_TOKEN {
            return None;
        }
        let mut parts = token.split('.').map(Part::of);
        let mut part = || parts.next().unwrap_or(Part::Missing);
        let preview = Self { header: part(), payload: part() };
        (preview.header.is_text() || preview.payload.is_text()).then_some(preview)
    }

    /// The algorithm that the header names.
    pub fn algorithm(&self) -> Option<&str> {
        match &self.header {
            Part::Object(header) => header.get("alg")?.as_str(),
            _ => None,
        }
    }
}

impl Part {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Missing;
        }
        let url_safe = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let Ok(bytes) = LENIENT.decode(url_safe) else { return Self::Undecodable };
        if let Ok(members) = parse_object(&bytes) {
            return Self::Object(members);
        }
        let length = bytes.len();
        String::from_utf8(bytes).map_or(Self::Bytes(length), Self::Text)
    }

    const fn is_text(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Text(_))
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    fn described(part: &Part) -> String {
        match part {
            Part::Object(members) => Value::from(members.clone()).to_string(),
            Part::Text(text) => format!("text {text}"),
            Part::Bytes(count) => format!("{count} bytes"),
            Part::Undecodable => "undecodable".to_owned(),
            Part::Missing => "missing".to_owned(),
        }
    }

    #[test]
    fn what_can_be_decoded_is_shown_whatever_is_wrong_with_the_rest() {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256"}).to_string());
        let shown = r#"{"alg":"HS256"}"#;
        let bits = "e3==";
        for (token, header, payload) in [
            (format!("{header}.e30.sig"), shown, "{}"),
            (format!("{header}=.e30==.sig"), shown, "{}"),
            (format!("{header}.e30"), shown, "{}"),
            (header.clone(), shown, "missing"),
            (format!("{header}.e3*.sig"), shown, "undecodable"),
            (format!("{header}.{}.", URL_SAFE_NO_PAD.encode([0xff, 0xfe, 0xfd])), shown, "3 bytes"),
            (format!("{header}.{}.a.b", STANDARD.encode("{\"a\":1,\"a\":2}")), shown, "text {\"a\":1,\"a\":2}"),
            (format!("!.{}.", STANDARD.encode("{\"a\":\"???>>>\"}")), "undecodable", "{\"a\":\"???>>>\"}"),
            (format!(".{bits}."), "missing", "text {"),
        ] {
            let preview = Preview::of(&token).unwrap();
            assert_eq!((described(&preview.header).as_str(), described(&preview.payload).as_str()), (header, payload));
        }
        for nothing in ["", "x", "hello", "a.b.c", "..", "-a.b.c"] {
            assert!(Preview::of(nothing).is_none(), "{nothing}");
        }
        assert!(Preview::of(&format!("{header}.{}.", "A".repeat(8192))).is_none());
    }
}
