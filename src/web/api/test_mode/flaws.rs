//! Tokens that are wrong in one named way.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::{TestIssuer, algorithm, no_token, none_of, profile, read_exactly, text};
use crate::keys::{Algorithm, Signer};
use crate::profiles::flawed::{self, Flaw, FlawError, Wanted};
use crate::profiles::{Issuer, bearer};
use crate::web::http::json_body::whole_number;
use crate::web::http::problem::Problem;
use crate::web::http::signing_queue::SigningQueue;

/// How far the times of a flawed token may be off, in seconds: some thirty years.
const FARTHEST_FLAW: i64 = 1_000_000_000;

/// `POST /test/flawed`: a token that is wrong in one named way, and the code that this server's verifier answers.
pub(super) async fn flawed(
    request: HttpRequest,
    body: Bytes,
    signing: SigningQueue,
    server: TestIssuer,
) -> Result<HttpResponse, Problem> {
    let members = read_exactly(&request, &body, &["flaw", "profile", "algorithm", "claims", "by"])?;
    let mut wanted = wanted(&members)?;
    let profile = profile(&members, "profile")?;
    let random = server.random.bytes()?;
    let ring = server.keys.ring();
    let mut issuer = server.issuer(&ring, server.sessions.default_algorithm);
    if profile == &bearer::PROFILE {
        let name = text(&members, "algorithm")?;
        wanted.signer = name.map(|name| bearer_signer(name, &issuer)).transpose()?;
    } else if let Some(only) = (profile.only_algorithm)(&ring) {
        expect_algorithm(only, text(&members, "algorithm")?)?;
    } else {
        issuer.algorithm = algorithm(&members)?.unwrap_or(issuer.algorithm);
    }
    let _permit = signing.acquire().await;
    let (token, code) = flawed::make(profile, &wanted, &issuer, random).map_err(no_flawed_token)?;
    Ok(HttpResponse::Ok().json(json!({ "token": token, "expected_code": code })))
}

/// Refuses another algorithm than the only one that a profile's tokens are signed with.
fn expect_algorithm(only: Algorithm, name: Option<&str>) -> Result<(), Problem> {
    match name {
        None => Ok(()),
        Some(name) if name.parse().is_ok_and(|algorithm: Algorithm| algorithm == only) => Ok(()),
        Some(_) => Err(none_of("algorithm", &[only.as_str()])),
    }
}

/// The bearer key for the algorithm of this name.
fn bearer_signer(name: &str, issuer: &Issuer<'_>) -> Result<Signer, Problem> {
    let signer = name.parse().ok().and_then(|algorithm| issuer.ring.bearer_signer(algorithm, issuer.now));
    signer.cloned().ok_or_else(|| none_of("algorithm", &Algorithm::NAMES_OF_PAIRS))
}

fn wanted(members: &Map<String, Value>) -> Result<Wanted, Problem> {
    let flaw = text(members, "flaw")?.and_then(|name| name.parse::<Flaw>().ok());
    let flaw = flaw.ok_or_else(|| none_of("flaw", Flaw::NAMES))?;
    let claims = match members.get("claims") {
        None => Map::new(),
        Some(Value::Object(claims)) => claims.clone(),
        Some(_) => return Err(Problem::bad_request("`claims` must be an object.")),
    };
    let by = match members.get("by") {
        None => Some(Wanted::USUAL_DISTANCE),
        Some(by) => whole_number(by).filter(|by| (1..=FARTHEST_FLAW).contains(by)),
    };
    let bad_by = || Problem::bad_request(format!("`by` must be a number of whole seconds from 1 to {FARTHEST_FLAW}."));
    Ok(Wanted { flaw, signer: None, claims, by: by.ok_or_else(bad_by)? })
}

fn no_flawed_token(error: FlawError) -> Problem {
    match error {
        FlawError::MeansNothing { .. } | FlawError::NoPublicKey { .. } => Problem::bad_request(error.to_string()),
        FlawError::Issue(error) => no_token(error),
    }
}
