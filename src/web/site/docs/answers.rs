//! Every answer of an operation: its own, and those of the request pipeline before and around it.

use super::Documented;
use crate::web::http::endpoint::common::{
    DUPLICATE_COOKIE, FAULT, NOT_JSON, STORE_UNAVAILABLE, TOO_BUSY, TOO_MANY_SESSIONS,
};
use crate::web::http::endpoint::{Access, Answer, Method};

/// What the request pipeline answers before or around any operation.
const CROSS_SITE: Answer = Answer::refusal(403, "A browser sent this from another site.");
const OTHER_METHOD: Answer =
    Answer::refusal(405, "Another method than those at this address, which the header Allow names.");
const SESSION_ENDED: Answer = Answer::refusal(409, "The session ended meanwhile, where it is kept in Redis.").rare();
const SESSIONS_UNAVAILABLE: Answer =
    Answer::refusal(503, "The session cannot be read or kept, where it is kept in Redis.");
const SLOW: Answer = Answer::refusal(408, "The body did not arrive within 15 s.");
const LARGE: Answer = Answer::refusal(413, "The body is larger than is read here.");
const WRONG_HOST: Answer = Answer::refusal(421, "The Host is not one that this server answers to.");

/// The answers that many operations share, and which those are. The page describes each of them once.
pub(super) const SHARED: [(Answer, &str); 13] = [
    (DUPLICATE_COOKIE, "operations that read the session"),
    (CROSS_SITE, "POST, PUT and DELETE"),
    (OTHER_METHOD, "every operation but result"),
    (SLOW, "operations with a body"),
    (SESSION_ENDED, "operations that read the session"),
    (LARGE, "operations with a body"),
    (NOT_JSON, "operations with JSON in the body"),
    (WRONG_HOST, "every operation"),
    (TOO_MANY_SESSIONS, "operations that begin a session"),
    (FAULT, "nearly every operation"),
    (SESSIONS_UNAVAILABLE, "operations that read the session"),
    (STORE_UNAVAILABLE, "operations that need the store"),
    (TOO_BUSY, "operations whose work takes a while"),
];

impl Answer {
    fn is_shared(&self) -> bool {
        SHARED.iter().any(|(shared, _)| (shared.status, shared.says) == (self.status, self.says))
    }
}

impl Documented {
    /// Every answer, in the order of the statuses.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let mut answers = self.description.own_answers.to_vec();
        answers.push(WRONG_HOST);
        answers.extend((!self.takes_every_name).then_some(OTHER_METHOD));
        if matches!(self.description.access, Access::Session) {
            answers.extend(
                [SESSION_ENDED, SESSIONS_UNAVAILABLE].into_iter().filter(|it| !self.answers_by_itself(it.status)),
            );
        }
        let checks_origin =
            matches!(self.method, Method::Post | Method::Put | Method::Delete) && !self.skips_origin_check;
        answers.extend(checks_origin.then_some(CROSS_SITE));
        answers.extend(
            self.description.body.iter().flat_map(|_| [SLOW, LARGE]).filter(|it| !self.answers_by_itself(it.status)),
        );
        answers.sort_by_key(|answer| answer.status);
        answers
    }

    /// Those that only few operations have.
    pub(super) fn particular_answers(&self) -> Vec<Answer> {
        self.answers().into_iter().filter(|answer| !answer.is_shared()).collect()
    }

    /// The statuses of those that the page describes once for all, such as `405, 421, 500`.
    pub(super) fn shared_statuses(&self) -> String {
        let mut statuses: Vec<u16> =
            self.answers().into_iter().filter(Answer::is_shared).map(|answer| answer.status).collect();
        statuses.dedup();
        statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
    }

    fn answers_by_itself(&self, status: u16) -> bool {
        self.description.own_answers.iter().any(|answer| answer.status == status)
    }
}
