//! `alg: none`: the token tells a verifier that trusts its `alg` to skip the check of the signature.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::hints::Open;
use super::json_text::{fault_of, note_on_repetition};
use super::remark::{WANTED, clip, expect_admin};
use crate::keys::{Algorithm, Verifier};
use crate::lab::naive::{LaxToken, Objection};
use crate::token::{Claims, parse_object_keeping_last, signing_input};

/// The longest text of a field, in characters.
pub const LONGEST_FIELD: usize = 2000;

/// What the naive verifier of this lesson does wrong.
pub const RULE: &str = "It checks the signature as the token's own `alg` says, and looks at `exp`. Capital and small letters are the same to \
     it, so `NONE` is `none`.";

/// A token as a visitor wrote it, part by part.
pub struct Written<'a> {
    pub header: &'a str,
    pub payload: &'a str,
    pub signature: &'a str,
    /// Whether the token has its second dot.
    pub has_last_dot: bool,
}

impl Written<'_> {
    pub fn token(&self) -> String {
        let unsigned = signing_input(self.header, self.payload);
        if self.has_last_dot { format!("{unsigned}.{}", self.signature) } else { unsigned + self.signature }
    }
}

/// The answer of a verifier that uses the algorithm in `alg`. `keys` are those of the algorithm that it should expect.
pub fn naive(token: &str, keys: &[Verifier], now: DateTime<Utc>) -> Result<Claims, Objection> {
    let token = LaxToken::read(token)?;
    let alg = token.alg()?;
    if alg.eq_ignore_ascii_case("none") {
        return if token.signature.is_empty() {
            token.claims_before_expiry(now)
        } else {
            Err(Objection::SignatureOnNone)
        };
    }
    let algorithm = Algorithm::ALL.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(alg));
    let algorithm = algorithm.ok_or_else(|| Objection::UnknownAlg(clip(alg)))?;
    let fits =
        |key: &Verifier| key.algorithm() == algorithm && key.verifies(token.message.as_bytes(), &token.signature);
    if keys.iter().any(fits) {
        return token.claims_before_expiry(now);
    }
    Err(Objection::BadSignature(format!("the server's key under {algorithm}")))
}

/// The remark: `Ok` when the lesson is solved, otherwise what is still missing.
pub fn judge(written: &Written<'_>, naive: &Result<Claims, Objection>) -> Result<String, String> {
    let twice = note_on_repetition("header", written.header) + &note_on_repetition("payload", written.payload);
    match naive {
        _ if is_genuine(written, naive) => Err(GENUINE.to_owned()),
        Ok(claims) => expect_admin(claims).map(|()| success(written) + &twice).map_err(|hint| hint + &twice),
        Err(objection) => Err(hint(written, objection) + &also(written, objection) + &twice),
    }
}

/// What is wrong with the payload, beside what the verifier refused before it read that.
fn also(written: &Written<'_>, objection: &Objection) -> String {
    if matches!(objection, Objection::Expired { .. } | Objection::Encoding(_))
        || matches!(objection, Objection::NotJson(part) if *part != "header")
    {
        return String::new();
    }
    if let Some(fault) = fault_of(written.payload) {
        return format!(" The payload is not a JSON object either. {fault}");
    }
    let payload = parse_object_keeping_last(written.payload.as_bytes()).map(Claims::from).unwrap_or_default();
    match payload.subject() {
        Some(WANTED) => String::new(),
        _ => " The payload is not right either: it does not say `\"sub\":\"admin\"`.".to_owned(),
    }
}

const GENUINE: &str = "You sent the token as the portal signed it, so its signature fits. Nothing is forged yet. Begin with \
                       the header: name an algorithm that needs no key.";

/// Whether the portal itself signed this token. The visitor has no key, so then it is unchanged.
fn is_genuine(written: &Written<'_>, naive: &Result<Claims, Objection>) -> bool {
    let fits = matches!(naive, Ok(_) | Err(Objection::Expired { .. }));
    fits && !is_none(written)
}

/// Whether the header asks for no signature.
fn is_none(written: &Written<'_>) -> bool {
    let header = parse_object_keeping_last(written.header.as_bytes()).unwrap_or_default();
    header.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
}

/// The part of the token in which the next mistake is.
pub fn open(written: &Written<'_>, now: DateTime<Utc>) -> Open {
    let has_no_signature = written.signature.is_empty() && written.has_last_dot;
    let payload = parse_object_keeping_last(written.payload.as_bytes()).map(Claims::from).unwrap_or_default();
    let is_live = payload.expires_at().is_none_or(|end| end > now);
    Open::first(&[
        (fault_of(written.header).is_none(), "json"),
        (is_none(written), "alg"),
        (has_no_signature, "signature"),
        (fault_of(written.payload).is_none(), "json"),
        (payload.subject() == Some(WANTED), "payload"),
        (is_live, "exp"),
        (false, "payload"),
    ])
}

fn success(written: &Written<'_>) -> String {
    let spelling = if written.header.contains("\"none\"") {
        "Now try `nOnE`: some filters look for `none` alone."
    } else {
        "A filter that looks for `none` in the text alone would not have found your spelling."
    };
    format!("The naive verifier accepts your token, and you had no key. {spelling}")
}

fn hint(written: &Written<'_>, objection: &Objection) -> String {
    match objection {
        Objection::Parts(_) if !written.has_last_dot => {
            "Close: without the second dot, the text has two parts. An empty signature, one of no characters, is still a \
             third part. So keep the dot."
        }
        Objection::Parts(_) => "The signature's field holds a dot. The page adds the dots itself, so remove it.",
        Objection::SignatureOnNone => {
            "Close: the algorithm is right, but there is still a signature. A token of this algorithm has nothing after \
             its second dot."
        }
        Objection::UnknownAlg(_) => {
            "Close: the verifier follows `alg`, but it does not know that name. You want the algorithm that signs nothing."
        }
        Objection::BadSignature(_) => {
            "The header still names an algorithm that needs a key, and the signature does not fit your text. Name the \
             algorithm that needs no key."
        }
        Objection::NotJson("header") => {
            return format!("The header is not a JSON object. {}", fault_of(written.header).unwrap_or_default());
        }
        Objection::NotJson(_) => {
            return format!(
                "Close: the verifier skipped the signature, but it could not read the payload: it is not a JSON object. {}",
                fault_of(written.payload).unwrap_or_default()
            );
        }
        Objection::NoAlg => "The header must name its algorithm: a member `alg` whose value is a text.",
        Objection::Expired { .. } => {
            "Close: only `exp` is left to check, and it is in the past. Nobody signs this token, so write a later one."
        }
        Objection::Encoding(_) | Objection::NoKey(_) => "The text does not decode.",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;

    use super::*;
    use crate::keys::GivenKey;
    use crate::lab::forge::mac;

    const HEADER: &str = r#"{"alg":"none"}"#;
    const PAYLOAD: &str = r#"{"sub":"admin","exp":9999999999}"#;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn answer(header: &str, payload: &str, signature: &str, has_last_dot: bool) -> Result<String, String> {
        let written = Written { header, payload, signature, has_last_dot };
        let key = GivenKey::parse(b"the secret of a test", "a test").unwrap().verifier(None).unwrap();
        judge(&written, &naive(&written.token(), &[key], now()))
    }

    #[test]
    fn every_spelling_of_none_is_taken() {
        for alg in ["none", "None", "NONE", "nOnE"] {
            assert!(answer(&format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#), PAYLOAD, "", true).is_ok(), "{alg}");
        }
    }

    #[test]
    fn a_header_that_names_two_algorithms_is_explained() {
        let said = answer(r#"{"alg":"HS256","alg":"none"}"#, PAYLOAD, "", true).unwrap();
        assert!(said.contains("the member `alg` twice") && said.contains("keeps the last one"), "{said}");
        assert!(!answer(HEADER, PAYLOAD, "", true).unwrap().contains("twice"));
    }

    #[test]
    fn a_near_miss_is_named() {
        let near = |header: &str, payload: &str, signature: &str, dot, word: &str| {
            let said = answer(header, payload, signature, dot).unwrap_err();
            assert!(said.contains(word), "{said}");
        };
        near(HEADER, PAYLOAD, "AAAA", true, "still a signature");
        near(r#"{"alg":"nome"}"#, PAYLOAD, "", true, "does not know that name");
        near(HEADER, PAYLOAD, "", false, "two parts");
        near(HEADER, PAYLOAD, "a.b", true, "holds a dot");
        near(HEADER, r#"{"sub":"bob"}"#, "", true, "`sub` says");
        near(HEADER, "{}", "", true, "no `sub`");
        near(HEADER, r#"{"sub":"admin","exp":1799999997}"#, "", true, "a later one");
        near(HEADER, r#"{"sub":"admin","exp":-1}"#, "", true, "a later one");
        near(HEADER, "admin", "", true, "could not read the payload");
        near("none", PAYLOAD, "", true, "not a JSON object");
        near("{'alg':'none'}", PAYLOAD, "", true, "no single quotes");
        near(HEADER, r#"{"sub":"Admin"}"#, "", true, "compared letter by letter");
        near(HEADER, r#"{"sub":"admin","sub":"bob"}"#, "", true, "the member `sub` twice");
        near(r#"{"alg":null}"#, PAYLOAD, "", true, "must name its algorithm");
        near(r#"{"alg":"HS256"}"#, PAYLOAD, "AAAA", true, "needs no key");
    }

    #[test]
    fn what_is_wrong_in_the_payload_too_is_named_beside_the_first_mistake() {
        const BOB: &str = r#"{"sub":"bob"}"#;
        for (header, payload, signature, dot, first, second) in [
            (HEADER, BOB, "AAAA", true, "still a signature", "not right either: it does not say `\"sub\":\"admin\"`"),
            (HEADER, BOB, "", false, "two parts", "not right either"),
            (r#"{"alg":"HS256"}"#, BOB, "AAAA", true, "needs no key", "not right either"),
            ("none", "admin", "", true, "The header is not a JSON object", "payload is not a JSON object either"),
            (r#"{"alg":"nome"}"#, "{}", "", true, "does not know that name", "not right either"),
        ] {
            let said = answer(header, payload, signature, dot).unwrap_err();
            assert!(said.contains(first) && said.contains(second), "{said}");
        }
        for (header, payload, signature) in [(HEADER, PAYLOAD, "AAAA"), (HEADER, BOB, ""), (HEADER, "admin", "")] {
            let said = answer(header, payload, signature, true).unwrap_err();
            assert!(!said.contains("either"), "{said}");
        }
    }

    #[test]
    fn a_token_that_is_rightly_signed_is_taken_as_well() {
        let key = GivenKey::parse(b"the secret of a test", "a test").unwrap();
        let signed = signing_input(r#"{"alg":"HS256"}"#, PAYLOAD);
        let signature = mac(hmac::HMAC_SHA256, b"the secret of a test", &signed);
        let token = format!("{signed}.{signature}");
        assert!(naive(&token, &[key.verifier(None).unwrap()], now()).is_ok());
    }
}
