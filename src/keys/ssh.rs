//! OpenSSH's own forms: a public key in one line, and the private key's file.

mod private;

use super::ec::{Curve, EcPublicKey, kind_on};
use super::ed25519::Ed25519PublicKey;
use super::foreign::SSH_CERTIFICATE;
use super::rsa::RsaPublicKey;
use super::{KeyFault, PublicKey, pem_blocks};
pub(super) use private::private;

/// What a private key's file begins with, once it is decoded.
pub(super) const PRIVATE_MAGIC: &[u8] = b"openssh-key-v1\0";

/// A public key in one line: what it says it is, and its base64.
#[derive(PartialEq, Eq)]
struct PublicKeyLine<'a> {
    kind: &'a str,
    base64: &'a str,
}

/// The public key in the lines of a text, as in `.pub` files, `authorized_keys` and `known_hosts`; `None` when there is
/// none.
pub(super) fn public_of_lines(text: &str) -> Option<Result<PublicKey, KeyFault>> {
    let mut lines: Vec<PublicKeyLine<'_>> = Vec::new();
    for line in text.lines().filter_map(line) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    match &lines[..] {
        [] => None,
        [line] => Some(line.public(text)),
        several => {
            let kinds: Vec<_> = several.iter().map(|line| shown(line.kind)).collect();
            let message = format!(
                "it has {} SSH public keys, one a line ({}); keep the one line that is meant",
                several.len(),
                kinds.join(", ")
            );
            Some(Err(KeyFault::Malformed(message.into())))
        }
    }
}

/// The key in one line: at its beginning, or after options or host names.
fn line(line: &str) -> Option<PublicKeyLine<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().filter(|first| !first.starts_with('#'))?;
    let pair = words.windows(2).position(|pair| is_kind(pair[0]) && pair[1].starts_with("AAAA"));
    let at = pair.or_else(|| is_kind(first).then_some(0))?;
    Some(PublicKeyLine { kind: words[at], base64: words.get(at + 1).copied().unwrap_or_default() })
}

fn is_kind(word: &str) -> bool {
    let names = ["ssh-rsa", "ssh-ed25519", "ssh-ed448", "ssh-dss"];
    let prefixes = ["ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "ssh-rsa-cert-", "ssh-ed25519-cert-", "ssh-dss-cert-"];
    names.contains(&word) || prefixes.iter().any(|prefix| word.starts_with(prefix))
}

impl PublicKeyLine<'_> {
    fn public(&self, text: &str) -> Result<PublicKey, KeyFault> {
        Kind::named(self.kind)?;
        // OpenSSH writes the padding, so without it the line is not whole.
        let is_whole = self.base64.len().is_multiple_of(4);
        let blob = pem_blocks::decode_base64(self.base64).filter(|_| is_whole);
        if let Some(other) = blob.as_deref().and_then(kind_of_blob).filter(|kind| *kind != self.kind) {
            let message = format!("its line says {}, and its base64 holds a key of kind {}", self.kind, shown(other));
            return Err(KeyFault::Malformed(message.into()));
        }
        let found = blob.as_deref().map(public_of_blob);
        match found {
            Some(Ok(key)) => Ok(key),
            _ if self.is_wrapped(text) => Err(KeyFault::Malformed(
                "its base64 goes on in the next line; an SSH public key is one line, so join its lines into one".into(),
            )),
            Some(Err(fault)) => Err(fault),
            None => Err(KeyFault::Truncated(format!("the base64 after `{}` is not whole", self.kind).into())),
        }
    }

    /// Whether more base64 follows the key's in the line.
    fn is_wrapped(&self, text: &str) -> bool {
        let mut lines = text.lines().skip_while(|line| !line.contains(self.base64)).skip(1);
        let next = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
        let word = next.split_whitespace().next().unwrap_or_default();
        word.len() >= 4 && word.chars().all(|c| pem_blocks::plain_base64(c).is_some())
    }
}

/// Whether the bytes are an SSH public key, as RFC 4253 §6.6 writes it.
pub(super) fn is_blob(bytes: &[u8]) -> bool {
    kind_of_blob(bytes).is_some_and(is_kind)
}

fn kind_of_blob(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(fields(bytes).next()?).ok()
}

/// The kinds of keys that sign tokens.
enum Kind {
    Rsa,
    Ec(Curve),
    Ed25519,
}

impl Kind {
    fn named(name: &str) -> Result<Self, KeyFault> {
        let curve = || name.strip_prefix("ecdsa-sha2-");
        let known = || Curve::ALL.into_iter().find(|it| curve() == Some(it.ssh_name())).map(Self::Ec);
        match name {
            "ssh-rsa" => Ok(Self::Rsa),
            "ssh-ed25519" => Ok(Self::Ed25519),
            name => known().ok_or_else(|| wrong_kind(name)),
        }
    }
}

/// A public key as RFC 4253 §6.6, RFC 5656 §3.1 and RFC 8709 §4 write it: its kind, and then the numbers.
pub(super) fn public_of_blob(bytes: &[u8]) -> Result<PublicKey, KeyFault> {
    let short = || KeyFault::Truncated("its base64 ends before the key does".into());
    let mut fields = fields(bytes);
    let kind = Kind::named(&String::from_utf8_lossy(fields.next().ok_or_else(short)?))?;
    let mut next = || fields.next().ok_or_else(short);
    let numbers = match kind {
        Kind::Rsa | Kind::Ec(_) => [next()?, next()?],
        Kind::Ed25519 => [next()?, &[]],
    };
    if !fields.rest.is_empty() {
        return Err(KeyFault::Truncated("its base64 goes on after the key".into()));
    }
    match (kind, numbers) {
        (Kind::Rsa, [e, n]) => rsa(e, n).map(PublicKey::Rsa),
        (Kind::Ec(curve), [name, point]) if name == curve.ssh_name().as_bytes() => {
            EcPublicKey::new(curve, point).map(PublicKey::Ec)
        }
        (Kind::Ec(_), _) => Err(KeyFault::Broken("it names two curves".into())),
        (Kind::Ed25519, [point, _]) => Ed25519PublicKey::new(point).map(PublicKey::Ed25519),
    }
}

fn rsa(e: &[u8], n: &[u8]) -> Result<RsaPublicKey, KeyFault> {
    if [e, n].iter().any(|number| number.first().is_some_and(|first| *first >= 0x80)) {
        return Err(KeyFault::Unsound);
    }
    RsaPublicKey::new(n, e)
}

/// The length-prefixed fields of SSH's binary encoding (RFC 4251 §5).
struct Fields<'a> {
    rest: &'a [u8],
}

const fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        self.rest = rest;
        Some(field)
    }
}

fn wrong_kind(name: &str) -> KeyFault {
    KeyFault::WrongKind(match name {
        name if name.contains("-cert-v0") => return KeyFault::Foreign(SSH_CERTIFICATE),
        "ssh-ed448" => "an Ed448 key".into(),
        "ecdsa-sha2-nistp521" => kind_on("P-521").into(),
        "ssh-dss" => "a DSA key".into(),
        name if name.starts_with("ecdsa-sha2-") => "an EC key".into(),
        name if name.starts_with("sk-") => "a key of a hardware token (FIDO)".into(),
        name => format!("a key of kind {}", shown(name)).into(),
    })
}

/// A kind as a message shows it.
fn shown(kind: &str) -> String {
    kind.chars().filter(char::is_ascii_graphic).take(40).collect()
}
