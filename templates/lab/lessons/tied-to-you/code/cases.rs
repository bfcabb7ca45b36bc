//! *A token that is tied to you*: a stolen token with proofs of several kinds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::token::sign;
use jsonwebtoken::get_current_timestamp;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Value, json};

use super::another_service::{private_jwk, public_jwk, signer};
use super::{Call, Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

/// The private numbers of the pairs.
const ISSUER: u8 = 7;
const BOB: u8 = 8;
const MALLORY: u8 = 9;

const GRADES: &str = "https://portal.example/grades";

/// What clients send by default: a right proof.
const RIGHT: Proof =
    Proof { key: BOB, typ: "dpop+jwt", method: "GET", url: GRADES, age: 0, of_token: true, shows_private_key: false };

pub fn code() -> LessonCode {
    let token = token(&json!(9_999_999_999_u64));
    let case = |made: &Proof, seen: &[&str], mistake: bool, fix: bool| {
        let outcome = |accepts: bool| accepts.then(|| json!("bob"));
        Case { arguments: request(GRADES, &token, made, seen), mistake: outcome(mistake), fix: outcome(fix) }
    };
    let right = RIGHT;
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

pub fn calls_of_fix() -> Vec<Call> {
    let token = token(&json!(9_999_999_999_u64));
    let endless = self::token(&Value::Null);
    let call =
        |url: &str, made: &Proof, accepts: bool| (request(url, &token, made, &[]), accepts.then(|| json!("bob")));
    let aged = |age: i64, accepts: bool| call(GRADES, &Proof { age, ..RIGHT }, accepts);
    let with_query = Proof { url: "https://portal.example/grades?year=2025", ..RIGHT };
    vec![
        aged(280, true),
        aged(-2, true),
        aged(-60, false),
        aged(-3600, false),
        call("https://portal.example/grades?year=2026#top", &RIGHT, true),
        call("https://portal.example/grades?year=2026", &with_query, true),
        call("https://portal.example/messages?of=/grades", &RIGHT, false),
        call(GRADES, &Proof { shows_private_key: true, ..RIGHT }, false),
        (request(GRADES, &endless, &RIGHT, &[]), None),
    ]
}

/// The arguments of a request for this address.
fn request(url: &str, token: &str, proof: &Proof, seen: &[&str]) -> Vec<Value> {
    vec![json!("GET"), json!(url), json!(token), json!(proof.signed(token)), public_jwk(ISSUER), json!(seen)]
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
    shows_private_key: bool,
}

impl Proof {
    fn signed(&self, token: &str) -> String {
        let jwk = if self.shows_private_key { private_jwk(self.key) } else { public_jwk(self.key) };
        let header = json!({ "typ": self.typ, "alg": "ES256", "jwk": jwk });
        let hashed = if self.of_token { token } else { "another token" };
        let ath = URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, hashed.as_bytes()));
        let made = get_current_timestamp().saturating_add_signed(-self.age);
        let claims = json!({ "jti": "1", "htm": self.method, "htu": self.url, "iat": made, "ath": ath });
        sign(header.to_string(), claims.to_string(), &signer(self.key)).unwrap().into_string()
    }
}

/// Bob's token, which names his key and has this `exp`, or none.
fn token(exp: &Value) -> String {
    let key: Jwk = serde_json::from_value(public_jwk(BOB)).unwrap();
    let jkt = key.thumbprint(ThumbprintHash::SHA256).unwrap();
    let mut claims = json!({ "sub": "bob", "cnf": { "jkt": jkt } });
    if !exp.is_null() {
        claims["exp"] = exp.clone();
    }
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
