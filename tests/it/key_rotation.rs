//! Rotation on disk: what `hallpass rotate` leaves in the folder, what its names mean, and a running server that takes
//! it.

use std::fs;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use chrono::{DateTime, TimeDelta, Utc};
use hallpass::keys::{self, Algorithm, BearerKeys, GivenCredentials, KeyError, KeyRing, RotatedKeys, RsaPrivateKey};
use hallpass::profiles::Lifetime;
use hallpass::profiles::bearer;
use hallpass::profiles::demo::{self, Subject};
use tempfile::TempDir;

use crate::app::{fixture, put_rsa_keys};
use crate::cli::Program;

const BOTH: [demo::DemoAlgorithm; 2] = [demo::DemoAlgorithm::HS256, demo::DemoAlgorithm::RS256];
const DEMO: [RotatedKeys; 2] = [RotatedKeys::Rs256, RotatedKeys::Hs256];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    KeyRing::read_or_make(folder.path(), &SystemRandom::new()).unwrap();
    folder
}

fn ring(folder: &TempDir) -> KeyRing {
    KeyRing::read_or_make(folder.path(), &SystemRandom::new()).unwrap().0
}

fn rotate(folder: &TempDir, after: i64, now: DateTime<Utc>) -> keys::Rotation {
    rotate_these(folder, &DEMO, after, now)
}

fn rotate_these(folder: &TempDir, keys: &[RotatedKeys], after: i64, now: DateTime<Utc>) -> keys::Rotation {
    keys::rotate(folder.path(), keys, TimeDelta::seconds(after), now, &SystemRandom::new()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn token(ring: &KeyRing, algorithm: demo::DemoAlgorithm, now: DateTime<Utc>) -> String {
    demo::issue(ring, algorithm, &Subject::default(), Lifetime::of(86_400).unwrap(), now).unwrap().into_string()
}

fn code(ring: &KeyRing, algorithm: demo::DemoAlgorithm, token: &str, now: DateTime<Utc>) -> &'static str {
    demo::verify(ring, algorithm, token, now).code().as_str()
}

/// As root it rotates for a server that runs as another user.
#[test]
fn new_keys_belong_to_the_owner_of_the_folder() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let folder = folder();
    // Only root may give a folder away; anybody else has it already.
    let _ = chown(folder.path(), Some(65534), Some(65534));
    let owner = |path: &Path| fs::metadata(path).unwrap().uid();
    let made = rotate(&folder, 0, at(0)).made;
    assert_eq!(made.len(), 3);
    for path in made {
        assert_eq!(owner(&path), owner(folder.path()), "{}", path.display());
    }
}

#[test]
fn the_next_keys_are_published_before_they_sign_and_the_old_ones_verify_for_a_day_more() {
    let folder = folder();
    let before = ring(&folder);
    let made = rotate(&folder, 60, at(0)).made;
    let made: Vec<&str> = made.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(made, ["jwt_key.20270115T080100Z", "jwt_key.20270115T080100Z.pub", "hs256.20270115T080100Z.secret"]);

    let after = ring(&folder);
    for algorithm in BOTH {
        let old = token(&before, algorithm, at(59));
        assert_eq!(token(&after, algorithm, at(59)), old, "the old key signs to the last second");
        let new = token(&after, algorithm, at(60));
        assert_ne!(code(&before, algorithm, &new, at(60)), "accepted");
        assert_eq!(code(&after, algorithm, &new, at(60)), "accepted");
        assert_eq!(code(&after, algorithm, &old, at(86_458)), "accepted");
        assert_ne!(code(&after, algorithm, &token(&before, algorithm, at(61)), at(86_460)), "accepted", "{algorithm}");
    }
    let published = |now| serde_json::to_value(after.published(now)).unwrap()["keys"].as_array().unwrap().len();
    assert_eq!((published(at(0)), published(at(60)), published(at(86_459)), published(at(86_460))), (3, 3, 3, 2));
}

#[test]
fn a_rotation_removes_private_halves_before_the_one_that_signs_and_nothing_that_verifies() {
    let folder = folder();
    assert_eq!(rotate(&folder, 0, at(0)).removed.len(), 0, "the old one signed until now");
    let old = token(&ring(&folder), demo::DemoAlgorithm::RS256, at(-1));
    let removed = rotate(&folder, 0, at(100)).removed;
    assert_eq!(removed, [folder.path().join("jwt_key")]);
    assert!(folder.path().join("jwt_key.pub").exists() && folder.path().join("hs256.secret").exists());
    assert_eq!(code(&ring(&folder), demo::DemoAlgorithm::RS256, &old, at(101)), "accepted");
    let removed = rotate(&folder, 0, at(90_000)).removed;
    assert!(removed.contains(&folder.path().join("hs256.secret")), "its tokens have died: {removed:?}");
}

#[test]
fn where_a_timed_key_stands_no_other_is_made() {
    let folder = TempDir::new().unwrap();
    fs::copy(fixture("rsa-openssh"), folder.path().join("jwt_key.20200101T000000Z")).unwrap();
    fs::write(folder.path().join("hs256.20200101T000000Z.secret"), "a secret that is long enough for HS256").unwrap();
    let ring = ring(&folder);
    let names = names(folder.path());
    assert!(!names.contains(&"jwt_key".to_owned()) && !names.contains(&"hs256.secret".to_owned()), "{names:?}");
    assert!(names.contains(&"jwt_key.20200101T000000Z.pub".to_owned()));
    for algorithm in BOTH {
        assert!(demo::can_issue(&ring, algorithm, at(0)));
        assert!(!demo::can_issue(&ring, algorithm, DateTime::UNIX_EPOCH), "it has not begun to sign");
    }
}

#[test]
fn a_name_that_is_no_time_is_a_retired_key_like_any_other() {
    let folder = folder();
    fs::copy(fixture("rsa-openssh.pub"), folder.path().join("jwt_key.2020.pub")).unwrap();
    assert_eq!(ring(&folder).rs256().verifiers().len(), 2);
    assert!(ring(&folder).rs256().verifiers().iter().all(|key| !key.is_over(at(10_000_000))));
}

#[test]
fn a_timed_pair_that_does_not_match_is_refused_by_both_names() {
    let folder = folder();
    fs::copy(fixture("rsa-openssh"), folder.path().join("jwt_key.20200101T000000Z")).unwrap();
    fs::copy(fixture("rsa-4096-openssh.pub"), folder.path().join("jwt_key.20200101T000000Z.pub")).unwrap();
    let error = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).err().unwrap();
    let said = format!("{error}: {}", std::error::Error::source(&error).unwrap());
    assert!(said.contains("jwt_key.20200101T000000Z.pub") && said.contains("jwt_key.20200101T000000Z`"), "{said}");
}

#[test]
fn rotations_to_one_second_take_the_next_free_one_each() {
    let folder = folder();
    let names = [0, 0, 0].map(|after| rotate(&folder, 60 + after, at(0)));
    let starts = names.iter().map(|rotation| rotation.start.timestamp() - at(0).timestamp()).collect::<Vec<_>>();
    assert_eq!(starts, [60, 61, 62]);
    for rotation in &names {
        assert_eq!(rotation.made.len(), 3);
        let name = rotation.start.format("jwt_key.%Y%m%dT%H%M%SZ").to_string();
        assert!(folder.path().join(&name).exists(), "{name}");
    }
    let after = ring(&folder);
    assert_eq!((after.rs256().verifiers().len(), after.hs256().verifiers().len()), (4, 4));
}

#[test]
fn rotations_at_once_make_a_whole_set_of_keys_each() {
    let folder = folder();
    let path = folder.path();
    std::thread::scope(|scope| {
        let rotation = || keys::rotate(path, &DEMO, TimeDelta::seconds(60), at(0), &SystemRandom::new()).unwrap();
        let running: Vec<_> = (0..4).map(|_| scope.spawn(rotation)).collect();
        let mut starts: Vec<_> = running.into_iter().map(|it| it.join().unwrap().start).collect();
        starts.sort();
        starts.dedup();
        assert_eq!(starts.len(), 4, "each has a second of its own");
    });
    let timed = names(path).into_iter().filter(|name| name.contains("T0")).count();
    assert_eq!(timed, 12, "{:?}", names(path));
}

#[test]
fn what_the_folder_has_is_rotated_and_nothing_else_is_made() {
    for (rotated, other) in [(RotatedKeys::Hs256, RotatedKeys::Rs256), (RotatedKeys::Rs256, RotatedKeys::Hs256)] {
        let folder = TempDir::new().unwrap();
        match rotated {
            RotatedKeys::Hs256 => keys::generate_hs256(folder.path(), false, &SystemRandom::new()).unwrap(),
            _ => keys::generate_rs256(folder.path(), false, 2048).unwrap(),
        };
        let before = names(folder.path());
        for keys in [&[other][..], &[RotatedKeys::Bearer], &[]] {
            let failed = keys::rotate(folder.path(), keys, TimeDelta::zero(), at(0), &SystemRandom::new());
            assert!(matches!(failed, Err(KeyError::NothingToRotate { .. })));
            assert_eq!(names(folder.path()), before, "nothing is left behind");
        }
        let rotation = rotate(&folder, 0, at(0));
        assert_eq!((rotation.skipped, rotation.made.len()), (vec![other], names(folder.path()).len() - before.len()));
    }
}

#[test]
fn a_rotation_that_fails_leaves_the_folder_as_it_was() {
    let folder = folder();
    rotate(&folder, 0, at(0));
    let contents = |folder: &Path| -> Vec<_> {
        names(folder).into_iter().map(|name| (fs::read(folder.join(&name)).unwrap(), name)).collect()
    };
    for second in 0..60 {
        let start = (at(100) + TimeDelta::seconds(second)).format("hs256.%Y%m%dT%H%M%SZ.secret").to_string();
        fs::write(folder.path().join(start), "a secret that is long enough for HS256").unwrap();
    }
    let before = contents(folder.path());
    let all = [RotatedKeys::Bearer, RotatedKeys::Rs256, RotatedKeys::Hs256];
    let failed = keys::rotate(folder.path(), &all, TimeDelta::zero(), at(100), &SystemRandom::new());
    assert!(matches!(failed, Err(KeyError::Exists { .. })), "every second is taken");
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_public_half_that_is_missing_is_saved_before_its_private_half_is_removed() {
    let folder = folder();
    fs::remove_file(folder.path().join("jwt_key.pub")).unwrap();
    let old = token(&ring(&folder), demo::DemoAlgorithm::RS256, at(-1));
    fs::remove_file(folder.path().join("jwt_key.pub")).unwrap();
    rotate(&folder, 0, at(0));
    let rotation = rotate(&folder, 0, at(100));
    assert_eq!(rotation.removed, [folder.path().join("jwt_key")]);
    assert!(rotation.made.contains(&folder.path().join("jwt_key.pub")), "{:?}", rotation.made);
    assert_eq!(code(&ring(&folder), demo::DemoAlgorithm::RS256, &old, at(101)), "accepted");
}

const BEARER: [RotatedKeys; 1] = [RotatedKeys::Bearer];

/// A bearer token that lives as long as one can.
fn bearer_token(ring: &KeyRing, now: DateTime<Utc>) -> String {
    let grant = bearer::AccessTokenParties { issuer: "https://i.example", subject: "bob", client_id: "app" };
    let terms = bearer::Terms { lifetime: Lifetime::of(86_400).unwrap(), ..bearer::Terms::default() };
    bearer::issue_on(ring, &grant, &terms, [7; 16], now).unwrap().into_string()
}

fn bearer_code(ring: &KeyRing, token: &str, now: DateTime<Utc>) -> &'static str {
    bearer::verify(ring, "https://i.example", token, now).resolve_revocation(|_| false).code().as_str()
}

#[test]
fn the_next_bearer_key_is_published_before_it_signs_and_the_old_one_verifies_for_a_day_more() {
    let folder = folder();
    let before = ring(&folder);
    let made = rotate_these(&folder, &BEARER, 60, at(0)).made;
    let made: Vec<&str> = made.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(made, ["bearer_key.20270115T080100Z", "bearer_key.20270115T080100Z.pub"]);

    let after = ring(&folder);
    let old = bearer_token(&before, at(59));
    assert_eq!(bearer_token(&after, at(59)), old, "the old key signs to the last second");
    let new = bearer_token(&after, at(60));
    assert_eq!((bearer_code(&before, &new, at(60)), bearer_code(&after, &new, at(60))), ("unknown_kid", "accepted"));
    assert_eq!(bearer_code(&after, &old, at(86_458)), "accepted");
    assert_ne!(bearer_code(&after, &bearer_token(&before, at(61)), at(86_460)), "accepted");
    let published = |now| serde_json::to_value(after.published(now)).unwrap()["keys"].as_array().unwrap().len();
    assert_eq!((published(at(0)), published(at(60)), published(at(86_459)), published(at(86_460))), (3, 3, 3, 2));
    assert_eq!(after.rs256().verifiers().len(), 1, "a bearer key is no retired key of the demo");

    let removed = rotate_these(&folder, &BEARER, 0, at(100)).removed;
    assert_eq!(removed, [folder.path().join("bearer_key")]);
    let after = ring(&folder);
    assert_eq!(bearer_code(&after, &old, at(101)), "accepted", "its public half stays");
    assert!(!folder.path().join("bearer_key").exists(), "no start makes it again");
    assert_ne!(bearer_token(&after, at(100)), bearer_token(&after, at(99)));
}

#[test]
fn a_rotation_renews_every_bearer_key_of_the_folder_by_one_of_its_kind() {
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    fs::remove_file(folder.path().join("bearer_key")).unwrap();
    fs::copy(fixture("rsa-openssh"), folder.path().join("bearer_rsa")).unwrap();
    let wanted = BearerKeys { algorithm: Algorithm::Es256, one_of_each: true };
    let ring = || {
        KeyRing::read_or_make_all(folder.path(), &GivenCredentials::default(), wanted, &SystemRandom::new()).unwrap().0
    };
    let kid = |ring: &KeyRing, algorithm, now| ring.bearer_signer(algorithm, now).unwrap().kid().unwrap().to_owned();
    let before = ring();
    let made = rotate_these(&folder, &BEARER, 60, at(0)).made;
    assert_eq!(made.len(), 8, "two halves of each kind: {made:?}");
    let after = ring();
    for algorithm in Algorithm::OF_PAIRS {
        let old = kid(&before, algorithm, at(0));
        assert_eq!(kid(&after, algorithm, at(59)), old, "{algorithm}");
        let new = kid(&after, algorithm, at(60));
        assert_ne!(new, old, "{algorithm}");
        let published = serde_json::to_string(&after.published(at(60))).unwrap();
        assert!(published.contains(&format!("\"{old}\"")) && published.contains(&format!("\"{new}\"")), "{published}");
    }
    assert_eq!(rotate_these(&folder, &BEARER, 0, at(100)).removed.len(), 4);
    assert_eq!(kid(&ring(), Algorithm::Ps512, at(99)), kid(&after, Algorithm::Ps512, at(99)));
}

#[test]
fn a_next_rsa_key_is_as_large_as_the_one_that_it_replaces() {
    let folder = folder();
    for name in ["jwt_key", "bearer_key"] {
        let _ = fs::remove_file(folder.path().join(format!("{name}.pub")));
        fs::copy(fixture("rsa-4096-openssh"), folder.path().join(name)).unwrap();
    }
    let made = rotate_these(&folder, &[RotatedKeys::Rs256, RotatedKeys::Bearer], 60, at(0)).made;
    let private: Vec<_> = made.iter().filter(|path| path.extension().is_some_and(|it| it != "pub")).collect();
    assert_eq!(private.len(), 2, "{made:?}");
    for path in private {
        let key = RsaPrivateKey::parse(&fs::read(path).unwrap()).unwrap();
        assert_eq!(key.public().modulus().len() * 8, 4096, "{}", path.display());
    }
}

#[test]
fn a_bearer_key_whose_newest_private_half_is_missing_or_of_another_kind_is_refused_by_name() {
    for (copied, to, said) in [
        ("rsa-openssh.pub", "bearer_key.20200101T000000Z.pub", "bearer_key.20200101T000000Z`"),
        ("ec-openssh", "bearer_key.20200101T000000Z", "RS256 needs an RSA key"),
        ("ec-openssh.pub", "bearer_key.20200101T000000Z.pub", "RS256 needs an RSA key"),
    ] {
        let folder = folder();
        fs::copy(fixture(copied), folder.path().join(to)).unwrap();
        let error = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).err().unwrap();
        let line = format!("{error}: {}", std::error::Error::source(&error).unwrap());
        assert!(line.contains(to) || line.contains(said), "{line}");
        assert!(line.contains(said), "{line}");
    }
}

#[test]
fn an_empty_folder_has_nothing_to_rotate_and_gets_advice() {
    let empty = TempDir::new().unwrap();
    for folder in [empty.path().to_owned(), empty.path().join("missing")] {
        let failed = keys::rotate(&folder, &[RotatedKeys::Rs256], TimeDelta::zero(), at(0), &SystemRandom::new());
        let said = failed.unwrap_err().to_string();
        assert!(said.contains(folder.to_str().unwrap()) && said.contains("hallpass keygen"), "{said}");
    }
    assert_eq!(names(empty.path()).len(), 0, "nothing is made");
}

#[test]
fn the_command_rotates_twice_within_a_second_with_a_duration_or_not_at_all() {
    let program = Program::new();
    for arguments in [&["rotate"][..], &["rotate", "--algorithm", "HS256"], &["rotate", "--after", "1h"]] {
        program.run(arguments).assert_failed(&["`keys` has no", "key to rotate", "hallpass keygen", "first start"]);
        assert!(!program.path("keys").exists());
    }
    program.run(&["keygen"]);
    for made in 1..=3 {
        let done = program.run(&["rotate", "--after", "1h"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        for missing in ["RS256", "bearer"] {
            let said = format!("the folder has no {missing} key, so none was made");
            assert!(done.stdout.contains(&said), "{}", done.stdout);
        }
        assert_eq!(names(&program.path("keys")).len(), 1 + made);
    }
    program.run(&["rotate", "--algorithm", "RS256"]).assert_failed(&["no RS256 key to rotate"]);
    program.run(&["rotate", "--profile", "bearer"]).assert_failed(&["no bearer key to rotate"]);
    let refused = program.run(&["rotate", "--profile", "lab"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("accepted: demo or bearer"), "{}", refused.stderr);
    assert_eq!(names(&program.path("keys")).len(), 4);
}
