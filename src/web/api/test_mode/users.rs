//! What ID tokens and userinfo say of a user, because a test asked for that.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::{read_exactly, read_if_any};
use crate::oauth::user_claims::{ClaimsOfUsers, UserClaims};
use crate::web::http::problem::Problem;

/// In characters, as the document of the API says it.
const LONGEST_NAME: usize = 256;

/// `PUT /test/users/{name}`: the claims of this user, in place of those before.
pub(super) async fn set_user(
    request: HttpRequest,
    name: Path<String>,
    body: Bytes,
    users: Data<ClaimsOfUsers>,
) -> Result<HttpResponse, Problem> {
    let mut members = read_exactly(&request, &body, &["claims"])?;
    let Some(Value::Object(claims)) = members.shift_remove("claims") else {
        return Err(Problem::bad_request("`claims` must be an object."));
    };
    let claims = UserClaims::parse(claims).map_err(|error| Problem::bad_request(format!("{error}.")))?;
    users.set(checked(&name)?, claims).map_err(|error| Problem::bad_request(format!("{error}.")))?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /test/users/{name}`: what is said of this user is the usual again.
pub(super) async fn forget_user(
    request: HttpRequest,
    name: Path<String>,
    body: Bytes,
    users: Data<ClaimsOfUsers>,
) -> Result<HttpResponse, Problem> {
    read_if_any(&request, &body, &[])?;
    users.remove(checked(&name)?);
    Ok(HttpResponse::NoContent().finish())
}

/// Any name with which somebody may log in, so also one that no user of the store can have.
fn checked(name: &str) -> Result<&str, Problem> {
    let message = format!("The name of a user must have at most {LONGEST_NAME} characters, and no control characters.");
    let is_good = name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if is_good { Ok(name) } else { Err(Problem::bad_request(message)) }
}
