//! *HS256 or RS256*: a service verifies with whatever key it was given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::key_confusion::{PUBLIC, signed_by_portal};
use super::{Call, Case, LessonCode, Outcome, signed, text, token};

mod fix;
mod mistake;

/// The secret that the portal gave to every service.
const SHARED: &str = "the secret of the grade portal, 32 bytes";

/// The public key of the portal, without a member `alg`.
fn public_key() -> Value {
    let key = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa-public.jwk.json"));
    serde_json::from_str(key).unwrap()
}

fn shared_key() -> Value {
    json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(SHARED) })
}

pub fn calls_of_fix() -> Vec<Call> {
    let bob = signed_by_portal(r#"{"sub":"bob","exp":9999999999}"#);
    // Signed with the shared secret under HS256, while its header says RS256.
    let header = r#"{"alg":"RS256"}"#;
    let admin = r#"{"sub":"admin","exp":9999999999}"#;
    let input = token(header, admin, "");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SHARED.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, input.trim_end_matches('.').as_bytes());
    let forged = token(header, admin, &URL_SAFE_NO_PAD.encode(tag));
    vec![(vec![json!(bob), public_key()], Some(json!("bob"))), (vec![json!(forged), shared_key()], None)]
}

pub fn code() -> LessonCode {
    let (secret, mut public) = (shared_key(), public_key());
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
