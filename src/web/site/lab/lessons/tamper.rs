//! Tamper with a token.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::seen::Seen;
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::tamper::{
    Change, LONGEST_PAYLOAD, Spelling, failed_at_signature, spellings, with_middle_changed, with_payload,
};
use crate::lab::lessons::text_of;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::token::Verdict;
use crate::web::http::problem::Problem;
use crate::web::site::lab::own::Own;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        let _permit = visit.wait_to_sign().await;
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/tamper/page.html")]
struct TamperPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    /// The token that this page chose; `None` when the form brought one back.
    own: Option<Own>,
    original: String,
    before: Seen,
    payload: String,
    outcome: Outcome,
}

/// The result of the step.
enum Outcome {
    Nothing,
    Payload { change: Change, after: Box<Seen>, is_solved: bool },
    Middle { after: Box<Seen> },
    Last { rows: Vec<Row> },
}

/// One spelling, and what two verifiers say to it.
struct Row {
    spelling: Spelling,
    code: &'static str,
    message: String,
}

impl Outcome {
    /// The result of pressing a button. `said` is the payload before the change.
    fn of(
        step: Option<&str>,
        original: &str,
        said: &str,
        payload: &str,
        judge: impl Fn(&str) -> Verdict,
    ) -> Result<Self, Problem> {
        match step {
            Some("payload") => Ok(changed(original, said, payload, judge)),
            Some("middle") => Ok(middle(original, judge)),
            Some("last") => Ok(last(original, judge)),
            _ => Err(Problem::bad_request("`step` is what the button sends: payload, middle or last.")),
        }
    }

    const fn is_solved(&self) -> bool {
        matches!(self, Self::Payload { is_solved: true, .. })
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let own = if visit.form.is_sent() { None } else { Some(Own::of(&visit.visitor, visit.lab, visit.now)?) };
    let (original, algorithm) = match &own {
        Some(own) => (own.token.clone(), own.algorithm),
        None => original(visit)?,
    };
    let judge = |token: &str| demo::verify(&visit.lab.keys.ring(), algorithm, token, visit.now);
    let before = judge(&original);
    if !before.is_signed() {
        return Err(not_ours());
    }
    let said = text_of(&original, 1).unwrap_or_default();
    let written = visit.text("payload", LONGEST_PAYLOAD)?.map(|text| text.replace("\r\n", "\n"));
    let payload = written.unwrap_or_else(|| said.clone());
    let outcome = match own {
        Some(_) => Outcome::Nothing,
        None => Outcome::of(visit.form.get("step"), &original, &said, &payload, judge)?,
    };
    let frame = visit.frame(outcome.is_solved())?;
    let before = Seen::new(&original, &before);
    render(&TamperPage { assets: &visit.lab.assets, frame, own, original, before, payload, outcome })
}

/// The token that the form brings back, and the algorithm that it names.
fn original(visit: &LessonVisit<'_>) -> Result<(String, DemoAlgorithm), Problem> {
    let token = visit.text("token", 4096)?.unwrap_or_default().to_owned();
    let verdict = crate::token::decode(&token);
    let named = verdict.header().and_then(|header| header.get("alg")).and_then(|alg| alg.as_str()?.parse().ok());
    Ok((token, named.ok_or_else(not_ours)?))
}

fn not_ours() -> Problem {
    Problem::bad_request("The token in this form is none of this server's. Open the lesson again for a fresh one.")
}

fn changed(original: &str, said: &str, payload: &str, judge: impl Fn(&str) -> Verdict) -> Outcome {
    let forged = with_payload(original, payload).unwrap_or_default();
    let (change, verdict) = (Change::between(said, payload), judge(&forged));
    let after = Box::new(marked(Seen::new(&forged, &verdict), &change));
    Outcome::Payload { is_solved: change.counts() && failed_at_signature(&verdict), change, after }
}

fn marked(seen: Seen, change: &Change) -> Seen {
    match change {
        Change::Nothing => seen,
        Change::Spelling => seen.mark(1, "the same claims in another spelling"),
        Change::Broken(fault) => seen.mark(1, fault),
        Change::Claims(told) => seen.mark(1, &told.join("; ").replace('`', "")),
    }
}

fn middle(original: &str, judge: impl Fn(&str) -> Verdict) -> Outcome {
    let changed = with_middle_changed(original).unwrap_or_default();
    let after = Seen::new(&changed, &judge(&changed)).mark(2, "its middle character");
    Outcome::Middle { after: Box::new(after) }
}

fn last(original: &str, judge: impl Fn(&str) -> Verdict) -> Outcome {
    let row = |spelling: Spelling| {
        let verdict = judge(&spelling.token);
        Row { code: verdict.code().as_str(), message: verdict.message().to_owned(), spelling }
    };
    Outcome::Last { rows: spellings(original).unwrap_or_default().into_iter().map(row).collect() }
}
