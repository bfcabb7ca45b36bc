//! The checks of the claims, which come after the signature: times, issuer, audience and what the profile requires.

use serde_json::Value;

use super::Verification;
use crate::code::Code;
use crate::token::expected::{AudienceRule, Claim, Kind, Rules};
use crate::token::refusal::{another_audience, bad_claim, in_milliseconds, shown, wrong_type};
use crate::token::{Check, Claims, Finding, NumericDate, Reason, duration_in_words};

impl Verification<'_> {
    /// Times first, then what the profile requires.
    pub(super) fn claims(&mut self, claims: &Claims) -> Result<(), Reason> {
        self.issued_at(claims)?;
        self.not_before(claims)?;
        self.expiry(claims)?;
        let Some(rules) = self.expected.rules else { return Ok(()) };
        self.issuer(claims, rules)?;
        self.audience(claims, rules)?;
        self.profile(claims, rules)
    }

    fn issued_at(&mut self, claims: &Claims) -> Result<(), Reason> {
        let finding = match self.date(Check::IssuedAt, claims, "iat")? {
            Some(iat) if iat > self.now => return Err(self.not_yet(Check::IssuedAt, "was issued", iat)),
            Some(iat) => Finding::IssuedAgo { seconds: self.now.since(iat) },
            None => Finding::Absent("iat"),
        };
        self.passed(Check::IssuedAt, finding);
        Ok(())
    }

    fn not_before(&mut self, claims: &Claims) -> Result<(), Reason> {
        let finding = match self.date(Check::NotBefore, claims, "nbf")? {
            Some(nbf) if nbf > self.now => return Err(self.not_yet(Check::NotBefore, "becomes valid", nbf)),
            Some(nbf) => Finding::ValidSince { seconds: self.now.since(nbf) },
            None => Finding::Absent("nbf"),
        };
        self.passed(Check::NotBefore, finding);
        Ok(())
    }

    fn expiry(&mut self, claims: &Claims) -> Result<(), Reason> {
        let finding = match self.date(Check::Expiry, claims, "exp")? {
            Some(exp) if exp.looks_like_milliseconds() => return Err(in_milliseconds(exp)),
            Some(exp) if exp <= self.now => return Err(self.expired(exp)),
            Some(exp) => Finding::ExpiresAt { exp, seconds_left: exp.since(self.now) },
            None => Finding::NeverExpires,
        };
        self.passed(Check::Expiry, finding);
        Ok(())
    }

    fn date(&self, check: Check, claims: &Claims, name: &str) -> Result<Option<NumericDate>, Reason> {
        const SECONDS: &str = "a number of seconds since 1970";
        let Some(value) = claims.get(name) else {
            let required = self.expected.rules.is_some_and(|rules| rules.required.iter().any(|it| it.name == name));
            return if required { Err(bad_claim(check, name, SECONDS, None)) } else { Ok(None) };
        };
        match NumericDate::from_claim(value) {
            Some(date) => Ok(Some(date)),
            None => Err(bad_claim(check, name, SECONDS, shown(Some(value)).as_deref())),
        }
    }

    fn not_yet(&self, check: Check, verb: &str, date: NumericDate) -> Reason {
        let ahead = duration_in_words(date.since(self.now).ceil());
        let message = if date.looks_like_milliseconds() {
            format!("the token says that it {verb} in the far future; the date looks like milliseconds")
        } else {
            format!("the token says that it {verb} {ahead} from now")
        };
        Reason {
            code: Code::NotYetValid,
            message,
            expected: format!("at most {}", self.now),
            found: date.to_string(),
            rfc: check.rfc(),
        }
    }

    fn expired(&self, exp: NumericDate) -> Reason {
        let ago = self.now.since(exp);
        let when = if ago < 1.0 { "just now".to_owned() } else { duration_in_words(ago) + " ago" };
        Reason {
            code: Code::Expired,
            message: format!("the token expired {when}"),
            expected: format!("later than {}", self.now),
            found: exp.to_string(),
            rfc: Check::Expiry.rfc(),
        }
    }

    fn issuer(&mut self, claims: &Claims, rules: &Rules) -> Result<(), Reason> {
        let finding = match (&rules.issuer, claims.get("iss")) {
            (None, Some(_)) => Finding::NotChecked("iss"),
            (None, None) => Finding::Absent("iss"),
            (Some(wanted), Some(Value::String(found))) if wanted == found => Finding::Matches(wanted.clone()),
            (Some(wanted), found) => return Err(bad_claim(Check::Issuer, "iss", wanted, shown(found).as_deref())),
        };
        self.passed(Check::Issuer, finding);
        Ok(())
    }

    fn audience(&mut self, claims: &Claims, rules: &Rules) -> Result<(), Reason> {
        let wanted = match &rules.audience {
            AudienceRule::Nobody | AudienceRule::Anybody => &[],
            AudienceRule::Required(one) => std::slice::from_ref(one),
            AudienceRule::AnyOf(several) | AudienceRule::WhenThere(several) => several.as_slice(),
        };
        let aud = claims.get("aud");
        let named = wanted.iter().find(|wanted| aud.is_some_and(|aud| names(aud, wanted)));
        let finding = match (&rules.audience, aud, named) {
            (_, _, Some(named)) => Finding::Matches(named.clone()),
            (AudienceRule::Anybody, ..) => Finding::NotCompared,
            (AudienceRule::Nobody | AudienceRule::WhenThere(_), None, _) => Finding::Absent("aud"),
            (AudienceRule::Nobody, Some(found), _) => return Err(another_audience(found)),
            _ => return Err(bad_claim(Check::Audience, "aud", &wanted.join(" or "), shown(aud).as_deref())),
        };
        self.passed(Check::Audience, finding);
        Ok(())
    }

    fn profile(&mut self, claims: &Claims, rules: &Rules) -> Result<(), Reason> {
        let typ = self.member("typ").and_then(Value::as_str);
        if !rules.typ.admits(typ) {
            return Err(wrong_type(rules, typ));
        }
        for Claim { name, kind } in rules.required {
            match kind {
                Kind::Text if claims.get(name).is_some_and(Value::is_string) => {}
                Kind::Text => {
                    return Err(bad_claim(Check::Profile, name, "a string", shown(claims.get(name)).as_deref()));
                }
                Kind::Date => drop(self.date(Check::Profile, claims, name)?),
            }
        }
        // RFC 7519 §4.1.2 and §4.1.7: both are strings.
        for name in ["sub", "jti"] {
            if let Some(other) = claims.get(name).filter(|value| !value.is_string()) {
                return Err(bad_claim(Check::Profile, name, "a string", shown(Some(other)).as_deref()));
            }
        }
        self.passed(Check::Profile, Finding::OfProfile(rules.profile));
        Ok(())
    }
}

/// Whether an `aud` names `wanted`: alone, or among others (RFC 7519 §4.1.3).
fn names(aud: &Value, wanted: &str) -> bool {
    match aud {
        Value::Array(several) => {
            several.iter().all(Value::is_string) && several.iter().any(|one| one.as_str() == Some(wanted))
        }
        one => one.as_str() == Some(wanted),
    }
}
