//! A token as pages show it: its three parts, its claims in words, and the checks of a verdict.

mod known;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::code::Code;
use crate::lab::diff::visible;
use crate::texts::printable::{is_plain, json_escaped};
use crate::token::{
    Check, Claims, JsonFault, LARGEST_TOKEN, NumericDate, Outcome, Verdict, duration_in_words, parse_object, segments,
};

/// What the page shows in place of a refused token's claims.
pub(in crate::web) const CLAIMS_WITHHELD: &str = "The claims are shown here once every check has passed.";

/// How many bytes a signature of the smallest RSA key has that any verifier here accepts.
const SHORTEST_RSA: usize = 256;

/// One of the token's three parts, as it is shown on a page.
pub(in crate::web) struct TokenPart {
    pub name: &'static str,
    pub class: &'static str,
    pub text: String,
    pub decoded: Option<String>,
    pub note: Option<String>,
}

impl TokenPart {
    pub fn of(token: &str, verdict: &Verdict, claims: Option<&Claims>) -> Vec<Self> {
        let Some([header, payload, signature]) = segments(token) else { return vec![Self::whole(token)] };
        // Of a token with a broken part, the verdict has no header, though the header itself may be sound.
        let members = verdict.header().cloned().or_else(|| object_in(header));
        let algorithm = members.as_ref().and_then(|header| header.get("alg")).and_then(Value::as_str);
        let algorithm = algorithm.unwrap_or("unknown");
        vec![
            Self::json("Header", "header", header, members.as_ref().and_then(pretty)),
            Self::json("Payload", "payload", payload, claims.and_then(pretty)),
            Self::signature(signature, algorithm),
        ]
    }

    /// The three parts of an empty token view, with a note on what each will show.
    pub fn blank() -> Vec<Self> {
        let part = |name, class, says: &str| Self {
            name,
            class,
            text: String::new(),
            decoded: None,
            note: Some(says.to_owned()),
        };
        vec![
            part("Header", "header", "How it is signed, and by which key."),
            part("Payload", "payload", "The claims: who it is about, and when it expires."),
            part("Signature", "signature", "What only the holder of the key can write."),
        ]
    }

    /// Whether these parts are those of no token.
    pub fn are_blank(parts: &[Self]) -> bool {
        parts.iter().all(|part| part.text.is_empty())
    }

    /// Shows the payload only in its encoded form: claims of a refused token must not be trusted.
    pub fn without_claims(mut parts: Vec<Self>) -> Vec<Self> {
        for part in parts.iter_mut().filter(|part| part.class == "payload") {
            if part.decoded.take().is_some() {
                part.note = Some(CLAIMS_WITHHELD.to_owned());
            }
        }
        parts
    }

    fn json(name: &'static str, class: &'static str, text: &str, decoded: Option<String>) -> Self {
        let decoded = decoded.map(|json| json_escaped(&json).into_owned());
        let note = decoded.is_none().then(|| why_not_decoded(text));
        Self { name, class, text: printable(text), decoded, note }
    }

    fn signature(text: &str, algorithm: &str) -> Self {
        let note = match (algorithm, URL_SAFE_NO_PAD.decode(text).map(|bytes| bytes.len())) {
            (_, Err(_)) => "This is not base64url.".to_owned(),
            ("HS256", Ok(32)) => "HMAC-SHA256 over the first two parts, 32 bytes".to_owned(),
            ("HS256", Ok(bytes)) => format!("{bytes} bytes. The header names HS256, whose signatures have 32 bytes."),
            ("RS256", Ok(bytes @ SHORTEST_RSA..)) => {
                format!("RSA with SHA-256 over the first two parts, {bytes} bytes")
            }
            ("RS256", Ok(bytes)) => {
                format!("{bytes} bytes. The header names RS256, whose signatures have {SHORTEST_RSA} bytes or more.")
            }
            (_, Ok(bytes)) => format!("{bytes} bytes"),
        };
        Self { name: "Signature", class: "signature", text: printable(text), decoded: None, note: Some(note) }
    }

    fn whole(token: &str) -> Self {
        let note = Some("This text does not fall into three parts.".to_owned());
        Self { name: "Text", class: "whole", text: printable(&shortened(token)), decoded: None, note }
    }

    pub fn chars(&self) -> usize {
        self.text.chars().count()
    }
}

/// Why a part does not decode to one JSON object.
fn why_not_decoded(part: &str) -> String {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) else { return "This is not base64url.".to_owned() };
    match parse_object(&bytes) {
        Err(JsonFault::Syntax(why)) if why.contains("\" twice") => {
            let what = why.split(" at line ").next().unwrap_or_default();
            format!("This decodes to JSON with {}.", printable(&shortened(what)))
        }
        Err(JsonFault::Syntax(why)) if why.contains("hex escape") => {
            "This decodes to JSON with half of a surrogate pair.".to_owned()
        }
        Ok(_) | Err(JsonFault::Syntax(_) | JsonFault::NotUtf8) => "This does not decode to JSON.".to_owned(),
        Err(fault @ JsonFault::NumberOutOfRange(_)) => {
            format!("This decodes to JSON with {}.", printable(&shortened(&fault.to_string())))
        }
        Err(fault) => format!("This decodes to {}.", printable(&shortened(&fault.to_string()))),
    }
}

/// The JSON object that a part holds, if it can be read.
fn object_in(part: &str) -> Option<Map<String, Value>> {
    parse_object(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Indented JSON; on one line if indenting would make it too long.
fn pretty(part: &impl Serialize) -> Option<String> {
    let set_out = serde_json::to_string_pretty(part).ok()?;
    if set_out.len() <= LARGEST_TOKEN * 2 { Some(set_out) } else { serde_json::to_string(part).ok() }
}

/// Who owns the key that a signature was checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum KeyOwner {
    Server,
    /// The visitor gave the key.
    Visitor,
}

/// A sentence on who wrote the claims, as far as the verdict shows. A valid signature proves it even if a later check
/// refuses the token.
pub(in crate::web) fn authorship(verdict: &Verdict, owner: KeyOwner) -> String {
    if verdict.is_accepted() {
        return "Verified: every check passed.".to_owned();
    }
    if verdict.is_signed() {
        let signed = match owner {
            KeyOwner::Server => "Signed by this server",
            KeyOwner::Visitor => "Signed with the given key",
        };
        return format!("{signed}, refused because {}.", verdict.message());
    }
    match verdict.code() {
        Code::NotVerified => "Not verified: anyone may have written this.".to_owned(),
        _ => "Not verified: the token is refused, so anyone may have written its claims.".to_owned(),
    }
}

/// One claim, or one member of a header, with what it means.
pub(in crate::web) struct ClaimRow {
    pub name: String,
    pub value: String,
    pub meaning: String,
    /// Where the name is specified, when it is.
    pub rfc: Option<&'static str>,
}

impl ClaimRow {
    pub fn of(claims: &Claims, now: NumericDate) -> Vec<Self> {
        claims.iter().map(|(name, value)| Self::claim(name, value, now)).collect()
    }

    /// The members of a header. None of them is a date.
    pub fn of_header(header: &Map<String, Value>) -> Vec<Self> {
        let row = |(name, value): (&String, &Value)| {
            let (meaning, rfc) = known::member(name);
            Self::new(name, &text_of(value), meaning.to_owned(), rfc)
        };
        header.iter().map(row).collect()
    }

    fn claim(name: &str, value: &Value, now: NumericDate) -> Self {
        let (meaning, rfc) = known::claim(name);
        if !matches!(name, "iat" | "nbf" | "exp") {
            return Self::new(name, &text_of(value), meaning.to_owned(), rfc);
        }
        let Some(date) = NumericDate::from_claim(value) else {
            return Self::new(name, &text_of(value), "not a date: a number of seconds belongs here".to_owned(), rfc);
        };
        if date.looks_like_milliseconds() {
            return Self::new(name, &text_of(value), in_milliseconds(date), rfc);
        }
        Self::new(name, &date.beside(now), format!("{meaning}: {}", relative(date, now)), rfc)
    }

    fn new(name: &str, value: &str, meaning: String, rfc: Option<&'static str>) -> Self {
        Self { name: printable(&shortened(name)), value: shortened(value), meaning, rfc }
    }

    pub fn rfc_link(&self) -> Option<String> {
        self.rfc.map(rfc_link)
    }

    /// Whether the value is a time of this day, which stays on one line.
    pub fn is_time(&self) -> bool {
        self.value.len() == "23:59:59 UTC".len() && self.value.ends_with(" UTC")
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| json_escaped(&value.to_string()).into_owned(), printable)
}

fn relative(date: NumericDate, now: NumericDate) -> String {
    match now.since(date) {
        ago if ago <= -1.0 => format!("{} from now", duration_in_words(ago)),
        ago if ago < 1.0 => "just now".to_owned(),
        ago => format!("{} ago", duration_in_words(ago)),
    }
}

fn in_milliseconds(date: NumericDate) -> String {
    let as_milliseconds = NumericDate::from_claim(&(date.seconds() / 1e3).into());
    let moment = as_milliseconds.filter(|date| date.moment().is_some());
    let moment = moment.map(|date| format!(": as such it would be {date}")).unwrap_or_default();
    format!("seconds are counted here, and this looks like milliseconds{moment}")
}

/// One check of the trace.
pub(in crate::web) struct TraceRow {
    pub class: &'static str,
    pub sign: &'static str,
    pub word: &'static str,
    pub title: &'static str,
    pub sentence: String,
    pub failure: Option<Failure>,
    pub rfc: &'static str,
}

pub(in crate::web) struct Failure {
    pub expected: String,
    pub found: String,
    pub code: &'static str,
}

impl TraceRow {
    /// Every check of a verdict, in order.
    pub fn of(verdict: &Verdict) -> Vec<Self> {
        verdict.checks().iter().map(|(check, outcome)| Self::new(*check, outcome)).collect()
    }

    fn new(check: Check, outcome: &Outcome) -> Self {
        let (class, sign, word) = match outcome {
            Outcome::Passed(_) => ("passed", "✓", "passed"),
            Outcome::Failed(_) => ("failed", "✗", "failed"),
            Outcome::NotReached => ("not-reached", "–", "not reached"),
        };
        let (failure, rfc) = match outcome {
            Outcome::Failed(reason) => {
                let (expected, found) = (reason.expected.clone(), printable(&reason.found));
                (Some(Failure { expected, found, code: reason.code.as_str() }), reason.rfc)
            }
            _ => (None, check.rfc()),
        };
        Self { class, sign, word, title: check.title(), sentence: printable(&outcome.to_string()), failure, rfc }
    }

    pub fn rfc_link(&self) -> String {
        rfc_link(self.rfc)
    }

    /// The checks that passed, the one that failed, and those that were not reached. They follow each other so.
    pub fn grouped(rows: &[Self]) -> (&[Self], &[Self], &[Self]) {
        let (passed, others) = rows.split_at(rows.iter().take_while(|row| row.class == "passed").count());
        let (failed, not_reached) = others.split_at(others.iter().take_while(|row| row.class == "failed").count());
        (passed, failed, not_reached)
    }
}

/// Makes invisible characters visible: HTML cannot contain NUL, and readers must notice invisible characters and ones
/// that reorder the text around them.
fn printable(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { text.chars().map(visible).collect() }
}

/// The URL of a section such as `RFC 7519 §4.1.4`. `RFC 6265bis` is a draft that is to replace RFC 6265.
pub(in crate::web) fn rfc_link(rfc: &str) -> String {
    let rfc = rfc.strip_prefix("RFC ").unwrap_or(rfc);
    let (number, section) = rfc.split_once(' ').unwrap_or((rfc, ""));
    let fragment = if section.is_empty() { "" } else { "#section-" };
    let document = match number {
        "6265bis" => "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc",
        _ => "https://www.rfc-editor.org/rfc/rfc",
    };
    [document, number, fragment, section.trim_start_matches('§')].concat()
}

/// The first 200 characters; values may be very long.
pub(in crate::web) fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::decode;

    fn row(name: &str, value: impl Into<Value>) -> ClaimRow {
        let now = NumericDate::from_claim(&1_800_000_000.into()).unwrap();
        ClaimRow::of(&Claims::new().with(name, value), now).remove(0)
    }

    #[test]
    fn a_part_is_told_its_own_fault_alone() {
        let notes = |token: &str| {
            let parts = TokenPart::of(token, &decode(token), None);
            parts.into_iter().map(|part| (part.decoded.is_some(), part.note.unwrap_or_default())).collect::<Vec<_>>()
        };
        let sound = notes("eyJhbGciOiJIUzI1NiJ9.e30.AAAA");
        let said = "3 bytes. The header names HS256, whose signatures have 32 bytes.";
        assert_eq!((sound[0].0, sound[2].1.as_str()), (true, said));
        let broken = notes("eyJhbGciOiJIUzI1NiJ9.e30.@@");
        assert_eq!((broken[0].0, broken[2].1.as_str()), (true, "This is not base64url."));
        let of_signature = |header: &str, bytes: usize| {
            notes(&format!("{header}.e30.{}", URL_SAFE_NO_PAD.encode(vec![1; bytes]))).swap_remove(2).1
        };
        let [hs256, rs256] = ["eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9"];
        assert_eq!(of_signature(hs256, 32), "HMAC-SHA256 over the first two parts, 32 bytes");
        assert_eq!(of_signature(rs256, 256), "RSA with SHA-256 over the first two parts, 256 bytes");
        let said = "32 bytes. The header names RS256, whose signatures have 256 bytes or more.";
        assert_eq!(of_signature(rs256, 32), said, "an HMAC is not called an RSA signature");
        for (payload, note) in [
            ("x", "This does not decode to JSON."),
            (r#"{"sub":"bob","sub":"admin"}"#, "This decodes to JSON with the member \"sub\" twice."),
            (
                r#"{"exp":1e999}"#,
                "This decodes to JSON with a number for \"exp\" that is too large for a 64-bit float.",
            ),
            (r#"{"sub":"\ud800"}"#, "This decodes to JSON with half of a surrogate pair."),
            ("[1]", "This decodes to an array, not an object."),
        ] {
            let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.AAAA", URL_SAFE_NO_PAD.encode(payload));
            assert_eq!(notes(&token)[1], (false, note.to_owned()));
        }
        assert_eq!(notes("e30x.e30.AAAA")[0], (false, "This does not decode to JSON.".to_owned()));
        assert_eq!(notes("e3@.e30.AAAA")[0], (false, "This is not base64url.".to_owned()));
    }

    #[test]
    fn a_date_is_told_beside_now() {
        let exp = row("exp", 1_800_000_047);
        assert_eq!((exp.value.as_str(), exp.meaning.as_str()), ("08:00:47 UTC", "when it expires: 47 s from now"));
        assert_eq!(row("iat", 1_799_999_999.5).meaning, "when it was issued: just now");
        assert_eq!(row("nbf", 1_799_999_940).meaning, "when it becomes valid: 1 min ago");
        assert!(row("exp", "soon").meaning.starts_with("not a date"));
    }

    #[test]
    fn an_rfc_is_linked_by_its_section() {
        assert_eq!(rfc_link("RFC 7519 §4.1.4"), "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4");
        assert_eq!(rfc_link("RFC 8725"), "https://www.rfc-editor.org/rfc/rfc8725");
    }

    #[test]
    fn milliseconds_are_noticed() {
        let exp = row("exp", 1_800_000_060_000_i64);
        assert_eq!(exp.value, "1800000060000");
        assert!(exp.meaning.ends_with("milliseconds: as such it would be 2027-01-15 08:01:00 UTC"), "{}", exp.meaning);
        assert!(row("exp", 1e300).meaning.ends_with("this looks like milliseconds"));
    }

    #[test]
    fn every_registered_claim_and_member_names_its_rfc() {
        for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id"] {
            assert!(row(name, 1).rfc_link().unwrap().starts_with("https://www.rfc-editor.org/rfc/rfc"), "{name}");
        }
        for name in ["grants", "user_id", "phn", "xid"] {
            let claim = row(name, "x");
            assert!(claim.rfc.is_none() && !claim.meaning.contains("not judged"), "{name}");
        }
        let header = json!({ "alg": 1, "typ": 1, "cty": 1, "kid": 1, "jku": 1, "jwk": 1, "x5u": 1, "x5c": 1, "crit": 1, "zip": 1, "b64": 1 });
        assert!(ClaimRow::of_header(header.as_object().unwrap()).iter().all(|member| member.rfc.is_some()));
    }

    #[test]
    fn what_indenting_would_blow_up_stays_on_one_line() {
        let deep = format!("{}{}{}", "[".repeat(100), vec!["1"; 2000].join(","), "]".repeat(100));
        let claims = Claims::new().with("deep", serde_json::from_str::<Value>(&deep).unwrap());
        assert!(pretty(&claims).unwrap().len() < 5000);
        assert_eq!(pretty(&Claims::new().with("a", 1)).unwrap(), "{\n  \"a\": 1\n}");
    }
}
