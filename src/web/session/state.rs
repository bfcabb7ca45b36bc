//! What a session holds, as it is stored, and how much it may hold.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

use crate::code::Code;
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
    /// The keys that verify the token.
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
    pub fn to_json(&self) -> Result<Box<RawValue>, SessionTooLarge> {
        let text = to_raw_value(self).expect("texts and numbers have a JSON form");
        let bytes = text.get().len();
        if bytes > LARGEST_STATE { Err(SessionTooLarge { bytes }) } else { Ok(text) }
    }
}

/// Which keys verify the session's token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::web) enum TokenKeys {
    #[default]
    #[serde(rename = "demo")]
    Demo,
    /// The lab signed the token, and its page said so.
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

/// What the lab keeps in the session: work that is under way. The progress has a cookie of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::web) struct LabNotes {
    /// An id for the visitor's own keys; empty until a lesson needs it.
    #[serde(default, rename = "v", skip_serializing_if = "String::is_empty")]
    pub visitor: String,
    /// What each lesson keeps, by the key of the lesson. Only the lesson reads it.
    #[serde(default, rename = "w", skip_serializing_if = "BTreeMap::is_empty")]
    pub work: BTreeMap<String, String>,
}

/// The state would make a cookie so large that browsers silently drop it.
#[derive(Debug, Error)]
#[error("the session would hold {bytes} bytes, and a cookie of 4096 bytes holds {LARGEST_STATE} at most")]
pub(in crate::web) struct SessionTooLarge {
    bytes: usize,
}

impl From<SessionTooLarge> for Problem {
    fn from(error: SessionTooLarge) -> Self {
        let message = format!("The token is not kept: {error}.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TokenTooLarge, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_are_not_known_are_dropped_and_the_others_stay() {
        let stored = r#"{"lab":{"l":65535,"a":4398046511102,"s":"an","t":"or","v":"me","k":[1,2]},"issued_at":1}"#;
        let state: SessionState = serde_json::from_str(stored).unwrap();
        assert_eq!(state.lab, Some(LabNotes { visitor: "me".to_owned(), work: BTreeMap::new() }));
    }
}
