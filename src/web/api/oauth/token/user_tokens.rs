//! The tokens that a client gets for a user: with a code, and with each refresh token after it.

use chrono::{DateTime, Utc};

use crate::oauth::endpoint_responses::{TokenResponse, UserTokens};
use crate::oauth::scope::{self, KnownScope};
use crate::oauth::stored_grant::Granted;
use crate::oauth::token_request::RequestedAccess;
use crate::profiles::id_token;
use crate::store::{FamilyId, Grant, NewRefreshToken, RefreshToken};
use crate::token::Token;
use crate::web::api::oauth::issuer::{Issuer, Recipient};
use crate::web::api::oauth::refusal::OAuthRefusal;
use crate::web::http::signing_queue::SigningQueue;

/// What a user granted, and the part of it that these tokens are for.
pub(super) struct UserGrant<'a> {
    pub grant: &'a Grant,
    pub access: RequestedAccess,
    pub family: FamilyId,
    pub refresh_token: Option<String>,
    pub nonce: Option<&'a str>,
}

impl UserGrant<'_> {
    pub async fn issue(
        self,
        issuer: &Issuer,
        signing: &SigningQueue,
        now: DateTime<Utc>,
    ) -> Result<TokenResponse, OAuthRefusal> {
        let recipient = Recipient { client_id: &self.grant.client_id, subject: &self.grant.subject };
        let token = issuer.access_token(signing, &recipient, &self.access, Some(self.family), now).await?;
        let scope = self.access.scope.as_ref();
        let id_token = if scope::has(scope, KnownScope::Openid) {
            Some(issuer.id_token(signing, &self.id_token(issuer, &token), now).await?)
        } else {
            None
        };
        let tokens = UserTokens { refresh_token: self.refresh_token, id_token };
        Ok(TokenResponse::for_user(token, issuer.access_lifetime(), scope, tokens))
    }

    fn id_token<'a>(&'a self, issuer: &'a Issuer, access_token: &'a Token) -> id_token::Content<'a> {
        id_token::Content {
            issuer: issuer.url(),
            subject: &self.grant.subject,
            client_id: &self.grant.client_id,
            auth_time: self.grant.auth_time,
            nonce: self.nonce,
            access_token,
        }
    }
}

/// The part of a stored grant that a request asks for.
pub(super) fn narrowed(grant: &Grant, requested: RequestedAccess) -> Result<RequestedAccess, OAuthRefusal> {
    let granted = Granted::read(grant).ok_or_else(|| OAuthRefusal::broken("a stored grant cannot be read"))?;
    Ok(granted.narrowed(requested)?)
}

/// A refresh token that is to be stored, with the lifetimes of what is issued with it.
pub(super) fn new_refresh_token(issuer: &Issuer, token: RefreshToken, now: DateTime<Utc>) -> NewRefreshToken {
    NewRefreshToken { token, expires_at: issuer.refresh_expiry(now), access_expires_at: issuer.access_expiry(now) }
}
