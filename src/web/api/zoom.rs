//! `POST /zoom/token`: API-key tokens.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::{Lifetime, Profile, zoom};
use crate::web::api::credentials::TokenRequest;
use crate::web::http::problem::Problem;
use crate::web::state::State;

/// Answers `{"token": …}` to whoever gives a username and a password.
pub(in crate::web) async fn token(
    request: HttpRequest,
    body: Bytes,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let asked = TokenRequest::read(&request, &body)?;
    asked.admit(&request, &state).await?;
    let lifetime = asked.lifetime(Lifetime::MINUTE)?;
    let token = zoom::issue(&state.ring(), lifetime, state.now()).map_err(|error| Problem::internal(&error))?;
    state.metrics.issued(Profile::Zoom, DemoAlgorithm::Hs256);
    Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
}
