//! Rotation on disk: what `hallpass rotate` leaves in the folder, what its names mean, and a running server that takes it.

use std::fs;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use chrono::{DateTime, TimeDelta, Utc};
use hallpass::keys::{self, Algorithm, KeyError, KeyRing};
use hallpass::profiles::Lifetime;
use hallpass::profiles::demo::{self, Subject};
use tempfile::TempDir;

use crate::app::{fixture, put_rsa_keys};

const BOTH: [demo::Algorithm; 2] = [demo::Algorithm::Hs256, demo::Algorithm::Rs256];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    KeyRing::prepare(folder.path(), &SystemRandom::new()).unwrap();
    folder
}

fn ring(folder: &TempDir) -> KeyRing {
    KeyRing::prepare(folder.path(), &SystemRandom::new()).unwrap().0
}

fn rotate(folder: &TempDir, after: i64, now: DateTime<Utc>) -> keys::Rotation {
    let both = [Algorithm::Rs256, Algorithm::Hs256];
    keys::rotate(folder.path(), &both, TimeDelta::seconds(after), now, &SystemRandom::new()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn token(ring: &KeyRing, algorithm: demo::Algorithm, now: DateTime<Utc>) -> String {
    demo::issue(ring, algorithm, &Subject::default(), Lifetime::of(86_400).unwrap(), now).unwrap().into_string()
}

fn code(ring: &KeyRing, algorithm: demo::Algorithm, token: &str, now: DateTime<Utc>) -> &'static str {
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
    let old = token(&ring(&folder), demo::Algorithm::Rs256, at(-1));
    let removed = rotate(&folder, 0, at(100)).removed;
    assert_eq!(removed, [folder.path().join("jwt_key")]);
    assert!(folder.path().join("jwt_key.pub").exists() && folder.path().join("hs256.secret").exists());
    assert_eq!(code(&ring(&folder), demo::Algorithm::Rs256, &old, at(101)), "accepted");
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
    let error = KeyRing::prepare(folder.path(), &SystemRandom::new()).err().unwrap();
    let said = format!("{error}: {}", std::error::Error::source(&error).unwrap());
    assert!(said.contains("jwt_key.20200101T000000Z.pub") && said.contains("jwt_key.20200101T000000Z`"), "{said}");
}

#[test]
fn two_rotations_to_one_second_make_one_key_and_an_error() {
    let folder = folder();
    rotate(&folder, 60, at(0));
    let again = keys::rotate(folder.path(), &[Algorithm::Rs256], TimeDelta::seconds(60), at(0), &SystemRandom::new());
    assert!(matches!(again, Err(KeyError::Exists { .. })));
    let empty = TempDir::new().unwrap();
    let nothing = keys::rotate(empty.path(), &[Algorithm::Hs256], TimeDelta::zero(), at(0), &SystemRandom::new());
    assert!(nothing.is_err(), "there is nothing to rotate");
}
