//! Strict JSON: one text, one meaning.
//!
//! RFC 7519 §4 allows a parser to keep the last of two members with the same name. Parsers that choose differently
//! would read different tokens from the same text. So duplicate members are refused here, at every depth.
//!
//! What others send is never read as a plain `serde_json::Value`: under the crate's feature `raw_value` that takes the
//! string in a member `$serde_json::private::RawValue` for the JSON itself. The reader here knows no such names.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thiserror::Error;

pub(super) use crate::keys::kind_of_json as kind;

/// Why bytes are not a valid, unambiguous JSON object.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum JsonFault {
    #[error("bytes that are not UTF-8")]
    NotUtf8,
    #[error("no bytes at all")]
    Empty,
    #[error("{0}, not an object")]
    NotAnObject(&'static str),
    /// A member of the object itself is a number outside the range of a double. Deeper down it is
    /// [`Syntax`](Self::Syntax).
    #[error("a number for {0:?} that is too large for a 64-bit float")]
    NumberOutOfRange(String),
    /// `serde_json` counts the levels and gives up in time.
    #[error("JSON that is nested too deep")]
    TooDeep,
    #[error("{0}")]
    Syntax(String),
}

/// Parses a JSON object. Its members keep the order of the text.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    object::<true>(bytes)
}

/// Parses a JSON object as most programs do: of two members with the same name, the later value wins.
pub fn parse_object_keeping_last(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    object::<false>(bytes)
}

/// Parses any JSON value. Of two members with the same name, the later value wins.
pub fn parse_value(text: &str) -> Option<Value> {
    serde_json::from_str::<Json<false>>(text).ok().map(|Json(value)| value)
}

fn object<const IS_STRICT: bool>(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)?;
    if text.is_empty() {
        return Err(JsonFault::Empty);
    }
    match serde_json::from_str::<Json<IS_STRICT>>(text) {
        Ok(Json(Value::Object(members))) => Ok(members),
        Ok(Json(other)) => Err(JsonFault::NotAnObject(kind(&other))),
        // A repeated member is a data error for serde. Only a syntax error can be a number out of range.
        Err(error) if error.is_data() => Err(JsonFault::Syntax(error.to_string())),
        // `serde_json` tells this one apart by its message alone.
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => Err(JsonFault::TooDeep),
        Err(error) => Err(number_out_of_range(text).unwrap_or_else(|| JsonFault::Syntax(error.to_string()))),
    }
}

/// The text of a JSON object without white space between its tokens. Numbers and strings stay as they were written.
pub struct ObjectText(String);

impl ObjectText {
    pub fn parse(text: &str) -> Result<Self, JsonFault> {
        parse_object(text.as_bytes())?;
        Ok(Self(without_blanks(text)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Of a text that is JSON.
fn without_blanks(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let is_kept = |c: &char| {
        match c {
            '"' if !escaped => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' if !in_string => return false,
            _ => {}
        }
        escaped = *c == '\\' && !escaped;
        true
    };
    text.chars().filter(is_kept).collect()
}

/// `serde_json` reports `1e999` like a syntax error, but a verdict distinguishes the two.
fn number_out_of_range(text: &str) -> Option<JsonFault> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
    let is_number = |raw: &str| raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let beyond = |raw: &RawValue| is_number(raw.get()) && serde_json::from_str::<f64>(raw.get()).is_err();
    members.into_iter().find(|(_, raw)| beyond(raw)).map(|(name, _)| JsonFault::NumberOutOfRange(name))
}

/// The member with this name. A linear search is faster than hashing for the few members of a token.
pub(super) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A JSON value. With `IS_STRICT`, duplicate members are refused.
struct Json<const IS_STRICT: bool>(Value);

impl<'de, const IS_STRICT: bool> Deserialize<'de> for Json<IS_STRICT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor::<IS_STRICT>).map(Self)
    }
}

struct JsonVisitor<const IS_STRICT: bool>;

impl<'de, const IS_STRICT: bool> Visitor<'de> for JsonVisitor<IS_STRICT> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Json::<IS_STRICT>(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            match members.entry(name) {
                Entry::Occupied(first) if IS_STRICT => {
                    let name = Value::from(first.key().as_str());
                    return Err(de::Error::custom(format_args!("the member {name} twice")));
                }
                Entry::Occupied(mut first) => {
                    let Json::<IS_STRICT>(value) = map.next_value()?;
                    first.insert(value);
                }
                Entry::Vacant(place) => {
                    let Json::<IS_STRICT>(value) = map.next_value()?;
                    place.insert(value);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_members_is_kept() {
        let members = parse_object(br#" {"z":1,"a":{"y":[true,null,"\u00e9"],"b":-1.5}} "#).unwrap();
        assert_eq!(Value::Object(members).to_string(), r#"{"z":1,"a":{"y":[true,null,"é"],"b":-1.5}}"#);
    }

    #[test]
    fn the_text_of_an_object_loses_its_blanks_and_nothing_else() {
        let text = "\t{ \"a b\" : [1.50, 18446744073709551616 ,1e2],\r\n\"\\\\\":\"\\\" { \\u0041\" , \"é\":{}}\n";
        let wanted = r#"{"a b":[1.50,18446744073709551616,1e2],"\\":"\" { \u0041","é":{}}"#;
        assert_eq!(ObjectText::parse(text).unwrap().as_str(), wanted);
        assert!(ObjectText::parse("[1]").is_err() && ObjectText::parse(r#"{"a":1,"a":1}"#).is_err());
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_at_every_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":[{"b":{"c":1,"c":2}}]}"#, r#"{"a":1,"\u0061":2}"#] {
            let fault = parse_object(text.as_bytes()).unwrap_err();
            assert!(matches!(&fault, JsonFault::Syntax(why) if why.contains("twice")), "{fault}");
        }
    }

    #[test]
    fn a_program_s_reading_keeps_the_last_of_two_at_the_place_of_the_first() {
        let members = parse_object_keeping_last(br#"{"a":1,"b":2,"a":{"c":1,"c":[3]}}"#).unwrap();
        assert_eq!(Value::Object(members).to_string(), r#"{"a":{"c":[3]},"b":2}"#);
        assert_eq!(parse_object_keeping_last(b"[1]"), Err(JsonFault::NotAnObject("an array")));
        assert_eq!(parse_value("[{\"a\":1,\"a\":2}]").unwrap().to_string(), r#"[{"a":2}]"#);
        assert_eq!(parse_value("[1"), None);
    }

    /// `serde_json` itself writes such members when it carries text or numbers through serde; a client may too.
    #[test]
    fn no_member_s_name_makes_its_value_the_json_itself() {
        for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
            let inner = format!(r#"{{"{name}":"{{\"sub\":\"eve\"}}"}}"#);
            for text in [inner.clone(), format!(r#"{{"a":{inner}}}"#), format!(r#"{{"a":[{inner}]}}"#)] {
                for read in [parse_object, parse_object_keeping_last] {
                    assert_eq!(Value::Object(read(text.as_bytes()).unwrap()).to_string(), text);
                }
                assert_eq!(parse_value(&text).unwrap().to_string(), text);
                assert_eq!(ObjectText::parse(&text).unwrap().as_str(), text);
            }
        }
    }

    #[test]
    fn only_an_object_will_do() {
        for (text, kind) in [("[1]", "an array"), ("null", "null"), ("\"x\"", "a string"), ("1", "a number")] {
            assert_eq!(parse_object(text.as_bytes()), Err(JsonFault::NotAnObject(kind)));
        }
        assert_eq!(parse_object(b""), Err(JsonFault::Empty));
        assert_eq!(parse_object(b"{\"a\":\"\xff\"}"), Err(JsonFault::NotUtf8));
    }

    #[test]
    fn a_number_beyond_every_double_is_told_from_bad_syntax() {
        let beyond = Err(JsonFault::NumberOutOfRange("exp".to_owned()));
        assert_eq!(parse_object(br#"{"sub":"a","exp":1e999}"#), beyond);
        assert_eq!(parse_object(br#"{"exp":-1e999}"#), beyond);
        assert!(matches!(parse_object(br#"{"exp":1e}"#), Err(JsonFault::Syntax(_))));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(4000), "]".repeat(4000));
        assert!(matches!(parse_object(deep.as_bytes()), Err(JsonFault::TooDeep)));
    }
}
