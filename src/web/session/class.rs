//! Class mode: who asks, the teacher, a pupil or neither, and where the progress of the lab is kept for them.
//!
//! The teacher and each pupil have a cookie of their own, apart from the demo's session: neither a logout nor a closed
//! browser ends it. The two are signed with different keys, and
//! neither contains the teacher's key or the pupil's name.

mod absence;
mod codes;
mod cookies;
mod learner;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::code::Code;
use crate::keys::TeacherKey;
use crate::lab::class::{
    Class, ClassChange, ClassCode, ClassId, Joined, NewClass, NewPupil, Pupil, PupilId, PupilName, PupilStep,
    ReturnCode, WayBack,
};
use crate::limits::{Decision, Key, Limiter, Rate};
use crate::random::Random;
use crate::store::{Store, StoreError};
use crate::web::http::client::Client;
use crate::web::http::extractor::{FromHead, extractor};
use crate::web::http::problem::Problem;
use crate::web::metrics::{Limit, Metrics, RateDecision};
pub(in crate::web) use absence::Absence;
use codes::CodeChecks;
pub(in crate::web) use codes::WRONG_CODES;
use cookies::ClassCookies;
pub(in crate::web) use cookies::{PUPIL_DAYS, PupilCookie};
pub(in crate::web) use learner::Learner;

/// How many pupils may join from one client with one code. A school may have one address for all its rooms, so several
/// classes fit; one pupil with invented names cannot fill the class. A new code lets as many join again.
pub(in crate::web) const JOINS: Rate = Rate::per_hour(150);

/// How many boards are sent live by one process at once.
const MOST_STREAMS: usize = 32;

/// How long the class and a pupil are cached.
const CACHE_TTL: Duration = Duration::from_secs(1);

/// When more pupils are cached, expired entries are removed.
const MOST_CACHED_PUPILS: usize = 1024;

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
    codes: CodeChecks,
    joins: Limiter,
    cache: Mutex<Cache>,
    streams: Arc<Semaphore>,
}

/// What was read of the store a short while ago, so that a page in a class costs little more than without one.
#[derive(Default)]
struct Cache {
    class: Option<(Instant, Option<Class>)>,
    pupils: HashMap<PupilId, (Instant, Arc<Pupil>)>,
}

impl Cache {
    /// Whether there is a class, if that is known.
    fn class(&self) -> Option<&(Instant, Option<Class>)> {
        self.class.as_ref().filter(|(at, _)| at.elapsed() < CACHE_TTL)
    }

    /// The pupil and the class, unless the browser knows of a step that is missing here: another process may have
    /// answered its last request.
    fn pupil(&self, id: &PupilId, steps: i64) -> Option<(Class, Arc<Pupil>)> {
        let class = self.class()?.1.clone()?;
        let (at, pupil) = self.pupils.get(id)?;
        (at.elapsed() < CACHE_TTL && pupil.steps >= steps).then(|| (class, pupil.clone()))
    }

    /// A request that was overtaken does not bring back what it read.
    fn keep(&mut self, pupil: Arc<Pupil>) {
        let newer = |kept: &(Instant, Arc<Pupil>)| kept.1.steps > pupil.steps && kept.0.elapsed() < CACHE_TTL;
        if !self.pupils.get(&pupil.id).is_some_and(newer) {
            self.pupils.insert(pupil.id.clone(), (Instant::now(), pupil));
        }
        if self.pupils.len() > MOST_CACHED_PUPILS {
            self.pupils.retain(|_, (at, _)| at.elapsed() < CACHE_TTL);
        }
    }
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
    pub joins: Limiter,
}

impl ClassMode {
    pub const fn off() -> Self {
        Self(None)
    }

    pub fn on(parts: ClassroomParts) -> Self {
        let ClassroomParts { teacher, session_key, is_secure, clock, metrics, random, store, wrong_codes, joins } =
            parts;
        Self(Some(Classroom {
            cookies: ClassCookies::new(&teacher, &session_key, is_secure),
            teacher,
            clock,
            codes: CodeChecks::new(wrong_codes, metrics.clone()),
            metrics,
            random,
            store,
            joins,
            cache: Mutex::default(),
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
    let message =
        "Only the teacher can open this page. The server writes the teacher's link to its log when it starts.";
    Problem::new(StatusCode::FORBIDDEN, Code::NotTeacher, message).leading_to("/class")
}

/// Why somebody did not join.
pub(in crate::web) enum NotJoined {
    WrongCode,
    /// The code is wrong, as too many were that came from this network. `retry_after` in seconds, as below.
    TooManyWrongCodes {
        retry_after: u64,
    },
    /// Too many codes of such networks wait to be looked at.
    QueueIsFull {
        retry_after: u64,
    },
    /// As many pupils joined with this code from this network as may.
    JoinedTooOften {
        retry_after: u64,
    },
    /// The teacher has closed joining.
    Closed,
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
        self.teacher_until(request).is_some_and(|end| end > self.now())
    }

    /// When the request's cookie of the teacher stops to count.
    pub fn teacher_until(&self, request: &HttpRequest) -> Option<DateTime<Utc>> {
        self.cookies.teacher_until(request)
    }

    /// Makes the browser forget that it is the teacher's.
    pub fn forget_teacher(&self, response: &mut HttpResponse) -> Result<(), Problem> {
        response.add_cookie(&self.cookies.teacher_removal()).map_err(|error| Problem::internal(&error))
    }

    /// The teacher's cookie, for somebody who has the key.
    pub fn teacher_cookie(&self, key: &str) -> Option<Cookie<'static>> {
        self.teacher.is(key).then(|| self.cookies.of_teacher(self.now()))
    }

    /// Lets the teacher's browser keep for a moment whom they removed: the store no longer knows it, and an address
    /// has no names.
    pub fn note_removed(&self, name: &str, response: &mut HttpResponse) -> Result<(), Problem> {
        response.add_cookie(&self.cookies.of_removed(name)).map_err(|error| Problem::internal(&error))
    }

    /// The name of the pupil whom this browser removed a moment ago.
    pub fn removed(&self, request: &HttpRequest) -> Option<String> {
        self.cookies.removed(request)
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

    /// Another code for the class.
    pub fn new_code(&self) -> Result<ClassCode, Problem> {
        Ok(ClassCode::generate(&self.random)?)
    }

    pub async fn end(&self) -> Result<(), Problem> {
        self.store.end_class().await?;
        self.forget();
        Ok(())
    }

    /// The class as it was at most a second ago.
    pub async fn recent(&self) -> Result<Option<Class>, StoreError> {
        if let Some((_, class)) = self.cache().class() {
            return Ok(class.clone());
        }
        let class = self.store.class(self.now()).await?;
        self.cache().class = Some((Instant::now(), class.clone()));
        Ok(class)
    }

    /// The pupil of the request's cookie, and the class, if they are in it and this is their browser.
    pub async fn pupil_of(&self, request: &HttpRequest) -> Result<Option<(Class, Pupil)>, StoreError> {
        let Some(cookie) = self.pupil_in(request) else { return Ok(None) };
        let found = self.store.pupil(&cookie.pupil, self.now()).await?;
        Ok(found.filter(|(_, pupil)| cookie.is_of(pupil)))
    }

    /// The pupil of the request's cookie, and the class, as [`pupil_of`](Self::pupil_of) has them. Both are as they
    /// were at most a second ago, and the pupil has every change that this browser knows of.
    pub async fn recent_pupil(&self, request: &HttpRequest) -> Result<Option<(Class, Arc<Pupil>)>, StoreError> {
        let Some(cookie) = self.pupil_in(request) else { return Ok(None) };
        if let Some(known) = self.cache().pupil(&cookie.pupil, self.cookies.steps(request)) {
            return Ok(Some(known).filter(|(_, pupil)| cookie.is_of(pupil)));
        }
        let Some((class, pupil)) = self.pupil_of(request).await? else { return Ok(None) };
        let pupil = Arc::new(pupil);
        let mut cache = self.cache();
        cache.class = Some((Instant::now(), Some(class.clone())));
        cache.keep(pupil.clone());
        Ok(Some((class, pupil)))
    }

    /// After a change of the class or of its pupils.
    fn forget(&self) {
        *self.cache() = Cache::default();
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody join, and says what their browser is to keep. A whole class can join at once from one address.
    pub async fn join(&self, code: &str, name: PupilName, client: Client) -> Result<[Cookie<'static>; 2], NotJoined> {
        let class = self.checked(code, client).await?;
        if !class.joining_open {
            return Err(NotJoined::Closed);
        }
        self.count_join(&class, client).await?;
        let new = NewPupil { id: PupilId::generate(&self.random)?, name };
        match self.store.join_class(&class.code, &new, self.now()).await? {
            Joined::Joined => Ok([self.cookies.of_pupil(&class.id, &new.id, 0), self.cookies.steps_removal()]),
            Joined::WrongCode => Err(NotJoined::WrongCode),
            Joined::Closed => Err(NotJoined::Closed),
            Joined::Full => Err(NotJoined::Full),
        }
    }

    /// Lets a pupil come back with the code that the teacher gave them, and says what their browser is to keep. The one
    /// that they had before is theirs no longer: it may be a computer that others use.
    pub async fn come_back(&self, code: &ReturnCode, client: Client) -> Result<[Cookie<'static>; 2], NotJoined> {
        let (class, pupil) = self.returned(code, client).await?;
        let pupil_cookie = self.cookies.of_pupil(&class.id, &pupil.id, pupil.returns);
        let cookies = [pupil_cookie, self.cookies.of_steps(pupil.steps)];
        self.cache().keep(Arc::new(pupil));
        Ok(cookies)
    }

    /// Makes a code with which a pupil comes back; `false` if there is no such pupil.
    pub async fn let_back_in(&self, id: &PupilId) -> Result<bool, Problem> {
        let now = self.now();
        let way = WayBack { code: ReturnCode::generate(&self.random)?, until: now + ReturnCode::KEPT };
        Ok(self.store.let_back_in(id, &way, now).await?)
    }

    /// Gives a pupil another name, because the teacher wants it; `false` if there is no such pupil.
    pub async fn rename_for_teacher(&self, id: &PupilId, name: &PupilName) -> Result<bool, Problem> {
        let renamed = self.store.rename_pupil(id, name, self.now()).await?;
        self.forget();
        Ok(renamed.is_some())
    }

    /// Gives a pupil another name. A pupil who was removed meanwhile has none.
    pub async fn rename(&self, id: &PupilId, name: &PupilName, response: &mut HttpResponse) -> Result<(), Problem> {
        let renamed = self.store.rename_pupil(id, name, self.now()).await?;
        self.know(renamed, response)
    }

    /// The open class, if this is its code.
    async fn checked(&self, code: &str, client: Client) -> Result<Class, NotJoined> {
        let typed = ClassCode::parse(code);
        let look = async {
            let class = self.store.class(self.now()).await?;
            Ok(class.filter(|class| typed.is_some_and(|typed| typed == class.code)))
        };
        self.codes.check(client, self.now(), look).await
    }

    /// The pupil of a code with which they come back. Wrong ones count like wrong codes of a class.
    async fn returned(&self, code: &ReturnCode, client: Client) -> Result<(Class, Pupil), NotJoined> {
        self.codes.check(client, self.now(), self.store.come_back(code, self.now())).await
    }

    /// Counts a pupil who joins.
    async fn count_join(&self, class: &Class, client: Client) -> Result<(), NotJoined> {
        let counted = self.joins.admit(Key::joining(client.address(), class.code.as_str()), self.now()).await;
        self.metrics.rate_decided(Limit::ClassJoin, RateDecision::from(counted.as_ref()));
        match counted.map_err(|error| Problem::rates_unavailable(&error))? {
            Decision::Admitted => Ok(()),
            Decision::Refused { retry_after } => Err(NotJoined::JoinedTooOften { retry_after }),
        }
    }

    /// The cookie of a pupil that the request has. Whether the class is still open, they are in it, and this is their
    /// browser, the store knows.
    pub fn pupil_in(&self, request: &HttpRequest) -> Option<PupilCookie> {
        self.cookies.pupil(request)
    }

    /// Makes the browser forget the pupil.
    pub fn forget_pupil(&self, response: &mut HttpResponse) -> Result<(), Problem> {
        let removals = [self.cookies.pupil_removal(), self.cookies.steps_removal()];
        removals.iter().try_for_each(|it| response.add_cookie(it)).map_err(|error| Problem::internal(&error))
    }

    /// Adds what a request of a pupil did, and lets the browser know of it. A pupil who was removed meanwhile, or has
    /// come back in another browser, has nothing that could be added to.
    pub async fn add_step(&self, id: &PupilId, step: &PupilStep, response: &mut HttpResponse) -> Result<(), Problem> {
        let stepped = self.store.add_step(id, step, self.now()).await?;
        self.know(stepped, response)
    }

    /// Deletes the progress of a pupil who wants to begin again.
    pub async fn begin_again(&self, pupil: &Pupil, response: &mut HttpResponse) -> Result<(), Problem> {
        let reset = self.store.begin_again(&pupil.id, pupil.returns, self.now()).await?;
        self.know(reset, response)
    }

    /// Remembers a pupil as the store has them now, and lets the browser know that there is something new.
    fn know(&self, pupil: Option<Pupil>, response: &mut HttpResponse) -> Result<(), Problem> {
        let Some(pupil) = pupil else {
            self.forget();
            return Ok(());
        };
        let cookie = self.cookies.of_steps(pupil.steps);
        self.cache().keep(Arc::new(pupil));
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))
    }

    /// Deletes the progress of one pupil or of all, in one lesson or in everything.
    pub async fn reset(&self, pupil: Option<&PupilId>, lesson: Option<&'static str>) -> Result<(), Problem> {
        self.store.reset_progress(pupil, lesson, self.now()).await?;
        self.forget();
        Ok(())
    }

    pub async fn remove(&self, pupil: &PupilId) -> Result<(), Problem> {
        self.store.remove_pupil(pupil, self.now()).await?;
        self.forget();
        Ok(())
    }

    /// Permission to send the board live; `None` if too many are sent already.
    pub fn stream_permit(&self) -> Option<OwnedSemaphorePermit> {
        self.streams.clone().try_acquire_owned().ok()
    }
}
