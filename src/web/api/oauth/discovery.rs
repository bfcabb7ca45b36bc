//! The documents by which clients and APIs find everything else from one URL.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, http::header};
use serde_json::Value;

use crate::keys::{Algorithm, CurrentKeys, KeyRing};
use crate::oauth::discovery::{self, Resource};
use crate::web::http::endpoint::{Access, Answer, Description, Endpoint, Operation, RoutePolicy};
use crate::web::http::origins::{Origins, RequestIssuer};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        discovery::OPENID_CONFIGURATION,
        RoutePolicy::EverySite,
        &[Operation::get(
            |route| route.to(issuer),
            Description {
                id: "openidConfiguration",
                summary: "The issuer's endpoints, and what they support (OpenID Connect Discovery)",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::json(200, "IssuerMetadata", "The document.")],
                curl: "curl -s {base}/.well-known/openid-configuration",
            },
        )],
    ),
    Endpoint::new(
        discovery::AUTHORIZATION_SERVER,
        RoutePolicy::EverySite,
        &[Operation::get(
            |route| route.to(issuer),
            Description {
                id: "authorizationServer",
                summary: "The same document at the address of RFC 8414",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::json(200, "IssuerMetadata", "The document.")],
                curl: "curl -s {base}/.well-known/oauth-authorization-server",
            },
        )],
    ),
    Endpoint::new(
        discovery::PROTECTED_RESOURCE,
        RoutePolicy::EverySite,
        &[Operation::get(
            |route| route.to(origin),
            Description {
                id: "protectedResource",
                summary: "This server as a resource that takes its own access tokens (RFC 9728)",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::json(200, "ResourceMetadata", "The document.")],
                curl: "curl -s {base}/.well-known/oauth-protected-resource",
            },
        )],
    ),
    Endpoint::new(
        discovery::PROTECTED_RESOURCE_ME,
        RoutePolicy::EverySite,
        &[Operation::get(
            |route| route.to(me),
            Description {
                id: "protectedResourceMe",
                summary: "/api/me as a resource of its own (RFC 9728)",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::json(200, "ResourceMetadata", "The document.")],
                curl: "curl -s {base}/.well-known/oauth-protected-resource/api/me",
            },
        )],
    ),
];

/// The issuer's document. Programs are sent to the host at which they asked for it, which they can reach.
pub(in crate::web) async fn issuer(
    request: HttpRequest,
    issuer: RequestIssuer,
    origins: Data<Origins>,
    keys: Data<CurrentKeys>,
) -> HttpResponse {
    let issuer = discovery::IssuerMetadata {
        url: issuer.as_str(),
        back_channel: &origins.reached_at(request.head()),
        algorithms: &algorithms(&keys.ring()),
    };
    document(&issuer.document())
}

/// What ID tokens may be signed with. RS256 is always among them, because every client must know it (OpenID Connect
/// Discovery §3).
fn algorithms(ring: &KeyRing) -> Vec<Algorithm> {
    let others = ring.bearer_algorithms().filter(|it| *it != Algorithm::Rs256);
    std::iter::once(Algorithm::Rs256).chain(others).collect()
}

/// The issuer's origin as a resource.
pub(in crate::web) async fn origin(issuer: RequestIssuer) -> HttpResponse {
    document(&Resource::Origin.document(issuer.as_str()))
}

/// `/api/me` as a resource.
pub(in crate::web) async fn me(issuer: RequestIssuer) -> HttpResponse {
    document(&Resource::Me.document(issuer.as_str()))
}

/// As long as the key set may be cached.
fn document(document: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=30")).json(document)
}
