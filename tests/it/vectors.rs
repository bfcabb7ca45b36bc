//! The published vectors of RFC 7515 and RFC 7520, judged with the keys that the RFCs print beside them.
//!
//! They tie the verifier to what everybody else calls a right signature, not only to what this program signs itself.

use chrono::{DateTime, Utc};
use hallpass::code::Code;
use hallpass::keys::{Algorithm, GivenKey};
use hallpass::token::{self, Candidates, Check, Expected, Outcome, Verdict};

/// One token that an RFC prints.
struct Vector {
    name: &'static str,
    token: &'static str,
    jwk: &'static str,
    algorithm: Algorithm,
    /// What comes of it today, after its signature passed.
    answer: (Check, Code),
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/rfc/", $name)).trim_ascii_end()
    };
}

/// The payload of RFC 7520 is a plain sentence, so its tokens are well signed and no JWTs.
const VECTORS: [Vector; 5] = [
    Vector {
        name: "RFC 7515 A.1",
        token: fixture!("7515-a1.jwt"),
        jwk: fixture!("7515-a1.jwk.json"),
        algorithm: Algorithm::Hs256,
        answer: (Check::Expiry, Code::Expired),
    },
    Vector {
        name: "RFC 7515 A.2",
        token: fixture!("7515-a2.jwt"),
        jwk: fixture!("7515-a2.jwk.json"),
        algorithm: Algorithm::Rs256,
        answer: (Check::Expiry, Code::Expired),
    },
    Vector {
        name: "RFC 7520 4.1",
        token: fixture!("7520-4.1.jwt"),
        jwk: fixture!("7520-3.4.jwk.json"),
        algorithm: Algorithm::Rs256,
        answer: (Check::Payload, Code::Malformed),
    },
    Vector {
        name: "RFC 7520 4.2",
        token: fixture!("7520-4.2.jwt"),
        jwk: fixture!("7520-3.4.jwk.json"),
        algorithm: Algorithm::Ps384,
        answer: (Check::Payload, Code::Malformed),
    },
    Vector {
        name: "RFC 7520 4.4",
        token: fixture!("7520-4.4.jwt"),
        jwk: fixture!("7520-3.5.jwk.json"),
        algorithm: Algorithm::Hs256,
        answer: (Check::Payload, Code::Malformed),
    },
];

impl Vector {
    fn key(&self) -> GivenKey {
        GivenKey::parse(self.jwk.as_bytes(), "the RFC's key").expect("the RFC's key is read")
    }

    fn judge(&self, token: &str, now: DateTime<Utc>) -> Verdict {
        let key = self.key().verifier(Some(self.algorithm)).expect("the algorithm fits the key");
        token::verify(token, Expected { algorithm: self.algorithm, keys: Candidates::Alone(&key), rules: None }, now)
    }

    /// What is signed, and the signature.
    fn halves(&self) -> (&str, &str) {
        self.token.rsplit_once('.').expect("three parts")
    }
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a moment")
}

fn outcome_of(verdict: &Verdict, wanted: Check) -> &Outcome {
    &verdict.checks().iter().find(|(check, _)| *check == wanted).expect("every check is there").1
}

/// `text` with another character of the base64url alphabet at `position`.
fn changed_at(text: &str, position: usize) -> String {
    let other = if &text[position..=position] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &text[..position], &text[position + 1..])
}

#[test]
fn each_published_signature_passes() {
    for vector in VECTORS {
        let verdict = vector.judge(vector.token, moment(1_700_000_000));
        assert!(matches!(outcome_of(&verdict, Check::Signature), Outcome::Passed(_)), "{}", vector.name);
        let (check, reason) = verdict.rejection().unwrap();
        assert_eq!((check, reason.code), vector.answer, "{}", vector.name);
    }
}

#[test]
fn the_claims_of_rfc_7515_are_accepted_until_the_second_of_their_exp() {
    for vector in &VECTORS[..2] {
        let claims = vector.judge(vector.token, moment(1_300_819_379)).accept().unwrap();
        let text = serde_json::to_string(&claims).unwrap();
        assert_eq!(text, r#"{"iss":"joe","exp":1300819380,"http://example.com/is_root":true}"#, "{}", vector.name);
        assert_eq!(vector.judge(vector.token, moment(1_300_819_380)).code(), Code::Expired, "{}", vector.name);
    }
}

#[test]
fn one_changed_character_of_payload_or_signature_is_a_bad_signature() {
    for vector in VECTORS {
        let payload = vector.token.find('.').unwrap() + 1;
        let signature = vector.halves().0.len() + 1;
        // The last character of a part has bits that stand for nothing; a change of those is another fault.
        for position in (payload..signature - 2).chain(signature..vector.token.len() - 1) {
            let verdict = vector.judge(&changed_at(vector.token, position), moment(1_300_000_000));
            let (check, reason) = verdict.rejection().unwrap();
            assert_eq!((check, reason.code), (Check::Signature, Code::BadSignature), "{} at {position}", vector.name);
        }
    }
}

#[test]
fn a_deterministic_signature_is_the_one_that_the_rfc_prints() {
    for vector in VECTORS.iter().filter(|it| it.algorithm != Algorithm::Ps384) {
        let (message, printed) = vector.halves();
        let signer = vector.key().signer(Some(vector.algorithm)).unwrap();
        assert_eq!(signer.sign(message.as_bytes()).unwrap(), printed, "{}", vector.name);
    }
}

#[test]
fn a_signature_of_pss_is_salted_and_passes_each_time() {
    let vector = &VECTORS[3];
    let (message, printed) = vector.halves();
    let signer = vector.key().signer(Some(Algorithm::Ps384)).unwrap();
    let [one, two] = [(); 2].map(|()| signer.sign(message.as_bytes()).unwrap());
    assert!(one != two && one != printed);
    for signature in [one, two] {
        let verdict = vector.judge(&format!("{message}.{signature}"), moment(1_700_000_000));
        assert!(matches!(outcome_of(&verdict, Check::Signature), Outcome::Passed(_)));
    }
}

#[test]
fn a_key_of_one_rfc_does_not_verify_the_token_of_another() {
    for (vector, stranger) in [(&VECTORS[0], &VECTORS[4]), (&VECTORS[1], &VECTORS[2]), (&VECTORS[2], &VECTORS[1])] {
        let verdict = stranger.judge(vector.token, moment(1_300_000_000));
        assert_eq!(verdict.code(), Code::BadSignature, "{} with the key of {}", vector.name, stranger.name);
    }
}
