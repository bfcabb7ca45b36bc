//! Every form in which people export, copy and paste keys, in every place that takes a key or a secret. The real
//! `openssl` and `ssh-keygen` write them.

mod wrapped;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use hallpass::keys::{Algorithm, GivenKey, KeyFault, KeyLocation, KeyRing, RsaPrivateKey, RsaPublicKey, Secret};
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, TestApp, Visitor};
use crate::cli::Program;

const MESSAGE: &[u8] = b"header.payload";

/// What becomes of a form in a place that takes any key.
#[derive(Clone)]
enum Outcome {
    Private,
    Public,
    /// What the refusal says.
    Refused(&'static [&'static str]),
}

struct Form {
    name: &'static str,
    bytes: Vec<u8>,
    outcome: Outcome,
}

impl Form {
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

/// Makes one RSA key and its exports, and keys of other kinds.
const MAKE: &str = r"
set -e
ssh-keygen -q -t rsa -b 2048 -N '' -C 'bob@example.org' -f openssh
cp openssh pkcs1.pem && chmod 600 pkcs1.pem && ssh-keygen -q -p -P '' -N '' -m PEM -f pkcs1.pem
cp openssh pkcs8.pem && chmod 600 pkcs8.pem && ssh-keygen -q -p -P '' -N '' -m PKCS8 -f pkcs8.pem
cp openssh locked && chmod 600 locked && ssh-keygen -q -p -P '' -N passphrase -f locked
ssh-keygen -e -f openssh.pub > rfc4716
ssh-keygen -e -m PKCS8 -f openssh.pub > spki.pem
ssh-keygen -e -m PEM -f openssh.pub > public-pkcs1.pem
openssl rsa -in pkcs1.pem -traditional -outform DER -out pkcs1.der
openssl pkcs8 -topk8 -nocrypt -in pkcs1.pem -outform DER -out pkcs8.der
openssl rsa -pubin -in spki.pem -outform DER -out spki.der
openssl rsa -pubin -in spki.pem -RSAPublicKey_out -outform DER -out public-pkcs1.der
openssl rsa -in pkcs1.pem -noout -text > text
openssl rsa -in pkcs1.pem -noout -modulus > modulus
openssl rsa -in pkcs1.pem -outform PVK -pvk-none -provider legacy -provider default -out key.pvk || rm -f key.pvk
openssl rsa -in pkcs1.pem -outform MSBLOB -out key.blob
openssl rsa -in pkcs1.pem -outform MSBLOB -pubout -out public.blob
openssl rsa -aes128 -traditional -in pkcs1.pem -out pkcs1-locked.pem -passout pass:passphrase
openssl pkcs8 -topk8 -in pkcs1.pem -out pkcs8-locked.pem -passout pass:passphrase
openssl pkcs8 -topk8 -in pkcs1.pem -outform DER -out pkcs8-locked.der -passout pass:passphrase
openssl req -x509 -new -key pkcs8.pem -subj /CN=test -days 3650 -out certificate.pem
openssl x509 -in certificate.pem -outform DER -out certificate.der
openssl req -new -key pkcs8.pem -subj /CN=test -out request.pem
openssl req -in request.pem -outform DER -out request.der
openssl crl2pkcs7 -nocrl -certfile certificate.pem -out bundle.pem
openssl crl2pkcs7 -nocrl -certfile certificate.pem -outform DER -out bundle.der
openssl pkcs12 -export -inkey pkcs8.pem -in certificate.pem -out key.p12 -passout pass:
openssl pkcs12 -in key.p12 -nodes -nocerts -passin pass: -out from-p12.pem
openssl ecparam -name prime256v1 -genkey -out ec.pem
openssl pkcs8 -topk8 -nocrypt -in ec.pem -outform DER -out ec-pkcs8.der
openssl ec -in ec.pem -outform DER -out ec-sec1.der
openssl pkey -in ec.pem -pubout -out ec-public.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl pkey -in ed25519.pem -pubout -out ed25519-public.pem
openssl pkcs8 -topk8 -in ed25519.pem -out ed25519-locked.pem -passout pass:passphrase
ssh-keygen -q -t ed25519 -N '' -C x -f ed25519
ssh-keygen -q -t ecdsa -N '' -C x -f ecdsa
openssl ecparam -name secp384r1 -genkey -noout -out ec384.pem
openssl ec -in ec.pem -pubout -conv_form compressed -out ec-compressed.pem
openssl ec -in ec.pem -param_enc explicit -out ec-explicit.pem
openssl pkey -in ec384.pem -pubout -out ec384-public.pem
openssl pkey -in ed25519.pem -pubout -outform DER -out ed25519-public.der
ssh-keygen -q -t ecdsa -b 384 -N '' -C x -f ecdsa384
ssh-keygen -q -t ecdsa -b 521 -N '' -C x -f ecdsa521
openssl ecparam -name secp521r1 -genkey -noout -out p521.pem
openssl ecparam -name secp256k1 -genkey -noout -out secp256k1.pem
openssl pkey -in secp256k1.pem -pubout -out secp256k1-public.pem
openssl pkcs8 -topk8 -nocrypt -in p521.pem -out p521-pkcs8.pem
openssl genpkey -algorithm ED448 -out ed448.pem
openssl genpkey -algorithm X25519 -out x25519.pem
openssl pkey -in x25519.pem -pubout -out x25519-public.pem
cp openssh.pub signed.pub && ssh-keygen -q -s ed25519 -I id signed.pub
";

struct Made(TempDir);

impl Made {
    fn get() -> &'static Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        MADE.get_or_init(|| {
            let folder = TempDir::new().unwrap();
            let made = Command::new("sh").args(["-c", MAKE]).current_dir(folder.path()).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            Self(folder)
        })
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap_or_else(|_| panic!("{name}"))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// The base64 between the lines of a PEM.
    fn body(&self, name: &str) -> String {
        self.text(name).lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().join("\n")
    }

    /// The words of the ssh-rsa line.
    fn line(&self) -> [String; 3] {
        let line = self.text("openssh.pub");
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        words.try_into().unwrap()
    }

    fn reference(&self) -> RsaPrivateKey {
        RsaPrivateKey::parse(&self.bytes("pkcs1.pem")).unwrap()
    }
}

fn utf16(text: &str, mark: &[u8], to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    mark.iter().copied().chain(text.encode_utf16().flat_map(to_bytes)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// What happens to a PEM between two programs, and still leaves it whole.
fn journeys(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
    let one_line = pem.trim_end().replace('\n', " ");
    let indented = format!("    {}\n", pem.trim_end().replace('\n', "\n    "));
    let texts = [
        ("as it is", pem.to_owned()),
        ("CRLF", pem.replace('\n', "\r\n")),
        ("CR", pem.replace('\n', "\r")),
        ("blanks after lines", pem.replace('\n', " \t\n")),
        ("indented", indented.clone()),
        ("in YAML", format!("key: |\n{indented}")),
        ("literal line ends", pem.replace('\n', "\\n")),
        ("literal CRLF", pem.replace('\n', "\\r\\n")),
        ("literal line ends, escaped twice", pem.replace('\n', "\\\\n")),
        ("in JSON", json!(pem).to_string()),
        ("in JSON twice", json!(json!(pem).to_string()).to_string()),
        ("in single quotes", format!("'{}'", pem.trim_end())),
        ("a variable", format!("JWT_KEY=\"{}\"\n", pem.trim_end().replace('\n', "\\n"))),
        ("one line", one_line),
        ("no line ends", pem.replace('\n', "")),
        ("text before and after", format!("Here is the key, keep it safe:\n\n{pem}\nRegards, Bob\n")),
        ("a byte order mark", format!("\u{feff}{pem}")),
        ("base64 of all", STANDARD.encode(pem)),
        ("base64url of all", URL_SAFE_NO_PAD.encode(pem)),
    ];
    let mut journeys: Vec<_> = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    journeys.push(("UTF-16LE", utf16(pem, b"\xff\xfe", u16::to_le_bytes)));
    journeys.push(("UTF-16BE", utf16(pem, b"\xfe\xff", u16::to_be_bytes)));
    journeys.push(("UTF-16LE without a mark", utf16(pem, b"", u16::to_le_bytes)));
    journeys.push(("UTF-16BE without a mark", utf16(pem, b"", u16::to_be_bytes)));
    journeys
}

/// The same block under another label.
fn relabelled(pem: &str, label: &str) -> String {
    let body: Vec<_> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", body.join("\n"))
}

fn private_forms(made: &Made) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for name in ["openssh", "pkcs1.pem", "pkcs8.pem"] {
        forms.extend(journeys(&made.text(name)));
        forms.push(("base64 in lines", made.body(name).into_bytes()));
    }
    for name in ["pkcs1.der", "pkcs8.der"] {
        let der = made.bytes(name);
        forms.push(("base64", STANDARD.encode(&der).into_bytes()));
        forms.push(("base64 without padding", STANDARD.encode(&der).trim_end_matches('=').into()));
        forms.push(("base64url", URL_SAFE_NO_PAD.encode(&der).into_bytes()));
        forms.push(("base64 in JSON", json!(STANDARD.encode(&der)).to_string().into_bytes()));
        forms.push(("hexadecimal", hex(&der).into_bytes()));
        forms.push(("DER", der));
    }
    for (from, label) in [
        ("pkcs1.pem", "PRIVATE KEY"),
        ("pkcs8.pem", "RSA PRIVATE KEY"),
        ("pkcs8.pem", "PUBLIC KEY"),
        ("openssh", "PRIVATE KEY"),
        ("pkcs8.pem", "EC PRIVATE KEY"),
    ] {
        forms.push(("another label", relabelled(&made.text(from), label).into_bytes()));
    }
    forms.push(("from a PKCS#12 file", made.bytes("from-p12.pem")));
    for (first, second) in [("certificate.pem", "pkcs8.pem"), ("pkcs1.pem", "certificate.pem"), ("spki.pem", "openssh")]
    {
        forms.push((
            "with its certificate or public half",
            (made.text(first) + made.text(second).as_str()).into_bytes(),
        ));
    }
    forms
}

/// Long because it is one list of forms.
fn public_forms(made: &Made) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for name in ["spki.pem", "public-pkcs1.pem", "rfc4716"] {
        forms.extend(journeys(&made.text(name)).into_iter().filter(|(way, _)| {
            // The headers of RFC 4716 need their lines.
            name != "rfc4716" || !matches!(*way, "one line" | "no line ends" | "CR" | "in YAML" | "a variable")
        }));
    }
    for name in ["spki.der", "public-pkcs1.der"] {
        let der = made.bytes(name);
        forms.push(("base64", STANDARD.encode(&der).into_bytes()));
        forms.push(("base64url", URL_SAFE_NO_PAD.encode(&der).into_bytes()));
        forms.push(("base64 in quotes", format!("\"{}\"\n", STANDARD.encode(&der)).into_bytes()));
        forms.push(("hexadecimal", hex(&der).to_uppercase().into_bytes()));
        forms.push(("DER", der));
    }
    forms.push(("base64 in lines", made.body("spki.pem").into_bytes()));
    forms.push(("another label", relabelled(&made.text("spki.pem"), "RSA PUBLIC KEY").into_bytes()));
    forms.push(("another label", relabelled(&made.text("public-pkcs1.pem"), "PUBLIC KEY").into_bytes()));
    let [kind, base64, comment] = made.line();
    for line in [
        format!("{kind} {base64} {comment}\n"),
        format!("{kind} {base64}"),
        format!("{kind}\t{base64}\r\n"),
        format!("# Bob's key\n\n{kind} {base64} {comment}\n"),
        format!("from=\"10.0.0.0/8\",no-pty,command=\"echo hi there\" {kind} {base64} {comment}\n"),
        format!("example.org,192.0.2.1 {kind} {base64}\n"),
        format!("[example.org]:2222 {kind} {base64}\n"),
        format!("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {kind} {base64}\n"),
        format!("@cert-authority *.example.org {kind} {base64}\n"),
        format!("{kind} {base64} one\n{kind} {base64} two\n"),
        format!("\"{kind} {base64} {comment}\""),
        base64.clone(),
    ] {
        forms.push(("a line of SSH", line.clone().into_bytes()));
        forms.push(("a line of SSH in UTF-16", utf16(&line, b"\xff\xfe", u16::to_le_bytes)));
        forms.push(("a line of SSH in base64", STANDARD.encode(line).into_bytes()));
    }
    forms.push(("an SSH key in binary", STANDARD.decode(base64).unwrap()));
    forms
}

const CERTIFICATE: &[&str] = &["certificate", "openssl x509 ", "-pubkey -noout"];
const P521: &[&str] = &["an EC key on P-521", "ssh-keygen -t rsa"];
const SECP256K1: &[&str] = &["an EC key on secp256k1", "ssh-keygen -t rsa"];
const X25519: &[&str] = &["an X25519 key, which signs nothing", "ssh-keygen -t rsa"];
const PASSPHRASE: &[&str] = &["passphrase", "ssh-keygen -p -N '' -f "];
const PASSPHRASE_IN_PEM: &[&str] = &["passphrase", "`umask 077 && openssl pkey -in "];
const PASSPHRASE_IN_DER: &[&str] = &["passphrase", "`umask 077 && openssl pkey -inform DER -in "];
const XML: &str = "<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>";

/// Long because it is one list of forms.
fn refused_forms(made: &Made) -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let [kind, base64, comment] = made.line();
    let ed25519 = made.text("ed25519.pub");
    let ppk = |version| {
        format!("PuTTY-User-Key-File-{version}: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 6\n{base64}\n")
    };
    let read = |name: &'static str, says: &'static [&'static str]| (name, made.bytes(name), says);
    let text = |name: &'static str, text: &str, says: &'static [&'static str]| (name, text.as_bytes().to_vec(), says);
    let mut forms = vec![
        read("locked", PASSPHRASE),
        read("pkcs1-locked.pem", PASSPHRASE_IN_PEM),
        read("pkcs8-locked.pem", PASSPHRASE_IN_PEM),
        read("ed25519-locked.pem", PASSPHRASE_IN_PEM),
        read("pkcs8-locked.der", PASSPHRASE_IN_DER),
        read("certificate.pem", CERTIFICATE),
        read("certificate.der", CERTIFICATE),
        text("a certificate in base64", &made.body("certificate.pem"), &["certificate", "base64 -d < "]),
        text(
            "a certificate under another label",
            &relabelled(&made.text("certificate.pem"), "PUBLIC KEY"),
            CERTIFICATE,
        ),
        read("request.pem", &["certificate request", "openssl req "]),
        read("request.der", &["certificate request", "openssl req -inform DER "]),
        read("bundle.pem", &["PKCS#7", "openssl pkcs7 "]),
        read("bundle.der", &["PKCS#7", "openssl pkcs7 -inform DER "]),
        read("key.p12", &["PKCS#12", "openssl pkcs12 "]),
        text("PKCS#12 in base64", &STANDARD.encode(made.bytes("key.p12")), &["PKCS#12", "base64 -d < "]),
        read("key.blob", &["Microsoft", "openssl rsa -inform MSBLOB"]),
        read("public.blob", &["Microsoft", "openssl rsa -inform MSBLOB -pubin"]),
        read("text", &["`-text`", "openssl pkey "]),
        read("modulus", &["`-modulus`", "openssl pkey "]),
        read("p521.pem", P521),
        read("p521-pkcs8.pem", P521),
        read("ecdsa521", P521),
        read("ecdsa521.pub", P521),
        read("secp256k1.pem", SECP256K1),
        read("secp256k1-public.pem", SECP256K1),
        read("ed448.pem", &["an Ed448 key", "ssh-keygen -t rsa"]),
        read("x25519.pem", X25519),
        read("x25519-public.pem", X25519),
        read("ec-explicit.pem", &["spells out the numbers of its curve", "openssl ec "]),
        text("an EC key in base64", &made.body("p521-pkcs8.pem"), P521),
        text("an X25519 key in base64", &made.body("x25519-public.pem"), X25519),
        read("signed-cert.pub", &["OpenSSH certificate"]),
        text("PuTTY 2", &ppk(2), &["PuTTY", "puttygen ", "-O private-openssh -o "]),
        text("PuTTY 3", &ppk(3), &["PuTTY", "puttygen ", "-O private-openssh -o "]),
        text(
            "OpenPGP, public",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x\n\nmQENBF\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n",
            &["OpenPGP public key", "gpg --export-ssh-key"],
        ),
        text(
            "OpenPGP, private",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----\n",
            &["OpenPGP private key"],
        ),
        text(
            "ssh.com",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"x\"\nP2/56wAAA\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
            &["ssh.com", "puttygen "],
        ),
        text("XML", XML, &["XML", "ExportSubjectPublicKeyInfoPem"]),
        text("age", "# created: 2026\nAGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGP\n", &["an age key"]),
        text("age, public", &format!("age1{}", "q".repeat(58)), &["an age key"]),
        text("minisign", "untrusted comment: minisign public key\nRWQf6LRCGA9i53mlYecO4IzT51TGPp\n", &["minisign"]),
        text("Python", "{'kty': 'RSA', 'n': 'AQAB', 'e': 'AQAB'}", &["single quotes", "python3 -c"]),
        text(
            "a service account",
            &json!({ "private_key": made.text("pkcs8.pem") }).to_string(),
            &["jq -r .private_key"],
        ),
        text(
            "a realm",
            &json!({ "realm": "r", "public_key": made.body("spki.pem") }).to_string(),
            &["jq -r .public_key"],
        ),
        text("OpenID", r#"{"issuer":"https://example.org","jwks_uri":"https://example.org/keys"}"#, &["jwks_uri"]),
        text("SSH keys of one person", &format!("{kind} {base64} {comment}\n{ed25519}"), &["2 SSH public keys"]),
        text("a name before base64", &format!("public_key={}", made.body("spki.pem")), &["other text around a key"]),
        text("two private keys", &(made.text("pkcs1.pem") + made.text("pkcs8.pem").as_str()), &["2 private keys"]),
        text("two public keys", &(made.text("spki.pem") + made.text("public-pkcs1.pem").as_str()), &["2 public keys"]),
        (
            ("a Java keystore"),
            b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01".to_vec(),
            &["Java keystore", "keytool -importkeystore"],
        ),
    ];
    forms.extend(inside_forms(made));
    if made.0.path().join("key.pvk").exists() {
        forms.push(read("key.pvk", &["PVK", "openssl rsa -inform PVK"]));
    }
    forms
}

/// Keys inside something else, as other programs keep and print them. Long because it is one list of forms.
fn inside_forms(made: &Made) -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    const AROUND: &[&str] = &["other text around a key", "keep the base64 of the key alone"];
    const AROUND_JWK: &[&str] = &["other text around a JWK", "keep the JSON alone"];
    const NO_JSON: &[&str] = &["a JWK, but not in JSON", "double quotes"];
    const BYTES: &[&str] = &["a list of its bytes"];
    let text = |name: &'static str, text: String, says: &'static [&'static str]| (name, text.into_bytes(), says);
    let packed = |name: &str| STANDARD.encode(made.bytes(name));
    let (private, public, certificate) = (packed("pkcs8.pem"), packed("spki.pem"), packed("certificate.pem"));
    let jwk = jwk(Some("k1"), &["n", "e"]);
    let (n, e) = (jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap());
    let der = made.bytes("spki.der");
    let bytes = |each: fn(&u8) -> String, between: &str| der.iter().map(each).collect::<Vec<_>>().join(between);
    let of_python: String = der
        .iter()
        .map(|byte| match byte {
            b'\\' => "\\\\".to_owned(),
            b'\n' => "\\n".to_owned(),
            b' '..=b'~' => char::from(*byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        })
        .collect();
    let dump = |line: fn(usize, &[u8]) -> String| {
        der.chunks(16).enumerate().map(|(row, bytes)| line(row * 16, bytes)).collect::<Vec<_>>().join("\n")
    };
    let secret = json!({ "kind": "Secret", "data": { "tls.crt": certificate, "tls.key": private } });
    let yaml = format!("kind: Secret\ndata:\n  tls.crt: {certificate}\n  tls.key: {private}\n");
    vec![
        text("Kubernetes in YAML", yaml, &["other text around a key on line 3"]),
        text("Kubernetes in JSON", secret.to_string(), &[r#"`jq -r '.data["tls.key"]' FILE`"#]),
        text("its data", secret["data"].to_string(), &[r#"`jq -r '.["tls.key"]' FILE`"#]),
        text("base64 in a variable", format!("JWT_KEY={private}\n"), AROUND),
        text("base64 in an exported variable", format!("export JWT_KEY=\"{public}\"\n"), AROUND),
        text("a JWK in base64 in a variable", format!("JWK={}", STANDARD.encode(jwk.to_string())), AROUND),
        text(
            "base64 in an address",
            format!("key={}", packed("spki.der").replace('+', "%2B").replace('/', "%2F")),
            AROUND,
        ),
        text("base64 of PHP", format!("\"key\": \"{}\"", packed("spki.der").replace('/', "\\/")), AROUND),
        text("DKIM", format!("\"v=DKIM1; k=rsa; p={}\"", packed("spki.der")), AROUND),
        text("AWS, as text", format!("arn:aws:kms:x:1:key/2\tRSA_2048\t{}\tSIGN_VERIFY\n", packed("spki.der")), AROUND),
        text("AWS", json!({ "KeyId": "1", "PublicKey": packed("spki.der") }).to_string(), &["`jq -r .PublicKey FILE`"]),
        text("Azure", json!({ "attributes": {}, "key": jwk }).to_string(), &["`jq -r .key FILE`"]),
        text("a list of Azure", json!([{ "key": jwk }]).to_string(), &["`jq -r '.[0].key' FILE`"]),
        text("a set within", json!({ "result": { "keys": [jwk] } }).to_string(), &["`jq -r .result FILE`"]),
        text(
            "Keycloak",
            json!({ "keys": [{ "kid": "a", "publicKey": packed("spki.der") }] }).to_string(),
            &["`jq -r '.keys[0].publicKey' FILE`"],
        ),
        text("Google", json!({ "1bb7": made.text("certificate.pem") }).to_string(), &[r#"`jq -r '.["1bb7"]' FILE`"#]),
        text("a hostile name", json!({ "a'; rm -rf ~ #\u{202e}": private }).to_string(), &["JSON with a key in it"]),
        text("a quote in a name", json!({ "it's": private }).to_string(), &[r#"`jq -r '.["it'\''s"]' FILE`"#]),
        text("Node", json!({ "type": "Buffer", "data": der }).to_string(), &["`jq -r .data FILE`"]),
        text("a JWK in a variable", format!("JWK={jwk}"), AROUND_JWK),
        text("a JWK in JavaScript", format!("const jwk = {jwk};\n"), AROUND_JWK),
        text(
            "an answer of HTTP",
            format!("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{}", json!({ "keys": [jwk] })),
            AROUND_JWK,
        ),
        text(
            "a JWK, percent-encoded",
            jwk.to_string().replace('"', "%22").replace(':', "%3A"),
            &["a JWK that is percent-encoded"],
        ),
        text("a JWK as Node prints it", format!("{{ kty: 'RSA', n: '{n}', e: '{e}' }}"), NO_JSON),
        text("in lines", format!("{{\n  kty: 'RSA',\n  n: '{n}',\n  e: '{e}'\n}}"), NO_JSON),
        text("a secret JWK as Node prints it", "{ kty: 'oct', k: 'c2VjcmV0c2VjcmV0' }".to_owned(), NO_JSON),
        text("a JWK in YAML", format!("kty: RSA\nn: {n}\ne: {e}\n"), &["a JWK in YAML"]),
        text("C", format!("{{ {} }}", bytes(|byte| format!("0x{byte:02X}"), ", ")), BYTES),
        text("escapes", bytes(|byte| format!("\\x{byte:02x}"), ""), BYTES),
        text("Go", format!("[{}]", bytes(u8::to_string, " ")), BYTES),
        text("Java", format!("[{}]", bytes(|byte| byte.cast_signed().to_string(), ", ")), BYTES),
        text("Python", format!("b'{of_python}'"), BYTES),
        text(
            "xxd",
            dump(|at, bytes| format!("{at:08x}: {}  ....", bytes.chunks(2).map(hex).collect::<Vec<_>>().join(" "))),
            BYTES,
        ),
        text(
            "hexdump",
            dump(|at, bytes| {
                let [left, right] = [bytes.get(..8), bytes.get(8..)].map(Option::unwrap_or_default);
                let spaced = |half: &[u8]| half.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
                format!("{at:08x}  {}  {}  |........|", spaced(left), spaced(right))
            }) + "\n00000126\n",
            BYTES,
        ),
        (
            "CNG",
            [&b"RSA1\0\x08\0\0\x03\0\0\0\0\x01\0\0"[..], &[0; 8], &[1, 0, 1], &[0x5a; 256]].concat(),
            &["Windows CNG", "ExportPkcs8PrivateKeyPem"],
        ),
    ]
}

/// PEM that does not parse: each says what happened to it. Long because it is one list of forms.
fn damaged_forms(made: &Made) -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let pem = made.text("spki.pem");
    let [kind, base64, comment] = made.line();
    let body = made.body("spki.pem");
    let lines: Vec<&str> = pem.lines().collect();
    let text = |name: &'static str, text: String, says: &'static [&'static str]| (name, text.into_bytes(), says);
    let prefixed = |prefix: &str| format!("{prefix}{}\n", lines.join(&format!("\n{prefix}")));
    let with_line = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n")
    };
    let lost = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n");
    vec![
        text("no END", lines[..lines.len() - 1].join("\n"), &["cut short", "-----END PUBLIC KEY-----` is missing"]),
        text("no BEGIN", lines[1..].join("\n"), &["cut short", "-----BEGIN PUBLIC KEY-----` is missing"]),
        text("no body", format!("{}\n{}\n", lines[0], lines[lines.len() - 1]), &["nothing stands between"]),
        text("quoted", prefixed("> "), &["begin with `>`", "sed "]),
        text("quoted without a blank", prefixed(">"), &["begin with `>`", "sed "]),
        text("commented", prefixed("# "), &["begin with `#`", "sed "]),
        text("a character", with_line(2, "MIIB*"), &["line 3 of it has '*'"]),
        text("an ellipsis", with_line(3, "…"), &["line 4 of it has '…'"]),
        text("a zero-width blank", with_line(2, "MIIB\u{200b}"), &["line 3 of it has '\\u{200b}'"]),
        text(
            "labels that differ",
            pem.replace("-----END PUBLIC", "-----END RSA PUBLIC"),
            &["BEGIN PUBLIC KEY", "END RSA PUBLIC KEY"],
        ),
        text("dashes of a word processor", pem.replace("-----", "—–-"), &["typographic", "five hyphens"]),
        text("em dashes", pem.replace("--", "—"), &["typographic"]),
        text("four hyphens", pem.replacen("-----", "----", 1), &["5 hyphens"]),
        text("six hyphens", pem.replace("-----", "------"), &["5 hyphens"]),
        text("no hyphens", pem.replace('-', ""), &["5 hyphens"]),
        text("lower case", pem.to_lowercase(), &["lower case"]),
        text("percent-encoded", pem.replace(' ', "%20").replace('\n', "%0A"), &["percent-encoded"]),
        text("a lost line", lost(2), &["cut short or damaged", "it says that it has"]),
        text("a line too many", with_line(2, &format!("{}\n{}", lines[2], lines[2])), &["cut short or damaged"]),
        text("a character less", with_line(2, &lines[2][1..]), &["cut short or damaged"]),
        text(
            "a longer DER",
            relabelled(
                &format!("x\n{}\n", STANDARD.encode([&made.bytes("spki.der")[..], b"xyz"].concat())),
                "PUBLIC KEY",
            )
            .replace("x\n", ""),
            &["294 bytes, and 297 are there"],
        ),
        text(
            "a wrapped line",
            format!("{kind} {}\n{} {comment}\n", &base64[..70], &base64[70..]),
            &["goes on in the next line"],
        ),
        text(
            "wrapped many times",
            format!(
                "{kind} {}\n",
                base64.as_bytes().chunks(64).map(|it| std::str::from_utf8(it).unwrap()).collect::<Vec<_>>().join("\n")
            ),
            &["goes on in the next line"],
        ),
        text("a cut line", format!("{kind} {}", &base64[..100]), &["cut short"]),
        text("cut base64", body[..100].to_owned(), &["it says that it has 294 bytes"]),
    ]
}

/// Every form, whatever becomes of it.
fn forms(made: &Made) -> Vec<Form> {
    let private = private_forms(made).into_iter().map(|(name, bytes)| (name, bytes, Outcome::Private));
    let public = public_forms(made).into_iter().map(|(name, bytes)| (name, bytes, Outcome::Public));
    let refused = refused_forms(made).into_iter().chain(damaged_forms(made));
    let refused = refused.map(|(name, bytes, says)| (name, bytes, Outcome::Refused(says)));
    private.chain(public).chain(refused).map(|(name, bytes, outcome)| Form { name, bytes, outcome }).collect()
}

fn assert_says(told: &str, words: &[&str], form: &str) {
    for word in words {
        assert!(told.contains(word), "{form}: {told:?} does not say {word:?}");
    }
    assert_eq!(told.trim_end().lines().count(), 1, "{form}: {told}");
}

/// A key that was pasted, or what is wrong with it.
fn pasted(bytes: &[u8]) -> Result<GivenKey, String> {
    GivenKey::parse(bytes, "key").map_err(|fault| fault.advised(&KeyLocation::Pasted).to_string())
}

// ── one key on its own

#[test]
fn every_form_of_a_key_signs_and_verifies_as_that_key_or_is_refused_by_its_name() {
    let made = Made::get();
    let signature = pasted(&made.bytes("pkcs1.pem")).unwrap().signer(None).unwrap().sign(MESSAGE).unwrap();
    for Form { name, bytes, outcome } in forms(made) {
        match (outcome, pasted(&bytes)) {
            (Outcome::Refused(words), key) => {
                assert_says(&key.err().unwrap_or_else(|| panic!("{name} is read")), words, name);
            }
            (outcome, key) => {
                let key = key.unwrap_or_else(|fault| panic!("{name}: {fault}: {}", String::from_utf8_lossy(&bytes)));
                let verifier = key.verifier(None).unwrap();
                assert_eq!((verifier.algorithm(), verifier.verifies(MESSAGE, &signature)), (Algorithm::Rs256, true));
                let signed = key.signer(None).ok().map(|signer| signer.sign(MESSAGE).unwrap());
                let expected = matches!(outcome, Outcome::Private).then(|| signature.clone());
                assert_eq!(signed, expected, "{name}: RS256 signs a text in one way alone");
            }
        }
    }
}

/// The files of one EC or Ed25519 key: the private ones first.
const OTHER_PAIRS: [(Algorithm, &[&str], &[&str]); 5] = [
    (Algorithm::Es256, &["ec.pem", "ec-pkcs8.der", "ec-sec1.der"], &["ec-public.pem", "ec-compressed.pem"]),
    (Algorithm::Es256, &["ecdsa"], &["ecdsa.pub"]),
    (Algorithm::Es384, &["ec384.pem"], &["ec384-public.pem"]),
    (Algorithm::Es384, &["ecdsa384"], &["ecdsa384.pub"]),
    (Algorithm::EdDsa, &["ed25519.pem"], &["ed25519-public.pem", "ed25519-public.der"]),
];

#[test]
fn an_ec_or_ed25519_key_is_read_in_every_form_and_is_no_secret() {
    let made = Made::get();
    let ssh = (Algorithm::EdDsa, &["ed25519"][..], &["ed25519.pub"][..]);
    for (algorithm, private, public) in OTHER_PAIRS.into_iter().chain([ssh]) {
        let signer = pasted(&made.bytes(private[0])).unwrap().signer(None).unwrap();
        for name in private.iter().chain(public) {
            let bytes = made.bytes(name);
            let text = String::from_utf8(bytes.clone()).ok();
            let ways = text.filter(|text| text.contains("-----")).map(|text| journeys(&text)).unwrap_or_default();
            // Between two blocks without a line end nobody can tell which dashes are whose.
            let ways = ways.into_iter().filter(|(way, _)| (*name, *way) != ("ec.pem", "no line ends"));
            let encoded = ("base64", STANDARD.encode(&bytes).into_bytes());
            for (way, bytes) in ways.chain([encoded, ("as it is", bytes)]) {
                let key = pasted(&bytes).unwrap_or_else(|fault| panic!("{name}, {way}: {fault}"));
                let verifier = key.verifier(None).unwrap();
                assert_eq!(verifier.algorithm(), algorithm, "{name}, {way}");
                assert!(verifier.verifies(MESSAGE, &signer.sign(MESSAGE).unwrap()), "{name}, {way}");
                assert_eq!(key.signer(None).is_ok(), private.contains(name), "{name}, {way}");
                assert!(Secret::from_file(&bytes).is_err(), "{name}, {way}");
                let half = &bytes[..bytes.len() * 2 / 3];
                let cut = pasted(half).map(|key| key.verifier(None).unwrap().algorithm());
                assert_ne!(cut.ok(), Some(Algorithm::Hs256), "{name}, {way}, cut: still no secret");
            }
        }
    }
}

/// The fixtures have a private number that begins with zeros, which `ssh-keygen` leaves out, and the eight bytes of
/// padding that Python's `cryptography` adds where none is needed.
#[test]
fn an_ec_key_of_openssh_is_read_with_a_short_number_and_with_needless_padding() {
    for (name, algorithm) in [
        ("ec-openssh-short", Algorithm::Es256),
        ("ec-openssh-padded", Algorithm::Es256),
        ("ec384-openssh-short", Algorithm::Es384),
        ("ec384-openssh-padded", Algorithm::Es384),
    ] {
        let file = crate::app::fixture(name);
        let key = GivenKey::read(&file).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let private = TempDir::new().unwrap();
        let copy = private.path().join("key");
        fs::write(&copy, fs::read(&file).unwrap()).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        let line = Command::new("ssh-keygen").arg("-yf").arg(&copy).output().unwrap().stdout;
        let public = pasted(&line).unwrap().verifier(None).unwrap();
        let signature = key.signer(None).unwrap().sign(MESSAGE).unwrap();
        assert_eq!((public.algorithm(), public.verifies(MESSAGE, &signature)), (algorithm, true), "{name}");
    }
}

#[test]
fn the_line_of_an_ssh_key_and_its_base64_are_of_one_kind() {
    let text = Made::get().text("ed25519.pub").replace("ssh-ed25519", "ecdsa-sha2-nistp256");
    assert_says(&pasted(text.as_bytes()).unwrap_err(), &["its line says ecdsa-sha2-nistp256", "ssh-ed25519"], "line");
}

#[test]
fn no_form_of_a_key_is_ever_a_secret() {
    for Form { name, bytes, .. } in forms(Made::get()) {
        for fault in [Secret::from_file(&bytes), Secret::from_text(&bytes), Secret::from_decoded(&bytes)] {
            let fault = fault.expect_err(name).to_string();
            assert_says(&fault, &["where an HMAC secret belongs", "could sign tokens"], name);
        }
        assert!(GivenKey::from_secret(&bytes, "key").is_err(), "{name}");
        if ["OpenID", "Node"].contains(&name) {
            continue; // Their beginning is any JSON object's.
        }
        let half = &bytes[..bytes.len() * 2 / 3];
        let is_key = pasted(half).map(|key| key.verifier(None).unwrap().algorithm());
        assert_ne!(is_key.ok(), Some(Algorithm::Hs256), "{name}, cut: still no secret");
    }
}

#[test]
fn the_numbers_of_a_key_are_no_secret_however_a_program_prints_them() {
    let modulus = num_bigint::BigUint::from_bytes_be(Made::get().reference().public().modulus());
    let colons = hex(&modulus.to_bytes_be())
        .as_bytes()
        .chunks(30)
        .map(|line| line.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect::<Vec<_>>().join(":"))
        .collect::<Vec<_>>()
        .join(":\n    ");
    for text in [
        format!("Sun RSA public key, 2048 bits\n  params: null\n  modulus: {modulus}\n  public exponent: 65537\n"),
        format!("PublicKey({modulus}, 65537)"),
        format!("<RSAPublicNumbers(e=65537, n={modulus})>"),
        format!("&{{{modulus} 65537}}"),
        format!("RSA Public Key [00:11]\n    modulus: {modulus:x}\n    public exponent: 10001\n"),
        format!("    Modulus:\n    {colons}\n    Exponent: 65537 (0x10001)\n"),
    ] {
        assert_says(&pasted(text.as_bytes()).unwrap_err(), &["the numbers of an RSA key", "PEM"], &text);
        assert!(matches!(Secret::from_file(text.as_bytes()), Err(KeyFault::KeyForSecret(_))), "{text}");
    }
}

/// Long because it is one table of cases.
#[test]
fn a_file_that_something_is_packed_into_is_no_secret_and_told_how_to_unpack() {
    let text = |text: &str| text.as_bytes().to_vec();
    for (packed, name, command) in [
        (text("$ANSIBLE_VAULT;1.1;AES256\n6231336539\n"), "Ansible Vault", "ansible-vault decrypt "),
        (text("key: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    62313365\n"), "Ansible Vault", "ansible localhost "),
        (
            text("key: ENC[AES256_GCM,data:abc=,iv:x=,tag:y=,type:str]\nsops:\n  version: 3\n"),
            "SOPS",
            "sops --decrypt ",
        ),
        (text("age-encryption.org/v1\n-> X25519 abc\n"), "age", "age --decrypt "),
        (text("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n"), "age", "age --decrypt "),
        (text("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n"), "OpenPGP", "gpg "),
        (b"Salted__\x01\x02\x03\xff\xfe\xfd".to_vec(), "openssl enc", "openssl enc -d "),
        (b"\x1f\x8b\x08\0\xff\xff".to_vec(), "gzip", "gunzip -c < "),
        (b"\0GITCRYPT\0\xff\xfe".to_vec(), "git-crypt", "git-crypt unlock"),
        (text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), "Git LFS", "git lfs pull"),
    ] {
        assert_says(&pasted(&packed).unwrap_err(), &[name, command], name);
        for file in ["hs256.secret", "rest-api.secret", "jwt_key", "old.pub", "session.key"] {
            let program = Program::with_keys();
            fs::write(program.path("keys").join(file), &packed).unwrap();
            let done = program.run(&["check"]);
            let line =
                done.stdout.lines().find(|line| line.starts_with("wrong  keys:")).unwrap_or_else(|| panic!("{name}"));
            assert_says(line, &[&format!("keys/{file}"), name, command], file);
            assert!(!line.contains("public half"), "{line}");
        }
    }
    let program = Program::with_keys();
    let path = program.path("keys/hs256.secret");
    let secret = b"a secret of more than thirty-two bytes\n";
    fs::write(&path, secret).unwrap();
    assert!(
        Command::new("sh")
            .arg("-c")
            .arg("gzip < hs256.secret > x && mv x hs256.secret")
            .current_dir(program.path("keys"))
            .status()
            .unwrap()
            .success()
    );
    let told = program.run(&["check"]).stdout;
    let command = told.split('`').find(|part| part.starts_with("umask 077 && gunzip ")).unwrap();
    assert!(
        Command::new("sh").args(["-c", command]).current_dir(program.path(".")).status().unwrap().success(),
        "{command}"
    );
    assert_eq!(fs::read(&path).unwrap(), secret);
}

#[test]
fn the_command_for_a_key_in_json_gives_a_key_that_is_read() {
    let made = Made::get();
    let program = Program::new().holding("reference.pem", made.bytes("pkcs8.pem"));
    let token = program.sign(&["--key", "reference.pem", "--claims", "{}"]);
    for (name, bytes, says) in inside_forms(made) {
        if !says[0].starts_with("`jq ") || name == "Google" || name == "Node" {
            continue; // A certificate is converted next, and a list of bytes is none yet.
        }
        fs::write(program.path("FILE"), &bytes).unwrap();
        let told = program.run(&["inspect", "--key", "FILE", &token]);
        let command = told.stderr.split('`').find(|part| part.starts_with("jq ")).unwrap();
        let ran = Command::new("sh").arg("-c").arg(format!("{command} > key")).current_dir(program.path(".")).status();
        assert!(ran.unwrap().success(), "{command}");
        let (code, verdict) = program.inspect(&["--key", "key"], &token);
        assert_eq!((code, &verdict["code"]), (0, &json!("accepted")), "{name}: {command}");
    }
}

#[test]
fn a_jwk_that_lacks_its_kty_is_no_secret() {
    for text in [r#"{"n":"AQAB","e":"AQAB"}"#, r#"{"crv":"P-256","x":"AQAB"}"#, r#"{"k":"c2VjcmV0","alg":"HS256"}"#] {
        assert_says(&pasted(text.as_bytes()).unwrap_err(), &["its JWK lacks the member `kty`"], text);
        assert!(matches!(Secret::from_file(text.as_bytes()), Err(KeyFault::KeyForSecret("a JWK"))), "{text}");
    }
}

#[test]
fn a_json_object_is_a_secret_where_a_secret_was_named_and_no_key_elsewhere() {
    let objects = [
        (r#"{"a":1}"#, "lacks the member `kty`"),
        (r#"{"password":"hunter2"}"#, "lacks the member `kty`"),
        (r#"{"k":"c2VjcmV0"}"#, "lacks the member `kty`"),
        ("{}", "lacks the member `kty`"),
        (r#"{"a":{"b":["c",null,1.5]}}"#, "lacks the member `kty`"),
        (r#"{"keys":{}}"#, "`keys` is an object, and it must be an array of JWKs"),
        (r#"{"protected":"e30","iv":"AA","ciphertext":"AA","tag":"AA"}"#, "JWE"),
    ];
    for (text, lacks) in objects {
        assert_says(&pasted(text.as_bytes()).unwrap_err(), &[lacks], text);
        assert_eq!(Secret::from_file(text.as_bytes()).unwrap().as_bytes(), text.as_bytes(), "{text}");
        let program = Program::new().holding("key.json", text);
        program.run(&["sign", "--key", "key.json"]).assert_failed(&["`key.json`", lacks]);
        program.run(&["inspect", "--key", "key.json", "x.y.z"]).assert_failed(&["`key.json`", lacks]);
        assert_eq!(program.run(&["sign", "--key", text]).code, Some(2), "a text is no file: {text}");
    }
}

#[test]
fn other_json_without_a_key_is_a_secret_everywhere() {
    for text in [
        r#"["a","b"]"#,
        r#""quoted""#,
        "12345678",
        "kty: yes",
        "my kty=fine",
        "secret: hunter2",
        "SECRET=hunter2",
        "[1, 2, 3]",
        "0x12, 0x34",
        "a \\x41",
    ] {
        let exact = GivenKey::from_secret(text.as_bytes(), "key").unwrap().signer(None).unwrap().sign(MESSAGE).unwrap();
        assert_eq!(pasted(text.as_bytes()).unwrap().signer(None).unwrap().sign(MESSAGE).unwrap(), exact, "{text}");
        assert_eq!(Secret::from_file(text.as_bytes()).unwrap().as_bytes(), text.as_bytes(), "{text}");
    }
}

#[test]
fn a_key_may_come_through_a_pipe_and_its_refusal_names_no_hyphen() {
    let made = Made::get();
    let program = Program::new().holding("key.pem", made.bytes("pkcs8.pem")).holding("key.p12", made.bytes("key.p12"));
    assert!(Command::new("mkfifo").arg(program.path("pipe")).status().unwrap().success());
    let feed = |file: &str| {
        let bytes = fs::read(program.path(file)).unwrap();
        let pipe = program.path("pipe");
        std::thread::spawn(move || fs::write(pipe, bytes))
    };
    let feeding = feed("key.pem");
    let signed = program.sign(&["--key", "pipe", "--claims", "{}"]);
    feeding.join().unwrap().unwrap();
    assert_eq!(signed, program.sign(&["--key", "key.pem", "--claims", "{}"]));
    program.run(&["sign", "--key", "/dev/zero"]).assert_failed(&["`/dev/zero`", "64 KiB"]);
    program.run(&["sign", "--key", "."]).assert_failed(&["`.`", "not a regular file"]);
    program
        .run_with_input(&["sign", "--key", "-"], made.bytes("key.p12"))
        .assert_failed(&["`-`", "openssl pkcs12 -in FILE "]);
}

/// Long because it is one table of cases.
#[test]
fn what_looks_like_base64_hexadecimal_or_words_is_a_secret_with_exactly_its_bytes() {
    let random = |bytes: usize| {
        let mut random = vec![0; bytes];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        random
    };
    let mut secrets: Vec<Vec<u8>> = [
        "correct horse battery staple",
        "  blanks count  ",
        "tab\tand ünïcödé ✓",
        "your-256-bit-secret",
        "{mysecret}",
        "[not json",
        "-----",
        "---- BEGIN ----",
        "BEGIN",
        "THE END",
        "ssh rsa AAAA",
        "MIIBIjANBgkqhkiG",
        "MII",
        "AAAAB3Nz",
        "0123456789abcdef0123456789abcdef",
        "https://example.org/jwks.json",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl",
        "\"quoted\"",
        "'quoted'",
        "a\nb\nc",
        "x",
        "age1",
        "<secret>",
        "PUBLIC KEY",
        "kty",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    for bytes in [16, 24, 32, 48, 64, 96, 256, 1200] {
        for _ in 0..20 {
            let random = random(bytes);
            secrets.push(STANDARD.encode(&random).into_bytes());
            secrets.push(URL_SAFE_NO_PAD.encode(&random).into_bytes());
            secrets.push(hex(&random).into_bytes());
            secrets.push(hex(&random).to_uppercase().into_bytes());
        }
    }
    let der_of_something_else = STANDARD.encode(b"\x30\x06\x02\x01\x05\x02\x01\x07".repeat(8));
    secrets.push(der_of_something_else.into_bytes());
    for secret in secrets {
        let shown = String::from_utf8_lossy(&secret).into_owned();
        let with_line_end = |end: &[u8]| [&secret[..], end].concat();
        for (file, read) in [
            (secret.clone(), Secret::from_file as fn(&[u8]) -> _),
            (secret.clone(), Secret::from_text),
            (with_line_end(b"\n"), Secret::from_file),
            (with_line_end(b"\r\n"), Secret::from_file),
        ] {
            assert_eq!(read(&file).unwrap_or_else(|fault| panic!("{shown}: {fault}")).as_bytes(), secret, "{shown}");
        }
        assert_eq!(pasted(&secret).unwrap().verifier(None).unwrap().algorithm(), Algorithm::Hs256, "{shown}");
    }
}

#[test]
fn a_long_random_base64_of_openssl_is_a_secret() {
    for arguments in [["rand", "-base64", "48"], ["rand", "-base64", "512"], ["rand", "-hex", "64"]] {
        let output = Command::new("openssl").args(arguments).output().unwrap().stdout;
        assert_eq!(Secret::from_file(&output).unwrap().as_bytes(), output.strip_suffix(b"\n").unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_without_the_form_of_a_key_is_a_secret_with_exactly_its_bytes(text in "[ -~äß€]{1,200}") {
        prop_assume!(!text.trim().is_empty());
        let marks = ["BEGIN", "END", "ssh-", "ecdsa-", "sk-", "kty", "age1", "{}"];
        prop_assume!(marks.iter().all(|mark| !text.contains(mark)));
        let secret = Secret::from_file(text.as_bytes()).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert_eq!(secret.as_bytes(), text.as_bytes());
        let secret = pasted(text.as_bytes()).map_err(TestCaseError::fail)?;
        let token = secret.signer(None).unwrap().sign(MESSAGE).unwrap();
        let exact = GivenKey::from_secret(text.as_bytes(), "key").unwrap();
        prop_assert!(exact.verifier(None).unwrap().verifies(MESSAGE, &token));
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for text in [bytes.clone(), STANDARD.encode(&bytes).into_bytes(), hex(&bytes).into_bytes()] {
            let _ = (GivenKey::parse(&text, "key").is_ok(), Secret::from_file(&text).is_ok());
            let _ = (RsaPrivateKey::parse(&text).is_ok(), RsaPublicKey::parse(&text).is_ok());
        }
    }

    #[test]
    fn a_key_with_other_bytes_in_it_never_becomes_a_secret_by_a_change_in_its_middle(
        at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let made = Made::get();
        let names = ["openssh", "pkcs1.pem", "pkcs8.pem", "spki.pem", "rfc4716", "openssh.pub", "spki.der", "pkcs8.der"];
        let mut bytes = made.bytes(names[which.index(names.len())]);
        let middle = 40..bytes.len();
        bytes[middle.start + at.index(middle.len())] = byte;
        let algorithm = pasted(&bytes).ok().map(|key| key.verifier(None).unwrap().algorithm());
        prop_assert_ne!(algorithm, Some(Algorithm::Hs256));
    }
}

// ── the keys folder

fn folder_with(file: &str, bytes: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    crate::app::put_rsa_keys(folder.path());
    for name in ["jwt_key", "jwt_key.pub"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    fs::write(folder.path().join(file), bytes).unwrap();
    folder
}

/// The key that signs RS256 in a folder, or why there is none; the folder's path is `keys` in it.
fn rs256_of(folder: &Path) -> Result<(Option<String>, Vec<String>), String> {
    let made = KeyRing::read_verifying(folder);
    let (_, rs256) = made.map_err(|error| {
        let mut told = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            told = format!("{told}: {error}");
            cause = error.source();
        }
        told.replace(folder.to_str().unwrap(), "keys")
    })?;
    let kid = |kid: Option<&str>| kid.map(str::to_owned);
    let verifying = rs256.verifiers().iter().filter_map(|verifier| kid(verifier.kid())).collect();
    Ok((rs256.signer(DateTime::UNIX_EPOCH).and_then(|signer| kid(signer.kid())), verifying))
}

#[test]
fn the_folder_reads_the_same_forms_and_names_what_helps_there() {
    let made = Made::get();
    let kid = made.reference().public().thumbprint().to_owned();
    for Form { name, bytes, outcome } in forms(made) {
        let private = rs256_of(folder_with("jwt_key", &bytes).path());
        let public = rs256_of(folder_with("jwt_key.pub", &bytes).path());
        let secret = rs256_of(folder_with("hs256.secret", &bytes).path()).unwrap_err();
        assert_says(&secret, &["`keys/hs256.secret`", "where an HMAC secret belongs", "put random text into it"], name);
        match outcome {
            Outcome::Private => {
                assert_eq!(private.unwrap(), (Some(kid.clone()), vec![kid.clone()]), "{name}");
                let told = public.unwrap_err();
                assert_says(&told, &["private key where a public key belongs"], name);
                assert!(told.contains("ssh-keygen -y -f") || told.contains("unwrap it first: "), "{name}: {told}");
            }
            Outcome::Public => {
                let words = ["public key where the private key belongs", "mv -n keys/jwt_key keys/jwt_key.pub"];
                assert_says(&private.unwrap_err(), &words, name);
                assert_eq!(public.unwrap(), (None, vec![kid.clone()]), "{name}");
            }
            Outcome::Refused(_) => {
                for (told, file) in [(private, "jwt_key"), (public, "jwt_key.pub")] {
                    let told = told.unwrap_err();
                    assert_says(&told, &[&format!("cannot use key `keys/{file}`")], name);
                    assert!(!told.contains("remove it") && !told.contains(" rm "), "{name}: {told}");
                }
            }
        }
    }
}

#[test]
fn the_command_that_the_folder_names_for_a_certificate_and_a_keystore_works_there() {
    let made = Made::get();
    let kid = made.reference().public().thumbprint().to_owned();
    for (file, form, signs) in [
        ("jwt_key.pub", "certificate.pem", false),
        ("jwt_key.pub", "certificate.der", false),
        ("jwt_key.pub", "request.pem", false),
        ("jwt_key.pub", "bundle.pem", false),
        ("jwt_key.pub", "bundle.der", false),
        ("jwt_key.pub", "public.blob", false),
        ("jwt_key", "certificate.pem", false),
        ("jwt_key", "key.p12", true),
        ("jwt_key", "key.blob", true),
        ("jwt_key.pub", "pkcs8.pem", false),
        ("jwt_key.pub", "key.p12", false),
        ("jwt_key.pub", "key.blob", false),
        ("jwt_key", "spki.pem", false),
    ] {
        let folder = folder_with(file, &made.bytes(form));
        let told = rs256_of(folder.path()).unwrap_err();
        let command = told.split('`').rfind(|part| part.contains(" keys/")).unwrap().to_owned();
        let command = command.replace("keys/", "").replace("openssl pkcs12", "openssl pkcs12 -passin pass:");
        let kept = fs::metadata(folder.path().join(file)).unwrap().len();
        let ran = Command::new("sh")
            .args(["-c", &format!("umask 077; {command}")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        let (signer, verifying) = rs256_of(folder.path()).unwrap_or_else(|told| panic!("{form}: {told}"));
        assert_eq!((signer.is_some(), verifying), (signs, vec![kid.clone()]), "{form}");
        let sizes = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
        assert!(sizes.into_iter().any(|size| size == kept), "{form}: what was there is kept under another name");
    }
}

#[test]
fn the_command_that_takes_a_passphrase_off_gives_a_key_that_is_read() {
    let made = Made::get();
    for name in ["locked", "pkcs1-locked.pem", "pkcs8-locked.pem", "pkcs8-locked.der", "ed25519-locked.pem"] {
        for place in ["given", "folder"] {
            let program = Program::new();
            fs::create_dir(program.path("keys")).unwrap();
            let file = if place == "given" { "key file" } else { "keys/bearer_key" };
            fs::write(program.path(file), made.bytes(name)).unwrap();
            fs::set_permissions(program.path(file), fs::Permissions::from_mode(0o600)).unwrap();
            let told = match place {
                "given" => program.run(&["sign", "--key", file]).stderr,
                _ => program.run(&["check"]).stdout,
            };
            let command = told.split('`').find(|part| part.contains("ssh-keygen -p") || part.contains("openssl pkey"));
            let command = command.unwrap_or_else(|| panic!("{name}: {told}"));
            let command =
                command.replace("-p -N", "-p -P passphrase -N").replace("pkey ", "pkey -passin pass:passphrase ");
            let ran = Command::new("sh").args(["-c", &command]).current_dir(program.path(".")).output().unwrap();
            assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
            let written = if place == "given" && name != "locked" { "NEW" } else { file };
            assert!(hallpass::keys::PrivateKey::parse(&fs::read(program.path(written)).unwrap()).is_ok(), "{command}");
            let bits = fs::metadata(program.path(written)).unwrap().permissions().mode();
            assert_eq!(bits & 0o077, 0, "{command}");
        }
    }
}

#[test]
fn a_jwk_that_is_no_pair_gets_no_command_that_converts_a_pair() {
    let oct = r#"{"kty":"oct","k":"c2VjcmV0"}"#;
    for (file, text, words) in [
        ("jwt_key", oct.to_owned(), "a secret as a JWK"),
        ("bearer_key", oct.to_owned(), "a secret as a JWK"),
        ("jwt_key", format!(r#"{{"keys":[{oct}]}}"#), "a set of JWKs"),
        ("bearer_key", format!("[{oct}]"), "a set of JWKs"),
        ("jwt_key", r#"{"kty":"oct","k":"#.to_owned(), "JSON is cut off or damaged"),
    ] {
        let program = Program::new();
        fs::create_dir(program.path("keys")).unwrap();
        fs::write(program.path("keys").join(file), text).unwrap();
        let told = program.run(&["check"]).stdout;
        assert!(told.contains(words) && !told.contains("createPrivateKey"), "{told}");
    }
}

#[test]
fn a_byte_order_mark_or_utf_16_in_a_secret_is_refused_the_same_in_every_place() {
    let text = "a secret of more than thirty-two bytes\n";
    for (bytes, word) in [
        (format!("\u{feff}{text}").into_bytes(), "UTF-8 with a byte order mark"),
        (utf16(text, b"\xff\xfe", u16::to_le_bytes), "UTF-16"),
        (utf16(text, b"\xfe\xff", u16::to_be_bytes), "UTF-16"),
        (utf16(text, b"", u16::to_le_bytes), "UTF-16LE"),
        (utf16(text, b"", u16::to_be_bytes), "UTF-16BE"),
    ] {
        for file in ["hs256.secret", "rest-api.secret", "lab.secret"] {
            let folder = folder_with(file, &bytes);
            let error = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).err().unwrap();
            let told = std::error::Error::source(&error).unwrap().to_string();
            assert_says(&told, &[word, "save it "], file);
            let command = told.rsplit('`').nth(1).unwrap().to_owned();
            let ran = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).status().unwrap();
            assert!(ran.success(), "{command}");
            let repaired = Secret::from_file(&fs::read(folder.path().join(file)).unwrap()).unwrap();
            assert_eq!(repaired.as_bytes(), text.trim_end().as_bytes(), "{command}");
        }
        let program = Program::new().holding("secret.txt", &bytes);
        program.run(&["sign", "--key", "secret.txt"]).assert_failed(&["`secret.txt`", word]);
        program.run(&["inspect", "--key", "secret.txt", "x.y.z"]).assert_failed(&["`secret.txt`", word]);
        assert!(pasted(&bytes).unwrap_err().contains(word));
    }
}

#[test]
fn a_secret_of_the_environment_is_judged_as_a_file_is() {
    let made = Made::get();
    for (value, words) in [
        ("\u{feff}secret".to_owned(), "UTF-8 with a byte order mark"),
        (made.text("spki.pem"), "it holds a public key where an HMAC secret belongs"),
        (made.body("spki.pem"), "it holds a public key where an HMAC secret belongs"),
    ] {
        for name in ["ZOOM_API_SECRET", "TWILIO_API_KEY_SECRET"] {
            let program = Program::with_keys().and(name, &value);
            program.run(&["--bind", "127.0.0.1:0"]).assert_failed(&[name, words]);
            let done = Program::with_keys().and(name, &value).run(&["check"]);
            assert_eq!(done.code, Some(2), "{}", done.stdout);
            assert_says(done.stdout.lines().find(|line| line.starts_with("wrong")).unwrap(), &[name, words], name);
        }
    }
    let folder = |end: &str| {
        let given = hallpass::keys::GivenCredentials::collect(|name| {
            Some(if name == "TELESIGN_API_KEY" { "c2VjcmV0".to_owned() } else { format!("secret{end}") })
        });
        let ring =
            KeyRing::read_or_make_with_accounts(folder_with("hs256.secret", b"x").path(), &given, &SystemRandom::new());
        ring.unwrap().0.zoom().signer().sign(MESSAGE).unwrap()
    };
    assert_eq!([folder("\n"), folder("\r\n")], [folder(""), folder("")], "a line ending is no part of it");
}

#[test]
fn one_file_is_one_secret_whoever_reads_it() {
    for (file, secret) in [
        ("s3cret\n", "s3cret"),
        ("s3cret\r\n", "s3cret"),
        ("s3cret", "s3cret"),
        (" s3cret \n", " s3cret "),
        ("s3cret\n\n", "s3cret\n"),
        ("s3cret\r", "s3cret\r"),
        ("[\"a\", 1]\n", "[\"a\", 1]"),
    ] {
        let program = Program::new().holding("secret.txt", file);
        fs::create_dir(program.path("keys")).unwrap();
        fs::write(program.path("keys/hs256.secret"), file).unwrap();
        let by_folder = program.sign(&["--claims", "{}"]);
        assert_eq!(by_folder, program.sign(&["--claims", "{}", "--key", "secret.txt"]), "{file:?}");
        let exact = GivenKey::from_secret(secret.as_bytes(), "key").unwrap().signer(None).unwrap();
        let (message, signature) = by_folder.rsplit_once('.').unwrap();
        assert_eq!(exact.sign(message.as_bytes()).unwrap(), signature, "{file:?} is {secret:?}");
    }
}

// ── the command line

#[test]
fn the_command_line_takes_every_form_and_refuses_the_others_with_exit_code_2() {
    let made = Made::get();
    let program = Program::new().holding("reference.pem", made.bytes("pkcs8.pem"));
    let token = program.sign(&["--key", "reference.pem", "--claims", "{}"]);
    let mut tried = std::collections::HashSet::new();
    for Form { name, bytes, outcome } in forms(made).into_iter().filter(|form| tried.insert(form.bytes.clone())) {
        fs::write(program.path("key file"), &bytes).unwrap();
        if let Outcome::Refused(words) = outcome {
            program.run(&["inspect", "--key", "key file", &token]).assert_failed(&[&["`key file`"], words].concat());
            continue;
        }
        let (code, verdict) = program.inspect(&["--key", "key file"], &token);
        assert_eq!((code, &verdict["code"]), (0, &json!("accepted")), "{name}");
    }
    for (name, words) in [("pkcs1.der", None), ("rfc4716", Some("public key where the private key belongs"))] {
        fs::write(program.path("key"), made.bytes(name)).unwrap();
        match words {
            Some(words) => program.run(&["sign", "--key", "key"]).assert_failed(&["`key`", words, "private half"]),
            None => assert_eq!(program.sign(&["--key", "key", "--claims", "{}"]), token, "{name}"),
        }
    }
}

#[test]
fn check_names_a_key_in_a_secrets_file_and_exits_with_2() {
    let made = Made::get();
    let [kind, base64, comment] = made.line();
    for bytes in [
        made.bytes("rfc4716"),
        made.body("spki.pem").into_bytes(),
        utf16(&made.text("spki.pem"), b"\xff\xfe", u16::to_le_bytes),
        format!("# Bob's key\n{kind} {base64} {comment}\n").into_bytes(),
        made.bytes("spki.der"),
    ] {
        for file in ["hs256.secret", "rest-api.secret", "lab.secret"] {
            let program = Program::with_keys();
            fs::write(program.path("keys").join(file), &bytes).unwrap();
            let done = program.run(&["check"]);
            assert_eq!(done.code, Some(2), "{}", done.stdout);
            let words = [&format!("keys/{file}"), "it holds a public key where an HMAC secret belongs"];
            let line = done.stdout.lines().find(|line| line.starts_with("wrong  keys:")).unwrap();
            assert_says(line, &words, file);
        }
    }
}

#[test]
fn a_text_that_was_read_as_a_secret_is_said_to_be_one_when_the_token_asks_for_a_key() {
    let program =
        Program::new().holding("key.txt", "not a key at all\n").holding("rsa.pem", Made::get().bytes("pkcs8.pem"));
    for algorithm in ["RS256", "RS512", "PS256"] {
        let token = program.sign(&["--key", "rsa.pem", "--algorithm", algorithm]);
        let (code, verdict) = program.inspect(&["--key", "key.txt"], &token);
        assert_eq!((code, &verdict["code"]), (1, &json!("alg_not_allowed")));
        let message = verdict["message"].as_str().unwrap();
        assert_says(message, &[algorithm, "an RSA key", "it was read as a secret for HS256"], algorithm);
    }
    for (header, kind) in [(r#"{"alg":"ES256"}"#, "an EC key"), (r#"{"alg":"EdDSA"}"#, "an Ed25519 key")] {
        let token = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header));
        let message = program.inspect(&["--key", "key.txt"], &token).1["message"].to_string();
        assert_says(&message, &[kind, "it was read as a secret for HS256"], header);
    }
    let token = program.sign(&["--key", "key.txt", "--algorithm", "HS512"]);
    let message = program.inspect(&["--key", "key.txt"], &token).1["message"].to_string();
    assert!(!message.contains("read as a secret"), "{message}");
    let done = program.run(&["inspect", "--key", "key.txt", "--algorithm", "RS256", &token]);
    done.assert_failed(&["RS256 does not fit it", "this was read as a secret"]);
}

// ── the bench

async fn ask(visitor: &Visitor, order: &Value) -> Answer {
    let request = visitor.request(Method::POST, "/lab/inspect").header("content-type", "application/json");
    Answer::to(request.body(order.to_string())).await
}

#[tokio::test]
async fn the_bench_takes_every_form_as_json_and_as_a_form() {
    let made = Made::get();
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let pem = made.text("pkcs8.pem");
    let order = json!({ "action": "sign", "key": { "pem": pem }, "claims": { "sub": "bob" } });
    let token = ask(&visitor, &order).await.text("token");
    let mut tried = std::collections::HashSet::new();
    for form in forms(made).iter().filter(|form| tried.insert(&form.bytes)) {
        let (Some(text), name) = (form.text(), form.name) else { continue };
        let mut answers = Vec::new();
        for key in [json!(text), json!({ "pem": text })] {
            answers.push(ask(&visitor, &json!({ "action": "verify", "token": token, "key": key })).await);
        }
        let fields = [("action", "verify"), ("token", &token), ("key", text)];
        let request = visitor.request(Method::POST, "/lab/inspect").header("accept", "application/json");
        let sent = request.header("origin", app.url.clone()).form(&fields);
        answers.push(Answer::to(sent).await);
        for answer in answers {
            match form.outcome {
                Outcome::Refused(words) if answer.text("message").contains("send it as `jwk`") => {
                    assert!(words.contains(&"python3 -c"), "{name}");
                }
                Outcome::Refused(words) => {
                    assert_eq!(answer.status, 400, "{name}: {}", answer.body);
                    assert_says(&answer.text("message"), words, name);
                }
                _ => assert_eq!((answer.status, answer.text("code").as_str()), (200, "accepted"), "{name}"),
            }
        }
        let secret = ask(&visitor, &json!({ "action": "verify", "token": token, "key": { "secret": text } })).await;
        assert_eq!(secret.status, 400, "{name}");
        assert_says(&secret.text("message"), &["where an HMAC secret belongs"], name);
    }
}

#[tokio::test]
async fn the_bench_says_what_was_read_as_a_secret() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let order = json!({ "action": "sign", "key": { "pem": Made::get().text("pkcs8.pem") }, "claims": {} });
    let token = ask(&visitor, &order).await.text("token");
    for key in [json!("not a key"), json!({ "secret": "not a key" })] {
        let verdict = ask(&visitor, &json!({ "action": "verify", "token": token, "key": key })).await;
        assert_eq!((verdict.status, verdict.text("code").as_str()), (200, "alg_not_allowed"));
        assert_says(&verdict.text("message"), &["RS256", "it was read as a secret for HS256"], "a secret");
    }
    let marked = json!({ "action": "verify", "token": token, "key": { "secret": "\u{feff}secret" } });
    let answer = ask(&visitor, &marked).await;
    assert_eq!(answer.status, 400);
    assert_says(&answer.text("message"), &["byte order mark", "U+FEFF"], "a mark");
}

// ── JWKs and sets of them

/// The reference key as a JWK with these further members; `private` members as named.
fn jwk(kid: Option<&str>, members: &[&str]) -> Value {
    static JWK: OnceLock<Value> = OnceLock::new();
    let made = Made::get();
    let script = "const k=require('crypto').createPrivateKey(require('fs').readFileSync(0));\
                  console.log(JSON.stringify(k.export({format:'jwk'})))";
    let whole = JWK.get_or_init(|| {
        let pem = made.0.path().join("pkcs8.pem");
        let node = Command::new("node").args(["-e", script]).stdin(fs::File::open(pem).unwrap()).output().unwrap();
        serde_json::from_slice(&node.stdout).unwrap()
    });
    let mut jwk = json!({ "kty": "RSA", "n": whole["n"], "e": whole["e"] });
    for member in members {
        jwk[*member] = whole[*member].clone();
    }
    if let Some(kid) = kid {
        jwk["kid"] = kid.into();
    }
    jwk
}

const ALL: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

#[test]
fn a_private_jwk_without_its_primes_verifies_and_signs_as_the_whole_one() {
    if !crate::tools::are_here(&["node"]) {
        return;
    }
    let signature = pasted(&Made::get().bytes("pkcs1.pem")).unwrap().signer(None).unwrap().sign(MESSAGE).unwrap();
    for members in [&ALL[..], &["d"], &["d", "dp", "dq", "qi"]] {
        let key = pasted(jwk(None, members).to_string().as_bytes()).unwrap();
        assert!(key.verifier(None).unwrap().verifies(MESSAGE, &signature), "{members:?}");
        assert_eq!(key.signer(None).unwrap().sign(MESSAGE).unwrap(), signature, "{members:?}");
        assert!(!format!("{key:?}").contains(jwk(None, &["d"])["d"].as_str().unwrap()));
    }
    let mut other = jwk(None, &["d"]);
    other["d"] = jwk(None, &["dp"])["dp"].clone();
    let fault = pasted(other.to_string().as_bytes()).unwrap().signer(None).unwrap_err();
    assert_says(&fault.to_string(), &["do not make a working RSA key"], "another d");
}

#[test]
fn key_ops_says_what_a_jwk_may_do() {
    let oct = |ops: &str| format!(r#"{{"kty":"oct","k":"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSBpcyBsb25n"{ops}}}"#);
    for (ops, signs) in [
        ("", true),
        (r#","key_ops":["sign"]"#, true),
        (r#","key_ops":["verify","sign"]"#, true),
        (r#","key_ops":["verify"],"use":"sig""#, false),
        (r#","key_ops":[]"#, false),
    ] {
        let program = Program::new().holding("key.jwk", oct(ops)).holding("same.jwk", oct(""));
        let token = program.sign(&["--key", "same.jwk"]);
        assert_eq!(program.inspect(&["--key", "key.jwk"], &token).0, 0, "{ops}: whoever may sign may verify");
        let done = program.run(&["sign", "--key", "key.jwk"]);
        assert_eq!(done.code, Some(if signs { 0 } else { 2 }), "{ops}: {}", done.stderr);
        if !signs {
            done.assert_failed(&["`key.jwk`", "`key_ops`", "\"sign\""]);
        }
    }
}

#[tokio::test]
async fn the_bench_signs_with_no_jwk_whose_key_ops_names_verify_alone() {
    let app = TestApp::spawn();
    let jwk = json!({ "kty": "oct", "k": "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5", "key_ops": ["verify"] });
    for key in [json!({ "jwk": jwk }), json!(jwk.to_string())] {
        let answer = ask(&app.visitor(), &json!({ "action": "sign", "key": key, "claims": {} })).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert_says(&answer.text("message"), &["`key_ops`", "\"sign\""], "verify alone");
    }
}

/// A set of the reference key and a secret, beside keys that cannot be used here.
fn set() -> Value {
    let secret = json!({ "kty": "oct", "k": "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSBpcyBsb25n", "kid": "secret" });
    json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "ec" },
        jwk(Some("rsa"), &[]),
        { "kty": "RSA", "n": jwk(None, &[])["n"], "e": "AQAB", "use": "enc", "kid": "rsa" },
        secret,
        "no key",
    ] })
}

/// Long because it is one table of cases.
#[test]
fn of_a_key_set_the_kid_of_the_token_picks_the_key() {
    if !crate::tools::are_here(&["node"]) {
        return;
    }
    let keys = set();
    let program = Program::new()
        .holding("set.json", keys.to_string())
        .holding("list.json", keys["keys"].to_string())
        .holding("rsa.jwk", jwk(Some("rsa"), &ALL).to_string())
        .holding("secret.jwk", keys["keys"][3].to_string())
        .holding("confused.jwk", keys["keys"][3].to_string().replace("\"secret\"", "\"rsa\""))
        .holding("nameless.jwk", jwk(None, &ALL).to_string())
        .holding("other.jwk", jwk(Some("other"), &ALL).to_string())
        .holding("one.json", json!({ "keys": [keys["keys"][0], keys["keys"][1]] }).to_string())
        .holding("none.json", json!({ "keys": [keys["keys"][0]] }).to_string())
        .holding("empty.json", r#"{"keys":[]}"#);
    for set in ["set.json", "list.json"] {
        for key in ["rsa.jwk", "secret.jwk"] {
            let token = program.sign(&["--key", key]);
            assert_eq!(program.inspect(&["--key", set], &token).0, 0, "{set} {key}");
        }
        let (_, verdict) = program.inspect(&["--key", set], &program.sign(&["--key", "rsa.jwk"]));
        let told = program.run(&["inspect", "--key", set, &program.sign(&["--key", "rsa.jwk"])]).stdout;
        assert!(told.contains(&format!("picked from the set {set} by its kid rsa")), "{told}");
        assert_eq!(verdict["checks"][4]["outcome"], "passed", "{verdict}");
        for (key, words) in [("nameless.jwk", "it has no `kid`"), ("other.jwk", "its `kid` names none of them")] {
            let (code, verdict) = program.inspect(&["--key", set], &program.sign(&["--key", key]));
            assert_eq!((code, &verdict["code"]), (1, &json!("unknown_kid")), "{key}");
            assert_says(verdict["message"].as_str().unwrap(), &["2 keys", words, "rsa, secret"], key);
        }
        let token = program.sign(&["--key", "nameless.jwk"]);
        assert_eq!(program.inspect(&["--key", set, "--algorithm", "RS256"], &token).0, 0, "one key fits RS256");
        let confused = program.sign(&["--key", "confused.jwk"]);
        assert_eq!(
            program.inspect(&["--key", set], &confused).1["code"],
            "alg_not_allowed",
            "the key has its algorithm"
        );
    }
    for key in ["rsa.jwk", "nameless.jwk", "other.jwk"] {
        assert_eq!(program.inspect(&["--key", "one.json"], &program.sign(&["--key", key])).0, 0, "the only one: {key}");
    }
    program.run(&["inspect", "--key", "none.json", "x.y.z"]).assert_failed(&[
        "`none.json`",
        "no key that can be used",
        "P-256",
    ]);
    program.run(&["inspect", "--key", "empty.json", "x.y.z"]).assert_failed(&["`empty.json`", "key set is empty"]);
}

#[test]
fn of_a_key_set_the_only_key_that_signs_signs() {
    if !crate::tools::are_here(&["node"]) {
        return;
    }
    let keys = set();
    let both = json!({ "keys": [jwk(Some("rsa"), &ALL), keys["keys"][3]] });
    let program = Program::new()
        .holding("set.json", keys.to_string())
        .holding("both.json", both.to_string())
        .holding("public.json", json!({ "keys": [jwk(Some("a"), &[]), jwk(Some("b"), &[])] }).to_string())
        .holding("secret.jwk", keys["keys"][3].to_string());
    assert_eq!(
        program.sign(&["--key", "set.json", "--claims", "{}"]),
        program.sign(&["--key", "secret.jwk", "--claims", "{}"])
    );
    program.run(&["sign", "--key", "both.json"]).assert_failed(&["2 keys that sign", "rsa, secret"]);
    let unknown = ["no usable key with the kid `zz`", "its kids: rsa, secret"];
    program.run(&["sign", "--key", "both.json", "--kid", "zz"]).assert_failed(&unknown);
    program.run(&["sign", "--key", "public.json"]).assert_failed(&["public key where the private key belongs"]);
}

#[tokio::test]
async fn the_bench_picks_of_a_key_set_by_kid() {
    if !crate::tools::are_here(&["node"]) {
        return;
    }
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let order =
        |key: &Value, header: Value| json!({ "action": "sign", "key": { "jwk": key }, "header": header, "claims": {} });
    let keys = set();
    let token = ask(&visitor, &order(&jwk(Some("rsa"), &ALL), json!({}))).await.text("token");
    let nameless = ask(&visitor, &order(&jwk(None, &ALL), json!({}))).await.text("token");
    for key in [json!({ "jwk": keys }), json!({ "jwk": keys.to_string() }), json!(keys.to_string())] {
        let verify = |token: &str| json!({ "action": "verify", "token": token, "key": key });
        assert_eq!(ask(&visitor, &verify(&token)).await.text("code"), "accepted", "{key}");
        let verdict = ask(&visitor, &verify(&nameless)).await;
        assert_eq!((verdict.status, verdict.text("code").as_str()), (200, "unknown_kid"));
        assert_says(&verdict.text("message"), &["2 keys", "rsa, secret"], "no kid");
    }
}

#[test]
fn a_jwk_is_read_in_quotes_and_in_base64_and_refused_by_the_folder_with_a_command() {
    if !crate::tools::are_here(&["node"]) {
        return;
    }
    let text = jwk(None, &ALL).to_string();
    for form in [json!(text).to_string(), STANDARD.encode(&text), format!("\u{feff}{text}\r\n"), format!("'{text}'")] {
        assert_eq!(pasted(form.as_bytes()).unwrap().signer(None).unwrap().algorithm(), Algorithm::Rs256, "{form}");
    }
    for (file, text, word) in
        [("jwt_key", text, "createPrivateKey"), ("jwt_key.pub", jwk(None, &[]).to_string(), "createPublicKey")]
    {
        let folder = folder_with(file, text.as_bytes());
        let told = rs256_of(folder.path()).unwrap_err();
        assert_says(&told, &["as a JWK", word], file);
        let command = told.split('`').nth(3).unwrap().replace("keys/", "");
        let ran = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(rs256_of(folder.path()).unwrap().1, [Made::get().reference().public().thumbprint()]);
    }
}
