// The mistake: the two values are equal. Nobody asks who chose them.
use aws_lc_rs::constant_time::verify_slices_are_equal;

pub fn form_is_ours<'s>(session: &'s str, cookie: &str, field: &str, _key: &[u8]) -> Result<&'s str, &'static str> {
    let is_same = verify_slices_are_equal(cookie.as_bytes(), field.as_bytes()).is_ok();
    if is_same { Ok(session) } else { Err("this form comes from elsewhere") }
}
