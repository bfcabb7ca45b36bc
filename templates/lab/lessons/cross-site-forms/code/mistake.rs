//! The mistake: the cookie alone decides, and a form of another site can bring it.
use actix_web::{Error, HttpRequest, error::ErrorUnauthorized};

pub fn session_of_form(request: &HttpRequest) -> Result<String, Error> {
    let cookie = request.cookie("session").ok_or_else(|| ErrorUnauthorized("not logged in"))?;
    Ok(cookie.value().to_owned())
}
