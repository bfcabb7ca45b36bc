//! Who a request's client is: its secret is checked, or it is established that it needs none.

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use super::refusal::Refusal;
use super::request::FormRequest;
use crate::oauth::client::{Client, PresentedClient, no_client};
use crate::web::http::extractor::extractor;
use crate::web::session::logins::Logins;

extractor! {
    /// The clients: every one with `--credentials any`, otherwise the users of the store and public clients.
    pub(in crate::web) struct Clients {
        logins: Data<Logins>,
    }
}

impl Clients {
    /// The client that sent a request.
    pub async fn authenticate(&self, request: &FormRequest, now: DateTime<Utc>) -> Result<Client, Refusal> {
        let presented = PresentedClient::read(request.authorization(), request.form()?)?.ok_or_else(no_client)?;
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
