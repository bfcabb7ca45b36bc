//! A token that needs no key.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::judged_token::{JudgedToken, NaiveVerdict};
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::none::{self, LONGEST_FIELD, RULE, Written};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::text_of;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::token::segments;
use crate::web::http::problem::Problem;
use crate::web::site::lab::session_token::Own;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["send"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        let _permit = visit.wait_to_sign().await;
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/none/page.html")]
struct NonePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    own: Own,
    header: String,
    payload: String,
    signature: String,
    has_last_dot: bool,
    outcome: Option<Outcome>,
}

struct Outcome {
    press: PressResult,
    naive: NaiveVerdict,
    strict: JudgedToken,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let own = Own::lasting(&visit.visitor, visit.lab, visit.now)?;
    let [header, payload, signature] = fields(visit, &own)?;
    let has_last_dot = visit.form.get("dot").is_none();
    let written = Written { header: &header, payload: &payload, signature: &signature, has_last_dot };
    let outcome = visit.form.is_sent().then(|| judge(visit, &written, own.algorithm));
    let open = none::open(&written, visit.now);
    let frame = visit.judged(outcome.as_ref().map(|outcome| outcome.press.clone()), open);
    render(&NonePage { assets: &visit.lab.assets, frame, own, header, payload, signature, has_last_dot, outcome })
}

/// What was written; before that, the parts of the visitor's own token.
fn fields(visit: &LessonVisit<'_>, own: &Own) -> Result<[String; 3], Problem> {
    let text = |name: &str| Ok::<_, Problem>(visit.text(name, LONGEST_FIELD)?.map(|text| text.replace("\r\n", "\n")));
    let written = [text("header")?, text("payload")?, text("signature")?];
    if visit.form.is_sent() || written[0].is_some() {
        return Ok(written.map(Option::unwrap_or_default));
    }
    let decode = |index| text_of(&own.token, index).unwrap_or_default();
    let signature = segments(&own.token).map(|[.., signature]| signature.to_owned()).unwrap_or_default();
    Ok([decode(0), decode(1), signature])
}

fn judge(visit: &LessonVisit<'_>, written: &Written<'_>, algorithm: DemoAlgorithm) -> Outcome {
    let (token, ring) = (written.token(), &visit.lab.keys.ring());
    let says = none::naive(&token, algorithm.keys(ring).verifiers(), visit.now);
    Outcome {
        press: PressResult::of(&none::judge(written, &says)),
        naive: NaiveVerdict::new(RULE, &says),
        strict: JudgedToken::new(&token, &demo::verify(ring, algorithm, &token, visit.now)),
    }
}
