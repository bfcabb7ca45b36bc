//! Properties of issuing and verifying, tried on generated tokens, and an oracle: `jsonwebtoken`'s own validation.
//!
//! The oracle shares the cryptography with the verifier and nothing else. Where the two differ on purpose, the
//! generator stays away: the last test lists those rules. For `exp` = now that takes a margin, since the oracle asks
//! the system's clock: every generated time lies 100 s or more from now.

use std::cell::Cell;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::clock::{Clock as _, System};
use hallpass::code::Code;
use hallpass::keys;
use hallpass::profiles::Lifetime;
use hallpass::profiles::demo::{self, DemoAlgorithm, Subject};
use hallpass::token::{Show, Verdict};
use jsonwebtoken::{DecodingKey, Validation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use super::verdict::{BOTH, KEYS, Keys, NOW, Object, at, compact, header, judge, report, signed};

static OTHER_KEYS: LazyLock<Keys> = LazyLock::new(Keys::fresh);

fn algorithms() -> impl Strategy<Value = DemoAlgorithm> {
    select(&BOTH[..])
}

fn subjects() -> impl Strategy<Value = Subject> {
    vec(any::<char>(), 1..=64)
        .prop_map(|chars| Subject::parse(&chars.into_iter().collect::<String>()))
        .prop_filter_map("no subject", Result::ok)
}

fn lifetimes() -> impl Strategy<Value = Lifetime> {
    (1..=86_400_u32).prop_map(|seconds| seconds.to_string().parse().expect("in range"))
}

/// A good token for somebody, issued now.
fn tokens() -> impl Strategy<Value = (DemoAlgorithm, String)> {
    (algorithms(), subjects()).prop_map(|(algorithm, subject)| {
        let token = demo::issue(&KEYS.ring, algorithm, &subject, Lifetime::default(), at(NOW));
        (algorithm, token.expect("a signature").into_string())
    })
}

/// Everything that is ever shown of a verdict.
fn render(verdict: &Verdict) -> String {
    let outcomes: Vec<String> = verdict.checks().iter().map(|(_, outcome)| outcome.to_string()).collect();
    [report(verdict, Show::UnverifiedClaims), report(verdict, Show::VerifiedClaimsOnly), outcomes.join("\n")].concat()
}

/// Pieces of JSON that make now an object, now nonsense. Long because it is one list of pieces.
fn jsonish() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "\"alg\"",
        "\"HS256\"",
        "\"RS256\"",
        "\"typ\"",
        "\"JWT\"",
        "\"kid\"",
        "\"crit\"",
        "\"sub\"",
        "\"exp\"",
        "\"iat\"",
        "\"nbf\"",
        "\"aud\"",
        "null",
        "true",
        "1e999",
        "-1",
        "0.5",
        "1700000000",
        "1e300",
        "18446744073709551616",
        " ",
        "\n",
        "é",
        "\u{1f600}",
        "\u{feff}",
        "\0",
    ];
    let member = (select(&["alg", "typ", "kid", "sub", "iat", "nbf", "exp", "aud", "jti", "x"][..]), value());
    prop_oneof![
        vec(select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat()),
        vec(member, 0..6).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Object::new(&members).to_string()
        }),
    ]
}

/// One JSON value, or nearly.
fn value() -> impl Strategy<Value = String> {
    let values = [
        "null",
        "true",
        "-1",
        "-0",
        "1e999",
        "1e300",
        "1700000060",
        "1699999999.5",
        "1700000060000",
        "\"HS256\"",
        "\"RS256\"",
        "\"none\"",
        "\"JWT\"",
        "\"bob\"",
        "\"\"",
        "[]",
        "{}",
        "[[[]]]",
        "{\"a\":{\"a\":1,\"a\":2}}",
        "tru",
    ];
    prop_oneof![select(values.to_vec()).prop_map(str::to_owned), any::<f64>().prop_map(|number| number.to_string())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_issued_is_accepted_in_its_lifetime_and_at_no_other_time(
        algorithm in algorithms(),
        subject in subjects(),
        lifetime in lifetimes(),
        iat in 0..90_000_000_000_i64,
        age in any::<Index>(),
    ) {
        let token = demo::issue(&KEYS.ring, algorithm, &subject, lifetime, at(iat)).unwrap();
        let judge_at = |seconds| demo::verify(&KEYS.ring, algorithm, token.as_str(), at(seconds));

        let age = i64::try_from(age.index(usize::try_from(lifetime.seconds()).unwrap())).unwrap();
        for seconds in [iat, iat + age, iat + lifetime.seconds() - 1] {
            let claims = judge_at(seconds).accept().unwrap();
            prop_assert_eq!(claims.subject(), Some(subject.as_str()));
            prop_assert_eq!(&claims, &demo::claims(&subject, lifetime, at(iat)));
        }
        prop_assert_eq!(judge_at(iat + lifetime.seconds() + age).code(), Code::Expired);
        prop_assert_eq!(judge_at(iat - 1 - age).code(), Code::NotYetValid);
        let other = if algorithm == DemoAlgorithm::HS256 { DemoAlgorithm::RS256 } else { DemoAlgorithm::HS256 };
        prop_assert_eq!(demo::verify(&KEYS.ring, other, token.as_str(), at(iat)).code(), Code::AlgNotAllowed);
        prop_assert_eq!(demo::verify(&OTHER_KEYS.ring, algorithm, token.as_str(), at(iat)).is_accepted(), false);
    }

    #[test]
    fn a_changed_character_is_never_accepted(
        (algorithm, token) in tokens(),
        position in any::<Index>(),
        other in prop_oneof![any::<char>(), proptest::char::range('!', '~')],
    ) {
        let position = position.index(token.len());
        prop_assume!(!token[position..].starts_with(other));
        let changed = format!("{}{other}{}", &token[..position], &token[position + 1..]);
        prop_assert!(!judge(algorithm, &changed).is_accepted(), "{}", changed);
    }

    #[test]
    fn a_character_more_or_fewer_is_never_accepted(
        (algorithm, token) in tokens(),
        position in any::<Index>(),
        more in prop_oneof![any::<char>(), proptest::char::range('!', '~')],
    ) {
        let position = position.index(token.len());
        let longer = format!("{}{more}{}", &token[..position], &token[position..]);
        let shorter = format!("{}{}", &token[..position], &token[position + 1..]);
        for changed in [longer, format!("{token}{more}"), shorter] {
            prop_assert!(!judge(algorithm, &changed).is_accepted(), "{}", changed);
        }
    }

    #[test]
    fn a_part_of_another_token_is_never_accepted(
        algorithm in algorithms(),
        [one, other] in [subjects(), subjects()],
        part in 1..3_usize,
    ) {
        prop_assume!(one != other);
        let [mut mixed, other] = [one, other].map(|subject| {
            let token = demo::issue(&KEYS.ring, algorithm, &subject, Lifetime::default(), at(NOW)).unwrap();
            token.as_str().split('.').map(str::to_owned).collect::<Vec<_>>()
        });
        mixed[part].clone_from(&other[part]);
        prop_assert_eq!(judge(algorithm, &mixed.join(".")).code(), Code::BadSignature);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn no_single_changed_bit_is_accepted((algorithm, token) in tokens()) {
        for position in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                let changed = String::from_utf8_lossy(&bytes);
                prop_assert!(!judge(algorithm, &changed).is_accepted(), "bit {} of byte {}", bit, position);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_bytes_get_a_refusal_and_no_panic(algorithm in algorithms(), bytes in vec(any::<u8>(), 0..300)) {
        let verdict = judge(algorithm, &String::from_utf8_lossy(&bytes));
        prop_assert!(!verdict.is_accepted());
        render(&verdict);
    }

    #[test]
    fn any_text_with_dots_gets_a_refusal_and_no_panic(algorithm in algorithms(), text in "[A-Za-z0-9_=+/. é-]{0,200}") {
        let verdict = judge(algorithm, &text);
        prop_assert!(!verdict.is_accepted());
        render(&verdict);
    }

    #[test]
    fn parts_of_nearly_json_get_a_verdict_and_no_panic(
        algorithm in algorithms(),
        [first, second, third] in [jsonish(), jsonish(), jsonish()],
    ) {
        let verdict = judge(algorithm, &compact(&first, &second, |_| URL_SAFE_NO_PAD.encode(&third)));
        prop_assert!(!verdict.is_accepted());
        render(&verdict);
        // With the right key behind it the payload is read as well, and some of these are even good.
        for header in [&first, &header(algorithm).to_string()] {
            render(&judge(algorithm, &signed(algorithm, header, &second)));
        }
    }
}

/// A token for both verifiers, its times relative to a now that is known only when it is made.
#[derive(Clone, Debug)]
struct Sample {
    algorithm: DemoAlgorithm,
    typ: &'static str,
    sub: &'static str,
    exp: Time,
    nbf: Time,
    age: i64,
    signing: Signing,
    damage: Damage,
}

#[derive(Clone, Debug)]
enum Time {
    In(i64),
    /// The same half a second later.
    InAndAHalf(i64),
    Text(&'static str),
    Absent,
}

#[derive(Clone, Copy, Debug)]
enum Signing {
    Right,
    AnotherKey,
    /// The right key under another algorithm of its family, and the header says so.
    Sibling,
    /// The header says one thing and the signature is another.
    HiddenSibling,
    Unsigned,
}

#[derive(Clone, Debug)]
enum Damage {
    Nothing,
    /// Another character of the alphabet somewhere.
    Changed(Index, char),
    Cut(usize),
    Padded,
    /// One of the unused bits of the last character.
    Twin,
    OnePartMore,
    OnePartLess,
}

/// Long because it is one list: a strategy for each member of a sample.
fn samples() -> impl Strategy<Value = Sample> {
    let far = || 100..1_000_000_i64;
    let odd = || select(&["null", "true", "-1", "\"1\"", "\"never\"", "[]", "1e999"][..]).prop_map(Time::Text);
    let exp = prop_oneof![
        8 => far().prop_map(Time::In),
        2 => far().prop_map(Time::InAndAHalf),
        3 => far().prop_map(|ago| Time::In(-ago)),
        1 => Just(Time::Absent),
        1 => odd(),
    ];
    let nbf = prop_oneof![
        8 => Just(Time::Absent),
        3 => far().prop_map(|ago| Time::In(-ago)),
        1 => far().prop_map(|ago| Time::InAndAHalf(-ago)),
        2 => far().prop_map(Time::In),
        1 => odd(),
    ];
    let signing = prop_oneof![
        8 => Just(Signing::Right),
        1 => Just(Signing::AnotherKey),
        1 => Just(Signing::Sibling),
        1 => Just(Signing::HiddenSibling),
        1 => Just(Signing::Unsigned),
    ];
    let alphabet = || "[A-Za-z0-9_-]".prop_map(|it| it.chars().next().unwrap_or('A'));
    let damage = prop_oneof![
        12 => Just(Damage::Nothing),
        3 => (any::<Index>(), alphabet()).prop_map(|(position, other)| Damage::Changed(position, other)),
        1 => (1..60_usize).prop_map(Damage::Cut),
        1 => Just(Damage::Padded),
        1 => Just(Damage::Twin),
        1 => Just(Damage::OnePartMore),
        1 => Just(Damage::OnePartLess),
    ];
    let typ = select(&["\"JWT\"", "\"jwt\"", ""][..]);
    let sub = prop_oneof![9 => Just("\"bob\""), 1 => select(&["", "null", "5", "[\"bob\"]"][..])];
    (algorithms(), typ, sub, exp, nbf, far(), signing, damage).prop_map(
        |(algorithm, typ, sub, exp, nbf, age, signing, damage)| Sample {
            algorithm,
            typ,
            sub,
            exp,
            nbf,
            age,
            signing,
            damage,
        },
    )
}

impl Sample {
    fn token(&self, now: i64) -> String {
        let given = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        let claims = [
            ("sub", given(self.sub)),
            ("iat", Some((now - self.age).to_string())),
            ("nbf", self.nbf.text(now)),
            ("exp", self.exp.text(now)),
        ];
        let claims: Vec<_> = claims.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        self.damage.to(self.signed(&Object::new(&claims).to_string()))
    }

    fn signed(&self, claims: &str) -> String {
        let is_mac = self.algorithm == DemoAlgorithm::HS256;
        let sibling = if is_mac { keys::Algorithm::Hs384 } else { keys::Algorithm::Ps256 };
        let alg = match self.signing {
            Signing::Right | Signing::AnotherKey | Signing::HiddenSibling => self.algorithm.as_str(),
            Signing::Sibling => sibling.as_str(),
            Signing::Unsigned => "none",
        };
        let header = Object::new(&[("alg", &format!("\"{alg}\""))]);
        let header = if self.typ.is_empty() { header } else { header.with("typ", self.typ) };
        compact(header.to_string(), claims, |message| match self.signing {
            Signing::Right => KEYS.signer(self.algorithm).sign(message).expect("a signature"),
            Signing::AnotherKey => OTHER_KEYS.signer(self.algorithm).sign(message).expect("a signature"),
            Signing::Sibling | Signing::HiddenSibling => KEYS.sibling(sibling).sign(message).expect("a signature"),
            Signing::Unsigned => String::new(),
        })
    }
}

impl Time {
    fn text(&self, now: i64) -> Option<String> {
        match self {
            Self::In(seconds) => Some((now + seconds).to_string()),
            Self::InAndAHalf(seconds) => Some(format!("{}.5", now + seconds)),
            Self::Text(text) => Some((*text).to_owned()),
            Self::Absent => None,
        }
    }
}

impl Damage {
    fn to(&self, mut token: String) -> String {
        match self {
            Self::Nothing => {}
            Self::Changed(position, other) => {
                let position = position.index(token.len());
                token.replace_range(position..=position, &other.to_string());
            }
            Self::Cut(characters) => token.truncate(token.len() - characters),
            Self::Padded => token.push('='),
            Self::Twin => {
                let last = token.pop().unwrap_or('A');
                token.push(char::from(last as u8 ^ 1));
            }
            Self::OnePartMore => token.push_str(".e30"),
            Self::OnePartLess => token.truncate(token.rfind('.').unwrap_or_default()),
        }
        token
    }
}

/// `jsonwebtoken::decode` with everything on that it has.
fn oracle_accepts(algorithm: DemoAlgorithm, token: &str) -> bool {
    let (algorithm, key) = if algorithm == DemoAlgorithm::HS256 {
        (jsonwebtoken::Algorithm::HS256, DecodingKey::from_secret(KEYS.secret_text.as_bytes()).unwrap())
    } else {
        let jwks = serde_json::to_value(KEYS.ring.published(at(NOW))).expect("a key set is JSON");
        let number = |name| jwks["keys"][0][name].as_str().expect("an RSA key");
        let key = DecodingKey::from_rsa_components(number("n"), number("e")).expect("an RSA key");
        (jsonwebtoken::Algorithm::RS256, key)
    };
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.validate_exp = true;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "sub"]);
    jsonwebtoken::decode::<serde_json::Value>(token, &key, &validation).is_ok()
}

#[test]
fn the_verifier_and_jsonwebtoken_agree_on_whom_to_refuse() {
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let agree = |sample: Sample| {
        let now = System.now();
        let token = sample.token(now.timestamp());
        let verdict = demo::verify(&KEYS.ring, sample.algorithm, &token, now);
        prop_assert_eq!(verdict.is_accepted(), oracle_accepts(sample.algorithm, &token), "{}", verdict.message());
        let counter = if verdict.is_accepted() { &accepted } else { &refused };
        counter.set(counter.get() + 1);
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(3000)).run(&samples(), agree).unwrap();
    // An oracle that only ever says no proves nothing.
    assert!(accepted.get() >= 300 && refused.get() >= 300, "{} accepted, {} refused", accepted.get(), refused.get());
}

/// What the generator of [`samples`] leaves out, and why.
#[test]
fn what_jsonwebtoken_lets_through_and_the_verifier_does_not() {
    let now = System.now();
    let later = (now.timestamp() + 1000).to_string();
    let good_header = header(DemoAlgorithm::HS256);
    let good_claims = Object::new(&[("sub", "\"bob\""), ("iat", "0"), ("exp", &later)]);
    let milliseconds = format!("{later}000");
    let claims = |name: &str, value: &str| (good_header.clone(), good_claims.with(name, value).to_string());
    let header = |name: &str, value: &str| (good_header.with(name, value), good_claims.to_string());
    for (code, (header, payload)) in [
        (Code::NotYetValid, claims("iat", &later)),
        (Code::BadClaim, claims("exp", &milliseconds)),
        (Code::BadClaim, claims("jti", "5")),
        (Code::BadClaim, claims("aud", "null")),
        (Code::BadClaim, (good_header.clone(), good_claims.without("iat").to_string())),
        (Code::Malformed, (good_header.clone(), good_claims.and("role", "1").and("role", "2").to_string())),
        (Code::Malformed, (good_header.clone(), format!("[{later},0,\"bob\",null,null]"))),
        (Code::WrongType, header("typ", "\"at+jwt\"")),
        (Code::UnknownKid, header("kid", "\"any\"")),
    ] {
        let token = signed(DemoAlgorithm::HS256, header.to_string(), &payload);
        assert!(oracle_accepts(DemoAlgorithm::HS256, &token), "{header} {payload}");
        let verdict = demo::verify(&KEYS.ring, DemoAlgorithm::HS256, &token, now);
        assert_eq!(verdict.code(), code, "{header} {payload}: {}", verdict.message());
    }

    let critical = signed(DemoAlgorithm::HS256, header("crit", "[\"any\"]").0.to_string(), good_claims.to_string());
    assert!(!oracle_accepts(DemoAlgorithm::HS256, &critical), "since 12.0 the library looks at crit too");
    assert_eq!(demo::verify(&KEYS.ring, DemoAlgorithm::HS256, &critical, now).code(), Code::HeaderNotAllowed);

    let begin = System.now().timestamp();
    let ends_now = good_claims.with("exp", &begin.to_string()).to_string();
    let token = signed(DemoAlgorithm::HS256, good_header.to_string(), ends_now);
    let accepted = oracle_accepts(DemoAlgorithm::HS256, &token);
    assert!(accepted || System.now().timestamp() > begin, "exp = now is still good for the oracle");
    assert_eq!(demo::verify(&KEYS.ring, DemoAlgorithm::HS256, &token, at(begin)).code(), Code::Expired);
}
