//! The answer pages of lessons: what a form was answered with, kept for a while so that reloading and *Back* show it
//! again.
//!
//! The store does not see what a page says, because it is encrypted. Of a pupil's pages it knows whose they are, to
//! delete them with the pupil.

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::lab::class::PupilId;

/// How many answer pages are kept. A new one removes the oldest beyond them.
pub const MOST_ANSWERS: i64 = 1000;

/// How many answer pages of one owner are kept, so that nobody removes those of all others.
pub const MOST_ANSWERS_OF_ONE: i64 = 50;

/// Deletes the pages of an owner, `$1`, beyond the newest `$2`.
pub(super) const TRIM_OWN: &str = "DELETE FROM lab_answers WHERE owner = $1 AND (expires_at, id) <=
    (SELECT expires_at, id FROM lab_answers WHERE owner = $1 ORDER BY expires_at DESC, id DESC LIMIT 1 OFFSET $2)";

/// Deletes all pages beyond the newest `$1`.
pub(super) const TRIM: &str = "DELETE FROM lab_answers WHERE (expires_at, id) <=
    (SELECT expires_at, id FROM lab_answers ORDER BY expires_at DESC, id DESC LIMIT 1 OFFSET $1)";

/// The part of a [`Store`](super::Store) that belongs to answer pages. Times are stored in whole seconds.
#[async_trait]
pub trait AnswerStore: Send + Sync {
    /// Keeps a page until it expires, or until [`MOST_ANSWERS`] newer ones, or [`MOST_ANSWERS_OF_ONE`] of its owner,
    /// are kept.
    async fn keep_answer(&self, new: &NewAnswer) -> Result<(), StoreError>;

    /// The page as it was given; `None` if it is not kept, or no longer.
    async fn answer(&self, id: &AnswerId, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A new answer page.
#[derive(Clone, Debug)]
pub struct NewAnswer {
    pub id: AnswerId,
    pub owner: AnswerOwner,
    pub page: Vec<u8>,
    pub expires_at: DateTime<Utc>,
}

/// Names an answer page in the store: 32 bytes that nobody but its visitor's browser and this server can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerId(pub [u8; 32]);

/// Names whose page it is, in 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerOwner(pub [u8; 32]);

impl AnswerOwner {
    /// A pupil, with whom the pages are deleted.
    pub fn of_pupil(pupil: &PupilId) -> Self {
        let mut owner = [0; 32];
        owner.copy_from_slice(digest(&SHA256, pupil.as_str().as_bytes()).as_ref());
        Self(owner)
    }
}
