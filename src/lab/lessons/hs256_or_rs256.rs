//! HS256 or RS256: with a shared secret, everyone who verifies can also sign. With a key pair, only the issuer can.
//!
//! The visitor verifies a token with a public key, fails to sign with that key, signs with the secret, and then says
//! who can forge.

use chrono::{DateTime, Utc};

use super::done_parts::{is_done, text_of};
use super::hints::Open;
use super::press::PressResult;
use super::remark::WANTED;
use crate::keys::{Algorithm, GivenKey, GivenVerifier, KeyFault, Secret};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Subject};
use crate::token::{
    self, AudienceRule, Candidates, Claims, Expected, Header, Rules, Token, Typ, Verdict, segments, verify_given,
};

/// How long the lesson's tokens live: long enough to paste a command.
pub const LIFETIME: Lifetime = Lifetime::HOUR;

/// The longest key that the lesson takes, in characters.
pub const LONGEST_KEY: usize = 4000;

/// What messages call the key that the visitor pasted.
const PASTED: &str = "the field";

/// What the portal and the library check of a token under HS256 beside the signature.
static RULES: Rules = Rules {
    profile: "hs256 or rs256",
    typ: Typ::Jwt,
    required: demo::REQUIRED,
    issuer: None,
    audience: AudienceRule::Nobody,
};

/// The claims of Bob's token.
pub fn claims_of_bob(now: DateTime<Utc>) -> Claims {
    demo::claims(&Subject::default(), LIFETIME, now)
}

/// A token under HS256, from the portal or from whoever else has the secret.
pub fn sign(claims: &Claims, secret: &Secret) -> Option<Token> {
    let signer = GivenKey::from_secret(secret.as_bytes(), PASTED).ok()?.signer(Some(Algorithm::Hs256)).ok()?;
    token::issue(claims, &Header::of_type("JWT"), &signer).ok()
}

/// What Mallory signs with the secret that she found.
pub fn forge(secret: &Secret, now: DateTime<Utc>) -> Option<Token> {
    sign(&claims_of_bob(now).with("sub", WANTED), secret)
}

/// The verdict of everyone who verifies HS256 with this secret.
pub fn verify(token: &str, secret: &Secret, now: DateTime<Utc>) -> Option<Verdict> {
    let key = GivenKey::from_secret(secret.as_bytes(), PASTED).ok()?.verifier(Some(Algorithm::Hs256)).ok()?;
    let expected = Expected { algorithm: Algorithm::Hs256, keys: Candidates::Alone(&key), rules: Some(&RULES) };
    Some(token::verify(token, expected, now))
}

/// Whether this is a token for Admin that verifies under the secret.
pub fn is_forged(token: &str, secret: &Secret, now: DateTime<Utc>) -> bool {
    let verdict = verify(token, secret, now);
    verdict.is_some_and(|verdict| verdict.claims().is_some_and(|claims| claims.subject() == Some(WANTED)))
}

/// The verdict on the portal's RS256 token with the key that was pasted; otherwise why that is not the public key.
pub fn verify_with(pasted: &str, token: &str, secret: &Secret, now: DateTime<Utc>) -> Result<Verdict, String> {
    let text = pasted.trim();
    if text.is_empty() {
        return Err("The field is empty. Copy the public key of this step into it.".to_owned());
    }
    if text.as_bytes() == secret.as_bytes() {
        return Err("That is the secret of HS256. A token under RS256 is verified with a public key.".to_owned());
    }
    if text.starts_with("eyJ") && segments(text).is_some() {
        return Err(
            "That is a token. The key is the text between `BEGIN PUBLIC KEY` and `END PUBLIC KEY`, with both of \
                    these lines."
                .to_owned(),
        );
    }
    let key = GivenKey::parse(pasted.as_bytes(), PASTED).map_err(|fault| unreadable(&fault))?;
    if key.signer(Some(Algorithm::Rs256)).is_ok() {
        return Err(
            "That is a private key: it can sign. Never paste one into a web page. Verify with the public key of \
                    this step."
                .to_owned(),
        );
    }
    let verifier = key.verifier(Some(Algorithm::Rs256)).map_err(|fault| unfit(pasted, &fault))?;
    let verdict = verify_given(token, &GivenVerifier::One(verifier), now);
    if verdict.is_signed() {
        return Ok(verdict);
    }
    Err("That is a public key, but the signature does not fit it. It belongs to another private key. Copy the public \
         key of this step."
        .to_owned())
}

fn unreadable(fault: &KeyFault) -> String {
    format!("The key cannot be read: {fault}. Copy it again, from its `BEGIN` line to its `END` line.")
}

fn unfit(pasted: &str, fault: &KeyFault) -> String {
    if GivenKey::of_recognised(pasted.as_bytes(), PASTED).is_some() {
        return format!("RS256 needs a public RSA key. With the key in the field it does not work: {fault}.");
    }
    "That text is not a key in any form. Copy the whole key of this step: the line `-----BEGIN PUBLIC KEY-----`, the \
     line `-----END PUBLIC KEY-----`, and all lines between."
        .to_owned()
}

/// Why the pasted key does not sign under RS256. `None` for one that does.
pub fn cannot_sign(pasted: &str) -> Option<String> {
    let signer = GivenKey::parse(pasted.as_bytes(), PASTED).and_then(|key| key.signer(Some(Algorithm::Rs256)));
    signer.err().map(|fault| fault.to_string())
}

/// Which parts of the lesson are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The token was verified with the public key.
    pub verified: bool,
    /// The visitor tried to sign with the public key.
    pub tried: bool,
    /// A token for Admin was signed with the secret.
    pub forged: bool,
}

impl Parts {
    /// Reads what [`Self::text`] writes; `None` before the measurement.
    pub fn parse(text: &str) -> Option<Self> {
        let has = |word| is_done(text, word);
        has("measured").then(|| Self { verified: has("verified"), tried: has("tried"), forged: has("forged") })
    }

    /// What the session keeps after the measurement.
    pub fn text(self) -> String {
        text_of(&[(true, "measured"), (self.verified, "verified"), (self.tried, "tried"), (self.forged, "forged")])
    }

    /// The part that is open once the portal has signed its two tokens.
    pub fn open(self) -> Open {
        Open::first(&[(self.verified, "verify"), (self.tried, "public"), (self.forged, "secret"), (false, "table")])
    }

    /// The result of a press that completed one of these parts.
    fn press(self, says: &str) -> PressResult {
        // The first part is the measurement, without which there is nothing to verify.
        let done = [self.verified, self.tried, self.forged].into_iter().filter(|is_done| *is_done).count();
        PressResult::Step(format!("{says} {} of 5 parts done. {}", done + 1, self.next()))
    }

    /// The same, or that the part was done before.
    pub fn pressed(self, is_new: bool, says: &str) -> PressResult {
        if is_new {
            return self.press(says);
        }
        PressResult::Note(format!("You have done this part already. {says} {}", self.next()))
    }

    /// What the visitor does next.
    const fn next(self) -> &'static str {
        if !self.verified {
            "Next: verify the RS256 token with the public key."
        } else if !self.tried {
            "Next: try to sign with the public key."
        } else if !self.forged {
            "Next: sign with the secret."
        } else {
            "Next: say who can forge a token."
        }
    }

    /// Whether the visitor has seen what each key can do.
    pub const fn are_done(self) -> bool {
        self.verified && self.tried && self.forged
    }

    /// The result of the answer to the question, which is the last part.
    pub fn answer(self, judged: Result<(), PressResult>) -> PressResult {
        match judged {
            Err(press) => press,
            Ok(()) if self.are_done() => PressResult::Solved(
                "Under HS256 everyone who can verify can forge. Under RS256 only the portal can sign.".to_owned(),
            ),
            Ok(()) => PressResult::Missing(
                "All six boxes are right. Now try it: verify the token with the public key, and sign with each key."
                    .to_owned(),
            ),
        }
    }
}

/// Who might forge a token.
pub struct Party {
    /// What the form sends after the algorithm's name and a dash.
    pub value: &'static str,
    pub says: &'static str,
    /// The key it has under HS256, and under RS256.
    pub holds: [&'static str; 2],
    forges: [bool; 2],
    /// What is said to a wrong answer, under HS256 and under RS256.
    hints: [&'static str; 2],
}

/// The order of every pair here.
pub const ALGORITHMS: [&str; 2] = ["HS256", "RS256"];

pub static PARTIES: &[Party] = &[
    Party {
        value: "issuer",
        says: "the portal",
        holds: ["the secret", "the private key"],
        forges: [true, true],
        hints: [
            "Look at the portal under HS256: it has the secret. Who signs Bob's token?",
            "Look at the portal under RS256: it has the private key. Who signs Bob's token?",
        ],
    },
    Party {
        value: "service",
        says: "the library",
        holds: ["the secret", "the public key"],
        forges: [true, false],
        hints: [
            "Look at the library under HS256: it has the secret. What could Mallory do with that in step 3?",
            "Look at the library under RS256: it has the public key. What could Mallory do with that in step 3?",
        ],
    },
    Party {
        value: "reader",
        says: "someone who copied a token",
        holds: ["no key", "the public key"],
        forges: [false, false],
        hints: [
            "Look at someone who copied a token under HS256. A copy can be sent again. Is the secret in a token?",
            "Look at someone who copied a token under RS256. A copy can be sent again. Which key has everyone?",
        ],
    },
];

impl Party {
    pub const fn verifies(&self, algorithm: usize) -> bool {
        self.forges[0] || algorithm == 1
    }

    pub const fn forges(&self, algorithm: usize) -> bool {
        self.forges[algorithm]
    }
}

/// Whether every box is right; otherwise how many are, and a hint about each of the first two that are not. `ticked`
/// says whether a party was ticked for an algorithm.
pub fn judge(ticked: impl Fn(&Party, &str) -> bool) -> Result<(), PressResult> {
    let boxes = || PARTIES.iter().flat_map(|party| ALGORITHMS.iter().enumerate().map(move |it| (party, it)));
    if !boxes().any(|(party, (_, name))| ticked(party, name)) {
        return Err(PressResult::Missing(
            "You ticked nothing. Under each algorithm, somebody can write a new token.".to_owned(),
        ));
    }
    let wrong: Vec<_> = boxes().filter(|(party, (index, name))| ticked(party, name) != party.forges(*index)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let hints: Vec<&str> = wrong.iter().take(2).map(|(party, (index, _))| party.hints[*index]).collect();
    Err(PressResult::Wrong(format!("{} of 6 boxes are right. {}", 6 - wrong.len(), hints.join(" "))))
}

/// Shell lines that verify the RS256 token with nothing but the public key.
pub struct Command {
    pub with: &'static str,
    pub lines: &'static str,
    pub says: &'static str,
}

pub static COMMANDS: &[Command] = &[
    Command {
        with: "PyJWT",
        lines: r#"pip install 'pyjwt[crypto]'
python3 -c '
import jwt, urllib.request
token = "{token}"
key = urllib.request.urlopen("{key}").read()
print(jwt.decode(token, key, algorithms=["RS256"]))
'"#,
        says: "It prints the claims. `algorithms` is the one that you expect, never the one that the token names.",
    },
    Command {
        with: "Node",
        lines: r#"npm install jose
node --input-type=module -e '
import { importSPKI, jwtVerify } from "jose";
const token = "{token}";
const key = await (await fetch("{key}")).text();
const { payload } = await jwtVerify(token, await importSPKI(key, "RS256"));
console.log(JSON.stringify(payload));
'"#,
        says: "It prints the claims. The key was imported for RS256, so no other algorithm works with it.",
    },
    Command {
        with: "curl and openssl",
        lines: r#"token={token}
curl -s {key} -o public.pem
printf '%s{padding}' "${token##*.}" | tr '_-' '/+' | openssl base64 -d -A -out signature.bin
printf %s "${token%.*}" | openssl dgst -sha256 -verify public.pem -signature signature.bin"#,
        says: "It prints `Verified OK`. That is the signature alone: you would still have to check `exp` yourself.",
    },
];

impl Command {
    /// The lines for a server at `base` and this token of it.
    pub fn filled(&self, base: &str, token: &str) -> String {
        let signature = token.rsplit('.').next().unwrap_or_default();
        let padding = "=".repeat((4 - signature.len() % 4) % 4);
        let key = format!("{base}/lab/lessons/hs256-or-rs256/public.pem");
        self.lines.replace("{key}", &key).replace("{padding}", &padding).replace("{token}", token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../../../tests/fixtures/keys/rsa-public-spki.pem");
    const PRIVATE: &str = include_str!("../../../tests/fixtures/keys/rsa-pkcs8.pem");
    const OTHER: &str = include_str!("../../../tests/fixtures/keys/other-public-spki.pem");
    const EC: &str = include_str!("../../../tests/fixtures/keys/ec-public-spki.pem");
    const SECRET: &str = "the secret of the lesson, of 32 bytes and more";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn secret() -> Secret {
        Secret::from_text(SECRET.as_bytes()).unwrap()
    }

    fn rs256() -> String {
        let signer = GivenKey::parse(PRIVATE.as_bytes(), "a test").unwrap().signer(None).unwrap();
        token::issue(&claims_of_bob(now()), &Header::of_type("JWT"), &signer).unwrap().into_string()
    }

    /// What is said to a pasted key; nothing if it verifies.
    fn said(pasted: &str) -> String {
        verify_with(pasted, &rs256(), &secret(), now()).err().unwrap_or_default()
    }

    #[test]
    fn the_public_key_verifies_however_it_was_copied() {
        for pasted in [PEM.to_owned(), PEM.replace('\n', "\r\n"), format!("\n  {}", PEM.trim_end())] {
            assert_eq!(said(&pasted), "", "{pasted}");
        }
    }

    #[test]
    fn whatever_else_is_pasted_is_named() {
        for (pasted, word) in [
            ("", "The field is empty"),
            (" \n", "The field is empty"),
            (SECRET, "the secret of HS256"),
            (&rs256(), "That is a token"),
            (PRIVATE, "a private key"),
            (OTHER, "another private key"),
            (EC, "needs a public RSA key"),
            (PEM.split_at(200).0, "cannot be read"),
            ("MIIBIjANBgkq", "not a key in any form"),
            ("Verified OK", "not a key in any form"),
        ] {
            let said = said(pasted);
            assert!(said.contains(word), "{pasted}: {said}");
        }
    }

    #[test]
    fn a_public_key_does_not_sign_and_a_private_key_does() {
        assert!(cannot_sign(PEM).unwrap().contains("a public key where the private key belongs"));
        assert_eq!(cannot_sign(PRIVATE), None);
    }

    #[test]
    fn who_has_the_secret_signs_for_admin() {
        let forged = forge(&secret(), now()).unwrap();
        assert!(is_forged(forged.as_str(), &secret(), now()));
        let bob = sign(&claims_of_bob(now()), &secret()).unwrap();
        assert!(verify(bob.as_str(), &secret(), now()).unwrap().is_accepted());
        assert!(!is_forged(bob.as_str(), &secret(), now()));
        let other = Secret::from_text(b"another secret").unwrap();
        assert!(!is_forged(forge(&other, now()).unwrap().as_str(), &secret(), now()));
    }

    #[test]
    fn six_right_boxes_solve_the_lesson_only_after_the_other_parts() {
        let all = Parts { verified: true, tried: true, forged: true };
        assert!(all.answer(Ok(())).is_solved());
        let wrong = PressResult::Wrong("Hint.".to_owned());
        assert_eq!(all.answer(Err(wrong.clone())), wrong);
        for parts in [
            Parts::default(),
            Parts { verified: false, ..all },
            Parts { tried: false, ..all },
            Parts { forged: false, ..all },
        ] {
            assert!(parts.answer(Ok(())).is_wrong(), "{parts:?}");
        }
        assert_eq!(
            Parts { forged: false, ..all }.press("So."),
            PressResult::Step("So. 3 of 5 parts done. Next: sign with the secret.".to_owned())
        );
    }

    #[test]
    fn only_one_answer_is_right_and_the_first_two_mistakes_of_every_other_one_are_named() {
        let mut right = 0;
        for bits in 0..64 {
            let ticked = |party: &Party, algorithm: &str| {
                let row = PARTIES.iter().position(|it| it.value == party.value).unwrap();
                bits >> (row * 2 + usize::from(algorithm == "RS256")) & 1 == 1
            };
            match judge(ticked) {
                Ok(()) => right += 1,
                Err(PressResult::Missing(says)) => {
                    assert!(bits == 0 && says.starts_with("You ticked nothing."), "{says}");
                }
                Err(press) => {
                    let wrong = (bits ^ 0b00_01_11_u32).count_ones();
                    assert!(press.is_wrong() && press.says().starts_with(&format!("{} of 6", 6 - wrong)), "{press:?}");
                    let named = u32::try_from(press.says().matches("Look at").count()).unwrap();
                    assert_eq!(named, wrong.min(2), "{press:?}");
                }
            }
        }
        assert_eq!(right, 1);
        assert!(judge(|_, _| true).unwrap_err().says().starts_with("3 of 6"));
    }

    #[test]
    fn what_the_session_keeps_is_read_back() {
        for text in ["measured", "measured verified", "measured verified tried", "measured verified tried forged"] {
            assert_eq!(Parts::parse(text).unwrap().text(), text);
        }
        assert_eq!((Parts::parse(""), Parts::parse("verified")), (None, None));
    }

    #[test]
    fn who_can_forge_can_verify() {
        for party in PARTIES {
            for algorithm in 0..2 {
                assert!(party.verifies(algorithm) || !party.forges(algorithm));
            }
        }
        assert!(!PARTIES[2].verifies(0));
    }

    #[test]
    fn a_signature_is_padded_to_whole_groups_of_four() {
        for (signature, padding) in [("AAAA", ""), ("AAA", "="), ("AA", "==")] {
            let filled = COMMANDS[2].filled("http://127.0.0.1:1", &format!("e30.e30.{signature}"));
            assert!(filled.contains(&format!("'%s{padding}'")), "{filled}");
            assert!(!filled.contains("{key}") && !filled.contains("{token}"));
        }
    }
}
