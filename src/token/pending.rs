//! The last check: was the token revoked? Only the store knows, and the verifier does not use the store. So it stops
//! before this check, and the caller completes the verdict.

use chrono::{DateTime, Utc};

use super::refusal::revoked;
use super::{Check, Claims, Finding, Outcome, Verdict};

/// The result of all checks except revocation.
pub enum Judged {
    /// The verdict is final: the token is refused, or has no `jti` by which it could be revoked.
    Final(Verdict),
    /// Every other check passed.
    Pending(Pending),
}

/// A token that is valid unless it was revoked.
pub struct Pending {
    /// Every check but the last, and all of them passed.
    pub(super) verdict: Verdict,
    pub(super) claims: Claims,
    pub(super) profile: &'static str,
    pub(super) jti: String,
    pub(super) expires_at: DateTime<Utc>,
}

impl Judged {
    /// The verdict. Calls `is_revoked` if the token passed every other check.
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
    /// Revocation is keyed on the profile and the `jti`. A hash of the token would miss another spelling of the same
    /// token.
    pub const fn profile(&self) -> &'static str {
        self.profile
    }

    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// The family whose revocation ends this token too.
    pub fn family(&self) -> Option<&str> {
        self.claims.family()
    }

    /// How long a revocation must be remembered.
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
