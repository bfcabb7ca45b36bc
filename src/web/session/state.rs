//! What a session holds, as it is stored, and how much it may hold.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

use crate::code::Code;
use crate::lab::progress::KeySet;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::profiles::{Profile, lab};
use crate::web::http::problem::Problem;

/// The largest state in bytes whose cookie fits into the 4096 bytes that browsers store: encryption adds 28 bytes,
/// base64 a third, and percent-encoding a sixteenth. A state in Redis has the same limit, so that a session can hold
/// the same with both stores.
pub(in crate::web) const LARGEST_STATE: usize = 2560;

/// How many hours after its issue a state is valid.
pub(in crate::web) const STATE_HOURS: i64 = 12;

/// The session's state, as it is stored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct SessionState {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<DemoAlgorithm>,
    /// The keys that verify the token: the demo's, unless the lab put the token here.
    #[serde(default, skip_serializing_if = "TokenKeys::is_demo")]
    pub ring: TokenKeys,
    /// Whether the lab put the token here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_lab: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lab: Option<LabNotes>,
    /// When this state was issued, in seconds since 1970.
    pub issued_at: i64,
}

impl SessionState {
    /// The state as JSON, if it is small enough. It is raw, so that the session does not serialize it a second time.
    #[expect(clippy::expect_used, reason = "texts and numbers have a JSON form")]
    pub fn to_json(&self) -> Result<Box<RawValue>, TooLargeForCookie> {
        let text = to_raw_value(self).expect("texts and numbers have a JSON form");
        let bytes = text.get().len();
        if bytes > LARGEST_STATE { Err(TooLargeForCookie { bytes }) } else { Ok(text) }
    }
}

/// Which keys verify the session's token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::web) enum TokenKeys {
    #[default]
    #[serde(rename = "demo")]
    Demo,
    /// The lab signed the token, and told the visitor so.
    #[serde(rename = "lab")]
    Lab,
}

impl TokenKeys {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
    const fn is_demo(&self) -> bool {
        matches!(self, Self::Demo)
    }

    /// The profile whose tokens these keys verify.
    pub fn profile(self) -> &'static Profile {
        match self {
            Self::Demo => &demo::PROFILE,
            Self::Lab => &lab::PROFILE,
        }
    }
}

/// The visitor's progress in the lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::web) struct LabNotes {
    /// The keys of the lessons that were solved. Earlier versions stored bits by position here, named `l`; those are
    /// not read any more, nor is `a` for attacks, and no session is older than [`STATE_HOURS`].
    #[serde(default, rename = "s", skip_serializing_if = "KeySet::is_empty")]
    pub solved: KeySet,
    /// The keys of the attacks that were tried.
    #[serde(default, rename = "t", skip_serializing_if = "KeySet::is_empty")]
    pub tried: KeySet,
    /// An id for the visitor's own keys; empty until a lesson needs it.
    #[serde(default, rename = "v", skip_serializing_if = "String::is_empty")]
    pub visitor: String,
    /// The numbers of the visitor's own keys that verify, from the oldest to the one that signs.
    #[serde(default, rename = "k")]
    pub keys: (u32, u32),
}

/// The state would make a cookie so large that browsers silently drop it.
#[derive(Debug, Error)]
#[error("the session would hold {bytes} bytes, and a cookie of 4096 bytes has room for {LARGEST_STATE}")]
pub(in crate::web) struct TooLargeForCookie {
    bytes: usize,
}

impl From<TooLargeForCookie> for Problem {
    fn from(error: TooLargeForCookie) -> Self {
        let message = format!("The token is not kept: {error}.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TokenTooLarge, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::attacks::Attack;
    use crate::lab::lessons::LESSONS;

    #[test]
    fn progress_that_was_kept_by_place_is_dropped_and_the_visitor_s_keys_stay() {
        let state: SessionState =
            serde_json::from_str(r#"{"lab":{"l":65535,"a":4398046511102,"v":"me","k":[1,2]},"issued_at":1}"#).unwrap();
        let notes = state.lab.unwrap();
        assert!(notes.solved.is_empty() && notes.tried.is_empty());
        assert_eq!((notes.visitor.as_str(), notes.keys), ("me", (1, 2)));
    }

    #[test]
    fn the_whole_progress_leaves_most_of_a_session_to_the_token() {
        let mut notes = LabNotes { visitor: "x".repeat(22), keys: (98, 99), ..LabNotes::default() };
        for lesson in LESSONS.iter() {
            notes.solved.insert(lesson.key);
        }
        Attack::all().for_each(|attack| notes.tried.insert(attack.key));
        let state = SessionState { lab: Some(notes), ..SessionState::default() };
        let bytes = state.to_json().unwrap().get().len();
        assert!(bytes < LARGEST_STATE / 8, "{bytes} bytes");
    }
}
