//! A token that is tied to a key: Bob's request with its proof, and what Mallory can do with a copy of both.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::judged_token::JudgedToken;
use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::keys::{Algorithm, Es256Pair};
use crate::lab::dpop::{self, Check, InvalidProof};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::tied_to_you::{
    ADDRESSES, AUDIENCE, Address, COOKIE, ISSUER, LATER_MINUTES, LIFETIME_MINUTES, Part, Parts, ProofBy,
};
use crate::profiles::demo::REQUIRED;
use crate::token::{self, AudienceRule, Candidates, Claims, Expected, Rules, Typ, Verdict};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

/// Under this name the store remembers the proofs that were used.
const USED_PROOFS: &str = "lab dpop";

/// Between the token and the proof in the cookie. Neither has this character.
const SEPARATOR: char = '~';

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/tied-to-you/page.html")]
struct TiedPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    parts: Parts,
    chosen: Chosen,
    has_copy: bool,
    outcome: Option<Outcome>,
}

/// What Mallory's form says.
#[derive(Clone, Copy)]
struct Chosen {
    proof: ProofBy,
    address: &'static Address,
    is_late: bool,
}

/// A token and a proof, as one request carries them.
struct Carried {
    token: String,
    proof: Option<String>,
}

/// A request and what the portal made of it.
struct Outcome {
    by_mallory: bool,
    address: &'static Address,
    token: String,
    /// The access token, decoded, and the thumbprint of Bob's key.
    access: JudgedToken,
    thumbprint: String,
    proof: Option<JudgedToken>,
    sent_proof: String,
    answer: Answer,
}

/// The portal's answer.
enum Answer {
    Accepted,
    /// The access token itself is refused.
    NoToken {
        why: String,
        /// Whether no key of this session signed it.
        is_foreign: bool,
    },
    Refused(InvalidProof),
}

/// The pairs of one visitor's lesson.
struct Pairs {
    issuer: Es256Pair,
    bob: Es256Pair,
    mallory: Es256Pair,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut parts = Parts::parse(&visit.work());
    let chosen = Chosen::of(visit)?;
    let mut copy = Carried::copied(visit);
    let mut new_cookie = None;
    let (press, outcome) = match visit.form.get("do") {
        None if !visit.form.is_sent() => (None, None),
        Some("bob") => {
            let pairs = Pairs::of(visit)?;
            let (press, outcome, carried) = send_as_bob(visit, &pairs, &mut parts).await?;
            new_cookie = Some(carried.cookie(visit));
            copy = Some(carried);
            (Some(press), Some(outcome))
        }
        Some("send") => send_as_mallory(visit, chosen, copy.as_ref(), &mut parts).await?,
        _ => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
    };
    if visit.form.is_sent() {
        visit.keep_work(parts.to_text())?;
    }
    let frame = visit.judged(press, parts.open());
    let page = TiedPage { assets: &visit.lab.assets, frame, parts, chosen, has_copy: copy.is_some(), outcome };
    let mut response = render(&page)?;
    if let Some(cookie) = new_cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

impl Chosen {
    fn of(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let field = |name, first| visit.form.get(name).unwrap_or(first);
        let proof = ProofBy::find(field("proof", ProofBy::Nobody.value()));
        let address = Address::find(field("to", Address::of_bob().value));
        let is_late = match field("when", "now") {
            "now" => Some(false),
            "later" => Some(true),
            _ => None,
        };
        let (Some(proof), Some(address), Some(is_late)) = (proof, address, is_late) else {
            return Err(Problem::bad_request("`proof`, `to` or `when` is none of the choices on the page."));
        };
        Ok(Self { proof, address, is_late })
    }
}

impl Carried {
    /// What Mallory copied of Bob's request.
    fn copied(visit: &LessonVisit<'_>) -> Option<Self> {
        let value = lesson_cookies::came(visit.request, COOKIE)?;
        let (token, proof) = value.split_once(SEPARATOR)?;
        Some(Self { token: token.to_owned(), proof: Some(proof.to_owned()) })
    }

    fn cookie(&self, visit: &LessonVisit<'_>) -> Cookie<'static> {
        let value = format!("{}{SEPARATOR}{}", self.token, self.proof.as_deref().unwrap_or_default());
        lesson_cookies::of_lesson(visit, COOKIE, value, Duration::minutes(LIFETIME_MINUTES))
    }
}

impl Pairs {
    fn of(visit: &mut LessonVisit<'_>) -> Result<Self, Problem> {
        let visitor = visit.own_name()?;
        let ring = visit.lab.keys.ring();
        let pair = |owner: &str| {
            let pair = ring.lab().es256_of_visitor(&visitor, &format!("tied-to-you {owner}"));
            pair.ok_or_else(|| Problem::broken("a pair of the lesson has no key"))
        };
        Ok(Self { issuer: pair("issuer")?, bob: pair("bob")?, mallory: pair("mallory")? })
    }
}

/// Bob's client gets a token that names its key, and sends it with a proof.
async fn send_as_bob(
    visit: &LessonVisit<'_>,
    pairs: &Pairs,
    parts: &mut Parts,
) -> Result<(PressResult, Outcome, Carried), Problem> {
    let claims = Claims::new()
        .with("iss", ISSUER)
        .with("sub", "bob")
        .with("aud", AUDIENCE)
        .with("iat", visit.now.timestamp())
        .with("exp", (visit.now + TimeDelta::minutes(LIFETIME_MINUTES)).timestamp())
        .with("cnf", json!({ "jkt": dpop::thumbprint(&pairs.bob) }));
    let token = visit.issue(&pairs.issuer.keys, &claims)?;
    let proof = new_proof(visit, &pairs.bob, Address::of_bob(), &token, visit.now)?;
    let carried = Carried { token, proof: Some(proof) };
    let answer = ask_portal(visit, pairs, Address::of_bob(), &carried, visit.now).await?;
    let press = match answer {
        Answer::Accepted => parts.seen(Part::Bob),
        _ => return Err(Problem::broken("the portal refuses Bob's own proof")),
    };
    Ok((press, Outcome::new(None, pairs, &carried, answer), carried))
}

async fn send_as_mallory(
    visit: &mut LessonVisit<'_>,
    chosen: Chosen,
    copy: Option<&Carried>,
    parts: &mut Parts,
) -> Result<(Option<PressResult>, Option<Outcome>), Problem> {
    let Some(copy) = copy else {
        let first = "Mallory has nothing yet: your browser sent no copy of Bob's request. Press *Send Bob's request*.";
        return Ok((Some(PressResult::Missing(first.to_owned())), None));
    };
    let pairs = Pairs::of(visit)?;
    let now = visit.now + TimeDelta::minutes(if chosen.is_late { LATER_MINUTES } else { 0 });
    let proof = match chosen.proof {
        ProofBy::Nobody => None,
        ProofBy::OwnKey => Some(new_proof(visit, &pairs.mallory, chosen.address, &copy.token, now)?),
        ProofBy::Copy => copy.proof.clone(),
        ProofBy::Script => Some(new_proof(visit, &pairs.bob, chosen.address, &copy.token, now)?),
    };
    let carried = Carried { token: copy.token.clone(), proof };
    let answer = ask_portal(visit, &pairs, chosen.address, &carried, now).await?;
    let press = judged(chosen, &answer, parts);
    Ok((Some(press), Some(Outcome::new(Some(chosen), &pairs, &carried, answer))))
}

fn judged(chosen: Chosen, answer: &Answer, parts: &mut Parts) -> PressResult {
    let refused = match answer {
        Answer::NoToken { is_foreign: true, .. } => {
            return PressResult::Missing(
                "The access token in Mallory's copy is from a session that has ended, and its key is gone. Press *Send \
                 Bob's request* for a new copy."
                    .to_owned(),
            );
        }
        Answer::NoToken { why, .. } => {
            return PressResult::Missing(format!(
                "The access token itself is refused: {why}. Press *Send Bob's request* for a new copy."
            ));
        }
        Answer::Accepted => None,
        Answer::Refused(refusal) => Some(refusal.check),
    };
    match Part::of_answer(chosen.proof, refused) {
        // It grew old while the pupil worked on something else.
        Some(Part::Old) if !chosen.is_late && parts.has(Part::Old) => PressResult::Missing(
            "The copied proof is over five minutes old by now. Press *Send Bob's request* for a new copy.".to_owned(),
        ),
        Some(part) => parts.seen(part),
        None => PressResult::Missing(
            "This shows nothing about Bob's proof. Press *Send Bob's request* for a new copy.".to_owned(),
        ),
    }
}

fn new_proof(
    visit: &LessonVisit<'_>,
    pair: &Es256Pair,
    address: &Address,
    token: &str,
    now: DateTime<Utc>,
) -> Result<String, Problem> {
    let jti = random_text(&visit.lab.random)?;
    Ok(dpop::prove(pair, address.target, token, &jti, now)?.into_string())
}

/// The portal: it verifies the access token, then the proof, and remembers the proof.
async fn ask_portal(
    visit: &LessonVisit<'_>,
    pairs: &Pairs,
    address: &Address,
    carried: &Carried,
    now: DateTime<Utc>,
) -> Result<Answer, Problem> {
    let verdict = verify(&pairs.issuer, &carried.token, now);
    let Some(claims) = verdict.claims() else {
        return Ok(Answer::NoToken { why: verdict.message().to_owned(), is_foreign: !verdict.is_signed() });
    };
    let jkt = claims.get("cnf").and_then(|cnf| cnf["jkt"].as_str()).unwrap_or_default();
    let expected = dpop::Expected { target: address.target, token: &carried.token, jkt };
    let proved = match dpop::verify(carried.proof.as_deref(), expected, now) {
        Ok(proved) => proved,
        Err(refusal) => return Ok(Answer::Refused(refusal)),
    };
    let is_first = visit.lab.store.use_once(USED_PROOFS, &proved.jti, proved.remember_until, now).await?;
    Ok(if is_first { Answer::Accepted } else { Answer::Refused(InvalidProof::replayed()) })
}

fn verify(issuer: &Es256Pair, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = Rules {
        profile: "grade portal",
        typ: Typ::Jwt,
        required: REQUIRED,
        issuer: Some(ISSUER.to_owned()),
        audience: AudienceRule::Required(AUDIENCE.to_owned()),
    };
    let keys = Candidates::Ring(issuer.keys.verifiers());
    token::verify(token, Expected { algorithm: Algorithm::Es256, keys, rules: Some(&rules) }, now)
}

impl Outcome {
    /// Of Mallory's request with these choices, or of Bob's own.
    fn new(chosen: Option<Chosen>, pairs: &Pairs, carried: &Carried, answer: Answer) -> Self {
        let seen = |proof: &String| JudgedToken::new(proof, &token::decode(proof));
        Self {
            by_mallory: chosen.is_some(),
            address: chosen.map_or_else(Address::of_bob, |chosen| chosen.address),
            access: seen(&carried.token),
            thumbprint: dpop::thumbprint(&pairs.bob).to_owned(),
            token: shortened(&carried.token),
            proof: carried.proof.as_ref().map(seen),
            sent_proof: carried.proof.as_deref().map(shortened).unwrap_or_default(),
            answer,
        }
    }

    fn is_damage(&self) -> bool {
        self.by_mallory && matches!(self.answer, Answer::Accepted)
    }

    /// The checks of the proof, up to the one that failed.
    fn trace(&self) -> Vec<TraceRow> {
        let failed = match &self.answer {
            Answer::NoToken { .. } => return Vec::new(),
            Answer::Accepted => None,
            Answer::Refused(refusal) => Some(refusal),
        };
        Check::ALL.into_iter().map(|check| row(check, failed)).collect()
    }
}

fn row(check: Check, failed: Option<&InvalidProof>) -> TraceRow {
    let (class, sign, word, sentence) = match failed {
        Some(refusal) if refusal.check == check => ("failed", "✗", "failed", refusal.why.clone()),
        Some(refusal) if refusal.check < check => ("not-reached", "–", "not reached", "not reached".to_owned()),
        _ => ("passed", "✓", "passed", check.finding().to_owned()),
    };
    TraceRow { class, sign, word, title: check.title(), sentence, failure: None, rfc: check.rfc() }
}

/// The first and the last characters of a long token.
fn shortened(token: &str) -> String {
    let characters: Vec<char> = token.chars().collect();
    match characters.len() {
        0..=24 => token.to_owned(),
        length => characters[..10].iter().chain(&['…']).chain(&characters[length - 10..]).collect(),
    }
}
