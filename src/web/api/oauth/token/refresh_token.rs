//! A refresh token becomes new tokens, once. A second use revokes all that came of the first login (RFC 9700 §4.14).

use chrono::{DateTime, Utc};

use super::user_tokens::{UserGrant, narrowed, new_refresh_token};
use crate::oauth::client::Client;
use crate::oauth::endpoint_responses::TokenResponse;
use crate::oauth::error::OAuthError;
use crate::oauth::token_request::{RefreshRequest, RequestedAccess};
use crate::store::{RefreshToken, Rotated};
use crate::web::api::oauth::issuer::Issuer;
use crate::web::api::oauth::refusal::OAuthRefusal;
use crate::web::http::signing_queue::SigningQueue;

pub(super) async fn rotate(
    issuer: &Issuer,
    signing: &SigningQueue,
    client: &Client,
    request: RefreshRequest,
    now: DateTime<Utc>,
) -> Result<TokenResponse, OAuthRefusal> {
    let token = RefreshToken::parse(&request.refresh_token).ok_or_else(refused)?;
    let client_id = client.id().as_str();
    let access = narrowed_access(issuer, &token, client_id, request.access, now).await?;
    let next = token.next(issuer.random.source())?;
    let (family, refresh_token) = (next.family(), Some(next.in_clear()));
    let next = new_refresh_token(issuer, next, now);
    let Rotated::Rotated(grant) = issuer.store.rotate(&token, client_id, &next, now).await? else {
        return Err(refused().into());
    };
    // The look-up found the token, for it was current after it.
    let access = access.ok_or_else(|| OAuthRefusal::broken("a refresh token was rotated that was not found"))?;
    UserGrant { grant: &grant, access, family, refresh_token, nonce: None }.issue(issuer, signing, now).await
}

/// What the new tokens are for. It is known before the old token is spent, so that a request for more than was granted
/// changes nothing. `None` if the store will refuse the token.
async fn narrowed_access(
    issuer: &Issuer,
    token: &RefreshToken,
    client_id: &str,
    requested: RequestedAccess,
    now: DateTime<Utc>,
) -> Result<Option<RequestedAccess>, OAuthRefusal> {
    let found = issuer.store.refresh_token(token, now).await?;
    let own = found.filter(|found| found.grant.client_id == client_id);
    own.map(|found| narrowed(&found.grant, requested)).transpose()
}

/// Which of these it is, only the server's log may say.
fn refused() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is unknown, has expired, was used before or was revoked")
}
