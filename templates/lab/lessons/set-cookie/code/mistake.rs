// Trusts the cookie `user`: it was set with HttpOnly.
// But Mallory edits the cookies of her own browser.
use std::collections::HashMap;

pub fn user(cookies: &HashMap<String, String>, _key: &str) -> Option<String> {
    cookies.get("user").cloned()
}
