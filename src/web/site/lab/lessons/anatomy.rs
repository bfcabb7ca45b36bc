//! Anatomy of a token: the lab signs one for a subject that nobody can guess. The session keeps what the token follows
//! from, so a visitor sees the same one on every page and in every tab until it expires. The form carries it too, for
//! programs and for a session that was lost.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::anatomy::{self, Judged, KeptToken, LIFETIME, Typed};
use crate::lab::lessons::press::PressResult;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::lab;
use crate::token::{Claims, segments};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/anatomy/page.html")]
struct AnatomyPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    token: &'a str,
    parts: [(&'static str, &'static str, &'a str); 3],
    typed: Typed,
    /// The answers as judged; `None` if the token that came with them could not be used.
    judged: Option<Judged>,
}

/// The visitor's token, with what the session keeps of it.
struct Held {
    token: String,
    kept: Option<KeptToken>,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let field = |name| visit.form.get(name).unwrap_or_default().to_owned();
    let typed = Typed { sub: field("sub"), alg: field("alg") };
    let (held, refusal) = match brought(visit).await? {
        Some(Ok(held)) => (held, None),
        Some(Err(refusal)) => (Held::of_session(visit)?, Some(refusal)),
        None => (Held::of_session(visit)?, None),
    };
    let judged = Judged::of(&held.token, &typed);
    let open = judged.open();
    let judged = refusal.is_none().then_some(judged);
    let press = refusal.or_else(|| judged.as_ref().map(|judged| judged.press(&typed)));
    let frame = visit.judged(press.filter(|_| visit.form.is_sent()), open);
    if frame.shows_task() {
        held.keep(visit);
    }
    let [header, payload, signature] = segments(&held.token).unwrap_or_default();
    let parts = [("Header", "header", header), ("Payload", "payload", payload), ("Signature", "signature", signature)];
    render(&AnatomyPage { assets: &visit.lab.assets, frame, token: &held.token, parts, typed, judged })
}

/// The token that the form brings back, or why the answer cannot be judged by it.
async fn brought(visit: &LessonVisit<'_>) -> Result<Option<Result<Held, PressResult>>, Problem> {
    let Some(token) = visit.form.get("token").map(str::to_owned) else { return Ok(None) };
    let judged = lab::verify(&visit.lab.keys.ring(), DemoAlgorithm::HS256, &token, visit.now);
    let verdict = visit.lab.store.resolve_revocation(judged).await?;
    let code = verdict.code();
    Ok(Some(match verdict.accept() {
        Ok(claims) => Ok(Held { kept: KeptToken::of(&claims).filter(|kept| is_all(kept, &claims, visit)), token }),
        Err(_) => Err(PressResult::Missing(format!(
            "The token that came with your answer is not one that this page gave you, or its hour is over: `{code}`. \
             The page now shows another token. Read that one."
        ))),
    }))
}

impl Held {
    /// The one that the session keeps, or else a new one.
    fn of_session(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let kept = KeptToken::parse(&visit.work());
        if let Some(claims) = kept.as_ref().and_then(|kept| claims(kept, visit)) {
            let token = lab::issue(lab::keys(&visit.lab.keys.ring(), DemoAlgorithm::HS256), &claims)?;
            return Ok(Self { token: token.into_string(), kept });
        }
        let subject = Subject::parse(&anatomy::subject(visit.lab.random.bytes()?)).unwrap_or_default();
        let claims = demo::claims(&subject, LIFETIME, visit.now);
        let token = visit.issue(lab::keys(&visit.lab.keys.ring(), DemoAlgorithm::HS256), &claims)?;
        Ok(Self { token, kept: KeptToken::of(&claims) })
    }

    /// A session that is full keeps nothing. Then the form alone carries the token.
    fn keep(&self, visit: &mut LessonVisit<'_>) {
        if let Some(kept) = &self.kept {
            drop(visit.keep_work(kept.text()));
        }
    }
}

/// Whether a token with these claims follows from what is kept of it. Not so one of another lesson.
fn is_all(kept: &KeptToken, said: &Claims, visit: &LessonVisit<'_>) -> bool {
    claims(kept, visit).as_ref() == Some(said)
}

/// The claims of the token that was kept, unless it has expired.
fn claims(kept: &KeptToken, visit: &LessonVisit<'_>) -> Option<Claims> {
    let issued_at = kept.issued_if_valid(visit.now)?;
    Some(demo::claims(&Subject::parse(&kept.subject).ok()?, LIFETIME, issued_at))
}
