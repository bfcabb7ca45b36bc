//! What the issuer's endpoints share: it signs their tokens, and verifies those that come back.

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};

use super::refusal::OAuthRefusal;
use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::oauth::audience::Audience;
use crate::oauth::policy::IssuerPolicy;
use crate::oauth::token_request::RequestedAccess;
use crate::oauth::user_claims::ClaimsOfUsers;
use crate::profiles::{Lifetime, bearer, id_token};
use crate::random::Random;
use crate::store::{FamilyId, Store};
use crate::token::{self, Judged, Token};
use crate::web::http::extractor::extractor;
use crate::web::http::origins::RequestIssuer;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::metrics::Metrics;

extractor! {
    /// The issuer. One request asks its clock once.
    pub(in crate::web) struct Issuer {
        pub claims_of_users: Data<ClaimsOfUsers>,
        clock: Data<dyn Clock>,
        pub keys: Data<CurrentKeys>,
        pub metrics: Data<Metrics>,
        policy: Data<IssuerPolicy>,
        pub random: Data<Random>,
        pub store: Data<dyn Store>,
        url: RequestIssuer,
    }
}

/// Who an access token is issued to, and who it is about.
pub(in crate::web) struct Recipient<'a> {
    pub client_id: &'a str,
    pub subject: &'a str,
}

impl Issuer {
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    pub fn access_lifetime(&self) -> Lifetime {
        self.policy.access_lifetime
    }

    /// When an access token expires that is issued now.
    pub fn access_expiry(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::seconds(self.access_lifetime().seconds())
    }

    /// When a refresh token expires that is issued now.
    pub fn refresh_expiry(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.policy.refresh_lifetime
    }

    pub async fn access_token(
        &self,
        signing: &SigningQueue,
        recipient: &Recipient<'_>,
        access: &RequestedAccess,
        family: Option<FamilyId>,
        now: DateTime<Utc>,
    ) -> Result<Token, OAuthRefusal> {
        let jti = self.random.bytes()?;
        let grant = bearer::AccessTokenParties {
            issuer: self.url(),
            subject: recipient.subject,
            client_id: recipient.client_id,
        };
        let (scope, family) = (access.scope.as_ref().map(ToString::to_string), family.map(|family| family.to_string()));
        let terms = bearer::Terms {
            audience: access.audience.as_ref().map(Audience::as_slice),
            scope: scope.as_deref(),
            lifetime: self.access_lifetime(),
            family: family.as_deref(),
        };
        let _permit = signing.acquire().await;
        let token = bearer::issue_on(&self.keys.ring(), &grant, &terms, jti, now)?;
        self.metrics.issued(&bearer::PROFILE, token.algorithm());
        Ok(token)
    }

    pub async fn id_token(
        &self,
        signing: &SigningQueue,
        content: &id_token::Content<'_>,
        now: DateTime<Utc>,
    ) -> Result<Token, OAuthRefusal> {
        let _permit = signing.acquire().await;
        let further = |claims| self.claims_of_users.laid_over(claims);
        Ok(id_token::issue_with(&self.keys.ring(), content, further, now)?)
    }

    /// Judges an access token of this issuer, except for its revocation.
    pub fn judge(&self, token: &str, audience: token::AudienceRule, now: DateTime<Utc>) -> Judged {
        bearer::verify_for(&self.keys.ring(), self.url(), audience, token, now)
    }
}
