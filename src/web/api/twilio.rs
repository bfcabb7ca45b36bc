//! `POST /token`: access tokens as twilio's helper library makes them.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::twilio::{self, Grants, Wish};
use crate::profiles::{Lifetime, Profile};
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
    let identity = asked.admit(&request, &state).await?;
    let wish = Wish {
        identity,
        lifetime: asked.lifetime(Lifetime::HOUR)?,
        grants: grants(&asked)?,
        region: asked.text("region")?.to_owned(),
    };
    let token = twilio::issue(&state.ring(), &wish, state.now()).map_err(|error| Problem::internal(&error))?;
    state.metrics.issued(Profile::Twilio, DemoAlgorithm::Hs256);
    Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() })))
}

fn grants(asked: &TokenRequest) -> Result<Grants, Problem> {
    match asked.members.get("grants") {
        None | Some(Value::Null) => Ok(Grants::tutorial()),
        Some(value) => {
            Grants::parse(value).map_err(|error| Problem::bad_request(format!("The grants cannot be used: {error}.")))
        }
    }
}
