//! The last check: was the token revoked? Only a store knows, and judging asks none; so the verifier stops before it.

use chrono::{DateTime, Utc};

use super::refusal::revoked;
use super::{Check, Claims, Finding, Outcome, Verdict};

/// What all checks but the last came to.
pub enum Judged {
    /// There is nothing left to ask: the token is refused, or has no `jti` that could have been revoked.
    Final(Verdict),
    /// Every other check passed.
    Pending(Pending),
}

/// A token that is good unless it was revoked.
pub struct Pending {
    /// Every check but the last, and all of them passed.
    pub(super) verdict: Verdict,
    pub(super) claims: Claims,
    pub(super) profile: &'static str,
    pub(super) jti: String,
    pub(super) expires_at: DateTime<Utc>,
}

impl Judged {
    /// The verdict, if need be with what `is_revoked` says of a token.
    pub fn resolve_revocation(self, is_revoked: impl FnOnce(&Pending) -> bool) -> Verdict {
        match self {
            Self::Final(verdict) => verdict,
            Self::Pending(pending) => {
                let answer = is_revoked(&pending);
                pending.with_revocation(answer)
            }
        }
    }
}

impl Pending {
    /// With the `jti` what revocation is keyed on. A hash of the token's text would miss a second spelling of it.
    pub const fn profile(&self) -> &'static str {
        self.profile
    }

    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// Until when a revocation must be remembered.
    pub const fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    pub fn with_revocation(self, is_revoked: bool) -> Verdict {
        let Self { mut verdict, claims, jti, .. } = self;
        if is_revoked {
            verdict.record(Check::Revocation, Outcome::Failed(revoked(&jti)));
        } else {
            verdict.record(Check::Revocation, Outcome::Passed(Finding::NotRevoked));
            verdict.accept_as(claims);
        }
        verdict
    }
}
