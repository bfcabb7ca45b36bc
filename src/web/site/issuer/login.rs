//! `POST /oauth/login`: the login page's form.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use url::form_urlencoded;

use super::IssuerPages;
use super::login_page::LoginPage;
use crate::accounts::Login;
use crate::web::http::client::Client;
use crate::web::http::framework_errors::expect_form;
use crate::web::http::problem::Problem;

/// Logs the user in and gives the client its code, or shows the page again with what is wrong.
pub(in crate::web) async fn login(
    request: HttpRequest,
    body: Bytes,
    client: Client,
    issuer: IssuerPages,
) -> Result<HttpResponse, Problem> {
    expect_form(&request)?;
    let authorization = match issuer.read(&body) {
        Ok(authorization) => authorization,
        Err(refusal) => return issuer.refuse(&refusal),
    };
    let (login, now) = (login_in(&body), issuer.clock.now());
    match issuer.logins.check(&login, client, now).await? {
        Ok(()) => issuer.log_in(&request, &authorization, login.username(), now).await,
        Err(refusal) => LoginPage::new(&authorization, &issuer).refused(login.username(), refusal).render(),
    }
}

/// The username and the password of a form. Neither is repeated, or its request would have been refused.
fn login_in(body: &[u8]) -> Login {
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(body);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Login::new(field("username"), field("password"))
}
