//! `POST /oauth/introspect`: whether a token is in force, and what it says (RFC 7662).

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};

use super::clients::{CLIENT_NOT_CHECKED, Clients, NO_CLIENT, TOO_MANY_TRIES};
use super::issuer::Issuer;
use super::refusal::{OAuthRefusal, answered};
use super::request::{BODY_TOO_LARGE, FormRequest, TOKEN_REFERENCE};
use crate::oauth::discovery;
use crate::oauth::endpoint_responses::{Introspection, RefreshTokenFacts};
use crate::oauth::scope::Scope;
use crate::store::RefreshToken;
use crate::token::AudienceRule;
use crate::web::http::endpoint::{Access, Answer, Description, Endpoint, Operation, RoutePolicy};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    discovery::INTROSPECT,
    RoutePolicy::Plain,
    &[Operation::post(
        |route| route.to(introspect),
        Description {
            id: "introspect",
            summary: "Whether an access token or a refresh token is in force (RFC 7662)",
            access: Access::Client,
            parameters: &[],
            body: Some(TOKEN_REFERENCE),
            own_answers: &[
                Answer::json(200, "Introspection", "What the token says, if it is in force."),
                Answer::json(400, "OAuthError", "The request is refused; another content type too."),
                NO_CLIENT,
                BODY_TOO_LARGE,
                TOO_MANY_TRIES,
                CLIENT_NOT_CHECKED,
            ],
            curl: "TOKEN=$(curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials | cut -d'\"' -f4)\n\
                   curl -s {base}/oauth/introspect -u my-api:secret -d token=$TOKEN",
        },
    )],
)];

/// `POST /oauth/introspect`.
pub(in crate::web) async fn introspect(request: FormRequest, clients: Clients, issuer: Issuer) -> HttpResponse {
    answered(found(&request, &clients, &issuer).await)
}

async fn found(request: &FormRequest, clients: &Clients, issuer: &Issuer) -> Result<Introspection, OAuthRefusal> {
    let now = issuer.now();
    clients.authenticate(request, now).await?.authenticated()?;
    let token = request.form()?.require("token")?;
    match RefreshToken::parse(token) {
        Some(token) => of_refresh_token(issuer, &token, now).await,
        None => of_access_token(issuer, token, now).await,
    }
}

/// Whatever its audience is: the API that asks compares that itself.
async fn of_access_token(issuer: &Issuer, token: &str, now: DateTime<Utc>) -> Result<Introspection, OAuthRefusal> {
    let verdict = issuer.store.resolve_revocation(issuer.judge(token, AudienceRule::Anybody, now)).await?;
    Ok(verdict.accept().map_or_else(|_| Introspection::inactive(), |claims| Introspection::of_access_token(&claims)))
}

async fn of_refresh_token(
    issuer: &Issuer,
    token: &RefreshToken,
    now: DateTime<Utc>,
) -> Result<Introspection, OAuthRefusal> {
    let Some(found) = issuer.store.refresh_token(token, now).await? else { return Ok(Introspection::inactive()) };
    let scope = Scope::parse(&found.grant.scope).ok();
    Ok(Introspection::of_refresh_token(&RefreshTokenFacts {
        issuer: issuer.url(),
        client_id: &found.grant.client_id,
        subject: &found.grant.subject,
        scope: scope.as_ref(),
        expires_at: found.expires_at,
    }))
}
