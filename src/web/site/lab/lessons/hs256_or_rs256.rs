//! HS256 or RS256.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::header;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit};
use crate::keys::ProfileKeys;
use crate::lab::lessons::hs256_or_rs256::{self, ALGORITHMS, COMMANDS, LIFETIME, PARTIES, Party};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::token::segments;
use crate::web::http::problem::Problem;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::site::lab::own::Own;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// No kind of operation is measured longer.
const LONGEST: Duration = Duration::from_millis(50);

/// What is signed where time is measured: as long as the demo's own token without its signature.
const MESSAGE: &[u8] = &[b'e'; 110];

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }

    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match step {
            "public.pem" => public_key(visit),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/hs256-or-rs256/page.html")]
struct AlgorithmsPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    own: Own,
    /// Signed for whoever sent the form: an RS256 signature costs more than the page.
    tokens: Option<Tokens>,
    costs: Option<Costs>,
    base: &'a str,
    ticked: Vec<String>,
    outcome: Outcome,
}

/// Two tokens with the same claims.
struct Tokens {
    hs256: String,
    /// `None` where the folder has only the public key.
    rs256: Option<String>,
}

enum Outcome {
    Nothing,
    Answer { wrong: Vec<&'static str> },
}

struct Costs {
    hs256: Cost,
    rs256: Cost,
}

/// What one operation took, on average.
struct Cost {
    sign: Mean,
    verify: Mean,
}

struct Mean {
    microseconds: f64,
    runs: u32,
}

impl Mean {
    /// Runs the operation so many times, or as often as the time lasts, and once at least.
    fn of<T>(most: u32, operation: impl Fn() -> T) -> Self {
        let begin = Instant::now();
        let mut runs = 0;
        while runs < most && (runs == 0 || begin.elapsed() < LONGEST) {
            std::hint::black_box(operation());
            runs += 1;
        }
        Self { microseconds: begin.elapsed().as_secs_f64() * 1e6 / f64::from(runs.max(1)), runs }
    }

    /// How many times longer this took than the other.
    fn over(&self, other: &Self) -> String {
        let ratio = self.microseconds / other.microseconds.max(0.001);
        if ratio >= 10.0 { format!("{ratio:.0} times") } else { format!("{ratio:.1} times") }
    }
}

impl Cost {
    fn of(keys: &ProfileKeys, most: u32) -> Self {
        let signature = keys.signer().sign(MESSAGE).unwrap_or_default();
        let verifies = || keys.verifiers().iter().any(|key| key.verifies(MESSAGE, &signature));
        Self { sign: Mean::of(most, || keys.signer().sign(MESSAGE)), verify: Mean::of(most, verifies) }
    }
}

impl AlgorithmsPage<'_> {
    fn is_ticked(&self, party: &Party, algorithm: &str) -> bool {
        self.ticked.contains(&name(party, algorithm))
    }

    fn name(party: &Party, algorithm: &str) -> String {
        name(party, algorithm)
    }

    fn signature_of(token: &str) -> &str {
        segments(token).map_or("", |[.., signature]| signature)
    }

    fn bytes_of_signature(token: &str) -> usize {
        Self::signature_of(token).len() * 3 / 4
    }
}

/// What a check box is called in the form.
fn name(party: &Party, algorithm: &str) -> String {
    format!("{}-{}", algorithm.to_lowercase(), party.value)
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let own = signed(visit.signing, || Own::of(&visit.visitor, visit.lab, visit.now)).await?;
    let names = PARTIES.iter().flat_map(|party| ALGORITHMS.map(|algorithm| name(party, algorithm)));
    let ticked: Vec<String> = names.filter(|name| visit.form.get(name).is_some()).collect();
    let (outcome, costs) = match visit.form.get("step") {
        _ if !visit.form.is_sent() => (Outcome::Nothing, None),
        Some("answer") => {
            let wrong = hs256_or_rs256::judge(|party, algorithm| ticked.contains(&name(party, algorithm)));
            (Outcome::Answer { wrong }, None)
        }
        Some("measure") => (Outcome::Nothing, Some(measure(visit).await?)),
        _ => return Err(Problem::bad_request("`step` is what the button sends: answer or measure.")),
    };
    let tokens =
        if visit.form.is_sent() { Some(signed(visit.signing, || tokens(visit, own.subject())).await?) } else { None };
    let frame = visit.frame(matches!(&outcome, Outcome::Answer { wrong } if wrong.is_empty()))?;
    let frame = frame.tried_if(matches!(outcome, Outcome::Answer { .. }));
    let (assets, base) = (&visit.lab.assets, visit.lab.origins.public_origin());
    render(&AlgorithmsPage { assets, frame, own, tokens, costs, base, ticked, outcome })
}

/// Makes a signature when this worker makes no other.
async fn signed<T>(signing: &SigningQueue, sign: impl FnOnce() -> T) -> T {
    let _turn = signing.acquire().await;
    sign()
}

fn tokens(visit: &LessonVisit<'_>, subject: &str) -> Result<Tokens, Problem> {
    let subject = Subject::parse(subject).unwrap_or_default();
    let hs256 = token(visit, DemoAlgorithm::HS256, &subject)?.unwrap_or_default();
    Ok(Tokens { hs256, rs256: token(visit, DemoAlgorithm::RS256, &subject)? })
}

/// A token of the demo for ten minutes, like one from `/generate`; `None` if the server cannot sign it.
fn token(visit: &LessonVisit<'_>, algorithm: DemoAlgorithm, subject: &Subject) -> Result<Option<String>, Problem> {
    if !demo::can_issue(&visit.lab.keys.ring(), algorithm, visit.now) {
        return Ok(None);
    }
    let lifetime = Lifetime::of(LIFETIME).unwrap_or_default();
    let token = demo::issue(&visit.lab.keys.ring(), algorithm, subject, lifetime, visit.now);
    Ok(Some(token.map_err(|error| Problem::internal(&error))?.into_string()))
}

/// Measures signing and verifying with the lab's keys, away from the threads that answer requests.
async fn measure(visit: &LessonVisit<'_>) -> Result<Costs, Problem> {
    let ring = visit.lab.keys.ring();
    let costs = move || {
        let keys = ring.lab();
        Costs { hs256: Cost::of(keys.hs256(), 200), rs256: Cost::of(keys.rs256(), 20) }
    };
    visit.lab.work.run(costs).await
}

/// `GET /lab/lessons/hs256-or-rs256/public.pem`: the public key that the lesson's RS256 token is verified with.
fn public_key(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let pem = visit.lab.keys.ring().rs256_public(visit.now).and_then(crate::keys::RsaPublicKey::to_pem);
    let pem = pem.ok_or_else(Problem::not_found)?;
    let media_type = (header::CONTENT_TYPE, "application/x-pem-file");
    Ok(HttpResponse::Ok().insert_header(media_type).body(pem))
}
