//! Tells a key from a secret, in whatever form the key was exported, copied or pasted.
//!
//! A public key that is taken for an HMAC secret lets everybody sign tokens (RFC 8725 §2.1), so a text that begins as
//! any form of a key is never a secret. Every other text is a secret, with exactly its bytes. A form that can be read
//! in only one way is read. For the others, the error names the form and the command that converts it.

mod binary;
mod inside;
mod json;
mod jwk;
mod no_key;
mod pem;
mod plus;
mod ssh_line;

use serde_json::Value;

use super::foreign::{self, ForeignForm, Half, JWK_PRIVATE, JWK_PUBLIC};
use super::rsa::{RsaPrivateKey, RsaPublicKey};
use super::wrapping::Layer;
use super::{KeyFault, PrivateKey, PublicKey, charset, pem_blocks, ssh};
use binary::{binary, packed, packed_for_certain};
use json::{json, nested_json};
pub(super) use jwk::unread as unread_jwk;
use no_key::no_key;
use pem::pem;
use ssh_line::without_blank;

/// How many forms may be nested in each other, such as PEM in base64 in JSON.
const DEEPEST_NESTING: u8 = 3;

/// A key, or what keeps it from being used.
pub(super) struct RecognisedKey {
    pub half: Half,
    pub key: Result<Key, KeyFault>,
    /// A private key's structure (RFC 5208, RFC 5915 or RFC 8017), also of a kind that signs no tokens here.
    pub private_der: Option<Vec<u8>>,
    /// The outer one first.
    layers: Vec<Layer>,
}

pub(super) enum Key {
    Private(PrivateKey),
    Public(PublicKey),
    /// The text of a JWK or of a set of them.
    Jwk(String),
}

impl Key {
    /// Whether it is a JWK with a secret in it, or a set that has one, or damaged text of one.
    pub fn is_secret(&self) -> bool {
        let Self::Jwk(text) = self else { return false };
        let is_oct = |key: &Value| key.get("kty").is_some_and(|kty| kty == "oct");
        match serde_json::from_str::<Value>(text) {
            Ok(set) if set.get("keys").is_some() => {
                set.get("keys").and_then(Value::as_array).is_some_and(|keys| keys.iter().any(is_oct))
            }
            Ok(key) => is_oct(&key),
            Err(_) => text.contains("\"oct\""),
        }
    }
}

impl RecognisedKey {
    fn private(key: Result<PrivateKey, KeyFault>) -> Self {
        Self { half: Half::Private, key: key.map(Key::Private), private_der: None, layers: Vec::new() }
    }

    fn public(key: Result<PublicKey, KeyFault>) -> Self {
        Self {
            half: Half::Public,
            key: key.map(Key::Public).map_err(KeyFault::of_public),
            private_der: None,
            layers: Vec::new(),
        }
    }

    const fn foreign(form: ForeignForm) -> Self {
        Self::faulty(form.half, KeyFault::Foreign(form))
    }

    const fn faulty(half: Half, fault: KeyFault) -> Self {
        Self { half, key: Err(fault), private_der: None, layers: Vec::new() }
    }

    /// The same, found in one more layer.
    fn within(mut self, layer: Layer) -> Self {
        self.layers.insert(0, layer);
        self
    }

    /// The same, with a fault whose advice is to unwrap it first, where the advice would not fit the wrapped text.
    fn with_layers_in_fault(mut self) -> Self {
        let layers = std::mem::take(&mut self.layers);
        self.key = self.key.map_err(|fault| fault.within(layers.clone()));
        self.layers = layers;
        self
    }

    fn malformed(message: impl Into<String>) -> Self {
        Self::faulty(Half::Unknown, KeyFault::Malformed(message.into().into()))
    }

    /// The fault, if this is no key but a compressed or encrypted file, or a text about a key.
    pub fn not_a_key(&self) -> Option<KeyFault> {
        match self.key.as_ref().err()?.unwrapped() {
            KeyFault::Foreign(form) if form.is_packed() => Some(KeyFault::Foreign(*form).within(self.layers.clone())),
            KeyFault::NoKey { what, fix } => Some(KeyFault::NoKey { what, fix }),
            _ => None,
        }
    }

    /// What it is, with its article.
    pub fn name(&self) -> &'static str {
        match (self.key.as_ref().map_err(KeyFault::unwrapped), self.half) {
            (Err(KeyFault::Foreign(form)), _) => form.name,
            (Err(KeyFault::NoKey { what, .. }), _) => what,
            (Ok(Key::Jwk(_)), _) => "a JWK",
            (_, Half::Private) => "a private key",
            (_, Half::Public) => "a public key",
            (_, Half::Unknown) => "a key",
        }
    }
}

/// The key that the bytes hold, whole or damaged; `None` when they hold no form of one.
pub(super) fn recognise(bytes: &[u8]) -> Option<RecognisedKey> {
    let found = packed(bytes).map(RecognisedKey::foreign).or_else(|| in_bytes(bytes, 0));
    let found = found?;
    Some(plus::lost(bytes, &found).unwrap_or(found).with_layers_in_fault())
}

fn in_bytes(bytes: &[u8], depth: u8) -> Option<RecognisedKey> {
    if depth > DEEPEST_NESTING {
        return None;
    }
    binary(bytes).or_else(|| in_any_encoding(bytes, depth))
}

fn in_any_encoding(bytes: &[u8], depth: u8) -> Option<RecognisedKey> {
    let found = in_text(&charset::text(bytes), depth)?;
    Some(match charset::other_encoding(bytes) {
        Some(name) => found.within(Layer::Encoding(name)),
        None => found,
    })
}

fn in_text(text: &str, depth: u8) -> Option<RecognisedKey> {
    let text = charset::trimmed(text);
    let forms: [fn(&str, u8) -> Option<RecognisedKey>; 11] = [
        quoted,
        json,
        foreign_text,
        pem,
        without_blank,
        ssh_lines,
        encoded,
        nested_json,
        inside::in_text,
        inside::percent_encoded,
        no_key,
    ];
    if text.is_empty() { None } else { forms.into_iter().find_map(|form| form(text, depth)) }
}

/// A text in quotes, as JSON and shells write it.
fn quoted(text: &str, depth: u8) -> Option<RecognisedKey> {
    let layer = if serde_json::from_str::<String>(text).is_ok() { Layer::Json } else { Layer::Quotes };
    in_bytes(charset::unquoted(text)?.as_bytes(), depth + 1).map(|found| found.within(layer))
}

fn foreign_text(text: &str, _: u8) -> Option<RecognisedKey> {
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
    Some(RecognisedKey::foreign(form))
}

/// An age public key: `age1` and more characters of Bech32 than a word has.
fn is_age_recipient(line: &str) -> bool {
    let line = line.trim_end();
    line.len() >= 30 && line.starts_with("age1") && line.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn is_printed_by_openssl(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let begins = |starts: &[&str]| starts.iter().any(|start| first.starts_with(start));
    let is_named_with_size = begins(&["Private-Key: (", "Public-Key: (", "Modulus="]);
    let is_rsa_heading = || begins(&["RSA Private-Key:", "RSA Public-Key:"]);
    let is_bare_heading = || {
        let kind =
            first.trim_end().strip_suffix("Private-Key:").or_else(|| first.trim_end().strip_suffix("Public-Key:"));
        kind.is_some_and(|kind| ["RSA ", "ED25519 ", "ED448 ", "X25519 ", "X448 "].contains(&kind))
    };
    let is_certificate = || {
        ["Certificate:", "Certificate Request:"].contains(&first.trim_end()) && text.contains("Public Key Algorithm:")
    };
    (is_named_with_size || is_rsa_heading() || is_bare_heading() || is_certificate()) && !text.contains("-----BEGIN ")
}

fn ssh_lines(text: &str, _: u8) -> Option<RecognisedKey> {
    ssh::public_of_lines(text).map(RecognisedKey::public)
}

/// A text that is base64, base64url or hexadecimal from end to end. It is a key only when a form of a key is inside;
/// random secrets are written in the same ways.
fn encoded(text: &str, depth: u8) -> Option<RecognisedKey> {
    if text.len() < 16 {
        return None;
    }
    let is_padded = text.chars().filter(|c| !c.is_whitespace()).count().is_multiple_of(4);
    let base64 = if is_padded && !text.contains(['-', '_']) { Layer::Base64 } else { Layer::Base64Url };
    let found = |bytes: Option<Vec<u8>>, layer| in_decoded(&bytes?, depth).map(|found| found.within(layer));
    let in_hexadecimal = found(hexadecimal(text), Layer::Hexadecimal);
    in_hexadecimal.or_else(|| found(pem_blocks::decode_base64(text), base64))
}

/// What the decoded bytes are. Random ones are no text. The last character of a text may be cut off.
fn in_decoded(bytes: &[u8], depth: u8) -> Option<RecognisedKey> {
    let is_text = || {
        let text = charset::text(bytes);
        !text.trim_end_matches(char::REPLACEMENT_CHARACTER).contains(char::REPLACEMENT_CHARACTER)
    };
    let packed = || packed_for_certain(bytes).map(RecognisedKey::foreign);
    let in_inner_text = || if depth < DEEPEST_NESTING && is_text() { in_any_encoding(bytes, depth + 1) } else { None };
    binary(bytes).or_else(packed).or_else(in_inner_text)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits = text.chars().filter(|c| !c.is_whitespace() && *c != ':').map(|c| c.to_digit(16));
    let digits = digits.collect::<Option<Vec<u32>>>()?;
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok()).collect()
}

impl PublicKey {
    /// Reads a public key in any form that is recognised, except JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match key_of_half(bytes, Half::Public)? {
            Key::Public(key) => Ok(key),
            Key::Private(_) => Err(KeyFault::PrivateForPublic),
            Key::Jwk(text) => Err(unread_jwk(&text, JWK_PUBLIC)),
        }
    }
}

impl PrivateKey {
    /// Reads a private key in any form that is recognised, except JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match key_of_half(bytes, Half::Private)? {
            Key::Private(key) => Ok(key),
            Key::Public(_) => Err(KeyFault::PublicForPrivate),
            Key::Jwk(text) => Err(unread_jwk(&text, JWK_PRIVATE)),
        }
    }
}

/// The key that the bytes hold. One of the other half is refused as such, even if it is damaged.
fn key_of_half(bytes: &[u8], wanted: Half) -> Result<Key, KeyFault> {
    let found = recognise(bytes).ok_or_else(|| no_key_in(bytes))?;
    if matches!(found.key.as_ref().map_err(KeyFault::unwrapped), Err(KeyFault::Foreign(_))) {
        return found.key;
    }
    match (found.half, wanted) {
        (Half::Private, Half::Public) => Err(KeyFault::PrivateForPublic.within(found.layers)),
        (Half::Public, Half::Private) => Err(KeyFault::PublicForPrivate),
        _ => found.key,
    }
}

impl RsaPublicKey {
    /// Reads a public RSA key in any form that is recognised, except JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match PublicKey::parse(bytes)? {
            PublicKey::Rsa(key) => Ok(key),
            other => Err(KeyFault::WrongKind(other.kind().noun().into())),
        }
    }
}

impl RsaPrivateKey {
    /// Reads a private RSA key in any form that is recognised, except JWK.
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
        recognise(bytes).map_or(Self::Session, |found| found.not_a_key().unwrap_or(Self::KeyForSession(found.name())))
    }
}

/// The fault of bytes in which no form of a key was found.
pub(super) fn no_key_in(bytes: &[u8]) -> KeyFault {
    let text = charset::text(bytes);
    if text.trim().is_empty() { KeyFault::Empty } else { KeyFault::Unrecognised }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{GivenKey, KeyKind, Secret};

    fn told(text: &str) -> String {
        GivenKey::parse(text.as_bytes(), "k").unwrap_err().to_string()
    }

    /// Every way in which a text could become a secret.
    fn is_no_secret(text: &str) -> bool {
        let ways = [Secret::from_file, Secret::from_text, Secret::from_decoded];
        let given =
            [GivenKey::from_secret(text.as_bytes(), "k").is_err(), GivenKey::parse(text.as_bytes(), "k").is_err()];
        ways.into_iter().all(|read| read(text.as_bytes()).is_err()) && given == [true; 2]
    }

    /// A new RSA public key as SPKI in DER.
    fn spki() -> Vec<u8> {
        let pem = RsaPrivateKey::generate_pem(2048).unwrap().unwrap();
        let public = RsaPrivateKey::parse(pem.as_bytes()).unwrap().public().to_pem().unwrap();
        let body: String = public.lines().filter(|line| !line.starts_with('-')).collect();
        pem_blocks::decode_base64(&body).unwrap()
    }

    #[test]
    fn an_ssh_line_without_its_blank_or_encoded_is_told_so_and_is_no_secret() {
        let base64 = "AAAAB3NzaC1yc2EAAAADAQABAAABAQC7";
        for (line, what) in [
            (format!("ssh-rsa{base64} me@example"), "without the blank after `ssh-rsa`; write `ssh-rsa AAAA…`"),
            (
                format!("ssh-rsa%20{base64}%20me%40example"),
                "percent-encoded, as in an address or a form; decode it first",
            ),
            (format!("key=ssh-rsa+{base64}+me%40example"), "percent-encoded, as in an address or a form"),
            (format!("sk-ssh-ed25519%40openssh.com%20{base64}"), "percent-encoded"),
            (format!("ecdsa-sha2-nistp256{base64}"), "without the blank after `ecdsa-sha2-nistp256`"),
            (format!("ssh-ed25519&nbsp;{base64}"), "other characters where a blank belongs; write `ssh-ed25519 AAAA…`"),
        ] {
            assert!(told(&line).contains(what), "{line}: {}", told(&line));
            assert!(is_no_secret(&line), "{line}");
        }
    }

    #[test]
    fn a_text_about_a_key_is_told_what_it_is_and_is_no_secret() {
        let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
        for (text, what) in [
            (format!("2048 SHA256:{hash} me@example (RSA)\n"), "it is the fingerprint of a key, as `ssh-keygen -l`"),
            (format!("SHA256:{hash}"), "it is the fingerprint of a key"),
            (format!("256 SHA256:{hash} no comment (ED25519)"), "give the file of the key itself"),
            ("2048 MD5:d4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e me (RSA)".to_owned(), "it is the fingerprint"),
            (
                "    0:d=0  hl=4 l= 290 cons: SEQUENCE\n    4:d=1  hl=2 l=  13 cons: SEQUENCE\n".to_owned(),
                "it is what `openssl asn1parse` prints about a file, and no key; give the file itself",
            ),
            ("<!DOCTYPE html>\n<html><body>404</body></html>".to_owned(), "it is an HTML page, and no key; download"),
            ("<html lang=en><head><title>Log in</title>".to_owned(), "it is an HTML page"),
            ("ED25519 Public-Key:\npub:\n    d7:5a:98".to_owned(), "it is what `openssl` prints about a key"),
        ] {
            assert!(told(&text).contains(what), "{text}: {}", told(&text));
            assert!(is_no_secret(&text), "{text}");
        }
        for secret in ["SHA256:short", "<b>my secret</b>", "a:d=0 b", "my ssh-rsa word", "ssh-rsa-AAA", "MD5:aa:bb"] {
            assert!(GivenKey::parse(secret.as_bytes(), "k").is_ok(), "{secret}");
        }
    }

    #[test]
    fn a_dump_of_a_key_is_no_secret_whatever_its_column_of_text_has() {
        let mut der = spki();
        // xxd shows these bytes as a bar and as blanks.
        der[60..64].copy_from_slice(b"|  |");
        let text = |line: &[u8]| -> String {
            line.iter().map(|c| if (0x20..0x7f).contains(c) { char::from(*c) } else { '.' }).collect()
        };
        let pairs = |line: &[u8], swapped: bool| -> String {
            let hex = |pair: &[u8]| match (pair, swapped) {
                ([a, b], true) => format!("{b:02x}{a:02x}"),
                ([a, b], false) => format!("{a:02x}{b:02x}"),
                _ => format!("{:02x}", pair[0]),
            };
            line.chunks(2).map(hex).collect::<Vec<_>>().join(" ")
        };
        let single = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let dump = |print: &dyn Fn(usize, &[u8]) -> String| -> String {
            der.chunks(16).enumerate().map(|(index, line)| print(index * 16, line) + "\n").collect()
        };
        for (name, dumped) in [
            ("xxd", dump(&|at, line| format!("{at:08x}: {:39}  {}", pairs(line, false), text(line)))),
            ("xxd -g 1", dump(&|at, line| format!("{at:08x}: {:47}  {}", single(line), text(line)))),
            (
                "hexdump -C",
                dump(&|at, line| {
                    let (left, right) = line.split_at(line.len().min(8));
                    format!("{at:08x}  {:23}  {:23}  |{}|", single(left), single(right), text(line))
                }),
            ),
            ("hexdump", dump(&|at, line| format!("{at:07x} {}", pairs(line, true)))),
            ("od -t x1", dump(&|at, line| format!("{at:07o} {}", single(line)))),
            ("Format-Hex", dump(&|at, line| format!("{at:08X}   {:47}  {}", single(line), text(line)))),
            ("certutil", dump(&|at, line| format!("{at:04x}  {:47}   {}", single(line), text(line)))),
        ] {
            assert!(told(&dumped).contains("it is a key as a list of its bytes"), "{name}: {}", told(&dumped));
            assert!(is_no_secret(&dumped), "{name}");
        }
        let private = PrivateKey::generate_pem(KeyKind::Ed25519).unwrap();
        assert!(recognise(private.as_bytes()).is_some());
    }
}
