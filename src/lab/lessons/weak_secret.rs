//! Guessing a weak secret: a token is all that is needed to test a guess, so no server notices the guessing.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::code::Code;
use crate::keys::{Algorithm, GivenKey, KeyFault, SigningError};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Subject};
use crate::token::{self, Audience, Candidates, Expected, Header, LARGEST_TOKEN, Rules, Token, Typ, Verdict, segments};

/// The subject of the victim's token. A forged token has to name another.
pub const SUBJECT: &str = "student";

/// The most characters that a secret or the name of a case has here.
pub const LONGEST: usize = 64;

/// What messages call the victim's key.
const SOURCE: &str = "the victim's secret.txt";

/// Secrets that people choose, one on each line, the most common first.
static LIST: &str = include_str!("common-secrets.txt");

/// What the victim's server checks beside the signature.
static RULES: Rules =
    Rules { profile: "weak secret", typ: Typ::Jwt, required: demo::REQUIRED, issuer: None, audience: Audience::Nobody };

pub fn words() -> impl Iterator<Item = &'static str> {
    LIST.lines()
}

/// The secret that this case's victim chose: a word after the first third of the list, so that guessing takes some
/// time.
pub fn secret_of(case: &str) -> &'static str {
    let count = words().count();
    let skipped = count / 3;
    let hash = digest(&SHA256, case.as_bytes());
    let picked = hash.as_ref().iter().take(4).fold(0, |number, byte| number * 256 + usize::from(*byte));
    words().nth(skipped + picked % (count - skipped)).unwrap_or("secret")
}

/// The result of trying the list on one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    pub word: Option<&'static str>,
    /// How many words were tried, the one that fits included.
    pub tried: usize,
}

/// Tries every word on a token. `None` for a text that is not a token with an HMAC signature.
pub fn guess(token: &str) -> Option<Guess> {
    let [header, payload, signature] = segments(token).filter(|_| token.len() <= LARGEST_TOKEN)?;
    let tag = URL_SAFE_NO_PAD.decode(signature).ok().filter(|tag| tag.len() == 32)?;
    let signed = &token[..header.len() + 1 + payload.len()];
    let fits = |word: &str| hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, word.as_bytes()), signed.as_bytes(), &tag);
    let found = words().position(|word| fits(word).is_ok());
    Some(match found {
        Some(place) => Guess { word: words().nth(place), tried: place + 1 },
        None => Guess { word: None, tried: words().count() },
    })
}

/// How many digits the number of years has that trying all 256-bit secrets takes, at this rate per second.
pub fn digits_of_years(tries_a_second: f64) -> u32 {
    const SECONDS_A_YEAR: f64 = 31_557_600.0;
    let digits = 256.0 * 2_f64.log10() - tries_a_second.max(1.0).log10() - SECONDS_A_YEAR.log10();
    (0..=77).rev().find(|whole| f64::from(*whole) <= digits).unwrap_or_default() + 1
}

/// Why a typed secret signs nothing.
#[derive(Debug, Error)]
pub enum Unsigned {
    #[error(transparent)]
    Secret(#[from] KeyFault),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// A token that is signed with this secret and lives for an hour.
pub fn sign(secret: &str, subject: &Subject, now: DateTime<Utc>) -> Result<Token, Unsigned> {
    let claims = demo::claims(subject, Lifetime::HOUR, now);
    let signer = GivenKey::parse(secret.as_bytes(), SOURCE)?.signer(Some(Algorithm::Hs256))?;
    Ok(token::issue(&claims, &Header::of_type("JWT"), &signer)?)
}

/// The victim's server: it expects HS256 and its own weak secret, and is right in everything else.
pub fn verify(case: &str, token: &str, now: DateTime<Utc>) -> Result<Verdict, KeyFault> {
    let key = GivenKey::parse(secret_of(case).as_bytes(), SOURCE)?.verifier(Some(Algorithm::Hs256))?;
    let expected = Expected { algorithm: Algorithm::Hs256, keys: Candidates::Alone(&key), rules: Some(&RULES) };
    Ok(token::verify(token, expected, now))
}

/// How far an attempt at a forgery got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The victim's server accepts it for this subject.
    Forged(String),
    /// Accepted, but the subject is still that of the first token.
    SameSubject,
    /// Signed with something that is nearly the secret.
    OtherCase,
    StrayBlank,
    /// Signed with another word of the list.
    OtherWord,
    /// Signed with the right secret, and expired.
    Expired,
    Refused,
}

impl Attempt {
    /// Judges the verdict of the victim's server. `secret` is what was typed, if the page signed the token.
    pub fn of(case: &str, secret: Option<&str>, verdict: &Verdict) -> Self {
        let right = secret_of(case);
        match (verdict.claims(), secret) {
            (Some(claims), _) => match claims.subject() {
                Some(subject) if subject != SUBJECT => Self::Forged(subject.to_owned()),
                _ => Self::SameSubject,
            },
            (None, _) if verdict.code() == Code::Expired => Self::Expired,
            (None, Some(typed)) if typed.trim() == right => Self::StrayBlank,
            (None, Some(typed)) if typed.trim().eq_ignore_ascii_case(right) => Self::OtherCase,
            (None, Some(typed)) if words().any(|word| word == typed) => Self::OtherWord,
            (None, _) => Self::Refused,
        }
    }

    pub const fn is_solved(&self) -> bool {
        matches!(self, Self::Forged(_))
    }

    pub fn says(&self) -> String {
        match self {
            Self::Forged(subject) => {
                format!("Solved. The victim's server believes that you are {subject}, and no check of it can tell.")
            }
            Self::SameSubject => format!(
                "Nearly: the secret is right and the token accepted. But it still says `{SUBJECT}`, as the first one did. \
                 Choose another `sub`."
            ),
            Self::OtherCase => "Nearly: that is the word, in another case. To HMAC it is another secret.".to_owned(),
            Self::StrayBlank => {
                "Nearly: that is the word, and a blank beside it. The blank is part of what signs.".to_owned()
            }
            Self::OtherWord => "That word is on the list too, but another one signed this token.".to_owned(),
            Self::Expired => "Nearly: the secret is right, but the token has ended. Give it an `exp` ahead.".to_owned(),
            Self::Refused => "The victim's server refuses it. The trace below says at which check.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn attempt(secret: &str, subject: &str) -> Attempt {
        let token = sign(secret, &Subject::parse(subject).unwrap(), now()).unwrap();
        Attempt::of("case", Some(secret), &verify("case", token.as_str(), now()).unwrap())
    }

    #[test]
    fn every_word_of_the_list_is_a_secret_of_its_own_that_signs() {
        let all: HashSet<&str> = words().collect();
        assert_eq!(all.len(), words().count());
        assert!(all.len() >= 200);
        for word in words() {
            assert_eq!(word.trim(), word);
            let token = sign(word, &Subject::default(), now()).unwrap();
            assert_eq!(guess(token.as_str()).unwrap().word, Some(word));
        }
    }

    #[test]
    fn cases_have_different_secrets_and_each_keeps_its_own() {
        let secrets: HashSet<&str> = (0..40).map(|number| secret_of(&format!("case {number}"))).collect();
        assert!(secrets.len() > 20, "{}", secrets.len());
        assert_eq!(secret_of("case"), secret_of("case"));
    }

    #[test]
    fn a_generated_secret_is_not_guessed_and_what_is_no_token_is_not_tried() {
        let token = sign("cL4mZ0yqvU0Yp9h5m8b8yq0Jv3mN7rQk1tXwZs2dFgA", &Subject::default(), now()).unwrap();
        assert_eq!(guess(token.as_str()), Some(Guess { word: None, tried: words().count() }));
        for text in ["", "a.b", "a.b.c", "a.b.c.d", "\u{e9}.\u{e9}.\u{e9}"] {
            assert_eq!(guess(text), None, "{text}");
        }
    }

    #[test]
    fn each_near_miss_is_told_apart() {
        let right = secret_of("case");
        assert_eq!(attempt(right, "teacher"), Attempt::Forged("teacher".to_owned()));
        assert_eq!(attempt(right, SUBJECT), Attempt::SameSubject);
        assert_eq!(attempt(&format!("{right} "), "teacher"), Attempt::StrayBlank);
        let other_case = if right == right.to_uppercase() { right.to_lowercase() } else { right.to_uppercase() };
        assert_eq!(attempt(&other_case, "teacher"), Attempt::OtherCase);
        let other = words().find(|word| !word.eq_ignore_ascii_case(right)).unwrap();
        assert_eq!(attempt(other, "teacher"), Attempt::OtherWord);
        assert_eq!(attempt("something else", "teacher"), Attempt::Refused);
    }

    #[test]
    fn the_years_are_many_at_any_rate() {
        assert_eq!(digits_of_years(1e6), 64);
        assert_eq!(digits_of_years(1e12), 58);
        assert_eq!(digits_of_years(0.0), 70);
    }
}
