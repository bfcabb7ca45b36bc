//! Documents at addresses that clients know beforehand (RFC 8615).

use actix_web::web::Data;
use actix_web::{HttpResponse, http::header};

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::web::http::endpoint::{Access, Answer, Description, Endpoint, Operation, RoutePolicy};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    "/.well-known/jwks.json",
    RoutePolicy::EverySite,
    &[Operation::get(
        |route| route.to(jwks),
        Description {
            id: "jwks",
            summary: "The public keys, which verify the demo's RS256 tokens, bearer tokens and ID tokens",
            access: Access::Anybody,
            parameters: &[],
            body: None,
            own_answers: &[Answer::json(200, "Jwks", "The keys.")],
            curl: "curl -s {base}/.well-known/jwks.json",
        },
    )],
)];

/// `GET /.well-known/jwks.json`: the public keys (RFC 7517 §5), those of the demo first.
pub(in crate::web) async fn jwks(keys: Data<CurrentKeys>, clock: Data<dyn Clock>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=30"))
        .json(keys.ring().published(clock.now()))
}
