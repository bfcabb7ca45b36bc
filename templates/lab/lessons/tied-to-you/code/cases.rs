//! *A token that is tied to you*: a stolen token with proofs of several kinds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::token::sign;
use jsonwebtoken::get_current_timestamp;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Value, json};

use super::another_service::{public_jwk, signer};
use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

/// The private numbers of the pairs.
const ISSUER: u8 = 7;
const BOB: u8 = 8;
const MALLORY: u8 = 9;

const GRADES: &str = "https://portal.example/grades";

pub fn code() -> LessonCode {
    let token = token();
    let case = |made: &Proof, seen: &[&str], mistake: bool, fix: bool| {
        let outcome = |accepts: bool| accepts.then(|| json!("bob"));
        Case {
            arguments: vec![
                json!("GET"),
                json!(GRADES),
                json!(token),
                json!(made.signed(&token)),
                public_jwk(ISSUER),
                json!(seen),
            ],
            mistake: outcome(mistake),
            fix: outcome(fix),
        }
    };
    let right = Proof { key: BOB, typ: "dpop+jwt", method: "GET", url: GRADES, age: 0, of_token: true };
    LessonCode {
        cases: vec![
            case(&right, &[], true, true),
            case(&Proof { age: 60, ..right }, &["another"], true, true),
            case(&Proof { key: MALLORY, ..right }, &[], true, false),
            case(&Proof { age: 600, ..right }, &[], true, false),
            case(&Proof { of_token: false, ..right }, &[], true, false),
            case(&Proof { typ: "JWT", ..right }, &[], true, false),
            case(&Proof { method: "POST", ..right }, &[], false, false),
            case(&Proof { url: "https://portal.example/messages", ..right }, &[], false, false),
            case(&right, &["1"], false, false),
        ],
        rust: [mistaken, fixed],
    }
}

/// A proof of a client.
#[derive(Clone, Copy)]
struct Proof {
    key: u8,
    typ: &'static str,
    method: &'static str,
    url: &'static str,
    /// In seconds; negative for a proof from the future.
    age: i64,
    of_token: bool,
}

impl Proof {
    fn signed(&self, token: &str) -> String {
        let header = json!({ "typ": self.typ, "alg": "ES256", "jwk": public_jwk(self.key) });
        let hashed = if self.of_token { token } else { "another token" };
        let ath = URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, hashed.as_bytes()));
        let made = get_current_timestamp().saturating_add_signed(-self.age);
        let claims = json!({ "jti": "1", "htm": self.method, "htu": self.url, "iat": made, "ath": ath });
        sign(header.to_string(), claims.to_string(), &signer(self.key)).unwrap().into_string()
    }
}

/// Bob's token, which names his key.
fn token() -> String {
    let key: Jwk = serde_json::from_value(public_jwk(BOB)).unwrap();
    let jkt = key.thumbprint(ThumbprintHash::SHA256).unwrap();
    let claims = json!({ "sub": "bob", "exp": 9_999_999_999_u64, "cnf": { "jkt": jkt } });
    sign(r#"{"alg":"ES256","typ":"JWT"}"#, claims.to_string(), &signer(ISSUER)).unwrap().into_string()
}

fn mistaken(arguments: &[Value]) -> Outcome {
    let [method, url, token, proof] = [0, 1, 2, 3].map(|place| text(arguments, place));
    mistake::user(&mistake::Request { method, url, token, proof }, &key(arguments), &mut seen(arguments))
        .ok()
        .map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    let [method, url, token, proof] = [0, 1, 2, 3].map(|place| text(arguments, place));
    fix::user(&fix::Request { method, url, token, proof }, &key(arguments), &mut seen(arguments)).ok().map(Value::from)
}

fn key(arguments: &[Value]) -> Jwk {
    serde_json::from_value(arguments[4].clone()).unwrap()
}

fn seen(arguments: &[Value]) -> Vec<String> {
    serde_json::from_value(arguments[5].clone()).unwrap()
}

/// PyJWT and jose check the time of a proof by themselves, also in the mistake.
#[test]
fn the_fix_in_rust_refuses_a_proof_that_was_made_for_later() {
    let token = token();
    let answer = |age| {
        let proof = Proof { key: BOB, typ: "dpop+jwt", method: "GET", url: GRADES, age, of_token: true }.signed(&token);
        let arguments = [json!("GET"), json!(GRADES), json!(token), json!(proof), public_jwk(ISSUER), json!([])];
        fixed(&arguments)
    };
    assert_eq!((answer(0), answer(-3600)), (Some(json!("bob")), None));
}
