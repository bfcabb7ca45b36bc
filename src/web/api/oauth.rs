//! The bearer exchange: a signed assertion becomes an access token (RFC 7523), and a resource takes it (RFC 6750).

use std::collections::HashMap;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde_json::json;
use url::form_urlencoded;

use crate::clock::Clock;
use crate::code::Code;
use crate::keys::CurrentKeys;
use crate::oauth::error::quotable;
use crate::profiles::{bearer, zoom};
use crate::random::Random;
use crate::store::Store;
use crate::store::StoreError;
use crate::token::{Claims, Rejection};
use crate::web::api::credentials;
use crate::web::http::endpoint::common::FORM;
use crate::web::http::endpoint::{Access, Answer, Body, Description, Endpoint, Guard, Operation};
use crate::web::http::extractor::extractor;
use crate::web::http::origins::Origins;
use crate::web::http::problem::FailureCause;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::metrics::Metrics;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/oauth/token",
        Guard::OtherSites,
        &[Operation::post(
            |route| route.to(token),
            Description {
                id: "exchange",
                summary: "Exchanges such a token for a bearer token (RFC 7523)",
                access: Access::Assertion,
                parameters: &[],
                body: Some(Body {
                    media: FORM,
                    schema: "Exchange",
                    is_required: true,
                    example: "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=eyJ…",
                }),
                own_answers: &[
                    Answer::json(200, "AccessToken", "The bearer token."),
                    Answer::json(
                        400,
                        "OAuthError",
                        "The request or its assertion is refused; another content type too.",
                    ),
                    Answer::json(500, "OAuthError", "A fault of this server.").rare(),
                    Answer::json(503, "OAuthError", "The store does not answer, and the assertion has a jti."),
                ],
                curl: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
              curl -s {base}/oauth/token -d assertion=$TOKEN -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer",
            },
        )],
    ),
    Endpoint::new(
        "/api/me",
        Guard::OtherSites,
        &[Operation::get(
            |route| route.to(me),
            Description {
                id: "me",
                summary: "A resource for the holder of a bearer token (RFC 6750)",
                access: Access::Bearer,
                parameters: &[],
                body: None,
                own_answers: &[
                    Answer::json(200, "Me", "Who the token is about."),
                    Answer::json(401, "Problem", "No token, or one that is refused; WWW-Authenticate says which."),
                    Answer::json(
                        503,
                        "OAuthError",
                        "The store does not answer, and knows whether the token was revoked.",
                    ),
                ],
                curl: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
                       BEARER=$(curl -s {base}/oauth/token -d assertion=$TOKEN \
                       -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer | cut -d'\"' -f4)\n\
                       curl -s {base}/api/me -H \"Authorization: Bearer $BEARER\"",
            },
        )],
    ),
];

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A refusal of the token endpoint, in the words of RFC 6749 §5.2.
struct Refused {
    error: &'static str,
    description: String,
}

/// Why no access token was made.
enum Failure {
    Refused(Refused),
    StoreAway(StoreError),
    Broken(&'static str),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::StoreAway(error)
    }
}

extractor! {
    /// What the exchange and the resource need.
    pub(in crate::web) struct AuthorizationServer {
        keys: Data<CurrentKeys>,
        clock: Data<dyn Clock>,
        store: Data<dyn Store>,
        origins: Data<Origins>,
        metrics: Data<Metrics>,
        random: Data<Random>,
    }
}

/// `POST /oauth/token`.
pub(in crate::web) async fn token(
    request: HttpRequest,
    body: Bytes,
    signing: SigningQueue,
    server: AuthorizationServer,
) -> HttpResponse {
    match exchange(&request, &body, &signing, &server).await {
        Ok(token) => HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(json!({
            "access_token": token, "token_type": "Bearer", "expires_in": bearer::LIFE,
        })),
        Err(Failure::Refused(Refused { error, description })) => {
            HttpResponse::BadRequest().json(json!({ "error": error, "error_description": description }))
        }
        Err(Failure::StoreAway(error)) => unavailable(&error),
        Err(Failure::Broken(what)) => {
            FailureCause::new(what).behind(HttpResponse::InternalServerError().json(json!({ "error": "server_error" })))
        }
    }
}

async fn exchange(
    request: &HttpRequest,
    body: &[u8],
    signing: &SigningQueue,
    server: &AuthorizationServer,
) -> Result<String, Failure> {
    let parameters = parameters(request, body)?;
    let given = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let grant_type = given("grant_type").ok_or_else(|| invalid_request("`grant_type` is missing"))?;
    if grant_type != JWT_BEARER {
        return Err(refused("unsupported_grant_type", &format!("the only grant type is {JWT_BEARER}")));
    }
    let assertion = given("assertion").ok_or_else(|| invalid_request("`assertion` is missing"))?;
    let now = server.clock.now();
    let claims = accepted(server, assertion, now)?;
    take_once(server, &claims, now).await?;
    let _permit = signing.acquire().await;
    issue(server, &claims, now)
}

/// The claims of an assertion that was signed with the API secret, for this server or for nobody in particular.
fn accepted(server: &AuthorizationServer, assertion: &str, now: DateTime<Utc>) -> Result<Claims, Failure> {
    let verdict = zoom::verify_assertion(&server.keys.ring(), server.origins.issuer(), assertion, now);
    server.metrics.judged(&zoom::PROFILE, &verdict);
    verdict.accept().map_err(|rejection| {
        let reason = rejection.reason;
        refused("invalid_grant", &format!("{}: {}", reason.code, reason.message))
    })
}

/// An assertion with a `jti` is good once within its life (RFC 7523 §3, point 7).
async fn take_once(server: &AuthorizationServer, claims: &Claims, now: DateTime<Utc>) -> Result<(), Failure> {
    let Some(jti) = claims.get("jti").and_then(|it| it.as_str()) else { return Ok(()) };
    let ends = claims.expires_at().ok_or(Failure::Broken("an accepted assertion has no exp"))?;
    if server.store.use_once(zoom::PROFILE.name, jti, ends, now).await? {
        return Ok(());
    }
    Err(refused("invalid_grant", "the assertion was used before"))
}

fn issue(server: &AuthorizationServer, claims: &Claims, now: DateTime<Utc>) -> Result<String, Failure> {
    let issuer = server.origins.issuer();
    let ring = server.keys.ring();
    let client_id = ring.accounts().zoom_api_key.as_str();
    let subject = claims.subject().unwrap_or(client_id);
    let jti = server.random.bytes().map_err(|_| Failure::Broken("the system gave no random bytes"))?;
    let grant = bearer::Grant { issuer, subject, client_id };
    let token = bearer::issue(&ring, &grant, jti, now).map_err(|_| Failure::Broken("the bearer key cannot sign"))?;
    server.metrics.issued(&bearer::PROFILE, token.algorithm());
    Ok(token.into_string())
}

/// The parameters of the form; one that stands twice is an error (RFC 6749 §3.2).
fn parameters(request: &HttpRequest, body: &[u8]) -> Result<HashMap<String, String>, Failure> {
    if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(invalid_request("the body must be application/x-www-form-urlencoded"));
    }
    let mut parameters = HashMap::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        if parameters.insert(name, value).is_some() {
            return Err(invalid_request("a parameter stands twice"));
        }
    }
    Ok(parameters)
}

fn refused(error: &'static str, description: &str) -> Failure {
    Failure::Refused(Refused { error, description: quotable(description) })
}

fn invalid_request(description: &str) -> Failure {
    refused("invalid_request", description)
}

fn unavailable(error: &StoreError) -> HttpResponse {
    let response = HttpResponse::ServiceUnavailable().json(json!({ "error": "temporarily_unavailable" }));
    FailureCause::of(error).behind(response)
}

/// `GET /api/me`: a resource for the holder of a bearer token.
pub(in crate::web) async fn me(request: HttpRequest, server: AuthorizationServer) -> HttpResponse {
    let Some(token) = credentials::authorization(request.headers(), "Bearer") else {
        return challenge("", Code::NoToken, "A bearer token is required.");
    };
    let judged = bearer::verify(&server.keys.ring(), server.origins.issuer(), token, server.clock.now());
    let verdict = match server.store.resolve_revocation(judged).await {
        Ok(verdict) => verdict,
        Err(error) => return unavailable(&error),
    };
    server.metrics.judged(&bearer::PROFILE, &verdict);
    match verdict.accept() {
        Ok(claims) => HttpResponse::Ok().json(json!({
            "sub": claims.get("sub"), "client_id": claims.get("client_id"), "exp": claims.get("exp"),
        })),
        Err(Rejection { reason, .. }) => {
            let description = quotable(&format!("{}: {}", reason.code, reason.message));
            let error = format!(r#", error="invalid_token", error_description="{description}""#);
            challenge(&error, reason.code, &reason.message)
        }
    }
}

/// A refusal as RFC 6750 §3 asks: who sent no token at all is told no error.
fn challenge(error: &str, code: Code, message: &str) -> HttpResponse {
    let mut response = HttpResponse::Unauthorized().json(json!({ "error": code, "message": message }));
    if let Ok(value) = HeaderValue::from_str(&format!(r#"Bearer realm="hallpass"{error}"#)) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
