//! What tests of other programs ask for: a clock that they set, any token signed, a token wrong in one named way, a
//! session with any text in it, the next keys. The routes exist only under `--test-mode`.
//!
//! Clock, keys and rate counters are shared by all who use the server: one who moves the clock moves it for everybody.

mod endpoints;
mod faults;
mod received;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, Settable};
use crate::code::Code;
use crate::keys::{Algorithm, CurrentKeys, KeyRing, Signer};
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::profiles::flawed::{self, Flaw};
use crate::profiles::{IssueError, Issuer, Profile};
use crate::random::Random;
use crate::redis::RedisFailure;
use crate::token::{self, NumericDate};
use crate::web::api::telesign::PhoneLimit;
use crate::web::http::client_work::ClientWork;
use crate::web::http::extractor::extractor;
use crate::web::http::json_body::json_object_of;
use crate::web::http::origins::RequestIssuer;
use crate::web::http::problem::Problem;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::session::logins::Logins;
use crate::web::session::{Sessions, Visitor};
pub(in crate::web) use endpoints::ENDPOINTS;
pub(in crate::web) use faults::{Fault, Faults, MadeToFail};
use faults::{end_faults, fault};
use received::requests;
pub(in crate::web) use received::{Received, ReceivedRequests};

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
    async fn forget(&self) -> Result<(), RedisFailure> {
        self.phone_limit.forget().await?;
        self.sessions.backend.forget_counts();
        self.logins.forget_tries().await
    }
}

/// What the request pipeline does for test mode.
#[derive(Default)]
pub(in crate::web) struct TestControls {
    pub faults: Faults,
    pub received: ReceivedRequests,
}

/// Whether a path is one of test mode, however it is encoded. Such a path cannot fail, and is not noted down as received.
pub(in crate::web) fn is_own(path: &str) -> bool {
    let path = percent_decode_str(path).decode_utf8_lossy();
    path == "/test" || path.starts_with("/test/")
}

/// A lock that is held while the keys are rotated.
#[derive(Default)]
pub(in crate::web) struct Rotation(tokio::sync::Mutex<()>);

/// How far a rotation may be ahead, in seconds.
const FARTHEST_ROTATION: i64 = 86_400;

/// `PUT /test/clock`: where the clock is set to, and whether it runs on from there.
pub(in crate::web) async fn set_clock(
    request: HttpRequest,
    body: Bytes,
    clock: Data<dyn Clock>,
) -> Result<HttpResponse, Problem> {
    let members = read(&request, &body, &["now", "advance", "real", "running"])?;
    let clock = settable(&**clock)?;
    let (movement, is_running) = (Movement::of(&members)?, running(&members)?);
    movement.make(clock)?;
    match is_running {
        Some(true) => clock.run(),
        Some(false) => clock.stop(),
        None => {}
    }
    Ok(HttpResponse::Ok().json(json!({ "now": shown(clock.now()) })))
}

/// How the clock is moved before it stands still or runs.
enum Movement {
    To(DateTime<Utc>),
    By(TimeDelta),
    ToSystem,
    None,
}

impl Movement {
    fn of(members: &Map<String, Value>) -> Result<Self, Problem> {
        let is_running_given = members.contains_key("running");
        let mut given = members.iter().filter(|(name, _)| *name != "running");
        match (given.next(), given.next()) {
            (None, _) if is_running_given => Ok(Self::None),
            (None, _) | (Some(_), Some(_)) => Err(unclear_clock()),
            (Some((name, value)), None) => match (name.as_str(), value) {
                ("now", value) => moment(value).map(Self::To).ok_or_else(bad_now),
                ("advance", value) => {
                    seconds(value).and_then(TimeDelta::try_milliseconds).map(Self::By).ok_or_else(bad_advance)
                }
                (_, Value::Bool(true)) if is_running_given => Err(unclear_clock()),
                (_, Value::Bool(true)) => Ok(Self::ToSystem),
                _ => Err(Problem::bad_request("`real` must be true, and then the clock follows the machine's.")),
            },
        }
    }

    fn make(self, clock: &Settable) -> Result<(), Problem> {
        match self {
            Self::To(now) => clock.set(now),
            Self::By(by) => {
                clock.advance(by).ok_or_else(bad_advance)?;
            }
            Self::ToSystem => clock.follow_system(),
            Self::None => {}
        }
        Ok(())
    }
}

fn running(members: &Map<String, Value>) -> Result<Option<bool>, Problem> {
    let wrong = || Problem::bad_request("`running` must be true or false: whether the clock runs on from there.");
    members.get("running").map(|value| value.as_bool().ok_or_else(wrong)).transpose()
}

/// The body's members. What is misspelt, of another type or in the query would otherwise be left out in silence, and
/// the test would go on with something else than it asked for.
fn read(request: &HttpRequest, body: &[u8], known: &[&str]) -> Result<Map<String, Value>, Problem> {
    if !request.query_string().is_empty() {
        return Err(Problem::bad_request("This address takes no query; what is asked for stands in the JSON body."));
    }
    json_object_of(request, body, known)
}

/// The same where the body may be left out.
fn read_if_any(request: &HttpRequest, body: &[u8], known: &[&str]) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() && request.query_string().is_empty() { Ok(Map::new()) } else { read(request, body, known) }
}

/// Test mode always has such a clock.
fn settable(clock: &dyn Clock) -> Result<&Settable, Problem> {
    clock.settable().ok_or_else(|| Problem::broken("test mode has a clock that cannot be set"))
}

fn unclear_clock() -> Problem {
    Problem::bad_request(
        "The clock takes one of `now`, `advance` and `real`, and no two at once. `running` goes with `now` or `advance`, or \
         stands alone.",
    )
}

fn bad_now() -> Problem {
    Problem::bad_request("`now` must be a number of seconds since 1970, from 0 to under 100000000000.")
}

fn bad_advance() -> Problem {
    Problem::bad_request("`advance` must be a number of seconds that leaves the clock within the years 1970 to 5138.")
}

/// A number of seconds, in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are those of a date that a token can have")]
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e11)?;
    Some((seconds * 1e3).round() as i64)
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(seconds(value).filter(|milliseconds| *milliseconds >= 0)?)
}

/// Whole seconds where the clock stands on one.
fn shown(now: DateTime<Utc>) -> Value {
    let milliseconds = now.timestamp_millis();
    if milliseconds % 1000 == 0 { (milliseconds / 1000).into() } else { NumericDate::from_moment(now).seconds().into() }
}

/// `POST /test/sign`: any header and claims, signed by a chosen key.
pub(in crate::web) async fn sign(
    request: HttpRequest,
    body: Bytes,
    signing: SigningQueue,
    server: TestIssuer,
) -> Result<HttpResponse, Problem> {
    let known = ["algorithm", "key", "header", "header_text", "claims", "claims_text"];
    let members = read(&request, &body, &known)?;
    let _permit = signing.acquire().await;
    let ring = server.keys.ring();
    let order = Order { members: &members, issuer: server.issuer(&ring, server.sessions.default_algorithm) };
    let token = match order.signer()? {
        Some(signer) => token::seal(order.header(Some(&signer))?, order.claims()?, &signer)?.into_string(),
        None => token::signing_input(order.header(None)?, order.claims()?) + ".",
    };
    Ok(HttpResponse::Ok().json(json!({ "token": token })))
}

/// What is to be signed.
struct Order<'a> {
    members: &'a Map<String, Value>,
    issuer: Issuer<'a>,
}

impl Order<'_> {
    /// `None` for the algorithm `none`.
    fn signer(&self) -> Result<Option<Signer>, Problem> {
        let Some(name) = text(self.members, "algorithm")? else {
            return self.profile()?.signer(&self.issuer).cloned().map(Some).map_err(no_token);
        };
        if name == "none" {
            // Nothing is signed, but a key that is misspelt would be left out in silence.
            self.profile()?;
            return Ok(None);
        }
        let algorithm: Algorithm =
            name.parse().map_err(|accepted| Problem::bad_request(format!("`algorithm` must be none, {accepted}.")))?;
        let profile = self.profile()?;
        let signer = DemoAlgorithm::sharing_key_with(algorithm)
            .and_then(|algorithm| profile.signer(&Issuer { algorithm, ..self.issuer }).ok())
            .and_then(|signer| signer.under(algorithm));
        let unfit = || Problem::bad_request(format!("The key that `key` names signs nothing under {algorithm}."));
        signer.map(Some).ok_or_else(unfit)
    }

    fn profile(&self) -> Result<&'static Profile, Problem> {
        profile(self.members, "key")
    }

    /// As it is given; the profile's own where none is.
    fn header(&self, signer: Option<&Signer>) -> Result<Vec<u8>, Problem> {
        if let Some(given) = self.given("header", "header_text")? {
            return Ok(given);
        }
        let Some(signer) = signer else { return Ok(br#"{"alg":"none","typ":"JWT"}"#.to_vec()) };
        Ok(self.profile()?.header.text(signer))
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

/// `POST /test/flawed`: a token that is wrong in one named way, and the code that it must get.
pub(in crate::web) async fn flawed(
    request: HttpRequest,
    body: Bytes,
    signing: SigningQueue,
    server: TestIssuer,
) -> Result<HttpResponse, Problem> {
    let members = read(&request, &body, &["flaw", "profile", "algorithm"])?;
    let flaw = text(&members, "flaw")?.and_then(|name| name.parse::<Flaw>().ok());
    let flaw = flaw.ok_or_else(|| none_of("flaw", &Flaw::ALL.map(Flaw::as_str)))?;
    let algorithm = algorithm(&members)?.unwrap_or(server.sessions.default_algorithm);
    let profile = profile(&members, "profile")?;
    let random = server.random.bytes()?;
    let ring = server.keys.ring();
    let issuer = server.issuer(&ring, algorithm);
    let _permit = signing.acquire().await;
    let token = flawed::make(profile, flaw, &issuer, random).map_err(no_token)?;
    Ok(HttpResponse::Ok().json(json!({ "token": token, "expected_code": flaw.expected() })))
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

/// `POST /test/rotate`: the demo's next keys, in memory, which sign `after` so many seconds; answers the key set.
pub(in crate::web) async fn rotate(
    request: HttpRequest,
    body: Bytes,
    work: ClientWork,
    rotation: Data<Rotation>,
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    random: Data<Random>,
) -> Result<HttpResponse, Problem> {
    let members = read_if_any(&request, &body, &["after"])?;
    let after = match members.get("after") {
        None => Some(0),
        Some(value) => value.as_i64().filter(|after| (0..=FARTHEST_ROTATION).contains(after)),
    };
    let wrong =
        || Problem::bad_request(format!("`after` must be a number of whole seconds from 0 to {FARTHEST_ROTATION}."));
    let after = TimeDelta::seconds(after.ok_or_else(wrong)?);
    // Making an RSA key takes a while, so rotations wait for one another, and each adds to the keys of the one before.
    let _alone = rotation.0.lock().await;
    let (now, ring) = (clock.now(), keys.ring());
    let rotated = work.run(move || ring.rotated(now + after, random.source())).await?;
    let rotated = rotated.ok_or_else(|| Problem::broken("no next key could be made"))?;
    keys.replace(rotated);
    Ok(HttpResponse::Ok().json(keys.ring().published(now)))
}

/// `POST /test/reset`: clock, keys and rate counters as they were at the start, no faults and no requests received. What
/// is stored stays.
pub(in crate::web) async fn reset(
    request: HttpRequest,
    body: Bytes,
    clock: Data<dyn Clock>,
    keys: Data<CurrentKeys>,
    counts: Counts,
    controls: Data<TestControls>,
) -> Result<HttpResponse, Problem> {
    read_if_any(&request, &body, &[])?;
    settable(&**clock)?.reset();
    keys.restore();
    controls.faults.clear();
    controls.received.clear();
    counts.forget().await.map_err(|error| Problem::rates_unavailable(&error))?;
    Ok(HttpResponse::NoContent().finish())
}
