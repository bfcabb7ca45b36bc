//! The token that a lesson or an attack is about: the visitor's own, or one that is made for the page alone.

use chrono::{DateTime, Utc};

use crate::keys::KeyRing;
use crate::lab::lessons::WANTED;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::token::Claims;
use crate::web::http::problem::Problem;
use crate::web::session::{TokenKeys, Visitor};
use crate::web::site::lab::Lab;

/// A session's token, without the request, so that another thread can work on it.
pub(super) struct SessionToken {
    token: Option<String>,
    ring: TokenKeys,
    pub algorithm: DemoAlgorithm,
}

impl SessionToken {
    pub fn of(visitor: &Visitor) -> Self {
        let token = visitor.token().map(str::to_owned);
        Self { token, ring: visitor.token_keys(), algorithm: visitor.algorithm() }
    }

    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// A token that the demo accepts at this moment.
pub(super) struct Own {
    pub token: String,
    pub algorithm: DemoAlgorithm,
    pub claims: Claims,
    /// Why it was made for this page, if the session's own could not be used. It is not put into the session.
    pub fresh: Option<&'static str>,
}

impl Own {
    /// The session's token, or one as *Get token* would make it for the same subject.
    pub fn of(visitor: &Visitor, lab: &Lab, now: DateTime<Utc>) -> Result<Self, Problem> {
        let session_token = SessionToken::of(visitor);
        let chosen = session_token.algorithm;
        // A folder with only a public key verifies RS256 and cannot sign it.
        let can_sign = demo::can_issue(&lab.keys.ring(), chosen, now);
        let algorithm = if can_sign { chosen } else { DemoAlgorithm::HS256 };
        Self::kept(&session_token, lab, chosen, now)
            .or_else(|why| Self::fresh(&session_token, lab, algorithm, now, why))
    }

    /// The same under this algorithm and no other.
    pub fn under(
        algorithm: DemoAlgorithm,
        session_token: &SessionToken,
        lab: &Lab,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        Self::kept(session_token, lab, algorithm, now)
            .or_else(|why| Self::fresh(session_token, lab, algorithm, now, why))
    }

    /// A token for an answer in JSON, with a subject of its own. A script must not get the session's token, nor parts
    /// of it.
    pub fn example(algorithm: DemoAlgorithm, lab: &Lab, random: [u8; 4], now: DateTime<Utc>) -> Result<Self, Problem> {
        let subject = format!("example-{:08x}", u32::from_be_bytes(random));
        let subject = Subject::parse(&subject).map_err(|error| Problem::internal(&error))?;
        let why = "An answer in JSON never holds your session’s token";
        Self::issue(algorithm, &subject, lab, now, why)
    }

    /// The session's token if it is accepted, or why it cannot be used.
    fn kept(
        session_token: &SessionToken,
        lab: &Lab,
        algorithm: DemoAlgorithm,
        now: DateTime<Utc>,
    ) -> Result<Self, &'static str> {
        let token = session_token.token().ok_or("Your session holds no token")?;
        if session_token.ring == TokenKeys::Lab {
            return Err("The lab put the token into your session");
        }
        let verdict = demo::verify(&lab.keys.ring(), algorithm, token, now);
        let claims = verdict.claims().ok_or("Your session’s token is not valid for the algorithm of this attack")?;
        Ok(Self { token: token.to_owned(), algorithm, claims: claims.clone(), fresh: None })
    }

    fn fresh(
        session_token: &SessionToken,
        lab: &Lab,
        algorithm: DemoAlgorithm,
        now: DateTime<Utc>,
        why: &'static str,
    ) -> Result<Self, Problem> {
        let ring = &lab.keys.ring();
        let refused = session_token.token().filter(|_| session_token.ring == TokenKeys::Demo);
        let subject = refused.and_then(|token| subject_of(token, ring, now)).unwrap_or_default();
        Self::issue(algorithm, &subject, lab, now, why)
    }

    fn issue(
        algorithm: DemoAlgorithm,
        subject: &Subject,
        lab: &Lab,
        now: DateTime<Utc>,
        why: &'static str,
    ) -> Result<Self, Problem> {
        let token = demo::issue(&lab.keys.ring(), algorithm, subject, lab.sessions.default_lifetime, now)?;
        let claims = demo::claims(subject, lab.sessions.default_lifetime, now);
        Ok(Self { token: token.into_string(), algorithm, claims, fresh: Some(why) })
    }

    /// The same claims with the subject that a forger wants.
    pub fn forged(&self) -> Claims {
        self.claims.clone().with("sub", WANTED)
    }

    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }
}

/// The subject of a refused token, if the demo signed it.
fn subject_of(token: &str, ring: &KeyRing, now: DateTime<Utc>) -> Option<Subject> {
    let verdicts = DemoAlgorithm::OFFERED.map(|algorithm| demo::verify(ring, algorithm, token, now));
    let claims = verdicts.iter().find(|verdict| verdict.is_signed())?.unverified_claims()?;
    Subject::parse(claims.for_display().subject()?).ok()
}
