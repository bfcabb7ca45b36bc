//! `POST /oauth/revoke`: a client gives up a token (RFC 7009).

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};

use super::clients::{CLIENT_NOT_CHECKED, Clients, NO_CLIENT, TOO_MANY_TRIES};
use super::issuer::Issuer;
use super::refusal::OAuthRefusal;
use super::request::{BODY_TOO_LARGE, FormRequest, TOKEN_REFERENCE};
use crate::oauth::discovery;
use crate::oauth::error::OAuthError;
use crate::profiles::bearer;
use crate::store::RefreshToken;
use crate::token::AudienceRule;
use crate::web::http::endpoint::{Access, Answer, Content, Description, Endpoint, Operation, RoutePolicy};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    discovery::REVOKE,
    RoutePolicy::OtherSites,
    &[Operation::post(
        |route| route.to(revoke),
        Description {
            id: "revoke",
            summary: "Revokes an access token, or a refresh token with all that came of its login (RFC 7009)",
            access: Access::Client,
            parameters: &[],
            body: Some(TOKEN_REFERENCE),
            own_answers: &[
                Answer::new(200, Content::Nothing, "The token is not in force, whatever it was."),
                Answer::json(
                    400,
                    "OAuthError",
                    "The request is refused, or the token is another client's; another content type too.",
                ),
                NO_CLIENT,
                BODY_TOO_LARGE,
                TOO_MANY_TRIES,
                CLIENT_NOT_CHECKED,
            ],
            curl: "TOKEN=$(curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials | cut -d'\"' -f4)\n\
                   curl -s {base}/oauth/revoke -u my-app:secret -d token=$TOKEN",
        },
    )],
)
.allowing_credentials()];

/// `POST /oauth/revoke`.
pub(in crate::web) async fn revoke(request: FormRequest, clients: Clients, issuer: Issuer) -> HttpResponse {
    match revoked(&request, &clients, &issuer).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(refusal) => refusal.response(),
    }
}

async fn revoked(request: &FormRequest, clients: &Clients, issuer: &Issuer) -> Result<(), OAuthRefusal> {
    let now = issuer.now();
    let client = clients.authenticate(request, now).await?;
    let token = request.form()?.require("token")?;
    match RefreshToken::parse(token) {
        Some(token) => revoke_family(issuer, &token, client.id().as_str(), now).await,
        None => revoke_access_token(issuer, token, client.id().as_str(), now).await,
    }
}

/// Also by a refresh token that was used before: its client wants all of it to end.
async fn revoke_family(
    issuer: &Issuer,
    token: &RefreshToken,
    client_id: &str,
    now: DateTime<Utc>,
) -> Result<(), OAuthRefusal> {
    if issuer.store.revoke_family(&token.family(), client_id).await? {
        return Ok(());
    }
    match issuer.store.refresh_token(token, now).await? {
        Some(_) => Err(of_another_client()),
        None => Ok(()),
    }
}

/// What is not an access token in force needs no revocation. One that was revoked before may be revoked again.
async fn revoke_access_token(
    issuer: &Issuer,
    token: &str,
    client_id: &str,
    now: DateTime<Utc>,
) -> Result<(), OAuthRefusal> {
    let verdict = issuer.judge(token, AudienceRule::Anybody, now).resolve_revocation(|_| false);
    let Ok(claims) = verdict.accept() else { return Ok(()) };
    if claims.get("client_id").and_then(|id| id.as_str()) != Some(client_id) {
        return Err(of_another_client());
    }
    if let (Some(jti), Some(expires_at)) = (claims.jti(), claims.expires_at()) {
        issuer.store.revoke(bearer::PROFILE.name, jti, expires_at).await?;
    }
    Ok(())
}

fn of_another_client() -> OAuthRefusal {
    OAuthError::invalid_grant("the token was issued to another client").into()
}
