//! The texts of refusals: for each way a check can fail, what was expected, what was found, and the rule.
//!
//! Untrusted text is shortened, and no text reveals the correct signature.

use std::borrow::Cow;

use serde_json::Value;

use super::{Check, NumericDate, Reason, Rules};
use crate::code::Code;
use crate::keys::{Algorithm, Verifier};
use crate::texts::printable::escaped;
use crate::texts::wording::{counted, listed_with_or};

pub(super) fn stray_character(c: char) -> Cow<'static, str> {
    match c {
        '`' => "a backquote".into(),
        '*' => "an asterisk".into(),
        '=' => "padding, which the compact form leaves out".into(),
        '+' | '/' => "a character of plain base64, where base64url has - and _".into(),
        c if c.is_whitespace() => "white space".into(),
        c => format!("the character {}", escaped(&format!("{c:?}"))).into(),
    }
}

pub(super) fn bad_encoding(part: &str, fault: &str, text: &str) -> Reason {
    Reason {
        code: Code::Malformed,
        message: format!("the {part} is not base64url: it has {fault}"),
        expected: "A to Z, a to z, 0 to 9, - and _, without padding, unused bits zero".into(),
        found: format!("{} with {fault}", counted(text.chars().count(), "character")),
        rfc: Check::Encoding.rfc(),
    }
}

pub(super) fn wrong_shape(token: &str, dots: usize) -> String {
    let is_one = |word: &&str| word.starts_with("eyJ") && word.matches('.').count() >= 2;
    if token.trim_start().starts_with('{') {
        return match token.split('"').filter(is_one).count() {
            0 | 1 => "this is JSON; only the compact form is read, three parts with dots between".into(),
            tokens => format!("this is JSON with {tokens} tokens in it, and one is judged at a time"),
        };
    }
    let tokens = token.split_whitespace().filter(is_one).count();
    if tokens > 1 {
        return format!("these are {tokens} tokens with white space between, and one is judged at a time");
    }
    match dots {
        4 => "five parts make an encrypted token (JWE), and only signed ones are read".into(),
        0 => "a token has three parts with dots between, and this has no dot".into(),
        dots => format!("a token has three parts with dots between, and this has {}", dots + 1),
    }
}

pub(super) fn malformed_header(fault: &str) -> Reason {
    Reason {
        code: Code::Malformed,
        message: "the header is not a JSON object that names its algorithm".into(),
        expected: "one JSON object with the string `alg`, each member once".into(),
        found: clip(fault),
        rfc: Check::Header.rfc(),
    }
}

pub(super) fn header_not_allowed(name: &str, why: &str, rfc: &'static str, value: &Value) -> Reason {
    Reason {
        code: Code::HeaderNotAllowed,
        message: format!("by `{name}` the token {why}"),
        expected: format!("a header without `{name}`"),
        found: format!("{name}: {}", clip(&value.to_string())),
        rfc,
    }
}

pub(super) fn no_key() -> Reason {
    Reason {
        code: Code::UnknownKid,
        message: "no key of this algorithm is loaded here".into(),
        expected: "a key ring with a key of this algorithm".into(),
        found: "none".into(),
        rfc: Check::Key.rfc(),
    }
}

pub(super) fn unknown_kid(ring: &[Verifier], kid: &Value) -> Reason {
    let nameless = ring.iter().all(|key| key.kid().is_none());
    let message = match kid {
        _ if nameless => "the token names a key in `kid`, but this server's key for this algorithm has no `kid`",
        Value::String(_) => "`kid` names none of the keys here; it only ever picks among those that the server holds",
        _ => "`kid` is not a string",
    };
    Reason {
        code: Code::UnknownKid,
        message: message.into(),
        expected: if nameless { "no kid" } else { "the kid of a key in the ring, or none" }.into(),
        found: clip(&kid.to_string()),
        rfc: Check::Key.rfc(),
    }
}

/// The token does not say which key of the set signed it.
pub(super) fn unchosen(keys: &[Verifier], kid: Option<&Value>) -> Reason {
    let kids: Vec<String> = keys.iter().take(16).map(|key| clip(key.kid().unwrap_or("none"))).collect();
    let kids = kids.join(", ");
    let names = if kid.is_some() { "its `kid` names none of them" } else { "it has no `kid`" };
    Reason {
        code: Code::UnknownKid,
        message: format!(
            "the key set has {} keys, and the token does not say which one signed it: {names}. The kids of the set: {kids}",
            keys.len()
        ),
        expected: format!("one of the kids {kids}, or a set of one key"),
        found: kid.map_or_else(|| "no kid".into(), |kid| clip(&kid.to_string())),
        rfc: Check::Key.rfc(),
    }
}

/// The token is signed with a key pair, and what was given as the key had no form of a key.
pub(super) fn read_as_secret(found: &str, kind: &str, expected: Algorithm) -> Reason {
    Reason {
        code: Code::AlgNotAllowed,
        message: format!(
            "the token says {found}, which needs {kind}. What you gave is not a key in any known form, so it was read as a secret for {expected}"
        ),
        expected: expected.to_string(),
        found: clip(found),
        rfc: Check::Algorithm.rfc(),
    }
}

/// `HS256, RS256 or ES256`.
pub(super) fn either(algorithms: &[Algorithm]) -> String {
    listed_with_or(&algorithms.iter().map(|algorithm| algorithm.as_str()).collect::<Vec<_>>())
}

/// `accepted` are all algorithms that would do, at least one.
pub(super) fn alg_not_allowed(found: &str, accepted: &[Algorithm]) -> Reason {
    let expected = either(accepted);
    let is_misspelt = |algorithm: &Algorithm| found.trim().eq_ignore_ascii_case(algorithm.as_str());
    let message = match found {
        _ if found.eq_ignore_ascii_case("none") => {
            "the token says that it is not signed, and only signed tokens are accepted".into()
        }
        _ if found.parse::<Algorithm>().is_ok() => {
            format!("this token says it was signed with {found}, but {expected} is expected here")
        }
        Algorithm::RFC_9864_NAME if accepted.contains(&Algorithm::EdDsa) => {
            "`alg` is Ed25519, a newer name for EdDSA over Ed25519 (RFC 9864); this program calls it EdDSA, and accepts \
             tokens under that name alone"
                .into()
        }
        Algorithm::RFC_9864_NAME => format!(
            "this token says it was signed with Ed25519 (RFC 9864), which this program calls EdDSA, but {expected} is \
             expected here"
        ),
        _ if accepted.iter().any(is_misspelt) => {
            format!("`alg` is compared letter by letter, and this is not {expected}")
        }
        _ if accepted.len() > 1 => {
            format!("the token is not signed with {expected}, the only algorithms that are accepted here")
        }
        _ => format!("the token is not signed with {expected}, the only algorithm that is accepted here"),
    };
    Reason { code: Code::AlgNotAllowed, message, expected, found: clip(found), rfc: Check::Algorithm.rfc() }
}

/// Does not reveal the correct signature.
pub(super) fn bad_signature(keys: &[&Verifier], signature: &str) -> Reason {
    let sources: Vec<&str> = keys.iter().take(3).map(|key| &**key.source()).collect();
    let chars = keys.first().map_or(0, |key| key.signature_chars());
    let message = match signature.len() {
        0 => "the signature is missing".into(),
        found if keys.iter().any(|key| key.signature_chars() == found) => {
            "the signature does not fit: the text was changed, or another key signed it".into()
        }
        found => format!("the signature has {found} characters, and a whole one has {chars}"),
    };
    Reason {
        code: Code::BadSignature,
        message,
        expected: format!("a signature over the first two parts by the key in {}", sources.join(" or ")),
        found: format!("{} characters that do not verify", signature.len()),
        rfc: Check::Signature.rfc(),
    }
}

/// `found` is the value as it is shown; `None` if the claim is missing.
pub(super) fn bad_claim(check: Check, name: &str, expected: &str, found: Option<&str>) -> Reason {
    let name = clip(name);
    let message = match found {
        Some(_) => format!("the claim `{name}` must be {expected}"),
        None => format!("the claim `{name}` is missing"),
    };
    let found = found.unwrap_or("no such claim").into();
    Reason { code: Code::BadClaim, message, expected: expected.into(), found, rfc: check.rfc() }
}

/// RFC 7519 §4.1.3: whoever is not named in an `aud` that is there must refuse the token.
pub(super) fn another_audience(found: &Value) -> Reason {
    Reason {
        code: Code::BadClaim,
        message: "the token names an audience, and this verifier is not in it".into(),
        expected: "no `aud`".into(),
        found: clip(&found.to_string()),
        rfc: Check::Audience.rfc(),
    }
}

pub(super) fn in_milliseconds(exp: NumericDate) -> Reason {
    Reason {
        code: Code::BadClaim,
        message:
            "`exp` looks like milliseconds; it counts seconds, and read as such the token would live for millennia"
                .into(),
        expected: "a number of seconds under 100000000000".into(),
        found: clip(&exp.seconds().to_string()),
        rfc: Check::Expiry.rfc(),
    }
}

pub(super) fn wrong_type(rules: &Rules, typ: Option<&str>) -> Reason {
    let found = typ.map_or_else(|| "no typ".into(), |typ| clip(&Value::from(typ).to_string()));
    let says = if typ.is_some() { "says that this is no token" } else { "is missing, and it marks every token" };
    Reason {
        code: Code::WrongType,
        message: format!("`typ` {says} of the {} profile", rules.profile),
        expected: rules.typ.wanted().into(),
        found,
        rfc: "RFC 8725 §3.11",
    }
}

pub(super) fn revoked(jti: &str) -> Reason {
    Reason {
        code: Code::Revoked,
        message: "the token was revoked before it expired".into(),
        expected: "a `jti` that nobody revoked".into(),
        found: format!("jti: {}", clip(jti)),
        rfc: Check::Revocation.rfc(),
    }
}

pub(super) fn not_verified() -> Reason {
    Reason {
        code: Code::NotVerified,
        message: "the token was only decoded, so anyone may have written it".into(),
        expected: "a key to verify it with".into(),
        found: "no key was given".into(),
        rfc: Check::Signature.rfc(),
    }
}

/// The value of a claim, short and safe to print; `None` if the claim is missing.
pub(super) fn shown(value: Option<&Value>) -> Option<String> {
    value.map(|value| clip(&value.to_string()))
}

/// The first 64 characters, safe to print: what a client sent may be long, and may try to imitate the text around it.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", escaped(&text[..end])),
        None => escaped(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_tokens_with_a_space_between_are_no_encrypted_one() {
        let token = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
        let two = wrong_shape(&format!("{token} {token}"), 4);
        assert_eq!(two, "these are 2 tokens with white space between, and one is judged at a time");
        assert!(wrong_shape(&format!("{token}\t{token} {token}"), 6).starts_with("these are 3 tokens"));
        let answer = format!("{{\"access_token\": \"{token}\",\n\"id_token\": \"{token}\"}}");
        assert_eq!(wrong_shape(&answer, 4), "this is JSON with 2 tokens in it, and one is judged at a time");
        assert!(wrong_shape("{\"payload\":\"eyJhIjoxfQ\"}", 0).starts_with("this is JSON; only the compact form"));
        assert!(wrong_shape("eyJhbGciOiJkaXIifQ..a.b.c", 4).contains("encrypted token (JWE)"));
        assert!(wrong_shape(&format!("{token} and more."), 3).contains("and this has 4"));
    }

    #[test]
    fn the_other_name_of_eddsa_is_told_the_one_that_is_used_here() {
        for accepted in [&[Algorithm::EdDsa][..], &[Algorithm::Hs256, Algorithm::Rs256]] {
            let reason = alg_not_allowed("Ed25519", accepted);
            assert_eq!(reason.code, Code::AlgNotAllowed);
            assert!(reason.message.contains("this program calls it EdDSA") || reason.message.contains("calls EdDSA"));
        }
    }

    #[test]
    fn algorithms_are_listed_as_in_a_sentence() {
        let all = [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256];
        assert_eq!([1, 2, 3].map(|count| either(&all[..count])), ["HS256", "HS256 or RS256", "HS256, RS256 or ES256"]);
    }
}
