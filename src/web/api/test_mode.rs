//! What tests of other programs ask for: a clock that they set, any token signed, a token wrong in one named way, a
//! session with any text in it, claims of users, the keys, answers that fail, and what was received. The routes exist
//! only under `--test-mode`.
//!
//! Clock, keys and rate counters are shared by all who use the server: a test that moves the clock moves it for all of
//! them.

mod clock;
mod endpoints;
mod faults;
mod flaws;
mod keys;
mod received;
mod users;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, Settable};
use crate::code::Code;
use crate::keys::{Algorithm, CurrentKeys, GivenKey, KeyFault, KeyLocation, KeyRing, Signer};
use crate::oauth::user_claims::ClaimsOfUsers;
use crate::profiles::bearer;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::profiles::{IssueError, Issuer, Profile};
use crate::random::Random;
use crate::redis::RedisFailure;
use crate::token::{self, Header};
use crate::web::api::telesign::PhoneLimit;
use crate::web::http::client_work::ClientWork;
use crate::web::http::extractor::extractor;
use crate::web::http::json_body::json_object_of;
use crate::web::http::origins::RequestIssuer;
use crate::web::http::problem::Problem;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::session::logins::Logins;
use crate::web::session::{Sessions, Visitor};
use clock::{seconds_of, set_clock};
pub(in crate::web) use endpoints::ENDPOINTS;
pub(in crate::web) use faults::{Faults, InjectedFault, MadeToFail};
use faults::{end_faults, fault};
use flaws::flawed;
pub(in crate::web) use keys::Rotation;
use keys::{private_keys, rotate};
use received::requests;
pub(in crate::web) use received::{ReceivedRequests, RequestInProgress};
use users::{forget_user, set_user};

extractor! {
    /// What test tokens are made with.
    pub(in crate::web) struct TestIssuer {
        keys: Data<CurrentKeys>,
        clock: Data<dyn Clock>,
        issuer: RequestIssuer,
        sessions: Data<Sessions>,
        random: Data<Random>,
    }
}

impl TestIssuer {
    /// What profiles need of this server now. `algorithm` counts for profiles that let the visitor choose.
    fn issuer<'a>(&'a self, ring: &'a KeyRing, algorithm: DemoAlgorithm) -> Issuer<'a> {
        Issuer { ring, algorithm, url: self.issuer.as_str(), now: self.clock.now() }
    }
}

extractor! {
    /// The counters of all rate limits.
    pub(in crate::web) struct Counts {
        phone_limit: Data<PhoneLimit>,
        logins: Data<Logins>,
        sessions: Data<Sessions>,
    }
}

impl Counts {
    /// Resets all counts.
    async fn reset(&self) -> Result<(), RedisFailure> {
        self.phone_limit.0.reset().await?;
        self.sessions.backend.reset_counts();
        self.logins.reset_tries().await
    }
}

/// What the request pipeline does for test mode.
#[derive(Default)]
pub(in crate::web) struct TestControls {
    pub faults: Faults,
    pub received: ReceivedRequests,
}

/// Whether a path is one of test mode, however it is encoded. Such a path cannot fail, and is not recorded as
/// received.
pub(in crate::web) fn is_own(path: &str) -> bool {
    let path = percent_decode_str(path).decode_utf8_lossy();
    path == "/test" || path.starts_with("/test/")
}

/// The body's members. A member that is misspelt or of another type is refused, and so is a query. If they were
/// ignored, the test would go on with something that it did not ask for.
fn read(request: &HttpRequest, body: &[u8], known: &[&str]) -> Result<Map<String, Value>, Problem> {
    expect_no_query(request)?;
    json_object_of(request, body, known)
}

/// The same for a body whose numbers go into a token: one that would be rounded is refused.
fn read_exactly(request: &HttpRequest, body: &[u8], known: &[&str]) -> Result<Map<String, Value>, Problem> {
    let members = read(request, body, known)?;
    match std::str::from_utf8(body).ok().and_then(token::first_changed_number) {
        Some(number) => Err(Problem::bad_request(format!("The body has {number}."))),
        None => Ok(members),
    }
}

/// The same where the body may be left out.
fn read_if_any(request: &HttpRequest, body: &[u8], known: &[&str]) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() && request.query_string().is_empty() { Ok(Map::new()) } else { read(request, body, known) }
}

fn expect_no_query(request: &HttpRequest) -> Result<(), Problem> {
    let message = "This address takes no query parameters. Put the values into the JSON body.";
    if request.query_string().is_empty() { Ok(()) } else { Err(Problem::bad_request(message)) }
}

/// Test mode always has such a clock.
fn settable(clock: &dyn Clock) -> Result<&Settable, Problem> {
    clock.settable().ok_or_else(|| Problem::broken("test mode has a clock that cannot be set"))
}

/// `POST /test/sign`: any header and claims, signed by a chosen key.
pub(in crate::web) async fn sign(
    request: HttpRequest,
    body: Bytes,
    signing: SigningQueue,
    work: ClientWork,
    server: TestIssuer,
) -> Result<HttpResponse, Problem> {
    let known = ["algorithm", "key", "header", "header_text", "claims", "claims_text"];
    let members = read_exactly(&request, &body, &known)?;
    let ring = server.keys.ring();
    let wanted = SigningRequest { members: &members, issuer: server.issuer(&ring, server.sessions.default_algorithm) };
    let token = match wanted.signer()? {
        Some(signer) => {
            let (header, claims) = (wanted.header(Some(&signer))?, wanted.claims()?);
            let token = if wanted.given_key()?.is_some() {
                // The client chose the size of this key.
                work.run(move || token::sign(header, claims, &signer)).await?
            } else {
                let _permit = signing.acquire().await;
                token::sign(header, claims, &signer)
            };
            token?.into_string()
        }
        None => token::signing_input(wanted.header(None)?, wanted.claims()?) + ".",
    };
    Ok(HttpResponse::Ok().json(json!({ "token": token })))
}

/// What messages call a key that a request contains.
const GIVEN_KEY: &str = "`key`";

fn algorithm_named(name: &str) -> Result<Algorithm, Problem> {
    name.parse().map_err(|accepted| Problem::bad_request(format!("`algorithm` must be none, {accepted}.")))
}

fn unfit_key(fault: KeyFault) -> Problem {
    Problem::bad_request(format!("`key` cannot be used: {}.", fault.advised(&KeyLocation::Pasted)))
}

/// What is to be signed.
struct SigningRequest<'a> {
    members: &'a Map<String, Value>,
    issuer: Issuer<'a>,
}

impl SigningRequest<'_> {
    /// `None` for the algorithm `none`.
    fn signer(&self) -> Result<Option<Signer>, Problem> {
        let given = self.given_key()?;
        let name = text(self.members, "algorithm")?;
        if let Some(given) = given.filter(|_| name != Some("none")) {
            let kid = self.members.get("header").and_then(|header| header.get("kid")?.as_str());
            return given.signer_named(kid, name.map(algorithm_named).transpose()?).map(Some).map_err(unfit_key);
        }
        let Some(name) = name else {
            return self.profile()?.signer(&self.issuer).cloned().map(Some).map_err(no_token);
        };
        if name == "none" {
            // Nothing is signed, but a key that is misspelt would be ignored silently.
            if self.given_key()?.is_none() {
                self.profile()?;
            }
            return Ok(None);
        }
        let algorithm = algorithm_named(name)?;
        let profile = self.profile()?;
        if profile == &bearer::PROFILE
            && let Some(signer) = self.issuer.ring.bearer_signer(algorithm, self.issuer.now)
        {
            return Ok(Some(signer.clone()));
        }
        let signer = DemoAlgorithm::sharing_key_with(algorithm)
            .and_then(|algorithm| profile.signer(&Issuer { algorithm, ..self.issuer }).ok())
            .and_then(|signer| signer.under(algorithm));
        let unfit = || Problem::bad_request(format!("The key that `key` names signs nothing under {algorithm}."));
        signer.map(Some).ok_or_else(unfit)
    }

    /// A key that is in `key` itself, in place of a profile's name: a JWK or a set of them, or the text of any form.
    fn given_key(&self) -> Result<Option<GivenKey>, Problem> {
        let given = match self.members.get("key") {
            Some(jwk @ Value::Object(_)) => Some(GivenKey::from_jwk(jwk.to_string().as_bytes(), GIVEN_KEY)),
            Some(Value::String(text)) => GivenKey::of_recognised(text.as_bytes(), GIVEN_KEY),
            _ => None,
        };
        given.transpose().map_err(unfit_key)
    }

    fn profile(&self) -> Result<&'static Profile, Problem> {
        profile(self.members, "key")
    }

    /// The header that was given, or else the profile's own.
    fn header(&self, signer: Option<&Signer>) -> Result<Vec<u8>, Problem> {
        if let Some(given) = self.given("header", "header_text")? {
            return Ok(given);
        }
        let Some(signer) = signer else { return Ok(br#"{"alg":"none","typ":"JWT"}"#.to_vec()) };
        match self.given_key()? {
            Some(_) => Ok(Header::of_type("JWT").text(signer)),
            None => Ok(self.profile()?.header.text(signer)),
        }
    }

    fn claims(&self) -> Result<Vec<u8>, Problem> {
        let missing = || Problem::bad_request("`claims` must be an object, or `claims_text` any text.");
        self.given("claims", "claims_text")?.ok_or_else(missing)
    }

    fn given(&self, object: &str, raw: &str) -> Result<Option<Vec<u8>>, Problem> {
        match (self.members.get(object), text(self.members, raw)?) {
            (Some(_), Some(_)) => Err(Problem::bad_request(format!("Send `{object}` or `{raw}`, and not both."))),
            (Some(Value::Object(members)), None) => Ok(Some(Value::Object(members.clone()).to_string().into_bytes())),
            (Some(_), None) => Err(Problem::bad_request(format!("`{object}` must be an object."))),
            (None, raw) => Ok(raw.map(|raw| raw.as_bytes().to_vec())),
        }
    }
}

/// A text member, when it is there.
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Problem> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::bad_request(format!("`{name}` must be a string."))),
    }
}

/// The profile that a member names; the demo where it names none.
fn profile(members: &Map<String, Value>, member: &str) -> Result<&'static Profile, Problem> {
    let Some(name) = text(members, member)? else { return Ok(&demo::PROFILE) };
    name.parse().map_err(|accepted| Problem::bad_request(format!("`{member}` must be {accepted}.")))
}

fn none_of(name: &str, accepted: &[&str]) -> Problem {
    Problem::bad_request(format!("`{name}` must be one of {}.", accepted.join(", ")))
}

/// `POST /test/session`: any text as the token of the caller's session.
pub(in crate::web) async fn session(
    request: HttpRequest,
    body: Bytes,
    mut visitor: Visitor,
    clock: Data<dyn Clock>,
) -> Result<HttpResponse, Problem> {
    let members = read(&request, &body, &["token", "algorithm"])?;
    let token = text(&members, "token")?.ok_or_else(|| Problem::bad_request("`token` must be a string."))?;
    let now = clock.now();
    if let Some(algorithm) = algorithm(&members)? {
        visitor.choose(algorithm, now)?;
    }
    visitor.keep_token(token.to_owned(), now)?;
    Ok(HttpResponse::Ok().json(json!({ "token": token, "algorithm": visitor.algorithm() })))
}

fn algorithm(members: &Map<String, Value>) -> Result<Option<DemoAlgorithm>, Problem> {
    let Some(name) = text(members, "algorithm")? else { return Ok(None) };
    name.parse()
        .map(Some)
        .map_err(|accepted| Problem::bad_request(format!("`algorithm` cannot be chosen: {accepted}.")))
}

fn no_token(error: IssueError) -> Problem {
    match error {
        IssueError::NoSigner(_) => Problem::new(
            StatusCode::CONFLICT,
            Code::CannotSign,
            "The keys folder has no private key for this algorithm.",
        ),
        IssueError::Signing(error) => error.into(),
    }
}

/// `POST /test/reset`: clock, keys and rate counters as they were at the start, no faults, no claims of users and no
/// requests received. What is stored stays.
pub(in crate::web) async fn reset(
    request: HttpRequest,
    body: Bytes,
    clock: Data<dyn Clock>,
    keys: Data<CurrentKeys>,
    counts: Counts,
    controls: Data<TestControls>,
    users: Data<ClaimsOfUsers>,
) -> Result<HttpResponse, Problem> {
    read_if_any(&request, &body, &[])?;
    settable(&**clock)?.reset();
    keys.restore();
    controls.faults.clear();
    controls.received.clear();
    users.clear();
    counts.reset().await.map_err(|error| Problem::rates_unavailable(&error))?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_number_that_would_be_rounded_is_refused_in_the_words_of_the_command() {
        let read = |claims: &str| {
            let request = TestRequest::post().insert_header(("content-type", "application/json")).to_http_request();
            let body = format!(r#"{{"claims":{claims}}}"#);
            read_exactly(&request, body.as_bytes(), &["claims"]).map_err(|problem| problem.message)
        };
        let kept = "numbers are kept as 64-bit integers or doubles; ";
        for (claims, told) in [
            (
                r#"{"id":12345678901234567890123}"#,
                "12345678901234567890123, which would be written as 1.2345678901234568e+22",
            ),
            (r#"{"a":[{"z":-0}]}"#, "-0, which would be written as -0.0"),
        ] {
            let message = read(claims).unwrap_err();
            assert!(message.starts_with(&format!("The body has the number {told}: {kept}write ")), "{message}");
        }
        assert!(read(r#"{"price":1.10,"n":18446744073709551615,"text":"-0"}"#).is_ok());
    }
}
