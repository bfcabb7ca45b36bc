//! The verdict: the result of each check of a token, in order, and whether the token is accepted.
//!
//! Pages, the command line and JSON responses all render this value.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Claims, LARGEST_TOKEN, NumericDate, UnverifiedClaims, duration_in_words, parse_object};
use crate::code::Code;
use crate::keys::Algorithm;
use crate::texts::wording::{counted, listed_with_and};

/// Declares [`Check`] from rows of variant, name for people and the section that specifies it.
macro_rules! checks {
    (without_profile { $($early:ident $early_title:literal $early_rfc:literal,)+ }
     with_profile { $($late:ident $late_title:literal $late_rfc:literal,)+ }) => {
        /// The checks of a verifier, in the order in which they are made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Check {
            $($early,)+
            $($late,)+
        }

        impl Check {
            pub const ALL: &[Self] = &[$(Self::$early,)+ $(Self::$late,)+];

            /// The checks that need no profile: the signature and the times.
            pub const WITHOUT_PROFILE: &[Self] = &[$(Self::$early,)+];

            /// The checks for which only a profile has rules.
            pub const OF_PROFILE: &[Self] = &[$(Self::$late,)+];

            /// The name for people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$early => $early_title,)+
                    $(Self::$late => $late_title,)+
                }
            }

            /// Where the check is specified.
            pub const fn rfc(self) -> &'static str {
                match self {
                    $(Self::$early => $early_rfc,)+
                    $(Self::$late => $late_rfc,)+
                }
            }
        }
    };
}

checks! {
    without_profile {
        Shape "Shape" "RFC 7515 §7.1",
        Encoding "Encoding" "RFC 7515 §2",
        Header "Header" "RFC 7515 §4",
        Algorithm "Algorithm" "RFC 8725 §3.1",
        Key "Key" "RFC 7515 §4.1.4",
        Signature "Signature" "RFC 7515 §5.2",
        Payload "Payload" "RFC 7519 §7.2",
        IssuedAt "Issued at" "RFC 7519 §4.1.6",
        NotBefore "Not before" "RFC 7519 §4.1.5",
        Expiry "Expiry" "RFC 7519 §4.1.4",
    }
    with_profile {
        Issuer "Issuer" "RFC 7519 §4.1.1",
        Audience "Audience" "RFC 7519 §4.1.3",
        Profile "Profile" "RFC 8725 §3.12",
        Revocation "Revocation" "RFC 7519 §4.1.7",
    }
}

impl Check {
    /// For the middle of a sentence: `issuer, audience and profile`.
    pub fn listed(checks: &[Self]) -> String {
        listed_with_and(&checks.iter().map(|check| check.title().to_lowercase()).collect::<Vec<_>>())
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Passed(Finding),
    Failed(Reason),
    /// An earlier check failed, so this one was not made.
    NotReached,
}

impl Outcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::Passed(_) => "passed",
            Self::Failed(_) => "failed",
            Self::NotReached => "not_reached",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(finding) => finding.fmt(f),
            Self::Failed(reason) => f.write_str(&reason.message),
            Self::NotReached => f.write_str("not reached"),
        }
    }
}

/// What a passed check found. Its sentence is formatted only when it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    ThreeParts {
        bytes: usize,
    },
    Canonical,
    /// The signature does not end as an encoding of bytes does. Its own check says what is wrong with it.
    CanonicalButForTheEnd,
    PlainHeader,
    Expected(Algorithm),
    Chosen {
        found: Algorithm,
        accepted: String,
    },
    KeyByKid(Arc<str>),
    KeyOfRing {
        first: Arc<str>,
        others: usize,
    },
    KeyAlone(Arc<str>),
    /// The name of the set, and the `kid`, shortened.
    KeyOfSet {
        set: Arc<str>,
        kid: String,
    },
    MadeWith(Arc<str>),
    Object {
        claims: usize,
    },
    IssuedAgo {
        seconds: f64,
    },
    ValidSince {
        seconds: f64,
    },
    ExpiresAt {
        exp: NumericDate,
        seconds_left: f64,
    },
    Absent(&'static str),
    NeverExpires,
    Matches(String),
    /// The profile accepts whatever this claim says.
    NotChecked(&'static str),
    NotCompared,
    OfProfile(&'static str),
    NotRevocable,
    WithoutJti,
    NotRevoked,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThreeParts { bytes } => write!(f, "three parts, {bytes} of at most {LARGEST_TOKEN} bytes"),
            Self::Canonical => f.write_str("base64url without padding, in canonical form"),
            Self::CanonicalButForTheEnd => f.write_str(
                "base64url without padding, in canonical form except for the end of the signature, which the check of the \
                 signature judges",
            ),
            Self::PlainHeader => f.write_str("a JSON object that contains no key and requires no extension"),
            Self::Expected(algorithm) => write!(f, "{algorithm}, the only one that is accepted here"),
            Self::Chosen { found, accepted } => write!(f, "{found}; accepted here: {accepted}"),
            Self::KeyByKid(source) => write!(f, "the kid names the key in {source}"),
            Self::KeyOfRing { first, others: 0 } => write!(f, "no kid, and there is one key: {first}"),
            Self::KeyOfRing { first, others } => write!(f, "no kid, so the key in {first} and {others} more are tried"),
            Self::KeyAlone(source) => write!(f, "{source} alone, whatever the kid says"),
            Self::KeyOfSet { set, kid } => write!(f, "picked from the set {set} by its kid {kid}"),
            Self::MadeWith(source) => write!(f, "made with the key in {source}"),
            Self::Object { claims } => write!(f, "a JSON object with {}", counted(*claims, "claim")),
            Self::IssuedAgo { seconds } if *seconds < 1.0 => f.write_str("issued just now"),
            Self::IssuedAgo { seconds } => write!(f, "issued {} ago", duration_in_words(*seconds)),
            Self::ValidSince { seconds } => write!(f, "valid for {} already", duration_in_words(*seconds)),
            Self::ExpiresAt { exp, seconds_left } => {
                write!(f, "{} left, until {exp}", duration_in_words(*seconds_left))
            }
            Self::Absent(claim) => write!(f, "no {claim}, and none is required"),
            Self::NeverExpires => f.write_str("no exp, and none is required: this token never expires"),
            Self::Matches(value) => write!(f, "{value}, as expected"),
            Self::NotCompared => f.write_str("not compared: any audience is accepted here"),
            Self::NotChecked(claim) => write!(f, "this profile does not check {claim}"),
            Self::OfProfile(profile) => {
                write!(f, "has every claim that the {profile} profile requires, and an accepted typ")
            }
            Self::NotRevocable => {
                f.write_str("no list of revoked tokens is kept for this profile: the token is valid until exp")
            }
            Self::WithoutJti => f.write_str("no jti, so it cannot be revoked: it is valid until exp"),
            Self::NotRevoked => f.write_str("its jti is not on the list of revoked tokens"),
        }
    }
}

/// Why a check failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: Code,
    /// One sentence for a person.
    pub message: String,
    pub expected: String,
    pub found: String,
    /// The section of the rule, such as `RFC 7519 §4.1.4`.
    pub rfc: &'static str,
}

/// A refused token: the check that failed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub check: Check,
    pub reason: Reason,
}

impl Rejection {
    /// What a verdict without any check comes to, which [`verify`](super::verify) never makes.
    fn unjudged() -> Self {
        let (code, check) = (Code::Malformed, Check::Shape);
        let (expected, found) = ("a token that was judged".to_owned(), "one that was not".to_owned());
        Self {
            check,
            reason: Reason { code, message: "the token was not judged".into(), expected, found, rfc: check.rfc() },
        }
    }
}

/// Whether a response may show the claims of a refused token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Where people inspect a token on purpose: the command line, the bench and the attack pages.
    UnverifiedClaims,
    /// For programs that act on the token.
    VerifiedClaimsOnly,
}

/// The ordered checks of one token. [`accept`](Self::accept) and [`claims`](Self::claims) return its claims only if
/// every check passed.
#[derive(Clone)]
pub struct Verdict {
    checks: Vec<(Check, Outcome)>,
    header: Option<Map<String, Value>>,
    payload: Option<Vec<u8>>,
    /// Set only after the last check has passed.
    accepted: Option<Claims>,
}

/// Claims may contain personal data, so `Debug` prints only the result.
impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verdict({})", self.code())
    }
}

impl Verdict {
    pub(super) fn new(checks: &[Check]) -> Self {
        let capacity = checks.len();
        Self { checks: Vec::with_capacity(capacity), header: None, payload: None, accepted: None }
    }

    pub(super) fn record(&mut self, check: Check, outcome: Outcome) {
        self.checks.push((check, outcome));
    }

    pub(super) fn set_payload(&mut self, payload: Vec<u8>) {
        self.payload = Some(payload);
    }

    /// The decoded payload; empty if the encoding was not checked yet.
    pub(super) fn payload(&self) -> &[u8] {
        self.payload.as_deref().unwrap_or_default()
    }

    pub(super) fn set_header(&mut self, header: Map<String, Value>) {
        self.header = Some(header);
    }

    pub(super) fn accept_as(&mut self, claims: Claims) {
        self.accepted = Some(claims);
    }

    /// Every check of the verifier with its outcome, in order.
    pub fn checks(&self) -> &[(Check, Outcome)] {
        &self.checks
    }

    /// The decoded header, if there is one. Anyone may have written it.
    pub const fn header(&self) -> Option<&Map<String, Value>> {
        self.header.as_ref()
    }

    pub fn is_accepted(&self) -> bool {
        self.accepted.is_some()
    }

    /// The checks that an accepted token was spared, because no profile was chosen: whoever relies on the token makes
    /// them.
    pub fn unmade_checks(&self) -> &'static [Check] {
        let has_profile = self.checks.iter().any(|(check, _)| Check::OF_PROFILE.contains(check));
        if self.is_accepted() && !has_profile { Check::OF_PROFILE } else { &[] }
    }

    /// The first check that failed.
    pub fn rejection(&self) -> Option<(Check, &Reason)> {
        self.checks.iter().find_map(|(check, outcome)| match outcome {
            Outcome::Failed(reason) => Some((*check, reason)),
            _ => None,
        })
    }

    /// Whether the signature was checked and is valid. If so, someone with the key wrote the token, even if it was
    /// refused later. If not, anyone may have written it.
    pub fn is_signed(&self) -> bool {
        let is_signature =
            |(check, outcome): &(Check, Outcome)| *check == Check::Signature && matches!(outcome, Outcome::Passed(_));
        self.checks.iter().any(is_signature)
    }

    /// The same with another code and message where there was no token: the session knows why there is none.
    #[must_use]
    pub fn with_cause(mut self, code: Code, message: &str) -> Self {
        for (_, outcome) in &mut self.checks {
            if let Outcome::Failed(reason) = outcome
                && reason.code == Code::NoToken
            {
                reason.code = code;
                message.clone_into(&mut reason.message);
            }
        }
        self
    }

    /// The claims, if every check passed.
    pub fn accept(self) -> Result<Claims, Rejection> {
        let rejection = self.rejection().map(|(check, reason)| Rejection { check, reason: reason.clone() });
        self.accepted.ok_or_else(|| rejection.unwrap_or_else(Rejection::unjudged))
    }

    /// The claims, if every check passed, without consuming the verdict.
    pub fn claims(&self) -> Option<&Claims> {
        self.accepted.as_ref()
    }

    /// The payload's claims even if the token is refused, if it can be decoded.
    pub fn unverified_claims(&self) -> Option<UnverifiedClaims> {
        let members = parse_object(self.payload.as_deref()?).ok()?;
        Some(UnverifiedClaims::new(members.into()))
    }

    pub fn code(&self) -> Code {
        match (&self.accepted, self.rejection()) {
            (Some(_), _) => Code::Accepted,
            (None, Some((_, reason))) => reason.code,
            (None, None) => Code::Malformed,
        }
    }

    /// One sentence for a person.
    pub fn message(&self) -> &str {
        self.rejection().map_or("every check passed", |(_, reason)| &reason.message)
    }

    /// The verdict as JSON, in the stable form that programs rely on.
    pub fn report(&self, show: Show) -> impl Serialize {
        let accepted = self.is_accepted();
        let unverified = (!accepted && show == Show::UnverifiedClaims).then(|| self.unverified_claims()).flatten();
        Report {
            accepted,
            code: self.code(),
            message: self.message(),
            checks: self.checks.iter().map(|(check, outcome)| CheckReport::new(*check, outcome)).collect(),
            header: self.header.as_ref(),
            claims: self.claims(),
            unverified_claims: unverified,
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    accepted: bool,
    code: Code,
    message: &'a str,
    checks: Vec<CheckReport<'a>>,
    header: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a Claims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified_claims: Option<UnverifiedClaims>,
}

#[derive(Serialize)]
struct CheckReport<'a> {
    check: Check,
    outcome: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonReport<'a>>,
}

#[derive(Serialize)]
struct ReasonReport<'a> {
    code: Code,
    message: &'a str,
    expected: &'a str,
    found: &'a str,
    rfc: &'static str,
}

impl<'a> CheckReport<'a> {
    fn new(check: Check, outcome: &'a Outcome) -> Self {
        let reason = match outcome {
            Outcome::Failed(Reason { code, message, expected, found, rfc }) => {
                Some(ReasonReport { code: *code, message, expected, found, rfc })
            }
            _ => None,
        };
        Self { check, outcome: outcome.name(), reason }
    }
}
