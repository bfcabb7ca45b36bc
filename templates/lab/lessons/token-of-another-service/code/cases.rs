//! *The token of another service*: good tokens that are for another service or from another issuer.

use std::collections::HashMap;
use std::sync::LazyLock;

use hallpass::keys::{Algorithm, Curve, EcPrivateKey, GivenKey, Jwk, PublicKey, Signer};
use hallpass::token::sign;
use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

const SCHOOL: &str = "https://login.example/school";
const OWN: &str = "https://login.example/school-mallory";
const PORTAL: &str = "https://portal.example";
const SHOP: &str = "https://shop.example";

/// The public keys of both issuers, as JWK.
static KEYS: LazyLock<Value> = LazyLock::new(|| json!({ SCHOOL: public_jwk(7), OWN: public_jwk(8) }));

pub fn code() -> LessonCode {
    let case = |token: String, mistake: Option<&str>, fix: Option<&str>| Case {
        arguments: vec![json!(token), KEYS.clone()],
        mistake: mistake.map(Value::from),
        fix: fix.map(Value::from),
    };
    let (admin, pupil) = (Some("admin"), Some("pupil"));
    LessonCode {
        cases: vec![
            case(signed(7, &json!({ "iss": SCHOOL, "aud": SHOP, "role": "admin", "exp": END })), admin, None),
            case(signed(8, &json!({ "iss": OWN, "aud": PORTAL, "role": "admin", "exp": END })), admin, None),
            case(signed(7, &json!({ "iss": SCHOOL, "role": "admin", "exp": END })), admin, None),
            case(signed(8, &json!({ "iss": SCHOOL, "aud": PORTAL, "role": "admin", "exp": END })), None, None),
            case(signed(7, &json!({ "iss": SCHOOL, "aud": PORTAL, "role": "pupil", "exp": END })), pupil, pupil),
            case(
                signed(7, &json!({ "iss": SCHOOL, "aud": [SHOP, PORTAL], "role": "pupil", "exp": END })),
                pupil,
                pupil,
            ),
            case(signed(7, &json!({ "iss": SCHOOL, "aud": PORTAL, "role": "pupil", "exp": 1 })), None, None),
        ],
        rust: [mistaken, fixed],
    }
}

const END: u64 = 9_999_999_999;

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::role(text(arguments, 0), &keys(arguments)).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::role(text(arguments, 0), &keys(arguments)).ok().map(Value::from)
}

fn keys(arguments: &[Value]) -> HashMap<String, jsonwebtoken::jwk::Jwk> {
    serde_json::from_value(arguments[1].clone()).unwrap()
}

/// The public half of the pair whose private number is this.
pub fn public_jwk(number: u8) -> Value {
    let key = EcPrivateKey::new(Curve::P256, &[number], None).unwrap();
    let public = PublicKey::Ec(key.public().clone());
    serde_json::to_value(Jwk::new(&public, Algorithm::Es256, number.to_string())).unwrap()
}

/// The private JWK of that pair.
pub fn private_jwk(number: u8) -> Value {
    let mut jwk = public_jwk(number);
    let bytes = [&[0; 31][..], &[number]].concat();
    jwk["d"] = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes).into();
    jwk
}

/// What signs with that pair.
pub fn signer(number: u8) -> Signer {
    GivenKey::from_jwk(private_jwk(number).to_string().as_bytes(), "a pair").unwrap().signer(None).unwrap()
}

/// A token that this pair signed.
fn signed(number: u8, claims: &Value) -> String {
    sign(r#"{"alg":"ES256","typ":"JWT"}"#, claims.to_string(), &signer(number)).unwrap().into_string()
}
