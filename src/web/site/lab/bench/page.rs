//! The bench as a page: the form with all that was typed, and the result.

use askama::Template;
use chrono::{DateTime, Utc};

use super::sent::Sent;
use crate::code::Code;
use crate::keys::Algorithm;
use crate::lab::bench::BadInput;
use crate::profiles::{PROFILES, Profile};
use crate::token::{self, Check, NumericDate, UnverifiedClaims, Verdict};
use crate::web::session::Visitor;
use crate::web::view::assets::Assets;
use crate::web::view::token_view::{ClaimRow, KeyOwner, TokenPart, TraceRow, authorship};

/// A token may hold thousands of claims; a page shows as many.
const MOST_ROWS: usize = 64;

#[derive(Template)]
#[template(path = "lab/bench.html")]
pub(super) struct BenchPage<'a> {
    assets: &'a Assets,
    sent: &'a Sent,
    outcome: &'a Outcome,
    /// What is to be said of a secret that was used.
    weakness: Option<String>,
    profiles: [&'static Profile; PROFILES.len()],
    algorithms: [Algorithm; Algorithm::ALL.len()],
    own_algorithm: &'static str,
    has_own_token: bool,
    now: String,
}

impl<'a> BenchPage<'a> {
    pub fn new(
        assets: &'a Assets,
        visitor: &Visitor,
        sent: &'a Sent,
        outcome: &'a Outcome,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            assets,
            sent,
            outcome,
            weakness: sent.weakness(),
            profiles: PROFILES,
            algorithms: Algorithm::ALL,
            own_algorithm: visitor.algorithm().as_str(),
            has_own_token: visitor.token().is_some(),
            now: now.timestamp().to_string(),
        }
    }

    /// Whether this is the button to go on with: the one that was pressed, but after *Sign* the result has its own.
    fn goes_on_with(&self, action: &str) -> bool {
        match self.sent.action.as_str() {
            "sign" if matches!(self.outcome, Outcome::Token(_)) => false,
            "verify" => action == "verify",
            _ => action == "decode",
        }
    }

    fn chosen_profile(&self) -> &str {
        self.sent.profile.as_deref().unwrap_or(PROFILES[0].name)
    }

    fn chosen_algorithm(&self) -> &str {
        self.sent.algorithm.as_deref().unwrap_or_default()
    }

    /// The label of the field that is to be corrected; `None` where what was sent has no field.
    fn label_of(fault: &BadInput) -> Option<&'static str> {
        match fault.field {
            "token" => Some("Token"),
            "key" => Some("Your key"),
            "profile" => Some("Profile"),
            "algorithm" => Some("Algorithm"),
            "claims" => Some("Claims"),
            "header" => Some("Extra header members"),
            _ => None,
        }
    }

    fn fault_at(&self, field: &str) -> Option<&str> {
        match self.outcome {
            Outcome::BadInput(fault) if fault.field == field => Some(&fault.message),
            _ => None,
        }
    }
}

/// The result of pressing a button.
pub(super) enum Outcome {
    /// No button was pressed yet.
    Blank,
    BadInput(BadInput),
    Token(Box<Shown>),
}

/// One token with everything that can be said of it.
pub(super) struct Shown {
    /// The token that was just signed, to be copied.
    pub signed: Option<String>,
    /// Whether it was only decoded: nothing was checked, so there is no trace.
    pub is_decoded: bool,
    pub class: &'static str,
    pub sign: &'static str,
    pub word: &'static str,
    pub code: &'static str,
    pub message: String,
    pub parts: Vec<TokenPart>,
    /// Who wrote the claims, in a sentence.
    pub authorship: String,
    pub claims: Vec<ClaimRow>,
    pub header: Vec<ClaimRow>,
    /// How many claims and members are left out.
    pub others: usize,
    pub trace: Vec<TraceRow>,
    /// What was not checked, for a sentence; empty under a profile.
    pub unmade_checks: String,
}

impl Outcome {
    /// The verdict by a key of this owner's.
    pub fn judged(token: &str, verdict: &Verdict, owner: KeyOwner, now: DateTime<Utc>) -> Self {
        Self::Token(Box::new(Shown::new(token, verdict, owner, now)))
    }

    /// What a token says, with no check of it.
    pub fn decoded(token: &str, verdict: &Verdict, now: DateTime<Utc>) -> Self {
        let shown = Shown::new(token, verdict, KeyOwner::Server, now);
        let word = if verdict.code() == Code::NotVerified { shown.word } else { "Cannot be decoded" };
        Self::Token(Box::new(Shown { is_decoded: true, word, ..shown }))
    }

    pub fn signed(token: &str, now: DateTime<Utc>) -> Self {
        let shown = Shown::new(token, &token::decode(token), KeyOwner::Visitor, now);
        Self::Token(Box::new(Shown { signed: Some(token.to_owned()), ..shown }))
    }
}

impl Shown {
    fn new(token: &str, verdict: &Verdict, owner: KeyOwner, now: DateTime<Utc>) -> Self {
        let unverified = verdict.unverified_claims();
        let claims = verdict.claims().or(unverified.as_ref().map(UnverifiedClaims::for_display));
        let (class, sign, word) = display_of(verdict);
        let now = NumericDate::from_moment(now);
        let mut rows = claims.map(|claims| ClaimRow::of(claims, now)).unwrap_or_default();
        let mut header = verdict.header().map(ClaimRow::of_header).unwrap_or_default();
        let all = rows.len() + header.len();
        rows.truncate(MOST_ROWS);
        header.truncate(MOST_ROWS);
        Self {
            signed: None,
            is_decoded: false,
            class,
            sign,
            word,
            code: verdict.code().as_str(),
            message: verdict.message().to_owned(),
            parts: TokenPart::of(token, verdict, claims),
            authorship: authorship(verdict, owner),
            others: all - rows.len() - header.len(),
            claims: rows,
            header,
            trace: TraceRow::of(verdict),
            unmade_checks: Check::listed(verdict.unmade_checks()),
        }
    }

    fn is_accepted(&self) -> bool {
        self.code == "accepted"
    }
}

/// A token that was only decoded is neither accepted nor refused.
fn display_of(verdict: &Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict.code().as_str() {
        "accepted" => ("passed", "✓", "Accepted"),
        "not_verified" => ("", "?", "Not verified"),
        _ => ("failed", "✗", "Refused"),
    }
}
