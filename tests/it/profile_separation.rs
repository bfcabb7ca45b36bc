//! Row 41 of the catalogue: a token of one profile is never accepted as another's, even where two share a secret.

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hallpass::keys::{GivenCredentials, KeyRing};
use hallpass::profiles::demo::{self, DemoAlgorithm, Subject};
use hallpass::profiles::telesign::{PhoneNumber, Xid};
use hallpass::profiles::twilio::{AccessTokenRequest, Grants};
use hallpass::profiles::{Lifetime, bearer, rest_api, telesign, twilio, zoom};
use hallpass::token::Verdict;
use reqwest::Method;
use tempfile::TempDir;

use crate::app::{Answer, START, TestApp, put_rsa_keys};

const ISSUER: &str = "http://127.0.0.1:5000";

/// When these tokens are made and judged, unless a test says otherwise.
const NOW: i64 = 1_700_000_000;

pub const PROFILES: [&str; 7] =
    ["demo under HS256", "demo under RS256", "twilio", "zoom", "bearer", "rest-api", "telesign"];

/// The keys of a new folder with these account values, and those that the folder makes up.
pub fn ring(values: &HashMap<&str, String>) -> KeyRing {
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    let given = GivenCredentials::collect(|name| values.get(name).cloned());
    KeyRing::read_or_make_with_accounts(folder.path(), &given, &SystemRandom::new()).unwrap().0
}

/// A token as each of [`PROFILES`] issues it.
pub fn tokens(ring: &KeyRing, now: DateTime<Utc>) -> [String; 7] {
    let demo = |algorithm| demo::issue(ring, algorithm, &Subject::default(), Lifetime::HOUR, now).unwrap();
    let request = AccessTokenRequest {
        identity: "alice".to_owned(),
        lifetime: Lifetime::HOUR,
        grants: Grants::tutorial(),
        region: String::new(),
    };
    let grant = bearer::AccessTokenParties { issuer: ISSUER, subject: "alice", client_id: "client" };
    let (phone, xid) = (PhoneNumber::parse("15555551212").unwrap(), Xid::parse("abc").unwrap());
    [
        demo(DemoAlgorithm::HS256),
        demo(DemoAlgorithm::RS256),
        twilio::issue(ring, &request, now).unwrap(),
        zoom::issue(ring, Lifetime::HOUR, now).unwrap(),
        bearer::issue(ring, &grant, [7; 16], now).unwrap(),
        rest_api::issue(ring, "alice", now).unwrap(),
        telesign::issue(ring, &phone, &xid, now).unwrap().token,
    ]
    .map(hallpass::token::Token::into_string)
}

/// What the verifier of `PROFILES[index]` says.
fn judge(ring: &KeyRing, index: usize, token: &str) -> Verdict {
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    match index {
        0 => demo::verify(ring, DemoAlgorithm::HS256, token, now),
        1 => demo::verify(ring, DemoAlgorithm::RS256, token, now),
        2 => twilio::verify(ring, token, now),
        3 => zoom::verify(ring, &[ISSUER], token, now),
        4 => bearer::verify(ring, ISSUER, token, now).resolve_revocation(|_| false),
        5 => rest_api::verify(ring, token, now),
        _ => telesign::verify(ring, token, now),
    }
}

fn assert_each_accepts_its_own_alone(ring: &KeyRing) {
    for (issued, token) in tokens(ring, DateTime::from_timestamp(NOW, 0).unwrap()).iter().enumerate() {
        for (judging, name) in PROFILES.iter().enumerate() {
            let verdict = judge(ring, judging, token);
            let what = format!("{} before {name}: {}", PROFILES[issued], verdict.code());
            assert_eq!(verdict.accept().is_ok(), issued == judging, "{what}");
        }
    }
}

#[test]
fn each_profile_accepts_its_own_tokens_and_refuses_every_other_profiles() {
    assert_each_accepts_its_own_alone(&ring(&HashMap::new()));
}

#[test]
fn profiles_that_share_one_secret_still_refuse_one_another() {
    let secret = "one secret for three services, 32+";
    let values = HashMap::from([
        ("TWILIO_API_KEY_SECRET", secret.to_owned()),
        ("ZOOM_API_SECRET", secret.to_owned()),
        ("TELESIGN_API_KEY", STANDARD.encode(secret)),
    ]);
    assert_each_accepts_its_own_alone(&ring(&values));
}

#[test]
fn no_profile_accepts_a_token_of_another_folder() {
    let (here, elsewhere) = (ring(&HashMap::new()), ring(&HashMap::new()));
    let tokens = tokens(&elsewhere, DateTime::from_timestamp(NOW, 0).unwrap());
    // The RSA keys of the tests are the same files everywhere; the secrets are not.
    for index in [0, 2, 3, 5, 6] {
        assert!(judge(&here, index, &tokens[index]).accept().is_err(), "{}", PROFILES[index]);
    }
}

#[tokio::test]
async fn each_endpoint_takes_the_tokens_of_its_own_profile_alone() {
    let app = TestApp::with(&[("public-url", ISSUER), ("credentials", "any")]);
    let visitor = app.visitor();
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    for (issued, token) in tokens(&app.ring(), DateTime::from_timestamp(START, 0).unwrap()).iter().enumerate() {
        let post = |path: &str| visitor.request(Method::POST, path);
        let requests = [
            (3, post("/oauth/token").form(&[("grant_type", grant), ("assertion", token)]), 200, 400),
            (4, visitor.request(Method::GET, "/api/me").bearer_auth(token), 200, 401),
            (5, post("/anEndpoint").header("TOKEN", token), 200, 401),
            // Rightly signed, and by nobody who stored it.
            (6, post("/v1/verify").json(&serde_json::json!({ "token": token })), 404, 401),
        ];
        for (own, request, taken, refused) in requests {
            let status = Answer::to(request).await.status;
            let expected = if issued == own { taken } else { refused };
            assert_eq!(status, expected, "{} where {} is taken", PROFILES[issued], PROFILES[own]);
        }
    }
}
