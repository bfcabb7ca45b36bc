//! What becomes of a refresh token that is presented: the judgement of its family, which is the same in every database.

use chrono::{DateTime, Utc};

use super::{Grant, RefreshGrant, RefreshToken, Rotated};

/// A family, as its row has it.
pub(in crate::store) struct Family {
    pub(super) grant: Grant,
    pub(super) refresh_hash: Option<Vec<u8>>,
    pub(super) refresh_expires_at: Option<DateTime<Utc>>,
    pub(super) is_revoked: bool,
}

impl Family {
    pub fn belongs_to(&self, client_id: &str) -> bool {
        self.grant.client_id == client_id
    }

    /// What a client gets that presents this token to be rotated.
    pub fn judge(self, token: &RefreshToken, client_id: &str, now: DateTime<Utc>) -> Rotated {
        if !self.belongs_to(client_id) {
            Rotated::OtherClient
        } else if self.is_revoked {
            Rotated::Revoked
        } else if !self.is_current(token) {
            // Also if its successors have expired: the family's access tokens may live longer than they do.
            Rotated::Reused
        } else if self.refresh_expires_at.is_none_or(|end| end <= now) {
            Rotated::Expired
        } else {
            Rotated::Rotated(self.grant)
        }
    }

    /// The grant of this token, if it is in force.
    pub fn in_force(self, token: &RefreshToken, now: DateTime<Utc>) -> Option<RefreshGrant> {
        let expires_at = self.refresh_expires_at.filter(|end| *end > now)?;
        let is_good = !self.is_revoked && self.is_current(token);
        is_good.then_some(RefreshGrant { grant: self.grant, expires_at })
    }

    fn is_current(&self, token: &RefreshToken) -> bool {
        self.refresh_hash.as_deref() == Some(&token.hash())
    }
}
