//! A code becomes tokens, once (RFC 6749 §4.1.3).

use chrono::{DateTime, Utc};

use super::user_tokens::{UserGrant, narrowed, new_refresh_token};
use crate::oauth::client::Client;
use crate::oauth::code::{self, Binding};
use crate::oauth::endpoint_responses::TokenResponse;
use crate::oauth::pkce::Challenge;
use crate::oauth::scope::{self, KnownScope};
use crate::oauth::token_request::{CodeRequest, RequestedAccess};
use crate::store::{AuthorizationCode, CodeHash, FamilyId, FoundCode, NewFamily, Redeemed, RefreshToken};
use crate::web::api::oauth::issuer::Issuer;
use crate::web::api::oauth::refusal::OAuthRefusal;
use crate::web::http::signing_queue::SigningQueue;

pub(super) async fn redeem(
    issuer: &Issuer,
    signing: &SigningQueue,
    client: &Client,
    request: CodeRequest,
    now: DateTime<Utc>,
) -> Result<TokenResponse, OAuthRefusal> {
    let hash = CodeHash::of(&request.code);
    let code = unused(issuer, &hash, client, now).await?;
    check(&code, client, &request)?;
    let access = narrowed(&code.grant, RequestedAccess { scope: None, audience: request.audience })?;
    let first = NewTokens::of(issuer, scope::has(access.scope.as_ref(), KnownScope::OfflineAccess), now)?;
    match issuer.store.redeem_code(&hash, client.id().as_str(), &first.family, now).await? {
        Redeemed::Redeemed => {}
        Redeemed::AlreadySpent | Redeemed::Unknown => return Err(code::unknown().into()),
    }
    let NewTokens { id, refresh_token, .. } = first;
    let nonce = code.nonce.as_deref();
    UserGrant { grant: &code.grant, access, family: id, refresh_token, nonce }.issue(issuer, signing, now).await
}

/// The code, if it can still be redeemed. If its own client uses it a second time, somebody else may have used it
/// first, so what it gave is revoked (RFC 6749 §4.1.2).
async fn unused(
    issuer: &Issuer,
    hash: &CodeHash,
    client: &Client,
    now: DateTime<Utc>,
) -> Result<AuthorizationCode, OAuthRefusal> {
    match issuer.store.code(hash, now).await? {
        Some(FoundCode::Unspent(code)) => return Ok(code),
        Some(FoundCode::Spent { client_id, family }) if client_id == client.id().as_str() => {
            issuer.store.revoke_family(&family, &client_id).await?;
        }
        Some(FoundCode::Spent { .. }) | None => {}
    }
    Err(code::unknown().into())
}

/// A stored challenge that cannot be read must not count as none.
fn check(code: &AuthorizationCode, client: &Client, request: &CodeRequest) -> Result<(), OAuthRefusal> {
    let read =
        |text: &String| Challenge::parse(text).ok_or_else(|| OAuthRefusal::broken("a stored challenge is malformed"));
    let challenge = code.challenge.as_ref().map(read).transpose()?;
    let binding =
        Binding { client_id: &code.grant.client_id, redirect_uri: &code.redirect_uri, challenge: challenge.as_ref() };
    Ok(binding.check(client, request)?)
}

/// What a code gives: a family, and its first refresh token where one was asked for.
struct NewTokens {
    id: FamilyId,
    family: NewFamily,
    refresh_token: Option<String>,
}

impl NewTokens {
    fn of(issuer: &Issuer, is_offline: bool, now: DateTime<Utc>) -> Result<Self, OAuthRefusal> {
        let random = issuer.random.source();
        if !is_offline {
            let id = FamilyId::random(random)?;
            let family = NewFamily::of_access_token(id, issuer.access_expiry(now));
            return Ok(Self { id, family, refresh_token: None });
        }
        let token = RefreshToken::first(random)?;
        let (id, in_clear) = (token.family(), token.in_clear());
        let family = NewFamily::of_refresh_token(new_refresh_token(issuer, token, now));
        Ok(Self { id, family, refresh_token: Some(in_clear) })
    }
}
