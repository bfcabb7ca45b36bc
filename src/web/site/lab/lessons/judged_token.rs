//! What a lesson shows of a token: its parts, with the changed ones marked, and what two verifiers say.

use serde_json::Value;

use crate::lab::naive::Objection;
use crate::texts::printable::json_escaped;
use crate::token::{Claims, UnverifiedClaims, Verdict};
use crate::web::view::token_view::{TokenPart, TraceRow, shortened};

/// A token with the strict verifier's verdict.
pub(super) struct JudgedToken {
    pub parts: Vec<TokenPart>,
    pub is_accepted: bool,
    /// Who a token is about that is accepted.
    pub subject: String,
    pub code: &'static str,
    pub message: String,
    pub trace: Vec<TraceRow>,
}

impl JudgedToken {
    pub fn new(token: &str, verdict: &Verdict) -> Self {
        let unverified = verdict.unverified_claims();
        let claims = verdict.claims().or(unverified.as_ref().map(UnverifiedClaims::for_display));
        let mut parts = TokenPart::of(token, verdict, claims);
        for part in &mut parts {
            part.decoded = part.decoded.take().map(|text| bounded(&text));
        }
        Self {
            parts,
            is_accepted: verdict.is_accepted(),
            subject: verdict.claims().and_then(Claims::subject).map(shortened).unwrap_or_default(),
            code: verdict.code().as_str(),
            message: verdict.message().to_owned(),
            trace: TraceRow::of(verdict),
        }
    }

    /// Marks a part as changed, and says how. Part 0 is the header.
    pub fn mark(mut self, position: usize, note: &str) -> Self {
        if let Some(part) = self.parts.get_mut(position) {
            part.class = match part.class {
                "header" => "header changed",
                "signature" => "signature changed",
                _ => "payload changed",
            };
            part.note = Some(format!("Changed: {note}"));
        }
        self
    }

    /// Says of a part what is known of it, where its header names something else. Part 0 is the header.
    pub fn note(mut self, position: usize, note: String) -> Self {
        if let Some(part) = self.parts.get_mut(position) {
            part.note = Some(note);
        }
        self
    }
}

/// Deeply nested JSON grows with its indentation, so it is shortened.
fn bounded(json: &str) -> String {
    if json.len() > 2000 { shortened(json) } else { json.to_owned() }
}

/// A naive verifier's answer.
pub(super) struct NaiveVerdict {
    /// What the lesson calls the verifier, as a heading.
    pub name: &'static str,
    /// What it does wrong.
    pub rule: &'static str,
    /// The subject that it accepts the token for.
    pub takes_for: Option<String>,
    pub objection: String,
}

impl NaiveVerdict {
    pub fn new(rule: &'static str, says: &Result<Claims, Objection>) -> Self {
        let subject = |claims: &Claims| match claims.get("sub") {
            Some(Value::String(subject)) => shortened(&json_escaped(subject)),
            Some(other) => shortened(&other.to_string()),
            None => "nobody in particular".to_owned(),
        };
        Self {
            name: "The naive verifier",
            rule,
            takes_for: says.as_ref().ok().map(subject),
            objection: says.as_ref().err().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// The same verdict, of a verifier that the lesson calls so.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }
}
