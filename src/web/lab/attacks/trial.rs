//! One attack on one visitor's token, from the forging to both verdicts.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use super::ring_of;
use super::show::{Naive, Strict, Stub, comparison};
use crate::keys::SigningError;
use crate::lab::attacks::{At, Attack};
use crate::lab::diff::Line;
use crate::lab::forge::{Door, Forge, Forgery, Original};
use crate::lab::naive::{self, Case};
use crate::profiles::{Profile, lab};
use crate::web::error::Problem;
use crate::web::lab::own::Own;
use crate::web::session::Visitor;
use crate::web::state::State;

/// What came of it.
pub(super) struct Trial {
    pub original: String,
    /// Why the original is not the session's own token, when it is not.
    pub fresh: Option<&'static str>,
    pub forged: String,
    pub fate: String,
    pub door: Door,
    pub original_stubs: Vec<Stub>,
    pub forged_stubs: Vec<Stub>,
    pub header: Vec<Line>,
    pub payload: Vec<Line>,
    pub strict: Strict,
    pub naive: Naive,
}

impl Trial {
    pub async fn of(
        attack: &Attack,
        at: At,
        naive: &naive::Naive,
        forge: impl FnOnce(&Forge<'_>) -> Result<Forgery, SigningError>,
        visitor: &Visitor,
        state: &State,
    ) -> Result<Self, Problem> {
        let now = state.now();
        let own = Own::under(attack.needs.unwrap_or(visitor.algorithm()), visitor, state, now)?;
        let original = Original::read(&own.token, own.algorithm);
        let original = original.ok_or_else(|| Problem::broken("a good token cannot be read"))?;
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).map_err(|_| Problem::broken("the system gave no random bytes"))?;
        let forgery = forge(&Forge { ring: &state.ring(), original: &original, now, random });
        let forgery = forgery.map_err(|error| Problem::internal(&error))?;
        if let Some(revoked) = &forgery.revoked {
            let done = state.store.revoke(lab::PROFILE, &revoked.jti, revoked.expires_at).await;
            done.map_err(|error| Problem::store_away(&error))?;
        }
        let door = at.door(original.under);
        let strict = strict(&forgery, at, door, visitor, state).await?;
        let case = Case { token: &forgery.token, ring: &state.ring(), door, revoked: forgery.revoked.as_ref(), now };
        let [header, payload] = [0, 1].map(|part| comparison(&original.token, &forgery.token, part));
        Ok(Self {
            original_stubs: Stub::all(&original.token, None),
            forged_stubs: Stub::all(&forgery.token, Some(&original.token)),
            naive: Naive::of(&naive.opinion(&case)),
            original: original.token,
            forged: forgery.token,
            fate: forgery.fate.into_owned(),
            fresh: own.fresh,
            door,
            header,
            payload,
            strict,
        })
    }
}

async fn strict(forgery: &Forgery, at: At, door: Door, visitor: &Visitor, state: &State) -> Result<Strict, Problem> {
    let now = state.now();
    let verdict = state.settle(door.judge(&state.ring(), &forgery.token, now)).await;
    let verdict = verdict.map_err(|error| Problem::store_away(&error))?;
    state.metrics.judged(Profile::Lab, &verdict);
    let strict = Strict::of_verdict(&verdict);
    if at != At::Session {
        return Ok(strict);
    }
    Ok(match visitor.has_room(forgery.token.clone(), ring_of(door), door.algorithm(), now) {
        Ok(()) => strict,
        Err(error) => Strict { trace: strict.trace, ..Strict::of_problem(&error.into()) },
    })
}
