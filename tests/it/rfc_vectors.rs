//! The published vectors of RFC 7515, RFC 7520 and RFC 8037, and signatures that must not pass, judged with the keys
//! that the RFCs print beside them.
//!
//! They tie the verifier to what everybody else calls a right signature, not only to what this program signs itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hallpass::code::Code;
use hallpass::keys::{Algorithm, GivenKey};
use hallpass::token::{self, Candidates, Check, Expected, Outcome, Verdict};
use num_bigint::BigUint;

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
const VECTORS: [Vector; 7] = [
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
        name: "RFC 7515 A.3",
        token: fixture!("7515-a3.jwt"),
        jwk: fixture!("7515-a3.jwk.json"),
        algorithm: Algorithm::Es256,
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
    Vector {
        name: "RFC 8037 A.4",
        token: fixture!("8037-a4.jwt"),
        jwk: fixture!("8037-a4.jwk.json"),
        algorithm: Algorithm::EdDsa,
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
    for vector in &VECTORS[..3] {
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
    for vector in VECTORS.iter().filter(|it| ![Algorithm::Ps384, Algorithm::Es256].contains(&it.algorithm)) {
        let (message, printed) = vector.halves();
        let signer = vector.key().signer(Some(vector.algorithm)).unwrap();
        assert_eq!(signer.sign(message.as_bytes()).unwrap(), printed, "{}", vector.name);
    }
}

#[test]
fn a_signature_of_pss_or_ecdsa_is_another_each_time_and_passes() {
    for vector in [&VECTORS[4], &VECTORS[2]] {
        let (message, printed) = vector.halves();
        let signer = vector.key().signer(Some(vector.algorithm)).unwrap();
        let [one, two] = [(); 2].map(|()| signer.sign(message.as_bytes()).unwrap());
        assert!(one != two && one != printed);
        for signature in [one, two] {
            let verdict = vector.judge(&format!("{message}.{signature}"), moment(1_700_000_000));
            assert!(matches!(outcome_of(&verdict, Check::Signature), Outcome::Passed(_)));
        }
    }
}

#[test]
fn a_key_of_one_rfc_does_not_verify_the_token_of_another() {
    for (vector, other) in [(&VECTORS[0], &VECTORS[5]), (&VECTORS[1], &VECTORS[3]), (&VECTORS[3], &VECTORS[1])] {
        let verdict = other.judge(vector.token, moment(1_300_000_000));
        assert_eq!(verdict.code(), Code::BadSignature, "{} with the key of {}", vector.name, other.name);
    }
}

/// The orders of the groups: no number of a signature reaches it.
const ORDER_P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const ORDER_P384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const ORDER_ED25519: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

fn number(hexadecimal: &str) -> BigUint {
    BigUint::parse_bytes(hexadecimal.as_bytes(), 16).unwrap()
}

/// Big-endian, with zeros in front.
fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; length - bytes.len()], bytes].concat()
}

/// r and s in DER, as OpenSSL and Java write them.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
        let sign = if number[zeros] >= 0x80 { &[0][..] } else { &[] };
        let content = [sign, &number[zeros..]].concat();
        [&[2, u8::try_from(content.len()).unwrap()][..], &content].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()
}

const P384: &str = r#"{
    "kty": "EC", "crv": "P-384",
    "d": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
    "x": "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3",
    "y": "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f"
}"#;

#[test]
fn an_ecdsa_signature_is_two_numbers_of_full_length_under_the_order() {
    for (jwk, order, bytes) in [(VECTORS[2].jwk, ORDER_P256, 32), (P384, ORDER_P384, 48)] {
        let key = GivenKey::parse(jwk.as_bytes(), "key").unwrap();
        let (signer, verifier) = (key.signer(None).unwrap(), key.verifier(None).unwrap());
        let (message, order) = (b"header.payload", number(order));
        let right = URL_SAFE_NO_PAD.decode(signer.sign(message).unwrap()).unwrap();
        let (r, s) = right.split_at(bytes);
        let (zero, n) = (vec![0; bytes], padded(&order, bytes));
        let one = padded(&BigUint::from(1u8), bytes);
        let passes = |signature: &[u8]| verifier.verifies(message, &URL_SAFE_NO_PAD.encode(signature));
        assert!(passes(&right));
        let mirrored = padded(&(&order - BigUint::from_bytes_be(s)), bytes);
        assert!(passes(&[r, &mirrored].concat()), "RFC 7518 does not ask for the smaller s");
        for (name, bad) in [
            ("DER", der(r, s)),
            ("DER of zeros", der(&zero, &zero)),
            ("nothing", vec![]),
            ("r alone", r.to_vec()),
            ("one byte less", right[..2 * bytes - 1].to_vec()),
            ("one byte less in front", right[1..].to_vec()),
            ("one byte more", [&right[..], &[0]].concat()),
            ("zeros in front of both", [&[0], r, &[0], s].concat()),
            ("another curve's length", vec![1; if bytes == 32 { 96 } else { 64 }]),
            ("psychic", [&zero[..], &zero].concat()),
            ("r = 0", [&zero[..], s].concat()),
            ("s = 0", [r, &zero].concat()),
            ("r = 1, s = 1", [&one[..], &one].concat()),
            ("r = n", [&n[..], s].concat()),
            ("s = n", [r, &n].concat()),
            ("r = s = n", [&n[..], &n].concat()),
            ("all bits", vec![0xff; 2 * bytes]),
            ("swapped", [s, r].concat()),
        ] {
            assert!(!passes(&bad), "{name} of {bytes} bytes");
        }
    }
}

#[test]
fn an_eddsa_signature_has_64_bytes_and_a_number_under_the_order() {
    let key = GivenKey::parse(VECTORS[6].jwk.as_bytes(), "key").unwrap();
    let (message, printed) = VECTORS[6].halves();
    let verifier = key.verifier(None).unwrap();
    let right = URL_SAFE_NO_PAD.decode(printed).unwrap();
    let (point, s) = right.split_at(32);
    let raised = (BigUint::from_bytes_le(s) + number(ORDER_ED25519)).to_bytes_le();
    let passes = |signature: &[u8]| verifier.verifies(message.as_bytes(), &URL_SAFE_NO_PAD.encode(signature));
    assert!(passes(&right));
    assert_eq!(raised.len(), 32);
    let neutral = [&[1][..], &[0; 63]].concat();
    for (name, bad) in [
        ("nothing", vec![]),
        ("one byte less", right[..63].to_vec()),
        ("one byte more", [&right[..], &[0]].concat()),
        ("s + L, the same number", [point, &raised].concat()),
        ("zeros", vec![0; 64]),
        ("the neutral point", neutral),
        ("all bits", vec![0xff; 64]),
        ("swapped", [s, point].concat()),
    ] {
        assert!(!passes(&bad), "{name}");
    }
}

#[test]
fn a_jwk_of_ec_or_okp_must_have_numbers_of_full_length_that_make_a_pair() {
    let told = |jwk: &str, member: &str, value: &str| {
        let mut jwk: serde_json::Value = serde_json::from_str(jwk).unwrap();
        jwk[member] = value.into();
        GivenKey::parse(jwk.to_string().as_bytes(), "key").unwrap_err().to_string()
    };
    let (p256, okp) = (VECTORS[2].jwk, VECTORS[6].jwk);
    let one = URL_SAFE_NO_PAD.encode(padded(&BigUint::from(1u8), 32));
    let n = URL_SAFE_NO_PAD.encode(padded(&number(ORDER_P256), 32));
    let (zero, two) = (URL_SAFE_NO_PAD.encode([0; 32]), URL_SAFE_NO_PAD.encode([2; 31]));
    for (jwk, member, value, says) in [
        (p256, "x", &*one, "not on the curve P-256"),
        (p256, "y", &one, "not on the curve P-256"),
        (p256, "x", &n, "not on the curve P-256"),
        (p256, "d", &one, "does not belong to its private half"),
        (p256, "d", &n, "private key is not valid for P-256"),
        (p256, "d", &zero, "private key is not valid for P-256"),
        (p256, "d", "AQ", "member `d` has 1 byte, and P-256 has 32"),
        (p256, "x", &two, "member `x` has 31 bytes, and P-256 has 32"),
        (p256, "crv", "P-384", "member `x` has 32 bytes, and P-384 has 48"),
        (p256, "crv", "secp256k1", "`crv` is \"secp256k1\""),
        (p256, "crv", "Ed25519", "`crv` is \"Ed25519\""),
        (p256, "alg", "ES384", "ES384 does not fit it: it is an EC key on P-256, which works with ES256"),
        (p256, "alg", "HS256", "HS256 does not fit it"),
        (okp, "d", &one, "does not belong to its private half"),
        (okp, "x", &one, "not on the curve Ed25519"),
        (okp, "x", &two, "member `x` has 31 bytes, and Ed25519 has 32"),
        (okp, "crv", "Ed448", "`crv` is \"Ed448\""),
        (okp, "crv", "X25519", "`crv` is \"X25519\""),
        (okp, "alg", "ES256", "ES256 does not fit it: it is an Ed25519 key, which works with EdDSA"),
    ] {
        let told = told(jwk, member, value);
        assert!(told.contains(says), "{member} {value}: {told}");
    }
}

#[test]
fn a_key_signs_and_verifies_only_under_the_algorithm_of_its_kind() {
    for (jwk, own) in [(VECTORS[2].jwk, Algorithm::Es256), (P384, Algorithm::Es384), (VECTORS[6].jwk, Algorithm::EdDsa)]
    {
        let key = GivenKey::parse(jwk.as_bytes(), "key").unwrap();
        for algorithm in Algorithm::ALL {
            assert_eq!(key.verifier(Some(algorithm)).is_ok(), algorithm == own, "{algorithm}");
            assert_eq!(key.signer(Some(algorithm)).is_ok(), algorithm == own, "{algorithm}");
        }
        assert_eq!(key.verifier(None).unwrap().algorithm(), own);
    }
}

/// RFC 8037 A.3.
#[test]
fn the_kid_of_an_ed25519_key_is_the_thumbprint_of_rfc_8037() {
    let key = GivenKey::parse(VECTORS[6].jwk.as_bytes(), "key").unwrap();
    assert_eq!(key.verifier(None).unwrap().kid(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
}
