//! Class mode: who asks, the teacher, a pupil or neither, and where the progress of the lab is kept for them.
//!
//! The teacher and each pupil have a cookie of their own, apart from the demo's session: neither a logout nor a closed
//! browser ends it. Each is signed with a key of its own purpose, and neither holds what it stands for.

mod cookies;
mod learner;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::code::Code;
use crate::keys::TeacherKey;
use crate::lab::class::{
    Class, ClassChange, ClassCode, ClassId, Joined, NewClass, NewPupil, PupilId, PupilName, PupilStep,
};
use crate::limits::{Decision, Limiter, Rate};
use crate::random::Random;
use crate::store::{Store, StoreError};
use crate::web::http::client::Client;
use crate::web::http::extractor::{FromHead, extractor};
use crate::web::http::problem::Problem;
use crate::web::metrics::{Limit, Metrics, RateDecision};
use cookies::ClassCookies;
pub(in crate::web) use cookies::PUPIL_DAYS;
pub(in crate::web) use learner::Learner;

/// How many wrong codes a client may send. A class behind one address may well mistype a few; to find one of 64 million
/// codes takes years.
pub(in crate::web) const WRONG_CODES: Rate = Rate::per_minute(30);

/// How many boards are sent live by one process at once.
const MOST_STREAMS: usize = 32;

/// How long what the class allows is remembered for visitors who are not in it.
const REMEMBERED: Duration = Duration::from_secs(1);

/// The class of this server, if it has one.
pub(in crate::web) struct ClassMode(Option<Classroom>);

/// What a server with a class has.
pub(in crate::web) struct Classroom {
    teacher: TeacherKey,
    cookies: ClassCookies,
    pub clock: Data<dyn Clock>,
    metrics: Data<Metrics>,
    random: Random,
    pub store: Data<dyn Store>,
    wrong_codes: Limiter,
    /// Codes are checked one after the other, so that many at once are counted like many in a row.
    checking: tokio::sync::Mutex<()>,
    remembered: Mutex<Option<(Instant, Option<Class>)>>,
    streams: Arc<Semaphore>,
}

/// What a [`Classroom`] is made of.
pub(in crate::web) struct ClassroomParts {
    pub teacher: TeacherKey,
    pub session_key: Vec<u8>,
    pub is_secure: bool,
    pub clock: Data<dyn Clock>,
    pub metrics: Data<Metrics>,
    pub random: Random,
    pub store: Data<dyn Store>,
    pub wrong_codes: Limiter,
}

impl ClassMode {
    pub const fn off() -> Self {
        Self(None)
    }

    pub fn on(parts: ClassroomParts) -> Self {
        let ClassroomParts { teacher, session_key, is_secure, clock, metrics, random, store, wrong_codes } = parts;
        Self(Some(Classroom {
            cookies: ClassCookies::new(&teacher, &session_key, is_secure),
            teacher,
            clock,
            metrics,
            random,
            store,
            wrong_codes,
            checking: tokio::sync::Mutex::default(),
            remembered: Mutex::default(),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        }))
    }

    /// Whether this server has class mode.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the request has the teacher's cookie.
    pub fn is_teacher(&self, request: &HttpRequest) -> bool {
        self.0.as_ref().is_some_and(|room| room.is_teacher(request))
    }

    /// The link that the log shows the teacher.
    pub fn teacher_link(&self, origin: &str) -> Option<String> {
        self.0.as_ref().map(|room| format!("{origin}/class/board?key={}", room.teacher.to_text()))
    }

    pub fn room(&self) -> Option<&Classroom> {
        self.0.as_ref()
    }

    /// The address answers 404 on a server without a class.
    pub fn needed(&self) -> Result<&Classroom, Problem> {
        self.0.as_ref().ok_or_else(Problem::not_found)
    }
}

/// The teacher sent the request: it has the teacher's cookie. Others get 403, and 404 on a server without a class.
#[derive(Clone)]
pub(in crate::web) struct Teacher;

impl FromHead for Teacher {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        let mode = Data::<ClassMode>::from_head(request)?;
        if mode.needed()?.is_teacher(request) { Ok(Self) } else { Err(not_the_teacher()) }
    }
}

extractor!(Teacher);

/// The refusal of an address of the teacher's.
pub(in crate::web) fn not_the_teacher() -> Problem {
    let message = "Only the teacher can open this. The link that makes you the teacher is in the log of the server, \
                   from its start.";
    Problem::new(StatusCode::FORBIDDEN, Code::NotTeacher, message).leading_to("/class")
}

/// Why somebody did not join.
pub(in crate::web) enum NotJoined {
    WrongCode,
    Full,
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for NotJoined {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

impl Classroom {
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn is_teacher(&self, request: &HttpRequest) -> bool {
        self.cookies.is_teacher(request, self.now())
    }

    /// The teacher's cookie, for somebody who has the key.
    pub fn teacher_cookie(&self, key: &str) -> Option<Cookie<'static>> {
        self.teacher.is(key).then(|| self.cookies.of_teacher(self.now()))
    }

    /// The open class. Opens one if there is none.
    pub async fn start(&self) -> Result<Class, Problem> {
        let new = NewClass { id: ClassId::generate(&self.random)?, code: ClassCode::generate(&self.random)? };
        let class = self.store.start_class(&new, self.now()).await?;
        self.forget();
        Ok(class)
    }

    pub async fn change(&self, change: &ClassChange) -> Result<(), Problem> {
        self.store.change_class(change, self.now()).await?;
        self.forget();
        Ok(())
    }

    pub async fn end(&self) -> Result<(), Problem> {
        self.store.end_class().await?;
        self.forget();
        Ok(())
    }

    /// The class as it was at most a second ago.
    pub async fn recent(&self) -> Result<Option<Class>, StoreError> {
        let remembered = self.remembered().clone();
        if let Some((at, class)) = remembered.filter(|(at, _)| at.elapsed() < REMEMBERED) {
            let _ = at;
            return Ok(class);
        }
        let class = self.store.class(self.now()).await?;
        *self.remembered() = Some((Instant::now(), class.clone()));
        Ok(class)
    }

    fn forget(&self) {
        *self.remembered() = None;
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Option<Class>)>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody join, and gives them their cookie. Only wrong codes count for the limit, so a whole class can join
    /// at once from one address.
    pub async fn join(&self, code: &str, name: PupilName, client: Client) -> Result<Cookie<'static>, NotJoined> {
        let class = self.checked(code, client).await?;
        let new = NewPupil { id: PupilId::generate(&self.random)?, name };
        match self.store.join_class(&class.code, &new, self.now()).await? {
            Joined::Joined => Ok(self.cookies.of_pupil(&class.id, &new.id)),
            Joined::WrongCode => Err(NotJoined::WrongCode),
            Joined::Full => Err(NotJoined::Full),
        }
    }

    /// The open class, if this is its code.
    async fn checked(&self, code: &str, client: Client) -> Result<Class, NotJoined> {
        let _one_at_a_time = self.checking.lock().await;
        let now = self.now();
        let looked = self.wrong_codes.peek(client.address(), now).await;
        self.admitted(looked.map_err(|error| Problem::rates_unavailable(&error))?)?;
        let class = self.store.class(now).await?;
        let typed = ClassCode::parse(code);
        if let Some(class) = class.filter(|class| typed.is_some_and(|typed| typed == class.code)) {
            return Ok(class);
        }
        let counted = self.wrong_codes.admit(client.address(), now).await;
        self.metrics.rate_decided(Limit::ClassCode, RateDecision::from(counted.as_ref()));
        self.admitted(counted.map_err(|error| Problem::rates_unavailable(&error))?)?;
        Err(NotJoined::WrongCode)
    }

    fn admitted(&self, decision: Decision) -> Result<(), Problem> {
        match decision {
            Decision::Admitted => Ok(()),
            Decision::Refused { retry_after } => {
                self.metrics.rate_decided(Limit::ClassCode, RateDecision::Refused);
                Err(Problem::too_often(retry_after, "Too many wrong codes came from this address."))
            }
        }
    }

    /// The pupil whose cookie the request has, and the class that they joined. Whether that class is still open, and
    /// they are in it, the store knows.
    pub fn pupil_in(&self, request: &HttpRequest) -> Option<(ClassId, PupilId)> {
        self.cookies.pupil(request)
    }

    /// A cookie that makes the browser forget the pupil's.
    pub fn pupil_removal(&self) -> Cookie<'static> {
        self.cookies.pupil_removal()
    }

    /// Adds what a request of a pupil did. A pupil who was removed meanwhile has nothing that could be added to.
    pub async fn add_step(&self, id: &PupilId, step: &PupilStep) -> Result<(), Problem> {
        self.store.add_step(id, step, self.now()).await?;
        Ok(())
    }

    /// Permission to send the board live; `None` if too many are sent already.
    pub fn stream_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.streams.clone().try_acquire_owned().ok()
    }
}
