//! Keys in files that are not text: DER, OpenSSH's and other programs' own formats.

use std::io::Read as _;

use super::RecognisedKey;
use crate::keys::der_structure::{self, Structure};
use crate::keys::ec::{Curve, EcPrivateKey, EcPublicKey};
use crate::keys::foreign::{self, ForeignForm, Half, Lock};
use crate::keys::rsa::{RsaPrivateKey, RsaPublicKey};
use crate::keys::{KeyFault, PrivateKey, PublicKey, ssh};

/// What the files of other programs begin with.
const MAGIC: [(&[u8], ForeignForm); 6] = [
    (b"\xfe\xed\xfe\xed\0\0\0", foreign::JAVA_KEYSTORE),
    (b"\xce\xce\xce\xce\0\0\0", foreign::JAVA_KEYSTORE),
    (b"\x1e\xf1\xb5\xb0\0\0\0\0", foreign::PVK),
    (b"\x07\x02\0\0\0\xa4\0\0RSA2", foreign::MICROSOFT_PRIVATE),
    (b"\x06\x02\0\0\0\xa4\0\0RSA1", foreign::MICROSOFT_PUBLIC),
    (b"\x06\x02\0\0\0\x24\0\0RSA1", foreign::MICROSOFT_PUBLIC),
];

/// What files begin with that have something else packed into them.
const PACKED: [(&[u8], ForeignForm); 6] = [
    (b"Salted__", foreign::OPENSSL_ENCRYPTED),
    (GZIP, foreign::GZIP),
    (b"\0GITCRYPT\0", foreign::GIT_CRYPT),
    (b"\xfd7zXZ\0", foreign::XZ),
    (b"PK\x03\x04", foreign::ZIP),
    (b"\x28\xb5\x2f\xfd", foreign::ZSTD),
];
const GZIP: &[u8] = b"\x1f\x8b\x08";
/// What follows `BZh` and a digit in bzip2.
const BZIP2_BLOCK: &[u8] = b"1AY&SY";
/// No file of a key is longer.
const LONGEST_CONTENT: u64 = 64 * 1024;

/// A file that has something else packed into it.
pub(super) fn packed(bytes: &[u8]) -> Option<ForeignForm> {
    let known = PACKED.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, form)| *form);
    let is_bzip2 = bytes.starts_with(b"BZh") && bytes.get(4..).is_some_and(|rest| rest.starts_with(BZIP2_BLOCK));
    known.or_else(|| is_bzip2.then_some(foreign::BZIP2)).or_else(|| is_zlib(bytes).then_some(foreign::ZLIB))
}

/// The same for bytes that were base64 or hexadecimal. Those of a random secret may begin as a file does, so a short
/// beginning is not enough.
pub(super) fn packed_for_certain(bytes: &[u8]) -> Option<ForeignForm> {
    packed(bytes).filter(|form| *form != foreign::GZIP || has_gzip_head(bytes))
}

/// RFC 1952 §2.3: the flags, four bytes of time, how well it was compressed, and the system.
fn has_gzip_head(bytes: &[u8]) -> bool {
    let [flags, _, _, _, _, effort, system, ..] = bytes.strip_prefix(GZIP).unwrap_or_default() else { return false };
    *flags < 0x20 && matches!(effort, 0 | 2 | 4) && matches!(system, 0..=13 | 255)
}

/// Data that unpacks to its end, where its checksum is (RFC 1950 §2.2). Its beginning has two bytes alone.
fn is_zlib(bytes: &[u8]) -> bool {
    let begins = bytes.first().is_some_and(|first| first & 0x0f == 8) && bytes.len() > 8;
    let unpacked =
        || std::io::copy(&mut flate2::read::ZlibDecoder::new(bytes).take(LONGEST_CONTENT), &mut std::io::sink());
    begins && unpacked().is_ok_and(|length| length > 0)
}

pub(super) fn binary(bytes: &[u8]) -> Option<RecognisedKey> {
    if let Some(structure) = der_structure::recognise(bytes) {
        return Some(of_der(structure, bytes, true));
    }
    if bytes.starts_with(ssh::PRIVATE_MAGIC) {
        return Some(RecognisedKey::private(ssh::private(bytes)));
    }
    if ssh::is_blob(bytes) {
        return Some(RecognisedKey::public(ssh::public_of_blob(bytes)));
    }
    if let Some(point) = bare_point(bytes) {
        return Some(RecognisedKey::public(Ok(PublicKey::Ec(point))));
    }
    if let Some(form) = cng_blob(bytes) {
        return Some(RecognisedKey::foreign(form));
    }
    if bytes.get(8..12) == Some(b"KBXf") {
        return Some(RecognisedKey::foreign(foreign::KEYBOX));
    }
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, form)| *form);
    known.or_else(|| pgp_packet(bytes)).map(RecognisedKey::foreign)
}

/// The public half of an EC key alone, uncompressed, as VAPID keys are (RFC 8292 §3.2). It is on its curve, as no
/// random secret of that length is.
fn bare_point(bytes: &[u8]) -> Option<EcPublicKey> {
    let is_uncompressed = bytes.first() == Some(&4);
    let curve = |curve: &Curve| bytes.len() == 1 + 2 * curve.coordinate_bytes();
    let curve = Curve::ALL.into_iter().find(curve).filter(|_| is_uncompressed)?;
    EcPublicKey::new(curve, bytes).ok()
}

/// What Windows' CNG exports: a magic number, and then the size.
fn cng_blob(bytes: &[u8]) -> Option<ForeignForm> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let size = u32::from_le_bytes(*size);
    match magic {
        // BCRYPT_RSAKEY_BLOB: the bits, and the length of the exponent.
        [b'R', b'S', b'A', b'1'..=b'3'] => {
            let exponent = u32::from_le_bytes(*rest.first_chunk()?);
            let is_sized = (512..=16_384).contains(&size) && size.is_multiple_of(8);
            (is_sized && (1..=8).contains(&exponent)).then_some(foreign::CNG)
        }
        // BCRYPT_ECCKEY_BLOB: the length of a coordinate. The number in the magic says which curve, and which half.
        [b'E', b'C', b'S' | b'K', number @ b'1'..=b'6'] => {
            let expected = [32, 48, 66][usize::from((number - b'1') / 2)];
            (size == expected).then_some(foreign::CNG_EC)
        }
        _ => None,
    }
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

pub(super) fn of_der(structure: Structure, der: &[u8], is_bare: bool) -> RecognisedKey {
    let is_private = matches!(structure, Structure::Pkcs1Private | Structure::Pkcs8 | Structure::Sec1);
    RecognisedKey { private_der: is_private.then(|| der.to_vec()), ..judged(structure, der, is_bare) }
}

fn judged(structure: Structure, der: &[u8], is_bare: bool) -> RecognisedKey {
    let either = |bare, in_pem| RecognisedKey::foreign(if is_bare { bare } else { in_pem });
    match structure {
        Structure::Spki => RecognisedKey::public(PublicKey::from_spki(der)),
        Structure::Pkcs1Public => RecognisedKey::public(RsaPublicKey::from_pkcs1(der).map(PublicKey::Rsa)),
        Structure::Pkcs1Private => RecognisedKey::private(RsaPrivateKey::from_pkcs1(der).map(PrivateKey::Rsa)),
        Structure::Pkcs8 => RecognisedKey::private(PrivateKey::from_pkcs8(der)),
        Structure::EncryptedPkcs8 => {
            RecognisedKey::faulty(Half::Private, KeyFault::Passphrase(if is_bare { Lock::Der } else { Lock::Pem }))
        }
        Structure::Sec1 => RecognisedKey::private(EcPrivateKey::from_sec1(der, None).map(PrivateKey::Ec)),
        Structure::Dsa => RecognisedKey::faulty(Half::Private, KeyFault::WrongKind("a DSA key".into())),
        Structure::Certificate => either(foreign::CERTIFICATE_DER, foreign::CERTIFICATE),
        Structure::Request => either(foreign::REQUEST_DER, foreign::REQUEST),
        Structure::Pkcs7 => either(foreign::PKCS7_DER, foreign::PKCS7),
        Structure::Pkcs12 => RecognisedKey::foreign(foreign::PKCS12),
    }
}
