//! OpenSSH's own forms: a public key in one line, and the private key's file.

use num_bigint::BigUint;
use ssh_key::private::RsaKeypair;

use super::foreign::SSH_CERTIFICATE;
use super::rsa::{RsaPrivateKey, RsaPublicKey};
use super::{KeyFault, armour};

/// What a private key's file begins with, once it is decoded.
pub(super) const PRIVATE_MAGIC: &[u8] = b"openssh-key-v1\0";

/// A public key in one line: what it says it is, and its base64.
#[derive(PartialEq, Eq)]
struct Line<'a> {
    kind: &'a str,
    base64: &'a str,
}

/// The public key that stands in the lines of a text, as in `.pub` files, `authorized_keys` and `known_hosts`; `None`
/// when there is none.
pub(super) fn public_of_lines(text: &str) -> Option<Result<RsaPublicKey, KeyFault>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
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
fn line(line: &str) -> Option<Line<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().filter(|first| !first.starts_with('#'))?;
    let pair = words.windows(2).position(|pair| is_kind(pair[0]) && pair[1].starts_with("AAAA"));
    let at = pair.or_else(|| is_kind(first).then_some(0))?;
    Some(Line { kind: words[at], base64: words.get(at + 1).copied().unwrap_or_default() })
}

fn is_kind(word: &str) -> bool {
    let names = ["ssh-rsa", "ssh-ed25519", "ssh-ed448", "ssh-dss"];
    let prefixes = ["ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "ssh-rsa-cert-", "ssh-ed25519-cert-", "ssh-dss-cert-"];
    names.contains(&word) || prefixes.iter().any(|prefix| word.starts_with(prefix))
}

impl Line<'_> {
    fn public(&self, text: &str) -> Result<RsaPublicKey, KeyFault> {
        if self.kind != "ssh-rsa" {
            return Err(wrong_kind(self.kind));
        }
        // OpenSSH writes the padding, so without it the line is not whole.
        let is_whole = self.base64.len().is_multiple_of(4);
        let blob = armour::decode_base64(self.base64).filter(|_| is_whole);
        let found = blob.as_deref().map(public_of_blob);
        match found {
            Some(Ok(key)) => Ok(key),
            _ if self.is_wrapped(text) => Err(KeyFault::Malformed(
                "its base64 goes on in the next line; an SSH public key is one line, so join its lines into one".into(),
            )),
            Some(Err(fault)) => Err(fault),
            None => Err(KeyFault::Truncated("the base64 after `ssh-rsa` is not whole".into())),
        }
    }

    /// Whether more base64 stands in the line after the key's.
    fn is_wrapped(&self, text: &str) -> bool {
        let mut lines = text.lines().skip_while(|line| !line.contains(self.base64)).skip(1);
        let next = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
        let word = next.split_whitespace().next().unwrap_or_default();
        word.len() >= 4 && word.chars().all(|c| armour::plain_base64(c).is_some())
    }
}

/// Whether the bytes are an SSH public key, as RFC 4253 §6.6 writes it.
pub(super) fn is_blob(bytes: &[u8]) -> bool {
    fields(bytes).next().and_then(|kind| std::str::from_utf8(kind).ok()).is_some_and(is_kind)
}

/// A public key as RFC 4253 §6.6 writes it: `ssh-rsa`, the exponent, the modulus.
pub(super) fn public_of_blob(bytes: &[u8]) -> Result<RsaPublicKey, KeyFault> {
    let short = || KeyFault::Truncated("its base64 ends before the key does".into());
    let mut fields = fields(bytes);
    let kind = fields.next().ok_or_else(short)?;
    if kind != b"ssh-rsa" {
        return Err(wrong_kind(&String::from_utf8_lossy(kind)));
    }
    let (e, n) = (fields.next().ok_or_else(short)?, fields.next().ok_or_else(short)?);
    if !fields.rest.is_empty() {
        return Err(KeyFault::Truncated("its base64 goes on after the key".into()));
    }
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

/// A private key's file, decoded.
pub(super) fn private(bytes: &[u8]) -> Result<RsaPrivateKey, KeyFault> {
    let (cipher, kind) = head(bytes).ok_or_else(damaged)?;
    if cipher != b"none" {
        return Err(KeyFault::Passphrase);
    }
    if kind != b"ssh-rsa" {
        return Err(wrong_kind(&String::from_utf8_lossy(kind)));
    }
    let key = ssh_key::PrivateKey::from_bytes(bytes).map_err(|_| damaged())?;
    let pair = key.key_data().rsa().ok_or_else(damaged)?;
    RsaPrivateKey::from_pkcs1(&super::rsa::pkcs1_of_numbers(numbers(pair)?.each_ref().map(Vec::as_slice))?)
}

fn damaged() -> KeyFault {
    KeyFault::Truncated("its base64 does not hold a whole OpenSSH key".into())
}

/// The cipher and the kind of the key, which stand before everything that is encrypted.
fn head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = fields(bytes.strip_prefix(PRIVATE_MAGIC)?);
    let (cipher, _kdf, _options) = (fields.next()?, fields.next()?, fields.next()?);
    // The number of keys is no field.
    let public = self::fields(fields.rest.get(4..)?).next()?;
    Some((cipher, self::fields(public).next()?))
}

/// n, e, d, p, q, d mod (p−1), d mod (q−1), q⁻¹ mod p. OpenSSH keeps no d mod (p−1) and d mod (q−1), so they are
/// computed.
fn numbers(pair: &RsaKeypair) -> Result<[Vec<u8>; 8], KeyFault> {
    let positive = |number: &ssh_key::Mpint| number.as_positive_bytes().map(<[u8]>::to_vec).ok_or(KeyFault::Unsound);
    let (d, p, q) = (positive(&pair.private.d)?, positive(&pair.private.p)?, positive(&pair.private.q)?);
    let exponent = |prime: &[u8]| {
        let prime = BigUint::from_bytes_be(prime);
        let is_prime = prime > BigUint::from(2u8);
        is_prime.then(|| (BigUint::from_bytes_be(&d) % (prime - 1u8)).to_bytes_be()).ok_or(KeyFault::Unsound)
    };
    let (dp, dq) = (exponent(&p)?, exponent(&q)?);
    let (n, e) = (positive(&pair.public.n)?, positive(&pair.public.e)?);
    Ok([n, e, d, p, q, dp, dq, positive(&pair.private.iqmp)?])
}

fn wrong_kind(name: &str) -> KeyFault {
    KeyFault::WrongKind(match name {
        name if name.contains("-cert-v0") => return KeyFault::Foreign(SSH_CERTIFICATE),
        "ssh-ed25519" => "an Ed25519 key".into(),
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
