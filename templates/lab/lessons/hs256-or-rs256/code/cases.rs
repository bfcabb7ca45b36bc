//! *HS256 or RS256*: a service verifies with whatever key it was given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::key_confusion::{PUBLIC, signed_by_portal};
use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

/// The secret that the portal gave to every service.
const SHARED: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let secret = json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(SHARED) });
    let mut public: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/keys/rsa-public.jwk.json"
    )))
    .unwrap();
    public["alg"] = json!("RS256");
    let admin = json!({ "sub": "admin", "exp": 9_999_999_999_u64 });
    let by_another_service = signed(&admin, SHARED);
    let by_portal = signed_by_portal(r#"{"sub":"bob","exp":9999999999}"#);
    let case = |token: &str, key: &Value, mistake: Outcome, fix: Outcome| Case {
        arguments: vec![json!(token), key.clone()],
        mistake,
        fix,
    };
    LessonCode {
        cases: vec![
            case(&by_another_service, &secret, Some(json!("admin")), None),
            case(&by_portal, &public, Some(json!("bob")), Some(json!("bob"))),
            case(&signed(&admin, PUBLIC), &public, None, None),
            case("no token", &public, None, None),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), &serde_json::from_value(arguments[1].clone()).unwrap()).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), &serde_json::from_value(arguments[1].clone()).unwrap()).ok()
}
