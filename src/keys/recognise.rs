//! Tells a key from a secret, in whatever form the key was exported, copied or pasted.
//!
//! A public key that is taken for an HMAC secret lets everybody sign tokens (RFC 8725 §2.1), so a text that begins as
//! any form of a key is never a secret. Every other text is a secret, with exactly its bytes. A form that is read in
//! one way alone is read; of the others the name is told, and what converts them.

mod inside;

use serde_json::Value;

use super::der::Structure;
use super::ec::EcPrivateKey;
use super::foreign::{self, ForeignForm, Half, JWK_PRIVATE, JWK_PUBLIC};
use super::rsa::{RsaPrivateKey, RsaPublicKey};
use super::{KeyFault, PrivateKey, PublicKey, der, encoding, ssh, text_encoding};

/// How often one form may stand inside another, such as PEM in base64 in JSON.
const DEEPEST: u8 = 3;

/// A key, or what keeps it from being used.
pub(super) struct Found {
    pub half: Half,
    pub key: Result<Key, KeyFault>,
}

pub(super) enum Key {
    Private(PrivateKey),
    Public(PublicKey),
    /// The text of a JWK or of a set of them.
    Jwk(String),
}

impl Found {
    fn private(key: Result<PrivateKey, KeyFault>) -> Self {
        Self { half: Half::Private, key: key.map(Key::Private) }
    }

    fn public(key: Result<PublicKey, KeyFault>) -> Self {
        Self { half: Half::Public, key: key.map(Key::Public) }
    }

    const fn foreign(form: ForeignForm) -> Self {
        Self { half: form.half, key: Err(KeyFault::Foreign(form)) }
    }

    const fn faulty(half: Half, fault: KeyFault) -> Self {
        Self { half, key: Err(fault) }
    }

    fn malformed(message: impl Into<String>) -> Self {
        Self::faulty(Half::Unknown, KeyFault::Malformed(message.into().into()))
    }

    /// The fault, when it is no key itself but a file with something packed into it.
    pub fn packed(&self) -> Option<KeyFault> {
        match &self.key {
            Err(KeyFault::Foreign(form)) if form.is_packed() => Some(KeyFault::Foreign(*form)),
            _ => None,
        }
    }

    /// What it is, with its article.
    pub fn name(&self) -> &'static str {
        match (&self.key, self.half) {
            (Err(KeyFault::Foreign(form)), _) => form.name,
            (Ok(Key::Jwk(_)), _) => "a JWK",
            (_, Half::Private) => "a private key",
            (_, Half::Public) => "a public key",
            (_, Half::Unknown) => "a key",
        }
    }
}

/// The key that the bytes hold, whole or damaged; `None` when they hold no form of one.
pub(super) fn recognise(bytes: &[u8]) -> Option<Found> {
    let packed = PACKED.iter().find(|(magic, _)| bytes.starts_with(magic));
    packed.map(|(_, form)| Found::foreign(*form)).or_else(|| within(bytes, 0))
}

fn within(bytes: &[u8], depth: u8) -> Option<Found> {
    if depth > DEEPEST {
        return None;
    }
    binary(bytes).or_else(|| in_text(&encoding::text(bytes), depth))
}

fn in_text(text: &str, depth: u8) -> Option<Found> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    let forms: [fn(&str, u8) -> Option<Found>; 8] =
        [quoted, json, foreign_text, pem, ssh_lines, encoded, nested_json, inside::in_text];
    if text.is_empty() { None } else { forms.into_iter().find_map(|form| form(text, depth)) }
}

// Forms that are not text.

/// What the files of other programs begin with.
const MAGIC: [(&[u8], ForeignForm); 6] = [
    (b"\xfe\xed\xfe\xed\0\0\0", foreign::JAVA_KEYSTORE),
    (b"\xce\xce\xce\xce\0\0\0", foreign::JAVA_KEYSTORE),
    (b"\x1e\xf1\xb5\xb0\0\0\0\0", foreign::PVK),
    (b"\x07\x02\0\0\0\xa4\0\0RSA2", foreign::MICROSOFT_PRIVATE),
    (b"\x06\x02\0\0\0\xa4\0\0RSA1", foreign::MICROSOFT_PUBLIC),
    (b"\x06\x02\0\0\0\x24\0\0RSA1", foreign::MICROSOFT_PUBLIC),
];

/// What files begin with that have something else packed into them. Base64 of the same may be a secret.
const PACKED: [(&[u8], ForeignForm); 3] = [
    (b"Salted__", foreign::OPENSSL_ENCRYPTED),
    (b"\x1f\x8b\x08", foreign::GZIP),
    (b"\0GITCRYPT\0", foreign::GIT_CRYPT),
];

fn binary(bytes: &[u8]) -> Option<Found> {
    if let Some(structure) = der::structure(bytes) {
        return Some(of_der(structure, bytes, true));
    }
    if bytes.starts_with(ssh::PRIVATE_MAGIC) {
        return Some(Found::private(ssh::private(bytes)));
    }
    if ssh::is_blob(bytes) {
        return Some(Found::public(ssh::public_of_blob(bytes)));
    }
    if is_cng_blob(bytes) {
        return Some(Found::foreign(foreign::CNG));
    }
    if bytes.get(8..12) == Some(b"KBXf") {
        return Some(Found::foreign(foreign::KEYBOX));
    }
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, form)| *form);
    known.or_else(|| pgp_packet(bytes)).map(Found::foreign)
}

/// What Windows' CNG exports (`BCRYPT_RSAKEY_BLOB`): a magic number, the bits, and the length of the exponent.
fn is_cng_blob(bytes: &[u8]) -> bool {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_rsa = [b"RSA1", b"RSA2", b"RSA3"].iter().any(|magic| bytes.starts_with(*magic));
    let is_sized = || number(4).is_some_and(|bits| (512..=16_384).contains(&bits) && bits.is_multiple_of(8));
    is_rsa && is_sized() && number(8).is_some_and(|length| (1..=8).contains(&length))
}

/// A key packet of RFC 9580 §5.5: its tag, its length, the version, the time, and one of the algorithms.
fn pgp_packet(bytes: &[u8]) -> Option<ForeignForm> {
    let (form, head) = match bytes.first()? {
        0x98 => (foreign::PGP_PUBLIC, 2),
        0x99 => (foreign::PGP_PUBLIC, 3),
        0x94 => (foreign::PGP_PRIVATE, 2),
        0x95 => (foreign::PGP_PRIVATE, 3),
        _ => return None,
    };
    let length = bytes.get(1..head)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let packet = bytes.get(head..)?;
    let is_known = packet.first() == Some(&4) && packet.get(5).is_some_and(|it| matches!(it, 1..=3 | 16..=19 | 22));
    (is_known && packet.len() > length && length > 40).then_some(form)
}

fn of_der(structure: Structure, der: &[u8], is_bare: bool) -> Found {
    let either = |bare, in_pem| Found::foreign(if is_bare { bare } else { in_pem });
    match structure {
        Structure::Spki => Found::public(PublicKey::from_spki(der)),
        Structure::Pkcs1Public => Found::public(RsaPublicKey::from_pkcs1(der).map(PublicKey::Rsa)),
        Structure::Pkcs1Private => Found::private(RsaPrivateKey::from_pkcs1(der).map(PrivateKey::Rsa)),
        Structure::Pkcs8 => Found::private(PrivateKey::from_pkcs8(der)),
        Structure::EncryptedPkcs8 => Found::faulty(Half::Private, KeyFault::Passphrase),
        Structure::Sec1 => Found::private(EcPrivateKey::from_sec1(der, None).map(PrivateKey::Ec)),
        Structure::Dsa => Found::faulty(Half::Private, KeyFault::WrongKind("a DSA key".into())),
        Structure::Certificate => either(foreign::CERTIFICATE_DER, foreign::CERTIFICATE),
        Structure::Request => either(foreign::REQUEST_DER, foreign::REQUEST),
        Structure::Pkcs7 => either(foreign::PKCS7_DER, foreign::PKCS7),
        Structure::Pkcs12 => Found::foreign(foreign::PKCS12),
    }
}

// Forms of text.

/// A text in quotes, as JSON and shells write it.
fn quoted(text: &str, depth: u8) -> Option<Found> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let unescaped: Option<String> = serde_json::from_str(text).ok();
    within(unescaped.as_deref().unwrap_or(inner).as_bytes(), depth + 1)
}

fn json(text: &str, depth: u8) -> Option<Found> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let jwk = |text: String| Found { half: half_of_jwk(&text), key: Ok(Key::Jwk(text)) };
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) if is_jwk(&members) => Some(jwk(text.to_owned())),
        Ok(Value::Array(keys)) if keys.iter().any(|key| key.as_object().is_some_and(is_jwk)) => {
            Some(jwk(format!(r#"{{"keys":{text}}}"#)))
        }
        Ok(Value::Object(members)) => in_members(members, depth),
        Ok(_) => None,
        Err(_) if text.contains("'kty'") => Some(Found::foreign(foreign::PYTHON_DICT)),
        Err(_) => text.contains("\"kty\"").then(|| jwk(text.to_owned())),
    }
}

/// Whether an object is a JWK or a set of them, also one that lacks its `kty` (RFC 7517 §4.1).
fn is_jwk(members: &serde_json::Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().all(|name| members.contains_key(*name));
    let is_named = || ["alg", "kid", "use", "key_ops"].iter().any(|name| members.contains_key(*name));
    let is_key = |key: &Value| key.as_object().is_some_and(is_jwk);
    let is_set = || {
        let keys = members.get("keys").and_then(Value::as_array);
        keys.is_some_and(|keys| keys.is_empty() || keys.iter().any(is_key))
    };
    has(&["kty"]) || is_set() || has(&["n", "e"]) || has(&["crv", "x"]) || (has(&["k"]) && is_named())
}

fn half_of_jwk(text: &str) -> Half {
    let has = |name: &str| text.contains(&format!("\"{name}\""));
    if has("d") || has("k") { Half::Private } else { Half::Public }
}

/// An object that is no JWK may hold a key under some name, as a service account's file does.
fn in_members(members: serde_json::Map<String, Value>, depth: u8) -> Option<Found> {
    let is_configuration = members.contains_key("jwks_uri");
    inside::in_json(&Value::Object(members), 1, depth).or_else(|| {
        is_configuration.then(|| {
            Found::malformed(
                "it is an OpenID configuration; the keys are at the address that its member `jwks_uri` names",
            )
        })
    })
}

/// A key deeper within JSON. This comes after PEM blocks, which are read wherever they stand alone.
fn nested_json(text: &str, depth: u8) -> Option<Found> {
    let json = text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())??;
    inside::in_json(&json, usize::MAX, depth)
}

fn foreign_text(text: &str, _: u8) -> Option<Found> {
    let lines = || text.lines().map(str::trim_start);
    let any_line = |prefix: &str| lines().any(|line| line.starts_with(prefix));
    let form = if any_line("PuTTY-User-Key-File-") {
        foreign::PUTTY
    } else if text.starts_with("SSH PRIVATE KEY FILE FORMAT") {
        foreign::SSH1
    } else if any_line("AGE-SECRET-KEY-") || any_line("AGE-PLUGIN-") || lines().any(is_age_recipient) {
        foreign::AGE
    } else if text.starts_with("$ANSIBLE_VAULT;") {
        foreign::ANSIBLE_VAULT
    } else if any_line("$ANSIBLE_VAULT;") {
        foreign::ANSIBLE_VALUE
    } else if text.starts_with("age-encryption.org/v") {
        foreign::AGE_ENCRYPTED
    } else if text.starts_with("version https://git-lfs.github.com/spec/") {
        foreign::GIT_LFS
    } else if text.contains("ENC[AES256_GCM,data:") {
        foreign::SOPS
    } else if text.starts_with("untrusted comment:") {
        foreign::MINISIGN
    } else if text.starts_with('<') && (text.contains("KeyValue>") || text.contains("<Modulus>")) {
        if text.contains("<D>") { foreign::XML_PRIVATE } else { foreign::XML_PUBLIC }
    } else if is_printed_by_openssl(text) {
        foreign::OPENSSL_TEXT
    } else {
        return None;
    };
    Some(Found::foreign(form))
}

/// An age public key: `age1` and more characters of Bech32 than a word has.
fn is_age_recipient(line: &str) -> bool {
    let line = line.trim_end();
    line.len() >= 30 && line.starts_with("age1") && line.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn is_printed_by_openssl(text: &str) -> bool {
    let begins = ["RSA Private-Key:", "RSA Public-Key:", "Private-Key: (", "Public-Key: (", "Modulus="];
    begins.iter().any(|begin| text.starts_with(begin)) && !text.contains("-----BEGIN ")
}

fn pem(text: &str, _: u8) -> Option<Found> {
    let text = text_encoding::with_real_line_ends(text);
    let read = text_encoding::read(&text)?;
    let half = half_of_labels(&read.labels);
    Some(match read.blocks {
        Err(fault) => Found::faulty(half, fault),
        Ok(blocks) => one_of(&blocks),
    })
}

fn half_of_labels(labels: &[&str]) -> Half {
    let any = |word: &str| labels.iter().any(|label| label.contains(word));
    if any("PRIVATE KEY") {
        Half::Private
    } else if any("PUBLIC KEY") || any("CERTIFICATE") {
        Half::Public
    } else {
        Half::Unknown
    }
}

/// The one key of a text: a private key goes before the certificates and the public key that stand beside it. No other
/// block is read, because to prove a private key takes a while.
fn one_of(blocks: &[text_encoding::Block<'_>]) -> Found {
    let labelled = |half: Half| {
        let keys = blocks.iter().filter(|block| !block.label.contains("CERTIFICATE"));
        keys.filter(|block| half_of_labels(&[block.label]) == half).collect::<Vec<_>>()
    };
    for (half, kind) in [(Half::Private, "private"), (Half::Public, "public")] {
        match labelled(half)[..] {
            [] => {}
            [block] => return of_block(block),
            ref several => {
                let count = several.len();
                return Found::malformed(format!("it has {count} {kind} keys; keep the one that is meant"));
            }
        }
    }
    blocks.first().map_or_else(|| Found::faulty(Half::Unknown, KeyFault::Unrecognised), of_block)
}

fn of_block(block: &text_encoding::Block<'_>) -> Found {
    let half = half_of_labels(&[block.label]);
    match block.label {
        label if label.starts_with("PGP PUBLIC") => return Found::foreign(foreign::PGP_PUBLIC),
        label if label.starts_with("PGP PRIVATE") => return Found::foreign(foreign::PGP_PRIVATE),
        label if label.starts_with("SSH2 ") && half == Half::Private => return Found::foreign(foreign::SSH2_PRIVATE),
        "PGP MESSAGE" => return Found::foreign(foreign::PGP_ENCRYPTED),
        "AGE ENCRYPTED FILE" => return Found::foreign(foreign::AGE_ENCRYPTED),
        label if label.starts_with("OpenVPN ") => return other_block(label),
        label if block.is_encrypted || label.starts_with("ENCRYPTED ") => {
            return Found::faulty(Half::Private, KeyFault::Passphrase);
        }
        _ => {}
    }
    let der = match block.contents() {
        Ok(der) => der,
        Err(fault) => return Found::faulty(half, fault),
    };
    if let Some(structure) = der::structure(&der) {
        return of_der(structure, &der, false);
    }
    if der.starts_with(ssh::PRIVATE_MAGIC) || block.label == "OPENSSH PRIVATE KEY" {
        return Found::private(ssh::private(&der));
    }
    if block.label.starts_with("SSH2 ") || ssh::is_blob(&der) {
        return Found::public(ssh::public_of_blob(&der));
    }
    match half {
        _ if block.label == "EC PARAMETERS" => Found::malformed(
            "it names the curve of an EC key, and the key is not there; copy its `EC PRIVATE KEY` block too",
        ),
        Half::Unknown => other_block(block.label),
        half => Found::faulty(half, KeyFault::Truncated(der::fault(&der).into())),
    }
}

fn other_block(label: &str) -> Found {
    let shown: String = label.chars().take(40).collect();
    Found::faulty(Half::Unknown, KeyFault::WrongKind(format!("a block of {shown:?}").into()))
}

fn ssh_lines(text: &str, _: u8) -> Option<Found> {
    ssh::public_of_lines(text).map(Found::public)
}

/// A text that is base64, base64url or hexadecimal from end to end. It is a key only when a key's structure is inside;
/// random secrets are written in the same ways.
fn encoded(text: &str, depth: u8) -> Option<Found> {
    if text.len() < 16 {
        return None;
    }
    if let Some(found) = hexadecimal(text).and_then(|bytes| binary(&bytes)) {
        return Some(found);
    }
    let bytes = text_encoding::decode_base64(text)?;
    let inside = || std::str::from_utf8(&bytes).ok().filter(|_| depth < DEEPEST);
    binary(&bytes).or_else(|| in_text(inside()?, depth + 1))
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits = text.chars().filter(|c| !c.is_whitespace() && *c != ':').map(|c| c.to_digit(16));
    let digits = digits.collect::<Option<Vec<u32>>>()?;
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok()).collect()
}

impl PublicKey {
    /// Reads a public key in any form that is recognised, but a JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match recognise(bytes) {
            None => Err(nothing(bytes)),
            Some(Found { half: Half::Private, key }) => match key {
                Err(fault @ KeyFault::Foreign(_)) => Err(fault),
                _ => Err(KeyFault::PrivateForPublic),
            },
            Some(Found { key, .. }) => match key? {
                Key::Public(key) => Ok(key),
                Key::Private(_) => Err(KeyFault::PrivateForPublic),
                Key::Jwk(_) => Err(KeyFault::Foreign(JWK_PUBLIC)),
            },
        }
    }
}

impl PrivateKey {
    /// Reads a private key in any form that is recognised, but a JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match recognise(bytes) {
            None => Err(nothing(bytes)),
            Some(Found { half: Half::Public, key }) => match key {
                Err(fault @ KeyFault::Foreign(_)) => Err(fault),
                _ => Err(KeyFault::PublicForPrivate),
            },
            Some(Found { key, .. }) => match key? {
                Key::Private(key) => Ok(key),
                Key::Public(_) => Err(KeyFault::PublicForPrivate),
                Key::Jwk(_) => Err(KeyFault::Foreign(JWK_PRIVATE)),
            },
        }
    }
}

impl RsaPublicKey {
    /// Reads a public RSA key in any form that is recognised, but a JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match PublicKey::parse(bytes)? {
            PublicKey::Rsa(key) => Ok(key),
            other => Err(KeyFault::WrongKind(other.kind().noun().into())),
        }
    }
}

impl RsaPrivateKey {
    /// Reads a private RSA key in any form that is recognised, but a JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match PrivateKey::parse(bytes)? {
            PrivateKey::Rsa(key) => Ok(key),
            other => Err(KeyFault::WrongKind(other.kind().noun().into())),
        }
    }
}

impl KeyFault {
    /// Why these bytes are not the session's key.
    pub(super) fn no_session_key(bytes: &[u8]) -> Self {
        recognise(bytes).map_or(Self::Session, |found| found.packed().unwrap_or(Self::KeyForSession(found.name())))
    }
}
/// There is no form of a key in the bytes.
pub(super) fn nothing(bytes: &[u8]) -> KeyFault {
    let text = encoding::text(bytes);
    if text.trim().is_empty() { KeyFault::Empty } else { KeyFault::Unrecognised }
}
