//! The cookies of the teacher and of the pupils.
//!
//! A pupil's cookie is `class.pupil.returns.signature`. The returns count how often the pupil came back with a return
//! code; coming back again invalidates older cookies. The teacher's cookie is `end.signature`, where the end is when it
//! expires, in seconds since 1970. The signatures are HMAC-SHA256.
//!
//! A second cookie of a pupil counts the changes of their progress. A process that remembers an older state of it then
//! asks the store.
//!
//! A second cookie of the teacher has for a minute the name of a pupil whom they removed, so that the board can say it.
//! Its value is `removed.name.signature`, with the name in base64url.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::keys::{TeacherKey, mac_key};
use crate::lab::class::{ClassId, Pupil, PupilId};
use crate::web::http::cookie_header::only_value;

/// How long a pupil's browser keeps its cookie.
pub(in crate::web) const PUPIL_DAYS: i64 = 30;

/// How long the teacher's cookie lasts once the link was opened. The link can be opened again at any time.
const TEACHER_DAYS: i64 = 14;

/// How long the teacher's browser keeps the name of a pupil who was removed.
const REMOVED_KEPT: Duration = Duration::minutes(1);

/// The value of that cookie begins so. The teacher's cookie, which has the same key, begins with a digit.
const REMOVED: &str = "removed.";

/// What a pupil's cookie says.
pub(in crate::web) struct PupilCookie {
    pub class: ClassId,
    pub pupil: PupilId,
    returns: i64,
}

impl PupilCookie {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (class, pupil) = (ClassId::parse(parts.next()?)?, PupilId::parse(parts.next()?)?);
        Some(Self { class, pupil, returns: parts.next()?.parse().ok()? })
    }

    /// Whether the browser that has the cookie is this pupil's.
    pub fn is_of(&self, pupil: &Pupil) -> bool {
        self.pupil == pupil.id && self.returns == pupil.returns
    }
}

pub(super) struct ClassCookies {
    teacher: hmac::Key,
    pupils: hmac::Key,
    is_secure: bool,
}

impl ClassCookies {
    /// Derives a key of its own for the pupils, so that no other signed cookie can be taken for theirs.
    pub fn new(teacher: &TeacherKey, session_key: &[u8], is_secure: bool) -> Self {
        let pupils = mac_key(session_key, "hallpass pupil cookie");
        Self { teacher: teacher.cookie_key(), pupils, is_secure }
    }

    pub fn of_teacher(&self, now: DateTime<Utc>) -> Cookie<'static> {
        let end = (now + TimeDelta::days(TEACHER_DAYS)).timestamp().to_string();
        self.cookie(self.teacher_name(), signed(&self.teacher, &end), Duration::days(TEACHER_DAYS))
    }

    /// When the teacher's cookie of this request expires.
    pub fn teacher_until(&self, request: &HttpRequest) -> Option<DateTime<Utc>> {
        let value = only_value(request, self.teacher_name());
        let end = value.as_deref().and_then(|value| verified(&self.teacher, value)).and_then(|end| end.parse().ok());
        end.and_then(|end| DateTime::from_timestamp(end, 0))
    }

    pub fn teacher_removal(&self) -> Cookie<'static> {
        self.cookie(self.teacher_name(), String::new(), Duration::ZERO)
    }

    pub fn of_removed(&self, name: &str) -> Cookie<'static> {
        let text = format!("{REMOVED}{}", URL_SAFE_NO_PAD.encode(name));
        self.cookie(self.removed_name(), signed(&self.teacher, &text), REMOVED_KEPT)
    }

    pub fn removed(&self, request: &HttpRequest) -> Option<String> {
        let value = only_value(request, self.removed_name())?;
        let name = verified(&self.teacher, &value)?.strip_prefix(REMOVED)?;
        String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()
    }

    pub fn of_pupil(&self, class: &ClassId, pupil: &PupilId, returns: i64) -> Cookie<'static> {
        let value = signed(&self.pupils, &format!("{}.{}.{returns}", class.as_str(), pupil.as_str()));
        self.cookie(self.pupil_name(), value, Duration::days(PUPIL_DAYS))
    }

    pub fn pupil(&self, request: &HttpRequest) -> Option<PupilCookie> {
        let value = only_value(request, self.pupil_name())?;
        verified(&self.pupils, &value).and_then(PupilCookie::parse)
    }

    pub fn pupil_removal(&self) -> Cookie<'static> {
        self.cookie(self.pupil_name(), String::new(), Duration::ZERO)
    }

    /// How many steps of the pupil the browser knows of. It is not signed: whoever changes it only gets an older or a
    /// slower page.
    pub fn steps(&self, request: &HttpRequest) -> i64 {
        only_value(request, self.steps_name()).and_then(|steps| steps.parse().ok()).unwrap_or_default()
    }

    pub fn of_steps(&self, steps: i64) -> Cookie<'static> {
        self.cookie(self.steps_name(), steps.to_string(), Duration::days(PUPIL_DAYS))
    }

    pub fn steps_removal(&self) -> Cookie<'static> {
        self.cookie(self.steps_name(), String::new(), Duration::ZERO)
    }

    /// With the `__Host-` prefix, browsers require `Secure`, `Path=/` and no `Domain`.
    const fn teacher_name(&self) -> &'static str {
        if self.is_secure { "__Host-hallpass-teacher" } else { "hallpass-teacher" }
    }

    const fn removed_name(&self) -> &'static str {
        if self.is_secure { "__Host-hallpass-removed" } else { "hallpass-removed" }
    }

    const fn pupil_name(&self) -> &'static str {
        if self.is_secure { "__Host-hallpass-pupil" } else { "hallpass-pupil" }
    }

    const fn steps_name(&self) -> &'static str {
        if self.is_secure { "__Host-hallpass-steps" } else { "hallpass-steps" }
    }

    fn cookie(&self, name: &'static str, value: String, max_age: Duration) -> Cookie<'static> {
        Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .max_age(max_age)
            .finish()
    }
}

fn signed(key: &hmac::Key, text: &str) -> String {
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(key, text.as_bytes())))
}

/// The text before the signature, if the signature is its own. The comparison takes constant time.
fn verified<'v>(key: &hmac::Key, value: &'v str) -> Option<&'v str> {
    let (text, signature) = value.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    hmac::verify(key, text.as_bytes(), &signature).is_ok().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pupil_s_cookie_says_how_often_they_came_back() {
        for (text, returns) in [
            ("abcdefgh.abcdefghijklmnop.2", Some(2)),
            ("abcdefgh.abcdefghijklmnop", None),
            ("abcdefgh.abcdefghijklmnop.", None),
            ("abcdefgh.short.1", None),
            ("abcdefgh", None),
        ] {
            assert_eq!(PupilCookie::parse(text).map(|cookie| cookie.returns), returns, "{text}");
        }
    }

    #[test]
    fn a_value_counts_only_with_its_own_signature() {
        let [own, other] = [b"own", b"oth"].map(|key| hmac::Key::new(hmac::HMAC_SHA256, key));
        let value = signed(&own, "a.b");
        assert_eq!((verified(&own, &value), verified(&other, &value)), (Some("a.b"), None));
        let changed = value.replacen("a.b", "a.c", 1);
        assert!(["", ".", "a.b", "a.b.", changed.as_str()].iter().all(|value| verified(&own, value).is_none()));
    }
}
