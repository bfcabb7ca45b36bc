//! The token that a lesson or an attack is about: the visitor's own, or one that is made for the page alone.

use chrono::{DateTime, Utc};

use crate::keys::KeyRing;
use crate::lab::lessons::WANTED;
use crate::profiles::demo::{self, Algorithm, Subject};
use crate::token::Claims;
use crate::web::error::Problem;
use crate::web::session::{Ring, Visitor};
use crate::web::state::State;

/// A token that the demo accepts at this moment.
pub(super) struct Own {
    pub token: String,
    pub algorithm: Algorithm,
    pub claims: Claims,
    /// Why it was made for this page, where the session's own will not do. It is not put there.
    pub fresh: Option<&'static str>,
}

impl Own {
    /// The session's token, or one as *Get token* would make it for the same subject.
    pub fn of(visitor: &Visitor, state: &State, now: DateTime<Utc>) -> Result<Self, Problem> {
        let chosen = visitor.algorithm();
        // A folder with only a public key verifies RS256 and cannot sign it.
        let can_sign = demo::can_issue(&state.ring(), chosen, now);
        let algorithm = if can_sign { chosen } else { Algorithm::Hs256 };
        Self::kept(visitor, state, chosen, now).or_else(|why| Self::fresh(visitor, state, algorithm, now, why))
    }

    /// The same under this algorithm and no other.
    pub fn under(algorithm: Algorithm, visitor: &Visitor, state: &State, now: DateTime<Utc>) -> Result<Self, Problem> {
        Self::kept(visitor, state, algorithm, now).or_else(|why| Self::fresh(visitor, state, algorithm, now, why))
    }

    /// The session's token where it is good, or why that will not do.
    fn kept(visitor: &Visitor, state: &State, algorithm: Algorithm, now: DateTime<Utc>) -> Result<Self, &'static str> {
        let token = visitor.token().ok_or("Your session holds no token")?;
        if visitor.ring() == Ring::Lab {
            return Err("Your session’s token was put there by the lab");
        }
        let verdict = demo::verify(&state.ring(), algorithm, token, now);
        let claims = verdict.claims().ok_or("Your session’s token is not good under this attack’s algorithm now")?;
        Ok(Self { token: token.to_owned(), algorithm, claims: claims.clone(), fresh: None })
    }

    fn fresh(
        visitor: &Visitor,
        state: &State,
        algorithm: Algorithm,
        now: DateTime<Utc>,
        why: &'static str,
    ) -> Result<Self, Problem> {
        let ring = &state.ring();
        let refused = visitor.token().filter(|_| visitor.ring() == Ring::Demo);
        let subject = refused.and_then(|token| subject_of(token, ring, now)).unwrap_or_default();
        let token = demo::issue(ring, algorithm, &subject, state.token_ttl, now)?;
        let claims = demo::claims(&subject, state.token_ttl, now);
        Ok(Self { token: token.into_string(), algorithm, claims, fresh: Some(why) })
    }

    /// The same claims about whom a forger would rather be.
    pub fn forged(&self) -> Claims {
        self.claims.clone().with("sub", WANTED)
    }

    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }
}

/// Whom a refused token is about, when the demo signed it all the same.
fn subject_of(token: &str, ring: &KeyRing, now: DateTime<Utc>) -> Option<Subject> {
    let verdicts = [Algorithm::Hs256, Algorithm::Rs256].map(|algorithm| demo::verify(ring, algorithm, token, now));
    let claims = verdicts.iter().find(|verdict| verdict.is_signed())?.unverified_claims()?;
    Subject::parse(claims.for_display().subject()?).ok()
}
