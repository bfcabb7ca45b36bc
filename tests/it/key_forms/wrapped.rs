//! Keys in two or three layers of wrapping: base64, hexadecimal, quotes, UTF-16, percent-encoding, compression.

use std::io::Write as _;
use std::process::Stdio;

use super::*;

/// What a program on the `PATH` makes of its input.
fn filtered(command: &str, input: &[u8]) -> Vec<u8> {
    let (stdin, stdout) = (Stdio::piped(), Stdio::piped());
    let mut child = Command::new("sh").args(["-c", command]).stdin(stdin).stdout(stdout).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{command}");
    done.stdout
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// No place takes it for a secret, whatever it says of it.
fn assert_is_no_secret(bytes: &[u8], name: &str) {
    let faults = [Secret::from_file, Secret::from_text, Secret::from_decoded].map(|read| read(bytes).err());
    assert!(faults.iter().all(Option::is_some), "{name}");
    let algorithm = pasted(bytes).ok().map(|key| key.verifier(None).unwrap().algorithm());
    assert_ne!(algorithm, Some(Algorithm::Hs256), "{name}");
}

#[test]
fn the_file_of_a_key_is_read_in_hexadecimal_and_in_three_layers() {
    let made = Made::get();
    let signature = pasted(&made.bytes("pkcs1.pem")).unwrap().signer(None).unwrap().sign(MESSAGE).unwrap();
    for name in ["openssh", "pkcs8.pem", "spki.pem", "openssh.pub", "rfc4716"] {
        let text = made.text(name);
        let wide = utf16(&text, b"", u16::to_le_bytes);
        let marked = utf16(&text, b"\xff\xfe", u16::to_le_bytes);
        for (way, wrapped) in [
            ("hexadecimal", hex(text.as_bytes())),
            ("base64 of UTF-16", STANDARD.encode(&wide)),
            ("base64 of UTF-16 with a mark", STANDARD.encode(&marked)),
            ("hexadecimal of UTF-16", hex(&wide)),
            ("base64 of base64", STANDARD.encode(STANDARD.encode(&text))),
            ("base64 of hexadecimal in quotes", format!("\"{}\"", STANDARD.encode(hex(text.as_bytes())))),
        ] {
            let key = pasted(wrapped.as_bytes()).unwrap_or_else(|fault| panic!("{name}, {way}: {fault}"));
            assert!(key.verifier(None).unwrap().verifies(MESSAGE, &signature), "{name}, {way}");
            assert_is_no_secret(wrapped.as_bytes(), way);
            assert_is_no_secret(&wrapped.as_bytes()[..wrapped.len() * 2 / 3], way);
        }
    }
    for name in ["certificate.pem", "request.pem"] {
        let told = pasted(hex(&made.bytes(name)).as_bytes()).unwrap_err();
        assert_says(&told, &["it is a certificate"], name);
        assert_is_no_secret(hex(&made.bytes(name)).as_bytes(), name);
    }
}

#[test]
fn a_jwk_is_read_in_hexadecimal() {
    if !crate::tools::are_here(&["node"]) {
        return;
    }
    let text = jwk(None, &ALL).to_string();
    assert_eq!(pasted(hex(text.as_bytes()).as_bytes()).unwrap().signer(None).unwrap().algorithm(), Algorithm::Rs256);
    assert_is_no_secret(hex(text.as_bytes()).as_bytes(), "a JWK");
}

#[test]
fn a_compressed_key_is_named_in_binary_and_in_base64_and_hexadecimal() {
    if !crate::tools::are_here(&["bzip2", "xz", "zstd", "zip", "python3"]) {
        return;
    }
    let pem = Made::get().bytes("spki.pem");
    let zlib = "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))'";
    for (program, name, command) in [
        ("gzip -c", "gzip", "gunzip -c < "),
        ("bzip2 -c", "bzip2", "bunzip2 -c < "),
        ("xz -c", "xz", "unxz -c < "),
        ("zstd -qc", "zstd", "zstd -dc < "),
        ("zip -q - -", "ZIP", "unzip -p "),
        (zlib, "zlib", "zlib.decompress"),
    ] {
        let packed = filtered(program, &pem);
        for (way, bytes) in [
            ("binary", packed.clone()),
            ("base64", STANDARD.encode(&packed).into_bytes()),
            ("base64url", URL_SAFE_NO_PAD.encode(&packed).into_bytes()),
            ("hexadecimal", hex(&packed).into_bytes()),
            ("base64 of base64", STANDARD.encode(STANDARD.encode(&packed)).into_bytes()),
        ] {
            let command = if way == "binary" { command } else { "unwrap it first: " };
            assert_says(&pasted(&bytes).unwrap_err(), &[name, command], way);
            assert_is_no_secret(&bytes, &format!("{name} in {way}"));
        }
    }
}

#[test]
fn a_bare_point_of_an_ec_key_is_the_key_and_no_secret() {
    let made = Made::get();
    for (private, public, length) in [("ec.pem", "ec-public.pem", 65), ("ec384.pem", "ec384-public.pem", 97)] {
        let signer = pasted(&made.bytes(private)).unwrap().signer(None).unwrap();
        let der = STANDARD.decode(made.body(public).replace('\n', "")).unwrap();
        let point = &der[der.len() - length..];
        for bytes in
            [point.to_vec(), URL_SAFE_NO_PAD.encode(point).into(), STANDARD.encode(point).into(), hex(point).into()]
        {
            let verifier = pasted(&bytes).unwrap().verifier(None).unwrap();
            assert!(verifier.verifies(MESSAGE, &signer.sign(MESSAGE).unwrap()), "{public}");
            assert_is_no_secret(&bytes, public);
        }
        let mut off = point.to_vec();
        off[length - 1] ^= 1;
        assert!(Secret::from_text(hex(&off).as_bytes()).is_ok(), "no point of the curve is no key");
    }
}

#[test]
fn an_ec_blob_of_windows_is_named_and_no_secret() {
    for (magic, bytes) in [("ECS1", 32), ("ECS2", 32), ("ECS3", 48), ("ECS6", 66), ("ECK1", 32), ("ECK2", 32)] {
        let blob = [magic.as_bytes(), &[bytes, 0, 0, 0], &vec![0x5a; usize::from(bytes) * 2]].concat();
        for bytes in [blob.clone(), STANDARD.encode(&blob).into(), hex(&blob).into()] {
            assert_says(&pasted(&bytes).unwrap_err(), &["an EC key in the blob format of Windows CNG"], magic);
            assert_is_no_secret(&bytes, magic);
        }
    }
}

#[test]
fn a_key_with_other_text_around_it_is_named_and_no_secret() {
    let made = Made::get();
    let ed25519 = STANDARD.encode(made.bytes("ed25519-public.der"));
    let escaped = XML.replace('<', "&lt;").replace('>', "&gt;");
    for (text, word) in [
        (format!("JWT_KEY={ed25519}\n"), "other text around a key"),
        (format!("JWT_KEY=\"{}\"", ed25519.trim_end_matches('=')), "other text around a key"),
        (format!("JWT_KEY={}\n", hex(&made.bytes("spki.pem"))), "other text around a key"),
        (format!("KEY=\"{XML}\""), ".NET's XML"),
        (format!("key: |\n  {XML}\n"), ".NET's XML"),
        (format!("key={escaped}"), ".NET's XML"),
        (percent(&made.text("rfc4716")), "a public key that is percent-encoded"),
        (made.text("rfc4716").replace(' ', "+").replace('\n', "%0A"), "percent-encoded"),
        (percent(&STANDARD.encode(made.bytes("certificate.der"))), "other text around a key"),
    ] {
        assert_says(&pasted(text.as_bytes()).unwrap_err(), &[word], &text);
        assert_is_no_secret(text.as_bytes(), &text);
    }
}

/// Runs the command that `check` or `inspect` advises, and asks again, until the key is read.
fn follow(program: &Program, told: impl Fn(&Program) -> Option<String>) -> Vec<String> {
    let mut commands = Vec::new();
    while let Some(told) = told(program) {
        let command = told.split('`').find(|part| part.contains(" && ")).unwrap_or_else(|| panic!("{told}"));
        let command = command.replace("openssl pkcs12", "openssl pkcs12 -passin pass:");
        let command = command.replace("pkey ", "pkey -passin pass:passphrase ");
        let ran = Command::new("sh").args(["-c", &command]).current_dir(program.path(".")).output().unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        commands.push(command);
        assert!(commands.len() < 5, "{commands:?}");
    }
    commands
}

#[test]
fn the_commands_for_a_wrapped_file_unwrap_it_and_then_convert_it() {
    let made = Made::get();
    let quoted = |text: &str| json!(text).to_string().into_bytes();
    let base64 = |name: &str| STANDARD.encode(made.bytes(name)).into_bytes();
    let certificate = made.text("certificate.pem");
    for (name, file, bytes) in [
        ("PKCS#12 in base64", "jwt_key", base64("key.p12")),
        ("PKCS#12 in base64url", "jwt_key", URL_SAFE_NO_PAD.encode(made.bytes("key.p12")).into()),
        ("PKCS#12 in hexadecimal", "jwt_key", hex(&made.bytes("key.p12")).into()),
        ("a locked key in base64", "jwt_key", base64("pkcs8-locked.pem")),
        ("a locked key in DER, in base64", "jwt_key", base64("pkcs8-locked.der")),
        ("a certificate in quotes", "jwt_key.pub", quoted(&certificate)),
        ("a certificate in single quotes", "jwt_key.pub", format!("'{}'\n", certificate.trim_end()).into()),
        ("a certificate with literal line ends", "jwt_key.pub", certificate.replace('\n', "\\n").into()),
        ("a certificate in UTF-16", "jwt_key.pub", utf16(&certificate, b"\xff\xfe", u16::to_le_bytes)),
        (
            "a certificate in base64 of UTF-16",
            "jwt_key.pub",
            STANDARD.encode(utf16(&certificate, b"", u16::to_le_bytes)).into(),
        ),
        ("a private key in base64", "jwt_key.pub", base64("openssh")),
        (
            "a private key in hexadecimal in quotes",
            "jwt_key.pub",
            format!("\"{}\"", hex(&made.bytes("pkcs8.pem"))).into(),
        ),
        (
            "a certificate in gzip in base64",
            "jwt_key.pub",
            STANDARD.encode(filtered("gzip -c", certificate.as_bytes())).into(),
        ),
    ] {
        let folder = folder_with(file, &bytes);
        let program = Program::new();
        fs::rename(folder.path(), program.path("keys")).unwrap();
        let commands = follow(&program, |program| {
            let told = rs256_of(&program.path("keys")).err()?;
            Some(told.replace(program.path("keys").to_str().unwrap(), "keys"))
        });
        assert!(commands.len() >= 2 && !commands[0].contains("openssl"), "{name}: {commands:?}");
        assert!(
            rs256_of(&program.path("keys")).unwrap().1.contains(&made.reference().public().thumbprint().to_owned()),
            "{name}"
        );
    }
}

#[test]
fn a_command_that_fails_leaves_the_file_as_it_was() {
    let made = Made::get();
    for (file, bytes) in [
        ("jwt_key", made.bytes("key.p12")[..900].to_vec()),
        ("jwt_key.pub", made.bytes("pkcs8.der")),
        ("jwt_key.pub", made.bytes("certificate.der")[..300].to_vec()),
        ("jwt_key", STANDARD.encode(&made.bytes("key.p12")[..900]).into()),
    ] {
        let folder = folder_with(file, &bytes);
        let told = rs256_of(folder.path()).unwrap_err();
        let command = told.split('`').find(|part| part.contains(" && ")).unwrap_or_else(|| panic!("{told}"));
        let command = command.replace("keys/", "").replace("openssl pkcs12", "openssl pkcs12 -passin pass:");
        let ran = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
        let kept = fs::read(folder.path().join(file)).unwrap();
        assert!(kept == bytes || ran.status.success(), "{command}");
        assert!(!kept.is_empty(), "{command}");
    }
}

#[test]
fn a_plus_that_a_form_made_a_blank_is_named() {
    let made = Made::get();
    for text in [made.text("spki.pem"), made.text("pkcs8.pem"), made.body("spki.pem"), made.text("openssh.pub")] {
        // About one character of base64 in 64 is a `+`.
        let lost = text.replace('+', " ");
        if lost == text {
            continue;
        }
        let words = ["has blanks where `+` was", "`curl --data-urlencode key@FILE`"];
        assert_says(&pasted(lost.as_bytes()).unwrap_err(), &words, &lost);
        assert_is_no_secret(lost.as_bytes(), &lost);
    }
}

#[test]
fn for_a_bad_public_key_its_owner_is_asked_and_no_pair_is_made() {
    for name in ["rsa-1024-public-spki.pem", "rsa-1024-openssh.pub"] {
        let bytes = fs::read(crate::app::fixture(name)).unwrap();
        let program = Program::new().holding("partner.pub", &bytes);
        let done = program.run(&["inspect", "--key", "partner.pub", "x.y.z"]);
        done.assert_failed(&["`partner.pub`", "1024 bits", "ask the owner of the key for another one"]);
        assert!(!done.stderr.contains("ssh-keygen"), "{}", done.stderr);
    }
    for name in ["ec-public.pem", "ed25519-public.pem"] {
        let mut der = STANDARD.decode(Made::get().body(name).replace('\n', "")).unwrap();
        // No point has these coordinates: 2 in the order of Ed25519, and as the last 32 bytes of one of P-256.
        let point = der.len() - 32;
        der[point..].fill(0);
        der[point] = 2;
        let told = pasted(&der).unwrap_err();
        assert_says(&told, &["not on the curve", "ask the owner of the key for another one"], name);
        assert!(!told.contains("ssh-keygen"), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_in_hexadecimal_and_base64_are_a_secret(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 32),
            prop::collection::vec(any::<u8>(), 16..100),
            // The length of a point, and its first byte.
            prop::collection::vec(any::<u8>(), 64).prop_map(|rest| [vec![4], rest].concat()),
            // The first bytes of zlib.
            prop::collection::vec(any::<u8>(), 30).prop_map(|rest| [vec![0x78, 0x9c], rest].concat()),
        ],
    ) {
        for text in [hex(&bytes), STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes), percent(&hex(&bytes))] {
            let secret = Secret::from_text(text.as_bytes()).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
            prop_assert_eq!(secret.as_bytes(), text.as_bytes());
            let key = pasted(text.as_bytes()).map_err(TestCaseError::fail)?;
            prop_assert_eq!(key.verifier(None).unwrap().algorithm(), Algorithm::Hs256);
        }
    }
}
