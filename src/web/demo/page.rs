//! What the home page shows. Everything on it comes from the server's own verdict; the address only ever adds a text
//! that is marked as such.

use actix_web::HttpRequest;
use askama::Template;
use serde_json::Value;

use crate::profiles::demo::{self, Algorithm};
use crate::token::{Check, Claims, NumericDate, Outcome, UnverifiedClaims, Verdict, segments, words};
use crate::web::assets::Assets;
use crate::web::session::{Attribute, STATE_HOURS, Visitor, cookies};
use crate::web::state::{State, TokenSizes};
use crate::web::tutorials::{TUTORIALS, Tutorial};

/// The tutorial's words.
pub(super) const TOKEN_GENERATED: &str = "Token Generated successfully!!";
pub(super) const INVALID_TOKEN: &str = "Invalid token";
pub(super) const ERROR_400: &str = "Error 400";

#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage<'a> {
    assets: &'a Assets,
    result: ResultLine,
    algorithm: Algorithm,
    default_ttl: i64,
    sizes: &'a TokenSizes,
    session: SessionNote,
    token: Option<TokenView>,
    tutorials: &'static [Tutorial],
    base: &'a str,
}

/// What is to be said of the session beside its token.
#[derive(PartialEq, Eq)]
enum SessionNote {
    Nothing,
    /// It was issued more than [`STATE_HOURS`] ago.
    Stale,
    /// The browser sent a cookie of ours that does not open.
    Unreadable,
}

impl<'a> HomePage<'a> {
    pub fn new(
        request: &HttpRequest,
        state: &'a State,
        visitor: &Visitor,
        result: Option<&str>,
        verdict: Option<&Verdict>,
    ) -> Self {
        let now = NumericDate::from_moment(state.now());
        let can_issue = demo::can_issue(&state.ring, visitor.algorithm());
        let token = visitor.token().zip(verdict);
        Self {
            assets: &state.assets,
            result: ResultLine::new(result, verdict, can_issue),
            algorithm: visitor.algorithm(),
            default_ttl: state.token_ttl.seconds(),
            sizes: &state.sizes,
            session: SessionNote::of(request, state, visitor),
            token: token.map(|(token, verdict)| TokenView::new(request, state, token, verdict, now)),
            tutorials: TUTORIALS,
            base: state.origins.issuer(),
        }
    }

    fn size_of(size: Option<usize>) -> String {
        size.map_or_else(
            || "not signed here: the private key is elsewhere".to_owned(),
            |bytes| format!("{bytes} bytes"),
        )
    }
}

impl SessionNote {
    fn of(request: &HttpRequest, state: &State, visitor: &Visitor) -> Self {
        let sent = !state.cookie.values(request.headers()).is_empty();
        match visitor.token() {
            _ if visitor.is_stale => Self::Stale,
            None if sent && !visitor.is_open() => Self::Unreadable,
            _ => Self::Nothing,
        }
    }
}

/// The tutorial's *Result*, and whether the verdict bears it out.
struct ResultLine {
    text: String,
    standing: Standing,
    why: String,
}

#[derive(PartialEq, Eq)]
enum Standing {
    Nothing,
    Confirmed,
    Refused,
    FromAddress,
}

impl ResultLine {
    fn new(result: Option<&str>, verdict: Option<&Verdict>, can_issue: bool) -> Self {
        let Some(text) = result else { return Self::nothing(verdict) };
        let (standing, why) = Self::standing(text, verdict, can_issue);
        Self { text: shortened(text), standing, why }
    }

    fn nothing(verdict: Option<&Verdict>) -> Self {
        let why = match verdict.map(Verdict::rejection) {
            None => "Nothing yet: get a token, then show its details.".to_owned(),
            Some(None) => "Your session holds a token that passes every check. Show its details.".to_owned(),
            Some(Some((_, reason))) => format!("Your session holds a token that is refused: {}.", reason.message),
        };
        Self { text: "None".to_owned(), standing: Standing::Nothing, why }
    }

    fn standing(text: &str, verdict: Option<&Verdict>, can_issue: bool) -> (Standing, String) {
        let accepted = verdict.filter(|verdict| verdict.is_accepted());
        let refused = verdict.and_then(Verdict::rejection);
        let is_subject = |verdict: &&Verdict| verdict.claims().and_then(Claims::subject) == Some(text);
        match text {
            _ if accepted.is_some_and(|verdict| is_subject(&verdict)) => {
                let why = "The subject of the token in your session, which passes every check.";
                (Standing::Confirmed, why.to_owned())
            }
            TOKEN_GENERATED if accepted.is_some() => {
                let why = "Your session holds a token, and it passes every check.";
                (Standing::Confirmed, why.to_owned())
            }
            INVALID_TOKEN => match (verdict, refused) {
                (_, Some((_, reason))) => {
                    (Standing::Refused, format!("The server refuses your token ({}): {}.", reason.code, reason.message))
                }
                (None, _) => (Standing::Refused, "Your session holds no token (no_token).".to_owned()),
                _ => from_address(),
            },
            ERROR_400 if !can_issue => {
                let why = "The keys folder holds only the public key for this algorithm: it verifies and cannot sign.";
                (Standing::Refused, why.to_owned())
            }
            _ => from_address(),
        }
    }
}

fn from_address() -> (Standing, String) {
    let why = "This text comes from the address alone. The server has verified nothing of the kind.";
    (Standing::FromAddress, why.to_owned())
}

/// An address may be very long; the page shows its beginning.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Everything about the session's token.
struct TokenView {
    accepted: bool,
    code: &'static str,
    message: String,
    bytes: usize,
    parts: Vec<Part>,
    claims: Vec<ClaimRow>,
    clock: Option<TokenClock>,
    trace: Vec<TraceRow>,
    wire: Wire,
}

impl TokenView {
    fn new(request: &HttpRequest, state: &State, token: &str, verdict: &Verdict, now: NumericDate) -> Self {
        let unverified = verdict.unverified_claims();
        let claims = verdict.claims().or(unverified.as_ref().map(UnverifiedClaims::for_display));
        Self {
            accepted: verdict.is_accepted(),
            code: verdict.code().as_str(),
            message: verdict.message().to_owned(),
            bytes: token.len(),
            parts: Part::of(token, verdict, claims),
            clock: claims.and_then(|claims| TokenClock::new(claims, now)),
            claims: claims.map(|claims| ClaimRow::of(claims, now)).unwrap_or_default(),
            trace: verdict.checks().iter().map(|(check, outcome)| TraceRow::new(*check, outcome)).collect(),
            wire: Wire::new(request, state),
        }
    }
}

/// One stub of the ticket.
struct Part {
    name: &'static str,
    class: &'static str,
    text: String,
    decoded: Option<String>,
    note: Option<String>,
}

impl Part {
    fn of(token: &str, verdict: &Verdict, claims: Option<&Claims>) -> Vec<Self> {
        let Some([header, payload, signature]) = segments(token) else { return vec![Self::whole(token)] };
        let members = verdict.header();
        let algorithm = members.and_then(|header| header.get("alg")).and_then(Value::as_str).unwrap_or("unknown");
        vec![
            Self::json("Header", "header", header, members.and_then(|it| serde_json::to_string_pretty(it).ok())),
            Self::json("Payload", "payload", payload, claims.and_then(|it| serde_json::to_string_pretty(it).ok())),
            Self::signature(signature, algorithm),
        ]
    }

    fn json(name: &'static str, class: &'static str, text: &str, decoded: Option<String>) -> Self {
        let note = decoded.is_none().then(|| "This does not decode to JSON.".to_owned());
        Self { name, class, text: text.to_owned(), decoded, note }
    }

    fn signature(text: &str, algorithm: &str) -> Self {
        let bytes = text.len() * 3 / 4;
        let note = match algorithm {
            "HS256" => format!("HMAC-SHA256 over the first two parts, {bytes} bytes"),
            "RS256" => format!("RSA with SHA-256 over the first two parts, {bytes} bytes"),
            _ => format!("{bytes} bytes"),
        };
        Self { name: "Signature", class: "signature", text: text.to_owned(), decoded: None, note: Some(note) }
    }

    fn whole(token: &str) -> Self {
        let note = Some("This text does not fall into three parts.".to_owned());
        Self { name: "Text", class: "payload", text: shortened(token), decoded: None, note }
    }

    fn chars(&self) -> usize {
        self.text.chars().count()
    }
}

/// One claim with what it means.
struct ClaimRow {
    name: String,
    value: String,
    meaning: String,
}

impl ClaimRow {
    fn of(claims: &Claims, now: NumericDate) -> Vec<Self> {
        claims.iter().map(|(name, value)| Self::new(name, value, now)).collect()
    }

    fn new(name: &str, value: &Value, now: NumericDate) -> Self {
        let date = NumericDate::from_claim(value).filter(|_| matches!(name, "iat" | "nbf" | "exp"));
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let meaning = match (name, date) {
            ("sub", _) => "whom the token is about".to_owned(),
            ("iat", Some(iat)) => format!("issued {}", told(iat, now)),
            ("nbf", Some(_)) => "not good before then".to_owned(),
            ("exp", Some(_)) => "not good from then on".to_owned(),
            ("iat" | "nbf" | "exp", None) => "not a date: a number of seconds belongs here".to_owned(),
            ("aud", _) => "whom it is meant for; this server takes tokens for nobody in particular".to_owned(),
            ("jti", _) => "the name of this one token".to_owned(),
            _ => "a claim that is not judged here".to_owned(),
        };
        Self { name: shortened(name), value: date.map_or_else(|| shortened(&text), |date| date.beside(now)), meaning }
    }
}

fn told(date: NumericDate, now: NumericDate) -> String {
    match now.since(date) {
        ago if ago < 0.0 => format!("{} from now", words(ago)),
        ago if ago < 1.0 => "just now".to_owned(),
        ago => format!("{} ago", words(ago)),
    }
}

/// The token's life as a clock: where it stood when the page was made, in whole seconds.
struct TokenClock {
    exp: f64,
    now: f64,
    left: String,
    until: String,
    running: bool,
    elapsed_of: (f64, f64),
}

impl TokenClock {
    fn new(claims: &Claims, now: NumericDate) -> Option<Self> {
        let exp = claims.get("exp").and_then(NumericDate::from_claim).filter(|exp| !exp.looks_like_milliseconds())?;
        let iat = claims.get("iat").and_then(NumericDate::from_claim).filter(|iat| *iat < exp);
        let left = exp.since(now);
        let life = iat.map_or(left, |iat| exp.since(iat));
        Some(Self {
            exp: exp.seconds(),
            now: now.seconds(),
            left: if left > -1.0 && left <= 0.0 { "just now".to_owned() } else { words(left) },
            until: exp.beside(now),
            running: left > 0.0,
            elapsed_of: (left.clamp(0.0, life.max(0.0)).floor(), life.max(1.0)),
        })
    }
}

/// One check of the trace.
struct TraceRow {
    class: &'static str,
    sign: &'static str,
    word: &'static str,
    title: &'static str,
    sentence: String,
    failure: Option<Failure>,
    rfc: &'static str,
}

struct Failure {
    expected: String,
    found: String,
    code: &'static str,
}

impl TraceRow {
    fn new(check: Check, outcome: &Outcome) -> Self {
        let (class, sign, word) = match outcome {
            Outcome::Passed(_) => ("passed", "✓", "passed"),
            Outcome::Failed(_) => ("failed", "✗", "failed"),
            Outcome::NotReached => ("not-reached", "–", "not reached"),
        };
        let (failure, rfc) = match outcome {
            Outcome::Failed(reason) => {
                let (expected, found) = (reason.expected.clone(), reason.found.clone());
                (Some(Failure { expected, found, code: reason.code.as_str() }), reason.rfc)
            }
            _ => (None, check.rfc()),
        };
        Self { class, sign, word, title: check.title(), sentence: outcome.to_string(), failure, rfc }
    }

    /// `RFC 7519 §4.1.4` as the address of that very section.
    fn rfc_link(&self) -> String {
        let mut parts = self.rfc.trim_start_matches("RFC ").split(" §");
        let number = parts.next().unwrap_or_default();
        let section = parts.next().map(|section| format!("#section-{section}")).unwrap_or_default();
        format!("https://www.rfc-editor.org/rfc/rfc{number}{section}")
    }
}

/// The cookie as it went over the wire.
struct Wire {
    name: &'static str,
    value: String,
    bytes: usize,
    attributes: Vec<Attribute>,
    others: usize,
}

impl Wire {
    fn new(request: &HttpRequest, state: &State) -> Self {
        let name = state.cookie.name();
        let value = state.cookie.values(request.headers()).pop().unwrap_or_default();
        Self {
            name,
            value: elided(&value),
            bytes: name.len() + 1 + value.len(),
            attributes: state.cookie.attributes(),
            others: cookies(request.headers()).iter().filter(|cookie| cookie.name() != name).count(),
        }
    }
}

/// The ends of a text that must not stand on the page whole.
fn elided(value: &str) -> String {
    let ends = value.get(..4).zip(value.len().checked_sub(4).and_then(|from| value.get(from..)));
    match ends {
        Some((first, last)) if value.len() > 16 => format!("{first}…{last}"),
        _ => "…".to_owned(),
    }
}
