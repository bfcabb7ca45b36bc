//! How a JWK is known, and whether it is private.

use serde_json::Value;

use crate::keys::foreign::Half;

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
