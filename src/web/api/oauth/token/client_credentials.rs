//! A client gets a token for itself (RFC 6749 §4.4). Nothing is stored.

use chrono::{DateTime, Utc};

use crate::oauth::client::AuthenticatedClient;
use crate::oauth::endpoint_responses::TokenResponse;
use crate::oauth::token_request::RequestedAccess;
use crate::web::api::oauth::issuer::{Issuer, Recipient};
use crate::web::api::oauth::refusal::OAuthRefusal;
use crate::web::http::signing_queue::SigningQueue;

pub(super) async fn issue(
    issuer: &Issuer,
    signing: &SigningQueue,
    client: &AuthenticatedClient,
    access: &RequestedAccess,
    now: DateTime<Utc>,
) -> Result<TokenResponse, OAuthRefusal> {
    let id = client.id().as_str();
    let token = issuer.access_token(signing, &Recipient { client_id: id, subject: id }, access, None, now).await?;
    Ok(TokenResponse::for_client(token, issuer.access_lifetime(), access.scope.as_ref()))
}
