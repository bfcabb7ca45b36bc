//! `POST /token`: access tokens as twilio's helper library makes them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::profiles::Lifetime;
use crate::profiles::twilio::{self, Grants, Wish};
use crate::web::api::credentials::TokenRequest;
use crate::web::api::logins::Logins;
use crate::web::http::endpoint::common::{JSON, TOKEN_FOR_LOGIN};
use crate::web::http::endpoint::{Access, Body, Description, Endpoint, Guard, Operation};
use crate::web::http::problem::Problem;
use crate::web::metrics::Metrics;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    "/token",
    Guard::OtherSites,
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
pub(in crate::web) async fn token(
    asked: TokenRequest,
    logins: Data<Logins>,
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    metrics: Data<Metrics>,
) -> Result<HttpResponse, Problem> {
    let identity = asked.admit(&logins, clock.now()).await?;
    let wish = Wish {
        identity,
        lifetime: asked.lifetime(Lifetime::HOUR)?,
        grants: grants(&asked)?,
        region: asked.text("region")?.to_owned(),
    };
    let token = twilio::issue(&keys.ring(), &wish, clock.now())?;
    metrics.issued(&twilio::PROFILE, token.algorithm());
    Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
}

fn grants(asked: &TokenRequest) -> Result<Grants, Problem> {
    match asked.members.get("grants") {
        None | Some(Value::Null) => Ok(Grants::tutorial()),
        Some(value) => {
            Grants::parse(value).map_err(|error| Problem::bad_request(format!("The grants cannot be used: {error}.")))
        }
    }
}
