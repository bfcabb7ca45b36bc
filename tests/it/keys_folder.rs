//! The keys folder, against files that the real `ssh-keygen` and `openssl` made.
//!
//! One RSA key stands in `tests/fixtures/keys` in every form, with the thumbprint that Python computed: whatever
//! private form signs, every public form must verify, under that one `kid`.

use std::error::Error;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hallpass::keys::{
    Algorithm, BearerKeys, GivenCredentials, GivenKey, KeyError, KeyFault, KeyKind, KeyRing, KeySet, RsaPrivateKey,
    RsaPublicKey, Secret, Warning, generate_hs256, generate_rs256,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tempfile::TempDir;

const PRIVATE: [&str; 3] = ["rsa-openssh", "rsa-pkcs1.pem", "rsa-pkcs8.pem"];
const ENCRYPTED: [&str; 3] = ["rsa-openssh-encrypted", "rsa-pkcs1-encrypted.pem", "rsa-pkcs8-encrypted.pem"];
const PUBLIC: [&str; 3] = ["rsa-openssh.pub", "rsa-public-spki.pem", "rsa-public-pkcs1.pem"];

/// When these keys sign and verify; none of their names has a time, so any moment will do.
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

const MESSAGE: &[u8] = b"header.payload";
const LONG_SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";

/// A `keys` folder of one test.
struct Keys {
    folder: TempDir,
}

impl Keys {
    fn empty() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// Copies fixtures into a fresh folder: the name there, the name here. The RSA keys that a server needs beside them
    /// are ready too, because to make them takes longer than most tests.
    fn holding<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let keys = Self::holding_only(files);
        for (name, from) in [("bearer_key", "other-openssh"), ("lab_key", "lab-openssh")] {
            if !keys.path(name).exists() && !keys.path(&format!("{name}.pub")).exists() {
                keys.write(name, fixture(from));
            }
        }
        keys
    }

    /// The same without them.
    fn holding_only<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let keys = Self::empty();
        for (name, from) in files {
            keys.write(name, fixture(from));
        }
        keys
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
        self.set_mode(name, 0o600);
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The ring whose bearer tokens are signed with this algorithm.
    fn bearer(&self, algorithm: Algorithm) -> Result<KeyRing, String> {
        let (given, bearer) = (GivenCredentials::default(), BearerKeys { algorithm, one_of_each: false });
        let ring = KeyRing::read_or_make_all(self.folder.path(), &given, bearer, &SystemRandom::new());
        ring.map(|(ring, _)| ring).map_err(|error| chain(&error))
    }

    fn read_or_make(&self) -> Result<(KeyRing, Vec<Warning>), KeyError> {
        KeyRing::read_or_make(self.folder.path(), &SystemRandom::new())
    }

    fn ring(&self) -> KeyRing {
        self.read_or_make().map_err(|error| chain(&error)).unwrap().0
    }

    fn warnings(&self) -> Vec<Warning> {
        self.read_or_make().map_err(|error| chain(&error)).unwrap().1
    }

    /// The one line that the start ends with, the folder's path in it replaced by `keys`. It names `file`, shows
    /// nothing of what is in it, and leaves it alone.
    fn refusal(&self, file: &str) -> String {
        let before = fs::read(self.path(file)).ok();
        let line = chain(&self.read_or_make().err().expect("the folder is refused"));
        assert_eq!(fs::read(self.path(file)).ok(), before, "{file} was changed");
        let line = line.replace(self.folder.path().to_str().unwrap(), "keys");
        assert!(line.contains(&format!("`keys/{file}`")), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        let content = String::from_utf8_lossy(&before.unwrap_or_default()).into_owned();
        assert!(content.lines().filter(|shown| shown.len() > 40).all(|shown| !line.contains(shown)), "{line}");
        line
    }
}

fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys").join(name)
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixture_path(name)).unwrap()
}

fn fixture_text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

fn fixture_json(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).unwrap()
}

fn thumbprint() -> String {
    fixture_text("rsa-thumbprint.txt").trim().to_owned()
}

fn given(name: &str) -> GivenKey {
    GivenKey::read(&fixture_path(name)).map_err(|error| chain(&error)).unwrap()
}

/// An error as the program prints it: its message, then each of its causes.
fn chain(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {}", chain(cause)))
}

fn assert_says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{line:?} does not say {part:?}");
    }
}

fn signature(keys: &KeySet) -> String {
    keys.signer(NOW).unwrap().sign(MESSAGE).unwrap()
}

/// Which of the verifiers, by position, take the signature.
fn verifying(keys: &KeySet, signature: &str) -> Vec<usize> {
    let positions = keys.verifiers().iter().enumerate();
    positions.filter(|(_, verifier)| verifier.verifies(MESSAGE, signature)).map(|(position, _)| position).collect()
}

/// The demo's published keys: all but the last, which is that of bearer tokens.
fn published(ring: &KeyRing) -> Vec<Value> {
    let keys = serde_json::to_value(ring.published(NOW)).unwrap()["keys"].as_array().unwrap().clone();
    let (last, others) = keys.split_last().unwrap();
    assert_eq!(last["kid"], ring.bearer().signer().kid().unwrap());
    others.to_vec()
}

/// What a start makes in an empty folder.
const MADE: [&str; 11] = [
    "bearer_key",
    "bearer_key.pub",
    "demo-credentials.env",
    "hs256.secret",
    "jwt_key",
    "jwt_key.pub",
    "lab.secret",
    "lab_key",
    "lab_key.pub",
    "rest-api.secret",
    "session.key",
];

fn kid_of(name: &str) -> String {
    RsaPublicKey::parse(&fixture(name)).unwrap().thumbprint().to_owned()
}

// What works.

#[test]
fn every_private_form_signs_what_every_public_form_verifies_under_one_kid() {
    let verify_only = PUBLIC.map(|public| Keys::holding([("jwt_key.pub", public)]).ring());
    for private in PRIVATE {
        let ring = Keys::holding([("jwt_key", private)]).ring();
        let signature = signature(ring.rs256());
        assert_eq!(ring.rs256().signer(NOW).unwrap().kid(), Some(thumbprint().as_str()), "{private}");
        for ring in verify_only.iter().chain([&ring]) {
            let [verifier] = ring.rs256().verifiers() else { panic!("{private}: one key verifies") };
            assert!(verifier.verifies(MESSAGE, &signature), "{private} and {}", verifier.source());
            assert!(!verifier.verifies(b"header.another", &signature));
            assert_eq!(verifier.kid(), Some(thumbprint().as_str()));
            assert_eq!(verifier.signature_chars(), signature.len());
        }
    }
}

#[test]
fn a_pair_loads_in_every_mix_of_forms() {
    for private in PRIVATE {
        for public in PUBLIC {
            let keys = Keys::holding([("jwt_key", private), ("jwt_key.pub", public)]);
            assert_eq!(keys.ring().rs256().verifiers().len(), 1, "{private} with {public}");
            assert_eq!(keys.warnings().len(), 0);
        }
    }
}

#[test]
fn a_larger_rsa_key_signs_with_longer_signatures() {
    let ring = Keys::holding([("jwt_key", "rsa-4096-openssh"), ("jwt_key.pub", "rsa-4096-openssh.pub")]).ring();
    let signature = signature(ring.rs256());
    assert_eq!(verifying(ring.rs256(), &signature), [0]);
    assert_eq!(signature.len(), 683);
    assert_eq!(ring.rs256().verifiers()[0].signature_chars(), 683);
}

#[test]
fn crlf_a_byte_order_mark_and_blanks_around_lines_do_not_matter() {
    let mangled = |name| format!("\u{feff}\r\n{}\r\n \r\n", fixture_text(name).replace('\n', " \t\r\n"));
    for private in PRIVATE {
        for public in PUBLIC {
            let keys = Keys::empty();
            keys.write("jwt_key", mangled(private));
            keys.write("jwt_key.pub", mangled(public));
            assert_eq!(keys.ring().rs256().signer(NOW).unwrap().kid(), Some(thumbprint().as_str()));
        }
    }
}

#[test]
fn the_public_half_of_a_lone_private_key_is_saved_as_openssl_writes_it() {
    for private in PRIVATE {
        let keys = Keys::holding([("jwt_key", private)]);
        let made = keys.warnings();
        assert!(
            made.iter().any(|it| matches!(it, Warning::Made(path) if *path == keys.path("jwt_key.pub"))),
            "{made:?}"
        );
        assert_eq!(fs::read(keys.path("jwt_key.pub")).unwrap(), fixture("rsa-public-spki.pem"));
        assert_eq!(fs::read(keys.path("jwt_key")).unwrap(), fixture(private));
    }
}

#[test]
fn a_folder_with_only_the_public_key_verifies_and_has_no_signer() {
    for public in PUBLIC {
        let keys = Keys::holding([("jwt_key.pub", public)]);
        let ring = keys.ring();
        assert!(ring.rs256().signer(NOW).is_none());
        assert!(ring.hs256().signer(NOW).is_some());
        assert_eq!(published(&ring).len(), 1);
        assert!(!keys.path("jwt_key").exists(), "no private key is made beside a public one");
    }
}

#[test]
fn further_public_keys_verify_and_are_published_after_the_one_that_signs() {
    let retired = [("2025.pub", "other-public-spki.pem"), ("2026.pub", "rsa-4096-openssh.pub")];
    let ring = Keys::holding([("jwt_key", "rsa-openssh")].into_iter().chain(retired)).ring();
    let kids: Vec<_> = published(&ring).iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kids, [thumbprint(), kid_of("other-openssh.pub"), kid_of("rsa-4096-openssh.pub")]);

    let by_retired = Keys::holding([("jwt_key", "other-openssh")]).ring();
    assert_eq!(verifying(ring.rs256(), &signature(by_retired.rs256())), [1]);
    assert_eq!(verifying(ring.rs256(), &signature(ring.rs256())), [0]);
    assert_eq!(ring.rs256().signer(NOW).unwrap().kid(), ring.rs256().verifiers()[0].kid());
}

#[test]
fn a_key_that_is_also_among_the_retired_ones_is_published_once() {
    let copies = ["a.pub", "b.pub", "c.pub"].into_iter().zip(PUBLIC);
    let ring = Keys::holding([("jwt_key", "rsa-pkcs1.pem")].into_iter().chain(copies)).ring();
    assert_eq!(published(&ring).len(), 1);
    assert_eq!(ring.rs256().verifiers().len(), 1);
}

#[test]
fn the_published_set_shows_the_public_numbers_and_nothing_else() {
    let ring = Keys::holding([("jwt_key", "rsa-openssh")]).ring();
    let mut expected = fixture_json("rsa-public.jwk.json");
    expected["use"] = "sig".into();
    expected["alg"] = "RS256".into();
    expected["kid"] = thumbprint().into();
    assert_eq!(published(&ring), [expected]);
}

#[test]
fn hs256_signs_with_the_secrets_text_and_has_no_kid() {
    let keys = Keys::holding([("jwt_key", "rsa-pkcs8.pem")]);
    keys.write("hs256.secret", format!("{LONG_SECRET}\n"));
    let ring = keys.ring();
    let pasted = GivenKey::parse(LONG_SECRET.as_bytes(), "pasted").unwrap();
    assert_eq!(signature(ring.hs256()), pasted.signer(None).unwrap().sign(MESSAGE).unwrap());
    assert_eq!(ring.hs256().signer(NOW).unwrap().kid(), None);
    assert_eq!(verifying(ring.hs256(), &signature(ring.hs256())), [0]);
    assert_eq!(verifying(ring.hs256(), &signature(ring.rs256())), [0; 0]);
}

#[test]
fn reading_a_folder_makes_nothing() {
    let keys = Keys::holding_only([("jwt_key", "rsa-openssh")]);
    let (hs256, rs256) = KeyRing::read_verifying(keys.folder.path()).unwrap();
    assert!(hs256.verifiers().is_empty() && hs256.signer(NOW).is_none());
    assert_eq!(rs256.verifiers().len(), 1);
    assert_eq!(keys.names(), ["jwt_key"]);
}

// What is made.

#[test]
fn an_empty_folder_gets_keys_that_only_their_owner_may_read_and_keeps_them() {
    let keys = Keys::empty();
    let (first, made) = keys.read_or_make().unwrap();
    assert_eq!(keys.names(), MADE);
    assert_eq!(keys.names().iter().map(|name| keys.mode(name)).collect::<Vec<_>>(), [0o600; MADE.len()]);
    assert_eq!(made.iter().filter(|it| matches!(it, Warning::Made(_))).count(), 10);

    let (second, warnings) = keys.read_or_make().unwrap();
    assert_eq!(warnings.len(), 0, "{warnings:?}");
    assert_eq!(second.session_key(), first.session_key());
    assert_eq!(second.rs256().signer(NOW).unwrap().kid(), first.rs256().signer(NOW).unwrap().kid());
    assert_eq!(signature(second.hs256()), signature(first.hs256()));
}

#[test]
fn two_folders_get_different_keys() {
    let (one, other) = (Keys::empty().ring(), Keys::empty().ring());
    assert_ne!(one.session_key(), other.session_key());
    assert_ne!(one.rs256().signer(NOW).unwrap().kid(), other.rs256().signer(NOW).unwrap().kid());
    assert_ne!(signature(one.hs256()), signature(other.hs256()));
}

#[test]
fn eight_starts_on_one_empty_folder_at_once_end_up_with_the_same_keys() {
    for _ in 0..3 {
        let (keys, start) = (Keys::empty(), Barrier::new(8));
        let begin = || {
            start.wait();
            keys.ring()
        };
        let rings: Vec<_> = thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        for ring in &rings {
            assert_eq!(ring.session_key(), rings[0].session_key());
            assert_eq!(signature(ring.hs256()), signature(rings[0].hs256()));
            assert_eq!(signature(ring.rs256()), signature(rings[0].rs256()));
            assert_eq!(published(ring), published(&rings[0]));
        }
        assert_eq!(keys.names(), MADE);
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused_with_the_setting_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("keys.txt");
    fs::write(&file, "not a folder").unwrap();
    let random = SystemRandom::new();
    for error in [
        KeyRing::read_or_make(&file, &random).err(),
        KeyRing::read_verifying(&file).err(),
        generate_hs256(&file, true, &random).err(),
    ] {
        let error = error.expect("a refusal");
        let wanted = format!("--keys is `{}`, which is a file; name the folder", file.display());
        assert!(error.to_string().starts_with(&wanted), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}

#[test]
fn the_folder_is_made_with_the_folders_above_it() {
    let keys = Keys::empty();
    KeyRing::read_or_make(&keys.path("a/b"), &SystemRandom::new()).map_err(|error| chain(&error)).unwrap();
    assert!(keys.path("a/b/jwt_key").exists());
}

#[test]
fn a_secret_is_replaced_by_force_alone() {
    let keys = Keys::empty();
    let generate = |force| generate_hs256(keys.folder.path(), force, &SystemRandom::new());
    assert_eq!(generate(false).unwrap(), [keys.path("hs256.secret")]);
    let first = fs::read(keys.path("hs256.secret")).unwrap();
    assert!(!Secret::from_file(&first).unwrap().is_short());

    assert_says(&chain(&generate(false).unwrap_err()), &["hs256.secret", "is there already", "--force"]);
    assert_eq!(fs::read(keys.path("hs256.secret")).unwrap(), first);

    generate(true).unwrap();
    assert_ne!(fs::read(keys.path("hs256.secret")).unwrap(), first);
    assert_eq!(keys.mode("hs256.secret"), 0o600);
    assert_eq!(keys.names(), ["hs256.secret"]);
}

#[test]
fn a_pair_is_replaced_by_force_alone() {
    let keys = Keys::empty();
    let generate = |force| generate_rs256(keys.folder.path(), force, 2048);
    assert_eq!(generate(false).unwrap(), [keys.path("jwt_key"), keys.path("jwt_key.pub")]);
    let first = keys.ring();

    assert_says(&chain(&generate(false).unwrap_err()), &["jwt_key", "is there already", "--force"]);
    assert_eq!(published(&keys.ring()), published(&first));

    generate(true).unwrap();
    assert_ne!(published(&keys.ring()), published(&first));
    assert_eq!((keys.mode("jwt_key"), keys.mode("jwt_key.pub")), (0o600, 0o600));
}

#[test]
fn a_key_that_would_not_sign_beside_a_newer_one_is_not_made() {
    let keys = Keys::empty();
    generate_hs256(keys.folder.path(), false, &SystemRandom::new()).unwrap();
    generate_rs256(keys.folder.path(), false, 2048).unwrap();
    let before = published(&keys.ring());
    for name in ["hs256.20270101T000000Z.secret", "jwt_key.20260101T000000Z"] {
        let first = if name.starts_with("hs256") { "hs256.secret" } else { "jwt_key" };
        fs::copy(keys.path(first), keys.path(name)).unwrap();
    }
    for force in [false, true] {
        let secret = generate_hs256(keys.folder.path(), force, &SystemRandom::new()).unwrap_err();
        assert_says(&chain(&secret), &["hs256.secret` would not sign", "hs256.20270101T000000Z.secret` is newer"]);
        let pair = generate_rs256(keys.folder.path(), force, 2048).unwrap_err();
        assert_says(
            &chain(&pair),
            &["jwt_key` would not sign", "jwt_key.20260101T000000Z` is newer", "remove it first"],
        );
    }
    for name in ["hs256.20270101T000000Z.secret", "jwt_key.20260101T000000Z"] {
        fs::remove_file(keys.path(name)).unwrap();
    }
    assert_eq!(published(&keys.ring()), before, "nothing was replaced");
}

#[test]
fn either_half_of_a_pair_keeps_a_new_pair_from_being_made() {
    for (name, from) in [("jwt_key", "rsa-openssh"), ("jwt_key.pub", "rsa-openssh.pub")] {
        let keys = Keys::holding_only([(name, from)]);
        let line = chain(&generate_rs256(keys.folder.path(), false, 2048).unwrap_err());
        assert_says(&line, &[&format!("`{}`", keys.path(name).display()), "--force"]);
        assert_eq!(keys.names(), [name]);
        assert_eq!(fs::read(keys.path(name)).unwrap(), fixture(from));
    }
}

#[test]
fn a_size_that_cannot_be_made_is_refused_with_the_sizes_that_can() {
    let keys = Keys::empty();
    for bits in [0, 512, 1024, 2047, 16384] {
        let line = chain(&generate_rs256(keys.folder.path(), false, bits).unwrap_err());
        assert_says(&line, &[&format!("{bits} bits"), "2048, 3072, 4096 and 8192"]);
    }
    assert_eq!(keys.names(), [""; 0]);
}

#[test]
fn what_the_real_ssh_keygen_writes_works_as_it_is() {
    let keys = Keys::empty();
    let made = Command::new("ssh-keygen").args(["-t", "rsa", "-N", "", "-q", "-f"]).arg(keys.path("jwt_key")).status();
    if made.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        println!("not run: needs ssh-keygen");
        return;
    }
    let (ring, warnings) = keys.read_or_make().map_err(|error| chain(&error)).unwrap();
    assert!(warnings.iter().all(|it| matches!(it, Warning::Made(_))), "{warnings:?}");
    assert_eq!(verifying(ring.rs256(), &signature(ring.rs256())), [0]);
    let public = Keys::empty();
    public.write("jwt_key.pub", fs::read(keys.path("jwt_key.pub")).unwrap());
    assert_eq!(verifying(public.ring().rs256(), &signature(ring.rs256())), [0]);
}

// What is only warned of.

#[test]
fn a_short_secret_works_and_is_warned_of() {
    let keys = Keys::holding([("jwt_key", "rsa-openssh"), ("jwt_key.pub", "rsa-openssh.pub")]);
    keys.ring();
    keys.write("hs256.secret", "mysecret\n");
    let warnings = keys.warnings();
    assert!(matches!(&warnings[..], [Warning::ShortSecret { bytes: 8, .. }]), "{warnings:?}");
    let line = warnings[0].to_string();
    assert_says(&line, &["hs256.secret`", "8 bytes", "32"]);
    assert!(!line.contains("mysecret"));
    assert_eq!(verifying(keys.ring().hs256(), &signature(keys.ring().hs256())), [0]);
}

#[test]
fn a_secret_file_that_others_may_read_works_and_is_warned_of() {
    let keys = Keys::holding([("jwt_key", "rsa-openssh"), ("jwt_key.pub", "rsa-openssh.pub")]);
    keys.ring();
    for name in ["jwt_key", "hs256.secret", "session.key"] {
        for mode in [0o644, 0o640, 0o604] {
            keys.set_mode(name, mode);
            let warnings = keys.warnings();
            assert!(
                matches!(&warnings[..], [Warning::ReadableByOthers(file)] if file.path() == keys.path(name)),
                "{warnings:?}"
            );
            assert_says(&warnings[0].to_string(), &[&format!("chmod 600 {}", keys.path(name).display())]);
            keys.set_mode(name, 0o600);
        }
    }
    keys.set_mode("jwt_key.pub", 0o644);
    assert_eq!(keys.warnings().len(), 0);
}

#[test]
fn the_bearer_key_is_made_for_its_algorithm_or_brought_in_and_published_under_its_thumbprint() {
    let published = |ring: &KeyRing| serde_json::to_value(ring.published(NOW)).unwrap()["keys"][1].clone();
    for (algorithm, kty, crv) in [
        (Algorithm::Ps256, "RSA", None),
        (Algorithm::Es256, "EC", Some("P-256")),
        (Algorithm::Es384, "EC", Some("P-384")),
        (Algorithm::EdDsa, "OKP", Some("Ed25519")),
    ] {
        let keys = Keys::holding_only([("jwt_key", "rsa-openssh"), ("lab_key", "lab-openssh")]);
        let ring = keys.bearer(algorithm).unwrap();
        let jwk = published(&ring);
        assert_eq!((jwk["kty"].as_str(), jwk["crv"].as_str(), &jwk["use"]), (Some(kty), crv, &json!("sig")));
        assert_eq!(
            (jwk["alg"].as_str(), jwk["kid"].as_str()),
            (Some(algorithm.as_str()), ring.bearer().signer().kid())
        );
        assert_eq!(ring.bearer().signer().algorithm(), algorithm);
        assert!(jwk["kid"].as_str().unwrap().len() == 43 && jwk.get("d").is_none(), "{jwk}");
        assert_eq!(published(&keys.bearer(algorithm).unwrap()), jwk, "the next start finds it");
        let absent = if algorithm == Algorithm::EdDsa { Algorithm::Es256 } else { Algorithm::EdDsa };
        let told = keys.bearer(absent).err().unwrap();
        assert_says(&told, &["bearer_key`", algorithm.key_kind().noun(), "--bearer-algorithm", "move this file away"]);
    }
    for (algorithm, private, public) in [
        (Algorithm::Es256, "ec-openssh", "ec-openssh.pub"),
        (Algorithm::Es256, "ec-sec1.pem", "ec-public-spki.pem"),
        (Algorithm::Es256, "ec-pkcs8.pem", "ec-public-spki.pem"),
        (Algorithm::EdDsa, "ed25519-openssh", "ed25519-openssh.pub"),
        (Algorithm::EdDsa, "ed25519-pkcs8.pem", "ed25519-public-spki.pem"),
    ] {
        let keys = Keys::holding([("jwt_key", "rsa-openssh"), ("bearer_key", private), ("bearer_key.pub", public)]);
        let signature = keys.bearer(algorithm).unwrap().bearer().signer().sign(MESSAGE).unwrap();
        assert!(given(public).verifier(None).unwrap().verifies(MESSAGE, &signature), "{private}");
    }
    let keys = Keys::holding([("bearer_key", "ec-openssh"), ("bearer_key.pub", "ed25519-openssh.pub")]);
    assert_says(&keys.bearer(Algorithm::Es256).err().unwrap(), &["bearer_key.pub", "not the public half of"]);
    let keys = Keys::holding([("bearer_key", "rsa-pss-pkcs8.pem")]);
    assert_says(&keys.bearer(Algorithm::Es256).err().unwrap(), &["PSS alone", "ES256 needs an EC key on P-256"]);
}

#[test]
fn a_public_half_alone_of_the_bearer_key_is_refused_before_anything_is_made() {
    for (algorithm, public, name) in [
        (Algorithm::Rs256, "rsa-openssh.pub", "bearer_key"),
        (Algorithm::Es256, "ec-public-spki.pem", "bearer_key"),
        (Algorithm::Rs256, "rsa-openssh.pub", "bearer_key.20270101T000000Z"),
    ] {
        let file = format!("{name}.pub");
        let keys = Keys::holding_only([(&*file, public)]);
        let told = keys.bearer(algorithm).err().unwrap().replace(keys.folder.path().to_str().unwrap(), "keys");
        assert_says(&told, &[&format!("`keys/{file}`"), &format!("private half `keys/{name}` is not there")]);
        assert_says(&told, &["put the private half there", "move this file out", "the next start makes a new pair"]);
        assert_eq!(keys.names(), [file], "nothing is made");
    }
    let keys = Keys::holding([("bearer_key", "rsa-openssh"), ("bearer_key.20270101T000000Z.pub", "other-openssh.pub")]);
    let told = keys.bearer(Algorithm::Rs256).err().unwrap();
    assert_says(&told, &["bearer_key.20270101T000000Z` is not there", "the key before it signs again"]);
}

#[test]
fn a_public_key_in_bearer_key_is_never_sent_to_a_folder_with_a_public_half_alone() {
    for public in ["rsa-openssh.pub", "rsa-certificate.pem"] {
        let keys = Keys::holding([("bearer_key", public)]);
        let told = keys.bearer(Algorithm::Rs256).err().unwrap();
        assert_says(&told, &["signed with the private half", "the next start makes a new key"]);
        assert!(!told.contains("bearer_key.pub"), "{told}");
    }
}

#[test]
fn a_file_whose_name_is_nearly_a_keys_is_noted_and_works_nowhere() {
    let keys = Keys::holding([("jwt_key", "rsa-openssh"), ("jwt_key.pub", "rsa-openssh.pub")]);
    keys.ring();
    assert_eq!(keys.warnings().len(), 0);
    let wrong = [
        "bearer_key.20270101T000000",
        "bearer_key.pem",
        "hs256.20270101.secret",
        "jwt_key.2027",
        "jwt_key.20271301T000000Z",
        "jwt_key.pem",
    ];
    for name in wrong.into_iter().chain(["jwt_key.p12", "jwt_key.private", "notes.txt"]) {
        keys.write(name, "a secret of more than thirty-two bytes");
    }
    fs::create_dir(keys.path("jwt_key.d")).unwrap();
    keys.set_mode("jwt_key.d", 0o700);
    let told: Vec<String> = keys.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), wrong.len(), "{told:?}");
    for (told, name) in told.iter().zip(wrong) {
        assert_says(told, &[&format!("{name}` is not read"), "20270101T000000Z"]);
    }
}

// What is refused.

#[test]
fn a_passphrase_is_refused_with_the_command_that_removes_it() {
    let by_openssl =
        "`umask 077 && openssl pkey -in keys/jwt_key -out keys/jwt_key.new && mv keys/jwt_key.new keys/jwt_key`";
    let commands = ["`ssh-keygen -p -N '' -f keys/jwt_key`", by_openssl, by_openssl];
    for (fixture, command) in ENCRYPTED.into_iter().zip(commands) {
        let line = Keys::holding([("jwt_key", fixture)]).refusal("jwt_key");
        assert_says(&line, &["passphrase", command]);
    }
}

#[test]
fn a_private_key_of_another_kind_is_refused_by_its_name() {
    for (fixture, kind) in [
        ("ed25519-openssh", "an Ed25519 key"),
        ("ed25519-pkcs8.pem", "an Ed25519 key"),
        ("ec-openssh", "an EC key"),
        ("ec-sec1.pem", "an EC key"),
        ("ec-sec1-with-parameters.pem", "an EC key"),
        ("ec-pkcs8.pem", "an EC key"),
        ("rsa-pss-pkcs8.pem", "PSS"),
    ] {
        let line = Keys::holding([("jwt_key", fixture)]).refusal("jwt_key");
        assert_says(&line, &[kind, "RS256 needs a plain RSA key", "ssh-keygen -t rsa"]);
    }
}

#[test]
fn a_public_key_of_another_kind_is_refused_also_among_the_retired() {
    for (fixture, kind) in [
        ("ed25519-openssh.pub", "an Ed25519 key"),
        ("ed25519-public-spki.pem", "an Ed25519 key"),
        ("ec-openssh.pub", "an EC key"),
        ("ec-public-spki.pem", "an EC key"),
        ("rsa-pss-public-spki.pem", "PSS"),
    ] {
        for name in ["jwt_key.pub", "retired.pub"] {
            let line = Keys::holding([("jwt_key", "rsa-openssh"), (name, fixture)]).refusal(name);
            assert_says(&line, &[kind, "RS256 needs a plain RSA key"]);
        }
    }
}

#[test]
fn an_rsa_key_under_2048_bits_is_refused_in_every_form() {
    let remedy = ["1024 bits", "2048 to 8192", "ssh-keygen -t rsa -b 2048"];
    for private in ["rsa-1024-openssh", "rsa-1024-pkcs1.pem", "rsa-1024-pkcs8.pem"] {
        assert_says(&Keys::holding([("jwt_key", private)]).refusal("jwt_key"), &remedy);
    }
    for public in ["rsa-1024-openssh.pub", "rsa-1024-public-spki.pem", "rsa-1024-public-pkcs1.pem"] {
        for name in ["jwt_key.pub", "retired.pub"] {
            assert_says(&Keys::holding([("jwt_key", "rsa-openssh"), (name, public)]).refusal(name), &remedy);
        }
    }
}

#[test]
fn a_public_key_in_the_place_of_the_private_one_is_refused() {
    for public in PUBLIC.into_iter().chain(["ec-openssh.pub", "ec-public-spki.pem", "ed25519-openssh.pub"]) {
        let line = Keys::holding([("jwt_key", public)]).refusal("jwt_key");
        assert_says(&line, &["public key where the private key belongs", ".pub"]);
    }
}

#[test]
fn a_private_key_in_a_pub_file_is_refused_also_among_the_retired() {
    let others = ["ec-openssh", "ec-sec1.pem", "ed25519-pkcs8.pem", "rsa-1024-openssh"];
    for private in PRIVATE.into_iter().chain(ENCRYPTED).chain(others) {
        for name in ["jwt_key.pub", "retired.pub"] {
            let line = Keys::holding([("jwt_key", "rsa-openssh"), (name, private)]).refusal(name);
            assert_says(&line, &["private key where a public key belongs", "publish only the public half"]);
        }
    }
}

#[test]
fn an_asymmetric_key_is_refused_as_an_hmac_secret() {
    let others =
        ["rsa-certificate.pem", "ec-public-spki.pem", "ec-openssh.pub", "ed25519-openssh.pub", "ed25519-openssh"];
    for key in PUBLIC.into_iter().chain(PRIVATE).chain(ENCRYPTED).chain(others) {
        let line = Keys::holding([("jwt_key", "rsa-openssh"), ("hs256.secret", key)]).refusal("hs256.secret");
        assert_says(&line, &["where an HMAC secret belongs", "could sign tokens", "put random text into it"]);
    }
}

#[test]
fn an_empty_file_is_refused() {
    for name in ["jwt_key", "jwt_key.pub", "retired.pub", "hs256.secret", "session.key"] {
        for content in ["", "\n", " \r\n\t\r\n"] {
            let keys = Keys::holding([("jwt_key", "rsa-openssh")]);
            keys.write(name, content);
            assert_says(&keys.refusal(name), &["remove it"]);
        }
    }
}

#[test]
fn what_is_no_key_at_all_is_refused() {
    for name in ["jwt_key", "jwt_key.pub", "retired.pub"] {
        for content in [&b"hello\n"[..], b"\xff\xfe\x00k", b"aGVsbG8sIHRoaXMgaXMgbm8ga2V5IGF0IGFsbA==\n"] {
            let keys = Keys::holding([("jwt_key", "rsa-openssh")]);
            keys.write(name, content);
            assert_says(&keys.refusal(name), &["not a key in PEM, OpenSSH or ssh-rsa form", "ssh-keygen -t rsa"]);
        }
    }
}

#[test]
fn the_beginning_of_a_bare_public_key_is_refused_as_cut() {
    for name in ["jwt_key.pub", "retired.pub"] {
        let keys = Keys::holding([("jwt_key", "rsa-openssh")]);
        keys.write(name, "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n");
        assert_says(&keys.refusal(name), &["cut short or damaged", "294 bytes, and only 33 are there"]);
    }
}

#[test]
fn a_certificate_is_refused_as_a_key() {
    for name in ["jwt_key", "jwt_key.pub", "retired.pub"] {
        let keys = Keys::holding([("jwt_key", "rsa-openssh"), (name, "rsa-certificate.pem")]);
        assert_says(&keys.refusal(name), &["it is a certificate", "RS256 needs a plain RSA key"]);
    }
}

#[test]
fn a_key_that_was_cut_short_in_the_folder_is_refused() {
    for (name, from) in [("jwt_key", PRIVATE), ("jwt_key.pub", PUBLIC), ("retired.pub", PUBLIC)] {
        for from in from {
            let whole = fixture(from);
            for cut in [20, whole.len() / 3, whole.len() * 2 / 3, whole.len() - 20] {
                let keys = Keys::holding([("jwt_key", "rsa-openssh")]);
                keys.write(name, &whole[..cut]);
                assert_says(&keys.refusal(name), &["cut short or damaged", "copy the whole file again"]);
            }
        }
    }
}

#[test]
fn a_private_key_cut_anywhere_is_refused_as_cut() {
    for private in PRIVATE.into_iter().chain(ENCRYPTED) {
        let whole = fixture_text(private);
        let whole = whole.trim_end();
        for cut in "-----BEGIN O".len()..whole.len() {
            let fault = RsaPrivateKey::parse(&whole.as_bytes()[..cut]).unwrap_err();
            assert!(matches!(fault, KeyFault::Truncated(_)), "{private} at {cut}: {fault}");
        }
    }
}

#[test]
fn a_private_key_that_lost_lines_but_not_its_last_is_refused() {
    for private in PRIVATE {
        let whole = fixture_text(private);
        let lines: Vec<_> = whole.lines().collect();
        for lost in 1..lines.len() - 1 {
            let fewer = [&lines[..lost], &lines[lost + 1..]].concat().join("\n");
            let fault = RsaPrivateKey::parse(fewer.as_bytes()).unwrap_err();
            assert!(matches!(fault, KeyFault::Truncated(_) | KeyFault::Unsound), "{private} without {lost}: {fault}");
        }
    }
}

#[test]
fn a_public_key_cut_anywhere_is_refused() {
    for public in PUBLIC {
        let whole = fixture_text(public);
        let whole = whole.trim_end().trim_end_matches(" fixture");
        for cut in 0..whole.len() {
            assert!(RsaPublicKey::parse(&whole.as_bytes()[..cut]).is_err(), "{public} at {cut}");
        }
    }
}

#[test]
fn halves_that_do_not_match_are_refused_with_both_names() {
    for public in ["other-openssh.pub", "other-public-spki.pem"] {
        let line = Keys::holding([("jwt_key", "rsa-openssh"), ("jwt_key.pub", public)]).refusal("jwt_key.pub");
        assert_says(&line, &["not the public half of `keys/jwt_key`", "remove it"]);
    }
}

#[test]
fn a_session_key_that_is_not_64_bytes_is_refused() {
    for content in ["short", &"A".repeat(85), &"A".repeat(87), &"!".repeat(86)] {
        let keys = Keys::holding([("jwt_key", "rsa-openssh")]);
        keys.write("session.key", content);
        assert_says(&keys.refusal("session.key"), &["64 random bytes", "remove it"]);
    }
}

#[test]
fn what_is_no_regular_file_is_refused_by_its_name() {
    for name in ["jwt_key", "jwt_key.pub", "retired.pub", "hs256.secret", "session.key"] {
        let keys = Keys::empty();
        if name != "jwt_key" {
            keys.write("jwt_key", fixture("rsa-openssh"));
        }
        fs::create_dir(keys.path(name)).unwrap();
        assert_says(&keys.refusal(name), &["cannot read", "not a regular file"]);
    }
}

#[test]
fn a_link_to_nowhere_is_refused_and_not_taken_for_a_missing_key() {
    for name in ["jwt_key", "jwt_key.pub", "retired.pub", "hs256.secret", "session.key"] {
        let keys = Keys::empty();
        if name != "jwt_key" {
            keys.write("jwt_key", fixture("rsa-openssh"));
        }
        symlink(keys.path("nowhere"), keys.path(name)).unwrap();
        assert_says(&keys.refusal(name), &["cannot read"]);
    }
}

#[test]
fn a_file_that_is_far_too_large_is_refused_unread() {
    let keys = Keys::empty();
    keys.write("jwt_key", vec![b'A'; 64 * 1024 + 1]);
    assert_says(&keys.refusal("jwt_key"), &["cannot read", "64 KiB"]);
}

#[test]
fn a_folder_that_is_a_file_is_refused_by_its_name() {
    let keys = Keys::empty();
    keys.write("folder", "");
    let line = chain(&KeyRing::read_or_make(&keys.path("folder"), &SystemRandom::new()).err().unwrap());
    assert_says(&line, &[&format!("`{}`", keys.path("folder").display())]);
}

// A key on its own.

#[test]
fn a_given_key_in_any_form_works_with_every_rsa_algorithm() {
    for algorithm in Algorithm::ALL.into_iter().filter(|it| it.key_kind() == KeyKind::Rsa) {
        for private in PRIVATE.into_iter().chain(["rsa-private.jwk.json"]) {
            let signature = given(private).signer(Some(algorithm)).unwrap().sign(MESSAGE).unwrap();
            for public in PUBLIC.into_iter().chain(["rsa-public.jwk.json", "rsa-private.jwk.json", private]) {
                let verifier = given(public).verifier(Some(algorithm)).unwrap();
                assert!(verifier.verifies(MESSAGE, &signature), "{algorithm}: {private} and {public}");
            }
        }
    }
}

#[test]
fn a_given_key_is_named_by_its_file_and_is_for_rs256_unless_told() {
    let verifier = given("rsa-public.jwk.json").verifier(None).unwrap();
    assert_eq!(verifier.source().to_string(), fixture_path("rsa-public.jwk.json").to_str().unwrap());
    assert_eq!(verifier.algorithm(), Algorithm::Rs256);
    assert_eq!(given("rsa-openssh").signer(None).unwrap().algorithm(), Algorithm::Rs256);
}

#[test]
fn a_given_public_key_signs_nothing() {
    for public in PUBLIC.into_iter().chain(["rsa-public.jwk.json"]) {
        assert!(matches!(given(public).signer(None), Err(KeyFault::PublicForPrivate)), "{public}");
    }
}

#[test]
fn a_given_rsa_key_never_works_with_an_hmac_algorithm() {
    for key in PRIVATE.into_iter().chain(PUBLIC).chain(["rsa-public.jwk.json", "rsa-private.jwk.json"]) {
        for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
            let fault = given(key).verifier(Some(algorithm)).unwrap_err().to_string();
            assert_says(&fault, &[algorithm.as_str(), "it is an RSA key"]);
            assert!(matches!(given(key).signer(Some(algorithm)), Err(KeyFault::Unfit { .. })));
        }
    }
}

#[test]
fn a_given_key_of_another_kind_signs_under_its_own_algorithm() {
    for (private, public, algorithm) in [
        ("ec-openssh", "ec-openssh.pub", Algorithm::Es256),
        ("ec-sec1.pem", "ec-public-spki.pem", Algorithm::Es256),
        ("ec-pkcs8.pem", "ec-public-spki.pem", Algorithm::Es256),
        ("ec384-pkcs8.pem", "ec384-pkcs8.pem", Algorithm::Es384),
        ("ec-sec1-with-parameters.pem", "ec-sec1-with-parameters.pem", Algorithm::Es256),
        ("ed25519-openssh", "ed25519-openssh.pub", Algorithm::EdDsa),
        ("ed25519-pkcs8.pem", "ed25519-public-spki.pem", Algorithm::EdDsa),
    ] {
        let signer = given(private).signer(None).unwrap();
        let verifier = given(public).verifier(None).unwrap();
        assert_eq!([signer.algorithm(), verifier.algorithm()], [algorithm; 2], "{private}");
        assert!(verifier.verifies(b"message", &signer.sign(b"message").unwrap()), "{private}");
    }
}

#[test]
fn a_given_key_that_is_unfit_is_refused_by_its_files_name() {
    let unfit = ["rsa-pss-pkcs8.pem", "rsa-pss-public-spki.pem", "rsa-1024-openssh", "rsa-certificate.pem", "nowhere"];
    for name in ENCRYPTED.into_iter().chain(unfit) {
        let line = chain(&GivenKey::read(&fixture_path(name)).unwrap_err());
        assert_says(&line, &[&format!("`{}`", fixture_path(name).display())]);
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn a_jwk_with_a_wrong_or_a_missing_number_is_refused() {
    for member in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let mut jwk = fixture_json("rsa-private.jwk.json");
        let right = jwk[member].as_str().unwrap().to_owned();
        jwk[member] = (right[..right.len() - 1].to_owned() + if right.ends_with('A') { "Q" } else { "A" }).into();
        assert!(GivenKey::parse(jwk.to_string().as_bytes(), "key.jwk").is_err(), "{member}");
        if member != "d" {
            jwk.as_object_mut().unwrap().remove(member);
            let fault = GivenKey::parse(jwk.to_string().as_bytes(), "key.jwk").unwrap_err().to_string();
            assert_says(&fault, &[&format!("lacks the member `{member}`")]);
        }
    }
}

// What is never shown, and never breaks.

/// How the bytes could turn up in a text: as they are, as numbers, in hexadecimal, in base64url.
fn renderings(bytes: &[u8]) -> [String; 4] {
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    let hexadecimal: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64url = URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() / 3 * 3]);
    [String::from_utf8_lossy(bytes).into_owned(), numbers.join(", "), hexadecimal.concat(), base64url]
}

#[test]
fn no_debug_output_shows_a_secret() {
    let keys = Keys::holding([("jwt_key", "rsa-openssh")]);
    keys.write("hs256.secret", LONG_SECRET);
    let ring = keys.ring();
    let secret = GivenKey::parse(LONG_SECRET.as_bytes(), "pasted").unwrap();
    let private = given("rsa-private.jwk.json");
    let shown = [
        format!("{:?} {:?}", ring.hs256(), ring.rs256()),
        format!("{secret:?} {:?} {:?}", secret.signer(None), secret.verifier(None)),
        format!("{private:?} {:?} {:?}", private.signer(None), private.verifier(None)),
        format!("{:?}", RsaPrivateKey::parse(&fixture("rsa-pkcs8.pem"))),
        format!("{:?}", Secret::from_text(LONG_SECRET.as_bytes())),
    ]
    .concat();
    let jwk = fixture_json("rsa-private.jwk.json");
    let numbers =
        ["d", "p", "q", "dp", "dq", "qi"].map(|it| URL_SAFE_NO_PAD.decode(jwk[it].as_str().unwrap()).unwrap());
    for hidden in numbers.iter().map(|it| &it[..12]).chain([&LONG_SECRET.as_bytes()[..12], &ring.session_key()[..12]]) {
        for rendering in renderings(hidden) {
            assert!(!shown.contains(&rendering), "{rendering:?} is in {shown}");
        }
    }
}

#[test]
fn a_hostile_name_in_a_key_does_not_break_the_line_of_its_message() {
    for content in [
        "-----BEGIN A\nB-----\nAAAA\n-----END A\nB-----\n",
        "sk-ssh-a\nb c\n",
        r#"{"kty":"R\nSA"}"#,
        r#"{"kty":"oct","k":"AAAA","use":"s\nig"}"#,
        r#"{"kty":"oct","k":"AAAA","key_ops":["s\nign"]}"#,
        r#"{"kty":"oct","k":"AAAA","alg":"H\nS256"}"#,
        r#"{"kty":"oct","k":"AAAA","kid":{"a\nb":1}}"#,
    ] {
        let fault = chain(&GivenKey::parse(content.as_bytes(), "key").unwrap_err());
        assert_eq!(fault.lines().count(), 1, "{fault}");
    }
}

fn every_fixture() -> Vec<String> {
    let entries = fs::read_dir(fixture_path("")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_key_breaks_nothing_and_its_message_stays_on_one_line(
        name in select(every_fixture()),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = fixture(&name);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let faults = [
            RsaPrivateKey::parse(&bytes).err(),
            RsaPublicKey::parse(&bytes).err(),
            GivenKey::parse(&bytes, "key").err(),
        ];
        for fault in faults.into_iter().flatten() {
            prop_assert_eq!(chain(&fault).lines().count(), 1, "{}", fault);
        }
    }

    #[test]
    fn a_damaged_private_key_is_refused_or_still_the_same_key(
        name in select(&PRIVATE[..]),
        at in any::<Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = fixture(name);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(key) = RsaPrivateKey::parse(&bytes) {
            prop_assert_eq!(key.public().thumbprint(), thumbprint());
        }
    }
}
