//! `POST /token`: access tokens as twilio's helper library makes them.

use actix_web::HttpResponse;
use serde_json::Value;

use crate::keys::KeyRing;
use crate::profiles::Lifetime;
use crate::profiles::twilio::{self, AccessTokenRequest, Grants};
use crate::web::api::credentials::{LoginIssuer, TokenRequest};
use crate::web::http::endpoint::common::{JSON, TOKEN_FOR_LOGIN};
use crate::web::http::endpoint::{Access, Body, Description, Endpoint, Operation, RoutePolicy};
use crate::web::http::problem::Problem;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    "/token",
    RoutePolicy::OtherSites,
    &[Operation::post(
        |route| route.to(token),
        Description {
            id: "accessToken",
            summary: "An access token for Twilio's client libraries",
            access: Access::Login,
            parameters: &[],
            body: Some(Body {
                media: JSON,
                schema: "AccessTokenRequest",
                is_required: false,
                example: r#"{"username":"susan","password":"secret"}"#,
            }),
            own_answers: TOKEN_FOR_LOGIN,
            curl: r#"curl -s {base}/token -H 'Content-Type: application/json' -d '{"username":"susan","password":"secret"}'"#,
        },
    )],
)];

/// Answers `{"token": …}` to whoever gives a username and a password.
pub(in crate::web) async fn token(token_request: TokenRequest, issuer: LoginIssuer) -> Result<HttpResponse, Problem> {
    let issue = |ring: &KeyRing, identity, now| {
        let lifetime = token_request.lifetime(Lifetime::HOUR)?;
        let grants = grants(&token_request)?;
        let region = token_request.text("region")?.to_owned();
        let request = AccessTokenRequest { identity, lifetime, grants, region };
        Ok(twilio::issue(ring, &request, now)?)
    };
    issuer.answer(&token_request, &twilio::PROFILE, issue).await
}

fn grants(token_request: &TokenRequest) -> Result<Grants, Problem> {
    match token_request.members.get("grants") {
        None | Some(Value::Null) => Ok(Grants::tutorial()),
        Some(value) => {
            Grants::parse(value).map_err(|error| Problem::bad_request(format!("The grants cannot be used: {error}.")))
        }
    }
}
