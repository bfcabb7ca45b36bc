//! The token that a lesson or an attack is about: the visitor's own, or one that is made for the page alone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::code::Code;
use crate::keys::KeyRing;
use crate::lab::lessons::WANTED;
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::token::{Claims, Verdict};
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
    pub fresh: Option<String>,
}

impl Own {
    /// The session's token, or one as *Get token* would make it for the same subject.
    pub fn of(visitor: &Visitor, lab: &Lab, now: DateTime<Utc>) -> Result<Self, Problem> {
        let session_token = SessionToken::of(visitor);
        let algorithm = signing_algorithm(&session_token, lab, now);
        Self::kept(&session_token, lab, session_token.algorithm, now)
            .or_else(|why| Self::fresh(&session_token, lab, algorithm, lab.sessions.default_lifetime, now, why))
    }

    /// The same for a lesson in which a visitor writes for minutes, and the token must not expire meanwhile.
    pub fn lasting(visitor: &Visitor, lab: &Lab, now: DateTime<Utc>) -> Result<Self, Problem> {
        let session_token = SessionToken::of(visitor);
        let algorithm = signing_algorithm(&session_token, lab, now);
        let lasts = |own: Self| {
            if own.lasts(now) { Ok(own) } else { Err("Your session’s token expires within minutes".to_owned()) }
        };
        Self::kept(&session_token, lab, session_token.algorithm, now)
            .and_then(lasts)
            .or_else(|why| Self::fresh(&session_token, lab, algorithm, Lifetime::HOUR, now, why))
    }

    /// Whether nobody who works with it has to hurry.
    fn lasts(&self, now: DateTime<Utc>) -> bool {
        let needed = TimeDelta::seconds(Lifetime::TEN_MINUTES.seconds());
        self.claims.expires_at().is_some_and(|end| end - now >= needed)
    }

    /// The same under this algorithm and no other.
    pub fn under(
        algorithm: DemoAlgorithm,
        session_token: &SessionToken,
        lab: &Lab,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        Self::kept(session_token, lab, algorithm, now)
            .or_else(|why| Self::fresh(session_token, lab, algorithm, lab.sessions.default_lifetime, now, why))
    }

    /// A token for an answer in JSON, with a subject of its own. A script must not get the session's token, nor parts
    /// of it.
    pub fn example(algorithm: DemoAlgorithm, lab: &Lab, random: [u8; 4], now: DateTime<Utc>) -> Result<Self, Problem> {
        let subject = format!("example-{:08x}", u32::from_be_bytes(random));
        let subject = Subject::parse(&subject).map_err(|error| Problem::internal(&error))?;
        let why = "An answer in JSON never holds your session’s token".to_owned();
        Self::issue(algorithm, &subject, lab, lab.sessions.default_lifetime, now, why)
    }

    /// The session's token if it is accepted, or why it cannot be used.
    fn kept(
        session_token: &SessionToken,
        lab: &Lab,
        algorithm: DemoAlgorithm,
        now: DateTime<Utc>,
    ) -> Result<Self, String> {
        let token = session_token.token().ok_or("Your session holds no token")?;
        if session_token.ring == TokenKeys::Lab {
            return Err("The lab put the token into your session".to_owned());
        }
        let verdict = demo::verify(&lab.keys.ring(), algorithm, token, now);
        let claims = verdict.claims().ok_or_else(|| {
            let own = demo::verify(&lab.keys.ring(), session_token.algorithm, token, now);
            why_unusable(&own, session_token.algorithm, algorithm)
        })?;
        Ok(Self { token: token.to_owned(), algorithm, claims: claims.clone(), fresh: None })
    }

    fn fresh(
        session_token: &SessionToken,
        lab: &Lab,
        algorithm: DemoAlgorithm,
        lifetime: Lifetime,
        now: DateTime<Utc>,
        why: String,
    ) -> Result<Self, Problem> {
        let ring = &lab.keys.ring();
        let refused = session_token.token().filter(|_| session_token.ring == TokenKeys::Demo);
        let subject = refused.and_then(|token| subject_of(token, ring, now)).unwrap_or_default();
        Self::issue(algorithm, &subject, lab, lifetime, now, why)
    }

    fn issue(
        algorithm: DemoAlgorithm,
        subject: &Subject,
        lab: &Lab,
        lifetime: Lifetime,
        now: DateTime<Utc>,
        why: String,
    ) -> Result<Self, Problem> {
        let token = demo::issue(&lab.keys.ring(), algorithm, subject, lifetime, now)?;
        let claims = demo::claims(subject, lifetime, now);
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

/// Why the session's token cannot be the original of an attack. `verdict` is that of the demo, under the session's own
/// algorithm.
fn why_unusable(verdict: &Verdict, own: DemoAlgorithm, needed: DemoAlgorithm) -> String {
    match verdict.code() {
        Code::Accepted => {
            let [own, needed] = [own, needed].map(|algorithm| algorithm.jwa().as_str());
            format!("Your session’s token is signed with {own}, and this attack needs {needed}")
        }
        Code::Expired => "Your session’s token has expired".to_owned(),
        Code::Revoked => "Your session’s token was revoked".to_owned(),
        refused => format!("Your session’s token is refused (`{}`)", refused.as_str()),
    }
}

/// The session's algorithm, if this server can sign with it: a folder with only a public key verifies RS256 and cannot.
fn signing_algorithm(session_token: &SessionToken, lab: &Lab, now: DateTime<Utc>) -> DemoAlgorithm {
    let chosen = session_token.algorithm;
    if demo::can_issue(&lab.keys.ring(), chosen, now) { chosen } else { DemoAlgorithm::HS256 }
}

/// The subject of a refused token, if the demo signed it.
fn subject_of(token: &str, ring: &KeyRing, now: DateTime<Utc>) -> Option<Subject> {
    let verdicts = DemoAlgorithm::OFFERED.map(|algorithm| demo::verify(ring, algorithm, token, now));
    let claims = verdicts.iter().find(|verdict| verdict.is_signed())?.unverified_claims()?;
    Subject::parse(claims.for_display().subject()?).ok()
}
