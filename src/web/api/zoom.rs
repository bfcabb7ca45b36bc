//! `POST /zoom/token`: API-key tokens.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::profiles::{Lifetime, zoom};
use crate::web::api::credentials::TokenRequest;
use crate::web::api::logins::Logins;
use crate::web::http::endpoint::common::{JSON, TOKEN_FOR_LOGIN};
use crate::web::http::endpoint::{Access, Body, Description, Endpoint, Guard, Operation};
use crate::web::http::problem::Problem;
use crate::web::metrics::Metrics;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    "/zoom/token",
    Guard::OtherSites,
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
pub(in crate::web) async fn token(
    asked: TokenRequest,
    logins: Data<Logins>,
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    metrics: Data<Metrics>,
) -> Result<HttpResponse, Problem> {
    asked.admit(&logins, clock.now()).await?;
    let lifetime = asked.lifetime(Lifetime::MINUTE)?;
    let token = zoom::issue(&keys.ring(), lifetime, clock.now())?;
    metrics.issued(&zoom::PROFILE, token.algorithm());
    Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
}
