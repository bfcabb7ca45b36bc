//! How an attempt is shown: the token with its changed parts, the difference, and both verdicts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use crate::code::Code;
use crate::lab::attacks::{Attack, NaiveOutcome};
use crate::lab::diff::{Line, clipped, diff, visible};
use crate::lab::naive::Opinion;
use crate::token::{Claims, Show, Verdict, segments};
use crate::web::http::problem::Problem;
use crate::web::view::token_view::TraceRow;

/// The most characters of one part that a page shows.
const SHOWN: usize = 700;

/// The most characters of one part that are compared; a multiple of four, so that they decode.
const MOST_READ: usize = 8192;

/// One part of a token, changed or not.
pub(super) struct ComparedPart {
    pub name: &'static str,
    pub class: &'static str,
    pub text: String,
    pub chars: usize,
    pub is_changed: bool,
}

impl ComparedPart {
    /// The three parts of a token, or one for a text without three parts; compared with the original, if any.
    pub fn all(token: &str, original: Option<&str>) -> Vec<Self> {
        const NAMES: [(&str, &str); 3] = [("Header", "header"), ("Payload", "payload"), ("Signature", "signature")];
        let Some(parts) = segments(token) else {
            return vec![Self::new("Text", "whole", token, original.is_some_and(|original| original != token))];
        };
        let before = original.map(|original| segments(original).unwrap_or_default());
        let part = |place: usize| {
            let (name, class) = NAMES[place];
            Self::new(name, class, parts[place], before.is_some_and(|before| before[place] != parts[place]))
        };
        [0, 1, 2].map(part).into()
    }

    fn new(name: &'static str, class: &'static str, text: &str, is_changed: bool) -> Self {
        let chars = text.chars().count();
        let shown: String = clipped(text, SHOWN).chars().map(|c| if c == ' ' { '␠' } else { visible(c) }).collect();
        Self { name, class, text: shown, chars, is_changed }
    }
}

/// What changed in one part. A text without parts is all new.
pub(super) fn comparison(original: &str, forged: &str, part: usize) -> Vec<Line> {
    diff(&decoded(original, part), &decoded(forged, part))
}

/// What a part says, even if it is not valid.
fn decoded(token: &str, part: usize) -> String {
    let text = token.split('.').nth(part).unwrap_or_default();
    let text = text.get(..MOST_READ).unwrap_or(text);
    let plain = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    match URL_SAFE_NO_PAD.decode(plain) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => text.to_owned(),
    }
}

/// What this server said.
pub(super) struct Strict {
    pub code: Code,
    pub accepted: bool,
    pub message: String,
    /// Who an accepted token is about.
    pub subject: Option<String>,
    /// The status of a response that is not a verdict.
    pub status: Option<u16>,
    pub trace: Vec<TraceRow>,
    pub report: Value,
}

impl Strict {
    /// `show` says whether the report has the claims of a refused token.
    pub fn of_verdict(verdict: &Verdict, show: Show) -> Self {
        Self {
            code: verdict.code(),
            accepted: verdict.is_accepted(),
            message: verdict.message().to_owned(),
            subject: verdict.claims().and_then(Claims::subject).map(|subject| subject.chars().map(visible).collect()),
            status: None,
            trace: TraceRow::of(verdict),
            report: serde_json::to_value(verdict.report(show)).unwrap_or_default(),
        }
    }

    pub fn of_problem(problem: &Problem) -> Self {
        Self {
            code: problem.code,
            accepted: false,
            message: problem.message.trim_end_matches('.').to_owned(),
            subject: None,
            status: Some(problem.status.as_u16()),
            trace: Vec::new(),
            report: json!({ "accepted": false, "code": problem.code, "message": problem.message, "checks": [] }),
        }
    }
}

/// What a naive verifier would have said.
#[derive(Serialize)]
pub(super) struct NaiveOpinion {
    pub name: &'static str,
    pub accepted: bool,
    pub why: String,
}

impl NaiveOpinion {
    pub fn of(opinion: &Opinion) -> Self {
        let why: String = opinion.why.chars().map(visible).collect();
        Self { name: opinion.name, accepted: opinion.accepted, why: clipped(&why, SHOWN) }
    }

    /// What it means for the site.
    pub const fn outcome(&self, attack: &Attack) -> NaiveOutcome {
        attack.naive_outcome(self.accepted)
    }

    pub fn does_damage(&self, attack: &Attack) -> bool {
        matches!(self.outcome(attack), NaiveOutcome::Damage | NaiveOutcome::TooLate)
    }
}
