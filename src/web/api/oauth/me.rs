//! `GET /api/me`: a resource that needs a bearer token.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::bearer_access::{MALFORMED, admitted};
use super::issuer::Issuer;
use crate::oauth::discovery::{RESOURCE_PATH, Resource};
use crate::token::AudienceRule;
use crate::web::http::endpoint::{Access, Answer, Description, Endpoint, Operation, RoutePolicy};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    RESOURCE_PATH,
    RoutePolicy::OtherSites,
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
                MALFORMED,
                Answer::json(401, "Problem", "No token, or one that is refused; WWW-Authenticate says which."),
                Answer::json(503, "OAuthError", "The store does not answer, and knows whether the token was revoked."),
            ],
            curl: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
                   BEARER=$(curl -s {base}/oauth/token -d assertion=$TOKEN \
                   -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer | cut -d'\"' -f4)\n\
                   curl -s {base}/api/me -H \"Authorization: Bearer $BEARER\"",
        },
    )],
)];

/// A token for the issuer's whole origin is accepted, and so is one for this resource alone.
pub(in crate::web) async fn me(request: HttpRequest, issuer: Issuer) -> HttpResponse {
    let accepted = Resource::ALL.map(|resource| resource.identifier(issuer.url()));
    match admitted(&issuer, request.headers(), AudienceRule::AnyOf(accepted.into())).await {
        Ok(claims) => HttpResponse::Ok().json(json!({
            "sub": claims.get("sub"), "client_id": claims.get("client_id"), "exp": claims.get("exp"),
        })),
        Err(denied) => denied.response(Some(&Resource::Me.metadata_url(issuer.url()))),
    }
}
