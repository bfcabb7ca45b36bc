//! What the home page shows. Everything on it comes from the server's own verdict; the address only ever adds a text
//! that is marked as such.

use actix_web::HttpRequest;
use actix_web::web::Data;
use askama::Template;
use askama::filters::HtmlSafeOutput;

use super::HomeDetails;
use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::token::{Claims, NumericDate, UnverifiedClaims, Verdict, duration_in_words};
use crate::web::http::cookie_header;
use crate::web::http::extractor::extractor;
use crate::web::session::{Attribute, STATE_HOURS, SessionCookie, Sessions, TokenKeys, Unusable, Visitor};
use crate::web::view::assets::Assets;
use crate::web::view::token_view::{CLAIMS_WITHHELD, ClaimRow, KeyOwner, TokenPart, TraceRow, authorship, shortened};

/// The tutorial's words.
pub(super) const TOKEN_GENERATED: &str = "Token Generated successfully!!";
/// The encoded address of that result. It is a constant because it is needed for nearly every token.
pub(super) const TOKEN_GENERATED_ADDRESS: &str = "/Token%20Generated%20successfully!!";
pub(super) const INVALID_TOKEN: &str = "Invalid token";
pub(super) const ERROR_400: &str = "Error 400";

/// The query of the home page after *Log out* was pressed there, so that the page can say what happened.
const LOGGED_OUT: &str = "logged-out";
/// The address with that query.
pub(super) const LOGGED_OUT_ADDRESS: &str = "/?logged-out";

/// What a logout means for the lab: it keeps the work on a lesson in the session, and what is solved in a cookie of its
/// own.
const AFTER_LOGOUT: &str = "Unfinished lessons of the lab begin again, and what you solved stays solved.";

/// Whether this server redirects to this result: one of the tutorial's texts, or the subject of a token that is
/// accepted.
pub(super) fn is_result(text: &str, verdict: Option<&Verdict>) -> bool {
    let subject = verdict.and_then(Verdict::claims).and_then(Claims::subject);
    is_of_tutorial(text) || subject == Some(text)
}

/// Whether it is one of the tutorial's own texts.
pub(super) fn is_of_tutorial(text: &str) -> bool {
    matches!(text, TOKEN_GENERATED | INVALID_TOKEN | ERROR_400)
}

#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage<'a> {
    assets: &'a Assets,
    result: ResultLine,
    algorithm: DemoAlgorithm,
    default_ttl: i64,
    /// Why the session that came counts as empty.
    unusable: Option<Unusable>,
    /// Whether the cookie holds the session itself, or the key to it.
    session_is_cookie: bool,
    /// Whose keys judge a token that the lab put here.
    lab_ring: Option<TokenKeys>,
    token: Option<TokenView>,
    /// What a script shows once the token has expired.
    expired: Option<Expired>,
    details: HtmlSafeOutput<&'a str>,
}

impl HomePage<'_> {
    fn is_accepted(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.judgement.accepted)
    }
}

/// The verdict on the session's token.
pub(super) struct SessionVerdict<'a> {
    pub now: &'a Verdict,
    /// At the moment when the token expires, if it is accepted until then.
    pub at_expiry: Option<Verdict>,
}

extractor! {
    /// What the home page is made of.
    pub(in crate::web) struct Home {
        assets: Data<Assets>,
        clock: Data<dyn Clock>,
        details: Data<HomeDetails>,
        keys: Data<CurrentKeys>,
        sessions: Data<Sessions>,
    }
}

impl<'a> HomePage<'a> {
    pub fn new(
        request: &HttpRequest,
        home: &'a Home,
        visitor: &Visitor,
        result: Option<&str>,
        judged: Option<&SessionVerdict<'_>>,
    ) -> Self {
        let now = home.clock.now();
        let can_issue = demo::can_issue(&home.keys.ring(), visitor.algorithm(), now);
        let verdict = judged.map(|judged| judged.now);
        let token = visitor.token().zip(verdict);
        let session_is_cookie = home.sessions.backend.are_cookies();
        let has_left = verdict.is_none() && result.is_none() && visitor.unusable.is_none();
        let result = if has_left && request.query_string() == LOGGED_OUT {
            ResultLine::logged_out(session_is_cookie)
        } else {
            ResultLine::new(result, verdict, visitor.unusable, can_issue)
        };
        Self {
            assets: &home.assets,
            result,
            algorithm: visitor.algorithm(),
            default_ttl: home.sessions.default_lifetime.seconds(),
            unusable: visitor.unusable,
            session_is_cookie,
            lab_ring: visitor.token().filter(|_| visitor.is_of_lab()).map(|_| visitor.token_keys()),
            token: token.map(|(token, verdict)| {
                let now = NumericDate::from_moment(now);
                TokenView::new(request, &home.sessions.cookie, token, verdict, now)
            }),
            expired: judged
                .and_then(|judged| judged.at_expiry.as_ref())
                .map(|verdict| Expired::new(verdict, can_issue)),
            details: HtmlSafeOutput(home.details.html()),
        }
    }
}

/// The tutorial's *Result*, and whether the verdict confirms it.
struct ResultLine {
    /// Escaped as the tutorial's own templates escape.
    text: HtmlSafeOutput<String>,
    state: ResultState,
    why: String,
    /// Why the session's token is refused, where `why` is about something else.
    refusal: Option<String>,
    /// Whether the session holds a token that is refused, so that a new one is the next step.
    needs_new_token: bool,
}

#[derive(PartialEq, Eq)]
enum ResultState {
    Nothing,
    Confirmed,
    Refused,
    FromAddress,
}

impl ResultLine {
    fn new(result: Option<&str>, verdict: Option<&Verdict>, unusable: Option<Unusable>, can_issue: bool) -> Self {
        let Some(text) = result else { return Self::nothing(verdict) };
        let (state, why) = match (text, verdict, unusable) {
            (INVALID_TOKEN, None, unusable) => (ResultState::Nothing, Self::without_token(unusable)),
            _ => Self::state_of(text, verdict, can_issue),
        };
        let refusal = verdict.and_then(Verdict::rejection).map(|(_, reason)| reason.message.clone());
        Self {
            text: escaped(&shortened(text)),
            needs_new_token: needs_new_token(verdict),
            refusal: refusal.filter(|_| state == ResultState::FromAddress),
            state,
            why,
        }
    }

    fn nothing(verdict: Option<&Verdict>) -> Self {
        let why = match verdict.map(Verdict::rejection) {
            None => "Nothing yet: get a token, then show its details.".to_owned(),
            Some(None) => "Your session holds a token that passes every check. Show its details.".to_owned(),
            Some(Some((_, reason))) => format!("Your session holds a token that is refused: {}.", reason.message),
        };
        let needs_new_token = needs_new_token(verdict);
        let state = if needs_new_token { ResultState::Refused } else { ResultState::Nothing };
        Self { state, needs_new_token, ..Self::none(why) }
    }

    fn logged_out(session_is_cookie: bool) -> Self {
        let what_ended =
            if session_is_cookie { "the cookie is gone" } else { "the session ended, and its cookie is gone" };
        Self::none(format!(
            "You are logged out: {what_ended} from this browser. Get a new token to begin again. {AFTER_LOGOUT}"
        ))
    }

    fn none(why: String) -> Self {
        let (text, state) = (escaped("None"), ResultState::Nothing);
        Self { text, state, why, refusal: None, needs_new_token: false }
    }

    /// The colour of the card.
    const fn class(&self) -> &'static str {
        match self.state {
            ResultState::Confirmed => "passed",
            ResultState::Refused => "failed",
            ResultState::Nothing if self.needs_new_token => "failed",
            ResultState::Nothing | ResultState::FromAddress => "",
        }
    }

    fn without_token(unusable: Option<Unusable>) -> String {
        let Some(why) = unusable else {
            return "There is no token yet (no_token). Get one, and then show its details.".to_owned();
        };
        format!("There is no token to check ({}): {}.", why.code(), why.message())
    }

    fn state_of(text: &str, verdict: Option<&Verdict>, can_issue: bool) -> (ResultState, String) {
        let accepted = verdict.filter(|verdict| verdict.is_accepted());
        let refused = verdict.and_then(Verdict::rejection);
        let is_subject = |verdict: &&Verdict| verdict.claims().and_then(Claims::subject) == Some(text);
        match text {
            _ if accepted.is_some_and(|verdict| is_subject(&verdict)) => {
                let why = "This is the subject of the token in your session, and the token passes every check.";
                (ResultState::Confirmed, why.to_owned())
            }
            TOKEN_GENERATED if accepted.is_some() => {
                let why = "Your session holds a token, and it passes every check.";
                (ResultState::Confirmed, why.to_owned())
            }
            INVALID_TOKEN => refused.map_or_else(from_address, |(_, reason)| {
                (ResultState::Refused, format!("The server refuses your token ({}): {}.", reason.code, reason.message))
            }),
            ERROR_400 if !can_issue => {
                let why = "The keys folder holds only the public key for this algorithm: it verifies and cannot sign.";
                (ResultState::Refused, why.to_owned())
            }
            _ => from_address(),
        }
    }
}

fn needs_new_token(verdict: Option<&Verdict>) -> bool {
    verdict.is_some_and(|verdict| !verdict.is_accepted())
}

/// The text as HTML. The tutorial's programs, and what tests them, spell the five characters like this.
fn escaped(text: &str) -> HtmlSafeOutput<String> {
    let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;"), ("'", "&#39;")];
    let escaped = entities.iter().fold(text.to_owned(), |text, (character, entity)| text.replace(character, entity));
    HtmlSafeOutput(escaped)
}

fn from_address() -> (ResultState, String) {
    let why = "This text comes from the address alone. The server has verified nothing of the kind.";
    (ResultState::FromAddress, why.to_owned())
}

/// Everything about the session's token.
struct TokenView {
    /// How many characters it has, the dots included.
    chars: usize,
    parts: Vec<TokenPart>,
    clock: Option<TokenClock>,
    judgement: Judgement,
    wire: Wire,
}

/// What the page says of a verdict.
struct Judgement {
    accepted: bool,
    code: &'static str,
    message: String,
    /// Who wrote the claims, in a sentence.
    authorship: String,
    /// Empty unless every check passed: this page names nobody on the word of a refused token.
    claims: Vec<ClaimRow>,
    trace: Vec<TraceRow>,
}

impl Judgement {
    fn new(verdict: &Verdict, now: Option<NumericDate>) -> Self {
        let claims = verdict.claims().zip(now);
        Self {
            accepted: verdict.is_accepted(),
            code: verdict.code().as_str(),
            message: verdict.message().to_owned(),
            authorship: authorship(verdict, KeyOwner::Server),
            claims: claims.map(|(claims, now)| ClaimRow::of(claims, now)).unwrap_or_default(),
            trace: TraceRow::of(verdict),
        }
    }
}

/// What *Show details* says in the moment in which the token expires.
struct Expired {
    result: ResultLine,
    judgement: Judgement,
}

impl Expired {
    fn new(verdict: &Verdict, can_issue: bool) -> Self {
        Self {
            result: ResultLine::new(Some(INVALID_TOKEN), Some(verdict), None, can_issue),
            judgement: Judgement::new(verdict, None),
        }
    }
}

impl TokenView {
    fn new(request: &HttpRequest, cookie: &SessionCookie, token: &str, verdict: &Verdict, now: NumericDate) -> Self {
        let unverified = verdict.unverified_claims();
        let claims = verdict.claims().or(unverified.as_ref().map(UnverifiedClaims::for_display));
        let parts = TokenPart::of(token, verdict, claims);
        Self {
            chars: token.chars().count(),
            parts: if verdict.is_accepted() { parts } else { TokenPart::without_claims(parts) },
            clock: claims.and_then(|claims| TokenClock::new(claims, now, verdict.is_signed())),
            judgement: Judgement::new(verdict, Some(now)),
            wire: Wire::new(request, cookie),
        }
    }
}

/// The token's lifetime as a clock, at the moment when the page is made, in whole seconds.
struct TokenClock {
    exp: f64,
    now: f64,
    left: String,
    until: String,
    running: bool,
    /// Whether the signature was checked, so that whoever holds the key set this time.
    is_signed: bool,
    elapsed_of: (f64, f64),
}

impl TokenClock {
    fn new(claims: &Claims, now: NumericDate, is_signed: bool) -> Option<Self> {
        let exp = claims.get("exp").and_then(NumericDate::from_claim).filter(|exp| !exp.looks_like_milliseconds())?;
        let iat = claims.get("iat").and_then(NumericDate::from_claim).filter(|iat| *iat < exp);
        let left = exp.since(now);
        let life = iat.map_or(left, |iat| exp.since(iat));
        Some(Self {
            exp: exp.seconds(),
            now: now.seconds(),
            left: if left > -1.0 && left <= 0.0 { "just now".to_owned() } else { duration_in_words(left) },
            until: exp.beside(now),
            running: left > 0.0,
            is_signed,
            elapsed_of: (left.clamp(0.0, life.max(0.0)).floor(), life.max(1.0)),
        })
    }
}

/// The cookie as it went over the wire.
struct Wire {
    name: &'static str,
    value: String,
    bytes: usize,
    attributes: Vec<Attribute>,
    /// The other cookies of this server that came, each with what it is for.
    of_server: Vec<(String, &'static str)>,
    /// How many more came.
    others: usize,
}

impl Wire {
    fn new(request: &HttpRequest, cookie: &SessionCookie) -> Self {
        let name = cookie.name();
        let own = cookie_header::received_values(request, name);
        let value = own.last().map(String::as_str).unwrap_or_default();
        let names = cookie_header::received_names(request).into_iter().filter(|it| it != name);
        let (mut of_server, mut others) = (Vec::new(), 0);
        for name in names {
            match purpose_of(&name) {
                Some(purpose) => of_server.push((name, purpose)),
                None => others += 1,
            }
        }
        of_server.sort_unstable();
        of_server.dedup();
        Self {
            name,
            value: elided(value),
            bytes: name.len() + 1 + value.len(),
            attributes: cookie.attributes(),
            of_server,
            others,
        }
    }
}

/// What a cookie of this server is for, beside the session's; `None` for a name that this server never sets.
fn purpose_of(name: &str) -> Option<&'static str> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    Some(match name.strip_prefix("__Host-").unwrap_or(name) {
        "hallpass" => "a session",
        "hallpass-lab" => "what you solved in the lab",
        "hallpass-view" => "the projector view of the lab",
        "hallpass-login" => "your login at the issuer",
        "hallpass-teacher" => "the teacher’s board",
        "hallpass-pupil" | "hallpass-steps" | "hallpass-removed" => "your place in the class",
        name if name.starts_with("lab-") && is_plain => "a lesson of the lab",
        _ => return None,
    })
}

/// The first and last four characters of a text that the page must not show in full; none of a short text.
fn elided(value: &str) -> String {
    let ends = value.get(..4).zip(value.len().checked_sub(4).and_then(|from| value.get(from..)));
    match ends {
        Some((first, last)) if value.len() > 16 => format!("{first}…{last}"),
        _ => "…".to_owned(),
    }
}
