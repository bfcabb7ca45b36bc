//! What is left out of a request that is shown: everything that could be used to log in. It reads `…` instead.

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

/// A header's value. The query of an address in it, as in `Referer`, may have credentials too.
pub(super) fn header(name: &str, text: &str) -> String {
    if is_secret(name) {
        return LEFT_OUT.to_owned();
    }
    match text.split_once('?') {
        Some((before, _)) => value(before) + "?" + LEFT_OUT,
        None => value(text),
    }
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
        && (SECRET_NAMES.contains(&name) || SECRET_PARTS.iter().any(|part| name.contains(part)))
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
