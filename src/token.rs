//! The life of a token: its claims, how it is issued, and how it is judged.
//!
//! A token that fails is not an error: [`verify`] always returns a [`Verdict`], which gives access to the claims only
//! if every check passed.

mod claims;
mod date;
mod expected;
mod issue;
mod json;
mod numbers;
mod pasted;
mod pending;
mod preview;
mod refusal;
mod verdict;
mod verify;

pub use claims::{Claims, FAMILY, UnverifiedClaims};
pub use date::{NumericDate, duration_in_words};
pub use expected::{AudienceRule, Candidates, Claim, Expected, Kind, Rules, Typ};
pub use issue::{Header, Token, issue, issue_under, sign, signing_input};
pub use json::{JsonFault, ObjectText, parse_object, parse_object_keeping_last, parse_value};
pub use numbers::{ChangedNumber, first_changed_number};
pub use pasted::{Lines, Pasted};
pub use pending::{Judged, Pending};
pub use preview::{Part, Preview};
pub use verdict::{Check, Finding, Outcome, Reason, Rejection, Show, Verdict};
pub use verify::{decode, verify, verify_given, verify_one_of, verify_revocable};

/// The longest token, in bytes, that a verifier reads. Every check costs time in proportion to it.
pub const LARGEST_TOKEN: usize = 8192;

/// The three texts between the dots, as they are, when there are exactly three.
pub fn segments(token: &str) -> Option<[&str; 3]> {
    let mut parts = token.split('.');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}
