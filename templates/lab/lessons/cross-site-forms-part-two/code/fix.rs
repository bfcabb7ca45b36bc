// The fix: the value is signed together with the session id.
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub fn form_is_ours<'s>(session: &'s str, cookie: &str, field: &str, key: &[u8]) -> Result<&'s str, &'static str> {
    let (random, signature) = field.split_once('.').unwrap_or_default();
    let signed = sign(&Key::new(HMAC_SHA256, key), format!("{session}!{random}").as_bytes());
    let signed = URL_SAFE_NO_PAD.encode(signed);
    let is_same = verify_slices_are_equal(cookie.as_bytes(), field.as_bytes()).is_ok();
    let is_signed = verify_slices_are_equal(signature.as_bytes(), signed.as_bytes()).is_ok();
    if is_same && is_signed { Ok(session) } else { Err("this form comes from elsewhere") }
}
