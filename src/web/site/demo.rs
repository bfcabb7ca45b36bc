//! The Flask tutorial in a browser: *Get token*, *Show details*, the choice of algorithm, and the logout.

mod endpoints;
mod home_details;
mod page;
mod session_tokens;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use crate::clock::Clock;
use crate::keys::KeyKind;
use crate::profiles::demo::{self, Subject};
use crate::profiles::{IssueError, Lifetime};
use crate::token::Show;
use crate::web::http::accept;
use crate::web::http::problem::{FailureCause, Problem};
use crate::web::http::redirect::see_other;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::session::{Sessions, Visitor};
use crate::web::view::page::render;
pub(in crate::web) use endpoints::ENDPOINTS;
pub(in crate::web) use home_details::HomeDetails;
use page::{
    ERROR_400, Home, HomePage, INVALID_TOKEN, LOGGED_OUT_ADDRESS, SessionVerdict, TOKEN_GENERATED,
    TOKEN_GENERATED_ADDRESS,
};
use session_tokens::SessionTokens;

/// The characters that are not encoded in the address of a result: the unreserved characters of RFC 3986 §2.3, and the
/// tutorial's `!`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'!');

/// `GET /` and `GET /{result}`: the page, with the session's token judged anew. A program that takes no page gets one
/// only at the results that this server redirects to; at other addresses it gets 404.
pub(in crate::web) async fn home(
    request: HttpRequest,
    visitor: Visitor,
    tokens: SessionTokens,
    home: Home,
) -> Result<HttpResponse, Problem> {
    let result = request.match_info().get("result");
    let result = result.map(|encoded| percent_decode_str(encoded).decode_utf8_lossy());
    let verdict = match visitor.token() {
        Some(_) => Some(tokens.judge(&visitor).await?),
        None => None,
    };
    let is_unknown = result.as_deref().is_some_and(|text| !page::is_result(text, verdict.as_ref()));
    if is_unknown && accept::takes_json_alone(request.headers()) {
        return Err(Problem::not_found());
    }
    let at_expiry = verdict.as_ref().and_then(|verdict| tokens.at_expiry(&visitor, verdict));
    let judged = verdict.as_ref().map(|now| SessionVerdict { now, at_expiry });
    render(&HomePage::new(&request, &home, &visitor, result.as_deref(), judged.as_ref()))
}

/// The query of `GET /generate`.
#[derive(Deserialize)]
pub(in crate::web) struct GenerateQuery {
    sub: Option<String>,
    ttl: Option<String>,
}

/// `GET /generate`: signs a token into the session, as the tutorial does.
pub(in crate::web) async fn generate(
    request: HttpRequest,
    query: Query<GenerateQuery>,
    mut visitor: Visitor,
    signing: SigningQueue,
    sessions: Data<Sessions>,
    tokens: SessionTokens,
) -> Result<HttpResponse, Problem> {
    let subject = query.subject(&request)?;
    let lifetime = query.lifetime(sessions.default_lifetime)?;
    // Only a signature with a private key is slow enough to need the queue.
    let is_mac = visitor.algorithm().jwa().key_kind() == KeyKind::Secret;
    let permit = if is_mac { None } else { Some(signing.acquire().await) };
    let now = tokens.clock.now();
    let issued = demo::issue(&tokens.keys.ring(), visitor.algorithm(), &subject, lifetime, now);
    drop(permit);
    match issued {
        Ok(token) => {
            let algorithm = token.algorithm();
            visitor.keep_token(token.into_string(), now)?;
            tokens.metrics.issued(&demo::PROFILE, algorithm);
            Ok(show(TOKEN_GENERATED))
        }
        Err(IssueError::NoSigner(_)) => Ok(show(ERROR_400)),
        Err(error) => Ok(FailureCause::of(&error).behind(show(ERROR_400))),
    }
}

impl GenerateQuery {
    fn subject(&self, request: &HttpRequest) -> Result<Subject, Problem> {
        let Some(text) = &self.sub else { return Ok(Subject::default()) };
        // Such bytes were replaced when the query was read, and the token would name somebody else.
        if percent_decode_str(request.query_string()).decode_utf8().is_err() {
            return Err(Problem::bad_request("The query is not UTF-8, so `sub` cannot be the subject of a token."));
        }
        let subject = Subject::parse(text)
            .map_err(|error| Problem::bad_request(format!("`sub` cannot be the subject of a token: {error}.")))?;
        if page::is_of_tutorial(subject.as_str()) {
            let message = "`sub` is one of the tutorial's results, so its own result could not be told from that one.";
            return Err(Problem::bad_request(message));
        }
        let page = request.resource_map().match_pattern(&address(subject.as_str()));
        if page.is_some_and(|pattern| pattern != "/{result}") {
            let message = "`sub` is the name of one of this site's own pages, and that page would hide the result.";
            return Err(Problem::bad_request(message));
        }
        Ok(subject)
    }

    fn lifetime(&self, default: Lifetime) -> Result<Lifetime, Problem> {
        let Some(text) = &self.ttl else { return Ok(default) };
        text.parse().map_err(|accepted| Problem::bad_request(format!("`ttl` cannot be a lifetime: {accepted}.")))
    }
}

/// `GET /validate`: judges the session's token. Programs get the verdict, and never the token itself: a script must not
/// read through JSON what `HttpOnly` keeps from it.
pub(in crate::web) async fn validate(
    request: HttpRequest,
    visitor: Visitor,
    tokens: SessionTokens,
) -> Result<HttpResponse, Problem> {
    let verdict = tokens.judge(&visitor).await?;
    tokens.metrics.judged(visitor.token_keys().profile(), &verdict);
    if accept::names(request.headers(), "application/json") {
        let mut answer = if verdict.is_accepted() { HttpResponse::Ok() } else { HttpResponse::Unauthorized() };
        return Ok(answer.json(verdict.report(Show::VerifiedClaimsOnly)));
    }
    Ok(match verdict.accept() {
        Ok(claims) => show(claims.subject().unwrap_or_default()),
        Err(_) => show(INVALID_TOKEN),
    })
}

/// The form of the algorithm switch.
#[derive(Deserialize)]
pub(in crate::web) struct Choice {
    algorithm: String,
}

/// `POST /algorithm`: switches this session between HS256 and RS256.
pub(in crate::web) async fn choose_algorithm(
    choice: Form<Choice>,
    mut visitor: Visitor,
    clock: Data<dyn Clock>,
) -> Result<HttpResponse, Problem> {
    let algorithm = choice.algorithm.parse();
    let algorithm =
        algorithm.map_err(|accepted| Problem::bad_request(format!("`algorithm` cannot be chosen: {accepted}.")))?;
    visitor.choose(algorithm, clock.now())?;
    Ok(see_other("/"))
}

/// The form that the button of a page sends, so that the next page says that the visitor logged out.
const FROM_PAGE: &[u8] = b"from=page";

/// `POST /logout`: deletes the session, also one that cannot be opened or that came twice, and revokes a token that has
/// a `jti`.
pub(in crate::web) async fn logout(
    body: Bytes,
    session: Session,
    visitor: Result<Visitor, Problem>,
    sessions: Data<Sessions>,
    tokens: SessionTokens,
) -> Result<HttpResponse, Problem> {
    let revoked = match visitor {
        Ok(visitor) => tokens.revoke(&visitor).await,
        // What it holds is not known, so it cannot be revoked.
        Err(problem) if problem.status.is_server_error() => return Err(problem),
        Err(_) => Ok(()),
    };
    session.purge();
    revoked?;
    let home = if body == FROM_PAGE { LOGGED_OUT_ADDRESS } else { "/" };
    let mut response = see_other(home);
    response.add_cookie(&sessions.cookie.removal()).map_err(|error| Problem::internal(&error))?;
    Ok(response)
}

/// Redirects to the page that shows `result`, as the tutorial's programs do.
fn show(result: &str) -> HttpResponse {
    let location = match result {
        TOKEN_GENERATED => HeaderValue::from_static(TOKEN_GENERATED_ADDRESS),
        result => HeaderValue::from_str(&address(result)).unwrap_or(HeaderValue::from_static("/")),
    };
    let mut response = HttpResponse::new(StatusCode::FOUND);
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn address(result: &str) -> String {
    format!("/{}", utf8_percent_encode(result, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_s_address_keeps_only_unreserved_characters_and_the_exclamation_mark() {
        assert_eq!(address(TOKEN_GENERATED), TOKEN_GENERATED_ADDRESS);
        assert_eq!(address("a/b\\c?d#e%f+g~"), "/a%2Fb%5Cc%3Fd%23e%25f%2Bg~");
        assert_eq!(address("//evil.example"), "/%2F%2Fevil.example");
        assert_eq!(address("é"), "/%C3%A9");
    }
}
