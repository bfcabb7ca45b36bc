//! Tells a key from a secret, in whatever form the key was exported, copied or pasted.
//!
//! A public key that is taken for an HMAC secret lets everybody sign tokens (RFC 8725 §2.1), so a text that begins as
//! any form of a key is never a secret. Every other text is a secret, with exactly its bytes. A form that can be read
//! in only one way is read. For the others, the error names the form and the command that converts it.

mod binary;
mod inside;
mod json;
mod jwk;
mod pem;

use super::foreign::{self, ForeignForm, Half, JWK_PRIVATE, JWK_PUBLIC, Lock};
use super::rsa::{RsaPrivateKey, RsaPublicKey};
use super::{KeyFault, PrivateKey, PublicKey, encoding, ssh, text_encoding};
use binary::{PACKED, binary};
use json::{json, nested_json};
pub(super) use jwk::unread as unread_jwk;
use pem::pem;

/// How many forms may be nested in each other, such as PEM in base64 in JSON.
const DEEPEST_NESTING: u8 = 3;

/// A key, or what keeps it from being used.
pub(super) struct RecognisedKey {
    pub half: Half,
    pub key: Result<Key, KeyFault>,
    /// A private key's structure (RFC 5208, RFC 5915 or RFC 8017), also of a kind that signs no tokens here.
    pub private_der: Option<Vec<u8>>,
}

pub(super) enum Key {
    Private(PrivateKey),
    Public(PublicKey),
    /// The text of a JWK or of a set of them.
    Jwk(String),
}

impl RecognisedKey {
    fn private(key: Result<PrivateKey, KeyFault>) -> Self {
        Self { half: Half::Private, key: key.map(Key::Private), private_der: None }
    }

    fn public(key: Result<PublicKey, KeyFault>) -> Self {
        Self { half: Half::Public, key: key.map(Key::Public), private_der: None }
    }

    const fn foreign(form: ForeignForm) -> Self {
        Self::faulty(form.half, KeyFault::Foreign(form))
    }

    const fn faulty(half: Half, fault: KeyFault) -> Self {
        Self { half, key: Err(fault), private_der: None }
    }

    /// The same, where a key in DER was found as text.
    fn written_as(mut self, lock: Lock) -> Self {
        if matches!(self.key, Err(KeyFault::Passphrase(Lock::Der))) {
            self.key = Err(KeyFault::Passphrase(lock));
        }
        self
    }

    fn malformed(message: impl Into<String>) -> Self {
        Self::faulty(Half::Unknown, KeyFault::Malformed(message.into().into()))
    }

    /// The fault, if this is no key but a compressed or encrypted file.
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
pub(super) fn recognise(bytes: &[u8]) -> Option<RecognisedKey> {
    let packed = PACKED.iter().find(|(magic, _)| bytes.starts_with(magic));
    packed.map(|(_, form)| RecognisedKey::foreign(*form)).or_else(|| in_bytes(bytes, 0))
}

fn in_bytes(bytes: &[u8], depth: u8) -> Option<RecognisedKey> {
    if depth > DEEPEST_NESTING {
        return None;
    }
    binary(bytes).or_else(|| in_text(&encoding::text(bytes), depth))
}

fn in_text(text: &str, depth: u8) -> Option<RecognisedKey> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    let forms: [fn(&str, u8) -> Option<RecognisedKey>; 8] =
        [quoted, json, foreign_text, pem, ssh_lines, encoded, nested_json, inside::in_text];
    if text.is_empty() { None } else { forms.into_iter().find_map(|form| form(text, depth)) }
}

/// A text in quotes, as JSON and shells write it.
fn quoted(text: &str, depth: u8) -> Option<RecognisedKey> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let unescaped: Option<String> = serde_json::from_str(text).ok();
    in_bytes(unescaped.as_deref().unwrap_or(inner).as_bytes(), depth + 1)
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
    let begins = ["RSA Private-Key:", "RSA Public-Key:", "Private-Key: (", "Public-Key: (", "Modulus="];
    begins.iter().any(|begin| text.starts_with(begin)) && !text.contains("-----BEGIN ")
}

fn ssh_lines(text: &str, _: u8) -> Option<RecognisedKey> {
    ssh::public_of_lines(text).map(RecognisedKey::public)
}

/// A text that is base64, base64url or hexadecimal from end to end. It is a key only when a key's structure is inside;
/// random secrets are written in the same ways.
fn encoded(text: &str, depth: u8) -> Option<RecognisedKey> {
    if text.len() < 16 {
        return None;
    }
    if let Some(found) = hexadecimal(text).and_then(|bytes| binary(&bytes)) {
        return Some(found.written_as(Lock::Hexadecimal));
    }
    let bytes = text_encoding::decode_base64(text)?;
    let inside = || std::str::from_utf8(&bytes).ok().filter(|_| depth < DEEPEST_NESTING);
    let found = binary(&bytes).map(|found| found.written_as(Lock::Base64));
    found.or_else(|| in_text(inside()?, depth + 1))
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
            None => Err(no_key_in(bytes)),
            Some(RecognisedKey { half: Half::Private, key, .. }) => match key {
                Err(fault @ KeyFault::Foreign(_)) => Err(fault),
                _ => Err(KeyFault::PrivateForPublic),
            },
            Some(RecognisedKey { key, .. }) => match key? {
                Key::Public(key) => Ok(key),
                Key::Private(_) => Err(KeyFault::PrivateForPublic),
                Key::Jwk(text) => Err(unread_jwk(&text, JWK_PUBLIC)),
            },
        }
    }
}

impl PrivateKey {
    /// Reads a private key in any form that is recognised, but a JWK.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFault> {
        match recognise(bytes) {
            None => Err(no_key_in(bytes)),
            Some(RecognisedKey { half: Half::Public, key, .. }) => match key {
                Err(fault @ KeyFault::Foreign(_)) => Err(fault),
                _ => Err(KeyFault::PublicForPrivate),
            },
            Some(RecognisedKey { key, .. }) => match key? {
                Key::Private(key) => Ok(key),
                Key::Public(_) => Err(KeyFault::PublicForPrivate),
                Key::Jwk(text) => Err(unread_jwk(&text, JWK_PRIVATE)),
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

/// The fault of bytes in which no form of a key was found.
pub(super) fn no_key_in(bytes: &[u8]) -> KeyFault {
    let text = encoding::text(bytes);
    if text.trim().is_empty() { KeyFault::Empty } else { KeyFault::Unrecognised }
}
