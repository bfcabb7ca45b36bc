//! Which structure DER holds, by its beginning alone, so that a key that was cut short is still recognised as one.

use crate::der::Element;
use crate::der::tag::{BIT_STRING, CONTEXT_0, CONTEXT_1, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};

/// The structures in which keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Structure {
    Spki,
    Pkcs1Public,
    Pkcs1Private,
    Pkcs8,
    EncryptedPkcs8,
    Sec1,
    Dsa,
    Certificate,
    Request,
    Pkcs7,
    Pkcs12,
}

/// 1.2.840.113549.1.7, PKCS #7.
const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// 1.2.840.113549.1.5 and 1.2.840.113549.1.12.1: encryption with a password.
const PASSWORD_BASED: [&[u8]; 2] = [b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"];

/// What an element can be in a key.
trait KeyPart<'a> {
    fn is_small(&self, values: &[u8]) -> bool;

    /// Whether it may be one of RSA's large numbers, which are positive.
    fn is_large(&self) -> bool;

    /// The object identifier that a sequence begins with.
    fn identifier(&self) -> Option<&'a [u8]>;
}

impl<'a> KeyPart<'a> for Element<'a> {
    fn is_small(&self, values: &[u8]) -> bool {
        self.tag == INTEGER && self.declared == 1 && self.content.first().is_some_and(|value| values.contains(value))
    }

    fn is_large(&self) -> bool {
        self.tag == INTEGER && self.declared >= 64 && self.content.first().is_some_and(|first| *first < 0x80)
    }

    fn identifier(&self) -> Option<&'a [u8]> {
        let first = Self::first(self.content).filter(|_| self.tag == SEQUENCE)?;
        let is_whole = first.tag == OBJECT_IDENTIFIER && (3..=16).contains(&first.declared);
        (is_whole && first.content.len() == first.declared && first.total() <= self.declared).then_some(first.content)
    }
}

/// The structure that the bytes hold or begin to hold.
pub(super) fn recognise(bytes: &[u8]) -> Option<Structure> {
    let outer = Element::first(bytes).filter(|outer| outer.tag == SEQUENCE)?;
    let children = outer.children();
    let second = children.get(1);
    let first = children.first()?;
    match first.tag {
        INTEGER if first.is_large() => {
            // A modulus, and an exponent that takes what is left.
            let left = outer.declared.checked_sub(first.total())?;
            ((3..=11).contains(&left) && second.is_none_or(|it| it.tag == INTEGER)).then_some(Structure::Pkcs1Public)
        }
        INTEGER => with_version(first, second?, children.get(2)),
        OBJECT_IDENTIFIER => first.content.starts_with(PKCS7).then_some(Structure::Pkcs7),
        SEQUENCE => match first.identifier() {
            Some(identifier) => with_algorithm(identifier, second?),
            None => signed(first, second),
        },
        _ => None,
    }
}

fn with_version(version: &Element<'_>, second: &Element<'_>, third: Option<&Element<'_>>) -> Option<Structure> {
    let is_dsa = third.is_some_and(|third| third.tag == INTEGER && (20..=64).contains(&third.declared));
    match second.tag {
        INTEGER if version.is_small(&[0, 1]) && second.is_large() => {
            Some(if is_dsa { Structure::Dsa } else { Structure::Pkcs1Private })
        }
        OCTET_STRING if version.is_small(&[1]) => Some(Structure::Sec1),
        SEQUENCE if version.is_small(&[0, 1]) => second.identifier().map(|_| Structure::Pkcs8),
        SEQUENCE if version.is_small(&[3]) => {
            second.identifier().filter(|it| it.starts_with(PKCS7)).map(|_| Structure::Pkcs12)
        }
        _ => None,
    }
}

fn with_algorithm(identifier: &[u8], second: &Element<'_>) -> Option<Structure> {
    match second.tag {
        BIT_STRING => Some(Structure::Spki),
        OCTET_STRING if PASSWORD_BASED.iter().any(|it| identifier.starts_with(it)) => Some(Structure::EncryptedPkcs8),
        _ => None,
    }
}

/// What is signed, the algorithm, the signature: a certificate, or the request for one.
fn signed(first: &Element<'_>, second: Option<&Element<'_>>) -> Option<Structure> {
    let parts = first.children();
    let begins_as_v3 = parts.first().is_some_and(|it| it.tag == CONTEXT_0 && it.content.starts_with(b"\x02\x01"));
    if begins_as_v3 {
        return Some(Structure::Certificate);
    }
    second?.identifier()?;
    let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
    match tags[..] {
        [INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0] => Some(Structure::Request),
        [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, ..] => Some(Structure::Certificate),
        _ => None,
    }
}

/// The contents of an `ECPrivateKey` (RFC 5915 §3).
pub(super) struct Sec1<'a> {
    pub number: &'a [u8],
    pub curve: NamedCurve<'a>,
    pub point: Option<&'a [u8]>,
}

/// What an `ECPrivateKey` says of its curve.
pub(super) enum NamedCurve<'a> {
    /// Nothing, as within PKCS#8, which names the curve outside.
    Absent,
    /// The numbers of the curve instead of its name.
    Explicit,
    /// The content of an object identifier.
    Named(&'a [u8]),
}

/// Reads a whole `ECPrivateKey`.
pub(super) fn sec1(bytes: &[u8]) -> Option<Sec1<'_>> {
    let outer = Element::first(bytes).filter(|outer| outer.tag == SEQUENCE && outer.total() == bytes.len())?;
    let children = outer.children();
    let [version, number, optional @ ..] = &children[..] else { return None };
    let is_whole = children.iter().map(Element::total).sum::<usize>() == outer.declared;
    let is_known = optional.iter().all(|part| matches!(part.tag, CONTEXT_0 | CONTEXT_1));
    if !(is_whole && is_known && version.is_small(&[1]) && number.tag == OCTET_STRING) {
        return None;
    }
    let inside = |tag| optional.iter().find(|part| part.tag == tag).map(|part| Element::first(part.content));
    let curve = match inside(CONTEXT_0) {
        None => NamedCurve::Absent,
        Some(named) => match named? {
            named if named.tag == OBJECT_IDENTIFIER => NamedCurve::Named(named.content),
            _ => NamedCurve::Explicit,
        },
    };
    let point = match inside(CONTEXT_1) {
        None => None,
        // The first byte of a bit string counts the bits that are not used.
        Some(bits) => Some(bits?.content.strip_prefix(&[0])?),
    };
    Some(Sec1 { number: number.content, curve, point })
}

/// What is wrong with the whole: another length than it says, or no DER at all.
pub(super) fn describe_damage(bytes: &[u8]) -> String {
    match Element::first(bytes).filter(|outer| outer.tag == SEQUENCE) {
        None => "its base64 does not decode to a key".to_owned(),
        Some(outer) if outer.total() > bytes.len() => {
            format!("it says that it has {} bytes, and only {} are there", outer.total(), bytes.len())
        }
        Some(outer) if outer.total() < bytes.len() => {
            format!("it says that it has {} bytes, and {} are there", outer.total(), bytes.len())
        }
        Some(_) => "its base64 does not decode to a key that can be read".to_owned(),
    }
}
