//! Anatomy of a token: header and payload, which anyone can read, and a signature.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::hints::Open;
use super::press::PressResult;
use super::remark::{Remark, text_of};
use crate::profiles::Lifetime;
use crate::token::{Claims, parse_object, segments};

/// How long the token is valid.
pub const LIFETIME: Lifetime = Lifetime::HOUR;

const ADJECTIVES: [&str; 16] = [
    "quiet", "brave", "early", "gentle", "lucky", "patient", "quick", "silver", "sunny", "tidy", "wise", "calm",
    "bright", "amber", "mellow", "nimble",
];

const ANIMALS: [&str; 16] = [
    "heron", "otter", "badger", "falcon", "lynx", "marten", "newt", "owl", "plover", "raven", "seal", "stoat", "swift",
    "tern", "vole", "wren",
];

/// The token's subject. The subject is random, so the visitor has to read it in the token.
pub fn subject(random: [u8; 3]) -> String {
    let pick = |names: &[&'static str; 16], byte: u8| names[usize::from(byte) % names.len()];
    format!("{}-{}-{}", pick(&ADJECTIVES, random[0]), pick(&ANIMALS, random[1]), random[2])
}

/// What the session keeps of the token. The token follows from it, so every page and every tab shows the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptToken {
    pub subject: String,
    /// In seconds since 1970.
    pub issued_at: i64,
}

impl KeptToken {
    /// Reads what [`Self::text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (issued_at, subject) = text.split_once(' ')?;
        Some(Self { subject: subject.to_owned(), issued_at: issued_at.parse().ok()? })
    }

    pub fn text(&self) -> String {
        format!("{} {}", self.issued_at, self.subject)
    }

    /// What is to be kept of a token with these claims.
    pub fn of(claims: &Claims) -> Option<Self> {
        let issued_at = claims.get("iat").and_then(Value::as_i64)?;
        Some(Self { subject: claims.subject()?.to_owned(), issued_at })
    }

    /// When the token was issued, unless it has expired by now.
    pub fn issued_if_valid(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let issued_at = DateTime::from_timestamp(self.issued_at, 0)?;
        (issued_at <= now && now - issued_at < TimeDelta::seconds(LIFETIME.seconds())).then_some(issued_at)
    }
}

/// What a visitor typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    pub sub: String,
    pub alg: String,
}

/// The remarks on both answers, in the order of the lesson's parts: first the payload, then the header.
pub struct Judged {
    payload: Remark,
    header: Remark,
}

impl Judged {
    pub fn of(token: &str, typed: &Typed) -> Self {
        Self { payload: PAYLOAD.judge(token, &typed.sub), header: HEADER.judge(token, &typed.alg) }
    }

    pub const fn remarks(&self) -> [&Remark; 2] {
        [&self.payload, &self.header]
    }

    /// The part whose answer is missing or wrong.
    pub fn open(&self) -> Open {
        Open::first(&[(self.payload.is_right, PAYLOAD.name), (self.header.is_right, HEADER.name)])
    }

    /// The field that the visitor goes on with: the first wrong answer, or else the first that is missing.
    pub fn field(&self, typed: &Typed) -> &'static str {
        let [payload, header] = self.answers(typed);
        let is_wrong = |(remark, typed): (&Remark, &str)| !remark.is_right && !typed.is_empty();
        let goes_on_with_header = is_wrong(header) || self.payload.is_right;
        if !is_wrong(payload) && goes_on_with_header { HEADER.member } else { PAYLOAD.member }
    }

    fn answers<'j>(&'j self, typed: &'j Typed) -> [(&'j Remark, &'j str); 2] {
        [(&self.payload, typed.sub.trim()), (&self.header, typed.alg.trim())]
    }

    /// How many parts are done, and a hint about the first answer that is wrong. An empty answer is no try.
    pub fn press(&self, typed: &Typed) -> PressResult {
        let done = self.remarks().into_iter().filter(|remark| remark.is_right).count();
        let answers = self.answers(typed);
        let wrong = answers.iter().find(|(remark, typed)| !remark.is_right && !typed.is_empty());
        let missing = answers.iter().find(|(remark, _)| !remark.is_right);
        let counted = format!("{done} of 2 parts done.");
        match (wrong, missing) {
            (Some((remark, _)), _) => PressResult::Wrong(format!("{counted} {}", remark.says)),
            (None, Some((remark, _))) if done == 0 => PressResult::Missing(format!("{counted} {}", remark.says)),
            (None, Some((remark, _))) => PressResult::Step(format!("{counted} One answer is right. {}", remark.says)),
            (None, None) => PressResult::Solved(format!("{counted} You read both parts, and no key was needed.")),
        }
    }
}

/// A part of the token whose member is to be read.
struct Part {
    /// Its name, which is also that of its hints.
    name: &'static str,
    title: &'static str,
    place: usize,
    /// Where it stands, in words.
    is: &'static str,
    member: &'static str,
}

const HEADER: Part = Part { name: "header", title: "Header", place: 0, is: "first", member: "alg" };
const PAYLOAD: Part = Part { name: "payload", title: "Payload", place: 1, is: "second", member: "sub" };

impl Part {
    fn judge(&self, token: &str, typed: &str) -> Remark {
        let typed = typed.trim();
        let wanted = self.object(token).get(self.member).map(shown).unwrap_or_default();
        let (title, member) = (self.title, self.member);
        if typed == wanted && !wanted.is_empty() {
            return Remark::right(format!("{title}: this is the value of `{member}`."));
        }
        if typed.trim_matches(['"', '\'']) == wanted {
            return Remark::right(format!(
                "{title}: this is the value of `{member}`. The quotation marks belong to JSON and not to the value."
            ));
        }
        Remark::miss(format!("{title}: {}", self.miss(token, typed, &wanted)))
    }

    fn miss(&self, token: &str, typed: &str, wanted: &str) -> String {
        let (name, member) = (self.name, self.member);
        let only = format!("Type only the value of `{member}`.");
        if typed.is_empty() {
            return format!("the field is empty. Decode the {} part, and type the value of `{member}`.", self.is);
        }
        if let Some(says) = self.not_decoded(token, typed).or_else(|| self.of_other(token, typed)) {
            return says;
        }
        if parse_object(typed.as_bytes()).is_ok_and(|object| object.contains_key(member)) {
            return format!("you typed the whole {name}. {only}");
        }
        if typed.eq_ignore_ascii_case(wanted) {
            return format!("right letters, wrong case. `{member}` is compared exactly.");
        }
        if typed.contains(wanted) {
            return format!("the value is in that text. {only}");
        }
        self.member_with(token, typed).map_or_else(
            || format!("that is not the value of `{member}` in this token."),
            |other| format!("that is the value of `{other}`. {only}"),
        )
    }

    /// What is said of an answer that is still encoded.
    fn not_decoded(&self, token: &str, typed: &str) -> Option<String> {
        let parts = segments(token).unwrap_or_default();
        let (name, member) = (self.name, self.member);
        let other = self.other();
        Some(match typed {
            _ if typed == token => {
                format!("that is the whole token. Its {} part is the {name}, still to be decoded.", self.is)
            }
            _ if typed == parts[2] => "that is the signature. It is not text.".to_owned(),
            _ if is_piece(parts[self.place], typed) => {
                format!("that is the {name}, or a piece of it, still encoded. Decode it, and look for `{member}`.")
            }
            _ if is_piece(parts[other.place], typed) => {
                format!("that is in the {}, still encoded. {}", other.name, self.is_where())
            }
            _ if typed.starts_with("eyJ") => {
                format!("that is still encoded in base64url. Decode it, and look for `{member}`.")
            }
            _ => return None,
        })
    }

    /// What is said of an answer that stands in the other part.
    fn of_other(&self, token: &str, typed: &str) -> Option<String> {
        let other = self.other();
        if parse_object(typed.as_bytes()).is_ok_and(|object| object.contains_key(other.member)) {
            return Some(format!("that is the {}, decoded. {}", other.name, self.is_where()));
        }
        let member = other.member_with(token, typed)?;
        Some(format!("that is the value of `{member}` in the {}. {}", other.name, self.is_where()))
    }

    fn is_where(&self) -> String {
        format!("The {} is the {} part.", self.name, self.is)
    }

    const fn other(&self) -> &'static Self {
        if self.place == HEADER.place { &PAYLOAD } else { &HEADER }
    }

    fn object(&self, token: &str) -> Map<String, Value> {
        text_of(token, self.place).and_then(|text| parse_object(text.as_bytes()).ok()).unwrap_or_default()
    }

    /// The name of the member that has this value.
    fn member_with(&self, token: &str, typed: &str) -> Option<String> {
        self.object(token).into_iter().find(|(_, value)| shown(value) == typed).map(|(name, _)| name)
    }
}

/// A value without the quotation marks of JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether this is the encoded part, or a piece of it that is long enough to be no accident.
fn is_piece(encoded: &str, typed: &str) -> bool {
    const SHORTEST: usize = 6;
    let typed = typed.trim_end_matches(['…', '.', '=']);
    typed.len() >= SHORTEST && encoded.contains(typed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::signing_input;

    const SUBJECT: &str = "quiet-heron-7";

    fn token() -> String {
        let payload = r#"{"sub":"quiet-heron-7","iat":1800000000,"exp":1800003600}"#;
        format!("{}.c2lnbmF0dXJl", signing_input(r#"{"typ":"JWT","alg":"HS256"}"#, payload))
    }

    fn judged(sub: &str, alg: &str) -> (PressResult, Open) {
        let typed = Typed { sub: sub.to_owned(), alg: alg.to_owned() };
        let judged = Judged::of(&token(), &typed);
        (judged.press(&typed), judged.open())
    }

    #[test]
    fn both_values_are_right_with_quotation_marks_and_spaces_too() {
        for (sub, alg) in [
            (SUBJECT, "HS256"),
            (" quiet-heron-7\n", "HS256 "),
            ("\"quiet-heron-7\"", "\"HS256\""),
            ("'quiet-heron-7'", "'HS256'"),
        ] {
            let (press, open) = judged(sub, alg);
            assert!(press.is_solved() && press.says().starts_with("2 of 2 parts done."), "{sub}: {press:?}");
            assert_eq!(open, Open::Nothing);
        }
    }

    #[test]
    fn one_right_answer_is_counted_and_the_hints_are_about_the_other() {
        let (press, open) = judged(SUBJECT, "");
        assert!(matches!(&press, PressResult::Step(says) if says.starts_with("1 of 2 parts done.")), "{press:?}");
        assert!(press.says().contains("Header: the field is empty"), "{press:?}");
        assert_eq!(open, Open::Part("header"));
        let (press, open) = judged("", "HS256");
        assert!(matches!(&press, PressResult::Step(says) if says.contains("Payload: the field is empty")), "{press:?}");
        assert_eq!(open, Open::Part("payload"));
        let (press, open) = judged(SUBJECT, "RS256");
        assert!(
            matches!(&press, PressResult::Wrong(says) if says.contains("1 of 2 parts done. Header: that")),
            "{press:?}"
        );
        assert_eq!(open, Open::Part("header"));
        let (press, _) = judged("", "RS256");
        assert!(
            matches!(&press, PressResult::Wrong(says) if says.contains("0 of 2 parts done. Header: that")),
            "{press:?}"
        );
        assert!(matches!(judged(" ", "").0, PressResult::Missing(says) if says.starts_with("0 of 2 parts done.")));
    }

    #[test]
    fn the_visitor_goes_on_with_the_field_that_the_verdict_is_about() {
        for (sub, alg, field) in [
            (SUBJECT, "", "alg"),
            ("", "HS256", "sub"),
            ("", "", "sub"),
            ("", "RS256", "alg"),
            ("bob", "RS256", "sub"),
            ("bob", "", "sub"),
            (SUBJECT, "RS256", "alg"),
        ] {
            let typed = Typed { sub: sub.to_owned(), alg: alg.to_owned() };
            let judged = Judged::of(&token(), &typed);
            assert_eq!(judged.field(&typed), field, "{sub} {alg}");
            let part = if field == "sub" { "Payload: " } else { "Header: " };
            assert!(judged.press(&typed).says().contains(part), "{sub} {alg}");
        }
    }

    #[test]
    fn every_near_miss_is_named() {
        let token = token();
        let [header, payload, signature] = segments(&token).unwrap();
        for (typed, named) in [
            (token.as_str(), "the whole token. Its second part"),
            (payload, "the payload, or a piece of it, still encoded"),
            (&payload[..9], "the payload, or a piece of it, still encoded"),
            ("eyJhIjoi…", "still encoded in base64url"),
            ("pF5bG9h", "not the value of `sub`"),
            (header, "in the header, still encoded. The payload is the second part."),
            (signature, "the signature"),
            (r#"{"sub":"quiet-heron-7","iat":1800000000}"#, "the whole payload"),
            (r#"{"typ":"JWT","alg":"HS256"}"#, "the header, decoded"),
            ("HS256", "the value of `alg` in the header"),
            ("Quiet-Heron-7", "wrong case"),
            (r#""sub": "quiet-heron-7""#, "Type only the value"),
            ("1800003600", "the value of `exp`. Type only the value of `sub`."),
            ("bob", "not the value of `sub`"),
        ] {
            let (press, _) = judged(typed, "");
            assert!(press.is_wrong() && press.says().contains(named), "{typed}: {press:?}");
            assert!(press.says().starts_with("0 of 2 parts done. Payload: "), "{press:?}");
        }
        for (typed, named) in [
            (token.as_str(), "Its first part is the header"),
            (payload, "in the payload, still encoded. The header is the first part."),
            (header, "the header, or a piece of it, still encoded"),
            ("JWT", "the value of `typ`. Type only the value of `alg`."),
            (SUBJECT, "the value of `sub` in the payload"),
            ("hs256", "wrong case"),
            (r#"{"typ":"JWT","alg":"HS256"}"#, "the whole header"),
            ("none", "not the value of `alg`"),
        ] {
            let (press, _) = judged(SUBJECT, typed);
            assert!(press.is_wrong() && press.says().contains(named), "{typed}: {press:?}");
        }
    }

    #[test]
    fn a_subject_is_made_of_what_is_random() {
        assert_eq!(subject([0, 0, 7]), SUBJECT);
        assert_eq!(subject([255, 17, 255]), "nimble-otter-255");
    }

    #[test]
    fn the_kept_token_is_read_back_and_ends_with_its_hour() {
        let claims = Claims::new().with("sub", SUBJECT).with("iat", 1_800_000_000);
        let kept = KeptToken::of(&claims).unwrap();
        assert_eq!(KeptToken::parse(&kept.text()), Some(kept.clone()));
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        for (seconds, is_valid) in [(-1, false), (0, true), (3599, true), (3600, false)] {
            assert_eq!(kept.issued_if_valid(at(seconds)), is_valid.then(|| at(0)), "{seconds}");
        }
        for text in ["", "x quiet-heron-7", "1800000000"] {
            assert_eq!(KeptToken::parse(text), None, "{text}");
        }
    }
}
