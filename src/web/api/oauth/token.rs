//! `POST /oauth/token`: access tokens for four grants, with the errors of RFC 6749 §5.2.

mod assertion;
mod authorization_code;
mod client_credentials;
mod refresh_token;
mod user_tokens;

use actix_web::HttpResponse;

use super::clients::{CLIENT_NOT_CHECKED, Clients, NO_CLIENT, TOO_MANY_TRIES};
use super::issuer::Issuer;
use super::refusal::{OAuthRefusal, answered};
use super::request::{BODY_TOO_LARGE, FormRequest};
use crate::oauth::discovery;
use crate::oauth::endpoint_responses::TokenResponse;
use crate::oauth::token_request::TokenRequest;
use crate::web::http::endpoint::common::FORM;
use crate::web::http::endpoint::{Access, Answer, Body, Description, Endpoint, Operation, RoutePolicy};
use crate::web::http::origins::ReachedAt;
use crate::web::http::signing_queue::SigningQueue;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    discovery::TOKEN,
    RoutePolicy::OtherSites,
    &[Operation::post(
        |route| route.to(token),
        Description {
            id: "oauthToken",
            summary: "Issues tokens (RFC 6749): for a client itself, for a code, a refresh token or an assertion",
            access: Access::Client,
            parameters: &[],
            body: Some(Body {
                media: FORM,
                schema: "GrantRequest",
                is_required: true,
                example: "grant_type=client_credentials&client_id=susan&client_secret=secret&scope=read",
            }),
            own_answers: &[
                Answer::json(200, "AccessToken", "The tokens."),
                Answer::json(
                    400,
                    "OAuthError",
                    "The request, its code, its refresh token or its assertion is refused; another content type too.",
                ),
                NO_CLIENT,
                BODY_TOO_LARGE,
                TOO_MANY_TRIES,
                Answer::json(500, "OAuthError", "A fault of this server.").rare(),
                CLIENT_NOT_CHECKED,
            ],
            curl: "curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials -d scope=read",
        },
    )],
)
.allowing_credentials()];

/// `POST /oauth/token`.
pub(in crate::web) async fn token(
    request: FormRequest,
    signing: SigningQueue,
    clients: Clients,
    issuer: Issuer,
    reached_at: ReachedAt,
) -> HttpResponse {
    answered(issue(&request, &signing, &clients, &issuer, &reached_at).await)
}

/// An assertion identifies its client. For every other grant, the client must authenticate or name itself.
async fn issue(
    request: &FormRequest,
    signing: &SigningQueue,
    clients: &Clients,
    issuer: &Issuer,
    reached_at: &ReachedAt,
) -> Result<TokenResponse, OAuthRefusal> {
    let now = issuer.now();
    match TokenRequest::parse(request.form()?)? {
        TokenRequest::JwtBearer(assertion) => {
            clients.check_if_presented(request, now).await?;
            assertion::exchange(issuer, signing, reached_at, &assertion, now).await
        }
        TokenRequest::ClientCredentials(access) => {
            let client = clients.authenticate(request, now).await?.authenticated()?;
            client_credentials::issue(issuer, signing, &client, &access, now).await
        }
        TokenRequest::AuthorizationCode(code) => {
            let client = clients.authenticate(request, now).await?;
            authorization_code::redeem(issuer, signing, &client, code, now).await
        }
        TokenRequest::RefreshToken(refresh) => {
            let client = clients.authenticate(request, now).await?;
            refresh_token::rotate(issuer, signing, &client, refresh, now).await
        }
    }
}
