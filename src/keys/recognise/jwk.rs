//! Recognises a JWK, tells whether it is private, and explains why it is not read where PEM is expected.

use serde_json::Value;

use crate::keys::KeyFault;
use crate::keys::foreign::{ForeignForm, Half};

/// Whether an object is a JWK or a set of them, also one that lacks its `kty` (RFC 7517 §4.1).
pub(super) fn is_jwk(members: &serde_json::Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().all(|name| members.contains_key(*name));
    let is_named = || ["alg", "kid", "use", "key_ops"].iter().any(|name| members.contains_key(*name));
    let is_key = |key: &Value| key.as_object().is_some_and(is_jwk);
    let is_set = || {
        let keys = members.get("keys").and_then(Value::as_array);
        keys.is_some_and(|keys| keys.is_empty() || keys.iter().any(is_key))
    };
    has(&["kty"]) || is_set() || has(&["n", "e"]) || has(&["crv", "x"]) || (has(&["k"]) && is_named())
}

pub(super) fn half_of_jwk(text: &str) -> Half {
    let has = |name: &str| text.contains(&format!("\"{name}\""));
    if has("d") || has("k") { Half::Private } else { Half::Public }
}

/// Why a place that reads no JWK refuses this one. Only a key pair can be converted into `form`.
pub(in crate::keys) fn unread(text: &str, form: ForeignForm) -> KeyFault {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return KeyFault::Malformed("it is a JWK whose JSON is cut off or damaged; copy all of it".into());
    };
    if members.contains_key("keys") {
        return KeyFault::Malformed("it is a set of JWKs, which is not read here; give one key of it alone".into());
    }
    match members.get("kty").and_then(Value::as_str) {
        Some("RSA" | "EC" | "OKP") => KeyFault::Foreign(form),
        Some("oct") => KeyFault::WrongKind("a secret as a JWK (its `kty` is \"oct\")".into()),
        Some(_) => KeyFault::WrongKind("a JWK of a kind that is not known here".into()),
        None => KeyFault::Jwk("JWK lacks the member `kty`".to_owned()),
    }
}
