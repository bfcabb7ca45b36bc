//! *Forms from elsewhere, part two*: a cookie and a field are equal, and an attacker chose both.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

const KEY: &str = "the key of the grade portal, 32 bytes or more";

pub fn code() -> LessonCode {
    let token = |session: &str| {
        let tag = sign(&Key::new(HMAC_SHA256, KEY.as_bytes()), format!("{session}!1f2e").as_bytes());
        format!("1f2e.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let (own, of_mallory) = (token("admin"), token("mallory"));
    LessonCode {
        cases: vec![
            Case::forgery(&["admin", "mallory", "mallory", KEY], "admin"),
            Case::forgery(&["admin", &of_mallory, &of_mallory, KEY], "admin"),
            Case::forgery(&["admin", "", "", KEY], "admin"),
            Case::forgery(&["admin", "ü", "ü", KEY], "admin"),
            Case::forgery(&["admin", "1f2e.ü", "1f2e.ü", KEY], "admin"),
            Case::both(&["admin", &own, "ü", KEY], None),
            Case::both(&["admin", &own, &of_mallory, KEY], None),
            Case::genuine(&["admin", &own, &own, KEY], "admin"),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    let [session, cookie, field, key] = [0, 1, 2, 3].map(|place| text(arguments, place));
    mistake::form_is_ours(session, cookie, field, key.as_bytes()).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    let [session, cookie, field, key] = [0, 1, 2, 3].map(|place| text(arguments, place));
    fix::form_is_ours(session, cookie, field, key.as_bytes()).ok().map(Value::from)
}
