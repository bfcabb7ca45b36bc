//! Who sends a request: a username and password in JSON or by HTTP Basic, or a bearer token. Requests for a token are
//! answered here too, as far as they are alike.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::accounts::{Login, LoginRefusal};
use crate::clock::Clock;
use crate::code::Code;
use crate::keys::{CurrentKeys, KeyRing};
use crate::profiles::{Lifetime, Profile};
use crate::token::Token;
use crate::web::http::client::Client;
use crate::web::http::extractor::extractor;
use crate::web::http::json_body::json_object;
use crate::web::http::problem::Problem;
use crate::web::metrics::Metrics;
use crate::web::session::logins::Logins;

/// What a client sees before it is asked for a password.
pub(in crate::web) const CHALLENGE: &str = r#"Basic realm="hallpass", charset="UTF-8""#;

/// The value of `Authorization` after this scheme, whose name is read in any case (RFC 9110 §11.1). Two such headers
/// count as none: a proxy may have looked at the other one.
pub(in crate::web) fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (found, rest) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// The username and password of HTTP Basic (RFC 7617); `None` when the header is another or none.
pub(in crate::web) fn basic(headers: &HeaderMap) -> Option<Login> {
    let decoded = STANDARD.decode(authorization(headers, "Basic")?).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (username, password) = text.split_once(':').unwrap_or_default();
    Some(Login::new(username, password))
}

/// The body of a token request: a JSON object, or nothing when Basic says who asks.
pub(in crate::web) struct TokenRequest {
    pub members: Map<String, Value>,
    basic: Option<Login>,
    client: Client,
}

impl TokenRequest {
    fn read(request: &HttpRequest, body: &[u8], client: Client) -> Result<Self, Problem> {
        let basic = basic(request.headers());
        let is_basic_alone = basic.is_some() && body.is_empty();
        let members = if is_basic_alone { Map::new() } else { json_object(request, body)? };
        Ok(Self { members, basic, client })
    }

    /// Checks the login: returns the user that the request names, or why it is refused.
    pub async fn admit(&self, logins: &Logins, now: DateTime<Utc>) -> Result<String, Problem> {
        // The body is read with Basic too, so that a misspelt member is reported there as well.
        let in_body = self.login()?;
        let login = self.basic.clone().unwrap_or(in_body);
        match logins.check(&login, self.client, now).await? {
            Ok(()) => Ok(login.username().to_owned()),
            Err(refusal) => Err(refused(&refusal, self.basic.is_some())),
        }
    }

    fn login(&self) -> Result<Login, Problem> {
        Ok(Login::new(self.text("username")?, self.text("password")?))
    }

    /// The `ttl`, in seconds; absent and `null` mean the default.
    pub fn lifetime(&self, default: Lifetime) -> Result<Lifetime, Problem> {
        let Some(value) = self.members.get("ttl").filter(|it| !it.is_null()) else { return Ok(default) };
        let lifetime = value.as_i64().and_then(|seconds| Lifetime::of(seconds).ok());
        lifetime.ok_or_else(|| Problem::bad_request("`ttl` must be a number of whole seconds from 1 to 86400."))
    }

    /// A text member; absent and `null` are empty.
    pub fn text(&self, name: &str) -> Result<&str, Problem> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Problem::bad_request(format!("`{name}` must be a string."))),
        }
    }
}

impl FromRequest for TokenRequest {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (client, body) = (Client::extract(request), Bytes::from_request(request, payload));
        let request = request.clone();
        Box::pin(async move { Ok(Self::read(&request, &body.await?, client.await?)?) })
    }
}

extractor! {
    /// What issues a token to whoever gives a username and a password.
    pub(in crate::web) struct LoginIssuer {
        logins: Data<Logins>,
        keys: Data<CurrentKeys>,
        clock: Data<dyn Clock>,
        metrics: Data<Metrics>,
    }
}

impl LoginIssuer {
    /// Answers `{"token": …}`. `issue` makes the token from the keys, the username and the time.
    pub async fn answer(
        &self,
        token_request: &TokenRequest,
        profile: &'static Profile,
        issue: impl FnOnce(&KeyRing, String, DateTime<Utc>) -> Result<Token, Problem>,
    ) -> Result<HttpResponse, Problem> {
        let username = token_request.admit(&self.logins, self.clock.now()).await?;
        let token = issue(&self.keys.ring(), username, self.clock.now())?;
        self.metrics.issued(profile, token.algorithm());
        Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
    }
}

/// Only a client that used Basic is asked for it again: a browser that sent JSON would show its own dialogue.
pub(in crate::web) fn refused(refusal: &LoginRefusal, by_basic: bool) -> Problem {
    let problem = match refusal {
        LoginRefusal::Missing => unauthorized("A username and a password are required."),
        LoginRefusal::Wrong => unauthorized("The username or the password is wrong."),
        LoginRefusal::TooOften { retry_after } => {
            return Problem::too_often(*retry_after, "This name was tried too often.");
        }
        LoginRefusal::Busy { retry_after } => return Problem::too_busy(*retry_after),
    };
    if by_basic { problem.with(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE)) } else { problem }
}

fn unauthorized(message: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, Code::BadCredentials, message)
}
