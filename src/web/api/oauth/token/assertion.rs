//! A token of the API key becomes an access token (RFC 7523 §2.1).

use chrono::{DateTime, Utc};

use crate::oauth::endpoint_responses::TokenResponse;
use crate::oauth::error::OAuthError;
use crate::oauth::token_request::AssertionRequest;
use crate::profiles::zoom;
use crate::token::Claims;
use crate::web::api::oauth::issuer::{Issuer, Recipient};
use crate::web::api::oauth::refusal::OAuthRefusal;
use crate::web::http::origins::ReachedAt;
use crate::web::http::signing_queue::SigningQueue;

pub(super) async fn exchange(
    issuer: &Issuer,
    signing: &SigningQueue,
    reached_at: &ReachedAt,
    request: &AssertionRequest,
    now: DateTime<Utc>,
) -> Result<TokenResponse, OAuthRefusal> {
    let claims = accepted(issuer, reached_at, &request.assertion, now)?;
    take_once(issuer, &claims, now).await?;
    let ring = issuer.keys.ring();
    let client_id = ring.accounts().zoom_api_key.as_str();
    let recipient = Recipient { client_id, subject: claims.subject().unwrap_or(client_id) };
    let token = issuer.access_token(signing, &recipient, &request.access, None, now).await?;
    Ok(TokenResponse::for_client(token, issuer.access_lifetime(), request.access.scope.as_ref()))
}

/// The claims of an assertion that was signed with the API secret, for this server or without an audience.
fn accepted(
    issuer: &Issuer,
    reached_at: &ReachedAt,
    assertion: &str,
    now: DateTime<Utc>,
) -> Result<Claims, OAuthError> {
    let addresses = [issuer.url(), reached_at.as_str()];
    let verdict = zoom::verify_assertion(&issuer.keys.ring(), addresses, assertion, now);
    issuer.metrics.judged(&zoom::PROFILE, &verdict);
    verdict.accept().map_err(|rejection| {
        let reason = rejection.reason;
        OAuthError::invalid_grant(&format!("{}: {}", reason.code, reason.message))
    })
}

/// An assertion with a `jti` is accepted once before it expires (RFC 7523 §3, point 7).
async fn take_once(issuer: &Issuer, claims: &Claims, now: DateTime<Utc>) -> Result<(), OAuthRefusal> {
    let Some(jti) = claims.jti() else { return Ok(()) };
    let ends = claims.expires_at().ok_or_else(|| OAuthRefusal::broken("an accepted assertion has no exp"))?;
    if issuer.store.use_once(zoom::PROFILE.name, jti, ends, now).await? {
        return Ok(());
    }
    Err(OAuthError::invalid_grant("the assertion was used before").into())
}
