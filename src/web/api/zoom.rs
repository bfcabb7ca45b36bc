//! `POST /zoom/token`: API-key tokens.

use actix_web::HttpResponse;

use crate::keys::KeyRing;
use crate::profiles::{Lifetime, zoom};
use crate::web::api::credentials::{LoginIssuer, TokenRequest};
use crate::web::http::endpoint::common::{JSON, TOKEN_FOR_LOGIN};
use crate::web::http::endpoint::{Access, Body, Description, Endpoint, Operation, RoutePolicy};
use crate::web::http::problem::Problem;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    "/zoom/token",
    RoutePolicy::OtherSites,
    &[Operation::post(
        |route| route.to(token),
        Description {
            id: "apiKeyToken",
            summary: "A token that says which API key made it and when it ends",
            access: Access::Login,
            parameters: &[],
            body: Some(Body {
                media: JSON,
                schema: "ApiKeyTokenRequest",
                is_required: false,
                example: r#"{"username":"susan","password":"secret","ttl":60}"#,
            }),
            own_answers: TOKEN_FOR_LOGIN,
            curl: "curl -s {base}/zoom/token -u susan:secret -X POST",
        },
    )],
)];

/// Answers `{"token": …}` to whoever gives a username and a password.
pub(in crate::web) async fn token(token_request: TokenRequest, issuer: LoginIssuer) -> Result<HttpResponse, Problem> {
    let issue = |ring: &KeyRing, _, now| {
        let lifetime = token_request.lifetime(Lifetime::MINUTE)?;
        Ok(zoom::issue(ring, lifetime, now)?)
    };
    issuer.answer(&token_request, &zoom::PROFILE, issue).await
}
