//! One attack on one visitor's token, from the forging to both verdicts.

use chrono::{DateTime, Utc};

use super::comparison::{ComparedPart, NaiveOpinion, Strict, comparison};
use super::ring_of;
use crate::keys::SigningError;
use crate::lab::attacks::{Attack, JudgedBy};
use crate::lab::diff::Line;
use crate::lab::forge::{Forge, Forgery, Original, Target};
use crate::lab::naive::{self, NaiveInput};
use crate::profiles::lab;
use crate::token::{Judged, Show, Verdict};
use crate::web::http::problem::Problem;
use crate::web::session::Visitor;
use crate::web::site::lab::Lab;
use crate::web::site::lab::session_token::{Own, SessionToken};

/// The result.
pub(super) struct Trial {
    pub original: String,
    /// Why the original is not the session's own token, when it is not.
    pub fresh: Option<String>,
    /// What became of the original, if the lab made it for this attack.
    pub prepared: Option<&'static str>,
    pub forged: String,
    pub signature_note: String,
    pub target: Target,
    pub original_parts: Vec<ComparedPart>,
    pub forged_parts: Vec<ComparedPart>,
    pub header: Vec<Line>,
    pub payload: Vec<Line>,
    pub strict: Strict,
    pub naive: NaiveOpinion,
}

/// The forgery, and what is known about it before the check of revocation.
struct Forged {
    own: Own,
    original: Original,
    forgery: Forgery,
    target: Target,
    judged: Judged,
    naive: NaiveOpinion,
    header: Vec<Line>,
    payload: Vec<Line>,
}

/// What another thread needs to forge a token.
pub(super) struct Attempt {
    pub attack: &'static Attack,
    pub judged_by: JudgedBy,
    pub forge: fn(&Forge<'_>, &str) -> Result<Forgery, SigningError>,
    pub variant: &'static str,
    pub naive: &'static naive::NaiveVerifier,
    pub source: Source,
}

/// Which token is forged from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The visitor's own.
    Visitor,
    /// One that is made for this answer.
    Example,
}

impl Attempt {
    fn carry_out(&self, session_token: &SessionToken, lab: &Lab, now: DateTime<Utc>) -> Result<Forged, Problem> {
        let ring = lab.keys.ring();
        let algorithm = self.attack.needs.unwrap_or(session_token.algorithm);
        let own = match self.source {
            Source::Visitor => Own::under(algorithm, session_token, lab, now)?,
            Source::Example => Own::example(algorithm, lab, lab.random.bytes()?, now)?,
        };
        let original = Original::read(&own.token, own.algorithm);
        let original = original.ok_or_else(|| Problem::broken("a good token cannot be read"))?;
        let forge = Forge { ring: &ring, original: &original, now, random: lab.random.bytes()? };
        let forgery = (self.forge)(&forge, self.variant)?;
        let target = self.judged_by.target(original.algorithm);
        let input = NaiveInput { token: &forgery.token, ring: &ring, target, revoked: forgery.revoked.as_ref(), now };
        let naive = NaiveOpinion::of(&self.naive.opinion(&input));
        let before = forgery.prepared.as_ref().map_or(&original.token, |prepared| &prepared.token);
        let [header, payload] = [0, 1].map(|part| comparison(before, &forgery.token, part));
        let judged = target.judge(&ring, &forgery.token, now);
        Ok(Forged { own, original, forgery, target, judged, naive, header, payload })
    }
}

impl Trial {
    /// An attack may make a token of a megabyte and several signatures, so it is not carried out by the thread that
    /// answers the request.
    pub async fn of(attempt: Attempt, visitor: &Visitor, lab: &Lab) -> Result<Self, Problem> {
        let (session_token, shared, now, judged_by) =
            (SessionToken::of(visitor), lab.clone(), lab.clock.now(), attempt.judged_by);
        let forged = lab.work.run(move || attempt.carry_out(&session_token, &shared, now)).await??;
        let Forged { own, original, forgery, target, judged, naive, header, payload } = forged;
        if let Some(revoked) = &forgery.revoked {
            lab.store.revoke(lab::PROFILE.name, &revoked.jti, revoked.expires_at).await?;
        }
        let verdict = lab.store.resolve_revocation(judged).await?;
        let strict = strict(&forgery, judged_by, target, &verdict, visitor, lab);
        let (before, prepared) = match forgery.prepared {
            Some(prepared) => (prepared.token, Some(prepared.says)),
            None => (original.token, None),
        };
        Ok(Self {
            original_parts: ComparedPart::all(&before, None),
            forged_parts: ComparedPart::all(&forgery.token, Some(&before)),
            naive,
            original: before,
            forged: forgery.token,
            signature_note: forgery.signature_note.into_owned(),
            fresh: own.fresh,
            prepared,
            target,
            header,
            payload,
            strict,
        })
    }
}

fn strict(
    forgery: &Forgery,
    judged_by: JudgedBy,
    target: Target,
    verdict: &Verdict,
    visitor: &Visitor,
    lab: &Lab,
) -> Strict {
    lab.metrics.judged(&lab::PROFILE, verdict);
    let strict = Strict::of_verdict(verdict, Show::UnverifiedClaims);
    if judged_by != JudgedBy::Session {
        return strict;
    }
    match visitor.has_room(forgery.token.clone(), ring_of(target), target.algorithm(), lab.clock.now()) {
        Ok(()) => strict,
        Err(error) => Strict { trace: strict.trace, ..Strict::of_problem(&error.into()) },
    }
}
