//! The verdict itself: its JSON, its fourteen checks, and which claims and headers a token of the demo may have.
//!
//! What the other files about tokens share stands here too: one fresh keys folder, and tokens written by hand.

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hallpass::code::Code;
use hallpass::keys::{self, GivenKey, KeyRing, Signer};
use hallpass::profiles::demo::{self, DemoAlgorithm, Subject};
use hallpass::profiles::lab;
use hallpass::profiles::{IssueError, Lifetime};
use hallpass::token::{
    self, AudienceRule, Candidates, Check, Claim, Claims, Expected, Judged, Kind, Outcome, Pending, Rules, Show, Typ,
    Verdict,
};

/// The server's own keys.
pub static KEYS: LazyLock<Keys> = LazyLock::new(Keys::fresh);

pub const BOTH: [DemoAlgorithm; 2] = DemoAlgorithm::OFFERED;

/// When tokens are issued and judged, unless a test says otherwise.
pub const NOW: i64 = 1_700_000_000;

/// The keys of one new folder, in every form in which a test needs them.
pub struct Keys {
    pub ring: KeyRing,
    pub secret_text: String,
    pub public_pem: String,
    secret: GivenKey,
    private: GivenKey,
}

impl Keys {
    pub fn fresh() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (ring, _) = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).expect("a folder of new keys");
        let given = |name| GivenKey::read(&folder.path().join(name)).expect("a key that was just made");
        let text = |name| std::fs::read_to_string(folder.path().join(name)).expect("a file that was just made");
        let secret_text = text("hs256.secret").trim_end().to_owned();
        let public_pem = text("jwt_key.pub");
        Self { secret_text, public_pem, secret: given("hs256.secret"), private: given("jwt_key"), ring }
    }

    pub fn signer(&self, algorithm: DemoAlgorithm) -> &Signer {
        algorithm.keys(&self.ring).signer(at(NOW)).expect("a new folder can sign")
    }

    /// The same key material bound to any algorithm that fits it.
    pub fn sibling(&self, algorithm: keys::Algorithm) -> Signer {
        let fitting = [&self.secret, &self.private].into_iter().find_map(|key| key.signer(Some(algorithm)).ok());
        fitting.expect("an algorithm that fits the secret or the RSA key")
    }

    pub fn kid(&self) -> &str {
        self.signer(DemoAlgorithm::RS256).kid().expect("an RSA key has a name")
    }
}

/// A JSON object as text, member by member, so that a test can write what no serializer would.
#[derive(Clone, Debug)]
pub struct Object(Vec<(String, String)>);

impl Object {
    pub fn new(members: &[(&str, &str)]) -> Self {
        Self(members.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The same object in which `name` has this value, in its place or at the end.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut members = self.0.clone();
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => members.push((name.to_owned(), value.to_owned())),
        }
        Self(members)
    }

    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// The same object and one more member, also when there is one of that name.
    pub fn and(&self, name: &str, value: &str) -> Self {
        let mut members = self.0.clone();
        members.push((name.to_owned(), value.to_owned()));
        Self(members)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members: Vec<_> = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        write!(f, "{{{}}}", members.join(","))
    }
}

/// The header of the demo's own tokens.
pub fn header(under: DemoAlgorithm) -> Object {
    if under == DemoAlgorithm::HS256 {
        return Object::new(&[("alg", "\"HS256\""), ("typ", "\"JWT\"")]);
    }
    Object::new(&[("alg", "\"RS256\""), ("kid", &format!("\"{}\"", KEYS.kid())), ("typ", "\"JWT\"")])
}

/// The claims of a token that was issued just now.
pub fn claims() -> Object {
    Object::new(&[("sub", "\"bob\""), ("iat", "1700000000"), ("exp", "1700000060")])
}

/// Any header and payload in compact form, whose signature `sign` makes.
pub fn compact(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, sign: impl FnOnce(&[u8]) -> String) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{signature}")
}

/// Any header and payload, signed with the server's own key.
pub fn signed(under: DemoAlgorithm, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    compact(header, payload, |message| KEYS.signer(under).sign(message).expect("a signature"))
}

/// These claims in an otherwise good token.
fn token_with(under: DemoAlgorithm, claims: &Object) -> String {
    signed(under, header(under).to_string(), claims.to_string())
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a moment")
}

pub fn judge(under: DemoAlgorithm, token: &str) -> Verdict {
    demo::verify(&KEYS.ring, under, token, at(NOW))
}

pub fn report(verdict: &Verdict, show: Show) -> String {
    serde_json::to_string(&verdict.report(show)).expect("a report is plain JSON")
}

/// Asserts that the verdict is this refusal, and what every refusal must be.
#[track_caller]
pub fn assert_refused(verdict: &Verdict, check: Check, code: Code, name: &str) {
    let found = verdict.rejection().map(|(check, reason)| (check, reason.code));
    assert_eq!(found, Some((check, code)), "{name}: {}", verdict.message());
    assert_eq!(verdict.code(), code, "{name}");
    assert!(!verdict.is_accepted() && verdict.claims().is_none(), "{name}");
    assert_checks_in_order(verdict, name);

    let rejection = verdict.clone().accept().expect_err(name);
    assert_eq!((rejection.check, rejection.reason.code), (check, code), "{name}");
    let report: serde_json::Value =
        serde_json::from_str(&report(verdict, Show::VerifiedClaimsOnly)).expect("a report is JSON");
    assert_eq!(report["accepted"], false, "{name}");
    assert!(report.get("claims").is_none() && report.get("unverified_claims").is_none(), "{name}");
}

#[track_caller]
pub fn assert_accepted(verdict: &Verdict, name: &str) {
    assert!(verdict.is_accepted(), "{name}: {}", verdict.message());
    assert_eq!(verdict.code(), Code::Accepted, "{name}");
    assert_checks_in_order(verdict, name);
}

/// Every check is there, and after the first that failed none is reached.
#[track_caller]
fn assert_checks_in_order(verdict: &Verdict, name: &str) {
    let order: Vec<Check> = verdict.checks().iter().map(|(check, _)| *check).collect();
    assert!(order == Check::ALL || order == Check::WITHOUT_PROFILE, "{name}: {order:?}");
    let failed = verdict.checks().iter().position(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    for (index, (check, outcome)) in verdict.checks().iter().enumerate() {
        let right = match outcome {
            Outcome::Passed(_) => failed.is_none_or(|failed| index < failed),
            Outcome::Failed(_) => failed == Some(index),
            Outcome::NotReached => failed.is_some_and(|failed| index > failed),
        };
        assert!(right, "{name}: {check:?} is {outcome:?}");
    }
}

/// Asserts the answer to a token with each of these claims, under both algorithms.
#[track_caller]
fn assert_claims_refused(table: &[(&str, Object, Check, Code)]) {
    for under in BOTH {
        for (name, claims, check, code) in table {
            assert_refused(&judge(under, &token_with(under, claims)), *check, *code, &format!("{name}, {under}"));
        }
    }
}

#[test]
fn a_token_of_the_demo_is_this_text_to_the_byte() {
    for under in BOTH {
        let token = demo::issue(&KEYS.ring, under, &Subject::default(), Lifetime::default(), at(NOW)).unwrap();
        let [header, payload, _] = token::segments(token.as_str()).unwrap();
        let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(
            text(header),
            if under == DemoAlgorithm::HS256 {
                r#"{"alg":"HS256","typ":"JWT"}"#.to_owned()
            } else {
                format!(r#"{{"alg":"RS256","kid":"{}","typ":"JWT"}}"#, KEYS.kid())
            }
        );
        assert_eq!(text(payload), r#"{"sub":"bob","iat":1700000000,"exp":1700000060}"#);
        assert_eq!(token.as_str(), token_with(under, &claims()));
    }
}

#[test]
fn a_token_does_not_print_itself() {
    let token =
        demo::issue(&KEYS.ring, DemoAlgorithm::HS256, &Subject::default(), Lifetime::default(), at(NOW)).unwrap();
    assert_eq!(format!("{token:?}"), format!("Token({} bytes)", token.as_str().len()));
}

#[test]
fn a_folder_with_only_the_public_key_verifies_and_cannot_sign() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jwt_key.pub"), &KEYS.public_pem).unwrap();
    let (ring, _) = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).unwrap();

    let token = token_with(DemoAlgorithm::RS256, &claims());
    assert_accepted(&demo::verify(&ring, DemoAlgorithm::RS256, &token, at(NOW)), "signed elsewhere");
    assert!(!demo::can_issue(&ring, DemoAlgorithm::RS256, at(NOW)));
    let refused = demo::issue(&ring, DemoAlgorithm::RS256, &Subject::default(), Lifetime::default(), at(NOW));
    assert!(matches!(refused, Err(IssueError::NoSigner(algorithm)) if algorithm == DemoAlgorithm::RS256));
}

#[test]
fn an_accepted_verdict_is_this_json_to_the_byte() {
    for under in BOTH {
        let verdict = judge(under, &token_with(under, &claims()));
        let wanted = [
            r#"{"accepted":true,"code":"accepted","message":"every check passed","checks":["#,
            r#"{"check":"shape","outcome":"passed"},"#,
            r#"{"check":"encoding","outcome":"passed"},"#,
            r#"{"check":"header","outcome":"passed"},"#,
            r#"{"check":"algorithm","outcome":"passed"},"#,
            r#"{"check":"key","outcome":"passed"},"#,
            r#"{"check":"signature","outcome":"passed"},"#,
            r#"{"check":"payload","outcome":"passed"},"#,
            r#"{"check":"issued_at","outcome":"passed"},"#,
            r#"{"check":"not_before","outcome":"passed"},"#,
            r#"{"check":"expiry","outcome":"passed"},"#,
            r#"{"check":"issuer","outcome":"passed"},"#,
            r#"{"check":"audience","outcome":"passed"},"#,
            r#"{"check":"profile","outcome":"passed"},"#,
            r#"{"check":"revocation","outcome":"passed"}],"#,
            &format!(r#""header":{},"#, header(under)),
            r#""claims":{"sub":"bob","iat":1700000000,"exp":1700000060}}"#,
        ]
        .concat();
        for show in [Show::VerifiedClaimsOnly, Show::UnverifiedClaims] {
            assert_eq!(report(&verdict, show), wanted);
        }
    }
}

#[test]
fn an_expired_verdict_is_this_json_to_the_byte() {
    for under in BOTH {
        let verdict = demo::verify(&KEYS.ring, under, &token_with(under, &claims()), at(NOW + 63));
        let wanted = [
            r#"{"accepted":false,"code":"expired","message":"the token expired 3 s ago","checks":["#,
            r#"{"check":"shape","outcome":"passed"},"#,
            r#"{"check":"encoding","outcome":"passed"},"#,
            r#"{"check":"header","outcome":"passed"},"#,
            r#"{"check":"algorithm","outcome":"passed"},"#,
            r#"{"check":"key","outcome":"passed"},"#,
            r#"{"check":"signature","outcome":"passed"},"#,
            r#"{"check":"payload","outcome":"passed"},"#,
            r#"{"check":"issued_at","outcome":"passed"},"#,
            r#"{"check":"not_before","outcome":"passed"},"#,
            r#"{"check":"expiry","outcome":"failed","code":"expired","message":"the token expired 3 s ago","#,
            r#""expected":"later than 2023-11-14 22:14:23 UTC","found":"2023-11-14 22:14:20 UTC","#,
            r#""rfc":"RFC 7519 §4.1.4"},"#,
            r#"{"check":"issuer","outcome":"not_reached"},"#,
            r#"{"check":"audience","outcome":"not_reached"},"#,
            r#"{"check":"profile","outcome":"not_reached"},"#,
            r#"{"check":"revocation","outcome":"not_reached"}],"#,
            &format!(r#""header":{}"#, header(under)),
        ]
        .concat();
        assert_eq!(report(&verdict, Show::VerifiedClaimsOnly), format!("{wanted}}}"));
        assert_eq!(report(&verdict, Show::UnverifiedClaims), format!("{wanted},\"unverified_claims\":{}}}", claims()));
    }
}

#[test]
fn a_payload_that_cannot_be_read_shows_no_claims_at_all() {
    for payload in ["[1]", "", "{\"sub\":\"bob\",\"sub\":\"eve\"}"] {
        let verdict = judge(
            DemoAlgorithm::HS256,
            &signed(DemoAlgorithm::HS256, header(DemoAlgorithm::HS256).to_string(), payload),
        );
        assert_refused(&verdict, Check::Payload, Code::Malformed, payload);
        assert!(verdict.unverified_claims().is_none(), "{payload}");
        assert!(!report(&verdict, Show::UnverifiedClaims).contains("claims"), "{payload}");
    }
}

#[test]
fn what_is_shown_of_a_refused_token_is_called_unverified() {
    let token = compact(header(DemoAlgorithm::HS256).to_string(), claims().to_string(), |_| "x".repeat(43));
    let verdict = judge(DemoAlgorithm::HS256, &token);
    let shown = verdict.unverified_claims().unwrap();
    assert_eq!(shown.for_display().subject(), Some("bob"));
    assert!(report(&verdict, Show::UnverifiedClaims).ends_with(&format!("\"unverified_claims\":{}}}", claims())));
}

#[test]
fn a_bare_signature_and_its_times_are_ten_checks() {
    let ring = KEYS.ring.hs256();
    let expected =
        Expected { algorithm: keys::Algorithm::Hs256, keys: Candidates::Alone(&ring.verifiers()[0]), rules: None };
    let judge = |header: &Object, claims: &Object| {
        let token = signed(DemoAlgorithm::HS256, header.to_string(), claims.to_string());
        token::verify(&token, expected, at(NOW))
    };
    let good = header(DemoAlgorithm::HS256);
    let nothing = Object::new(&[]);
    let verdict = judge(&good.with("kid", "\"any\"").with("typ", "\"any\""), &nothing.with("aud", "\"anyone\""));
    assert_accepted(&verdict, "no profile");
    assert_eq!(verdict.checks().len(), 10);
    assert_refused(&judge(&good, &nothing.with("exp", "1700000000")), Check::Expiry, Code::Expired, "exp");
    assert_refused(&judge(&good, &nothing.with("nbf", "1700000001")), Check::NotBefore, Code::NotYetValid, "nbf");
}

#[test]
fn a_token_is_good_until_the_moment_of_its_exp_and_no_longer() {
    for under in BOTH {
        let token = token_with(under, &claims());
        let judge_at = |now| demo::verify(&KEYS.ring, under, &token, now);
        let exp = at(NOW + 60);
        assert_accepted(&judge_at(exp - TimeDelta::seconds(1)), "a second before");
        assert_accepted(&judge_at(exp - TimeDelta::microseconds(1)), "a microsecond before");
        for late in [0, 1, 59, 60, 61] {
            let verdict = judge_at(exp + TimeDelta::seconds(late));
            assert_refused(&verdict, Check::Expiry, Code::Expired, &format!("{late} s late, {under}"));
        }
        assert_eq!(judge_at(exp).message(), "the token expired just now");
        assert_eq!(judge_at(exp + TimeDelta::seconds(125)).message(), "the token expired 2 min 5 s ago");
    }
}

#[test]
fn iat_and_nbf_may_be_now_and_not_a_moment_later() {
    assert_accepted(
        &judge(DemoAlgorithm::HS256, &token_with(DemoAlgorithm::HS256, &claims().with("nbf", "1700000000"))),
        "",
    );
    assert_claims_refused(&[
        ("iat in a second", claims().with("iat", "1700000001"), Check::IssuedAt, Code::NotYetValid),
        ("iat in half a second", claims().with("iat", "1700000000.5"), Check::IssuedAt, Code::NotYetValid),
        ("nbf in a second", claims().with("nbf", "1700000001"), Check::NotBefore, Code::NotYetValid),
        ("nbf in half a second", claims().with("nbf", "1700000000.5"), Check::NotBefore, Code::NotYetValid),
        ("nbf at the end of time", claims().with("nbf", "1e300"), Check::NotBefore, Code::NotYetValid),
        ("iat in milliseconds", claims().with("iat", "1700000000000"), Check::IssuedAt, Code::NotYetValid),
    ]);
}

#[test]
fn a_date_may_have_a_fraction_or_an_exponent() {
    for (name, value) in [("exp", "1700000000.5"), ("exp", "1.70000006e9"), ("iat", "1699999999.999"), ("nbf", "0")] {
        let token = token_with(DemoAlgorithm::HS256, &claims().with(name, value));
        assert_accepted(&judge(DemoAlgorithm::HS256, &token), &format!("{name} {value}"));
    }
    let past = claims().with("exp", "1699999999.999");
    assert_refused(
        &judge(DemoAlgorithm::HS256, &token_with(DemoAlgorithm::HS256, &past)),
        Check::Expiry,
        Code::Expired,
        "exp a millisecond ago",
    );
}

#[test]
fn a_date_that_is_no_finite_number_from_0_up_is_a_bad_claim() {
    let values = ["\"1700000060\"", "\"never\"", "\"\"", "-1", "-0.5", "null", "true", "false", "[1700000060]", "{}"];
    for (name, check) in [("iat", Check::IssuedAt), ("nbf", Check::NotBefore), ("exp", Check::Expiry)] {
        for value in values {
            let verdict = judge(DemoAlgorithm::HS256, &token_with(DemoAlgorithm::HS256, &claims().with(name, value)));
            assert_refused(&verdict, check, Code::BadClaim, &format!("{name} {value}"));
            let (_, reason) = verdict.rejection().unwrap();
            assert_eq!((&*reason.expected, &*reason.found), ("a number of seconds since 1970", value));
        }
        for value in ["1e999", "-1e999"] {
            let verdict = judge(DemoAlgorithm::HS256, &token_with(DemoAlgorithm::HS256, &claims().with(name, value)));
            assert_refused(&verdict, Check::Payload, Code::BadClaim, &format!("{name} {value}"));
            assert!(verdict.message().contains(&format!("`{name}`")), "{}", verdict.message());
        }
    }
}

#[test]
fn an_exp_in_milliseconds_is_a_bad_claim_that_is_named_as_such() {
    for value in ["1700000060000", "100000000000", "1e300", "99999999999999999999"] {
        let verdict = judge(DemoAlgorithm::HS256, &token_with(DemoAlgorithm::HS256, &claims().with("exp", value)));
        assert_refused(&verdict, Check::Expiry, Code::BadClaim, value);
        assert!(verdict.message().contains("milliseconds"), "{}", verdict.message());
        assert!(verdict.rejection().unwrap().1.found.len() <= 70, "{value}");
    }
    let token = token_with(DemoAlgorithm::HS256, &claims().with("exp", "99999999999"));
    assert_accepted(&judge(DemoAlgorithm::HS256, &token), "the last second that is none of them");
}

#[test]
fn a_required_claim_that_is_missing_is_a_bad_claim() {
    assert_claims_refused(&[
        ("no sub", claims().without("sub"), Check::Profile, Code::BadClaim),
        ("no iat", claims().without("iat"), Check::IssuedAt, Code::BadClaim),
        ("no exp", claims().without("exp"), Check::Expiry, Code::BadClaim),
        ("nothing", Object::new(&[]), Check::IssuedAt, Code::BadClaim),
    ]);
    let verdict = judge(DemoAlgorithm::HS256, &token_with(DemoAlgorithm::HS256, &claims().without("exp")));
    assert_eq!(verdict.message(), "the claim `exp` is missing");
}

#[test]
fn sub_and_jti_are_strings() {
    for value in ["5", "null", "true", "[\"bob\"]", "{\"name\":\"bob\"}"] {
        assert_claims_refused(&[
            (value, claims().with("sub", value), Check::Profile, Code::BadClaim),
            (value, claims().with("jti", value), Check::Profile, Code::BadClaim),
        ]);
    }
}

#[test]
fn an_audience_is_refused_where_the_profile_is_nobodys() {
    for aud in ["\"demo\"", "[\"demo\"]", "\"\"", "[]", "null", "5"] {
        assert_claims_refused(&[(aud, claims().with("aud", aud), Check::Audience, Code::BadClaim)]);
    }
}

#[test]
fn further_claims_are_let_through() {
    let further = claims()
        .with("role", "\"admin\"")
        .with("iss", "5")
        .with("http://example.com/is_root", "true")
        .with("", "{\"deep\":[[[{}]]]}");
    for under in BOTH {
        let verdict = judge(under, &token_with(under, &further));
        assert_accepted(&verdict, "further claims");
        assert_eq!(serde_json::to_string(&verdict.accept().unwrap()).unwrap(), further.to_string());
    }
}

#[test]
fn typ_is_jwt_in_any_case_or_absent() {
    for under in BOTH {
        let judge = |header: &Object| judge(under, &signed(under, header.to_string(), claims().to_string()));
        let good = header(under);
        for typ in ["\"JWT\"", "\"jwt\"", "\"Jwt\"", "\"\\u004aWT\""] {
            assert_accepted(&judge(&good.with("typ", typ)), typ);
        }
        assert_accepted(&judge(&good.without("typ")), "no typ");
        for typ in ["\"at+jwt\"", "\"\"", "\"JWT \"", "\"JWS\"", "\"application/jwt\""] {
            assert_refused(&judge(&good.with("typ", typ)), Check::Profile, Code::WrongType, typ);
        }
        for typ in ["null", "5", "[\"JWT\"]"] {
            assert_refused(&judge(&good.with("typ", typ)), Check::Header, Code::Malformed, typ);
        }
    }
}

#[test]
fn kid_names_a_key_of_the_ring_or_is_absent() {
    let judge = |under, header: &Object| judge(under, &signed(under, header.to_string(), claims().to_string()));
    let named = header(DemoAlgorithm::RS256);
    assert_accepted(&judge(DemoAlgorithm::RS256, &named), "the key's own name");
    assert_accepted(&judge(DemoAlgorithm::RS256, &named.without("kid")), "no kid");
    for under in BOTH {
        for kid in ["\"\"", "\"default\"", "null", "5", "[]", "{}"] {
            assert_refused(&judge(under, &header(under).with("kid", kid)), Check::Key, Code::UnknownKid, kid);
        }
    }
    for kid in [KEYS.kid().to_lowercase(), format!("{} ", KEYS.kid()), KEYS.kid()[..42].to_owned()] {
        let verdict = judge(DemoAlgorithm::RS256, &named.with("kid", &format!("\"{kid}\"")));
        assert_refused(&verdict, Check::Key, Code::UnknownKid, "nearly the key's own name");
    }
    let borrowed = header(DemoAlgorithm::HS256).with("kid", &format!("\"{}\"", KEYS.kid()));
    let verdict = judge(DemoAlgorithm::HS256, &borrowed);
    assert_refused(&verdict, Check::Key, Code::UnknownKid, "the RSA key's name under HS256");
}

#[test]
fn a_retired_key_still_verifies_with_its_kid_and_without() {
    let retired = Keys::fresh();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("2023.pub"), &retired.public_pem).unwrap();
    let (ring, _) = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).unwrap();

    let named = header(DemoAlgorithm::RS256).with("kid", &format!("\"{}\"", retired.kid()));
    for header in [named.clone(), named.without("kid")] {
        let sign = |message: &[u8]| retired.signer(DemoAlgorithm::RS256).sign(message).unwrap();
        let token = compact(header.to_string(), claims().to_string(), sign);
        assert_accepted(&demo::verify(&ring, DemoAlgorithm::RS256, &token, at(NOW)), &header.to_string());
        assert!(!judge(DemoAlgorithm::RS256, &token).is_accepted(), "a ring that never knew it");
    }
}

/// A profile that sets everything: its own typ, an issuer and an audience.
fn strict_rules() -> Rules {
    Rules {
        profile: "strict",
        typ: Typ::Only("at+jwt"),
        required: &[Claim { name: "client_id", kind: Kind::Text }, Claim { name: "nbf", kind: Kind::Date }],
        issuer: Some("https://hallpass.example".to_owned()),
        audience: AudienceRule::Required("https://api.example".to_owned()),
    }
}

#[test]
fn a_profile_that_sets_typ_issuer_and_audience_takes_no_others() {
    let rules = strict_rules();
    let expected = Expected {
        algorithm: keys::Algorithm::Hs256,
        keys: Candidates::Ring(KEYS.ring.hs256().verifiers()),
        rules: Some(&rules),
    };
    let judge = |header: &Object, claims: &Object| {
        let token = signed(DemoAlgorithm::HS256, header.to_string(), claims.to_string());
        token::verify(&token, expected, at(NOW))
    };
    let typed = header(DemoAlgorithm::HS256).with("typ", "\"at+jwt\"");
    let good = Object::new(&[
        ("iss", "\"https://hallpass.example\""),
        ("aud", "\"https://api.example\""),
        ("client_id", "\"SK1\""),
        ("nbf", "1700000000"),
    ]);
    assert_accepted(&judge(&typed, &good), "as it must be");
    assert_accepted(&judge(&typed.with("typ", "\"AT+JWT\""), &good), "a media type has no case");
    assert_accepted(&judge(&typed, &good.with("aud", "[\"other\",\"https://api.example\"]")), "one of several");

    for typ in ["\"JWT\"", "\"at+jw\""] {
        assert_refused(&judge(&typed.with("typ", typ), &good), Check::Profile, Code::WrongType, typ);
    }
    assert_refused(&judge(&typed.without("typ"), &good), Check::Profile, Code::WrongType, "no typ");
    for (name, check, values) in [
        ("iss", Check::Issuer, ["\"https://hallpass.example/\"", "\"\"", "null", "[\"https://hallpass.example\"]"]),
        ("aud", Check::Audience, ["\"https://api.example/\"", "[]", "null", "[\"https://api.example\",5]"]),
        ("client_id", Check::Profile, ["5", "null", "{}", "[\"SK1\"]"]),
        ("nbf", Check::NotBefore, ["\"0\"", "null", "-1", "[0]"]),
    ] {
        for value in values {
            let name_and_value = format!("{name} {value}");
            assert_refused(&judge(&typed, &good.with(name, value)), check, Code::BadClaim, &name_and_value);
        }
        assert_refused(&judge(&typed, &good.without(name)), check, Code::BadClaim, &format!("no {name}"));
    }
}

/// What the tutorials' own programs refuse.
#[test]
fn whatever_pyjwt_refuses_is_refused() {
    use Check::{Algorithm as Alg, Audience, Expiry, Header, IssuedAt, Key, NotBefore, Payload, Profile};
    let bad_claims = [
        ("expired", claims().with("exp", "1699999999"), Expiry, Code::Expired),
        ("exp is now", claims().with("exp", "1700000000"), Expiry, Code::Expired),
        ("exp null", claims().with("exp", "null"), Expiry, Code::BadClaim),
        ("exp abc", claims().with("exp", "\"abc\""), Expiry, Code::BadClaim),
        ("nbf in future", claims().with("nbf", "1700000100"), NotBefore, Code::NotYetValid),
        ("iat in future", claims().with("iat", "1700000100"), IssuedAt, Code::NotYetValid),
        ("expired and iat in future", claims().with("iat", "2e9").with("exp", "1"), IssuedAt, Code::NotYetValid),
        ("any aud", claims().with("aud", "\"x\""), Audience, Code::BadClaim),
        ("no sub", claims().without("sub"), Profile, Code::BadClaim),
        ("sub not a string", claims().with("sub", "5"), Profile, Code::BadClaim),
        ("jti not a string", claims().with("jti", "5"), Profile, Code::BadClaim),
    ];
    assert_claims_refused(&bad_claims);

    for under in BOTH {
        let good = header(under);
        let lower_case = format!("\"{}\"", under.as_str().to_lowercase());
        for (name, header, check, code) in [
            ("crit unknown", good.with("crit", "[\"x\"]"), Header, Code::HeaderNotAllowed),
            ("kid not a string", good.with("kid", "5"), Key, Code::UnknownKid),
            ("b64 false", good.with("b64", "false"), Header, Code::HeaderNotAllowed),
            ("b64 false and crit", good.with("b64", "false").with("crit", "[\"b64\"]"), Header, Code::HeaderNotAllowed),
            ("alg in lower case", good.with("alg", &lower_case), Alg, Code::AlgNotAllowed),
            ("alg none", good.with("alg", "\"none\""), Alg, Code::AlgNotAllowed),
        ] {
            let token = signed(under, header.to_string(), claims().to_string());
            assert_refused(&judge(under, &token), check, code, name);
        }
        let token = signed(under, good.to_string(), "[\"not an object\"]");
        assert_refused(&judge(under, &token), Payload, Code::Malformed, "payload not an object");
    }
}

/// What the tutorials' own programs accept, and must not be accepted here.
#[test]
fn what_pyjwt_lets_through_by_mistake_is_refused_too() {
    assert_claims_refused(&[
        ("no exp", claims().without("exp"), Check::Expiry, Code::BadClaim),
        ("exp a string", claims().with("exp", "\"9999999999\""), Check::Expiry, Code::BadClaim),
        ("exp 1e300", claims().with("exp", "1e300"), Check::Expiry, Code::BadClaim),
        ("exp twice", claims().and("exp", "1700000100"), Check::Payload, Code::Malformed),
    ]);
    let padded = token_with(DemoAlgorithm::HS256, &claims()) + "=";
    assert_refused(&judge(DemoAlgorithm::HS256, &padded), Check::Encoding, Code::Malformed, "a trailing =");
}

#[test]
fn the_signature_is_judged_before_anything_that_the_payload_says() {
    for under in BOTH {
        let [old_header, _, old_signature] = [0, 1, 2].map(|part| {
            let token = token_with(under, &claims());
            token.split('.').nth(part).unwrap().to_owned()
        });
        for payload in ["", "[1]", "{", "{\"exp\":1e999}", "{\"exp\":1}", "{}"] {
            let token = format!("{old_header}.{}.{old_signature}", URL_SAFE_NO_PAD.encode(payload));
            assert_refused(&judge(under, &token), Check::Signature, Code::BadSignature, payload);
        }
    }
}

#[test]
fn a_refusal_of_the_signature_never_tells_the_right_one() {
    for under in BOTH {
        let eve = signed(under, header(under).to_string(), claims().with("sub", "\"eve\"").to_string());
        let (unsigned, right) = eve.rsplit_once('.').unwrap();
        for wrong in ["", "AAAA", &right[..right.len() - 1], &"A".repeat(right.len())] {
            let verdict = judge(under, &format!("{unsigned}.{wrong}"));
            assert_refused(&verdict, Check::Signature, Code::BadSignature, wrong);
            let told = format!("{} {:?}", report(&verdict, Show::UnverifiedClaims), verdict.rejection());
            for piece in right.as_bytes().chunks_exact(8) {
                assert!(!told.contains(std::str::from_utf8(piece).unwrap()), "{told}");
            }
        }
    }
}

/// A token of the lab's with these claims, under its own keys.
fn of_the_lab(under: DemoAlgorithm, claims: &Claims) -> String {
    lab::issue(lab::keys(&KEYS.ring, under), claims).expect("a signature").into_string()
}

fn lab_claims(jti: &str) -> Claims {
    lab::claims(&Subject::default(), Lifetime::MINUTE, jti, at(NOW))
}

#[track_caller]
fn pending(judged: Judged, name: &str) -> Pending {
    match judged {
        Judged::Pending(pending) => pending,
        Judged::Final(verdict) => panic!("{name}: {}", verdict.message()),
    }
}

#[test]
fn a_token_with_a_jti_is_good_only_once_its_revocation_was_asked_for() {
    for under in BOTH {
        let token = of_the_lab(under, &lab_claims("j7"));
        let judge = || pending(lab::verify(&KEYS.ring, under, &token, at(NOW)), under.as_str());
        assert_eq!((judge().profile(), judge().jti(), judge().expires_at()), ("lab", "j7", at(NOW + 60)));
        let good = judge().with_revocation(false);
        assert_accepted(&good, "not revoked");
        assert_eq!(good.checks().len(), Check::ALL.len());
        assert_refused(&judge().with_revocation(true), Check::Revocation, Code::Revoked, "revoked");
        let verdict =
            Judged::Pending(judge()).resolve_revocation(|asked| asked.profile() == "lab" && asked.jti() == "j7");
        assert_refused(&verdict, Check::Revocation, Code::Revoked, "revoked");
    }
}

#[test]
fn a_revocation_is_remembered_until_a_fractional_exp_has_come() {
    let claims = lab_claims("j7").with("exp", 1_700_000_060.25);
    let token = of_the_lab(DemoAlgorithm::HS256, &claims);
    let judged = pending(lab::verify(&KEYS.ring, DemoAlgorithm::HS256, &token, at(NOW)), "a fractional exp");
    assert_eq!(judged.expires_at(), at(NOW + 61));
}

#[test]
fn a_token_without_a_jti_asks_for_no_revocation() {
    for under in BOTH {
        let claims = demo::claims(&Subject::default(), Lifetime::MINUTE, at(NOW));
        let token = of_the_lab(under, &claims);
        let verdict =
            lab::verify(&KEYS.ring, under, &token, at(NOW)).resolve_revocation(|_| panic!("nobody needs to know"));
        assert_accepted(&verdict, "without jti");
        assert!(verdict.checks().last().unwrap().1.to_string().starts_with("no jti"), "and the trace says so");
    }
}

#[test]
fn a_token_that_is_refused_asks_for_no_revocation() {
    let rs256 = of_the_lab(DemoAlgorithm::RS256, &lab_claims("j"));
    let of_the_demo = token_with(DemoAlgorithm::HS256, &claims().with("jti", "\"j\""));
    let numbered = of_the_lab(DemoAlgorithm::HS256, &lab_claims("j").with("jti", 7));
    let ended = of_the_lab(DemoAlgorithm::HS256, &lab_claims("j").with("exp", NOW));
    for (token, check, code) in [
        (rs256, Check::Algorithm, Code::AlgNotAllowed),
        (of_the_demo, Check::Signature, Code::BadSignature),
        (numbered, Check::Profile, Code::BadClaim),
        (ended, Check::Expiry, Code::Expired),
    ] {
        let verdict = lab::verify(&KEYS.ring, DemoAlgorithm::HS256, &token, at(NOW))
            .resolve_revocation(|_| panic!("asked of {check:?}"));
        assert_refused(&verdict, check, code, "a lab's");
    }
}

#[test]
fn what_is_only_decoded_is_never_accepted() {
    let good = token_with(DemoAlgorithm::HS256, &claims());
    let verdict = token::decode(&good);
    assert_eq!((verdict.code(), verdict.is_accepted()), (Code::NotVerified, false));
    assert_eq!(verdict.rejection().unwrap().0, Check::Signature);
    assert_eq!(verdict.checks().len(), Check::WITHOUT_PROFILE.len());
    let passed = verdict.checks().iter().filter(|(_, outcome)| matches!(outcome, Outcome::Passed(_)));
    assert_eq!(passed.map(|(check, _)| *check).collect::<Vec<_>>(), [Check::Shape, Check::Encoding, Check::Header]);
    assert_eq!(verdict.header().unwrap()["alg"], "HS256");
    assert_eq!(verdict.unverified_claims().unwrap().for_display().subject(), Some("bob"));
    assert!(verdict.claims().is_none() && verdict.accept().is_err());
}

#[test]
fn what_cannot_be_decoded_says_where_it_ends() {
    let with = |header: &str| format!("{}.e30.", URL_SAFE_NO_PAD.encode(header));
    let long = format!("{}.e30.", "A".repeat(token::LARGEST_TOKEN));
    for (token, check, code) in [
        (String::new(), Check::Shape, Code::NoToken),
        (long, Check::Shape, Code::TooLarge),
        ("a.b".to_owned(), Check::Shape, Code::Malformed),
        ("e30=.e30.".to_owned(), Check::Encoding, Code::Malformed),
        (with("[]"), Check::Header, Code::Malformed),
        (with(r#"{"alg":"HS256","jku":"https://evil.example"}"#), Check::Header, Code::HeaderNotAllowed),
    ] {
        assert_refused(&token::decode(&token), check, code, &token);
    }
    let unsigned = token::decode(&with(r#"{"alg":"none"}"#));
    assert_eq!(unsigned.code(), Code::NotVerified, "it is readable, whatever it says of itself");
}
