//! The answer pages of lessons: what a form was answered with, kept for a while so that reloading and *Back* show it
//! again.
//!
//! The store sees neither whose page it is nor what it says: the id is a MAC, and the page is encrypted.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;

/// How many answer pages are kept. A new one removes the oldest beyond them.
pub const MOST_ANSWERS: i64 = 4000;

/// The part of a [`Store`](super::Store) that belongs to answer pages. Times are stored in whole seconds.
#[async_trait]
pub trait AnswerStore: Send + Sync {
    /// Keeps a page until it expires, or [`MOST_ANSWERS`] newer ones are kept.
    async fn keep_answer(&self, id: &AnswerId, page: Vec<u8>, expires_at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The page as it was given; `None` if it is not kept, or no longer.
    async fn answer(&self, id: &AnswerId, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Names an answer page in the store: 32 bytes that nobody but its visitor's browser and this server can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerId(pub [u8; 32]);
