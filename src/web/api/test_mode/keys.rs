//! The keys that sign tokens: rotates them, and shows their private halves.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{TestIssuer, expect_no_query, none_of, read_if_any, text};
use crate::clock::Clock;
use crate::keys::{CurrentKeys, KeyRing, OldKeys, Renewal};
use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::{PROFILES, Profile};
use crate::random::Random;
use crate::web::http::client_work::ClientWork;
use crate::web::http::json_body::whole_number;
use crate::web::http::problem::Problem;

/// A lock that is held while the keys are rotated.
#[derive(Default)]
pub(in crate::web) struct Rotation(tokio::sync::Mutex<()>);

/// How far a rotation may be ahead, in seconds.
const FARTHEST_ROTATION: i64 = 86_400;

/// `POST /test/rotate`: the next keys, in memory, which sign `after` so many seconds; answers the key set.
pub(super) async fn rotate(
    request: HttpRequest,
    body: Bytes,
    work: ClientWork,
    rotation: Data<Rotation>,
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    random: Data<Random>,
) -> Result<HttpResponse, Problem> {
    let members = read_if_any(&request, &body, &["keys", "withdraw", "after"])?;
    // Making an RSA key takes a while, so rotations wait for one another, and each adds to the keys of the one before.
    let _alone = rotation.0.lock().await;
    let (now, ring) = (clock.now(), keys.ring());
    let renewal = renewal(&members, now)?;
    let rotated = work.run(move || ring.rotated(renewal, random.source())).await?;
    let rotated = rotated.ok_or_else(|| Problem::broken("no next key could be made"))?;
    keys.replace(rotated);
    Ok(HttpResponse::Ok().json(keys.ring().published(now)))
}

fn renewal(members: &Map<String, Value>, now: DateTime<Utc>) -> Result<Renewal, Problem> {
    let (demo, bearer) = match text(members, "keys")? {
        None | Some("all") => (true, true),
        Some("demo") => (true, false),
        Some("bearer") => (false, true),
        Some(_) => return Err(none_of("keys", &["all", "demo", "bearer"])),
    };
    let after = match members.get("after") {
        None => Some(0),
        Some(value) => whole_number(value).filter(|after| (0..=FARTHEST_ROTATION).contains(after)),
    };
    let bad_after =
        || Problem::bad_request(format!("`after` must be a number of whole seconds from 0 to {FARTHEST_ROTATION}."));
    let after = after.ok_or_else(bad_after)?;
    let bad_withdraw = || Problem::bad_request("`withdraw` must be true or false.");
    let withdraws = members.get("withdraw").map(|value| value.as_bool().ok_or_else(bad_withdraw)).transpose()?;
    let old = match withdraws {
        Some(true) if after > 0 => {
            return Err(Problem::bad_request(
                "Keys are withdrawn at once, so with `withdraw` the new ones sign at once: leave `after` out.",
            ));
        }
        Some(true) => OldKeys::Withdrawn,
        _ => OldKeys::SignUntil(now + TimeDelta::seconds(after)),
    };
    Ok(Renewal { demo, bearer, old })
}

/// `GET /test/keys`: what every profile signs with now, as private JWKs.
pub(super) async fn private_keys(request: HttpRequest, server: TestIssuer) -> Result<HttpResponse, Problem> {
    expect_no_query(&request)?;
    let ring = server.keys.ring();
    let keys: Vec<Value> = PROFILES.iter().flat_map(|profile| jwks_of(profile, &server, &ring)).collect();
    Ok(HttpResponse::Ok().json(json!({ "keys": keys })))
}

/// The keys of one profile, one for each algorithm.
fn jwks_of(profile: &Profile, server: &TestIssuer, ring: &KeyRing) -> Vec<Value> {
    let chosen = DemoAlgorithm::OFFERED.into_iter();
    // Of a profile with one algorithm, every choice gives the same key.
    let algorithms = chosen.take(if (profile.only_algorithm)(ring).is_some() { 1 } else { usize::MAX });
    let jwk = |algorithm| {
        let signer = profile.signer(&server.issuer(ring, algorithm)).ok()?;
        let mut jwk = Map::from_iter([("profile".to_owned(), profile.name.into())]);
        jwk.extend(signer.private_jwk()?);
        Some(jwk.into())
    };
    algorithms.filter_map(jwk).collect()
}
