//! `/oauth/userinfo`: what a client with an access token may know about the user (OpenID Connect Core §5.3).

use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use super::bearer_access::{Denied, MALFORMED, MALFORMED_OR_TWICE, admitted, admitted_by_form};
use super::issuer::Issuer;
use crate::oauth::scope::KnownScope;
use crate::oauth::user_claims::ClaimsOfUsers;
use crate::oauth::{discovery, endpoint_responses};
use crate::token::{AudienceRule, Claims};
use crate::web::http::endpoint::common::FORM;
use crate::web::http::endpoint::{Access, Answer, Body, Description, Endpoint, Operation, RoutePolicy};

const KNOWN: Answer = Answer::json(200, "UserInfo", "The user, as far as the scope goes.");
const REFUSED: Answer = Answer::json(401, "Problem", "No token, or one that is refused; WWW-Authenticate says which.");
const OUT_OF_SCOPE: Answer = Answer::json(403, "Problem", "The token has not the scope openid.");
const NOT_CHECKED: Answer =
    Answer::json(503, "OAuthError", "The store does not answer, and knows whether the token was revoked.");

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[Endpoint::new(
    discovery::USERINFO,
    RoutePolicy::OtherSites,
    &[
        Operation::get(
            |route| route.to(userinfo),
            Description {
                id: "userinfo",
                summary: "The user behind an access token with the scope openid",
                access: Access::Bearer,
                parameters: &[],
                body: None,
                own_answers: &[KNOWN, MALFORMED, REFUSED, OUT_OF_SCOPE, NOT_CHECKED],
                curl: "TOKEN=$(curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials \
                       -d scope=openid | cut -d'\"' -f4)\n\
                       curl -s {base}/oauth/userinfo -H \"Authorization: Bearer $TOKEN\"",
            },
        ),
        Operation::post(
            |route| route.to(by_post),
            Description {
                id: "userinfoByPost",
                summary: "The same; the access token may be in a form in place of the header (RFC 6750)",
                access: Access::BearerOrForm,
                parameters: &[],
                body: Some(Body {
                    media: FORM,
                    schema: "UserInfoRequest",
                    is_required: false,
                    example: "access_token=eyJ…",
                }),
                own_answers: &[KNOWN, MALFORMED_OR_TWICE, REFUSED, OUT_OF_SCOPE, NOT_CHECKED],
                curl: "TOKEN=$(curl -s {base}/oauth/token -u my-app:secret -d grant_type=client_credentials \
                       -d scope=openid | cut -d'\"' -f4)\n\
                       curl -s {base}/oauth/userinfo -d access_token=$TOKEN",
            },
        ),
    ],
)
.allowing_credentials()];

/// `GET /oauth/userinfo`. The token may be for any audience: who is asked about is the user, who is the same
/// everywhere.
pub(in crate::web) async fn userinfo(request: HttpRequest, issuer: Issuer) -> HttpResponse {
    answered(admitted(&issuer, request.headers(), AudienceRule::Anybody).await, &issuer)
}

/// `POST /oauth/userinfo`. A body that is no form means nothing.
pub(in crate::web) async fn by_post(request: HttpRequest, body: Bytes, issuer: Issuer) -> HttpResponse {
    let form = if request.content_type().eq_ignore_ascii_case(FORM) { &*body } else { &[] };
    answered(admitted_by_form(&issuer, request.headers(), form, AudienceRule::Anybody).await, &issuer)
}

fn answered(access_token: Result<Claims, Denied>, issuer: &Issuer) -> HttpResponse {
    match access_token.and_then(|claims| known(&claims, &issuer.claims_of_users)) {
        Ok(claims) => HttpResponse::Ok().json(claims),
        Err(denied) => denied.response(None),
    }
}

fn known(access_token: &Claims, further: &ClaimsOfUsers) -> Result<Claims, Denied> {
    let known = endpoint_responses::userinfo(access_token);
    let known = known.map_err(|error| Denied::OutOfScope { error, needed: KnownScope::Openid.as_str() })?;
    Ok(further.laid_over(known))
}
