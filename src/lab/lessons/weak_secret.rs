//! Guessing a weak secret: a token is all that is needed to test a guess, so no server notices the guessing.

mod signature;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::forged_token::{signed_otherwise, unreadable_to_strict};
use super::press::PressResult;
use super::remark::{WANTED, clip, who_else};
use crate::code::Code;
use crate::keys::{Algorithm, GivenKey, KeyFault, SigningError};
use crate::lab::common_secrets::words;
use crate::lab::forge::mac;
use crate::lab::naive::LaxToken;
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Subject};
use crate::token::{
    self, AudienceRule, Candidates, Expected, Header, LARGEST_TOKEN, Rules, Token, Typ, Verdict, segments,
};
use signature::{SentSignature, in_other_case, with_blanks};

/// The subject of the victim's token.
pub const SUBJECT: &str = "bob";

/// The most characters that a secret or the name of a case has here.
pub const LONGEST: usize = 64;

/// What messages call the portal's key.
const SOURCE: &str = "the portal's secret";

/// What the victim's server checks beside the signature.
static RULES: Rules = Rules {
    profile: "grade portal",
    typ: Typ::Jwt,
    required: demo::REQUIRED,
    issuer: None,
    audience: AudienceRule::Nobody,
};

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

/// Trying all 256-bit secrets takes at least ten to the power of this in years, at this rate per second.
pub fn power_of_years(tries_a_second: f64) -> u32 {
    const SECONDS_A_YEAR: f64 = 31_557_600.0;
    let digits = 256.0 * 2_f64.log10() - tries_a_second.max(1.0).log10() - SECONDS_A_YEAR.log10();
    (0..=77).rev().find(|whole| f64::from(*whole) <= digits).unwrap_or_default()
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

/// A token that was sent to the victim's server.
pub struct Attempt<'a> {
    /// Names the victim, whose secret follows from it.
    pub case: &'a str,
    /// The token that the victim got.
    pub victim: &'a str,
    pub token: &'a str,
    /// What was typed as the secret, if the page signed the token.
    pub typed: Option<&'a str>,
}

/// How far an attempt at a forgery got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The victim's server accepts it for the subject that a forger wants.
    Forged,
    /// Accepted, but it is the token that the victim got.
    VictimsToken,
    /// Accepted, for this subject.
    OtherSubject(String),
    /// The text cannot be read as a token, for this reason.
    Unreadable(String),
    /// The right secret signed another text.
    SignedOtherwise(String),
    /// The payload is new, and the signature is that of the victim's token.
    OldSignature,
    /// Signed with the right secret under another algorithm.
    OtherAlgorithm(String),
    /// Signed with something that is nearly the secret.
    OtherCase,
    StrayBlank,
    /// Signed with the secret in another form, such as decoded from base64. The text says in which.
    OtherForm(&'static str),
    /// Signed with this other word of the list.
    OtherWord(&'static str),
    /// There is no signature.
    Unsigned,
    /// The signature is right, but it is not written in base64url without `=`.
    WrittenOtherwise,
    /// Signed with the right secret, and the header is refused for this reason.
    WrongHeader(String),
    /// Signed with the right secret, and expired.
    Expired,
    /// Signed with the right secret, and refused for this reason.
    WrongClaims(String),
    /// Signed with something else.
    Refused,
}

impl Attempt<'_> {
    /// Judges the verdict of the victim's server.
    pub fn judge(&self, verdict: &Verdict) -> Reached {
        if let Some(claims) = verdict.claims() {
            return match claims.subject() {
                _ if self.typed.is_none() && self.token == self.victim => Reached::VictimsToken,
                Some(WANTED) => Reached::Forged,
                subject => Reached::OtherSubject(subject.unwrap_or_default().to_owned()),
            };
        }
        match verdict.code() {
            Code::Expired => Reached::Expired,
            _ if verdict.is_signed() => match unreadable_to_strict(self.token) {
                Some(why) => Reached::Unreadable(format!("Close: the secret is right. {why}")),
                None => Reached::WrongClaims(verdict.message().to_owned()),
            },
            _ => self.near_miss(verdict),
        }
    }

    /// What an unfit signature was made with.
    fn near_miss(&self, verdict: &Verdict) -> Reached {
        if let Some(why) = unreadable_to_strict(self.token) {
            return Reached::Unreadable(why);
        }
        let Some(signed) = SentSignature::of(self.token) else { return Reached::Refused };
        let right = secret_of(self.case);
        if signed.text.is_empty() {
            return Reached::Unsigned;
        }
        self.nearly(right, &signed)
            .or_else(|| signed.is_in_another_encoding(right).then_some(Reached::WrittenOtherwise))
            .or_else(|| signed.form_of(right).map(Reached::OtherForm))
            .or_else(|| self.old_signature(&signed))
            .or_else(|| {
                let hint = signed_otherwise(self.token, |text| mac(hmac::HMAC_SHA256, right.as_bytes(), text))?;
                Some(Reached::SignedOtherwise(hint))
            })
            .unwrap_or_else(|| self.with_other_key(right, &signed, verdict))
    }

    /// Whether the secret differs in its case or by a blank alone.
    fn nearly(&self, right: &str, signed: &SentSignature<'_>) -> Option<Reached> {
        let is_near =
            |candidates: &[String]| candidates.iter().any(|key| signed.fits(Algorithm::Hs256, key.as_bytes()));
        let typed = self.typed.map(str::trim);
        if is_near(&with_blanks(right)) || (typed == Some(right) && self.typed != typed) {
            return Some(Reached::StrayBlank);
        }
        let is_other_case = typed.is_some_and(|typed| typed != right && typed.eq_ignore_ascii_case(right));
        (is_other_case || is_near(&in_other_case(right))).then_some(Reached::OtherCase)
    }

    fn old_signature(&self, signed: &SentSignature<'_>) -> Option<Reached> {
        let [.., old] = segments(self.victim)?;
        (signed.text == old).then_some(Reached::OldSignature)
    }

    /// The signature is over this very text. So either the algorithm or the header is wrong, or the key.
    fn with_other_key(&self, right: &str, signed: &SentSignature<'_>, verdict: &Verdict) -> Reached {
        let longer = [Algorithm::Hs384, Algorithm::Hs512].into_iter();
        if let Some(algorithm) = longer.into_iter().find(|algorithm| signed.fits(*algorithm, right.as_bytes())) {
            return Reached::OtherAlgorithm(algorithm.to_string());
        }
        match words().find(|word| signed.fits(Algorithm::Hs256, word.as_bytes())) {
            Some(word) if word == right && verdict.code() == Code::AlgNotAllowed => {
                Reached::OtherAlgorithm(algorithm_in(self.token))
            }
            Some(word) if word == right => Reached::WrongHeader(verdict.message().to_owned()),
            Some(word) => Reached::OtherWord(word),
            None => Reached::Refused,
        }
    }
}

/// What the header of a token says in `alg`.
fn algorithm_in(token: &str) -> String {
    let alg = LaxToken::read_anything(token).header.get("alg").map(ToString::to_string);
    clip(&alg.unwrap_or_else(|| "nothing".to_owned()))
}

impl Reached {
    /// The part that the hints are about.
    pub const fn part(&self) -> &'static str {
        match self {
            Self::Forged | Self::VictimsToken | Self::OtherSubject(_) => "subject",
            Self::Unreadable(_)
            | Self::SignedOtherwise(_)
            | Self::OldSignature
            | Self::Unsigned
            | Self::WrittenOtherwise => "text",
            Self::OtherAlgorithm(_) | Self::Expired | Self::WrongClaims(_) | Self::WrongHeader(_) => "rules",
            Self::OtherCase | Self::StrayBlank | Self::OtherForm(_) | Self::OtherWord(_) | Self::Refused => "secret",
        }
    }

    pub fn press(&self) -> PressResult {
        let near = |says: &str| PressResult::Wrong(says.to_owned());
        match self {
            Self::Forged => PressResult::Solved(
                "2 of 2 parts done. Mallory is Admin now: she can change 3 grades. The portal cannot tell your token from one of its own."
                    .to_owned(),
            ),
            Self::VictimsToken => near("This is Bob's own token. Write a new one, with another `sub`."),
            Self::OtherSubject(subject) => PressResult::Wrong(format!(
                "Close: the secret is right, and the portal accepts the token, for `{}`. {}",
                clip(subject),
                who_else(&subject.as_str().into(), "Who may change grades?")
            )),
            Self::Unreadable(why) | Self::SignedOtherwise(why) => near(why),
            Self::OldSignature => near(
                "The text is new, but the signature is still that of Bob's token. Compute a new one with the secret.",
            ),
            Self::OtherAlgorithm(algorithm) => PressResult::Wrong(format!(
                "Close: the secret is right, but the algorithm is not. This token says {algorithm}, and the portal \
                 expects HS256."
            )),
            Self::OtherCase => near("Close: that is the word, but in another case. For HMAC it is another secret."),
            Self::StrayBlank => near(
                "Close: that is the word, with a space or a line break beside it. Those bytes are part of the secret too.",
            ),
            Self::OtherForm(form) => PressResult::Wrong(format!(
                "Close: that is the word, but it signed {form}. The portal uses the bytes of the word as they are."
            )),
            Self::Unsigned => near("Your token has no signature after its second dot. Compute one with the secret."),
            Self::WrittenOtherwise => near(
                "Close: the secret and the HMAC are right, but a JWT has its signature in base64url without `=`. Yours is \
                 written in another way.",
            ),
            Self::WrongHeader(why) => {
                PressResult::Wrong(format!("Close: the secret is right. But the portal refuses the header: {why}."))
            }
            Self::OtherWord(word) => PressResult::Wrong(format!(
                "The secret `{word}` signed this token. That word is in the list, but another one signed Bob's token."
            )),
            Self::Expired => {
                near("Close: the secret is right, but your token has expired. Write an `exp` in the future.")
            }
            Self::WrongClaims(why) => {
                PressResult::Wrong(format!("Close: the secret is right. But the portal refuses what the token says: {why}."))
            }
            Self::Refused => {
                near("The signature does not fit: some other secret made it. The portal refuses the token.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::lab::lessons::forged_token::hexadecimal;

    /// The sentences of a text. Those that differ from a verdict only by a name are left out.
    fn sentences(text: &str) -> impl Iterator<Item = &str> {
        text.split_inclusive(['.', '?', ':']).map(str::trim).filter(|sentence| sentence.len() > 12)
    }

    #[test]
    fn no_hint_repeats_a_sentence_of_a_verdict() {
        let why = || "the token has no `iat`".to_owned();
        let verdicts = [
            Reached::VictimsToken,
            Reached::OtherSubject("bob".to_owned()),
            Reached::OtherSubject("Admin".to_owned()),
            Reached::OldSignature,
            Reached::OtherAlgorithm("HS512".to_owned()),
            Reached::OtherCase,
            Reached::StrayBlank,
            Reached::OtherForm("in hexadecimal"),
            Reached::OtherWord("secret"),
            Reached::Unsigned,
            Reached::WrittenOtherwise,
            Reached::WrongHeader(why()),
            Reached::Expired,
            Reached::WrongClaims(why()),
            Reached::Refused,
        ];
        let lesson = crate::lab::lessons::Lesson::find("weak-secret").unwrap();
        for verdict in verdicts {
            let press = verdict.press();
            for hint in lesson.hints.iter().flat_map(|hint| sentences(hint.says.plain())) {
                assert!(!press.says().replace('`', "").contains(hint), "{hint}");
            }
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn signed(secret: &str, subject: &str) -> String {
        sign(secret, &Subject::parse(subject).unwrap(), now()).unwrap().into_string()
    }

    fn judged(token: &str, typed: Option<&str>) -> Reached {
        let victim = signed(secret_of("case"), SUBJECT);
        let attempt = Attempt { case: "case", victim: &victim, token, typed };
        attempt.judge(&verify("case", token, now()).unwrap())
    }

    /// What is said of a token that was signed with this secret, here or with other tools.
    fn attempt(secret: &str, subject: &str) -> Reached {
        let token = signed(secret, subject);
        let (here, elsewhere) = (judged(&token, Some(secret)), judged(&token, None));
        assert_eq!(here, elsewhere, "{secret:?}");
        here
    }

    /// A token of these parts, signed with the right secret.
    fn written(algorithm: Algorithm, header: &str, payload: &str) -> String {
        written_with(secret_of("case"), algorithm, header, payload)
    }

    fn written_with(secret: &str, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let message = token::signing_input(header, payload);
        format!("{message}.{}", mac(algorithm.hmac().unwrap(), secret.as_bytes(), &message))
    }

    #[test]
    fn every_word_of_the_list_is_a_secret_of_its_own_that_signs() {
        let all: HashSet<&str> = words().collect();
        assert_eq!((all.len(), words().count()), (250, 250), "the lesson's question names the number");
        for word in words() {
            assert_eq!(word.trim(), word);
            assert_eq!(guess(&signed(word, "alice")).unwrap().word, Some(word));
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
        let token = signed("cL4mZ0yqvU0Yp9h5m8b8yq0Jv3mN7rQk1tXwZs2dFgA", "alice");
        assert_eq!(guess(&token), Some(Guess { word: None, tried: words().count() }));
        for text in ["", "a.b", "a.b.c", "a.b.c.d", "\u{e9}.\u{e9}.\u{e9}"] {
            assert_eq!(guess(text), None, "{text}");
        }
    }

    #[test]
    fn each_near_miss_is_told_apart_wherever_the_token_was_signed() {
        let right = secret_of("case");
        assert_eq!(attempt(right, WANTED), Reached::Forged);
        assert_eq!(attempt(right, "teacher"), Reached::OtherSubject("teacher".to_owned()));
        assert!(attempt(right, "teacher").press().says().contains("Who may change grades?"));
        assert!(attempt(right, "Admin").press().says().contains("`sub` is compared letter by letter"));
        assert_eq!(attempt(&format!("{right} "), WANTED), Reached::StrayBlank);
        let other_case = if right == right.to_uppercase() { right.to_lowercase() } else { right.to_uppercase() };
        assert_eq!(attempt(&other_case, WANTED), Reached::OtherCase);
        let other = words().find(|word| !word.eq_ignore_ascii_case(right)).unwrap();
        assert_eq!(attempt(other, WANTED), Reached::OtherWord(other));
        assert_eq!(attempt("something else", WANTED), Reached::Refused);
    }

    #[test]
    fn a_token_that_was_written_by_hand_is_judged_by_what_it_lacks() {
        let (header, admin) = (r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"admin","exp":1800000060}"#);
        let victim = signed(secret_of("case"), SUBJECT);
        assert_eq!(judged(&victim, None), Reached::VictimsToken);
        let [_, _, old] = segments(&victim).unwrap();
        assert_eq!(judged(&format!("{}.{old}", token::signing_input(header, admin)), None), Reached::OldSignature);
        let late = written(Algorithm::Hs256, header, r#"{"sub":"admin","iat":1700000000,"exp":1799999999}"#);
        assert_eq!(judged(&late, None), Reached::Expired);
        for blank in ["\n", "\r\n", " ", "\t"] {
            let stray = written_with(&format!("{}{blank}", secret_of("case")), Algorithm::Hs256, header, admin);
            assert_eq!(judged(&stray, None), Reached::StrayBlank, "{blank:?}");
        }
        let endless = written(Algorithm::Hs256, header, r#"{"sub":"admin","iat":1700000000}"#);
        assert!(matches!(judged(&endless, None), Reached::WrongClaims(why) if why.contains("exp")));
        let longer = written(Algorithm::Hs512, r#"{"alg":"HS512","typ":"JWT"}"#, admin);
        assert_eq!(judged(&longer, None), Reached::OtherAlgorithm("HS512".to_owned()));
        for wrong in
            [r#"{"alg":"HS256","typ":1}"#, r#"{"alg":"HS256","crit":["exp"]}"#, r#"{"alg":"HS256","typ":"at+jwt"}"#]
        {
            let refused = judged(&written(Algorithm::Hs256, wrong, admin), None);
            assert!(matches!(refused, Reached::WrongHeader(_) | Reached::WrongClaims(_)), "{wrong}: {refused:?}");
        }
        let misnamed = written(Algorithm::Hs256, r#"{"alg":"HS512","typ":"JWT"}"#, admin);
        assert_eq!(judged(&misnamed, None), Reached::OtherAlgorithm("\"HS512\"".to_owned()));
        for (text, says) in [
            ("", "The field is empty"),
            ("admin", "this text has 1"),
            ("a.b", "The signature is missing"),
            ("a.b.c.d", "this text has 4"),
            ("a.b.c", "the header is not base64url"),
        ] {
            assert!(matches!(judged(text, None), Reached::Unreadable(why) if why.contains(says)), "{text}");
        }
        let twice = written(Algorithm::Hs256, header, r#"{"sub":"bob","sub":"admin","exp":1800000060}"#);
        assert!(matches!(judged(&twice, None), Reached::Unreadable(why) if why.contains("`sub` twice")));
        let text = format!("{header}.{admin}");
        let signature = mac(hmac::HMAC_SHA256, secret_of("case").as_bytes(), &text);
        let otherwise = format!("{}.{signature}", token::signing_input(header, admin));
        assert!(matches!(judged(&otherwise, None), Reached::SignedOtherwise(_)));
    }

    #[test]
    fn a_signature_that_is_right_but_written_or_made_in_another_way_is_near() {
        let (header, admin) = (r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"admin","exp":1800000060}"#);
        let message = token::signing_input(header, admin);
        let word = secret_of("case");
        let bytes = URL_SAFE_NO_PAD.decode(mac(hmac::HMAC_SHA256, word.as_bytes(), &message)).unwrap();
        let hex = hexadecimal(&bytes);
        for signature in [
            STANDARD.encode(&bytes),
            format!("{}=", URL_SAFE_NO_PAD.encode(&bytes)),
            hex.clone(),
            hex.to_uppercase(),
            URL_SAFE_NO_PAD.encode(&hex),
        ] {
            assert_eq!(judged(&format!("{message}.{signature}"), None), Reached::WrittenOtherwise, "{signature}");
        }
        assert_eq!(judged(&format!("{message}."), None), Reached::Unsigned);
        for (key, form) in
            [(STANDARD.encode(word), "encoded in base64"), (format!("\"{word}\""), "with quotation marks around it")]
        {
            let other = written_with(&key, Algorithm::Hs256, header, admin);
            assert_eq!(judged(&other, None), Reached::OtherForm(form), "{key}");
        }
    }

    #[test]
    fn the_hints_are_about_what_is_wrong_with_the_token() {
        let (header, admin) = (r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"admin","exp":1800000060}"#);
        let late = r#"{"sub":"admin","iat":1700000000,"exp":1799999999}"#;
        for (token, part) in [
            (signed("something else", WANTED), "secret"),
            (signed(&format!("{} ", secret_of("case")), WANTED), "secret"),
            (signed(secret_of("case"), "teacher"), "subject"),
            (signed(secret_of("case"), SUBJECT), "subject"),
            (written(Algorithm::Hs256, header, late), "rules"),
            (written(Algorithm::Hs512, r#"{"alg":"HS512","typ":"JWT"}"#, admin), "rules"),
            (format!("{}.", token::signing_input(header, admin)), "text"),
            ("a.b".to_owned(), "text"),
        ] {
            assert_eq!(judged(&token, None).part(), part, "{token}");
        }
    }

    #[test]
    fn the_years_are_many_at_any_rate() {
        assert_eq!(power_of_years(1e6), 63);
        assert_eq!(power_of_years(1e12), 57);
        assert_eq!(power_of_years(0.0), 69);
    }
}
