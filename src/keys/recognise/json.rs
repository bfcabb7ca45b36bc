//! Keys in JSON: a JWK, a set of them, or an object that has a key in one of its members.

use serde_json::Value;

use super::jwk::{half_of_jwk, is_jwk};
use super::{Key, RecognisedKey, inside};
use crate::keys::foreign;

pub(super) fn json(text: &str, depth: u8) -> Option<RecognisedKey> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let jwk = |text: String| RecognisedKey {
        half: half_of_jwk(&text),
        key: Ok(Key::Jwk(text)),
        private_der: None,
        layers: Vec::new(),
    };
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) if is_jwk(&members) => Some(jwk(text.to_owned())),
        Ok(Value::Array(keys)) if keys.iter().any(|key| key.as_object().is_some_and(is_jwk)) => {
            Some(jwk(format!(r#"{{"keys":{text}}}"#)))
        }
        Ok(Value::Object(members)) => in_members(members, depth),
        Ok(_) => None,
        Err(_) if text.contains("'kty'") => Some(RecognisedKey::foreign(foreign::PYTHON_DICT)),
        Err(_) => text.contains("\"kty\"").then(|| jwk(text.to_owned())),
    }
}

/// An object that is no JWK may hold a key under some name, as a service account's file does.
fn in_members(members: serde_json::Map<String, Value>, depth: u8) -> Option<RecognisedKey> {
    let is_configuration = members.contains_key("jwks_uri");
    inside::in_json(&Value::Object(members), 1, depth).or_else(|| {
        is_configuration.then(|| {
            RecognisedKey::malformed(
                "it is an OpenID configuration; the keys are at the address that its member `jwks_uri` names",
            )
        })
    })
}

/// A key deeper within JSON. It is looked for after PEM blocks, which are read wherever they are alone.
pub(super) fn nested_json(text: &str, depth: u8) -> Option<RecognisedKey> {
    let json = text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())??;
    inside::in_json(&json, usize::MAX, depth)
}
