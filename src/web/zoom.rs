//! `POST /zoom/token`: API-key tokens.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::auth::TokenRequest;
use super::error::Problem;
use super::state::State;
use crate::profiles::demo::Algorithm;
use crate::profiles::{Lifetime, Profile, zoom};

/// Answers `{"token": …}` to whoever gives a username and a password.
pub(super) async fn token(request: HttpRequest, body: Bytes, state: Data<State>) -> Result<HttpResponse, Problem> {
    let asked = TokenRequest::read(&request, &body)?;
    asked.admit(&request, &state).await?;
    let lifetime = asked.lifetime(Lifetime::MINUTE)?;
    let token = zoom::issue(&state.ring(), lifetime, state.now()).map_err(|error| Problem::internal(&error))?;
    state.metrics.issued(Profile::Zoom, Algorithm::Hs256);
    Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
}
