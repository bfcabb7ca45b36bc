//! The gallery of attacks. Each is forged from the visitor's own token, checked by the verifier, and shown beside the
//! answer of a naive verifier.
//!
//! What is put into a session is forged here again from the attack's name, so a client cannot put any other text there.
//!
//! A result follows from the attack, its variant and the session, so it has an address of its own, and reloading or
//! going back sends no form again.

mod comparison;
mod gallery;
mod request;
mod trial;

use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::lab::attacks::{ADMIN_WINS, Attack, AttackKind, JudgedBy, NaiveOutcome};
use crate::lab::diff::LineChange;
use crate::lab::forge::Target;
use crate::lab::lessons::Lesson;
use crate::web::http::accept;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::{moved_to, see_other};
use crate::web::session::class::{ClassMode, Learner};
use crate::web::session::{TokenKeys, Visitor};
use crate::web::site::lab::Lab;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;
use comparison::{NaiveOpinion, Strict};
pub(in crate::web) use gallery::gallery;
use request::RequestTrial;
use trial::{Attempt, Source, Trial};

/// One attack as programs get it.
#[derive(Serialize)]
struct AttackEntry {
    slug: &'static str,
    number: u8,
    name: &'static str,
    changes: &'static str,
    expected_code: Option<&'static str>,
    lesson: Option<&'static str>,
    rfc: &'static str,
    forges_identity: bool,
}

/// `GET /lab/attacks.json`. While the teacher of a class holds the expected codes, they are `null` here too.
pub(in crate::web) async fn catalogue(mode: Data<ClassMode>) -> Result<HttpResponse, Problem> {
    let class = match mode.room() {
        Some(room) => room.recent().await?,
        None => None,
    };
    let are_held = class.is_some_and(|class| class.codes_held);
    let entries = Attack::all().map(|attack| AttackEntry {
        slug: attack.slug,
        number: attack.number,
        name: attack.name.markdown(),
        changes: attack.changes.markdown(),
        expected_code: (!are_held).then(|| attack.expected.as_str()),
        lesson: attack.lesson,
        rfc: attack.rfc,
        forges_identity: attack.forges_identity,
    });
    Ok(HttpResponse::Ok().json(entries.collect::<Vec<_>>()))
}

#[derive(Template)]
#[template(path = "lab/attack.html")]
struct AttackPage<'a> {
    assets: &'a Assets,
    attack: &'static Attack,
    variant: &'static str,
    was_tried: bool,
    trial: Option<Trial>,
    request: Option<RequestTrial>,
    is_first_view: bool,
    /// Whether only the teacher of a class sees the expected code.
    code_is_held: bool,
}

impl AttackPage<'_> {
    /// Who checks it, in words.
    fn judged_by(&self) -> &'static str {
        let AttackKind::Token { judged_by, .. } = self.attack.kind else {
            return "this site’s rules for requests";
        };
        match judged_by {
            JudgedBy::Demo => "the demo with its keys, as Show details does",
            JudgedBy::DemoAfterSwitch => "the demo with its keys, after a switch to the other algorithm",
            JudgedBy::Lab => "the lab with its keys",
            JudgedBy::LabApi => "the lab’s API, which requires an issuer, an audience and a type",
            JudgedBy::Session => "the session, whose cookie must have room for it",
        }
    }

    /// The attack after this one in the gallery.
    fn next(&self) -> Option<&'static Attack> {
        Attack::all().skip_while(|it| it.slug != self.attack.slug).nth(1)
    }

    const fn naive_noun(&self) -> &'static str {
        match self.attack.kind {
            AttackKind::Token { .. } => "verifier",
            AttackKind::Request { .. } => "site",
        }
    }

    fn can_be_put(&self) -> bool {
        matches!(self.attack.kind, AttackKind::Token { judged_by, .. } if judged_by.is_for_sessions())
    }
}

/// A lesson may be named before it is written.
pub(super) fn lesson_title(slug: &'static str) -> &'static str {
    Lesson::find(slug).map_or(slug, |lesson| lesson.title)
}

/// The query of an attack's page.
#[derive(Deserialize)]
pub(in crate::web) struct AttackQuery {
    /// Which variant was tried, empty where the attack has one form alone. Without it nothing was tried yet.
    variant: Option<String>,
}

/// `GET /lab/attacks/{slug}`: the page of an attack; with a variant in the query, with its result.
pub(in crate::web) async fn attack(
    http: HttpRequest,
    slug: Path<String>,
    query: Query<AttackQuery>,
    visitor: Visitor,
    lab: Lab,
    learner: Learner,
) -> Result<HttpResponse, Problem> {
    let Some(attack) = Attack::find(&slug) else { return to_renamed(&http, &slug) };
    let variant = variant_of(attack, query.variant.as_deref())?;
    let is_first_view = query.variant.is_none();
    let (trial, request) = match attack.kind {
        AttackKind::Request { request, naive } => {
            (None, Some(RequestTrial::of(&request(variant), naive, &visitor, &lab)))
        }
        AttackKind::Token { .. } if is_first_view => (None, None),
        AttackKind::Token { judged_by, forge, naive } => {
            let attempt = Attempt { attack, judged_by, forge, variant, naive, source: Source::Visitor };
            (Some(Trial::of(attempt, &visitor, &lab).await?), None)
        }
    };
    let (was_tried, code_is_held) = (learner.progress.has_tried(attack.key), learner.are_codes_held());
    let assets = &lab.assets;
    render(&AttackPage { assets, attack, variant, was_tried, trial, request, is_first_view, code_is_held })
}

/// Redirects the former address of an attack, with its query.
fn to_renamed(http: &HttpRequest, former: &str) -> Result<HttpResponse, Problem> {
    let attack = Attack::find_renamed(former).ok_or_else(Problem::not_found)?;
    Ok(moved_to(http, &format!("/lab/attacks/{}", attack.slug)))
}

/// The variant of this name; the first without a name.
fn variant_of(attack: &Attack, name: Option<&str>) -> Result<&'static str, Problem> {
    let chosen = attack.variant(name.unwrap_or_default());
    chosen.ok_or_else(|| Problem::bad_request("`variant` is none of those that this attack has."))
}

/// What the form of an attack's page says.
#[derive(Deserialize)]
pub(in crate::web) struct AttackForm {
    variant: Option<String>,
    action: Option<String>,
}

impl AttackForm {
    fn puts_into_session(&self) -> Result<bool, Problem> {
        match self.action.as_deref() {
            None | Some("forge") => Ok(false),
            Some("put") => Ok(true),
            Some(_) => Err(Problem::bad_request("`action` can be forge or put.")),
        }
    }
}

/// `POST /lab/attacks/{slug}`: forges, judges and shows, or puts the forgery into the session. What a program is shown
/// is made of a token of its own, for JSON must not give a script what `HttpOnly` keeps from it.
pub(in crate::web) async fn attempt(
    http: HttpRequest,
    slug: Path<String>,
    form: Form<AttackForm>,
    mut visitor: Visitor,
    lab: Lab,
    mut learner: Learner,
) -> Result<HttpResponse, Problem> {
    let attack = Attack::find(&slug).ok_or_else(Problem::not_found)?;
    let variant = variant_of(attack, form.variant.as_deref())?;
    let is_put = form.puts_into_session()?;
    let result = |trial, request| result(&http, &lab.assets, attack, variant, trial, request, learner.are_codes_held());
    let mut response = match attack.kind {
        AttackKind::Request { .. } if is_put => Err(Problem::bad_request("A request cannot be put into a session.")),
        _ if !is_put && accept::names(http.headers(), "text/html") => Ok(to_result(attack, variant)),
        AttackKind::Request { request, naive } => {
            let trial = RequestTrial::of(&request(variant), naive, &visitor, &lab);
            result(None, Some(trial))
        }
        AttackKind::Token { judged_by, forge, naive } => {
            let source = if is_put || !wants_json(&http) { Source::Visitor } else { Source::Example };
            let attempt = Attempt { attack, judged_by, forge, variant, naive, source };
            let trial = Trial::of(attempt, &visitor, &lab).await?;
            if is_put { put(&mut visitor, trial, judged_by, lab.clock.now()) } else { result(Some(trial), None) }
        }
    }?;
    learner.keep_tried(attack.key, &mut response).await?;
    Ok(response)
}

/// Redirects to the page of a result.
fn to_result(attack: &Attack, variant: &str) -> HttpResponse {
    let variant = utf8_percent_encode(variant, NON_ALPHANUMERIC);
    let location = format!("/lab/attacks/{}?variant={variant}#verdict", attack.slug);
    see_other(&location)
}

/// Whether the answer is for a program.
fn wants_json(request: &HttpRequest) -> bool {
    let names = |media_type| accept::names(request.headers(), media_type);
    names("application/json") && !names("text/html")
}

fn put(visitor: &mut Visitor, trial: Trial, judged_by: JudgedBy, now: DateTime<Utc>) -> Result<HttpResponse, Problem> {
    if !judged_by.is_for_sessions() {
        return Err(Problem::bad_request("This forgery is judged by the lab's API, which no session has."));
    }
    visitor.put(trial.forged, ring_of(trial.target), trial.target.algorithm(), now)?;
    Ok(see_other("/validate"))
}

/// Whose keys judge the session's token once this forgery is put into it.
const fn ring_of(target: Target) -> TokenKeys {
    match target {
        Target::Demo(_) => TokenKeys::Demo,
        Target::Lab(_) | Target::LabApi(_) => TokenKeys::Lab,
    }
}

fn result(
    http: &HttpRequest,
    assets: &Assets,
    attack: &'static Attack,
    variant: &'static str,
    trial: Option<Trial>,
    request: Option<RequestTrial>,
    code_is_held: bool,
) -> Result<HttpResponse, Problem> {
    if !wants_json(http) {
        let (was_tried, is_first_view) = (true, false);
        return render(&AttackPage { assets, attack, variant, was_tried, trial, request, is_first_view, code_is_held });
    }
    let expected = (!code_is_held).then_some(attack.expected);
    let report = |original: Option<&str>, forged: &str, strict: &Strict, naive: &NaiveOpinion, judged_by: &str| {
        json!({
            "slug": attack.slug, "original": original, "forged": forged, "strict": strict.report, "naive": naive,
            "expected_code": expected, "judged_by": judged_by,
        })
    };
    let body = match (trial, request) {
        (Some(it), _) => report(Some(&it.original), &it.forged, &it.strict, &it.naive, it.target.name()),
        (None, Some(it)) => report(None, &it.text, &it.strict, &it.naive, "site"),
        (None, None) => return Err(Problem::broken("an attack is of neither a token nor a request")),
    };
    Ok(HttpResponse::Ok().json(body))
}
