//! `POST /token`: access tokens as twilio's helper library makes them.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::auth::TokenRequest;
use super::error::Problem;
use super::state::State;
use crate::profiles::Lifetime;
use crate::profiles::twilio::{self, Grants, Wish};

/// Answers `{"token": …}` to whoever gives a username and a password.
pub(super) async fn token(request: HttpRequest, body: Bytes, state: Data<State>) -> Result<HttpResponse, Problem> {
    let asked = TokenRequest::read(&request, &body)?;
    let identity = asked.admit(&request, &state).await?;
    let wish = Wish {
        identity,
        lifetime: lifetime(&asked, Lifetime::HOUR)?,
        grants: grants(&asked)?,
        region: asked.text("region")?.to_owned(),
    };
    let token = twilio::issue(&state.ring, &wish, state.now()).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
}

/// The `ttl` of a request, in seconds.
pub(super) fn lifetime(asked: &TokenRequest, default: Lifetime) -> Result<Lifetime, Problem> {
    let Some(value) = asked.members.get("ttl").filter(|it| !it.is_null()) else { return Ok(default) };
    let lifetime = value.as_i64().and_then(|seconds| Lifetime::of(seconds).ok());
    lifetime.ok_or_else(|| Problem::bad_request("`ttl` must be a number of whole seconds from 1 to 86400."))
}

fn grants(asked: &TokenRequest) -> Result<Grants, Problem> {
    match asked.members.get("grants") {
        None | Some(Value::Null) => Ok(Grants::tutorial()),
        Some(value) => {
            Grants::parse(value).map_err(|error| Problem::bad_request(format!("The grants cannot be used: {error}.")))
        }
    }
}
