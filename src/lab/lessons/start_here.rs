//! Start here: a token that the visitor got on the demo, and one question about it.

use super::hints::Open;
use super::press::PressResult;
use super::remark::clip;
use crate::code::Code;
use crate::token::{Claims, NumericDate, duration_in_words};

/// What the visitor's session holds.
pub enum Found {
    Nothing,
    /// A lesson or an attack put it there.
    OfTheLab,
    /// The demo refuses it for another reason than its age.
    Refused(Code),
    Token(HeldToken),
}

/// A token that the demo signed.
pub struct HeldToken {
    pub claims: Claims,
    /// Negative once it has expired.
    pub seconds_left: f64,
}

impl Found {
    pub const fn token(&self) -> Option<&HeldToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::Nothing | Self::OfTheLab | Self::Refused(_) => None,
        }
    }

    /// The part that is open.
    pub const fn open(&self) -> Open {
        Open::Part(if self.token().is_some() { "read" } else { "get" })
    }

    /// What is missing, if the session holds no token of the demo.
    fn missing(&self) -> Option<String> {
        match self {
            Self::Token(_) => None,
            Self::Nothing => Some(
                "0 of 2 parts done. Your session holds no token. Press *Open the demo*, press *Get token* there, and \
                 come back to this page."
                    .to_owned(),
            ),
            Self::OfTheLab => Some(
                "0 of 2 parts done. Another page of the lab put the token into your session. Press *Open the demo* \
                 and then *Get token*, so that it is one of your own."
                    .to_owned(),
            ),
            Self::Refused(code) => Some(format!(
                "0 of 2 parts done. The server refuses the token in your session: `{code}`. Press *Open the demo* \
                 and then *Get token* for a new one."
            )),
        }
    }

    /// The verdict after a look into the session.
    pub fn look(&self) -> PressResult {
        match (self.missing(), self.token()) {
            (None, Some(token)) if token.has_expired() => PressResult::Step(format!(
                "1 of 2 parts done: you got a token, and the cookie of your browser led this page to it. The session still \
                 holds the token about `{}`, but {}. The demo refuses it now, and shows none of its claims. One part is \
                 left. Press *Open the demo* and then *Get token* for a new one, or decode this one on the bench.",
                clip(token.subject()),
                token.life()
            )),
            (None, Some(token)) => PressResult::Step(format!(
                "1 of 2 parts done: you got a token, and the cookie of your browser led this page to it. The session holds \
                 a token about `{}`. One part is left: say when the token expires.",
                clip(token.subject())
            )),
            (missing, _) => PressResult::Missing(missing.unwrap_or_default()),
        }
    }

    /// The verdict on what was typed as the value of `exp`.
    pub fn check(&self, typed: &str) -> PressResult {
        match (self.missing(), self.token()) {
            (None, Some(token)) => token.check(typed),
            (missing, _) => PressResult::Missing(missing.unwrap_or_default()),
        }
    }
}

impl HeldToken {
    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }

    pub fn has_expired(&self) -> bool {
        self.seconds_left <= 0.0
    }

    /// How long it still works, or since when it does not.
    pub fn life(&self) -> String {
        if self.seconds_left > 0.0 {
            format!("it expires in {}", duration_in_words(self.seconds_left))
        } else {
            format!("it expired {} ago", duration_in_words(-self.seconds_left))
        }
    }

    fn check(&self, typed: &str) -> PressResult {
        let without_groups: String = typed.split([' ', '\u{a0}', '\u{202f}', ',', '_', '\'', '"']).collect();
        let is_grouped = without_groups.bytes().all(|byte| byte.is_ascii_digit());
        let typed = if is_grouped { without_groups.as_str() } else { typed.trim() };
        let expiry = self.text_of("exp");
        if typed == expiry {
            return PressResult::Solved(format!(
                "2 of 2 parts done. The token in your session is about `{}`, and {}. You got it on another page, and \
                 the cookie led this page to it.",
                clip(self.subject()),
                self.life()
            ));
        }
        let says = format!("1 of 2 parts done. {}", self.hint(typed, &expiry));
        if typed.is_empty() { PressResult::Missing(says) } else { PressResult::Wrong(says) }
    }

    fn hint(&self, typed: &str, expiry: &str) -> String {
        let is_number = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
        if typed.is_empty() {
            "The field is empty. Type the number of `exp`.".to_owned()
        } else if typed.contains(expiry) {
            "The number is in that text. Type only the number.".to_owned()
        } else if typed == self.text_of("iat") {
            "That is `iat`: when the token was issued. The claim that you need is another one.".to_owned()
        } else if typed == self.subject() {
            "That is `sub`: who the token is about. The claim that you need is a number.".to_owned()
        } else if typed.matches(':').count() == 2 {
            "That is a time of day. The payload of the token has it as a number of seconds.".to_owned()
        } else if typed.matches('.').count() == 2 {
            "That looks like a whole token. The demo also shows the payload of it, decoded.".to_owned()
        } else if is_number && typed.len() == expiry.len() {
            "That is not the `exp` of the token in your session. If you pressed *Get token* again, only the newest \
             token counts."
                .to_owned()
        } else if is_number {
            format!("`{}` is not a current time. `exp` counts seconds since 1970 and has ten digits.", clip(typed))
        } else {
            format!("`{}` is not the value of `exp`. It is a number, without a unit.", clip(typed))
        }
    }

    fn text_of(&self, claim: &str) -> String {
        self.claims.get(claim).map(ToString::to_string).unwrap_or_default()
    }
}

/// How many seconds a token with these claims still works. Without `exp` it is over.
pub fn seconds_left(claims: &Claims, now: NumericDate) -> f64 {
    claims.get("exp").and_then(NumericDate::from_claim).map_or(0.0, |exp| exp.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(seconds_left: f64) -> Found {
        let claims = Claims::new().with("sub", "bob").with("iat", 1_800_000_000).with("exp", 1_800_000_060);
        Found::Token(HeldToken { claims, seconds_left })
    }

    #[test]
    fn the_value_of_exp_solves_it_also_after_the_token_has_expired() {
        for typed in ["1800000060", " 1800000060\n", "\"1800000060\"", "1800000060,"] {
            assert!(found(42.0).check(typed).is_solved(), "{typed}");
        }
        let late = found(-5.0).check("1800000060");
        assert!(late.is_solved() && late.says().contains("it expired 5 s ago"), "{late:?}");
    }

    #[test]
    fn every_near_miss_gets_its_own_hint_and_none_tells_the_number() {
        for (typed, named) in [
            ("", "The field is empty"),
            ("   ", "The field is empty"),
            ("exp: 1800000060", "Type only the number"),
            ("1800000000", "That is `iat`"),
            ("bob", "That is `sub`"),
            ("aaa.bbb.ccc", "a whole token"),
            ("08:01:00 UTC", "a time of day"),
            ("1800000061", "only the newest token"),
            ("60", "ten digits"),
            ("59 seconds", "without a unit"),
            ("<script>`*", "`<script>''` is not the value"),
        ] {
            let press = found(42.0).check(typed);
            assert!(press.is_wrong() && press.says().contains(named), "{typed}: {press:?}");
            assert!(press.says().starts_with("1 of 2 parts done"), "{press:?}");
            assert!(!press.says().contains("1800000060"), "{typed}: {press:?}");
        }
    }

    #[test]
    fn a_session_without_a_token_of_the_demo_solves_nothing() {
        for (found, named) in [
            (Found::Nothing, "holds no token"),
            (Found::OfTheLab, "Another page of the lab"),
            (Found::Refused(Code::BadSignature), "`bad_signature`"),
        ] {
            for press in [found.look(), found.check("1800000060")] {
                assert!(press.is_wrong() && press.says().contains(named), "{press:?}");
            }
        }
        for (seconds_left, named) in
            [(42.0, "One part is left: say when the token expires"), (-1.0, "it expired 1 s ago")]
        {
            let is_said = |says: &str| says.contains("about `bob`") && says.contains(named);
            assert!(matches!(found(seconds_left).look(), PressResult::Step(says) if is_said(&says)), "{named}");
        }
    }
}
