//! A token that needs no key.

use actix_web::HttpResponse;
use askama::Template;

use super::seen::{Naive, Seen};
use super::{Desk, Frame, page as answer};
use crate::lab::lessons::none::{self, LONGEST_FIELD, RULE, Written};
use crate::lab::lessons::text_of;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::token::segments;
use crate::web::http::problem::Problem;
use crate::web::site::lab::own::Own;
use crate::web::view::assets::Assets;

#[derive(Template)]
#[template(path = "lab/lessons/none.html")]
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
    remark: Result<String, String>,
    naive: Naive,
    strict: Seen,
}

pub(super) fn page(desk: &mut Desk<'_>) -> Result<HttpResponse, Problem> {
    let own = Own::of(&desk.visitor, desk.state, desk.now)?;
    let [header, payload, signature] = fields(desk, &own)?;
    let has_last_dot = desk.form.get("dot").is_none();
    let outcome = desk.form.is_sent().then(|| {
        let written = Written { header: &header, payload: &payload, signature: &signature, has_last_dot };
        judge(desk, &written, own.algorithm)
    });
    let frame = desk.frame(outcome.as_ref().is_some_and(|outcome| outcome.remark.is_ok()))?;
    answer(&NonePage { assets: &desk.state.assets, frame, own, header, payload, signature, has_last_dot, outcome })
}

/// What was written; before that, the parts of the visitor's own token.
fn fields(desk: &Desk<'_>, own: &Own) -> Result<[String; 3], Problem> {
    let text = |name: &str| Ok::<_, Problem>(desk.text(name, LONGEST_FIELD)?.map(|text| text.replace("\r\n", "\n")));
    let written = [text("header")?, text("payload")?, text("signature")?];
    if desk.form.is_sent() {
        return Ok(written.map(Option::unwrap_or_default));
    }
    let decode = |index| text_of(&own.token, index).unwrap_or_default();
    let signature = segments(&own.token).map(|[.., signature]| signature.to_owned()).unwrap_or_default();
    Ok([decode(0), decode(1), signature])
}

fn judge(desk: &Desk<'_>, written: &Written<'_>, algorithm: DemoAlgorithm) -> Outcome {
    let (token, ring) = (written.token(), &desk.state.ring());
    let says = none::naive(&token, algorithm.keys(ring).verifiers(), desk.now);
    Outcome {
        remark: none::judge(written, &says),
        naive: Naive::new(RULE, &says),
        strict: Seen::new(&token, &demo::verify(ring, algorithm, &token, desk.now)),
    }
}
