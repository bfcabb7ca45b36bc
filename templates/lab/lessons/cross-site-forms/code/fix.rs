//! The fix: a form that another site sent is refused, whatever cookie it brings.
use actix_web::error::{ErrorForbidden, ErrorUnauthorized};
use actix_web::{Error, HttpRequest};

pub fn session_of_form(request: &HttpRequest) -> Result<String, Error> {
    let is = |name, own| request.headers().get_all(name).all(|value| value == own);
    if !is("sec-fetch-site", "same-origin") || !is("origin", "https://grades.school.example") {
        return Err(ErrorForbidden("this form comes from another site"));
    }
    let cookie = request.cookie("session").ok_or_else(|| ErrorUnauthorized("not logged in"))?;
    Ok(cookie.value().to_owned())
}
