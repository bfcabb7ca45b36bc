//! The bench: decode, verify and sign, three separate buttons; a form for people, JSON for programs.
//!
//! A program gets the shapes of `hallpass inspect --json`. The page gives back whatever was typed, so that nothing is
//! lost by a refusal; it is never stored, neither here nor by the browser, and a query is never read. So a result has
//! no address of its own: a token and a key would have to be in it, or be kept.

mod page;
mod sent;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpRequest, HttpResponse};
use serde_json::json;

use crate::clock::Clock;
use crate::lab::bench::{Action, BadInput, PastedKey, SignError, judge, parse_algorithm, parse_profile};
use crate::profiles::{Issuer, demo};
use crate::token::{self, Show, Token, Verdict};
use crate::web::http::accept;
use crate::web::http::framework_errors::expect_form;
use crate::web::http::json_body;
use crate::web::http::problem::Problem;
use crate::web::session::Visitor;
use crate::web::site::lab::Lab;
use crate::web::view::assets::Assets;
use crate::web::view::page::{render, render_with};
use crate::web::view::token_view::KeyOwner;
use page::{BenchPage, Outcome};
use sent::Sent;

/// A token, a key and claims: more than other forms hold.
pub(super) const LARGEST_BENCH_BODY: usize = 64 * 1024;

/// `GET /lab/inspect`: the empty bench.
pub(in crate::web) async fn page(
    visitor: Visitor,
    assets: Data<Assets>,
    clock: Data<dyn Clock>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    render(&BenchPage::new(&assets, &visitor, &Sent::example(now), &Outcome::Blank, now))
}

/// `POST /lab/inspect`: what was asked for, on the page or as JSON.
pub(in crate::web) async fn work(
    request: HttpRequest,
    body: Result<Bytes, Error>,
    visitor: Visitor,
    lab: Lab,
) -> Result<HttpResponse, Problem> {
    let body = body.map_err(|error| unread(&error))?;
    let bench = Bench { lab: &lab, visitor: &visitor };
    if json_body::is_json(&request) {
        return bench.answer(Sent::from_json(&body)).await;
    }
    expect_form(&request)?;
    if accept::names(request.headers(), "application/json") {
        return bench.answer(Ok(Sent::from_form(&body))).await;
    }
    bench.page(Sent::from_form(&body).cleaned()).await
}

/// Refuses a body over this route's own limit.
fn unread(error: &Error) -> Problem {
    match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(LARGEST_BENCH_BODY),
        status => Problem::of_status(status, "GET, HEAD, POST"),
    }
}

/// The result of a request that could be done.
enum Done {
    Decoded(Verdict),
    Judged(Verdict),
    Signed(Token),
}

/// Why a request could not be done.
enum Failure {
    /// What was sent cannot be used.
    BadInput(BadInput),
    /// The server failed.
    Problem(Problem),
}

impl From<BadInput> for Failure {
    fn from(fault: BadInput) -> Self {
        Self::BadInput(fault)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        match error {
            SignError::BadInput(fault) => Self::BadInput(fault),
            SignError::Signing(error) => Self::Problem(error.into()),
        }
    }
}

/// The bench for one visitor.
struct Bench<'a> {
    lab: &'a Lab,
    visitor: &'a Visitor,
}

impl Bench<'_> {
    /// For a program.
    async fn answer(&self, sent: Result<Sent, BadInput>) -> Result<HttpResponse, Problem> {
        let done = match sent {
            Ok(sent) => self.carry_out(&sent).await,
            Err(fault) => Err(fault.into()),
        };
        match done {
            Ok(Done::Decoded(verdict) | Done::Judged(verdict)) => {
                Ok(HttpResponse::Ok().json(verdict.report(Show::UnverifiedClaims)))
            }
            Ok(Done::Signed(token)) => Ok(HttpResponse::Ok().json(json!({ "token": token.as_str() }))),
            Err(Failure::BadInput(fault)) => Err(Problem::bad_request(fault.message)),
            Err(Failure::Problem(problem)) => Err(problem),
        }
    }

    /// For a person. Only here can the session's own token be taken: through JSON a script would get what `HttpOnly`
    /// keeps from it.
    async fn page(&self, mut sent: Sent) -> Result<HttpResponse, Problem> {
        let now = self.lab.clock.now();
        let done = match sent.action.as_str() {
            _ if sent.asks_for_own_token() => self.own_token(&mut sent),
            "decode" | "verify" if sent.token.is_empty() => Err(BadInput::at("token", "Paste a token first.").into()),
            _ => self.carry_out(&sent).await,
        };
        let (status, outcome) = match done {
            Ok(Done::Decoded(verdict)) => (StatusCode::OK, Outcome::decoded(&sent.token, &verdict, now)),
            Ok(Done::Judged(verdict)) => {
                let owner = if sent.has_key() { KeyOwner::Visitor } else { KeyOwner::Server };
                (StatusCode::OK, Outcome::judged(&sent.token, &verdict, owner, now))
            }
            Ok(Done::Signed(token)) => {
                sent.token = token.into_string();
                (StatusCode::OK, Outcome::signed(&sent.token, now))
            }
            Err(Failure::BadInput(fault)) => (StatusCode::BAD_REQUEST, Outcome::BadInput(fault)),
            Err(Failure::Problem(problem)) => return Err(problem),
        };
        render_with(status, &BenchPage::new(&self.lab.assets, self.visitor, &sent, &outcome, now))
    }

    fn own_token(&self, sent: &mut Sent) -> Result<Done, Failure> {
        let missing =
            || BadInput::at("token", "Your session holds no token. *Get token* on the demo’s page puts one there.");
        self.visitor.token().ok_or_else(missing)?.clone_into(&mut sent.token);
        Ok(Done::Decoded(token::decode(&sent.token)))
    }

    async fn carry_out(&self, sent: &Sent) -> Result<Done, Failure> {
        let action: Action = sent.action.parse()?;
        let profile = sent.profile.as_deref().map(parse_profile).transpose()?;
        let wanted = sent.algorithm.as_deref().map(parse_algorithm).transpose()?;
        let key = sent.key()?.map(|(form, text)| PastedKey::new(form, text.to_owned(), wanted));
        match (action, key) {
            (Action::Decode, _) => Ok(Done::Decoded(token::decode(&sent.token))),
            (Action::Verify, Some(key)) => self.verify_with(key, sent).await,
            (Action::Verify, None) => {
                let (ring, algorithm) = (self.lab.keys.ring(), self.visitor.algorithm());
                let (url, now) = (self.lab.issuer.as_str(), self.lab.clock.now());
                let issuer = Issuer { ring: &ring, algorithm, url, now };
                let judged = judge(&issuer, &sent.token, profile.unwrap_or(&demo::PROFILE), wanted)?;
                let verdict = self.lab.store.resolve_revocation(judged).await.map_err(Problem::from)?;
                Ok(Done::Judged(verdict))
            }
            (Action::Sign, Some(key)) => self.sign_with(key, sent).await,
            (Action::Sign, None) => {
                let message = "Paste a key to sign with: this server’s own keys sign nothing here.";
                Err(BadInput::at("key", message).into())
            }
        }
    }

    /// Keys may be large, and then their work takes a while: no other request waits for it.
    async fn verify_with(&self, key: PastedKey, sent: &Sent) -> Result<Done, Failure> {
        let (token, now) = (sent.token.clone(), self.lab.clock.now());
        let verdict = self.lab.work.run(move || key.verify(&token, now)).await??;
        Ok(Done::Judged(verdict))
    }

    async fn sign_with(&self, key: PastedKey, sent: &Sent) -> Result<Done, Failure> {
        let claims = sent
            .claims
            .clone()
            .ok_or_else(|| BadInput::at("claims", "`claims` are missing: there is nothing to sign."))?;
        let header = sent.header.clone();
        let token = self.lab.work.run(move || key.sign(header.as_deref(), &claims)).await??;
        Ok(Done::Signed(token))
    }
}
