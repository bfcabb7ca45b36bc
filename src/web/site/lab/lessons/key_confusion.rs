//! Key confusion.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use askama::Template;
use async_trait::async_trait;

use super::judged_token::{JudgedToken, NaiveVerdict};
use super::{Frame, LessonPage, LessonVisit};
use crate::keys::KeyRing;
use crate::lab::lessons::key_confusion::{self, LONGEST_FIELD, Material, Portal, RULE, Written};
use crate::lab::lessons::press::PressResult;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::{LARGEST_TOKEN, Pasted};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["send", "token"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }

    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match step {
            "public.pem" => public_key(visit),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/key-confusion/page.html")]
struct KeyConfusionPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    pem: &'a str,
    fields: Fields,
    outcome: Option<Outcome>,
}

/// The texts of the fields.
struct Fields {
    header: String,
    payload: String,
    material: Material,
    secret: String,
    token: String,
    /// Whether the visitor's own token was sent last.
    is_pasted: bool,
}

struct Outcome {
    /// Whose token it was: the lab's, or one that was pasted.
    title: &'static str,
    press: PressResult,
    naive: NaiveVerdict,
    strict: JudgedToken,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let fields = Fields::of(visit)?;
    let ring = &visit.lab.keys.ring();
    let pem = pem(ring)?;
    let portal = portal(ring, &pem, visit)?;
    let outcome = if visit.form.is_sent() { Some(outcome(visit, &fields, ring, &portal)?) } else { None };
    let open = key_confusion::open(&fields.written(), &fields.token, &portal);
    let frame = visit.judged(outcome.as_ref().map(|outcome| outcome.press.clone()), open);
    render(&KeyConfusionPage { assets: &visit.lab.assets, frame, pem: &pem, fields, outcome })
}

impl Fields {
    /// What was typed; before that, header and payload of a token of Bob's.
    fn of(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let text =
            |name: &str, most: usize| Ok::<_, Problem>(visit.text(name, most)?.map(|text| text.replace("\r\n", "\n")));
        let material = match visit.form.get("key") {
            None => Material::ALL[0],
            Some(value) => Material::find(value)
                .ok_or_else(|| Problem::bad_request("`key` is none of the choices of this lesson."))?,
        };
        let claims = demo::claims(&Subject::default(), Lifetime::HOUR, visit.now);
        Ok(Self {
            header: text("header", LONGEST_FIELD)?.unwrap_or_else(|| r#"{"alg":"RS256","typ":"JWT"}"#.to_owned()),
            payload: match text("payload", LONGEST_FIELD)? {
                Some(payload) => payload,
                None => serde_json::to_string(&claims).map_err(|error| Problem::internal(&error))?,
            },
            material,
            secret: text("secret", LONGEST_FIELD)?.unwrap_or_default(),
            token: text("token", LARGEST_TOKEN)?.unwrap_or_default(),
            is_pasted: visit.form.get("step") == Some("token"),
        })
    }

    fn written(&self) -> Written<'_> {
        Written { header: &self.header, payload: &self.payload, material: self.material, own: &self.secret }
    }
}

fn portal<'a>(ring: &'a KeyRing, pem: &'a str, visit: &LessonVisit<'_>) -> Result<Portal<'a>, Problem> {
    let lab_keys = ring.lab();
    let verifier = lab_keys.rs256().verifiers().first().ok_or_else(|| Problem::broken("the lab has no public key"))?;
    Ok(Portal { public: lab_keys.public(), pem, verifier, demo: ring.rs256_public(visit.now) })
}

fn outcome(visit: &LessonVisit<'_>, fields: &Fields, ring: &KeyRing, portal: &Portal<'_>) -> Result<Outcome, Problem> {
    let written = fields.written();
    let (title, token) = match visit.form.get("step") {
        Some("send") => ("The token that the lab made for you", written.token(portal)),
        Some("token") => ("The token that you pasted", Pasted::new(&fields.token).token),
        _ => return Err(Problem::bad_request("`step` is what the button sends: send or token.")),
    };
    let says = key_confusion::naive_verdict(&token, portal, visit.now);
    let judged = match visit.form.get("step") {
        Some("token") => key_confusion::judge_pasted(&token, portal, &says),
        _ => key_confusion::judge(&written, &token, &says),
    };
    let strict = lab::verify(ring, DemoAlgorithm::RS256, &token, visit.now).resolve_revocation(|_| false);
    let seen = JudgedToken::new(&token, &strict);
    Ok(Outcome {
        title,
        press: PressResult::of(&judged).counted_if(!token.is_empty()),
        naive: NaiveVerdict::new(RULE, &says).named("The old verifier"),
        strict: if fields.is_pasted { seen } else { seen.note(2, written.signature_in_words()) },
    })
}

fn pem(ring: &KeyRing) -> Result<String, Problem> {
    ring.lab().public().to_pem().ok_or_else(|| Problem::broken("the lab's key has no PEM"))
}

/// `GET /lab/lessons/key-confusion/public.pem`: the file of the old verifier, to the byte.
fn public_key(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let pem = pem(&visit.lab.keys.ring())?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/x-pem-file")).body(pem))
}
