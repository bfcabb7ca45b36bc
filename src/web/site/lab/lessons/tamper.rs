//! Tamper with a token. The form carries the token, and what the visitor did to it before.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::judged_token::{JudgedToken, NaiveVerdict};
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::tamper::{
    Change, LONGEST_PAYLOAD, Parts, RULE, Spelling, judge, naive_verdict, spellings, with_middle_changed, with_payload,
};
use crate::lab::lessons::text_of;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::token::{LARGEST_TOKEN, Verdict};
use crate::web::http::problem::Problem;
use crate::web::site::lab::session_token::Own;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn forms_carry_work(&self) -> bool {
        true
    }

    fn judging_steps(&self) -> &'static [&'static str] {
        &["payload"]
    }

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
    before: JudgedToken,
    payload: String,
    /// The payload that made Mallory Admin, once there is one.
    forged: Option<String>,
    parts: Parts,
    outcome: Outcome,
}

/// What the press showed.
enum Outcome {
    Nothing,
    Payload { change: Change, naive: NaiveVerdict, strict: Box<JudgedToken> },
    Middle { after: Box<JudgedToken> },
    Last { rows: Vec<Row> },
}

/// One spelling, and what the strict verifier says to it.
struct Row {
    spelling: Spelling,
    code: &'static str,
    message: String,
}

/// A token of this server's, with the algorithm under which it is judged.
struct Original<'a> {
    token: &'a str,
    /// Its payload.
    said: &'a str,
    judge: &'a dyn Fn(&str) -> Verdict,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let written = visit.text("payload", LONGEST_PAYLOAD)?.map(|text| text.replace("\r\n", "\n"));
    let ring = visit.lab.keys.ring();
    let now = visit.now;
    let verify = |token: &str, algorithm| demo::verify(&ring, algorithm, token, now);
    let brought = brought(visit).filter(|(token, algorithm)| verify(token, *algorithm).is_signed());
    let (own, token, algorithm) = if let Some((token, algorithm)) = brought {
        (None, token, algorithm)
    } else {
        let own = Own::lasting(&visit.visitor, visit.lab, now)?;
        let (token, algorithm) = (own.token.clone(), own.algorithm);
        (Some(own), token, algorithm)
    };
    let judge = |token: &str| verify(token, algorithm);
    let said = text_of(&token, 1).unwrap_or_default();
    let original = Original { token: &token, said: &said, judge: &judge };
    let payload = written.unwrap_or_else(|| said.clone());
    let mut work = Work::of(visit, &original)?;
    let (press, outcome) = match (visit.form.is_sent(), &own) {
        (false, _) => (None, Outcome::Nothing),
        (true, Some(_)) => (Some(PressResult::Missing(REPLACED.to_owned())), Outcome::Nothing),
        (true, None) => work.press(visit.form.get("step"), &original, &payload)?,
    };
    if press.is_some() {
        // A session that is full keeps nothing. Then the form alone carries the work.
        drop(visit.keep_work(work.parts.text()));
    }
    let frame = visit.judged(press, work.parts.open(&Change::between(&said, &payload)));
    let before = JudgedToken::new(&token, &judge(&token));
    let Work { forged, parts } = work;
    render(&TamperPage {
        assets: &visit.lab.assets,
        frame,
        own,
        original: token,
        before,
        payload,
        forged,
        parts,
        outcome,
    })
}

const REPLACED: &str = "The token in your form is none that this server signed, or its key was replaced since. Here is \
                        another token. What you typed is still there, so press the button again.";

/// The token that the form brings back, and the algorithm that it names.
fn brought(visit: &LessonVisit<'_>) -> Option<(String, DemoAlgorithm)> {
    let token = visit.form.get("token").filter(|token| token.len() <= LARGEST_TOKEN)?;
    let verdict = crate::token::decode(token);
    let algorithm = verdict.header()?.get("alg")?.as_str()?.parse().ok()?;
    Some((token.to_owned(), algorithm))
}

/// What the visitor did in this lesson, as the session remembers it, and the form if the session was lost.
struct Work {
    forged: Option<String>,
    parts: Parts,
}

impl Work {
    fn of(visit: &LessonVisit<'_>, original: &Original<'_>) -> Result<Self, Problem> {
        let forged = visit.text("forged", LONGEST_PAYLOAD)?.map(|text| text.replace("\r\n", "\n"));
        let forged = forged.filter(|payload| Forgery::of(original, payload).judged.is_ok());
        let is_done = |part: &str| visit.form.get(part) == Some("done");
        let kept = Parts::parse(&visit.work());
        let parts = Parts {
            payload: forged.is_some() || kept.payload,
            middle: is_done("middle") || kept.middle,
            last: is_done("last") || kept.last,
        };
        Ok(Self { forged, parts })
    }

    fn press(
        &mut self,
        step: Option<&str>,
        original: &Original<'_>,
        payload: &str,
    ) -> Result<(Option<PressResult>, Outcome), Problem> {
        let (press, outcome) = match step {
            Some("payload") => self.send(original, payload),
            Some("middle") => self.change_middle(original),
            Some("last") => self.change_last(original),
            _ => return Err(Problem::bad_request("`step` is what the button sends: payload, middle or last.")),
        };
        Ok((Some(press), outcome))
    }

    fn send(&mut self, original: &Original<'_>, payload: &str) -> (PressResult, Outcome) {
        let Forgery { change, naive, strict, judged } = Forgery::of(original, payload);
        let press = match judged {
            Ok(twice) => {
                self.forged = Some(payload.to_owned());
                let is_new = !std::mem::replace(&mut self.parts.payload, true);
                let says = format!(
                    "The naive verifier believed your payload: Mallory is Admin now, and she can change 3 grades. The \
                     strict verifier blocked the same token at its signature.{twice}"
                );
                self.parts.pressed(is_new, &says)
            }
            Err(hint) => PressResult::Wrong(hint),
        };
        (press, Outcome::Payload { change, naive, strict: Box::new(strict) })
    }

    fn change_middle(&mut self, original: &Original<'_>) -> (PressResult, Outcome) {
        let changed = with_middle_changed(original.token).unwrap_or_default();
        let after = JudgedToken::new(&changed, &(original.judge)(&changed)).mark(2, "its middle character");
        let is_new = !std::mem::replace(&mut self.parts.middle, true);
        let press = self.parts.pressed(
            is_new,
            "The strict verifier blocked the token. All six bits of this character belong to the signature, so every \
             verifier sees another signature.",
        );
        (press, Outcome::Middle { after: Box::new(after) })
    }

    fn change_last(&mut self, original: &Original<'_>) -> (PressResult, Outcome) {
        let row = |spelling: Spelling| {
            let verdict = (original.judge)(&spelling.token);
            Row { code: verdict.code().as_str(), message: verdict.message().to_owned(), spelling }
        };
        let rows: Vec<Row> = spellings(original.token).unwrap_or_default().into_iter().map(row).collect();
        let is_new = !std::mem::replace(&mut self.parts.last, true);
        let says = match rows.len() {
            0 | 1 => "The bytes of this signature fill its last character, so here it is like any other. Most \
                      signatures do not."
                .to_owned(),
            count => format!(
                "{count} different last characters stand for the same signature. A verifier with a lax decoder, which does \
                 not check the unused bits, accepts all of them. So a test must not change the last one."
            ),
        };
        (self.parts.pressed(is_new, &says), Outcome::Last { rows })
    }
}

/// A payload with the old signature, and what both verifiers say to it.
struct Forgery {
    change: Change,
    naive: NaiveVerdict,
    strict: JudgedToken,
    judged: Result<String, String>,
}

impl Forgery {
    fn of(original: &Original<'_>, payload: &str) -> Self {
        let token = with_payload(original.token, payload).unwrap_or_default();
        let change = Change::between(original.said, payload);
        let naive = naive_verdict(&token);
        let strict = JudgedToken::new(&token, &(original.judge)(&token));
        let strict = match &change {
            Change::Nothing => strict,
            Change::Spelling => strict.mark(1, "the same claims in another spelling"),
            Change::Broken(_) => strict.mark(1, "it is not one JSON object"),
            Change::Claims(told) => strict.mark(1, &told.join("; ").replace('`', "")),
        };
        Self { judged: judge(payload, &change, &naive), naive: NaiveVerdict::new(RULE, &naive), change, strict }
    }
}
