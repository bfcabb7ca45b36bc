//! What is left out of a request that is shown: everything that could be used to log in. It reads `…` instead.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What replaces a credential, and follows a value that is cut.
const LEFT_OUT: &str = "…";

/// The longest text that is shown, in bytes.
const LONGEST: usize = 1024;

/// A header, a parameter or a field whose name contains one of these is a credential.
const SECRET_PARTS: [&str; 19] = [
    "apikey",
    "assertion",
    "auth",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "session",
    "signature",
    "ticket",
    "token",
    "verifier",
];

/// And so is one with one of these names.
const SECRET_NAMES: [&str; 9] = ["code", "devicecode", "usercode", "key", "otp", "pass", "pin", "sid", "sig"];

/// Names that contain such a part and are no credentials (RFC 7009, RFC 7521, RFC 8693, RFC 9110, RFC 9396).
const PUBLIC_NAMES: [&str; 8] = [
    "actortokentype",
    "authority",
    "authorizationdetails",
    "clientassertiontype",
    "requestedtokentype",
    "subjecttokentype",
    "tokentype",
    "tokentypehint",
];

/// How every JSON object begins in base64url, and so the header of a token.
const TOKEN_START: &str = "eyJ";

/// A parameter of a query or a field of a form.
pub(super) fn field(name: &str, text: &str) -> (String, String) {
    (value(name), if is_secret(name) { LEFT_OUT.to_owned() } else { value(text) })
}

/// The schemes of `Authorization` (the registry of RFC 9110 §16.4.1). Only a known one is shown, because a credential
/// may have been sent without a scheme.
const SCHEMES: [&str; 14] = [
    "Basic",
    "Bearer",
    "Concealed",
    "Digest",
    "DPoP",
    "GNAP",
    "HOBA",
    "Mutual",
    "Negotiate",
    "OAuth",
    "PrivateToken",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "vapid",
];

/// A header's value. The query of an address in it, as in `Referer`, may have credentials too.
pub(super) fn header(name: &str, text: &str) -> String {
    if name.eq_ignore_ascii_case("authorization") {
        return authorization(text);
    }
    if is_secret(name) {
        return LEFT_OUT.to_owned();
    }
    match text.split_once('?') {
        Some((before, _)) => value(before) + "?" + LEFT_OUT,
        None => value(text),
    }
}

/// `Authorization` as its scheme and, for HTTP Basic, the id before the colon (RFC 7617 §2).
fn authorization(text: &str) -> String {
    let (scheme, credentials) = text.split_once(' ').unwrap_or_default();
    if !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return LEFT_OUT.to_owned();
    }
    let is_basic = scheme.eq_ignore_ascii_case("Basic");
    match id_of_basic(credentials).filter(|_| is_basic) {
        Some(id) => format!("{scheme} {}:{LEFT_OUT}", value(&id)),
        None => format!("{scheme} {LEFT_OUT}"),
    }
}

fn id_of_basic(credentials: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    text.split_once(':').map(|(id, _)| id.to_owned())
}

/// A text whose name does not say that it is a credential.
pub(super) fn value(text: &str) -> String {
    if text.contains(TOKEN_START) { LEFT_OUT.to_owned() } else { cut(text) }
}

/// The text, or its beginning where it is too long to be shown.
pub(super) fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    text[..text.floor_char_boundary(LONGEST)].to_owned() + LEFT_OUT
}

/// Whether a value of this name is a credential, however the words of the name are put together.
fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let name = name.as_str();
    !PUBLIC_NAMES.contains(&name)
        && (SECRET_NAMES.contains(&name) || (0..name.len()).any(|at| has_secret_part_at(&name[at..])))
}

/// Whether one of [`SECRET_PARTS`] stands here. This is asked at each letter of each name, so the first letter decides
/// for most: to search for one part after the other would cost more than all else that test mode does for a request.
fn has_secret_part_at(rest: &str) -> bool {
    SECRET_PARTS.iter().any(|part| part.as_bytes().first() == rest.as_bytes().first() && rest.starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_left_out_by_their_names() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "TOKEN",
            "X-Api-Key",
            "X-Auth-Token",
            "X-CSRF-Token",
            "access_token",
            "accessToken",
            "assertion",
            "client_assertion",
            "client_secret",
            "code",
            "code_verifier",
            "id_token_hint",
            "password",
            "refresh_token",
            "subject_token",
            "token",
            "api_key",
            "device_code",
        ] {
            assert_eq!((field(name, "hunter2").1.as_str(), header(name, "hunter2").as_str()), ("…", "…"), "{name}");
        }
    }

    #[test]
    fn of_an_authorization_its_scheme_is_shown_and_the_id_of_basic() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (sent, shown) in [
            (basic("my-app:hunter2"), "Basic my-app:…"),
            (basic("my%20app:hunter2:x"), "Basic my%20app:…"),
            (basic(":hunter2"), "Basic :…"),
            (basic("hunter2"), "Basic …"),
            (basic("eyJhbGciOiJ9:"), "Basic …:…"),
            (basic("a:b").replace("Basic", "basic"), "basic a:…"),
            ("Basic hunter2".to_owned(), "Basic …"),
            ("Bearer hunter2".to_owned(), "Bearer …"),
            ("DPoP hunter2".to_owned(), "DPoP …"),
            ("Digest username=hunter2".to_owned(), "Digest …"),
            ("hunter2".to_owned(), "…"),
            ("hunter2 hunter2".to_owned(), "…"),
            ("Bearer".to_owned(), "…"),
            (String::new(), "…"),
        ] {
            assert_eq!(header("authorization", &sent), shown, "{sent}");
        }
    }

    #[test]
    fn what_a_client_asks_for_is_shown() {
        for name in [
            "client_id",
            "client_assertion_type",
            "code_challenge",
            "code_challenge_method",
            "grant_type",
            "nonce",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
            "token_type_hint",
            "username",
            "User-Agent",
        ] {
            assert_eq!(field(name, "x y"), (name.to_owned(), "x y".to_owned()));
        }
    }

    #[test]
    fn a_token_is_left_out_wherever_it_stands() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2ln";
        assert_eq!(field("hint", token), ("hint".to_owned(), "…".to_owned()));
        assert_eq!(field(token, "x").0, "…");
        assert_eq!(header("x-forwarded-jws", &format!("jws={token}")), "…");
        assert_eq!(header("referer", "https://app.example/cb?code=hunter2"), "https://app.example/cb?…");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let shown = value(&"é".repeat(1000));
        assert_eq!(shown, "é".repeat(512) + "…");
    }
}
