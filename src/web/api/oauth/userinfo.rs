//! `/oauth/userinfo`: what a client with an access token may know about the user (OpenID Connect Core §5.3).

use actix_web::{HttpRequest, HttpResponse};

use super::bearer_access::{Denied, MALFORMED, admitted};
use super::issuer::Issuer;
use crate::oauth::scope::KnownScope;
use crate::oauth::{discovery, endpoint_responses};
use crate::token::{Audience, Claims};
use crate::web::http::endpoint::{Access, Answer, Description, Endpoint, Operation, RoutePolicy};

const ANSWERS: &[Answer] = &[
    Answer::json(200, "UserInfo", "The user, as far as the scope goes."),
    MALFORMED,
    Answer::json(401, "Problem", "No token, or one that is refused; WWW-Authenticate says which."),
    Answer::json(403, "Problem", "The token has not the scope openid."),
    Answer::json(503, "OAuthError", "The store does not answer, and knows whether the token was revoked."),
];

const SUMMARY: &str = "The user behind an access token with the scope openid";

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    discovery::USERINFO,
    RoutePolicy::OtherSites,
    &[
        Operation::get(
            |route| route.to(userinfo),
            Description {
                id: "userinfo",
                summary: SUMMARY,
                access: Access::Bearer,
                parameters: &[],
                body: None,
                own_answers: ANSWERS,
                curl: "TOKEN=$(curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials \
                       -d scope=openid | cut -d'\"' -f4)\n\
                       curl -s {base}/oauth/userinfo -H \"Authorization: Bearer $TOKEN\"",
            },
        ),
        Operation::post(
            |route| route.to(userinfo),
            Description {
                id: "userinfoByPost",
                summary: SUMMARY,
                access: Access::Bearer,
                parameters: &[],
                body: None,
                own_answers: ANSWERS,
                curl: "TOKEN=$(curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials \
                       -d scope=openid | cut -d'\"' -f4)\n\
                       curl -s -X POST {base}/oauth/userinfo -H \"Authorization: Bearer $TOKEN\"",
            },
        ),
    ],
)
.allowing_credentials()];

/// `GET` and `POST /oauth/userinfo`.
pub(in crate::web) async fn userinfo(request: HttpRequest, issuer: Issuer) -> HttpResponse {
    match known(&request, &issuer).await {
        Ok(claims) => HttpResponse::Ok().json(claims),
        Err(denied) => denied.response(None),
    }
}

/// The token may be for any audience: who is asked about is the user, who is the same everywhere.
async fn known(request: &HttpRequest, issuer: &Issuer) -> Result<Claims, Denied> {
    let claims = admitted(issuer, request.headers(), Audience::Anybody).await?;
    endpoint_responses::userinfo(&claims)
        .map_err(|error| Denied::OutOfScope { error, needed: KnownScope::Openid.as_str() })
}
