//! Rows 1 to 35 of the catalogue of attacks, as far as they concern a token by itself: each is forged here and must get
//! its answer.
//!
//! A change of header or claims is tried twice: with the stale signature, and re-signed with the right key, for only
//! then do the later checks see it.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use hallpass::code::Code;
use hallpass::keys::{self, Algorithm, GivenKey, KeyRing, Signer, Warning};
use hallpass::profiles::demo::{self, DemoAlgorithm};
use hallpass::token::{self, AudienceRule, Candidates, Check, Expected, LARGEST_TOKEN, Rules, Show, Typ};
use pkcs8::der::Decode as _;
use pkcs8::spki::SubjectPublicKeyInfoRef;

use super::verdict::{
    BOTH, KEYS, Keys, NOW, Object, assert_accepted, assert_refused, at, claims, compact, header, judge, report, signed,
};

/// Somebody with keys of their own, of the same kinds and sizes.
static OTHER_KEYS: LazyLock<Keys> = LazyLock::new(Keys::fresh);

/// What a guesser tries first.
const WORDS: [&str; 10] = [
    "secret",
    "mysecret",
    "password",
    "changeme",
    "123456",
    "jwt",
    "key",
    "your-256-bit-secret",
    "super-secret-key",
    "hallpass",
];

/// One row of the catalogue, tried on one algorithm.
struct Forgery {
    row: u8,
    name: String,
    under: DemoAlgorithm,
    token: String,
    answer: Answer,
}

#[derive(Clone, Copy)]
enum Answer {
    /// The change is signed with the right key and breaks no rule, so the token is good and says something else.
    Accepted,
    Refused(Check, Code),
}

const BAD_SHAPE: Answer = Answer::Refused(Check::Shape, Code::Malformed);
const TOO_LARGE: Answer = Answer::Refused(Check::Shape, Code::TooLarge);
const BAD_ENCODING: Answer = Answer::Refused(Check::Encoding, Code::Malformed);
const BAD_HEADER: Answer = Answer::Refused(Check::Header, Code::Malformed);
const HEADER_NOT_ALLOWED: Answer = Answer::Refused(Check::Header, Code::HeaderNotAllowed);
const ALG_NOT_ALLOWED: Answer = Answer::Refused(Check::Algorithm, Code::AlgNotAllowed);
const UNKNOWN_KID: Answer = Answer::Refused(Check::Key, Code::UnknownKid);
const BAD_SIGNATURE: Answer = Answer::Refused(Check::Signature, Code::BadSignature);
const BAD_PAYLOAD: Answer = Answer::Refused(Check::Payload, Code::Malformed);
const BAD_IAT: Answer = Answer::Refused(Check::IssuedAt, Code::BadClaim);
const BAD_NBF: Answer = Answer::Refused(Check::NotBefore, Code::BadClaim);
const BAD_EXP: Answer = Answer::Refused(Check::Expiry, Code::BadClaim);
const BAD_AUD: Answer = Answer::Refused(Check::Audience, Code::BadClaim);
const EXPIRED: Answer = Answer::Refused(Check::Expiry, Code::Expired);
const WRONG_TYPE: Answer = Answer::Refused(Check::Profile, Code::WrongType);

impl Forgery {
    /// Asserts the answer, and that the good token still works directly afterwards.
    #[track_caller]
    fn gets_its_answer(&self) {
        let name = format!("row {}, {}: {}", self.row, self.under, self.name);
        let verdict = judge(self.under, &self.token);
        match self.answer {
            Answer::Accepted => assert_accepted(&verdict, &name),
            Answer::Refused(check, code) => assert_refused(&verdict, check, code, &name),
        }
        assert_accepted(&judge(self.under, &Good::under(self.under).token), &name);
    }
}

/// A visitor's own good token, and what can be made of it.
struct Good {
    under: DemoAlgorithm,
    token: String,
    header: Object,
    claims: Object,
}

impl Good {
    fn under(under: DemoAlgorithm) -> Self {
        let (header, claims) = (header(under), claims());
        Self { under, token: signed(under, header.to_string(), claims.to_string()), header, claims }
    }

    fn both() -> [Self; 2] {
        BOTH.map(Self::under)
    }

    fn parts(&self) -> [&str; 3] {
        token::segments(&self.token).expect("three parts")
    }

    fn signature(&self) -> &str {
        self.parts()[2]
    }

    /// Another header and payload with the signature that was there.
    fn stale(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        compact(header, payload, |_| self.signature().to_owned())
    }

    /// The same with the right signature.
    fn resigned(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        signed(self.under, header, payload)
    }

    #[track_caller]
    fn must_get(&self, row: u8, answer: Answer, name: &str, token: String) {
        Forgery { row, name: name.to_owned(), under: self.under, token, answer }.gets_its_answer();
    }

    /// Tries a change with the stale signature and re-signed.
    #[track_caller]
    fn must_get_twice(&self, row: u8, [stale, resigned]: [Answer; 2], header: &Object, payload: &Object) {
        let (header, payload) = (header.to_string(), payload.to_string());
        let name: String = format!("{header} {payload}").chars().take(300).collect();
        self.must_get(row, stale, &format!("stale {name}"), self.stale(&header, &payload));
        self.must_get(row, resigned, &format!("re-signed {name}"), self.resigned(&header, &payload));
    }

    #[track_caller]
    fn header_must_get(&self, row: u8, answers: [Answer; 2], name: &str, value: &str) {
        self.must_get_twice(row, answers, &self.header.with(name, value), &self.claims);
    }

    #[track_caller]
    fn claim_must_get(&self, row: u8, answers: [Answer; 2], name: &str, value: &str) {
        self.must_get_twice(row, answers, &self.header, &self.claims.with(name, value));
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

/// HMAC with any key, also those that the program refuses to load as secrets.
fn hs256(key: &[u8], message: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message))
}

fn signature_of(signer: &Signer, message: &[u8]) -> String {
    signer.sign(message).expect("a signature")
}

#[test]
fn row_1_the_original_is_accepted() {
    for good in Good::both() {
        good.must_get(1, Answer::Accepted, "unchanged", good.token.clone());
    }
}

#[test]
fn row_2_no_token_is_no_token_and_the_word_null_is_malformed() {
    for good in Good::both() {
        good.must_get(2, Answer::Refused(Check::Shape, Code::NoToken), "empty", String::new());
        for word in ["null", "undefined", "\"\"", "{}"] {
            good.must_get(2, BAD_SHAPE, word, word.to_owned());
        }
    }
}

#[test]
fn row_3_a_cut_signature_is_bad_however_much_is_cut() {
    for good in Good::both() {
        for cut in 1..=8 {
            let token = good.token[..good.token.len() - cut].to_owned();
            good.must_get(3, BAD_SIGNATURE, &format!("{cut} characters cut"), token);
        }
    }
}

#[test]
fn row_4_a_replaced_claim_under_the_old_signature_is_refused_and_never_told() {
    for good in Good::both() {
        for (name, value, marker) in [
            ("sub", "\"mallory-4242\"", "mallory-4242"),
            ("iat", "1600004242", "1600004242"),
            ("exp", "1800004242", "1800004242"),
            ("role", "\"admin-4242\"", "admin-4242"),
        ] {
            let token = good.stale(good.header.to_string(), good.claims.with(name, value).to_string());
            let told = report(&judge(good.under, &token), Show::VerifiedClaimsOnly);
            assert!(!told.contains(marker) && !told.contains("claims"), "{told}");
            good.claim_must_get(4, [BAD_SIGNATURE, Answer::Accepted], name, value);
        }
    }
}

#[test]
fn row_5_a_word_list_finds_a_word_and_not_a_generated_secret() {
    let guess = |token: &str| {
        let (message, signature) = token.rsplit_once('.').unwrap();
        WORDS.into_iter().find(|word| hs256(word.as_bytes(), message.as_bytes()) == signature)
    };
    assert_eq!(guess(&Good::under(DemoAlgorithm::HS256).token), None);

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hs256.secret"), "mysecret\n").unwrap();
    std::fs::write(folder.path().join("jwt_key.pub"), &KEYS.public_pem).unwrap();
    let (ring, warnings) = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).unwrap();
    assert!(warnings.iter().any(|it| matches!(it, Warning::ShortSecret { bytes: 8, .. })), "{warnings:?}");
    let weak = compact(header(DemoAlgorithm::HS256).to_string(), claims().to_string(), |message| {
        signature_of(ring.hs256().signer(at(NOW)).unwrap(), message)
    });
    assert_accepted(&demo::verify(&ring, DemoAlgorithm::HS256, &weak, at(NOW)), "a short secret works");
    assert_eq!(guess(&weak), Some("mysecret"));
}

#[test]
fn rows_6_and_17_hs256_with_an_empty_key_or_a_common_word_is_refused() {
    let claimed = header(DemoAlgorithm::HS256).to_string();
    for (row, key) in [(6, "")].into_iter().chain(WORDS.map(|word| (17, word))) {
        let token = compact(&claimed, claims().to_string(), |message| hs256(key.as_bytes(), message));
        Good::under(DemoAlgorithm::HS256).must_get(row, BAD_SIGNATURE, key, token.clone());
        Good::under(DemoAlgorithm::RS256).must_get(row, ALG_NOT_ALLOWED, key, token);
    }
}

#[test]
fn row_7_the_psychic_signature_is_of_an_algorithm_that_is_not_allowed() {
    let der = [0x30, 6, 2, 1, 0, 2, 1, 0];
    for good in Good::both() {
        for (name, zeros) in [("raw", &[0; 64][..]), ("DER", &der[..])] {
            let header = good.header.with("alg", "\"ES256\"").to_string();
            let token = compact(header, good.claims.to_string(), |_| URL_SAFE_NO_PAD.encode(zeros));
            good.must_get(7, ALG_NOT_ALLOWED, name, token);
        }
    }
}

/// The same signature meets a verifier of ES256 here, so that it is the signature that is refused.
#[test]
fn row_7_under_es256_a_signature_of_zeros_is_a_bad_one() {
    let pem = include_bytes!("../fixtures/keys/ec-public-spki.pem");
    let key = GivenKey::parse(pem, "key").unwrap().verifiers(Some(Algorithm::Es256)).unwrap();
    let order = *b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    for (name, psychic) in [
        ("raw", vec![0; 64]),
        ("DER", vec![0x30, 6, 2, 1, 0, 2, 1, 0]),
        ("r = s = n", [order, order].concat()),
        ("empty", vec![]),
    ] {
        let token = compact(r#"{"alg":"ES256"}"#, claims().to_string(), |_| URL_SAFE_NO_PAD.encode(&psychic));
        assert_eq!(token::verify_given(&token, &key, at(NOW)).code(), Code::BadSignature, "{name}");
    }
}

#[test]
fn row_8_no_signature_at_all_is_a_bad_one() {
    for good in Good::both() {
        let [header, payload, _] = good.parts();
        good.must_get(8, BAD_SIGNATURE, "alg unchanged", format!("{header}.{payload}."));
    }
}

#[test]
fn row_9_alg_none_is_not_allowed_however_it_is_spelled() {
    for good in Good::both() {
        for none in ["\"none\"", "\"None\"", "\"NONE\"", "\"nOnE\"", "\"\\u006eone\""] {
            let header = good.header.with("alg", none);
            let unsigned = compact(header.to_string(), good.claims.to_string(), |_| String::new());
            good.must_get(9, ALG_NOT_ALLOWED, none, unsigned);
            good.must_get_twice(9, [ALG_NOT_ALLOWED; 2], &header, &good.claims);
        }
    }
}

#[test]
fn row_10_the_public_key_is_no_secret_in_any_form() {
    let spki = pem::parse(&KEYS.public_pem).unwrap().into_contents();
    let pkcs1 = SubjectPublicKeyInfoRef::from_der(&spki).unwrap().subject_public_key.raw_bytes();
    let pem = KEYS.public_pem.as_bytes();
    let led = [b"\n ", pem].concat();
    let forms = [
        ("PEM", pem),
        ("PEM without the final newline", pem.trim_ascii_end()),
        ("PEM after white space", &led),
        ("SPKI DER", &spki),
        ("PKCS#1 DER", pkcs1),
    ];
    for (form, key) in forms {
        let token =
            compact(header(DemoAlgorithm::HS256).to_string(), claims().to_string(), |message| hs256(key, message));
        Good::under(DemoAlgorithm::RS256).must_get(10, ALG_NOT_ALLOWED, form, token.clone());
        Good::under(DemoAlgorithm::HS256).must_get(10, BAD_SIGNATURE, form, token);

        let unconfused =
            compact(header(DemoAlgorithm::RS256).to_string(), claims().to_string(), |message| hs256(key, message));
        Good::under(DemoAlgorithm::RS256).must_get(10, BAD_SIGNATURE, &format!("{form}, alg left"), unconfused);
    }
}

#[test]
fn row_11_a_key_in_the_header_is_not_used() {
    let jwks = serde_json::to_value(OTHER_KEYS.ring.published(at(NOW))).unwrap();
    let oct = format!(r#"{{"kty":"oct","k":"{}"}}"#, URL_SAFE_NO_PAD.encode(&OTHER_KEYS.secret_text));
    for (good, jwk) in Good::both().into_iter().zip([oct, jwks["keys"][0].to_string()]) {
        let inline = good.header.with("jwk", &jwk);
        for header in [inline.clone(), inline.without("kid")] {
            good.must_get_twice(11, [HEADER_NOT_ALLOWED; 2], &header, &good.claims);
            let own = compact(header.to_string(), good.claims.to_string(), |message| {
                signature_of(OTHER_KEYS.signer(good.under), message)
            });
            good.must_get(11, HEADER_NOT_ALLOWED, "signed with the key that it brings", own);
        }
    }
}

#[test]
fn rows_12_16_and_34_an_address_in_header_or_claims_is_never_called() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = quoted(&format!("http://{}/jwks.json", listener.local_addr().unwrap()));
    let listed = format!("[{url}]");
    for good in Good::both() {
        for name in ["jku", "x5u"] {
            good.header_must_get(if name == "jku" { 12 } else { 34 }, [HEADER_NOT_ALLOWED; 2], name, &url);
        }
        good.header_must_get(34, [HEADER_NOT_ALLOWED; 2], "x5c", &listed);
        for (name, answers) in [
            ("alg", [ALG_NOT_ALLOWED; 2]),
            ("typ", [BAD_SIGNATURE, WRONG_TYPE]),
            ("kid", [UNKNOWN_KID; 2]),
            ("cty", [BAD_SIGNATURE, Answer::Accepted]),
            ("x5t", [BAD_SIGNATURE, Answer::Accepted]),
            ("jwk", [HEADER_NOT_ALLOWED; 2]),
            ("crit", [HEADER_NOT_ALLOWED; 2]),
            ("zip", [HEADER_NOT_ALLOWED; 2]),
        ] {
            good.header_must_get(16, answers, name, &url);
        }
        for (name, resigned) in [
            ("sub", Answer::Accepted),
            ("iat", BAD_IAT),
            ("nbf", BAD_NBF),
            ("exp", BAD_EXP),
            ("iss", Answer::Accepted),
            ("aud", BAD_AUD),
            ("website", Answer::Accepted),
        ] {
            good.claim_must_get(16, [BAD_SIGNATURE, resigned], name, &url);
        }
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "a verdict made a request");
}

#[test]
fn rows_13_to_15_a_kid_picks_a_loaded_key_and_is_nothing_else() {
    let visitors = Good::both();
    let begin = Instant::now();
    for good in visitors {
        for (row, kid) in [
            (13, ""),
            (13, "../../../../dev/null"),
            (13, "/dev/null"),
            (13, "/invalid_path"),
            (13, "hs256.secret"),
            (13, "jwt_key"),
            (14, "| sleep 10"),
            (14, "; sleep 10 ;"),
            (14, "$(sleep 10)"),
            (14, "| curl http://127.0.0.1:9/"),
            (15, "x' UNION SELECT 'key';--"),
            (15, "' OR '1'='1"),
        ] {
            let header = good.header.with("kid", &quoted(kid));
            good.must_get_twice(row, [UNKNOWN_KID; 2], &header, &good.claims);
            let empty_key = compact(header.to_string(), good.claims.to_string(), |message| hs256(b"", message));
            good.must_get(row, UNKNOWN_KID, kid, empty_key);
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(8), "something slept");
}

#[test]
fn row_18_the_original_after_its_exp_is_expired() {
    for good in Good::both() {
        for late in [0, 1, 3600] {
            let verdict = demo::verify(&KEYS.ring, good.under, &good.token, at(NOW + 60 + late));
            assert_refused(&verdict, Check::Expiry, Code::Expired, &format!("row 18, {late} s late"));
        }
    }
}

#[test]
fn row_19_a_raised_role_needs_the_key() {
    for good in Good::both() {
        let user = good.claims.with("role", "\"user\"");
        let [_, _, signature] = good
            .resigned(good.header.to_string(), user.to_string())
            .split('.')
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let admin = user.with("role", "\"admin\"").to_string();
        let raised = compact(good.header.to_string(), &admin, |_| signature);
        good.must_get(19, BAD_SIGNATURE, "the signature of a user", raised);
        good.must_get(19, Answer::Accepted, "re-signed", good.resigned(good.header.to_string(), &admin));
    }
}

#[test]
fn row_20_a_claim_of_the_wrong_type_is_bad_though_signed() {
    for good in Good::both() {
        for (name, value, resigned) in [
            ("exp", "\"never\"", BAD_EXP),
            ("exp", "\"9999999999\"", BAD_EXP),
            ("exp", "null", BAD_EXP),
            ("nbf", "\"99999999999\"", BAD_NBF),
            ("exp", "1e999", Answer::Refused(Check::Payload, Code::BadClaim)),
            ("sub", "[\"bob\"]", Answer::Refused(Check::Profile, Code::BadClaim)),
        ] {
            good.claim_must_get(20, [BAD_SIGNATURE, resigned], name, value);
        }
        good.must_get_twice(20, [BAD_SIGNATURE, BAD_EXP], &good.header, &good.claims.without("exp"));
    }
}

#[test]
fn row_21_the_edges_of_time_have_no_leeway() {
    for good in Good::both() {
        for (name, value, resigned) in [
            ("exp", "1700000000", EXPIRED),
            ("exp", "1699999999", EXPIRED),
            ("exp", "1700000001", Answer::Accepted),
            ("exp", "1700000060000", BAD_EXP),
            ("nbf", "1700000001", Answer::Refused(Check::NotBefore, Code::NotYetValid)),
            ("iat", "1700000001", Answer::Refused(Check::IssuedAt, Code::NotYetValid)),
        ] {
            good.claim_must_get(21, [BAD_SIGNATURE, resigned], name, value);
        }
    }
}

#[test]
fn row_22_alg_is_compared_letter_by_letter() {
    for good in Good::both() {
        let alg = good.under.as_str();
        for spelling in [alg.to_lowercase(), format!("{alg} "), format!(" {alg}"), format!("{alg}\0"), String::new()] {
            good.header_must_get(22, [ALG_NOT_ALLOWED; 2], "alg", &quoted(&spelling));
        }
        for value in [format!("[\"{alg}\"]"), format!("{{\"{alg}\":1}}"), "null".to_owned(), "256".to_owned()] {
            good.header_must_get(22, [BAD_HEADER; 2], "alg", &value);
        }
        good.must_get_twice(22, [BAD_HEADER; 2], &good.header.without("alg"), &good.claims);
    }
}

#[test]
fn row_23_a_sibling_algorithm_is_not_allowed_with_the_right_key() {
    use keys::Algorithm::{Hs384, Hs512, Ps256, Ps384, Ps512, Rs384, Rs512};
    for (good, siblings) in Good::both().into_iter().zip([&[Hs384, Hs512][..], &[Rs384, Rs512, Ps256, Ps384, Ps512]]) {
        for sibling in siblings {
            let sign = |message: &[u8]| signature_of(&KEYS.sibling(*sibling), message);
            let resigned = good.header.with("alg", &quoted(sibling.as_str()));
            let token = compact(resigned.to_string(), good.claims.to_string(), sign);
            good.must_get(23, ALG_NOT_ALLOWED, sibling.as_str(), token);
            let token = compact(good.header.to_string(), good.claims.to_string(), sign);
            good.must_get(23, BAD_SIGNATURE, &format!("{sibling} under another name"), token);
        }
    }
}

#[test]
fn row_24_a_token_from_before_the_switch_is_told_as_such() {
    let [hs256, rs256] = Good::both();
    for (good, before) in [(&hs256, &rs256), (&rs256, &hs256)] {
        good.must_get(24, ALG_NOT_ALLOWED, "after the switch", before.token.clone());
        let verdict = judge(good.under, &before.token);
        assert!(verdict.message().contains("says it was signed with"), "{}", verdict.message());
    }
}

#[test]
fn row_25_another_key_is_refused_under_our_kid_and_under_its_own() {
    for good in Good::both() {
        let sign = |message: &[u8]| signature_of(OTHER_KEYS.signer(good.under), message);
        let payload = good.claims.to_string();
        good.must_get(25, BAD_SIGNATURE, "our kid", compact(good.header.to_string(), &payload, sign));
        let nameless = good.header.without("kid").to_string();
        good.must_get(25, BAD_SIGNATURE, "no kid", compact(nameless, &payload, sign));
    }
    let good = Good::under(DemoAlgorithm::RS256);
    let retired = good.header.with("kid", &quoted(OTHER_KEYS.kid())).to_string();
    let sign = |message: &[u8]| signature_of(OTHER_KEYS.signer(DemoAlgorithm::RS256), message);
    good.must_get(25, UNKNOWN_KID, "its own kid", compact(retired, good.claims.to_string(), sign));
}

#[test]
fn row_26_a_token_has_three_parts_and_the_first_two_say_something() {
    let jwe = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJ\
               .48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ";
    for good in Good::both() {
        let [header, payload, signature] = good.parts();
        for (name, token) in [
            ("one part", header.to_owned()),
            ("two parts", format!("{header}.{payload}")),
            ("four parts", format!("{}.{signature}", good.token)),
            ("four parts, the last empty", format!("{}.", good.token)),
            ("four parts, the first empty", format!(".{}", good.token)),
            ("five parts", format!("{}.{payload}.{signature}", good.token)),
            ("a JWE", jwe.to_owned()),
            (
                "JSON serialisation",
                format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
            ),
        ] {
            good.must_get(26, BAD_SHAPE, name, token);
        }
        good.must_get(26, BAD_HEADER, "all three empty", "..".to_owned());
        good.must_get(26, BAD_HEADER, "empty header, stale", good.stale("", good.claims.to_string()));
        good.must_get(26, BAD_HEADER, "empty header, re-signed", good.resigned("", good.claims.to_string()));
        good.must_get(26, BAD_SIGNATURE, "empty payload, stale", good.stale(good.header.to_string(), ""));
        good.must_get(26, BAD_PAYLOAD, "empty payload, re-signed", good.resigned(good.header.to_string(), ""));
    }
}

#[test]
fn row_27_base64url_has_one_alphabet_and_no_padding() {
    for good in Good::both() {
        for part in 0..3 {
            for stray in ["=", "==", "+", "/", " ", "\t", "\n", "\r\n", "\0", "\u{a0}", "%3D", "é"] {
                for before in [true, false] {
                    let mut parts = good.parts().map(str::to_owned);
                    let edge = if before { 0 } else { parts[part].len() };
                    parts[part].insert_str(edge, stray);
                    good.must_get(27, BAD_ENCODING, &format!("{stray:?} in part {part}"), parts.join("."));
                }
            }
        }
        let odd = good.claims.with("sub", "\"?????>>>>>\"").to_string();
        let token = good.resigned(good.header.to_string(), &odd);
        let [header, payload, signature] = token::segments(&token).unwrap();
        assert!(payload.contains('-') && payload.contains('_'));
        let plain = payload.replace('-', "+").replace('_', "/");
        good.must_get(27, BAD_ENCODING, "plain base64", format!("{header}.{plain}.{signature}"));
    }
}

#[test]
fn row_28_a_signature_has_one_spelling() {
    let lax = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
    for (good, others) in Good::both().into_iter().zip([3, 15]) {
        let (signature, alphabet) = (good.signature(), URL_SAFE.as_str());
        let (stem, last) = signature.split_at(signature.len() - 1);
        let canonical = alphabet.find(last).unwrap();
        assert_eq!(canonical & others, 0, "unused bits are zero");
        for unused in 1..=others {
            let twin = format!("{stem}{}", &alphabet[canonical | unused..=canonical | unused]);
            assert_eq!(lax.decode(&twin), lax.decode(signature), "a lax decoder sees no difference");
            let [header, payload, _] = good.parts();
            good.must_get(28, BAD_ENCODING, &twin, format!("{header}.{payload}.{twin}"));
        }
    }
}

#[test]
fn row_29_no_member_stands_twice() {
    for good in Good::both() {
        let alg = quoted(good.under.as_str());
        for (name, value) in [("alg", &*alg), ("alg", "\"none\""), ("\\u0061lg", &*alg), ("typ", "\"JWT\"")] {
            good.must_get_twice(29, [BAD_HEADER; 2], &good.header.and(name, value), &good.claims);
        }
        for (name, value) in [("sub", "\"bob\""), ("sub", "\"eve\""), ("s\\u0075b", "\"eve\""), ("exp", "1800000000")] {
            good.must_get_twice(29, [BAD_SIGNATURE, BAD_PAYLOAD], &good.header, &good.claims.and(name, value));
        }
        let nested = good.claims.with("address", r#"{"city":"A","city":"B"}"#);
        good.must_get_twice(29, [BAD_SIGNATURE, BAD_PAYLOAD], &good.header, &nested);
    }
}

#[test]
fn row_30_a_payload_is_one_json_object_in_utf_8() {
    let bodies: [&[u8]; 10] = [
        b"[1]",
        b"null",
        b"true",
        b"1700000060",
        b"\"bob\"",
        b"{\"sub\":\"b\xffb\"}",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"{\"sub\":\"bob\",}",
        b"{'sub':'bob'}",
    ];
    for good in Good::both() {
        for body in bodies {
            let name = String::from_utf8_lossy(body);
            good.must_get(30, BAD_SIGNATURE, &name, good.stale(good.header.to_string(), body));
            good.must_get(30, BAD_PAYLOAD, &name, good.resigned(good.header.to_string(), body));
            good.must_get(30, BAD_HEADER, &name, good.resigned(body, good.claims.to_string()));
        }
    }
}

#[test]
fn row_31_an_extension_that_must_be_understood_is_refused() {
    for good in Good::both() {
        for crit in ["[\"x\"]", "[\"exp\"]", "[]", "null", "\"x\""] {
            good.header_must_get(31, [HEADER_NOT_ALLOWED; 2], "crit", crit);
        }
        let exp_in_header = good.header.with("crit", "[\"exp\"]").with("exp", "1800000000");
        good.must_get_twice(31, [HEADER_NOT_ALLOWED; 2], &exp_in_header, &good.claims);
    }
}

#[test]
fn row_32_a_token_of_another_type_is_refused() {
    for good in Good::both() {
        good.header_must_get(32, [BAD_SIGNATURE, WRONG_TYPE], "typ", "\"at+jwt\"");
        let rules = Rules {
            profile: "bearer",
            typ: Typ::Only("at+jwt"),
            required: &[],
            issuer: None,
            audience: AudienceRule::Nobody,
        };
        for header in [good.header.clone(), good.header.without("typ")] {
            let verdict = judge_by(&rules, &good.resigned(header.to_string(), good.claims.to_string()), good.under);
            assert_refused(&verdict, Check::Profile, Code::WrongType, "row 32, where the profile sets its own");
        }
    }
}

#[test]
fn row_33_a_wrong_or_missing_issuer_or_audience_is_a_bad_claim() {
    let rules = Rules {
        profile: "bearer",
        typ: Typ::Jwt,
        required: &[],
        issuer: Some("http://127.0.0.1:5000".to_owned()),
        audience: AudienceRule::Required("http://127.0.0.1:5000".to_owned()),
    };
    for good in Good::both() {
        let right = good.claims.with("iss", "\"http://127.0.0.1:5000\"").with("aud", "\"http://127.0.0.1:5000\"");
        let judge =
            |claims: &Object| judge_by(&rules, &good.resigned(good.header.to_string(), claims.to_string()), good.under);
        assert_accepted(&judge(&right), "row 33, the right ones");
        for (name, check) in [("iss", Check::Issuer), ("aud", Check::Audience)] {
            for wrong in ["\"http://127.0.0.1:5001\"", "\"\"", "[]", "5"] {
                assert_refused(&judge(&right.with(name, wrong)), check, Code::BadClaim, &format!("{name} {wrong}"));
            }
            assert_refused(&judge(&right.without(name)), check, Code::BadClaim, &format!("no {name}"));
        }
    }
}

fn judge_by(rules: &Rules, token: &str, under: DemoAlgorithm) -> token::Verdict {
    let keys = Candidates::Ring(under.keys(&KEYS.ring).verifiers());
    token::verify(token, Expected { algorithm: under.jwa(), keys, rules: Some(rules) }, at(NOW))
}

#[test]
fn row_34_a_certificate_in_the_header_is_refused() {
    let certificate = pem::parse(include_str!("../fixtures/keys/rsa-certificate.pem")).unwrap().into_contents();
    let x5c = format!("[\"{}\"]", base64::engine::general_purpose::STANDARD.encode(certificate));
    for good in Good::both() {
        good.header_must_get(34, [HEADER_NOT_ALLOWED; 2], "x5c", &x5c);
        good.header_must_get(34, [HEADER_NOT_ALLOWED; 2], "x5c", "[]");
        good.header_must_get(34, [HEADER_NOT_ALLOWED; 2], "x5u", "\"file:///etc/ssl/certs\"");
    }
}

#[test]
fn row_35_a_token_is_read_up_to_8192_bytes() {
    assert_eq!(LARGEST_TOKEN, 8192);
    for good in Good::both() {
        for (size, answer) in
            [(4096, Answer::Accepted), (4097, Answer::Accepted), (8192, Answer::Accepted), (8193, TOO_LARGE)]
        {
            let token = token_of_size(&good, size);
            assert_eq!(token.len(), size);
            good.must_get(35, answer, &format!("{size} bytes"), token);
        }
        let whole = token_of_size(&good, 8192);
        good.must_get(35, BAD_SIGNATURE, "8192 bytes, cut", format!("{}A", &whole[..8190]));
    }
}

/// A good token of exactly this many bytes.
fn token_of_size(good: &Good, size: usize) -> String {
    let encoded = |bytes: usize| (bytes * 4).div_ceil(3);
    // No text encodes to every length, so the header gives or takes a few characters.
    let (header, filler) = (0..4)
        .find_map(|pad| {
            let header = good.header.with("cty", &quoted(&"x".repeat(pad))).to_string();
            let others = encoded(header.len()) + good.signature().len() + 2;
            let bare = good.claims.with("filler", "\"\"").to_string().len();
            let filler = (0..size).find(|filler| others + encoded(bare + filler) == size)?;
            Some((header, filler))
        })
        .expect("one of four headers fits");
    good.resigned(header, good.claims.with("filler", &quoted(&"x".repeat(filler))).to_string())
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[test]
fn row_35_a_huge_kid_and_a_deep_payload_are_refused_at_once() {
    let visitors = Good::both();
    let begin = Instant::now();
    for good in visitors {
        good.header_must_get(35, [TOO_LARGE; 2], "kid", &quoted(&"k".repeat(1 << 20)));
        good.header_must_get(35, [UNKNOWN_KID; 2], "kid", &quoted(&"k".repeat(4000)));
        for deep in [nested(2000), "[".repeat(4000), "{\"a\":".repeat(900)] {
            good.claim_must_get(35, [BAD_SIGNATURE, BAD_PAYLOAD], "deep", &deep);
            good.header_must_get(35, [BAD_HEADER; 2], "deep", &deep);
        }
        good.claim_must_get(35, [BAD_SIGNATURE, Answer::Accepted], "deep", &nested(100));
    }
    assert!(begin.elapsed() < Duration::from_secs(8), "a refusal took its time");
}
