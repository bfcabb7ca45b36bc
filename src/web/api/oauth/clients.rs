//! Who a request's client is: its secret is checked, or it is established that it needs none.

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use super::refusal::OAuthRefusal;
use super::request::FormRequest;
use crate::oauth::client::{Client, PresentedClient, no_client};
use crate::web::http::endpoint::Answer;
use crate::web::http::extractor::extractor;
use crate::web::session::logins::Logins;

/// What every endpoint that [authenticates](Clients::authenticate) a client may answer.
pub(super) const NO_CLIENT: Answer =
    Answer::json(401, "OAuthError", "The client is unknown, or its secret is missing or wrong.");
pub(super) const TOO_MANY_TRIES: Answer =
    Answer::json(429, "OAuthError", "A wrong secret came too often, where users are kept.");
pub(super) const CLIENT_NOT_CHECKED: Answer =
    Answer::json(503, "OAuthError", "The store does not answer, or too many logins are under way.");

extractor! {
    /// The clients: every one with `--credentials any`, otherwise the users of the store and public clients.
    pub(in crate::web) struct Clients {
        logins: Data<Logins>,
    }
}

impl Clients {
    /// The client that sent a request.
    pub async fn authenticate(&self, request: &FormRequest, now: DateTime<Utc>) -> Result<Client, OAuthRefusal> {
        let presented = PresentedClient::read(request.authorization(), request.form()?)?.ok_or_else(no_client)?;
        self.check(presented, request, now).await
    }

    /// Where a client need not authenticate, credentials that came are still checked (RFC 7523 §3.1).
    pub async fn check_if_presented(&self, request: &FormRequest, now: DateTime<Utc>) -> Result<(), OAuthRefusal> {
        if let Some(presented) = PresentedClient::read(request.authorization(), request.form()?)? {
            self.check(presented, request, now).await?;
        }
        Ok(())
    }

    async fn check(
        &self,
        presented: PresentedClient,
        request: &FormRequest,
        now: DateTime<Utc>,
    ) -> Result<Client, OAuthRefusal> {
        let id = presented.id().clone();
        Ok(match presented {
            PresentedClient::WithSecret(secret) => {
                let checked = self.logins.check_client(&secret.login(), request.sender(), now).await?;
                secret.authenticated(checked)?
            }
            PresentedClient::WithoutSecret(client) => client.as_public(self.logins.has_user(id.as_str()).await?)?,
        })
    }
}
