//! An attack that is a request: judged by the same rules as every request and its session.

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};

use super::comparison::{NaiveOpinion, Strict};
use crate::lab::naive::NaiveSite;
use crate::lab::sent_request::SentRequest;
use crate::profiles::demo;
use crate::token::Show;
use crate::web::http::cors::Scripts;
use crate::web::session::Visitor;
use crate::web::site::lab::Lab;

/// The request, what this site says to it, and what a naive one would.
pub(super) struct RequestTrial {
    pub text: String,
    pub curl: String,
    pub strict: Strict,
    pub naive: NaiveOpinion,
}

/// A placeholder for the visitor's encrypted cookie, which is not shown.
const ENCRYPTED_COOKIE: &str = "encrypted";

impl RequestTrial {
    pub fn of(request: &SentRequest, naive: &NaiveSite, visitor: &Visitor, lab: &Lab) -> Self {
        let base = lab.origins.public_origin();
        let host = base.split_once("://").map_or(base, |(_, host)| host);
        Self {
            text: request.text(host, lab.sessions.cookie.name()),
            curl: request.curl(base, lab.sessions.cookie.name()),
            strict: judge(&head(request, host, lab), visitor, lab),
            naive: NaiveOpinion::of(&naive.opinion(request)),
        }
    }
}

/// The head as the server would receive it.
fn head(request: &SentRequest, host: &str, lab: &Lab) -> RequestHead {
    let name = lab.sessions.cookie.name();
    let filled = |text: &str| {
        let text = text.replace("{cookie}", &format!("{name}={ENCRYPTED_COOKIE}")).replace("{name}", name);
        text.replace("{token}", "token")
    };
    let mut head = RequestHead::default();
    head.method = request.method.parse().unwrap_or(Method::GET);
    head.uri = filled(request.path).parse().unwrap_or_else(|_| Uri::from_static("/"));
    let fields = request.headers.iter().map(|(name, value)| (*name, filled(value)));
    for (name, value) in fields.chain([("Host", host.to_owned())]) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            head.headers.append(name, value);
        }
    }
    debug_assert!(head.headers.contains_key(header::HOST), "a request names its host");
    head
}

/// A message up to the sentence that tells the operator of a server which setting changes the answer. The page of an
/// attacker is refused for another reason.
fn without_settings(message: &str) -> &str {
    message.split_once(". `--").map_or(message, |(says, _)| says)
}

/// The check of origins, then the session, then the verifier: the first that refuses answers.
fn judge(head: &RequestHead, visitor: &Visitor, lab: &Lab) -> Strict {
    let refusal =
        lab.origins.refusal(head, None, Scripts::OfThisSite).or_else(|| lab.sessions.cookie.refusal(&head.headers));
    if let Some(problem) = refusal {
        let strict = Strict::of_problem(&problem);
        return Strict { message: without_settings(&strict.message).to_owned(), ..strict };
    }
    let cookies = lab.sessions.cookie.values(&head.headers);
    let is_own = cookies.first().is_some_and(|value| value == ENCRYPTED_COOKIE);
    let token = visitor.token().filter(|_| is_own).unwrap_or_default();
    let verdict = demo::verify(&lab.keys.ring(), visitor.algorithm(), token, lab.clock.now());
    Strict::of_verdict(&verdict, Show::VerifiedClaimsOnly)
}
