//! What a verifier requires of a token: the algorithm, the keys, and the rules of a profile.
//!
//! All of it is chosen before the token is read, so that the token cannot influence it (RFC 8725 §3.1).

use super::Check;
use crate::keys::{Algorithm, Verifier};

/// What a verifier requires: one algorithm, some keys and, unless only the signature is checked, the rules of a
/// profile.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    pub algorithm: Algorithm,
    pub keys: Candidates<'a>,
    pub rules: Option<&'a Rules>,
}

impl Expected<'_> {
    pub(super) const fn checks(&self) -> &'static [Check] {
        if self.rules.is_some() { Check::ALL } else { Check::WITHOUT_PROFILE }
    }
}

/// The keys that a signature may have been made with.
#[derive(Clone, Copy)]
pub enum Candidates<'a> {
    /// `kid` selects one of these keys. Without `kid`, the first is tried first, because it is the one that signs.
    Ring(&'a [Verifier]),
    /// Only this key, whatever `kid` says.
    Alone(&'a Verifier),
    /// Only this key of a given set, which `kid` names.
    Picked(&'a Verifier),
    /// All keys of a given set, because `kid` names none of them.
    Unchosen(&'a [Verifier]),
}

impl<'a> Candidates<'a> {
    pub(super) const fn all(self) -> &'a [Verifier] {
        match self {
            Self::Ring(keys) | Self::Unchosen(keys) => keys,
            Self::Alone(key) | Self::Picked(key) => std::slice::from_ref(key),
        }
    }
}

/// What a profile requires in addition to a valid signature. Other claims are ignored.
pub struct Rules {
    pub profile: &'static str,
    pub typ: Typ,
    pub required: &'static [Claim],
    /// The only accepted `iss`; `None` if the profile has none.
    pub issuer: Option<String>,
    pub audience: AudienceRule,
}

/// What `aud` must say (RFC 7519 §4.1.3).
pub enum AudienceRule {
    /// The profile has no audience, so a token with `aud` is refused.
    Nobody,
    /// `aud` must name this audience.
    Required(String),
    /// `aud` must name one of these.
    AnyOf(Vec<String>),
    /// Any `aud` will do, because the verifier does not act for one audience.
    Anybody,
    /// `aud` may be missing; if present, it must name one of these.
    WhenThere(Vec<String>),
}

/// The `typ` that a profile's tokens carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Typ {
    /// `JWT` in any case, or absent.
    Jwt,
    /// Exactly this media type, in any case, and never absent. It may have the `application/` in front that the header
    /// leaves out as a rule (RFC 7515 §4.1.9, RFC 9068 §4).
    Only(&'static str),
}

impl Typ {
    /// The rule of a profile whose tokens have this `typ`. Only `JWT` may be left out.
    pub fn of(typ: &'static str) -> Self {
        if typ == "JWT" { Self::Jwt } else { Self::Only(typ) }
    }

    pub(super) fn admits(self, typ: Option<&str>) -> bool {
        match (self, typ) {
            (Self::Jwt, None) => true,
            (Self::Jwt, Some(found)) => found.eq_ignore_ascii_case("JWT"),
            (Self::Only(wanted), found) => found.is_some_and(|found| is_media_type(found, wanted)),
        }
    }

    pub(super) const fn wanted(self) -> &'static str {
        match self {
            Self::Jwt => "JWT, or none",
            Self::Only(wanted) => wanted,
        }
    }
}

/// Whether a `typ` names the media type `application/WANTED`.
fn is_media_type(typ: &str, wanted: &str) -> bool {
    const APPLICATION: &str = "application/";
    let (start, rest) = typ.split_at_checked(APPLICATION.len()).unwrap_or_default();
    typ.eq_ignore_ascii_case(wanted) || (start.eq_ignore_ascii_case(APPLICATION) && rest.eq_ignore_ascii_case(wanted))
}

/// A claim that a profile requires.
pub struct Claim {
    pub name: &'static str,
    pub kind: Kind,
}

/// The JSON type of a required claim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Date,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9068 §4: the resource server takes `at+jwt` and `application/at+jwt`.
    #[test]
    fn a_media_type_may_be_written_whole() {
        let rule = Typ::of("at+jwt");
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
            assert!(rule.admits(Some(typ)), "{typ}");
        }
        for typ in ["JWT", "application/jwt", "application/", "text/at+jwt", "application/application/at+jwt", "é"] {
            assert!(!rule.admits(Some(typ)), "{typ}");
        }
        assert!(!rule.admits(None) && !Typ::of("JWT").admits(Some("application/jwt")));
    }
}
